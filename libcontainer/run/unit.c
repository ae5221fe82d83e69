/* SPDX-License-Identifier: Apache-2.0 */
/* run/unit.c: which bus, and the acts of create, exec and delete on it. */
#include "run/unit.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/err.h"
#include "base/io.h"
#include "base/log.h"
#include "base/str.h"
#include "kernel/cgroup_systemd.h"
#include "kernel/dbus.h"
#include "run/group.h"

#define BUS_MS 30000 /* as long as runc waits for a job; the command's own deadline may be nearer */

/* The user's bus is where the session says it is, else where systemd puts it: callers start runtimes with little more in
 * the environment than XDG_RUNTIME_DIR. */
static const char *user_addresses(struct arena *arena)
{
	const char *session = getenv("DBUS_SESSION_BUS_ADDRESS"), *dir = getenv("XDG_RUNTIME_DIR");

	session = session ? session : "";
	if (dir && dir[0] == '/')
		return arena_printf(arena, "%s;unix:path=%s/bus", session, dir);
	return arena_printf(arena, "%s;unix:path=/run/user/%u/bus", session, geteuid());
}

static int bus_of(struct arena *arena, bool user, int64_t deadline_ms, struct unit_bus *ret)
{
	int64_t soon = now_ms() + BUS_MS;

	ret->addresses = user ? user_addresses(arena) : DBUS_SYSTEM_ADDRESS;
	ret->deadline_ms = deadline_ms < soon ? deadline_ms : soon;
	return ret->addresses ? 0 : -ENOMEM;
}

bool wants_unit(const struct run *run)
{
	return run->plan->cgroup.unit != NULL;
}

#define CGROUPS_MAX_BYTES 65536 /* a line a hierarchy */

/* "N:CONTROLLER,CONTROLLER:PATH" of /proc/PID/cgroup: the path in that controller's hierarchy. */
static const char *path_in(char *text, const char *controller)
{
	for (char *line; (line = strsep(&text, "\n"));) {
		char *words = strchr(line, ':'), *path = words ? strchr(words + 1, ':') : NULL, *word;

		if (!path)
			continue;
		words++;
		*path++ = '\0';
		while ((word = strsep(&words, ",")))
			if (streq(word, controller))
				return path;
	}
	return NULL;
}

/* Where the process is now in the hierarchy of a controller; "" is cgroup2. */
static int read_place(struct run *run, const char *controller, const char **ret_path)
{
	char name[32], *text = arena_alloc(run->arena, 1, CGROUPS_MAX_BYTES);
	ssize_t n;

	if (!text)
		return -ENOMEM;
	snprintf(name, sizeof(name), "%d/cgroup", run->pid);
	n = read_file_at(run->procfd, name, text, CGROUPS_MAX_BYTES);
	if (n < 0)
		return fail((int)-n, "cannot read the cgroup of init");
	*ret_path = path_in(text, controller);
	if (!*ret_path)
		return fail(EPROTO, "systemd unit '%s': init is in no cgroup", run->plan->cgroup.unit->name);
	return 0;
}

/* Where the process is now is what the manager made, even where it is not where we expected it. */
static int note_place(struct run *run)
{
	const char *unit = run->plan->cgroup.unit->name, *path;
	int r = read_place(run, run->plan->cgroup.unit->v1 ? "name=systemd" : "", &path);

	if (r < 0)
		return r;
	if (!ends_with(path, unit) || path[strlen(path) - strlen(unit) - 1] != '/')
		return fail(EPROTO, "systemd unit '%s': init is in the cgroup '%s' instead", unit, path);
	run->container->cgroup = path;
	return 0;
}

/* Its cgroup is the container's place. On v1 we make a part of it, which has the mark of what we make. */
static int take_place(struct run *run)
{
	const struct plan_cgroup *plan = &run->plan->cgroup;
	int r = cgroup_adopt(run->arena, &run->host->cgroup, run->container->cgroup, plan->controllers,
			     run->pid, &run->place);

	if (r == 0 && plan->unit->v1)
		cgroup_mark(run->place, run->cgroup_mark);
	/* somebody else is where only ours may be: undo must not kill by the path, nor wait for a process that heeds no
	 * SIGTERM */
	if (r == -EBUSY) {
		run->container->cgroup = NULL;
		kill(run->pid, SIGKILL);
	}
	return r;
}

int start_unit(struct run *run)
{
	const struct plan_cgroup *plan = &run->plan->cgroup;
	struct unit_bus bus;
	int r = bus_of(run->arena, plan->user_unit, run->deadline_ms, &bus);

	if (r == 0)
		r = unit_start(run->arena, &bus, plan->unit, run->pid);
	/* it is another's, and undo must neither kill nor stop it */
	if (r == -EEXIST) {
		run->container->cgroup = NULL;
		run->container->unit = NULL;
	}
	if (r == 0)
		r = note_place(run);
	return r < 0 ? r : take_place(run);
}

int tell_devices(struct run *run)
{
	const char *path;
	struct unit_bus bus;
	int r = bus_of(run->arena, run->plan->cgroup.user_unit, run->deadline_ms, &bus);

	if (r == 0)
		r = unit_set(run->arena, &bus, run->container->unit, &run->plan->cgroup.unit->devices);
	if (r == 0)
		r = read_place(run, "devices", &path);
	/* systemd moves who is in a cgroup of its hierarchies that it thinks it does not need: then no rule would act */
	if (r == 0 && !streq(path, run->container->cgroup))
		return fail(EPROTO, "systemd unit '%s': systemd has moved init to the cgroup '%s' of devices",
			    run->container->unit, path);
	return r;
}

/* A create that was killed may have been about to learn that there is such a unit already: not ours, then. */
static int stop_unit(const struct remains *remains)
{
	const struct container *c = remains->container;
	struct unit_bus bus;
	int r;

	if (!c->unit)
		return 0;
	r = bus_of(remains->arena, c->manager == MANAGER_SYSTEMD_USER, remains->deadline_ms, &bus);
	if (r == 0)
		r = unit_stop(remains->arena, &bus, c->unit, c->committed ? NULL : c->cgroup);
	if (r != -ENOTCONN)
		return r;
	/* no bus, no manager to stop it; a scope ends by itself when nobody is in it */
	log_debug("%s", err_trail()->text);
	fail_forget();
	return 0;
}

/* The unit's processes are killed as all others are; then systemd, which may be slow or gone, has only to forget it. */
int undo_unit(struct remains *remains)
{
	int r = remains->container->unit ? undo_cgroup(remains) : 0;

	return r < 0 ? r : stop_unit(remains);
}

int change_unit(struct arena *arena, const struct container *container,
		const struct unit_properties *properties)
{
	struct unit_bus bus;
	int r = bus_of(arena, container->manager == MANAGER_SYSTEMD_USER, INT64_MAX, &bus);

	return r < 0 ? r : unit_set(arena, &bus, container->unit, properties);
}

int attach_to_unit(struct run *run)
{
	struct unit_bus bus;
	int r = bus_of(run->arena, run->container->manager == MANAGER_SYSTEMD_USER, run->deadline_ms, &bus);

	return r < 0 ? r : unit_attach(run->arena, &bus, run->container->unit, run->pid);
}
