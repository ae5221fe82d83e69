/* SPDX-License-Identifier: Apache-2.0 */
/*
 * posture.h: what confines a container, as `cruet explain` says it: filled from a plan (posture_plan.c) or from the kernel's
 * own files of a running one (posture_proc.c), judged (posture_rules.c), and put into rows (posture.c). Private to the files
 * beside it.
 */
#pragma once

#include "container.h"
#include "kernel/ns.h"
#include "plan/filter.h"

enum posture_ns { POSTURE_OWN, POSTURE_SHARED /* with other containers: joined by a path */, POSTURE_HOST };

/* A list that grows. */
struct posture_list {
	const char **v;
	size_t n, room;
};
int posture_add(struct arena *arena, struct posture_list *list, const char *fmt, ...) PRINTF_LIKE(3, 4) MUST_USE;

/* What is mounted where, in the order of the mounts. */
struct posture_mount {
	const char *target, *type; /* type "bind": no file system of the kernel's own */
	bool ro;
};

struct posture {
	const char *subject;
	int rootfd;                       /* of a running one; -1 */
	enum posture_ns ns[NS_KINDS];
	uint32_t uid, gid, host_uid, host_gid;
	bool has_host_ids;
	struct id_map uids, gids;         /* of its user namespace; none for the host's, or where it is not known */
	struct posture_list groups;
	struct cap_masks caps;
	uint64_t all_caps;                /* what the caller could give */
	int seccomp;                      /* SECCOMP_MODE_* */
	const struct plan_filter *filter; /* its program where it is known: of a running container the configuration's */
	bool waits;                       /* running: for its start, so what only execve brings is the plan's */
	bool apparmor_on, selinux_on;
	const char *apparmor, *selinux;   /* NULL: nothing was asked for */
	bool no_new_privs, root_readonly;
	struct posture_mount *mounts;
	size_t n_mounts, mounts_room;
	struct posture_list masked, readonly, devices, sysctls, host_paths;
	bool all_devices;                 /* every device, if there is a node */
	/* judged */
	struct posture_list refused, partly_refused, writable, exposed, fails_baseline, fails_restricted;
};

int posture_from_plan(struct arena *arena, const struct plan *plan, const struct host *host,
		      struct posture *ret) MUST_USE;
/* Over what posture_from_plan() filled: the kernel's own files of init, a process that lives. p->rootfd is the caller's to
 * close. */
int posture_from_process(struct arena *arena, int procfd, pid_t pid, struct posture *p) MUST_USE;
int posture_add_mount(struct arena *arena, struct posture *p, const char *target, const char *type, bool ro) MUST_USE;
/* A file system whose files are the kernel, not data. */
bool posture_is_kernel_fs(const char *type);
/* Where nothing is asked for, a container has the AppArmor profile of who makes it. */
int posture_own_profile(struct arena *arena, int procfd, struct posture *p) MUST_USE;
int posture_judge(struct arena *arena, struct posture *p) MUST_USE;
const char *posture_standard(const struct posture *p); /* "privileged", "baseline", "restricted" */

/* One, or two beside each other (right: NULL where there is one). */
int posture_print_table(struct arena *arena, const struct posture *left, const struct posture *right, FILE *out) MUST_USE;
int posture_print_json(struct arena *arena, const struct posture *left, const struct posture *right, FILE *out) MUST_USE;
