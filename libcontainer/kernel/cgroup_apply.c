/* SPDX-License-Identifier: Apache-2.0 */
/*
 * kernel/cgroup_apply.c: values into files of a place, in the order given. Parent only.
 */
#include "kernel/cgroup_place.h"

#include <stdio.h>
#include <string.h>

#include "base/err.h"
#include "base/fd.h"
#include "base/io.h"
#include "base/log.h"
#include "base/path.h"
#include "base/str.h"
#include "kernel/bpf_device.h"

static int check_below(const struct cgroup_dir *dir, const struct cgroup_write *w)
{
	uint64_t now, limit;
	char text[32];
	ssize_t n = read_file_at(dir->fd, w->file, text, sizeof(text));
	int r = n < 0 ? (int)n : parse_u64(text, UINT64_MAX, &now);

	if (r == 0)
		r = parse_u64(w->value, UINT64_MAX, &limit);
	if (r == 0 && now > limit)
		return fail(EBUSY, "%s: %s is %s already, above the new limit of %s", w->property, w->file,
			    text, w->value);
	return r;
}

static int set_second(const struct cgroup_dir *dir, const struct cgroup_write *w)
{
	char now[128], value[256];
	ssize_t n = read_file_at(dir->fd, w->file, now, sizeof(now));
	int len;

	if (n < 0)
		return (int)n;
	len = snprintf(value, sizeof(value), "%.*s %s", (int)strcspn(now, " "), now, w->value);
	if (len >= (int)sizeof(value))
		return -E2BIG;
	return write_file_at(dir->fd, w->file, value);
}

#define V1_UNLIMITED "9223372036854771712"

static void warn_if_ignored(const struct cgroup_dir *dir, const struct cgroup_write *w)
{
	char now[32];

	if (read_file_at(dir->fd, w->file, now, sizeof(now)) > 0 && streq(now, V1_UNLIMITED) &&
	    !streq(w->value, "-1"))
		log_warning("%s: this kernel does not keep a limit in %s: it is ignored", w->property,
			    w->file);
}

/* -errno, of which only what is wrong in itself is recorded. */
static int apply_one(const struct cgroup_place *place, const struct cgroup_write *w)
{
	const struct cgroup_dir *dir = cgroup_place_dir(place, w->controller);
	int r;

	/* GHSA-5g49-rx9x-qfc6: a name with "../" left the directory */
	if (!path_is_component(w->file))
		return fail(EINVAL, "%s: '%s' is not the name of a cgroup file", w->property, w->file);
	if (!dir)
		return -ENOENT;
	switch (w->op) {
	case CGROUP_SET:
	case CGROUP_SET_OR_NEXT:
	case CGROUP_SET_WARN:
		break;
	case CGROUP_SET_SECOND:
		return set_second(dir, w);
	case CGROUP_SET_RT:
		return dir->v2 ? -EOPNOTSUPP : cgroup_v1_set_rt(dir, place->path, w);
	case CGROUP_CHECK_BELOW:
		return check_below(dir, w);
	}
	r = write_file_at(dir->fd, w->file, w->value);
	if (r == 0 && w->op == CGROUP_SET_WARN)
		warn_if_ignored(dir, w);
	return r;
}

static int fail_write(const struct cgroup_place *place, const struct cgroup_write *w, int r)
{
	const struct cgroup_dir *dir = cgroup_place_dir(place, w->controller);

	if (r == -ENOENT && dir && !dir->v2)
		return fail(ENOENT, "%s: cgroup '%s' has no %s: this kernel does not know it", w->property,
			    place->path, w->file);
	if (r == -ENOENT)
		return fail(ENOENT,
			    "%s: cgroup '%s' has no %s (controller '%s' is not available: 'cruet features "
			    "--probe' says more)",
			    w->property, place->path, w->file, w->controller);
	return fail(-r, "%s: cannot write '%s' to %s of cgroup '%s'", w->property, w->value, w->file,
		    place->path);
}

/* The entries that were put off, once more and in order, as long as one of them gets further. */
static int apply_again(const struct cgroup_place *place, const struct cgroup_write *writes, size_t n,
		       uint64_t put_off)
{
	for (uint64_t before = 0; put_off != before;) {
		before = put_off;
		for (size_t i = 0; i < n && i < 64; i++)
			if (put_off >> i & 1 && apply_one(place, &writes[i]) == 0)
				put_off &= ~(1ull << i);
	}
	if (!put_off)
		return 0;
	writes += __builtin_ctzll(put_off);
	return fail_write(place, writes, apply_one(place, writes));
}

int cgroup_apply(const struct cgroup_place *place, const struct cgroup_write *writes, size_t n)
{
	uint64_t put_off = 0;

	for (size_t i = 0; i < n; i++) {
		const struct cgroup_write *w = &writes[i];
		int r = apply_one(place, w);

		if (r == -ENOENT && (w->may_be_missing || w->op == CGROUP_SET_OR_NEXT))
			continue;
		if ((r == -EINVAL || r == -EBUSY) && w->again && i < 64)
			put_off |= 1ull << i;
		else if (r < 0)
			return fail_write(place, w, r);
		if (w->op == CGROUP_SET_OR_NEXT)
			i++;
	}
	return put_off ? apply_again(place, writes, n, put_off) : 0;
}

/* Numbers that a device can have: 12 bits of major and 20 of minor today; a program compares 31. */
static int check_rule(const struct device_rule *r)
{
	if ((r->type == 'a' || r->type == 'b' || r->type == 'c') && r->major >= -1 && r->major <= INT32_MAX &&
	    r->minor >= -1 && r->minor <= INT32_MAX && !(r->access & ~DEVICE_ALL))
		return 0;
	return fail(EINVAL, "device rule '%c %lld:%lld'", r->type, (long long)r->major, (long long)r->minor);
}

int cgroup_load_devices(struct cgroup_place *place, const struct device_rule *rules, size_t n)
{
	const struct cgroup_dir *dir = cgroup_place_dir(place, "devices");
	int r = 0;

	for (size_t i = 0; i < n && r == 0; i++)
		r = check_rule(&rules[i]);
	if (r < 0)
		return r;
	if (!dir)
		return fail(EOPNOTSUPP, "linux.resources.devices: cgroup '%s' has no devices controller",
			    place->path);
	if (!dir->v2)
		return 0;
	r = bpf_device_load(rules, n, &place->device_program);
	place->devices_loaded = r == 0;
	return r;
}

int cgroup_set_devices(struct cgroup_place *place, const struct device_rule *rules, size_t n)
{
	struct cgroup_dir *dir = (struct cgroup_dir *)cgroup_place_dir(place, "devices");
	int r = place->devices_loaded ? 0 : cgroup_load_devices(place, rules, n);

	if (r < 0)
		return r;
	if (!dir->v2)
		return cgroup_v1_set_devices(dir, rules, n);
	r = bpf_device_attach(dir->fd, dir->made, place->device_program);
	fd_close(&place->device_program);
	place->devices_loaded = false;
	/* the next program must find this one */
	dir->made = false;
	return r;
}
