/* SPDX-License-Identifier: Apache-2.0 */
/*
 * kernel/cgroup_kill.c: the processes of a place: who they are, signals, the freezer. Parent only.
 */
#include "kernel/cgroup_place.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "base/err.h"
#include "base/fd.h"
#include "base/io.h"
#include "kernel/sys.h"

#define FREEZE_FOR_KILL_MS 2000

int cgroup_pids(struct arena *arena, const struct cgroup_place *place, pid_t **ret_pids, size_t *ret_n)
{
	autofree_pids struct pid_list list = { 0 };
	int r = cgroup_place_pids(place, &list);
	pid_t *pids;

	if (r < 0)
		return fail(-r, "cannot read the processes of cgroup '%s'", place->path);
	pids = arena_array(arena, list.n, pid_t);
	if (!pids)
		return -ENOMEM;
	if (list.n > 0)
		memcpy(pids, list.v, list.n * sizeof(*pids));
	*ret_pids = pids;
	*ret_n = list.n;
	return 0;
}

static bool has_pid(const struct pid_list *list, pid_t pid)
{
	size_t low = 0, high = list->n;

	while (low < high) {
		size_t mid = low + (high - low) / 2;

		if (list->v[mid] < pid)
			low = mid + 1;
		else
			high = mid;
	}
	return low < list->n && list->v[low] == pid;
}

#define BATCH 64

static int open_pidfd(pid_t pid)
{
	int fd = sys_pidfd_open(pid, 0);

	return fd < 0 ? -errno : fd;
}

/* A pid that was listed may be another process by now. So: hold what it is, look again whether it is listed,
 * signal what is held. */
static int signal_batch(const struct cgroup_place *place, const pid_t *pids, size_t n, int sig)
{
	autofree_pids struct pid_list again = { 0 };
	int fds[BATCH], r = 0, look;

	for (size_t i = 0; i < n; i++)
		fds[i] = open_pidfd(pids[i]);
	look = cgroup_place_pids(place, &again);
	for (size_t i = 0; i < n; i++) {
		int done = 0;

		if (look == 0 && has_pid(&again, pids[i])) {
			if (fds[i] >= 0)
				done = sys_pidfd_send_signal(fds[i], sig, NULL, 0);
			else if (fds[i] != -ESRCH)
				/* until 5.3 is the oldest kernel; and threads of a threaded cgroup, which
				 * have no pidfd */
				done = kill(pids[i], sig);
			if (done < 0 && errno != ESRCH)
				r = -errno;
		}
		if (fds[i] >= 0)
			fd_close(&fds[i]);
	}
	return look < 0 ? look : r;
}

static int signal_listed(const struct cgroup_place *place, int sig, size_t *ret_n)
{
	autofree_pids struct pid_list list = { 0 };
	int r = cgroup_place_pids(place, &list);

	for (size_t at = 0; r == 0 && at < list.n; at += BATCH)
		r = signal_batch(place, list.v + at, list.n - at < BATCH ? list.n - at : BATCH, sig);
	*ret_n = list.n;
	return r;
}

static int place_freeze(const struct cgroup_place *place, bool frozen, int64_t deadline_ms)
{
	const struct cgroup_dir *dir = cgroup_place_dir(place, "freezer");

	if (!dir)
		return -EOPNOTSUPP;
	return dir->v2 ? cgroup_v2_freeze(dir, frozen, deadline_ms)
		       : cgroup_v1_freeze(dir, frozen, deadline_ms);
}

/* Frozen processes cannot fork away from the list: what it holds then is all of them. */
static int kill_frozen(const struct cgroup_place *place, int64_t deadline_ms)
{
	const struct cgroup_dir *dir = cgroup_place_dir(place, "freezer");
	struct backoff backoff = { .deadline_ms = deadline_ms };
	int64_t soon = now_ms() + FREEZE_FOR_KILL_MS;
	bool frozen = place_freeze(place, true, soon < deadline_ms ? soon : deadline_ms) == 0;
	int r, thawed = 0;
	size_t n;

	do
		r = signal_listed(place, SIGKILL, &n);
	while (r == 0 && n > 0 && !frozen && backoff_sleep(&backoff));
	if (dir)
		thawed = dir->v2 ? write_file_at(dir->fd, "cgroup.freeze", "0") : cgroup_v1_thaw_all(dir);
	/* without the file, or without the cgroup, nothing is frozen */
	return r < 0 || thawed == -ENOENT || thawed == -ENODEV ? r : thawed;
}

/* On a hybrid host the v2 directory holds the same processes, so cgroup.kill reaches them there too; but v1
 * can have them frozen, or a create that was killed have attached to some hierarchies only. */
static int kill_all(const struct cgroup_place *place, int64_t deadline_ms)
{
	for (size_t i = 0; i < place->n; i++) {
		int r;

		if (!place->v[i].v2)
			continue;
		r = write_file_at(place->v[i].fd, "cgroup.kill", "1");
		if (place->mode != CGROUP_V2)
			break;
		if (r == 0 || r == -ENODEV)
			return 0;
		/* until 5.14 is the oldest kernel: ENOENT; and EOPNOTSUPP where the container made it
		 * threaded */
		if (r != -ENOENT && r != -EOPNOTSUPP)
			return r;
	}
	return kill_frozen(place, deadline_ms);
}

int cgroup_signal(const struct cgroup_place *place, int sig, int64_t deadline_ms)
{
	size_t n;
	int r = sig == SIGKILL ? kill_all(place, deadline_ms) : signal_listed(place, sig, &n);

	return r < 0 ? fail(-r, "cannot send signal %d to the processes of cgroup '%s'", sig, place->path)
		     : 0;
}

static int wait_pids_gone(const struct cgroup_place *place, int64_t deadline_ms)
{
	autofree_pids struct pid_list list = { 0 };
	struct backoff backoff = { .deadline_ms = deadline_ms };
	int r;

	do
		r = cgroup_place_pids(place, &list);
	while (r == 0 && list.n > 0 && backoff_sleep(&backoff));
	return r == 0 && list.n > 0 ? -ETIMEDOUT : r;
}

int cgroup_wait_empty(const struct cgroup_place *place, int64_t deadline_ms)
{
	int r;

	if (place->mode == CGROUP_V2 && place->n > 0)
		r = cgroup_v2_wait_empty(&place->v[0], deadline_ms);
	else
		r = wait_pids_gone(place, deadline_ms);
	return r < 0 ? fail(-r, "cgroup '%s' still has processes", place->path) : 0;
}

int cgroup_freeze(const struct cgroup_place *place, bool frozen, int64_t deadline_ms)
{
	int r = place_freeze(place, frozen, deadline_ms);

	return r < 0 ? fail(-r, "cannot %s cgroup '%s'", frozen ? "freeze" : "thaw", place->path) : 0;
}

int cgroup_is_frozen(const struct cgroup_place *place, bool *ret_frozen)
{
	const struct cgroup_dir *dir = cgroup_place_dir(place, "freezer");

	if (dir)
		return dir->v2 ? cgroup_v2_is_frozen(dir->fd, ret_frozen)
			       : cgroup_v1_is_frozen(dir->fd, ret_frozen);
	*ret_frozen = false;
	return 0;
}
