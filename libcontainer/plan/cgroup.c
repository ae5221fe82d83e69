/* SPDX-License-Identifier: Apache-2.0 */
/*
 * plan/cgroup.c: linux.cgroupsPath as a path, linux.resources as values for files. Pure.
 */
#include "plan/cgroup.h"

#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/err.h"
#include "base/path.h"
#include "base/str.h"
#include "plan/cgroup_values.h"

/* ---- the path ---- */

static bool is_systemd_form(const char *path)
{
	const char *first = strchr(path, ':');

	return path[0] != '/' && first && strchr(first + 1, ':');
}

/* Where a relative path starts: "" or "/a/b". */
static size_t base_length(const struct cgroup_host *host)
{
	const char *own = host->n > 0 ? host->v[0].own : "/";

	return host->mode == CGROUP_V2 ? (size_t)(strrchr(own, '/') - own) : 0;
}

int plan_cgroup_path(struct arena *arena, const struct cgroup_host *host, const char *cgroups_path,
		     const char *id, const char **ret_path)
{
	const char *own = host->n > 0 ? host->v[0].own : "/", *path = cgroups_path;
	char clean[PATH_MAX];
	int r;

	if (path && is_systemd_form(path))
		return fail(EINVAL,
			    "linux.cgroupsPath: '%s' is a path of systemd's, for the systemd cgroup manager",
			    path);
	if (!path || !path[0])
		path = arena_printf(arena, "%.*s/cruet-%s", (int)base_length(host), own, id);
	else if (path[0] != '/')
		path = arena_printf(arena, "%.*s/%s", (int)base_length(host), own, path);
	if (!path)
		return -ENOMEM;
	r = path_normalise(path, clean, sizeof(clean));
	if (r < 0)
		return fail_in(r, "linux.cgroupsPath");
	/* "." is a relative path to the caller's own place: never the container's */
	if (!clean[1] ||
	    (cgroups_path && cgroups_path[0] && cgroups_path[0] != '/' && strlen(clean) <= base_length(host)))
		return fail(EINVAL, "linux.cgroupsPath: '%s' names no cgroup of its own", cgroups_path);
	*ret_path = arena_strdup(arena, clean);
	return *ret_path ? 0 : -ENOMEM;
}

/* ---- the list ---- */

struct cgroup_write *value_set(struct values *b, const char *property, const char *controller,
			       const char *file, const char *fmt, ...)
{
	struct cgroup_write *w = b->failed || b->n == b->max ? &b->nowhere : &b->v[b->n];
	char text[1024];
	va_list args;
	int n;

	va_start(args, fmt);
	n = vsnprintf(text, sizeof(text), fmt, args);
	va_end(args);
	if (!b->failed && b->n == b->max)
		b->failed = fail(E2BIG, "%s: too many values", property);
	/* a newline would be a second value, past what was checked */
	if (!b->failed && (n < 0 || n >= (int)sizeof(text) || strchr(text, '\n')))
		b->failed = fail(EINVAL, "%s: '%.64s' cannot be a value", property, text);
	*w = (struct cgroup_write){ .controller = controller, .file = file, .property = property };
	if (b->failed)
		return &b->nowhere;
	w->value = arena_strdup(b->arena, text);
	if (!w->value)
		b->failed = -ENOMEM;
	b->n++;
	return w;
}

struct cgroup_write *value_limit(struct values *b, const char *property, const char *controller,
				 const char *file, int64_t limit, const char *unlimited)
{
	if (limit < -1)
		value_refuse(b, property, "is less than -1");
	if (limit == -1)
		return value_set(b, property, controller, file, "%s", unlimited);
	return value_set(b, property, controller, file, "%lld", (long long)limit);
}

void value_refuse(struct values *b, const char *property, const char *why)
{
	if (!b->failed)
		b->failed = fail(EINVAL, "%s %s", property, why);
}

void value_missing(struct values *b, const char *property)
{
	if (!b->failed)
		b->failed =
			fail(EOPNOTSUPP, "%s: cgroup %s has nothing like it", property, b->v2 ? "v2" : "v1");
}

/* ---- the smaller properties ---- */

/* 0 is a limit: no further process. */
static void values_of_pids(struct values *b, const struct spec_pids *pids)
{
	if (pids->limit.set)
		value_limit(b, RESOURCE("pids.limit"), "pids", "pids.max", pids->limit.v, "max");
}

/* "2MB", as the kernel names the files. */
static bool is_page_size(const char *s)
{
	size_t digits = strspn(s, "0123456789");

	return digits > 0 && digits < 10 &&
	       (streq(s + digits, "KB") || streq(s + digits, "MB") || streq(s + digits, "GB"));
}

/* Usage and reservation: a mapping is refused at mmap, before a fault would be SIGBUS, where the kernel has
 * the second (until 5.7 is the oldest). */
static void values_of_hugepages(struct values *b, const struct spec_hugepage_limit *v, size_t n)
{
	const char *what = b->v2 ? "max" : "limit_in_bytes";

	for (size_t i = 0; i < n; i++) {
		const char *file, *reserved;

		if (!is_page_size(v[i].page_size)) {
			value_refuse(b, RESOURCE("hugepageLimits.pageSize"), "is not like '2MB'");
			return;
		}
		file = arena_printf(b->arena, "hugetlb.%s.%s", v[i].page_size, what);
		reserved = arena_printf(b->arena, "hugetlb.%s.rsvd.%s", v[i].page_size, what);
		if (!file || !reserved) {
			b->failed = -ENOMEM;
			return;
		}
		value_set(b, RESOURCE("hugepageLimits"), "hugetlb", file, "%llu",
			  (unsigned long long)v[i].limit);
		value_set(b, RESOURCE("hugepageLimits"), "hugetlb", reserved, "%llu",
			  (unsigned long long)v[i].limit)
			->may_be_missing = true;
	}
}

static void values_of_rdma(struct values *b, const struct spec_rdma *v, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		char limits[80];
		struct text t = TEXT(limits);

		if (!v[i].device[0] || strpbrk(v[i].device, " \t\n")) {
			value_refuse(b, RESOURCE("rdma"), "has a device name that cannot be one");
			return;
		}
		limits[0] = '\0';
		if (v[i].hca_handles.set)
			text_add(&t, " hca_handle=%u", v[i].hca_handles.v);
		if (v[i].hca_objects.set)
			text_add(&t, " hca_object=%u", v[i].hca_objects.v);
		if (t.len > 0)
			value_set(b, RESOURCE("rdma"), "rdma", "rdma.max", "%s%s", v[i].device, limits);
	}
}

static void values_of_network(struct values *b, const struct spec_network *net)
{
	bool class = net->class_id.set && net->class_id.v != 0;

	if (b->v2 && (class || net->priorities.n > 0)) {
		value_missing(b, class ? RESOURCE("network.classID") : RESOURCE("network.priorities"));
		return;
	}
	if (class)
		value_set(b, RESOURCE("network.classID"), "net_cls", "net_cls.classid", "%u",
			  net->class_id.v);
	for (size_t i = 0; i < net->priorities.n; i++) {
		const struct spec_net_priority *p = &net->priorities.v[i];

		if (!p->name[0] || strpbrk(p->name, " \t\n"))
			value_refuse(b, RESOURCE("network.priorities"),
				     "has a device name that cannot be one");
		else
			value_set(b, RESOURCE("network.priorities"), "net_prio", "net_prio.ifpriomap",
				  "%s %u", p->name, p->priority);
	}
}

/* ---- unified ---- */

/* What was converted for a file that the user wrote himself. */
static void drop_file(struct values *b, const char *file)
{
	size_t kept = 0;

	for (size_t i = 0; i < b->n; i++) {
		bool drop = streq(b->v[i].file, file) && b->v[i].op != CGROUP_CHECK_BELOW;

		/* of two that stand for each other the other one stays, but is not needed any more */
		if (drop && b->v[i].op == CGROUP_SET_OR_NEXT && i + 1 < b->n)
			b->v[i + 1].may_be_missing = true;
		if (drop && kept > 0 && b->v[kept - 1].op == CGROUP_SET_OR_NEXT) {
			b->v[kept - 1].op = CGROUP_SET;
			b->v[kept - 1].may_be_missing = true;
		}
		if (!drop)
			b->v[kept++] = b->v[i];
	}
	b->n = kept;
}

/* A value of several lines, like one for io.max, is as many writes. */
static void put_lines(struct values *b, const char *controller, const struct string_pair *pair)
{
	const char *property = arena_printf(b->arena, RESOURCE("unified[%s]"), pair->key);
	const char *line = pair->value;

	if (!property) {
		b->failed = -ENOMEM;
		return;
	}
	do {
		size_t n = strcspn(line, "\n");

		if (n > 0 || !pair->value[0])
			value_set(b, property, controller, pair->key, "%.*s", (int)n, line);
		line += n;
		line += *line == '\n';
	} while (*line && !b->failed);
}

/* Names of files as they are; cgroup.* are of no controller. GHSA-5g49-rx9x-qfc6: names that left the
 * directory. */
static void values_of_unified(struct values *b, const struct string_map *unified)
{
	for (size_t i = 0; i < unified->n && !b->failed; i++) {
		const struct string_pair *pair = &unified->v[i];
		size_t n = strcspn(pair->key, ".");
		const char *controller;

		if (!b->v2)
			value_missing(b, RESOURCE("unified"));
		else if (!path_is_component(pair->key) || n == 0 || !pair->key[n] ||
			 strpbrk(pair->key, " \n"))
			value_refuse(b, RESOURCE("unified"),
				     "has a key that is not the name of a cgroup file");
		if (b->failed)
			return;
		controller = strncmp(pair->key, "cgroup.", 7) ? arena_strndup(b->arena, pair->key, n) : "";
		if (!controller) {
			b->failed = -ENOMEM;
			return;
		}
		drop_file(b, pair->key);
		put_lines(b, controller, pair);
	}
}

/* ---- all of it ---- */

#define VALUES_MAX     8192
#define OF_THE_SCALARS 32 /* more than what memory, cpu, pids, weights and class can come to */

static size_t count_lines(const struct string_map *unified)
{
	size_t n = 0;

	for (size_t i = 0; i < unified->n; i++)
		for (const char *s = unified->v[i].value; s; s = strchr(s, '\n'), s += s ? 1 : 0)
			n++;
	return n;
}

static size_t values_max(const struct spec_resources *r)
{
	size_t n = OF_THE_SCALARS + 2 * r->hugepage_limits.n + r->rdma.n + count_lines(&r->unified);

	if (r->network)
		n += r->network->priorities.n;
	if (r->block_io)
		n += 4 * r->block_io->weight_device.n + r->block_io->throttle_read_bps.n +
		     r->block_io->throttle_write_bps.n + r->block_io->throttle_read_iops.n +
		     r->block_io->throttle_write_iops.n;
	return n < VALUES_MAX ? n : VALUES_MAX;
}

/* What containers expect to see, and what a value needs besides. */
static const char *controllers_of(struct values *b)
{
	char list[512] = "cpuset cpu io memory hugetlb pids";
	struct text t = { list, sizeof(list), strlen(list), false };

	for (size_t i = 0; i < b->n; i++) {
		const char *c = b->v[i].controller, *at = list;
		size_t n = strlen(c);

		while (n > 0 && (at = strstr(at, c)) &&
		       !((at == list || at[-1] == ' ') && (at[n] == ' ' || !at[n])))
			at++;
		if (n > 0 && !at)
			text_add(&t, " %s", c);
	}
	if (t.truncated) {
		value_refuse(b, RESOURCE("unified"), "names too many controllers");
		return NULL;
	}
	return arena_strdup(b->arena, list);
}

int plan_cgroup_values(struct arena *arena, enum cgroup_mode mode, const struct spec_resources *resources,
		       struct plan_cgroup_values *ret_values)
{
	static const struct spec_resources none;
	const struct spec_resources *r = resources ? resources : &none;
	struct values b = { .arena = arena, .v2 = mode == CGROUP_V2, .max = values_max(r) };
	const char *controllers;

	b.v = arena_array(arena, b.max, struct cgroup_write);
	if (!b.v)
		return -ENOMEM;
	if (r->memory)
		values_of_memory(&b, r->memory);
	if (r->cpu)
		values_of_cpu(&b, r->cpu);
	if (r->pids)
		values_of_pids(&b, r->pids);
	if (r->block_io)
		values_of_block_io(&b, r->block_io);
	values_of_hugepages(&b, r->hugepage_limits.v, r->hugepage_limits.n);
	values_of_rdma(&b, r->rdma.v, r->rdma.n);
	if (r->network)
		values_of_network(&b, r->network);
	values_of_unified(&b, &r->unified);
	if (b.failed)
		return b.failed;
	controllers = controllers_of(&b);
	if (!controllers)
		return b.failed ? b.failed : -ENOMEM;
	*ret_values = (struct plan_cgroup_values){ b.v, b.n, controllers };
	return 0;
}
