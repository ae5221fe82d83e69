/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tests/unit/spec_rows.h: each rule of spec/check*.c in rows: what it lets pass, and the line it says
 * otherwise. For the spec_check*.c programs.
 */
#pragma once

#include "base/err.h"
#include "base/str.h"
#include "spec/spec.h"

#include <stdlib.h>

#include "test.h"

static struct arena arena;
static char line[ERR_TEXT_MAX + 64];
static char *doc;

static inline const char *load(const char *text)
{
	const struct spec *spec;

	arena_close(&arena);
	fail_forget();
	if (arena_open_private(&arena, 512u << 20) < 0)
		abort();
	return spec_load(&arena, text, strlen(text), &spec) < 0 ? fail_line(line, sizeof(line)) : "";
}

struct row {
	const char *json, *error; /* "" passes */
};

/* The JSON of each row stands in for %s. */
static inline void try_rows(const char *around, const struct row *rows, size_t n)
{
	const char *hole = strstr(around, "%s");

	for (size_t i = 0; i < n; i++) {
		sprintf(doc, "%.*s%s%s", (int)(hole - around), around, rows[i].json, hole + 2);
		CHECK_STR(load(doc), rows[i].error);
	}
}

#define TOP(what)     "{\"ociVersion\": \"1.0.0\", \"root\": {\"path\": \"r\"}, " what "}"
#define LINUX(what)   TOP("\"linux\": {\"namespaces\": [{\"type\": \"mount\"}], " what "}")
#define PROCESS(what) TOP("\"process\": {\"cwd\": \"/\", " what "}")
#define RES(what)     TOP("\"linux\": {\"resources\": {" what "}}")

static inline int rows_main(const char *suite, const struct test *tests, size_t n)
{
	int r;

	doc = malloc(17u << 20);
	if (!doc)
		return 1;
	r = test_main(suite, tests, n);
	free(doc);
	arena_close(&arena);
	return r;
}
