/* SPDX-License-Identifier: Apache-2.0 */
/*
 * base/io.c: whole reads and writes. None of these records a failure: what a file means is the caller's to
 * know.
 */
#include "base/io.h"

#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/fd.h"

int64_t now_ns(void)
{
	struct timespec t = { 0 };

	clock_gettime(CLOCK_BOOTTIME, &t);
	return t.tv_sec * 1000000000LL + t.tv_nsec;
}

int64_t now_ms(void)
{
	return now_ns() / 1000000;
}

/* Wait for `events` until the deadline: 0, -ETIMEDOUT or -errno. */
static int wait_for(int fd, short events, int64_t deadline_ms)
{
	for (;;) {
		struct pollfd pfd = { .fd = fd, .events = events };
		int timeout = -1, n;

		if (deadline_ms != NO_DEADLINE) {
			int64_t left = deadline_ms - now_ms();

			timeout = left < 0 ? 0 : left > INT_MAX ? INT_MAX : (int)left;
		}
		n = poll(&pfd, 1, timeout);
		if (n > 0)
			return pfd.revents & POLLNVAL ? -EBADF : 0;
		if (n < 0 && errno != EINTR)
			return -errno;
		if (n == 0 && deadline_ms != NO_DEADLINE && now_ms() >= deadline_ms)
			return -ETIMEDOUT;
	}
}

int wait_readable(int fd, int64_t deadline_ms)
{
	return wait_for(fd, POLLIN, deadline_ms);
}

int write_all(int fd, const void *buf, size_t n)
{
	const char *p = buf;

	while (n) {
		ssize_t written = write(fd, p, n);

		if (written > 0) {
			p += written;
			n -= (size_t)written;
			continue;
		}
		if (written == 0)
			return -EIO;
		if (errno == EAGAIN) {
			int r = wait_for(fd, POLLOUT, NO_DEADLINE);

			if (r < 0)
				return r;
		} else if (errno != EINTR) {
			return -errno;
		}
	}
	return 0;
}

int write_file_at(int dirfd, const char *name, const char *value)
{
	autoclose int fd = openat(dirfd, name, O_WRONLY | O_CLOEXEC | O_NOFOLLOW | O_NOCTTY);
	size_t n = strlen(value);
	ssize_t written;

	if (fd < 0)
		return -errno;
	do
		written = write(fd, value, n);
	while (written < 0 && errno == EINTR);
	if (written < 0)
		return -errno;
	/* These files take a value as a whole: the rest in a second write would be another value. */
	return (size_t)written == n ? 0 : -EIO;
}

ssize_t read_file_at(int dirfd, const char *name, char *buf, size_t size)
{
	autoclose int fd = openat(dirfd, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NOCTTY);
	size_t len = 0;

	if (fd < 0)
		return -errno;
	if (!size)
		return -EFBIG;
	for (;;) {
		ssize_t n = read(fd, buf + len, size - len);

		if (n == 0)
			break;
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		len += (size_t)n;
		if (len == size)
			return -EFBIG; /* no room is left for the NUL */
	}
	if (len && buf[len - 1] == '\n')
		len--;
	buf[len] = '\0';
	return (ssize_t)len;
}

/* The init stage has no arena of its own to read into. */
#ifndef CRUET_INIT

/* How much to reserve first: a file tells its size, a pipe does not. One byte more than the size tells the
 * end. */
static size_t first_capacity(int fd, size_t max)
{
	struct stat st;
	size_t capacity = 16384;

	if (fstat(fd, &st) == 0 && S_ISREG(st.st_mode) && st.st_size > 0)
		capacity = (uint64_t)st.st_size < max ? (size_t)st.st_size + 1 : max + 1;
	return capacity < max + 1 ? capacity : max + 1;
}

int read_all(struct arena *arena, int fd, size_t max, char **ret_buf, size_t *ret_n)
{
	size_t capacity, len = 0;
	char *buf;

	if (max > SIZE_MAX / 4)
		return -EINVAL;
	capacity = first_capacity(fd, max);
	buf = arena_alloc(arena, capacity + 1, 1);
	if (!buf)
		return -ENOMEM;
	for (;;) {
		ssize_t n;

		if (len == capacity && len > max)
			return -EFBIG;
		if (len == capacity) {
			size_t larger = capacity < max / 2 ? capacity * 2 : max + 1;
			char *copy = arena_alloc(arena, larger + 1, 1);

			if (!copy)
				return -ENOMEM;
			memcpy(copy, buf, len);
			buf = copy;
			capacity = larger;
		}
		n = read(fd, buf + len, capacity - len);
		if (n == 0)
			break;
		if (n < 0 && errno == EAGAIN && wait_readable(fd, NO_DEADLINE) == 0)
			continue;
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		len += (size_t)n;
	}
	if (len > max)
		return -EFBIG;
	buf[len] = '\0';
	*ret_buf = buf;
	*ret_n = len;
	return 0;
}

#endif
