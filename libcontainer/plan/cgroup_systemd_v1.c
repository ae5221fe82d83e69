/* SPDX-License-Identifier: Apache-2.0 */
/*
 * plan/cgroup_systemd_v1.c: values for files of cgroup v1, and device rules, as systemd's properties. Pure. systemd writes
 * its controllers' files anew on a daemon-reload, the device list as well: what it does not know is gone then.
 */
#include <string.h>

#include "base/err.h"
#include "base/str.h"
#include "plan/cgroup.h"
#include "plan/cgroup_unit.h"

#define SHARES_MIN 2
#define SHARES_MAX 262144

/* The kernel takes any number, and makes the same of it. */
static void add_shares(struct unit_list *l, const char *name, const char *value)
{
	uint64_t n;

	if (parse_u64(value, UINT64_MAX, &n) == 0)
		unit_list_add(l, name, UNIT_U64,
			      n < SHARES_MIN   ? SHARES_MIN
			      : n > SHARES_MAX ? SHARES_MAX
					       : n);
}

static const char *written_to(const struct unit_list *l, const char *file)
{
	for (size_t i = 0; i < l->n_writes; i++)
		if (streq(l->writes[i].file, file))
			return l->writes[i].value;
	return NULL;
}

/* What one file of v2 has in two. */
static void add_cfs_quota(struct unit_list *l, const char *name, const char *value)
{
	const char *period = written_to(l, "cpu.cfs_period_us");
	char text[64] = "";
	struct text t = TEXT(text);

	text_add(&t, "%s%s%s", value, period ? " " : "", period ? period : "");
	if (!t.truncated)
		unit_add_quota(l, name, text);
}

static void add_cfs_period(struct unit_list *l, const char *name, const char *value)
{
	uint64_t period;

	if (!written_to(l, "cpu.cfs_quota_us") && parse_u64(value, 1000000, &period) == 0)
		unit_list_add(l, name, UNIT_U64, period);
}

static void add_blkio_weight(struct unit_list *l, const char *name, const char *value)
{
	uint64_t n;

	if (parse_u64(value, 1000, &n) == 0)
		unit_list_add(l, name, UNIT_U64, n);
}

/* "8:0 NUMBER"; 0 stands for `none`. */
static void add_of_device(struct unit_list *l, const char *name, const char *value, uint64_t none)
{
	const char *path, *number = unit_device_of(l, value, &path);
	uint64_t n;

	if (number && parse_u64(number, UINT64_MAX, &n) == 0)
		unit_list_add(l, name, UNIT_DEVICE_U64, n ? n : none)->text = path;
}

/* A weight that is taken back is systemd's default. */
static void add_device_weight(struct unit_list *l, const char *name, const char *value)
{
	add_of_device(l, name, value, 500);
}

static void add_bandwidth(struct unit_list *l, const char *name, const char *value)
{
	add_of_device(l, name, value, UINT64_MAX);
}

const struct unit_file unit_files_v1[] = {
	{ "memory.limit_in_bytes", "MemoryLimit", unit_add_limit },
	{ "pids.max", "TasksMax", unit_add_tasks },
	{ "cpu.shares", "CPUShares", add_shares },
	{ "cpu.cfs_quota_us", "CPUQuotaPerSecUSec", add_cfs_quota },
	{ "cpu.cfs_period_us", "CPUQuotaPeriodUSec", add_cfs_period },
	{ "blkio.weight", "BlockIOWeight", add_blkio_weight },
	{ "blkio.bfq.weight", "BlockIOWeight", add_blkio_weight },
	{ "blkio.weight_device", "BlockIODeviceWeight", add_device_weight },
	{ "blkio.bfq.weight_device", "BlockIODeviceWeight", add_device_weight },
	{ "blkio.throttle.read_bps_device", "BlockIOReadBandwidth", add_bandwidth },
	{ "blkio.throttle.write_bps_device", "BlockIOWriteBandwidth", add_bandwidth },
	{ NULL, NULL, NULL },
};

/* ---- device rules -------------------------------------------------------------------------------------------------- */

/* A minor number of every major one systemd has no word for: what it does not know it denies. */
static void add_device(struct text *t, uint64_t *n, const struct device_rule *r)
{
	for (const char *type = "bc"; *type; type++) {
		const char *word = *type == 'b' ? "block" : "char";

		if ((r->type != 'a' && r->type != *type) || (r->major < 0 && r->minor >= 0))
			continue;
		if (r->major < 0)
			text_add(t, "%s-*", word);
		else if (r->minor < 0)
			text_add(t, "%s-%lld", word, (long long)r->major);
		else
			text_add(t, "/dev/%s/%lld:%lld", word, (long long)r->major, (long long)r->minor);
		text_add_n(t, "", 1);
		text_add(t, "%s%s%s", r->access & DEVICE_READ ? "r" : "", r->access & DEVICE_WRITE ? "w" : "",
			 r->access & DEVICE_MKNOD ? "m" : "");
		text_add_n(t, "", 1);
		++*n;
	}
}

/* systemd allows what it is told and denies the rest. Where all is allowed but for some, it is told what every container has:
 * too little, until our rules are written again, rather than too much. Where all is allowed that is what it is told: without a
 * list it would take the cgroup away (unit_start). */
static size_t what_to_tell(const struct device_rule *rules, size_t n, struct device_rule *v,
			   size_t exceptions)
{
	static const struct device_rule all = { true, 'a', -1, -1, DEVICE_ALL };
	size_t from = n;

	if (!exceptions) {
		memcpy(v, &all, sizeof(all));
		return 1;
	}
	while (from > 0 && rules[from - 1].allow)
		from--;
	memcpy(v, rules + from, (n - from) * sizeof(*v));
	return n - from;
}

int plan_unit_devices(struct arena *arena, const struct device_rule *rules, size_t n,
		      struct unit_properties *ret_properties)
{
	struct device_rule *v = arena_array(arena, n + 1, struct device_rule);
	struct unit_property *p = arena_array(arena, 3, struct unit_property);
	size_t size = 128 * n + 1, kept;
	char *buf = arena_alloc(arena, 1, size);
	struct text t = { buf, size, 0, false };
	uint64_t told = 0;
	bool all;
	int r;

	if (!v || !p || !buf)
		return -ENOMEM;
	r = cgroup_device_exceptions(rules, n, &all, v, &kept);
	if (r < 0)
		return r;
	/* the list is added to: first an empty one, which takes back what was told before */
	p[0] = (struct unit_property){ .name = "DevicePolicy", .type = UNIT_STRING, .text = "strict" };
	p[1] = (struct unit_property){ .name = "DeviceAllow", .type = UNIT_DEVICES, .text = "" };
	if (all)
		kept = what_to_tell(rules, n, v, kept);
	for (size_t i = 0; i < kept; i++)
		add_device(&t, &told, &v[i]);
	if (t.truncated)
		return fail(E2BIG, "linux.resources.devices: too many rules");
	if (told)
		p[2] = (struct unit_property){ "DeviceAllow", UNIT_DEVICES, told, buf, false };
	*ret_properties = (struct unit_properties){ p, told ? 3 : 2 };
	return 0;
}
