/* SPDX-License-Identifier: Apache-2.0 */
/*
 * kernel/ns.c: namespaces as fds and flags. No library, no allocation.
 */
#include "kernel/ns.h"

#include <fcntl.h>
#include <linux/magic.h>
#include <linux/nsfs.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/stat.h>

#include "base/err.h"
#include "base/fd.h"
#include "base/str.h"
#include "kernel/sys.h"

#define NS_USER_INITIAL_INO 0xEFFFFFFDU /* PROC_USER_INIT_INO of the kernel's linux/proc_ns.h: an ABI */

const struct ns_word ns_words[NS_KINDS] = {
	[NS_USER] = { "user", CLONE_NEWUSER },	     [NS_MOUNT] = { "mnt", CLONE_NEWNS },
	[NS_PID] = { "pid", CLONE_NEWPID },	     [NS_NET] = { "net", CLONE_NEWNET },
	[NS_IPC] = { "ipc", CLONE_NEWIPC },	     [NS_UTS] = { "uts", CLONE_NEWUTS },
	[NS_CGROUP] = { "cgroup", CLONE_NEWCGROUP }, [NS_TIME] = { "time", CLONE_NEWTIME },
};

int ns_open(const char *path, enum ns_kind kind, int *ret_fd)
{
	/* not blocking: the path is the caller's and may be a fifo by mistake */
	autoclose int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	int type;

	if (fd < 0)
		return fail(errno, "cannot open namespace '%s'", path);
	if (!fd_is_on(fd, NSFS_MAGIC))
		return fail(EINVAL, "'%s' is not a namespace", path);
	type = ioctl(fd, NS_GET_NSTYPE);
	if (type < 0)
		return fail(errno, "cannot ask for the type of namespace '%s'", path);
	if ((uint64_t)type != ns_words[kind].flag)
		return fail(EINVAL, "'%s' is not a namespace of type '%s'", path, ns_words[kind].name);
	*ret_fd = take_fd(&fd);
	return 0;
}

int ns_enter(int fd, enum ns_kind kind)
{
	return setns(fd, (int)ns_words[kind].flag) ? -errno : 0;
}

bool ns_user_is_initial(int procfd)
{
	struct stat st;

	/* where it cannot be told, claim no privileges */
	return !fstatat(procfd, "self/ns/user", &st, 0) && st.st_ino == NS_USER_INITIAL_INO;
}

int ns_same(int fd_a, int fd_b, bool *ret_same)
{
	struct stat a, b;

	if (fstat(fd_a, &a) || fstat(fd_b, &b))
		return fail(errno, "cannot compare two namespaces");
	*ret_same = a.st_dev == b.st_dev && a.st_ino == b.st_ino;
	return 0;
}
