/* SPDX-License-Identifier: Apache-2.0 */
/*
 * wire/shared.h: the flight recorder. One page of memory that the parent and its children (stage, init) share, apart from
 * the plan's, which the child can only read: the step that runs now, when each step began, and what failed. The parent treats all of it as
 * untrusted: it copies with bounds, and no decision hangs on it but which words an error has.
 */
#pragma once

#include "base/base.h"
#include "base/err.h"

#define SHARED_STEPS_MAX 64

struct shared {
	int32_t pid;                        /* init as its cloner saw it: the parent's pid namespace */
	uint32_t table;                     /* enum step_table */
	uint32_t step;                      /* index into the table of steps that runs now */
	int64_t began_ns[SHARED_STEPS_MAX]; /* now_ns(): setup's or exec's, then confine's in the second half; 0: not noted */
	/* The seccomp listener: init may not say a word once its filter is loaded, so it writes the fd's number here and
	 * waits, without a system call, until the other side has taken the fd. Both 0: nothing yet. */
	int32_t listener_fd;    /* number + 1 */
	int32_t listener_taken; /* 1 */
	struct err_trail trail;
};

#define SHARED_SIZE 4096
_Static_assert(sizeof(struct shared) <= SHARED_SIZE, "the flight recorder is one page");
