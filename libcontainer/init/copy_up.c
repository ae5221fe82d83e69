/* SPDX-License-Identifier: Apache-2.0 */
/*
 * init/copy_up.c: option tmpcopyup: the new tmpfs starts with a copy of the directory that it covers: files, directories,
 * symlinks, device nodes and fifos, with mode, owner, times and xattrs. The source is the image's: nothing in it is
 * followed, every open is O_NOFOLLOW on one component.
 */
#include <dirent.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "base/err.h"
#include "base/fd.h"
#include "base/io.h"
#include "base/str.h"
#include "init/child.h"

#define DEPTH_MAX 64

struct entry { /* struct linux_dirent64 */
	uint64_t ino;
	int64_t off;
	unsigned short reclen;
	unsigned char type;
	char name[];
};

static int copy_xattrs(int from, int to)
{
	char names[4096], value[4096];
	ssize_t n = flistxattr(from, names, sizeof(names));

	for (char *name = names; n > 0 && name < names + n; name += strlen(name) + 1) {
		ssize_t size = fgetxattr(from, name, value, sizeof(value));

		if (size < 0 || fsetxattr(to, name, value, (size_t)size, 0))
			if (errno != ENOTSUP && errno != EPERM && errno != ENODATA)
				return fail(errno, "cannot copy the attribute '%s'", name);
	}
	return 0;
}

static int copy_bytes(int from, int to)
{
	char buf[16384];

	for (;;) {
		ssize_t n = read(from, buf, sizeof(buf));
		int r;

		if (n == 0)
			return 0;
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return fail(errno, "cannot read");
		r = write_all(to, buf, (size_t)n);
		if (r < 0)
			return fail(-r, "cannot write");
	}
}

static int copy_meta(int todir, const char *name, const struct stat *st)
{
	struct timespec times[2] = { st->st_atim, st->st_mtim };

	if (fchownat(todir, name, st->st_uid, st->st_gid, AT_SYMLINK_NOFOLLOW))
		return fail(errno, "cannot set the owner of '%s'", name);
	if (!S_ISLNK(st->st_mode) && fchmodat(todir, name, st->st_mode & 07777, 0))
		return fail(errno, "cannot set the mode of '%s'", name);
	if (utimensat(todir, name, times, AT_SYMLINK_NOFOLLOW))
		return fail(errno, "cannot set the times of '%s'", name);
	return 0;
}

/* The attributes last: a change of the owner takes away security.capability. */
static int copy_file(int fromdir, int todir, const char *name, const struct stat *st)
{
	autoclose int from = openat(fromdir, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC), to = -1;
	struct stat opened;
	int r;

	/* a fifo that was put in its place would have us wait */
	if (from < 0 || fstat(from, &opened))
		return fail(errno, "cannot open '%s'", name);
	if (!S_ISREG(opened.st_mode))
		return fail(EBUSY, "'%s' was changed meanwhile", name);
	to = openat(todir, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (to < 0)
		return fail(errno, "cannot make '%s'", name);
	r = copy_bytes(from, to);
	if (r < 0)
		return fail_in(r, "'%s'", name);
	r = copy_meta(todir, name, st);
	return r < 0 ? r : copy_xattrs(from, to);
}

static int copy_symlink(int fromdir, int todir, const char *name)
{
	char target[PATH_MAX];
	ssize_t n = readlinkat(fromdir, name, target, sizeof(target) - 1);

	if (n < 0)
		return fail(errno, "cannot read the symlink '%s'", name);
	target[n] = '\0';
	if (symlinkat(target, todir, name))
		return fail(errno, "cannot make the symlink '%s'", name);
	return 0;
}

static int copy_tree(int fromdir, int todir, int depth);

static int copy_directory(int fromdir, int todir, const char *name, int depth)
{
	autoclose int from = openat(fromdir, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC), to = -1;

	if (from < 0)
		return fail(errno, "cannot open '%s'", name);
	if (mkdirat(todir, name, 0700))
		return fail(errno, "cannot make '%s'", name);
	to = openat(todir, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (to < 0)
		return fail(errno, "cannot open the copy of '%s'", name);
	return copy_tree(from, to, depth + 1);
}

static int copy_entry(int fromdir, int todir, const char *name, int depth)
{
	struct stat st;
	int r;

	if (fstatat(fromdir, name, &st, AT_SYMLINK_NOFOLLOW))
		return fail(errno, "cannot stat '%s'", name);
	if (S_ISREG(st.st_mode))
		return copy_file(fromdir, todir, name, &st);
	if (S_ISDIR(st.st_mode))
		r = copy_directory(fromdir, todir, name, depth);
	else if (S_ISLNK(st.st_mode))
		r = copy_symlink(fromdir, todir, name);
	else
		r = mknodat(todir, name, st.st_mode, st.st_rdev)
			    ? fail(errno, "cannot make the node '%s'", name)
			    : 0;
	return r < 0 ? r : copy_meta(todir, name, &st);
}

static int copy_tree(int fromdir, int todir, int depth)
{
	char buf[2048] __attribute__((aligned(8)));

	if (depth > DEPTH_MAX)
		return fail(ELOOP, "more than %d levels of directories", DEPTH_MAX);
	for (;;) {
		long n = syscall(SYS_getdents64, fromdir, buf, sizeof(buf));

		if (n == 0)
			return copy_xattrs(fromdir, todir);
		if (n < 0)
			return fail(errno, "cannot list a directory");
		for (long at = 0; at < n;) {
			struct entry *e = (struct entry *)(void *)(buf + at);
			int r = 0;

			if (!streq(e->name, ".") && !streq(e->name, ".."))
				r = copy_entry(fromdir, todir, e->name, depth);
			if (r < 0)
				return r;
			at += e->reclen;
		}
	}
}

int copy_up(int from_dirfd, int to_dirfd)
{
	int r = copy_tree(from_dirfd, to_dirfd, 0);

	return r < 0 ? fail_in(r, "tmpcopyup") : 0;
}
