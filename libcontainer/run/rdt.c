/* SPDX-License-Identifier: Apache-2.0 */
/*
 * run/rdt.c: see rdt.h. A group without a closID is the container's own: it is made, and goes with it. One that a closID
 * names is shared: it stays, unless a create that failed has made it and nobody is in it. A monitoring group is always the
 * container's own. What is recorded before it is made was not there before, so that delete never takes another's.
 */
#include "run/rdt.h"

#include "base/err.h"
#include "base/fd.h"
#include "base/str.h"
#include "kernel/rdt.h"

#define MOUNT_IT "mount -t resctrl resctrl /sys/fs/resctrl"

static int open_root(struct arena *arena, int procfd, int *ret_fd)
{
	int r = rdt_root_open(arena, procfd, ret_fd);

	if (r != -ENOENT)
		return r < 0 ? fail_in(r, "linux.intelRdt") : 0;
	if (rdt_is_known(procfd))
		return fail(0, "linux.intelRdt: no resctrl file system is mounted: " MOUNT_IT);
	return fail(
		0,
		"linux.intelRdt: there is no resctrl file system, as this machine or its kernel cannot share "
		"out caches (Intel RDT, AMD QoS): take linux.intelRdt out, or, where it can: " MOUNT_IT);
}

bool wants_rdt(const struct run *run)
{
	return run->plan->rdt != NULL;
}

static int fail_group(const struct plan_rdt *plan, int r)
{
	return fail_in(r, plan->own ? "linux.intelRdt, group '%s'" : "linux.intelRdt.closID '%s'",
		       plan->group);
}

/* One that is there must be one that we may be in, and that delete will not take for ours. */
static int check_existing(const struct plan *plan, int groupfd)
{
	if (plan->rdt->own)
		return fail(
			0,
			"linux.intelRdt: resctrl has a group '%s' already, which is not this container's: "
			"name it as closID, or remove it with rmdir",
			plan->rdt->group);
	if (plan->rdt->monitoring && rdt_monitor_is_there(groupfd, plan->id))
		return fail(0,
			    "linux.intelRdt.enableMonitoring: resctrl group '%s' has a monitoring group '%s' "
			    "already, which is not this container's: remove it with rmdir",
			    plan->rdt->group, plan->id);
	return 0;
}

int check_rdt(struct run *run)
{
	const struct plan_rdt *plan = run->plan->rdt;
	autoclose int rootfd = -1, groupfd = -1;
	int r = open_root(run->arena, run->procfd, &rootfd);

	if (r < 0)
		return r;
	r = rdt_group_open(rootfd, plan->group, &groupfd);
	run->container->rdt_made = r == -ENOENT;
	if (r == -ENOENT && !plan->make)
		return fail(0,
			    "linux.intelRdt.closID: resctrl has no group '%s': make it, or give the schemata "
			    "for it",
			    plan->group);
	if (r == -ENOENT)
		return 0;
	return r < 0 ? fail_group(plan, r) : check_existing(run->plan, groupfd);
}

/* Under the lock. A group that did not get its schemata is none that others could join. */
static int make_and_open(struct run *run, int rootfd, int *ret_groupfd)
{
	const struct plan_rdt *plan = run->plan->rdt;
	int r = rdt_group_make(rootfd, plan->group);

	if (r == -EEXIST && plan->own) {
		run->container->rdt = NULL; /* undo must not remove what somebody else made just now */
		return fail(EEXIST, "it is made by somebody else, too");
	}
	if (r == 0)
		r = rdt_group_open(rootfd, plan->group, ret_groupfd);
	return r < 0 || !plan->schemata ? r : rdt_schemata_write(rootfd, *ret_groupfd, plan->schemata);
}

static int take_group(struct run *run, int rootfd, int *ret_groupfd)
{
	const struct plan_rdt *plan = run->plan->rdt;
	int r = rdt_lock(rootfd, run->deadline_ms);

	if (r == 0)
		r = rdt_group_open(rootfd, plan->group, ret_groupfd);
	if (r == -ENOENT && plan->make)
		return make_and_open(run, rootfd, ret_groupfd);
	if (r < 0)
		return r;
	run->container->rdt_made = false; /* somebody was faster */
	return plan->schemata ? rdt_schemata_compare(run->arena, rootfd, *ret_groupfd, plan->schemata) : 0;
}

int make_rdt_group(struct run *run)
{
	const struct plan_rdt *plan = run->plan->rdt;
	autoclose int rootfd = -1, groupfd = -1;
	int r = open_root(run->arena, run->procfd, &rootfd);

	if (r < 0)
		return r;
	r = take_group(run, rootfd, &groupfd);
	if (r < 0)
		return fail_group(plan, r);
	if (!plan->monitoring)
		return 0;
	r = rdt_monitor_make(rootfd, groupfd, run->plan->id);
	if (r == -EEXIST)
		run->container->rdt_monitoring = false;
	return r < 0 ? fail_in(r, "linux.intelRdt.enableMonitoring: monitoring group '%s'", run->plan->id)
		     : 0;
}

/* Where resctrl is not mounted any more its groups are gone with it. */
int undo_rdt(struct remains *remains)
{
	const struct container *c = remains->container;
	autoclose int rootfd = -1;
	int r = c->rdt ? rdt_root_open(remains->arena, remains->procfd, &rootfd) : -ENOENT;

	if (r == -ENOENT)
		return 0;
	if (r == 0 && c->rdt_monitoring)
		r = rdt_monitor_remove(rootfd, c->rdt, c->id);
	if (r == 0 && c->rdt_made && (c->rdt_own || !c->committed))
		r = rdt_group_remove(rootfd, c->rdt, !c->rdt_own);
	return r;
}

int rdt_join_process(struct run *run, pid_t pid)
{
	const struct plan_rdt *plan = run->plan->rdt;
	autoclose int rootfd = -1, groupfd = -1;
	int r = open_root(run->arena, run->procfd, &rootfd);

	if (r < 0)
		return r;
	r = rdt_group_open(rootfd, plan->group, &groupfd);
	if (r == 0)
		r = rdt_join(rootfd, groupfd, plan->monitoring ? run->plan->id : NULL, pid);
	return r < 0 ? fail_group(plan, r) : 0;
}

int join_rdt(struct run *run)
{
	return rdt_join_process(run, run->pid);
}

int change_rdt(struct arena *arena, int procfd, const struct container *c, const char *lines,
	       const char **ret_old)
{
	autoclose int rootfd = -1, groupfd = -1;
	char *old = NULL;
	int r;

	if (!c->rdt)
		return fail(
			0,
			"the container '%s' has no group of resctrl: give it linux.intelRdt when it is made",
			c->id);
	if (streq(c->rdt, "/"))
		return fail(0,
			    "the container '%s' is in resctrl's default group, which is the whole machine's",
			    c->id);
	r = open_root(arena, procfd, &rootfd);
	if (r < 0)
		return r;
	r = rdt_group_open(rootfd, c->rdt, &groupfd);
	if (r == 0 && ret_old)
		r = rdt_read(arena, groupfd, "schemata", &old);
	if (r == 0)
		r = rdt_schemata_write(rootfd, groupfd, lines);
	if (r < 0)
		return fail_in(r, "resctrl group '%s'", c->rdt);
	if (ret_old)
		*ret_old = old;
	return 0;
}
