/* SPDX-License-Identifier: Apache-2.0 */
/* run/step.c: run a table of the parent's steps; see run.h. */
#include <signal.h>
#include <stdlib.h>

#include "base/err.h"
#include "base/fd.h"
#include "base/io.h"
#include "base/log.h"
#include "kernel/process.h"
#include "run/run.h"

int steps_undo(const struct step *steps, size_t n, struct remains *remains)
{
	int first = 0;

	while (n-- > 0) {
		int r = steps[n].undo ? steps[n].undo(remains) : 0;

		if (r < 0) {
			remains->incomplete = true;
			if (first == 0)
				first = r;
		}
	}
	return first;
}

#define STAGE_MS 1000

/* The failure that brought us here is the one to tell, whatever undo runs into. */
static void undo_after_failure(const struct step *steps, size_t n, struct run *run)
{
	struct err_trail *own = err_trail(), aside = { 0 };
	struct remains remains = {
		.arena = run->arena,
		.container = run->container,
		.entry = &run->entry,
		.cgroups = &run->host->cgroup,
		.procfd = run->procfd,
		.pidfd = run->pidfd,
		.child = run->pid,
		.deadline_ms = now_ms() + LEDGER_LOCK_MS,
	};

	err_trail_attach(&aside);
	if (run->stage_pid > 0 && run->stage_pid != run->pid) {
		kill(run->stage_pid, SIGKILL);
		(void)!process_reap(run->stage_pid, now_ms() + STAGE_MS);
	}
	if (steps_undo(steps, n, &remains) < 0)
		log_warning("cleaning up: %s", aside.text);
	err_trail_attach(own);
}

/* With its time, where somebody reads it. */
static int apply_one(const struct step *step, struct run *run)
{
	int64_t began_ns;
	int r;

	if (!log_wants(LOG_LEVEL_DEBUG))
		return step->apply(run);
	log_debug("step '%s'", step->name);
	began_ns = now_ns();
	r = step->apply(run);
	log_debug("step '%s': %lld us", step->name, (long long)(now_ns() - began_ns) / 1000);
	return r;
}

int steps_apply(const struct step *steps, size_t n, struct run *run)
{
	for (size_t i = 0; i < n; i++) {
		int r;

		if (steps[i].wanted && !steps[i].wanted(run))
			continue;
		r = apply_one(&steps[i], run);
		if (r < 0) {
			undo_after_failure(steps, i + 1, run);
			return r;
		}
	}
	return 0;
}
