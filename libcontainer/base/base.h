/* SPDX-License-Identifier: Apache-2.0 */
/*
 * base/base.h: the few words that every room uses. Includes nothing of ours.
 */
#pragma once

#include <errno.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))
#define PRINTF_LIKE(fmt, args) __attribute__((format(printf, fmt, args)))
#define MUST_USE __attribute__((warn_unused_result))

/* An absent property is not the same as a zero: `set` tells them apart. */
struct opt_bool {
	bool set, v;
};
struct opt_i64 {
	bool set;
	int64_t v;
};
struct opt_u64 {
	bool set;
	uint64_t v;
};
struct opt_u32 {
	bool set;
	uint32_t v;
};

/* A list of strings. `v` has n entries and a NULL after them (so it can be argv); v is NULL only where n is 0 and
 * the list was absent. */
struct strings {
	const char *const *v;
	size_t n;
};

/* A JSON object of strings, in the order of the document. */
struct string_pair {
	const char *key, *value;
};
struct string_map {
	const struct string_pair *v;
	size_t n;
};

/* The ids of one range: [inside, inside + size) in the namespace are [outside, outside + size) in its parent. */
struct id_range {
	uint32_t inside, outside, size;
};
struct id_map {
	const struct id_range *v;
	size_t n;
};
