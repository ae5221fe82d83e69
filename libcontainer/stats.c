/* SPDX-License-Identifier: Apache-2.0 */
/* stats.c: read all controllers, and write them as runc's events have it: the same names, order and absences. */
#include "stats.h"

#include <stdlib.h>
#include <string.h>

#include "base/json_write.h"
#include "base/str.h"

/* ---- reading ---------------------------------------------------------------------------------------------------------- */

static int by_version(struct reading *r, const char *controller, int (*v1)(struct reading *),
		      int (*v2)(struct reading *))
{
	int version = cgroup_version(r->place, controller);
	int (*read)(struct reading *) = version == 2 ? v2 : version == 1 ? v1 : NULL;

	return read ? read(r) : 0;
}

/* On v1 two controllers know about CPU time; either may be missing. */
static int read_cpu(struct reading *r)
{
	if (cgroup_version(r->place, "cpu") == 1 || cgroup_version(r->place, "cpuacct") == 1)
		return stats_v1_cpu(r);
	return cgroup_version(r->place, "cpu") == 2 ? stats_v2_cpu(r) : 0;
}

static int read_all_of(struct reading *r)
{
	int e = read_cpu(r);

	if (e == 0)
		e = by_version(r, "cpuset", stats_v1_cpuset, NULL);
	if (e == 0)
		e = by_version(r, "memory", stats_v1_memory, stats_v2_memory);
	if (e == 0)
		e = by_version(r, cgroup_version(r->place, "blkio") == 1 ? "blkio" : "io", stats_v1_io,
			       stats_v2_io);
	if (e == 0)
		e = stats_pids(r);
	return e < 0 ? e : stats_hugepages(r);
}

/* ---- writing ---------------------------------------------------------------------------------------------------------- */

static void put_nonzero(struct json_writer *w, const char *key, uint64_t value)
{
	if (value)
		json_u64(w, key, value);
}

static void put_numbers(struct json_writer *w, const char *key, const struct numbers *numbers)
{
	if (!numbers->n)
		return;
	json_array(w, key);
	for (size_t i = 0; i < numbers->n; i++)
		json_u64(w, NULL, numbers->v[i]);
	json_end_array(w);
}

/* A whole number without a point or exponent. */
static void put_average(struct json_writer *w, const char *key, double value)
{
	if (value == (double)(int64_t)value)
		json_i64(w, key, (int64_t)value);
	else
		json_double(w, key, value);
}

static void put_pressure(struct json_writer *w, const char *key, const struct pressure *p)
{
	json_object(w, key);
	put_average(w, "avg10", p->avg10);
	put_average(w, "avg60", p->avg60);
	put_average(w, "avg300", p->avg300);
	json_u64(w, "total", p->total);
	json_end_object(w);
}

static void put_pressures(struct json_writer *w, const struct pressures *p)
{
	if (!p->set)
		return;
	json_object(w, "psi");
	put_pressure(w, "some", &p->some);
	put_pressure(w, "full", &p->full);
	json_end_object(w);
}

static void put_cpu(struct json_writer *w, const struct stats *s)
{
	json_object(w, "cpu");
	json_object(w, "usage");
	put_nonzero(w, "total", s->cpu.total);
	put_numbers(w, "percpu", &s->cpu.percpu);
	put_numbers(w, "percpu_kernel", &s->cpu.percpu_kernel);
	put_numbers(w, "percpu_user", &s->cpu.percpu_user);
	json_u64(w, "kernel", s->cpu.kernel);
	json_u64(w, "user", s->cpu.user);
	json_end_object(w);
	json_object(w, "throttling");
	put_nonzero(w, "periods", s->cpu.periods);
	put_nonzero(w, "throttledPeriods", s->cpu.throttled_periods);
	put_nonzero(w, "throttledTime", s->cpu.throttled_time);
	json_end_object(w);
	put_pressures(w, &s->cpu.pressure);
	json_end_object(w);
}

static void put_cpuset(struct json_writer *w, const struct stats *s)
{
	json_object(w, "cpuset");
	put_numbers(w, "cpus", &s->cpuset.cpus);
	json_u64(w, "cpu_exclusive", s->cpuset.cpu_exclusive);
	put_numbers(w, "mems", &s->cpuset.mems);
	json_u64(w, "mem_hardwall", s->cpuset.mem_hardwall);
	json_u64(w, "mem_exclusive", s->cpuset.mem_exclusive);
	json_u64(w, "memory_migrate", s->cpuset.memory_migrate);
	json_u64(w, "memory_spread_page", s->cpuset.memory_spread_page);
	json_u64(w, "memory_spread_slab", s->cpuset.memory_spread_slab);
	json_u64(w, "memory_pressure", s->cpuset.memory_pressure);
	json_u64(w, "sched_load_balance", s->cpuset.sched_load_balance);
	json_i64(w, "sched_relax_domain_level", s->cpuset.sched_relax_domain_level);
	json_end_object(w);
}

static void put_memory_entry(struct json_writer *w, const char *key, const struct memory_entry *m)
{
	json_object(w, key);
	json_u64(w, "limit", m->limit);
	put_nonzero(w, "usage", m->usage);
	put_nonzero(w, "max", m->max);
	json_u64(w, "failcnt", m->failcnt);
	json_end_object(w);
}

struct raw_line {
	const char *key;
	uint64_t value;
};

static int compare_lines(const void *a, const void *b)
{
	return strcmp(((const struct raw_line *)a)->key, ((const struct raw_line *)b)->key);
}

static size_t split_raw(char *text, struct raw_line *lines, size_t room)
{
	char *save = NULL;
	size_t n = 0;

	for (char *line = strtok_r(text, "\n", &save); line && n < room; line = strtok_r(NULL, "\n", &save)) {
		char *space = strchr(line, ' ');

		if (!space)
			continue;
		*space = '\0';
		lines[n].key = line;
		if (parse_u64(space + 1, UINT64_MAX, &lines[n].value) == 0)
			n++;
	}
	return n;
}

#define RAW_MAX 512

/* Sorted by name, as Go prints a map. */
static int put_raw(struct json_writer *w, struct arena *arena, const char *raw)
{
	struct raw_line *lines = arena_array(arena, RAW_MAX, struct raw_line);
	char *text = raw ? arena_strdup(arena, raw) : NULL;
	size_t n;

	if (!raw)
		return 0;
	if (!lines || !text)
		return -ENOMEM;
	n = split_raw(text, lines, RAW_MAX);
	qsort(lines, n, sizeof(*lines), compare_lines);
	if (n)
		json_object(w, "raw");
	for (size_t i = 0; i < n; i++)
		json_u64(w, lines[i].key, lines[i].value);
	if (n)
		json_end_object(w);
	return 0;
}

static int put_memory(struct json_writer *w, struct arena *arena, const struct stats *s)
{
	int r;

	json_object(w, "memory");
	put_nonzero(w, "cache", s->memory.cache);
	put_memory_entry(w, "usage", &s->memory.usage);
	put_memory_entry(w, "swap", &s->memory.swap);
	put_memory_entry(w, "kernel", &s->memory.kernel);
	put_memory_entry(w, "kernelTCP", &s->memory.kernel_tcp);
	r = put_raw(w, arena, s->memory.raw);
	put_pressures(w, &s->memory.pressure);
	json_end_object(w);
	return r;
}

static void put_io(struct json_writer *w, const struct stats *s)
{
	static const char *const names[IO_KINDS] = {
		"ioServiceBytesRecursive", "ioServicedRecursive", "ioQueueRecursive",
		"ioServiceTimeRecursive",  "ioWaitTimeRecursive", "ioMergedRecursive",
		"ioTimeRecursive",	   "sectorsRecursive",
	};

	json_object(w, "blkio");
	for (int kind = 0; kind < IO_KINDS; kind++) {
		if (!s->io[kind].n)
			continue;
		json_array(w, names[kind]);
		for (size_t i = 0; i < s->io[kind].n; i++) {
			const struct io_entry *e = &s->io[kind].v[i];

			json_object(w, NULL);
			put_nonzero(w, "major", e->major);
			put_nonzero(w, "minor", e->minor);
			if (e->op[0])
				json_string(w, "op", e->op);
			put_nonzero(w, "value", e->value);
			json_end_object(w);
		}
		json_end_array(w);
	}
	put_pressures(w, &s->io_pressure);
	json_end_object(w);
}

static void put_hugepages(struct json_writer *w, const struct stats *s)
{
	json_object(w, "hugetlb");
	for (size_t i = 0; i < s->n_huge; i++) {
		json_object(w, s->huge[i].size);
		put_nonzero(w, "usage", s->huge[i].usage);
		put_nonzero(w, "max", s->huge[i].max);
		json_u64(w, "failcnt", s->huge[i].failcnt);
		json_end_object(w);
	}
	json_end_object(w);
}

static int put_all(struct json_writer *w, struct arena *arena, const struct stats_source *source,
		   const struct stats *s)
{
	int r;

	json_object(w, NULL);
	json_string(w, "type", "stats");
	json_string(w, "id", source->container->id);
	json_object(w, "data");
	put_cpu(w, s);
	put_cpuset(w, s);
	r = put_memory(w, arena, s);
	json_object(w, "pids");
	put_nonzero(w, "current", s->pids);
	put_nonzero(w, "limit", s->pids_limit);
	json_end_object(w);
	put_io(w, s);
	put_hugepages(w, s);
	json_object(w, "intel_rdt");
	if (r == 0)
		r = stats_rdt(w, arena, source->procfd, source->container);
	json_end_object(w);
	json_null(w, "network_interfaces");
	json_end_object(w);
	json_end_object(w);
	return r;
}

int stats_json(struct arena *arena, const struct stats_source *source, const char **ret_json)
{
	struct stats stats = { 0 };
	struct reading reading = { arena, source->place, &stats };
	struct json_writer *w = json_writer_begin(arena, NULL);
	size_t n;
	int r = w ? read_all_of(&reading) : -ENOMEM;

	if (r == 0)
		r = put_all(w, arena, source, &stats);
	return r < 0 ? r : json_writer_end(w, ret_json, &n);
}
