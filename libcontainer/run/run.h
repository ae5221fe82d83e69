/* SPDX-License-Identifier: Apache-2.0 */
/*
 * run/run.h: the engine: what the parent does to make one process in a container, as a table of steps (parent.c for
 * create and run, enter.c for exec). Only the parent touches the host, so only its tables have an undo column; killing
 * init destroys what init made. Undo reads nothing but the ledger's struct container, so `delete` is the same column.
 */
#pragma once

#include "base/arena.h"
#include "base/base.h"
#include "kernel/cgroup.h"
#include "kernel/exit.h"
#include "ledger.h"
#include "plan/plan.h"
#include "wire/handoff.h"
#include "wire/shared.h"

/* What a container leaves on the host, and how it is found again: all that undo needs. */
struct remains {
	struct arena *arena;
	const struct container *container;
	struct ledger_entry *entry;
	const struct cgroup_host *cgroups;
	int procfd;
	int pidfd;           /* of init where it is known and alive, else -1 */
	pid_t child;         /* init is our child and must be reaped; else 0 */
	int64_t deadline_ms;
	bool incomplete;     /* something could not be removed: the ledger must not forget it */
};

struct run {
	struct arena *arena;        /* shared with the child: recorder, handoff, plan */
	struct shared *shared;
	struct handoff *handoff;
	const struct plan *plan;
	const struct host *host;
	struct container *container;
	struct ledger_entry entry;
	int rootfd;                 /* the ledger's */
	int ids_lock;               /* of the root, where a range of ids was taken: until the intent says so; or -1 */
	int procfd;
	const char *config;         /* as read, for the ledger's snapshot */
	size_t config_n;
	struct cgroup_place *place;
	const char *cgroup_mark;    /* create: whose the cgroup is: cruet_cgroup_mark() */
	int cgroup_fd;              /* for CLONE_INTO_CGROUP, or -1 */
	int cgroup_fallback_fd;     /* exec: where init is now, for a cgroup that takes no process; or -1 */
	int sync_fd;                /* our end */
	int pidfd;
	pid_t pid, stage_pid;
	int console_fd;             /* the terminal's master once it was sent, or -1 */
	const char *console_socket, *pidfd_socket, *pid_file; /* NULL: none; host paths */
	struct restoring *restoring; /* restore: what criu is told; else NULL */
	bool notify;                /* the caller wants to be notified: the container gets a socket */
	int64_t deadline_ms;        /* absolute: for the whole, but the container's own run */
	int64_t limit_ms;           /* the same where it was asked for: hooks end by it, too; else NO_DEADLINE */
};

struct step {
	const char *name;
	bool (*wanted)(const struct run *run); /* NULL: always */
	int (*apply)(struct run *run);
	int (*undo)(struct remains *remains);  /* NULL: nothing of it is left on the host when init is dead */
	const char *why;
};

/* Apply the steps in order. On failure undo those begun (the failing one among them), last first, and return the failure. */
int steps_apply(const struct step *steps, size_t n, struct run *run) MUST_USE;
/* The undo column, last first, all of it even where one fails; the first failure. */
int steps_undo(const struct step *steps, size_t n, struct remains *remains) MUST_USE;

/* create and run: the table; and what delete does with it. */
extern const struct step create_steps[];
extern const size_t create_steps_n;
int run_create(struct run *run) MUST_USE;
int run_undo(struct remains *remains) MUST_USE;

/* restore: the table (restore.c); undone as what create made. */
struct restoring;
int run_restore(struct run *run) MUST_USE;

/* exec: the table. run->handoff->pidfd is init's. */
int run_enter(struct run *run) MUST_USE;

/* mounts of a running container: the table (mounts_live.c), once; where it fails when mounts were to be added, once more for
 * what was attached already. run->handoff->pidfd is init's. */
int run_live(struct run *run) MUST_USE;

/* Let init go on without a gate, and learn whether execve succeeded (run, exec). */
int run_start_child(struct run *run) MUST_USE;

/* ---- spawn.c: the init stage ------------------------------------------------------------------------------------ */

/* Make the child: clone3 into its namespaces and cgroup (what the plan says) and exec the stage from a sealed memfd. Sets
 * run->pid (and stage_pid where there is a stage), pidfd and sync_fd. */
int spawn_child(struct run *run) MUST_USE;
/* The stage has cloned init: take its pid from the recorder, verified to be our child. */
int spawn_adopt(struct run *run) MUST_USE;
/* Receive `wanted` from the child; where it died instead, the failure that it recorded is made ours. */
int child_receive(struct run *run, unsigned int wanted, int *ret_fd) MUST_USE;
int child_send(struct run *run, unsigned int message) MUST_USE;
/* How long init took for what it has done, at level debug: from the recorder, so only to be read. */
void child_log_timeline(const struct run *run);
/* The recorder's failure as ours, with the step it happened in. Returns -errno. */
int child_failure(struct run *run);

/* ---- hooks.c ------------------------------------------------------------------------------------------------------ */

/* Run the hooks of one point in the parent's namespaces, with the state JSON (status, pid) on stdin; the first failure.
 * Each ends by its own timeout, all by the limit (NO_DEADLINE: none). */
int hooks_run(const struct plan *plan, enum plan_hook_point point, const char *status, pid_t pid,
	      int64_t limit_ms) MUST_USE;
/* How long all hooks of these points (bits 1u << point) may take. */
int64_t hooks_time(const struct plan *plan, unsigned int points);

/* ---- monitor.c: the foreground ------------------------------------------------------------------------------------- */

struct monitor {
	int pidfd;
	pid_t pid;
	int console_fd;  /* the container's terminal master, or -1: stdio is inherited */
	bool subreaper;  /* reap other children, too */
	int notify_fd;   /* the container's notification socket, or -1 */
	const char *notify_socket; /* the caller's */
	struct process_exit *how;  /* how it ended; NULL: not asked */
};
/* Give the container's terminal the size of ours, where fd 0 is one. */
void monitor_copy_size(int console_fd);
/* Forward signals and the terminal until the process ends; its exit code, 128 + signal where it was killed. */
int monitor_run(const struct monitor *monitor, int *ret_status) MUST_USE;
