/* SPDX-License-Identifier: Apache-2.0 */
/*
 * wire/sync.h: what the parent and its child say to each other, over one SEQPACKET pair. Each message has a name, and
 * both sides know which one comes next: another one is an error, and the end of the stream means that the other side
 * died, or (at the very end) that execve succeeded.
 *
 *   parent                          stage / init
 *   ------                          ------------
 *             <- UNSHARED           a user namespace was made: write its maps
 *   MAPPED ->
 *             <- CLONED             from init, where a stage made it: its pid is in the recorder
 *   JOINED ->                       it is in its cgroups (only where they are attached after clone)
 *             <- FILESYSTEM + fd    mounts add: one that it has made, not attached yet
 *             <- MOUNTED            hooks are wanted, and the namespaces and mounts are there
 *   HOOKED ->
 *             <- CONSOLE + fd       the terminal's master
 *   PREPARED ->                     limits, devices, net devices, the filter: all that the parent does beside init
 *             <- READY              nothing is left but to wait and to execute
 *   COMMITTED ->                    the ledger knows the pid: init may outlive the parent (create: it waits at the gate)
 *   START ->                        run, exec: no gate
 *             <- LISTENER           a seccomp listener is wanted: watch the recorder for its fd
 *             (end of stream)       execve succeeded
 */
#pragma once

#include "base/base.h"

enum sync_message {
	SYNC_NONE,
	SYNC_UNSHARED,
	SYNC_MAPPED,
	SYNC_CLONED,
	SYNC_JOINED,
	SYNC_FILESYSTEM,
	SYNC_MOUNTED,
	SYNC_HOOKED,
	SYNC_CONSOLE,
	SYNC_PREPARED,
	SYNC_READY,
	SYNC_COMMITTED,
	SYNC_START,
	SYNC_LISTENER,
	SYNC_MESSAGES
};

extern const char *const sync_names[SYNC_MESSAGES];

/* Send one message, with an fd where passfd >= 0. EPIPE where the other side is gone (no SIGPIPE). Not recorded. */
int sync_send(int fd, enum sync_message message, int passfd) MUST_USE;

/* Receive the message that comes next: `wanted`, else EPROTO. The end of the stream is -EPIPE, no message by the deadline
 * -ETIMEDOUT; neither is recorded, the caller knows what they mean. *ret_fd gets the fd that came along, or -1; where
 * ret_fd is NULL one that came is an error. */
int sync_receive(int fd, enum sync_message wanted, int64_t deadline_ms, int *ret_fd) MUST_USE;

/* As sync_receive for any of the messages whose bits (1u << message) are in `set`. */
int sync_receive_any(int fd, uint32_t set, int64_t deadline_ms, enum sync_message *ret_message, int *ret_fd) MUST_USE;
