/* SPDX-License-Identifier: Apache-2.0 */
/* run/notify.c: see notify.h. Source: sd_notify(3). */
#include "run/notify.h"

#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/err.h"
#include "base/fd.h"
#include "base/io.h"
#include "base/str.h"

#define MESSAGE_MAX 8192

/* What a container may say to the service manager: its condition, nothing that names processes, fds or timeouts of ours. */
static const char *const passed_on[] = {
	"READY=",      "STATUS=",   "RELOADING=",	    "MONOTONIC_USEC=",
	"STOPPING=",   "WATCHDOG=", "EXTEND_TIMEOUT_USEC=", "ERRNO=",
	"EXIT_STATUS="
};

int notify_prepare(const struct ledger_entry *entry)
{
	/* the container's user must reach the socket; the state directory above stays closed to others */
	if (mkdirat(entry->dirfd, NOTIFY_DIR, 0755))
		return fail(errno, "cannot make the notification directory");
	return 0;
}

int notify_listen(const struct ledger_entry *entry, int *ret_fd)
{
	autoclose int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	struct sockaddr_un addr = { .sun_family = AF_UNIX };

	if (fd < 0)
		return fail(errno, "cannot make the notification socket");
	snprintf(addr.sun_path, sizeof(addr.sun_path), "/proc/self/fd/%d/" NOTIFY_DIR "/" NOTIFY_SOCKET,
		 entry->dirfd);
	if (fchmod(fd, 0777) || bind(fd, (struct sockaddr *)&addr, sizeof(addr)))
		return fail(errno, "cannot open the notification socket");
	/* bind applied the umask; a container sees the directory, and what it might put there is not followed */
	if (fchmodat(entry->dirfd, NOTIFY_DIR "/" NOTIFY_SOCKET, 0777, AT_SYMLINK_NOFOLLOW))
		return fail(errno, "cannot open the notification socket to the container's user");
	*ret_fd = take_fd(&fd);
	return 0;
}

static bool may_pass(const char *line, size_t n)
{
	for (size_t i = 0; i < ARRAY_SIZE(passed_on); i++)
		if (n >= strlen(passed_on[i]) && !memcmp(line, passed_on[i], strlen(passed_on[i])))
			return true;
	return false;
}

static int send_to(const char *host_socket, const char *text, size_t n)
{
	autoclose int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	struct sockaddr_un addr = { .sun_family = AF_UNIX };
	size_t length = strlen(host_socket);

	if (fd < 0)
		return fail(errno, "cannot make a socket");
	if (length >= sizeof(addr.sun_path))
		return fail(ENAMETOOLONG, "NOTIFY_SOCKET '%s'", host_socket);
	memcpy(addr.sun_path, host_socket, length);
	if (addr.sun_path[0] == '@')
		addr.sun_path[0] = '\0';
	if (sendto(fd, text, n, MSG_NOSIGNAL | MSG_DONTWAIT, (struct sockaddr *)&addr,
		   (socklen_t)(offsetof(struct sockaddr_un, sun_path) + length)) < 0)
		return fail(errno, "cannot notify '%s'", host_socket);
	return 0;
}

int notify_forward(int fd, const char *host_socket, pid_t main_pid, bool *ret_ready)
{
	char message[MESSAGE_MAX], out[MESSAGE_MAX + 64];
	struct text t = TEXT(out);
	ssize_t n = recv(fd, message, sizeof(message), 0);

	if (n < 0)
		return errno == EAGAIN || errno == EINTR ? 0 : fail(errno, "cannot read a notification");
	for (const char *line = message, *end = message + n; line < end;) {
		const char *stop = memchr(line, '\n', (size_t)(end - line));
		size_t length = (size_t)((stop ? stop : end) - line);

		if (may_pass(line, length)) {
			text_add_n(&t, line, length);
			text_add(&t, "\n");
			if (length == strlen("READY=1") && !memcmp(line, "READY=1", length)) {
				text_add(&t, "MAINPID=%d\n", main_pid);
				*ret_ready = true;
			}
		}
		line += length + 1;
	}
	return t.len && !t.truncated ? send_to(host_socket, out, t.len) : 0;
}

int notify_wait_ready(int fd, const char *host_socket, pid_t main_pid, int pidfd, int64_t deadline_ms)
{
	bool ready = false;

	while (!ready) {
		struct pollfd fds[2] = { { .fd = fd, .events = POLLIN }, { .fd = pidfd, .events = POLLIN } };
		int64_t left = deadline_ms == NO_DEADLINE ? 60000 : deadline_ms - now_ms();
		int r;

		if (left <= 0)
			return fail(ETIMEDOUT, "the container has not said that it is ready");
		if (poll(fds, 2, left > 60000 ? 60000 : (int)left) < 0 && errno != EINTR)
			return fail(errno, "cannot wait for a notification");
		r = fds[0].revents ? notify_forward(fd, host_socket, main_pid, &ready) : 0;
		if (r < 0)
			return r;
		if (!fds[0].revents && fds[1].revents)
			return 0;
	}
	return 0;
}
