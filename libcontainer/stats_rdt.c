/* SPDX-License-Identifier: Apache-2.0 */
/*
 * stats_rdt.c: what resctrl tells of a container's group, as runc's events have it (intelrdt/stats.go): the limits of the
 * machine, the schemata of the root and of the group, and the counters of each cache. A container without linux.intelRdt has
 * none of it.
 */
#include <dirent.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "base/fd.h"
#include "base/json_write.h"
#include "base/path.h"
#include "base/str.h"
#include "kernel/rdt.h"
#include "stats.h"

#define CACHES_MAX 1024

struct rdt_files {
	struct arena *arena;
	int rootfd, groupfd;
	int monfd; /* where mon_data is: of the monitoring group, else of the group */
};

/* The file without blanks around it; NULL: it is not there. */
static int text_of(const struct rdt_files *f, int dirfd, const char *path, char **ret)
{
	size_t n;
	int r = path ? rdt_read(f->arena, dirfd, path, ret) : -ENOMEM;

	if (r < 0) {
		*ret = NULL;
		return r == -ENOENT ? 0 : r;
	}
	*ret += strspn(*ret, " \t\n");
	for (n = strlen(*ret); n && strchr(" \t\n", (*ret)[n - 1]); n--)
		(*ret)[n - 1] = '\0';
	return 0;
}

/* A counter that the hardware cannot tell is a word: "Unavailable". */
static int number_of(const struct rdt_files *f, int dirfd, const char *path, uint64_t *ret)
{
	char *text;
	int r = text_of(f, dirfd, path, &text);

	*ret = 0;
	if (r == 0 && text && parse_u64(text, UINT64_MAX, ret) < 0)
		*ret = 0;
	return r;
}

/* ---- schemata --------------------------------------------------------------------------------------------------------- */

struct lines {
	const char *v[64];
	size_t n;
};

static int read_lines(const struct rdt_files *f, int dirfd, struct lines *ret)
{
	char *text, *rest = NULL;
	int r = text_of(f, dirfd, "schemata", &text);

	ret->n = 0;
	if (r < 0 || !text)
		return r;
	for (char *line = strtok_r(text, "\n", &rest); line && ret->n < ARRAY_SIZE(ret->v);
	     line = strtok_r(NULL, "\n", &rest))
		ret->v[ret->n++] = line + strspn(line, " \t");
	return 0;
}

/* The last line with the word in it, as runc finds it. */
static void put_line(struct json_writer *w, const char *key, const struct lines *lines, const char *word)
{
	for (size_t i = lines->n; i-- > 0;)
		if (strstr(lines->v[i], word)) {
			json_string(w, key, lines->v[i]);
			return;
		}
}

/* ---- a resource ------------------------------------------------------------------------------------------------------- */

struct resource {
	const char *info, *word; /* its directory of info, and in its line of schemata */
	const char *object, *root_line, *line;
	struct {
		const char *file;
		bool text;
	} v[4];
};

static const struct resource resources[] = {
	{ "info/L3",
	  "L3",
	  "l3_cache_info",
	  "l3_cache_schema_root",
	  "l3_cache_schema",
	  { { "cbm_mask", true }, { "min_cbm_bits", false }, { "num_closids", false } } },
	{ "info/MB",
	  "MB",
	  "mem_bw_info",
	  "mem_bw_schema_root",
	  "mem_bw_schema",
	  { { "bandwidth_gran", false },
	    { "delay_linear", false },
	    { "min_bandwidth", false },
	    { "num_closids", false } } },
};

static int put_info(struct json_writer *w, const struct rdt_files *f, const struct resource *resource, int fd)
{
	int r = 0;

	json_object(w, resource->object);
	for (size_t i = 0; r == 0 && i < ARRAY_SIZE(resource->v) && resource->v[i].file; i++) {
		const char *file = resource->v[i].file;
		uint64_t number;
		char *text;

		r = resource->v[i].text ? text_of(f, fd, file, &text) : number_of(f, fd, file, &number);
		if (r == 0 && resource->v[i].text && text && *text)
			json_string(w, file, text);
		if (r == 0 && !resource->v[i].text && number)
			json_u64(w, file, number);
	}
	json_end_object(w);
	return r;
}

static int put_resource(struct json_writer *w, const struct rdt_files *f, const struct resource *resource,
			const struct lines *root, const struct lines *group)
{
	autoclose int fd = -1;
	int r = path_in_root(f->rootfd, resource->info, O_RDONLY | O_DIRECTORY, &fd);

	if (r < 0)
		return r == -ENOENT ? 0 : r;
	r = put_info(w, f, resource, fd);
	put_line(w, resource->root_line, root, resource->word);
	put_line(w, resource->line, group, resource->word);
	return r;
}

/* ---- counters --------------------------------------------------------------------------------------------------------- */

static int compare(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* The directories of the caches, by name: "mon_L3_00". */
static size_t list_caches(const struct rdt_files *f, int fd, const char **names)
{
	int copy = openat(fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *dir = copy < 0 ? NULL : fdopendir(copy);
	size_t n = 0;

	if (!dir) {
		fd_close(&copy);
		return 0;
	}
	for (struct dirent *e = readdir(dir); e && n < CACHES_MAX; e = readdir(dir)) {
		if (!starts_with(e->d_name, "mon_L3_"))
			continue;
		names[n] = arena_strdup(f->arena, e->d_name);
		n += names[n] != NULL;
	}
	closedir(dir);
	qsort(names, n, sizeof(*names), compare);
	return n;
}

static const struct counters {
	const char *array, *files[2];
} counters[] = {
	{ "mbm_stats", { "mbm_total_bytes", "mbm_local_bytes" } },
	{ "cmt_stats", { "llc_occupancy" } },
};

/* Does the machine have one of them at all: a line of info/L3_MON/mon_features. */
static bool is_counted(const char *features, const struct counters *c)
{
	for (size_t i = 0; i < ARRAY_SIZE(c->files) && c->files[i]; i++)
		if (features && strstr(features, c->files[i]))
			return true;
	return false;
}

static int put_counters(struct json_writer *w, const struct rdt_files *f, int fd, const struct counters *c,
			const char *const *names, size_t n)
{
	uint64_t number;
	int r = 0;

	if (!n)
		json_null(w, c->array);
	else
		json_array(w, c->array);
	for (size_t i = 0; r == 0 && i < n; i++) {
		json_object(w, NULL);
		for (size_t k = 0; r == 0 && k < ARRAY_SIZE(c->files) && c->files[k]; k++) {
			r = number_of(f, fd, arena_printf(f->arena, "%s/%s", names[i], c->files[k]), &number);
			json_u64(w, c->files[k], number);
		}
		json_end_object(w);
	}
	if (n)
		json_end_array(w);
	return r;
}

static int put_monitoring(struct json_writer *w, const struct rdt_files *f)
{
	const char **names = arena_array(f->arena, CACHES_MAX, const char *);
	autoclose int fd = -1;
	char *features;
	size_t n;
	int r = names ? text_of(f, f->rootfd, "info/L3_MON/mon_features", &features) : -ENOMEM;

	if (r < 0 || !features)
		return r;
	r = path_in_root(f->monfd, "mon_data", O_RDONLY | O_DIRECTORY, &fd);
	if (r < 0)
		return r == -ENOENT ? 0 : r;
	n = list_caches(f, fd, names);
	r = 0;
	for (size_t i = 0; r == 0 && i < ARRAY_SIZE(counters); i++)
		if (is_counted(features, &counters[i]))
			r = put_counters(w, f, fd, &counters[i], names, n);
	return r;
}

/* ---- the whole -------------------------------------------------------------------------------------------------------- */

static int put_all(struct json_writer *w, const struct rdt_files *f)
{
	struct lines root, group;
	int r = read_lines(f, f->rootfd, &root);

	if (r == 0)
		r = read_lines(f, f->groupfd, &group);
	for (size_t i = 0; r == 0 && i < ARRAY_SIZE(resources); i++)
		r = put_resource(w, f, &resources[i], &root, &group);
	if (r < 0)
		return r;
	if (group.n)
		json_array(w, "schemata");
	for (size_t i = 0; i < group.n; i++)
		json_string(w, NULL, group.v[i]);
	if (group.n)
		json_end_array(w);
	return put_monitoring(w, f);
}

int stats_rdt(struct json_writer *w, struct arena *arena, int procfd, const struct container *c)
{
	autoclose int rootfd = -1, groupfd = -1, monfd = -1;
	const char *monitor = c->rdt && c->rdt_monitoring ? arena_printf(arena, "mon_groups/%s", c->id) : ".";
	int r = c->rdt ? rdt_root_open(arena, procfd, &rootfd) : -ENOENT;

	if (r == 0)
		r = rdt_group_open(rootfd, c->rdt, &groupfd);
	if (r == 0)
		r = monitor ? path_in_root(groupfd, monitor, O_RDONLY | O_DIRECTORY, &monfd) : -ENOMEM;
	if (r < 0)
		return r == -ENOENT ? 0 : r; /* none, or somebody took it away */
	return put_all(w, &(struct rdt_files){ arena, rootfd, groupfd, monfd });
}
