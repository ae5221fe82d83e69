/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ended.h: how a container ended: learnt by whoever watches its init (wait, stop, run), recorded in its state, and kept
 * until delete. Private to the files beside it.
 */
#pragma once

#include "kernel/exit.h"
#include "running.h"

/* The record, with what the cgroup remembers; written to the state, where that is still there. `how` may be unknown: then
 * nothing is recorded. */
int ended_note(struct cruet *cruet, const struct opened *opened, const struct process_exit *how,
	       struct cruet_exit *ret_exit) MUST_USE;
/* The record of one that has ended. -ENOENT (not recorded): nobody saw it end. */
int ended_read(struct cruet *cruet, const struct opened *opened, struct cruet_exit *ret_exit) MUST_USE;
/* Init has ended under our eyes: learn how, and note it. */
int ended_watch(struct cruet *cruet, const struct opened *opened, int pidfd, struct cruet_exit *ret_exit) MUST_USE;
