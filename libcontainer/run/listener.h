/* SPDX-License-Identifier: Apache-2.0 */
/*
 * run/listener.h: hand the seccomp listener's fd to the agent that linux.seccomp.listenerPath names. Source: OCI
 * config-linux.md "seccomp" and its ContainerProcessState; seccomp_unotify(2). Parent only.
 */
#pragma once

#include "run/run.h"

/* Wait until the process behind pidfd has loaded its filter and noted the fd in the recorder, take it by pidfd_getfd, send it
 * with the container's state (of `init`, with the status) to the agent, and let the process go on. */
int listener_serve(const struct plan *plan, struct shared *shared, pid_t pid, pid_t init, int pidfd,
		   const char *status, int64_t deadline_ms) MUST_USE;
