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

/* ---- a change without a gap -------------------------------------------------------------------------------------- */

/* The exceptions that a cgroup has which denies the rest: devices.list, a line each. */
#define LIST_MAX 65536

static bool parse_number(const char **at, char end, int64_t *ret)
{
	const char *stop = strchr(*at, end);
	char digits[24];
	struct text t = TEXT(digits);

	if (!stop)
		return false;
	text_add_n(&t, *at, (size_t)(stop - *at));
	*at = stop + 1;
	*ret = -1;
	return !t.truncated && (streq(digits, "*") || parse_i64(digits, ret) == 0);
}

/* "c 1:3 rwm" */
static bool parse_exception(const char *line, struct device_rule *ret)
{
	const char *at = line + 2;

	if ((line[0] != 'b' && line[0] != 'c') || line[1] != ' ')
		return false;
	*ret = (struct device_rule){ .allow = true, .type = line[0] };
	if (!parse_number(&at, ':', &ret->major) || !parse_number(&at, ' ', &ret->minor))
		return false;
	for (; *at && *at != '\n'; at++)
		ret->access |= *at == 'r'   ? DEVICE_READ
			       : *at == 'w' ? DEVICE_WRITE
			       : *at == 'm' ? DEVICE_MKNOD
					    : 0;
	return true;
}

static bool same_device(const struct device_rule *a, char type, const struct device_rule *b)
{
	return (a->type == 'a' || a->type == type) && a->major == b->major && a->minor == b->minor;
}

static unsigned int access_in_list(const char *list, char type, const struct device_rule *rule)
{
	struct device_rule has;

	for (const char *line = list; *line; line += strcspn(line, "\n"), line += *line == '\n')
		if (parse_exception(line, &has) && has.type == type && same_device(&has, type, rule))
			return has.access;
	return 0;
}

static unsigned int access_wanted(const struct device_rule *rules, size_t n, char type,
				  const struct device_rule *has)
{
	unsigned int access = 0;

	for (size_t i = 0; i < n; i++) {
		if (rules[i].allow && same_device(&rules[i], type, has))
			access |= without_taken_back(rules, n, i).access;
	}
	return access;
}

/* Allow (or, to take that back, deny) what rule `i` has more than the list. */
static int write_missing(const struct cgroup_dir *dir, const char *list, const struct device_rule *rules,
			 size_t n, size_t i, bool allow)
{
	struct device_rule left = without_taken_back(rules, n, i);
	unsigned int access = left.access;
	int r = 0;

	for (const char *type = "cb"; *type && r == 0 && left.allow; type++) {
		if (left.type != 'a' && left.type != *type)
			continue;
		left.access = access & ~access_in_list(list, *type, &left);
		if (left.access)
			r = write_rule(
				dir,
				&(struct device_rule){ allow, *type, left.major, left.minor, left.access },
				*type);
	}
	return r;
}

static int deny_surplus(const struct cgroup_dir *dir, const char *list, const struct device_rule *rules,
			size_t n)
{
	struct device_rule has;
	int r = 0;

	for (const char *line = list; *line && r == 0; line += strcspn(line, "\n"), line += *line == '\n') {
		if (!parse_exception(line, &has))
			continue;
		has.access &= ~access_wanted(rules, n, has.type, &has);
		has.allow = false;
		if (has.access)
			r = write_rule(dir, &has, has.type);
	}
	return r;
}

/* From one set of exceptions to another: what both have is never taken away. */
static int change_exceptions(const struct cgroup_dir *dir, const char *list, const struct device_rule *rules,
			     size_t n)
{
	size_t i;
	int r = 0;

	for (i = 0; i < n && r == 0; i++)
		r = write_missing(dir, list, rules, n, i, true);
	if (r == 0)
		return deny_surplus(dir, list, rules, n);
	while (i-- > 0)
		(void)!write_missing(dir, list, rules, n, i, false);
	return r;
}

/* True, and the list, where the cgroup denies what is not in it. */
static bool read_exceptions(const struct cgroup_dir *dir, char *list, size_t size)
{
	ssize_t n = read_file_at(dir->fd, "devices.list", list, size);

	return n > 0 && list[0] != 'a';
}

static int set_anew(const struct cgroup_dir *dir, bool allow, const struct device_rule *rules, size_t n)
{
	int r = write_file_at(dir->fd, allow ? "devices.allow" : "devices.deny", "a");

	if (r < 0)
		return fail(-r, "cannot %s all devices", allow ? "allow" : "deny");
	for (size_t i = 0; i < n && r == 0; i++) {
		struct device_rule left = without_taken_back(rules, n, i);

		if (left.allow != allow)
			r = apply_rule(dir, &left);
	}
	return r;
}

/* What stands before the last rule for everything does not matter; without one, all is denied. */
static size_t after_default(const struct device_rule *rules, size_t n, bool *ret_allow)
{
	size_t from = 0;

	*ret_allow = false;
	for (size_t i = 0; i < n; i++) {
		if (!is_default(&rules[i]))
			continue;
		from = i + 1;
		*ret_allow = rules[i].allow;
	}
	return from;
}

static int refuse_holes(const struct device_rule *rules, size_t n, bool allow)
{
	int r = 0;

	for (size_t i = 0; i < n && r == 0; i++)
		if (rules[i].allow == allow)
			r = refuse_hole(rules, i);
	return r;
}

int cgroup_device_exceptions(const struct device_rule *rules, size_t n, bool *ret_allow,
			     struct device_rule *ret_v, size_t *ret_n)
{
	size_t from = after_default(rules, n, ret_allow), kept = 0;
	int r = refuse_holes(rules + from, n - from, *ret_allow);

	for (size_t i = from; i < n && r == 0; i++) {
		unsigned int access = without_taken_back(rules, n, i).access & DEVICE_ALL;

		if (rules[i].allow == *ret_allow || !access)
			continue;
		ret_v[kept] = rules[i];
		ret_v[kept++].access = access;
	}
	*ret_n = kept;
	return r;
}

int cgroup_v1_set_devices(const struct cgroup_dir *dir, const struct device_rule *rules, size_t n)
{
	char list[LIST_MAX];
	bool allow;
	size_t from = after_default(rules, n, &allow);
	int r;

	rules += from;
	n -= from;
	r = refuse_holes(rules, n, allow);
	if (r < 0)
		return r;
	if (!allow && read_exceptions(dir, list, sizeof(list)))
		return change_exceptions(dir, list, rules, n);
	return set_anew(dir, allow, rules, n);
}
