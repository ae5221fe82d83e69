/* SPDX-License-Identifier: Apache-2.0 */
/*
 * plan/cgroup_memory.c: linux.resources.memory as values. Pure. A limit or swap of 0 means "as it is": Go
 * callers write it for what their user did not ask for.
 */
#include "plan/cgroup_values.h"

static void swap_v2(struct values *b, int64_t limit, int64_t swap)
{
	struct cgroup_write *w;

	if (swap != -1 && limit <= 0) {
		value_refuse(b, RESOURCE("memory.swap"),
			     "needs memory.limit, as it counts memory and swap together");
		return;
	}
	/* the same as the limit is no swap at all, which is not the same as no limit on swap */
	w = value_limit(b, RESOURCE("memory.swap"), "memory", "memory.swap.max",
			swap == -1 ? -1 : swap - limit, "max");
	w->may_be_missing = swap == -1 || swap == limit;
}

static void values_of_swap(struct values *b, const struct spec_memory *m)
{
	int64_t limit = m->limit.set ? m->limit.v : 0, swap = m->swap.set ? m->swap.v : 0;
	struct cgroup_write *w;
	bool asked = swap != 0;

	/* no limit on memory is none on memory and swap either, as it was on v1 */
	if (!asked && limit == -1)
		swap = -1;
	if (swap == 0)
		return;
	if (swap < -1 || (swap > 0 && limit > swap)) {
		value_refuse(b, RESOURCE("memory.swap"), "is less than memory.limit, which it includes");
	} else if (b->v2) {
		swap_v2(b, limit, swap);
	} else {
		w = value_limit(b, RESOURCE("memory.swap"), "memory", "memory.memsw.limit_in_bytes", swap,
				"-1");
		w->may_be_missing = swap == -1 || swap == limit;
		w->again = true;
	}
}

static void values_of_limit(struct values *b, const struct spec_memory *m)
{
	struct cgroup_write *w;

	if (!m->limit.set || m->limit.v == 0)
		return;
	if (m->check_before_update.set && m->check_before_update.v && m->limit.v > 0) {
		w = value_set(b, RESOURCE("memory.limit"), "memory",
			      b->v2 ? "memory.current" : "memory.usage_in_bytes", "%lld",
			      (long long)m->limit.v);
		w->op = CGROUP_CHECK_BELOW;
	}
	w = value_limit(b, RESOURCE("memory.limit"), "memory", b->v2 ? "memory.max" : "memory.limit_in_bytes",
			m->limit.v, b->v2 ? "max" : "-1");
	w->again = !b->v2;
}

/* Limits that v2 does not have: no limit is what it gives. */
static void only_v1_limit(struct values *b, const char *property, const char *file, struct opt_i64 limit)
{
	if (!limit.set || limit.v == 0)
		return;
	if (!b->v2)
		/* since 5.16 the kernel's memory is limited with all other: a limit of its own does nothing */
		value_limit(b, property, "memory", file, limit.v, "-1")->op = CGROUP_SET_WARN;
	else if (limit.v != -1)
		value_missing(b, property);
}

static void only_v1_switches(struct values *b, const struct spec_memory *m)
{
	if (m->swappiness.set && m->swappiness.v > 100)
		value_refuse(b, RESOURCE("memory.swappiness"), "is not between 0 and 100");
	else if (m->swappiness.set && b->v2)
		value_missing(b, RESOURCE("memory.swappiness"));
	else if (m->swappiness.set)
		value_set(b, RESOURCE("memory.swappiness"), "memory", "memory.swappiness", "%llu",
			  (unsigned long long)m->swappiness.v);

	/* on v2 the OOM killer cannot be disabled, and all is hierarchical */
	if (m->disable_oom_killer.set && b->v2 && m->disable_oom_killer.v)
		value_missing(b, RESOURCE("memory.disableOOMKiller"));
	else if (m->disable_oom_killer.set && !b->v2)
		value_set(b, RESOURCE("memory.disableOOMKiller"), "memory", "memory.oom_control", "%d",
			  m->disable_oom_killer.v);
	if (m->use_hierarchy.set && b->v2 && !m->use_hierarchy.v)
		value_missing(b, RESOURCE("memory.useHierarchy"));
	else if (m->use_hierarchy.set && !b->v2)
		value_set(b, RESOURCE("memory.useHierarchy"), "memory", "memory.use_hierarchy", "%d",
			  m->use_hierarchy.v);
}

void values_of_memory(struct values *b, const struct spec_memory *m)
{
	values_of_limit(b, m);
	values_of_swap(b, m);
	if (m->reservation.set)
		value_limit(b, RESOURCE("memory.reservation"), "memory",
			    b->v2 ? "memory.low" : "memory.soft_limit_in_bytes", m->reservation.v,
			    b->v2 ? "max" : "-1");
	only_v1_limit(b, RESOURCE("memory.kernel"), "memory.kmem.limit_in_bytes", m->kernel);
	only_v1_limit(b, RESOURCE("memory.kernelTCP"), "memory.kmem.tcp.limit_in_bytes", m->kernel_tcp);
	only_v1_switches(b, m);
}
