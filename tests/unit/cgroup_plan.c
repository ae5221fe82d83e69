/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tests/unit/cgroup_plan.c: cgroupsPath and resources to numbers, and device rules to a program, which a
 * small interpreter runs over a grid of devices and holds against what the rules say.
 */
#include "test.h"

#include <errno.h>
#include <stdlib.h>

#include "base/err.h"
#include "kernel/bpf_device.h"
#include "plan/cgroup.h"
#include "plan/cgroup_values.h"

static struct arena arena;

static void fresh(void)
{
	fail_forget();
	arena_close(&arena);
	CHECK(arena_open_private(&arena, 16 << 20) == 0);
}

#define SET(number)                                                                                          \
	{                                                                                                    \
		.set = true, .v = (number)                                                                   \
	}

/* ---- the path ---- */

static const char *path_on(enum cgroup_mode mode, const char *own, const char *cgroups_path)
{
	const struct cgroup_host host = { .mode = mode,
					  .v = { { .own = own, .v2 = mode == CGROUP_V2 } },
					  .n = 1 };
	const char *path = NULL;

	fresh();
	return plan_cgroup_path(&arena, &host, cgroups_path, "id", &path) < 0 ? "refused" : path;
}

static void test_path(void)
{
	CHECK_STR(path_on(CGROUP_V2, "/", NULL), "/cruet-id");
	CHECK_STR(path_on(CGROUP_V2, "/", ""), "/cruet-id");
	CHECK_STR(path_on(CGROUP_V2, "/a", NULL), "/cruet-id");
	CHECK_STR(path_on(CGROUP_V2, "/a/b/c", NULL), "/a/b/cruet-id");
	CHECK_STR(path_on(CGROUP_V2, "/a/b/c", "x/y"), "/a/b/x/y");
	CHECK_STR(path_on(CGROUP_V1, "/a/b/c", "x/y"), "/x/y");
	CHECK_STR(path_on(CGROUP_HYBRID, "/a/b/c", NULL), "/cruet-id");
	CHECK_STR(path_on(CGROUP_V2, "/a/b/c", "/kubepods/burstable/x"), "/kubepods/burstable/x");
	CHECK_STR(path_on(CGROUP_V2, "/a/b/c", "//k//./x/"), "/k/x");
	CHECK_STR(path_on(CGROUP_V2, "/a/b/c", "/a:b"), "/a:b");
	CHECK_STR(path_on(CGROUP_V2, "/a/b/c", "/.."), "refused");
	CHECK_STR(path_on(CGROUP_V2, "/a/b/c", ".."), "refused");
	CHECK_STR(path_on(CGROUP_V2, "/a/b/c", "x/../../y"), "refused");
	CHECK_STR(path_on(CGROUP_V2, "/a/b/c", "."), "refused");
	CHECK_STR(path_on(CGROUP_V2, "/", "."), "refused");
	CHECK_STR(path_on(CGROUP_V2, "/a", "/"), "refused");
	CHECK_STR(path_on(CGROUP_V2, "/a", "system.slice:docker:id"), "refused");
}

/* ---- values ---- */

/* All of it as text: "file=value" with a sign for the flags; or the failure. */
static const char *values_on(enum cgroup_mode mode, const struct spec_resources *r)
{
	static const char *const ops[] = { "", "|", "2:", "rt:", "<:", "warn:" };
	static char out[4096];
	struct plan_cgroup_values values;
	size_t len = 0;

	fresh();
	out[0] = '\0';
	if (plan_cgroup_values(&arena, mode, r, &values) < 0)
		return fail_line(out, sizeof(out));
	for (size_t i = 0; i < values.n; i++)
		len += (size_t)snprintf(out + len, sizeof(out) - len, "%s%s%s=%s%s%s", i ? " " : "",
					ops[values.v[i].op], values.v[i].file, values.v[i].value,
					values.v[i].may_be_missing ? "?" : "", values.v[i].again ? "+" : "");
	return out;
}

#define VALUES(mode, what, ...) values_on(mode, &(const struct spec_resources){ .what = __VA_ARGS__ })
#define MEMORY(mode, ...) VALUES(mode, memory, &(const struct spec_memory){ __VA_ARGS__ })
#define CPU(mode, ...) VALUES(mode, cpu, &(const struct spec_cpu){ __VA_ARGS__ })
#define PIDS(mode, n) VALUES(mode, pids, &(const struct spec_pids){ .limit = SET(n) })

static void test_memory_v2(void)
{
	CHECK_STR(MEMORY(CGROUP_V2, .limit = SET(100)), "memory.max=100");
	CHECK_STR(MEMORY(CGROUP_V2, .limit = SET(0)), "");
	CHECK_STR(MEMORY(CGROUP_V2, .limit = SET(-1)), "memory.max=max memory.swap.max=max?");
	CHECK_STR(MEMORY(CGROUP_V2, .limit = SET(100), .swap = SET(300)),
		  "memory.max=100 memory.swap.max=200");
	CHECK_STR(MEMORY(CGROUP_V2, .limit = SET(100), .swap = SET(100)),
		  "memory.max=100 memory.swap.max=0?");
	CHECK_STR(MEMORY(CGROUP_V2, .limit = SET(100), .swap = SET(0)), "memory.max=100");
	CHECK_STR(MEMORY(CGROUP_V2, .limit = SET(100), .swap = SET(-1)),
		  "memory.max=100 memory.swap.max=max?");
	CHECK_STR(MEMORY(CGROUP_V2, .swap = SET(-1)), "memory.swap.max=max?");
	CHECK(strstr(MEMORY(CGROUP_V2, .limit = SET(100), .swap = SET(50)),
		     "linux.resources.memory.swap is less"));
	CHECK(strstr(MEMORY(CGROUP_V2, .swap = SET(50)), "needs memory.limit"));
	CHECK(strstr(MEMORY(CGROUP_V2, .limit = SET(-1), .swap = SET(50)), "needs memory.limit"));
	CHECK(strstr(MEMORY(CGROUP_V2, .limit = SET(-2)), "linux.resources.memory.limit is less than -1"));
	CHECK_STR(MEMORY(CGROUP_V2, .limit = SET(100), .check_before_update = SET(true)),
		  "<:memory.current=100 memory.max=100");
	CHECK_STR(MEMORY(CGROUP_V2, .limit = SET(-1), .check_before_update = SET(true)),
		  "memory.max=max memory.swap.max=max?");
	CHECK_STR(MEMORY(CGROUP_V2, .reservation = SET(7)), "memory.low=7");
	CHECK_STR(MEMORY(CGROUP_V2, .reservation = SET(-1)), "memory.low=max");
	/* what v2 does not have, unless it is what v2 does anyway */
	CHECK_STR(MEMORY(CGROUP_V2, .disable_oom_killer = SET(false), .use_hierarchy = SET(true),
			 .kernel = SET(-1)),
		  "");
	CHECK(strstr(MEMORY(CGROUP_V2, .disable_oom_killer = SET(true)), "memory.disableOOMKiller"));
	CHECK(strstr(MEMORY(CGROUP_V2, .use_hierarchy = SET(false)), "memory.useHierarchy"));
	CHECK(strstr(MEMORY(CGROUP_V2, .swappiness = SET(60)), "memory.swappiness"));
	CHECK(strstr(MEMORY(CGROUP_V2, .kernel = SET(60)), "memory.kernel:"));
	CHECK(strstr(MEMORY(CGROUP_V2, .kernel_tcp = SET(60)), "memory.kernelTCP"));
}

static void test_memory_v1(void)
{
	CHECK_STR(MEMORY(CGROUP_V1, .limit = SET(100)), "memory.limit_in_bytes=100+");
	CHECK_STR(MEMORY(CGROUP_V1, .limit = SET(-1)),
		  "memory.limit_in_bytes=-1+ memory.memsw.limit_in_bytes=-1?+");
	CHECK_STR(MEMORY(CGROUP_V1, .limit = SET(100), .swap = SET(300)),
		  "memory.limit_in_bytes=100+ memory.memsw.limit_in_bytes=300+");
	CHECK_STR(MEMORY(CGROUP_V1, .limit = SET(100), .swap = SET(100)),
		  "memory.limit_in_bytes=100+ memory.memsw.limit_in_bytes=100?+");
	CHECK_STR(MEMORY(CGROUP_V1, .limit = SET(100), .check_before_update = SET(true)),
		  "<:memory.usage_in_bytes=100 memory.limit_in_bytes=100+");
	CHECK_STR(MEMORY(CGROUP_HYBRID, .reservation = SET(7), .kernel = SET(8), .kernel_tcp = SET(9),
			 .swappiness = SET(60)),
		  "memory.soft_limit_in_bytes=7 warn:memory.kmem.limit_in_bytes=8 "
		  "warn:memory.kmem.tcp.limit_in_bytes=9 memory.swappiness=60");
	CHECK_STR(MEMORY(CGROUP_V1, .disable_oom_killer = SET(true), .use_hierarchy = SET(true)),
		  "memory.oom_control=1 memory.use_hierarchy=1");
	CHECK(strstr(MEMORY(CGROUP_V1, .swappiness = SET(101)), "memory.swappiness is not"));
}

static void test_weight(void)
{
	uint64_t hash = 14695981039346656037u, last = 1;

	/* cpu.shares 512 was 20 with the old formula */
	CHECK(cpu_weight_of_shares(512) == 59);
	CHECK(cpu_weight_of_shares(1024) == 100);
	CHECK(cpu_weight_of_shares(0) == 1 && cpu_weight_of_shares(2) == 1);
	CHECK(cpu_weight_of_shares(262143) == 10000);
	CHECK(cpu_weight_of_shares(262144) == 10000 && cpu_weight_of_shares(UINT64_MAX) == 10000);
	for (uint64_t shares = 2; shares <= 262144; shares++) {
		uint64_t weight = cpu_weight_of_shares(shares);

		CHECK(weight >= last);
		last = weight;
		hash = (hash ^ weight) * 1099511628211u;
	}
	/* of the formula in long double, which libm's double agrees with for every value */
	CHECK(hash == 10376851850643417751u);
	CHECK(io_weight_of_blkio(10) == 1 && io_weight_of_blkio(1000) == 10000 &&
	      io_weight_of_blkio(500) == 4950);
}

static void test_cpu(void)
{
	CHECK_STR(CPU(CGROUP_V2, .shares = SET(512)), "cpu.weight=59");
	CHECK_STR(CPU(CGROUP_V2, .shares = SET(0), .quota = SET(0), .period = SET(0)), "");
	CHECK_STR(CPU(CGROUP_V2, .quota = SET(5000)), "cpu.max=5000+");
	CHECK_STR(CPU(CGROUP_V2, .quota = SET(-1)), "cpu.max=max+");
	CHECK_STR(CPU(CGROUP_V2, .quota = SET(5000), .period = SET(10000)), "cpu.max=5000 10000+");
	CHECK_STR(CPU(CGROUP_V2, .quota = SET(-1), .period = SET(10000)), "cpu.max=max 10000+");
	CHECK_STR(CPU(CGROUP_V2, .period = SET(10000)), "2:cpu.max=10000+");
	CHECK_STR(CPU(CGROUP_V2, .quota = SET(5000), .burst = SET(100)), "cpu.max=5000+ cpu.max.burst=100+");
	CHECK_STR(CPU(CGROUP_V2, .burst = SET(0)), "cpu.max.burst=0?+");
	CHECK_STR(CPU(CGROUP_V2, .idle = SET(1), .shares = SET(512)), "cpu.idle=1");
	CHECK_STR(CPU(CGROUP_V2, .idle = SET(0), .shares = SET(512)), "cpu.idle=0? cpu.weight=59");
	CHECK(strstr(CPU(CGROUP_V2, .idle = SET(2)), "cpu.idle"));
	CHECK_STR(CPU(CGROUP_V2, .cpus = "0-1,3", .mems = "0"), "cpuset.cpus=0-1,3 cpuset.mems=0");
	CHECK_STR(CPU(CGROUP_V2, .realtime_runtime = SET(0)), "");
	CHECK(strstr(CPU(CGROUP_V2, .realtime_runtime = SET(1)), "cpu.realtimeRuntime: cgroup v2"));
	CHECK(strstr(CPU(CGROUP_V2, .realtime_period = SET(1)), "cpu.realtimePeriod: cgroup v2"));
	CHECK_STR(CPU(CGROUP_V1, .shares = SET(512), .quota = SET(-1), .period = SET(10000), .burst = SET(5)),
		  "cpu.shares=512 cpu.cfs_period_us=10000+ cpu.cfs_quota_us=-1+ cpu.cfs_burst_us=5+");
	CHECK_STR(CPU(CGROUP_V1, .realtime_runtime = SET(1), .realtime_period = SET(9)),
		  "rt:cpu.rt_period_us=9 rt:cpu.rt_runtime_us=1");
}

static void test_pids(void)
{
	CHECK_STR(PIDS(CGROUP_V2, 0), "pids.max=0");
	CHECK_STR(PIDS(CGROUP_V1, 5), "pids.max=5");
	CHECK_STR(PIDS(CGROUP_V2, -1), "pids.max=max");
	CHECK(strstr(PIDS(CGROUP_V2, -2), "pids.limit"));
	CHECK_STR(VALUES(CGROUP_V2, pids, &(const struct spec_pids){ { .set = false } }), "");
}

static void test_block_io(void)
{
	static const struct spec_block_weight weights[] = { { 8, 0, SET(100), SET(0) } };
	static const struct spec_block_weight leaf[] = { { 8, 0, SET(0), SET(100) } };
	static const struct spec_block_throttle rates[] = { { 8, 0, SET(5) },
							    { 8, 16, SET(0) },
							    { 8, 32, { .set = false } } };
	const struct spec_block_io io = {
		.weight = SET(500),
		.weight_device = { weights, 1 },
		.throttle_read_bps = { rates, 3 },
		.throttle_write_iops = { rates, 1 },
	};
	const struct spec_block_io with_leaf = { .weight_device = { leaf, 1 } };
	const struct spec_block_io wrong = { .weight = SET(9) };

	CHECK_STR(VALUES(CGROUP_V2, block_io, &io),
		  "|io.bfq.weight=500 io.weight=4950 |io.bfq.weight=8:0 100 io.weight=8:0 910 "
		  "io.max=8:0 rbps=5 io.max=8:16 rbps=max io.max=8:0 wiops=5");
	CHECK_STR(VALUES(CGROUP_V1, block_io, &io),
		  "|blkio.weight=500 blkio.bfq.weight=500 |blkio.weight_device=8:0 100 "
		  "blkio.bfq.weight_device=8:0 100 "
		  "blkio.throttle.read_bps_device=8:0 5 blkio.throttle.read_bps_device=8:16 0 "
		  "blkio.throttle.write_iops_device=8:0 5");
	CHECK_STR(VALUES(CGROUP_V1, block_io, &with_leaf), "blkio.leaf_weight_device=8:0 100");
	CHECK(strstr(VALUES(CGROUP_V2, block_io, &with_leaf), "blockIO.weightDevice: cgroup v2"));
	CHECK(strstr(VALUES(CGROUP_V2, block_io, &wrong), "not between 10 and 1000"));
}

static void test_others(void)
{
	static const struct spec_hugepage_limit huge[] = { { "2MB", 4096 } },
						bad_huge[] = { { "../2MB", 1 } };
	static const struct spec_rdma rdma[] = { { "mlx5_0", SET(3), { .set = false } },
						 { "hfi", SET(1), SET(2) } };
	static const struct spec_rdma bad_rdma[] = { { "a b", SET(3), SET(1) } };
	static const struct spec_net_priority prio[] = { { "eth0", 5 } };
	const struct spec_network net = { .class_id = SET(0x100001), .priorities = { prio, 1 } },
				  nothing = { .class_id = SET(0) };

	CHECK_STR(VALUES(CGROUP_V2, hugepage_limits, { huge, 1 }),
		  "hugetlb.2MB.max=4096 hugetlb.2MB.rsvd.max=4096?");
	CHECK_STR(VALUES(CGROUP_V1, hugepage_limits, { huge, 1 }),
		  "hugetlb.2MB.limit_in_bytes=4096 hugetlb.2MB.rsvd.limit_in_bytes=4096?");
	CHECK(strstr(VALUES(CGROUP_V2, hugepage_limits, { bad_huge, 1 }), "hugepageLimits.pageSize"));
	CHECK_STR(VALUES(CGROUP_V2, rdma, { rdma, 2 }),
		  "rdma.max=mlx5_0 hca_handle=3 rdma.max=hfi hca_handle=1 hca_object=2");
	CHECK(strstr(VALUES(CGROUP_V2, rdma, { bad_rdma, 1 }), "linux.resources.rdma"));
	CHECK_STR(VALUES(CGROUP_V1, network, &net), "net_cls.classid=1048577 net_prio.ifpriomap=eth0 5");
	CHECK(strstr(VALUES(CGROUP_V2, network, &net), "network.classID: cgroup v2"));
	CHECK_STR(VALUES(CGROUP_V2, network, &nothing), "");
	CHECK_STR(values_on(CGROUP_V2, NULL), "");
}

static const char *unified(enum cgroup_mode mode, const char *key, const char *value)
{
	const struct string_pair pair = { key, value };
	const struct spec_memory memory = { .limit = SET(100), .swap = SET(150) };
	const struct spec_block_io io = { .weight = SET(500) };
	const struct spec_resources r = { .memory = &memory, .block_io = &io, .unified = { &pair, 1 } };

	return values_on(mode, &r);
}

static void test_unified(void)
{
	static const char *const bad[] = { "",	     ".",	    "..",     "../x/memory.max",
					   "a/b",    "/memory.max", "memory", ".max",
					   "a b.max" };

	CHECK_STR(unified(CGROUP_V2, "memory.max", "7"),
		  "memory.swap.max=50 |io.bfq.weight=500 io.weight=4950 memory.max=7");
	CHECK_STR(unified(CGROUP_V2, "memory.oom.group", "1"),
		  "memory.max=100 memory.swap.max=50 |io.bfq.weight=500 io.weight=4950 memory.oom.group=1");
	/* of the pair for weights the other one is not needed any more */
	CHECK_STR(unified(CGROUP_V2, "io.weight", "7"),
		  "memory.max=100 memory.swap.max=50 io.bfq.weight=500? io.weight=7");
	CHECK_STR(unified(CGROUP_V2, "io.bfq.weight", "7"),
		  "memory.max=100 memory.swap.max=50 io.weight=4950? io.bfq.weight=7");
	CHECK_STR(unified(CGROUP_V2, "io.max", "8:0 rbps=1\n8:16 wbps=2\n"),
		  "memory.max=100 memory.swap.max=50 |io.bfq.weight=500 io.weight=4950 io.max=8:0 rbps=1 "
		  "io.max=8:16 wbps=2");
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
		CHECK(strstr(unified(CGROUP_V2, bad[i], "1"), "linux.resources.unified has a key"));
	CHECK(strstr(unified(CGROUP_V1, "memory.max", "7"), "linux.resources.unified: cgroup v1"));
}

static const char *controllers_for(const char *key)
{
	const struct string_pair pair = { key, "1" };
	const struct spec_resources r = { .unified = { &pair, 1 } };
	struct plan_cgroup_values values;

	fresh();
	return plan_cgroup_values(&arena, CGROUP_V2, &r, &values) < 0 ? NULL : values.controllers;
}

static void test_controllers(void)
{
	CHECK_STR(controllers_for("pids.max"), "cpuset cpu io memory hugetlb pids");
	CHECK_STR(controllers_for("cgroup.max.depth"), "cpuset cpu io memory hugetlb pids");
	CHECK_STR(controllers_for("misc.max"), "cpuset cpu io memory hugetlb pids misc");
	CHECK_STR(controllers_for("set.max"), "cpuset cpu io memory hugetlb pids set");
	CHECK_STR(controllers_for("cpus.max"), "cpuset cpu io memory hugetlb pids cpus");
}

/* ---- devices ---- */

/* What the rules say: bit by bit, the last that matches. */
static bool rules_allow(const struct device_rule *rules, size_t n, char type, int64_t major, int64_t minor,
			unsigned int access)
{
	for (unsigned int bit = 1; bit <= DEVICE_WRITE; bit <<= 1) {
		bool allowed = false;

		if (!(access & bit))
			continue;
		for (size_t i = 0; i < n; i++) {
			const struct device_rule *r = &rules[i];

			if ((r->type == 'a' || r->type == type) && (r->major < 0 || r->major == major) &&
			    (r->minor < 0 || r->minor == minor) && (r->access & bit))
				allowed = r->allow;
		}
		if (!allowed)
			return false;
	}
	return true;
}

/* The instructions that the program may have, and nothing else; -1 where it does what the verifier would
 * refuse. */
static int run(const struct bpf_insn *v, size_t n, const uint32_t context[3], bool *reached)
{
	uint64_t r[11] = { 0 };

	for (size_t pc = 0; pc < n; pc++) {
		const struct bpf_insn *i = &v[pc];
		uint64_t imm = (uint64_t)(int64_t)i->imm;
		bool jump = false;

		reached[pc] = true;
		switch (i->code) {
		case BPF_LDX | BPF_MEM | BPF_W:
			if (i->off % 4 || i->off > 8 || i->src_reg != 1)
				return -1;
			r[i->dst_reg] = context[i->off / 4];
			break;
		case BPF_ALU64 | BPF_MOV | BPF_X:
			r[i->dst_reg] = r[i->src_reg];
			break;
		case BPF_ALU64 | BPF_MOV | BPF_K:
			r[i->dst_reg] = imm;
			break;
		case BPF_ALU64 | BPF_AND | BPF_K:
			r[i->dst_reg] &= imm;
			break;
		case BPF_ALU64 | BPF_RSH | BPF_K:
			r[i->dst_reg] >>= imm;
			break;
		case BPF_JMP | BPF_JA:
			jump = true;
			break;
		case BPF_JMP | BPF_JEQ | BPF_K:
			jump = r[i->dst_reg] == imm;
			break;
		case BPF_JMP | BPF_JNE | BPF_K:
			jump = r[i->dst_reg] != imm;
			break;
		case BPF_JMP | BPF_JSET | BPF_K:
			jump = r[i->dst_reg] & imm;
			break;
		case BPF_JMP | BPF_EXIT:
			return r[0] <= 1 ? (int)r[0] : -1;
		default:
			return -1;
		}
		if (jump && i->off < 0)
			return -1;
		if (jump)
			pc += (size_t)i->off;
	}
	return -1;
}

/* Every instruction can be reached along the jumps, as the verifier demands, and the end is never passed. */
static bool is_connected(const struct bpf_insn *v, size_t n)
{
	bool *seen = calloc(n + 1, 1);
	bool good = true;

	seen[0] = true;
	for (size_t pc = 0; pc < n; pc++) {
		unsigned int op = BPF_OP(v[pc].code);
		bool is_jump = BPF_CLASS(v[pc].code) == BPF_JMP;

		good = good && seen[pc];
		if (is_jump && op == BPF_EXIT)
			continue;
		if (is_jump && (v[pc].off < 0 || pc + 1 + (size_t)v[pc].off >= n))
			good = false;
		else if (is_jump)
			seen[pc + 1 + (size_t)v[pc].off] = true;
		if (!is_jump || op != BPF_JA)
			seen[pc + 1] = true;
	}
	good = good && !seen[n];
	free(seen);
	return good;
}

static const int64_t majors[] = { 0, 1, 2, 5, 136, 4095 };
static const int64_t minors[] = { 0, 1, 3, 5, 200, 1048575 };

/* True if the program says for the whole grid what the rules say. */
static bool same_verdicts(const struct device_rule *rules, size_t n)
{
	struct device_rule *work = calloc(n + 1, sizeof(*work));
	struct bpf_insn *insns = calloc(BPF_DEVICE_INSNS(n), sizeof(*insns));
	bool *reached = calloc(BPF_DEVICE_INSNS(n), 1), good;
	size_t length = 0;

	good = bpf_device_make(rules, n, work, insns, &length) == 0 && length <= BPF_DEVICE_INSNS(n);
	good = good && (length == 0 || is_connected(insns, length));
	for (size_t i = 0; good && i < 2 * 6 * 6 * 7; i++) {
		char type = i % 2 ? 'b' : 'c';
		int64_t major = majors[i / 2 % 6], minor = minors[i / 12 % 6];
		unsigned int access = (unsigned int)(i / 72 + 1);
		const uint32_t context[3] = { access << 16 | (type == 'b' ? BPF_DEVCG_DEV_BLOCK
									  : BPF_DEVCG_DEV_CHAR),
					      (uint32_t)major, (uint32_t)minor };
		int verdict = length ? run(insns, length, context, reached) : 1;

		good = verdict == rules_allow(rules, n, type, major, minor, access);
	}
	free(work);
	free(insns);
	free(reached);
	return good;
}

static void test_program_random(void)
{
	unsigned int seed = 1;

	for (int round = 0; round < 20000 && !test_failed; round++) {
		struct device_rule rules[12];
		size_t n = (size_t)rand_r(&seed) % (ARRAY_SIZE(rules) + 1);

		for (size_t i = 0; i < n; i++) {
			rules[i].allow = rand_r(&seed) % 2;
			rules[i].type = "abcc"[rand_r(&seed) % 4];
			rules[i].major = rand_r(&seed) % 3 ? majors[rand_r(&seed) % 6] : -1;
			rules[i].minor = rand_r(&seed) % 3 ? minors[rand_r(&seed) % 6] : -1;
			rules[i].access = rand_r(&seed) % 2 ? DEVICE_ALL : (unsigned int)rand_r(&seed) % 8;
		}
		CHECK(same_verdicts(rules, n));
	}
}

static size_t program_length(const struct device_rule *rules, size_t n)
{
	struct device_rule work[64];
	struct bpf_insn insns[BPF_DEVICE_INSNS(64)];
	size_t length = SIZE_MAX;

	CHECK(bpf_device_make(rules, n, work, insns, &length) == 0);
	return length;
}

static struct plan_device_rules rules_for(const struct spec_device_rule *v, size_t n)
{
	const struct spec_resources r = { .devices = { v, n } };
	struct plan_device_rules rules = { 0 };

	fresh();
	if (plan_device_rules(&arena, &r, &rules) < 0)
		rules.n = 0;
	return rules;
}

static void test_device_rules(void)
{
	/* containerd's, docker's privileged, and none */
	static const struct spec_device_rule deny[] = { { .allow = false, .access = "rwm" } };
	static const struct spec_device_rule all[] = { { .allow = true, .access = "rwm" } };
	static const struct spec_device_rule mine[] = {
		{ .allow = false, .access = "rwm" },
		{ true, "c", SET(10), SET(229), "rwm" },
		{ true, "b", SET(8), { .set = false }, "r" },
		{ false, "c", SET(1), SET(5), "w" },
	};
	struct plan_device_rules r;

	r = rules_for(NULL, 0);
	CHECK(r.n == 12 && same_verdicts(r.v, r.n));
	CHECK(rules_allow(r.v, r.n, 'c', 1, 3, DEVICE_ALL) && rules_allow(r.v, r.n, 'c', 136, 9, DEVICE_ALL));
	CHECK(!rules_allow(r.v, r.n, 'b', 7, 0, DEVICE_READ) &&
	      rules_allow(r.v, r.n, 'b', 7, 0, DEVICE_MKNOD));
	CHECK(!rules_allow(r.v, r.n, 'c', 1, 1, DEVICE_READ));
	CHECK(program_length(r.v, r.n) <= 40);

	r = rules_for(deny, 1);
	CHECK(r.n == 13 && same_verdicts(r.v, r.n) && !rules_allow(r.v, r.n, 'b', 7, 0, DEVICE_READ));
	r = rules_for(all, 1);
	CHECK(program_length(r.v, r.n) == 0);
	r = rules_for(mine, 4);
	CHECK(same_verdicts(r.v, r.n));
	CHECK(rules_allow(r.v, r.n, 'c', 10, 229, DEVICE_ALL));
	CHECK(rules_allow(r.v, r.n, 'b', 8, 1, DEVICE_READ) &&
	      !rules_allow(r.v, r.n, 'b', 8, 1, DEVICE_READ | DEVICE_WRITE));
	/* what every container has cannot be taken away */
	CHECK(rules_allow(r.v, r.n, 'c', 1, 5, DEVICE_WRITE));
}

static void test_device_errors(void)
{
	static const struct spec_device_rule bad[] = {
		{ .type = "x" },    { .type = "" },	  { .type = "cc" },
		{ .access = "rx" }, { .major = SET(-2) }, { .minor = SET(1ll << 32 | 3) },
	};
	struct device_rule *many = calloc(BPF_DEVICE_RULES_MAX + 1, sizeof(*many));

	for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
		CHECK(rules_for(&bad[i], 1).n == 0);
	for (size_t i = 0; i <= BPF_DEVICE_RULES_MAX; i++)
		many[i] = (struct device_rule){ i % 2, 'c', (int64_t)(i % 4096), (int64_t)i, DEVICE_READ };
	/* the worst that there may be: every jump reaches */
	CHECK(same_verdicts(many, BPF_DEVICE_RULES_MAX));
	CHECK(bpf_device_make(many, BPF_DEVICE_RULES_MAX + 1, NULL, NULL, NULL) == -E2BIG);
	free(many);
	fresh();
	arena_close(&arena);
}

TEST_MAIN("cgroup_plan", { "path", test_path }, { "memory-v2", test_memory_v2 },
	  { "memory-v1", test_memory_v1 }, { "weight", test_weight }, { "cpu", test_cpu },
	  { "pids", test_pids }, { "block-io", test_block_io }, { "others", test_others },
	  { "unified", test_unified }, { "controllers", test_controllers },
	  { "program-random", test_program_random }, { "device-rules", test_device_rules },
	  { "device-errors", test_device_errors })
