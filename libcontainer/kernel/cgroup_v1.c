/* SPDX-License-Identifier: Apache-2.0 */
/*
 * kernel/cgroup_v1.c: one hierarchy of version 1. Parent only. Source: kernel
 * Documentation/admin-guide/cgroup-v1.
 */
#include "kernel/cgroup_place.h"

#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/err.h"
#include "base/fd.h"
#include "base/io.h"
#include "base/str.h"

#define DIR_FLAGS (O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)

static bool dir_has(const struct cgroup_dir *dir, const char *controller)
{
	return cgroup_has_word(dir->controllers, ',', controller, strlen(controller));
}

/* A cpuset without CPUs or memory nodes can hold no process, and a new one has none: take the parent's. */
static int fill_cpuset_file(int parentfd, int fd, const char *file)
{
	char value[4096];
	ssize_t n = read_file_at(fd, file, value, sizeof(value));

	if (n > 0 || n == -ENOENT)
		return 0;
	if (n == 0)
		n = read_file_at(parentfd, file, value, sizeof(value));
	return n < 0 ? (int)n : write_file_at(fd, file, value);
}

static int fill_cpuset(int parentfd, int fd, const void *arg)
{
	const struct cgroup_dir *dir = arg;
	int r;

	if (parentfd < 0 || !dir_has(dir, "cpuset"))
		return 0;
	r = fill_cpuset_file(parentfd, fd, "cpuset.cpus");
	return r < 0 ? r : fill_cpuset_file(parentfd, fd, "cpuset.mems");
}

int cgroup_v1_is_frozen(int fd, bool *ret_frozen)
{
	char state[32];
	ssize_t n = read_file_at(fd, "freezer.state", state, sizeof(state));

	if (n < 0 && n != -ENODEV)
		return fail((int)-n, "cannot read freezer.state");
	/* gone is not frozen; FREEZING, by an ancestor or by somebody else, is on its way there */
	*ret_frozen = n > 0 && !streq(state, "THAWED");
	return 0;
}

static int refuse_unfit(const struct cgroup_dir *dir, int fd, bool fresh, pid_t guest, const char *path)
{
	autofree_pids struct pid_list pids = { 0 };
	bool frozen = false;
	int r = fresh ? 0 : cgroup_tree_pids(fd, &pids);

	if (r < 0)
		return fail(-r, "cannot read the processes of cgroup '%s'", path);
	for (size_t i = 0; i < pids.n; i++)
		if (!guest || pids.v[i] != guest)
			return fail(EBUSY, "cgroup '%s' of '%s' has processes that are not ours", path,
				    dir->mountpoint);
	if (dir_has(dir, "freezer"))
		r = cgroup_v1_is_frozen(fd, &frozen);
	if (r == 0 && frozen)
		return fail(EBUSY, "cgroup '%s' is frozen", path);
	return r;
}

static int make_below(struct cgroup_dir *dir, const struct cgroup_place *place, int parentfd, pid_t guest,
		      int *ret_fd)
{
	autoclose int fd = -1;
	int r;

	dir->made = mkdirat(parentfd, place->name, 0755) == 0;
	if (!dir->made && errno != EEXIST)
		return fail(errno, "cannot make cgroup '%s' of '%s'", place->path, dir->mountpoint);
	fd = openat(parentfd, place->name, DIR_FLAGS);
	if (fd < 0)
		return fail(errno, "cannot open cgroup '%s' of '%s'", place->path, dir->mountpoint);
	r = refuse_unfit(dir, fd, dir->made, guest, place->path);
	if (r < 0)
		return r;
	r = fill_cpuset(parentfd, fd, dir);
	if (r < 0)
		return fail(-r, "cannot give cgroup '%s' its parent's cpuset", place->path);
	*ret_fd = take_fd(&fd);
	return 0;
}

int cgroup_v1_make(struct cgroup_dir *dir, const struct cgroup_place *place, pid_t guest)
{
	const struct cgroup_way way = { fill_cpuset, dir };
	autoclose int rootfd = -1, parentfd = -1;
	size_t existing = cgroup_parent_len(place->path);
	int r = cgroup_root_open(dir->mountpoint, dir->v2, &rootfd);

	if (r < 0)
		return r;
	/* an existing cpuset on the way may be one that nobody has filled */
	r = dir_has(dir, "cpuset") ? -ENOENT : cgroup_dir_open(rootfd, place->path, existing, &parentfd);
	if (r == -ENOENT)
		r = cgroup_parent_make(rootfd, place->path, &way, &parentfd, &existing);
	if (r < 0)
		return r;
	r = make_below(dir, place, parentfd, guest, &dir->fd);
	if (r < 0) {
		cgroup_unmake(rootfd, place->path,
			      dir->made ? strlen(place->path) : cgroup_parent_len(place->path), existing);
		return r;
	}
	dir->existing = existing;
	dir->parentfd = take_fd(&parentfd);
	return 0;
}

int cgroup_v1_check(const struct cgroup_dir *dir, const char *path)
{
	autoclose int rootfd = -1, fd = -1;
	int r = cgroup_root_open(dir->mountpoint, dir->v2, &rootfd);

	if (r == 0)
		r = cgroup_dir_open(rootfd, path, strlen(path), &fd);
	if (r < 0)
		return r == -ENOENT ? 0 : r;
	return refuse_unfit(dir, fd, false, 0, path);
}

/* FREEZING becomes FROZEN when the last task has stopped, which only a read of the file finds out. A task
 * that forks at the wrong moment can keep it FREEZING for ever: thaw and try again. */
static int freeze_until(int fd, int64_t deadline_ms)
{
	struct backoff backoff = { .deadline_ms = deadline_ms };
	char state[32];

	for (unsigned int tries = 0;; tries++) {
		int r = 0;
		ssize_t n;

		if (tries > 0 && tries % 8 == 0)
			r = write_file_at(fd, "freezer.state", "THAWED");
		if (r == 0 && tries % 8 == 0)
			r = write_file_at(fd, "freezer.state", "FROZEN");
		if (r < 0)
			return r;
		n = read_file_at(fd, "freezer.state", state, sizeof(state));
		if (n < 0)
			return (int)n;
		if (streq(state, "FROZEN"))
			return 0;
		if (!backoff_sleep(&backoff))
			return -ETIMEDOUT;
	}
}

int cgroup_v1_freeze(const struct cgroup_dir *dir, bool frozen, int64_t deadline_ms)
{
	int r;

	if (!frozen)
		return write_file_at(dir->fd, "freezer.state", "THAWED");
	r = freeze_until(dir->fd, deadline_ms);
	/* half frozen is a state that nobody asked for */
	if (r < 0)
		(void)!write_file_at(dir->fd, "freezer.state", "THAWED");
	return r;
}

static int visit_thaw(int dirfd, void *arg)
{
	int r = write_file_at(dirfd, "freezer.state", "THAWED");

	(void)arg;
	return r == -ENOENT || r == -ENODEV ? 0 : r;
}

/* A frozen process does not die of SIGKILL, wherever below it was frozen. */
int cgroup_v1_thaw_all(const struct cgroup_dir *dir)
{
	return cgroup_tree_walk(dir->fd, visit_thaw, NULL);
}

/* With RT_GROUP_SCHED a new cgroup has no real-time budget and can give none: ancestors without one get the
 * same. Those that have one keep it. */
static int fill_rt(int parentfd, int fd, const void *arg)
{
	const struct cgroup_write *w = arg;
	char runtime[32];
	ssize_t n;
	int r;

	if (parentfd < 0)
		return 0;
	n = read_file_at(fd, "cpu.rt_runtime_us", runtime, sizeof(runtime));
	if (n < 0 || !streq(runtime, "0"))
		return n < 0 && n != -ENOENT ? (int)n : 0;
	r = write_file_at(fd, w->file, w->value);
	return r;
}

int cgroup_v1_set_rt(const struct cgroup_dir *dir, const char *path, const struct cgroup_write *w)
{
	const struct cgroup_way way = { fill_rt, w };
	autoclose int rootfd = -1, parentfd = -1;
	size_t existing;
	int r = cgroup_root_open(dir->mountpoint, false, &rootfd);

	if (r == 0)
		r = cgroup_parent_make(rootfd, path, &way, &parentfd, &existing);
	return r < 0 ? r : write_file_at(dir->fd, w->file, w->value);
}
