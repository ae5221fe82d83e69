/* SPDX-License-Identifier: Apache-2.0 */
/* The rules for linux.resources: runtime-spec config-linux.md, "Control groups". What depends on the cgroup
 * version is the plan's. */
#include "spec/check.h"

/* "Allowed device list": type a, b, c; access of r, w, m. */
static int check_device_rules(const char *at, const struct spec_resources *res)
{
	for (size_t i = 0; i < res->devices.n; i++) {
		const struct spec_device_rule *rule = &res->devices.v[i];

		if (rule->type && !streq(rule->type, "a") && !streq(rule->type, "b") &&
		    !streq(rule->type, "c"))
			return fail(0, "%sdevices[%zu].type: '%s' is not one of a, b, c", at, i,
				    SHOW(rule->type));
		if (rule->access && (strlen(rule->access) > 3 || rule->access[strspn(rule->access, "rwm")]))
			return fail(0, "%sdevices[%zu].access: '%s' is not made of r, w, m", at, i,
				    SHOW(rule->access));
	}
	return 0;
}

/* "Memory": swap is memory and swap together. */
static int check_memory(const char *at, const struct spec_resources *res)
{
	const struct spec_memory *m = res->memory;

	if (m && m->limit.v > 0 && m->swap.v > 0 && m->swap.v < m->limit.v)
		return fail(0,
			    "%smemory.swap: %lld is below the limit %lld: it counts memory and swap together",
			    at, (long long)m->swap.v, (long long)m->limit.v);
	return 0;
}

/* "CPU": the kernel's list format (cpuset(7)), which knows "0-31:1/2" too. */
static int check_cpu(const char *at, const struct spec_resources *res)
{
	const struct spec_cpu *c = res->cpu;

	if (c && c->cpus && c->cpus[strspn(c->cpus, "0123456789,-:/ ")])
		return fail(0, "%scpu.cpus: '%s' is not a list like 0-3,7", at, SHOW(c->cpus));
	if (c && c->mems && c->mems[strspn(c->mems, "0123456789,-:/ ")])
		return fail(0, "%scpu.mems: '%s' is not a list like 0-3,7", at, SHOW(c->mems));
	return 0;
}

/* 10..1000; 0 is what Docker writes for "unset". */
static bool is_weight(const struct opt_u32 *weight)
{
	return !weight->v || (weight->v >= 10 && weight->v <= 1000);
}

static int refuse_weight(const char *at, const char *place, const struct opt_u32 *weight)
{
	return fail(0, "%sblockIO.%s: %u is not in 10..1000", at, place, weight->v);
}

/* "Block IO": weights from 10 to 1000. */
static int check_block_io(const char *at, const struct spec_resources *res)
{
	const struct spec_block_io *io = res->block_io;

	if (!io)
		return 0;
	if (!is_weight(&io->weight))
		return refuse_weight(at, "weight", &io->weight);
	if (!is_weight(&io->leaf_weight))
		return refuse_weight(at, "leafWeight", &io->leaf_weight);
	for (size_t i = 0; i < io->weight_device.n; i++) {
		const struct spec_block_weight *w = &io->weight_device.v[i];
		const struct opt_u32 *wrong = !is_weight(&w->weight)	    ? &w->weight
					      : !is_weight(&w->leaf_weight) ? &w->leaf_weight
									    : NULL;
		char place[64];
		struct text t = TEXT(place);

		text_add(&t, "weightDevice[%zu].%s", i, wrong == &w->weight ? "weight" : "leafWeight");
		if (wrong)
			return refuse_weight(at, place, wrong);
	}
	return 0;
}

/* "Huge page limits": the schema's ^[1-9][0-9]*[KMG]B$; the size becomes part of a file's name. */
static int check_hugepages(const char *at, const struct spec_resources *res)
{
	for (size_t i = 0; i < res->hugepage_limits.n; i++) {
		const char *size = res->hugepage_limits.v[i].page_size;
		size_t digits = strspn(size, "0123456789");

		if (!digits || digits > 12 || size[0] == '0' || strspn(size + digits, "KMG") != 1 ||
		    !streq(size + digits + 1, "B"))
			return fail(0,
				    "%shugepageLimits[%zu].pageSize: '%s' is not a size like 64KB, 2MB, 1GB",
				    at, i, SHOW(size));
	}
	return 0;
}

/* "Network": the names become part of a line. */
static int check_network(const char *at, const struct spec_resources *res)
{
	for (size_t i = 0; res->network && i < res->network->priorities.n; i++) {
		if (!is_interface_name(res->network->priorities.v[i].name))
			return fail(0, "%snetwork.priorities[%zu].name: '%s' is not the name of an interface",
				    at, i, SHOW(res->network->priorities.v[i].name));
	}
	return 0;
}

/* "RDMA": the keys become part of a line of rdma.max. */
static int check_rdma(const char *at, const struct spec_resources *res)
{
	for (size_t i = 0; i < res->rdma.n; i++) {
		const char *device = res->rdma.v[i].device;

		if (!device[0] || strchr(device, ' ') || has_control(device))
			return fail(0, "%srdma: '%s' is not the name of a device", at, SHOW(device));
		if (!res->rdma.v[i].hca_handles.set && !res->rdma.v[i].hca_objects.set)
			return fail(0, "%srdma.%s: limits nothing: set hcaHandles or hcaObjects", at,
				    SHOW(device));
	}
	return 0;
}

/* "Unified": keys are files of the container's cgroup, never elsewhere; and settings, not acts on processes.
 */
static int check_unified(const char *at, const struct spec_resources *res)
{
	static const char *const acts[] = { "cgroup.procs", "cgroup.threads", "cgroup.kill" };

	for (size_t i = 0; i < res->unified.n; i++) {
		const char *key = res->unified.v[i].key;

		if (!key[0] || streq(key, ".") || streq(key, "..") || strchr(key, '/') || has_control(key))
			return fail(0, "%sunified: '%s' is not the name of a file of a cgroup", at,
				    SHOW(key));
		for (size_t a = 0; a < ARRAY_SIZE(acts); a++) {
			if (streq(key, acts[a]))
				return fail(0, "%sunified: %s is not a setting: remove it", at, key);
		}
	}
	return 0;
}

int check_resources(const char *at, const struct spec_resources *resources)
{
	static int (*const rules[])(const char *, const struct spec_resources *) = {
		check_device_rules, check_memory,  check_cpu,  check_block_io,
		check_hugepages,    check_network, check_rdma, check_unified,
	};

	for (size_t i = 0; i < ARRAY_SIZE(rules); i++) {
		int r = rules[i](at, resources);

		if (r < 0)
			return r;
	}
	return 0;
}
