/* SPDX-License-Identifier: Apache-2.0 */
/*
 * kernel/device.c: device nodes and links in a rootfs. Init; no library, no allocation. CVE-2026-41579,
 * CVE-2026-47766: a rootfs whose /dev is a symlink; every act here works on one component below an fd that
 * was resolved inside the root.
 */
#include "kernel/device.h"

#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include "base/err.h"
#include "base/fd.h"
#include "base/path.h"
#include "kernel/sys.h"

bool device_is(int fd, uint32_t major, uint32_t minor)
{
	struct stat st;

	return !fstat(fd, &st) && S_ISCHR(st.st_mode) && st.st_rdev == makedev(major, minor);
}

/* Type and number: a regular file's st_rdev is 0, as is that of device 0:0. */
static bool same_node(const struct stat *st, const struct device *dev)
{
	if ((st->st_mode & S_IFMT) != dev->type)
		return false;
	return dev->type == S_IFIFO || st->st_rdev == makedev(dev->major, dev->minor);
}

/* On the node's own fd: its name may mean something else by now, where the directory is shared. */
static int own_node(int fd, const struct stat *st, const struct device *dev)
{
	if ((st->st_uid != dev->uid || st->st_gid != dev->gid) &&
	    fchownat(fd, "", dev->uid, dev->gid, AT_EMPTY_PATH))
		return fail(errno, "cannot set the owner of device '%s'", dev->path);
	/* mknodat made it exact; only a default ACL of the directory can have changed it */
	if ((st->st_mode & 07777) != dev->mode && sys_fchmodat2(fd, "", dev->mode, AT_EMPTY_PATH))
		return fail(errno, "cannot set the mode of device '%s'", dev->path);
	return 0;
}

int device_make_at(int dirfd, const char *name, bool own_dir, const struct device *dev)
{
	autoclose int fd = -1;
	struct stat st;
	int err = 0;

	if (!path_is_component(name))
		return fail(EINVAL, "'%s' is not the name of a device", name);
	if (mknodat(dirfd, name, dev->type | dev->mode, makedev(dev->major, dev->minor)))
		err = errno;
	if (err && err != EEXIST)
		return fail(err, "cannot make device '%s'", dev->path);
	/* nobody can have exchanged it: it is what mknod was told, owned by us */
	if (!err && own_dir && !dev->uid && !dev->gid)
		return 0;
	fd = openat(dirfd, name, O_PATH | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0 || fstat(fd, &st))
		return fail(errno, "cannot open device '%s'", dev->path);
	if (!same_node(&st, dev))
		return fail(EEXIST, "cannot make device '%s': another file", dev->path);
	return err == EEXIST ? 0 : own_node(fd, &st, dev);
}

int device_make(int rootfd, const struct device *dev)
{
	autoclose int parentfd = -1;
	const char *name;
	int r = path_parent_in_root(rootfd, dev->path, &parentfd, &name);

	if (r < 0)
		return fail_in(r, "device '%s'", dev->path);
	return device_make_at(parentfd, name, false, dev);
}

int device_bind(struct mount_tools *tools, int rootfd, const struct device *dev, int source_mountfd)
{
	autoclose int target = -1, landed = -1;
	uint64_t want, got;
	struct stat st;
	int r;

	if (fstat(source_mountfd, &st))
		return fail(errno, "cannot look at the host's device for '%s'", dev->path);
	if (!same_node(&st, dev))
		return fail(ENODEV, "the host's device for '%s' is another one", dev->path);
	r = path_make_file(rootfd, dev->path, &target);
	if (r < 0)
		return fail_in(r, "device '%s'", dev->path);
	r = mount_attach(tools, source_mountfd, target);
	if (r < 0)
		return fail_in(r, "device '%s'", dev->path);
	r = path_in_root(rootfd, dev->path, O_PATH, &landed);
	if (r < 0)
		return fail(-r, "device '%s' is gone", dev->path);
	r = path_mount_id(landed, &got);
	if (!r)
		r = path_mount_id(source_mountfd, &want);
	if (r < 0)
		return fail_in(r, "device '%s'", dev->path);
	if (got != want) /* CVE-2021-30465: the target was exchanged meanwhile */
		return fail(EAGAIN, "device '%s' did not land on its path", dev->path);
	return 0;
}

int device_link_at(int dirfd, const char *name, const char *target)
{
	char is[256];
	ssize_t n;

	if (!path_is_component(name))
		return fail(EINVAL, "'%s' is not the name of a link", name);
	if (!symlinkat(target, dirfd, name))
		return 0;
	if (errno != EEXIST)
		return fail(errno, "cannot make link '%s'", name);
	n = readlinkat(dirfd, name, is, sizeof(is));
	if (n < 0 || (size_t)n != strlen(target) || memcmp(is, target, (size_t)n))
		return fail(EEXIST, "cannot make link '%s' to '%s': another file", name, target);
	return 0;
}

int device_link(int rootfd, const char *path, const char *target)
{
	autoclose int parentfd = -1;
	const char *name;
	int r = path_parent_in_root(rootfd, path, &parentfd, &name);

	if (r == 0)
		r = device_link_at(parentfd, name, target);
	return r < 0 ? fail_in(r, "link '%s'", path) : 0;
}
