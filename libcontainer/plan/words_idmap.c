/* SPDX-License-Identifier: Apache-2.0 */
/* plan/words_idmap.c: crun's form of id maps in a mount option. Source: crun.1.md "idmap mount options". */
#include <string.h>

#include "base/err.h"
#include "base/str.h"
#include "plan/words.h"

/* Three numbers with '-' between them, the n bytes at s. */
static int parse_triple(const char *s, size_t n, struct id_range *ret)
{
	uint32_t number[3];
	char text[64];
	char *at = text;

	if (n >= sizeof(text))
		return -EINVAL;
	memcpy(text, s, n);
	text[n] = '\0';
	for (int i = 0; i < 3; i++) {
		char *end = strchr(at, '-');

		if (!end != (i == 2))
			return -EINVAL;
		if (end)
			*end = '\0';
		if (parse_u32(at, &number[i]) < 0)
			return -EINVAL;
		at = end ? end + 1 : at;
	}
	if (number[2] == 0 || number[0] > UINT32_MAX - number[2] || number[1] > UINT32_MAX - number[2])
		return -ERANGE;
	*ret = (struct id_range){ .inside = number[0], .outside = number[1], .size = number[2] };
	return 0;
}

/* '@': the outside ids are ids of the container; all of the range must lie in one of its ranges. */
static int make_absolute(struct id_range *range, const struct id_map *container)
{
	for (size_t i = 0; i < container->n; i++) {
		const struct id_range *c = &container->v[i];

		if (range->outside < c->inside || range->outside - c->inside >= c->size)
			continue;
		if (range->size > c->size - (range->outside - c->inside))
			return -ERANGE;
		range->outside = c->outside + (range->outside - c->inside);
		return 0;
	}
	return -ERANGE;
}

/* The '#'-separated triples of n bytes at s. */
static int parse_map(struct arena *arena, const char *s, size_t n, const struct id_map *container,
		     struct id_map *ret)
{
	struct id_range *ranges;
	size_t count = 1, i = 0;

	for (size_t k = 0; k < n; k++)
		count += s[k] == '#';
	ranges = arena_array(arena, count, struct id_range);
	if (!ranges)
		return -ENOMEM;
	for (const char *end = s + n; s <= end;) {
		const char *stop = memchr(s, '#', (size_t)(end - s));
		bool relative = s < end && *s == '@';
		int r;

		stop = stop ? stop : end;
		s += relative;
		r = parse_triple(s, (size_t)(stop - s), &ranges[i]);
		if (r == 0 && relative)
			r = make_absolute(&ranges[i], container);
		if (r < 0)
			return r;
		i++;
		s = stop + 1;
	}
	*ret = (struct id_map){ .v = ranges, .n = i };
	return 0;
}

int mount_words_idmap(struct arena *arena, const char *text, const struct id_map *uids,
		      const struct id_map *gids, struct id_map *ret_uids, struct id_map *ret_gids)
{
	struct id_map u = { 0 }, g = { 0 };

	for (const char *s = text;;) {
		size_t n = strcspn(s, ";");
		bool is_uids = n > 5 && !strncmp(s, "uids=", 5), is_gids = n > 5 && !strncmp(s, "gids=", 5);
		int r = -EINVAL;

		if (is_uids || is_gids)
			r = parse_map(arena, s + 5, n - 5, is_uids ? uids : gids, is_uids ? &u : &g);
		if (r < 0)
			return fail(
				0,
				"option idmap=%s: '%.*s' is not uids= or gids= and CONTAINER-HOST-SIZE[#...] "
				"within range",
				text, (int)n, s);
		if (!s[n])
			break;
		s += n + 1;
	}
	if (!u.n || !g.n)
		return fail(0, "option idmap=%s: needs both uids= and gids=", text);
	*ret_uids = u;
	*ret_gids = g;
	return 0;
}
