/* SPDX-License-Identifier: Apache-2.0 */
/*
 * stats.h: what a container uses, in the shape that runc gave it (types/events.go) and that engines read. Numbers that v2
 * has not, v1's names for what v2 calls otherwise, and absent members where a number is 0 are that shape's. Private to the
 * files beside it.
 */
#pragma once

#include "kernel/cgroup_files.h"
#include "running.h"

struct io_entry {
	uint64_t major, minor, value;
	const char *op; /* "" where there is none */
};

struct io_list {
	struct io_entry *v;
	size_t n, room;
};

enum io_kind { IO_BYTES, IO_SERVICED, IO_QUEUED, IO_SERVICE_TIME, IO_WAIT_TIME, IO_MERGED, IO_TIME, IO_SECTORS, IO_KINDS };

struct memory_entry {
	uint64_t limit, usage, max, failcnt;
};

struct numbers {
	const uint64_t *v;
	size_t n;
};

/* A line of a file of pressure: "some avg10=0.00 avg60=0.00 avg300=0.00 total=0". */
struct pressure {
	double avg10, avg60, avg300;
	uint64_t total;
};
struct pressures {
	bool set;
	struct pressure some, full;
};

struct hugepages {
	const char *size; /* "2MB" */
	uint64_t usage, max, failcnt;
};

struct stats {
	struct {
		uint64_t total, kernel, user; /* ns */
		struct numbers percpu, percpu_kernel, percpu_user;
		uint64_t periods, throttled_periods, throttled_time;
		struct pressures pressure;
	} cpu;
	struct {
		struct numbers cpus, mems;
		uint64_t cpu_exclusive, mem_hardwall, mem_exclusive, memory_migrate, memory_spread_page, memory_spread_slab;
		uint64_t memory_pressure, sched_load_balance;
		int64_t sched_relax_domain_level;
	} cpuset;
	struct {
		uint64_t cache;
		struct memory_entry usage, swap, kernel, kernel_tcp;
		const char *raw; /* lines of "key value"; NULL: none */
		struct pressures pressure;
	} memory;
	uint64_t pids, pids_limit;
	struct io_list io[IO_KINDS];
	struct pressures io_pressure;
	struct hugepages *huge;
	size_t n_huge;
};

/* One reading: from which place, into what. The arena holds all of it. */
struct reading {
	struct arena *arena;
	const struct cgroup_place *place;
	struct stats *stats;
};

/* Whose event it is, and where its numbers are. */
struct stats_source {
	const struct container *container;
	const struct cgroup_place *place;
	int procfd;
};
/* The event with all numbers, as one line without a newline; in `arena`. */
int stats_json(struct arena *arena, const struct stats_source *source, const char **ret_json) MUST_USE;

/* Of stats_rdt.c: the members of intel_rdt. */
struct json_writer;
int stats_rdt(struct json_writer *w, struct arena *arena, int procfd, const struct container *c) MUST_USE;

/* Of stats_v1.c, stats_v2.c: the part of one controller. What the kernel does not have stays 0. */
int stats_v1_cpu(struct reading *r) MUST_USE;
int stats_v1_cpuset(struct reading *r) MUST_USE;
int stats_v1_memory(struct reading *r) MUST_USE;
int stats_v1_io(struct reading *r) MUST_USE;
int stats_v2_cpu(struct reading *r) MUST_USE;
int stats_v2_memory(struct reading *r) MUST_USE;
int stats_v2_io(struct reading *r) MUST_USE;

/* Of stats_read.c. A file that is not there is NULL, a number that is not there 0; "max" is UINT64_MAX. */
int stats_text(struct reading *r, const char *controller, const char *file, char **ret_text) MUST_USE;
int stats_number(struct reading *r, const char *controller, const char *file, uint64_t *ret) MUST_USE;
/* The value of the line "KEY VALUE", times `scale`. */
uint64_t stats_value(const char *text, const char *key, uint64_t scale);
int stats_pressure(struct reading *r, const char *controller, const char *file, struct pressures *ret) MUST_USE;
int stats_pids(struct reading *r) MUST_USE;
int stats_hugepages(struct reading *r) MUST_USE;
int io_add(struct reading *r, enum io_kind kind, uint64_t major, uint64_t minor, const char *op, uint64_t value) MUST_USE;
