/* SPDX-License-Identifier: Apache-2.0 */
/*
 * kernel/exit.h: how a process ended that is not our child. Parent only. Source: pidfd_open(2), proc_pid_stat(5), kernel
 * include/uapi/linux/pidfd.h.
 *
 * From 6.15 on the kernel tells it to whoever holds a pidfd. Before it is told only as long as the process is a zombie:
 * until its parent has reaped it.
 */
#pragma once

#include "base/base.h"

struct process_exit {
	bool known;
	int code;   /* of exit(2); 0 where a signal ended it */
	int signal; /* 0: none */
	bool core;  /* and it dumped core */
};

/* From the status of wait(2). */
struct process_exit process_exit_from(int wait_status);

/* For a process that has ended (its pidfd is readable): waits a moment for a parent that is about to reap it. Not to be
 * learnt is not an error: .known is false then. */
int process_exit_read(int procfd, pid_t pid, uint64_t start_time, int pidfd, struct process_exit *ret_exit) MUST_USE;
