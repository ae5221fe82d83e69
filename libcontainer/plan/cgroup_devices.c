/* SPDX-License-Identifier: Apache-2.0 */
/*
 * plan/cgroup_devices.c: linux.resources.devices as numbers. Pure. Nothing is allowed that is not named
 * (runc's GHSA-g54h-m393-cpwq took an empty list for "all"), but for what the specification gives every
 * container.
 */
#include "plan/cgroup.h"

#include <string.h>

#include "base/err.h"

/* OCI config-linux.md "Default Devices", and that nodes may be made: making is not opening. */
static const struct device_rule for_everyone[] = {
	{ true, 'c', -1, -1, DEVICE_MKNOD }, { true, 'b', -1, -1, DEVICE_MKNOD },
	{ true, 'c', 1, 3, DEVICE_ALL },    /* null */
	{ true, 'c', 1, 5, DEVICE_ALL },    /* zero */
	{ true, 'c', 1, 7, DEVICE_ALL },    /* full */
	{ true, 'c', 1, 8, DEVICE_ALL },    /* random */
	{ true, 'c', 1, 9, DEVICE_ALL },    /* urandom */
	{ true, 'c', 5, 0, DEVICE_ALL },    /* tty */
	{ true, 'c', 5, 2, DEVICE_ALL },    /* ptmx */
	{ true, 'c', 136, -1, DEVICE_ALL }, /* pts/N, the console */
	{ true, 'c', 10, 200, DEVICE_ALL }, /* net/tun, as runc gives it */
};

static int access_bits(const char *access, unsigned int *ret)
{
	unsigned int bits = 0;

	for (const char *s = access ? access : "rwm"; *s; s++) {
		unsigned int bit = *s == 'r'   ? DEVICE_READ
				   : *s == 'w' ? DEVICE_WRITE
				   : *s == 'm' ? DEVICE_MKNOD
					       : 0;

		if (!bit)
			return -EINVAL;
		bits |= bit;
	}
	*ret = bits;
	return 0;
}

/* Absent and -1 both stand for all. */
static bool number_of(struct opt_i64 given, int64_t *ret)
{
	*ret = given.set ? given.v : -1;
	return *ret >= -1 && *ret <= INT32_MAX;
}

static int convert(const struct spec_device_rule *rule, size_t i, struct device_rule *ret)
{
	const char *type = rule->type ? rule->type : "a";

	*ret = (struct device_rule){ .allow = rule->allow, .type = type[0] };
	if (!type[0] || type[1] || !strchr("abc", type[0]))
		return fail(EINVAL, "linux.resources.devices[%zu].type: '%s' is not a, b or c", i, type);
	if (!number_of(rule->major, &ret->major))
		return fail(EINVAL, "linux.resources.devices[%zu].major: out of range", i);
	if (!number_of(rule->minor, &ret->minor))
		return fail(EINVAL, "linux.resources.devices[%zu].minor: out of range", i);
	if (access_bits(rule->access, &ret->access) < 0)
		return fail(EINVAL, "linux.resources.devices[%zu].access: '%s' is not made of r, w and m", i,
			    rule->access);
	return 0;
}

int plan_device_rules(struct arena *arena, const struct spec_resources *resources,
		      struct plan_device_rules *ret_rules)
{
	size_t asked = resources ? resources->devices.n : 0, n = 0;
	struct device_rule *v = arena_array(arena, 1 + asked + ARRAY_SIZE(for_everyone), struct device_rule);

	if (!v)
		return -ENOMEM;
	v[n++] = (struct device_rule){ false, 'a', -1, -1, DEVICE_ALL };
	for (size_t i = 0; i < asked; i++) {
		int r = convert(&resources->devices.v[i], i, &v[n++]);

		if (r < 0)
			return r;
	}
	memcpy(v + n, for_everyone, sizeof(for_everyone));
	*ret_rules = (struct plan_device_rules){ v, n + ARRAY_SIZE(for_everyone) };
	return 0;
}
