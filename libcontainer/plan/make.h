/* SPDX-License-Identifier: Apache-2.0 */
/*
 * plan/make.h: what the files of this room share while they make one plan. Not for other rooms.
 *
 * The plan is read by the init stage, in which none of our own static data exists: all that it points to lies
 * in the arena. What comes from the spec lies there already; a word of ours, of the host or of the options
 * goes through keep().
 */
#pragma once

#include "base/arena.h"
#include "plan/plan.h"
#include "spec/spec.h"

#define WARNINGS_MAX 32

/* Environment and search path where the configuration gives none. */
#define DEFAULT_PATH "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

struct making {
	struct arena *arena;
	const struct spec *spec;
	const struct spec_process *process; /* of the spec, or what exec is to run; NULL: none */
	const struct host *host;
	const struct plan_options *options;
	struct plan *plan;
	const char **warnings;
};

/* A copy in the arena, or NULL with ENOMEM recorded. NULL stays NULL. */
const char *keep(struct making *m, const char *s);

/* Say something that the specification wants said; past WARNINGS_MAX nothing more is. */
int warn(struct making *m, const char *fmt, ...) PRINTF_LIKE(2, 3) MUST_USE;

/* An annotation of the configuration, or NULL. */
const char *make_annotation(const struct making *m, const char *key);

/* A path in the container: absolute (a relative one means: from the root), "//" and "." gone, no trailing
 * slash. ".." takes back what stands before it, by name and never above the root, as in runc: engines pass on
 * what users write (a pod's mountPath), and rules like those for /proc judge by the name. `place` is for the
 * error. */
int container_path(struct making *m, const char *place, const char *path, const char **ret_path) MUST_USE;

/* The namespaces that the plan makes, and all that differ from the caller's: bits of CLONE_NEW*. */
uint64_t ns_made(const struct plan_ns *ns);
uint64_t ns_any(const struct plan_ns *ns);

/* The numbers of a list like "0-3,7" as a bit mask in the arena; n numbers below `limit`. EINVAL, ERANGE with
 * `place` in the message. An empty text is an empty mask. */
int mask_parse(struct making *m, const char *place, const char *text, unsigned int limit,
	       const unsigned long **ret_mask, size_t *ret_bytes, size_t *ret_count) MUST_USE;

/* The parts, in the order in which plan_make() runs them. Each fills its piece of m->plan. */
int make_namespaces(struct making *m) MUST_USE; /* ns.c */
int make_exec_namespaces(struct making *m) MUST_USE;
int make_ids(struct making *m) MUST_USE;     /* ids.c */
int make_rdt(struct making *m) MUST_USE;     /* rdt.c */
int make_sysctls(struct making *m) MUST_USE; /* sysctl.c */
int make_mounts(struct making *m) MUST_USE;  /* mounts.c */
int make_live_mounts(struct making *m) MUST_USE; /* mounts_live.c */
int make_devices(struct making *m) MUST_USE; /* devices.c */
int make_process(struct making *m) MUST_USE; /* process.c */
int make_hooks(struct making *m) MUST_USE;   /* hooks.c */

/* Of exec.c: `process` with what the container's own gives where it says nothing. */
const struct spec_process *exec_process(struct arena *arena, const struct spec_process *container,
					const struct spec_process *process);

/* Of privileged.c, as plan_privileged(): one process. mount_label may be NULL. */
int privileged_process(struct arena *arena, const struct host *host, const char *mount_label,
		       const struct spec_process *process, const struct spec_process **ret_process) MUST_USE;

/* Of userns.c: the configuration in a user namespace of its own, with these ids. */
int userns_spec(struct arena *arena, const struct host *host, const struct id_range *ids, const struct spec *spec,
		const struct spec **ret_spec) MUST_USE;

/* Of mounts.c for mounts_live.c: the label and the list; linux.maskedPaths and readonlyPaths; where one mount is. */
int make_mount_list(struct making *m) MUST_USE;
int make_mount_paths(struct making *m) MUST_USE;
int make_mount_target(struct making *m, size_t i, struct plan_mount *p) MUST_USE;

/* Of mounts.c for mounts_cgroup.c: the mounts that stand for one of type "cgroup", at most
 * cgroup_mounts_max(), to *ret (the first carries the words of the configuration already). Returns how many
 * in *ret_n. */
size_t cgroup_mounts_max(const struct making *m);
int cgroup_mounts(struct making *m, const struct plan_mount *asked, struct plan_mount *ret,
		  size_t *ret_n) MUST_USE;

/* Of process.c: the environment, each name once, the last one wins; O(n). */
int make_env(struct making *m, const struct strings *given, const char *const *ret_env[],
	     const char **ret_path) MUST_USE;
/* Of caps.c. */
int make_caps(struct making *m, const struct spec_capabilities *caps, struct cap_masks *ret_masks) MUST_USE;
