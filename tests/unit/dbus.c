/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tests/unit/dbus.c: what a bus may send that it should not: pieces, too much, the wrong types, or nothing. No answer may
 * crash a command, make it read beyond what was sent, or hold it up beyond its deadline.
 */
#include "test.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/err.h"
#include "base/io.h"
#include "base/str.h"
#include "kernel/cgroup_systemd.h"
#include "kernel/dbus.h"

#define DEADLINE_MS 300
#define SLOW_MS 10000 /* a machine may be */

/* ---- messages of a bus ---- */

static char bytes[2 * DBUS_MESSAGE_MAX];

/* A message as systemd sends them: of a type, in reply to a serial, or a signal. */
static size_t message(enum dbus_type type, uint32_t reply_to, const char *signature, const struct dbus_writer *body)
{
	struct dbus_writer w = { .buf = bytes, .size = sizeof(bytes) };
	struct dbus_array fields;

	dbus_put_byte(&w, __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__ ? 'l' : 'B');
	dbus_put_byte(&w, (uint8_t)type);
	dbus_put_byte(&w, 1);
	dbus_put_byte(&w, 1);
	dbus_put_u32(&w, body ? (uint32_t)body->len : 0);
	dbus_put_u32(&w, 9);
	fields = dbus_begin_array(&w, 8);
	if (reply_to) {
		dbus_put_byte(&w, 5);
		dbus_put_signature(&w, "u");
		dbus_put_u32(&w, reply_to);
		dbus_put_align(&w, 8);
	}
	dbus_put_byte(&w, 3);
	dbus_put_signature(&w, "s");
	dbus_put_string(&w, "JobRemoved");
	dbus_put_align(&w, 8);
	dbus_put_byte(&w, 4);
	dbus_put_signature(&w, "s");
	dbus_put_string(&w, "org.freedesktop.systemd1.UnitExists");
	dbus_put_align(&w, 8);
	dbus_put_byte(&w, 7);
	dbus_put_signature(&w, "s");
	dbus_put_string(&w, ":1.1");
	if (signature) {
		dbus_put_align(&w, 8);
		dbus_put_byte(&w, 8);
		dbus_put_signature(&w, "g");
		dbus_put_signature(&w, signature);
	}
	dbus_end_array(&w, fields);
	dbus_put_align(&w, 8);
	for (size_t i = 0; body && i < body->len; i++)
		dbus_put_byte(&w, (uint8_t)body->buf[i]);
	CHECK(!w.failed);
	return w.len;
}

static size_t job_removed(void)
{
	char buf[256];
	struct dbus_writer body = { .buf = buf, .size = sizeof(buf) };

	dbus_put_u32(&body, 7);
	dbus_put_string(&body, "/job/2");
	dbus_put_string(&body, "x.scope");
	dbus_put_string(&body, "done");
	return message(DBUS_SIGNAL, 0, "uoss", &body);
}

/* ---- decoding ---- */

/* All that is read of any message. From a copy that ends where the message ends: a sanitizer sees one byte more. */
static int read_all_of(const char *buf, size_t n)
{
	char *copy = malloc(n + !n);
	struct dbus_message m;
	struct dbus_reader r;
	size_t size = 0;
	int error;

	memcpy(copy, buf, n);
	fail_forget();
	error = dbus_message_size(copy, n, &size);
	if (error == 0)
		error = dbus_decode(copy, n, &m);
	if (error == 0) {
		r = (struct dbus_reader){ .buf = m.body, .n = m.body_n };
		(void)dbus_get_u32(&r);
		for (int i = 0; i < 4; i++)
			if (strlen(dbus_get_string(&r)) > n)
				error = -EOVERFLOW;
		if (strlen(dbus_error_text(&m)) > n || strlen(m.path) + strlen(m.member) + strlen(m.error) > n)
			error = -EOVERFLOW;
	}
	free(copy);
	return error;
}

static void test_whole(void)
{
	size_t n = job_removed();
	struct dbus_reader r;
	struct dbus_message m;

	CHECK(dbus_decode(bytes, n, &m) == 0);
	CHECK(m.type == DBUS_SIGNAL);
	CHECK_STR(m.member, "JobRemoved");
	CHECK_STR(m.sender, ":1.1");
	CHECK_STR(m.signature, "uoss");
	r = (struct dbus_reader){ .buf = m.body, .n = m.body_n };
	CHECK(dbus_get_u32(&r) == 7);
	CHECK_STR(dbus_get_string(&r), "/job/2");
	CHECK_STR(dbus_get_string(&r), "x.scope");
	CHECK_STR(dbus_get_string(&r), "done");
	CHECK(!r.failed);
	CHECK_STR(dbus_get_string(&r), "");
	CHECK(r.failed);
}

static void test_pieces(void)
{
	size_t n = job_removed();

	for (size_t i = 0; i < n; i++)
		CHECK(read_all_of(bytes, i) < 0);
	CHECK(read_all_of(bytes, n) == 0);
	CHECK(read_all_of(bytes, n + 1) < 0);
}

/* Each byte and each pair of bytes changed to what is likely to hurt: read or refused, but nothing worse. */
static void test_changed_bytes(void)
{
	static const unsigned char values[] = { 0, 1, 2, 5, 'a', 's', 'u', 'v', 0x7f, 0x80, 0xff };
	size_t n = job_removed(), read = 0, refused = 0;

	for (size_t i = 0; i < n; i++)
		for (size_t k = 0; k < sizeof(values) * sizeof(values); k++) {
			char old[2] = { bytes[i], bytes[i + 1] };
			int r;

			bytes[i] = (char)values[k % sizeof(values)];
			if (k >= sizeof(values))
				bytes[i + 1] = (char)values[k / sizeof(values)];
			r = read_all_of(bytes, n);
			CHECK(r == 0 || r == -EPROTO || r == -EMSGSIZE);
			read += r == 0;
			refused += r < 0;
			memcpy(bytes + i, old, sizeof(old));
		}
	CHECK(read > 0 && refused > 0);
}

static void put_u32_at(size_t at, uint32_t v)
{
	memcpy(bytes + at, &v, sizeof(v));
}

static void test_lengths(void)
{
	static const uint32_t lengths[] = { DBUS_MESSAGE_MAX, DBUS_MESSAGE_MAX + 1, 1u << 27, INT32_MAX, 1u << 31,
					    UINT32_MAX - 7,   UINT32_MAX };
	size_t n = job_removed(), size;

	for (size_t i = 0; i < ARRAY_SIZE(lengths); i++)
		for (size_t at = 4; at <= 12; at += 8) { /* of the body, of the fields */
			job_removed();
			put_u32_at(at, lengths[i]);
			fail_forget();
			CHECK(dbus_message_size(bytes, n, &size) == -EMSGSIZE);
			CHECK(read_all_of(bytes, n) < 0);
		}
}

/* ---- a connection ---- */

enum ending { CLOSES, WAITS, REPEATS };

/* A bus that lets us in, hears our calls, and says this. */
static void play(int listener, const char *greeting, size_t n, enum ending ending)
{
	int fd = accept(listener, NULL, NULL);
	char buf[4096];

	signal(SIGPIPE, SIG_DFL);
	if (read(fd, buf, sizeof(buf)) <= 0 || write_all(fd, greeting, strlen(greeting)) < 0)
		_exit(0);
	do {
		if (write_all(fd, bytes, n) < 0)
			_exit(0);
	} while (ending == REPEATS);
	if (ending == WAITS)
		pause();
	_exit(0);
}

#define GREETING "DATA\r\nOK 0123456789abcdef\r\n"

/* One `unit_start` against such a bus: it fails with this, names the unit, and is not late. */
static void refused(const char *greeting, size_t n, enum ending ending, int error)
{
	const struct unit unit = { .name = "x.scope", .slice = "a.slice", .description = "d" };
	struct sockaddr_un addr = { .sun_family = AF_UNIX };
	char dir[] = "/tmp/cruet-dbus.XXXXXX", address[64], said[1024];
	int listener = socket(AF_UNIX, SOCK_STREAM, 0), r;
	int64_t began = now_ms(), limit_ms = error == -ETIMEDOUT ? DEADLINE_MS : SLOW_MS;
	struct unit_bus bus = { .addresses = address, .deadline_ms = began + limit_ms };
	struct arena arena;
	pid_t pid;

	CHECK(mkdtemp(dir) && arena_open_private(&arena, 16 << 20) == 0);
	snprintf(addr.sun_path, sizeof(addr.sun_path), "%s/bus", dir);
	snprintf(address, sizeof(address), "unix:path=%s", addr.sun_path);
	CHECK(bind(listener, (struct sockaddr *)&addr, sizeof(addr)) == 0 && listen(listener, 1) == 0);
	pid = fork();
	if (pid == 0)
		play(listener, greeting, n, ending);
	fail_forget();
	r = unit_start(&arena, &bus, &unit, getpid());
	CHECK(now_ms() - began < limit_ms + SLOW_MS);
	fail_line(said, sizeof(said));
	CHECK(strstr(said, "x.scope"));
	if (r == -EPIPE) /* whether we were still sending when it left */
		r = -ECONNRESET;
	CHECK(r == error);
	if (r != error)
		printf("# %d: %s\n", r, said);
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	close(listener);
	unlink(addr.sun_path);
	rmdir(dir);
	arena_close(&arena);
}

static void test_silence(void)
{
	refused("", 0, WAITS, -ETIMEDOUT);
	refused("DATA\r\n", 0, WAITS, -ETIMEDOUT);
	refused(GREETING, 0, WAITS, -ETIMEDOUT);
	refused(GREETING, job_removed() - 1, WAITS, -ETIMEDOUT);
	refused(GREETING, 3, CLOSES, -ECONNRESET);
	refused("", 0, CLOSES, -ECONNRESET);
}

static void test_no_bus(void)
{
	refused("REJECTED EXTERNAL\r\n", 0, WAITS, -EACCES);
	refused("HTTP/1.1 400 Bad Request\r\n", 0, WAITS, -EACCES);
	memset(bytes, 'x', 4096);
	refused("DATA\r\n", 4096, WAITS, -EPROTO);
	memset(bytes, 0, 4096);
	refused(GREETING, 4096, WAITS, -EPROTO);
}

/* Signals without an end, none of which is ours. */
static void test_flood(void)
{
	refused(GREETING, job_removed(), REPEATS, -ETIMEDOUT);
	refused(GREETING, message(DBUS_CALL, 0, NULL, NULL), REPEATS, -ETIMEDOUT);
}

static void test_too_large(void)
{
	size_t n = job_removed();

	put_u32_at(4, DBUS_MESSAGE_MAX);
	refused(GREETING, n, WAITS, -EMSGSIZE);
}

/* Serials: 1 is Hello, 2 AddMatch, 3 StartTransientUnit. */
static void test_wrong_types(void)
{
	char buf[64];
	struct dbus_writer body = { .buf = buf, .size = sizeof(buf) };

	/* a reply without a job, one with a number, one whose text goes on behind the end */
	refused(GREETING, message(DBUS_REPLY, 3, NULL, NULL), WAITS, -EPROTO);
	dbus_put_u32(&body, 1);
	refused(GREETING, message(DBUS_REPLY, 3, "u", &body), WAITS, -EPROTO);
	body.len = 0;
	dbus_put_u32(&body, 0xfffffff0u);
	refused(GREETING, message(DBUS_REPLY, 3, "o", &body), WAITS, -EPROTO);
	/* errors: without a text, with something else */
	refused(GREETING, message(DBUS_ERROR, 1, NULL, NULL), WAITS, -EREMOTEIO);
	refused(GREETING, message(DBUS_ERROR, 2, "s", &body), WAITS, -EREMOTEIO);
}

/* Not even a unit that "is there" for ever makes us ask for ever. */
static void test_exists_for_ever(void)
{
	/* the reset that follows is not answered any more */
	refused(GREETING, message(DBUS_ERROR, 3, NULL, NULL), WAITS, -ETIMEDOUT);
}

static void test_addresses(void)
{
	static const char *const lists[] = { "",	     ";;;",	     "unix:",	      "unix:path=",
					     "unix:path=x",  "tcp:host=x",   "unix:abstract=", "unix:path=/%zz",
					     "unix:path=/%", "unix:path=/%f" };
	char longer[512] = "unix:path=/";
	struct arena arena;
	struct dbus *bus;

	memset(longer + 11, 'a', sizeof(longer) - 12);
	longer[sizeof(longer) - 1] = '\0';
	CHECK(arena_open_private(&arena, 16 << 20) == 0);
	for (size_t i = 0; i < ARRAY_SIZE(lists); i++)
		CHECK(dbus_open(&arena, lists[i], now_ms() + DEADLINE_MS, &bus) < 0);
	CHECK(dbus_open(&arena, longer, now_ms() + DEADLINE_MS, &bus) < 0);
	arena_close(&arena);
}

TEST_MAIN("dbus", { "whole", test_whole }, { "pieces", test_pieces }, { "changed_bytes", test_changed_bytes },
	  { "lengths", test_lengths }, { "silence", test_silence }, { "no_bus", test_no_bus }, { "flood", test_flood },
	  { "too_large", test_too_large }, { "wrong_types", test_wrong_types },
	  { "exists_for_ever", test_exists_for_ever }, { "addresses", test_addresses })
