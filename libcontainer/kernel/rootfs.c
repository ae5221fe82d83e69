/* SPDX-License-Identifier: Apache-2.0 */
/*
 * kernel/rootfs.c: making a tree the root. Init; no library, no allocation. The host's tree is only read by
 * the paths of the administrator, and nothing that happens here may reach it by propagation.
 */
#include "kernel/rootfs.h"

#include <linux/magic.h>
#include <sys/stat.h>

#include "base/err.h"
#include "base/fd.h"
#include "kernel/mount_old.h"
#include "kernel/sys.h"

int rootfs_set_old_propagation(struct mount_tools *tools, unsigned long flags)
{
	if (sys_mount(NULL, "/", NULL, flags, NULL))
		return fail(errno, "cannot set the propagation of the old root");
	tools->old_shared = !(flags & MS_REC) || !(flags & (MS_SLAVE | MS_PRIVATE | MS_UNBINDABLE));
	return 0;
}

/* The mount that holds `dirfd` must not be shared: the rootfs would appear on the host, and pivot_root(2)
 * refuses it. A slave is enough, and the binds that are cloned from that mount still receive from the host.
 * Only the root of a mount can be set, so go up to it. */
static int detach_holder(struct mount_tools *tools, int dirfd)
{
	autoclose int fd = fcntl(dirfd, F_DUPFD_CLOEXEC, 3);
	int r;

	while (fd >= 0 && (r = mount_set_propagation(tools, fd, MS_SLAVE)) == -EINVAL) {
		autoclose int up = openat(fd, "..", O_PATH | O_DIRECTORY | O_CLOEXEC);
		struct stat here, above;

		if (up < 0 || fstat(fd, &here) || fstat(up, &above))
			return fail(errno, "cannot find the mount that holds the rootfs");
		if (here.st_dev == above.st_dev && here.st_ino == above.st_ino)
			return fail(EINVAL, "the mount that holds the rootfs has no root here");
		fd_close(&fd);
		fd = take_fd(&up);
	}
	return fd < 0 ? fail(errno, "cannot find the mount that holds the rootfs") : r;
}

/* The scratch tmpfs (mount.h), over the rootfs's path. Unbindable, so that no recursive bind of the host's
 * tree, the rootfs's own first, takes it along. */
static int make_scratch(struct mount_tools *tools, const char *path, int pathfd)
{
	static const struct mount_param params[] = { { "mode", "700" } };
	static const struct mount_attrs attrs = { .set = MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV |
							 MOUNT_ATTR_NOEXEC };
	autoclose int fd = -1;
	int r = 0;

	if (tools->procfd < 0) /* the caller had no need of one so far; it stays until execve(2) */
		r = procfs_open(true, &tools->procfd);
	if (r < 0)
		return r;
	if (tools->new_api) {
		r = mount_make(tools, "tmpfs", "tmpfs", params, ARRAY_SIZE(params), &attrs, &fd);
		if (!r)
			r = mount_attach(tools, fd, pathfd);
	} else {
		r = mount_old_call(tools, -1, "tmpfs", pathfd, "tmpfs", mount_old_flags(attrs.set),
				   "mode=700");
		fd = r < 0 ? -1 : open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
		if (!r && (fd < 0 || !fd_is_on(fd, TMPFS_MAGIC)))
			r = -EXDEV;
	}
	if (!r)
		r = mount_set_propagation(tools, fd, MS_UNBINDABLE);
	if (r < 0)
		return fail(-r, "cannot make a scratch tmpfs over '%s'", path);
	tools->scratchfd = take_fd(&fd);
	return 0;
}

/* Where the rootfs is attached: its own path; or, where the mapped root cannot go there and need not, over
 * "/". */
static int open_place(const char *path, int mountfd, int *ret_fd)
{
	int fd = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);

	if (fd < 0 && errno == EACCES && mountfd >= 0)
		fd = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return fail(errno, "cannot open rootfs '%s'", path);
	*ret_fd = fd;
	return 0;
}

int rootfs_bind(struct mount_tools *tools, const char *path, int mountfd, int *ret_rootfd)
{
	autoclose int place = -1, rootfd = mountfd;
	int r = open_place(path, mountfd, &place);

	if (r < 0)
		return r;
	if (tools->old_shared) {
		r = detach_holder(tools, place);
		if (r < 0)
			return r;
	}
	if (!tools->new_api || tools->want_scratch) {
		r = make_scratch(tools, path, place);
		if (r < 0)
			return r;
	}
	if (mountfd < 0)
		r = mount_clone(tools, place, "", true, false, &rootfd);
	if (r < 0)
		return fail_in(r, "rootfs '%s'", path);
	/* the parent's clone is in the host's peer group still; pivot_root(2) wants it out */
	if (mountfd >= 0) {
		r = mount_set_propagation(tools, rootfd, MS_SLAVE | (tools->old_shared ? 0 : MS_REC));
		if (r < 0)
			return fail(-r, "cannot make rootfs '%s' a slave", path);
	}
	/* over the scratch, where there is one: its fd reaches it still, and hooks find the rootfs at its path */
	r = mount_attach(tools, rootfd, tools->scratchfd < 0 ? place : tools->scratchfd);
	if (r < 0)
		return fail_in(r, "rootfs '%s'", path);
	*ret_rootfd = take_fd(&rootfd);
	return 0;
}

int rootfs_pivot(struct mount_tools *tools, int rootfd)
{
	autoclose int oldfd = tools->old_shared ? open("/", O_PATH | O_DIRECTORY | O_CLOEXEC) : -1;

	if (tools->old_shared && oldfd < 0)
		return fail(errno, "cannot open the old root");
	if (fchdir(rootfd))
		return fail(errno, "cannot enter the rootfs");
	/* The old root ends up on top of the new one, so no directory is needed to put it. */
	if (sys_pivot_root(".", "."))
		return fail(errno, "cannot make the rootfs the root (pivot_root)");
	/* A slave, or the host would lose its mounts with us. Not private: it would hold on to what the host
	 * unmounts. */
	if (tools->old_shared && (fchdir(oldfd) || sys_mount(NULL, ".", NULL, MS_SLAVE | MS_REC, NULL)))
		return fail(errno, "cannot make the old root a slave");
	/* "." is the new root, and what lies on top of it the old one: pivot_root(2) */
	if (sys_umount2(".", SYS_MNT_DETACH))
		return fail(errno, "cannot detach the old root");
	mount_tools_close(tools);
	if (chdir("/"))
		return fail(errno, "cannot enter the new root");
	return 0;
}

int rootfs_chroot(int rootfd)
{
	if (fchdir(rootfd) || chroot(".") || chdir("/"))
		return fail(errno, "cannot change the root to the rootfs (chroot)");
	return 0;
}
