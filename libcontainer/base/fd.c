/* SPDX-License-Identifier: Apache-2.0 */
/*
 * base/fd.c: opening, closing and marking of file descriptors.
 */
#include "base/fd.h"

#include <fcntl.h>
#include <limits.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "base/err.h"

#ifndef SYS_close_range
#define SYS_close_range 436
#endif
#ifndef CLOSE_RANGE_CLOEXEC
#define CLOSE_RANGE_CLOEXEC (1U << 2)
#endif

void fd_close(int *fd)
{
	int saved = errno;

	if (*fd >= 0)
		close(*fd); /* EINTR: Linux has closed it all the same; a second close could hit another's fd
			     */
	*fd = -1;
	errno = saved;
}

int fd_fill_stdio(void)
{
	for (int i = 0; i < 3; i++) {
		int fd;

		if (fcntl(i, F_GETFD) >= 0)
			continue;
		/* No O_CLOEXEC: a program started by us should find them open as well. All lower ones are
		 * open, so this is fd i. */
		fd = open("/dev/null", O_RDWR | O_NOCTTY);
		if (fd < 0)
			return fail(errno, "cannot open /dev/null");
		if (fd != i) {
			fd_close(&fd);
			return fail(EBADF, "cannot open /dev/null as file descriptor %d", i);
		}
	}
	return 0;
}

int fd_set_cloexec(int fd, bool on)
{
	int flags = fcntl(fd, F_GETFD), wanted;

	if (flags < 0)
		return fail(errno, "cannot read the flags of file descriptor %d", fd);
	wanted = on ? flags | FD_CLOEXEC : flags & ~FD_CLOEXEC;
	if (wanted != flags && fcntl(fd, F_SETFD, wanted) < 0)
		return fail(errno, "cannot set close-on-exec of file descriptor %d", fd);
	return 0;
}

/* The first number that cannot be an open fd. The soft limit alone does not tell: it may have been lowered
 * (by the container's own rlimits) after an fd was opened above it. */
static int fd_limit(unsigned int *ret_limit)
{
	const rlim_t low = 1 << 16, high = 1 << 20; /* the kernel's default fs.nr_open is 2^20 */
	struct rlimit limit;
	rlim_t n;

	if (getrlimit(RLIMIT_NOFILE, &limit) < 0)
		return fail(errno, "cannot read RLIMIT_NOFILE");
	n = limit.rlim_max < low ? low : limit.rlim_max > high ? high : limit.rlim_max;
	if (limit.rlim_cur > n)
		n = limit.rlim_cur;
	*ret_limit = n > INT_MAX ? INT_MAX : (unsigned int)n;
	return 0;
}

int fd_cloexec_from(unsigned int first)
{
	unsigned int limit = 0;
	int r;

	if (syscall(SYS_close_range, first, ~0U, CLOSE_RANGE_CLOEXEC) == 0)
		return 0;
	/* until 5.11 is the oldest kernel: ENOSYS before 5.9, EINVAL for the flag; EPERM: an outer seccomp
	 * filter */
	if (errno != ENOSYS && errno != EINVAL && errno != EPERM)
		return fail(errno, "cannot mark file descriptors from %u close-on-exec", first);
	r = fd_limit(&limit);
	if (r < 0)
		return r;
	for (unsigned int fd = first; fd < limit; fd++) {
		int flags = fcntl((int)fd, F_GETFD);

		if (flags < 0 && errno == EBADF)
			continue;
		if (flags < 0 || (!(flags & FD_CLOEXEC) && fcntl((int)fd, F_SETFD, flags | FD_CLOEXEC) < 0))
			return fail(errno, "cannot mark file descriptor %u close-on-exec", fd);
	}
	return 0;
}

bool fd_is_on(int fd, long magic)
{
	struct statfs buf;

	return fstatfs(fd, &buf) == 0 && (unsigned long)buf.f_type == (unsigned long)magic;
}
