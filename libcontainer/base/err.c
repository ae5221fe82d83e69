/* SPDX-License-Identifier: Apache-2.0 */
/*
 * base/err.c: the trail of the one failure that is reported. Everything here works after clone: bounded
 * buffers, no allocation, no stdio.
 */
#include "base/err.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static struct err_trail own_trail;
static struct err_trail *trail = &own_trail;

/* Read as a byte: a shared page may hold what is not a bool. */
static bool is_said(void)
{
	return __atomic_load_n((const unsigned char *)&trail->said, __ATOMIC_ACQUIRE) != 0;
}

static void record(int err, const char *fmt, va_list args) __attribute__((format(printf, 2, 0)));

static void record(int err, const char *fmt, va_list args)
{
	if (vsnprintf(trail->text, sizeof(trail->text), fmt, args) < 0)
		trail->text[0] = '\0';
	trail->err = err;
	/* Last: another process that reads a shared trail never sees a text that is said but not there. */
	__atomic_store_n(&trail->said, true, __ATOMIC_RELEASE);
}

int fail(int err, const char *fmt, ...)
{
	va_list args;

	if (!is_said()) {
		va_start(args, fmt);
		record(err, fmt, args);
		va_end(args);
	}
	return err > 0 ? -err : -EINVAL;
}

int fail_in(int r, const char *fmt, ...)
{
	char prefix[ERR_TEXT_MAX];
	size_t n, room, text_n;
	va_list args;

	va_start(args, fmt);
	if (!is_said()) {
		record(r < 0 ? -r : 0, fmt, args);
		va_end(args);
		return r < 0 ? r : -EINVAL;
	}
	if (vsnprintf(prefix, sizeof(prefix) - 2, fmt, args) < 0)
		prefix[0] = '\0';
	va_end(args);
	memcpy(prefix + strlen(prefix), ": ", sizeof(": "));

	/* What happened matters more than where: a prefix that would push the text out is cut. */
	text_n = strnlen(trail->text, sizeof(trail->text) - 1);
	room = sizeof(trail->text) - 1 - text_n;
	n = strlen(prefix);
	if (n > room)
		n = room;
	memmove(trail->text + n, trail->text, text_n);
	memcpy(trail->text, prefix, n);
	trail->text[n + text_n] = '\0';
	return r < 0 ? r : -EINVAL;
}

void fail_forget(void)
{
	__atomic_store_n(&trail->said, false, __ATOMIC_RELEASE);
	trail->err = 0;
	trail->text[0] = '\0';
}

/* Copy what fits, one line of it: a configuration may put control characters into a name, and what a caller
 * matches line by line, or a terminal obeys, must not be the configuration's to write. */
static size_t put_clean(char *buf, size_t size, size_t len, const char *s, size_t max)
{
	for (size_t i = 0; i < max && s[i] && len + 1 < size; i++) {
		unsigned char c = (unsigned char)s[i];

		buf[len++] = c == '\n' || c == '\t' ? ' ' : c < 0x20 || c == 0x7f ? '?' : (char)c;
	}
	buf[len] = '\0';
	return len;
}

const char *fail_line(char *buf, size_t size)
{
	size_t len;
	int err;

	if (!size)
		return "";
	buf[0] = '\0';
	if (!is_said())
		return buf;
	/* The trail may be a page that a hostile process writes to: bounded reads, and err is read once. */
	len = put_clean(buf, size, 0, trail->text, sizeof(trail->text));
	while (len && buf[len - 1] == ' ')
		buf[--len] = '\0';
	err = __atomic_load_n(&trail->err, __ATOMIC_RELAXED);
	if (err <= 0 || err >= 4096)
		return buf;
	if (len)
		len = put_clean(buf, size, len, ": ", 2);
	put_clean(buf, size, len, strerror(err), 128);
	return buf;
}

struct err_trail *err_trail(void)
{
	return trail;
}

void err_trail_attach(struct err_trail *other)
{
	trail = other ? other : &own_trail;
}
