/* SPDX-License-Identifier: Apache-2.0 */
/*
 * gc.c: what commands that died have left: directories on their way in or out of the state root, containers that nobody can
 * want any more (made by a create that died, or in another boot), and cgroups whose record somebody took away. A container
 * that has merely stopped is its owner's to delete.
 */
#include "base/err.h"
#include "base/fd.h"
#include "base/io.h"
#include "base/str.h"
#include "container.h"

#define DELETE_MS 10000

struct gc {
	struct cruet *cruet;
	const struct cruet_gc *options;
	const char *boot_id;
	int rootfd;
	size_t failed;
};

static void tell(const struct gc *gc, const char *what, const char *name, const char *why)
{
	const char *done = gc->options->dry_run ? "would remove" : "removed";

	if (gc->options->found)
		gc->options->found(gc->options->context, done, what, name, why);
}

/* One that cannot be removed, for the reason that is recorded, does not keep the others. */
static void tell_failure(struct gc *gc, const char *what, const char *name)
{
	char line[ERR_TEXT_MAX + 128];

	fail_line(line, sizeof(line));
	fail_forget();
	gc->failed++;
	if (gc->options->found)
		gc->options->found(gc->options->context, "could not remove", what, name, line);
}

static void tell_directory(void *context, const char *name, const char *why)
{
	tell(context, "directory", name, why);
}

/* ---- containers --------------------------------------------------------------------------------------------------------- */

/* We hold its lock, so nobody is at work on it. */
static const char *why_garbage(const struct gc *gc, const struct container *c)
{
	if (!streq(c->boot_id, gc->boot_id))
		return "it is of another boot";
	return c->committed ? NULL : "its create died";
}

static void look_at(struct gc *gc, const char *id)
{
	const struct cruet_delete delete = { .id = id, .force = true };
	autoclose_container struct opened opened = OPENED_NONE;
	const char *why;
	int r = container_open(gc->cruet, id, 0, &opened);

	if (r == -EBUSY || r == -ENOENT) { /* somebody is at work on it, or it just went */
		fail_forget();
		return;
	}
	if (r < 0) {
		tell_failure(gc, "container", id);
		return;
	}
	why = why_garbage(gc, &opened.container);
	if (!why)
		return;
	cruet_set_deadline(gc->cruet, 0, DELETE_MS);
	if (!gc->options->dry_run && container_delete(gc->cruet, &delete, &opened) < 0)
		tell_failure(gc, "container", id);
	else
		tell(gc, "container", id, why);
}

/* ---- cgroups without a record ---------------------------------------------------------------------------------------------- */

struct recorded {
	struct strings cgroups;
	bool all_read; /* else any cgroup may be of the one that was not */
};

static int read_recorded(struct gc *gc, struct recorded *ret)
{
	const char *const *ids;
	const char **v;
	size_t n;
	int r = cruet_list_ids(gc->cruet, &ids, &n);

	if (r < 0)
		return r;
	v = arena_array(&gc->cruet->arena, n + 1, const char *);
	if (!v)
		return -ENOMEM;
	*ret = (struct recorded){ .cgroups.v = v, .all_read = true };
	for (size_t i = 0; i < n; i++) {
		autoclose_container struct opened opened = OPENED_NONE;

		r = container_open(gc->cruet, ids[i], -1, &opened);
		if (r == 0 && opened.container.cgroup)
			v[ret->cgroups.n++] = opened.container.cgroup;
		if (r < 0 && r != -ENOENT)
			ret->all_read = false;
		fail_forget();
	}
	return 0;
}

static bool is_recorded(const struct recorded *recorded, const char *path)
{
	for (size_t i = 0; i < recorded->cgroups.n; i++)
		if (streq(recorded->cgroups.v[i], path))
			return true;
	return !recorded->all_read;
}

/* Only an empty one: who is in another may be anybody's container, and there is nothing that says how to end it. */
static void look_at_cgroup(struct gc *gc, const struct cgroup_host *host, const char *path)
{
	struct cgroup_place *place;
	int r = cgroup_open(&gc->cruet->arena, host, path, &place);

	if (r == -ENOENT)
		return;
	if (r < 0) {
		tell_failure(gc, "cgroup", path);
		return;
	}
	if (!cgroup_is_empty(place)) {
		(void)!fail(EBUSY, "it has processes, but no container has it");
		tell_failure(gc, "cgroup", path);
	} else if (!gc->options->dry_run && cgroup_remove(place, now_ms()) < 0) {
		tell_failure(gc, "cgroup", path);
	} else {
		tell(gc, "cgroup", path, "no container has it");
	}
	cgroup_close(place);
}

/* ---- all of it ---------------------------------------------------------------------------------------------------------------- */

static int sweep(struct gc *gc)
{
	const struct ledger_sweep all = {
		.rootfd = gc->rootfd, .remove = !gc->options->dry_run, .found = tell_directory, .context = gc
	};

	return ledger_sweep(&all);
}

/* Marked cgroups first, records after: a record comes before its cgroup and goes after it, so that a cgroup that was there
 * before and has no record then has lost it. */
static int collect(struct gc *gc)
{
	const struct cgroup_host *host;
	const char *const *ids = NULL, *mark;
	struct recorded recorded = { .all_read = false };
	struct strings marked = { 0 };
	size_t n = 0;
	int r = cruet_cgroups(gc->cruet, &host);

	if (r == 0)
		r = cruet_cgroup_mark(gc->cruet, gc->rootfd, &mark);
	if (r == 0)
		r = cgroup_find_marked(&gc->cruet->arena, host, gc->cruet->procfd, mark, &marked);
	if (r == 0)
		r = sweep(gc);
	if (r == 0)
		r = cruet_list_ids(gc->cruet, &ids, &n);
	for (size_t i = 0; r == 0 && i < n; i++)
		look_at(gc, ids[i]);
	if (r == 0)
		r = read_recorded(gc, &recorded);
	for (size_t i = 0; r == 0 && i < marked.n; i++)
		if (!is_recorded(&recorded, marked.v[i]))
			look_at_cgroup(gc, host, marked.v[i]);
	return r;
}

int cruet_gc(struct cruet *cruet, const struct cruet_gc *options)
{
	struct gc gc = { .cruet = cruet, .options = options, .rootfd = -1 };
	int r = ledger_root_open(cruet->root, false, &gc.rootfd);

	if (r == -ENOENT)
		return 0;
	if (r == 0)
		r = cruet_boot_id(cruet, &gc.boot_id);
	if (r == 0)
		r = collect(&gc);
	fd_close(&gc.rootfd);
	if (r == 0 && gc.failed)
		r = fail(0, "%zu things could not be removed (of a container: try 'cruet delete --force')",
			 gc.failed);
	return r;
}
