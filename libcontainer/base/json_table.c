/* SPDX-License-Identifier: Apache-2.0 */
/* base/json_table.c: see json_table.h. */
#include "base/json_table.h"

#include <string.h>

#include "base/err.h"

/* As all list members look: { const T *v; size_t n; }. */
struct any_list {
	const void *v;
	size_t n;
};

static void write_object(struct json_writer *w, const char *key, const struct json_table *table,
			 const void *object)
{
	json_object(w, key);
	json_write_fields(w, table, object);
	json_end_object(w);
}

static void write_list(struct json_writer *w, const struct json_field *f, const struct any_list *list)
{
	if (!list->n)
		return;
	json_array(w, f->name);
	for (size_t i = 0; i < list->n; i++)
		write_object(w, NULL, f->table, (const char *)list->v + i * f->table->size);
	json_end_array(w);
}

/* The key is the first member; the table has no row for it. */
static void write_keyed(struct json_writer *w, const struct json_field *f, const struct any_list *list)
{
	if (!list->n)
		return;
	json_object(w, f->name);
	for (size_t i = 0; i < list->n; i++) {
		const char *at = (const char *)list->v + i * f->table->size, *key;

		memcpy(&key, at, sizeof(key));
		write_object(w, key, f->table, at);
	}
	json_end_object(w);
}

static void write_u32s(struct json_writer *w, const struct json_field *f, const struct any_list *list)
{
	const uint32_t *v = list->v;

	if (!list->n)
		return;
	json_array(w, f->name);
	for (size_t i = 0; i < list->n; i++)
		json_u64(w, NULL, v[i]);
	json_end_array(w);
}

/* As json_read() stores it: an integer of the member's size. */
static int word_value(const struct json_field *f, const void *at)
{
	uint32_t v32;
	uint16_t v16;
	uint8_t v8;

	memcpy(&v8, at, sizeof(v8));
	if (f->size == sizeof(v8))
		return v8;
	memcpy(&v16, at, sizeof(v16));
	if (f->size == sizeof(v16))
		return v16;
	memcpy(&v32, at, sizeof(v32));
	return (int)v32;
}

static void write_optional(struct json_writer *w, const struct json_field *f, const void *at)
{
	const struct opt_bool *b = at;
	const struct opt_i64 *i = at;
	const struct opt_u64 *u = at;
	const struct opt_u32 *u32 = at;

	if (f->kind == JSON_OPT_BOOL && b->set)
		json_bool(w, f->name, b->v);
	else if (f->kind == JSON_OPT_I64 && i->set)
		json_i64(w, f->name, i->v);
	else if (f->kind == JSON_OPT_U64 && u->set)
		json_u64(w, f->name, u->v);
	else if (f->kind == JSON_OPT_U32 && u32->set)
		json_u64(w, f->name, u32->v);
}

static void write_string(struct json_writer *w, const struct json_field *f, const void *at)
{
	const char *s = *(const char *const *)at;

	if (s)
		json_string(w, f->name, s);
}

static void write_strings(struct json_writer *w, const struct json_field *f, const struct strings *list)
{
	if (list->v)
		json_strings(w, f->name, list);
}

static void write_pointer(struct json_writer *w, const struct json_field *f, const void *at)
{
	const void *object = *(const void *const *)at;

	if (object)
		write_object(w, f->name, f->table, object);
}

static void write_map(struct json_writer *w, const struct json_field *f, const struct string_map *map)
{
	if (map->n)
		json_string_map(w, f->name, map);
}

static void write_field(struct json_writer *w, const struct json_field *f, const void *at)
{
	switch ((enum json_kind)f->kind) {
	case JSON_SKIP:
		return;
	case JSON_BOOL:
		return json_bool(w, f->name, *(const bool *)at);
	case JSON_I64:
		return json_i64(w, f->name, *(const int64_t *)at);
	case JSON_U64:
		return json_u64(w, f->name, *(const uint64_t *)at);
	case JSON_U32:
		return json_u64(w, f->name, *(const uint32_t *)at);
	case JSON_OPT_BOOL:
	case JSON_OPT_I64:
	case JSON_OPT_U64:
	case JSON_OPT_U32:
		return write_optional(w, f, at);
	case JSON_STRING:
		return write_string(w, f, at);
	case JSON_WORD:
		return json_string(w, f->name, json_word(f->words, word_value(f, at)));
	case JSON_STRINGS:
		return write_strings(w, f, at);
	case JSON_U32S:
		return write_u32s(w, f, at);
	case JSON_LIST:
		return write_list(w, f, at);
	case JSON_MAP:
		return write_map(w, f, at);
	case JSON_KEYED:
		return write_keyed(w, f, at);
	case JSON_OBJECT:
		return write_object(w, f->name, f->table, at);
	case JSON_POINTER:
		return write_pointer(w, f, at);
	}
}

void json_write_fields(struct json_writer *w, const struct json_table *table, const void *object)
{
	for (size_t i = 0; i < table->n; i++)
		write_field(w, &table->v[i], (const char *)object + table->v[i].offset);
}
