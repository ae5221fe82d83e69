/* SPDX-License-Identifier: Apache-2.0 */
/*
 * run/enter.c: exec: one more process in a running container. A stage is born in the container's cgroup, joins all of its
 * namespaces through init's pidfd, and clones the process; nothing on the host is changed, so nothing is undone but the
 * child.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>

#include "base/err.h"
#include "base/fd.h"
#include "base/io.h"
#include "base/log.h"
#include "kernel/process.h"
#include "run/acts.h"
#include "run/rdt.h"
#include "run/run.h"
#include "run/sources.h"
#include "run/unit.h"
#include "wire/sync.h"

#define LEAVE_MS 1000

int undo_process(struct remains *remains)
{
	if (remains->child <= 0)
		return 0;
	kill(remains->child, SIGKILL);
	/* in a frozen container of v1 it dies when that goes on: nobody need wait for it */
	if (process_reap(remains->child, now_ms() + LEAVE_MS) < 0)
		fail_forget();
	return 0;
}

static int spawn(struct run *run)
{
	int r;

	run->handoff->role = ROLE_STAGE;
	r = spawn_child(run);
	/* A container that runs a service manager of its own has moved its processes below, and a cgroup2 with children
	 * that have controllers takes no process: the one that init is in now does. */
	if (r == -EBUSY && run->cgroup_fallback_fd >= 0) {
		fail_forget();
		fd_close(&run->sync_fd);
		sources_close(run);
		run->cgroup_fd = run->cgroup_fallback_fd;
		r = spawn_child(run);
	}
	sources_close(run);
	return r;
}

static bool wants_attach(const struct run *run)
{
	return run->plan->cgroup.attach;
}

static int attach(struct run *run)
{
	int r = run->place ? cgroup_attach(run->place, run->pid) : 0;

	/* a user outside of what his manager was given may not write to where both are below */
	if ((r == -EACCES || r == -EPERM) && run->container->unit) {
		fail_forget();
		r = attach_to_unit(run);
	}
	return r < 0 ? r : child_send(run, SYNC_JOINED);
}

/* clang-format off */
static const struct step exec_steps[] = {
	{ "spawn",     NULL,            spawn,          undo_process, "the child is on its way; all below runs beside it" },
	{ "attach",    wants_attach,    attach,         NULL,       "where it cannot be born in the cgroup (v1, a user's unit): before it enters anything" },
	{ "adopt",     NULL,            adopt_init,     NULL,       "from here on the pid is the process's, not the stage's" },
	{ "rdt-join",  wants_rdt,       join_rdt,       NULL,       "in the container's group of resctrl, before the program starts anything" },
	{ "oom-score", wants_oom_score, set_oom_score,  NULL,       "lowering needs the host's CAP_SYS_RESOURCE" },
	{ "rlimits",   wants_rlimits,   raise_rlimits,  NULL,       "raising needs the host's CAP_SYS_RESOURCE" },
	{ "filter",    wants_filter,    finish_filter,  NULL,       "seccomp's is compiled beside what init does" },
	{ "console",   wants_console,   take_console,   NULL,       "the terminal of the container's devpts" },
	{ "ready",     NULL,            finish_init,    NULL,       "nothing can fail any more but execve" },
	{ "pid-file",  wants_pid_file,  write_pid_file, NULL,       "before the release: a failure still takes the process with it" },
	{ "pidfd",     wants_pidfd,     send_pidfd,     NULL,       "as the pid file" },
	{ "release",   NULL,            release_init,   NULL,       "it need not die with us any more" },
	{ "execute",   NULL,            run_start_child, NULL,      "a missing program is an error of exec, not of the process" },
};
/* clang-format on */

int run_enter(struct run *run)
{
	return steps_apply(exec_steps, ARRAY_SIZE(exec_steps), run);
}
