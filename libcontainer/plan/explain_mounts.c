/* SPDX-License-Identifier: Apache-2.0 */
/* plan/explain_mounts.c: the root, the mounts, devices and paths in words. */
#include <sys/mount.h>
#include <sys/stat.h>

#include "kernel/sys.h"
#include "plan/explain.h"

/* ---- flags ---- */

static const struct {
	uint64_t bit;
	const char *set, *clear;
} attr_words[] = {
	{ MOUNT_ATTR_RDONLY, "ro", "rw" },
	{ MOUNT_ATTR_NOSUID, "nosuid", "suid" },
	{ MOUNT_ATTR_NODEV, "nodev", "dev" },
	{ MOUNT_ATTR_NOEXEC, "noexec", "exec" },
	{ MOUNT_ATTR_NODIRATIME, "nodiratime", "diratime" },
	{ MOUNT_ATTR_NOSYMFOLLOW, "nosymfollow", "symfollow" },
};

static void explain_atime(FILE *out, const char *prefix, uint64_t set, uint64_t clear)
{
	uint64_t mode = set & MOUNT_ATTR__ATIME;

	if (clear & MOUNT_ATTR__ATIME)
		fprintf(out, " %s%s", prefix,
			mode == MOUNT_ATTR_NOATIME	 ? "noatime"
			: mode == MOUNT_ATTR_STRICTATIME ? "strictatime"
							 : "relatime");
}

static void explain_bits(FILE *out, const char *prefix, uint64_t set, uint64_t clear)
{
	for (size_t i = 0; i < ARRAY_SIZE(attr_words); i++) {
		if (set & attr_words[i].bit)
			fprintf(out, " %s%s", prefix, attr_words[i].set);
		if (clear & attr_words[i].bit)
			fprintf(out, " %s%s", prefix, attr_words[i].clear);
	}
	explain_atime(out, prefix, set, clear);
}

static void explain_attrs(FILE *out, const struct mount_attrs *a)
{
	if (a->set | a->clear | a->rec_set | a->rec_clear)
		fputc(',', out);
	explain_bits(out, "", a->set, a->clear);
	explain_bits(out, "r", a->rec_set, a->rec_clear);
}

static const char *propagation_word(unsigned long flags)
{
	bool rec = flags & MS_REC;

	switch (flags & ~(unsigned long)MS_REC) {
	case MS_SHARED:
		return rec ? "rshared" : "shared";
	case MS_SLAVE:
		return rec ? "rslave" : "slave";
	case MS_PRIVATE:
		return rec ? "rprivate" : "private";
	case MS_UNBINDABLE:
		return rec ? "runbindable" : "unbindable";
	default:
		return "unchanged";
	}
}

/* ---- mounts ---- */

static void explain_source(FILE *out, const struct plan_mount *m)
{
	switch (m->kind) {
	case PLAN_MOUNT_BIND:
		fputs(m->recursive ? "bind of the tree " : "bind of ", out);
		explain_string(out, m->source);
		break;
	case PLAN_MOUNT_FS:
		explain_string(out, m->type);
		if (m->source) {
			fputs(" from ", out);
			explain_string(out, m->source);
		}
		break;
	case PLAN_MOUNT_REMOUNT:
		fputs("remount", out);
		break;
	case PLAN_MOUNT_LINK:
		fputs("link to ", out);
		explain_string(out, m->source);
		break;
	}
}

static void explain_params(FILE *out, const struct plan_mount *m)
{
	for (size_t i = 0; i < m->params.n; i++) {
		fputs(i ? " " : ", ", out);
		explain_string(out, m->params.v[i].key);
		if (m->params.v[i].value) {
			fputc('=', out);
			explain_string(out, m->params.v[i].value);
		}
	}
}

static void explain_map(FILE *out, const char *what, const struct id_map *map)
{
	fprintf(out, " %s", what);
	for (size_t i = 0; i < map->n; i++)
		fprintf(out, " %u->%u+%u", map->v[i].inside, map->v[i].outside, map->v[i].size);
}

static void explain_idmap(FILE *out, const struct plan_mount *m)
{
	if (m->idmap == IDMAP_NONE)
		return;
	fprintf(out, ", ids mapped%s", m->idmap_recursive ? " recursively" : "");
	if (m->idmap == IDMAP_CONTAINER) {
		fputs(" as in the container", out);
		return;
	}
	explain_map(out, "uids", &m->uids);
	explain_map(out, "gids", &m->gids);
}

static void explain_manner(FILE *out, const struct plan_mount *m)
{
	const struct {
		bool yes;
		const char *words;
	} manners[] = {
		{ m->inherit_mode, "mode of what it covers" },
		{ m->copy_up, "filled with what it covers" },
		{ m->copy_symlink, "a symlink is copied" },
		{ m->source_nofollow, "source not followed" },
		{ m->target_nofollow, "target not followed" },
		{ m->must_be_proc, "must be a procfs" },
		{ m->label_by_xattr, "labelled" },
		{ m->late_readonly, "ro at the end" },
		{ m->parent_opens, "opened by the parent" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(manners); i++)
		if (manners[i].yes)
			fprintf(out, ", %s", manners[i].words);
	for (size_t i = 0; i < m->n_propagation; i++)
		fprintf(out, "%s%s", i ? " " : ", then ", propagation_word(m->propagation[i]));
	if (m->fallback_source) {
		fputs(", else bind of the tree ", out);
		explain_string(out, m->fallback_source);
	}
}

static void explain_mount(FILE *out, const struct plan_mount *m)
{
	fputs("mount ", out);
	explain_string(out, m->target);
	fputs(": ", out);
	explain_source(out, m);
	explain_attrs(out, &m->attrs);
	explain_params(out, m);
	explain_idmap(out, m);
	explain_manner(out, m);
	fputc('\n', out);
}

static void explain_root(FILE *out, const struct plan_root *root)
{
	static const char *const ways[] = {
		[ROOT_PIVOT] = "pivot_root",
		[ROOT_MOVE] = "moved over /, chroot",
		[ROOT_CHROOT] = "chroot",
	};

	fputs("root: ", out);
	explain_string(out, root->path);
	fprintf(out, ", %s", ways[root->how]);
	if (root->old_propagation)
		fprintf(out, ", old tree %s", propagation_word(root->old_propagation));
	if (root->propagation)
		fprintf(out, ", then %s", propagation_word(root->propagation));
	fprintf(out, "%s%s%s\n", root->idmapped ? ", its ids those of the user namespace" : "",
		root->on_host ? ", mounts made on the host" : "", root->readonly ? ", ro at the end" : "");
}

static void explain_device(FILE *out, const struct plan *plan, const struct device *d)
{
	fputs("device ", out);
	explain_string(out, d->path);
	if (S_ISFIFO(d->type))
		fputs(": fifo", out);
	else
		fprintf(out, ": %c %u:%u", S_ISBLK(d->type) ? 'b' : 'c', d->major, d->minor);
	fprintf(out, " mode %04o owner %u:%u%s\n", d->mode, d->uid, d->gid,
		plan->bind_devices && !S_ISFIFO(d->type) ? ", bound from the host" : "");
}

static void explain_paths(FILE *out, const char *what, const struct strings *paths)
{
	for (size_t i = 0; i < paths->n; i++) {
		fprintf(out, "%s: ", what);
		explain_string(out, paths->v[i]);
		fputc('\n', out);
	}
}

void explain_mounts(FILE *out, const struct plan *plan)
{
	if (plan->root.path)
		explain_root(out, &plan->root);
	if (plan->mount_label)
		fprintf(out, "mount label: %s=%s\n", plan->mount_label->key, plan->mount_label->value);
	for (size_t i = 0; i < plan->mounts.n; i++)
		explain_mount(out, &plan->mounts.v[i]);
	for (size_t i = 0; i < plan->devices.n; i++)
		explain_device(out, plan, &plan->devices.v[i]);
	for (size_t i = 0; i < plan->links.n; i++)
		fprintf(out, "link %s: %s\n", plan->links.v[i].path, plan->links.v[i].target);
	explain_paths(out, "read-only path", &plan->readonly);
	explain_paths(out, "masked path", &plan->masked);
}

void explain_live(FILE *out, const struct plan *plan)
{
	if (plan->root.old_propagation)
		fprintf(out, "binds: %s until asked otherwise\n",
			propagation_word(plan->root.old_propagation));
	if (plan->stage_opens)
		fputs("sources of binds: opened by the stage, in a copy of the caller's mount namespace\n",
		      out);
	if (plan->kind == PLAN_MOUNTS_ADD) {
		explain_mounts(out, plan);
		return;
	}
	for (size_t i = 0; i < plan->mounts.n; i++) {
		fputs("unmount ", out);
		explain_string(out, plan->mounts.v[i].target);
		fputc('\n', out);
	}
}
