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
#include "kernel/mount.h"
#include "kernel/sys.h"

/* The detached mount of a bind: cloned by the parent where only the host's root can reach the source, else here. */
static int open_bind(struct child *c, size_t i, int *ret_fd)
{
	const struct plan_mount *m = &c->plan->mounts.v[i];

	if (c->h->mount_fd && c->h->mount_fd[i] >= 0) {
		*ret_fd = c->h->mount_fd[i];
		return 0;
	}
	return mount_clone(&c->tools, AT_FDCWD, m->source, m->recursive, m->source_nofollow, ret_fd);
}

/* A tmpfs without mode= has the mode of what it covers. */
static int with_inherited_mode(struct child *c, const struct plan_mount *m, struct mount_param *params, char *mode,
			       size_t mode_size)
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
	snprintf(mode, mode_size, "%o", (unsigned int)(st.st_mode & 07777));
	params->key = "mode";
	params->value = mode;
	return 1;
}

#define PARAMS_MAX 64

static int open_fs(struct child *c, const struct plan_mount *m, int *ret_fd)
{
	struct mount_param params[PARAMS_MAX];
	char mode[16];
	size_t n = m->params.n;
	int r;

	if (n >= PARAMS_MAX)
		return fail(E2BIG, "more than %d file system options", PARAMS_MAX - 1);
	memcpy(params, m->params.v, n * sizeof(params[0]));
	if (m->inherit_mode) {
		r = with_inherited_mode(c, m, &params[n], mode, sizeof(mode));
		if (r < 0)
			return r;
		n += (size_t)r;
	}
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

static int is_directory(int fd, bool *ret)
{
	struct stat st;

	if (fstat(fd, &st))
		return fail(errno, "cannot stat the source");
	*ret = S_ISDIR(st.st_mode);
	return 0;
}

/* proc and sysfs must lie on a real directory: where the image has a symlink there, everything that is done through
 * /proc later would be done elsewhere (CVE-2019-19921, CVE-2023-27561). */
static int open_kernel_fs_target(struct child *c, const struct plan_mount *m, int *ret_fd)
{
	struct stat st;
	int r = path_in_root(c->rootfd, m->target, O_PATH | O_NOFOLLOW, ret_fd);

	if (r == -ENOENT) {
		fail_forget();
		return path_make_dirs(c->rootfd, m->target, 0755, ret_fd);
	}
	if (r < 0)
		return r;
	if (fstat(*ret_fd, &st) || !S_ISDIR(st.st_mode)) {
		fd_close(ret_fd);
		return fail(ENOTDIR, "'%s' in the root file system must be a directory, not a symlink", m->target);
	}
	return 0;
}

static bool is_kernel_fs(const struct plan_mount *m)
{
	return m->kind == PLAN_MOUNT_FS && (streq(m->type, "proc") || streq(m->type, "sysfs"));
}

/* What the mount goes on, made where it is missing: a directory on a directory, anything else on a file. */
static int open_target(struct child *c, const struct plan_mount *m, bool directory, int *ret_fd)
{
	int r;

	if (is_kernel_fs(m))
		return open_kernel_fs_target(c, m, ret_fd);
	r = path_in_root(c->rootfd, m->target, O_PATH | (m->target_nofollow ? O_NOFOLLOW : 0), ret_fd);
	if (r != -ENOENT)
		return r;
	fail_forget();
	return directory ? path_make_dirs(c->rootfd, m->target, 0755, ret_fd) :
			   path_make_file(c->rootfd, m->target, ret_fd);
}

/* After the move a fresh lookup must find the mount that we made, not what somebody swapped in (CVE-2021-30465). */
static int verify_landed(struct child *c, const struct plan_mount *m, int mountfd)
{
	autoclose int found = -1;
	uint64_t made_id, found_id;
	int r = path_in_root(c->rootfd, m->target, O_PATH | (m->target_nofollow ? O_NOFOLLOW : 0), &found);

	if (r == -ENOENT)
		return fail(ENOENT, "the mount is not where it was made");
	if (r == 0)
		r = path_mount_id(mountfd, &made_id);
	if (r == 0)
		r = path_mount_id(found, &found_id);
	if (r == 0 && made_id != found_id)
		return fail(EBUSY, "the mount is not where it was made: '%s' was changed meanwhile", m->target);
	return r;
}

static int set_propagation(struct child *c, const struct plan_mount *m, int fd)
{
	for (size_t i = 0; i < m->n_propagation; i++) {
		int r = mount_set_propagation(&c->tools, fd, m->propagation[i]);

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
static int verify_proc(const struct plan_mount *m, int mountfd)
{
	struct stat st;

	if (!m->must_be_proc)
		return 0;
	if (!fd_is_on(mountfd, PROC_SUPER_MAGIC) || fstat(mountfd, &st) || st.st_ino != 1)
		return fail(EINVAL, "the source '%s' is not a procfs: nothing else can be mounted on /proc", m->source);
	return 0;
}

/* What may be mounted inside /proc the plan decided by the words of the destination; a symlink of the image must not lead
 * there from elsewhere (CVE-2019-16884). */
static int verify_target(const struct plan_mount *m, int target)
{
	if (streq(m->target, "/proc") || starts_with(m->target, "/proc/") || !fd_is_on(target, PROC_SUPER_MAGIC))
		return 0;
	return fail(EINVAL, "'%s' leads into a procfs, where nothing may be mounted", m->target);
}

static int make_new(struct child *c, size_t i)
{
	const struct plan_mount *m = &c->plan->mounts.v[i];
	autoclose int mountfd = -1, target = -1;
	bool directory = true, done;
	int r = copied_symlink(c, m, &done);

	if (r < 0 || done)
		return r;
	r = m->kind == PLAN_MOUNT_BIND ? open_bind(c, i, &mountfd) : open_fs(c, m, &mountfd);
	if (r == 0 && m->kind == PLAN_MOUNT_BIND && !(c->h->mount_fd && c->h->mount_fd[i] >= 0))
		r = mount_set_attrs(&c->tools, mountfd, &m->attrs);
	if (r == 0)
		r = verify_proc(m, mountfd);
	if (r == 0)
		r = is_directory(mountfd, &directory);
	if (r == 0 && m->copy_up)
		r = copy_below(c, m, mountfd);
	if (r == 0)
		r = open_target(c, m, directory, &target);
	if (r == 0)
		r = verify_target(m, target);
	if (r == 0)
		r = mount_attach(&c->tools, mountfd, target);
	if (r == 0)
		r = verify_landed(c, m, mountfd);
	if (r == 0)
		r = set_propagation(c, m, mountfd);
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
	return r < 0 ? r : set_propagation(c, m, fd);
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
static int make_device(struct child *c, const struct device *dev)
{
	autoclose int clone = -1;
	int r;

	if (!c->plan->bind_devices || S_ISFIFO(dev->type))
		return device_make(c->rootfd, dev);
	r = mount_clone(&c->tools, AT_FDCWD, dev->path, false, false, &clone);
	return r < 0 ? r : device_bind(&c->tools, c->rootfd, dev, clone);
}

int make_devices(struct child *c)
{
	mode_t mask = umask(0);
	int r = 0;

	for (size_t i = 0; r == 0 && i < c->plan->devices.n; i++) {
		r = make_device(c, &c->plan->devices.v[i]);
		if (r < 0)
			r = fail_in(r, "device '%s'", c->plan->devices.v[i].path);
	}
	for (size_t i = 0; r == 0 && i < c->plan->links.n; i++)
		r = device_link(c->rootfd, c->plan->links.v[i].path, c->plan->links.v[i].target);
	umask(mask);
	return r;
}
