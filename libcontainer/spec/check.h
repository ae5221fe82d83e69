/* SPDX-License-Identifier: Apache-2.0 */
/*
 * spec/check.h: the rules that no row of tables.c can say, one small function each, in lists that check_*.c
 * keep and check.c runs in order. A rule records its failure as one line, "PLACE: what is wrong: what to do",
 * and returns -EINVAL; the place is written as json_read() writes it. For check*.c only.
 *
 * Lists of the document can be long (16 MiB of it): rules are O(n log n).
 */
#pragma once

#include <string.h>

#include "base/err.h"
#include "base/json_read.h"
#include "base/str.h"
#include "spec/spec.h"

struct check {
	const char *name;
	int (*holds)(const struct spec *spec);
};
struct check_list {
	const struct check *v;
	size_t n;
};
#define CHECK_LIST(rows)                                                                                     \
	{                                                                                                    \
		.v = (rows), .n = ARRAY_SIZE(rows)                                                           \
	}

extern const struct check_list spec_linux_checks;
extern const struct check_list spec_seccomp_checks;

/* The parts that are documents of their own too: `at` is what stands before their places, "process." or "".
 */
int check_process(const char *at, const struct spec_process *process);
int check_resources(const char *at, const struct spec_resources *resources);
int check_mounts(const char *at, const struct spec_mount *mounts, size_t n);

/* A word of the document as it may stand in an error line. */
#define SHOW(s) (json_show((s), strlen(s)).text)

/* The entry for a type of namespace; NULL: the container has none of its own. */
const struct spec_namespace *spec_namespace_of(const struct spec *spec, enum spec_namespace_type type);

/* Each string of the list must be one of words; place is "linux.seccomp.flags". */
int check_words(const char *place, const struct strings *list, const struct json_words *words);
int check_word(const char *place, const char *word, const struct json_words *words);

/* Each must be an absolute path. */
int check_absolute(const char *place, const struct strings *list);

/* The ids of a map: sizes, overlaps, the kernel's number of lines (user_namespaces(7)). */
int check_id_map(const char *place, const struct id_map *map);

/* "0-3, 7": numbers and rising ranges between commas, blanks around them. */
bool is_cpu_list(const char *s);

/* A name that the kernel takes for a network interface (net/core/dev.c, dev_valid_name()). */
bool is_interface_name(const char *name);

/* Control characters: they would end a line where the kernel reads lines. */
bool has_control(const char *s);

/* The index of an item in conflict with an earlier one, -1 where there is none, -ENOMEM (recorded). `order`
 * is as for qsort; neighbours in that order conflict where `conflict` says so, or where it is NULL and they
 * are equal. */
#define NO_CONFLICT (-1)
ssize_t find_conflict(const void *items, size_t n, size_t size, int (*order)(const void *, const void *),
		      bool (*conflict)(const void *, const void *));
