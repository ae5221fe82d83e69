/* SPDX-License-Identifier: Apache-2.0 */
/*
 * base/err.h: how a failure travels. A function returns 0 or -errno; the place that knows the fact says it once with
 * fail(). May be called in any process, after clone too: no allocation, no stdio, no lock.
 *
 * The trail holds one failure: the first that was said, with what its callers put before it. It is the process's
 * own by default; the init stage attaches the shared page instead, so that the parent can read it (run/shared.h).
 */
#pragma once

#include "base/base.h"

#define ERR_TEXT_MAX 1024

struct err_trail {
	int err;                 /* positive errno, 0 where the text says it all or nothing failed */
	bool said;               /* a failure is recorded */
	char text[ERR_TEXT_MAX]; /* without the strerror part; always NUL-terminated */
};

/* Record a failure, unless one is recorded already, and return -err (err is positive; 0 is taken as EINVAL for the
 * return value, and then strerror is not appended). */
int fail(int err, const char *fmt, ...) PRINTF_LIKE(2, 3);

/* Put "PREFIX: " before what is recorded (or record PREFIX where nothing is) and return r, which is < 0. */
int fail_in(int r, const char *fmt, ...) PRINTF_LIKE(2, 3);

/* Forget what is recorded: for a caller that recovers from a failure. */
void fail_forget(void);

/* The recorded failure as one line, "TEXT: STRERROR", in buf; returns buf. "" where nothing is recorded. */
const char *fail_line(char *buf, size_t size);

/* The trail in use; attach another (NULL: the process's own again). */
struct err_trail *err_trail(void);
void err_trail_attach(struct err_trail *trail);
