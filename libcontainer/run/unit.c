/* SPDX-License-Identifier: Apache-2.0 */
/* run/unit.c: which bus, and the acts of create, exec and delete on it. */
#include "run/unit.h"

#include <limits.h>
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

/* Where the process is now is what the manager made, even where it is not where we expected it. */
static int note_place(struct run *run)
{
	char name[32], text[PATH_MAX + 256], *line;
	const char *unit = run->plan->cgroup.unit->name;
	ssize_t n;

	snprintf(name, sizeof(name), "%d/cgroup", run->pid);
	n = read_file_at(run->procfd, name, text, sizeof(text));
	if (n < 0)
		return fail((int)-n, "cannot read the cgroup of init");
	line = strncmp(text, "0::", 3) ? strstr(text, "\n0::") : text;
	line = line ? strchr(line, '/') : NULL;
	if (!line)
		return fail(EPROTO, "systemd unit '%s': init is in no cgroup", unit);
	line[strcspn(line, "\n")] = '\0';
	if (!ends_with(line, unit) || line[strlen(line) - strlen(unit) - 1] != '/')
		return fail(EPROTO, "systemd unit '%s': init is in the cgroup '%s' instead", unit, line);
	if (streq(line, run->container->cgroup))
		return 0;
	run->container->cgroup = arena_strdup(run->arena, line);
	return run->container->cgroup ? 0 : -ENOMEM;
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
	if (r == 0)
		r = cgroup_adopt(run->arena, &run->host->cgroup, run->container->cgroup, plan->controllers,
				 &run->place);
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
