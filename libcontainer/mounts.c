/* SPDX-License-Identifier: Apache-2.0 */
/*
 * mounts.c: mounts for a container that is there, and such that it shall not have any more. Nothing of it is recorded: the mount
 * namespace is where it is, it ends with the container, and no command needs to know.
 */
#include <fcntl.h>
#include <unistd.h>

#include "base/err.h"
#include "base/fd.h"
#include "base/io.h"
#include "base/str.h"
#include "making.h"

#define MOUNTS_MS  30000
#define MOUNTS_MAX (1u << 20)

static int read_mounts(struct arena *arena, const char *path, struct plan_live *live)
{
	autoclose int fd = streq(path, "-") ? fcntl(0, F_DUPFD_CLOEXEC, 3) : open(path, O_RDONLY | O_CLOEXEC);
	char *text;
	size_t n;
	int r;

	if (fd < 0)
		return fail(errno, "'%s'", path);
	r = read_all(arena, fd, MOUNTS_MAX, &text, &n);
	if (r < 0)
		return fail(-r, "'%s'", path);
	r = spec_load_mounts(arena, text, n, &live->v, &live->n);
	return r < 0 ? fail_in(r, "'%s'", path) : 0;
}

static int make_plan(struct making *m, struct cruet *cruet, const struct opened *opened,
		     const struct cruet_mounts *options, struct plan_live live)
{
	const struct container *c = &opened->container;
	const struct plan_options how = { .id = c->id, .bundle = c->bundle, .ids = container_ids(c) };
	int r = making_load_snapshot(m, cruet, opened);

	if (r == 0)
		r = read_mounts(&m->arena, options->file, &live);
	if (r == 0)
		r = plan_make_live(&m->arena, m->spec, &live, &m->host, &how, &m->run.plan);
	return r;
}

static int change(struct making *m, struct cruet *cruet, struct opened *opened,
		  const struct cruet_mounts *options, enum plan_kind kind, int pidfd)
{
	int r = making_open_arena(m);

	if (r == 0)
		r = make_plan(m, cruet, opened, options, (struct plan_live){ .kind = kind });
	if (r < 0)
		return r;
	making_fill_run(m, cruet, &opened->container);
	making_fill_handoff(m, false);
	m->run.handoff->pidfd = pidfd;
	return run_live(&m->run);
}

static int change_mounts(struct cruet *cruet, const struct cruet_mounts *options, enum plan_kind kind,
			 const char *what)
{
	autoclose_making struct making m = MAKING_NONE;
	autoclose_container struct opened opened = OPENED_NONE;
	autoclose int pidfd = -1;
	enum cruet_status status;
	int r;

	cruet_set_deadline(cruet, options->timeout_ms, MOUNTS_MS);
	r = container_open(cruet, options->id, cruet_lock_ms(cruet), &opened);
	if (r == 0)
		r = container_status(cruet, &opened, &status, &pidfd);
	if (r < 0)
		return r;
	if (status != CRUET_CREATED && status != CRUET_RUNNING && status != CRUET_PAUSED)
		return fail(0, "cannot %s the container '%s': it is %s (container not running)", what,
			    options->id, cruet_status_word(status));
	return change(&m, cruet, &opened, options, kind, pidfd);
}

int cruet_mounts_add(struct cruet *cruet, const struct cruet_mounts *options)
{
	return change_mounts(cruet, options, PLAN_MOUNTS_ADD, "add mounts to");
}

int cruet_mounts_remove(struct cruet *cruet, const struct cruet_mounts *options)
{
	return change_mounts(cruet, options, PLAN_MOUNTS_REMOVE, "remove mounts of");
}
