/* SPDX-License-Identifier: Apache-2.0 */
/*
 * kernel/mount.h: mounts, fd to fd (rule R2: no mount is made by a path that a container could have changed). All flags
 * are set while the mount is detached, then it is moved onto the target's fd. Until 5.12 is the oldest kernel, and where
 * the new mount API is refused (ENOSYS, EPERM by a filter), mount(2) on self/fd/N of procfd does the same, and a
 * "detached" mount is one that hangs in a private scratch tmpfs which rootfs_bind() put under the rootfs: the order
 * make or clone, set, attach and the meaning of the fds are the same in both. As the scratch goes away with the old root,
 * every mount (masks too) has to be attached before rootfs_pivot(); only mount_set_attrs and _propagation work after it.
 * Any process. Source: mount(2), fsopen(2), open_tree(2), move_mount(2), mount_setattr(2), mount_namespaces(7).
 */
#pragma once

#include "base/base.h"

/* What the calls below stand on; made by mount_tools_make(), filled further by kernel/rootfs.h. */
struct mount_tools {
	int procfd;             /* a procfs that procfs_open() verified; borrowed */
	bool new_api;           /* fsopen, open_tree, move_mount, mount_setattr...: every one of them answers */
	bool want_scratch;      /* set it before rootfs_bind() where a mount_param is longer than MOUNT_PARAM_MAX */
	bool old_shared;        /* a mount of the old root may be shared with the host (until rootfs_set_old_propagation) */
	int scratchfd;          /* -1, or the scratch tmpfs; goes away with the old root */
	unsigned int scratch_n; /* mounts made there */
};

#define MOUNT_PARAM_MAX 255 /* bytes of a value that fsconfig(2) takes; longer ones need mount(2) */

/* Probe the mount API once (a few calls with invalid arguments). procfd is borrowed and must outlive the tools; it may be
 * -1 in a process that makes no mount without the new API. Without the new API and before rootfs_bind(), mount_make and
 * mount_clone fail with ENOSYS: in the parent that means that init has to open the source itself. */
struct mount_tools mount_tools_make(int procfd);
/* As mount_tools_make() for who was told by a process like it that every call answers. */
struct mount_tools mount_tools_probed(int procfd);
void mount_tools_close(struct mount_tools *tools); /* closes scratchfd only */

/* Attributes of a mount: MOUNT_ATTR_* to set and to clear; `clear` holds what the configuration clears explicitly (so a
 * locked flag that it clears is an error, and one that it does not mention is kept). An access time mode is set by its
 * value in `set` with MOUNT_ATTR__ATIME in `clear` ("relatime" has the value 0); setting one without it is allowed. */
struct mount_attrs {
	uint64_t set, clear;         /* of the mount itself */
	uint64_t rec_set, rec_clear; /* of it and all below (rro, rnosuid, ...): AT_RECURSIVE, never silently degraded */
};

/* One key (and value) for fsconfig(2); value NULL: a flag. The value is bare, without the quotes that mount(8) needs
 * around a comma (context=). */
struct mount_param {
	const char *key, *value;
};

/* A new file system of `type`, with `params` and super block flags among them ("ro", "sync", "dirsync", "lazytime"...),
 * `source` (NULL: none); the detached mount with attrs applied (attrs may be NULL). The kernel's own message (read from
 * the fs context) is part of the recorded failure. */
int mount_make(struct mount_tools *tools, const char *type, const char *source, const struct mount_param *params,
	       size_t n, const struct mount_attrs *attrs, int *ret_mountfd) MUST_USE;

/* Clone the mount at `path` below dirfd (or dirfd itself with ""): open_tree(OPEN_TREE_CLONE [| AT_RECURSIVE]). The path
 * is the host's or one component; what lies in the rootfs is resolved by path_in_root first. Before 6.15 a mount that is
 * not attached in this mount namespace cannot be cloned. A clone that the parent makes is still in the host's peer group:
 * make it a slave (mount_set_propagation) before it is attached, as rootfs_set_old_propagation did not reach it. */
int mount_clone(struct mount_tools *tools, int dirfd, const char *path, bool recursive, bool nofollow,
		int *ret_mountfd) MUST_USE;

/* mount_setattr on a detached or attached mount (fd of its root). EPERM for a locked flag is answered by adding the flags
 * that the mount has and attrs does not clear explicitly, once. */
int mount_set_attrs(struct mount_tools *tools, int mountfd, const struct mount_attrs *attrs) MUST_USE;

/* Change the super block of an attached mount (option "remount"): params as in mount_make. */
int mount_reconfigure(struct mount_tools *tools, int mountfd, const struct mount_param *params, size_t n) MUST_USE;

/* Map the ids of a detached mount by the user namespace; the error names the file system type where it cannot. */
int mount_set_idmap(struct mount_tools *tools, int mountfd, int userns_fd, bool recursive) MUST_USE;

/* Attach a detached mount on the object targetfd refers to. mountfd stays valid and is the attached mount's root, so it
 * serves for what follows (nodes in a fresh /dev, propagation). That a fresh lookup of the target's path arrives there
 * (path_mount_id of both) is the caller's to check. */
int mount_attach(struct mount_tools *tools, int mountfd, int targetfd) MUST_USE;
/* On the component `name` below dirfd; a symlink is not followed. For directories that only we can change. */
int mount_attach_at(struct mount_tools *tools, int mountfd, int dirfd, const char *name) MUST_USE;

/* Detach an attached mount, with all that is mounted below it, by the fd of its root: whatever its path leads to by now, and
 * whatever lies over it. Lazily: who uses it may go on. Needs procfd. EINVAL (not recorded) where it is not attached here, or
 * locked by a more privileged namespace. */
int mount_detach(const struct mount_tools *tools, int mountfd) MUST_USE;

/* Propagation of a mount (without the new API: an attached one): MS_SHARED, MS_SLAVE, MS_PRIVATE or MS_UNBINDABLE, with MS_REC or not. EINVAL (not
 * recorded) where fd is not the root of a mount. */
int mount_set_propagation(struct mount_tools *tools, int fd, unsigned long flags) MUST_USE;

/* A detached, read-only, empty tmpfs of one block and one inode: what masked directories show, with `label` (NULL: none)
 * where it says more than the policy's default. For the second and later
 * ones attach the first and mount_clone() its fd: one super block, and no grace period. */
int mount_make_empty(struct mount_tools *tools, const struct mount_param *label, int *ret_mountfd) MUST_USE;

/* The name of the file system that fd is on ("overlay", "nfs"), or its magic number in hex; returns buf. */
const char *mount_fs_name(int fd, char *buf, size_t size);

/* R3: a private procfs that nobody can have mounted over: fsopen("proc", subset=pid, hidepid) where `pid_only`, else a
 * whole one (for sysctl; close it at once); fallback order as security.md R3; f_type and the root inode verified. */
int procfs_open(bool pid_only, int *ret_procfd) MUST_USE;
