/* SPDX-License-Identifier: Apache-2.0 */
/*
 * plan/cgroup_systemd.c: linux.cgroupsPath as a scope and a slice, and values for files as the properties that systemd
 * has for them. Pure. A value that no property can say stays what it is: the file is written in any case.
 */
#include <stdio.h>
#include <string.h>

#include "base/err.h"
#include "base/str.h"
#include "plan/cgroup.h"
#include "plan/cgroup_unit.h"

#define INFINITE UINT64_MAX
#define CPUS_MAX 8192

/* ---- values for files ---- */

struct unit_property *unit_list_add(struct unit_list *l, const char *name, enum unit_value type,
				    uint64_t number)
{
	struct unit_property *p = &l->v[l->n < l->max ? l->n++ : l->max];

	*p = (struct unit_property){ .name = name, .type = type, .number = number, .optional = true };
	return p;
}

static bool number_of(const char *value, uint64_t *ret)
{
	*ret = INFINITE;
	return streq(value, "max") || streq(value, "-1") || parse_u64(value, INFINITE - 1, ret) == 0;
}

void unit_add_limit(struct unit_list *l, const char *name, const char *value)
{
	uint64_t n;

	if (number_of(value, &n))
		unit_list_add(l, name, UNIT_U64, n);
}

/* 0 is "no further process", which systemd has no word for: the file has it. */
void unit_add_tasks(struct unit_list *l, const char *name, const char *value)
{
	unit_add_limit(l, name, streq(value, "0") ? "1" : value);
}

static void add_oom(struct unit_list *l, const char *name, const char *value)
{
	unit_list_add(l, name, UNIT_STRING, 0)->text = streq(value, "1") ? "kill" : "continue";
}

/* "idle" is weight 0 to systemd; who ceases to be idle has the default weight, until one is set: in the kernel, too. */
static void add_idle(struct unit_list *l, const char *name, const char *value)
{
	unit_list_add(l, name, UNIT_U64, streq(value, "1") ? 0 : INFINITE);
}

/* "QUOTA PERIOD" or "QUOTA": what of a second, in steps of 10 ms as systemd wants them, never less than asked. */
void unit_add_quota(struct unit_list *l, const char *name, const char *value)
{
	char text[64];
	struct text t = TEXT(text);
	char *space;
	uint64_t quota, period = 100000, per_second = INFINITE;

	text_add(&t, "%s", value);
	space = strchr(text, ' ');
	if (space)
		*space++ = '\0';
	if (t.truncated || !number_of(text, &quota) || (space && parse_u64(space, 1000000, &period) < 0) ||
	    period == 0)
		return;
	if (quota != INFINITE) {
		if (__builtin_mul_overflow(quota, 1000000u, &per_second))
			return;
		per_second = (per_second / period + 9999) / 10000 * 10000;
	}
	unit_list_add(l, name, UNIT_U64, per_second);
	if (space)
		unit_list_add(l, "CPUQuotaPeriodUSec", UNIT_U64, period);
}

/* "0-3,7" as bytes, bit 0 of the first is 0; none is no restriction. */
static void add_mask(struct unit_list *l, const char *name, const char *value)
{
	char *mask = arena_alloc(l->arena, 1, CPUS_MAX / 8);
	size_t bytes = 0;

	for (const char *s = value; mask && *s && *s != '\n';) {
		size_t n = strcspn(s, ","), dash = strcspn(s, "-,");
		char first[16] = "", last[16] = "";
		struct text a = TEXT(first), b = TEXT(last);
		uint64_t low, high;

		text_add_n(&a, s, dash);
		text_add_n(&b, dash < n ? s + dash + 1 : s, dash < n ? n - dash - 1 : n);
		if (a.truncated || b.truncated || parse_u64(first, CPUS_MAX - 1, &low) < 0 ||
		    parse_u64(last, CPUS_MAX - 1, &high) < 0)
			return;
		for (uint64_t i = low; i <= high; i++)
			mask[i / 8] = (char)(mask[i / 8] | 1 << i % 8);
		if (high >= low && high / 8 + 1 > bytes)
			bytes = high / 8 + 1;
		s += n + (s[n] == ',');
	}
	if (mask)
		unit_list_add(l, name, UNIT_BYTES, bytes)->text = mask;
}

const char *unit_device_of(struct unit_list *l, const char *value, const char **ret_path)
{
	size_t n = strspn(value, "0123456789:");

	if (value[n] != ' ' || !memchr(value, ':', n))
		return NULL;
	*ret_path = arena_printf(l->arena, "/dev/block/%.*s", (int)n, value);
	return *ret_path ? value + n + 1 : NULL;
}

static void add_io_weight(struct unit_list *l, const char *name, const char *value)
{
	const char *path = NULL, *weight = unit_device_of(l, value, &path);
	uint64_t n;

	if (weight && streq(weight, "default"))
		weight = "100";
	if (parse_u64(weight ? weight : starts_with(value, "default ") ? value + 8 : value, 10000, &n) < 0)
		return;
	if (weight)
		unit_list_add(l, "IODeviceWeight", UNIT_DEVICE_U64, n)->text = path;
	else
		unit_list_add(l, name, UNIT_U64, n);
}

static void add_io_max(struct unit_list *l, const char *name, const char *value)
{
	static const struct {
		const char *name, *property;
	} keys[] = {
		{ "rbps=", "IOReadBandwidthMax" },
		{ "wbps=", "IOWriteBandwidthMax" },
		{ "riops=", "IOReadIOPSMax" },
		{ "wiops=", "IOWriteIOPSMax" },
	};
	const char *path, *s = unit_device_of(l, value, &path);

	(void)name;
	for (; s && *s; s += strcspn(s, " "), s += *s == ' ')
		for (size_t i = 0; i < ARRAY_SIZE(keys); i++) {
			char text[32];
			struct text t = TEXT(text);
			uint64_t n;

			if (!starts_with(s, keys[i].name))
				continue;
			text_add_n(&t, s + strlen(keys[i].name), strcspn(s, " ") - strlen(keys[i].name));
			if (!t.truncated && number_of(text, &n))
				unit_list_add(l, keys[i].property, UNIT_DEVICE_U64, n)->text = path;
		}
}

static const struct unit_file unit_files_v2[] = {
	{ "memory.max", "MemoryMax", unit_add_limit },
	{ "memory.high", "MemoryHigh", unit_add_limit },
	{ "memory.low", "MemoryLow", unit_add_limit },
	{ "memory.min", "MemoryMin", unit_add_limit },
	{ "memory.swap.max", "MemorySwapMax", unit_add_limit },
	{ "memory.zswap.max", "MemoryZSwapMax", unit_add_limit }, /* 253 */
	{ "memory.oom.group", "OOMPolicy", add_oom },		  /* of scopes: 253 */
	{ "pids.max", "TasksMax", unit_add_tasks },
	{ "cpu.weight", "CPUWeight", unit_add_limit },
	{ "cpu.idle", "CPUWeight", add_idle }, /* 252 */
	{ "cpu.max", "CPUQuotaPerSecUSec", unit_add_quota },
	{ "cpuset.cpus", "AllowedCPUs", add_mask },
	{ "cpuset.mems", "AllowedMemoryNodes", add_mask },
	{ "io.weight", "IOWeight", add_io_weight },
	{ "io.max", NULL, add_io_max },
	{ NULL, NULL, NULL },
};

/* What writes nothing, and what only another write makes complete, is no value by itself. */
static bool is_value(const struct cgroup_write *w)
{
	return w->op != CGROUP_CHECK_BELOW && w->op != CGROUP_SET_SECOND && w->op != CGROUP_SET_OR_NEXT;
}

static void add_values(struct unit_list *l, enum cgroup_mode mode)
{
	const struct unit_file *files = mode == CGROUP_V2 ? unit_files_v2 : unit_files_v1;

	for (size_t i = 0; i < l->n_writes; i++) {
		const struct cgroup_write *w = &l->writes[i];
		uint64_t period;

		if (w->op == CGROUP_SET_SECOND && parse_u64(w->value, 1000000, &period) == 0)
			unit_list_add(l, "CPUQuotaPeriodUSec", UNIT_U64, period);
		for (const struct unit_file *f = files; is_value(w) && f->file; f++)
			if (streq(w->file, f->file))
				f->add(l, f->property, w->value);
	}
}

/* No value makes more than four properties. */
static int list_begin(struct arena *arena, const struct cgroup_write *writes, size_t n, size_t others,
		      struct unit_list *ret)
{
	struct unit_list list = { .arena = arena, .max = 4 * n + others, .writes = writes, .n_writes = n };

	list.v = arena_array(arena, list.max + 1, struct unit_property);
	if (!list.v)
		return -ENOMEM;
	*ret = list;
	return 0;
}

int plan_unit_properties(struct arena *arena, enum cgroup_mode mode, const struct cgroup_write *writes,
			 size_t n, struct unit_properties *ret_properties)
{
	struct unit_list list;
	int r = list_begin(arena, writes, n, 0, &list);

	if (r < 0)
		return r;
	add_values(&list, mode);
	*ret_properties = (struct unit_properties){ list.v, list.n };
	return 0;
}

/* ---- the name ---- */

/* As systemd-escape does it: a container's id may have what a unit's name may not. */
static void add_escaped(struct text *t, const char *s, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		char one[2] = { s[i], '\0' };

		if (strspn(one, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789:_.\\@-") ||
		    s[i] == '/')
			text_add_n(t, s + i, 1);
		else
			text_add(t, "\\x%02x", (unsigned char)s[i]);
	}
}

static int make_name(struct arena *arena, const struct plan_unit_words *words, struct unit *unit)
{
	const char *path = words->cgroups_path && words->cgroups_path[0] ? words->cgroups_path : NULL;
	const char *first = path ? strchr(path, ':') : NULL, *second = first ? strchr(first + 1, ':') : NULL;
	char name[512] = "";
	struct text t = TEXT(name);

	if (path && first && (!second || strchr(second + 1, ':')))
		return fail(EINVAL, "linux.cgroupsPath: '%s' is not SLICE:PREFIX:NAME", path);
	unit->slice = first && first > path
			      ? arena_strndup(arena, path, (size_t)(first - path))
			      : arena_strdup(arena, words->user ? "user.slice" : "system.slice");
	if (!path)
		text_add(&t, "cruet-");
	if (first && second > first + 1) {
		add_escaped(&t, first + 1, (size_t)(second - first - 1));
		text_add(&t, "-");
	}
	path = second ? second + 1 : path ? path : words->id;
	if (ends_with(path, ".slice"))
		return fail(EINVAL, "linux.cgroupsPath: '%s': a container is a scope, not a slice",
			    words->cgroups_path);
	add_escaped(&t, path, strlen(path));
	if (!path[0] || t.truncated)
		return fail(EINVAL, "linux.cgroupsPath: '%s' has no name, or a long one",
			    words->cgroups_path);
	text_add(&t, ".scope");
	if (t.truncated || !unit_name_is_valid(name, ".scope"))
		return fail(EINVAL, "linux.cgroupsPath: '%s' cannot be the name of a systemd unit", name);
	unit->name = arena_strdup(arena, name);
	unit->description = arena_printf(arena, "container %s", words->id);
	return unit->slice && unit->name && unit->description ? 0 : -ENOMEM;
}

/* The cgroup of the user's manager: an ancestor of the caller's own, or where systemd puts it. */
static const char *manager_path(struct arena *arena, const struct cgroup_host *host,
				const struct plan_unit_words *words)
{
	const char *own = host->n > 0 ? host->v[0].own : "/", *at;
	char service[48];

	if (!words->user)
		return "";
	at = strstr(own, "/user@");
	if (at && starts_with(at + 6 + strspn(at + 6, "0123456789"), ".service"))
		return arena_strndup(arena, own, (size_t)(at - own) + 1 + strcspn(at + 1, "/"));
	snprintf(service, sizeof(service), "/user-%u.slice/user@%u.service", words->uid, words->uid);
	return arena_printf(arena, "/user.slice%s", service);
}

int plan_unit(struct arena *arena, const struct cgroup_host *host, const struct plan_unit_words *words,
	      const struct unit **ret_unit, const char **ret_path)
{
	struct unit *unit = arena_new(arena, struct unit);
	struct unit_list list;
	const char *slice, *manager = manager_path(arena, host, words);
	int r;

	if (!unit || !manager)
		return -ENOMEM;
	r = list_begin(arena, words->values->v, words->values->n, words->annotations->n, &list);
	if (r < 0)
		return r;
	r = make_name(arena, words, unit);
	if (r == 0)
		r = unit_slice_path(arena, unit->slice, &slice);
	if (r < 0)
		return fail_in(r, "--systemd-cgroup");
	add_values(&list, host->mode);
	r = unit_annotations(&list, words->annotations);
	unit->v1 = host->mode != CGROUP_V2;
	if (r == 0 && unit->v1 && words->devices)
		r = plan_unit_devices(arena, words->devices->v, words->devices->n, &unit->devices);
	if (r < 0)
		return r;
	unit->properties = (struct unit_properties){ list.v, list.n };
	*ret_path = arena_printf(arena, "%s%s/%s", manager, slice, unit->name);
	*ret_unit = unit;
	return *ret_path ? 0 : -ENOMEM;
}
