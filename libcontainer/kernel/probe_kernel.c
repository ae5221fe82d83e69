/* SPDX-License-Identifier: Apache-2.0 */
/* kernel/probe_kernel.c: questions to the kernel: its calls, namespaces, mounts, seccomp and security modules. */
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>

#include "base/fd.h"
#include "base/io.h"
#include "kernel/exit.h"
#include "kernel/lsm.h"
#include "kernel/ns.h"
#include "kernel/probe.h"
#include "kernel/process.h"
#include "kernel/rootfs.h"
#include "kernel/seccomp.h"
#include "kernel/sys.h"

#ifndef SYS_landlock_create_ruleset
#define SYS_landlock_create_ruleset 444
#endif
#define LANDLOCK_VERSION 1 /* LANDLOCK_CREATE_RULESET_VERSION */

#define NO_SUCH_FD 1000000

/* ---- system calls ---- */

/* A child that ends at once; its pid, and its pidfd in *ret_pidfd. */
static pid_t short_life(int *ret_pidfd)
{
	struct clone_args args = { .flags = CLONE_PIDFD,
				   .pidfd = (uintptr_t)ret_pidfd,
				   .exit_signal = SIGCHLD };
	pid_t pid = sys_clone3(&args);

	if (pid == 0)
		_exit(7);
	return pid;
}

static int ask_clone3(const struct probe *probe, struct text *note)
{
	int pidfd = -1;
	pid_t pid = short_life(&pidfd);

	(void)probe, (void)note;
	if (pid < 0)
		return -errno;
	fd_close(&pidfd);
	return waitpid(pid, NULL, __WALL) < 0 ? -errno : 0;
}

/* A kernel that knows the flag looks for the cgroup. */
static int ask_into_cgroup(const struct probe *probe, struct text *note)
{
	struct clone_args args = { .flags = CLONE_INTO_CGROUP, .exit_signal = SIGCHLD, .cgroup = NO_SUCH_FD };
	pid_t pid = sys_clone3(&args);

	(void)probe, (void)note;
	if (pid == 0)
		_exit(0);
	return pid < 0 && errno == EBADF ? 0 : pid < 0 ? -errno : -EINVAL;
}

static int ask_pidfd(const struct probe *probe, struct text *note)
{
	autoclose int pidfd = sys_pidfd_open(getpid(), 0);

	(void)probe, (void)note;
	return pidfd < 0 || sys_pidfd_send_signal(pidfd, 0, NULL, 0) ? -errno : 0;
}

static int ask_pidfd_getfd(const struct probe *probe, struct text *note)
{
	autoclose int pidfd = sys_pidfd_open(getpid(), 0);
	autoclose int fd = pidfd < 0 ? -1 : sys_pidfd_getfd(pidfd, pidfd, 0);

	(void)probe, (void)note;
	return fd < 0 ? -errno : 0;
}

/* Of a process that is reaped already: so that `cruet wait` always learns it. */
static int ask_exit(const struct probe *probe, struct text *note)
{
	autoclose int procfd = openat(AT_FDCWD, "/proc", O_PATH | O_DIRECTORY | O_CLOEXEC);
	struct process_exit end = { 0 };
	int pidfd = -1, r;
	pid_t pid = short_life(&pidfd);

	(void)probe, (void)note;
	if (pid < 0 || procfd < 0 || waitpid(pid, NULL, __WALL) < 0)
		return -errno;
	r = process_exit_read(procfd, pid, 0, pidfd, &end);
	fd_close(&pidfd);
	return r < 0 ? r : end.known && end.code == 7 ? 0 : -ENOTTY;
}

static int ask_close_range(const struct probe *probe, struct text *note)
{
	(void)probe, (void)note;
	return sys_close_range(NO_SUCH_FD, NO_SUCH_FD, CLOSE_RANGE_CLOEXEC) ? -errno : 0;
}

static int ask_openat2(const struct probe *probe, struct text *note)
{
	const struct open_how how = { .flags = O_PATH | O_CLOEXEC,
				      .resolve = RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS };
	autoclose int fd = sys_openat2(AT_FDCWD, ".", &how);

	(void)probe, (void)note;
	return fd < 0 ? -errno : 0;
}

/* What the init stage is executed from. */
static int ask_sealed(const struct probe *probe, struct text *note)
{
	autoclose int fd = sys_memfd_create("probe", MFD_CLOEXEC | MFD_ALLOW_SEALING | MFD_EXEC);

	(void)probe;
	if (fd < 0 && errno == EINVAL) { /* until 6.3 is the oldest kernel: every memfd is executable */
		fd = sys_memfd_create("probe", MFD_CLOEXEC | MFD_ALLOW_SEALING);
		text_add(note, "every memfd is executable");
	}
	if (fd < 0)
		return -errno;
	return fcntl(fd, F_ADD_SEALS, F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE) ? -errno : 0;
}

static int ask_keyring(const struct probe *probe, struct text *note)
{
	(void)probe, (void)note;
	return process_join_keyring(NULL);
}

static const struct probe calls[] = {
	{ "clone3", ask_clone3, .since = "5.3" },
	{ "clone3 into a cgroup", ask_into_cgroup, .since = "5.7" },
	{ "pidfd", ask_pidfd, .since = "5.3" },
	{ "pidfd_getfd", ask_pidfd_getfd, .since = "5.6",
	  .remedy = "allow ptrace of one's own processes: sysctl kernel.yama.ptrace_scope=1" },
	{ "exit status by pidfd", ask_exit, .since = "6.15" },
	{ "close_range", ask_close_range, .since = "5.11" },
	{ "openat2", ask_openat2, .since = "5.6" },
	{ "sealed executables", ask_sealed, .remedy = "sysctl vm.memfd_noexec=1" },
	{ "session keyrings", ask_keyring, .remedy = "create containers with --no-new-keyring" },
};

/* ---- mounts ---- */

/* A new file system, mounted nowhere. */
static int new_mount(const char *type, int *ret_fd)
{
	autoclose int fs = sys_fsopen(type, FSOPEN_CLOEXEC);

	if (fs < 0 || sys_fsconfig(fs, FSCONFIG_CMD_CREATE, NULL, NULL, 0))
		return -errno;
	*ret_fd = sys_fsmount(fs, FSMOUNT_CLOEXEC, 0);
	return *ret_fd < 0 ? -errno : 0;
}

static int ask_new_mount(const struct probe *probe, struct text *note)
{
	autoclose int fd = -1;
	int r = probe_private_mounts();

	(void)note;
	if (r == 0)
		r = new_mount(probe->word, &fd);
	if (r == 0 && sys_move_mount(fd, "", AT_FDCWD, "/proc", MOVE_MOUNT_F_EMPTY_PATH))
		r = -errno;
	return r;
}

static int ask_clone_mount(const struct probe *probe, struct text *note)
{
	struct mount_attr attr = { .attr_set = MOUNT_ATTR_RDONLY };
	int r = probe_private_mounts();
	autoclose int fd = -1;

	(void)note;
	if (r < 0)
		return r;
	fd = sys_open_tree(AT_FDCWD, "/", OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | AT_RECURSIVE);
	if (fd < 0)
		return -errno;
	if (probe->number && sys_mount_setattr(fd, "", AT_EMPTY_PATH | AT_RECURSIVE, &attr))
		return -errno;
	return 0;
}

static int ask_open_tree_attr(const struct probe *probe, struct text *note)
{
	const struct mount_attr attr = { .attr_set = MOUNT_ATTR_RDONLY };
	int r = probe_private_mounts();
	autoclose int fd = -1;

	(void)probe, (void)note;
	if (r < 0)
		return r;
	fd = sys_open_tree_attr(AT_FDCWD, "/", OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | AT_RECURSIVE, &attr);
	return fd < 0 ? -errno : 0;
}

static int ask_pivot_root(const struct probe *probe, struct text *note)
{
	int r = probe_private_mounts();

	(void)probe, (void)note;
	/* /proc is there, whatever else is */
	if (r == 0 &&
	    (sys_mount("probe", "/proc", "tmpfs", 0, NULL) || chdir("/proc") || sys_pivot_root(".", ".")))
		r = -errno;
	return r;
}

static const struct probe mounts[] = {
	{ "new file systems by fd", ask_new_mount, .word = "tmpfs", .since = "5.2" },
	{ "clones by fd", ask_clone_mount, .since = "5.2" },
	{ "recursive attributes", ask_clone_mount, .number = 1, .since = "5.12" },
	{ "clones of idmapped mounts", ask_open_tree_attr, .since = "6.15" },
	{ "pivot_root", ask_pivot_root,
	  .remedy = "the host's root is a ramdisk: create containers with --no-pivot" },
};

/* ---- namespaces ---- */

static int ask_namespace(const struct probe *probe, struct text *note)
{
	(void)note;
	if (probe->number == CLONE_NEWUSER)
		return probe_private_user(0);
	return unshare((int)probe->number) ? -errno : 0;
}

#define NOBODY 65534

/* Ubuntu's AppArmor lets it be made, and takes its privileges. */
static int ask_unprivileged(const struct probe *probe, struct text *note)
{
	(void)probe, (void)note;
	if (geteuid() == 0 && (setresgid(NOBODY, NOBODY, NOBODY) || setresuid(NOBODY, NOBODY, NOBODY)))
		return -errno;
	if (unshare(CLONE_NEWUSER) || unshare(CLONE_NEWUTS) || sethostname("probe", 5))
		return -errno;
	return 0;
}

/* A mount that the kernel gives only to the owner of what it shows. The child is init of its pid namespace. */
static int ask_mount_in_user(const struct probe *probe, struct text *note)
{
	int status, fd,
		r = probe_private_user(CLONE_NEWNS | CLONE_NEWPID | CLONE_NEWNET | CLONE_NEWIPC |
				       CLONE_NEWCGROUP);
	pid_t pid = r < 0 ? r : fork();

	(void)note;
	if (r < 0 || pid < 0)
		return r < 0 ? r : -errno;
	if (pid == 0)
		_exit(-new_mount(probe->word, &fd));
	if (waitpid(pid, &status, 0) < 0)
		return -errno;
	return WIFEXITED(status) ? -WEXITSTATUS(status) : -EFAULT;
}

#define MAX_USER "sysctl user.max_user_namespaces=15000"
#define MASKED	 "this is a container whose /proc or /sys is masked: no other one can be mounted below it"

static const struct probe namespaces[] = {
	{ "mount", ask_namespace, .number = CLONE_NEWNS },
	{ "pid", ask_namespace, .number = CLONE_NEWPID },
	{ "network", ask_namespace, .number = CLONE_NEWNET },
	{ "ipc", ask_namespace, .number = CLONE_NEWIPC },
	{ "uts", ask_namespace, .number = CLONE_NEWUTS },
	{ "cgroup", ask_namespace, .number = CLONE_NEWCGROUP },
	{ "time", ask_namespace, .number = CLONE_NEWTIME, .since = "5.6" },
	{ "user", ask_namespace, .number = CLONE_NEWUSER, .remedy = MAX_USER },
	{ "user, of who is not root", ask_unprivileged,
	  .remedy = MAX_USER
	  " kernel.unprivileged_userns_clone=1 kernel.apparmor_restrict_unprivileged_userns=0 "
	  "(those that there are)" },
};

static const struct probe in_user[] = {
	{ "tmpfs", ask_mount_in_user, .word = "tmpfs", .remedy = MAX_USER },
	{ "proc", ask_mount_in_user, .word = "proc", .remedy = MASKED },
	{ "sysfs", ask_mount_in_user, .word = "sysfs", .remedy = MASKED },
	{ "mqueue", ask_mount_in_user, .word = "mqueue", .remedy = MAX_USER },
	{ "devpts", ask_mount_in_user, .word = "devpts", .remedy = MAX_USER },
	{ "cgroup2", ask_mount_in_user, .word = "cgroup2", .remedy = MAX_USER },
};

/* ---- seccomp ---- */

static int ask_filter(const struct probe *probe, struct text *note)
{
	const struct sock_filter allow = BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW);
	autoclose int fd = -1;

	(void)note;
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0))
		return -errno;
	return seccomp_filter_load(&allow, 1, (unsigned int)probe->number, &fd);
}

static int ask_action(const struct probe *probe, struct text *note)
{
	uint32_t action = (uint32_t)probe->number;

	(void)note;
	return sys_seccomp(SECCOMP_GET_ACTION_AVAIL, 0, &action) ? -errno : 0;
}

static int ask_flag(const struct probe *probe, struct text *note)
{
	(void)note;
	return seccomp_flag_supported((unsigned int)probe->number) ? 0 : -EINVAL;
}

#define CONFIG_SECCOMP "a kernel with CONFIG_SECCOMP_FILTER"

static const struct probe seccomp[] = {
	{ "filters", ask_filter, .remedy = CONFIG_SECCOMP },
	{ "notification listeners", ask_filter, .number = SECCOMP_FILTER_FLAG_NEW_LISTENER, .since = "5.0",
	  .remedy = "one listener a process: a filter that is around this one has it" },
	{ "kill the process", ask_action, .number = SECCOMP_RET_KILL_PROCESS, .since = "4.14" },
	{ "log", ask_action, .number = SECCOMP_RET_LOG, .since = "4.14" },
	{ "WAIT_KILLABLE_RECV", ask_flag, .number = SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV, .since = "5.19" },
};

/* ---- security modules ---- */

static int ask_apparmor(const struct probe *probe, struct text *note)
{
	(void)probe;
	if (lsm_apparmor_enabled())
		return 0;
	text_add(note, "off");
	return -EOPNOTSUPP;
}

static int ask_selinux(const struct probe *probe, struct text *note)
{
	char mode[8];

	(void)probe;
	if (!lsm_selinux_enabled()) {
		text_add(note, "off");
		return -EOPNOTSUPP;
	}
	if (read_file_at(AT_FDCWD, "/sys/fs/selinux/enforce", mode, sizeof(mode)) > 0)
		text_add(note, "%s", mode[0] == '1' ? "enforcing" : "permissive");
	return 0;
}

static int ask_landlock(const struct probe *probe, struct text *note)
{
	long version = syscall(SYS_landlock_create_ruleset, NULL, 0, LANDLOCK_VERSION);

	(void)probe;
	if (version < 0)
		return -errno;
	text_add(note, "ABI %ld; for programs in containers, cruet does not use it", version);
	return 0;
}

static const struct probe modules[] = {
	{ "AppArmor", ask_apparmor,
	  .remedy = "boot with apparmor=1 security=apparmor (a kernel with CONFIG_SECURITY_APPARMOR)" },
	{ "SELinux", ask_selinux, .remedy = "boot with selinux=1 security=selinux, and install a policy" },
	{ "Landlock", ask_landlock, .since = "5.13",
	  .remedy = "boot with lsm=landlock,... (a kernel with CONFIG_SECURITY_LANDLOCK)" },
};

#define AREA(title, rows)                                                                                    \
	{                                                                                                    \
		title, rows, ARRAY_SIZE(rows)                                                                \
	}

const struct probe_area probe_kernel[] = {
	AREA("system calls", calls), AREA("namespaces", namespaces),
	AREA("mounts", mounts),	     AREA("mounts in a user namespace", in_user),
	AREA("seccomp", seccomp),    AREA("security modules", modules),
	{ NULL, NULL, 0 },
};
