/* SPDX-License-Identifier: Apache-2.0 */
/* config.json's `process`, which is also what `exec --process` reads: runtime-spec config.md, "Process". */
#include "spec/tables.h"

static const struct json_field console_size_fields[] = {
	/* struct winsize */
	FIELD(struct spec_console_size, height, "height", REQUIRED, RANGE(0, UINT16_MAX)),
	FIELD(struct spec_console_size, width, "width", REQUIRED, RANGE(0, UINT16_MAX)),
};
static const struct json_table console_size_table = JSON_TABLE(struct spec_console_size, console_size_fields);

static const struct json_field user_fields[] = {
	FIELD(struct spec_user, uid, "uid", ID),
	FIELD(struct spec_user, gid, "gid", ID),
	FIELD(struct spec_user, umask, "umask", RANGE(0, 0777)),
	FIELD_U32S(struct spec_user, additional_gids, "additionalGids", ID),
};
static const struct json_table user_table = JSON_TABLE(struct spec_user, user_fields);

static const struct json_field capabilities_fields[] = {
	FIELD(struct spec_capabilities, bounding, "bounding"),
	FIELD(struct spec_capabilities, effective, "effective"),
	FIELD(struct spec_capabilities, inheritable, "inheritable"),
	FIELD(struct spec_capabilities, permitted, "permitted"),
	FIELD(struct spec_capabilities, ambient, "ambient"),
};
static const struct json_table capabilities_table = JSON_TABLE(struct spec_capabilities, capabilities_fields);

static const struct json_field rlimit_fields[] = {
	FIELD(struct spec_rlimit, type, "type", REQUIRED),
	FIELD(struct spec_rlimit, hard, "hard", REQUIRED),
	FIELD(struct spec_rlimit, soft, "soft", REQUIRED),
};
static const struct json_table rlimit_table = JSON_TABLE(struct spec_rlimit, rlimit_fields);

static const struct json_word rlimit_type_words[] = {
	{ "RLIMIT_AS", 0 },	 { "RLIMIT_CORE", 1 },	   { "RLIMIT_CPU", 2 },
	{ "RLIMIT_DATA", 3 },	 { "RLIMIT_FSIZE", 4 },	   { "RLIMIT_LOCKS", 5 },
	{ "RLIMIT_MEMLOCK", 6 }, { "RLIMIT_MSGQUEUE", 7 }, { "RLIMIT_NICE", 8 },
	{ "RLIMIT_NOFILE", 9 },	 { "RLIMIT_NPROC", 10 },   { "RLIMIT_RSS", 11 },
	{ "RLIMIT_RTPRIO", 12 }, { "RLIMIT_RTTIME", 13 },  { "RLIMIT_SIGPENDING", 14 },
	{ "RLIMIT_STACK", 15 },
};
const struct json_words spec_rlimit_types = JSON_WORDS(rlimit_type_words);

static const struct json_word sched_policy_words[] = {
	{ "SCHED_OTHER", SPEC_SCHED_OTHER },
	{ "SCHED_FIFO", SPEC_SCHED_FIFO },
	{ "SCHED_RR", SPEC_SCHED_RR },
	{ "SCHED_BATCH", SPEC_SCHED_BATCH },
	{ "SCHED_ISO", SPEC_SCHED_ISO },
	{ "SCHED_IDLE", SPEC_SCHED_IDLE },
	{ "SCHED_DEADLINE", SPEC_SCHED_DEADLINE },
};
const struct json_words spec_sched_policies = JSON_WORDS(sched_policy_words);

static const struct json_word sched_flag_words[] = {
	{ "SCHED_FLAG_RESET_ON_FORK", 0 },  { "SCHED_FLAG_RECLAIM", 0 },
	{ "SCHED_FLAG_DL_OVERRUN", 0 },	    { "SCHED_FLAG_KEEP_POLICY", 0 },
	{ "SCHED_FLAG_KEEP_PARAMS", 0 },    { "SCHED_FLAG_UTIL_CLAMP_MIN", 0 },
	{ "SCHED_FLAG_UTIL_CLAMP_MAX", 0 },
};
const struct json_words spec_sched_flags = JSON_WORDS(sched_flag_words);

static const struct json_field scheduler_fields[] = {
	FIELD_WORD(struct spec_scheduler, policy, "policy", &spec_sched_policies, REQUIRED),
	FIELD(struct spec_scheduler, nice, "nice", RANGE(INT32_MIN, INT32_MAX)),
	FIELD(struct spec_scheduler, priority, "priority", RANGE(INT32_MIN, INT32_MAX)),
	FIELD(struct spec_scheduler, flags, "flags"),
	FIELD(struct spec_scheduler, runtime, "runtime"),
	FIELD(struct spec_scheduler, deadline, "deadline"),
	FIELD(struct spec_scheduler, period, "period"),
};
static const struct json_table scheduler_table = JSON_TABLE(struct spec_scheduler, scheduler_fields);

static const struct json_word io_class_words[] = {
	{ "IOPRIO_CLASS_RT", SPEC_IOPRIO_RT },
	{ "IOPRIO_CLASS_BE", SPEC_IOPRIO_BE },
	{ "IOPRIO_CLASS_IDLE", SPEC_IOPRIO_IDLE },
};
const struct json_words spec_io_classes = JSON_WORDS(io_class_words);

static const struct json_field io_priority_fields[] = {
	FIELD_WORD(struct spec_io_priority, class, "class", &spec_io_classes, REQUIRED),
	FIELD(struct spec_io_priority, priority, "priority", RANGE(0, 7)), /* ioprio_set(2) */
};
static const struct json_table io_priority_table = JSON_TABLE(struct spec_io_priority, io_priority_fields);

static const struct json_field cpu_affinity_fields[] = {
	FIELD(struct spec_cpu_affinity, initial, "initial", EMPTY_IS_ABSENT),
	FIELD(struct spec_cpu_affinity, final, "final", EMPTY_IS_ABSENT),
};
static const struct json_table cpu_affinity_table = JSON_TABLE(struct spec_cpu_affinity, cpu_affinity_fields);

static const struct json_field process_fields[] = {
	FIELD(struct spec_process, terminal, "terminal"),
	FIELD_POINTER(struct spec_process, console_size, "consoleSize", &console_size_table),
	FIELD_OBJECT(struct spec_process, user, "user", &user_table),
	FIELD(struct spec_process, args, "args"),
	FIELD(struct spec_process, env, "env"),
	FIELD(struct spec_process, cwd, "cwd", REQUIRED),
	FIELD_POINTER(struct spec_process, capabilities, "capabilities", &capabilities_table),
	FIELD_LIST(struct spec_process, rlimits, "rlimits", &rlimit_table),
	FIELD(struct spec_process, no_new_privileges, "noNewPrivileges"),
	FIELD(struct spec_process, apparmor_profile, "apparmorProfile", EMPTY_IS_ABSENT),
	FIELD(struct spec_process, oom_score_adj, "oomScoreAdj", RANGE(-1000, 1000)), /* proc(5) */
	FIELD_POINTER(struct spec_process, scheduler, "scheduler", &scheduler_table),
	FIELD(struct spec_process, selinux_label, "selinuxLabel", EMPTY_IS_ABSENT),
	FIELD_POINTER(struct spec_process, io_priority, "ioPriority", &io_priority_table),
	FIELD_POINTER(struct spec_process, exec_cpu_affinity, "execCPUAffinity", &cpu_affinity_table),
};
const struct json_table spec_process_table = JSON_TABLE(struct spec_process, process_fields);
