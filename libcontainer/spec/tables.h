/* SPDX-License-Identifier: Apache-2.0 */
/*
 * spec/tables.h: the specification's properties as rows, and its closed sets of words. load.c decodes by the
 * tables; whoever prints a word (features, explain) reads the same rows: json_word(&spec_seccomp_actions,
 * SPEC_ACT_ALLOW).
 */
#pragma once

#include "base/json_read.h"
#include "spec/spec.h"

/* The documents (tables.c, tables_process.c, tables_linux.c, tables_resources.c). */
extern const struct json_table spec_table;
extern const struct json_table spec_mount_table;
extern const struct json_table spec_id_range_table;
extern const struct json_table spec_process_table;
extern const struct json_table spec_linux_table;
extern const struct json_table spec_resources_table;
extern const struct json_table spec_seccomp_table;

/* Words that become enums: the values are those of spec.h. */
extern const struct json_words spec_namespace_types;
extern const struct json_words spec_propagations;
extern const struct json_words spec_sched_policies;
extern const struct json_words spec_io_classes;
extern const struct json_words spec_seccomp_actions;
extern const struct json_words spec_seccomp_operators;

/* Words of closed sets that stay strings, as the plan or the kernel's tools give them their numbers (check.c
 * refuses others). The values mean nothing. */
extern const struct json_words spec_sched_flags;
extern const struct json_words spec_seccomp_architectures;
extern const struct json_words spec_seccomp_flags;
extern const struct json_words spec_memory_policy_modes;
extern const struct json_words spec_memory_policy_flags;
extern const struct json_words spec_personality_domains;
extern const struct json_words spec_rlimit_types;

/* A user or group id: (uint32_t)-1 means "unchanged" to the kernel (CVE-2026-30892 and its like). */
#define ID RANGE(0, UINT32_MAX - 1)
