/* SPDX-License-Identifier: Apache-2.0 */
/*
 * plan/mounts_cgroup.c: a mount of type "cgroup" as the primitive mounts that it stands for. Source:
 * cgroups(7), OCI config-linux.md "Control groups", performance.md (a fresh cgroup2 mount outside a cgroup
 * namespace costs 6.6 ms).
 */
#include <string.h>

#include "base/err.h"
#include "base/str.h"
#include "kernel/sys.h"
#include "plan/make.h"

static size_t controllers_count(const char *controllers)
{
	size_t n = 1;

	for (; *controllers; controllers++)
		n += *controllers == ',';
	return n;
}

/* tmpfs, a mount and links for each hierarchy, and the last remount. */
size_t cgroup_mounts_max(const struct making *m)
{
	const struct cgroup_host *host = &m->host->cgroup;
	size_t n = 2;

	if (host->mode != CGROUP_V1 && host->mode != CGROUP_HYBRID)
		return 1;
	for (size_t i = 0; i < host->n; i++)
		n += 1 + controllers_count(host->v[i].controllers);
	return n;
}

static bool has_cgroup_ns(const struct making *m)
{
	return ns_any(&m->plan->ns) & CLONE_NEWCGROUP;
}

/* Where the container will be below the root of one hierarchy: in its own cgroup, or where the caller is. */
static const char *place_in(const struct making *m, const struct cgroup_hierarchy *h)
{
	const char *path = m->plan->cgroup.none ? (h ? h->own : NULL) : m->plan->cgroup.path;

	return path && !streq(path, "/") ? path : "";
}

/* A bind of that one mount, without what the host may have mounted in it: so read-only means all of it
 * (CVE-2023-25809). */
static void make_bind(struct plan_mount *p)
{
	p->kind = PLAN_MOUNT_BIND;
	p->type = NULL;
	p->params.n = 0;
}

/* cgroup2 alone. In a cgroup namespace the mount shows its root; where the kernel refuses it (EPERM: the
 * namespace is not owned by ours; EBUSY) the same directory is bound. Without one the host's mount is bound:
 * it would show the same. */
static int v2_mount(struct making *m, struct plan_mount *p)
{
	const struct cgroup_hierarchy *h =
		m->host->cgroup.mode == CGROUP_V2 && m->host->cgroup.n ? &m->host->cgroup.v[0] : NULL;
	const char *root = h ? h->mountpoint : "/sys/fs/cgroup";

	if (!has_cgroup_ns(m)) {
		make_bind(p);
		p->source = keep(m, root);
		p->parent_opens = m->host->euid == 0 && m->plan->ns.userns;
		return p->source ? 0 : -ENOMEM;
	}
	p->type = keep(m, "cgroup2");
	p->source = keep(m, "cgroup2");
	p->fallback_source = arena_printf(m->arena, "%s%s", root, place_in(m, h));
	p->attrs.rec_set |= p->attrs.set & MOUNT_ATTR_RDONLY;
	return p->type && p->source && p->fallback_source ? 0 : -ENOMEM;
}

/* The tmpfs that holds the hierarchies; writable until they are in it. */
static int v1_tmpfs(struct making *m, struct plan_mount *p)
{
	struct mount_param *mode = arena_array(m->arena, 2, struct mount_param);

	if (!mode)
		return -ENOMEM;
	mode->key = keep(m, "mode");
	mode->value = keep(m, "755");
	p->type = keep(m, "tmpfs");
	p->source = keep(m, "cgroup");
	p->params.v = mode;
	p->params.n = 1;
	if (m->plan->mount_label)
		mode[p->params.n++] = *m->plan->mount_label;
	p->attrs.set &= ~(uint64_t)MOUNT_ATTR_RDONLY;
	return mode->key && mode->value && p->type && p->source ? 0 : -ENOMEM;
}

static const char *base_name(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

/* "cpu,cpuacct" as the flags of a cgroup mount, "name=systemd" as a hierarchy without controllers. */
static int v1_params(struct making *m, const struct cgroup_hierarchy *h, struct plan_mount *p)
{
	bool named = starts_with(h->controllers, "name=");
	struct mount_param *params =
		arena_array(m->arena, controllers_count(h->controllers) + 1, struct mount_param);
	char *words = arena_strdup(m->arena, h->controllers);
	size_t n = 0;

	if (!params || !words)
		return -ENOMEM;
	if (named) {
		params[n++].key = keep(m, "none");
		params[n++] =
			(struct mount_param){ .key = keep(m, "name"), .value = words + strlen("name=") };
	}
	for (char *word = words; !named && word; n++) {
		char *comma = strchr(word, ',');

		params[n].key = word;
		if (comma)
			*comma++ = '\0';
		word = comma;
	}
	p->params.v = params;
	p->params.n = n;
	return 0;
}

/* One hierarchy below the tmpfs: in a cgroup namespace a mount of it, which shows the namespace's root, else
 * the container's own directory bound. */
static int v1_hierarchy(struct making *m, const struct plan_mount *asked, const struct cgroup_hierarchy *h,
			struct plan_mount *p)
{
	const char *own = arena_printf(m->arena, "%s%s", h->mountpoint, place_in(m, h));

	*p = *asked;
	p->target = arena_printf(m->arena, "%s/%s", asked->target, base_name(h->mountpoint));
	p->where = arena_printf(m->arena, "%s/%s", asked->where, base_name(h->mountpoint));
	if (!own || !p->target || !p->where)
		return -ENOMEM;
	if (!has_cgroup_ns(m)) {
		/* by init: it does not exist yet where the parent opens sources */
		make_bind(p);
		p->source = own;
		return 0;
	}
	p->params.n = 0;
	p->type = keep(m, h->v2 ? "cgroup2" : "cgroup");
	p->source = p->type;
	p->fallback_source = own;
	p->attrs.rec_set |= p->attrs.set & MOUNT_ATTR_RDONLY;
	if (!p->type)
		return -ENOMEM;
	return h->v2 ? 0 : v1_params(m, h, p);
}

/* A link for each controller that is mounted under another name: cpu -> cpu,cpuacct. */
static int v1_links(struct making *m, const struct plan_mount *asked, const struct cgroup_hierarchy *h,
		    struct plan_mount *ret, size_t *n)
{
	const char *name = base_name(h->mountpoint);

	if (h->v2 || !*h->controllers || starts_with(h->controllers, "name="))
		return 0;
	for (const char *word = h->controllers;;) {
		size_t length = strcspn(word, ",");

		if (length != strlen(name) || strncmp(word, name, length)) {
			struct plan_mount *p = &ret[(*n)++];

			p->kind = PLAN_MOUNT_LINK;
			p->target = arena_printf(m->arena, "%s/%.*s", asked->target, (int)length, word);
			p->where = arena_printf(m->arena, "%s/%.*s", asked->where, (int)length, word);
			p->source = keep(m, name);
			if (!p->target || !p->where || !p->source)
				return -ENOMEM;
		}
		if (!word[length])
			return 0;
		word += length + 1;
	}
}

static int v1_mounts(struct making *m, const struct plan_mount *asked, struct plan_mount *ret, size_t *ret_n)
{
	const struct cgroup_host *host = &m->host->cgroup;
	size_t n = 1;
	int r = v1_tmpfs(m, &ret[0]);

	for (size_t i = 0; r == 0 && i < host->n; i++)
		r = v1_hierarchy(m, asked, &host->v[i], &ret[n++]);
	for (size_t i = 0; r == 0 && i < host->n; i++)
		r = v1_links(m, asked, &host->v[i], ret, &n);
	if (r == 0 && (asked->attrs.set & MOUNT_ATTR_RDONLY)) {
		ret[n].kind = PLAN_MOUNT_REMOUNT;
		ret[n].where = asked->where;
		ret[n].target = asked->target;
		ret[n++].attrs.set = MOUNT_ATTR_RDONLY;
	}
	*ret_n = n;
	return r;
}

int cgroup_mounts(struct making *m, const struct plan_mount *asked, struct plan_mount *ret, size_t *ret_n)
{
	enum cgroup_mode mode = m->host->cgroup.mode;

	if (mode == CGROUP_V1 || mode == CGROUP_HYBRID)
		return v1_mounts(m, asked, ret, ret_n);
	*ret_n = 1;
	return v2_mount(m, ret);
}
