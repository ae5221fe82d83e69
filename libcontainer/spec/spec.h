/* SPDX-License-Identifier: Apache-2.0 */
/*
 * spec/spec.h: the words of config.json, as the OCI runtime specification 1.3 (and what follows it) names them; nothing
 * here has heard of the kernel. Everything lives in an arena and is const after spec_load(). Closed sets of words are
 * decoded to the enums below (tables.c has the words), open ones stay strings. Absent strings are NULL, absent objects
 * are NULL pointers, absent numbers have .set false.
 */
#pragma once

#include "base/arena.h"
#include "base/base.h"

#define SPEC_OCI_VERSION "1.3.0"
#define SPEC_CONFIG_MAX (16u << 20) /* bytes of a config.json; more is refused before it is read */

/* A list of structs: `n` of them at `v`. */
#define LIST(type)                     \
	struct {                       \
		const struct type *v; \
		size_t n;              \
	}

enum spec_namespace_type {
	SPEC_NS_MOUNT,
	SPEC_NS_PID,
	SPEC_NS_NETWORK,
	SPEC_NS_UTS,
	SPEC_NS_IPC,
	SPEC_NS_USER,
	SPEC_NS_CGROUP,
	SPEC_NS_TIME,
};

struct spec_namespace {
	enum spec_namespace_type type;
	const char *path;
};

struct spec_root {
	const char *path;
	bool readonly;
};

struct spec_mount {
	const char *destination, *source, *type;
	struct strings options;
	struct id_map uid_mappings, gid_mappings;
};

struct spec_console_size {
	uint64_t height, width;
};

struct spec_user {
	uint32_t uid, gid; /* 0 .. 2^32-2 */
	struct opt_u32 umask;
	struct {
		const uint32_t *v;
		size_t n;
	} additional_gids;
};

struct spec_capabilities {
	struct strings bounding, effective, permitted, inheritable, ambient;
};

struct spec_rlimit {
	const char *type; /* RLIMIT_... */
	uint64_t soft, hard;
};

enum spec_sched_policy { SPEC_SCHED_OTHER, SPEC_SCHED_FIFO, SPEC_SCHED_RR, SPEC_SCHED_BATCH, SPEC_SCHED_ISO, SPEC_SCHED_IDLE, SPEC_SCHED_DEADLINE };

struct spec_scheduler {
	enum spec_sched_policy policy;
	struct opt_i64 nice, priority; /* int32 */
	struct strings flags;          /* SCHED_FLAG_... */
	struct opt_u64 runtime, deadline, period; /* ns */
};

enum spec_io_class { SPEC_IOPRIO_RT, SPEC_IOPRIO_BE, SPEC_IOPRIO_IDLE };

struct spec_io_priority {
	enum spec_io_class class;
	int64_t priority;
};

struct spec_cpu_affinity {
	const char *initial, *final; /* CPU lists: "0-3,7" */
};

struct spec_process {
	bool terminal;
	const struct spec_console_size *console_size;
	const char *cwd; /* absolute */
	struct strings args, env;
	struct spec_user user;
	const struct spec_capabilities *capabilities;
	LIST(spec_rlimit) rlimits;
	struct opt_bool no_new_privileges;
	const char *apparmor_profile, *selinux_label;
	struct opt_i64 oom_score_adj;
	const struct spec_scheduler *scheduler;
	const struct spec_io_priority *io_priority;
	const struct spec_cpu_affinity *exec_cpu_affinity;
};

struct spec_hook {
	const char *path; /* absolute */
	struct strings args, env;
	struct opt_i64 timeout; /* seconds, > 0 */
};

struct spec_hooks {
	LIST(spec_hook) prestart, create_runtime, create_container, start_container, poststart, poststop;
};

struct spec_device {
	char type; /* c u b p */
	const char *path;
	struct opt_i64 major, minor;
	struct opt_u32 file_mode; /* Go callers send the type bits with it: use & 07777 */
	struct opt_u32 uid, gid;
};

struct spec_net_device {
	const char *host_name; /* the key of the object */
	const char *name;      /* inside; NULL: the same */
};

struct spec_device_rule {
	bool allow;
	const char *type; /* "a" "b" "c"; NULL is "a" */
	struct opt_i64 major, minor;
	const char *access; /* of r w m; NULL: all three */
};

struct spec_memory {
	struct opt_i64 limit, reservation, swap, kernel, kernel_tcp;
	struct opt_u64 swappiness;
	struct opt_bool disable_oom_killer, use_hierarchy, check_before_update;
};

struct spec_cpu {
	struct opt_u64 shares, period, burst, realtime_period;
	struct opt_i64 quota, realtime_runtime, idle;
	const char *cpus, *mems;
};

struct spec_block_weight {
	int64_t major, minor;
	struct opt_u32 weight, leaf_weight;
};

struct spec_block_throttle {
	int64_t major, minor;
	struct opt_u64 rate;
};

struct spec_block_io {
	struct opt_u32 weight, leaf_weight;
	LIST(spec_block_weight) weight_device;
	LIST(spec_block_throttle) throttle_read_bps, throttle_write_bps, throttle_read_iops, throttle_write_iops;
};

struct spec_hugepage_limit {
	const char *page_size; /* "2MB" */
	uint64_t limit;
};

struct spec_net_priority {
	const char *name;
	uint32_t priority;
};

struct spec_network {
	struct opt_u32 class_id;
	LIST(spec_net_priority) priorities;
};

struct spec_rdma {
	const char *device; /* the key of the object */
	struct opt_u32 hca_handles, hca_objects;
};

struct spec_pids {
	struct opt_i64 limit; /* 0 is the number 0, -1 no limit; unset: as it is (Go callers write {} for that) */
};

struct spec_resources {
	LIST(spec_device_rule) devices;
	const struct spec_memory *memory;
	const struct spec_cpu *cpu;
	const struct spec_pids *pids;
	const struct spec_block_io *block_io;
	LIST(spec_hugepage_limit) hugepage_limits;
	const struct spec_network *network;
	LIST(spec_rdma) rdma;
	struct string_map unified;
};

enum spec_propagation { SPEC_PROPAGATION_NONE, SPEC_PROPAGATION_PRIVATE, SPEC_PROPAGATION_SHARED, SPEC_PROPAGATION_SLAVE, SPEC_PROPAGATION_UNBINDABLE };
/* The r... forms, which runc and crun take, are the same with this bit. */
#define SPEC_PROPAGATION_REC 0x10

enum spec_seccomp_action {
	SPEC_ACT_KILL,
	SPEC_ACT_KILL_PROCESS,
	SPEC_ACT_KILL_THREAD,
	SPEC_ACT_TRAP,
	SPEC_ACT_ERRNO,
	SPEC_ACT_TRACE,
	SPEC_ACT_ALLOW,
	SPEC_ACT_LOG,
	SPEC_ACT_NOTIFY,
};

enum spec_seccomp_op { SPEC_CMP_NE, SPEC_CMP_LT, SPEC_CMP_LE, SPEC_CMP_EQ, SPEC_CMP_GE, SPEC_CMP_GT, SPEC_CMP_MASKED_EQ };

struct spec_seccomp_arg {
	uint32_t index; /* 0..5 */
	uint64_t value, value_two;
	enum spec_seccomp_op op;
};

struct spec_seccomp_rule {
	struct strings names;
	enum spec_seccomp_action action;
	struct opt_u32 errno_ret;
	LIST(spec_seccomp_arg) args;
};

struct spec_seccomp {
	enum spec_seccomp_action default_action;
	struct opt_u32 default_errno_ret;
	struct strings architectures; /* SCMP_ARCH_... */
	bool has_flags;               /* [] is not the same as absent */
	struct strings flags;         /* SECCOMP_FILTER_FLAG_... */
	const char *listener_path, *listener_metadata;
	LIST(spec_seccomp_rule) syscalls;
};

struct spec_intel_rdt {
	const char *clos_id, *l3_cache_schema, *mem_bw_schema;
	struct strings schemata;
	struct opt_bool enable_monitoring;
};

struct spec_memory_policy {
	const char *mode;  /* MPOL_... */
	const char *nodes; /* "0-3,7"; "" is valid */
	struct strings flags;
};

struct spec_personality {
	const char *domain; /* LINUX, LINUX32 */
	struct strings flags;
};

struct spec_time_offset {
	int64_t secs;
	uint32_t nanosecs;
};

struct spec_time_offsets {
	const struct spec_time_offset *boottime, *monotonic;
};

struct spec_linux {
	LIST(spec_namespace) namespaces;
	struct id_map uid_mappings, gid_mappings;
	LIST(spec_device) devices;
	LIST(spec_net_device) net_devices;
	const char *cgroups_path;
	const struct spec_resources *resources;
	int rootfs_propagation; /* enum spec_propagation | SPEC_PROPAGATION_REC */
	const struct spec_seccomp *seccomp;
	struct string_map sysctl;
	struct strings masked_paths, readonly_paths;
	const char *mount_label;
	const struct spec_intel_rdt *intel_rdt;
	const struct spec_memory_policy *memory_policy;
	const struct spec_personality *personality;
	const struct spec_time_offsets *time_offsets;
};

struct spec {
	const char *oci_version;
	const struct spec_root *root;
	const struct spec_process *process; /* may be absent: create succeeds, start fails */
	const char *hostname, *domainname;
	LIST(spec_mount) mounts;
	const struct spec_hooks *hooks;
	struct string_map annotations;
	const struct spec_linux *linux_; /* never NULL after spec_load(): an absent one is empty */
};

/* Decode config.json (n bytes, n <= SPEC_CONFIG_MAX) and check what the specification demands across fields. Strict:
 * no duplicate keys, NUL, trailing data, bad UTF-8 or excess depth; unknown properties are ignored, invalid values are
 * errors that name their place ("linux.resources.cpu.shares: expected a number"). Everything is copied to the arena, which
 * takes up to some 16 times n for a hostile document; `buf` is not needed afterwards. */
int spec_load(struct arena *arena, const char *buf, size_t n, const struct spec **ret_spec) MUST_USE;

/* The same for the other JSON inputs: `exec --process`, `update --resources`, `mounts add`. */
int spec_load_process(struct arena *arena, const char *buf, size_t n, const struct spec_process **ret_process) MUST_USE;
int spec_load_resources(struct arena *arena, const char *buf, size_t n, const struct spec_resources **ret_resources) MUST_USE;
int spec_load_mounts(struct arena *arena, const char *buf, size_t n, const struct spec_mount **ret_mounts,
		     size_t *ret_n) MUST_USE;

/* What holds after an update: `old` (may be NULL) with all that `new` says over it, entry by entry where a list has one a
 * device, page size, interface or file; a list of device rules as a whole. Points into both. swap_apart: the kernel limits
 * swap by itself (cgroup v2), so another limit on memory makes another sum of both. */
int spec_merge_resources(struct arena *arena, const struct spec_resources *old, const struct spec_resources *new,
			 bool swap_apart, const struct spec_resources **ret_resources) MUST_USE;
/* linux.resources as the JSON that spec_load_resources() reads. */
int spec_write_resources(struct arena *arena, const struct spec_resources *resources, const char **ret_text,
			 size_t *ret_n) MUST_USE;

/* The cross-field rules (check.c), one list of named checks; spec_load and its like call them. Each failure is one line
 * that names the place and the remedy. A `process` without args passes, as create allows it. */
int spec_check(const struct spec *spec) MUST_USE;
int spec_check_process(const struct spec_process *process) MUST_USE;
int spec_check_resources(const struct spec_resources *resources) MUST_USE;
int spec_check_intel_rdt(const struct spec_intel_rdt *rdt) MUST_USE;
int spec_check_mounts(const struct spec_mount *mounts, size_t n) MUST_USE;

/* What `cruet spec` writes (default.c): safe by default, with a cgroup namespace on either cgroup version. Rootless gives
 * a user namespace of the caller's ids. Failures are the writer's: json_writer_end() has them. */
struct json_writer;
struct spec_default {
	/* For a container that is not to be confined, what it is to have: its capabilities (NULL: it is to be confined), its
	 * SELinux label (NULL: none), and the host's devices. */
	const struct strings *privileged;
	const char *selinux_label;
	LIST(spec_device) devices;
	bool rootless;
	uint32_t uid, gid;         /* of the caller, for rootless */
	unsigned int thermal_cpus; /* CPUs whose sysfs directory has a thermal_throttle, to be masked: cpu0 .. cpuN-1 */
};
void spec_default_write(const struct spec_default *how, struct json_writer *w);
extern const struct strings spec_default_capabilities; /* its bounding set */
