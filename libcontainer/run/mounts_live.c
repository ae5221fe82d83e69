/* SPDX-License-Identifier: Apache-2.0 */
/*
 * run/mounts_live.c: mounts of a container that runs. The parent opens what is the host's, before anything of the container is
 * entered; a stage joins the container's mount and user namespace, and what else the file systems need, and its child attaches
 * fd to fd. It stays in the caller's cgroup: the container's may be frozen. The parent has an fd of every mount, so that it can
 * have them taken away again by another child, however the first one ended.
 */
#include <errno.h>
#include <fcntl.h>

#include "base/err.h"
#include "base/fd.h"
#include "base/io.h"
#include "base/log.h"
#include "kernel/mount.h"
#include "kernel/process.h"
#include "run/acts.h"
#include "run/run.h"
#include "run/sources.h"
#include "wire/sync.h"

#define UNDO_MS 10000

static bool wants_sources(const struct run *run)
{
	return run->plan->kind == PLAN_MOUNTS_ADD;
}

/* A user namespace that was joined is only opened for its maps. The child gets to it by init's pidfd. */
static int open_sources(struct run *run)
{
	int r;

	run->handoff->new_mount_api = mount_tools_make(run->procfd).new_api;
	r = sources_open_namespaces(run);
	if (r == 0)
		r = sources_open_mounts(run);
	fd_close(&run->handoff->ns_fd[NS_USER]);
	return r;
}

static int open_procfs(struct run *run)
{
	return run->handoff->proc_fd < 0 ? procfs_open(true, &run->handoff->proc_fd) : 0;
}

/* The numbers stay in the handoff, which the child reads from the same memory. */
static int spawn(struct run *run)
{
	int r;

	run->handoff->role = ROLE_STAGE;
	r = spawn_child(run);
	fd_close(&(int){ run->handoff->shared_fd });
	fd_close(&(int){ run->handoff->sync_fd });
	return r;
}

/* What the child has made, in the order of the plan. It has no more need of their places in the list. */
static int take_file_systems(struct run *run)
{
	int *fds = (int *)run->handoff->mount_fd; /* ours: of sources_open_mounts */

	for (size_t i = 0; i < run->plan->mounts.n; i++) {
		int r;

		if (run->plan->mounts.v[i].parent_opens)
			continue;
		r = child_receive(run, SYNC_FILESYSTEM, &fds[i]);
		if (r < 0)
			return r;
		if (fds[i] < 0)
			return fail(EPROTO, "the stage sent no mount");
	}
	return 0;
}

static int finish(struct run *run)
{
	int r = child_receive(run, SYNC_READY, NULL);

	if (r == 0)
		r = process_reap(run->pid, run->deadline_ms);
	if (r == 0)
		run->pid = 0;
	return r;
}

/* clang-format off */
static const struct step live_steps[] = {
	{ "sources",      wants_sources, open_sources,      NULL,         "on the host, before anything of the container is entered" },
	{ "procfs",       NULL,          open_procfs,       NULL,         "to unmount by fd, and to see where a mount is; the container's own is not trusted" },
	{ "spawn",        NULL,          spawn,             undo_process, "in the caller's cgroup: the container's may be frozen" },
	{ "adopt",        NULL,          adopt_init,        NULL,         "from here on the pid is the process's, not the stage's" },
	{ "file-systems", wants_sources, take_file_systems, NULL,         "before the first mount is attached: whatever happens now can be undone" },
	{ "finish",       NULL,          finish,            NULL,         "all is attached, or detached; the process ends" },
};
/* clang-format on */

/* All or none. The failure is told already; what this runs into is only worth a warning. */
static void take_back(struct run *run)
{
	struct err_trail *own = err_trail(), aside = { 0 };
	struct plan *undo;
	int r = -ENOMEM;

	err_trail_attach(&aside);
	fd_close(&run->sync_fd);
	fd_close(&run->pidfd);
	undo = arena_new(run->arena, struct plan);
	if (undo) {
		*undo = *run->plan;
		undo->kind = PLAN_MOUNTS_UNDO;
		run->plan = run->handoff->plan = undo;
		run->pid = run->stage_pid = 0;
		run->deadline_ms = now_ms() + UNDO_MS;
		r = steps_apply(live_steps, ARRAY_SIZE(live_steps), run);
	}
	if (r < 0)
		log_warning("mounts that were added to '%s' may be left: %s", run->container->id, aside.text);
	err_trail_attach(own);
}

int run_live(struct run *run)
{
	int r = steps_apply(live_steps, ARRAY_SIZE(live_steps), run);

	if (r < 0 && run->sync_fd >= 0 && run->plan->kind == PLAN_MOUNTS_ADD)
		take_back(run);
	for (size_t i = 0; run->handoff->mount_fd && i < run->plan->mounts.n; i++)
		fd_close(&(int){ run->handoff->mount_fd[i] });
	fd_close(&run->handoff->proc_fd);
	return r;
}
