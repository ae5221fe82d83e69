/* SPDX-License-Identifier: Apache-2.0 */
/*
 * kernel/mount_old.h: what mount.c does where the new mount API is missing or refused, by mount(2) on
 * self/fd/N. For mount.c and rootfs.c only. Until 5.12 is the oldest kernel and no sandbox refuses the calls.
 */
#pragma once

#include "kernel/mount.h"

/* mount(2) with fds: either may be -1 (then source_word, which may be NULL, is the source). Returns 0 or
 * -errno and records nothing. The working directory is procfd during the call, so that no path leads through
 * a tree of others. */
int mount_old_call(const struct mount_tools *tools, int sourcefd, const char *source_word, int targetfd,
		   const char *type, unsigned long flags, const void *data) MUST_USE;

/* The MS_* flags of MOUNT_ATTR_* bits and back from those of statvfs(3). */
unsigned long mount_old_flags(uint64_t attrs);
int mount_old_current(int fd, uint64_t *ret_attrs) MUST_USE;

/* As their names in mount.h, for tools with a scratch. */
int mount_old_make(struct mount_tools *tools, const char *type, const char *source,
		   const struct mount_param *params, size_t n, uint64_t attrs, int *ret_mountfd) MUST_USE;
int mount_old_clone(struct mount_tools *tools, int sourcefd, bool recursive, int *ret_mountfd) MUST_USE;
int mount_old_reconfigure(const struct mount_tools *tools, int mountfd, const struct mount_param *params,
			  size_t n) MUST_USE;
int mount_old_set(const struct mount_tools *tools, int mountfd, uint64_t set, uint64_t clear) MUST_USE;
