/* SPDX-License-Identifier: Apache-2.0 */
/*
 * kernel/cgroup_mark.c: a mark on the cgroups that we make, by which one is found whose container nobody remembers. It is
 * an extended attribute that only the host's root can set: no container can put it on another's. Parent only.
 */
#include "kernel/cgroup_place.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "base/err.h"
#include "base/fd.h"
#include "base/str.h"

#define MARK	 "trusted.cruet.root"
#define MARK_MAX (PATH_MAX + 32)

void cgroup_mark(const struct cgroup_place *place, const char *mark)
{
	/* without privilege there is no mark; then only a record leads to the cgroup */
	for (size_t i = 0; i < place->n; i++)
		if (fsetxattr(place->v[i].fd, MARK, mark, strlen(mark), 0))
			return;
}

/* ---- where it is ------------------------------------------------------------------------------------------------------------ */

struct search {
	struct arena *arena;
	const char *mark, *mountpoint;
	int procfd;
	const char **v;
	size_t n, size;
};

static int keep(struct search *s, const char *path)
{
	for (size_t i = 0; i < s->n; i++)
		if (streq(s->v[i], path)) /* found in another hierarchy */
			return 0;
	if (s->n == s->size) {
		size_t size = s->size ? s->size * 2 : 16;
		const char **v = arena_array(s->arena, size, const char *);

		if (!v)
			return -ENOMEM;
		if (s->n)
			memcpy(v, s->v, s->n * sizeof(*v));
		s->v = v;
		s->size = size;
	}
	s->v[s->n] = arena_strdup(s->arena, path);
	return s->v[s->n++] ? 0 : -ENOMEM;
}

/* The walk knows directories by their fds alone. */
static int visit(int dirfd, void *arg)
{
	struct search *s = arg;
	size_t above = strlen(s->mountpoint);
	char mark[MARK_MAX + 1], name[32], path[PATH_MAX];
	ssize_t n = fgetxattr(dirfd, MARK, mark, MARK_MAX);

	if (n < 0 || (size_t)n != strlen(s->mark) || memcmp(mark, s->mark, (size_t)n) != 0)
		return 0;
	snprintf(name, sizeof(name), "self/fd/%d", dirfd);
	n = readlinkat(s->procfd, name, path, sizeof(path) - 1);
	if (n <= 0)
		return 0;
	path[n] = '\0';
	return starts_with(path, s->mountpoint) && path[above] == '/' ? keep(s, path + above) : 0;
}

int cgroup_find_marked(struct arena *arena, const struct cgroup_host *host, int procfd, const char *mark,
		       struct strings *ret_paths)
{
	struct search s = { .arena = arena, .mark = mark, .procfd = procfd };

	for (size_t i = 0; i < host->n; i++) {
		autoclose int rootfd = -1;
		int r = cgroup_root_open(host->v[i].mountpoint, host->v[i].v2, &rootfd);

		s.mountpoint = host->v[i].mountpoint;
		if (r < 0)
			return r;
		r = cgroup_tree_walk(rootfd, visit, &s);
		if (r < 0)
			return fail(-r, "cannot look through the cgroups of '%s'", s.mountpoint);
	}
	*ret_paths = (struct strings){ .v = s.v, .n = s.n };
	return 0;
}

/* ---- whether anybody is in it ------------------------------------------------------------------------------------------------ */

/* Also who has no number in our pid namespace. What cannot be read is not empty. */
static int visit_processes(int dirfd, void *arg)
{
	autoclose int fd = openat(dirfd, "cgroup.procs", O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
	ssize_t n = -1;
	char first;

	(void)arg;
	if (fd >= 0)
		n = read(fd, &first, 1);
	if (n < 0)
		return errno == ENOENT || errno == ENODEV ? 0 : 1;
	return n > 0;
}

bool cgroup_is_empty(const struct cgroup_place *place)
{
	for (size_t i = 0; i < place->n; i++)
		if (cgroup_tree_walk(place->v[i].fd, visit_processes, NULL) != 0)
			return false;
	return true;
}
