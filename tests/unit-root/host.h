/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tests/unit-root/host.h: a host of a test's own. Every test runs three times: with the kernel as it is, and with openat2
 * and the new mount API answering ENOSYS and EPERM (a seccomp filter; rule R16). It runs in a child in a mount namespace of
 * its own whose tree is shared, as systemd's is; the test makes its container in a further child (IN_INIT), and
 * afterwards the host's list of mounts must be what it was.
 *
 * The tree: HOST/canary (must stay empty), HOST/src (file, dir, sub: a tmpfs with file), HOST/rootfs (a tmpfs: proc, dev,
 * etc, dir, file, up -> ../../../../canary).
 */
#pragma once

#include <errno.h>
#include <fcntl.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <signal.h>
#include <stddef.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../unit/test.h"
#include "base/err.h"
#include "base/fd.h"
#include "base/io.h"
#include "base/path.h"
#include "base/str.h"
#include "kernel/device.h"
#include "kernel/idmap.h"
#include "kernel/mount.h"
#include "kernel/ns.h"
#include "kernel/rootfs.h"
#include "kernel/sys.h"

#define HOST "/tmp/cruet-unit-root"

static int refused;                    /* errno of the refused calls, 0: the kernel as it is */
static struct mount_tools tools;       /* of the process at hand */
static char said_line[ERR_TEXT_MAX];

/* What was recorded, and forgotten then. */
static inline const char *said(void)
{
	fail_line(said_line, sizeof(said_line));
	fail_forget();
	return said_line;
}

#define OK(call)                                                                                   \
	do {                                                                                       \
		int ok_ = (call);                                                                  \
		if (ok_ < 0) {                                                                     \
			printf("# %s:%d: %s: %d %s\n", __FILE__, __LINE__, #call, ok_, said());    \
			test_failed = true;                                                        \
		}                                                                                  \
	} while (0)

static inline void refuse_calls(int err)
{
	static const unsigned int numbers[] = { SYS_openat2, SYS_open_tree, SYS_move_mount, SYS_fsopen,
						SYS_fsconfig, SYS_fsmount, SYS_fspick, SYS_mount_setattr };
	struct sock_filter code[ARRAY_SIZE(numbers) + 3];
	struct sock_fprog prog = { ARRAY_SIZE(code), code };
	size_t n = 0;

	code[n++] = (struct sock_filter)BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr));
	for (size_t i = 0; i < ARRAY_SIZE(numbers); i++)
		code[n++] = (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, numbers[i],
							 (unsigned char)(ARRAY_SIZE(numbers) - i), 0);
	code[n++] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW);
	code[n++] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | (unsigned int)err);
	CHECK(!prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0));
	CHECK(!prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &prog));
}

static inline void file_put(const char *path, const char *text)
{
	autoclose int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);

	CHECK(fd >= 0 && write(fd, text, strlen(text)) == (ssize_t)strlen(text));
}

static inline const char *slurp(const char *path, char *buf, size_t size)
{
	autoclose int fd = open(path, O_RDONLY | O_CLOEXEC);
	size_t len = 0;
	ssize_t n;

	while (fd >= 0 && len < size - 1 && (n = read(fd, buf + len, size - 1 - len)) > 0)
		len += (size_t)n;
	buf[len] = '\0';
	return buf;
}

static inline bool exists(const char *path)
{
	struct stat st;

	return !lstat(path, &st);
}

static inline void host_make(void)
{
	CHECK(!unshare(CLONE_NEWNS));
	CHECK(!sys_mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL));
	CHECK(!sys_mount("host", HOST, "tmpfs", 0, "mode=755"));
	CHECK(!mkdir(HOST "/canary", 0755) && !mkdir(HOST "/src", 0755) && !mkdir(HOST "/rootfs", 0755));
	CHECK(!mkdir(HOST "/src/dir", 0755) && !mkdir(HOST "/src/sub", 0755));
	file_put(HOST "/src/file", "source");
	CHECK(!symlink("file", HOST "/src/link"));
	CHECK(!sys_mount("sub", HOST "/src/sub", "tmpfs", MS_NOSUID, NULL));
	file_put(HOST "/src/sub/file", "sub");
	CHECK(!sys_mount("image", HOST "/rootfs", "tmpfs", 0, "mode=755"));
	CHECK(!mkdir(HOST "/rootfs/proc", 0755) && !mkdir(HOST "/rootfs/dev", 0755));
	CHECK(!mkdir(HOST "/rootfs/etc", 0755) && !mkdir(HOST "/rootfs/dir", 0755));
	file_put(HOST "/rootfs/file", "image");
	CHECK(!symlink("../../../../canary", HOST "/rootfs/up"));
	CHECK(!symlink(HOST "/canary", HOST "/rootfs/out"));
	CHECK(!sys_mount(NULL, "/", NULL, MS_REC | MS_SHARED, NULL));
}

static inline int status_of(pid_t pid)
{
	int status;

	if (pid < 0 || waitpid(pid, &status, 0) != pid)
		return -1;
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

static inline void tools_make(void)
{
	int procfd = -1;

	OK(procfs_open(true, &procfd));
	tools = mount_tools_make(procfd);
	CHECK(tools.new_api == !refused);
}

/* Run the block in a child with a mount namespace of its own, the tools made. */
#define IN_INIT(...)                                                 \
	do {                                                         \
		pid_t init_ = fork();                                \
		if (!init_) {                                        \
			CHECK(!unshare(CLONE_NEWNS));                \
			tools_make();                                \
			__VA_ARGS__;                                 \
			fflush(stdout);                              \
			_exit(test_failed);                          \
		}                                                    \
		CHECK(status_of(init_) == 0);                        \
	} while (0)

static inline void on_host(void (*run)(void), int err)
{
	static char before[65536], after[65536];
	pid_t pid;

	fflush(stdout);
	refused = err;
	pid = fork();
	if (!pid) {
		host_make();
		slurp("/proc/self/mountinfo", before, sizeof(before));
		if (err)
			refuse_calls(err);
		run();
		CHECK_STR(slurp("/proc/self/mountinfo", after, sizeof(after)), before);
		CHECK(!rmdir(HOST "/canary"));
		fflush(stdout);
		_exit(test_failed);
	}
	CHECK(status_of(pid) == 0);
}

#define THREE(name)                           \
	static void name##_native(void)       \
	{                                     \
		on_host(name, 0);             \
	}                                     \
	static void name##_enosys(void)       \
	{                                     \
		on_host(name, ENOSYS);        \
	}                                     \
	static void name##_eperm(void)        \
	{                                     \
		on_host(name, EPERM);         \
	}
#define ROWS(name)                                                                                     \
	{ #name, name##_native }, { #name "-enosys", name##_enosys }, { #name "-eperm", name##_eperm }
