/* SPDX-License-Identifier: Apache-2.0 */
/*
 * plan/plan.h: the numbers. What config.json says, resolved to flags, masks, ids and bytes, touching nothing: a plan
 * never holds an inode or an fd, so it is never stale. Made by plan_make() in the parent, const from then on; it lies
 * in the shared arena, so the init stage reads it through the same pointers. This header is all that init/ sees of it:
 * it must not include spec/.
 */
#pragma once

#include "base/arena.h"
#include "base/base.h"
#include "kernel/caps.h"
#include "kernel/cgroup.h"
#include "kernel/cgroup_systemd.h"
#include "kernel/device.h"
#include "kernel/mount.h"
#include "kernel/ns.h"
#include "kernel/process.h"

struct spec;
struct spec_mount;
struct spec_process;

/* A list of numbers: `n` of them at `v`. */
#define PLAN_LIST(type)                \
	struct {                       \
		const struct type *v; \
		size_t n;              \
	}

/* ---- namespaces and ids (ns.c, ids.c) ---------------------------------------------------------------------- */

struct plan_time_offset {
	int clock; /* CLOCK_MONOTONIC, CLOCK_BOOTTIME */
	int64_t secs;
	uint32_t nanosecs;
};

struct plan_ns {
	const char *path[NS_KINDS]; /* to be joined; NULL: not */
	uint64_t join;              /* CLONE_NEW* of those with a path */
	uint64_t clone;             /* CLONE_NEW* that the clone3 of init makes (without a stage: made by the parent's clone3) */
	uint64_t late;              /* unshared by init once it is in its final cgroup: CLONE_NEWCGROUP or 0 */
	uint64_t stage;             /* with a stage: what it unshares itself before cloning init: CLONE_NEWUSER, CLONE_NEWTIME */
	bool needs_stage;           /* the decision table of ns.c */
	uint64_t not_callers;       /* of join: what is set in these (sysctls, host name, devices) must not be set on the
				       host, so the parent refuses a path that leads to its own namespace */
	PLAN_LIST(plan_time_offset) offsets;

	bool userns;                /* init ends up in a user namespace that is not the caller's (made or joined) */
	struct id_map uids, gids;   /* of it; for a joined one they must equal what it has (empty: not given) */
	bool deny_setgroups;        /* rootless without newgidmap */
};

/* ---- the file system (mounts.c, words.c, devices.c) ---------------------------------------------------------- */

enum plan_root_switch { ROOT_PIVOT, ROOT_MOVE /* --no-pivot */, ROOT_CHROOT /* no mount namespace made here */ };

struct plan_root {
	const char *path;           /* absolute, on the host */
	bool readonly;              /* the last of all acts on the root */
	enum plan_root_switch how;
	bool idmapped;              /* its ids are those of the container's user namespace (--userns=auto) */
	bool on_host;               /* ROOT_CHROOT, and mounts are made in the caller's own mount namespace */
	unsigned long old_propagation; /* MS_* for "/" of the new mount namespace before anything is mounted: MS_SLAVE|MS_REC */
	unsigned long propagation;     /* linux.rootfsPropagation: MS_* of the new root after the switch; 0: none asked for */
};

enum plan_mount_kind {
	PLAN_MOUNT_BIND,    /* source is a host path (or an fd that the parent opened) */
	PLAN_MOUNT_FS,      /* a new file system of `type` */
	PLAN_MOUNT_REMOUNT, /* attributes of what is mounted at the target already (option "remount", or cgroup v1's last "ro") */
	PLAN_MOUNT_LINK,    /* a symlink at the target to `source` (co-mounted cgroup v1 controllers) */
};

enum plan_idmap { IDMAP_NONE, IDMAP_CONTAINER /* the container's user namespace */, IDMAP_OWN /* uids, gids below */ };

struct plan_mount {
	const char *where;  /* "mounts[3] /dev/shm": for errors and explain */
	enum plan_mount_kind kind;
	const char *target; /* in the container, as given */
	const char *source; /* NULL: none */
	const char *type;   /* PLAN_MOUNT_FS only */
	const char *fallback_source; /* PLAN_MOUNT_FS refused with EPERM or EBUSY: bind this host path instead (sysfs, cgroup2
					in a user namespace that does not own the network or cgroup namespace); NULL: an error */
	PLAN_LIST(mount_param) params;
	struct mount_attrs attrs;
	const unsigned long *propagation; /* MS_* applied in this order after the mount */
	size_t n_propagation;
	bool recursive;        /* rbind */
	bool source_nofollow, target_nofollow, copy_symlink; /* crun's src-nofollow, dest-nofollow, copy-symlink */
	bool copy_up;          /* tmpcopyup */
	bool inherit_mode;     /* tmpfs without mode=: the mode of the directory below it */
	bool label_by_xattr;   /* the plan's mount label, on the mount's root: for a file system that takes no context option */
	bool late_readonly;    /* read-only only once devices and links are in it (/dev) */
	bool parent_opens;     /* the parent opens the source (user namespace, or an idmapped one) and init gets an fd */
	bool must_be_proc;     /* a bind on /proc: its root must be that of a procfs (CVE-2019-16884), else an error */
	enum plan_idmap idmap;
	bool idmap_recursive;
	struct id_map uids, gids; /* IDMAP_OWN: hostID is a host id */
};

struct plan_link {
	const char *path, *target;
};

struct plan_sysctl {
	const char *key;   /* as given */
	const char *file;  /* "net/ipv4/ip_forward", below /proc/sys */
	const char *value;
};

/* ---- the cgroup (cgroup.c) ------------------------------------------------------------------------------------- */

struct plan_cgroup {
	bool none;              /* --cgroup-manager disabled, or no hierarchy: the container stays in the caller's */
	bool tolerant;          /* rootless and nothing was asked for: failing to make one is not an error */
	const char *path;       /* normalised, from the hierarchy's root */
	const struct unit *unit; /* the systemd manager makes it, as this scope; NULL: we do */
	bool user_unit;         /* the user's manager, not the system's */
	bool attach;            /* processes are attached by the parent after clone (v1, hybrid, systemd), not by CLONE_INTO_CGROUP */
	const char *controllers; /* to be enabled, for cgroup_make() */
	PLAN_LIST(cgroup_write) writes;
	bool set_devices;
	PLAN_LIST(device_rule) devices;
	struct opt_u32 chown_uid; /* delegated: host uid that shall own it */
};

/* ---- resctrl: linux.intelRdt (rdt.c) ------------------------------------------------------------------------------ */

struct plan_rdt {
	const char *group;    /* its directory; "/": the root, the default group of all tasks */
	bool own;             /* made for this container, and goes with it; else one that others may be in, and that stays */
	bool make;            /* one that is not there is made; else that is an error */
	const char *schemata; /* lines: set where we make the group, and what it must have where it is there; NULL: none */
	bool monitoring;      /* a monitoring group of the container's own in it, by its id */
};

/* ---- the process (process.c) ------------------------------------------------------------------------------------ */

struct plan_exec {
	const char *const *args; /* NULL: nothing to start (no process in the configuration): start fails */
	const char *const *env;  /* each name once; HOME is always there: "/root" for uid 0, else "/", where the configuration
				    has none (the image's passwd is never consulted, rule R8) */
	const char *path;        /* value of PATH in env, or the default search path */
	const char *cwd;
};

struct plan_user {
	uint32_t uid, gid;
	const uint32_t *groups;
	size_t n_groups;
	bool keep_groups;  /* setgroups is denied in this user namespace, or run.oci.keep_original_groups */
	mode_t umask;
};

struct plan_memory_policy {
	int mode_and_flags;
	const unsigned long *nodes;
	unsigned long maxnode;
};

struct plan_io_priority {
	int class, priority; /* IOPRIO_CLASS_*, 0..7 */
};

struct plan_affinity {
	bool set;
	const unsigned long *mask;
	size_t bytes;
};

struct plan_filter;   /* seccomp: plan/filter.h */

struct plan_process {
	struct plan_exec exec;
	struct plan_user user;
	bool set_caps;
	struct cap_masks caps;
	PLAN_LIST(rlimit_row) rlimits;
	bool no_new_privs;
	struct opt_i64 oom_score_adj;
	bool oom_score_best_effort; /* rootless: lowering may fail */
	const struct sched_numbers *scheduler;     /* NULL: as it is */
	const struct plan_io_priority *io_priority;
	struct plan_affinity initial_affinity; /* exec only: until it is in the container's cgroup */
	struct plan_affinity final_affinity;   /* mask NULL: all that the cgroup allows, not what the caller had */
	const struct plan_memory_policy *memory_policy;
	struct opt_u64 personality;
	bool terminal;
	uint16_t rows, columns;     /* 0: not given */
	const char *keyring;        /* name of the session keyring; NULL with --no-new-keyring */
	const char *apparmor_profile, *selinux_label;
	unsigned int preserve_fds;  /* fds 3 .. 3+n-1 stay open where they are */
};

/* ---- hooks ------------------------------------------------------------------------------------------------------- */

enum plan_hook_point { HOOK_PRESTART, HOOK_CREATE_RUNTIME, HOOK_CREATE_CONTAINER, HOOK_START_CONTAINER, HOOK_POSTSTART, HOOK_POSTSTOP, HOOK_POINTS };
extern const char *const plan_hook_names[HOOK_POINTS]; /* "prestart", ... as in the configuration */

struct plan_hook {
	const char *path;
	const char *const *args; /* never NULL: {path} where none were given */
	const char *const *env;  /* never NULL */
	int64_t timeout_ms;      /* a default bound where none was given */
};

/* ---- the whole ---------------------------------------------------------------------------------------------------- */

struct plan_net_device {
	const char *host_name, *name;
};

enum plan_kind {
	PLAN_CREATE,
	PLAN_EXEC,
	/* of a container that runs; UNDO: those of ADD that were attached */
	PLAN_MOUNTS_ADD,
	PLAN_MOUNTS_REMOVE,
	PLAN_MOUNTS_UNDO,
};
#define PLAN_LIVE_MAX 256 /* mounts that can be added or removed at once */

struct plan {
	enum plan_kind kind;
	const char *id, *bundle; /* bundle: absolute */
	/* State JSON for hooks, without what changes: head STATUS tail_1 PID tail_2. */
	const char *state_head, *state_middle, *state_tail;
	const char *oci_version; /* that the state complies with */

	struct plan_ns ns;
	struct plan_root root;
	PLAN_LIST(plan_mount) mounts;
	PLAN_LIST(device) devices;   /* default ones and linux.devices, in that order */
	bool bind_devices;           /* a user namespace: bind the host's nodes */
	PLAN_LIST(plan_link) links;  /* /dev/fd, /dev/stdin, ..., /dev/ptmx */
	struct strings masked, readonly;
	const char *hostname, *domainname;
	PLAN_LIST(plan_sysctl) sysctls;
	PLAN_LIST(plan_net_device) net_devices;
	bool loopback_up;            /* a network namespace of its own */
	struct plan_cgroup cgroup;
	const struct plan_rdt *rdt;  /* NULL: nothing of it is touched */
	struct plan_process process;
	const struct plan_filter *filter; /* NULL: unconfined */
	struct plan_filter *unfinished;   /* it, where filter_later left its program to be made: filter_finish() */
	const struct mount_param *mount_label; /* "context" or what else the configuration chose, and the label; NULL: none */
	bool stage_opens;            /* mounts of a running container: the caller may clone nothing on the host, so the stage opens
					what is bound */
	bool privileged;             /* was asked for: the configuration was rewritten (privileged.c) */
	PLAN_LIST(plan_hook) hooks[HOOK_POINTS];
	struct strings warnings;     /* degradations that the specification wants said: unknown capabilities and the like */
};

/* ---- making one (parent only) ------------------------------------------------------------------------------------- */

/* Facts about the machine, asked once by the caller; tests pass made-up ones. */
struct host {
	uint32_t euid, egid;
	bool initial_userns;   /* the caller is in the initial user namespace */
	bool no_setgroups;     /* it is in one where setgroups is denied, and so in all that are made below */
	uint64_t bounding;     /* the caller's bounding set: what a container can get at most */
	uint64_t ignored_signals; /* that the caller ignores, as we then do: bit N - 1 for signal N */
	struct cgroup_host cgroup;
	bool apparmor, selinux;
	const char *selinux_context; /* the caller's own, where SELinux is on */
	PLAN_LIST(device) devices;   /* the nodes of its /dev: only asked for where it is privileged */
	const char *notify_socket; /* NOTIFY_SOCKET of the caller, or NULL */
	unsigned int listen_fds;   /* LISTEN_FDS of the caller, or 0 */
	bool has_newuidmap;
};

/* What the command line says about one container. */
struct plan_options {
	const char *id;
	const char *bundle;       /* absolute, resolved by the caller */
	bool no_pivot, no_new_keyring, systemd_cgroup, no_cgroup;
	bool privileged;          /* create: the container; exec: the process */
	struct id_range ids;      /* --userns=auto: in a user namespace with these (size 0: as the configuration says) */
	struct opt_bool rootless; /* may it stay in the caller's cgroup; absent: who is not root may */
	unsigned int preserve_fds;
	bool filter_later;        /* the engine compiles the seccomp filter beside init, or nobody needs it */
	const char *notify_dir;   /* host directory of the notification proxy's socket, to be bound at /run/notify; or NULL */
};

int plan_make(struct arena *arena, const struct spec *spec, const struct host *host, const struct plan_options *options,
	      const struct plan **ret_plan) MUST_USE;

/* As plan_make() for one more process in a running container: `spec` is the container's snapshot, `process` what shall run.
 * What `process` does not say of capabilities, rlimits, scheduler, ioPriority, execCPUAffinity, oomScoreAdj and labels is
 * the container's; user, environment and no_new_privs are its own. ns.join has every namespace that the container does not
 * share with whoever made it, without paths: they are joined through init's pidfd. */
int plan_make_exec(struct arena *arena, const struct spec *spec, const struct spec_process *process, const struct host *host,
		   const struct plan_options *options, const struct plan **ret_plan) MUST_USE;

/* Mounts that a running container, of which `spec` is the snapshot, shall get (PLAN_MOUNTS_ADD), or lose
 * (PLAN_MOUNTS_REMOVE: only their destinations count). ns.join has the namespaces that this takes, joined through init's
 * pidfd; ns.path only a joined user namespace's, for its maps. */
struct plan_live {
	enum plan_kind kind;
	const struct spec_mount *v;
	size_t n;
};
int plan_make_live(struct arena *arena, const struct spec *spec, const struct plan_live *live, const struct host *host,
		   const struct plan_options *options, const struct plan **ret_plan) MUST_USE;

/* The configuration as a privileged container has it (privileged.c): what plan_make() does by itself where its options
 * say so, and what plan_make_exec() wants as `spec` where the container was made so. */
int plan_privileged(struct arena *arena, const struct host *host, const struct spec *spec,
		    const struct spec **ret_spec) MUST_USE;

/* The plan in words, stable and complete: what `create --dry-run` prints and the golden tests compare. */
int plan_explain(struct arena *arena, const struct plan *plan, const char **ret_text) MUST_USE;
