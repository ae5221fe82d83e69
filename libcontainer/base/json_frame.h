/* SPDX-License-Identifier: Apache-2.0 */
/*
 * base/json_frame.h: where the parser is in the document and what may stand there: the half of the JSON
 * reader that has never heard of yajl. For json_read.c only. Functions that return bool or int say "go on"
 * with true and 1; with false and 0 the failure is recorded and in reader.err, as yajl's callbacks have it.
 *
 * Lists grow in `items`, a stack of bytes: the items of a list in an item of a list lie above it and are
 * gone, copied to the arena, before the next one begins. That memory may move, so a place in it is a slot,
 * not a pointer.
 */
#pragma once

#include "base/json_read.h"

enum inside {
	IN_OBJECT, /* of a table */
	IN_MAP,
	IN_KEYED,
	IN_LIST, /* of strings, numbers, objects */
	IN_SKIPPED_OBJECT,
	IN_SKIPPED_LIST,
};

struct key {
	const char *s;
	size_t n;
};

struct slot {
	char *memory; /* NULL: in the items */
	size_t at;    /* offset */
};

struct frame {
	enum inside inside;
	const struct json_table *table; /* IN_OBJECT: its rows */
	const struct json_field *owner; /* the row whose value this is; NULL at the top */
	const struct json_field
		*row;		  /* IN_OBJECT: of the property that the parser is in; NULL: it has none */
	struct slot self;	  /* IN_OBJECT: the struct; else the member that takes the list */
	uint64_t seen;		  /* IN_OBJECT: the rows that were there */
	size_t next;		  /* IN_OBJECT: the row to look at first, as documents keep an order */
	size_t first_key;	  /* the names in this object, from here on in `keys` */
	size_t items_before;	  /* how much of `items` was in use */
	size_t first_item, count; /* the items of this list, from here on in `items` */
	struct key key;		  /* the last name */
};

struct stack {
	char *v;
	size_t used, size;
};

struct reader {
	struct arena *arena;
	const char *buf;
	size_t n;
	const struct json_field *top; /* what the document is */
	void *result;
	struct frame frames[JSON_DEPTH_MAX];
	size_t depth;
	struct stack items, keys;
	int err;
};

/* What may stand where the parser is, and where it goes. */
struct want {
	enum json_kind kind;
	const struct json_field *row;
	struct slot to;
};

/* Record a failure at the place where the parser is; 0. */
int json_complain(struct reader *r, const char *what);
/* The same for a value of the wrong type; got is NULL where the type says enough. */
int json_unexpected(struct reader *r, const struct want *want, const char *got);
int json_out_of_memory(struct reader *r);

void *slot_pointer(const struct reader *r, struct slot slot);

/* The innermost frame; NULL at the top. */
struct frame *top_frame(struct reader *r);
/* Go into the value of `want`, out of memory or past the depth: NULL. */
struct frame *push_frame(struct reader *r, enum inside inside, const struct want *want);
/* Leave an object: what is missing or there twice is a failure. */
int pop_object(struct reader *r);
int pop_list(struct reader *r);

/* A name in an object. */
int next_key(struct reader *r, const char *s, size_t n);
/* A value begins; what it must be is in *ret_want. */
bool next_value(struct reader *r, struct want *ret_want);
