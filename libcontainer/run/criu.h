/* SPDX-License-Identifier: Apache-2.0 */
/*
 * run/criu.h: checkpoint and restore by the program criu: what it has to be told of a container that it cannot see, which
 * is all that the container has from the host: mounts, namespaces, the cgroup, stdio. Parent only. Source: criu(8).
 */
#pragma once

#include "kernel/criu.h"
#include "run/run.h"

#define CRIU_DESCRIPTORS "descriptors.json" /* in the images: what fds 0, 1 and 2 were, as runc has it */

/* The caller's wishes are in `options`: directories, switches. What the container is, is added. */
struct checkpoint {
	struct arena *arena;
	const struct plan *plan;
	const struct container *container;
	const struct cgroup_host *cgroups;
	int procfd;
	enum criu_request request;
	struct criu_options options;
	const char *log;    /* path of criu's log, for errors */
	int status_fd;      /* gets a zero byte once pages can be fetched; 0: none */
	int64_t deadline_ms;
};
/* Where criu is ended before its end, the container runs on. */
int run_checkpoint(struct checkpoint *c) MUST_USE;

/* run->restoring: see run_restore(). */
struct restoring {
	struct criu_options options;
	const char *log;
	const char *images, *work; /* the directories' paths; work may be NULL */
	bool no_pivot;
	struct criu criu;
	const char *root;   /* where the root is bound, as criu wants it: a path in the state directory */
	int saved[3];       /* our stdio under other numbers, as criu's own output is not the container's; -1: none */
};
#define RESTORE_ROOT "criu-root" /* in the state directory */

/* The parts of both. Lists are in the arena. */
int criu_check_mounts(const struct plan *plan) MUST_USE; /* nothing that criu would restore as something else */
/* Mount points and their names in the images: of what is bound from the host, and of masked files below rootfd. */
int criu_dump_mounts(struct arena *arena, const struct plan *plan, int rootfd, struct string_map *ret) MUST_USE;
/* Names and what is bound there from the host. */
int criu_restore_mounts(struct arena *arena, const struct plan *plan, struct string_map *ret) MUST_USE;
/* The name under which a namespace that is not the container's own is in the images; NULL: not one of those. */
const char *criu_namespace_key(enum ns_kind kind);
