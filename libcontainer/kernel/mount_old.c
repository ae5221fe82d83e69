/* SPDX-License-Identifier: Apache-2.0 */
/*
 * kernel/mount_old.c: mounts by mount(2), fd to fd (R16). A path "self/fd/N" below a procfs that was verified
 * names the object of the fd and nothing else. mount(2) cannot make a detached mount, so it is made in a
 * scratch tmpfs that only this mount namespace sees, and moved from there.
 */
#include "kernel/mount_old.h"

#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>

#include "base/err.h"
#include "base/fd.h"
#include "base/str.h"
#include "kernel/sys.h"

struct attr_flag {
	uint64_t attr;
	unsigned long ms; /* MS_* */
	unsigned long st; /* the bit in f_flag of statvfs(3), which musl does not name in full */
};
static const struct attr_flag attr_flags[] = {
	{ MOUNT_ATTR_RDONLY, MS_RDONLY, 0x1 },	       { MOUNT_ATTR_NOSUID, MS_NOSUID, 0x2 },
	{ MOUNT_ATTR_NODEV, MS_NODEV, 0x4 },	       { MOUNT_ATTR_NOEXEC, MS_NOEXEC, 0x8 },
	{ MOUNT_ATTR_NOATIME, MS_NOATIME, 0x400 },     { MOUNT_ATTR_NODIRATIME, MS_NODIRATIME, 0x800 },
	{ MOUNT_ATTR_STRICTATIME, MS_STRICTATIME, 0 }, { MOUNT_ATTR_NOSYMFOLLOW, 0x100, 0x2000 },
};
#define ST_RELATIME_BIT 0x1000

/* Super block options that mount(2) takes as flags; fsconfig(2) takes them all as words. */
struct super_word {
	const char *name;
	unsigned long set, clear;
};
static const struct super_word super_words[] = {
	{ "ro", MS_RDONLY, 0 },		  { "rw", 0, MS_RDONLY },	   { "sync", MS_SYNCHRONOUS, 0 },
	{ "async", 0, MS_SYNCHRONOUS },	  { "dirsync", MS_DIRSYNC, 0 },	   { "lazytime", MS_LAZYTIME, 0 },
	{ "nolazytime", 0, MS_LAZYTIME }, { "mand", MS_MANDLOCK, 0 },	   { "nomand", 0, MS_MANDLOCK },
	{ "silent", MS_SILENT, 0 },	  { "iversion", MS_I_VERSION, 0 }, { "noiversion", 0, MS_I_VERSION },
};

unsigned long mount_old_flags(uint64_t attrs)
{
	unsigned long flags = 0;

	for (size_t i = 0; i < ARRAY_SIZE(attr_flags); i++)
		if (attrs & attr_flags[i].attr)
			flags |= attr_flags[i].ms;
	if (!(attrs & MOUNT_ATTR__ATIME))
		flags |= MS_RELATIME;
	return flags;
}

int mount_old_current(int fd, uint64_t *ret_attrs)
{
	struct statvfs st;
	uint64_t attrs = 0;

	if (fstatvfs(fd, &st))
		return -errno;
	for (size_t i = 0; i < ARRAY_SIZE(attr_flags); i++)
		if (st.f_flag & attr_flags[i].st)
			attrs |= attr_flags[i].attr;
	if (!(attrs & MOUNT_ATTR_NOATIME) && !(st.f_flag & ST_RELATIME_BIT))
		attrs |= MOUNT_ATTR_STRICTATIME;
	*ret_attrs = attrs;
	return 0;
}

int mount_old_call(const struct mount_tools *tools, int sourcefd, const char *source_word, int targetfd,
		   const char *type, unsigned long flags, const void *data)
{
	autoclose int cwd = open(".", O_PATH | O_DIRECTORY | O_CLOEXEC);
	char source[32], target[32];
	struct text s = TEXT(source), t = TEXT(target);
	int r = 0;

	if (cwd < 0 || fchdir(tools->procfd))
		return -errno;
	text_add(&s, "self/fd/%d", sourcefd);
	text_add(&t, "self/fd/%d", targetfd);
	if (sys_mount(sourcefd >= 0 ? source : source_word, target, type, flags, data))
		r = -errno;
	if (fchdir(cwd) && !r)
		r = -errno;
	return r;
}

/* A fresh mount point of the kind of `like` (-1: a directory) in the scratch: its name, and its fd while it
 * is bare. */
static int scratch_point(struct mount_tools *tools, int like, char *name, size_t size, int *ret_fd)
{
	autoclose int fd = -1;
	struct text t = { .buf = name, .size = size };
	struct stat st = { .st_mode = S_IFDIR };

	if (tools->scratchfd < 0)
		return fail(ENOSYS, "this mount needs fsopen(2) and its like, or to be made after the rootfs "
				    "is bound and before it is the root");
	if (like >= 0 && fstat(like, &st))
		return fail(errno, "cannot look at the source of a mount");
	text_add(&t, "%u", tools->scratch_n++);
	if (S_ISDIR(st.st_mode) ? mkdirat(tools->scratchfd, name, 0700)
				: mknodat(tools->scratchfd, name, S_IFREG | 0600, 0))
		return fail(errno, "cannot make a mount point in the scratch tmpfs");
	fd = openat(tools->scratchfd, name, O_PATH | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0)
		return fail(errno, "cannot open a mount point in the scratch tmpfs");
	*ret_fd = take_fd(&fd);
	return 0;
}

/* What is mounted on that point now. */
static int scratch_mounted(const struct mount_tools *tools, const char *name, int *ret_mountfd)
{
	int fd = openat(tools->scratchfd, name, O_PATH | O_NOFOLLOW | O_CLOEXEC);

	if (fd < 0)
		return fail(errno, "cannot open a mount in the scratch tmpfs");
	*ret_mountfd = fd;
	return 0;
}

/* Words to flags, the rest to the data string. LSM contexts hold commas and are quoted, which only the LSMs
 * understand. */
static int old_data(const struct mount_param *params, size_t n, struct text *data, unsigned long *flags)
{
	for (size_t i = 0; i < n; i++) {
		const char *key = params[i].key, *value = params[i].value;
		const struct super_word *word = value ? NULL : WORD_FIND(super_words, key);
		const char *quote = value && ends_with(key, "context") ? "\"" : "";

		if (word) {
			*flags = (*flags & ~word->clear) | word->set;
			continue;
		}
		if (value && !*quote && strchr(value, ','))
			return fail(EINVAL, "mount option '%s' has a comma in its value", key);
		text_add(data, "%s%s%s%s%s%s", data->len ? "," : "", key, value ? "=" : "", quote,
			 value ? value : "", quote);
	}
	if (data->truncated)
		return fail(E2BIG, "mount options are longer than a page");
	return 0;
}

int mount_old_make(struct mount_tools *tools, const char *type, const char *source,
		   const struct mount_param *params, size_t n, uint64_t attrs, int *ret_mountfd)
{
	autoclose int point = -1;
	char name[16], data[4096];
	struct text text = TEXT(data);
	unsigned long flags = mount_old_flags(attrs);
	int r;

	data[0] = '\0';
	r = old_data(params, n, &text, &flags);
	if (r < 0)
		return r;
	r = scratch_point(tools, -1, name, sizeof(name), &point);
	if (r < 0)
		return r;
	r = mount_old_call(tools, -1, source ? source : "none", point, type, flags, data);
	if (r < 0)
		return fail(-r, "cannot mount file system '%s'%s%s%s", type, *data ? " with '" : "", data,
			    *data ? "'" : "");
	return scratch_mounted(tools, name, ret_mountfd);
}

int mount_old_clone(struct mount_tools *tools, int sourcefd, bool recursive, int *ret_mountfd)
{
	autoclose int point = -1;
	char name[16];
	int r = scratch_point(tools, sourcefd, name, sizeof(name), &point);

	if (r < 0)
		return r;
	r = mount_old_call(tools, sourcefd, NULL, point, NULL, MS_BIND | (recursive ? MS_REC : 0), NULL);
	if (r < 0)
		return r;
	return scratch_mounted(tools, name, ret_mountfd);
}

int mount_old_reconfigure(const struct mount_tools *tools, int mountfd, const struct mount_param *params,
			  size_t n)
{
	char data[4096];
	struct text text = TEXT(data);
	uint64_t attrs;
	unsigned long flags;
	int r = mount_old_current(mountfd, &attrs);

	if (r < 0)
		return r;
	/* MS_REMOUNT sets the mount's own flags too: say those it has */
	flags = mount_old_flags(attrs) | MS_REMOUNT;
	data[0] = '\0';
	r = old_data(params, n, &text, &flags);
	if (r < 0)
		return r;
	return mount_old_call(tools, -1, NULL, mountfd, NULL, flags, data);
}

int mount_old_set(const struct mount_tools *tools, int mountfd, uint64_t set, uint64_t clear)
{
	uint64_t attrs;
	int r = mount_old_current(mountfd, &attrs);

	if (r < 0)
		return r;
	/* A remount drops what is not named: name what the mount has, so that nothing locked is lost unasked.
	 */
	attrs = (attrs & ~clear) | set;
	return mount_old_call(tools, -1, NULL, mountfd, NULL, MS_REMOUNT | MS_BIND | mount_old_flags(attrs),
			      NULL);
}
