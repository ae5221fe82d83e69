/* SPDX-License-Identifier: Apache-2.0 */
/*
 * plan/caps.c: the five sets of capabilities. Source: capabilities(7), OCI config.md "Linux process": what is
 * unknown or cannot be granted is said and left out. Rule R10 (CVE-2022-29162): nothing is inheritable unless
 * it was asked for.
 */
#include "kernel/caps.h"

#include <string.h>

#include "base/err.h"
#include "base/str.h"
#include "plan/make.h"

/* Names that nobody knows, each once; a hostile list is only said in part. */
struct unknown {
	const char *name[16];
	size_t n;
	bool more;
};

static void add_unknown(struct unknown *u, const char *name)
{
	for (size_t i = 0; i < u->n; i++)
		if (streq(u->name[i], name))
			return;
	if (u->n == ARRAY_SIZE(u->name))
		u->more = true;
	else
		u->name[u->n++] = name;
}

static uint64_t read_set(const struct strings *names, struct unknown *unknown)
{
	uint64_t mask = 0;

	for (size_t i = 0; i < names->n; i++) {
		int number;

		if (cap_number(names->v[i], &number) < 0 || number < 0 || number > 63)
			add_unknown(unknown, names->v[i]);
		else
			mask |= 1ull << number;
	}
	return mask;
}

static int warn_unknown(struct making *m, const struct unknown *u)
{
	char list[512];
	struct text t = TEXT(list);

	for (size_t i = 0; i < u->n; i++)
		text_add(&t, " %.40s", u->name[i]);
	if (!u->n)
		return 0;
	return warn(m, "process.capabilities: unknown here, left out:%s%s", list, u->more ? " and more" : "");
}

static const char *words_of(uint64_t mask, char *buf, size_t size)
{
	struct text t = { .buf = buf, .size = size };
	char word[32];

	buf[0] = '\0';
	for (int i = 0; i < 64; i++) {
		const char *name = mask >> i & 1 ? cap_word(i, word, sizeof(word)) : NULL;

		if (name)
			text_add(&t, "%s%s", t.len ? " " : "", name);
	}
	return buf;
}

/* What of a set capset(2) and prctl(2) would refuse beside the others cannot be granted either. */
static int leave_out(struct making *m, const char *set, const char *needs, uint64_t possible, uint64_t *mask)
{
	uint64_t impossible = *mask & ~possible;
	char words[1024];

	*mask &= possible;
	if (!impossible)
		return 0;
	return warn(m, "process.capabilities.%s: not in %s as well, left out: %s", set, needs,
		    words_of(impossible, words, sizeof(words)));
}

static int fit_sets(struct making *m, uint64_t *mask)
{
	int r = leave_out(m, "effective", "permitted", mask[CAPSET_PERMITTED], &mask[CAPSET_EFFECTIVE]);

	if (r < 0)
		return r;
	return leave_out(m, "ambient", "permitted and inheritable",
			 mask[CAPSET_PERMITTED] & mask[CAPSET_INHERITABLE], &mask[CAPSET_AMBIENT]);
}

int make_caps(struct making *m, const struct spec_capabilities *caps, struct cap_masks *ret_masks)
{
	const struct strings none = { 0 };
	const struct strings *lists[CAPSETS] = {
		[CAPSET_BOUNDING] = caps ? &caps->bounding : &none,
		[CAPSET_EFFECTIVE] = caps ? &caps->effective : &none,
		[CAPSET_PERMITTED] = caps ? &caps->permitted : &none,
		[CAPSET_INHERITABLE] = caps ? &caps->inheritable : &none,
		[CAPSET_AMBIENT] = caps ? &caps->ambient : &none,
	};
	/* The root of a new user namespace has all of them there. */
	uint64_t grantable = m->plan->ns.userns ? UINT64_MAX : m->host->bounding, refused = 0;
	struct unknown unknown = { .n = 0 };
	struct cap_masks masks;
	char words[1024];
	int r;

	for (int i = 0; i < CAPSETS; i++) {
		masks.mask[i] = read_set(lists[i], &unknown);
		refused |= masks.mask[i] & ~grantable;
		masks.mask[i] &= grantable;
	}
	r = warn_unknown(m, &unknown);
	if (r == 0 && refused)
		r = warn(m, "process.capabilities: not in the caller's bounding set, left out: %s",
			 words_of(refused, words, sizeof(words)));
	if (r == 0)
		r = fit_sets(m, masks.mask);
	if (r == 0)
		*ret_masks = masks;
	return r;
}
