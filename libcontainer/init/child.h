/* SPDX-License-Identifier: Apache-2.0 */
/*
 * init/child.h: the child's own state, and the acts that the step tables name. After exec of the stage only step functions
 * run: no stdio, no allocation, no exit handlers. What an act leaves behind is undone by killing the child.
 */
#pragma once

#include <limits.h>

#include "base/base.h"
#include "wire/handoff.h"
#include "wire/init_steps.h"
#include "wire/shared.h"

enum { KERNEL_FS_PROC, KERNEL_FS_SYS, KERNEL_FS };

struct child {
	const struct plan *plan;
	const struct handoff *h;
	struct shared *shared;
	struct mount_tools tools;
	int rootfd;         /* the container's root, below which every path is resolved; -1 until it is attached */
	int devfd;          /* the tmpfs that we mounted on /dev, or -1 (init/mounts.c) */
	uint64_t dev_mount; /* its mount id */
	bool dev_covered;   /* a later mount may lie over it */
	int kernel_fs[KERNEL_FS]; /* what was mounted on /proc and on /sys, until the root is switched; or -1 */
	mode_t umask;       /* the caller's: for hooks */
	int terminal;       /* the slave of our terminal, or -1 */
	int gate_peer;      /* the connection to `cruet start`, or -1 */
	char program[PATH_MAX];
	int live_fd[PLAN_LIVE_MAX]; /* mounts of a running container: a mount each, number + 1; 0: none yet */
	uint32_t joined;     /* bits of enum ns_kind: joined already */
};

/* Its name is the parent's to know (run/spawn.c): a pointer costs 32 bytes here. */
struct child_step {
	bool (*wanted)(const struct plan *plan);
	int (*apply)(struct child *c);
};

/* Run the tables of a role, in order; does not return where it ends in execve. */
int child_run_stage(struct child *c) MUST_USE;  /* stage.c: returns 0 in the init that it cloned; the stage itself exits */
int child_run_init(struct child *c) MUST_USE;   /* steps.c */

int child_run_table(struct child *c, enum step_table table, const struct child_step *steps, size_t n) MUST_USE;

/* Die with what is recorded: tells `cruet start` where it waits. Never returns. */
_Noreturn void child_die(struct child *c);

/* Each act: 0, or -errno with the failure recorded. */
#define DECLARE_STEP(name, wanted, apply, why) int apply(struct child *c) MUST_USE;
SETUP_STEPS(DECLARE_STEP)
CONFINE_STEPS(DECLARE_STEP)
STAGE_STEPS(DECLARE_STEP)
LIVE_STEPS(DECLARE_STEP)
#undef DECLARE_STEP
int open_exec_console(struct child *c) MUST_USE;

/* Be root of the user namespace that we are in (namespaces.c). */
int become_ns_root(void) MUST_USE;

/* The kind of an absolute path of the container that is one of these, or (`below`) lies below it; else -1 (mounts.c). */
int kernel_fs_of(const char *path, bool below);

/* Of mounts.c for mounts_live.c. A new file system as it is before it is attached, without a mode of what it covers; that mode
 * where it is to have it; its label, where that is an attribute of its root; attach a mount where the plan says, and verify
 * that it landed there; its propagation. */
int mounts_open_fs(struct child *c, const struct plan_mount *m, int *ret_fd) MUST_USE;
int mounts_inherit_mode(struct child *c, const struct plan_mount *m, int mountfd) MUST_USE;
int mounts_set_label(struct child *c, const struct plan_mount *m, int mountfd) MUST_USE;
int mounts_verify_proc(const struct plan_mount *m, int mountfd) MUST_USE;
int mounts_attach(struct child *c, const struct plan_mount *m, int mountfd) MUST_USE;
int mounts_set_propagation(struct child *c, const struct plan_mount *m, int mountfd) MUST_USE;

/* The table of a plan for mounts of a running container (mounts_live.c); main() ends then. */
int child_run_live(struct child *c) MUST_USE;

/* Run one hook with the state JSON of `status` on its stdin (hooks.c). */
int child_run_hooks(struct child *c, enum plan_hook_point point, const char *status) MUST_USE;

/* Fill the detached tmpfs `mountfd` with what is in the directory below it (copy_up.c; option tmpcopyup). */
int copy_up(int from_dirfd, int to_dirfd) MUST_USE;
