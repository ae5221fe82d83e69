/* SPDX-License-Identifier: Apache-2.0 */
/* wait.c: wait for the end of a container, and tell how it was. */
#include "base/err.h"
#include "base/fd.h"
#include "base/io.h"
#include "ended.h"
#include "kernel/process.h"

/* A zombie counts as stopped, but its parent has not asked for its status yet: it can still be learnt. */
static int look_late(struct cruet *cruet, const struct opened *opened, struct cruet_exit *ret_exit)
{
	const struct container *c = &opened->container;
	autoclose int pidfd = -1;
	uint64_t start_time;
	char state;
	int r = ended_read(cruet, opened, ret_exit);

	if (r != -ENOENT)
		return r;
	if (c->pid > 0 && process_open((pid_t)c->pid, &pidfd) == 0 &&
	    process_stat(cruet->procfd, (pid_t)c->pid, &state, &start_time) == 0 &&
	    start_time == c->start_time)
		return ended_watch(cruet, opened, pidfd, ret_exit);
	fail_forget();
	return ended_note(cruet, opened, &(struct process_exit){ .known = false }, ret_exit);
}

int cruet_wait(struct cruet *cruet, const struct cruet_wait *options, struct cruet_exit *ret_exit)
{
	autoclose_container struct opened opened = OPENED_NONE;
	autoclose int pidfd = -1;
	enum cruet_status status;
	int r = container_open(cruet, options->id, -1, &opened);

	if (r == 0)
		r = container_life(cruet, &opened, &status, &pidfd);
	if (r < 0)
		return r;
	if (pidfd < 0)
		return look_late(cruet, &opened, ret_exit);
	r = wait_readable(pidfd, options->timeout_ms ? now_ms() + options->timeout_ms : NO_DEADLINE);
	if (r == -ETIMEDOUT)
		return fail(ETIMEDOUT, "the container '%s' has not ended", options->id);
	if (r < 0)
		return fail(-r, "cannot wait for the container '%s'", options->id);
	return ended_watch(cruet, &opened, pidfd, ret_exit);
}
