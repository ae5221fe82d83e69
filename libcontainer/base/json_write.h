/* SPDX-License-Identifier: Apache-2.0 */
/*
 * base/json_write.h: JSON out, by yajl's generator, into memory. Slashes are not escaped (hooks and callers compare
 * bytes). Errors are kept inside and come out once, at json_writer_end(). Parent only.
 */
#pragma once

#include "base/arena.h"
#include "base/base.h"

struct json_writer;

/* indent: NULL for compact output, else the text of one level ("\t", "  "). The writer lives in the arena. */
struct json_writer *json_writer_begin(struct arena *arena, const char *indent) MUST_USE;
/* Finish; the text is in the arena, NUL-terminated, without a trailing newline. */
int json_writer_end(struct json_writer *w, const char **ret_text, size_t *ret_n) MUST_USE;

/* Containers: `key` is NULL inside an array and at the top. */
void json_object(struct json_writer *w, const char *key);
void json_array(struct json_writer *w, const char *key);
void json_end_object(struct json_writer *w);
void json_end_array(struct json_writer *w);

void json_string(struct json_writer *w, const char *key, const char *value); /* value NULL writes null */
void json_bool(struct json_writer *w, const char *key, bool value);
void json_i64(struct json_writer *w, const char *key, int64_t value);
void json_u64(struct json_writer *w, const char *key, uint64_t value);
void json_double(struct json_writer *w, const char *key, double value);
void json_null(struct json_writer *w, const char *key);
void json_strings(struct json_writer *w, const char *key, const struct strings *list);
void json_string_map(struct json_writer *w, const char *key, const struct string_map *map);
