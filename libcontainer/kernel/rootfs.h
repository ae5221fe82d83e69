/* SPDX-License-Identifier: Apache-2.0 */
/*
 * kernel/rootfs.h: making a tree the root. Init only. Source: pivot_root(2), design of pivot_root(".", ".").
 */
#pragma once

#include "base/base.h"

/* Make "/" of this mount namespace a slave (or private ...) recursively: MS_* flags. */
int rootfs_set_old_propagation(unsigned long flags) MUST_USE;

/* Bind the rootfs at `path` (host path, admin's) on itself, detached and attached again, so that it is a mount point;
 * returns the fd of its root. `recursive` is true for the OCI rootfs (sub mounts come along). */
int rootfs_bind(const char *path, int *ret_rootfd) MUST_USE;

/* pivot_root(".", "."), detach the old root, chdir("/"). rootfd stays valid. */
int rootfs_pivot(int rootfd) MUST_USE;
/* --no-pivot: MS_MOVE over "/" and chroot, after unmounting (or hiding) full procfs and sysfs of the host. */
int rootfs_move(int rootfd) MUST_USE;
/* No mount namespace of its own: chroot. */
int rootfs_chroot(int rootfd) MUST_USE;
