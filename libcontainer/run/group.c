/* SPDX-License-Identifier: Apache-2.0 */
/* run/group.c: create's acts on the container's cgroup, whoever makes it: we or the systemd manager (run/unit.c). */
#include "run/group.h"

#include <signal.h>

#include "base/err.h"
#include "base/log.h"
#include "run/acts.h"
#include "run/unit.h"
#include "wire/sync.h"

bool wants_cgroup(const struct run *run)
{
	return !run->plan->cgroup.none;
}

bool makes_cgroup(const struct run *run)
{
	return wants_cgroup(run) && !wants_unit(run);
}

int check_cgroup(struct run *run)
{
	int r = cgroup_check(&run->host->cgroup, run->plan->cgroup.path);

	return r < 0 ? fail_in(r, "linux.cgroupsPath '%s'", run->plan->cgroup.path) : 0;
}

int make_cgroup(struct run *run)
{
	const struct plan_cgroup *plan = &run->plan->cgroup;
	int r = cgroup_make(run->arena, &run->host->cgroup, plan->path, plan->controllers, &run->place);

	/* what it made it has removed again; what is there now may be another's, and undo must not kill it */
	if (r < 0)
		run->container->cgroup = NULL;
	if (r < 0 && plan->tolerant) {
		log_debug("no cgroup: %s", err_trail()->text);
		fail_forget();
		run->container->manager = MANAGER_NONE;
		return 0;
	}
	if (r < 0)
		return fail_in(r, "linux.cgroupsPath '%s'", plan->path);
	cgroup_mark(run->place, run->cgroup_mark);
	run->cgroup_fd = plan->attach ? -1 : cgroup_clone_fd(run->place);
	return 0;
}

/* cgroup.kill reaches everybody, with or without a pid namespace. */
int undo_cgroup(struct remains *remains)
{
	struct cgroup_place *place;
	int r;

	if (!remains->container->cgroup)
		return 0;
	r = cgroup_open(remains->arena, remains->cgroups, remains->container->cgroup, &place);
	if (r == -ENOENT)
		return 0;
	if (r < 0)
		return r;
	if (!cgroup_remove_empty(place)) {
		r = cgroup_signal(place, SIGKILL, remains->deadline_ms);
		if (r == 0)
			r = cgroup_wait_empty(place, remains->deadline_ms);
		if (r == 0)
			r = cgroup_remove(place, remains->deadline_ms);
	}
	cgroup_close(place);
	return r;
}

bool wants_attach(const struct run *run)
{
	return run->plan->cgroup.attach;
}

/* A scope's process is in its cgroup of v2 already; of the hierarchies of v1 systemd manages some. */
bool must_attach(const struct run *run)
{
	return run->place && (!wants_unit(run) || cgroup_clone_fd(run->place) < 0);
}

/* A stage waits for it before all else; init, where it is cloned into its namespaces at once, after its id maps. Rootless
 * there may be no cgroup to join: they wait all the same. */
int attach_cgroup(struct run *run)
{
	int r = must_attach(run) ? cgroup_attach(run->place, run->pid) : 0;

	return r < 0 || !run->stage_pid ? r : child_send(run, SYNC_JOINED);
}

bool wants_joined(const struct run *run)
{
	return run->plan->cgroup.attach && !run->plan->ns.needs_stage;
}

int say_joined(struct run *run)
{
	return child_send(run, SYNC_JOINED);
}

bool wants_limits(const struct run *run)
{
	return run->place && run->plan->cgroup.writes.n > 0;
}

int apply_limits(struct run *run)
{
	return cgroup_apply(run->place, run->plan->cgroup.writes.v, run->plan->cgroup.writes.n);
}

bool wants_device_rules(const struct run *run)
{
	return run->place && run->plan->cgroup.set_devices;
}

/* Init mounts, and makes devices, that the rules may not allow to the container itself; and v1 denies everything before it
 * allows something again. So not beside that work: when it is done, but before hooks, which may allow more. */
bool wants_rules_before_hooks(const struct run *run)
{
	return wants_device_rules(run) && wants_hooks(run);
}

bool wants_rules_when_ready(const struct run *run)
{
	return wants_device_rules(run) && !wants_hooks(run);
}

int load_device_rules(struct run *run)
{
	int r = cgroup_load_devices(run->place, run->plan->cgroup.devices.v, run->plan->cgroup.devices.n);

	return r < 0 ? fail_in(r, "linux.resources.devices") : 0;
}

int apply_device_rules(struct run *run)
{
	const struct unit *unit = run->plan->cgroup.unit;
	int r = unit && unit->devices.n ? tell_devices(run) : 0;

	if (r == 0)
		r = cgroup_set_devices(run->place, run->plan->cgroup.devices.v, run->plan->cgroup.devices.n);
	return r < 0 ? fail_in(r, "linux.resources.devices") : 0;
}

bool wants_delegation(const struct run *run)
{
	return run->place && run->plan->cgroup.chown_uid.set;
}

int delegate_cgroup(struct run *run)
{
	return cgroup_chown(run->place, run->plan->cgroup.chown_uid.v);
}
