/* SPDX-License-Identifier: Apache-2.0 */
/*
 * kernel/dbus.c: one connection to a bus. The socket never blocks: every wait is a poll with what is left of the
 * deadline, as a runtime that hangs with the bus hangs the node (runc#3904, crun's sd_bus_wait(-1)).
 */
#include "kernel/dbus.h"

#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/err.h"
#include "base/fd.h"
#include "base/io.h"
#include "base/str.h"

struct dbus {
	int fd;
	uint32_t serial;       /* of the last that was sent */
	size_t have, consumed; /* bytes of `in`, and those of the message that was given out last */
	char in[2 * DBUS_MESSAGE_MAX];
	char out[DBUS_MESSAGE_MAX];
};

/* ---- bytes ---- */

static int wait_for(int fd, short events, int64_t deadline_ms)
{
	struct pollfd p = { .fd = fd, .events = events };

	for (;;) {
		int64_t left = deadline_ms - now_ms();
		int n;

		if (left <= 0)
			return fail(ETIMEDOUT, "the bus does not answer");
		n = poll(&p, 1, left > 60000 ? 60000 : (int)left);
		if (n > 0)
			return 0;
		if (n < 0 && errno != EINTR)
			return fail(errno, "cannot wait for the bus");
	}
}

static int send_bytes(struct dbus *bus, const char *buf, size_t n, int64_t deadline_ms)
{
	while (n > 0) {
		ssize_t sent = send(bus->fd, buf, n, MSG_NOSIGNAL);
		int r;

		if (sent > 0) {
			buf += sent;
			n -= (size_t)sent;
			continue;
		}
		if (sent < 0 && errno == EINTR)
			continue;
		if (sent == 0 || errno != EAGAIN)
			return fail(sent ? errno : EPIPE, "cannot send to the bus");
		r = wait_for(bus->fd, POLLOUT, deadline_ms);
		if (r < 0)
			return r;
	}
	return 0;
}

static int receive_some(struct dbus *bus, int64_t deadline_ms)
{
	for (;;) {
		ssize_t n;
		int r = wait_for(bus->fd, POLLIN, deadline_ms);

		if (r < 0)
			return r;
		n = recv(bus->fd, bus->in + bus->have, sizeof(bus->in) - bus->have, 0);
		if (n > 0) {
			bus->have += (size_t)n;
			return 0;
		}
		if (n == 0)
			return fail(ECONNRESET, "the bus has closed the connection");
		if (errno != EINTR && errno != EAGAIN)
			return fail(errno, "cannot receive from the bus");
	}
}

/* ---- connecting ---- */

static int hex(char c)
{
	return c >= '0' && c <= '9'   ? c - '0'
	       : c >= 'a' && c <= 'f' ? c - 'a' + 10
	       : c >= 'A' && c <= 'F' ? c - 'A' + 10
				      : -1;
}

/* The value of one key of "path=/run/x,guid=..." with its %XX, to `out`; its length, or -1. */
static int address_value(const char *entry, size_t n, const char *key, char *out, size_t size)
{
	size_t key_n = strlen(key), at = 0;

	while (at < n) {
		const char *pair = entry + at;
		size_t len = 0, k = key_n + 1, written = 0;

		while (at + len < n && pair[len] != ',')
			len++;
		at += len + 1;
		if (len <= key_n || strncmp(pair, key, key_n) || pair[key_n] != '=')
			continue;
		for (; k < len && written + 1 < size; k++) {
			bool escaped = pair[k] == '%' && k + 2 < len && hex(pair[k + 1]) >= 0 &&
				       hex(pair[k + 2]) >= 0;

			out[written++] = escaped ? (char)(hex(pair[k + 1]) * 16 + hex(pair[k + 2])) : pair[k];
			k += escaped ? 2 : 0;
		}
		out[written] = '\0';
		return k == len ? (int)written : -1;
	}
	return -1;
}

/* One entry of the list as a socket's address; its length, 0 where it is of another kind. */
static socklen_t address_parse(const char *entry, size_t n, struct sockaddr_un *ret)
{
	int len;

	*ret = (struct sockaddr_un){ .sun_family = AF_UNIX };
	if (n < 5 || strncmp(entry, "unix:", 5))
		return 0;
	len = address_value(entry + 5, n - 5, "path", ret->sun_path, sizeof(ret->sun_path));
	if (len > 0 && ret->sun_path[0] == '/')
		return sizeof(*ret);
	len = address_value(entry + 5, n - 5, "abstract", ret->sun_path + 1, sizeof(ret->sun_path) - 1);
	ret->sun_path[0] = '\0';
	return len > 0 ? (socklen_t)(offsetof(struct sockaddr_un, sun_path) + 1 + (size_t)len) : 0;
}

/* A full backlog is EAGAIN and wakes nobody: try again until the deadline. */
static int connect_one(const struct sockaddr_un *addr, socklen_t n, int64_t deadline_ms, int *ret_fd)
{
	autoclose int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	if (fd < 0)
		return -errno;
	while (connect(fd, (const struct sockaddr *)addr, n)) {
		if (errno != EAGAIN && errno != EINTR)
			return -errno;
		if (now_ms() >= deadline_ms)
			return -ETIMEDOUT;
		poll(NULL, 0, 5);
	}
	*ret_fd = take_fd(&fd);
	return 0;
}

static int connect_any(const char *addresses, int64_t deadline_ms, int *ret_fd)
{
	int r = -EAFNOSUPPORT;

	for (const char *entry = addresses; *entry;) {
		size_t n = strcspn(entry, ";");
		struct sockaddr_un addr;
		socklen_t size = address_parse(entry, n, &addr);

		if (size > 0) {
			r = connect_one(&addr, size, deadline_ms, ret_fd);
			if (r == 0)
				return 0;
		}
		entry += n + (entry[n] == ';');
	}
	return fail(-r, "cannot connect to the bus at '%s' (without systemd: --cgroup-manager cgroupfs)",
		    addresses);
}

/* Pids go over the bus as numbers: to a manager of another pid namespace ours are others'. The peer is who listens at the
 * socket, and 0 where it has no pid here. */
static int check_peer(struct dbus *bus)
{
	struct ucred peer;
	socklen_t n = sizeof(peer);

	if (getsockopt(bus->fd, SOL_SOCKET, SO_PEERCRED, &peer, &n))
		return fail(errno, "cannot tell whose the bus is");
	return peer.pid > 0 ? 0 : fail(EXDEV, "the bus belongs to another pid namespace: run where it does");
}

/* EXTERNAL without an id: the bus takes the one of the socket's credentials, which is the right one seen from any user
 * namespace. All of it in one piece, as the answers are known: DATA, then OK. */
static int authenticate(struct dbus *bus, int64_t deadline_ms)
{
	static const char words[] = "\0AUTH EXTERNAL\r\nDATA\r\nBEGIN\r\n";
	int r = send_bytes(bus, words, sizeof(words) - 1, deadline_ms);

	while (r == 0) {
		char *end = memchr(bus->in, '\n', bus->have);
		size_t line = end ? (size_t)(end - bus->in) + 1 : 0;
		bool ok = line > 3 && !memcmp(bus->in, "OK ", 3);

		if (!end && bus->have > 512)
			return fail(EPROTO, "the bus does not speak D-Bus");
		if (!end) {
			r = receive_some(bus, deadline_ms);
			continue;
		}
		if (!ok && (line < 4 || memcmp(bus->in, "DATA", 4)))
			return fail(EACCES, "the bus does not take us for who we are");
		memmove(bus->in, bus->in + line, bus->have - line);
		bus->have -= line;
		if (ok)
			return 0;
	}
	return r;
}

int dbus_open(struct arena *arena, const char *addresses, int64_t deadline_ms, struct dbus **ret_bus)
{
	static const struct dbus_call hello = {
		.destination = "org.freedesktop.DBus",
		.path = "/org/freedesktop/DBus",
		.interface = "org.freedesktop.DBus",
		.member = "Hello",
	};
	autoclose_dbus struct dbus *bus = arena_new(arena, struct dbus);
	int r;

	if (!bus)
		return -ENOMEM;
	bus->fd = -1;
	r = connect_any(addresses, deadline_ms, &bus->fd);
	if (r == 0)
		r = check_peer(bus);
	if (r == 0)
		r = authenticate(bus, deadline_ms);
	if (r == 0)
		r = dbus_send(bus, &hello, deadline_ms);
	if (r < 0)
		return r;
	*ret_bus = bus;
	bus = NULL;
	return 0;
}

void dbus_close(struct dbus **bus)
{
	if (*bus)
		fd_close(&(*bus)->fd);
	*bus = NULL;
}

/* ---- messages ---- */

int dbus_send(struct dbus *bus, const struct dbus_call *call, int64_t deadline_ms)
{
	struct dbus_writer out = { .buf = bus->out, .size = sizeof(bus->out) };
	int r = dbus_encode(call, ++bus->serial, &out);

	return r < 0 ? r : send_bytes(bus, out.buf, out.len, deadline_ms);
}

static int next_message(struct dbus *bus, int64_t deadline_ms, struct dbus_message *ret)
{
	memmove(bus->in, bus->in + bus->consumed, bus->have - bus->consumed);
	bus->have -= bus->consumed;
	bus->consumed = 0;
	for (;;) {
		size_t size;
		int r = dbus_message_size(bus->in, bus->have, &size);

		if (r < 0)
			return r;
		if (size > 0 && size <= bus->have) {
			bus->consumed = size;
			return dbus_decode(bus->in, size, ret);
		}
		r = receive_some(bus, deadline_ms);
		if (r < 0)
			return r;
	}
}

/* A message that is neither a reply to `serial` nor a signal is of no use; an error is, whatever it is about. */
static int next_of(struct dbus *bus, uint32_t serial, int64_t deadline_ms, struct dbus_message *ret)
{
	for (;;) {
		struct dbus_message m;
		bool answer;
		int r = next_message(bus, deadline_ms, &m);

		if (r < 0)
			return r;
		answer = m.type == DBUS_REPLY || m.type == DBUS_ERROR;
		if (serial ? answer && m.reply_serial == serial : m.type == DBUS_SIGNAL) {
			*ret = m;
			return 0;
		}
		if (m.type == DBUS_ERROR)
			return fail(EREMOTEIO, "the bus refuses us: %s: %.256s", m.error,
				    dbus_error_text(&m));
	}
}

int dbus_ask(struct dbus *bus, const struct dbus_call *call, int64_t deadline_ms,
	     struct dbus_message *ret_reply)
{
	int r = dbus_send(bus, call, deadline_ms);

	return r < 0 ? r : next_of(bus, bus->serial, deadline_ms, ret_reply);
}

int dbus_next_signal(struct dbus *bus, int64_t deadline_ms, struct dbus_message *ret_signal)
{
	return next_of(bus, 0, deadline_ms, ret_signal);
}
