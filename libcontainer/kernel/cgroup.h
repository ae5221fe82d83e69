/* SPDX-License-Identifier: Apache-2.0 */
/*
 * kernel/cgroup.h: control groups of v1, v2 and hybrid hosts, by fd from the hierarchy's root (rule R12: no
 * path leaves it). Parent only. cgroup.c dispatches to cgroup_v1.c and cgroup_v2.c. Source: cgroups(7),
 * kernel cgroup-v2.rst.
 *
 * A place is where one container's processes are: one directory on v2, one in each hierarchy on v1 and
 * hybrid.
 */
#pragma once

#include "base/arena.h"
#include "base/base.h"

enum cgroup_mode {
	CGROUP_NONE,   /* nothing is mounted, or the manager is "disabled": nothing below is to be called */
	CGROUP_V2,     /* cgroup2 on /sys/fs/cgroup */
	CGROUP_V1,     /* v1 hierarchies below /sys/fs/cgroup */
	CGROUP_HYBRID, /* v1 hierarchies, and a cgroup2 without controllers on /sys/fs/cgroup/unified */
};

#define CGROUP_HIERARCHIES_MAX 20

struct cgroup_hierarchy {
	const char *mountpoint;	 /* "/sys/fs/cgroup/cpu,cpuacct" */
	const char *controllers; /* "cpu,cpuacct", "name=systemd", "" for cgroup2 */
	const char *own; /* the caller's own cgroup, from the root of what is mounted: "/" or "/a/b" */
	bool v2;
};

/* What this host has, read once: /proc/self/cgroup of procfd, and, only where /sys/fs/cgroup itself is not a
 * cgroup2, /proc/self/mountinfo, in one pass. */
struct cgroup_host {
	enum cgroup_mode mode;
	struct cgroup_hierarchy v[CGROUP_HIERARCHIES_MAX];
	size_t n;
};
int cgroup_host_read(struct arena *arena, int procfd, struct cgroup_host *ret_host) MUST_USE;

/* The directory of `path` in the hierarchy of a controller ("" or one without a v1 hierarchy: in cgroup2), in the arena;
 * NULL where there is no such hierarchy. For programs that take no fd. */
const char *cgroup_host_dir(struct arena *arena, const struct cgroup_host *host, const char *controller,
			    const char *path);

/* What to do with one file. */
enum cgroup_op {
	CGROUP_SET,	    /* write the value */
	CGROUP_SET_OR_NEXT, /* the same; where the file is missing the next entry does it, else that one is
			       skipped */
	CGROUP_SET_SECOND,  /* replace the second word of the line, keep the first: the period of "cpu.max" */
	CGROUP_SET_RT,	    /* v1 cpu.rt_*: ancestors without a budget get the same first (RT_GROUP_SCHED) */
	CGROUP_CHECK_BELOW, /* write nothing: EBUSY where the number in the file is above the value */
	CGROUP_SET_WARN,    /* a kernel may take the value and forget it: a warning then */
};

/* One value for one file. The strings of the parent's own program are not copied: not for the init stage. */
struct cgroup_write {
	enum cgroup_op op;
	const char *controller; /* "memory"; "" for cgroup core files */
	const char *file;	/* "memory.max", one component */
	const char *value;
	bool may_be_missing; /* the rule of the specification allows the file to be absent: no error then */
	/* Tried once more after the other entries on EINVAL and EBUSY, which may come from another file's old
	 * value: limit and swap, quota and burst. */
	bool again;
	const char *property; /* "linux.resources.memory.limit": for the error */
};

struct cgroup_place;

/* Look, touch nothing: 0 where nothing of `path` exists or all of it is empty and thawed, else EBUSY with the
 * failure recorded. For before the ledger's intent is written: what `delete` finds under a recorded path, it
 * kills. */
int cgroup_check(const struct cgroup_host *host, const char *path) MUST_USE;

/* Make the cgroup `path` (normalised, absolute from the hierarchy's root, no "..") in every hierarchy. v2: of
 * the `controllers` ("cpu memory pids") those that the host has are enabled on the way down, only the missing
 * ones are written; one that cannot be enabled is an error only when cgroup_apply needs it. Refuses to adopt:
 * an existing non-empty one, or a frozen one (itself or an ancestor) is EBUSY; an existing empty one is used,
 * and removed at the end as if it had been made. On failure what it made is removed again; ancestors that
 * exist when it succeeds stay for good. */
int cgroup_make(struct arena *arena, const struct cgroup_host *host, const char *path,
		const char *controllers, struct cgroup_place **ret_place) MUST_USE;

/* Open one that a service manager has just made, with our process `pid` in it. v2: enable those of the
 * `controllers` that the manager leaves alone (hugetlb, rdma). v1 and hybrid: make it as cgroup_make() does in
 * the hierarchies that the manager leaves alone (cpuset, freezer, net_cls ...); the process is to be attached
 * there. Somebody else in one of them is EBUSY: then nothing of it may be killed or removed by its path. */
int cgroup_adopt(struct arena *arena, const struct cgroup_host *host, const char *path,
		 const char *controllers, pid_t pid, struct cgroup_place **ret_place) MUST_USE;

/* Open the cgroup that the ledger remembers; -ENOENT (not recorded) where nothing of it exists any more. A
 * hierarchy in which it is missing (a create was killed on the way) is left out of the place. */
int cgroup_open(struct arena *arena, const struct cgroup_host *host, const char *path,
		struct cgroup_place **ret_place) MUST_USE;
/* As cgroup_open() in the freezer's hierarchy alone: for cgroup_is_frozen(). */
int cgroup_open_freezer(struct arena *arena, const struct cgroup_host *host, const char *path,
			struct cgroup_place **ret_place) MUST_USE;
void cgroup_close(struct cgroup_place *place);

/* Go from a place to cgroups below it that are there already; it can be attached to and written to then, not be removed.
 * One that is missing in a hierarchy is an error, as a process would stay outside of the place there. */
struct cgroup_below {
	const char *controllers; /* "cpu,memory": in their hierarchies, v1 only; "": in all */
	const char *path;	 /* normalised, from the place: "/" is the place itself */
};
int cgroup_enter_below(struct cgroup_place *place, const struct cgroup_below *v, size_t n) MUST_USE;

/* The fd for CLONE_INTO_CGROUP, or -1 where processes must be attached by cgroup_attach (v1, hybrid). */
int cgroup_clone_fd(const struct cgroup_place *place);
int cgroup_attach(const struct cgroup_place *place, pid_t pid) MUST_USE;

/* Apply the writes in order; the error names property, file and value. */
int cgroup_apply(const struct cgroup_place *place, const struct cgroup_write *writes, size_t n) MUST_USE;

/* Device rules, of which the last that matches decides, for each kind of access by itself; what none matches
 * is denied. v2 attaches the eBPF program atomically (kernel/bpf_device.h), v1 writes devices.deny/allow, and
 * refuses (EOPNOTSUPP) what those cannot express. Not called in a user namespace, where both are EPERM: the
 * plan's decision. */
#define DEVICE_MKNOD 1u /* as BPF_DEVCG_ACC_* */
#define DEVICE_READ 2u
#define DEVICE_WRITE 4u
#define DEVICE_ALL (DEVICE_MKNOD | DEVICE_READ | DEVICE_WRITE)
struct device_rule {
	bool allow;
	char type;	      /* 'a', 'b', 'c' */
	int64_t major, minor; /* -1: all */
	unsigned int access;  /* DEVICE_* */
};
int cgroup_set_devices(struct cgroup_place *place, const struct device_rule *rules, size_t n) MUST_USE;
/* What takes long of it, ahead of the next cgroup_set_devices(), which must be for the same rules. */
int cgroup_load_devices(struct cgroup_place *place, const struct device_rule *rules, size_t n) MUST_USE;
/* What v1 makes of the rules, pure: what is the case for all devices, and the exceptions to it, with what is left
 * of each. `ret_v` has room for `n`. EOPNOTSUPP where v1 cannot say it. */
int cgroup_device_exceptions(const struct device_rule *rules, size_t n, bool *ret_allow,
			     struct device_rule *ret_v, size_t *ret_n) MUST_USE;

/* All processes of it and of what is below, host pids, sorted. */
int cgroup_pids(struct arena *arena, const struct cgroup_place *place, pid_t **ret_pids,
		size_t *ret_n) MUST_USE;
/* Signal all of them: SIGKILL by cgroup.kill (until 5.14 is the oldest kernel, and on v1: freeze, signal,
 * thaw), others one by one through pidfds. SIGKILL leaves the cgroup thawed, as a frozen v1 process does not
 * die. The deadline is for the freezing; it does not wait for the end of the processes: cgroup_wait_empty
 * does. */
int cgroup_signal(const struct cgroup_place *place, int sig, int64_t deadline_ms) MUST_USE;
/* Wait until no process is left in it; -ETIMEDOUT. */
int cgroup_wait_empty(const struct cgroup_place *place, int64_t deadline_ms) MUST_USE;
/* Remove it at once if it has no processes and nothing below; false: look closer. */
bool cgroup_remove_empty(const struct cgroup_place *place) MUST_USE;
/* Remove it and what is below, leaves first; busy is tried again until the deadline. Missing is success. */
int cgroup_remove(const struct cgroup_place *place, int64_t deadline_ms) MUST_USE;

/* A freeze that does not come about before the deadline is taken back, and -ETIMEDOUT. */
int cgroup_freeze(const struct cgroup_place *place, bool frozen, int64_t deadline_ms) MUST_USE;
int cgroup_is_frozen(const struct cgroup_place *place, bool *ret_frozen) MUST_USE;

/* Give a delegated v2 cgroup to the host's uid: the directory and the files that /sys/kernel/cgroup/delegate
 * lists. */
int cgroup_chown(const struct cgroup_place *place, uid_t uid) MUST_USE;

/* cgroup_mark.c: note on the cgroup whose it is (the state root, in one line); where we may not, there is no mark. */
void cgroup_mark(const struct cgroup_place *place, const char *mark);
/* The paths of all cgroups that have this mark, each once. */
int cgroup_find_marked(struct arena *arena, const struct cgroup_host *host, int procfd, const char *mark,
		       struct strings *ret_paths) MUST_USE;
/* Nobody is in it or below. */
bool cgroup_is_empty(const struct cgroup_place *place);

/* Read a file of the controller's cgroup into buf. -ENOENT is not recorded. */
ssize_t cgroup_read(const struct cgroup_place *place, const char *controller, const char *file, char *buf,
		    size_t size) MUST_USE;
