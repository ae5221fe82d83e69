/* SPDX-License-Identifier: Apache-2.0 */
/* kernel/device_host.c: the host's device nodes, for a privileged container. Parent. */
#include "kernel/device.h"

#include <dirent.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "base/err.h"
#include "base/fd.h"
#include "base/str.h"

#define NODES_MAX 4096
#define DEPTH_MAX 8

struct walk {
	struct arena *arena;
	struct device *list;
	size_t n;
};

/* What a container has of its own, by specification or by its mounts, and the terminal of the host. */
static bool is_containers_own(const char *path)
{
	static const char *const own[] = { "/dev/pts",	   "/dev/shm",	       "/dev/mqueue", "/dev/fd",
					   "/dev/.lxc",	   "/dev/.lxd-mounts", "/dev/.udev",  "/dev/ptmx",
					   "/dev/null",	   "/dev/zero",	       "/dev/full",   "/dev/random",
					   "/dev/urandom", "/dev/tty",	       "/dev/console" };

	for (size_t i = 0; i < ARRAY_SIZE(own); i++)
		if (streq(own[i], path))
			return true;
	return false;
}

static int add_node(struct walk *w, const char *path, const struct stat *st)
{
	if (w->n == NODES_MAX)
		return fail(E2BIG, "/dev has more than %d device nodes", NODES_MAX);
	w->list[w->n++] = (struct device){
		.path = path,
		.type = st->st_mode & S_IFMT,
		.major = major(st->st_rdev),
		.minor = minor(st->st_rdev),
		.mode = st->st_mode & 07777,
		.uid = st->st_uid,
		.gid = st->st_gid,
	};
	return 0;
}

static int walk(struct walk *w, int dirfd, const char *where, int depth);

/* A node that goes away meanwhile, and a directory that is not ours to read, are not there. */
static int look(struct walk *w, int dirfd, const char *where, const char *name, int depth)
{
	const char *path = arena_printf(w->arena, "%s/%s", where, name);
	struct stat st;
	int fd;

	if (!path)
		return -ENOMEM;
	if (is_containers_own(path) || fstatat(dirfd, name, &st, AT_SYMLINK_NOFOLLOW))
		return 0;
	if (S_ISCHR(st.st_mode) || S_ISBLK(st.st_mode))
		return add_node(w, path, &st);
	if (!S_ISDIR(st.st_mode) || depth == DEPTH_MAX)
		return 0;
	fd = openat(dirfd, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	return fd < 0 ? 0 : walk(w, fd, path, depth + 1);
}

/* Takes dirfd. */
static int walk(struct walk *w, int dirfd, const char *where, int depth)
{
	DIR *dir = fdopendir(dirfd);
	const struct dirent *entry;
	int r = 0;

	if (!dir) {
		r = fail(errno, "cannot read '%s'", where);
		fd_close(&dirfd);
		return r;
	}
	while (r == 0 && (entry = readdir(dir)))
		if (!streq(entry->d_name, ".") && !streq(entry->d_name, ".."))
			r = look(w, dirfd, where, entry->d_name, depth);
	closedir(dir);
	return r;
}

int device_host_list(struct arena *arena, const struct device **ret_list, size_t *ret_n)
{
	struct walk w = { .arena = arena, .list = arena_array(arena, NODES_MAX, struct device) };
	int fd, r;

	if (!w.list)
		return -ENOMEM;
	fd = open("/dev", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return fail(errno, "cannot open /dev");
	r = walk(&w, fd, "/dev", 0);
	*ret_list = w.list;
	*ret_n = w.n;
	return r;
}
