/* SPDX-License-Identifier: Apache-2.0 */
/*
 * plan/ids.c: the id maps of the user namespace, and who the user is in it. Source: user_namespaces(7),
 * newuidmap(1), features.md 3.5.
 */
#include "base/err.h"
#include "kernel/sys.h"
#include "plan/make.h"

/* Only what every user may write alone: one id, his own. */
static bool maps_only(const struct id_map *map, uint32_t own)
{
	return map->n == 1 && map->v[0].size == 1 && map->v[0].outside == own;
}

/* That a new user namespace has maps, and only one, is spec/check's rule. Without privilege on the host the
 * kernel lets a user map his own id only, and only where setgroups is denied; the helpers may more. */
static int check_unprivileged(struct making *m)
{
	struct plan_ns *ns = &m->plan->ns;
	bool own = maps_only(&ns->uids, m->host->euid) && maps_only(&ns->gids, m->host->egid);

	if (m->host->euid == 0)
		return 0;
	if ((ns_made(ns) & CLONE_NEWUSER) && !own && !m->host->has_newuidmap)
		return fail(EPERM,
			    "linux.uidMappings: user %u may map only his own id, and only to one; more needs "
			    "newuidmap "
			    "and newgidmap (package uidmap or shadow-utils) and ranges in /etc/subuid and "
			    "/etc/subgid",
			    m->host->euid);
	ns->deny_setgroups = own;
	return 0;
}

static bool is_mapped(const struct id_map *map, uint32_t id)
{
	for (size_t i = 0; i < map->n; i++)
		if (id >= map->v[i].inside && id - map->v[i].inside < map->v[i].size)
			return true;
	return false;
}

/* setresuid(2) would say EINVAL, at the end of everything. */
static int check_user(struct making *m)
{
	const struct plan_ns *ns = &m->plan->ns;
	const struct spec_user *user;

	if (!m->process || !ns->uids.n || !ns->gids.n)
		return 0;
	user = &m->process->user;
	if (!is_mapped(&ns->uids, user->uid))
		return fail(0, "process.user.uid: %u is not in linux.uidMappings", user->uid);
	if (!is_mapped(&ns->gids, user->gid))
		return fail(0, "process.user.gid: %u is not in linux.gidMappings", user->gid);
	if (ns->deny_setgroups)
		return 0;
	for (size_t i = 0; i < user->additional_gids.n; i++)
		if (!is_mapped(&ns->gids, user->additional_gids.v[i]))
			return fail(0, "process.user.additionalGids[%zu]: %u is not in linux.gidMappings", i,
				    user->additional_gids.v[i]);
	return 0;
}

int make_ids(struct making *m)
{
	int r;

	m->plan->ns.uids = m->spec->linux_->uid_mappings;
	m->plan->ns.gids = m->spec->linux_->gid_mappings;
	r = check_unprivileged(m);
	return r < 0 ? r : check_user(m);
}
