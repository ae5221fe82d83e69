/* SPDX-License-Identifier: Apache-2.0 */
/*
 * stop.c: end a container: a signal, time to end by itself, then the end for everybody in it. What an init leaves behind
 * it that has no pid namespace of its own ends, too.
 */
#include <signal.h>

#include "base/err.h"
#include "base/fd.h"
#include "base/io.h"
#include "base/str.h"
#include "ended.h"
#include "kernel/process.h"

#define GRACE_MS    10000
#define KILL_MS	    10000
#define STOP_SIGNAL "org.opencontainers.image.stopSignal"

/* As asked; else as the image says (the specification's image conversion); else TERM. */
static int which_signal(const struct cruet_stop *options, const struct container *c, int *ret)
{
	const char *word = options->signal;
	int r;

	for (size_t i = 0; !word && i < c->annotations.n; i++)
		if (streq(c->annotations.v[i].key, STOP_SIGNAL))
			word = c->annotations.v[i].value;
	*ret = SIGTERM;
	if (!word)
		return 0;
	r = cruet_signal_number(word, ret);
	return r < 0 && !options->signal ? fail_in(r, "annotation " STOP_SIGNAL) : r;
}

/* Ask, and wait as long as it has time. Signals of a frozen process wait until it goes on. */
static int ask(struct cruet *cruet, const struct opened *opened, int pidfd, int sig, int64_t grace_ms)
{
	struct cgroup_place *place;
	bool frozen = false;
	int r = process_signal(pidfd, sig);

	if (r == -ESRCH) {
		fail_forget();
		return 0;
	}
	if (r == 0)
		r = container_is_paused(cruet, &opened->container, &frozen);
	if (r == 0 && frozen) {
		r = container_need_cgroup(cruet, &opened->container, &place);
		if (r == 0) {
			r = cgroup_freeze(place, false, now_ms() + KILL_MS);
			cgroup_close(place);
		}
	}
	if (r < 0)
		return r;
	r = wait_readable(pidfd, now_ms() + grace_ms);
	return r == -ETIMEDOUT ? 0 : r;
}

/* Nobody is left in the cgroup when this returns 0. */
static int end_all(struct cruet *cruet, const struct opened *opened, int pidfd)
{
	int64_t deadline = now_ms() + KILL_MS;
	struct cgroup_place *place;
	int r = container_cgroup(cruet, &opened->container, &place);

	if (r == -ENOENT)
		r = 0;
	else if (r == 0) {
		r = cgroup_signal(place, SIGKILL, deadline);
		if (r == 0)
			r = cgroup_wait_empty(place, deadline);
		cgroup_close(place);
	}
	if (r < 0 || pidfd < 0)
		return r;
	/* without a cgroup, and for who was attached elsewhere */
	r = process_signal(pidfd, SIGKILL);
	if (r < 0 && r != -ESRCH)
		return r;
	fail_forget();
	r = wait_readable(pidfd, deadline);
	return r < 0 ? fail(-r,
			    "init of '%s' cannot be killed: is it waiting for a dead file system or device?",
			    opened->container.id)
		     : 0;
}

static int stop_opened(struct cruet *cruet, const struct cruet_stop *options, const struct opened *opened)
{
	int64_t grace = options->timeout_ms < 0 ? 0 : options->timeout_ms ? options->timeout_ms : GRACE_MS;
	autoclose int pidfd = -1;
	enum cruet_status status;
	struct cruet_exit ended;
	int sig, r = container_life(cruet, opened, &status, &pidfd);

	if (r == 0)
		r = which_signal(options, &opened->container, &sig);
	if (r < 0)
		return r;
	/* one that waits at the gate has no program that could end by itself */
	if (status == CRUET_RUNNING && sig != SIGKILL && grace > 0) {
		r = ask(cruet, opened, pidfd, sig, grace);
		if (r < 0)
			return r;
	}
	r = end_all(cruet, opened, pidfd);
	return r < 0 || pidfd < 0 ? r : ended_watch(cruet, opened, pidfd, &ended);
}

/* Without the lock: kill and state of others need not wait for a container that takes its time to end. */
int cruet_stop(struct cruet *cruet, const struct cruet_stop *options)
{
	autoclose_container struct opened opened = OPENED_NONE;
	int r = container_open(cruet, options->id, -1, &opened);

	return r < 0 ? r : stop_opened(cruet, options, &opened);
}
