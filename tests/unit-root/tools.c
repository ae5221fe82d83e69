/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tests/unit-root/tools.c: kernel/process.c, caps_apply.c and seccomp_load.c, and the daemons that base/log.c
 * talks to. Needs root.
 */
#include <linux/capability.h>
#include <linux/filter.h>
#include <linux/keyctl.h>
#include <linux/seccomp.h>
#include <signal.h>
#include <stddef.h>
#include <stdlib.h>
#include <sys/personality.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/utsname.h>

#include "base/log.h"
#include "child.h"
#include "kernel/caps.h"
#include "kernel/process.h"
#include "kernel/seccomp.h"
#include "kernel/sys.h"

static const char *read_proc(const char *name)
{
	static char buf[8192];
	autoclose int proc = open("/proc", O_PATH | O_CLOEXEC);

	return read_file_at(proc, name, buf, sizeof(buf)) < 0 ? "" : buf;
}

static bool status_has(const char *line)
{
	return strstr(read_proc("self/status"), line) != NULL;
}

/* ---- ids ---- */

static void become_body(void)
{
	const uint32_t groups[] = {7, 5, 6};

	FAILS(process_become(UINT32_MAX, 0, NULL, 0, false), EINVAL, "no user or group id");
	FAILS(process_become(0, UINT32_MAX, NULL, 0, false), EINVAL, "no user or group id");
	FAILS(process_become(0, 0, (const uint32_t[]){UINT32_MAX}, 1, false), EINVAL, "no group id");
	FAILS(process_become(0, 0, groups, 65537, false), EINVAL, "too many");
	CHECK(getuid() == 0 && getgid() == 0);
	OK(process_become(0, 0, groups, 3, false));
	CHECK(status_has("Groups:\t5 6 7"));
	OK(process_become(0, 0, NULL, 0, true));
	CHECK(status_has("Groups:\t5 6 7"));
	OK(process_become(1000, 1001, NULL, 0, false));
	CHECK(status_has("Uid:\t1000\t1000\t1000\t1000\n") && status_has("Gid:\t1001\t1001\t1001\t1001\n"));
	CHECK(getgroups(0, NULL) == 0);
	CHECK(setuid(0) < 0);
	FAILS(process_become(0, 0, NULL, 0, true), EPERM, "cannot become group 0");
	FAILS(process_become(1000, 1001, groups, 3, false), EPERM, "supplementary groups");
}

static void become(void)
{
	in_child(0, become_body);
}

/* ---- capabilities ---- */

#define BIT(cap) (1ULL << (cap))

static void caps_body(void)
{
	uint64_t some = BIT(CAP_CHOWN) | BIT(CAP_KILL) | BIT(CAP_NET_BIND_SERVICE), e = 0, p = 0, i = 0;
	uint64_t working = some | BIT(CAP_SETUID) | BIT(CAP_SETGID) | BIT(CAP_SETPCAP);

	CHECK(caps_bounding() & BIT(CAP_SYS_ADMIN));
	OK(caps_drop_bounding(some));
	CHECK(caps_bounding() == some);
	CHECK(status_has("CapBnd:\t0000000000000421\n"));
	OK(caps_set(working, working, some));
	OK(caps_keep_on_setuid(true));
	OK(process_become(1000, 1000, NULL, 0, false));
	OK(caps_get(&e, &p, &i));
	CHECK(e == 0 && p == working && i == some);
	OK(caps_keep_on_setuid(false));
	OK(caps_set(some, some, BIT(CAP_KILL)));
	OK(caps_set_ambient(BIT(CAP_KILL)));
	CHECK(status_has("CapAmb:\t0000000000000020\n") && status_has("CapInh:\t0000000000000020\n"));
	FAILS(caps_set_ambient(BIT(CAP_KILL) | BIT(CAP_CHOWN)), EPERM, "capability 0");
	OK(caps_set_ambient(0));
	CHECK(status_has("CapAmb:\t0000000000000000\n"));
	FAILS(caps_set(working, working, 0), EPERM, "cannot set capabilities");
	FAILS(caps_drop_bounding(0), EPERM, "cannot drop capability 0");
}

static void caps(void)
{
	in_child(0, caps_body);
}

/* ---- what a process is ---- */

static void numbers_body(void)
{
	struct sched_numbers batch = {.policy = SCHED_BATCH, .nice = 5};
	struct sched_numbers wrong = {.policy = SCHED_FIFO, .priority = 100};
	struct rlimit limit;
	struct utsname name;
	unsigned long mask = 1;
	cpu_set_t before, after;
	autoclose int proc = open("/proc", O_PATH | O_CLOEXEC);

	OK(process_set_rlimit(0, &(struct rlimit_row){RLIMIT_NOFILE, 100, 200}));
	CHECK(getrlimit(RLIMIT_NOFILE, &limit) == 0 && limit.rlim_cur == 100 && limit.rlim_max == 200);
	OK(process_set_rlimit(0, &(struct rlimit_row){RLIMIT_CORE, UINT64_MAX, UINT64_MAX}));
	FAILS(process_set_rlimit(0, &(struct rlimit_row){RLIMIT_NOFILE, 300, 200}), EINVAL, "RLIMIT_NOFILE");
	FAILS(process_set_rlimit(0, &(struct rlimit_row){77, 300, 200}), EINVAL, "RLIMIT_?");

	OK(process_set_scheduler(0, &batch));
	CHECK(syscall(SYS_sched_getscheduler, 0) == SCHED_BATCH && getpriority(PRIO_PROCESS, 0) == 5);
	FAILS(process_set_scheduler(0, &wrong), EINVAL, "scheduling policy 1");

	CHECK(getpgrp() != getpid());
	OK(process_set_io_priority(3, 0));
	CHECK(syscall(SYS_ioprio_get, 1, 0) == 3 << 13 && syscall(SYS_ioprio_get, 1, getppid()) != 3 << 13);
	CHECK(setsid() > 0);
	OK(process_set_io_priority(2, 7));
	CHECK(syscall(SYS_ioprio_get, 1, 0) == (2 << 13 | 7));
	FAILS(process_set_io_priority(4, 0), EINVAL, "class 4");
	FAILS(process_set_io_priority(9, 0), EINVAL,
	      "class 9"); /* in the kernel's three bits it would be 1 */
	FAILS(process_set_io_priority(2, 8), EINVAL, "priority 8");
	FAILS(process_set_io_priority(-1, 0), EINVAL, "class -1");

	CHECK(sched_getaffinity(0, sizeof(before), &before) == 0);
	OK(process_set_affinity(0, &mask, sizeof(mask)));
	CHECK(sched_getaffinity(0, sizeof(after), &after) == 0 && CPU_COUNT(&after) == 1);
	OK(process_set_affinity(0, NULL, 0));
	CHECK(sched_getaffinity(0, sizeof(after), &after) == 0 && CPU_EQUAL(&before, &after));
	mask = 0;
	FAILS(process_set_affinity(0, &mask, sizeof(mask)), EINVAL, "affinity");

	OK(process_set_oom_score(proc, 0, 321));
	CHECK_STR(read_proc("self/oom_score_adj"), "321");
	OK(process_set_oom_score(proc, getpid(), 322));
	CHECK_STR(read_proc("self/oom_score_adj"), "322");
	FAILS(process_set_oom_score(proc, 0, 2000), EINVAL, "oom_score_adj to 2000");

	CHECK(status_has("NoNewPrivs:\t0\n"));
	OK(process_set_no_new_privs());
	CHECK(status_has("NoNewPrivs:\t1\n"));
	OK(process_set_personality(PER_LINUX32));
	CHECK(uname(&name) == 0 && !ends_with(name.machine, "64"));
}

static void numbers(void)
{
	in_child(0, numbers_body);
}

static void memory_policy_body(void)
{
	unsigned long nodes = 1;
	int mode = -1, r = process_set_memory_policy(2 /* MPOL_BIND */, &nodes, 64);

	if (r == -ENOSYS) { /* a kernel without NUMA */
		fail_forget();
		return;
	}
	OK(r);
	CHECK(syscall(SYS_get_mempolicy, &mode, NULL, 0, NULL, 0) == 0 && mode == 2);
	FAILS(process_set_memory_policy(2, NULL, 0), EINVAL, "memory policy 0x2");
}

static void memory_policy(void)
{
	in_child(0, memory_policy_body);
}

/* CVE-2024-21626: a directory fd from outside of the root. */
static void chdir_body(void)
{
	int outside = open("/", O_RDONLY | O_DIRECTORY);
	char path[64];

	CHECK(mount("t", "/mnt", "tmpfs", 0, NULL) == 0 && mkdir("/mnt/proc", 0755) == 0 &&
	      mkdir("/mnt/d", 0755) == 0);
	CHECK(mount("p", "/mnt/proc", "proc", 0, NULL) == 0);
	CHECK(chroot("/mnt") == 0 && chdir("/") == 0);
	OK(process_chdir("/d"));
	snprintf(path, sizeof(path), "/proc/self/fd/%d", outside);
	FAILS(process_chdir(path), EINVAL, "is outside of the container");
	FAILS(process_chdir("/missing"), ENOENT, "cannot change directory to '/missing': No such file");
	CHECK(mkdir("/gone", 0755) == 0);
	OK(process_chdir("/gone"));
	CHECK(rmdir("/gone") == 0);
	FAILS(process_chdir("."), ENOENT, "cannot tell");
}

static void change_directory(void)
{
	in_child(CLONE_NEWNS, chdir_body);
}

static void stat_body(void)
{
	autoclose int proc = open("/proc", O_PATH | O_CLOEXEC), pidfd = -1;
	uint64_t start = 0, again = 0;
	char state = '?';
	pid_t pid = fork();
	siginfo_t info;

	if (!pid) {
		prctl(PR_SET_NAME, ") Z 1 2 3) (x");
		for (;;)
			pause();
	}
	OK(process_stat(proc, pid, &state, &start));
	CHECK(start > 0);
	for (int i = 0; i < 1000 && (!again || state != 'S'); i++, usleep(1000))
		OK(process_stat(proc, pid, &state, &again));
	CHECK(state == 'S' && start == again);
	OK(process_open(pid, &pidfd));
	CHECK(fcntl(pidfd, F_GETFD) & FD_CLOEXEC);
	OK(process_signal(pidfd, 0));
	FAILS(process_signal(pidfd, 999), EINVAL, "signal 999");
	OK(process_signal(pidfd, SIGKILL));
	CHECK(waitid(P_PID, (id_t)pid, &info, WEXITED | WNOWAIT) == 0);
	OK(process_stat(proc, pid, &state, &again));
	CHECK(state == 'Z' && start == again);
	CHECK(waitpid(pid, NULL, 0) == pid);
	CHECK(process_stat(proc, pid, &state, &again) == -ESRCH && !err_trail()->said);
	CHECK(process_signal(pidfd, SIGKILL) == -ESRCH && !err_trail()->said);
	fd_close(&pidfd);
	CHECK(process_open(pid, &pidfd) == -ESRCH && pidfd == -1 && !err_trail()->said);
}

static void process_states(void)
{
	in_child(0, stat_body);
}

/* ---- keyrings ---- */

static long session_keyring(void)
{
	return sys_keyctl(KEYCTL_GET_KEYRING_ID, (unsigned long)KEY_SPEC_SESSION_KEYRING, 0, 0, 0);
}

static bool session_is_private(void)
{
	char text[256] = "";

	return sys_keyctl(KEYCTL_DESCRIBE, (unsigned long)KEY_SPEC_SESSION_KEYRING, (unsigned long)text, 255,
			  0) > 0 &&
	       strstr(text, ";3f000000;");
}

static void keyring_body(void)
{
	long old = session_keyring(), first, second, trap;
	int r = process_join_keyring("_ses.cruet-test");

	if (r == -ENOSYS) {
		fail_forget();
		return;
	}
	OK(r);
	first = session_keyring();
	CHECK(first > 0 && first != old && session_is_private());
	/* Not to be found by its name, by another of the same user. */
	OK(process_join_keyring(NULL));
	OK(process_join_keyring("_ses.cruet-test"));
	second = session_keyring();
	CHECK(second > 0 && second != first && session_is_private());

	/* One that was put there to be found. */
	trap = sys_keyctl(KEYCTL_JOIN_SESSION_KEYRING, (unsigned long)"_ses.cruet-trap", 0, 0, 0);
	CHECK(trap > 0 && sys_keyctl(KEYCTL_SETPERM, (unsigned long)trap, 0x3f3f3f3f, 0, 0) == 0);
	if (!fork()) {
		OK(process_join_keyring(NULL));
		OK(process_join_keyring("_ses.cruet-trap"));
		CHECK(session_keyring() != trap && session_is_private());
		fflush(stdout);
		_exit(test_failed);
	}
	r = -1;
	CHECK(wait(&r) > 0 && r == 0);
}

static void keyring(void)
{
	in_child(0, keyring_body);
}

/* ---- seccomp ---- */

static void seccomp_body(void)
{
	struct sock_filter code[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_getpgid, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | 77),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	int notify = 5;

	FAILS(seccomp_filter_load(code, 0, 0, &notify), EINVAL, "0 instructions");
	FAILS(seccomp_filter_load(code, 4097, 0, &notify), EINVAL, "4097 instructions");
	FAILS(seccomp_filter_load(code, 2, 0, &notify), EINVAL, "cannot load the seccomp filter");
	CHECK(notify == 5);
	OK(seccomp_filter_load(code, 4, SECCOMP_FILTER_FLAG_TSYNC, &notify));
	CHECK(notify == -1);
	CHECK(syscall(SYS_getpgid, 0) < 0 && errno == 77);
	OK(seccomp_filter_load(code + 3, 1, SECCOMP_FILTER_FLAG_NEW_LISTENER, &notify));
	CHECK(notify >= 0 && (fcntl(notify, F_GETFD) & FD_CLOEXEC));
	FAILS(seccomp_filter_load(code + 3, 1, SECCOMP_FILTER_FLAG_NEW_LISTENER, &notify), EBUSY,
	      "cannot load");
}

static void seccomp_filters(void)
{
	in_child(0, seccomp_body);
}

/* ---- the journal and syslog ---- */

static int datagrams_at(const char *path)
{
	struct sockaddr_un addr = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	strcpy(addr.sun_path, path);
	CHECK(bind(fd, (struct sockaddr *)&addr, sizeof(addr)) == 0);
	return fd;
}

static const char *received(int fd)
{
	static char buf[16384];
	ssize_t n = recv(fd, buf, sizeof(buf) - 1, MSG_DONTWAIT);

	buf[n < 0 ? 0 : n] = '\0';
	return buf;
}

static void say(const char *target)
{
	OK(log_open(target, LOG_FORMAT_JSON, LOG_LEVEL_WARNING));
	CHECK(fail(ENOENT, "one\nMESSAGE=two") == -ENOENT);
	log_fatal();
	fail_forget();
}

static void log_body(void)
{
	int null = open("/dev/null", O_RDWR | O_CLOEXEC), journal, syslog;
	char want[64];

	CHECK(mount("t", "/run", "tmpfs", 0, NULL) == 0 && mount("t", "/dev", "tmpfs", 0, NULL) == 0);
	FAILS(log_open("journald:x", LOG_FORMAT_TEXT, LOG_LEVEL_ERROR), ENOENT,
	      "/run/systemd/journal/socket");
	FAILS(log_open("syslog:x", LOG_FORMAT_TEXT, LOG_LEVEL_ERROR), ENOENT, "/dev/log");
	CHECK(mkdir("/run/systemd", 0755) == 0 && mkdir("/run/systemd/journal", 0755) == 0);
	journal = datagrams_at("/run/systemd/journal/socket");
	syslog = datagrams_at("/dev/log");
	dup2(null, 2);
	say("journald:box");
	CHECK_STR(received(journal), "PRIORITY=3\nSYSLOG_IDENTIFIER=cruet\n"
				     "MESSAGE=one MESSAGE=two: No such file or directory\nID=box\n");
	say("syslog:box");
	snprintf(want, sizeof(want), "<11>box[%d]: one MESSAGE=two", (int)getpid());
	CHECK(starts_with(received(syslog), want));
	log_warning("w");
	snprintf(want, sizeof(want), "<12>box[%d]: w", (int)getpid());
	CHECK_STR(received(syslog), want);
	/* A daemon that does not read. */
	for (int i = 0; i < 5000; i++)
		log_warning("full");
	close(syslog);
	log_warning("gone");
}

static void logs(void)
{
	in_child(CLONE_NEWNS, log_body);
}

TEST_MAIN("tools", {"become", become}, {"caps", caps}, {"numbers", numbers}, {"memory-policy", memory_policy},
	  {"chdir", change_directory}, {"process-states", process_states}, {"keyring", keyring},
	  {"seccomp", seccomp_filters}, {"logs", logs})
