/* SPDX-License-Identifier: Apache-2.0 */
/*
 * kernel/process.c: what a process is besides its namespaces. Bare system calls where a C library would do
 * more than one thread's worth (setresuid, setgroups) or answer from a cache or /proc (getcwd).
 */
#include "kernel/process.h"

#include <limits.h>
#include <linux/ioprio.h>
#include <linux/keyctl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>

#include "base/err.h"
#include "base/fd.h"
#include "base/io.h"
#include "base/str.h"
#include "kernel/sys.h"

/* On 32-bit architectures the plain names are the calls with 16-bit ids. */
#ifdef SYS_setgroups32
#define SYS_IDS(name) SYS_##name##32
#else
#define SYS_IDS(name) SYS_##name
#endif

static const char *const rlimit_names[] = {
	[RLIMIT_CPU] = "CPU",		[RLIMIT_FSIZE] = "FSIZE",
	[RLIMIT_DATA] = "DATA",		[RLIMIT_STACK] = "STACK",
	[RLIMIT_CORE] = "CORE",		[RLIMIT_RSS] = "RSS",
	[RLIMIT_NPROC] = "NPROC",	[RLIMIT_NOFILE] = "NOFILE",
	[RLIMIT_MEMLOCK] = "MEMLOCK",	[RLIMIT_AS] = "AS",
	[RLIMIT_LOCKS] = "LOCKS",	[RLIMIT_SIGPENDING] = "SIGPENDING",
	[RLIMIT_MSGQUEUE] = "MSGQUEUE", [RLIMIT_NICE] = "NICE",
	[RLIMIT_RTPRIO] = "RTPRIO",	[RLIMIT_RTTIME] = "RTTIME",
};

int process_set_rlimit(pid_t pid, const struct rlimit_row *row)
{
	uint64_t limit[2] = { row->soft, row->hard }; /* struct rlimit64 */
	bool known = row->resource >= 0 && (size_t)row->resource < ARRAY_SIZE(rlimit_names);

	if (syscall(SYS_prlimit64, pid, row->resource, limit, NULL) == 0)
		return 0;
	return fail(errno, "cannot set RLIMIT_%s to %llu, %llu", known ? rlimit_names[row->resource] : "?",
		    (unsigned long long)row->soft, (unsigned long long)row->hard);
}

int process_set_scheduler(pid_t pid, const struct sched_numbers *s)
{
	struct sys_sched_attr attr = {
		.size = offsetof(struct sys_sched_attr, sched_util_min), /* SCHED_ATTR_SIZE_VER0 */
		.sched_policy = s->policy,
		.sched_flags = s->flags,
		.sched_nice = s->nice,
		.sched_priority = s->priority,
		.sched_runtime = s->runtime,
		.sched_deadline = s->deadline,
		.sched_period = s->period,
	};

	if (sys_sched_setattr(pid, &attr, 0) < 0)
		return fail(errno, "cannot set scheduling policy %u, priority %u, nice %d", s->policy,
			    s->priority, s->nice);
	return 0;
}

int process_set_io_priority(int class, int priority)
{
	/* The group is the container's only once it leads one: before, it is the caller's, host processes
	 * among it. */
	int which = getpgrp() == getpid() ? IOPRIO_WHO_PGRP : IOPRIO_WHO_PROCESS;

	/* The kernel looks at three bits of each: a ninth class would be the real-time one. */
	if (class < 0 || class > IOPRIO_CLASS_IDLE || priority < 0 || priority > 7)
		return fail(EINVAL, "no I/O priority: class %d, priority %d", class, priority);
	if (sys_ioprio_set(which, 0, class << IOPRIO_CLASS_SHIFT | priority) < 0)
		return fail(errno, "cannot set I/O priority: class %d, priority %d", class, priority);
	return 0;
}

int process_set_affinity(pid_t pid, const unsigned long *mask, size_t bytes)
{
	unsigned long all[1024 / sizeof(unsigned long)]; /* 8192 CPUs, as many as x86-64 kernels can have */

	if (!mask) {
		memset(all, 0xff, sizeof(all));
		mask = all;
		bytes = sizeof(all);
	}
	if (sys_sched_setaffinity(pid, bytes, mask) < 0)
		return fail(errno, "cannot set the CPU affinity");
	return 0;
}

int process_set_memory_policy(int mode_and_flags, const unsigned long *nodes, unsigned long maxnode)
{
	if (sys_set_mempolicy(mode_and_flags, nodes, maxnode) < 0)
		return fail(errno, "cannot set memory policy %#x", (unsigned int)mode_and_flags);
	return 0;
}

int process_set_personality(unsigned long domain)
{
	if (syscall(SYS_personality, domain) < 0)
		return fail(errno, "cannot set personality %#lx", domain);
	return 0;
}

static int set_groups(const uint32_t *groups, size_t n)
{
	if (n > NGROUPS_MAX)
		return fail(EINVAL, "%zu supplementary groups are too many", n);
	for (size_t i = 0; i < n; i++)
		if (groups[i] == UINT32_MAX)
			return fail(EINVAL, "4294967295 is no group id");
	/* With an empty list as well: the caller's groups are not the container's (CVE-2022-2989 and its
	 * like). */
	if (syscall(SYS_IDS(setgroups), n, groups) < 0)
		return fail(errno, "cannot set %zu supplementary groups", n);
	if (syscall(SYS_IDS(getgroups), 0, NULL) != (long)n)
		return fail(EPERM, "the supplementary groups were not set");
	return 0;
}

int process_become(uint32_t uid, uint32_t gid, const uint32_t *groups, size_t n_groups, bool keep_groups)
{
	uint32_t id[3] = { 0 };
	int r;

	/* To the kernel -1 means "leave it": who asked for it would go on as root. */
	if (uid == UINT32_MAX || gid == UINT32_MAX)
		return fail(EINVAL, "4294967295 is no user or group id");
	if (!keep_groups) {
		r = set_groups(groups, n_groups);
		if (r < 0)
			return r;
	}
	if (syscall(SYS_IDS(setresgid), gid, gid, gid) < 0)
		return fail(errno, "cannot become group %u", gid);
	if (syscall(SYS_IDS(setresuid), uid, uid, uid) < 0)
		return fail(errno, "cannot become user %u", uid);
	if (syscall(SYS_IDS(getresgid), &id[0], &id[1], &id[2]) < 0 || id[0] != gid || id[1] != gid ||
	    id[2] != gid)
		return fail(EPERM, "did not become group %u", gid);
	if (syscall(SYS_IDS(getresuid), &id[0], &id[1], &id[2]) < 0 || id[0] != uid || id[1] != uid ||
	    id[2] != uid)
		return fail(EPERM, "did not become user %u", uid);
	return 0;
}

int process_set_oom_score(int procfd, pid_t pid, int value)
{
	char name[48], text[16];
	int r;

	if (pid)
		snprintf(name, sizeof(name), "%d/oom_score_adj", (int)pid);
	else
		snprintf(name, sizeof(name), "self/oom_score_adj");
	snprintf(text, sizeof(text), "%d", value);
	r = write_file_at(procfd, name, text);
	return r < 0 ? fail(-r, "cannot set oom_score_adj to %d", value) : 0;
}

/* Whether the keyring's permissions let others than its possessors find it: then it may be one that was made
 * to be found, by someone who guessed the name. */
static bool keyring_is_open(long id)
{
	const uint32_t search = 0x00080808; /* KEY_USR_SEARCH, KEY_GRP_SEARCH, KEY_OTH_SEARCH */
	char text[256] = "", *field = text;
	uint32_t perm = 0;

	/* "keyring;UID;GID;PERM in hex;NAME" */
	if (sys_keyctl(KEYCTL_DESCRIBE, (unsigned long)id, (unsigned long)text, sizeof(text) - 1, 0) < 0)
		return true;
	for (int i = 0; i < 3; i++) {
		field = strchr(field, ';');
		if (!field)
			return true;
		field++;
	}
	for (; *field && *field != ';'; field++)
		perm = perm << 4 | (uint32_t)(*field <= '9' ? *field - '0' : (*field | 0x20) - 'a' + 10);
	return perm & search;
}

int process_join_keyring(const char *name)
{
	long id = sys_keyctl(KEYCTL_JOIN_SESSION_KEYRING, (unsigned long)name, 0, 0, 0);

	/* One of that name that is not new is another's: an unnamed one is always new. */
	if (id >= 0 && name && keyring_is_open(id))
		id = sys_keyctl(KEYCTL_JOIN_SESSION_KEYRING, 0, 0, 0, 0);
	if (id < 0)
		return fail(errno, "cannot join session keyring '%s'", name ? name : "");
	/* KEY_POS_ALL: who holds it, and nobody who merely has the same user id on the host. */
	if (sys_keyctl(KEYCTL_SETPERM, (unsigned long)id, 0x3f000000, 0, 0) < 0)
		return fail(errno, "cannot restrict session keyring '%s'", name ? name : "");
	return 0;
}

int process_set_no_new_privs(void)
{
	if (prctl(PR_SET_NO_NEW_PRIVS, 1L, 0L, 0L, 0L) < 0)
		return fail(errno, "cannot set no_new_privs");
	return 0;
}

int process_chdir(const char *path)
{
	char cwd[PATH_MAX];

	if (chdir(path) < 0)
		return fail(errno, "cannot change directory to '%s'", path);
	/* An inherited fd (/proc/self/fd/N) of a host directory leads out of the root: the kernel then says
	 * "(unreachable)" (CVE-2024-21626). */
	if (sys_getcwd(cwd, sizeof(cwd)) < 0)
		return fail(errno, "cannot tell the directory that '%s' leads to", path);
	if (cwd[0] != '/')
		return fail(0, "directory '%s' is outside of the container", path);
	return 0;
}

/* The n-th of the space-separated fields at s, or NULL. */
static char *nth_field(char *s, int n)
{
	while (s && n--) {
		s = strchr(s, ' ');
		if (s)
			s++;
	}
	return s;
}

int process_stat(int procfd, pid_t pid, char *ret_state, uint64_t *ret_start_time)
{
	char name[32], buf[1024], *after, *start;
	uint64_t start_time = 0;
	ssize_t n;

	snprintf(name, sizeof(name), "%d/stat", (int)pid);
	n = read_file_at(procfd, name, buf, sizeof(buf));
	if (n == -ENOENT || n == -ESRCH)
		return -ESRCH;
	if (n < 0)
		return fail((int)-n, "cannot read the state of process %d", (int)pid);
	/* "PID (COMM) STATE ...": COMM is the process's own choice and may hold ") Z 1"; the last ')' ends
	 * it. */
	after = strrchr(buf, ')');
	if (!after || after[1] != ' ' || !after[2] || after[3] != ' ')
		return fail(EBADMSG, "cannot understand the state of process %d", (int)pid);
	start = nth_field(after + 2, 22 - 3); /* the state is field 3, the start time field 22 */
	if (start)
		start[strcspn(start, " ")] = '\0';
	if (!start || parse_u64(start, UINT64_MAX, &start_time) < 0)
		return fail(EBADMSG, "cannot understand the state of process %d", (int)pid);
	*ret_state = after[2];
	*ret_start_time = start_time;
	return 0;
}

/* The hexadecimal word of one line: "CapBnd:\t000001ffffffffff". */
static int status_word(const char *text, const char *key, uint64_t *ret_word)
{
	const char *line = strstr(text, key);
	uint64_t word = 0;

	if (!line)
		return -EBADMSG;
	for (line += strlen(key); *line && *line != '\n'; line++) {
		bool digit = *line >= '0' && *line <= '9';

		if (!digit && (*line < 'a' || *line > 'f'))
			return -EBADMSG;
		word = word << 4 | (uint64_t)(digit ? *line - '0' : *line - 'a' + 10);
	}
	*ret_word = word;
	return 0;
}

int process_inherited(int procfd, struct process_inherited *ret)
{
	struct process_inherited own;
	char text[4096];
	int r = (int)read_file_at(procfd, "self/status", text, sizeof(text));

	/* a process can choose its name, but not put a newline into what status shows of it */
	if (r >= 0)
		r = status_word(text, "\nCapBnd:\t", &own.bounding);
	if (r >= 0)
		r = status_word(text, "\nSigIgn:\t", &own.ignored);
	if (r < 0)
		return fail(-r, "cannot read the process's own status");
	*ret = own;
	return 0;
}

int process_open(pid_t pid, int *ret_pidfd)
{
	int fd = sys_pidfd_open(pid, 0);

	/* EINVAL, until 6.15 is the oldest kernel: the number is only that of a session or group of a process that is gone */
	if (fd < 0)
		return errno == ESRCH || errno == EINVAL ? -ESRCH
							 : fail(errno, "cannot open process %d", (int)pid);
	*ret_pidfd = fd;
	return 0;
}

int process_signal(int pidfd, int sig)
{
	if (sys_pidfd_send_signal(pidfd, sig, NULL, 0) < 0)
		return errno == ESRCH ? -ESRCH : fail(errno, "cannot send signal %d", sig);
	return 0;
}

int process_reap(pid_t pid, int64_t deadline_ms)
{
	const struct timespec nap = { .tv_nsec = 2000000 };
	autoclose int pidfd = -1;

	for (int tries = 0;; tries++) {
		siginfo_t info = { 0 };

		if (waitid(P_PID, (id_t)pid, &info, WEXITED | WNOHANG) < 0 && errno != EINTR)
			return 0;
		if (info.si_pid == pid)
			return 0;
		if (now_ms() >= deadline_ms)
			return fail(EBUSY,
				    "process %d cannot be killed: is it frozen, or waiting for a dead file "
				    "system or device?",
				    (int)pid);
		/* once, so that one that stays a zombie (it is traced) keeps nobody busy */
		if (tries > 0 || process_open(pid, &pidfd) < 0 || wait_readable(pidfd, deadline_ms) < 0) {
			fail_forget();
			nanosleep(&nap, NULL);
		}
	}
}
