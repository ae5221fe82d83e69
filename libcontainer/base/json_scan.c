/* SPDX-License-Identifier: Apache-2.0 */
#include "base/json_scan.h"

#include <string.h>

#include "base/err.h"
#include "base/utf8.h"

#define ONES	  0x0101010101010101u
#define HIGH_BITS 0x8080808080808080u

/* Whether one of the eight bytes is zero. */
static bool has_zero(uint64_t eight)
{
	return ((eight - ONES) & ~eight & HIGH_BITS) != 0;
}

static int fail_at(const char *buf, size_t at, const char *what)
{
	struct json_position p = json_position(buf, at);

	return fail(0, "line %zu, column %zu: %s", p.line, p.column, what);
}

/* The value of four hexadecimal digits, or -1. */
static long hex4(const char *s, size_t n)
{
	long value = 0;

	if (n < 4)
		return -1;
	for (size_t i = 0; i < 4; i++) {
		char c = s[i];
		int digit;

		if (c >= '0' && c <= '9')
			digit = c - '0';
		else if (c >= 'a' && c <= 'f')
			digit = c - 'a' + 10;
		else if (c >= 'A' && c <= 'F')
			digit = c - 'A' + 10;
		else
			return -1;
		value = value * 16 + digit;
	}
	return value;
}

/* One escape, at s[0] == '\\'. Sets *ret_length to what it takes; returns what is wrong with it, or NULL. */
static const char *escape(const char *s, size_t n, size_t *ret_length)
{
	long unit, low;

	*ret_length = 2;
	if (n < 2 || s[1] != 'u')
		return NULL; /* the parser knows the others */
	*ret_length = 6;
	unit = hex4(s + 2, n - 2);
	if (unit < 0)
		return "\\u without four hexadecimal digits";
	if (unit == 0)
		return "\\u0000 cannot be in a string";
	if (unit >= 0xdc00 && unit <= 0xdfff)
		return "half of a surrogate pair";
	if (unit < 0xd800 || unit > 0xdfff)
		return NULL;
	*ret_length = 12;
	low = n >= 12 && s[6] == '\\' && s[7] == 'u' ? hex4(s + 8, n - 8) : -1;
	return low >= 0xdc00 && low <= 0xdfff ? NULL : "half of a surrogate pair";
}

int json_scan(const char *buf, size_t n)
{
	size_t at = 0;

	while (at < n) {
		size_t length = 1;
		const char *wrong = NULL;
		uint64_t eight;

		if (n - at >= sizeof(eight)) {
			memcpy(&eight, buf + at, sizeof(eight));
			if (!has_zero(eight) && !has_zero(eight ^ (ONES * '\\'))) {
				at += sizeof(eight);
				continue;
			}
		}
		if (buf[at] == '\0')
			wrong = "a NUL byte";
		else if (buf[at] == '\\')
			wrong = escape(buf + at, n - at, &length);
		if (wrong)
			return fail_at(buf, at, wrong);
		at += length;
	}
	at = utf8_span(buf, n);
	return at == n ? 0 : fail_at(buf, at, "not UTF-8");
}

struct json_position json_position(const char *buf, size_t at)
{
	struct json_position p = { .line = 1, .column = 1 };

	for (size_t i = 0; i < at; i++) {
		p.column++;
		if (buf[i] == '\n')
			p = (struct json_position){ .line = p.line + 1, .column = 1 };
	}
	return p;
}
