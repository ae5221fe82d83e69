/* SPDX-License-Identifier: Apache-2.0 */
/*
 * plan/env.c: the environment of the process: each name once, the last one wins, in time that grows with its
 * size only.
 */
#include <string.h>

#include "base/err.h"
#include "base/str.h"
#include "plan/make.h"

/* Names seen, by a hash of the name: `slot` holds 1 + index into the list. */
struct seen {
	uint32_t *slot;
	size_t mask;
	const char *const *list;
};

static uint64_t hash_name(const char *s, size_t n)
{
	uint64_t h = 14695981039346656037u; /* FNV-1a */

	for (size_t i = 0; i < n; i++)
		h = (h ^ (unsigned char)s[i]) * 1099511628211u;
	return h ^ h >> 32;
}

/* Remember entry i; false if its name was there already. An entry without '=' has none: programs are given it
 * as it is. */
static bool add_name(struct seen *seen, size_t i)
{
	const char *entry = seen->list[i];
	size_t n = strcspn(entry, "=");

	if (!entry[n])
		return true;
	for (size_t at = hash_name(entry, n) & seen->mask;; at = (at + 1) & seen->mask) {
		const char *other;

		if (!seen->slot[at]) {
			seen->slot[at] = (uint32_t)(i + 1);
			return true;
		}
		other = seen->list[seen->slot[at] - 1];
		if (!strncmp(other, entry, n) && other[n] == '=')
			return false;
	}
}

static bool has_name(const char *const *list, size_t n, const char *name)
{
	size_t length = strlen(name);

	for (size_t i = 0; i < n; i++)
		if (!strncmp(list[i], name, length) && list[i][length] == '=')
			return true;
	return false;
}

/* Entries of our own, after those of the configuration, which they replace. */
static int add_own(struct making *m, const char **list, size_t *n)
{
	const struct spec_process *p = m->process;

	if (!has_name(list, *n, "HOME"))
		list[(*n)++] = keep(m, p->user.uid == 0 ? "HOME=/root" : "HOME=/");
	if (m->host->listen_fds) {
		list[(*n)++] = arena_printf(m->arena, "LISTEN_FDS=%u", m->host->listen_fds);
		list[(*n)++] = keep(m, "LISTEN_PID=1");
	}
	if (m->options->notify_dir)
		list[(*n)++] = keep(m, "NOTIFY_SOCKET=/run/notify/notify.sock");
	for (size_t i = *n > 4 ? *n - 4 : 0; i < *n; i++)
		if (!list[i])
			return -ENOMEM;
	return 0;
}
#define OWN_MAX 4

/* Keep the last of each name, in their order: mark from the end, then close the gaps. */
static int keep_last(struct making *m, const char **list, size_t *n)
{
	struct seen seen = { .mask = 15, .list = list };
	size_t kept = 0;

	while (seen.mask < *n * 2)
		seen.mask = seen.mask * 2 + 1;
	seen.slot = arena_array(m->arena, seen.mask + 1, uint32_t);
	if (!seen.slot)
		return -ENOMEM;
	for (size_t i = *n; i-- > 0;)
		if (!add_name(&seen, i))
			list[i] = NULL; /* never read through the table: it is not in there */
	for (size_t i = 0; i < *n; i++)
		if (list[i])
			list[kept++] = list[i];
	*n = kept;
	list[kept] = NULL;
	return 0;
}

int make_env(struct making *m, const struct strings *given, const char *const *ret_env[],
	     const char **ret_path)
{
	const char **list = arena_array(m->arena, given->n + OWN_MAX + 1, const char *);
	size_t n = given->n;
	int r;

	if (!list)
		return -ENOMEM;
	if (n > UINT32_MAX / 8)
		return fail(E2BIG, "process.env: %zu entries", n);
	for (size_t i = 0; i < n; i++)
		list[i] = given->v[i];
	r = add_own(m, list, &n);
	if (r == 0)
		r = keep_last(m, list, &n);
	if (r < 0)
		return r;
	*ret_path = NULL;
	for (size_t i = 0; i < n; i++)
		if (starts_with(list[i], "PATH="))
			*ret_path = list[i] + strlen("PATH=");
	if (!*ret_path)
		*ret_path = keep(m, DEFAULT_PATH);
	*ret_env = list;
	return *ret_path ? 0 : -ENOMEM;
}
