/* SPDX-License-Identifier: Apache-2.0 */
/*
 * plan/privileged.c: --privileged, whole: a rewrite of what the configuration says, before anything is planned from it.
 * Nine rules, those by which containerd makes a privileged container, and what SELinux needs for it. What makes a
 * container a container stays: its namespaces, user, root, limits, mounts and hooks.
 *
 * It asks for no more than the caller has: a capability that is not in his bounding set, a device that he could not make,
 * a label that the policy does not let him take are refused as they always are. No annotation leads here.
 */
#include <string.h>
#include <sys/stat.h>

#include "base/err.h"
#include "base/str.h"
#include "plan/make.h"

/* What is to be rewritten, ours until it is returned. */
struct rewrite {
	struct arena *arena;
	const struct host *host;
	struct spec *spec;
	struct spec_linux *linux_;
};

static void *copy(struct arena *arena, const void *from, size_t size)
{
	void *to = arena_alloc(arena, 1, size);

	if (to && from)
		memcpy(to, from, size);
	return to;
}
#define COPY(arena, type, from) ((struct type *)copy(arena, from, sizeof(struct type)))

/* ---- the process ---- */

/* Rule 1: all that the caller could give, bounding, effective and permitted; nothing that execve hands on by itself. */
static int all_capabilities(struct arena *arena, const struct host *host, struct spec_process *p)
{
	struct spec_capabilities *caps = arena_new(arena, struct spec_capabilities);
	const char **names = arena_array(arena, 65, const char *);
	size_t n = 0;
	char word[32];

	if (!caps || !names)
		return -ENOMEM;
	for (int i = 0; i < 64; i++) {
		if (!(host->bounding >> i & 1) || !cap_word(i, word, sizeof(word)))
			continue;
		names[n] = arena_strdup(arena, word);
		if (!names[n++])
			return -ENOMEM;
	}
	caps->bounding = caps->effective = caps->permitted = (struct strings){ .v = names, .n = n };
	p->capabilities = caps;
	return 0;
}

/* The fourth field of user:role:type:level, or NULL: a policy without levels has none. */
static const char *level_of(const char *label)
{
	for (int i = 0; label && i < 3; i++) {
		label = strchr(label, ':');
		label = label ? label + 1 : NULL;
	}
	return label && *label ? label : NULL;
}

/* Rule 4: the type that SELinux does not confine. The level stays: it is what the container's files have. */
static int unconfined_label(struct arena *arena, const struct host *host, const char *given,
			    const char *mount_label, const char **ret_label)
{
	const char *level = level_of(given);

	*ret_label = NULL;
	if (!host->selinux)
		return 0;
	level = level ? level : level_of(mount_label);
	level = level ? level : level_of(host->selinux_context);
	*ret_label = arena_printf(arena, "unconfined_u:unconfined_r:unconfined_t%s%s", level ? ":" : "",
				  level ? level : "");
	return *ret_label ? 0 : -ENOMEM;
}

int privileged_process(struct arena *arena, const struct host *host, const char *mount_label,
		       const struct spec_process *process, const struct spec_process **ret_process)
{
	struct spec_process *p = COPY(arena, spec_process, process);
	int r;

	if (!p)
		return -ENOMEM;
	r = all_capabilities(arena, host, p);				     /* 1 */
	p->no_new_privileges = (struct opt_bool){ .set = true, .v = false }; /* 2 */
	/* 3: said, as no profile at all would be that of the caller, or one that is attached to the program's path */
	p->apparmor_profile = arena_strdup(arena, "unconfined");
	if (!p->apparmor_profile)
		return -ENOMEM;
	if (r == 0)
		r = unconfined_label(arena, host, process->selinux_label, mount_label, &p->selinux_label);
	*ret_process = p;
	return r;
}

/* ---- the file system ---- */

static const struct spec_namespace *namespace_of(const struct spec *spec, enum spec_namespace_type type)
{
	for (size_t i = 0; i < spec->linux_->namespaces.n; i++)
		if (spec->linux_->namespaces.v[i].type == type)
			return &spec->linux_->namespaces.v[i];
	return NULL;
}

/* A sysfs is the network namespace's, and can only be written by the root of the user namespace that owns it: surely
 * ours where both are new. */
static bool owns_sysfs(const struct spec *spec)
{
	const struct spec_namespace *net = namespace_of(spec, SPEC_NS_NETWORK);

	return !namespace_of(spec, SPEC_NS_USER) || (net && !net->path);
}

/* Rule 7: the kernel's own file systems, not the volumes that the user wants read-only. */
static bool shall_be_writable(const struct spec *spec, const struct spec_mount *m)
{
	bool there = streq(m->destination, "/sys") || streq(m->destination, "/sys/fs/cgroup");

	if (m->type && streq(m->type, "sysfs"))
		return owns_sysfs(spec);
	return there || (m->type && (streq(m->type, "cgroup") || streq(m->type, "cgroup2")));
}

static int make_writable(struct arena *arena, struct spec_mount *m)
{
	const char **words = arena_array(arena, m->options.n + 2, const char *);
	size_t n = 0;

	if (!words)
		return -ENOMEM;
	for (size_t i = 0; i < m->options.n; i++) {
		const char *word = m->options.v[i];

		if (streq(word, "rro"))
			word = arena_strdup(arena, "rrw");
		if (!word)
			return -ENOMEM;
		if (!streq(word, "ro"))
			words[n++] = word;
	}
	words[n] = arena_strdup(arena, "rw");
	if (!words[n++])
		return -ENOMEM;
	m->options = (struct strings){ .v = words, .n = n };
	return 0;
}

static int writable_mounts(struct rewrite *w)
{
	struct spec_mount *mounts = arena_array(w->arena, w->spec->mounts.n + 1, struct spec_mount);

	if (!mounts)
		return -ENOMEM;
	for (size_t i = 0; i < w->spec->mounts.n; i++) {
		mounts[i] = w->spec->mounts.v[i];
		if (shall_be_writable(w->spec, &mounts[i]) && make_writable(w->arena, &mounts[i]) < 0)
			return -ENOMEM;
	}
	w->spec->mounts.v = mounts;
	return 0;
}

/* ---- devices ---- */

static bool is_listed(const struct spec_linux *l, size_t n, const char *path)
{
	for (size_t i = 0; i < n; i++)
		if (streq(l->devices.v[i].path, path))
			return true;
	return false;
}

/* Rule 8: the host's nodes behind those of the configuration, and no rule about them. */
static int host_devices(struct rewrite *w)
{
	size_t n = w->linux_->devices.n;
	struct spec_device *list = arena_array(w->arena, n + w->host->devices.n + 1, struct spec_device);
	struct spec_resources *resources = COPY(w->arena, spec_resources, w->linux_->resources);
	struct spec_device_rule *rule = arena_new(w->arena, struct spec_device_rule);

	if (!list || !resources || !rule)
		return -ENOMEM;
	if (n)
		memcpy(list, w->linux_->devices.v, n * sizeof(list[0]));
	for (size_t i = 0; i < w->host->devices.n; i++) {
		const struct device *d = &w->host->devices.v[i];

		if (is_listed(w->linux_, w->linux_->devices.n, d->path))
			continue;
		list[n++] = (struct spec_device){
			.type = S_ISBLK(d->type) ? 'b' : 'c',
			.path = d->path,
			.major = { .set = true, .v = d->major },
			.minor = { .set = true, .v = d->minor },
			.file_mode = { .set = true, .v = d->mode },
			.uid = { .set = true, .v = d->uid },
			.gid = { .set = true, .v = d->gid },
		};
	}
	w->linux_->devices.v = list;
	w->linux_->devices.n = n;
	rule->allow = true;
	resources->devices.v = rule;
	resources->devices.n = 1;
	w->linux_->resources = resources;
	return 0;
}

/* Rule 9: its cgroup is one of the host's for it as well; one that is joined was chosen. */
static int no_cgroup_namespace(struct rewrite *w)
{
	size_t n = w->linux_->namespaces.n, kept = 0;
	struct spec_namespace *list = arena_array(w->arena, n + 1, struct spec_namespace);

	if (!list)
		return -ENOMEM;
	for (size_t i = 0; i < n; i++) {
		const struct spec_namespace *ns = &w->linux_->namespaces.v[i];

		if (ns->type != SPEC_NS_CGROUP || (ns->path && *ns->path))
			list[kept++] = *ns;
	}
	w->linux_->namespaces.v = list;
	w->linux_->namespaces.n = kept;
	return 0;
}

/* ---- the whole ---- */

int plan_privileged(struct arena *arena, const struct host *host, const struct spec *spec,
		    const struct spec **ret_spec)
{
	struct rewrite w = { .arena = arena,
			     .host = host,
			     .spec = COPY(arena, spec, spec),
			     .linux_ = COPY(arena, spec_linux, spec->linux_) };
	int r = 0;

	if (!w.spec || !w.linux_)
		return -ENOMEM;
	w.spec->linux_ = w.linux_;
	if (spec->process)
		r = privileged_process(arena, host, spec->linux_->mount_label, spec->process,
				       &w.spec->process);				/* 1 to 4 */
	w.linux_->seccomp = NULL;							/* 5 */
	w.linux_->masked_paths = w.linux_->readonly_paths = (struct strings){ .n = 0 }; /* 6 */
	if (r == 0)
		r = writable_mounts(&w);
	if (r == 0)
		r = host_devices(&w);
	if (r == 0)
		r = no_cgroup_namespace(&w);
	*ret_spec = w.spec;
	return r;
}
