/* SPDX-License-Identifier: Apache-2.0 */
/* What the rules are made of. */
#include "spec/check.h"

#include <stdlib.h>

#define ID_MAP_MAX 340 /* lines of /proc/PID/uid_map: user_namespaces(7) */

const struct spec_namespace *spec_namespace_of(const struct spec *spec, enum spec_namespace_type type)
{
	for (size_t i = 0; i < spec->linux_->namespaces.n; i++) {
		if (spec->linux_->namespaces.v[i].type == type)
			return &spec->linux_->namespaces.v[i];
	}
	return NULL;
}

int check_word(const char *place, const char *word, const struct json_words *words)
{
	char valid[640];
	struct text t = TEXT(valid);

	for (size_t i = 0; i < words->n; i++) {
		if (streq(words->v[i].name, word))
			return 0;
		text_add(&t, "%s%s", i ? ", " : "", words->v[i].name);
	}
	return fail(0, "%s: '%s' is not one of %s", place, SHOW(word), valid);
}

int check_words(const char *place, const struct strings *list, const struct json_words *words)
{
	for (size_t i = 0; i < list->n; i++) {
		char item[128];
		struct text t = TEXT(item);
		int r;

		text_add(&t, "%s[%zu]", place, i);
		r = check_word(item, list->v[i], words);
		if (r < 0)
			return r;
	}
	return 0;
}

int check_absolute(const char *place, const struct strings *list)
{
	for (size_t i = 0; i < list->n; i++) {
		if (list->v[i][0] != '/')
			return fail(0, "%s[%zu]: '%s' is not an absolute path", place, i, SHOW(list->v[i]));
	}
	return 0;
}

static bool overlaps(uint32_t a, uint32_t a_size, uint32_t b, uint32_t b_size)
{
	return a < (uint64_t)b + b_size && b < (uint64_t)a + a_size;
}

int check_id_map(const char *place, const struct id_map *map)
{
	if (map->n > ID_MAP_MAX)
		return fail(0, "%s: has %zu ranges: the kernel takes %d", place, map->n, ID_MAP_MAX);
	for (size_t i = 0; i < map->n; i++) {
		const struct id_range *a = &map->v[i];

		if (!a->size)
			return fail(0, "%s[%zu].size: must be at least 1", place, i);
		if ((uint64_t)a->inside + a->size > UINT32_MAX || (uint64_t)a->outside + a->size > UINT32_MAX)
			return fail(0, "%s[%zu]: goes past the last id, %u", place, i, UINT32_MAX - 1);
		for (size_t j = 0; j < i; j++) {
			const struct id_range *b = &map->v[j];

			if (overlaps(a->inside, a->size, b->inside, b->size) ||
			    overlaps(a->outside, a->size, b->outside, b->size))
				return fail(0, "%s[%zu]: overlaps range %zu: an id can be mapped once", place,
					    i, j);
		}
	}
	return 0;
}

/* The number at *s, which moves on; -1 where there is none or it is no CPU's or node's. */
static long cpu_number(const char **s)
{
	char digits[6] = "";
	size_t n = strspn(*s, "0123456789");
	uint32_t value;

	if (n == 0 || n >= sizeof(digits))
		return -1;
	memcpy(digits, *s, n);
	*s += n;
	return parse_u32(digits, &value) < 0 ? -1 : (long)value;
}

bool is_cpu_list(const char *s)
{
	for (;;) {
		long first, last;

		s += strspn(s, " ,");
		if (!*s)
			return true;
		first = last = cpu_number(&s);
		if (*s == '-' && first >= 0) {
			s++;
			last = cpu_number(&s);
		}
		if (first < 0 || last < first)
			return false;
		s += strspn(s, " ");
		if (*s && *s != ',')
			return false;
	}
}

bool is_interface_name(const char *name)
{
	size_t n = strnlen(name, 16);

	return n > 0 && n < 16 && !streq(name, ".") && !streq(name, "..") && !strpbrk(name, "/: \t\n\v\f\r");
}

bool has_control(const char *s)
{
	for (; *s; s++) {
		if ((unsigned char)*s < 0x20 || *s == 0x7f)
			return true;
	}
	return false;
}

static int order_pointers(const void *a, const void *b, void *order)
{
	int (*by)(const void *, const void *) = *(int (**)(const void *, const void *))order;

	return by(*(const void *const *)a, *(const void *const *)b);
}

ssize_t find_conflict(const void *items, size_t n, size_t size, int (*order)(const void *, const void *),
		      bool (*conflict)(const void *, const void *))
{
	const char *first = items;
	const char **sorted;
	ssize_t found = NO_CONFLICT;

	if (n < 2)
		return NO_CONFLICT;
	sorted = calloc(n, sizeof(*sorted));
	if (!sorted)
		return fail(ENOMEM, "cannot check the configuration");
	for (size_t i = 0; i < n; i++)
		sorted[i] = first + i * size;
	qsort_r(sorted, n, sizeof(*sorted), order_pointers, &order);
	for (size_t i = 1; i < n && found == NO_CONFLICT; i++) {
		const char *a = sorted[i - 1], *b = sorted[i];

		if (conflict ? conflict(a, b) : order(a, b) == 0)
			found = ((a > b ? a : b) - first) / (ssize_t)size;
	}
	free(sorted);
	return found;
}
