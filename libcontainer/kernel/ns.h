/* SPDX-License-Identifier: Apache-2.0 */
/*
 * kernel/ns.h: namespaces as fds and flags. Any process. Source: namespaces(7), user_namespaces(7), time_namespaces(7).
 */
#pragma once

#include "base/base.h"

enum ns_kind { NS_USER, NS_MOUNT, NS_PID, NS_NET, NS_IPC, NS_UTS, NS_CGROUP, NS_TIME, NS_KINDS };

struct ns_word {
	const char *name; /* as in /proc/PID/ns */
	uint64_t flag;    /* CLONE_NEW... */
};
/* One row a kind, in the order of the enum. */
extern const struct ns_word ns_words[NS_KINDS];

/* Open the namespace at `path` (a host path, read in the parent) and verify that it is one of `kind`. Errors name the path. */
int ns_open(const char *path, enum ns_kind kind, int *ret_fd) MUST_USE;

/* setns(2) for one fd; no failure is recorded, as EPERM may be tried again after the user namespace (callers.md 6.4). */
int ns_enter(int fd, enum ns_kind kind) MUST_USE;

/* True if the calling process is in the initial user namespace (by the inode of its ns file, not by the look of
 * uid_map: systemd 260 writes identity maps). */
bool ns_user_is_initial(int procfd);

/* Two processes' (or fds') namespaces are the same: compare st_dev and st_ino. */
int ns_same(int fd_a, int fd_b, bool *ret_same) MUST_USE;
