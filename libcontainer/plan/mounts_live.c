/* SPDX-License-Identifier: Apache-2.0 */
/*
 * plan/mounts_live.c: mounts that a container gets, or loses, while it runs. What they mean is what it means in
 * config.json (mounts.c); here is what cannot be had any more, and who makes what: the host's tree is only in the
 * parent's reach, the container's namespaces only in that of a process that joins them.
 */
#include <string.h>

#include "base/err.h"
#include "base/str.h"
#include "kernel/sys.h"
#include "plan/make.h"

/* File systems that show a namespace, or whose owner is the user namespace that they are made in: made inside, by a
 * process that has joined it. None of them looks up a path. */
static const struct {
	const char *name;
	uint64_t ns;
} inside[] = {
	{ "proc", CLONE_NEWPID },
	{ "sysfs", CLONE_NEWNET },
	{ "mqueue", CLONE_NEWIPC },
	{ "cgroup2", CLONE_NEWCGROUP },
	{ "tmpfs", 0 },
	{ "ramfs", 0 },
	{ "devpts", 0 },
};

/* The container's mount namespace is its own, or what is changed is somebody else's. */
static int check_namespace(const struct making *m)
{
	for (size_t i = 0; i < m->spec->linux_->namespaces.n; i++) {
		const struct spec_namespace *ns = &m->spec->linux_->namespaces.v[i];

		if (ns->type == SPEC_NS_MOUNT && !(ns->path && *ns->path))
			return 0;
	}
	return fail(0, "the container '%s' has no mount namespace of its own, so it has no mounts of its own",
		    m->options->id);
}

/* A mount over a masked path, or over one that holds it, would uncover what is masked; and to take one away there would
 * take away the mask. */
static int check_protected(const char *where, const char *target, const char *property,
			   const struct strings *paths)
{
	size_t n = strlen(target);

	for (size_t i = 0; i < paths->n; i++)
		if (starts_with(paths->v[i], target) && (!paths->v[i][n] || paths->v[i][n] == '/'))
			return fail(0, "%s: '%s' is protected by linux.%s", where, paths->v[i], property);
	return 0;
}

static int check_target(const struct making *m, const struct plan_mount *p)
{
	int r = check_protected(p->where, p->target, "maskedPaths", &m->plan->masked);

	return r < 0 ? r : check_protected(p->where, p->target, "readonlyPaths", &m->plan->readonly);
}

/* ---- add ---- */

/* A caller without privilege can clone nothing in the host's mount namespace. The stage can in a copy of it, as root of the
 * container's user namespace. */
static int place_bind(const struct making *m, struct plan_mount *p)
{
	p->parent_opens = m->host->euid == 0;
	m->plan->stage_opens = m->plan->stage_opens || !p->parent_opens;
	return 0;
}

static int place_fs(const struct making *m, struct plan_mount *p, uint64_t *needed)
{
	for (size_t i = 0; i < ARRAY_SIZE(inside); i++) {
		if (!streq(p->type, inside[i].name))
			continue;
		*needed |= inside[i].ns;
		p->parent_opens = false;
		return 0;
	}
	/* the host's paths and devices mean nothing inside, and what the host's root mounts would have the host's ids */
	if (m->plan->ns.userns)
		return fail(0,
			    "%s: a file system of type '%s' cannot be added to a running container in a user "
			    "namespace: mount it on the host, and bind it",
			    p->where, p->type);
	p->parent_opens = true;
	return 0;
}

/* Those that are not just one mount, made now. */
static int check_addable(const struct plan_mount *p)
{
	if (p->kind == PLAN_MOUNT_REMOUNT)
		return fail(
			0, "%s: option 'remount' changes a mount that is there: remove that, and add it anew",
			p->where);
	if (p->copy_symlink)
		return fail(0,
			    "%s: option 'copy-symlink' may make a symlink, which could not be removed again",
			    p->where);
	if (p->copy_up)
		return fail(0, "%s: option 'tmpcopyup' would copy what the container changes meanwhile",
			    p->where);
	return 0;
}

static int place_one(const struct making *m, struct plan_mount *p, uint64_t *needed)
{
	int r = check_addable(p);

	if (r == 0)
		r = check_target(m, p);
	if (r < 0)
		return r;
	p->fallback_source = NULL; /* of the host, which is out of reach where the file system is made */
	return p->kind == PLAN_MOUNT_BIND ? place_bind(m, p) : place_fs(m, p, needed);
}

static int check_cgroup(const struct making *m)
{
	bool several = m->host->cgroup.mode == CGROUP_V1 || m->host->cgroup.mode == CGROUP_HYBRID;

	for (size_t i = 0; several && i < m->spec->mounts.n; i++) {
		const struct spec_mount *asked = &m->spec->mounts.v[i];

		if (asked->type && streq(asked->type, "cgroup"))
			return fail(
				0,
				"mounts[%zu] %s: the hierarchies of cgroup v1 are several mounts and links, "
				"which cannot be added: bind one of them",
				i, asked->destination);
	}
	return 0;
}

static int make_added(struct making *m, uint64_t *needed)
{
	struct plan_mount *list = arena_array(m->arena, m->spec->mounts.n, struct plan_mount);
	int r = check_cgroup(m);

	if (r == 0)
		r = make_mount_list(m);
	if (r < 0)
		return r;
	if (!list)
		return -ENOMEM;
	memcpy(list, m->plan->mounts.v, m->plan->mounts.n * sizeof(list[0]));
	for (size_t i = 0; r == 0 && i < m->plan->mounts.n; i++)
		r = place_one(m, &list[i], needed);
	m->plan->mounts.v = list;
	return r;
}

/* ---- remove ---- */

static int check_twice(const struct making *m, const struct plan_mount *list, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (streq(list[i].target, list[n].target))
			return fail(0, "%s: is mounts[%zu] already", list[n].where, i);
	return check_target(m, &list[n]);
}

/* Of a mount to be removed nothing counts but where it is. */
static int make_removed(struct making *m)
{
	struct plan_mount *list = arena_array(m->arena, m->spec->mounts.n, struct plan_mount);
	int r = 0;

	if (!list)
		return -ENOMEM;
	for (size_t i = 0; r == 0 && i < m->spec->mounts.n; i++) {
		r = make_mount_target(m, i, &list[i]);
		if (r == 0)
			r = check_twice(m, list, i);
	}
	m->plan->mounts.v = list;
	m->plan->mounts.n = m->spec->mounts.n;
	return r;
}

/* ---- both ---- */

/* By whose path its maps are found, where it was joined and the configuration says no maps. */
static void name_user_ns(struct making *m)
{
	for (size_t i = 0; i < m->spec->linux_->namespaces.n; i++) {
		const struct spec_namespace *ns = &m->spec->linux_->namespaces.v[i];

		if (ns->type == SPEC_NS_USER && ns->path && *ns->path)
			m->plan->ns.path[NS_USER] = ns->path;
	}
}

int make_live_mounts(struct making *m)
{
	uint64_t needed = CLONE_NEWUSER | CLONE_NEWNS;
	int r = check_namespace(m);

	if (r == 0 && !m->spec->mounts.n)
		r = fail(0, "no mounts are named");
	if (r == 0 && m->spec->mounts.n > PLAN_LIVE_MAX)
		r = fail(0, "%zu mounts are more than %d at once", m->spec->mounts.n, PLAN_LIVE_MAX);
	if (r == 0)
		r = make_mount_paths(m);
	if (r == 0)
		r = m->plan->kind == PLAN_MOUNTS_ADD ? make_added(m, &needed) : make_removed(m);
	/* Above all the pid namespace is not joined without need: whoever is not in it nobody inside can see or signal. */
	m->plan->ns.join &= needed;
	name_user_ns(m);
	return r;
}
