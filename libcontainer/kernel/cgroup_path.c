/* SPDX-License-Identifier: Apache-2.0 */
/*
 * kernel/cgroup_path.c: the way from a hierarchy's root to a cgroup, never past that root (rule R12). Parent
 * only.
 */
#include "kernel/cgroup_place.h"

#include <fcntl.h>
#include <limits.h>
#include <linux/magic.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/err.h"
#include "base/fd.h"
#include "kernel/sys.h"

#define DIR_FLAGS (O_RDONLY | O_DIRECTORY | O_CLOEXEC)

int cgroup_path_check(const char *path)
{
	const char *at = path;

	if (strlen(path) >= PATH_MAX)
		return fail(ENAMETOOLONG, "cgroup path '%.64s...'", path);
	do {
		const char *name = at + 1;
		size_t n = *at == '/' ? strcspn(name, "/") : 0;

		if (n == 0 || (name[0] == '.' && (n == 1 || (n == 2 && name[1] == '.'))))
			return fail(EINVAL, "cgroup path '%s' is not an absolute, clean path below the root",
				    path);
		at = name + n;
	} while (*at);
	return strchr(path, '\n') ? fail(EINVAL, "cgroup path '%s' has a newline in it", path) : 0;
}

int cgroup_root_open(const char *mountpoint, bool v2, int *ret_fd)
{
	autoclose int fd = open(mountpoint, DIR_FLAGS);

	if (fd < 0)
		return fail(errno, "cannot open cgroup hierarchy '%s'", mountpoint);
	if (!fd_is_on(fd, v2 ? CGROUP2_SUPER_MAGIC : CGROUP_SUPER_MAGIC))
		return fail(EINVAL, "'%s' is not a cgroup hierarchy", mountpoint);
	*ret_fd = take_fd(&fd);
	return 0;
}

/* One component, never through a symlink or to another file system; takes name from [s, s + n). */
static int step_into(int dirfd, const char *s, size_t n, int *ret_fd)
{
	char name[PATH_MAX];
	int fd;

	if (n >= sizeof(name))
		return -ENAMETOOLONG;
	memcpy(name, s, n);
	name[n] = '\0';
	fd = openat(dirfd, name, DIR_FLAGS | O_NOFOLLOW);
	if (fd < 0)
		return -errno;
	*ret_fd = fd;
	return 0;
}

/* until 5.6 is the oldest kernel, and where a filter refuses openat2: one component at a time */
static int open_by_steps(int rootfd, const char *path, size_t len, int *ret_fd)
{
	autoclose int fd = fcntl(rootfd, F_DUPFD_CLOEXEC, 3);
	struct stat root, here;

	if (fd < 0 || fstat(rootfd, &root) < 0)
		return -errno;
	for (size_t at = 0; at < len;) {
		size_t n = strcspn(path + at + 1, "/");
		int next = -1, r;

		r = step_into(fd, path + at + 1, n, &next);
		if (r < 0)
			return r;
		fd_close(&fd);
		fd = next;
		if (fstat(fd, &here) < 0)
			return -errno;
		if (here.st_dev != root.st_dev)
			return -EXDEV;
		at += n + 1;
	}
	*ret_fd = take_fd(&fd);
	return 0;
}

int cgroup_dir_open(int rootfd, const char *path, size_t len, int *ret_fd)
{
	const struct open_how how = {
		.flags = DIR_FLAGS,
		.resolve = RESOLVE_BENEATH | RESOLVE_NO_XDEV | RESOLVE_NO_MAGICLINKS | RESOLVE_NO_SYMLINKS,
	};
	char below[PATH_MAX];
	int fd, r = 0;

	if (len >= sizeof(below))
		return fail(ENAMETOOLONG, "cgroup path '%s'", path);
	if (len > 1) {
		memcpy(below, path + 1, len - 1);
		below[len - 1] = '\0';
	} else {
		memcpy(below, ".", sizeof("."));
	}
	fd = sys_openat2(rootfd, below, &how);
	if (fd < 0)
		r = -errno;
	if (r == -ENOSYS || r == -EPERM)
		r = open_by_steps(rootfd, path, len, &fd);
	if (r == -ENOENT)
		return r;
	if (r < 0)
		return fail(-r, "cannot open cgroup '%.*s'", (int)len, path);
	*ret_fd = fd;
	return 0;
}

size_t cgroup_parent_len(const char *path)
{
	return (size_t)(strrchr(path, '/') - path);
}

void cgroup_unmake(int rootfd, const char *path, size_t len, size_t existing)
{
	char prefix[PATH_MAX];

	if (len >= sizeof(prefix))
		return;
	while (len > existing) {
		autoclose int parentfd = -1;

		memcpy(prefix, path, len);
		prefix[len] = '\0';
		len = cgroup_parent_len(prefix);
		if (cgroup_dir_open(rootfd, prefix, len, &parentfd) < 0 ||
		    unlinkat(parentfd, prefix + len + 1, AT_REMOVEDIR) < 0)
			return;
	}
}

/* Enter a component of the way, making it where it is missing. */
static int step_make(int dirfd, const char *s, size_t n, bool *ret_made, int *ret_fd)
{
	char name[PATH_MAX];
	int r = step_into(dirfd, s, n, ret_fd);

	*ret_made = false;
	if (r != -ENOENT)
		return r;
	memcpy(name, s, n);
	name[n] = '\0';
	if (mkdirat(dirfd, name, 0755) == 0)
		*ret_made = true;
	else if (errno != EEXIST)
		return -errno;
	r = step_into(dirfd, s, n, ret_fd);
	if (r < 0 && *ret_made)
		unlinkat(dirfd, name, AT_REMOVEDIR);
	return r;
}

int cgroup_parent_make(int rootfd, const char *path, const struct cgroup_way *way, int *ret_parentfd,
		       size_t *ret_existing)
{
	autoclose int fd = fcntl(rootfd, F_DUPFD_CLOEXEC, 3), above = -1;
	size_t len = cgroup_parent_len(path), existing = len, at = 0;
	int r = fd < 0 ? -errno : 0;

	while (r == 0) {
		size_t n = strcspn(path + at + 1, "/");
		bool made;
		int next = -1;

		r = way->prepare(above, fd, way->arg);
		if (r < 0 || at == len)
			break;
		r = step_make(fd, path + at + 1, n, &made, &next);
		if (r < 0)
			break;
		if (made && existing == len)
			existing = at;
		fd_close(&above);
		above = take_fd(&fd);
		fd = next;
		at += n + 1;
	}
	if (r < 0) {
		cgroup_unmake(rootfd, path, at, existing);
		return fail(-r, "cannot make the parents of cgroup '%s'", path);
	}
	*ret_parentfd = take_fd(&fd);
	*ret_existing = existing;
	return 0;
}
