/* SPDX-License-Identifier: Apache-2.0 */
/*
 * libcontainer.h: run OCI containers from C. The only header that the program `cruet` sees, and the only one that other
 * programs need; it includes nothing of ours.
 *
 * A context (struct cruet) is what all commands of one caller share: the state root and the cgroup manager. Each verb is
 * one function; it returns 0 or a negative errno, and cruet_error() then has the one line to show. A verb that returns 0
 * has done what the OCI runtime specification demands of it; one that fails has left nothing behind. No verb waits
 * without bound. The library forks, and it expects a process without other threads for create, run, restore and exec.
 * Strings are UTF-8 and NUL-terminated; times are milliseconds; a zeroed struct asks for the defaults.
 *
 * Who owns what: options are only read, and may go when the function returns. What a function hands out through a ret_
 * parameter lies in the context and is valid until cruet_close(); ret_ parameters are written on success only.
 *
 * Errors: where the kernel refused something its errno is returned. By themselves the verbs fail with -ENOENT where there is
 * no such container, -EBUSY where another command is working on it, -ETIMEDOUT where a time limit is over, -EPERM
 * where the caller may not, and -EINVAL for everything that is wrong with the configuration, the options or the state
 * that the container is in. The text, not the number, tells what to do. A process has one failure at a time: the
 * first since cruet_forget() stays.
 *
 * A program built with the shared library works with later versions of the same soname; structs that a caller fills grow
 * at their end only. tests/example/run.c is a whole program.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/types.h>

#ifdef __cplusplus
extern "C" {
#endif

#define CRUET_API __attribute__((visibility("default"), warn_unused_result))

struct cruet;

enum cruet_manager { CRUET_MANAGER_CGROUPFS, CRUET_MANAGER_SYSTEMD, CRUET_MANAGER_DISABLED };

/* May a container stay in the caller's cgroup where the caller can make none and the bundle asks for nothing? AUTO: only
 * for who is not root. */
enum cruet_rootless { CRUET_ROOTLESS_AUTO, CRUET_ROOTLESS_TRUE, CRUET_ROOTLESS_FALSE };

struct cruet_options {
	const char *root;            /* state root; NULL: /run/cruet, or $XDG_RUNTIME_DIR/cruet for who is not the host's root */
	enum cruet_manager manager;  /* for create and run; all other verbs go by what the container was made with */
	enum cruet_rootless rootless;
};

/* Open a context, which is one thread's at a time. A relative root is taken from the working directory as it is now. The
 * state root is made by the first verb that needs it. -EPERM in a setuid process. */
CRUET_API int cruet_open(const struct cruet_options *options, struct cruet **ret_cruet);
/* Ends everything that was handed out through it; containers stay as they are. */
void cruet_close(struct cruet *cruet) __attribute__((visibility("default")));

/* The failure of this process as one line ("TEXT: STRERROR") in buf, cut where it is longer; returns buf. "" where there
 * is none. */
const char *cruet_error(char *buf, size_t size) __attribute__((visibility("default")));

struct cruet_create {
	const char *id;
	const char *bundle;          /* NULL: the working directory */
	const char *config;          /* NULL: BUNDLE/config.json */
	const char *pid_file;        /* NULL: none; written atomically, decimal digits only */
	const char *console_socket;  /* gets the terminal's master by SCM_RIGHTS */
	const char *pidfd_socket;    /* gets a pidfd of the process by SCM_RIGHTS */
	unsigned int preserve_fds;   /* fds 3 .. 3+n-1 go to the container */
	bool no_pivot, no_new_keyring;
	bool privileged;             /* all that the caller can give: capabilities, devices; no seccomp, no profile, no masks */
	const char *userns;          /* NULL: as the configuration says; "auto", "auto:size=N,user=NAME": in a user namespace of
					its own, with a free range of the user's subordinate ids and its root's ids mapped */
	int64_t timeout_ms;          /* for the whole of create; 0: the default of 2 minutes beside the hooks' own timeouts */
	/* run only */
	bool detach, keep, no_subreaper;
};

/* Make a container; its init waits for cruet_start(). The configuration is read now, and what is changed in it later means
 * nothing to this container. An id is 1 to 1024 letters, digits, "_", "+", "-" and ".", and must not be taken. */
CRUET_API int cruet_create(struct cruet *cruet, const struct cruet_create *options);
/* Let a created container execute its program, and wait until it has, or could not: then the container is stopped, and the
 * failure is execve's. */
struct cruet_start {
	const char *id;
	int64_t timeout_ms;          /* until the program is executed and the poststart hooks have run; 0: 2 minutes beside
					the hooks' own timeouts */
};
CRUET_API int cruet_start(struct cruet *cruet, const struct cruet_start *options);
/* create, start and, unless detached, wait: *ret_status is the exit code, 128 + signal where it was killed. */
CRUET_API int cruet_run(struct cruet *cruet, const struct cruet_create *options, int *ret_status);
/* What create would do, in words, to `out`; touches nothing. */
CRUET_API int cruet_explain_plan(struct cruet *cruet, const struct cruet_create *options, FILE *out);

/* Send a signal to a container's init. It must run, or be created; else -EINVAL, but with `all`. */
struct cruet_kill {
	const char *id;
	int signal;
	bool all;                    /* every process of the container; also where init is gone */
};
CRUET_API int cruet_kill(struct cruet *cruet, const struct cruet_kill *options);

/* Remove a container that has stopped (or was never started) and all that is left of it: the cgroup, its mounts on the host,
 * the record. Poststop hooks run after that, and cannot fail it. */
struct cruet_delete {
	const char *id;
	bool force;                  /* kill what runs; a missing container is no error */
	int64_t timeout_ms;          /* 0: 10 s */
};
CRUET_API int cruet_delete(struct cruet *cruet, const struct cruet_delete *options);

struct cruet_words {
	const char *const *v;
	size_t n;
};

enum cruet_cgroups_mode { CRUET_CGROUPS_SOFT, CRUET_CGROUPS_FULL, CRUET_CGROUPS_STRICT, CRUET_CGROUPS_IGNORE };
/* How criu keeps packets from TCP connections meanwhile; by default as its configuration says, or with iptables. */
enum cruet_network_lock {
	CRUET_NETWORK_LOCK_DEFAULT,
	CRUET_NETWORK_LOCK_IPTABLES,
	CRUET_NETWORK_LOCK_NFTABLES,
	CRUET_NETWORK_LOCK_SKIP,
};

/* What checkpoint and restore both say to the program criu, which must be installed. */
struct cruet_criu {
	const char *image_path;      /* directory of the images; NULL: "checkpoint" in the working directory */
	const char *work_path;       /* of criu's log and statistics; NULL: with the images */
	const char *parent_path;     /* of an earlier pre-dump, relative to the images */
	enum cruet_cgroups_mode cgroups;
	enum cruet_network_lock network_lock;
	struct cruet_words empty_ns; /* "network": its content is not dumped, and is not there after the restore */
	bool tcp_established, ext_unix_sk, shell_job, file_locks, lazy_pages, auto_dedup, link_remap;
	int64_t timeout_ms;          /* criu is ended then; 0: 10 minutes */
};

/* Write the state of a running or paused container to images. It is deleted then, unless it is left running or this is
 * a pre-dump. */
struct cruet_checkpoint {
	struct cruet_criu criu;
	const char *id;
	bool leave_running, pre_dump, tcp_skip_in_flight;
	const char *page_server;     /* ADDRESS:PORT: memory goes there, not into the images */
	unsigned int status_fd;      /* gets a zero byte when lazy pages can be asked for; 0: none */
};
CRUET_API int cruet_checkpoint(struct cruet *cruet, const struct cruet_checkpoint *options);

/* A container from images: it is running afterwards, like one that was started. Of `create` the bundle, the pid file, the
 * console socket and what is for run alone count. */
struct cruet_restore {
	struct cruet_create create;
	struct cruet_criu criu;
	bool tcp_close;
	const char *lsm_profile;     /* "apparmor:NAME" or "selinux:LABEL", in place of what the images say */
	const char *lsm_mount_context;
};
/* As cruet_run(). */
CRUET_API int cruet_restore(struct cruet *cruet, const struct cruet_restore *options, int *ret_status);

/* One more process in a container that is created or running. What `process` (a file with the specification's process
 * object) says goes before the single options; without it args are needed, and the rest is the container's own process. */
struct cruet_exec {
	const char *id;
	const char *process;         /* NULL: none; "-": stdin */
	struct cruet_words args;
	struct cruet_words env;      /* NAME=VALUE, over the container's */
	const char *cwd, *user;      /* user: UID[:GID], digits only */
	struct cruet_words additional_gids;
	struct cruet_words caps;     /* added to bounding, effective and permitted */
	const char *process_label, *apparmor;
	struct cruet_words cgroups;  /* PATH below the container's cgroup, or CONTROLLER[,CONTROLLER]:PATH for v1 hierarchies */
	bool tty, no_new_privs, ignore_paused, detach, privileged;
	const char *pid_file, *console_socket, *pidfd_socket;
	unsigned int preserve_fds;
	int64_t timeout_ms;          /* until the program is executed; 0: 2 minutes */
};
/* Unless detached: wait, and *ret_status is the exit code, 128 + signal where it was killed. */
CRUET_API int cruet_exec(struct cruet *cruet, const struct cruet_exec *options, int *ret_status);

/* CREATING: its create is under way, or was killed. UNKNOWN: its record cannot be read. */
enum cruet_status { CRUET_CREATING, CRUET_CREATED, CRUET_RUNNING, CRUET_PAUSED, CRUET_STOPPED, CRUET_UNKNOWN };
/* The specification's word for it: "created", "running", "paused", "stopped", "creating"; or "unknown". Never NULL. */
CRUET_API const char *cruet_status_word(enum cruet_status status);

struct cruet_annotation {
	const char *key, *value;
};

/* A container as the specification's state has it. Strings are valid until cruet_close(). */
struct cruet_state {
	const char *oci_version, *id, *bundle, *rootfs, *created;
	enum cruet_status status;
	pid_t pid;                   /* 0 when stopped */
	uid_t owner;
	const struct cruet_annotation *annotations;
	size_t n_annotations;
	const char *problem;         /* CRUET_UNKNOWN: why its record cannot be read */
};
CRUET_API int cruet_state(struct cruet *cruet, const char *id, struct cruet_state *ret_state);
/* The state object as JSON (two spaces a level, no newline at the end), as runc prints it. */
CRUET_API int cruet_state_json(struct cruet *cruet, const char *id, const char **ret_json);

/* All containers, sorted by id; one that cannot be read is there with CRUET_UNKNOWN and its problem. */
CRUET_API int cruet_list(struct cruet *cruet, const struct cruet_state **ret_states, size_t *ret_n);
/* Their ids alone, sorted; no record is read. */
CRUET_API int cruet_list_ids(struct cruet *cruet, const char *const **ret_ids, size_t *ret_n);
/* One line: an array of what cruet_state_json() says, with the owner's name; "null" where there is none. */
CRUET_API int cruet_list_json(struct cruet *cruet, const char **ret_json);

/* What confines a container: of a bundle by its plan, of a container that lives by the kernel's own files. One subject, or
 * two to be compared: bundles, ids, or one bundle against itself with --privileged. */
struct cruet_explain {
	struct cruet_words bundles, ids;
	bool privileged;         /* the bundles, as create --privileged would have them */
	bool against_privileged; /* one bundle: the second subject is the same, privileged */
	bool json;
};
CRUET_API int cruet_explain(struct cruet *cruet, const struct cruet_explain *options, FILE *out);

/* config.json for a new bundle, as `cruet spec` writes it. */
CRUET_API int cruet_spec_json(struct cruet *cruet, bool rootless, bool privileged, const char **ret_json);
/* The bundled seccomp profile for a container with these capabilities (bounding), as the linux.seccomp of a config.json.
 * NULL: those of cruet_spec_json(). */
CRUET_API int cruet_seccomp_json(struct cruet *cruet, const struct cruet_words *caps, const char **ret_json);
/* The features document of the specification. */
CRUET_API int cruet_features_json(struct cruet *cruet, const char **ret_json);

/* One thing that containers may need of this kernel or host, found out by doing it, in processes and namespaces of its own;
 * nothing is left of it. Takes up to seconds where the program criu is installed. */
struct cruet_probe {
	const char *area, *name;     /* "idmapped mounts", "ext4" */
	bool works;
	const char *note;            /* what was found, or the kernel's answer; "" */
	const char *remedy;          /* what would help where it does not work; "" where it does, or nothing would */
};
CRUET_API int cruet_probe(struct cruet *cruet, const struct cruet_probe **ret_probes, size_t *ret_n);
/* All of it as a JSON array of objects with these members. */
CRUET_API int cruet_probe_json(struct cruet *cruet, const char **ret_json);

/* ---- containers that run --------------------------------------------------------------------------------------- */

/* Stop all processes of a running container where they are, and let them go on. */
CRUET_API int cruet_pause(struct cruet *cruet, const char *id);
CRUET_API int cruet_resume(struct cruet *cruet, const char *id);

/* The processes of a container as the caller's pid namespace numbers them, sorted; those of exec, too. Valid until
 * cruet_close(). */
CRUET_API int cruet_pids(struct cruet *cruet, const char *id, const pid_t **ret_pids, size_t *ret_n);

/* Other limits for a container. What is NULL stays as it is; numbers are decimal, bytes may have a unit ("512m", "1.5GiB",
 * powers of 1024), and -1 is no limit. All of it or none. */
struct cruet_update {
	const char *id;
	const char *resources;       /* a file with the specification's linux.resources; "-": stdin. Of the rest only schemata count then */
	const char *blkio_weight;
	const char *cpu_period, *cpu_quota, *cpu_burst, *cpu_idle, *cpu_share, *cpu_rt_period, *cpu_rt_runtime;
	const char *cpuset_cpus, *cpuset_mems;
	const char *memory, *memory_reservation, *memory_swap, *kernel_memory, *kernel_memory_tcp;
	const char *pids_limit;
	const char *l3_cache_schema, *mem_bw_schema; /* lines for the container's group in resctrl: "L3:0=ff", "MB:0=50" */
};
CRUET_API int cruet_update(struct cruet *cruet, const struct cruet_update *options);

/* Mounts for a container that is created, running or paused, or such that it shall not have any more; all that the file names,
 * or none. */
struct cruet_mounts {
	const char *id;
	const char *file;            /* a JSON array of mounts as config.json has them; "-": stdin */
	int64_t timeout_ms;          /* 0: 30 s */
};
/* What is bound is the host's, relative paths are the bundle's. Missing mount points are made, and stay. Nothing is mounted over
 * linux.maskedPaths, linux.readonlyPaths or what holds them. */
CRUET_API int cruet_mounts_add(struct cruet *cruet, const struct cruet_mounts *options);
/* Only destinations count. Of each the uppermost mount goes, with all that is mounted below it, also where it is in use. It must
 * be mounted right there, not where a symlink leads; masks and read-only paths stay. */
CRUET_API int cruet_mounts_remove(struct cruet *cruet, const struct cruet_mounts *options);

/* What happens to a container, until it ends; each event is one JSON object in the shape of runc's: its numbers at every
 * interval, or, with `stats`, once and no more; and when the kernel killed in it for want of memory. */
struct cruet_events {
	const char *id;
	bool stats;
	int64_t interval_ms;         /* 0: 5 s */
	int (*event)(void *context, const char *json); /* 0, or -errno to end it */
	void *context;
};
CRUET_API int cruet_events(struct cruet *cruet, const struct cruet_events *options);

/* How a container ended. Numbers that this kernel or a container without a cgroup does not have are 0. */
struct cruet_exit {
	bool known;                  /* else nobody saw it end, and code and signal mean nothing */
	int code;                    /* of exit(2), or 128 + signal */
	int signal;                  /* that ended it, or 0 */
	bool core_dumped;
	bool oom_killed;             /* the kernel killed somebody in it for want of memory */
	uint64_t memory_peak, pids_peak, cpu_ns;
	const char *ended;           /* RFC 3339; NULL where not known */
	const char *json;            /* all of it as one JSON object; valid until cruet_close() */
};

/* Wait until a container has ended. Who is not its parent learns the status from a pidfd (Linux 6.15), or before its parent
 * reaps it; it is recorded then, and can be asked for until delete. */
struct cruet_wait {
	const char *id;
	int64_t timeout_ms;          /* 0: none; -ETIMEDOUT */
};
CRUET_API int cruet_wait(struct cruet *cruet, const struct cruet_wait *options, struct cruet_exit *ret_exit);

/* End a container: the signal to its init, time to end, and KILL for all that are left. Success also where it had ended. */
struct cruet_stop {
	const char *id;
	const char *signal;          /* NULL: the annotation org.opencontainers.image.stopSignal, else TERM */
	int64_t timeout_ms;          /* 0: 10 s; less: none, KILL at once */
};
CRUET_API int cruet_stop(struct cruet *cruet, const struct cruet_stop *options);

/* Find, and remove, what commands that died have left: in the state root, containers of a create that died or of another
 * boot, and cgroups that no record names any more. `found` hears of each: "removed", "container", its id, and why. */
struct cruet_gc {
	bool dry_run;                /* only tell */
	void (*found)(void *context, const char *done, const char *what, const char *name, const char *why);
	void *context;
};
CRUET_API int cruet_gc(struct cruet *cruet, const struct cruet_gc *options);

/* Signal names: "KILL", "SIGKILL", "RTMIN+3" or a number. -EINVAL. */
CRUET_API int cruet_signal_number(const char *word, int *ret_signal);

/* Logging for programs (the library writes nowhere by itself). */
enum cruet_log_level { CRUET_LOG_ERROR, CRUET_LOG_WARNING, CRUET_LOG_DEBUG };
/* target: a path, "file:", "journald:" or "syslog:" and the rest; json: one object a line. */
CRUET_API int cruet_log_open(const char *target, bool json, enum cruet_log_level level);
/* Record a failure of the program's own, for cruet_log_failure(): `text`, and strerror(error) where error is not 0. The
 * first that is recorded stays. Returns -error, or -EINVAL. */
int cruet_fail(int error, const char *text, ...) __attribute__((visibility("default"), format(printf, 2, 3)));
/* Forget the last failure: for a program that goes on after one. */
void cruet_forget(void) __attribute__((visibility("default")));
/* The last failure to stderr and to the log. */
void cruet_log_failure(void) __attribute__((visibility("default")));

/* The first thing a program that calls cruet_create does: 0, 1 and 2 are open, everything above 2 + preserve_fds is
 * close-on-exec, and the process cannot be traced by what it will share a pid namespace with. */
CRUET_API int cruet_protect_process(unsigned int preserve_fds);

CRUET_API const char *cruet_version(void);  /* "0.1.0" */
CRUET_API const char *cruet_commit(void);   /* of its source: 12 digits, or "unknown" */
CRUET_API const char *cruet_spec_version(void); /* of the OCI runtime specification */

#ifdef __cplusplus
}
#endif
