/* SPDX-License-Identifier: Apache-2.0 */
/*
 * run/spawn.c: the child. It is cloned into its namespaces and its cgroup, and at once becomes the init stage, a program
 * of its own in a sealed memfd: no process in a container has a host inode as its executable (CVE-2019-5736).
 */
#include <fcntl.h>
#include <linux/sched.h>
#include <signal.h>
#include <stdalign.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/err.h"
#include "base/fd.h"
#include "base/io.h"
#include "base/log.h"
#include "kernel/ns.h"
#include "kernel/process.h"
#include "kernel/sys.h"
#include "run/run.h"
#include "wire/init_steps.h"
#include "wire/sync.h"

extern const char init_image[], init_image_end[]; /* init_image.S */

#ifndef MFD_EXEC
#define MFD_EXEC 0x0010U /* until 6.3 is the oldest kernel: unknown, and not needed */
#endif
#ifndef F_SEAL_EXEC
#define F_SEAL_EXEC 0x0020
#endif

#define CHILD_STACK ((size_t)16 << 10) /* bytes: what it has to do is say why it failed */

static int image_open(int *ret_fd)
{
	autoclose int fd = memfd_create("cruet-init", MFD_CLOEXEC | MFD_ALLOW_SEALING | MFD_EXEC);
	int r;

	if (fd < 0 && errno == EINVAL)
		fd = memfd_create("cruet-init", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	if (fd < 0)
		return fail(errno, "cannot make a memfd for the init stage");
	r = write_all(fd, init_image, (size_t)(init_image_end - init_image));
	if (r < 0)
		return fail(-r, "cannot write the init stage");
	if (fcntl(fd, F_ADD_SEALS, F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE))
		return fail(errno, "cannot seal the init stage");
	*ret_fd = take_fd(&fd);
	return 0;
}

/* The fds that the stage needs keep their numbers; all others are close-on-exec. */
static int keep(int fd)
{
	return fd < 0 || fcntl(fd, F_SETFD, 0) == 0 ? 0 : -1;
}

static int keep_fds(const struct run *run)
{
	const struct handoff *h = run->handoff;
	int r = keep(run->arena->fd) | keep(h->shared_fd) | keep(h->sync_fd) | keep(h->gate_fd) |
		keep(h->pidfd) | keep(h->proc_fd) | keep(h->rootfs_fd);

	for (int kind = 0; kind < NS_KINDS; kind++)
		r |= keep(h->ns_fd[kind]);
	for (size_t i = 0; h->mount_fd && i < run->plan->mounts.n; i++)
		r |= keep(h->mount_fd[i]);
	return r ? -EBADF : 0;
}

struct child {
	const struct run *run;
	int image;
	char *const *argv;
};

/* In the child, mostly in the parent's own memory: nothing but system calls. A failure goes through the recorder. */
_Noreturn static void child_main(void *arg)
{
	const struct child *child = arg;
	const struct run *run = child->run;
	char *const envp[] = { NULL };
	int r = 0;

	err_trail_attach(&run->shared->trail);
	/* Not to outlive a parent that dies before the stage has said the same. */
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (run->handoff->unmapped) {
		/* execve would take the capabilities of a process whose id is not mapped */
		r = sync_receive(run->handoff->sync_fd, SYNC_MAPPED, NO_DEADLINE, NULL);
		if (r == 0)
			r = process_become(0, 0, NULL, 0, true);
	}
	if (r == 0)
		r = keep_fds(run);
	if (r == 0)
		sys_execveat(child->image, "", child->argv, envp, AT_EMPTY_PATH);
	fail(r < 0 ? -r : errno, "cannot execute the init stage");
	_exit(127);
}

static int recorder_open(struct run *run)
{
	autoclose int fd = memfd_create("cruet-recorder", MFD_CLOEXEC);
	void *page;

	if (fd < 0 || ftruncate(fd, SHARED_SIZE))
		return fail(errno, "cannot make the recorder's memory");
	page = mmap(NULL, SHARED_SIZE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (page == MAP_FAILED)
		return fail(errno, "cannot map the recorder");
	run->shared = page;
	run->handoff->shared_fd = take_fd(&fd);
	return 0;
}

static int sync_open(struct run *run)
{
	int pair[2];

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair))
		return fail(errno, "cannot make a socket pair");
	run->sync_fd = pair[0];
	run->handoff->sync_fd = pair[1];
	return 0;
}

/*
 * Whether the child may borrow our memory, and we stand still until it has become the stage. Not one that asks something of
 * us first. Not one that is born among the processes of a running container: who freezes them would hold us past every
 * deadline, and who kills them for want of memory kills all who share it; a new container's limits come later. Until 6.0 is
 * the oldest kernel: execve in borrowed memory does not move a process into its time namespace.
 */
static bool may_borrow(const struct run *run, uint64_t flags)
{
	return run->plan->kind == PLAN_CREATE && !run->handoff->unmapped && !(flags & CLONE_NEWTIME);
}

/* With CLONE_INTO_CGROUP where there is a cgroup2 to be born in. */
static pid_t clone_child(struct run *run, int image, char *const argv[])
{
	alignas(16) char stack[CHILD_STACK];
	struct child child = { .run = run, .image = image, .argv = argv };
	struct clone_args args = {
		.flags = CLONE_PIDFD | (run->handoff->role == ROLE_INIT ? run->plan->ns.clone : 0),
		.exit_signal = SIGCHLD,
		.pidfd = (uint64_t)(uintptr_t)&run->pidfd,
	};
	struct err_trail *own = err_trail();
	pid_t pid;

	if (run->cgroup_fd >= 0) {
		args.flags |= CLONE_INTO_CGROUP;
		args.cgroup = (uint64_t)run->cgroup_fd;
	}
	if (may_borrow(run, args.flags)) {
		args.stack = (uint64_t)(uintptr_t)stack;
		args.stack_size = sizeof(stack);
		pid = sys_clone3_vfork(&args, child_main, &child);
		err_trail_attach(own);
		return pid;
	}
	pid = sys_clone3(&args);
	if (pid == 0)
		child_main(&child);
	return pid;
}

int spawn_child(struct run *run)
{
	char address[20], size[20], fd[12];
	char *argv[] = { "cruet:[init]", address, size, fd, NULL };
	autoclose int image = -1;
	int r = image_open(&image);

	if (r == 0)
		r = recorder_open(run);
	if (r == 0)
		r = sync_open(run);
	if (r < 0)
		return r;
	snprintf(address, sizeof(address), "%lx", (unsigned long)run->arena->base);
	snprintf(size, sizeof(size), "%lx", (unsigned long)run->arena->size);
	snprintf(fd, sizeof(fd), "%x", (unsigned int)run->arena->fd);
	run->pid = clone_child(run, image, argv);
	if (run->pid < 0) {
		run->pid = 0;
		return fail(errno, "cannot clone a process into its namespaces");
	}
	if (run->handoff->role == ROLE_STAGE)
		run->stage_pid = run->pid;
	return 0;
}

int spawn_adopt(struct run *run)
{
	pid_t pid = run->shared->pid; /* untrusted: only a child of ours is taken */
	siginfo_t info = { 0 };
	int r = process_reap(run->stage_pid, run->deadline_ms);

	if (r < 0)
		return r;
	run->stage_pid = 0;
	run->pid = 0;
	fd_close(&run->pidfd);
	if (pid <= 0 || waitid(P_PID, (id_t)pid, &info, WEXITED | WNOHANG | WNOWAIT))
		return fail(ECHILD, "the stage did not make an init of ours");
	run->pid = pid;
	return process_open(pid, &run->pidfd);
}

/* ---- what the child says ------------------------------------------------------------------------------------------- */

#define NAME(name, wanted, apply, why) name,
static const char *const stage_names[] = { STAGE_STEPS(NAME) };
static const char *const setup_names[] = { SETUP_STEPS(NAME) };
static const char *const enter_names[] = { ENTER_STEPS(NAME) };
static const char *const confine_names[] = { CONFINE_STEPS(NAME) };
static const char *const live_names[] = { LIVE_STEPS(NAME) };
#undef NAME

static const struct {
	const char *const *names;
	size_t n;
} tables[STEP_TABLES] = {
	[TABLE_STAGE] = { stage_names, ARRAY_SIZE(stage_names) },
	[TABLE_SETUP] = { setup_names, ARRAY_SIZE(setup_names) },
	[TABLE_ENTER] = { enter_names, ARRAY_SIZE(enter_names) },
	[TABLE_CONFINE] = { confine_names, ARRAY_SIZE(confine_names) },
	[TABLE_LIVE] = { live_names, ARRAY_SIZE(live_names) },
};

static const char *step_name(const struct shared *shared)
{
	uint32_t table = shared->table, step = shared->step;

	if (table >= STEP_TABLES || step >= tables[table].n)
		return "clone";
	return tables[table].names[step];
}

void child_log_timeline(const struct run *run)
{
	const enum step_table first = run->plan->kind == PLAN_EXEC ? TABLE_ENTER : TABLE_SETUP;
	int64_t before = 0;

	for (size_t i = 0; i < SHARED_STEPS_MAX; i++) {
		size_t step = i % (SHARED_STEPS_MAX / 2);
		enum step_table table = i == step ? first : TABLE_CONFINE;
		int64_t began = run->shared->began_ns[i];

		if (!began || step >= tables[table].n)
			continue;
		log_debug("init: step '%s', %lld us after the last", tables[table].names[step],
			  before ? (long long)(began - before) / 1000 : 0);
		before = began;
	}
}

int child_failure(struct run *run)
{
	struct err_trail copy = run->shared->trail; /* one copy: the child could change it under us */
	const char *step = step_name(run->shared);

	copy.text[sizeof(copy.text) - 1] = '\0';
	for (char *p = copy.text; *p; p++)
		if ((unsigned char)*p < ' ' || *p == 0x7f)
			*p = ' ';
	if (!copy.said)
		return fail(0, "init died in step '%s'", step);
	if (copy.err < 0 || copy.err > 4095)
		copy.err = EPROTO;
	return fail(copy.err, "%s", copy.text);
}

int child_receive(struct run *run, unsigned int wanted, int *ret_fd)
{
	int r = sync_receive(run->sync_fd, wanted, run->deadline_ms, ret_fd);

	if (r == -EPIPE)
		return child_failure(run);
	if (r == -ETIMEDOUT)
		return fail(ETIMEDOUT, "init did not get past step '%s'", step_name(run->shared));
	return r;
}

int child_send(struct run *run, unsigned int message)
{
	int r = sync_send(run->sync_fd, message, -1);

	return r == -EPIPE ? child_failure(run) : r < 0 ? fail(-r, "cannot talk to init") : 0;
}
