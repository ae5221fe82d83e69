/* SPDX-License-Identifier: Apache-2.0 */
/*
 * base/io.h: whole reads and writes, retried on EINTR, with a deadline where a peer is on the other side. Any process.
 */
#pragma once

#include "base/base.h"
#include "base/arena.h"

/* None of these records a failure: what a file means is the caller's to know (a full arena is recorded by the arena). */

/* Milliseconds of CLOCK_BOOTTIME: deadlines are absolute, so that retries cannot stretch them. */
int64_t now_ms(void);
int64_t now_ns(void); /* the same clock: for time spans */
#define NO_DEADLINE INT64_MAX

/* Write all of it; -errno. */
int write_all(int fd, const void *buf, size_t n) MUST_USE;

/* Write `value` to the existing file `name` (one component or a path below dirfd that the caller vouches for) in one
 * write(2): the way of procfs, sysfs and cgroupfs. Opens O_WRONLY|O_CLOEXEC|O_NOFOLLOW. Records no failure: the caller
 * knows what the file means. */
int write_file_at(int dirfd, const char *name, const char *value) MUST_USE;

/* Read a small file into buf, NUL-terminated, trailing newline dropped; returns its length or -errno (EFBIG where it
 * does not fit). Records no failure. */
ssize_t read_file_at(int dirfd, const char *name, char *buf, size_t size) MUST_USE;

/* Read all of fd (a file, a pipe) up to `max` bytes into the arena; NUL-terminated. EFBIG past max. */
int read_all(struct arena *arena, int fd, size_t max, char **ret_buf, size_t *ret_n) MUST_USE;

/* Wait until fd is readable (POLLIN or HUP) or the deadline; 0, -ETIMEDOUT or -errno. */
int wait_readable(int fd, int64_t deadline_ms) MUST_USE;
