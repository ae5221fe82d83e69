/* SPDX-License-Identifier: Apache-2.0 */
/*
 * plan/cgroup_cpu.c: linux.resources.cpu as values. Pure. Numbers of 0 mean "as it is" where the kernel has
 * no use for them: Go callers write them for what their user did not ask for.
 */
#include "plan/cgroup_values.h"

/* ---- weights ---- */

#define FRACTION   40 /* bits behind the point */
#define SHARES_MIN 2
#define SHARES_MAX 262144
#define WEIGHT_MAX 10000

/* log2(x) with FRACTION bits behind the point, x >= 1: each squaring of the mantissa gives one bit. */
static uint64_t log2_fixed(uint32_t x)
{
	unsigned int whole = 31 - (unsigned int)__builtin_clz(x);
	uint64_t mantissa = (uint64_t)x << (63 - whole), log = whole;

	for (int i = 0; i < FRACTION; i++) {
		__extension__ unsigned __int128 square = (unsigned __int128)mantissa * mantissa;
		bool bit = square >> 127 & 1;

		mantissa = (uint64_t)(square >> (bit ? 64 : 63));
		log = log << 1 | bit;
	}
	return log;
}

/*
 * ceil(10^((l^2 + 125 l) / 612 - 7 / 34)) with l = log2(shares): the smallest weight whose logarithm is not
 * below the exponent. In integers, so that no build rounds differently and no library is needed; the tests
 * hold it against the formula for all shares.
 */
uint64_t cpu_weight_of_shares(uint64_t shares)
{
	const uint64_t log2_of_10 = 3652498566964; /* with FRACTION bits */
	const uint64_t slack = 1u << 8; /* what the bits that are cut off can come to: 1024 must give 100 */
	uint32_t low = 1, high = WEIGHT_MAX;
	uint64_t l, exponent;

	if (shares <= SHARES_MIN)
		return 1;
	if (shares >= SHARES_MAX)
		return WEIGHT_MAX;
	l = log2_fixed((uint32_t)shares);
	exponent = ((uint64_t)((__extension__(unsigned __int128) l * l) >> FRACTION) + 125 * l) / 612 -
		   (7ull << FRACTION) / 34;
	exponent = (uint64_t)((__extension__(unsigned __int128) exponent * log2_of_10) >> FRACTION);
	while (low < high) {
		uint32_t mid = low + (high - low) / 2;

		if (log2_fixed(mid) + slack >= exponent)
			high = mid;
		else
			low = mid + 1;
	}
	return low;
}

/* ---- values ---- */

static void values_of_share(struct values *b, const struct spec_cpu *c)
{
	bool idle = c->idle.set && c->idle.v == 1;

	if (c->idle.set && c->idle.v != 0 && c->idle.v != 1)
		value_refuse(b, RESOURCE("cpu.idle"), "is neither 0 nor 1");
	/* first: an idle cgroup takes no weight */
	else if (c->idle.set)
		value_set(b, RESOURCE("cpu.idle"), "cpu", "cpu.idle", "%d", idle)->may_be_missing = !idle;
	if (!c->shares.set || c->shares.v == 0 || idle)
		return;
	if (b->v2)
		value_set(b, RESOURCE("cpu.shares"), "cpu", "cpu.weight", "%llu",
			  (unsigned long long)cpu_weight_of_shares(c->shares.v));
	else
		value_set(b, RESOURCE("cpu.shares"), "cpu", "cpu.shares", "%llu",
			  (unsigned long long)c->shares.v);
}

static void bandwidth_v2(struct values *b, const struct spec_cpu *c, bool quota, bool period)
{
	unsigned long long us = c->period.v;
	struct cgroup_write *w = NULL;

	/* the kernel keeps the period where only the quota is written */
	if (quota && c->quota.v < 0)
		w = period ? value_set(b, RESOURCE("cpu.quota"), "cpu", "cpu.max", "max %llu", us)
			   : value_set(b, RESOURCE("cpu.quota"), "cpu", "cpu.max", "max");
	else if (quota)
		w = period ? value_set(b, RESOURCE("cpu.quota"), "cpu", "cpu.max", "%lld %llu",
				       (long long)c->quota.v, us)
			   : value_set(b, RESOURCE("cpu.quota"), "cpu", "cpu.max", "%lld",
				       (long long)c->quota.v);
	else if (period)
		w = value_set(b, RESOURCE("cpu.period"), "cpu", "cpu.max", "%llu", us);
	if (w)
		w->again = true;
	if (w && !quota)
		w->op = CGROUP_SET_SECOND;
}

static void values_of_bandwidth(struct values *b, const struct spec_cpu *c)
{
	bool quota = c->quota.set && c->quota.v != 0, period = c->period.set && c->period.v != 0;
	struct cgroup_write *w;

	if (b->v2)
		bandwidth_v2(b, c, quota, period);
	if (!b->v2 && period)
		value_set(b, RESOURCE("cpu.period"), "cpu", "cpu.cfs_period_us", "%llu",
			  (unsigned long long)c->period.v)
			->again = true;
	if (!b->v2 && quota)
		value_set(b, RESOURCE("cpu.quota"), "cpu", "cpu.cfs_quota_us", "%lld",
			  c->quota.v < 0 ? -1ll : (long long)c->quota.v)
			->again = true;
	if (!c->burst.set)
		return;
	w = value_set(b, RESOURCE("cpu.burst"), "cpu", b->v2 ? "cpu.max.burst" : "cpu.cfs_burst_us", "%llu",
		      (unsigned long long)c->burst.v);
	w->again = true;
	/* until 5.14 is the oldest kernel: none is what it has */
	w->may_be_missing = c->burst.v == 0;
}

static void values_of_realtime(struct values *b, const struct spec_cpu *c)
{
	bool runtime = c->realtime_runtime.set && c->realtime_runtime.v != 0;
	bool period = c->realtime_period.set && c->realtime_period.v != 0;

	if (b->v2 && (runtime || period)) {
		value_missing(b, runtime ? RESOURCE("cpu.realtimeRuntime") : RESOURCE("cpu.realtimePeriod"));
		return;
	}
	if (period)
		value_set(b, RESOURCE("cpu.realtimePeriod"), "cpu", "cpu.rt_period_us", "%llu",
			  (unsigned long long)c->realtime_period.v)
			->op = CGROUP_SET_RT;
	if (runtime)
		value_set(b, RESOURCE("cpu.realtimeRuntime"), "cpu", "cpu.rt_runtime_us", "%lld",
			  (long long)c->realtime_runtime.v)
			->op = CGROUP_SET_RT;
}

void values_of_cpu(struct values *b, const struct spec_cpu *c)
{
	values_of_share(b, c);
	values_of_bandwidth(b, c);
	values_of_realtime(b, c);
	if (c->cpus && c->cpus[0])
		value_set(b, RESOURCE("cpu.cpus"), "cpuset", "cpuset.cpus", "%s", c->cpus);
	if (c->mems && c->mems[0])
		value_set(b, RESOURCE("cpu.mems"), "cpuset", "cpuset.mems", "%s", c->mems);
}
