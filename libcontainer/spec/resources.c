/* SPDX-License-Identifier: Apache-2.0 */
/* spec/resources.c: linux.resources after an update: what was, with what is new over it; and the text of it. */
#include <string.h>

#include "base/err.h"
#include "base/json_table.h"
#include "base/str.h"
#include "spec/spec.h"
#include "spec/tables.h"

/* As every LIST looks. */
struct list {
	const void *v;
	size_t n;
};

static bool same_device(const void *a, const void *b)
{
	return memcmp(a, b, 2 * sizeof(int64_t)) == 0; /* major and minor, with which both structs begin */
}

static bool same_string(const void *a, const void *b)
{
	return streq(*(const char *const *)a, *(const char *const *)b);
}

/* The entries of `old` that `new` says nothing about, then those of `new`. */
static int merge_list(struct arena *arena, void *into, const void *from, size_t size,
		      bool (*same)(const void *a, const void *b))
{
	struct list old, new;
	char *v;
	size_t n = 0;

	memcpy(&old, into, sizeof(old));
	memcpy(&new, from, sizeof(new));
	if (!new.n)
		return 0;
	v = arena_alloc(arena, old.n + new.n, size);
	if (!v)
		return -ENOMEM;
	for (size_t i = 0; i < old.n; i++) {
		const char *entry = (const char *)old.v + i * size;
		size_t k = 0;

		while (k < new.n && !same(entry, (const char *)new.v + k *size))
			k++;
		if (k == new.n)
			memcpy(v + n++ * size, entry, size);
	}
	memcpy(v + n * size, new.v, new.n *size);
	old = (struct list){ v, n + new.n };
	memcpy(into, &old, sizeof(old));
	return 0;
}

#define MERGE(arena, into, from, member, same)                                                               \
	merge_list(arena, &(into)->member, &(from)->member, sizeof((into)->member.v[0]), same)
#define TAKE(into, from, member) ((from)->member.set ? (void)((into)->member = (from)->member) : (void)0)
/* Of these 0 means "as it is". */
#define ASKS(from, member) ((from)->member.set && (from)->member.v != 0)
#define TAKE_UNLESS_0(into, from, member)                                                                    \
	(ASKS(from, member) ? (void)((into)->member = (from)->member) : (void)0)

/* A copy of `old` to be changed, or an empty one. */
static void *copy_of(struct arena *arena, const void *old, size_t size)
{
	void *copy = arena_alloc(arena, 1, size);

	if (copy && old)
		memcpy(copy, old, size);
	return copy;
}

/* The sum of memory and swap that follows from another limit on memory alone: with none on memory there is none on both,
 * and where the kernel keeps swap apart, its part stays as it was. */
static void follow_limit(struct spec_memory *m, const struct spec_memory *new, bool swap_apart)
{
	if (!ASKS(new, limit) || ASKS(new, swap))
		return;
	if (new->limit.v == -1)
		m->swap = (struct opt_i64){ true, -1 };
	else if (swap_apart && m->limit.v > 0 && m->swap.v >= m->limit.v &&
		 __builtin_add_overflow(m->swap.v - m->limit.v, new->limit.v, &m->swap.v))
		m->swap.v = INT64_MAX;
}

static int merge_memory(struct arena *arena, const struct spec_memory **into, const struct spec_memory *new,
			bool swap_apart)
{
	struct spec_memory *m;

	if (!new)
		return 0;
	m = copy_of(arena, *into, sizeof(*m));
	if (!m)
		return -ENOMEM;
	follow_limit(m, new, swap_apart);
	TAKE_UNLESS_0(m, new, limit);
	TAKE(m, new, reservation);
	TAKE_UNLESS_0(m, new, swap);
	TAKE_UNLESS_0(m, new, kernel);
	TAKE_UNLESS_0(m, new, kernel_tcp);
	TAKE(m, new, swappiness);
	TAKE(m, new, disable_oom_killer);
	TAKE(m, new, use_hierarchy);
	TAKE(m, new, check_before_update);
	*into = m;
	return 0;
}

static int merge_cpu(struct arena *arena, const struct spec_cpu **into, const struct spec_cpu *new)
{
	struct spec_cpu *c;

	if (!new)
		return 0;
	c = copy_of(arena, *into, sizeof(*c));
	if (!c)
		return -ENOMEM;
	/* the kernel keeps no weight for an idle cgroup: afterwards it is the default, unless one is given */
	if (new->idle.set &&new->idle.v == 1)
		c->shares.set = false;
	TAKE_UNLESS_0(c, new, shares);
	TAKE_UNLESS_0(c, new, period);
	TAKE(c, new, burst);
	TAKE_UNLESS_0(c, new, realtime_period);
	TAKE_UNLESS_0(c, new, quota);
	TAKE_UNLESS_0(c, new, realtime_runtime);
	TAKE(c, new, idle);
	if (new->cpus &&new->cpus[0])
		c->cpus = new->cpus;
	if (new->mems &&new->mems[0])
		c->mems = new->mems;
	*into = c;
	return 0;
}

static int merge_block_io(struct arena *arena, const struct spec_block_io **into,
			  const struct spec_block_io *new)
{
	struct spec_block_io *io;
	int r;

	if (!new)
		return 0;
	io = copy_of(arena, *into, sizeof(*io));
	if (!io)
		return -ENOMEM;
	TAKE_UNLESS_0(io, new, weight);
	TAKE_UNLESS_0(io, new, leaf_weight);
	r = MERGE(arena, io, new, weight_device, same_device);
	if (r == 0)
		r = MERGE(arena, io, new, throttle_read_bps, same_device);
	if (r == 0)
		r = MERGE(arena, io, new, throttle_write_bps, same_device);
	if (r == 0)
		r = MERGE(arena, io, new, throttle_read_iops, same_device);
	if (r == 0)
		r = MERGE(arena, io, new, throttle_write_iops, same_device);
	*into = io;
	return r;
}

static int merge_network(struct arena *arena, const struct spec_network **into,
			 const struct spec_network *new)
{
	struct spec_network *net;
	int r;

	if (!new)
		return 0;
	net = copy_of(arena, *into, sizeof(*net));
	if (!net)
		return -ENOMEM;
	TAKE_UNLESS_0(net, new, class_id);
	r = MERGE(arena, net, new, priorities, same_string);
	*into = net;
	return r;
}

static int merge_pids(struct arena *arena, const struct spec_pids **into, const struct spec_pids *new)
{
	(void)arena;
	if (new &&new->limit.set)
		*into = new;
	return 0;
}

int spec_merge_resources(struct arena *arena, const struct spec_resources *old,
			 const struct spec_resources *new, bool swap_apart,
			 const struct spec_resources **ret_resources)
{
	struct spec_resources *both = copy_of(arena, old, sizeof(*both));
	int r;

	if (!both)
		return -ENOMEM;
	if (new->devices.n) /* rules are in order: a list stands for itself */
		both->devices = new->devices;
	r = merge_memory(arena, &both->memory, new->memory, swap_apart);
	if (r == 0)
		r = merge_cpu(arena, &both->cpu, new->cpu);
	if (r == 0)
		r = merge_pids(arena, &both->pids, new->pids);
	if (r == 0)
		r = merge_block_io(arena, &both->block_io, new->block_io);
	if (r == 0)
		r = merge_network(arena, &both->network, new->network);
	if (r == 0)
		r = MERGE(arena, both, new, hugepage_limits, same_string);
	if (r == 0)
		r = MERGE(arena, both, new, rdma, same_string);
	if (r == 0)
		r = MERGE(arena, both, new, unified, same_string);
	if (r == 0)
		*ret_resources = both;
	return r;
}

int spec_write_resources(struct arena *arena, const struct spec_resources *resources, const char **ret_text,
			 size_t *ret_n)
{
	struct json_writer *w = json_writer_begin(arena, NULL);

	if (!w)
		return -ENOMEM;
	json_object(w, NULL);
	json_write_fields(w, &spec_resources_table, resources);
	json_end_object(w);
	return json_writer_end(w, ret_text, ret_n);
}
