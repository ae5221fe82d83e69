/* SPDX-License-Identifier: Apache-2.0 */
/*
 * wire/handoff.h: what the parent hands to the init stage when it runs it: the plan's address and the fds, which keep
 * their numbers. Lies at the start of the shared arena. The stage is started as
 *
 *   "cruet:[init]" ADDRESS SIZE FD      (hexadecimal: where and how large the arena is, and its memfd)
 *
 * and everything else it reads from here.
 */
#pragma once

#include "base/base.h"
#include "plan/plan.h"
#include "wire/shared.h"

enum handoff_role {
	ROLE_INIT,  /* already in its new namespaces: clone3 made them */
	ROLE_STAGE, /* joins, unshares and clones init */
};

struct handoff {
	const struct plan *plan;
	enum handoff_role role;
	bool wait_gate;            /* create: wait for `cruet start` at the gate; else for SYNC_START */
	bool unmapped;             /* the parent writes this process's id maps after clone: wait for SYNC_MAPPED before all else */
	bool trace;                /* note when each step began */
	bool new_mount_api;        /* the parent has found that it answers; else init asks itself: it may do more than a parent
				      without privilege */
	uint64_t ignored_signals;  /* inherited, and execve keeps them ignored: bit N - 1 for signal N */
	int shared_fd;             /* the recorder's memory */
	int sync_fd;
	int gate_fd;               /* a listening AF_UNIX SEQPACKET socket, or -1 */
	int ns_fd[NS_KINDS];       /* namespaces to join; -1: none */
	int proc_fd;               /* mounts of a running container: a private procfs of the host's, or -1 */
	int pidfd;                 /* exec and mounts: the container's init, whose namespaces are joined at once; -1 */
	int rootfs_fd;             /* a detached clone of the rootfs, made by the parent; -1: init clones it */
	const int *mount_fd;       /* per plan mount: the source that the parent opened, or -1 */
};
