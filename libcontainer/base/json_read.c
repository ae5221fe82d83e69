/* SPDX-License-Identifier: Apache-2.0 */
/* The only file that knows yajl's parser: it says what it meets, json_frame.c knows what may stand there. */
#include "base/json_read.h"

#include <stdlib.h>
#include <string.h>
#include <yajl/yajl_parse.h>

#include "base/err.h"
#include "base/json_frame.h"
#include "base/json_scan.h"
#include "base/str.h"

/* ---- values ---- */

static int on_null(void *ctx)
{
	struct reader *r = ctx;
	struct frame *f = top_frame(r);
	struct want want;

	if (!next_value(r, &want))
		return 0;
	if (want.kind == JSON_SKIP || (f && f->inside == IN_OBJECT && !want.row->required))
		return 1;
	return json_unexpected(r, &want, "null");
}

static int on_bool(void *ctx, int value)
{
	struct reader *r = ctx;
	struct want want;
	void *to;

	if (!next_value(r, &want))
		return 0;
	to = slot_pointer(r, want.to);
	if (want.kind == JSON_BOOL)
		*(bool *)to = value;
	else if (want.kind == JSON_OPT_BOOL)
		*(struct opt_bool *)to = (struct opt_bool){ .set = true, .v = value };
	else if (want.kind != JSON_SKIP)
		return json_unexpected(r, &want, NULL);
	return 1;
}

static int out_of_range(struct reader *r, const char *number, int64_t min, uint64_t max)
{
	char what[128];
	struct text t = TEXT(what);

	text_add(&t, "%s is not in %lld..%llu", json_show(number, strlen(number)).text, (long long)min,
		 (unsigned long long)max);
	return json_complain(r, what);
}

static int read_signed(struct reader *r, const struct want *want, const char *number, int64_t *ret)
{
	int64_t min = want->row->ranged ? want->row->min : INT64_MIN;
	uint64_t max = want->row->ranged ? want->row->max : INT64_MAX;

	if (parse_i64(number, ret) < 0 || *ret < min || (*ret > 0 && (uint64_t)*ret > max))
		return out_of_range(r, number, min, max);
	return 1;
}

static int read_unsigned(struct reader *r, const struct want *want, const char *number, uint64_t *ret)
{
	bool wide = want->kind == JSON_U64 || want->kind == JSON_OPT_U64;
	uint64_t min = want->row->ranged ? (uint64_t)want->row->min : 0;
	uint64_t max = want->row->ranged ? want->row->max : wide ? UINT64_MAX : UINT32_MAX;

	if (parse_u64(number, max, ret) < 0 || *ret < min)
		return out_of_range(r, number, (int64_t)min, max);
	return 1;
}

static int on_number(void *ctx, const char *text, size_t n)
{
	struct reader *r = ctx;
	struct want want;
	char number[80] = "";
	uint64_t u = 0;
	int64_t i = 0;
	void *to;

	if (!next_value(r, &want))
		return 0;
	if (want.kind == JSON_SKIP)
		return 1;
	if (want.kind < JSON_I64 || want.kind > JSON_OPT_U32)
		return json_unexpected(r, &want, NULL);
	memcpy(number, text,
	       n < sizeof(number) ? n : sizeof(number) - 1); /* longer is out of range either way */
	if (memchr(text, '.', n) || memchr(text, 'e', n) || memchr(text, 'E', n))
		return json_complain(r, "expected a whole number");
	if (want.kind == JSON_I64 || want.kind == JSON_OPT_I64 ? !read_signed(r, &want, number, &i)
							       : !read_unsigned(r, &want, number, &u))
		return 0;
	to = slot_pointer(r, want.to);
	if (want.kind == JSON_I64)
		*(int64_t *)to = i;
	else if (want.kind == JSON_OPT_I64)
		*(struct opt_i64 *)to = (struct opt_i64){ .set = true, .v = i };
	else if (want.kind == JSON_U64)
		*(uint64_t *)to = u;
	else if (want.kind == JSON_OPT_U64)
		*(struct opt_u64 *)to = (struct opt_u64){ .set = true, .v = u };
	else if (want.kind == JSON_U32)
		*(uint32_t *)to = (uint32_t)u;
	else
		*(struct opt_u32 *)to = (struct opt_u32){ .set = true, .v = (uint32_t)u };
	return 1;
}

static int store_word(struct reader *r, const struct want *want, const char *s, size_t n)
{
	const struct json_words *words = want->row->words;
	char what[512];
	struct text t = TEXT(what);

	for (size_t i = 0; i < words->n; i++) {
		void *to = slot_pointer(r, want->to);
		int value = words->v[i].value;
		char c = (char)value;

		if (strlen(words->v[i].name) != n || memcmp(words->v[i].name, s, n) != 0)
			continue;
		if (want->row->size == sizeof(c))
			memcpy(to, &c, sizeof(c));
		else
			memcpy(to, &value, sizeof(value));
		return 1;
	}
	text_add(&t, "'%s' is not one of ", json_show(s, n).text);
	for (size_t i = 0; i < words->n; i++)
		text_add(&t, "%s%s", i ? ", " : "", words->v[i].name);
	return json_complain(r, what);
}

static int on_string(void *ctx, const unsigned char *text, size_t n)
{
	struct reader *r = ctx;
	const char *s = (const char *)text;
	struct want want;
	char *copy;

	if (!next_value(r, &want))
		return 0;
	if (want.kind == JSON_SKIP)
		return 1;
	if (want.kind == JSON_WORD)
		return store_word(r, &want, s, n);
	if (want.kind != JSON_STRING)
		return json_unexpected(r, &want, NULL);
	if (!n && want.row && want.row->empty_is_absent)
		return want.row->required ? json_complain(r, "must not be empty") : 1;
	copy = arena_strndup(r->arena, s, n);
	if (!copy)
		return json_out_of_memory(r);
	memcpy(slot_pointer(r, want.to), &copy, sizeof(copy));
	return 1;
}

/* ---- objects and lists ---- */

static int on_key(void *ctx, const unsigned char *text, size_t n)
{
	return next_key(ctx, (const char *)text, n);
}

static int on_start_object(void *ctx)
{
	struct reader *r = ctx;
	struct want want;
	struct frame *f;

	if (!next_value(r, &want))
		return 0;
	switch (want.kind) {
	case JSON_SKIP:
		return push_frame(r, IN_SKIPPED_OBJECT, &want) != NULL;
	case JSON_MAP:
		return push_frame(r, IN_MAP, &want) != NULL;
	case JSON_KEYED:
		return push_frame(r, IN_KEYED, &want) != NULL;
	case JSON_POINTER: {
		char *memory = arena_alloc(r->arena, 1, want.row->table->size);

		if (!memory)
			return json_out_of_memory(r);
		memcpy(slot_pointer(r, want.to), &memory, sizeof(memory));
		want.to = (struct slot){ .memory = memory };
		break;
	}
	case JSON_OBJECT:
		break;
	default:
		return json_unexpected(r, &want, NULL);
	}
	f = push_frame(r, IN_OBJECT, &want);
	if (f)
		f->table = want.row->table;
	return f != NULL;
}

static int on_end_object(void *ctx)
{
	return pop_object(ctx);
}

static int on_start_list(void *ctx)
{
	struct reader *r = ctx;
	struct want want;

	if (!next_value(r, &want))
		return 0;
	if (want.kind == JSON_SKIP)
		return push_frame(r, IN_SKIPPED_LIST, &want) != NULL;
	if (want.kind != JSON_STRINGS && want.kind != JSON_U32S && want.kind != JSON_LIST)
		return json_unexpected(r, &want, NULL);
	return push_frame(r, IN_LIST, &want) != NULL;
}

static int on_end_list(void *ctx)
{
	return pop_list(ctx);
}

static const yajl_callbacks callbacks = {
	.yajl_null = on_null,
	.yajl_boolean = on_bool,
	.yajl_number = on_number, /* as text: 18446744073709551615 is a real rlimit */
	.yajl_string = on_string,
	.yajl_start_map = on_start_object,
	.yajl_map_key = on_key,
	.yajl_end_map = on_end_object,
	.yajl_start_array = on_start_list,
	.yajl_end_array = on_end_list,
};

/* ---- documents ---- */

/* yajl's words, "parse error: premature EOF\n", with our place: within a token of what is wrong. */
static int syntax_error(struct reader *r, yajl_handle parser, size_t at)
{
	struct json_position p = json_position(r->buf, at < r->n ? at : r->n);
	unsigned char *text = yajl_get_error(parser, 0, NULL, 0);
	const char *what = text ? (const char *)text : "not JSON";
	const char *colon = strstr(what, ": ");

	what = colon ? colon + 2 : what;
	fail(0, "line %zu, near column %zu: not JSON: %.*s", p.line, p.column, (int)strcspn(what, "\n"),
	     what);
	if (text)
		yajl_free_error(parser, text);
	return -EINVAL;
}

static int run(struct reader *r)
{
	yajl_handle parser = yajl_alloc(&callbacks, NULL, r);
	yajl_status status;
	size_t at;

	if (!parser)
		return fail(ENOMEM, "cannot read JSON");
	yajl_config(parser, yajl_dont_validate_strings, 1); /* json_scan() did, and more strictly */
	status = yajl_parse(parser, (const unsigned char *)r->buf, r->n);
	at = yajl_get_bytes_consumed(parser);
	if (status == yajl_status_ok) {
		status = yajl_complete_parse(parser);
		at = r->n;
	}
	if (status == yajl_status_error)
		r->err = syntax_error(r, parser, at);
	yajl_free(parser);
	free(r->items.v);
	free(r->keys.v);
	return r->err;
}

static int read_document(struct arena *arena, const struct json_field *top, const char *buf, size_t n,
			 void *result)
{
	struct reader r = { .arena = arena, .buf = buf, .n = n, .top = top, .result = result };
	int err;

	if (n > JSON_READ_MAX)
		return fail(0, "longer than %u bytes", JSON_READ_MAX);
	err = json_scan(buf, n);
	if (err < 0)
		return err;
	return run(&r);
}

int json_read(struct arena *arena, const struct json_table *table, const char *buf, size_t n, void *object)
{
	const struct json_field top = { .kind = JSON_OBJECT, .required = true, .table = table };

	memset(object, 0, table->size);
	return read_document(arena, &top, buf, n, object);
}

int json_read_list(struct arena *arena, const struct json_table *table, const char *buf, size_t n,
		   const void **ret_v, size_t *ret_n)
{
	const struct json_field top = { .kind = JSON_LIST, .required = true, .table = table };
	struct {
		const void *v;
		size_t n;
	} list = { 0 };
	int err = read_document(arena, &top, buf, n, &list);

	if (err < 0)
		return err;
	*ret_v = list.v;
	*ret_n = list.n;
	return 0;
}

const char *json_word(const struct json_words *words, int value)
{
	for (size_t i = 0; i < words->n; i++) {
		if (words->v[i].value == value)
			return words->v[i].name;
	}
	return NULL;
}
