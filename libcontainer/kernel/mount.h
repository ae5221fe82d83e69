/* SPDX-License-Identifier: Apache-2.0 */
/*
 * kernel/mount.h: mounts, fd to fd (rule R2: no mount is made by a path that a container could have changed). All flags
 * are set while the mount is detached, then it is moved onto the target's fd. Until 5.12 is the oldest kernel, and where
 * the new mount API is refused (ENOSYS, EPERM by a filter), mount(2) on /proc/self/fd/N of procfd does the same.
 * Any process. Source: mount(2), fsopen(2), open_tree(2), move_mount(2), mount_setattr(2), mount_namespaces(7).
 */
#pragma once

#include "base/base.h"

/* Attributes of a mount: MOUNT_ATTR_* to set and to clear; `clear` holds what the configuration clears explicitly (so a
 * locked flag that it clears is an error, and one that it does not mention is kept). */
struct mount_attrs {
	uint64_t set, clear;         /* of the mount itself */
	uint64_t rec_set, rec_clear; /* of it and all below (rro, rnosuid, ...): AT_RECURSIVE, never silently degraded */
};

/* One key (and value) for fsconfig(2); value NULL: a flag. */
struct mount_param {
	const char *key, *value;
};

/* A new file system of `type`, with `params` and super block flags among them ("ro", "sync", "dirsync", "lazytime"...),
 * `source` (NULL: none); the detached mount with attrs applied. The kernel's own message (read from the fs context) is
 * part of the recorded failure. */
int mount_make(const char *type, const char *source, const struct mount_param *params, size_t n,
	       const struct mount_attrs *attrs, int *ret_mountfd) MUST_USE;

/* Clone the mount at `path` below dirfd (or dirfd itself with ""): open_tree(OPEN_TREE_CLONE [| AT_RECURSIVE]). */
int mount_clone(int dirfd, const char *path, bool recursive, bool nofollow, int *ret_mountfd) MUST_USE;

/* mount_setattr on a detached or attached mount. EPERM for a locked flag is answered by adding the flags that the mount
 * has and attrs does not clear explicitly, once. */
int mount_set_attrs(int mountfd, const struct mount_attrs *attrs) MUST_USE;

/* Map the ids of a detached mount by the user namespace; the error names the file system type where it cannot. */
int mount_set_idmap(int mountfd, int userns_fd, bool recursive) MUST_USE;

/* Attach a detached mount on the object targetfd refers to, and verify it landed there (mount id of a fresh lookup is
 * the caller's to check). */
int mount_attach(int mountfd, int targetfd) MUST_USE;

/* Propagation of an attached mount: MS_SHARED, MS_SLAVE, MS_PRIVATE or MS_UNBINDABLE, with MS_REC or not. */
int mount_set_propagation(int fd, unsigned long flags) MUST_USE;

/* A detached, read-only, empty tmpfs of one block and one inode: what masked directories show. */
int mount_make_empty(int *ret_mountfd) MUST_USE;

/* R3: a private procfs that nobody can have mounted over: fsopen("proc", subset=pid, hidepid) where `pid_only`, else a
 * whole one (for sysctl; close it at once); fallback order as security.md R3; f_type and the root inode verified. */
int procfs_open(bool pid_only, int *ret_procfd) MUST_USE;

/* For the tests and for R16: behave as if the new mount API answered this errno (0: as it is). */
void mount_pretend(int err);
