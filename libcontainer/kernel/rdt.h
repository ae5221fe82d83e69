/* SPDX-License-Identifier: Apache-2.0 */
/*
 * kernel/rdt.h: resctrl, the file system by which groups of tasks get their share of caches and memory bandwidth (Intel RDT,
 * AMD QoS). A group is a directory of the root, or "/", the root itself: the default group of all tasks; monitoring groups
 * are directories of a group's mon_groups. Files appear with their directory, and go with it; the tasks of a group that is
 * removed are the default group's again. Parent only. Source: kernel Documentation/filesystems/resctrl.rst.
 */
#pragma once

#include "base/arena.h"
#include "base/base.h"

/* ---- rdt_root.c: what only the real file system can do; a test on a plain directory brings its own ------------------ */

/* The root: /sys/fs/resctrl, or where mountinfo shows it, verified to be one. -ENOENT (not recorded): mounted nowhere. */
int rdt_root_open(struct arena *arena, int procfd, int *ret_fd) MUST_USE;
/* One component below dirfd; -errno, not recorded. */
int rdt_make_directory(int dirfd, const char *name) MUST_USE;
int rdt_remove_directory(int dirfd, const char *name) MUST_USE;

/* ---- rdt.c ------------------------------------------------------------------------------------------------------------ */

/* Does this kernel know resctrl on this machine at all? */
bool rdt_is_known(int procfd);

/* The lock that the kernel's documentation asks of all who divide the resources: until the fd is closed. EBUSY. */
int rdt_lock(int rootfd, int64_t deadline_ms) MUST_USE;

/* -ENOENT is not recorded. */
int rdt_group_open(int rootfd, const char *group, int *ret_fd) MUST_USE;
/* -EEXIST is not recorded; ENOSPC where the machine has no further one. What the kernel says in info/last_cmd_status is part
 * of the failure, here and below. */
int rdt_group_make(int rootfd, const char *group) MUST_USE;
/* What is gone is fine. `unused`: only where it has neither tasks nor monitoring groups. */
int rdt_group_remove(int rootfd, const char *group, bool unused) MUST_USE;

/* mon_groups/NAME of the group. -EEXIST is not recorded; EOPNOTSUPP where the machine does not monitor. */
bool rdt_monitor_is_there(int groupfd, const char *name);
int rdt_monitor_make(int rootfd, int groupfd, const char *name) MUST_USE;
int rdt_monitor_remove(int rootfd, const char *group, const char *name) MUST_USE;

/* Move the task to the group, and in it to a monitoring group (NULL: to none). */
int rdt_join(int rootfd, int groupfd, const char *monitor, pid_t pid) MUST_USE;

/* All lines in one write: the kernel takes all of them or none. */
int rdt_schemata_write(int rootfd, int groupfd, const char *lines) MUST_USE;
/* EINVAL where the group has not what these lines say. What they do not mention may be anything; how numbers are written
 * does not count, and bandwidth is rounded up to the machine's steps as the kernel does. */
int rdt_schemata_compare(struct arena *arena, int rootfd, int groupfd, const char *lines) MUST_USE;

/* A whole file by its path below dirfd; -ENOENT is not recorded. */
int rdt_read(struct arena *arena, int dirfd, const char *path, char **ret_text) MUST_USE;
