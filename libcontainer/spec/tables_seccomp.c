/* SPDX-License-Identifier: Apache-2.0 */
/* config.json's `linux.seccomp`: runtime-spec config-linux.md, "Seccomp". */
#include "spec/tables.h"

static const struct json_word action_words[] = {
	{ "SCMP_ACT_KILL", SPEC_ACT_KILL },
	{ "SCMP_ACT_KILL_PROCESS", SPEC_ACT_KILL_PROCESS },
	{ "SCMP_ACT_KILL_THREAD", SPEC_ACT_KILL_THREAD },
	{ "SCMP_ACT_TRAP", SPEC_ACT_TRAP },
	{ "SCMP_ACT_ERRNO", SPEC_ACT_ERRNO },
	{ "SCMP_ACT_TRACE", SPEC_ACT_TRACE },
	{ "SCMP_ACT_ALLOW", SPEC_ACT_ALLOW },
	{ "SCMP_ACT_LOG", SPEC_ACT_LOG },
	{ "SCMP_ACT_NOTIFY", SPEC_ACT_NOTIFY },
};
const struct json_words spec_seccomp_actions = JSON_WORDS(action_words);

static const struct json_word operator_words[] = {
	{ "SCMP_CMP_NE", SPEC_CMP_NE },
	{ "SCMP_CMP_LT", SPEC_CMP_LT },
	{ "SCMP_CMP_LE", SPEC_CMP_LE },
	{ "SCMP_CMP_EQ", SPEC_CMP_EQ },
	{ "SCMP_CMP_GE", SPEC_CMP_GE },
	{ "SCMP_CMP_GT", SPEC_CMP_GT },
	{ "SCMP_CMP_MASKED_EQ", SPEC_CMP_MASKED_EQ },
};
const struct json_words spec_seccomp_operators = JSON_WORDS(operator_words);

static const struct json_word architecture_words[] = {
	{ "SCMP_ARCH_X86", 0 },		{ "SCMP_ARCH_X86_64", 0 },  { "SCMP_ARCH_X32", 0 },
	{ "SCMP_ARCH_ARM", 0 },		{ "SCMP_ARCH_AARCH64", 0 }, { "SCMP_ARCH_LOONGARCH64", 0 },
	{ "SCMP_ARCH_M68K", 0 },	{ "SCMP_ARCH_MIPS", 0 },    { "SCMP_ARCH_MIPS64", 0 },
	{ "SCMP_ARCH_MIPS64N32", 0 },	{ "SCMP_ARCH_MIPSEL", 0 },  { "SCMP_ARCH_MIPSEL64", 0 },
	{ "SCMP_ARCH_MIPSEL64N32", 0 }, { "SCMP_ARCH_PPC", 0 },	    { "SCMP_ARCH_PPC64", 0 },
	{ "SCMP_ARCH_PPC64LE", 0 },	{ "SCMP_ARCH_S390", 0 },    { "SCMP_ARCH_S390X", 0 },
	{ "SCMP_ARCH_SH", 0 },		{ "SCMP_ARCH_SHEB", 0 },    { "SCMP_ARCH_PARISC", 0 },
	{ "SCMP_ARCH_PARISC64", 0 },	{ "SCMP_ARCH_RISCV64", 0 },
};
const struct json_words spec_seccomp_architectures = JSON_WORDS(architecture_words);

static const struct json_word flag_words[] = {
	{ "SECCOMP_FILTER_FLAG_TSYNC", 0 },
	{ "SECCOMP_FILTER_FLAG_LOG", 0 },
	{ "SECCOMP_FILTER_FLAG_SPEC_ALLOW", 0 },
	{ "SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV", 0 },
};
const struct json_words spec_seccomp_flags = JSON_WORDS(flag_words);

static const struct json_field arg_fields[] = {
	FIELD(struct spec_seccomp_arg, index, "index", REQUIRED, RANGE(0, 5)), /* a system call has six */
	FIELD(struct spec_seccomp_arg, value, "value", REQUIRED),
	FIELD(struct spec_seccomp_arg, value_two, "valueTwo"),
	FIELD_WORD(struct spec_seccomp_arg, op, "op", &spec_seccomp_operators, REQUIRED),
};
static const struct json_table arg_table = JSON_TABLE(struct spec_seccomp_arg, arg_fields);

static const struct json_field rule_fields[] = {
	FIELD(struct spec_seccomp_rule, names, "names", REQUIRED),
	FIELD_WORD(struct spec_seccomp_rule, action, "action", &spec_seccomp_actions, REQUIRED),
	FIELD(struct spec_seccomp_rule, errno_ret, "errnoRet"),
	FIELD_LIST(struct spec_seccomp_rule, args, "args", &arg_table),
};
static const struct json_table rule_table = JSON_TABLE(struct spec_seccomp_rule, rule_fields);

static const struct json_field seccomp_fields[] = {
	FIELD_WORD(struct spec_seccomp, default_action, "defaultAction", &spec_seccomp_actions, REQUIRED),
	FIELD(struct spec_seccomp, default_errno_ret, "defaultErrnoRet"),
	FIELD(struct spec_seccomp, architectures, "architectures"),
	FIELD(struct spec_seccomp, flags, "flags"),
	FIELD(struct spec_seccomp, listener_path, "listenerPath", EMPTY_IS_ABSENT),
	FIELD(struct spec_seccomp, listener_metadata, "listenerMetadata", EMPTY_IS_ABSENT),
	FIELD_LIST(struct spec_seccomp, syscalls, "syscalls", &rule_table),
};
const struct json_table spec_seccomp_table = JSON_TABLE(struct spec_seccomp, seccomp_fields);
