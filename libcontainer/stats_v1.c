/* SPDX-License-Identifier: Apache-2.0 */
/* stats_v1.c: what the controllers of cgroup v1 know. Source: kernel cgroup-v1/. */
#include <string.h>
#include <unistd.h>

#include "base/str.h"
#include "stats.h"

#define NS_PER_SECOND 1000000000u

/* Numbers between blanks. */
static int read_numbers(struct arena *arena, char *text, struct numbers *ret)
{
	uint64_t *v = arena_array(arena, strlen(text) / 2 + 1, uint64_t);
	char *save = NULL;
	size_t n = 0;

	if (!v)
		return -ENOMEM;
	for (char *word = strtok_r(text, " \n", &save); word; word = strtok_r(NULL, " \n", &save))
		if (parse_u64(word, UINT64_MAX, &v[n]) == 0)
			n++;
	*ret = (struct numbers){ v, n };
	return 0;
}

/* "cpu user system", then a line a CPU. */
static int read_modes(struct reading *r)
{
	struct numbers all = { 0 };
	uint64_t *user, *kernel;
	char *text, *lines;
	int e = stats_text(r, "cpuacct", "cpuacct.usage_all", &text);

	lines = e == 0 && text ? strchr(text, '\n') : NULL;
	if (!lines)
		return e;
	e = read_numbers(r->arena, lines, &all);
	user = arena_array(r->arena, all.n / 3 + 1, uint64_t);
	kernel = arena_array(r->arena, all.n / 3 + 1, uint64_t);
	if (e < 0 || !user || !kernel)
		return -ENOMEM;
	for (size_t i = 0; i < all.n / 3; i++) {
		user[i] = all.v[3 * i + 1];
		kernel[i] = all.v[3 * i + 2];
	}
	r->stats->cpu.percpu_user = (struct numbers){ user, all.n / 3 };
	r->stats->cpu.percpu_kernel = (struct numbers){ kernel, all.n / 3 };
	return 0;
}

static int read_usage(struct reading *r)
{
	struct stats *s = r->stats;
	uint64_t ticks = (uint64_t)sysconf(_SC_CLK_TCK);
	char *text;
	int e = stats_text(r, "cpuacct", "cpuacct.stat", &text);

	if (e < 0)
		return e;
	s->cpu.user = stats_value(text, "user", NS_PER_SECOND) / ticks;
	s->cpu.kernel = stats_value(text, "system", NS_PER_SECOND) / ticks;
	e = stats_number(r, "cpuacct", "cpuacct.usage", &s->cpu.total);
	if (e == 0)
		e = stats_text(r, "cpuacct", "cpuacct.usage_percpu", &text);
	if (e == 0 && text)
		e = read_numbers(r->arena, text, &s->cpu.percpu);
	return e < 0 ? e : read_modes(r);
}

int stats_v1_cpu(struct reading *r)
{
	struct stats *s = r->stats;
	char *text;
	int e = read_usage(r);

	if (e == 0)
		e = stats_text(r, "cpu", "cpu.stat", &text);
	if (e < 0)
		return e;
	s->cpu.periods = stats_value(text, "nr_periods", 1);
	s->cpu.throttled_periods = stats_value(text, "nr_throttled", 1);
	s->cpu.throttled_time = stats_value(text, "throttled_time", 1);
	return 0;
}

/* ---- cpusets ----------------------------------------------------------------------------------------------------------- */

#define LIST_MAX 65536

/* "0-3,7" */
static int read_list(struct reading *r, const char *file, struct numbers *ret)
{
	uint64_t *v, low, high;
	char *text, *save = NULL;
	size_t n = 0;
	int e = stats_text(r, "cpuset", file, &text);

	if (e < 0 || !text)
		return e;
	v = arena_array(r->arena, LIST_MAX, uint64_t);
	if (!v)
		return -ENOMEM;
	for (char *word = strtok_r(text, ",\n", &save); word; word = strtok_r(NULL, ",\n", &save)) {
		char *dash = strchr(word, '-');

		if (dash)
			*dash = '\0';
		if (parse_u64(word, LIST_MAX - 1, &low) < 0 ||
		    parse_u64(dash ? dash + 1 : word, LIST_MAX - 1, &high) < 0)
			continue;
		for (; low <= high && n < LIST_MAX; low++)
			v[n++] = low;
	}
	*ret = (struct numbers){ v, n };
	return 0;
}

static const struct cpuset_row {
	const char *file;
	size_t at;
} cpuset_rows[] = {
#define ROW(name)                                                                                            \
	{                                                                                                    \
		"cpuset." #name, offsetof(struct stats, cpuset.name)                                         \
	}
	ROW(cpu_exclusive),	 ROW(mem_hardwall),	  ROW(mem_exclusive),	ROW(memory_migrate),
	ROW(memory_spread_page), ROW(memory_spread_slab), ROW(memory_pressure), ROW(sched_load_balance),
#undef ROW
};

int stats_v1_cpuset(struct reading *r)
{
	char *text = NULL;
	int e = read_list(r, "cpuset.cpus", &r->stats->cpuset.cpus);

	if (e == 0)
		e = read_list(r, "cpuset.mems", &r->stats->cpuset.mems);
	for (size_t i = 0; i < ARRAY_SIZE(cpuset_rows) && e == 0; i++)
		e = stats_number(r, "cpuset", cpuset_rows[i].file,
				 (uint64_t *)(void *)((char *)r->stats + cpuset_rows[i].at));
	if (e == 0)
		e = stats_text(r, "cpuset", "cpuset.sched_relax_domain_level", &text);
	if (e < 0 || !text)
		return e;
	text[strcspn(text, "\n")] = '\0';
	if (parse_i64(text, &r->stats->cpuset.sched_relax_domain_level) < 0)
		r->stats->cpuset.sched_relax_domain_level = 0;
	return 0;
}

/* ---- memory ------------------------------------------------------------------------------------------------------------ */

static int read_entry(struct reading *r, const char *module, struct memory_entry *ret)
{
	const struct {
		const char *what;
		uint64_t *to;
	} parts[] = { { "usage_in_bytes", &ret->usage },
		      { "max_usage_in_bytes", &ret->max },
		      { "failcnt", &ret->failcnt },
		      { "limit_in_bytes", &ret->limit } };

	for (size_t i = 0; i < ARRAY_SIZE(parts); i++) {
		const char *file = arena_printf(r->arena, "memory.%s%s", module, parts[i].what);
		int e = file ? stats_number(r, "memory", file, parts[i].to) : -ENOMEM;

		if (e < 0)
			return e;
	}
	return 0;
}

int stats_v1_memory(struct reading *r)
{
	struct stats *s = r->stats;
	char *text;
	int e = stats_text(r, "memory", "memory.stat", &text);

	if (e < 0 || !text)
		return e;
	s->memory.raw = text;
	s->memory.cache = stats_value(text, "cache", 1);
	e = read_entry(r, "", &s->memory.usage);
	if (e == 0)
		e = read_entry(r, "memsw.", &s->memory.swap);
	if (e == 0)
		e = read_entry(r, "kmem.", &s->memory.kernel);
	if (e == 0)
		e = read_entry(r, "kmem.tcp.", &s->memory.kernel_tcp);
	return e;
}

/* ---- block I/O --------------------------------------------------------------------------------------------------------- */

struct io_file {
	const char *name;
	enum io_kind kind;
};

/* Who schedules knows more: the first group that has anything is it. */
static const struct io_file bfq_debug[] = {
	{ "blkio.bfq.sectors_recursive", IO_SECTORS },
	{ "blkio.bfq.io_service_time_recursive", IO_SERVICE_TIME },
	{ "blkio.bfq.io_wait_time_recursive", IO_WAIT_TIME },
	{ "blkio.bfq.io_merged_recursive", IO_MERGED },
	{ "blkio.bfq.io_queued_recursive", IO_QUEUED },
	{ "blkio.bfq.time_recursive", IO_TIME },
	{ "blkio.bfq.io_serviced_recursive", IO_SERVICED },
	{ "blkio.bfq.io_service_bytes_recursive", IO_BYTES },
};
static const struct io_file bfq[] = {
	{ "blkio.bfq.io_serviced_recursive", IO_SERVICED },
	{ "blkio.bfq.io_service_bytes_recursive", IO_BYTES },
};
static const struct io_file throttle_recursive[] = {
	{ "blkio.throttle.io_serviced_recursive", IO_SERVICED },
	{ "blkio.throttle.io_service_bytes_recursive", IO_BYTES },
};
static const struct io_file throttle[] = {
	{ "blkio.throttle.io_serviced", IO_SERVICED },
	{ "blkio.throttle.io_service_bytes", IO_BYTES },
};
static const struct {
	const struct io_file *v;
	size_t n;
} io_groups[] = {
	{ bfq_debug, ARRAY_SIZE(bfq_debug) },
	{ bfq, ARRAY_SIZE(bfq) },
	{ throttle_recursive, ARRAY_SIZE(throttle_recursive) },
	{ throttle, ARRAY_SIZE(throttle) },
};

/* "8:0 Read 4096", "8:0 4096"; "Total 4096" stands for all devices and is left out. */
static int add_line(struct reading *r, enum io_kind kind, char *line)
{
	char *words[4], *save = NULL;
	uint64_t major, minor, value;
	size_t n = 0;

	for (char *word = strtok_r(line, " :", &save); word && n < 4; word = strtok_r(NULL, " :", &save))
		words[n++] = word;
	if (n < 3 || parse_u64(words[0], UINT64_MAX, &major) < 0 ||
	    parse_u64(words[1], UINT64_MAX, &minor) < 0 || parse_u64(words[n - 1], UINT64_MAX, &value) < 0)
		return 0;
	return io_add(r, kind, major, minor, n == 4 ? words[2] : "", value);
}

static int read_io_file(struct reading *r, const struct io_file *file)
{
	char *text, *save = NULL;
	int e = stats_text(r, "blkio", file->name, &text);

	if (e < 0 || !text)
		return e;
	for (char *line = strtok_r(text, "\n", &save); line && e == 0; line = strtok_r(NULL, "\n", &save))
		e = add_line(r, file->kind, line);
	return e;
}

int stats_v1_io(struct reading *r)
{
	for (size_t g = 0; g < ARRAY_SIZE(io_groups); g++) {
		int e = read_io_file(r, &io_groups[g].v[0]);

		for (size_t i = 1; i < io_groups[g].n && e == 0 && r->stats->io[io_groups[g].v[0].kind].n;
		     i++)
			e = read_io_file(r, &io_groups[g].v[i]);
		if (e < 0 || r->stats->io[io_groups[g].v[0].kind].n)
			return e;
	}
	return 0;
}
