/* SPDX-License-Identifier: Apache-2.0 */
/*
 * kernel/program.h: run another program to its end, bounded in time and output: hooks (in the parent and in init),
 * newuidmap, criu. Rule R8: it gets exactly the environment it is given, a session of its own, and no fd but stdio.
 * Source: OCI config.md "POSIX-platform Hooks".
 */
#pragma once

#include "base/base.h"

struct program {
	const char *path;         /* absolute; no search */
	const char *const *args;  /* argv, NULL-terminated */
	const char *const *env;   /* envp, NULL-terminated */
	const char *input;        /* what stdin reads (may be NULL: empty) */
	size_t input_n;
	int64_t timeout_ms;       /* its whole session's process group is killed then */
	const char *cwd;          /* NULL: the caller's */
};

/* What it wrote to stdout and stderr: the first bytes, NUL-terminated. */
#define PROGRAM_OUTPUT_MAX 4096
struct program_output {
	char text[PROGRAM_OUTPUT_MAX];
	size_t n;
};

/* 0 where it exited with 0. Else the failure is recorded with how it ended and the start of its output. */
int program_run(const struct program *program, struct program_output *ret_output) MUST_USE;
