/* SPDX-License-Identifier: Apache-2.0 */
/*
 * kernel/device.h: device nodes in a rootfs. Init (mknod), or the parent's fd of the host's node bound over a file where
 * a user namespace forbids mknod. Source: mknod(2), OCI config-linux.md "Devices".
 */
#pragma once

#include "base/arena.h"
#include "base/base.h"
#include "kernel/mount.h"

struct device {
	const char *path; /* in the container */
	mode_t type;      /* S_IFCHR, S_IFBLK, S_IFIFO */
	uint32_t major, minor;
	mode_t mode;       /* permission bits */
	uint32_t uid, gid; /* in the container */
};

/* Make the node; one that exists with this type and number is accepted as it is (it may be the host's own, in a /dev that
 * was bound: its mode and owner are not ours to change), another is EEXIST with a message. device_make_at is for a
 * directory that is open already: `name` is one component; with `own_dir` it is one that nobody else can reach and whose
 * nodes belong to who makes them (a fresh tmpfs on /dev), so that what was made there need not be looked at again. The
 * umask must be 0. */
int device_make(int rootfd, const struct device *dev) MUST_USE;
int device_make_at(int dirfd, const char *name, bool own_dir, const struct device *dev) MUST_USE;
/* Bind the host's node, a detached clone (verified: type, major and minor, on that fd), over an empty file. */
int device_bind(struct mount_tools *tools, int rootfd, const struct device *dev, int source_mountfd) MUST_USE;
/* True if fd is a character device with this number: R4, S_ISCHR and st_rdev both. */
bool device_is(int fd, uint32_t major, uint32_t minor);
/* A symlink in the rootfs, replacing nothing: an equal one is accepted. */
int device_link(int rootfd, const char *path, const char *target) MUST_USE;
int device_link_at(int dirfd, const char *name, const char *target) MUST_USE;

/* The nodes of the host's /dev, without those that a container has of its own (parent; device_host.c). */
int device_host_list(struct arena *arena, const struct device **ret_list, size_t *ret_n) MUST_USE;
