/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The only file that knows yajl's generator. Two things are done around it: it prints an empty object as two
 * braces with a blank line between, so opening is put off until there is a first member; and it passes on
 * whatever bytes it is given, so what is not UTF-8 is replaced, as Go does.
 */
#include "base/json_write.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <yajl/yajl_gen.h>

#include "base/err.h"
#include "base/utf8.h"

#define GEN_SIZE_MAX 8192 /* more than yajl's handle and buffer take */

struct json_writer {
	struct arena *arena;
	yajl_gen gen;
	char opening;  /* '{' or '[' that was asked for and is not written yet; 0: none */
	unsigned open; /* containers, with that one */
	char *text;
	size_t n, size;
	int err; /* the first failure, -errno */
};

/* ---- memory: yajl's handle and our text, in the arena, so that a writer left alone leaks nothing ---- */

static void *gen_malloc(void *ctx, size_t n)
{
	return arena_alloc(ctx, 1, n);
}

/* yajl's own buffer is replaced by our text before it holds anything, so nothing is there to be kept. */
static void *gen_realloc(void *ctx, void *old, size_t n)
{
	(void)old;
	return arena_alloc(ctx, 1, n);
}

static void gen_free(void *ctx, void *memory)
{
	(void)ctx;
	(void)memory;
}

static void print(void *ctx, const char *s, size_t n)
{
	struct json_writer *w = ctx;

	if (w->err < 0)
		return;
	if (n >= w->size - w->n) {
		size_t size = (w->size + n) * 2;
		char *text = arena_alloc(w->arena, 1, size);

		if (!text) {
			w->err = -ENOMEM;
			return;
		}
		if (w->n)
			memcpy(text, w->text, w->n);
		w->text = text;
		w->size = size;
	}
	memcpy(w->text + w->n, s, n);
	w->n += n;
	w->text[w->n] = '\0';
}

struct json_writer *json_writer_begin(struct arena *arena, const char *indent)
{
	const yajl_alloc_funcs memory = { gen_malloc, gen_realloc, gen_free, arena };
	struct json_writer *w = arena_new(arena, struct json_writer);

	if (!w)
		return NULL;
	w->arena = arena;
	w->size = 1024;
	w->text = arena_alloc(arena, 1, w->size);
	/* yajl looks at the first of its two allocations only */
	if (w->text && arena->size - arena->used > GEN_SIZE_MAX)
		w->gen = yajl_gen_alloc(&memory);
	if (!w->gen) {
		fail(ENOMEM, "cannot write JSON");
		return NULL;
	}
	yajl_gen_config(w->gen, yajl_gen_print_callback, print, w);
	if (indent) {
		yajl_gen_config(w->gen, yajl_gen_beautify, 1);
		yajl_gen_config(w->gen, yajl_gen_indent_string, indent);
	}
	return w;
}

int json_writer_end(struct json_writer *w, const char **ret_text, size_t *ret_n)
{
	if (w->err == -ENOMEM)
		return fail(ENOMEM, "cannot write JSON");
	if (w->err < 0 || !w->n || w->open)
		return fail(0, "cannot write JSON: the document is not whole");
	if (w->text[w->n - 1] == '\n')
		w->text[--w->n] = '\0';
	*ret_text = w->text;
	*ret_n = w->n;
	return 0;
}

/* ---- tokens ---- */

static void note(struct json_writer *w, yajl_gen_status status)
{
	if (status != yajl_gen_status_ok && w->err == 0)
		w->err = -EINVAL;
}

/* A token that yajl is to place but not to make: a number, an empty container. */
static void raw(struct json_writer *w, const char *s)
{
	note(w, yajl_gen_number(w->gen, s, strlen(s)));
}

static void string(struct json_writer *w, const char *s)
{
	static const char replacement[] = "\xef\xbf\xbd"; /* U+FFFD */
	size_t n = strlen(s), valid = utf8_span(s, n), used = 0;
	char *clean;

	if (valid == n) {
		note(w, yajl_gen_string(w->gen, (const unsigned char *)s, n));
		return;
	}
	clean = arena_alloc(w->arena, n, 3);
	if (!clean) {
		w->err = -ENOMEM;
		return;
	}
	for (;;) {
		memcpy(clean + used, s, valid);
		used += valid;
		s += valid;
		n -= valid;
		if (!n)
			break;
		memcpy(clean + used, replacement, 3);
		used += 3;
		s++;
		n--;
		valid = utf8_span(s, n);
	}
	note(w, yajl_gen_string(w->gen, (const unsigned char *)clean, used));
}

/* What comes before a value: the container around it, its key. False: nothing more is written. */
static bool begin(struct json_writer *w, const char *key)
{
	if (w->err < 0)
		return false;
	if (w->opening)
		note(w, w->opening == '{' ? yajl_gen_map_open(w->gen) : yajl_gen_array_open(w->gen));
	w->opening = 0;
	if (key)
		string(w, key);
	return w->err == 0;
}

static void end(struct json_writer *w, char opened)
{
	if (w->err < 0)
		return;
	if (!w->open || (w->opening && w->opening != opened))
		w->err = -EINVAL;
	else if (w->opening)
		raw(w, opened == '{' ? "{}" : "[]");
	else
		note(w, opened == '{' ? yajl_gen_map_close(w->gen) : yajl_gen_array_close(w->gen));
	w->opening = 0;
	w->open--;
}

static void open_container(struct json_writer *w, const char *key, char opening)
{
	if (!begin(w, key))
		return;
	w->opening = opening;
	w->open++;
}

void json_object(struct json_writer *w, const char *key)
{
	open_container(w, key, '{');
}

void json_array(struct json_writer *w, const char *key)
{
	open_container(w, key, '[');
}

void json_end_object(struct json_writer *w)
{
	end(w, '{');
}

void json_end_array(struct json_writer *w)
{
	end(w, '[');
}

/* ---- values ---- */

void json_string(struct json_writer *w, const char *key, const char *value)
{
	if (!begin(w, key))
		return;
	if (value)
		string(w, value);
	else
		note(w, yajl_gen_null(w->gen));
}

void json_bool(struct json_writer *w, const char *key, bool value)
{
	if (begin(w, key))
		note(w, yajl_gen_bool(w->gen, value));
}

void json_i64(struct json_writer *w, const char *key, int64_t value)
{
	if (begin(w, key))
		note(w, yajl_gen_integer(w->gen, value));
}

/* yajl's integers end at 2^63-1. */
void json_u64(struct json_writer *w, const char *key, uint64_t value)
{
	char number[24];

	snprintf(number, sizeof(number), "%llu", (unsigned long long)value);
	if (begin(w, key))
		raw(w, number);
}

/* The shortest digits that read back as the same number. */
void json_double(struct json_writer *w, const char *key, double value)
{
	char number[40];

	if (!begin(w, key))
		return;
	if (!isfinite(value)) {
		w->err = -EINVAL;
		return;
	}
	for (int digits = 1; digits <= 17; digits++) {
		snprintf(number, sizeof(number), "%.*g", digits, value);
		if (strtod(number, NULL) == value)
			break;
	}
	raw(w, number);
}

void json_null(struct json_writer *w, const char *key)
{
	if (begin(w, key))
		note(w, yajl_gen_null(w->gen));
}

void json_strings(struct json_writer *w, const char *key, const struct strings *list)
{
	json_array(w, key);
	for (size_t i = 0; i < list->n; i++)
		json_string(w, NULL, list->v[i]);
	json_end_array(w);
}

void json_string_map(struct json_writer *w, const char *key, const struct string_map *map)
{
	json_object(w, key);
	for (size_t i = 0; i < map->n; i++)
		json_string(w, map->v[i].key, map->v[i].value);
	json_end_object(w);
}
