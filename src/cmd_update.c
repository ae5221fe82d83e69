/* SPDX-License-Identifier: Apache-2.0 */
/* cmd_update.c: cruet update. */
#include "cli.h"

static const struct option_row rows[] = {
	STRING(struct cruet_update, resources, "resources", 'r', "FILE",
	       "what to change: a file with the specification's resources object; - is stdin. Other options "
	       "than those for Intel RDT do not count then"),
	STRING(struct cruet_update, memory, "memory", 0, "BYTES", "limit of memory: 512m, 1g; -1 for none"),
	STRING(struct cruet_update, memory_reservation, "memory-reservation", 0, "BYTES",
	       "memory that is kept for it as long as there is some"),
	STRING(struct cruet_update, memory_swap, "memory-swap", 0, "BYTES",
	       "limit of memory and swap together; -1 for none"),
	STRING(struct cruet_update, cpu_share, "cpu-share", 0, "SHARES", "weight for CPU time, 2 to 262144"),
	STRING(struct cruet_update, cpu_quota, "cpu-quota", 0, "US",
	       "CPU time in each period, in microseconds; -1 for no limit"),
	STRING(struct cruet_update, cpu_period, "cpu-period", 0, "US", "the period, in microseconds"),
	STRING(struct cruet_update, cpu_burst, "cpu-burst", 0, "US",
	       "CPU time that may be saved up for later periods, in microseconds"),
	STRING(struct cruet_update, cpu_idle, "cpu-idle", 0, "IDLE", "1: it runs when nobody else wants to"),
	STRING(struct cruet_update, cpu_rt_period, "cpu-rt-period", 0, "US",
	       "period of the real-time budget, in microseconds (cgroup v1)"),
	STRING(struct cruet_update, cpu_rt_runtime, "cpu-rt-runtime", 0, "US",
	       "the real-time budget, in microseconds (cgroup v1)"),
	STRING(struct cruet_update, cpuset_cpus, "cpuset-cpus", 0, "LIST", "the CPUs it may use: 0-3,7"),
	STRING(struct cruet_update, cpuset_mems, "cpuset-mems", 0, "LIST", "the memory nodes it may use"),
	STRING(struct cruet_update, pids_limit, "pids-limit", 0, "N",
	       "how many processes and threads there may be; -1 for no limit"),
	STRING(struct cruet_update, blkio_weight, "blkio-weight", 0, "WEIGHT",
	       "weight for block I/O, 10 to 1000"),
	STRING(struct cruet_update, kernel_memory, "kernel-memory", 0, "BYTES",
	       "limit of kernel memory (cgroup v1, where the kernel has it)"),
	STRING(struct cruet_update, kernel_memory_tcp, "kernel-memory-tcp", 0, "BYTES",
	       "limit of memory for TCP buffers (cgroup v1)"),
	STRING(struct cruet_update, l3_cache_schema, "l3-cache-schema", 0, "SCHEMA",
	       "Intel RDT: share of the cache, a line of schemata such as L3:0=ff;1=f"),
	STRING(struct cruet_update, mem_bw_schema, "mem-bw-schema", 0, "SCHEMA",
	       "Intel RDT: share of memory bandwidth, such as MB:0=50;1=70"),
	HELP,
};

static int run(const struct invocation *call, int *status)
{
	struct cruet_update update = *(const struct cruet_update *)call->values;

	(void)status;
	update.id = call->args[0];
	return cruet_update(call->cruet, &update);
}

const struct command cmd_update = {
	.name = "update",
	.summary = "change the limits of a container",
	.usage = "ID",
	.min_args = 1,
	.max_args = 1,
	.about = "Change the limits of a container that is created, running or paused. Only what is given is "
		 "written, all of it or none: where one limit is refused, the others get their old values "
		 "back.",
	.examples = "cruet update --memory 512m --pids-limit 100 web\n"
		    "cruet update --cpu-quota 50000 --cpu-period 100000 web\n"
		    "echo '{\"memory\":{\"limit\":-1}}' | cruet update -r - web",
	.options = { rows, OPTION_COUNT(rows), NULL },
	.size = sizeof(struct cruet_update),
	.run = run,
};
