/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tests/unit-root/child.h: tests that run in a child with namespaces of its own, so that the machine stays as
 * it is; and checks of calls that record a failure. For what needs no rootfs; host.h makes one.
 */
#pragma once

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../unit/test.h"
#include "base/err.h"
#include "base/fd.h"
#include "base/io.h"
#include "base/str.h"

static inline const char *said(void)
{
	static char line[2048];

	fail_line(line, sizeof(line));
	fail_forget();
	return line;
}

#define OK(call)                                                                                             \
	do {                                                                                                 \
		int ok_ = (call);                                                                            \
		if (ok_ < 0) {                                                                               \
			printf("# %s:%d: %s: %d %s\n", __FILE__, __LINE__, #call, ok_, said());              \
			test_failed = true;                                                                  \
		}                                                                                            \
	} while (0)

/* The call fails with that error and says something that contains `text`. */
#define FAILS(call, error, text)                                                                             \
	do {                                                                                                 \
		int r_ = (call);                                                                             \
		const char *why_ = said();                                                                   \
		if (r_ != -(error) || !strstr(why_, text)) {                                                 \
			printf("# %s:%d: %s: %d '%s'\n", __FILE__, __LINE__, #call, r_, why_);               \
			test_failed = true;                                                                  \
		}                                                                                            \
	} while (0)

/* Run `body` in a child that has unshared `flags`. */
static inline void in_child(int flags, void (*body)(void))
{
	int status = -1;
	pid_t pid;

	fflush(stdout);
	pid = fork();
	if (!pid) {
		CHECK(unshare(flags) == 0);
		if (flags & CLONE_NEWNS)
			CHECK(mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) == 0);
		body();
		if (err_trail()->said)
			printf("# left behind: %s\n", said());
		fflush(stdout);
		_exit(test_failed);
	}
	CHECK(waitpid(pid, &status, 0) == pid);
	CHECK(status == 0);
}
