/* SPDX-License-Identifier: Apache-2.0 */
/* making.h: what create, run and exec share while they make one process. Private to the files beside it. */
#pragma once

#include "container.h"

/* All that one of them works with; what it opened is closed by making_close(). */
struct making {
	struct arena arena; /* shared with init */
	struct host host;
	struct container container;
	struct run run;
	const struct spec *spec;
	char *bundle;
	struct id_range ids;           /* --userns=auto: what was taken */
	int notify_fd;
	struct cgroup_place *fallback; /* exec: where init is now */
};

void making_close(struct making *m);
#define autoclose_making __attribute__((cleanup(making_close)))
#define MAKING_NONE \
	{ .arena = { .fd = -1 }, .notify_fd = -1, .run = { .rootfd = -1, .ids_lock = -1, .sync_fd = -1, .pidfd = -1, .console_fd = -1, .cgroup_fd = -1, .cgroup_fallback_fd = -1, \
					  .entry = { .rootfd = -1, .dirfd = -1 } } }

/* The arena that init maps, with the handoff at its start. */
int making_open_arena(struct making *m) MUST_USE;
/* create.c: the plan of a bundle, in an arena of its own; nothing is touched. */
int making_plan_bundle(struct making *m, struct cruet *cruet, const struct cruet_create *options) MUST_USE;
/* create, run and restore: load, plan, and all that the engine wants to know; nothing is made yet. */
int making_prepare(struct making *m, struct cruet *cruet, const struct cruet_create *options, bool gate) MUST_USE;
/* run and restore: watch it to its end, then delete what it leaves, unless it is to be kept. */
int making_watch(struct making *m, struct cruet *cruet, const struct cruet_create *options, int *ret_status) MUST_USE;
/* exec and mounts: what the container was made with, as its ledger has it, and the host as it is now. */
int making_load_snapshot(struct making *m, struct cruet *cruet, const struct opened *opened) MUST_USE;
/* What every run has of its host, its container and its command; the plan's warnings are told. */
void making_fill_run(struct making *m, const struct cruet *cruet, struct container *container);
/* No namespace, no fd; wait at the gate or not. */
void making_fill_handoff(struct making *m, bool gate);
/* A terminal goes over the console socket, or is ours to watch: with nobody at the other end it would fill up. */
int making_check_terminal(const struct plan *plan, const char *console_socket, bool detached) MUST_USE;
/* Labels that the loaded policy does not know are told before anything is made. */
int making_check_labels(const struct plan *plan) MUST_USE;
/* exec: the cgroup2 that init is in now, for one that takes no process: m->run.cgroup_fallback_fd. */
int making_open_init_cgroup(struct making *m, struct cruet *cruet, const struct cgroup_host *host, pid_t pid) MUST_USE;
