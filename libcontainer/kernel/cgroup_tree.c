/* SPDX-License-Identifier: Apache-2.0 */
/*
 * kernel/cgroup_tree.c: what is below a cgroup: directories and processes. A container with a writable cgroup
 * chooses how deep that is, so nothing here recurses or holds an fd a level. Parent only.
 */
#include "kernel/cgroup_place.h"

#include <dirent.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "base/err.h"
#include "base/fd.h"
#include "base/io.h"

#define DIR_FLAGS  (O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)
#define NAME_BYTES PATH_MAX /* kernfs knows no NAME_MAX: a container makes names as long as a path */
#define DEPTH_MAX  (1u << 20)
#define PIDS_MAX   (1u << 22) /* PID_MAX_LIMIT */

/* As getdents64(2) writes it. */
struct entry {
	uint64_t ino;
	int64_t next; /* position of the entry after this one */
	uint16_t size;
	uint8_t type;
	char name[];
};

bool backoff_sleep(struct backoff *b)
{
	struct timespec ts = { 0 };

	if (now_ms() >= b->deadline_ms)
		return false;
	b->ms = b->ms ? b->ms : 1;
	ts.tv_nsec = b->ms * 1000000l;
	nanosleep(&ts, NULL);
	if (b->ms < 16)
		b->ms *= 2;
	return true;
}

static int grow(void **v, size_t used, size_t *size, size_t max, size_t each)
{
	size_t want = *size ? *size * 2 : 64;
	void *more;

	if (used < *size)
		return 0;
	if (used >= max)
		return -E2BIG;
	more = reallocarray(*v, want, each);
	if (!more)
		return -ENOMEM;
	*v = more;
	*size = want;
	return 0;
}

/* The first directory in dirfd at or after position `at`: 1 and its name, or 0, or -errno. */
static int next_child(int dirfd, int64_t at, char *name, int64_t *ret_next)
{
	_Alignas(struct entry) char buf[2 * NAME_BYTES];

	if (lseek(dirfd, at, SEEK_SET) < 0)
		return -errno;
	for (;;) {
		long n = syscall(SYS_getdents64, dirfd, buf, sizeof(buf));

		if (n <= 0)
			/* removed under us: nothing is in it */
			return n == 0 || errno == ENOENT ? 0 : -errno;
		for (long i = 0; i < n;) {
			const struct entry *e = (const struct entry *)(buf + i);

			i += e->size;
			if (e->type != DT_DIR || !strcmp(e->name, ".") || !strcmp(e->name, ".."))
				continue;
			memcpy(name, e->name, strnlen(e->name, NAME_BYTES - 1) + 1);
			name[NAME_BYTES - 1] = '\0';
			*ret_next = e->next;
			return 1;
		}
	}
}

static int enter(int *fd, const char *name)
{
	int next = openat(*fd, name, DIR_FLAGS);

	if (next < 0)
		return -errno;
	fd_close(fd);
	*fd = next;
	return 0;
}

/* Where to go on in each directory above: positions, as the fds themselves could be too many. */
struct trail {
	int64_t *v;
	size_t n, size;
};

static void trail_free(struct trail *t)
{
	free(t->v);
}

int cgroup_tree_walk(int topfd, int (*visit)(int dirfd, void *arg), void *arg)
{
	__attribute__((cleanup(trail_free))) struct trail trail = { 0 };
	autoclose int fd = openat(topfd, ".", DIR_FLAGS);
	char name[NAME_BYTES];
	int64_t at = 0, next;
	int r = fd < 0 ? -errno : visit(fd, arg);

	while (r == 0) {
		r = next_child(fd, at, name, &next);
		if (r < 0)
			break;
		if (r == 0) {
			if (trail.n == 0)
				return 0;
			r = enter(&fd, "..");
			at = trail.v[--trail.n];
			continue;
		}
		r = grow((void **)&trail.v, trail.n, &trail.size, DEPTH_MAX, sizeof(*trail.v));
		if (r < 0)
			break;
		r = enter(&fd, name);
		if (r == -ENOENT) {
			at = next;
			r = 0;
			continue;
		}
		if (r < 0)
			break;
		trail.v[trail.n++] = next;
		at = 0;
		r = visit(fd, arg);
	}
	/* the top itself is gone */
	return r == -ENOENT && trail.n == 0 ? 0 : r;
}

int cgroup_tree_clear(int topfd, int64_t deadline_ms)
{
	struct backoff backoff = { .deadline_ms = deadline_ms };
	autoclose int fd = openat(topfd, ".", DIR_FLAGS);
	char name[NAME_BYTES];
	bool nothing_below = false;
	size_t depth = 0;
	int64_t next;
	int r;

	if (fd < 0)
		return errno == ENOENT ? 0 : -errno;
	for (;;) {
		r = next_child(fd, 0, name, &next);
		if (r < 0)
			return r;
		if (r == 0) {
			if (depth-- == 0)
				return 0;
			r = enter(&fd, "..");
			if (r < 0)
				return r;
			nothing_below = true;
			continue;
		}
		if (unlinkat(fd, name, AT_REMOVEDIR) == 0 || errno == ENOENT) {
			nothing_below = false;
			continue;
		}
		if (errno != EBUSY && errno != ENOTEMPTY)
			return -errno;
		/* a process is still leaving it */
		if (nothing_below && !backoff_sleep(&backoff))
			return -EBUSY;
		nothing_below = false;
		r = enter(&fd, name);
		if (r == 0)
			depth++;
		else if (r != -ENOENT)
			return r;
	}
}

static int add_pid(struct pid_list *list, uint64_t pid)
{
	int r = grow((void **)&list->v, list->n, &list->size, PIDS_MAX, sizeof(*list->v));

	/* 0: a process that is not in our pid namespace, so that we have no number for it */
	if (r == 0 && pid > 0)
		list->v[list->n++] = (pid_t)pid;
	return r;
}

static int add_pids_of(int fd, struct pid_list *list)
{
	char buf[4096];
	uint64_t pid = 0;
	ssize_t n;
	int r = 0;

	while ((n = read(fd, buf, sizeof(buf))) != 0) {
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return errno == ENODEV ? 0 : -errno;
		for (ssize_t i = 0; i < n && r == 0; i++) {
			if (buf[i] != '\n') {
				pid = pid * 10 + (uint64_t)(buf[i] - '0');
				continue;
			}
			r = add_pid(list, pid);
			pid = 0;
		}
		if (r < 0)
			return r;
	}
	return 0;
}

static int visit_pids(int dirfd, void *arg)
{
	/* the second where a container made its cgroup a threaded one: the first cannot be read there */
	static const char *const names[] = { "cgroup.procs", "cgroup.threads" };
	int r = 0;

	for (size_t i = 0; i < 2; i++) {
		autoclose int fd = openat(dirfd, names[i], O_RDONLY | O_NOFOLLOW | O_CLOEXEC);

		if (fd < 0)
			return errno == ENOENT || errno == ENODEV ? 0 : -errno;
		r = add_pids_of(fd, arg);
		if (r != -EOPNOTSUPP)
			break;
	}
	return r;
}

static int compare_pids(const void *a, const void *b)
{
	pid_t x = *(const pid_t *)a, y = *(const pid_t *)b;

	return (x > y) - (x < y);
}

static void sort_pids(struct pid_list *list)
{
	size_t kept = 0;

	if (list->n == 0)
		return;
	qsort(list->v, list->n, sizeof(*list->v), compare_pids);
	for (size_t i = 0; i < list->n; i++)
		if (i == 0 || list->v[i] != list->v[i - 1])
			list->v[kept++] = list->v[i];
	list->n = kept;
}

int cgroup_tree_pids(int topfd, struct pid_list *list)
{
	int r = cgroup_tree_walk(topfd, visit_pids, list);

	sort_pids(list);
	return r;
}

int cgroup_place_pids(const struct cgroup_place *place, struct pid_list *list)
{
	int r = 0;

	list->n = 0;
	for (size_t i = 0; i < place->n && r == 0; i++)
		r = cgroup_tree_walk(place->v[i].fd, visit_pids, list);
	sort_pids(list);
	return r;
}

void pid_list_free(struct pid_list *list)
{
	free(list->v);
	*list = (struct pid_list){ 0 };
}
