/* SPDX-License-Identifier: Apache-2.0 */
#include "base/json_frame.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/err.h"
#include "base/log.h"
#include "base/str.h"
#include "base/utf8.h"

static const char *const kind_text[] = {
	[JSON_BOOL] = "true or false", [JSON_OPT_BOOL] = "true or false", [JSON_I64] = "a number",
	[JSON_OPT_I64] = "a number",   [JSON_U64] = "a number",		  [JSON_OPT_U64] = "a number",
	[JSON_U32] = "a number",       [JSON_OPT_U32] = "a number",	  [JSON_STRING] = "a string",
	[JSON_WORD] = "a string",      [JSON_STRINGS] = "a list",	  [JSON_U32S] = "a list",
	[JSON_LIST] = "a list",	       [JSON_MAP] = "an object",	  [JSON_KEYED] = "an object",
	[JSON_OBJECT] = "an object",   [JSON_POINTER] = "an object",
};

/* ---- errors ---- */

struct json_shown json_show(const char *s, size_t n)
{
	struct json_shown shown = { "" };
	size_t max = sizeof(shown.text) - 4, used = 0;

	while (used < n && used < max) {
		unsigned char c = (unsigned char)s[used];

		shown.text[used++] = (char)(c < 0x20 || c == 0x7f || c == '\'' ? '?' : c);
	}
	used = utf8_span(shown.text, used); /* cut, or never checked */
	if (used < n)
		memcpy(shown.text + used, "...", 4);
	return shown;
}

static bool is_plain(const struct key *key)
{
	for (size_t i = 0; i < key->n; i++) {
		char c = key->s[i];

		if (!(c >= 'a' && c <= 'z') && !(c >= 'A' && c <= 'Z') && !(c >= '0' && c <= '9') &&
		    c != '_' && c != '-')
			return false;
	}
	return key->n > 0 && key->n < 64;
}

/* "linux.sysctl['net.core.somaxconn']", "mounts[3].options[1]"; "" at the top. */
static void add_path(struct text *t, const struct reader *r)
{
	for (size_t i = 0; i < r->depth; i++) {
		const struct frame *f = &r->frames[i];

		if (f->inside == IN_LIST || f->inside == IN_SKIPPED_LIST) {
			if (f->count)
				text_add(t, "[%zu]", f->count - 1);
		} else if (f->key.s) {
			if (is_plain(&f->key))
				text_add(t, "%s%.*s", t->len ? "." : "", (int)f->key.n, f->key.s);
			else
				text_add(t, "['%s']", json_show(f->key.s, f->key.n).text);
		}
	}
}

/* Record a failure at the place where the parser is and stop it: callbacks return this. */
int json_complain(struct reader *r, const char *what)
{
	char path[512];
	struct text t = TEXT(path);

	path[0] = '\0';
	add_path(&t, r);
	r->err = fail(0, "%s%s%s", path, t.len ? ": " : "", what);
	return 0;
}

int json_out_of_memory(struct reader *r)
{
	r->err = fail(ENOMEM, "cannot read JSON");
	return 0;
}

int json_unexpected(struct reader *r, const struct want *want, const char *got)
{
	char what[64];
	struct text t = TEXT(what);

	text_add(&t, "expected %s%s%s", kind_text[want->kind], got ? ", not " : "", got ? got : "");
	return json_complain(r, what);
}

/* ---- memory ---- */

/* Room for n more bytes, zeroed, after rounding up to `align`. */
static void *stack_push(struct stack *s, size_t n, size_t align)
{
	size_t start = (s->used + align - 1) & ~(align - 1);

	if (start + n > s->size) {
		size_t size = s->size ? s->size * 2 : 4096;
		char *v;

		while (size < start + n)
			size *= 2;
		v = realloc(s->v, size);
		if (!v)
			return NULL;
		s->v = v;
		s->size = size;
	}
	s->used = start + n;
	return memset(s->v + start, 0, n);
}

void *slot_pointer(const struct reader *r, struct slot slot)
{
	return (slot.memory ? slot.memory : r->items.v) + slot.at;
}

static struct slot slot_member(struct slot slot, size_t offset)
{
	slot.at += offset;
	return slot;
}

/* ---- frames ---- */

struct frame *top_frame(struct reader *r)
{
	return r->depth ? &r->frames[r->depth - 1] : NULL;
}

struct frame *push_frame(struct reader *r, enum inside inside, const struct want *want)
{
	struct frame *f;

	if (r->depth == JSON_DEPTH_MAX) {
		json_complain(r, "nested too deeply");
		return NULL;
	}
	f = &r->frames[r->depth++];
	*f = (struct frame){
		.inside = inside,
		.owner = want->row,
		.self = want->to,
		.first_key = r->keys.used,
		.items_before = r->items.used,
		.first_item = (r->items.used + 15) & ~(size_t)15,
	};
	return f;
}

static size_t item_size(const struct json_field *owner)
{
	switch (owner->kind) {
	case JSON_STRINGS:
		return sizeof(const char *);
	case JSON_U32S:
		return sizeof(uint32_t);
	case JSON_MAP:
		return sizeof(struct string_pair);
	default:
		return owner->table->size;
	}
}

/* A new item of the list or map in f; *ret_slot is where it lies until the list ends. */
static bool push_item(struct reader *r, struct frame *f, struct slot *ret_slot)
{
	size_t size = item_size(f->owner);
	char *item;

	item = stack_push(&r->items, size, f->count ? 1 : 16);
	if (!item)
		return json_out_of_memory(r);
	f->count++;
	*ret_slot = (struct slot){ .at = (size_t)(item - r->items.v) };
	return true;
}

/* The last item of f. */
static struct slot last_item(const struct frame *f)
{
	return (struct slot){ .at = f->first_item + (f->count - 1) * item_size(f->owner) };
}

/* A value begins. False: stop. */
bool next_value(struct reader *r, struct want *ret)
{
	struct frame *f = top_frame(r);

	*ret = (struct want){ .kind = JSON_SKIP };
	if (!f) {
		*ret = (struct want){ .kind = r->top->kind, .row = r->top, .to.memory = r->result };
		return true;
	}
	switch (f->inside) {
	case IN_SKIPPED_LIST:
		f->count++;
		return true;
	case IN_SKIPPED_OBJECT:
		return true;
	case IN_OBJECT:
		if (f->row)
			*ret = (struct want){ f->row->kind, f->row, slot_member(f->self, f->row->offset) };
		return true;
	case IN_MAP:
		*ret = (struct want){ JSON_STRING, NULL,
				      slot_member(last_item(f), offsetof(struct string_pair, value)) };
		return true;
	case IN_KEYED:
		*ret = (struct want){ JSON_OBJECT, f->owner, last_item(f) };
		return true;
	case IN_LIST:
		ret->row = f->owner;
		ret->kind = f->owner->kind == JSON_STRINGS ? JSON_STRING
			    : f->owner->kind == JSON_U32S  ? JSON_U32
							   : JSON_OBJECT;
		return push_item(r, f, &ret->to);
	}
	return true;
}

/* The list or map in f is whole: into the arena, and { v, n } into its member. */
static int finish_list(struct reader *r, const struct frame *f)
{
	size_t size = item_size(f->owner), bytes = f->count * size;
	struct {
		void *v;
		size_t n;
	} list = { .n = f->count };

	/* a NULL follows strings, so that a list can be an argv; and [] is told from absent by v */
	if (f->owner->kind == JSON_STRINGS || bytes) {
		list.v = arena_alloc(r->arena, bytes + sizeof(char *), 1);
		if (!list.v)
			return json_out_of_memory(r);
		if (bytes)
			memcpy(list.v, r->items.v + f->first_item, bytes);
	}
	r->items.used = f->items_before;
	memcpy(slot_pointer(r, f->self), &list, sizeof(list));
	return 1;
}

/* ---- names ---- */

static int compare_keys(const void *a, const void *b)
{
	const struct key *left = a, *right = b;

	if (left->n != right->n)
		return left->n < right->n ? -1 : 1;
	return memcmp(left->s, right->s, left->n);
}

/* Remember a name that has no row, for the search for duplicates when its object ends: by sorting, as a hash
 * table could be made quadratic by the document. */
static int remember_key(struct reader *r, struct key key)
{
	struct key *k = stack_push(&r->keys, sizeof(*k), 1);

	if (!k)
		return json_out_of_memory(r);
	*k = key;
	return 1;
}

static int refuse_duplicates(struct reader *r, struct frame *f)
{
	struct key *keys = r->keys.v ? (struct key *)(void *)(r->keys.v + f->first_key) : NULL;
	size_t n = (r->keys.used - f->first_key) / sizeof(*keys);

	r->keys.used = f->first_key;
	if (n < 2)
		return 1;
	qsort(keys, n, sizeof(*keys), compare_keys);
	for (size_t i = 1; i < n; i++) {
		if (!compare_keys(&keys[i - 1], &keys[i])) {
			f->key = keys[i];
			return json_complain(r, "appears twice");
		}
	}
	return 1;
}

/* The row of a name; NULL where there is none. */
static const struct json_field *find_row(struct frame *f, const char *s, size_t n)
{
	const struct json_table *table = f->table;

	for (size_t i = 0, at = f->next; i < table->n; i++, at++) {
		if (at >= table->n)
			at = 0;
		if (table->v[at].length == n && !memcmp(table->v[at].name, s, n)) {
			f->next = at + 1;
			return &table->v[at];
		}
	}
	return NULL;
}

/* Tell who writes "UID" for "uid": Go's decoder would take it (security.md 4.3), and they will wonder. */
static void note_case(struct reader *r, const struct frame *f, const struct key *key)
{
	if (!log_wants(LOG_LEVEL_WARNING))
		return;
	for (size_t i = 0; i < f->table->n; i++) {
		const struct json_field *row = &f->table->v[i];

		if (row->length == key->n && !strncasecmp(row->name, key->s, key->n)) {
			char path[512];
			struct text t = TEXT(path);

			add_path(&t, r);
			log_warning("%s: ignored, as names are case-sensitive: '%s' is known", path,
				    row->name);
		}
	}
}

/* yajl unescapes into a buffer of its own, which the next token overwrites. */
static bool stable_key(struct reader *r, const char *s, size_t n, bool keep, struct key *ret)
{
	uintptr_t at = (uintptr_t)s, buf = (uintptr_t)r->buf;

	if (keep || at < buf || at >= buf + r->n) {
		s = arena_strndup(r->arena, s, n);
		if (!s)
			return json_out_of_memory(r);
	}
	*ret = (struct key){ s, n };
	return true;
}

static int object_key(struct reader *r, struct frame *f, const char *s, size_t n)
{
	const struct json_field *row = find_row(f, s, n);
	uint64_t bit;

	f->row = row;
	if (!row) {
		if (!stable_key(r, s, n, false, &f->key))
			return 0;
		note_case(r, f, &f->key);
		return remember_key(r, f->key);
	}
	f->key = (struct key){ row->name, row->length };
	bit = (uint64_t)1 << (row - f->table->v);
	if (f->seen & bit)
		return json_complain(r, "appears twice");
	f->seen |= bit;
	return 1;
}

int next_key(struct reader *r, const char *s, size_t n)
{
	struct frame *f = top_frame(r);
	struct slot item;

	if (f->inside == IN_OBJECT)
		return object_key(r, f, s, n);
	if (!stable_key(r, s, n, f->inside != IN_SKIPPED_OBJECT, &f->key))
		return 0;
	if (f->inside != IN_SKIPPED_OBJECT) {
		if (!push_item(r, f, &item))
			return 0;
		memcpy(slot_pointer(r, item), &f->key.s, sizeof(f->key.s));
	}
	return remember_key(r, f->key);
}

/* ---- ends ---- */

int pop_object(struct reader *r)
{
	struct frame *f = top_frame(r);

	if (!refuse_duplicates(r, f))
		return 0;
	for (size_t i = 0; f->inside == IN_OBJECT && i < f->table->n; i++) {
		const struct json_field *row = &f->table->v[i];

		if (row->required && !(f->seen & (uint64_t)1 << i)) {
			f->key = (struct key){ row->name, row->length };
			return json_complain(r, "is missing");
		}
	}
	if ((f->inside == IN_MAP || f->inside == IN_KEYED) && !finish_list(r, f))
		return 0;
	r->depth--;
	return 1;
}

int pop_list(struct reader *r)
{
	struct frame *f = top_frame(r);

	if (f->inside == IN_LIST && !finish_list(r, f))
		return 0;
	r->depth--;
	return 1;
}
