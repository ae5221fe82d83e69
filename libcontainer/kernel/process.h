/* SPDX-License-Identifier: Apache-2.0 */
/*
 * kernel/process.h: what a process is besides its namespaces: ids, limits, scheduling, memory policy, keyring. Each
 * function is one effect; numbers come from the plan. Init, unless it says otherwise.
 */
#pragma once

#include "base/base.h"

struct rlimit_row {
	int resource; /* RLIMIT_* */
	uint64_t soft, hard;
};
/* prlimit(2) on pid (0: self). Parent, before the user namespace: raising needs CAP_SYS_RESOURCE in the initial one. */
int process_set_rlimit(pid_t pid, const struct rlimit_row *row) MUST_USE;

struct sched_numbers { /* struct sched_attr of sched_setattr(2), without its size */
	uint32_t policy;
	uint64_t flags;
	int32_t nice;
	uint32_t priority;
	uint64_t runtime, deadline, period;
};
int process_set_scheduler(pid_t pid, const struct sched_numbers *s) MUST_USE;
/* ioprio_set(2) on the process group (the specification: IOPRIO_WHO_PGRP) once this process leads one, else on it alone:
 * before setsid() the group is the caller's, with host processes in it. */
int process_set_io_priority(int class, int priority) MUST_USE;
/* CPU mask as bytes, little-endian; n bytes. NULL resets to all CPUs that the cpuset allows. */
int process_set_affinity(pid_t pid, const unsigned long *mask, size_t bytes) MUST_USE;
int process_set_memory_policy(int mode_and_flags, const unsigned long *nodes, unsigned long maxnode) MUST_USE;
int process_set_personality(unsigned long domain) MUST_USE;
/* setgroups (unless `keep_groups`), setresgid, setresuid; verified by reading them back. */
int process_become(uint32_t uid, uint32_t gid, const uint32_t *groups, size_t n_groups, bool keep_groups) MUST_USE;
/* oom_score_adj below procfd ("PID/oom_score_adj" or "self/..."). */
int process_set_oom_score(int procfd, pid_t pid, int value) MUST_USE;
/* keyctl(KEYCTL_JOIN_SESSION_KEYRING, name) and possession-only permissions; -ENOSYS, -EDQUOT are the caller's to judge
 * (they are recorded: fail_forget). Never ends in a keyring that others could find: one of that name that is open to
 * them is left for an unnamed one. NULL: an unnamed one. */
int process_join_keyring(const char *name) MUST_USE;
int process_set_no_new_privs(void) MUST_USE;
/* chdir and then getcwd(2) as the raw call: a path that does not start with '/' is outside (CVE-2024-21626). */
int process_chdir(const char *path) MUST_USE;

/* What this process has from its caller and its children will have from it: the bounding set and the signals that are
 * ignored (bit N - 1 for signal N), in one read of status instead of a system call for each bit. */
struct process_inherited {
	uint64_t bounding, ignored;
};
int process_inherited(int procfd, struct process_inherited *ret) MUST_USE;

/* /proc/PID/stat below procfd: state letter and start time (clock ticks since boot). -ESRCH where there is no such
 * process: not recorded, as that is mostly an answer. */
int process_stat(int procfd, pid_t pid, char *ret_state, uint64_t *ret_start_time) MUST_USE;
/* A pidfd; pidfd_send_signal. -ESRCH is not recorded. Parent. */
int process_open(pid_t pid, int *ret_pidfd) MUST_USE;
int process_signal(int pidfd, int sig) MUST_USE;
/* Wait until a child of ours is gone, and reap it. EBUSY at the deadline. One that is no child of ours is gone. Parent. */
int process_reap(pid_t pid, int64_t deadline_ms) MUST_USE;
