/* SPDX-License-Identifier: Apache-2.0 */
/*
 * base/fd.h: who owns a file descriptor is written in its declaration. Any process.
 */
#pragma once

#include "base/base.h"

/* Close *fd if it is open (>= 0) and make it -1; errno is kept. */
void fd_close(int *fd);
#define autoclose __attribute__((cleanup(fd_close)))

/* Hand over: return *fd and leave -1 behind. */
static inline int take_fd(int *fd)
{
	int taken = *fd;

	*fd = -1;
	return taken;
}

/* Open /dev/null on those of 0, 1, 2 that are closed, so that no later open lands there. First act of main(). */
int fd_fill_stdio(void) MUST_USE;

/* Mark every fd from `first` on close-on-exec: close_range(2), or until 5.11 is the oldest kernel an fcntl loop to the
 * RLIMIT_NOFILE; never a /proc listing, which a container could fake (crun#110). */
int fd_cloexec_from(unsigned int first) MUST_USE;

/* Set or clear close-on-exec of one fd. */
int fd_set_cloexec(int fd, bool on) MUST_USE;

/* True if the fd is on the file system of that magic number (statfs f_type). */
bool fd_is_on(int fd, long magic);
