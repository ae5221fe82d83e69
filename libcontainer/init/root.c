/* SPDX-License-Identifier: Apache-2.0 */
/* init/root.c: the rootfs from mount point to "/". Source: pivot_root(2), mount_namespaces(7). */
#include <fcntl.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/err.h"
#include "base/fd.h"
#include "base/path.h"
#include "base/str.h"
#include "init/child.h"
#include "kernel/device.h"
#include "kernel/mount.h"
#include "kernel/rootfs.h"
#include "kernel/sys.h"

/* What the mount calls stand on. The caller's /proc serves the fallback of old kernels only: as long as the host's tree is
 * in reach, and whole where sysctls are to be set (set_sysctls). */
int prepare_mounts(struct child *c)
{
	c->tools = c->h->new_mount_api ? mount_tools_probed(-1) : mount_tools_make(-1);
	return c->tools.new_api ? 0 : procfs_open(!c->plan->sysctls.n, &c->tools.procfd);
}

int set_old_propagation(struct child *c)
{
	return rootfs_set_old_propagation(&c->tools, c->plan->root.old_propagation);
}

static bool makes_mounts(const struct plan *p)
{
	return p->mounts.n || p->masked.n || p->readonly.n || p->root.readonly;
}

/* The parent cloned the tree as the host's root; it goes where it came from, so that hooks find the mounts at the
 * bundle's own path. */
int attach_root(struct child *c)
{
	int r;

	/* In a mount namespace that is not ours nothing is mounted unless it was asked for. */
	if (c->plan->root.how == ROOT_CHROOT && !makes_mounts(c->plan)) {
		c->rootfd = open(c->plan->root.path, O_PATH | O_DIRECTORY | O_CLOEXEC);
		return c->rootfd < 0 ? fail(errno, "root.path '%s'", c->plan->root.path) : 0;
	}
	if (c->plan->mount_label && strlen(c->plan->mount_label->value) > MOUNT_PARAM_MAX)
		c->tools.want_scratch = true;
	for (size_t i = 0; i < c->plan->mounts.n; i++)
		for (size_t j = 0; j < c->plan->mounts.v[i].params.n; j++) {
			const char *value = c->plan->mounts.v[i].params.v[j].value;

			if (value && strlen(value) > MOUNT_PARAM_MAX)
				c->tools.want_scratch = true;
		}
	/* A mount namespace that others live in: what holds the rootfs there stays shared as it is. */
	if (c->plan->root.how == ROOT_CHROOT)
		c->tools.old_shared = false;
	r = rootfs_bind(&c->tools, c->plan->root.path, c->h->rootfs_fd, &c->rootfd);
	/* Attached below a shared mount it became shared itself, and with it all that is mounted on it. */
	if (r == 0 && c->plan->root.how == ROOT_CHROOT)
		r = mount_set_propagation(&c->tools, c->rootfd, MS_PRIVATE | MS_REC);
	return r < 0 ? fail_in(r, "root.path '%s'", c->plan->root.path) : 0;
}

int switch_root(struct child *c)
{
	for (int i = 0; i < KERNEL_FS; i++)
		fd_close(&c->kernel_fs[i]);
	switch (c->plan->root.how) {
	case ROOT_PIVOT:
		return rootfs_pivot(&c->tools, c->rootfd);
	case ROOT_MOVE:
		return rootfs_move(&c->tools, c->rootfd);
	case ROOT_CHROOT:
		return rootfs_chroot(c->rootfd);
	}
	return fail(EINVAL, "unknown way to switch the root");
}

/* What the options of one mount say of it counts more than what was just said of the whole tree: a volume that is private
 * stays so beside one that is rshared. One that a later mount covers cannot be reached, and needs not. */
static int restore_propagation(struct child *c, const struct plan_mount *m)
{
	autoclose int fd = -1;
	int r = path_in_root(c->rootfd, m->target, O_PATH | (m->target_nofollow ? O_NOFOLLOW : 0), &fd);

	for (size_t i = 0; r == 0 && i < m->n_propagation; i++)
		r = mount_set_propagation(&c->tools, fd, m->propagation[i]);
	if (r == -ENOENT || r == -ENOTDIR || r == -EINVAL) {
		fail_forget();
		return 0;
	}
	return r < 0 ? fail_in(r, "%s", m->where) : 0;
}

int set_root_propagation(struct child *c)
{
	int r = mount_set_propagation(&c->tools, c->rootfd, c->plan->root.propagation);

	for (size_t i = 0; r == 0 && (c->plan->root.propagation & MS_REC) && i < c->plan->mounts.n; i++)
		if (c->plan->mounts.v[i].n_propagation)
			r = restore_propagation(c, &c->plan->mounts.v[i]);
	return r;
}

int make_root_readonly(struct child *c)
{
	static const struct mount_attrs attrs = { .set = MOUNT_ATTR_RDONLY };
	int r = mount_set_attrs(&c->tools, c->rootfd, &attrs);

	return r < 0 ? fail_in(r, "root.readonly") : 0;
}

int make_cwd(struct child *c)
{
	autoclose int fd = -1;
	int r;

	if (c->rootfd < 0) { /* exec: the container's root is "/" already */
		c->rootfd = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
		if (c->rootfd < 0)
			return fail(errno, "cannot open '/'");
	}
	if (!c->plan->process.exec.cwd || streq(c->plan->process.exec.cwd, "/"))
		return 0;
	r = path_make_dirs(c->rootfd, c->plan->process.exec.cwd, 0755, &fd);
	if (r == -EROFS || r == -EACCES || r == -EPERM) { /* chdir says what matters, as the user */
		fail_forget();
		return 0;
	}
	return r < 0 ? fail_in(r, "process.cwd '%s'", c->plan->process.exec.cwd) : 0;
}

int make_late_readonly(struct child *c)
{
	static const struct mount_attrs attrs = { .set = MOUNT_ATTR_RDONLY };

	for (size_t i = 0; i < c->plan->mounts.n; i++) {
		const struct plan_mount *m = &c->plan->mounts.v[i];
		autoclose int fd = -1;
		int r;

		if (!m->late_readonly)
			continue;
		r = path_in_root(c->rootfd, m->target, O_PATH, &fd);
		if (r == 0)
			r = mount_set_attrs(&c->tools, fd, &attrs);
		if (r < 0)
			return r == -ENOENT ? fail(ENOENT, "%s", m->where) : fail_in(r, "%s", m->where);
	}
	return 0;
}

/* What shall be masked or read-only: `name` below dirfd, or dirfd itself where that is "". */
struct protected
{
	int dirfd;
	const char *name;
	bool directory;
	int opened; /* owned; or -1 */
};

static void protected_close(struct protected *p)
{
	fd_close(&p->opened);
}
#define autoprotected __attribute__((cleanup(protected_close)))

/* -ENOENT and -ENOTDIR record nothing. The specification: what is not there need not be protected. */
static int find_protected(struct child *c, const char *path, struct protected *ret)
{
	int kind = kernel_fs_of(path, true), base = kind < 0 ? -1 : c->kernel_fs[kind];
	const char *below = base < 0 ? path : strchr(path + 1, '/');
	struct stat st;
	int r;

	/* the kernel's own directory, and ours: most need no lookup through symlinks, and nobody exchanges what was seen */
	if (base >= 0 && path_is_component(below + 1)) {
		if (fstatat(base, below + 1, &st, AT_SYMLINK_NOFOLLOW))
			return errno == ENOENT ? -ENOENT : fail(errno, "cannot stat");
		if (!S_ISLNK(st.st_mode)) {
			*ret = (struct protected){ base, below + 1, S_ISDIR(st.st_mode), -1 };
			return 0;
		}
	}
	r = path_in_root(base < 0 ? c->rootfd : base, below, O_PATH, &ret->opened);
	if (r == -ENOENT || r == -ENOTDIR)
		fail_forget();
	if (r < 0)
		return r;
	if (fstat(ret->opened, &st))
		return fail(errno, "cannot stat");
	ret->dirfd = ret->opened;
	ret->name = "";
	ret->directory = S_ISDIR(st.st_mode);
	return 0;
}

static int make_readonly_path(struct child *c, const char *path)
{
	static const struct mount_attrs attrs = { .set = MOUNT_ATTR_RDONLY };
	autoprotected struct protected p = { .opened = -1 };
	autoclose int clone = -1;
	int r = find_protected(c, path, &p);

	if (r == -ENOENT || r == -ENOTDIR)
		return 0;
	if (r == 0)
		r = mount_clone(&c->tools, p.dirfd, p.name, true, true, &clone);
	if (r == 0)
		r = mount_set_attrs(&c->tools, clone, &attrs);
	return r < 0 ? r : mount_attach_at(&c->tools, clone, p.dirfd, p.name);
}

int make_readonly_paths(struct child *c)
{
	for (size_t i = 0; i < c->plan->readonly.n; i++) {
		int r = make_readonly_path(c, c->plan->readonly.v[i]);

		if (r < 0)
			return fail_in(r, "linux.readonlyPaths[%zu] '%s'", i, c->plan->readonly.v[i]);
	}
	return 0;
}

/* The host's, opened and verified while its tree is in reach. */
static int open_null(struct child *c, int *ret_fd)
{
	int r = mount_clone(&c->tools, AT_FDCWD, "/dev/null", false, false, ret_fd);

	if (r == 0 && !device_is(*ret_fd, 1, 3))
		return fail(ENODEV, "the host's /dev/null is not the null device");
	return r;
}

/* Files show the null device, directories one empty, read-only tmpfs: the first mount of each is cloned for the others. A
 * mask that cannot be made is an error, unless there is nothing to mask. */
static int mask_one(struct child *c, const char *path, int shown[2])
{
	autoprotected struct protected p = { .opened = -1 };
	autoclose int mount = -1;
	int r = find_protected(c, path, &p), *first;

	if (r == -ENOENT || r == -ENOTDIR)
		return 0;
	if (r < 0)
		return r;
	first = &shown[p.directory];
	if (*first >= 0)
		r = mount_clone(&c->tools, *first, "", false, false, &mount);
	else if (p.directory)
		r = mount_make_empty(&c->tools, c->plan->mount_label, &mount);
	else
		r = open_null(c, &mount);
	if (r == 0)
		r = mount_attach_at(&c->tools, mount, p.dirfd, p.name);
	if (r == 0 && *first < 0)
		*first = take_fd(&mount);
	return r;
}

int mask_paths(struct child *c)
{
	int shown[2] = { -1, -1 }, r = 0;

	for (size_t i = 0; r == 0 && i < c->plan->masked.n; i++) {
		r = mask_one(c, c->plan->masked.v[i], shown);
		if (r < 0)
			r = fail_in(r, "linux.maskedPaths[%zu] '%s'", i, c->plan->masked.v[i]);
	}
	fd_close(&shown[false]);
	fd_close(&shown[true]);
	return r;
}
