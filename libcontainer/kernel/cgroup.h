/* SPDX-License-Identifier: Apache-2.0 */
/*
 * kernel/cgroup.h: control groups of v1, v2 and hybrid hosts, by fd from the hierarchy's root (rule R12: no path leaves
 * it). Parent only. cgroup.c dispatches to cgroup_v1.c and cgroup_v2.c. Source: cgroups(7), kernel cgroup-v2.rst.
 *
 * A place is where one container's processes are: one directory on v2, one in each hierarchy on v1 and hybrid.
 */
#pragma once

#include "base/arena.h"
#include "base/base.h"

enum cgroup_mode {
	CGROUP_NONE,   /* no hierarchy is mounted, or the manager is "disabled" */
	CGROUP_V2,     /* cgroup2 on /sys/fs/cgroup */
	CGROUP_V1,     /* v1 hierarchies below /sys/fs/cgroup */
	CGROUP_HYBRID, /* v1 hierarchies, and a cgroup2 without controllers on /sys/fs/cgroup/unified */
};

#define CGROUP_HIERARCHIES_MAX 16

struct cgroup_hierarchy {
	const char *mountpoint;  /* "/sys/fs/cgroup/cpu,cpuacct" */
	const char *controllers; /* "cpu,cpuacct", "name=systemd", "" for cgroup2 */
	const char *own;         /* the caller's own cgroup there, from /proc/self/cgroup: "/" or "/a/b" */
	bool v2;
};

/* What this host has, read once from /proc/self/mountinfo and /proc/self/cgroup of procfd. */
struct cgroup_host {
	enum cgroup_mode mode;
	struct cgroup_hierarchy v[CGROUP_HIERARCHIES_MAX];
	size_t n;
};
int cgroup_host_read(struct arena *arena, int procfd, struct cgroup_host *ret_host) MUST_USE;

/* One value for one file. */
struct cgroup_write {
	const char *controller; /* "memory"; "" for cgroup core files */
	const char *file;       /* "memory.max", one component */
	const char *value;
	bool may_be_missing; /* the rule of the specification allows the file to be absent: then not an error */
	const char *property; /* "linux.resources.memory.limit": for the error */
};

struct cgroup_place;

/* Make the cgroup `path` (normalised, absolute from the hierarchy's root, no "..") in every hierarchy, controllers
 * enabled on the way down (v2: only the missing ones are written). Refuses to adopt: an existing non-empty or frozen
 * cgroup is an error; an existing empty one is used but (`ret_made` false) also removed at the end. */
int cgroup_make(struct arena *arena, const struct cgroup_host *host, const char *path, struct cgroup_place **ret_place) MUST_USE;

/* Open the cgroup that the ledger remembers; -ENOENT (not recorded) where nothing of it exists any more. */
int cgroup_open(struct arena *arena, const struct cgroup_host *host, const char *path, struct cgroup_place **ret_place) MUST_USE;
void cgroup_close(struct cgroup_place *place);

/* The fd for CLONE_INTO_CGROUP, or -1 where processes must be attached by cgroup_attach (v1, hybrid). */
int cgroup_clone_fd(const struct cgroup_place *place);
int cgroup_attach(const struct cgroup_place *place, pid_t pid) MUST_USE;

/* Apply the writes in order; the error names property, file and value. */
int cgroup_apply(const struct cgroup_place *place, const struct cgroup_write *writes, size_t n) MUST_USE;

/* Device rules: v2 attaches the eBPF program atomically (kernel/bpf_device.h), v1 writes devices.deny/allow. */
struct device_rule {
	bool allow;
	char type;             /* 'a', 'b', 'c' */
	int64_t major, minor;  /* -1: all */
	unsigned int access;   /* bits: 1 mknod, 2 read, 4 write (BPF_DEVCG_ACC_*) */
};
int cgroup_set_devices(const struct cgroup_place *place, const struct device_rule *rules, size_t n) MUST_USE;

/* All processes of it and of what is below, host pids, sorted. */
int cgroup_pids(struct arena *arena, const struct cgroup_place *place, pid_t **ret_pids, size_t *ret_n) MUST_USE;
/* Signal all of them: SIGKILL by cgroup.kill (until 5.14 is the oldest kernel, and on v1: freeze, signal, thaw, again
 * until none is left), others one by one through pidfds. */
int cgroup_signal(const struct cgroup_place *place, int sig) MUST_USE;
/* Wait until no process is left in it; -ETIMEDOUT. */
int cgroup_wait_empty(const struct cgroup_place *place, int64_t deadline_ms) MUST_USE;
/* Remove it and what is below, leaves first; busy is tried again until the deadline. Missing is success. */
int cgroup_remove(const struct cgroup_place *place, int64_t deadline_ms) MUST_USE;

int cgroup_freeze(const struct cgroup_place *place, bool frozen, int64_t deadline_ms) MUST_USE;
int cgroup_is_frozen(const struct cgroup_place *place, bool *ret_frozen) MUST_USE;

/* Give a delegated v2 cgroup to uid:gid of the host: the directory and the files that /sys/kernel/cgroup/delegate lists. */
int cgroup_chown(const struct cgroup_place *place, uid_t uid) MUST_USE;

/* Read a file of the controller's cgroup into buf. -ENOENT is not recorded. */
ssize_t cgroup_read(const struct cgroup_place *place, const char *controller, const char *file, char *buf, size_t size) MUST_USE;
