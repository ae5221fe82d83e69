/* SPDX-License-Identifier: Apache-2.0 */
/*
 * kernel/cgroup_v2.c: the unified hierarchy. Written for few system calls: a create pays for every one of
 * them. Parent only. Source: kernel cgroup-v2.rst.
 */
#include "kernel/cgroup_place.h"

#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/err.h"
#include "base/fd.h"
#include "base/io.h"
#include "base/str.h"

#define DIR_FLAGS	(O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)
#define CONTROLLERS_MAX 512

/* The value of one key of cgroup.events, false where this kernel does not know it. */
static bool event_is(const char *text, const char *key)
{
	size_t n = strlen(key);

	for (const char *line = text; *line; line += strcspn(line, "\n"), line += *line == '\n')
		if (!strncmp(line, key, n) && line[n] == ' ')
			return line[n + 1] == '1';
	return false;
}

static int read_events(int fd, struct cgroup_events *ret)
{
	char buf[128];
	ssize_t n = pread(fd, buf, sizeof(buf) - 1, 0);

	if (n < 0)
		return -errno;
	buf[n] = '\0';
	*ret = (struct cgroup_events){ event_is(buf, "populated"), event_is(buf, "frozen") };
	return 0;
}

/* A cgroup that is gone is neither. */
int cgroup_v2_events(int fd, struct cgroup_events *ret)
{
	autoclose int events = openat(fd, "cgroup.events", O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
	int r = events < 0 ? -errno : read_events(events, ret);

	if (r == -ENODEV || r == -ENOENT) {
		*ret = (struct cgroup_events){ 0 };
		return 0;
	}
	return r < 0 ? fail(-r, "cannot read cgroup.events") : 0;
}

/* Wait until the state is as wanted; cgroup.events wakes its pollers at each change. */
static int wait_events(const struct cgroup_dir *dir, bool (*wanted)(const struct cgroup_events *e),
		       int64_t deadline_ms)
{
	autoclose int fd = openat(dir->fd, "cgroup.events", O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
	struct pollfd p = { .fd = fd, .events = POLLPRI };
	struct cgroup_events e;

	if (fd < 0)
		return errno == ENOENT || errno == ENODEV ? 0 : -errno;
	for (;;) {
		int64_t left;
		int r = read_events(fd, &e);

		if (r < 0)
			return r == -ENODEV ? 0 : r;
		if (wanted(&e))
			return 0;
		left = deadline_ms == NO_DEADLINE ? 1000 : deadline_ms - now_ms();
		if (left <= 0)
			return -ETIMEDOUT;
		/* at most a second: also right where a wake-up were lost */
		if (poll(&p, 1, left > 1000 ? 1000 : (int)left) < 0 && errno != EINTR)
			return -errno;
	}
}

static bool is_empty(const struct cgroup_events *e)
{
	return !e->populated;
}

static bool is_frozen(const struct cgroup_events *e)
{
	return e->frozen;
}

static bool is_thawed(const struct cgroup_events *e)
{
	return !e->frozen;
}

int cgroup_v2_wait_empty(const struct cgroup_dir *dir, int64_t deadline_ms)
{
	return wait_events(dir, is_empty, deadline_ms);
}

int cgroup_v2_is_frozen(int fd, bool *ret_frozen)
{
	struct cgroup_events events = { 0 };
	char asked[8];
	int r = cgroup_v2_events(fd, &events);

	if (r < 0)
		return r;
	/* frozen by an ancestor, or by its own file, where some processes may still be on their way there */
	*ret_frozen = events.frozen ||
		      (read_file_at(fd, "cgroup.freeze", asked, sizeof(asked)) > 0 && asked[0] == '1');
	return 0;
}

int cgroup_v2_freeze(const struct cgroup_dir *dir, bool frozen, int64_t deadline_ms)
{
	int r = write_file_at(dir->fd, "cgroup.freeze", frozen ? "1" : "0");

	if (r < 0)
		return r == -ENOENT ? -EOPNOTSUPP : r;
	r = wait_events(dir, frozen ? is_frozen : is_thawed, deadline_ms);
	/* half frozen is a state that nobody asked for */
	if (r < 0 && frozen)
		(void)!write_file_at(dir->fd, "cgroup.freeze", "0");
	return r;
}

/* Which words of `wanted` are in the list that the file holds: a bit a word, for the first 64. */
static int read_mask(int fd, const char *file, const char *wanted, uint64_t *ret_mask)
{
	char have[CONTROLLERS_MAX];
	ssize_t got = read_file_at(fd, file, have, sizeof(have));
	uint64_t bit = 1, mask = 0;

	if (got < 0)
		return (int)got;
	for (const char *w = wanted; *w; bit <<= 1) {
		size_t n = strcspn(w, " ");

		if (cgroup_has_word(have, ' ', w, n))
			mask |= bit;
		w += n;
		w += *w == ' ';
	}
	*ret_mask = mask;
	return 0;
}

/* Errors of subtree_control that mean "not here": the cgroup has processes of its own, is threaded, is not
 * delegated to us, or the controller is taken by v1. cgroup_apply says so if a value needs it. */
static bool is_tolerable(int r)
{
	return r == -EBUSY || r == -EOPNOTSUPP || r == -EPERM || r == -EACCES || r == -ENOENT ||
	       r == -EINVAL || r == -EROFS;
}

static int write_controllers(int fd, const char *wanted, uint64_t mask, bool one_by_one)
{
	char buf[CONTROLLERS_MAX];
	struct text t = TEXT(buf);
	uint64_t bit = 1;
	int r = 0;

	for (const char *w = wanted; *w; bit <<= 1) {
		size_t n = strcspn(w, " ");

		if (mask & bit) {
			text_add(&t, "%s+%.*s", t.len ? " " : "", (int)n, w);
			if (one_by_one) {
				r = write_file_at(fd, "cgroup.subtree_control", buf);
				if (r < 0 && !is_tolerable(r))
					return r;
				t = TEXT(buf);
			}
		}
		w += n;
		w += *w == ' ';
	}
	if (one_by_one || !mask)
		return 0;
	if (t.truncated)
		return -E2BIG;
	r = write_file_at(fd, "cgroup.subtree_control", buf);
	/* it is all or nothing: without the one that is refused the others can be had */
	return r < 0 && is_tolerable(r) ? write_controllers(fd, wanted, mask, true) : r;
}

/* Enable what is missing for the children of fd. */
static int enable(int parentfd, int fd, const void *arg)
{
	const char *wanted = arg;
	uint64_t have, available;
	int r = read_mask(fd, "cgroup.subtree_control", wanted, &have);

	(void)parentfd;
	if (r == 0)
		r = read_mask(fd, "cgroup.controllers", wanted, &available);
	return r < 0 ? r : write_controllers(fd, wanted, available & ~have, false);
}

/* True if the parent gives its children all that the root could give: the usual case, found by one or two
 * reads. */
static int gives_all(int rootfd, int parentfd, const char *wanted, bool *ret_all)
{
	uint64_t have, possible, all = 0;
	int r = read_mask(parentfd, "cgroup.subtree_control", wanted, &have);

	for (const char *w = wanted; *w; w += strcspn(w, " "), w += *w == ' ')
		all = all << 1 | 1;
	if (r < 0)
		return r;
	if (have != all) {
		r = read_mask(rootfd, "cgroup.controllers", wanted, &possible);
		if (r < 0)
			return r;
		all &= possible;
	}
	*ret_all = (all & ~have) == 0;
	return 0;
}

/* Open the parent, ready to have the container as its child. */
static int parent_make(int rootfd, const char *path, const char *controllers, int *ret_parentfd,
		       size_t *ret_existing)
{
	const struct cgroup_way way = { enable, controllers };
	autoclose int fd = -1;
	size_t len = cgroup_parent_len(path);
	bool all = false;
	int r = cgroup_dir_open(rootfd, path, len, &fd);

	if (r == 0)
		r = gives_all(rootfd, fd, controllers, &all);
	if (r < 0 && r != -ENOENT)
		return fail(-r, "cannot read the controllers above cgroup '%s'", path);
	if (!all)
		return cgroup_parent_make(rootfd, path, &way, ret_parentfd, ret_existing);
	*ret_parentfd = take_fd(&fd);
	*ret_existing = len;
	return 0;
}

/* What is there already must be ours to use: nobody in it, and not frozen, as the container would hang
 * (crun#2243). A fresh one is frozen where an ancestor is. */
static int refuse_unfit(int fd, const char *path)
{
	struct cgroup_events e;
	int r = cgroup_v2_events(fd, &e);

	if (r < 0)
		return r;
	if (e.populated)
		return fail(EBUSY, "cgroup '%s' has processes that are not ours", path);
	if (e.frozen)
		return fail(EBUSY, "cgroup '%s' is frozen", path);
	return 0;
}

int cgroup_v2_make(struct cgroup_dir *dir, const struct cgroup_place *place, const char *controllers)
{
	autoclose int rootfd = -1, parentfd = -1, fd = -1;
	size_t existing;
	bool made;
	int r = cgroup_root_open(dir->mountpoint, true, &rootfd);

	if (r == 0)
		r = parent_make(rootfd, place->path, controllers, &parentfd, &existing);
	if (r < 0)
		return r;
	made = mkdirat(parentfd, place->name, 0755) == 0;
	if (!made && errno != EEXIST)
		r = fail(errno, "cannot make cgroup '%s'", place->path);
	if (r == 0) {
		fd = openat(parentfd, place->name, DIR_FLAGS);
		if (fd < 0)
			r = fail(errno, "cannot open cgroup '%s'", place->path);
	}
	if (r == 0)
		r = refuse_unfit(fd, place->path);
	if (r < 0) {
		cgroup_unmake(rootfd, place->path,
			      made ? strlen(place->path) : cgroup_parent_len(place->path), existing);
		return r;
	}
	dir->made = made;
	dir->existing = existing;
	dir->parentfd = take_fd(&parentfd);
	dir->fd = take_fd(&fd);
	return 0;
}

int cgroup_v2_adopt(struct cgroup_dir *dir, const struct cgroup_place *place, const char *controllers)
{
	autoclose int rootfd = -1, parentfd = -1, fd = -1;
	size_t existing;
	int r = cgroup_root_open(dir->mountpoint, true, &rootfd);

	if (r == 0)
		r = parent_make(rootfd, place->path, controllers, &parentfd, &existing);
	if (r < 0)
		return r;
	fd = openat(parentfd, place->name, DIR_FLAGS);
	if (fd < 0)
		return errno == ENOENT ? -ENOENT : fail(errno, "cannot open cgroup '%s'", place->path);
	dir->parentfd = take_fd(&parentfd);
	dir->fd = take_fd(&fd);
	return 0;
}

int cgroup_v2_check(const struct cgroup_dir *dir, const char *path)
{
	autoclose int rootfd = -1, fd = -1;
	int r = cgroup_root_open(dir->mountpoint, true, &rootfd);

	if (r == 0)
		r = cgroup_dir_open(rootfd, path, strlen(path), &fd);
	if (r < 0)
		return r == -ENOENT ? 0 : r;
	return refuse_unfit(fd, path);
}
