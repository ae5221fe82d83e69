/* SPDX-License-Identifier: Apache-2.0 */
/* wire/sync.c: see sync.h. Used on both sides: no stdio, no allocation. */
#include "wire/sync.h"

#include <string.h>
#include <sys/socket.h>

#include "base/err.h"
#include "base/fd.h"
#include "base/io.h"

const char *const sync_names[SYNC_MESSAGES] = {
	[SYNC_NONE] = "none",	      [SYNC_UNSHARED] = "unshared",	[SYNC_MAPPED] = "mapped",
	[SYNC_CLONED] = "cloned",     [SYNC_JOINED] = "joined",		[SYNC_MOUNTED] = "mounted",
	[SYNC_HOOKED] = "hooked",     [SYNC_CONSOLE] = "console",	[SYNC_PREPARED] = "prepared",
	[SYNC_READY] = "ready",	      [SYNC_COMMITTED] = "committed",	[SYNC_START] = "start",
	[SYNC_LISTENER] = "listener", [SYNC_FILESYSTEM] = "filesystem",
};

union fd_control {
	struct cmsghdr align;
	char bytes[CMSG_SPACE(sizeof(int))];
};

int sync_send(int fd, enum sync_message message, int passfd)
{
	uint32_t word = message;
	struct iovec iov = { .iov_base = &word, .iov_len = sizeof(word) };
	struct msghdr msg = { .msg_iov = &iov, .msg_iovlen = 1 };
	union fd_control control = { 0 };
	ssize_t n;

	if (passfd >= 0) {
		struct cmsghdr *c;

		msg.msg_control = control.bytes;
		msg.msg_controllen = sizeof(control.bytes);
		c = CMSG_FIRSTHDR(&msg);
		c->cmsg_level = SOL_SOCKET;
		c->cmsg_type = SCM_RIGHTS;
		c->cmsg_len = CMSG_LEN(sizeof(int));
		memcpy(CMSG_DATA(c), &passfd, sizeof(int));
	}
	do
		n = sendmsg(fd, &msg, MSG_NOSIGNAL);
	while (n < 0 && errno == EINTR);
	if (n < 0)
		return errno == ECONNRESET ? -EPIPE : -errno;
	return 0;
}

static int received_fd(struct msghdr *msg)
{
	int fd = -1;
	struct cmsghdr *c = CMSG_FIRSTHDR(msg);

	if (c && c->cmsg_level == SOL_SOCKET && c->cmsg_type == SCM_RIGHTS &&
	    c->cmsg_len == CMSG_LEN(sizeof(int)))
		memcpy(&fd, CMSG_DATA(c), sizeof(int));
	return fd;
}

int sync_receive_any(int fd, uint32_t set, int64_t deadline_ms, enum sync_message *ret_message, int *ret_fd)
{
	uint32_t word = SYNC_NONE;
	struct iovec iov = { .iov_base = &word, .iov_len = sizeof(word) };
	union fd_control control = { 0 };
	struct msghdr msg = { .msg_iov = &iov,
			      .msg_iovlen = 1,
			      .msg_control = control.bytes,
			      .msg_controllen = sizeof(control.bytes) };
	autoclose int passed = -1;
	ssize_t n;
	int r;

	if (deadline_ms != NO_DEADLINE) {
		r = wait_readable(fd, deadline_ms);
		if (r < 0)
			return r;
	}
	do
		n = recvmsg(fd, &msg, MSG_CMSG_CLOEXEC);
	while (n < 0 && errno == EINTR);
	if (n == 0 || (n < 0 && errno == ECONNRESET))
		return -EPIPE;
	if (n < 0)
		return -errno;
	passed = received_fd(&msg);
	if (n != sizeof(word) || word >= SYNC_MESSAGES || !(set & 1u << word) || (passed >= 0 && !ret_fd))
		return fail(EPROTO, "unexpected message '%s'", word < SYNC_MESSAGES ? sync_names[word] : "?");
	*ret_message = (enum sync_message)word;
	if (ret_fd)
		*ret_fd = take_fd(&passed);
	return 0;
}

int sync_receive(int fd, enum sync_message wanted, int64_t deadline_ms, int *ret_fd)
{
	enum sync_message message;

	return sync_receive_any(fd, 1u << wanted, deadline_ms, &message, ret_fd);
}
