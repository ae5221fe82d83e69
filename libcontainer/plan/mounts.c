/* SPDX-License-Identifier: Apache-2.0 */
/*
 * plan/mounts.c: the root and the list of mounts. What the words of a configuration mean for the kernel is
 * decided here; which object a path leads to is not: only the act may look.
 */
#include <string.h>
#include <sys/mount.h>

#include "base/err.h"
#include "base/str.h"
#include "kernel/sys.h"
#include "plan/make.h"
#include "plan/words.h"

/* ---- the root ---- */

static unsigned long propagation_flags(int asked)
{
	static const unsigned long flags[] = {
		[SPEC_PROPAGATION_NONE] = 0,
		[SPEC_PROPAGATION_PRIVATE] = MS_PRIVATE,
		[SPEC_PROPAGATION_SHARED] = MS_SHARED,
		[SPEC_PROPAGATION_SLAVE] = MS_SLAVE,
		[SPEC_PROPAGATION_UNBINDABLE] = MS_UNBINDABLE,
	};

	return flags[asked & ~SPEC_PROPAGATION_REC] | (asked & SPEC_PROPAGATION_REC ? MS_REC : 0);
}

/*
 * What the tree of the new mount namespace becomes before anything is mounted. A slave by default: what the
 * host mounts arrives, nothing leaves. "shared" has to stay shared here, or a volume that is mounted
 * "rshared" could never send a mount back (Kubernetes' Bidirectional). An unbindable tree could not be the
 * source of any bind: private instead.
 */
static unsigned long old_propagation(unsigned long asked)
{
	switch (asked & ~(unsigned long)MS_REC) {
	case MS_SHARED:
		return MS_SHARED | MS_REC;
	case MS_PRIVATE:
	case MS_UNBINDABLE:
		return MS_PRIVATE | MS_REC;
	default:
		return MS_SLAVE | MS_REC;
	}
}

static bool makes_mounts(const struct making *m)
{
	const struct spec_linux *l = m->spec->linux_;

	return m->spec->mounts.n || l->masked_paths.n || l->readonly_paths.n || m->spec->root->readonly;
}

/* Without a mount namespace of its own the container's mounts are made where it lives: in the caller's, from
 * which delete takes them again, or in the joined one. That must not be the caller's by another name, where
 * nobody would take them. */
static void make_root_elsewhere(struct making *m, struct plan_root *r)
{
	r->how = ROOT_CHROOT;
	r->on_host = makes_mounts(m) && !(m->plan->ns.join & CLONE_NEWNS);
	if (makes_mounts(m))
		m->plan->ns.not_callers |= m->plan->ns.join & CLONE_NEWNS;
}

static int make_root(struct making *m)
{
	const struct spec_root *root = m->spec->root;
	struct plan_root *r = &m->plan->root;

	if (!root || !root->path || !*root->path)
		return fail(0, "root.path: missing");
	r->path = root->path[0] == '/' ? root->path
				       : arena_printf(m->arena, "%s/%s", m->options->bundle, root->path);
	if (!r->path)
		return -ENOMEM;
	if (streq(r->path, "/"))
		return fail(0, "root.path: '/' is the host's own root");
	r->readonly = root->readonly;
	r->idmapped = m->options->ids.size > 0;
	if (!(ns_made(&m->plan->ns) & CLONE_NEWNS)) {
		make_root_elsewhere(m, r);
		if (m->spec->linux_->rootfs_propagation)
			return fail(0, "linux.rootfsPropagation: needs a mount namespace of its own: add "
				       "{\"type\": \"mount\"}, "
				       "without a path, to linux.namespaces");
		return 0;
	}
	r->how = m->options->no_pivot ? ROOT_MOVE : ROOT_PIVOT;
	r->propagation = propagation_flags(m->spec->linux_->rootfs_propagation);
	r->old_propagation = old_propagation(r->propagation);
	return 0;
}

/* ---- targets ---- */

/* What lxcfs and the like put over single files of a procfs; anything else inside /proc could fake what the
 * runtime, or the container's own security, reads there (CVE-2019-16884). */
static const char *const proc_allowed[] = {
	"cpuinfo",
	"diskstats",
	"meminfo",
	"stat",
	"swaps",
	"uptime",
	"loadavg",
	"slabinfo",
	"sys/kernel/ns_last_pid",
	"sys/crypto/fips_enabled",
};

static int check_proc(struct plan_mount *p)
{
	const char *below = p->target + strlen("/proc");

	if (!starts_with(p->target, "/proc") || (*below && *below != '/'))
		return 0;
	if (!*below) {
		p->must_be_proc = p->kind == PLAN_MOUNT_BIND;
		if (p->kind == PLAN_MOUNT_FS && !streq(p->type, "proc"))
			return fail(0, "%s: only a procfs may be mounted on /proc, not '%s'", p->where,
				    p->type);
		return 0;
	}
	if (p->kind == PLAN_MOUNT_REMOUNT)
		return 0;
	for (size_t i = 0; i < ARRAY_SIZE(proc_allowed); i++)
		if (streq(below + 1, proc_allowed[i]))
			return 0;
	return fail(0,
		    "%s: nothing may be mounted inside /proc but what lxcfs emulates (cpuinfo, meminfo, ...)",
		    p->where);
}

int make_mount_target(struct making *m, size_t i, struct plan_mount *p)
{
	char place[64];
	struct text t = TEXT(place);
	int r;

	text_add(&t, "mounts[%zu].destination", i);
	r = container_path(m, place, m->spec->mounts.v[i].destination, &p->target);
	if (r < 0)
		return r;
	p->where = arena_printf(m->arena, "mounts[%zu] %s", i, p->target);
	if (!p->where)
		return -ENOMEM;
	if (streq(p->target, "/") && p->kind != PLAN_MOUNT_REMOUNT)
		return fail(0, "%s: a mount over the root; the root file system is what root.path says",
			    p->where);
	return 0;
}

/* ---- the three kinds ---- */

static bool is_one_of(const char *type, const char *const *list, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (streq(type, list[i]))
			return true;
	return false;
}

/* The super block's read-only flag too, where a device is mounted: one that is write-protected cannot be
 * opened without. Not for the kernel's own file systems, where it would act on every other mount of the same
 * super block. */
static bool wants_super_ro(const struct plan_mount *p)
{
	static const char *const own[] = { "proc",   "sysfs",  "cgroup", "cgroup2",
					   "mqueue", "devpts", "tmpfs",	 "ramfs" };

	return (p->attrs.set & MOUNT_ATTR_RDONLY) && p->source && p->source[0] == '/' &&
	       !is_one_of(p->type, own, ARRAY_SIZE(own));
}

/* What the policy labels file by file (procfs, sysfs), or what the host has mounted already, with another context, takes
 * none. Of an IPC namespace's mqueue there has been a mount since the namespace is there: its root gets the label. */
static bool takes_context(const char *type)
{
	static const char *const unlabelled[] = { "proc", "sysfs", "mqueue", "cgroup", "cgroup2" };

	return !is_one_of(type, unlabelled, ARRAY_SIZE(unlabelled));
}

/* The flags of the super block and the SELinux context, after the words for the file system. */
static int make_params(struct making *m, const struct mount_said *said, struct plan_mount *p)
{
	static const struct {
		unsigned int flag;
		const char *word;
	} flags[] = { { SUPER_SYNC, "sync" },
		      { SUPER_DIRSYNC, "dirsync" },
		      { SUPER_LAZYTIME, "lazytime" },
		      { SUPER_MAND, "mand" } };
	struct mount_param *params =
		arena_array(m->arena, said->n_params + ARRAY_SIZE(flags) + 2, struct mount_param);
	size_t n = said->n_params;

	if (!params)
		return -ENOMEM;
	memcpy(params, said->params, n * sizeof(params[0]));
	for (size_t i = 0; i < ARRAY_SIZE(flags); i++)
		if (said->super & flags[i].flag)
			params[n++].key = keep(m, flags[i].word);
	if (p->kind == PLAN_MOUNT_FS && wants_super_ro(p))
		params[n++].key = keep(m, "ro");
	if (p->kind == PLAN_MOUNT_FS && m->plan->mount_label && takes_context(p->type))
		params[n++] = *m->plan->mount_label;
	for (size_t i = 0; i < n; i++)
		if (!params[i].key)
			return -ENOMEM;
	p->params.v = params;
	p->params.n = n;
	return 0;
}

static bool has_param(const struct plan_mount *p, const char *key)
{
	for (size_t i = 0; i < p->params.n; i++)
		if (streq(p->params.v[i].key, key))
			return true;
	return false;
}

/* On one mount with nothing below it the recursive words are plain ones, and need no mount_setattr(2). */
static void fold_recursive(struct mount_attrs *a)
{
	if (a->rec_clear & MOUNT_ATTR__ATIME)
		a->set &= ~(uint64_t)MOUNT_ATTR__ATIME;
	a->set = (a->set & ~a->rec_clear) | a->rec_set;
	a->clear = (a->clear & ~a->rec_set) | a->rec_clear;
	a->rec_set = a->rec_clear = 0;
}

static int make_bind(struct making *m, const struct spec_mount *asked, const struct mount_said *said,
		     struct plan_mount *p)
{
	if (!asked->source || !*asked->source)
		return fail(0, "%s: a bind mount without a source", p->where);
	/* mode=755 and the like mean nothing to a bind, as mount(2) says; a word alone is a mistyped flag */
	if (said->first_param && !strchr(said->first_param, '='))
		return fail(0, "%s: option '%s' is for a file system; a bind mount has none of its own",
			    p->where, said->first_param);
	if (said->copy_up)
		return fail(0, "%s: option 'tmpcopyup' is for a tmpfs", p->where);
	p->recursive = said->recursive;
	if (!p->recursive)
		fold_recursive(&p->attrs);
	p->source = asked->source[0] == '/'
			    ? asked->source
			    : arena_printf(m->arena, "%s/%s", m->options->bundle, asked->source);
	if (!p->source)
		return -ENOMEM;
	if (!said->first_param)
		return 0;
	return warn(m, "%s: option '%s' is for a file system: a bind mount ignores it", p->where,
		    said->first_param);
}

/* A fallback is a bind of the host's tree with what is mounted below it: read-only must then mean all of it
 * (CVE-2023-25809; needs Linux 5.12, and fails before). For a new file system it changes nothing. */
static int set_fallback(struct making *m, struct plan_mount *p, const char *source)
{
	p->fallback_source = keep(m, source);
	p->attrs.rec_set |= p->attrs.set & MOUNT_ATTR_RDONLY;
	return p->fallback_source ? 0 : -ENOMEM;
}

static int make_fs(struct making *m, const struct spec_mount *asked, const struct mount_said *said,
		   struct plan_mount *p)
{
	bool foreign_user = m->plan->ns.userns || !m->host->initial_userns, tmpfs = streq(p->type, "tmpfs");
	int r;

	if (said->copy_symlink || said->source_nofollow)
		return fail(0, "%s: options 'copy-symlink' and 'src-nofollow' are for bind mounts", p->where);
	if (said->copy_up && !tmpfs)
		return fail(0, "%s: option 'tmpcopyup' is for a tmpfs", p->where);
	p->source = asked->source && *asked->source ? asked->source : NULL;
	p->copy_up = said->copy_up;
	fold_recursive(&p->attrs);
	r = make_params(m, said, p);
	if (r < 0)
		return r;
	p->inherit_mode = tmpfs && !has_param(p, "mode");
	p->label_by_xattr = m->plan->mount_label && streq(p->type, "mqueue");
	/* Mount points, nodes and links inside it have to be made first. */
	if ((tmpfs || streq(p->target, "/dev")) && (p->attrs.set & MOUNT_ATTR_RDONLY)) {
		p->attrs.set &= ~(uint64_t)MOUNT_ATTR_RDONLY;
		p->late_readonly = true;
	}
	/* A proc or sysfs on a symlink of the image would be somebody else's directory (CVE-2019-19921,
	 * CVE-2023-27561). */
	if (streq(p->type, "proc") || streq(p->type, "sysfs"))
		p->target_nofollow = true;
	/* sysfs belongs to the network namespace's owner; a read-only view of the host's is what crun and
	 * podman give then. */
	if (streq(p->type, "sysfs") && foreign_user && (p->attrs.set & MOUNT_ATTR_RDONLY))
		return set_fallback(m, p, "/sys");
	return 0;
}

/* ---- idmapped mounts ---- */

static bool same_map(const struct id_map *a, const struct id_map *b)
{
	return a->n == b->n && (!a->n || !memcmp(a->v, b->v, a->n * sizeof(a->v[0])));
}

static int make_idmap(struct making *m, const struct spec_mount *asked, const struct mount_said *said,
		      struct plan_mount *p)
{
	const struct plan_ns *ns = &m->plan->ns;
	bool given = asked->uid_mappings.n || asked->gid_mappings.n;
	int r = 0;

	if (said->idmap == IDMAP_NONE && !given)
		return 0;
	if (p->kind == PLAN_MOUNT_REMOUNT)
		return fail(0, "%s: ids can only be mapped on a new mount", p->where);
	if (m->host->euid != 0)
		return fail(EPERM, "%s: only root can map the ids of a mount", p->where);
	p->idmap = IDMAP_OWN;
	p->idmap_recursive = said->idmap_recursive;
	p->uids = asked->uid_mappings;
	p->gids = asked->gid_mappings;
	if (said->idmap_text && given)
		return fail(0, "%s: id maps both in the option 'idmap=' and in uidMappings, gidMappings",
			    p->where);
	if (said->idmap_text)
		r = mount_words_idmap(m->arena, said->idmap_text, &ns->uids, &ns->gids, &p->uids, &p->gids);
	if (r < 0)
		return fail_in(r, "%s", p->where);
	if ((said->idmap_text || given) && (!p->uids.n || !p->gids.n))
		return fail(0, "%s: uidMappings and gidMappings are only good together", p->where);
	if (!said->idmap_text && !given && !ns->userns)
		return fail(0, "%s: option 'idmap' needs a user namespace, or uidMappings and gidMappings",
			    p->where);
	/* The usual case: the same maps as the container's, whose namespace can then be taken instead of
	 * making one. */
	if ((!said->idmap_text && !given) ||
	    (ns->userns && same_map(&p->uids, &ns->uids) && same_map(&p->gids, &ns->gids))) {
		p->idmap = IDMAP_CONTAINER;
		p->uids = p->gids = (struct id_map){ 0 };
	}
	return 0;
}

/* ---- one mount, and all ---- */

static int choose_kind(const struct spec_mount *asked, const struct mount_said *said, size_t i,
		       enum plan_mount_kind *ret)
{
	const char *type = asked->type ? asked->type : "";

	if (said->remount)
		*ret = PLAN_MOUNT_REMOUNT;
	else if (said->bind || streq(type, "bind") ||
		 (streq(type, "none") && asked->source && *asked->source))
		*ret = PLAN_MOUNT_BIND;
	else if (!*type || streq(type, "none"))
		return fail(0, "mounts[%zu] %s: neither a type nor the option 'bind'", i, asked->destination);
	else
		*ret = PLAN_MOUNT_FS;
	return 0;
}

static int make_one(struct making *m, size_t i, struct plan_mount *p)
{
	const struct spec_mount *asked = &m->spec->mounts.v[i];
	struct mount_said said;
	/* overlay's own paths may have commas */
	int r = mount_words_read(m->arena, &asked->options, !asked->type || !streq(asked->type, "overlay"),
				 &said);

	if (r == 0)
		r = choose_kind(asked, &said, i, &p->kind);
	if (r == 0)
		r = make_mount_target(m, i, p);
	if (r < 0)
		return r;
	p->type = p->kind == PLAN_MOUNT_FS ? asked->type : NULL;
	p->attrs = said.attrs;
	p->propagation = said.propagation;
	p->n_propagation = said.n_propagation;
	p->source_nofollow = said.source_nofollow;
	p->target_nofollow = said.target_nofollow;
	p->copy_symlink = said.copy_symlink;
	r = check_proc(p);
	if (r < 0)
		return r;
	if (p->kind == PLAN_MOUNT_REMOUNT)
		r = make_params(m, &said, p);
	else
		r = p->kind == PLAN_MOUNT_BIND ? make_bind(m, asked, &said, p) : make_fs(m, asked, &said, p);
	if (r == 0)
		r = make_idmap(m, asked, &said, p);
	/* A mapped root cannot reach what only the host's root may (kubelet's directories); an unprivileged
	 * caller can clone nothing before it is in its own user namespace. */
	p->parent_opens = m->host->euid == 0 &&
			  ((p->kind == PLAN_MOUNT_BIND && m->plan->ns.userns) || p->idmap != IDMAP_NONE);
	return r;
}

/* The directory of the notification proxy's socket. */
static int make_notify(struct making *m, struct plan_mount *p)
{
	p->kind = PLAN_MOUNT_BIND;
	p->where = keep(m, "the notification socket's directory /run/notify");
	p->target = keep(m, "/run/notify");
	p->source = keep(m, m->options->notify_dir);
	p->attrs.set = MOUNT_ATTR_RDONLY | MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | MOUNT_ATTR_NOEXEC;
	p->parent_opens = m->host->euid == 0 && m->plan->ns.userns;
	return p->where && p->target && p->source ? 0 : -ENOMEM;
}

static int make_list(struct making *m)
{
	size_t max = m->spec->mounts.n * cgroup_mounts_max(m) + 1, n = 0;
	struct plan_mount *list = arena_array(m->arena, max, struct plan_mount);

	if (!list)
		return -ENOMEM;
	for (size_t i = 0; i < m->spec->mounts.n; i++) {
		struct plan_mount one = { 0 };
		size_t made = 1;
		int r = make_one(m, i, &one);

		if (r < 0)
			return r;
		list[n] = one;
		if (one.kind == PLAN_MOUNT_FS && streq(one.type, "cgroup")) {
			r = cgroup_mounts(m, &one, &list[n], &made);
			if (r < 0)
				return r;
		}
		n += made;
	}
	if (m->options->notify_dir && (ns_made(&m->plan->ns) & CLONE_NEWNS)) {
		int r = make_notify(m, &list[n++]);

		if (r < 0)
			return r;
	}
	m->plan->mounts.v = list;
	m->plan->mounts.n = n;
	return 0;
}

/* maskedPaths and readonlyPaths: absolute, as far as the specification goes. */
static int make_paths(struct making *m, const char *property, const struct strings *asked,
		      struct strings *ret)
{
	const char **list = arena_array(m->arena, asked->n + 1, const char *);

	if (!list)
		return -ENOMEM;
	for (size_t i = 0; i < asked->n; i++) {
		char place[64];
		struct text t = TEXT(place);
		int r;

		text_add(&t, "%s[%zu]", property, i);
		r = container_path(m, place, asked->v[i], &list[i]);
		if (r < 0)
			return r;
	}
	*ret = (struct strings){ .v = list, .n = asked->n };
	return 0;
}

/* linux.mountLabel, and which of the options of SELinux it is: crun's annotation. */
static int make_label(struct making *m)
{
	static const char *const types[] = { "context", "fscontext", "defcontext", "rootcontext" };
	const char *label = m->spec->linux_->mount_label;
	const char *type = make_annotation(m, "run.oci.mount_context_type");
	struct mount_param *param;

	if (type && !is_one_of(type, types, ARRAY_SIZE(types)))
		return fail(0,
			    "annotation run.oci.mount_context_type: '%.64s' is none of context, fscontext, "
			    "defcontext, rootcontext",
			    type);
	if (!label || !*label)
		return 0;
	if (!m->host->selinux)
		return fail(0,
			    "linux.mountLabel: SELinux is not enabled on this host, '%.128s' cannot be used",
			    label);
	param = arena_new(m->arena, struct mount_param);
	if (!param)
		return -ENOMEM;
	*param = (struct mount_param){ .key = keep(m, type ? type : types[0]), .value = label };
	m->plan->mount_label = param;
	return param->key ? 0 : -ENOMEM;
}

int make_mount_list(struct making *m)
{
	int r = make_label(m);

	m->plan->root.old_propagation =
		old_propagation(propagation_flags(m->spec->linux_->rootfs_propagation));
	return r < 0 ? r : make_list(m);
}

int make_mount_paths(struct making *m)
{
	int r = make_paths(m, "linux.maskedPaths", &m->spec->linux_->masked_paths, &m->plan->masked);

	if (r == 0)
		r = make_paths(m, "linux.readonlyPaths", &m->spec->linux_->readonly_paths,
			       &m->plan->readonly);
	return r;
}

int make_mounts(struct making *m)
{
	int r = make_root(m);

	if (r == 0)
		r = make_label(m);
	if (r == 0)
		r = make_list(m);
	return r < 0 ? r : make_mount_paths(m);
}
