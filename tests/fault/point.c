// SPDX-License-Identifier: Apache-2.0
/*
 * tests/fault/point.c: run a command, and at one system call of its whole process tree make a fault happen.
 *
 *   point count COMMAND...             the number of system calls, and that of the first of main(), on fd 3
 *   point kill K COMMAND...            at the K-th the whole tree is killed (SIGKILL), init and stage included
 *   point kill-parent K COMMAND...     only the process that makes the K-th, if it is the command itself, is killed
 *   point ERRNO K COMMAND...           the K-th fails with that errno (a number), without being made
 *   point swap:A:B K COMMAND...        before the K-th is made, the names A and B are exchanged
 *   point swap:A:B openat=NAME COMMAND...  the same before the first openat(2) of the path NAME
 *
 * K counts the entries of all traced processes together, in the order in which they happen, from the command's execve
 * on. The name of the call goes to fd 3 as "NUMBER PID". The exit status is the command's, 128 + signal, or 200 where the
 * point was not reached. What the command leaves running (a created container's init) goes on untraced.
 */
#include <errno.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <linux/ptrace.h>
#include <unistd.h>

#define PIDS_MAX 4096

struct tracer {
	enum { COUNT, KILL_TREE, KILL_PARENT, FAIL, SWAP } what;
	char *a, *b; /* what is exchanged */
	const char *name; /* at the openat of this, not at a number; or NULL */
	long at, seen;
	long main_at; /* the first close_range: what is before is the loader's and the C library's */
	long loaded_at; /* the same of a peer, that may call none: after the loader has unmapped its cache */
	int err;
	pid_t command, failing; /* failing: its call was suppressed, its result is still to be set */
	pid_t crashed; /* the last stop of all was its, at an exception of its own */
	pid_t pids[PIDS_MAX];
	size_t n;
	bool reached;
};

static void add(struct tracer *t, pid_t pid)
{
	for (size_t i = 0; i < t->n; i++)
		if (t->pids[i] == pid)
			return;
	if (t->n == PIDS_MAX)
		abort();
	t->pids[t->n++] = pid;
}

static void forget(struct tracer *t, pid_t pid)
{
	for (size_t i = 0; i < t->n; i++)
		if (t->pids[i] == pid)
			t->pids[i] = t->pids[--t->n];
}

static void act(struct tracer *t, pid_t pid, uint64_t nr)
{
	struct user_regs_struct regs;

	t->reached = true;
	dprintf(3, "%lu %d\n", (unsigned long)nr, pid == t->command);
	if (t->what == KILL_TREE)
		for (size_t i = 0; i < t->n; i++)
			kill(t->pids[i], SIGKILL);
	if (t->what == KILL_PARENT)
		kill(t->command, SIGKILL);
	if (t->what == SWAP && syscall(SYS_renameat2, -100, t->a, -100, t->b, 2))
		abort();
	/* brk(2) does not fail with an errno: it answers the old break. close(2) closes, whatever it answers. */
	if (t->what == FAIL && nr != SYS_brk && nr != SYS_close && ptrace(PTRACE_GETREGS, pid, 0, &regs) == 0) {
		regs.orig_rax = (unsigned long long)-1;
		ptrace(PTRACE_SETREGS, pid, 0, &regs);
		t->failing = pid;
	}
}

static bool opens_name(const struct tracer *t, pid_t pid, const struct ptrace_syscall_info *info)
{
	size_t n = strlen(t->name) + 1;

	if (info->entry.nr != SYS_openat)
		return false;
	for (size_t i = 0; i < n; i += sizeof(long)) {
		long word;

		errno = 0;
		word = ptrace(PTRACE_PEEKDATA, pid, (void *)(uintptr_t)(info->entry.args[1] + i), NULL);
		if (errno || memcmp(&word, t->name + i, n - i < sizeof(word) ? n - i : sizeof(word)))
			return false;
	}
	return true;
}

static void on_syscall(struct tracer *t, pid_t pid)
{
	struct ptrace_syscall_info info;
	struct user_regs_struct regs;

	if (ptrace(PTRACE_GET_SYSCALL_INFO, pid, sizeof(info), &info) < 0)
		return;
	if (info.op == PTRACE_SYSCALL_INFO_ENTRY) {
		bool counts = t->what != KILL_PARENT || pid == t->command;

		if (counts)
			t->seen++;
		if (!t->main_at && info.entry.nr == SYS_close_range)
			t->main_at = t->seen;
		if (!t->loaded_at && info.entry.nr == SYS_munmap)
			t->loaded_at = t->seen + 1;
		if (t->name ? !t->reached && opens_name(t, pid, &info) : counts && t->seen == t->at && t->what != COUNT)
			act(t, pid, info.entry.nr);
	} else if (info.op == PTRACE_SYSCALL_INFO_EXIT && t->failing == pid) {
		t->failing = 0;
		if (ptrace(PTRACE_GETREGS, pid, 0, &regs) == 0) {
			regs.rax = (unsigned long long)-t->err;
			ptrace(PTRACE_SETREGS, pid, 0, &regs);
		}
	}
}

/*
 * An exception kills also the first process of a pid namespace, but not while it is traced (force_sig_info_to_task): then
 * the same instruction fails for ever. So the second time in a row is death.
 */
static bool is_dead(struct tracer *t, pid_t pid, int sig)
{
	bool again = t->crashed == pid;

	t->crashed = sig == SIGSEGV || sig == SIGBUS || sig == SIGILL || sig == SIGFPE ? pid : 0;
	return again && t->crashed;
}

/* One stop of one process: the signal to pass on. */
static int on_stop(struct tracer *t, pid_t pid, int status)
{
	int sig = WSTOPSIG(status), event = status >> 16;

	add(t, pid);
	if (is_dead(t, pid, sig))
		kill(pid, SIGKILL);
	if (sig == (SIGTRAP | 0x80)) {
		on_syscall(t, pid);
		return 0;
	}
	if (event == PTRACE_EVENT_FORK || event == PTRACE_EVENT_VFORK || event == PTRACE_EVENT_CLONE) {
		unsigned long child;

		if (ptrace(PTRACE_GETEVENTMSG, pid, 0, &child) == 0)
			add(t, (pid_t)child);
	}
	/* a new process (the stop that it starts with is ours), an execve, a group stop: only go on */
	if (event || sig == SIGTRAP || sig == SIGSTOP)
		return 0;
	return sig;
}

/* Until the command has ended; others may go on behind it. */
static int trace(struct tracer *t)
{
	for (;;) {
		int status;
		pid_t pid = waitpid(-1, &status, __WALL);

		if (pid < 0 && errno == EINTR)
			continue;
		if (pid < 0)
			return 1;
		if (WIFSTOPPED(status)) {
			int sig = on_stop(t, pid, status);

			ptrace(PTRACE_SYSCALL, pid, 0, (long)sig);
			continue;
		}
		forget(t, pid);
		if (pid == t->command)
			return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
	}
}

/* What goes on behind the command must not stay in a stop that only tracing made. */
static void let_go(struct tracer *t)
{
	for (size_t i = 0; i < t->n; i++) {
		int status;

		kill(t->pids[i], SIGSTOP);
		if (waitpid(t->pids[i], &status, __WALL) == t->pids[i] && WIFSTOPPED(status))
			ptrace(PTRACE_DETACH, t->pids[i], 0, 0);
		kill(t->pids[i], SIGCONT);
	}
}

/* Killed processes are still ours to reap, so that nobody sees them as zombies. */
static void reap_killed(struct tracer *t)
{
	while (t->what == KILL_TREE && t->reached && waitpid(-1, NULL, __WALL) > 0)
		;
}

static void start(struct tracer *t, char **command)
{
	const long options = PTRACE_O_TRACESYSGOOD | PTRACE_O_TRACEFORK | PTRACE_O_TRACEVFORK | PTRACE_O_TRACECLONE |
			     PTRACE_O_TRACEEXEC;
	int status;

	t->command = fork();
	if (t->command == 0) {
		close(3);
		ptrace(PTRACE_TRACEME, 0, 0, 0);
		raise(SIGSTOP);
		execvp(command[0], command);
		_exit(127);
	}
	waitpid(t->command, &status, 0);
	ptrace(PTRACE_SETOPTIONS, t->command, 0, options);
	ptrace(PTRACE_SYSCALL, t->command, 0, 0);
}

int main(int argc, char **argv)
{
	static struct tracer t;
	int status;

	if (argc < 3)
		return 2;
	if (!strcmp(argv[1], "count"))
		t.what = COUNT;
	else if (!strcmp(argv[1], "kill"))
		t.what = KILL_TREE;
	else if (!strcmp(argv[1], "kill-parent"))
		t.what = KILL_PARENT;
	else if (!strncmp(argv[1], "swap:", 5)) {
		t.what = SWAP;
		t.a = argv[1] + 5;
		t.b = strchr(t.a, ':');
		if (!t.b)
			return 2;
		*t.b++ = '\0';
	} else
		t.what = FAIL;
	t.err = atoi(argv[1]);
	if (t.what == SWAP && !strncmp(argv[2], "openat=", 7))
		t.name = argv[2] + 7;
	t.at = t.what == COUNT ? -1 : atol(argv[2]);
	start(&t, argv + (t.what == COUNT ? 2 : 3));
	status = trace(&t);
	if (t.what != KILL_TREE || !t.reached)
		let_go(&t);
	reap_killed(&t);
	if (t.what == COUNT)
		dprintf(3, "%ld %ld\n", t.seen, t.main_at ? t.main_at : t.loaded_at ? t.loaded_at : 1);
	else if (!t.reached)
		return 200;
	return status;
}
