/* SPDX-License-Identifier: Apache-2.0 */
/*
 * run/notify.h: the proxy between a container that says sd_notify(3) and the service manager of the caller. The container
 * has a socket of its own at /run/notify; what it says is passed on to the caller's NOTIFY_SOCKET, with the container's
 * process as MAINPID, as its own idea of that number means nothing outside. Parent only.
 */
#pragma once

#include "base/base.h"
#include "run/run.h"

#define NOTIFY_DIR    "notify"      /* in the container's state directory */
#define NOTIFY_SOCKET "notify.sock" /* in it */

/* Make the directory that is bound into the container. */
int notify_prepare(const struct ledger_entry *entry) MUST_USE;
/* Bind the socket in it: who runs or starts the container listens. */
int notify_listen(const struct ledger_entry *entry, int *ret_fd) MUST_USE;

/* Take one message from `fd` and pass on to `host_socket` what may be passed on; *ret_ready where it said READY=1. */
int notify_forward(int fd, const char *host_socket, pid_t main_pid, bool *ret_ready) MUST_USE;
/* Pass on until READY=1 was said, or the process behind pidfd has ended. The service manager that asked to be notified has
 * a timeout of its own: NO_DEADLINE leaves it to that. */
int notify_wait_ready(int fd, const char *host_socket, pid_t main_pid, int pidfd, int64_t deadline_ms) MUST_USE;
