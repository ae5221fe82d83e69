/* SPDX-License-Identifier: Apache-2.0 */
/*
 * run/create.c: create and run, as the parent does them: the table at the end, read downwards; delete is its undo column
 * read upwards, driven by the ledger alone.
 */
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/err.h"
#include "base/fd.h"
#include "base/io.h"
#include "base/path.h"
#include "base/str.h"
#include "kernel/idmap.h"
#include "kernel/net.h"
#include "kernel/process.h"
#include "kernel/tty.h"
#include "plan/filter.h"
#include "run/acts.h"
#include "run/group.h"
#include "run/listener.h"
#include "run/notify.h"
#include "run/rdt.h"
#include "run/run.h"
#include "run/sources.h"
#include "run/unit.h"
#include "wire/gate.h"
#include "wire/sync.h"

/* ---- the ledger ---------------------------------------------------------------------------------------------------- */

/* The publication decides; this only has a taken id say so before what follows from it does. */
int check_id_free(struct run *run)
{
	if (faccessat(run->rootfd, run->container->id, F_OK, AT_SYMLINK_NOFOLLOW) == 0)
		return fail(0, "container with given ID already exists: '%s'", run->container->id);
	return 0;
}

int publish_intent(struct run *run)
{
	int r = ledger_publish(run->rootfd, run->arena, run->container, run->config, run->config_n,
			       &run->entry);

	fd_close(&run->ids_lock); /* the record holds the ids from here on */
	return r;
}

/* Last of all: the id is free exactly when everything else is gone. Where something is not, the record stays for a later
 * delete. */
int undo_intent(struct remains *remains)
{
	return remains->entry->dirfd < 0 || remains->incomplete
		       ? 0
		       : ledger_remove(remains->entry, remains->container->id);
}

static int note_process(struct run *run)
{
	char state;
	int r = process_stat(run->procfd, run->pid, &state, &run->container->start_time);

	if (r < 0)
		return fail_in(r, "cannot read the start time of init");
	run->container->pid = run->pid;
	return 0;
}

int note_early(struct run *run)
{
	int r = note_process(run);

	return r < 0 ? r : ledger_commit(&run->entry, run->arena, run->container);
}

static int draft_record(struct run *run)
{
	int r = note_process(run);
	struct container made = *run->container;

	made.committed = true;
	return r < 0 ? r : ledger_draft(&run->entry, run->arena, &made);
}

static int take_record(struct run *run)
{
	run->container->committed = true;
	return ledger_take_draft(&run->entry);
}

int commit(struct run *run)
{
	int r = draft_record(run);

	return r < 0 ? r : take_record(run);
}

/* ---- beside the container ---------------------------------------------------------------------------------------- */

/* Only where the container has no mount namespace of its own: take its mounts, all below the one that we put over the
 * rootfs, from the host again. */
static int undo_host_mounts(struct remains *remains)
{
	const struct container *c = remains->container;

	for (int tries = 0; c->host_mounts && tries < 4; tries++) {
		autoclose int fd = open(c->rootfs, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
		uint64_t id;
		int r = fd < 0 ? 0 : path_mount_id(fd, &id);

		if (r < 0)
			return r;
		if (fd < 0 || id == c->rootfs_mount)
			return 0;
		if (umount2(c->rootfs, MNT_DETACH | UMOUNT_NOFOLLOW))
			return fail(errno, "cannot unmount '%s'", c->rootfs);
	}
	return 0;
}

bool wants_notify(const struct run *run)
{
	return run->notify;
}

int prepare_notify(struct run *run)
{
	return notify_prepare(&run->entry);
}

/* ---- the gate ------------------------------------------------------------------------------------------------------- */

static bool wants_gate(const struct run *run)
{
	return run->handoff->wait_gate;
}

static int open_gate(struct run *run)
{
	struct sockaddr_un addr = { .sun_family = AF_UNIX };
	autoclose int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);

	if (fd < 0)
		return fail(errno, "cannot make the start gate");
	/* by the directory's fd: a state root may be longer than sun_path */
	snprintf(addr.sun_path, sizeof(addr.sun_path), "/proc/self/fd/%d/" GATE_NAME, run->entry.dirfd);
	if (bind(fd, (struct sockaddr *)&addr, sizeof(addr)) || listen(fd, 1))
		return fail(errno, "cannot open the start gate");
	run->handoff->gate_fd = take_fd(&fd);
	return 0;
}

/* ---- the child ------------------------------------------------------------------------------------------------------ */

static int spawn(struct run *run)
{
	int r;

	run->handoff->role = run->plan->ns.needs_stage ? ROLE_STAGE : ROLE_INIT;
	run->handoff->unmapped = run->handoff->role == ROLE_INIT && (run->plan->ns.clone & CLONE_NEWUSER);
	r = spawn_child(run);
	sources_close(run);
	return r;
}

#define DYING_MS 200

/* What v1 has frozen somewhere below the container's cgroup does not die, and keeps the init of its pid namespace. */
static int thaw_below(const struct remains *remains)
{
	struct cgroup_place *place;
	int r = remains->container->cgroup
			? cgroup_open(remains->arena, remains->cgroups, remains->container->cgroup, &place)
			: -ENOENT;

	if (r < 0)
		return r == -ENOENT ? 0 : r;
	r = cgroup_signal(place, SIGKILL, remains->deadline_ms);
	cgroup_close(place);
	return r;
}

static int wait_for_init(const struct remains *remains)
{
	int64_t soon = now_ms() + DYING_MS;
	int r = wait_readable(remains->pidfd, soon < remains->deadline_ms ? soon : remains->deadline_ms);

	if (r == 0)
		return 0;
	r = thaw_below(remains);
	if (r < 0)
		return r;
	if (wait_readable(remains->pidfd, remains->deadline_ms) < 0)
		return fail(
			EBUSY,
			"init (pid %lld) cannot be killed: is it waiting for a dead file system or device?",
			(long long)remains->container->pid);
	return 0;
}

/* Kill init and wait until it is gone. An init that is not our child has been reaped by its parent, or will be. */
int undo_spawn(struct remains *remains)
{
	if (remains->pidfd >= 0 && process_signal(remains->pidfd, SIGKILL) < 0)
		fail_forget(); /* it was faster */
	if (remains->child > 0) {
		kill(remains->child, SIGKILL);
		return process_reap(remains->child, remains->deadline_ms);
	}
	return remains->pidfd >= 0 ? wait_for_init(remains) : 0;
}

static bool makes_user_ns(const struct run *run)
{
	return ((run->plan->ns.clone | run->plan->ns.stage) & CLONE_NEWUSER) != 0;
}

int set_oom_score(struct run *run)
{
	const struct plan_process *p = &run->plan->process;
	int r = process_set_oom_score(run->procfd, run->pid, (int)p->oom_score_adj.v);

	if ((r == -EACCES || r == -EPERM) && p->oom_score_best_effort) {
		fail_forget();
		return 0;
	}
	return r < 0 ? fail_in(r, "process.oomScoreAdj") : 0;
}

static int write_maps(struct run *run)
{
	const struct plan_ns *ns = &run->plan->ns;
	int r = 0;

	if (run->stage_pid)
		r = child_receive(run, SYNC_UNSHARED, NULL);
	/* while the process can still be traced by a parent without privilege: its files in /proc are its user's */
	if (r == 0 && run->plan->process.oom_score_adj.set)
		r = set_oom_score(run);
	if (r == 0)
		r = idmap_write(run->procfd, run->pid, &ns->uids, &ns->gids, ns->deny_setgroups);
	if (r == 0)
		r = child_send(run, SYNC_MAPPED);
	return r;
}

bool wants_oom_score(const struct run *run)
{
	return run->plan->process.oom_score_adj.set && !makes_user_ns(run);
}

bool has_stage(const struct run *run)
{
	return run->plan->ns.needs_stage;
}

int adopt_init(struct run *run)
{
	int r = child_receive(run, SYNC_CLONED, NULL);

	return r < 0 ? r : spawn_adopt(run);
}

bool wants_rlimits(const struct run *run)
{
	return run->plan->process.rlimits.n > 0;
}

/* Init sets its limits itself, late; what it can do without privilege then is to lower them. A hard limit that must rise
 * is raised here, where the privilege is. */
int raise_rlimits(struct run *run)
{
	for (size_t i = 0; i < run->plan->process.rlimits.n; i++) {
		struct rlimit_row row = run->plan->process.rlimits.v[i];
		struct rlimit now;
		int r;

		if (getrlimit(row.resource, &now))
			return fail(errno, "process.rlimits[%zu]", i);
		if (row.hard <= now.rlim_max)
			continue;
		row.soft = now.rlim_cur;
		r = process_set_rlimit(run->pid, &row);
		if (r < 0)
			return fail_in(r, "process.rlimits[%zu]", i);
	}
	return 0;
}

static bool wants_net_devices(const struct run *run)
{
	return run->plan->net_devices.n > 0;
}

static int move_net_devices(struct run *run)
{
	autoclose int netns = -1;
	char name[32];

	snprintf(name, sizeof(name), "%d/ns/net", run->pid);
	netns = openat(run->procfd, name, O_RDONLY | O_CLOEXEC);
	if (netns < 0)
		return fail(errno, "cannot open the container's network namespace");
	for (size_t i = 0; i < run->plan->net_devices.n; i++) {
		const struct plan_net_device *d = &run->plan->net_devices.v[i];
		int r = net_device_move(d->host_name, d->name, netns);

		if (r < 0)
			return fail_in(r, "linux.netDevices.%s", d->host_name);
	}
	return 0;
}

bool wants_hooks(const struct run *run)
{
	return run->plan->hooks[HOOK_PRESTART].n > 0 || run->plan->hooks[HOOK_CREATE_RUNTIME].n > 0;
}

static int wait_mounted(struct run *run)
{
	return child_receive(run, SYNC_MOUNTED, NULL);
}

static int run_hooks(struct run *run)
{
	int r = hooks_run(run->plan, HOOK_PRESTART, "creating", run->pid, run->limit_ms);
	if (r == 0)
		r = hooks_run(run->plan, HOOK_CREATE_RUNTIME, "creating", run->pid, run->limit_ms);
	return r < 0 ? r : child_send(run, SYNC_HOOKED);
}

bool wants_filter(const struct run *run)
{
	return run->plan->unfinished != NULL;
}

int finish_filter(struct run *run)
{
	return filter_finish(run->arena, run->plan->unfinished);
}

bool wants_console(const struct run *run)
{
	return run->plan->process.terminal;
}

int take_console(struct run *run)
{
	int r = child_receive(run, SYNC_CONSOLE, &run->console_fd);

	if (r < 0)
		return r;
	if (run->console_fd < 0)
		return fail(EPROTO, "init sent no terminal");
	if (!run->console_socket) {
		monitor_copy_size(run->console_fd); /* before the program could ask for it */
		return 0;
	}
	r = tty_send_fd(run->console_socket, run->console_fd, "/dev/pts/0", run->deadline_ms);
	fd_close(&run->console_fd);
	return r < 0 ? fail_in(r, "--console-socket '%s'", run->console_socket) : 0;
}

int finish_init(struct run *run)
{
	int r = child_send(run, SYNC_PREPARED);

	if (r == 0)
		r = child_receive(run, SYNC_READY, NULL);
	if (r == 0 && run->handoff->trace)
		child_log_timeline(run);
	return r;
}

/* ---- telling the caller ------------------------------------------------------------------------------------------- */

bool wants_pid_file(const struct run *run)
{
	return run->pid_file != NULL;
}

/* Digits only, no newline; written beside and renamed over, so that a reader sees none of it or all. */
int write_pid_file(struct run *run)
{
	char temp[4096], digits[16];
	int n = snprintf(temp, sizeof(temp), "%s.%d", run->pid_file, getpid()), fd, r;

	if (n < 0 || (size_t)n >= sizeof(temp))
		return fail(ENAMETOOLONG, "--pid-file '%s'", run->pid_file);
	fd = open(temp, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0644);
	if (fd < 0)
		return fail(errno, "--pid-file '%s'", run->pid_file);
	n = snprintf(digits, sizeof(digits), "%d", run->pid);
	r = write_all(fd, digits, (size_t)n);
	fd_close(&fd);
	if (r == 0 && rename(temp, run->pid_file))
		r = -errno;
	if (r < 0) {
		unlink(temp);
		return fail(-r, "--pid-file '%s'", run->pid_file);
	}
	return 0;
}

bool wants_pidfd(const struct run *run)
{
	return run->pidfd_socket != NULL;
}

int send_pidfd(struct run *run)
{
	int r = tty_send_fd(run->pidfd_socket, run->pidfd,
			    run->plan->kind == PLAN_EXEC ? "setns" : "standard", run->deadline_ms);

	return r < 0 ? fail_in(r, "--pidfd-socket '%s'", run->pidfd_socket) : 0;
}

int release_init(struct run *run)
{
	return child_send(run, SYNC_COMMITTED);
}

/* ---- the table ------------------------------------------------------------------------------------------------------ */

/* clang-format off */
const struct step create_steps[] = {
	{ "id",           NULL,               check_id_free,       NULL,            "a taken id is told as such, not by what its container holds" },
	{ "namespaces",   NULL,               sources_open_namespaces, NULL,        "opened before anything changes: a bad path leaves nothing behind" },
	{ "root",         NULL,               sources_open_root,   NULL,            "the host's root can reach what a mapped root cannot" },
	{ "cgroup-check", wants_cgroup,       check_cgroup,        NULL,            "what delete finds below a recorded path it kills: look before the intent" },
	{ "rdt-check",    wants_rdt,          check_rdt,           NULL,            "as the cgroup; and without resctrl nothing shall be left behind" },
	{ "intent",       NULL,               publish_intent,      undo_intent,     "published, locked, before the first side effect: delete can find all that follows" },
	{ "notify",       wants_notify,       prepare_notify,      NULL,            "in the state directory: one of the mounts" },
	{ "mounts",       NULL,               sources_open_mounts, undo_host_mounts,"as the root; and id maps of mounts are the host's to make" },
	{ "cgroup",       makes_cgroup,       make_cgroup,         undo_cgroup,     "before the child: it is born in it" },
	{ "rdt",          wants_rdt,          make_rdt_group,      undo_rdt,        "what the machine cannot do, and a group that is another, are told before there is a process" },
	{ "gate",         wants_gate,         open_gate,           NULL,            "init inherits it; its name goes with the state directory" },
	{ "spawn",        NULL,               spawn,               undo_spawn,      "the child is on its way; all below runs beside it" },
	{ "unit",         wants_unit,         start_unit,          undo_unit,       "systemd makes a scope only around a process that is there" },
	{ "attach",       wants_attach,       attach_cgroup,       NULL,            "where it cannot be born in its cgroup (v1, systemd): before it makes its cgroup namespace" },
	{ "id-maps",      makes_user_ns,      write_maps,          NULL,            "a process without maps can do nothing" },
	{ "joined",       wants_joined,       say_joined,          NULL,            "it may make its cgroup namespace now" },
	{ "adopt",        has_stage,          adopt_init,          NULL,            "from here on the pid is init's, not the stage's" },
	{ "rdt-join",     wants_rdt,          join_rdt,            NULL,            "init and all that it starts: a task is in the group of who started it" },
	{ "oom-score",    wants_oom_score,    set_oom_score,       NULL,            "lowering needs the host's CAP_SYS_RESOURCE" },
	{ "limits",       wants_limits,       apply_limits,        NULL,            "after all clones: pids.max may be 0" },
	{ "filter",       wants_filter,       finish_filter,       NULL,            "seccomp's is compiled beside init's mounts, too" },
	{ "device-program", wants_device_rules, load_device_rules, NULL,            "the kernel compiles it beside init's mounts, as seccomp's" },
	{ "delegation",   wants_delegation,   delegate_cgroup,     NULL,            "after the writes: the new owner may change what is his" },
	{ "rlimits",      wants_rlimits,      raise_rlimits,       NULL,            "raising needs the host's CAP_SYS_RESOURCE" },
	{ "net-devices",  wants_net_devices,  move_net_devices,    NULL,            "the namespace exists; hooks may want them" },
	{ "early-record", wants_hooks,        note_early,          NULL,            "a hook may look the container up" },
	{ "mounted",      wants_hooks,        wait_mounted,        NULL,            "init waits then, so that nothing below runs beside its mounts" },
	{ "hook-devices", wants_rules_before_hooks, apply_device_rules, NULL,       "after init's mounts and devices, which need not be allowed; before hooks, which may allow more" },
	{ "hooks",        wants_hooks,        run_hooks,           NULL,            "prestart and createRuntime: namespaces and mounts are there, the root is not switched" },
	{ "draft",        NULL,               draft_record,        NULL,            "the record of a container that is made, written beside init's mounts" },
	{ "console",      wants_console,      take_console,        NULL,            "init sends the terminal's master; its peer may wait for it" },
	{ "ready",        NULL,               finish_init,         NULL,            "all that init needs of us is done; wait until nothing can fail but execve" },
	{ "device-rules", wants_rules_when_ready, apply_device_rules, NULL,         "where there are no hooks: after the mounts and devices of init, which waits now" },
	{ "record",       NULL,               take_record,         NULL,            "pid and start time: from here on the ledger knows whom to kill" },
	{ "pid-file",     wants_pid_file,     write_pid_file,      NULL,            "before the release: a failure still takes init with it" },
	{ "pidfd",        wants_pidfd,        send_pidfd,          NULL,            "as the pid file" },
	{ "release",      NULL,               release_init,        NULL,            "init need not die with us any more" },
};
/* clang-format on */
const size_t create_steps_n = ARRAY_SIZE(create_steps);

int run_create(struct run *run)
{
	if (run->limit_ms == NO_DEADLINE)
		run->deadline_ms += hooks_time(run->plan, ~0u);
	return steps_apply(create_steps, create_steps_n, run);
}

int run_undo(struct remains *remains)
{
	return steps_undo(create_steps, create_steps_n, remains);
}

int run_start_child(struct run *run)
{
	bool exec = run->plan->kind == PLAN_EXEC;
	pid_t init = exec ? (pid_t)run->container->pid : run->pid;
	int r = child_send(run, SYNC_START);
	enum sync_message message;

	if (r == 0 && run->plan->filter && run->plan->filter->listener_path) {
		r = child_receive(run, SYNC_LISTENER, NULL);
		if (r == 0)
			r = listener_serve(run->plan, run->shared, run->pid, init, run->pidfd,
					   exec ? "running" : "creating", run->deadline_ms);
	}
	if (r < 0)
		return r;
	/* The end of the stream is success, if the recorder is empty: execve closed it. */
	r = sync_receive_any(run->sync_fd, 0, run->deadline_ms, &message, NULL);
	if (r == -ETIMEDOUT)
		return fail(ETIMEDOUT, "init did not execute the program");
	if (r != -EPIPE)
		return r;
	return run->shared->trail.said ? child_failure(run) : 0;
}
