/* SPDX-License-Identifier: Apache-2.0 */
/*
 * init/console.c: the terminal. It comes from the container's own devpts, reached inside the root and verified (rule R4,
 * CVE-2025-52565), never from a name that the image could have put there.
 */
#include <fcntl.h>
#include <linux/magic.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/err.h"
#include "base/fd.h"
#include "base/path.h"
#include "init/child.h"
#include "kernel/device.h"
#include "kernel/mount.h"
#include "kernel/sys.h"
#include "kernel/tty.h"
#include "wire/sync.h"

static int open_pty(struct child *c, int *ret_slave)
{
	autoclose int pts = -1, master = -1, slave = -1;
	char name[32];
	int r = path_in_root(c->rootfd, "/dev/pts", O_RDONLY | O_DIRECTORY, &pts);

	if (r == -ENOENT)
		return fail(ENOENT, "process.terminal needs a devpts mount at /dev/pts");
	if (r < 0)
		return r;
	r = tty_open(pts, &master, &slave, name);
	if (r < 0)
		return fail_in(r, "process.terminal");
	if (c->plan->process.rows || c->plan->process.columns) {
		r = tty_set_size(master, c->plan->process.rows, c->plan->process.columns);
		if (r < 0)
			return fail_in(r, "process.consoleSize");
	}
	r = sync_send(c->h->sync_fd, SYNC_CONSOLE, master);
	if (r < 0)
		return fail(-r, "cannot hand over the terminal");
	*ret_slave = take_fd(&slave);
	return 0;
}

/* /dev/console shows the slave: a bind of the very inode that we opened, by its fd. */
static int bind_console(struct child *c)
{
	autoclose int target = -1, clone = -1;
	int r = path_in_root(c->rootfd, "/dev/console", O_PATH | O_NOFOLLOW, &target);

	if (r == -ENOENT) {
		fail_forget();
		r = path_make_file(c->rootfd, "/dev/console", &target);
	}
	if (r == 0)
		r = mount_clone(&c->tools, c->terminal, "", false, false, &clone);
	if (r == 0)
		r = mount_attach(&c->tools, clone, target);
	return r < 0 ? fail_in(r, "/dev/console") : 0;
}

int open_console(struct child *c)
{
	int r = open_pty(c, &c->terminal);

	return r < 0 ? r : bind_console(c);
}

int open_exec_console(struct child *c)
{
	c->rootfd = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (c->rootfd < 0)
		return fail(errno, "cannot open '/'");
	return open_pty(c, &c->terminal);
}

int start_session(struct child *c)
{
	if (c->terminal >= 0)
		return tty_become_controlling(c->terminal);
	if (setsid() < 0)
		return fail(errno, "cannot start a session");
	return 0;
}

/* The user must be able to open its stdio again through /proc/self/fd. The host's /dev/null stays as it is: it is not
 * ours to give away (crun 1.8.1 did). */
int own_stdio(struct child *c)
{
	const struct plan_user *user = &c->plan->process.user;

	for (int fd = 0; fd < 3; fd++) {
		struct stat st;

		if (fstat(fd, &st))
			return fail(errno, "cannot stat fd %d", fd);
		if (st.st_uid == user->uid || device_is(fd, 1, 3))
			continue;
		/* EINVAL: an id that is not mapped; EPERM: an owner that is not; EROFS: a read-only file system */
		if (fchown(fd, user->uid, (gid_t)-1) && errno != EINVAL && errno != EPERM && errno != EROFS)
			return fail(errno, "cannot give fd %d to the user", fd);
	}
	return 0;
}
