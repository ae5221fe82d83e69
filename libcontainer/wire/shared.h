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
	int64_t began_ns[SHARED_STEPS_MAX]; /* CLOCK_MONOTONIC, init's table; 0: not reached */
	struct err_trail trail;
};

#define SHARED_SIZE 4096
_Static_assert(sizeof(struct shared) <= SHARED_SIZE, "the flight recorder is one page");
