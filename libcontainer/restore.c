/* SPDX-License-Identifier: Apache-2.0 */
/* restore.c: a container from images, as create and start would have made it; then as run. */
#include <fcntl.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "base/err.h"
#include "base/fd.h"
#include "base/io.h"
#include "container.h"
#include "images.h"
#include "making.h"

/* "apparmor:NAME", "selinux:LABEL": criu takes the whole. */
static int check_words(const struct cruet_restore *o)
{
	if (o->lsm_profile && !strchr(o->lsm_profile, ':'))
		return fail(EINVAL, "--lsm-profile '%s': expected apparmor:NAME or selinux:LABEL",
			    o->lsm_profile);
	return 0;
}

/* criu's own output goes elsewhere, and 0 is its terminal's. */
static int save_stdio(struct restoring *r)
{
	for (int fd = 0; fd < 3; fd++) {
		r->saved[fd] = fcntl(fd, F_DUPFD_CLOEXEC, 3);
		if (r->saved[fd] < 0)
			return fail(errno, "cannot keep fd %d for the container", fd);
	}
	return 0;
}

static int make(struct making *m, struct cruet *cruet, const struct cruet_restore *o,
		struct restoring *restoring)
{
	struct cruet_create create = o->create;
	struct images images;
	int r = check_words(o);

	if (!create.timeout_ms)
		create.timeout_ms = o->criu.timeout_ms ? o->criu.timeout_ms : IMAGES_MS;
	if (r == 0)
		r = images_open(&cruet->arena, &o->criu, false, "restore.log", &restoring->options, &images);
	if (r == 0)
		r = making_prepare(m, cruet, &create, false);
	if (!o->criu.timeout_ms) /* none was asked for: hooks have their own */
		m->run.limit_ms = cruet->limit_ms = NO_DEADLINE;
	if (r == 0)
		r = images_config_file(&cruet->arena, &m->container.annotations,
				       &restoring->options.config_file);
	if (r == 0)
		r = save_stdio(restoring);
	if (r < 0)
		return r;
	restoring->log = images.log;
	restoring->images = images.directory;
	restoring->work = images.work;
	restoring->options.parent = NULL; /* the images know their parent */
	restoring->options.tcp_close = o->tcp_close;
	restoring->options.lsm_profile = o->lsm_profile;
	restoring->options.lsm_mount_context = o->lsm_mount_context;
	restoring->no_pivot = create.no_pivot;
	restoring->root = arena_printf(&cruet->arena, "%s/%s/" RESTORE_ROOT, cruet->root, create.id);
	m->run.restoring = restoring;
	return restoring->root ? run_restore(&m->run) : -ENOMEM;
}

int cruet_restore(struct cruet *cruet, const struct cruet_restore *options, int *ret_status)
{
	autoclose_making struct making m = MAKING_NONE;
	struct restoring restoring = { .options = IMAGES_NONE, .criu = CRIU_NONE, .saved = { -1, -1, -1 } };
	const struct cruet_create *create = &options->create;
	int r = 0;

	if (!create->detach && !create->no_subreaper && prctl(PR_SET_CHILD_SUBREAPER, 1))
		return fail(errno, "cannot become a subreaper (try --no-subreaper)");
	r = make(&m, cruet, options, &restoring);
	criu_close(&restoring.criu);
	images_close(&restoring.options);
	for (int fd = 0; fd < 3; fd++)
		fd_close(&restoring.saved[fd]);
	*ret_status = 0;
	return r < 0 || create->detach ? r : making_watch(&m, cruet, create, ret_status);
}
