/* SPDX-License-Identifier: Apache-2.0 */
/*
 * base/str.h: strings with bounds, numbers with ranges. Any process; no allocation.
 */
#pragma once

#include "base/base.h"

/* A bounded text under construction; truncation is remembered, never silent. */
struct text {
	char *buf;
	size_t size, len;
	bool truncated;
};
#define TEXT(array) ((struct text){ .buf = (array), .size = sizeof(array) })
void text_add(struct text *t, const char *fmt, ...) PRINTF_LIKE(2, 3);
void text_add_n(struct text *t, const char *s, size_t n);

bool streq(const char *a, const char *b);
bool starts_with(const char *s, const char *prefix);
bool ends_with(const char *s, const char *suffix);

/* Digits only, all of them, in range; else -EINVAL (not a number) or -ERANGE. No sign, no space, no hex (R9). */
int parse_u64(const char *s, uint64_t max, uint64_t *ret) MUST_USE;
int parse_u32(const char *s, uint32_t *ret) MUST_USE;
/* As parse_u64 with an optional leading '-'. */
int parse_i64(const char *s, int64_t *ret) MUST_USE;
/* A uid or gid: 0 .. 2^32-2, as (uid_t)-1 means "unchanged" to the kernel (CVE-2026-30892 and its like). */
int parse_id(const char *s, uint32_t *ret) MUST_USE;

/* In place: mountinfo writes space, tab, newline and backslash as a backslash and three octal digits. */
void unescape_mount(char *s);

/* One word of a table whose rows start with a `const char *name`; NULL where it is not there. */
const void *word_find(const void *table, size_t n, size_t row_size, const char *name);
#define WORD_FIND(table, name) ((__typeof__(&(table)[0]))word_find(table, ARRAY_SIZE(table), sizeof((table)[0]), name))
