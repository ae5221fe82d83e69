/* SPDX-License-Identifier: Apache-2.0 */
/* posture_plan.c: what a plan says of confinement. */
#include <linux/seccomp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/err.h"
#include "base/str.h"
#include "kernel/idmap.h"
#include "kernel/sys.h"
#include "plan/filter.h"
#include "posture.h"

int posture_add(struct arena *arena, struct posture_list *list, const char *fmt, ...)
{
	char text[1024];
	va_list args;

	if (list->n == list->room) {
		size_t room = list->room ? list->room * 2 : 8;
		const char **v = arena_array(arena, room, const char *);

		if (!v)
			return -ENOMEM;
		for (size_t i = 0; i < list->n; i++)
			v[i] = list->v[i];
		list->v = v;
		list->room = room;
	}
	va_start(args, fmt);
	vsnprintf(text, sizeof(text), fmt, args);
	va_end(args);
	list->v[list->n] = arena_strdup(arena, text);
	return list->v[list->n++] ? 0 : -ENOMEM;
}

int posture_add_mount(struct arena *arena, struct posture *p, const char *target, const char *type, bool ro)
{
	if (p->n_mounts == p->mounts_room) {
		size_t room = p->mounts_room ? p->mounts_room * 2 : 32;
		struct posture_mount *v = arena_array(arena, room, struct posture_mount);

		if (!v)
			return -ENOMEM;
		if (p->n_mounts)
			memcpy(v, p->mounts, p->n_mounts * sizeof(v[0]));
		p->mounts = v;
		p->mounts_room = room;
	}
	p->mounts[p->n_mounts++] = (struct posture_mount){ .target = target, .type = type, .ro = ro };
	return 0;
}

static void fill_namespaces(const struct plan_ns *ns, struct posture *p)
{
	uint64_t made = ns->clone | ns->late | ns->stage;

	for (int kind = 0; kind < NS_KINDS; kind++) {
		uint64_t flag = ns_words[kind].flag;

		p->ns[kind] = made & flag ? POSTURE_OWN : ns->join & flag ? POSTURE_SHARED : POSTURE_HOST;
	}
}

static bool host_id(const struct plan_ns *ns, const struct id_map *map, uint32_t id, uint32_t *ret)
{
	*ret = id;
	return idmap_outside(map, id, ret) || !ns->userns;
}

static int fill_user(struct arena *arena, const struct plan *plan, struct posture *p)
{
	const struct plan_user *user = &plan->process.user;
	int r = 0;

	p->uid = user->uid;
	p->gid = user->gid;
	p->has_host_ids = host_id(&plan->ns, &plan->ns.uids, p->uid, &p->host_uid) &&
			  host_id(&plan->ns, &plan->ns.gids, p->gid, &p->host_gid);
	p->uids = plan->ns.uids;
	p->gids = plan->ns.gids;
	for (size_t i = 0; r == 0 && i < user->n_groups && !user->keep_groups; i++)
		r = posture_add(arena, &p->groups, "%u", user->groups[i]);
	if (r == 0 && user->keep_groups)
		r = posture_add(arena, &p->groups, "the caller's");
	return r;
}

/* What a bind shows is of the kernel's where its source is. */
static const char *type_of(const struct plan_mount *m)
{
	static const struct {
		const char *source, *type;
	} kinds[] = { { "/sys/fs/cgroup", "cgroup2" }, { "/sys", "sysfs" }, { "/proc", "proc" } };

	if (m->kind == PLAN_MOUNT_FS)
		return m->type;
	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++) {
		size_t n = strlen(kinds[i].source);

		if (starts_with(m->source, kinds[i].source) && (!m->source[n] || m->source[n] == '/'))
			return kinds[i].type;
	}
	return "bind";
}

static bool is_readonly(const struct plan_mount *m)
{
	return (m->attrs.set | m->attrs.rec_set) & MOUNT_ATTR_RDONLY || m->late_readonly;
}

/* The control of Kubernetes is about volumes that are the host's own directories; of a bundle we see binds, and the
 * engine's own files are binds, too: those are named that hold a host. */
static bool is_host_path(const struct plan_mount *m)
{
	static const char *const exact[] = { "/",    "/bin",   "/boot", "/dev",	    "/etc",    "/home",
					     "/lib", "/lib64", "/proc", "/root",    "/run",    "/sbin",
					     "/sys", "/usr",   "/var",	"/var/lib", "/var/run" };

	if (m->kind != PLAN_MOUNT_BIND || streq(m->target, "/sys") ||
	    starts_with(m->target, "/sys/fs/cgroup"))
		return false;
	for (size_t i = 0; i < ARRAY_SIZE(exact); i++)
		if (streq(m->source, exact[i]))
			return true;
	return ends_with(m->source, ".sock") || starts_with(m->source, "/dev/") ||
	       starts_with(m->source, "/etc/kubernetes");
}

static int fill_mount(struct arena *arena, const struct plan_mount *m, struct posture *p)
{
	if (m->kind == PLAN_MOUNT_LINK)
		return 0;
	if (m->kind == PLAN_MOUNT_REMOUNT) {
		for (size_t i = p->n_mounts; i-- > 0;) {
			if (!streq(p->mounts[i].target, m->target))
				continue;
			p->mounts[i].ro =
				is_readonly(m) || (p->mounts[i].ro && !(m->attrs.clear & MOUNT_ATTR_RDONLY));
			break;
		}
		return 0;
	}
	if (is_host_path(m) && posture_add(arena, &p->host_paths, "%s at %s", m->source, m->target) < 0)
		return -ENOMEM;
	return posture_add_mount(arena, p, m->target, type_of(m), is_readonly(m));
}

static int fill_mounts(struct arena *arena, const struct plan *plan, struct posture *p)
{
	int r = posture_add_mount(arena, p, "/", "bind", plan->root.readonly);

	p->root_readonly = plan->root.readonly;
	for (size_t i = 0; r == 0 && i < plan->mounts.n; i++)
		r = fill_mount(arena, &plan->mounts.v[i], p);
	for (size_t i = 0; r == 0 && i < plan->readonly.n; i++) {
		r = posture_add(arena, &p->readonly, "%s", plan->readonly.v[i]);
		if (r == 0)
			r = posture_add_mount(arena, p, plan->readonly.v[i], "proc", true);
	}
	for (size_t i = 0; r == 0 && i < plan->masked.n; i++) {
		r = posture_add(arena, &p->masked, "%s", plan->masked.v[i]);
		if (r == 0)
			r = posture_add_mount(arena, p, plan->masked.v[i], "masked", true);
	}
	return r;
}

static bool is_default_device(const char *path)
{
	static const char *const own[] = { "/dev/null",	  "/dev/zero",	  "/dev/full",
					   "/dev/random", "/dev/urandom", "/dev/tty" };

	for (size_t i = 0; i < ARRAY_SIZE(own); i++)
		if (streq(own[i], path))
			return true;
	return false;
}

static int fill_devices(struct arena *arena, const struct plan *plan, struct posture *p)
{
	const struct plan_cgroup *c = &plan->cgroup;
	int r = 0;

	for (size_t i = 0; r == 0 && i < plan->devices.n; i++)
		if (!is_default_device(plan->devices.v[i].path))
			r = posture_add(arena, &p->devices, "%s", plan->devices.v[i].path);
	for (size_t i = 0; c->set_devices && i < c->devices.n; i++) {
		const struct device_rule *rule = &c->devices.v[i];

		if (rule->major < 0 && rule->minor < 0 && (rule->access & (DEVICE_READ | DEVICE_WRITE)))
			p->all_devices = rule->allow;
	}
	return r;
}

int posture_from_plan(struct arena *arena, const struct plan *plan, const struct host *host,
		      struct posture *p)
{
	int r = fill_user(arena, plan, p);

	fill_namespaces(&plan->ns, p);
	p->caps = plan->process.caps;
	p->all_caps = host->bounding;
	p->seccomp = plan->filter ? SECCOMP_MODE_FILTER : SECCOMP_MODE_DISABLED;
	p->filter = plan->filter;
	p->apparmor_on = host->apparmor;
	p->selinux_on = host->selinux;
	p->apparmor = plan->process.apparmor_profile;
	p->selinux = plan->process.selinux_label;
	p->no_new_privs = plan->process.no_new_privs;
	if (r == 0)
		r = fill_mounts(arena, plan, p);
	if (r == 0)
		r = fill_devices(arena, plan, p);
	for (size_t i = 0; r == 0 && i < plan->sysctls.n; i++)
		r = posture_add(arena, &p->sysctls, "%s", plan->sysctls.v[i].key);
	/* what the container's root looks at when it is compiled beside init is made here */
	if (r == 0 && plan->unfinished && !plan->unfinished->n)
		r = filter_finish(arena, plan->unfinished);
	return r;
}
