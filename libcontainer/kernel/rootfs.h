/* SPDX-License-Identifier: Apache-2.0 */
/*
 * kernel/rootfs.h: making a tree the root. Init only, in a mount namespace of its own (but for rootfs_chroot). Source:
 * pivot_root(2), design of pivot_root(".", ".").
 */
#pragma once

#include "base/base.h"
#include "kernel/mount.h"

/* Make "/" of this mount namespace a slave (or private ...) recursively: MS_* flags. Before anything is mounted. */
int rootfs_set_old_propagation(struct mount_tools *tools, unsigned long flags) MUST_USE;

/* Attach the rootfs (`mountfd`: a detached clone that the parent made, with an id map perhaps, and taken; -1: clone `path`
 * recursively here) over `path` (host path, admin's), so that it is a mount point that nothing propagates from; returns
 * the fd of its root. Without the new mount API, or where tools->want_scratch, the scratch tmpfs comes in between. */
int rootfs_bind(struct mount_tools *tools, const char *path, int mountfd, int *ret_rootfd) MUST_USE;

/* pivot_root(".", "."), detach the old root, chdir("/"). rootfd stays valid. */
int rootfs_pivot(struct mount_tools *tools, int rootfd) MUST_USE;
/* --no-pivot: MS_MOVE over "/" and chroot, after unmounting (or hiding) full procfs and sysfs of the host. */
int rootfs_move(struct mount_tools *tools, int rootfd) MUST_USE;
/* No mount namespace of its own: chroot. */
int rootfs_chroot(int rootfd) MUST_USE;
