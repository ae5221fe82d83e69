/* SPDX-License-Identifier: Apache-2.0 */
/*
 * kernel/mount_list.h: the mounts of a process, proc_pid_mountinfo(5). No library, no allocation. Any process.
 */
#pragma once

#include <limits.h>

#include "base/base.h"

struct mount_line {
	char id[24];
	char root[2 + 1];     /* the beginning: is it "/" */
	char point[PATH_MAX]; /* from the process's root, unescaped; "" where it is too long */
	char type[16];        /* the beginning */
};

/* Call `each` for all lines, until it says something else than 0, which is returned then. The mounts may change meanwhile:
 * the kernel's cursor bears that, and may still show one that is gone. Other failures are not recorded. */
int mount_list_read(int listfd, int (*each)(void *context, const struct mount_line *line), void *context) MUST_USE;

/* Where the mount of that id is, below procfd's self/mountinfo. -ENOENT (not recorded) where there is none: it is not in this
 * mount namespace, or not below the process's root. */
int mount_list_where(int procfd, uint64_t id, char *buf, size_t size) MUST_USE;
