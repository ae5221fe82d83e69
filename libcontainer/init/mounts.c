/* SPDX-License-Identifier: Apache-2.0 */
/*
 * init/mounts.c: the mounts of the plan, each made detached and then attached on an fd (rule R2). While they are made the
 * host's tree is still visible, so that sources can be opened; targets are only ever reached from c->rootfd.
 */
#include <fcntl.h>
#include <linux/magic.h>
#include <stdio.h>
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
#include "kernel/lsm.h"
#include "kernel/mount.h"
#include "kernel/sys.h"

/* True where the parent made the detached mount, attributes and all. */
static bool is_given(const struct child *c, size_t i, int *ret_fd)
{
	if (!c->h->mount_fd || c->h->mount_fd[i] < 0)
		return false;
	*ret_fd = c->h->mount_fd[i];
	return true;
}

/* The detached mount of a bind: cloned by the parent where only the host's root can reach the source, else here. */
static int open_bind(struct child *c, size_t i, int *ret_fd)
{
	const struct plan_mount *m = &c->plan->mounts.v[i];
	int r;

	if (is_given(c, i, ret_fd))
		return 0;
	r = mount_clone(&c->tools, AT_FDCWD, m->source, m->recursive, m->source_nofollow, ret_fd);
	return r < 0 ? r : mount_set_attrs(&c->tools, *ret_fd, &m->attrs);
}

/* The mode of the directory that a mount will cover: 1, or 0 where there is none. */
static int mode_below(struct child *c, const struct plan_mount *m, mode_t *ret_mode)
{
	autoclose int below = -1;
	struct stat st;
	int r = path_in_root(c->rootfd, m->target, O_PATH, &below);

	if (r == -ENOENT) {
		fail_forget();
		return 0;
	}
	if (r < 0)
		return r;
	if (fstat(below, &st) || !S_ISDIR(st.st_mode))
		return 0;
	*ret_mode = st.st_mode & 07777;
	return 1;
}

#define PARAMS_MAX 64

static int open_with(struct child *c, const struct plan_mount *m, const char *mode, int *ret_fd)
{
	struct mount_param params[PARAMS_MAX];
	size_t n = m->params.n;
	int r;

	if (n >= PARAMS_MAX)
		return fail(E2BIG, "more than %d file system options", PARAMS_MAX - 1);
	memcpy(params, m->params.v, n * sizeof(params[0]));
	if (mode)
		params[n++] = (struct mount_param){ .key = "mode", .value = mode };
	r = mount_make(&c->tools, m->type, m->source, params, n, &m->attrs, ret_fd);
	if ((r == -EPERM || r == -EBUSY) && m->fallback_source) {
		/* sysfs and cgroup2 in a user namespace that does not own the network or cgroup namespace */
		fail_forget();
		r = mount_clone(&c->tools, AT_FDCWD, m->fallback_source, true, false, ret_fd);
		if (r == 0)
			r = mount_set_attrs(&c->tools, *ret_fd, &m->attrs);
	}
	return r;
}

int mounts_open_fs(struct child *c, const struct plan_mount *m, int *ret_fd)
{
	return open_with(c, m, NULL, ret_fd);
}

/* The mount's root, while nobody else sees it. */
static int open_inside(int mountfd, int *ret_fd)
{
	int fd = openat(mountfd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (fd < 0)
		return fail(errno, "cannot open the mount");
	*ret_fd = fd;
	return 0;
}

int mounts_inherit_mode(struct child *c, const struct plan_mount *m, int mountfd)
{
	autoclose int inside = -1;
	mode_t mode = 0;
	int r = m->inherit_mode ? mode_below(c, m, &mode) : 0;

	if (r <= 0)
		return r;
	r = open_inside(mountfd, &inside);
	if (r == 0 && fchmod(inside, mode))
		r = fail(errno, "cannot set the mode of the mount");
	return r;
}

/* A tmpfs without mode= has the mode of what it covers. The parent made one whose ids are mapped. */
static int open_fs(struct child *c, size_t i, int *ret_fd)
{
	const struct plan_mount *m = &c->plan->mounts.v[i];
	char text[16];
	mode_t mode = 0;
	int r;

	if (is_given(c, i, ret_fd))
		return mounts_inherit_mode(c, m, *ret_fd);
	r = m->inherit_mode ? mode_below(c, m, &mode) : 0;
	if (r < 0)
		return r;
	snprintf(text, sizeof(text), "%o", (unsigned int)mode);
	return open_with(c, m, r ? text : NULL, ret_fd);
}

static int is_directory(const struct plan_mount *m, int fd, bool *ret)
{
	struct stat st = { .st_mode = S_IFDIR };

	if (m->kind == PLAN_MOUNT_BIND && fstat(fd, &st))
		return fail(errno, "cannot stat the source");
	*ret = S_ISDIR(st.st_mode);
	return 0;
}

/* proc and sysfs must lie on a real directory: where the image has a symlink there, everything that is done through
 * /proc later would be done elsewhere (CVE-2019-19921, CVE-2023-27561). */
static int open_kernel_fs_target(struct child *c, const struct plan_mount *m, int *ret_fd)
{
	int r = path_in_root(c->rootfd, m->target, O_PATH | O_NOFOLLOW | O_DIRECTORY, ret_fd);

	if (r != -ENOENT && r != -ENOTDIR)
		return r;
	fail_forget();
	if (r == -ENOENT)
		return path_make_dirs(c->rootfd, m->target, 0755, ret_fd);
	return fail(ENOTDIR, "'%s' in the root file system must be a directory, not a symlink", m->target);
}

/* ---- /dev ---- */

/* The tmpfs that the configuration has on /dev is ours alone: it was made in a mount namespace that nobody else is in, so
 * nothing in it can be exchanged under us, and what is made in it is what was asked for (no setgid, no ACL). It is kept from
 * when it was verified to have landed. */
static int keep_own_dev(struct child *c, const struct plan_mount *m, int *mountfd)
{
	struct stat st;

	if (!streq(m->target, "/dev"))
		return 0;
	fd_close(&c->devfd);
	if (!wants_mount_ns(c->plan) || m->kind != PLAN_MOUNT_FS || !streq(m->type, "tmpfs") ||
	    m->n_propagation)
		return 0;
	if (fstat(*mountfd, &st))
		return fail(errno, "cannot stat the new /dev");
	if (st.st_gid || st.st_mode & S_ISGID)
		return 0;
	c->devfd = take_fd(mountfd);
	c->dev_covered = false;
	return path_mount_id(c->devfd, &c->dev_mount);
}

/* Its fd, or -1 where /dev is something else (by now: a symlink of the image may have led a later mount over it). */
static int own_dev(struct child *c)
{
	if (c->devfd >= 0 && c->dev_covered)
		c->dev_covered = !path_has_mount(c->rootfd, "dev", c->dev_mount);
	return c->dev_covered ? -1 : c->devfd;
}

/* The directory that is to hold `path`: one lookup for all in a row that have the same. */
struct parent {
	const char *path; /* of the last one: in the plan */
	size_t n;
	int fd; /* owned, but for own_dev's */
	bool own_dev;
};

static void parent_close(struct parent *p)
{
	if (!p->own_dev)
		fd_close(&p->fd);
}

static int parent_open(struct child *c, struct parent *p, const char *path, const char **ret_name)
{
	const char *slash = strrchr(path, '/');
	size_t n = slash ? (size_t)(slash - path) : 0;

	if (p->fd >= 0 && slash && n == p->n && !memcmp(p->path, path, n)) {
		*ret_name = slash + 1;
		return 0;
	}
	parent_close(p);
	p->fd = n == 4 && starts_with(path, "/dev/") ? own_dev(c) : -1;
	p->own_dev = p->fd >= 0;
	p->path = path;
	p->n = n;
	*ret_name = slash + 1;
	return p->own_dev ? 0 : path_parent_in_root(c->rootfd, path, &p->fd, ret_name);
}

int kernel_fs_of(const char *path, bool below)
{
	static const char names[KERNEL_FS][8] = { "/proc", "/sys" };

	for (int i = 0; i < KERNEL_FS; i++) {
		size_t n = strlen(names[i]);

		if (starts_with(path, names[i]) && path[n] == (below ? '/' : '\0'))
			return i;
	}
	return -1;
}

/* Paths are masked below the mount itself: who can exchange /proc in the rootfs would have the masks elsewhere, and have it
 * back when they are made (CVE-2019-19921, CVE-2023-27561). The last one counts, where there are two. */
static void keep_kernel_fs(struct child *c, const struct plan_mount *m, int *mountfd)
{
	int kind = kernel_fs_of(m->target, false);

	if (kind < 0)
		return;
	fd_close(&c->kernel_fs[kind]);
	c->kernel_fs[kind] = take_fd(mountfd);
}

static bool is_kernel_fs(const struct plan_mount *m)
{
	return m->kind == PLAN_MOUNT_FS && (streq(m->type, "proc") || streq(m->type, "sysfs"));
}

/* What the mount goes on, made where it is missing: a directory on a directory, anything else on a file. */
static int open_target(struct child *c, const struct plan_mount *m, int mountfd, int *ret_fd)
{
	bool directory;
	int r;

	if (is_kernel_fs(m))
		return open_kernel_fs_target(c, m, ret_fd);
	r = path_in_root(c->rootfd, m->target, O_PATH | (m->target_nofollow ? O_NOFOLLOW : 0), ret_fd);
	if (r != -ENOENT)
		return r;
	fail_forget();
	r = is_directory(m, mountfd, &directory);
	if (r < 0)
		return r;
	return directory ? path_make_dirs(c->rootfd, m->target, 0755, ret_fd)
			 : path_make_file(c->rootfd, m->target, ret_fd);
}

/* What may be mounted inside /proc the plan decided by the words of the destination; a symlink of the image must not lead
 * there from elsewhere (CVE-2019-16884). */
static int verify_target(const struct plan_mount *m, int target)
{
	if (streq(m->target, "/proc") || starts_with(m->target, "/proc/") ||
	    !fd_is_on(target, PROC_SUPER_MAGIC))
		return 0;
	return fail(EINVAL, "'%s' leads into a procfs, where nothing may be mounted", m->target);
}

/* After the move a fresh lookup must find the mount that we made, not what somebody swapped in (CVE-2021-30465). */
static int verify_landed(struct child *c, const struct plan_mount *m, int mountfd)
{
	autoclose int found = -1;
	uint64_t made_id, found_id;
	int r = path_mount_id(mountfd, &made_id);

	if (r < 0 || path_has_mount(c->rootfd, m->target + 1, made_id))
		return r;
	r = path_in_root(c->rootfd, m->target, O_PATH | (m->target_nofollow ? O_NOFOLLOW : 0), &found);
	if (r == -ENOENT)
		return fail(ENOENT, "the mount is not where it was made");
	if (r == 0)
		r = path_mount_id(found, &found_id);
	if (r == 0 && made_id != found_id)
		return fail(EBUSY, "the mount is not where it was made: '%s' was changed meanwhile",
			    m->target);
	return r;
}

/* On a new directory in our own /dev: that it landed there needs no look. Everything else is attached by its path. */
static int attach_in_dev(struct child *c, const struct plan_mount *m, int mountfd, bool *ret_done)
{
	const char *name = m->target + strlen("/dev/");
	bool directory;
	int dev, r;

	*ret_done = false;
	if (!starts_with(m->target, "/dev/") || !path_is_component(name) || (dev = own_dev(c)) < 0)
		return 0;
	r = is_directory(m, mountfd, &directory);
	if (r < 0 || !directory)
		return r;
	if (mkdirat(dev, name, 0755))
		return errno == EEXIST ? 0 : fail(errno, "cannot make '%s'", m->target);
	*ret_done = true;
	return mount_attach_at(&c->tools, mountfd, dev, name);
}

int mounts_attach(struct child *c, const struct plan_mount *m, int mountfd)
{
	autoclose int target = -1;
	int r = open_target(c, m, mountfd, &target);

	c->dev_covered = true; /* it may lie there, by whatever path */
	if (r == 0)
		r = verify_target(m, target);
	if (r == 0)
		r = mount_attach(&c->tools, mountfd, target);
	return r < 0 ? r : verify_landed(c, m, mountfd);
}

int mounts_set_propagation(struct child *c, const struct plan_mount *m, int mountfd)
{
	for (size_t i = 0; i < m->n_propagation; i++) {
		int r = mount_set_propagation(&c->tools, mountfd, m->propagation[i]);

		if (r < 0)
			return r;
	}
	return 0;
}

static int copy_below(struct child *c, const struct plan_mount *m, int mountfd)
{
	autoclose int below = -1;
	int r = path_in_root(c->rootfd, m->target, O_RDONLY | O_DIRECTORY, &below);

	if (r == -ENOENT) {
		fail_forget();
		return 0;
	}
	return r < 0 ? r : copy_up(below, mountfd);
}

/* crun's copy-symlink: where the source is a symlink the same symlink is made, instead of a mount. */
static int copied_symlink(struct child *c, const struct plan_mount *m, bool *ret_done)
{
	char link[PATH_MAX];
	ssize_t n;

	*ret_done = false;
	if (!m->copy_symlink)
		return 0;
	n = readlink(m->source, link, sizeof(link) - 1);
	if (n < 0)
		return 0;
	link[n] = '\0';
	*ret_done = true;
	return device_link(c->rootfd, m->target, link);
}

/* A bind on /proc must be a procfs: a fake tree there would take what is written to /proc (CVE-2019-16884). */
int mounts_verify_proc(const struct plan_mount *m, int mountfd)
{
	struct stat st;

	if (!m->must_be_proc)
		return 0;
	if (!fd_is_on(mountfd, PROC_SUPER_MAGIC) || fstat(mountfd, &st) || st.st_ino != 1)
		return fail(EINVAL, "the source '%s' is not a procfs: nothing else can be mounted on /proc",
			    m->source);
	return 0;
}

int mounts_set_label(struct child *c, const struct plan_mount *m, int mountfd)
{
	autoclose int fd = -1;
	int r;

	if (!m->label_by_xattr)
		return 0;
	r = open_inside(mountfd, &fd);
	return r < 0 ? r : lsm_set_file_label(fd, c->plan->mount_label->value);
}

static int make_new(struct child *c, size_t i)
{
	const struct plan_mount *m = &c->plan->mounts.v[i];
	autoclose int mountfd = -1;
	bool done;
	int r = copied_symlink(c, m, &done);

	if (r < 0 || done)
		return r;
	r = m->kind == PLAN_MOUNT_BIND ? open_bind(c, i, &mountfd) : open_fs(c, i, &mountfd);
	if (r == 0)
		r = mounts_verify_proc(m, mountfd);
	if (r == 0)
		r = mounts_set_label(c, m, mountfd);
	if (r == 0 && m->copy_up)
		r = copy_below(c, m, mountfd);
	if (r == 0)
		r = attach_in_dev(c, m, mountfd, &done);
	if (r == 0 && !done)
		r = mounts_attach(c, m, mountfd);
	if (r == 0)
		r = mounts_set_propagation(c, m, mountfd);
	if (r == 0)
		r = keep_own_dev(c, m, &mountfd);
	if (r == 0)
		keep_kernel_fs(c, m, &mountfd);
	return r;
}

static int remount(struct child *c, const struct plan_mount *m)
{
	autoclose int fd = -1;
	int r = path_in_root(c->rootfd, m->target, O_PATH, &fd);

	if (r == -ENOENT)
		return fail(ENOENT, "nothing to remount at '%s'", m->target);
	if (r == 0)
		r = mount_set_attrs(&c->tools, fd, &m->attrs);
	if (r == 0 && m->params.n)
		r = mount_reconfigure(&c->tools, fd, m->params.v, m->params.n);
	return r < 0 ? r : mounts_set_propagation(c, m, fd);
}

static int make_one(struct child *c, size_t i)
{
	const struct plan_mount *m = &c->plan->mounts.v[i];

	switch (m->kind) {
	case PLAN_MOUNT_BIND:
	case PLAN_MOUNT_FS:
		return make_new(c, i);
	case PLAN_MOUNT_REMOUNT:
		return remount(c, m);
	case PLAN_MOUNT_LINK:
		return device_link(c->rootfd, m->target, m->source);
	}
	return fail(EINVAL, "unknown kind of mount");
}

int make_mounts(struct child *c)
{
	for (size_t i = 0; i < c->plan->mounts.n; i++) {
		int r = make_one(c, i);

		if (r < 0)
			return fail_in(r, "%s", c->plan->mounts.v[i].where);
	}
	return 0;
}

/* mknod is refused in a user namespace: there the host's node is bound, while its /dev is still in reach. */
static int make_device(struct child *c, const struct device *dev, struct parent *p)
{
	autoclose int clone = -1;
	const char *name;
	int r;

	if (!c->plan->bind_devices || S_ISFIFO(dev->type)) {
		r = parent_open(c, p, dev->path, &name);
		return r < 0 ? r : device_make_at(p->fd, name, p->own_dev, dev);
	}
	r = mount_clone(&c->tools, AT_FDCWD, dev->path, false, false, &clone);
	return r < 0 ? r : device_bind(&c->tools, c->rootfd, dev, clone);
}

int make_devices(struct child *c)
{
	struct parent parent = { .fd = -1 };
	int r = 0;

	for (size_t i = 0; r == 0 && i < c->plan->devices.n; i++) {
		r = make_device(c, &c->plan->devices.v[i], &parent);
		if (r < 0)
			r = fail_in(r, "device '%s'", c->plan->devices.v[i].path);
	}
	for (size_t i = 0; r == 0 && i < c->plan->links.n; i++) {
		const char *name;

		r = parent_open(c, &parent, c->plan->links.v[i].path, &name);
		if (r == 0)
			r = device_link_at(parent.fd, name, c->plan->links.v[i].target);
		if (r < 0)
			r = fail_in(r, "link '%s'", c->plan->links.v[i].path);
	}
	parent_close(&parent);
	fd_close(&c->devfd);
	return r;
}
