/* SPDX-License-Identifier: Apache-2.0 */
/* stats_read.c: numbers out of the files of a cgroup, and what is the same in both versions. */
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/fd.h"
#include "base/str.h"
#include "stats.h"

/* The number at the start of s: what the kernel prints needs no judge. "max" is no limit, less than 0 is 0. */
static uint64_t number_at(const char *s)
{
	uint64_t n = 0;

	if (starts_with(s, "max"))
		return UINT64_MAX;
	for (; *s >= '0' && *s <= '9'; s++)
		n = n * 10 + (uint64_t)(*s - '0');
	return n;
}

int stats_text(struct reading *r, const char *controller, const char *file, char **ret_text)
{
	int e = cgroup_file_read(r->arena, r->place, controller, file, ret_text);

	if (e == 0)
		return 0;
	*ret_text = NULL;
	return e == -ENOENT || e == -EOPNOTSUPP || e == -ENODEV ? 0 : e;
}

int stats_number(struct reading *r, const char *controller, const char *file, uint64_t *ret)
{
	char *text;
	int e = stats_text(r, controller, file, &text);

	if (e == 0)
		*ret = text ? number_at(text) : 0;
	return e;
}

uint64_t stats_value(const char *text, const char *key, uint64_t scale)
{
	size_t n = strlen(key);

	for (const char *line = text; line && *line; line += strcspn(line, "\n"), line += *line == '\n')
		if (strncmp(line, key, n) == 0 && line[n] == ' ')
			return number_at(line + n + 1) * scale;
	return 0;
}

/* ---- pressure --------------------------------------------------------------------------------------------------------- */

/* Two digits behind the point, as the kernel prints. */
static double average(const char *line, const char *key)
{
	const char *at = strstr(line, key), *point;
	uint64_t whole, part;

	if (!at)
		return 0;
	at += strlen(key);
	whole = number_at(at);
	point = at + strspn(at, "0123456789");
	part = *point == '.' ? number_at(point + 1) : 0;
	return (double)(whole * 100 + part) / 100;
}

static void read_pressure(const char *text, const char *kind, struct pressure *ret)
{
	const char *line = text, *total;

	while (*line && strncmp(line, kind, strlen(kind)) != 0) {
		line += strcspn(line, "\n");
		line += *line == '\n';
	}
	if (!*line)
		return;
	total = strstr(line, "total=");
	*ret = (struct pressure){
		.avg10 = average(line, "avg10="),
		.avg60 = average(line, "avg60="),
		.avg300 = average(line, "avg300="),
		.total = total ? number_at(total + strlen("total=")) : 0,
	};
}

int stats_pressure(struct reading *r, const char *controller, const char *file, struct pressures *ret)
{
	char *text;
	int e = stats_text(r, controller, file, &text);

	if (e < 0 || !text)
		return e;
	ret->set = true;
	read_pressure(text, "some", &ret->some);
	read_pressure(text, "full", &ret->full);
	return 0;
}

/* ---- processes -------------------------------------------------------------------------------------------------------- */

/* Without the controller they are counted. */
int stats_pids(struct reading *r)
{
	uint64_t limit = 0;
	char *text;
	pid_t *pids;
	size_t n;
	int e = stats_text(r, "pids", "pids.current", &text);

	if (e == 0 && !text && cgroup_version(r->place, "pids") != 1) {
		e = cgroup_pids(r->arena, r->place, &pids, &n);
		r->stats->pids = e == 0 ? n : 0;
		return e;
	}
	if (e == 0)
		e = stats_number(r, "pids", "pids.max", &limit);
	if (e < 0)
		return e;
	r->stats->pids = text ? number_at(text) : 0;
	r->stats->pids_limit = limit == UINT64_MAX ? 0 : limit;
	return 0;
}

/* ---- block I/O -------------------------------------------------------------------------------------------------------- */

int io_add(struct reading *r, enum io_kind kind, uint64_t major, uint64_t minor, const char *op,
	   uint64_t value)
{
	struct io_list *list = &r->stats->io[kind];

	if (list->n == list->room) {
		size_t room = list->room ? list->room * 2 : 16;
		struct io_entry *v = arena_array(r->arena, room, struct io_entry);

		if (!v)
			return -ENOMEM;
		if (list->n)
			memcpy(v, list->v, list->n * sizeof(*v));
		list->v = v;
		list->room = room;
	}
	list->v[list->n++] = (struct io_entry){ major, minor, value, op };
	return 0;
}

/* ---- huge pages ------------------------------------------------------------------------------------------------------- */

/* "hugepages-2048kB" is "2MB" in the names of files. */
static const char *page_size(struct arena *arena, const char *name)
{
	uint64_t kb = number_at(name + strlen("hugepages-"));
	const char *unit = "KB";

	if (kb >= 1u << 20) {
		kb >>= 20;
		unit = "GB";
	} else if (kb >= 1u << 10) {
		kb >>= 10;
		unit = "MB";
	}
	return arena_printf(arena, "%llu%s", (unsigned long long)kb, unit);
}

static int hugepage_value(struct reading *r, const char *size, const char *what, uint64_t *ret,
			  bool *ret_there)
{
	const char *names[] = { arena_printf(r->arena, "hugetlb.%s.rsvd.%s", size, what),
				arena_printf(r->arena, "hugetlb.%s.%s", size, what) };
	char *text = NULL;

	for (size_t i = 0; i < ARRAY_SIZE(names) && !text; i++) {
		int e = names[i] ? stats_text(r, "hugetlb", names[i], &text) : -ENOMEM;

		if (e < 0)
			return e;
	}
	if (ret_there)
		*ret_there = text != NULL;
	*ret = text ? number_at(text) : 0;
	return 0;
}

static int add_hugepages(struct reading *r, const char *size)
{
	struct hugepages h = { .size = size };
	bool v2 = cgroup_version(r->place, "hugetlb") == 2, there;
	char *text = NULL, *events = v2 ? arena_printf(r->arena, "hugetlb.%s.events", size) : NULL;
	int e = hugepage_value(r, size, v2 ? "current" : "usage_in_bytes", &h.usage, &there);

	if (e < 0 || !there)
		return e;
	if (v2) {
		e = events ? stats_text(r, "hugetlb", events, &text) : -ENOMEM;
		h.failcnt = stats_value(text, "max", 1);
	} else {
		e = hugepage_value(r, size, "max_usage_in_bytes", &h.max, NULL);
		if (e == 0)
			e = hugepage_value(r, size, "failcnt", &h.failcnt, NULL);
	}
	if (e == 0)
		r->stats->huge[r->stats->n_huge++] = h;
	return e;
}

#define PAGE_SIZES_MAX 16

static int compare(const void *a, const void *b)
{
	return strcmp(((const struct hugepages *)a)->size, ((const struct hugepages *)b)->size);
}

int stats_hugepages(struct reading *r)
{
	DIR *dir = cgroup_version(r->place, "hugetlb") ? opendir("/sys/kernel/mm/hugepages") : NULL;
	int e = 0;

	if (!dir)
		return 0; /* a kernel without */
	r->stats->huge = arena_array(r->arena, PAGE_SIZES_MAX, struct hugepages);
	if (!r->stats->huge)
		e = -ENOMEM;
	for (struct dirent *d = readdir(dir); e == 0 && d && r->stats->n_huge < PAGE_SIZES_MAX;
	     d = readdir(dir)) {
		const char *size =
			starts_with(d->d_name, "hugepages-") ? page_size(r->arena, d->d_name) : NULL;

		if (size)
			e = add_hugepages(r, size);
	}
	closedir(dir);
	if (e == 0)
		qsort(r->stats->huge, r->stats->n_huge, sizeof(struct hugepages), compare);
	return e;
}
