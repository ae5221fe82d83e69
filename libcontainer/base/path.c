/* SPDX-License-Identifier: Apache-2.0 */
/*
 * base/path.c: paths inside a tree that is not ours. The kernel's scoped walk, the same walk by hand, and
 * creation of single components below what they reached.
 */
#include "base/path.h"

#include <fcntl.h>
#include <limits.h>
#include <linux/magic.h>
#include <linux/openat2.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/err.h"
#include "base/fd.h"
#include "base/io.h"
#include "base/str.h"

#ifndef SYS_openat2
#define SYS_openat2 437
#endif
#ifndef AT_EMPTY_PATH
#define AT_EMPTY_PATH 0x1000
#endif

/* EAGAIN means that something was renamed or mounted somewhere while ".." was resolved: a container can cause
 * it at will, so trying is bounded; after it the walk by hand decides, which does not depend on the global
 * rename lock. */
#define RETRIES 128

bool path_is_component(const char *name)
{
	return *name && !streq(name, ".") && !streq(name, "..") && !strchr(name, '/');
}

/* ---- the walk by hand ---- */

/* until 5.6 is the oldest kernel, and no filter answers openat2 with ENOSYS or EPERM */
struct walk {
	int rootfd;
	int at;			 /* the directory reached: owned; -1 is the root */
	unsigned int links;	 /* symlinks followed so far */
	char done[PATH_MAX];	 /* its path from the root: names only, each preceded by '/' */
	char rest[2 * PATH_MAX]; /* what remains to be walked */
};

static int walk_at(const struct walk *w)
{
	return w->at >= 0 ? w->at : w->rootfd;
}

static void walk_to_root(struct walk *w)
{
	fd_close(&w->at);
	w->done[0] = '\0';
}

static int walk_down(struct walk *w, const char *name, int *fd)
{
	size_t len = strlen(w->done), n = strlen(name);

	if (len + 1 + n >= sizeof(w->done))
		return -ENAMETOOLONG;
	w->done[len] = '/';
	memcpy(w->done + len + 1, name, n + 1);
	fd_close(&w->at);
	w->at = take_fd(fd);
	return 0;
}

/* "..": walk the path of the parent again from the root. openat(at, "..") would ask the tree, and who moves
 * the directory we stand in could lead us out of the root. What was a directory on the way down must still be
 * one. */
static int walk_up(struct walk *w)
{
	char *last = strrchr(w->done, '/'), *name, *end;

	if (!last)
		return 0; /* the parent of the root is the root */
	*last = '\0';
	fd_close(&w->at);
	for (name = w->done; *name; name = end) {
		char component[NAME_MAX + 1];
		size_t n;
		int fd;

		name++;
		end = strchrnul(name, '/');
		n = (size_t)(end - name);
		memcpy(component, name, n); /* it came from a component: n <= NAME_MAX */
		component[n] = '\0';
		fd = openat(walk_at(w), component, O_PATH | O_NOFOLLOW | O_DIRECTORY | O_CLOEXEC);
		if (fd < 0)
			return errno == ENOENT || errno == ENOTDIR || errno == ELOOP ? -EAGAIN : -errno;
		fd_close(&w->at);
		w->at = fd;
	}
	return 0;
}

/* procfs' magic-links jump to an object, whatever their text says; openat2 refuses them (ELOOP) and so do we.
 * Their texts are absolute paths and things like "net:[4026531840]"; the plain links of procfs ("self",
 * "self/mounts") are relative. A wrong guess would do no harm: the text is only ever walked inside the root.
 */
static bool is_magic_link(int fd, const char *target)
{
	return fd_is_on(fd, PROC_SUPER_MAGIC) && (*target == '/' || *target == '(' || strchr(target, ':'));
}

/* Put the target of the symlink `fd` before what remains. */
static int walk_link(struct walk *w, int fd)
{
	char target[PATH_MAX];
	size_t rest_n = strlen(w->rest);
	ssize_t n;

	if (w->links++ >= PATH_LINKS_MAX)
		return -ELOOP;
	n = readlinkat(fd, "", target, sizeof(target) - 1);
	if (n < 0)
		return -errno;
	if (n == 0)
		return -ENOENT;
	target[n] = '\0';
	if (is_magic_link(fd, target))
		return -ELOOP;
	if ((size_t)n + rest_n >= sizeof(w->rest))
		return -ENAMETOOLONG;
	if (*target == '/')
		walk_to_root(w);
	memmove(w->rest + n, w->rest, rest_n + 1);
	memcpy(w->rest, target, (size_t)n);
	return 0;
}

/* Take the first component off what remains: its name, and whether it is the last and whether a '/' follows
 * it (then it must be a directory, and a symlink is followed whatever the flags say). */
static int walk_next(struct walk *w, char *name, bool *ret_last, bool *ret_slash)
{
	size_t skip = strspn(w->rest, "/"), n = strcspn(w->rest + skip, "/");
	const char *after = w->rest + skip + n;

	if (n > NAME_MAX)
		return -ENAMETOOLONG;
	memcpy(name, w->rest + skip, n);
	name[n] = '\0';
	*ret_slash = *after == '/';
	*ret_last = !after[strspn(after, "/")];
	memmove(w->rest, after, strlen(after) + 1);
	return 0;
}

/* One component that is a name. On the last one *ret_fd gets what was asked for. */
static int walk_name(struct walk *w, const char *name, int flags, bool last, bool slash, int *ret_fd)
{
	autoclose int fd = openat(walk_at(w), name, O_PATH | O_NOFOLLOW | O_CLOEXEC);
	struct stat st;

	if (fd < 0 || fstat(fd, &st) < 0)
		return -errno;
	if (S_ISLNK(st.st_mode) && (!last || slash || !(flags & O_NOFOLLOW)))
		return walk_link(w, fd);
	if (slash && !S_ISDIR(st.st_mode))
		return -ENOTDIR;
	if (!last)
		return walk_down(w, name, &fd);
	if (flags & O_PATH) {
		if ((flags & O_DIRECTORY) && !S_ISDIR(st.st_mode))
			return -ENOTDIR;
		*ret_fd = take_fd(&fd);
		return 0;
	}
	fd_close(&fd);
	/* One component and no symlink: whatever stands there now is in the root. */
	fd = openat(walk_at(w), name, flags | O_NOFOLLOW);
	if (fd < 0)
		return errno == ELOOP && !S_ISLNK(st.st_mode) ? -EAGAIN : -errno;
	*ret_fd = take_fd(&fd);
	return 0;
}

static int walk_dots(struct walk *w, const char *name, int flags, bool last, int *ret_fd)
{
	/* As the kernel does: to stand in a directory takes the right to search it. */
	autoclose int here = openat(walk_at(w), ".", O_PATH | O_DIRECTORY | O_CLOEXEC);
	int r;

	if (here < 0)
		return -errno;
	if (streq(name, "..")) {
		r = walk_up(w);
		if (r < 0)
			return r;
	}
	if (!last)
		return 0;
	fd_close(&here);
	here = openat(walk_at(w), ".", flags & ~O_NOFOLLOW);
	if (here < 0)
		return -errno;
	*ret_fd = take_fd(&here);
	return 0;
}

static int walk(struct walk *w, const char *path, int flags, int *ret_fd)
{
	char name[NAME_MAX + 1];
	size_t n = strlen(path);
	bool last = false, slash;
	int fd = -1, r;

	w->links = 0;
	walk_to_root(w);
	if (n >= PATH_MAX)
		return -ENAMETOOLONG;
	if (!*path)
		return -ENOENT;
	memcpy(w->rest, path, n + 1);
	/* A last component that is a symlink to be followed puts its target into rest, and the walk goes on.
	 */
	while (fd < 0) {
		r = walk_next(w, name, &last, &slash);
		if (r < 0)
			return r;
		if (!*name || streq(name, ".") || streq(name, ".."))
			r = walk_dots(w, name, flags, last, &fd);
		else
			r = walk_name(w, name, flags, last, slash, &fd);
		if (r < 0)
			return r;
	}
	*ret_fd = fd;
	return 0;
}

int path_walk_in_root(int rootfd, const char *path, int flags, int *ret_fd)
{
	struct walk w;
	int r = -EAGAIN;

	w.rootfd = rootfd;
	w.at = -1;
	for (int i = 0; r == -EAGAIN && i < RETRIES; i++)
		r = walk(&w, path, flags | O_CLOEXEC, ret_fd);
	fd_close(&w.at);
	return r;
}

/* ---- either walk ---- */

static int resolve(int rootfd, const char *path, int flags, int *ret_fd)
{
	struct open_how how = { .resolve = RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS };

	if (flags & (O_CREAT | (O_TMPFILE & ~O_DIRECTORY)))
		return -EINVAL;
	/* A terminal in the tree must not become ours. */
	flags |= flags & O_PATH ? O_CLOEXEC : O_CLOEXEC | O_NOCTTY;
	how.flags = (uint64_t)(unsigned int)flags;
	for (int i = 0; i < RETRIES; i++) {
		int fd = (int)syscall(SYS_openat2, rootfd, path, &how, sizeof(how));

		if (fd >= 0) {
			*ret_fd = fd;
			return 0;
		}
		if (errno == ENOSYS || errno == EPERM)
			break;
		if (errno != EAGAIN && errno != EINTR)
			return -errno;
	}
	return path_walk_in_root(rootfd, path, flags, ret_fd);
}

int path_in_root(int rootfd, const char *path, int flags, int *ret_fd)
{
	int r = resolve(rootfd, path, flags, ret_fd);

	return r < 0 && r != -ENOENT ? fail(-r, "cannot open '%s' in the container's root", path) : r;
}

/* ---- creation ---- */

/* The longest beginning of `path`, in whole components, that is there: opened, and how long it is. */
static int open_existing(int rootfd, const char *path, int *ret_fd, size_t *ret_n)
{
	autoclose int found = openat(rootfd, ".", O_PATH | O_DIRECTORY | O_CLOEXEC);
	char prefix[PATH_MAX];
	size_t n = 0;

	if (found < 0)
		return -errno;
	if (strlen(path) >= sizeof(prefix))
		return -ENAMETOOLONG;
	while (path[n]) {
		size_t next = n + strspn(path + n, "/");
		int fd = -1, r;

		next += strcspn(path + next, "/");
		memcpy(prefix, path, next);
		prefix[next] = '\0';
		r = resolve(rootfd, prefix, O_PATH | O_DIRECTORY, &fd);
		if (r == -ENOENT)
			break;
		if (r < 0)
			return r;
		fd_close(&found);
		found = fd;
		n = next;
	}
	*ret_fd = take_fd(&found);
	*ret_n = n;
	return 0;
}

/* The directory `name` in dirfd, made where it is missing; a symlink is not followed. */
static int make_dir(int dirfd, const char *name, mode_t mode, int *ret_fd)
{
	int fd;

	/* Not chmod after mkdir: what would be changed could be another's by then. */
	if (mkdirat(dirfd, name, mode) < 0 && errno != EEXIST)
		return -errno;
	fd = openat(dirfd, name, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	*ret_fd = fd;
	return 0;
}

int path_make_dirs(int rootfd, const char *path, mode_t mode, int *ret_fd)
{
	autoclose int at = -1;
	size_t n, len;
	int r;

	r = resolve(rootfd, *path ? path : ".", O_PATH | O_DIRECTORY, ret_fd);
	if (r == 0)
		return 0;
	if (r == -ENOENT)
		r = open_existing(rootfd, path, &at, &n);
	if (r < 0)
		return fail(-r, "cannot open directory '%s' in the container's root", path);
	for (;;) {
		char name[NAME_MAX + 1];
		int fd = -1;

		n += strspn(path + n, "/");
		len = strcspn(path + n, "/");
		if (!len)
			break;
		if (len > NAME_MAX)
			return fail(ENAMETOOLONG, "cannot make directory '%s' in the container's root", path);
		memcpy(name, path + n, len);
		name[len] = '\0';
		n += len;
		if (streq(name, "."))
			continue;
		if (streq(name, ".."))
			return fail(EINVAL,
				    "cannot make directory '%s': '..' follows a component that is missing",
				    path);
		/* EEXIST and then no directory: a symlink to nothing, or something put there just now. */
		r = make_dir(at, name, mode, &fd);
		if (r == -ENOTDIR || r == -ELOOP)
			return fail(
				ENOTDIR,
				"cannot make directory '%s': '%s' is a symlink to nothing or no directory",
				path, name);
		if (r < 0)
			return fail(-r, "cannot make directory '%s' of '%s' in the container's root", name,
				    path);
		fd_close(&at);
		at = fd;
	}
	*ret_fd = take_fd(&at);
	return 0;
}

int path_parent_in_root(int rootfd, const char *path, int *ret_parentfd, const char **ret_name)
{
	const char *slash = strrchr(path, '/'), *name = slash ? slash + 1 : path;
	char parent[PATH_MAX];
	int r;

	if (!path_is_component(name))
		return fail(EINVAL, "path '%s' does not end in a name", path);
	if ((size_t)(name - path) >= sizeof(parent))
		return fail(ENAMETOOLONG, "path '%s'", path);
	memcpy(parent, path, (size_t)(name - path));
	parent[name - path] = '\0';
	r = path_make_dirs(rootfd, parent, 0755, ret_parentfd);
	if (r < 0)
		return r;
	*ret_name = name;
	return 0;
}

/* An empty regular file `name` in parentfd: never through a symlink (CVE-2026-88264), as mknod follows none.
 */
static int make_file(int parentfd, const char *name, int *ret_fd)
{
	autoclose int fd = -1;
	struct stat st;

	if (mknodat(parentfd, name, S_IFREG | 0644, 0) < 0)
		return -errno;
	fd = openat(parentfd, name, O_PATH | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0 || fstat(fd, &st) < 0)
		return -errno;
	if (!S_ISREG(st.st_mode))
		return -EEXIST; /* replaced already */
	*ret_fd = take_fd(&fd);
	return 0;
}

int path_make_file(int rootfd, const char *path, int *ret_fd)
{
	autoclose int parentfd = -1;
	char trimmed[PATH_MAX];
	const char *name;
	size_t n = strlen(path);
	int r;

	if (n >= sizeof(trimmed))
		return fail(ENAMETOOLONG, "path '%s'", path);
	memcpy(trimmed, path, n + 1);
	while (n > 1 && trimmed[n - 1] == '/')
		trimmed[--n] = '\0';
	r = path_in_root(rootfd, trimmed, O_PATH, ret_fd);
	if (r != -ENOENT)
		return r;
	r = path_parent_in_root(rootfd, trimmed, &parentfd, &name);
	if (r < 0)
		return r;
	r = make_file(parentfd, name, ret_fd);
	if (r == -EEXIST)
		return fail(
			EEXIST,
			"cannot make file '%s' in the container's root: a symlink to nothing is in its place",
			path);
	if (r < 0)
		return fail(-r, "cannot make file '%s' in the container's root", path);
	return 0;
}

int path_normalise(const char *path, char *buf, size_t size)
{
	struct text t = { .buf = buf, .size = size };
	const char *p = path;

	if (!*path || !size)
		return fail(EINVAL, "a path is empty");
	if (*path == '/')
		text_add_n(&t, "/", 1);
	while (*(p += strspn(p, "/"))) {
		size_t n = strcspn(p, "/");

		if (n == 2 && memcmp(p, "..", 2) == 0)
			return fail(EINVAL, "path '%s' contains '..'", path);
		if (n != 1 || *p != '.') {
			if (t.len && buf[t.len - 1] != '/')
				text_add_n(&t, "/", 1);
			text_add_n(&t, p, n);
		}
		p += n;
	}
	if (!t.len)
		text_add_n(&t, ".", 1);
	return t.truncated ? fail(ENAMETOOLONG, "path '%s'", path) : 0;
}

/* ---- mount ids ---- */

/* struct statx, of which musl before 1.2.5 knows nothing, as far as it is needed here. */
struct statx_mount {
	uint32_t mask;
	uint8_t skip[140];
	uint64_t mnt_id;
	uint64_t rest[13];
};
_Static_assert(sizeof(struct statx_mount) == 256 && offsetof(struct statx_mount, mnt_id) == 144,
	       "struct statx");
#define MASK_MNT_ID 0x1000U /* STATX_MNT_ID */

/* until 5.8 is the oldest kernel. Called where /proc is the host's; that it is a procfs is checked all the
 * same. */
static int mount_id_by_fdinfo(int fd, uint64_t *ret_id)
{
	char name[sizeof("/proc/self/fdinfo/") + 11], buf[1024], *id;
	autoclose int info = -1;
	ssize_t n;

	snprintf(name, sizeof(name), "/proc/self/fdinfo/%d", fd);
	info = open(name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	if (info < 0)
		return -errno;
	if (!fd_is_on(info, PROC_SUPER_MAGIC))
		return -EINVAL;
	n = read(info, buf, sizeof(buf) - 1);
	if (n < 0)
		return -errno;
	buf[n] = '\0';
	id = strstr(buf, "mnt_id:\t");
	if (!id)
		return -EINVAL;
	id += strlen("mnt_id:\t");
	id[strcspn(id, "\n")] = '\0';
	return parse_u64(id, UINT64_MAX, ret_id);
}

static bool mount_id_by_statx(int dirfd, const char *name, uint64_t *ret_id)
{
	struct statx_mount stx = { 0 };
	int flags = *name ? AT_SYMLINK_NOFOLLOW | AT_NO_AUTOMOUNT : AT_EMPTY_PATH;

	if (syscall(SYS_statx, dirfd, name, flags, MASK_MNT_ID, &stx) || !(stx.mask & MASK_MNT_ID))
		return false;
	*ret_id = stx.mnt_id;
	return true;
}

bool path_has_mount(int dirfd, const char *name, uint64_t id)
{
	uint64_t found;

	return path_is_component(name) && mount_id_by_statx(dirfd, name, &found) && found == id;
}

int path_mount_id(int fd, uint64_t *ret_id)
{
	int r;

	if (mount_id_by_statx(fd, "", ret_id))
		return 0;
	r = mount_id_by_fdinfo(fd, ret_id);
	return r < 0 ? fail(-r, "cannot find out the mount of file descriptor %d", fd) : 0;
}
