/* SPDX-License-Identifier: Apache-2.0 */
/*
 * base/log.c: one line at a time, to stderr and to a log that was opened early. A line is built whole in a
 * bounded buffer and written at once, as several commands append to one file. Nothing here may hang: the
 * reader of a full pipe may be waiting for us to exit.
 */
#include "base/log.h"

#include <fcntl.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "base/err.h"
#include "base/fd.h"
#include "base/io.h"
#include "base/str.h"
#include "base/utf8.h"

#ifndef RWF_NOWAIT
#define RWF_NOWAIT 0x00000008
#endif

#define LINE_MAX_BYTES	  8192 /* an ERR_TEXT_MAX of text at six bytes a character, and what is around it */
#define WRITE_PATIENCE_MS 1000

enum log_kind { LOG_TO_FILE, LOG_TO_JOURNAL, LOG_TO_SYSLOG };

static struct {
	int fd; /* -1: nowhere */
	enum log_level level;
	enum log_format format;
	enum log_kind kind;
	const char *ident; /* of journald and syslog: the caller's string */
} log_state = { .fd = -1 };

static const struct {
	const char *word; /* as logrus says it */
	int priority;	  /* as syslog(3) says it */
} levels[] = {
	[LOG_LEVEL_ERROR] = { "error", 3 },
	[LOG_LEVEL_WARNING] = { "warning", 4 },
	[LOG_LEVEL_DEBUG] = { "debug", 7 },
};

bool log_wants(enum log_level level)
{
	return level <= log_state.level;
}

static int open_file(const char *path, int *ret_fd)
{
	/* O_NONBLOCK: a FIFO without a reader is an error now, and a full one later does not stop us. */
	int fd = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOCTTY | O_NONBLOCK, 0644);

	if (fd < 0)
		return fail(errno, "cannot open log file '%s'", path);
	*ret_fd = fd;
	return 0;
}

static int open_socket(const char *path, int *ret_fd)
{
	struct sockaddr_un addr = { .sun_family = AF_UNIX };
	autoclose int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	if (fd < 0)
		return fail(errno, "cannot make a socket for the log");
	memcpy(addr.sun_path, path, strlen(path) + 1);
	if (connect(fd, (struct sockaddr *)&addr, sizeof(addr)) < 0)
		return fail(errno, "cannot connect to the log at '%s'", path);
	*ret_fd = take_fd(&fd);
	return 0;
}

/* An identifier becomes a field of a line protocol: a newline in it would be another field. */
static bool ident_is_clean(const char *ident)
{
	for (; *ident; ident++)
		if ((unsigned char)*ident < 0x20 || *ident == 0x7f)
			return false;
	return true;
}

int log_open(const char *target, enum log_format format, enum log_level level)
{
	int fd = -1, r;

	log_state.level = level;
	log_state.format = format;
	log_state.kind = LOG_TO_FILE;
	fd_close(&log_state.fd);
	if (!target || !*target)
		return 0;
	if (starts_with(target, "journald:") || starts_with(target, "syslog:")) {
		bool journal = *target == 'j';
		const char *ident = strchr(target, ':') + 1;

		if (!ident_is_clean(ident))
			return fail(EINVAL, "a log identifier cannot hold control characters");
		r = open_socket(journal ? "/run/systemd/journal/socket" : "/dev/log", &fd);
		if (r < 0)
			return r;
		log_state.kind = journal ? LOG_TO_JOURNAL : LOG_TO_SYSLOG;
		log_state.ident = ident;
	} else {
		r = open_file(starts_with(target, "file:") ? target + strlen("file:") : target, &fd);
		if (r < 0)
			return r;
	}
	log_state.fd = fd;
	return 0;
}

/* Write without blocking for longer than the deadline. The description behind stderr is the container's as
 * well, so O_NONBLOCK is not ours to set: RWF_NOWAIT asks for this one write. */
static ssize_t write_some(int fd, const char *buf, size_t n)
{
	struct iovec iov = { .iov_base = (void *)buf, .iov_len = n };
	ssize_t written = syscall(SYS_pwritev2, fd, &iov, 1, -1L, -1L, RWF_NOWAIT);

	if (written >= 0 || (errno != EOPNOTSUPP && errno != ENOSYS && errno != EINVAL && errno != EPERM))
		return written;
	/* Files and terminals know no RWF_NOWAIT. A pipe that polls as writable takes this much at once. */
	return write(fd, buf, n < 4096 ? n : 4096);
}

static void write_bounded(int fd, const char *buf, size_t n)
{
	int64_t deadline = now_ms() + WRITE_PATIENCE_MS;

	while (n) {
		struct pollfd pfd = { .fd = fd, .events = POLLOUT };
		int64_t left = deadline - now_ms();
		ssize_t written;

		if (left <= 0 || poll(&pfd, 1, (int)left) == 0 || (pfd.revents & POLLNVAL))
			return;
		written = write_some(fd, buf, n);
		if (written < 0 && errno != EINTR && errno != EAGAIN)
			return;
		if (written > 0) {
			buf += written;
			n -= (size_t)written;
		}
	}
}

/* A string as JSON, and as logrus quotes it. One byte that is not UTF-8 would make the whole file unreadable
 * to the stricter decoders. */
static void text_add_quoted(struct text *t, const char *s)
{
	size_t valid = utf8_span(s, strlen(s));

	text_add_n(t, "\"", 1);
	while (*s) {
		unsigned char c = (unsigned char)*s;

		if (!valid)
			text_add_n(t, "\\ufffd", 6);
		else if (c == '"' || c == '\\')
			text_add(t, "\\%c", c);
		else if (c < 0x20 || c == 0x7f)
			text_add(t, "\\u%04x", c);
		else
			text_add_n(t, s, 1);
		s++;
		valid = valid ? valid - 1 : utf8_span(s, strlen(s));
	}
	text_add_n(t, "\"", 1);
}

static void text_add_time(struct text *t)
{
	time_t now = time(NULL);
	struct tm tm;

	if (!gmtime_r(&now, &tm))
		memset(&tm, 0, sizeof(tm));
	text_add(t, "%04d-%02d-%02dT%02d:%02d:%02dZ", tm.tm_year + 1900, tm.tm_mon + 1, tm.tm_mday,
		 tm.tm_hour, tm.tm_min, tm.tm_sec);
}

static void line_for_file(struct text *t, enum log_level level, const char *msg)
{
	bool json = log_state.format == LOG_FORMAT_JSON;

	if (json) {
		text_add(t, "{\"level\":\"%s\",\"msg\":", levels[level].word);
		text_add_quoted(t, msg);
		text_add(t, ",\"time\":\"");
		text_add_time(t);
		text_add(t, "\"}\n");
	} else {
		text_add(t, "time=\"");
		text_add_time(t);
		text_add(t, "\" level=%s msg=", levels[level].word);
		text_add_quoted(t, msg);
		text_add(t, "\n");
	}
}

static void log_line(enum log_level level, const char *msg)
{
	char buf[LINE_MAX_BYTES];
	struct text t = TEXT(buf);

	switch (log_state.kind) {
	case LOG_TO_FILE:
		line_for_file(&t, level, msg);
		write_bounded(log_state.fd, t.buf, t.len);
		return;
	case LOG_TO_JOURNAL: /* systemd.io/JOURNAL_NATIVE_PROTOCOL: FIELD=value lines in one datagram */
		text_add(&t, "PRIORITY=%d\nSYSLOG_IDENTIFIER=cruet\nMESSAGE=%s\n", levels[level].priority,
			 msg);
		text_add(&t, "ID=%.256s\n", log_state.ident);
		break;
	case LOG_TO_SYSLOG: /* facility "user" */
		text_add(&t, "<%d>%.256s[%d]: %s", (1 << 3) | levels[level].priority, log_state.ident,
			 (int)getpid(), msg);
		break;
	}
	send(log_state.fd, t.buf, t.len, MSG_DONTWAIT | MSG_NOSIGNAL);
}

static void stderr_line(const char *msg)
{
	char buf[LINE_MAX_BYTES];
	struct text t = TEXT(buf);

	text_add(&t, "cruet: %s\n", msg);
	write_bounded(STDERR_FILENO, t.buf, t.len);
}

void log_fatal(void)
{
	char msg[ERR_TEXT_MAX + 160];

	if (!*fail_line(msg, sizeof(msg)))
		snprintf(msg, sizeof(msg), "failed, and nothing said why");
	/* The log first: a closed stderr may end us by SIGPIPE. */
	if (log_state.fd >= 0)
		log_line(LOG_LEVEL_ERROR, msg);
	stderr_line(msg);
}

static void log_at(enum log_level level, const char *fmt, va_list args) __attribute__((format(printf, 2, 0)));

static void log_at(enum log_level level, const char *fmt, va_list args)
{
	char msg[ERR_TEXT_MAX];

	if (vsnprintf(msg, sizeof(msg), fmt, args) < 0)
		return;
	for (char *c = msg; *c; c++)
		if ((unsigned char)*c < 0x20 || *c == 0x7f)
			*c = ' ';
	if (log_state.fd >= 0)
		log_line(level, msg);
	else
		stderr_line(msg);
}

void log_warning(const char *fmt, ...)
{
	va_list args;

	if (!log_wants(LOG_LEVEL_WARNING))
		return;
	va_start(args, fmt);
	log_at(LOG_LEVEL_WARNING, fmt, args);
	va_end(args);
}

void log_debug(const char *fmt, ...)
{
	va_list args;

	if (!log_wants(LOG_LEVEL_DEBUG))
		return;
	va_start(args, fmt);
	log_at(LOG_LEVEL_DEBUG, fmt, args);
	va_end(args);
}
