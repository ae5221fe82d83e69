/* SPDX-License-Identifier: Apache-2.0 */
/*
 * base/json_read.h: JSON into C structs, driven by tables: one row a property, no parsing code elsewhere.
 * Knows nothing of containers; spec/tables.c and the ledger bring their rows. Parent only (allocates, calls
 * yajl).
 *
 * Strict: at most JSON_READ_MAX bytes, JSON_DEPTH_MAX levels, UTF-8 without NUL, one object (or list) and
 * nothing after it, no name twice in an object, numbers exact and in range. Properties without a row are
 * skipped, but they must be JSON too. Property names are case-sensitive (Go's are not: runc reads "UID":0
 * after "uid":5 as uid 0). `null` is the same as absent for what is not required, as Go callers write it for
 * nil.
 *
 * Time is O(n log n) and memory O(n) in the input, whatever it holds. Errors are recorded with fail() and
 * carry the path: "linux.resources.cpu.shares: expected a number".
 */
#pragma once

#include "base/arena.h"
#include "base/base.h"

#define JSON_READ_MAX  (16u << 20)
#define JSON_DEPTH_MAX 64

enum json_kind {
	JSON_SKIP, /* what has no row */
	JSON_BOOL,
	JSON_OPT_BOOL,
	JSON_I64,
	JSON_OPT_I64,
	JSON_U64,
	JSON_OPT_U64,
	JSON_U32,
	JSON_OPT_U32,
	JSON_STRING,
	JSON_WORD,    /* one of a table of words, to an integer member of any size */
	JSON_STRINGS, /* struct strings */
	JSON_U32S,    /* { const uint32_t *v; size_t n; } */
	JSON_LIST,    /* { const T *v; size_t n; } of objects */
	JSON_MAP,     /* struct string_map: an object of strings */
	JSON_KEYED,  /* { const T *v; size_t n; } from an object of objects: T's first member takes the key */
	JSON_OBJECT, /* a struct in the struct */
	JSON_POINTER, /* a pointer to a struct in the arena; NULL: absent */
};

struct json_word {
	const char *name;
	int value;
};
struct json_words {
	const struct json_word *v;
	size_t n;
};

struct json_table;

struct json_field {
	const char *name;
	uint16_t length; /* of the name */
	uint16_t offset; /* of the member in its struct */
	uint8_t size;	 /* of a JSON_WORD's member */
	uint8_t kind;	 /* enum json_kind */
	bool required;
	bool ranged;	      /* min and max count */
	bool empty_is_absent; /* "" leaves NULL, as Go's omitempty takes it */
	int64_t min;
	uint64_t max;
	const struct json_words *words;
	const struct json_table *table;
};

struct json_table {
	const struct json_field *v;
	size_t n;    /* at most 64 */
	size_t size; /* of the struct */
};

/*
 * The rows. The kind of FIELD follows from the member's type. What may stand after the name: REQUIRED,
 * RANGE(), EMPTY_IS_ABSENT.
 */
#define FIELD(type, member, name, ...) JSON_ROW(type, member, name, JSON_KIND_OF(type, member), ##__VA_ARGS__)
#define FIELD_WORD(type, member, name, wordlist, ...)                                                        \
	JSON_ROW(type, member, name, JSON_WORD, .words = (wordlist), .size = sizeof(((type *)0)->member),    \
		 ##__VA_ARGS__)
#define FIELD_U32S(type, member, name, ...) JSON_ROW(type, member, name, JSON_U32S, ##__VA_ARGS__)
#define FIELD_LIST(type, member, name, rows, ...)                                                            \
	JSON_ROW(type, member, name, JSON_LIST, .table = (rows), ##__VA_ARGS__)
#define FIELD_KEYED(type, member, name, rows, ...)                                                           \
	JSON_ROW(type, member, name, JSON_KEYED, .table = (rows), ##__VA_ARGS__)
#define FIELD_OBJECT(type, member, name, rows, ...)                                                          \
	JSON_ROW(type, member, name, JSON_OBJECT, .table = (rows), ##__VA_ARGS__)
#define FIELD_POINTER(type, member, name, rows, ...)                                                         \
	JSON_ROW(type, member, name, JSON_POINTER, .table = (rows), ##__VA_ARGS__)

#define REQUIRED	 .required = true
#define RANGE(low, high) .ranged = true, .min = (low), .max = (high)
#define EMPTY_IS_ABSENT	 .empty_is_absent = true

#define JSON_TABLE(type, rows)                                                                               \
	{                                                                                                    \
		.v = (rows), .n = ARRAY_SIZE(rows) + 0 * sizeof(char[ARRAY_SIZE(rows) <= 64 ? 1 : -1]),      \
		.size = sizeof(type)                                                                         \
	}
#define JSON_WORDS(rows)                                                                                     \
	{                                                                                                    \
		.v = (rows), .n = ARRAY_SIZE(rows)                                                           \
	}

#define JSON_ROW(type, member, text, kindword, ...)                                                          \
	{                                                                                                    \
		.name = (text), .length = sizeof(text) - 1, .offset = offsetof(type, member),                \
		.kind = (kindword), ##__VA_ARGS__                                                            \
	}
#define JSON_KIND_OF(type, member)                                                                           \
	_Generic(((type *)0)->member,        \
		bool: JSON_BOOL,             \
		struct opt_bool: JSON_OPT_BOOL, \
		int64_t: JSON_I64,           \
		struct opt_i64: JSON_OPT_I64, \
		uint64_t: JSON_U64,          \
		struct opt_u64: JSON_OPT_U64, \
		uint32_t: JSON_U32,          \
		struct opt_u32: JSON_OPT_U32, \
		const char *: JSON_STRING,   \
		struct strings: JSON_STRINGS, \
		struct string_map: JSON_MAP)

/* Decode the object in buf into *object, a struct of table->size bytes (zeroed first; its content means
 * nothing after an error). Strings, lists and structs behind pointers are copied to the arena; buf is not
 * needed afterwards. */
int json_read(struct arena *arena, const struct json_table *table, const char *buf, size_t n,
	      void *object) MUST_USE;

/* The same for a list of objects at the top. */
int json_read_list(struct arena *arena, const struct json_table *table, const char *buf, size_t n,
		   const void **ret_v, size_t *ret_n) MUST_USE;

/* The word of a value; NULL where there is none. */
const char *json_word(const struct json_words *words, int value);

/* What a document said, for an error text: control characters, quotes and bad UTF-8 as '?', cut after ~60
 * bytes. */
struct json_shown {
	char text[72];
};
struct json_shown json_show(const char *s, size_t n);
