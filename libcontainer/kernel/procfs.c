/* SPDX-License-Identifier: Apache-2.0 */
/*
 * kernel/procfs.c: a procfs that can be trusted (R3: CVE-2019-16884, CVE-2025-52881). A container that shares
 * mounts with another can put a file of its choice where we expect ours; nobody can do so on a mount that has
 * no place in any tree.
 */
#include "kernel/mount.h"

#include <linux/magic.h>
#include <sys/stat.h>

#include "base/err.h"
#include "base/fd.h"
#include "kernel/sys.h"

#define PROC_ROOT_INO 1

/* The type alone is not enough: a file or directory of procfs bound over /proc has it too. */
static bool is_procfs_root(int fd)
{
	struct stat st;

	return fd_is_on(fd, PROC_SUPER_MAGIC) && !fstat(fd, &st) && S_ISDIR(st.st_mode) &&
	       st.st_ino == PROC_ROOT_INO;
}

static int procfs_make(bool pid_only)
{
	autoclose int fsfd = sys_fsopen("proc", FSOPEN_CLOEXEC);

	if (fsfd < 0)
		return -1;
	/* Until 5.8 is the oldest kernel it may not know them, and hide less. */
	if (pid_only) {
		(void)sys_fsconfig(fsfd, FSCONFIG_SET_STRING, "hidepid", "ptraceable", 0);
		(void)sys_fsconfig(fsfd, FSCONFIG_SET_STRING, "subset", "pid", 0);
	}
	if (sys_fsconfig(fsfd, FSCONFIG_CMD_CREATE, NULL, NULL, 0))
		return -1;
	return sys_fsmount(fsfd, FSMOUNT_CLOEXEC, MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | MOUNT_ATTR_NOEXEC);
}

/* From the best to the least: a fresh one; a clone of the host's without and (where a user namespace locks
 * what is mounted below) with what lies over it; the host's own. */
static int procfs_try(int n, bool pid_only)
{
	const unsigned int clone = OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | AT_SYMLINK_NOFOLLOW;

	switch (n) {
	case 0:
		return procfs_make(pid_only);
	case 1:
		return sys_open_tree(AT_FDCWD, "/proc", clone);
	case 2:
		return sys_open_tree(AT_FDCWD, "/proc", clone | AT_RECURSIVE);
	default:
		return open("/proc", O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	}
}

int procfs_open(bool pid_only, int *ret_procfd)
{
	int err = 0;

	for (int n = 0; n <= 3; n++) {
		autoclose int fd = procfs_try(n, pid_only);

		if (fd >= 0 && is_procfs_root(fd)) {
			*ret_procfd = take_fd(&fd);
			return 0;
		}
		err = fd < 0 ? errno : EXDEV;
	}
	return fail(err, "cannot get a procfs that is one: mount it on /proc");
}
