/* SPDX-License-Identifier: Apache-2.0 */
/*
 * kernel/tty.c: pseudo terminals by fd. Names in /dev are the container's to choose, so what was opened is
 * looked at before it is used (rule R4, CVE-2025-52565).
 */
#include "kernel/tty.h"

#include <linux/magic.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/un.h>
#include <termios.h>
#include <time.h>

#include "base/err.h"
#include "base/fd.h"
#include "base/io.h"
#include "kernel/sys.h"

#ifndef TIOCGPTPEER
#define TIOCGPTPEER _IO('T', 0x41)
#endif

/* devpts: inode 1 is the root, 2 is ptmx, N + 3 is the terminal N. */
#define DEVPTS_PTMX_INODE  2
#define DEVPTS_FIRST_INODE 3

/* The character device `rdev` with that inode, on the devpts instance `dev`. */
static bool is_terminal_of(int fd, dev_t dev, dev_t rdev, ino_t inode)
{
	struct stat st;

	return fd_is_on(fd, DEVPTS_SUPER_MAGIC) && fstat(fd, &st) == 0 && S_ISCHR(st.st_mode) &&
	       st.st_dev == dev && st.st_rdev == rdev && st.st_ino == inode;
}

static int open_master(int ptsdirfd, dev_t *ret_dev, int *ret_master)
{
	autoclose int fd = -1;
	struct stat st;

	/* Before anything is opened in it: an open of what is not a devpts could already do harm. */
	if (!fd_is_on(ptsdirfd, DEVPTS_SUPER_MAGIC) || fstat(ptsdirfd, &st) < 0)
		return fail(EINVAL, "/dev/pts is not a devpts");
	fd = openat(ptsdirfd, "ptmx", O_RDWR | O_NOCTTY | O_CLOEXEC | O_NOFOLLOW);
	if (fd < 0)
		return fail(errno, "cannot open /dev/pts/ptmx");
	if (!is_terminal_of(fd, st.st_dev, makedev(5, 2), DEVPTS_PTMX_INODE))
		return fail(EINVAL, "/dev/pts/ptmx is not the devpts' own");
	*ret_dev = st.st_dev;
	*ret_master = take_fd(&fd);
	return 0;
}

static int open_slave(int ptsdirfd, int master, dev_t dev, unsigned int number, int *ret_slave)
{
	const int flags = O_RDWR | O_NOCTTY | O_CLOEXEC;
	autoclose int fd = ioctl(master, TIOCGPTPEER, flags);

	/* until 4.13 is the oldest kernel; and EIO where the devpts is not mounted where we look from */
	if (fd < 0 && (errno == ENOTTY || errno == EINVAL || errno == EIO)) {
		char name[16];

		snprintf(name, sizeof(name), "%u", number);
		fd = openat(ptsdirfd, name, flags | O_NOFOLLOW);
	}
	if (fd < 0)
		return fail(errno, "cannot open terminal /dev/pts/%u", number);
	if (!is_terminal_of(fd, dev, makedev(136, number), number + DEVPTS_FIRST_INODE))
		return fail(EINVAL, "/dev/pts/%u is not the terminal that was made", number);
	*ret_slave = take_fd(&fd);
	return 0;
}

int tty_open(int ptsdirfd, int *ret_master, int *ret_slave, char *ret_name)
{
	autoclose int master = -1, slave = -1;
	unsigned int number = 0;
	dev_t dev = 0;
	int unlock = 0, r;

	r = open_master(ptsdirfd, &dev, &master);
	if (r < 0)
		return r;
	if (ioctl(master, TIOCSPTLCK, &unlock) < 0)
		return fail(errno, "cannot unlock a new terminal");
	if (ioctl(master, TIOCGPTN, &number) < 0)
		return fail(errno, "cannot tell the number of a new terminal");
	r = open_slave(ptsdirfd, master, dev, number, &slave);
	if (r < 0)
		return r;
	snprintf(ret_name, 32, "/dev/pts/%u", number);
	*ret_master = take_fd(&master);
	*ret_slave = take_fd(&slave);
	return 0;
}

int tty_set_size(int fd, uint16_t rows, uint16_t columns)
{
	struct winsize size = { .ws_row = rows, .ws_col = columns };

	if (ioctl(fd, TIOCSWINSZ, &size) < 0)
		return fail(errno, "cannot set the size of the terminal to %u rows, %u columns", rows,
			    columns);
	return 0;
}

int tty_become_controlling(int slave)
{
	if (setsid() < 0)
		return fail(errno, "cannot start a session");
	if (ioctl(slave, TIOCSCTTY, 0) < 0)
		return fail(errno, "cannot make the terminal the controlling one");
	for (int i = 0; i < 3; i++) {
		int r = slave == i ? fd_set_cloexec(i, false) : 0;

		if (r < 0)
			return r;
		if (slave != i && dup2(slave, i) < 0)
			return fail(errno, "cannot put the terminal on file descriptor %d", i);
	}
	return 0;
}

/* ---- sending one ---- */

/* EAGAIN of a connect (the backlog is full) or of a send cannot be polled for on AF_UNIX: look again every 5
 * ms. */
static bool try_again(int64_t deadline_ms)
{
	const struct timespec pause = { .tv_nsec = 5 * 1000 * 1000 };

	if (errno == EINTR)
		return true;
	if (errno != EAGAIN || now_ms() >= deadline_ms)
		return false;
	nanosleep(&pause, NULL);
	return true;
}

static int connect_to(int sock, const char *path, int64_t deadline_ms)
{
	struct sockaddr_un addr = { .sun_family = AF_UNIX };
	autoclose int node = -1;

	if (strlen(path) < sizeof(addr.sun_path)) {
		memcpy(addr.sun_path, path, strlen(path) + 1);
	} else {
		node = open(path, O_PATH | O_CLOEXEC);
		if (node < 0)
			return -errno;
		snprintf(addr.sun_path, sizeof(addr.sun_path), "/proc/self/fd/%d", node);
	}
	while (connect(sock, (struct sockaddr *)&addr, sizeof(addr)) < 0)
		if (!try_again(deadline_ms))
			return errno == EAGAIN ? -ETIMEDOUT : -errno;
	return 0;
}

int tty_send_fd(const char *path, int fd, const char *payload, int64_t deadline_ms)
{
	autoclose int sock = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	union {
		struct cmsghdr align;
		char bytes[CMSG_SPACE(sizeof(int))];
	} control;
	struct iovec iov = { .iov_base = (void *)payload, .iov_len = strlen(payload) };
	struct msghdr msg = { .msg_iov = &iov, .msg_iovlen = 1 };
	struct cmsghdr *cmsg;
	int r;

	if (sock < 0)
		return fail(errno, "cannot make a socket");
	if (!iov.iov_len)
		return fail(EINVAL, "a message to '%s' is empty", path);
	r = connect_to(sock, path, deadline_ms);
	if (r < 0)
		return fail(-r, "cannot connect to the socket '%s'", path);
	memset(&control, 0, sizeof(control));
	msg.msg_control = control.bytes;
	msg.msg_controllen = sizeof(control.bytes);
	cmsg = CMSG_FIRSTHDR(&msg);
	cmsg->cmsg_level = SOL_SOCKET;
	cmsg->cmsg_type = SCM_RIGHTS;
	cmsg->cmsg_len = CMSG_LEN(sizeof(int));
	memcpy(CMSG_DATA(cmsg), &fd, sizeof(int));
	/* In one piece or not at all: go-runc reads once and takes exactly one fd. */
	for (;;) {
		ssize_t n = sendmsg(sock, &msg, MSG_NOSIGNAL);

		if (n == (ssize_t)iov.iov_len)
			return 0;
		if (n >= 0)
			return fail(EMSGSIZE, "cannot send an fd to '%s' in one message", path);
		if (!try_again(deadline_ms))
			return fail(errno == EAGAIN ? ETIMEDOUT : errno, "cannot send an fd to '%s'", path);
	}
}

/* ---- a terminal of the caller ---- */

_Static_assert(sizeof(struct termios) <= sizeof(((struct tty_saved *)0)->words), "struct tty_saved");

int tty_make_raw(int fd, struct tty_saved *ret_saved)
{
	struct termios old, raw;

	if (tcgetattr(fd, &old) < 0)
		return fail(errno, "cannot read the settings of the terminal");
	raw = old;
	cfmakeraw(&raw);
	if (tcsetattr(fd, TCSANOW, &raw) < 0)
		return fail(errno, "cannot make the terminal raw");
	memset(ret_saved, 0, sizeof(*ret_saved));
	memcpy(ret_saved->words, &old, sizeof(old));
	ret_saved->saved = true;
	return 0;
}

void tty_restore(int fd, const struct tty_saved *saved)
{
	struct termios old;

	if (!saved->saved)
		return;
	memcpy(&old, saved->words, sizeof(old));
	while (tcsetattr(fd, TCSANOW, &old) < 0 && errno == EINTR)
		;
}

/* termios(3): VEOF gives a reader what the line has so far; only on an empty one is that the end. Without lines a program
 * sees the character, as if it were typed. */
size_t tty_end_of_input(int master, char last, char buf[2])
{
	bool ended = !last || last == '\n' || last == '\r';
	struct termios now;

	if (tcgetattr(master, &now) < 0 || now.c_cc[VEOF] == _POSIX_VDISABLE)
		return 0;
	buf[0] = buf[1] = (char)now.c_cc[VEOF];
	return now.c_lflag & ICANON && !ended ? 2 : 1;
}
