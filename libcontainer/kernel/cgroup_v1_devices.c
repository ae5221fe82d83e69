/* SPDX-License-Identifier: Apache-2.0 */
/*
 * kernel/cgroup_v1_devices.c: device rules for the devices controller of version 1. Parent only. Source:
 * kernel security/device_cgroup.c, Documentation/admin-guide/cgroup-v1/devices.rst.
 *
 * That controller holds a default (all allowed or all denied) and exceptions to it. A rule against the
 * default adds an exception; one in its favour takes earlier exceptions back. The kernel does that only for
 * exactly the same numbers: here for all that the rule covers, before they are written. A rule that would
 * take back a part of an exception is refused, not misread.
 */
#include "kernel/cgroup_place.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/err.h"
#include "base/io.h"
#include "base/str.h"

static bool is_default(const struct device_rule *r)
{
	return r->type == 'a' && r->major < 0 && r->minor < 0 && (r->access & DEVICE_ALL) == DEVICE_ALL;
}

static bool covers(const struct device_rule *wide, const struct device_rule *narrow)
{
	return (wide->type == 'a' || wide->type == narrow->type) &&
	       (wide->major < 0 || wide->major == narrow->major) &&
	       (wide->minor < 0 || wide->minor == narrow->minor);
}

static bool overlap(const struct device_rule *a, const struct device_rule *b)
{
	return (a->type == b->type || a->type == 'a' || b->type == 'a') &&
	       (a->major == b->major || a->major < 0 || b->major < 0) &&
	       (a->minor == b->minor || a->minor < 0 || b->minor < 0) && (a->access & b->access);
}

/* A rule in favour of the default must not cut a part out of an exception before it. */
static int refuse_hole(const struct device_rule *rules, size_t at)
{
	const struct device_rule *r = &rules[at];

	for (size_t i = 0; i < at; i++)
		if (rules[i].allow != r->allow && overlap(&rules[i], r) && !covers(r, &rules[i]))
			return fail(EOPNOTSUPP,
				    "linux.resources.devices: cgroup v1 cannot %s a part of what an earlier "
				    "rule %s",
				    r->allow ? "allow" : "deny", r->allow ? "denies" : "allows");
	return 0;
}

/* What is left of the exception at `at` once the rules behind it are heard. */
static struct device_rule without_taken_back(const struct device_rule *rules, size_t n, size_t at)
{
	struct device_rule left = rules[at];

	for (size_t i = at + 1; i < n; i++)
		if (rules[i].allow != left.allow && covers(&rules[i], &left))
			left.access &= ~rules[i].access;
	return left;
}

static void number_text(int64_t number, char *buf, size_t size)
{
	if (number < 0)
		snprintf(buf, size, "*");
	else
		snprintf(buf, size, "%lld", (long long)number);
}

static int write_rule(const struct cgroup_dir *dir, const struct device_rule *r, char type)
{
	const char *file = r->allow ? "devices.allow" : "devices.deny";
	char major[24], minor[24], line[80];
	int e;

	number_text(r->major, major, sizeof(major));
	number_text(r->minor, minor, sizeof(minor));
	snprintf(line, sizeof(line), "%c %s:%s %s%s%s", type, major, minor,
		 r->access & DEVICE_READ ? "r" : "", r->access & DEVICE_WRITE ? "w" : "",
		 r->access & DEVICE_MKNOD ? "m" : "");
	e = write_file_at(dir->fd, file, line);
	return e < 0 ? fail(-e, "cannot write '%s' to %s", line, file) : 0;
}

/* "a" with numbers or with less than all access would mean everything to the kernel: it is both types. */
static int apply_rule(const struct cgroup_dir *dir, const struct device_rule *r)
{
	int e;

	if (!(r->access & DEVICE_ALL))
		return 0;
	if (r->type != 'a')
		return write_rule(dir, r, r->type);
	e = write_rule(dir, r, 'c');
	return e < 0 ? e : write_rule(dir, r, 'b');
}

int cgroup_v1_set_devices(const struct cgroup_dir *dir, const struct device_rule *rules, size_t n)
{
	bool allow = false;
	size_t from = 0;
	int r = 0;

	/* what stands before the last rule for everything does not matter; without one, all is denied */
	for (size_t i = 0; i < n; i++) {
		if (!is_default(&rules[i]))
			continue;
		from = i + 1;
		allow = rules[i].allow;
	}
	rules += from;
	n -= from;
	for (size_t i = 0; i < n && r == 0; i++)
		if (rules[i].allow == allow)
			r = refuse_hole(rules, i);
	if (r < 0)
		return r;
	r = write_file_at(dir->fd, allow ? "devices.allow" : "devices.deny", "a");
	if (r < 0)
		return fail(-r, "cannot %s all devices", allow ? "allow" : "deny");
	for (size_t i = 0; i < n && r == 0; i++) {
		struct device_rule left = without_taken_back(rules, n, i);

		if (left.allow != allow)
			r = apply_rule(dir, &left);
	}
	return r;
}
