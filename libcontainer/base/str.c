/* SPDX-License-Identifier: Apache-2.0 */
/*
 * base/str.c: bounded texts and checked numbers.
 */
#include "base/str.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

void text_add(struct text *t, const char *fmt, ...)
{
	size_t room = t->size - t->len;
	va_list args;
	int n;

	if (t->truncated || !room) {
		t->truncated = true;
		return;
	}
	va_start(args, fmt);
	n = vsnprintf(t->buf + t->len, room, fmt, args);
	va_end(args);
	if (n < 0 || (size_t)n >= room) {
		t->truncated = true;
		t->len = n < 0 ? t->len : t->size - 1;
		t->buf[t->len] = '\0';
		return;
	}
	t->len += (size_t)n;
}

void text_add_n(struct text *t, const char *s, size_t n)
{
	size_t room = t->size - t->len;

	if (t->truncated || !room) {
		t->truncated = true;
		return;
	}
	if (n >= room) {
		n = room - 1;
		t->truncated = true;
	}
	memcpy(t->buf + t->len, s, n);
	t->len += n;
	t->buf[t->len] = '\0';
}

bool streq(const char *a, const char *b)
{
	return a == b || (a && b && strcmp(a, b) == 0);
}

bool starts_with(const char *s, const char *prefix)
{
	return strncmp(s, prefix, strlen(prefix)) == 0;
}

bool ends_with(const char *s, const char *suffix)
{
	size_t n = strlen(s), suffix_n = strlen(suffix);

	return n >= suffix_n && memcmp(s + n - suffix_n, suffix, suffix_n) == 0;
}

int parse_u64(const char *s, uint64_t max, uint64_t *ret)
{
	bool overflow = false;
	uint64_t value = 0;

	if (!*s)
		return -EINVAL;
	for (; *s; s++) {
		if (*s < '0' || *s > '9')
			return -EINVAL;
		if (__builtin_mul_overflow(value, (uint64_t)10, &value) ||
		    __builtin_add_overflow(value, (uint64_t)(*s - '0'), &value))
			overflow = true;
	}
	if (overflow || value > max)
		return -ERANGE;
	*ret = value;
	return 0;
}

int parse_u32(const char *s, uint32_t *ret)
{
	uint64_t value;
	int r = parse_u64(s, UINT32_MAX, &value);

	if (r < 0)
		return r;
	*ret = (uint32_t)value;
	return 0;
}

int parse_i64(const char *s, int64_t *ret)
{
	bool negative = *s == '-';
	uint64_t value;
	int r = parse_u64(s + negative, negative ? (uint64_t)INT64_MAX + 1 : INT64_MAX, &value);

	if (r < 0)
		return r;
	/* Negated as an unsigned number: -INT64_MIN is not an int64_t. */
	*ret = (int64_t)(negative ? -value : value);
	return 0;
}

int parse_id(const char *s, uint32_t *ret)
{
	uint64_t value;
	int r = parse_u64(s, UINT32_MAX - 1, &value);

	if (r < 0)
		return r;
	*ret = (uint32_t)value;
	return 0;
}

void unescape_mount(char *s)
{
	char *to = s;

	for (; *s; s++, to++) {
		*to = *s;
		if (s[0] == '\\' && s[1] >= '0' && s[1] <= '3' && s[2] >= '0' && s[2] <= '7' && s[3] >= '0' &&
		    s[3] <= '7') {
			*to = (char)((s[1] - '0') << 6 | (s[2] - '0') << 3 | (s[3] - '0'));
			s += 3;
		}
	}
	*to = '\0';
}

const void *word_find(const void *table, size_t n, size_t row_size, const char *name)
{
	const char *row = table;

	for (size_t i = 0; i < n; i++, row += row_size) {
		const char *word;

		memcpy(&word, row, sizeof(word));
		if (word && strcmp(word, name) == 0)
			return row;
	}
	return NULL;
}
