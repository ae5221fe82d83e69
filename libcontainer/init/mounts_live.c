/* SPDX-License-Identifier: Apache-2.0 */
/*
 * init/mounts_live.c: mounts of a container that runs. Unlike when one is made, somebody hostile is there already: every name
 * may lead elsewhere from one moment to the next, and waits may have no end (a FUSE of the container's). So sources come as
 * fds from the parent, a path is only looked up below the container's root, what acts acts on fds, and it is the parent who
 * says when it took too long, and who has what was attached taken away.
 */
#include <fcntl.h>
#include <linux/magic.h>
#include <sched.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "base/err.h"
#include "base/fd.h"
#include "base/path.h"
#include "base/str.h"
#include "init/child.h"
#include "kernel/device.h"
#include "kernel/mount.h"
#include "kernel/mount_list.h"
#include "kernel/sys.h"
#include "wire/sync.h"

#define ROW(name, wanted, apply, why) { wanted, apply },
static const struct child_step live_steps[] = { LIVE_STEPS(ROW) };
#undef ROW

static int live_mount(const struct child *c, size_t i)
{
	return c->live_fd[i] - 1;
}

int child_run_live(struct child *c)
{
	return child_run_table(c, TABLE_LIVE, live_steps, ARRAY_SIZE(live_steps));
}

int close_stdio(struct child *c)
{
	(void)c;
	for (int fd = 0; fd <= 2; fd++)
		close(fd);
	return 0;
}

int prepare_live(struct child *c)
{
	c->tools = c->h->new_mount_api ? mount_tools_probed(c->h->proc_fd) : mount_tools_make(c->h->proc_fd);
	if (wants_added(c->plan) && !c->tools.new_api)
		return fail(ENOSYS, "mounts can only be added to a running container with open_tree(2), "
				    "fsopen(2), move_mount(2) and mount_setattr(2), Linux 5.12");
	return 0;
}

/* setns(2) has made the root of the mount namespace ours. */
int open_live_root(struct child *c)
{
	c->rootfd = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
	return c->rootfd < 0 ? fail(errno, "cannot open '/'") : 0;
}

/* ---- add ---- */

static int open_source(struct child *c, const struct plan_mount *m, int *ret_fd)
{
	autoclose int fd = -1;
	int r = mount_clone(&c->tools, AT_FDCWD, m->source, m->recursive, m->source_nofollow, &fd);

	if (r == 0)
		r = mount_set_attrs(&c->tools, fd, &m->attrs);
	if (r == 0)
		*ret_fd = take_fd(&fd);
	return r < 0 ? fail_in(r, "%s", m->where) : 0;
}

/* The copy goes when we join the container's mount namespace; what was cloned does not. What is mounted on the host later
 * arrives in it as in a slave, as the kernel makes it for who has less privilege. */
int open_stage_sources(struct child *c)
{
	int r;

	if (setns(c->h->pidfd, CLONE_NEWUSER))
		return fail(errno, "cannot join the container's user namespace");
	c->joined |= 1u << NS_USER;
	r = become_ns_root();
	if (r < 0)
		return r;
	if (unshare(CLONE_NEWNS))
		return fail(errno, "cannot copy the mount namespace");
	r = prepare_live(c); /* only here the kernel's answers are those of one who may */
	for (size_t i = 0; r == 0 && i < c->plan->mounts.n; i++) {
		int fd;

		if (c->plan->mounts.v[i].kind != PLAN_MOUNT_BIND)
			continue;
		r = open_source(c, &c->plan->mounts.v[i], &fd);
		if (r == 0)
			c->live_fd[i] = fd + 1;
	}
	return r;
}

static int make_file_system(struct child *c, const struct plan_mount *m, int *ret_fd)
{
	autoclose int fd = -1;
	int r = mounts_open_fs(c, m, &fd);

	if (r == 0)
		r = mounts_set_label(c, m, fd);
	if (r == 0)
		*ret_fd = take_fd(&fd);
	return r;
}

/* What the parent has not opened it gets. */
static int have_mount(struct child *c, const struct plan_mount *m, size_t i)
{
	int fd = m->parent_opens ? c->h->mount_fd[i] : live_mount(c, i), r = 0;

	if (fd < 0)
		r = make_file_system(c, m, &fd);
	if (r < 0)
		return r;
	c->live_fd[i] = fd + 1;
	if (m->parent_opens)
		return 0;
	r = sync_send(c->h->sync_fd, SYNC_FILESYSTEM, fd);
	return r < 0 ? fail(-r, "cannot tell the parent of the mount") : 0;
}

int make_file_systems(struct child *c)
{
	int r = 0;

	for (size_t i = 0; r == 0 && i < c->plan->mounts.n; i++) {
		r = have_mount(c, &c->plan->mounts.v[i], i);
		if (r < 0)
			r = fail_in(r, "%s", c->plan->mounts.v[i].where);
	}
	return r;
}

static int attach_one(struct child *c, const struct plan_mount *m, int mountfd)
{
	int r = mounts_inherit_mode(c, m, mountfd);

	if (r == 0)
		r = mounts_verify_proc(m, mountfd);
	if (r == 0)
		r = mounts_attach(c, m, mountfd);
	if (r == 0)
		r = mounts_set_propagation(c, m, mountfd);
	return r < 0 ? fail_in(r, "%s", m->where) : 0;
}

int attach_mounts(struct child *c)
{
	int r = 0;

	for (size_t i = 0; r == 0 && i < c->plan->mounts.n; i++)
		r = attach_one(c, &c->plan->mounts.v[i], live_mount(c, i));
	return r;
}

/* By the fd: the path is the container's to change. */
int make_live_readonly(struct child *c)
{
	static const struct mount_attrs attrs = { .set = MOUNT_ATTR_RDONLY };

	for (size_t i = 0; i < c->plan->mounts.n; i++) {
		const struct plan_mount *m = &c->plan->mounts.v[i];
		int r = m->late_readonly ? mount_set_attrs(&c->tools, live_mount(c, i), &attrs) : 0;

		if (r < 0)
			return fail_in(r, "%s", m->where);
	}
	return 0;
}

/* ---- remove ---- */

/* What init/root.c masks with, wherever that is by now: the null device, and a tmpfs that holds nothing. */
static bool is_mask(int fd)
{
	struct statfs st;

	if (device_is(fd, 1, 3))
		return true;
	return !fstatfs(fd, &st) && st.f_type == TMPFS_MAGIC && st.f_blocks == 1 && st.f_files == 1;
}

/* The uppermost mount there, and there by the kernel's own list: a symlink that the container made must not have us take away
 * what is mounted elsewhere, a mask above all. */
static int find_one(struct child *c, const struct plan_mount *m, int *ret_fd)
{
	autoclose int fd = -1;
	char point[PATH_MAX];
	uint64_t id = 0;
	int r = path_in_root(c->rootfd, m->target, O_PATH | O_NOFOLLOW, &fd);

	if (r == -ENOENT)
		return fail(0, "nothing is mounted there");
	if (r == 0)
		r = path_mount_id(fd, &id);
	if (r == 0)
		r = mount_list_where(c->tools.procfd, id, point, sizeof(point));
	if (r == -ENOENT)
		return fail(ENOENT, "the mount is not in the container's list of mounts");
	if (r < 0)
		return r;
	if (!streq(point, m->target))
		return fail(0, "nothing is mounted there: it is on what is mounted at '%s'", point);
	if (is_mask(fd))
		return fail(0, "what is mounted there is a mask, and stays");
	*ret_fd = take_fd(&fd);
	return 0;
}

int find_mounts(struct child *c)
{
	for (size_t i = 0; i < c->plan->mounts.n; i++) {
		int fd, r = find_one(c, &c->plan->mounts.v[i], &fd);

		if (r < 0)
			return fail_in(r, "%s", c->plan->mounts.v[i].where);
		c->live_fd[i] = fd + 1;
	}
	return 0;
}

/* EINVAL of umount2(2): it went with what it was mounted on, or the container was faster; or it may not go. */
static int detach_failed(struct child *c, int fd)
{
	char point[PATH_MAX];
	uint64_t id = 0;
	int r = path_mount_id(fd, &id);

	if (r == 0)
		r = mount_list_where(c->tools.procfd, id, point, sizeof(point));
	if (r == -ENOENT)
		return 0;
	return r < 0 ? r
		     : fail(EPERM, "is locked: it came with others from a more privileged mount namespace");
}

/* To undo is to detach what the parent knows of; what was not attached yet needs nothing. */
int detach_mounts(struct child *c)
{
	bool undo = c->plan->kind == PLAN_MOUNTS_UNDO;

	for (size_t i = c->plan->mounts.n; i-- > 0;) {
		int fd = undo ? c->h->mount_fd[i] : live_mount(c, i);
		int r = fd < 0 ? 0 : mount_detach(&c->tools, fd);

		if (r == -EINVAL)
			r = detach_failed(c, fd);
		if (r < 0)
			return fail_in(r, "%s", c->plan->mounts.v[i].where);
	}
	return 0;
}

/* ---- all ---- */

int say_finished(struct child *c)
{
	int r = sync_send(c->h->sync_fd, SYNC_READY, -1);

	return r < 0 ? fail(-r, "cannot tell the parent that all is done") : 0;
}
