/* SPDX-License-Identifier: Apache-2.0 */
/* The bundled seccomp profile as a section, and a section as JSON. */
#include <errno.h>

#include "base/err.h"
#include "base/json_write.h"
#include "base/str.h"
#include "spec/seccomp_default.h"
#include "spec/tables.h"

/* This machine's architecture and the 32-bit one that it can run. Not x32, which no image is made for, and
 * whose calls have had holes of their own (CVE-2014-0038). */
static const char *const architectures[] = {
#if defined(__x86_64__)
	"SCMP_ARCH_X86_64", "SCMP_ARCH_X86",
#elif defined(__aarch64__)
	"SCMP_ARCH_AARCH64", "SCMP_ARCH_ARM",
#elif defined(__s390x__)
	"SCMP_ARCH_S390X", "SCMP_ARCH_S390",
#elif defined(__riscv) && __riscv_xlen == 64
	"SCMP_ARCH_RISCV64",
#elif defined(__powerpc64__) && __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
	"SCMP_ARCH_PPC64LE",
#elif defined(__loongarch64)
	"SCMP_ARCH_LOONGARCH64",
#endif
	NULL, /* none: the native one alone */
};

static bool holds_one(const struct strings *set, const struct strings *wanted)
{
	for (size_t i = 0; set && i < set->n; i++)
		for (size_t j = 0; j < wanted->n; j++)
			if (streq(set->v[i], wanted->v[j]))
				return true;
	return false;
}

static bool applies(const struct seccomp_group *g, const struct strings *bounding)
{
	switch (g->when) {
	case SECCOMP_ALWAYS:
		return true;
	case SECCOMP_WITH:
		return holds_one(bounding, &g->capabilities);
	case SECCOMP_WITHOUT:
		return !holds_one(bounding, &g->capabilities);
	case SECCOMP_NEVER:
		break;
	}
	return false;
}

static struct spec_seccomp_rule rule_of(const struct seccomp_group *g)
{
	struct spec_seccomp_rule rule = { .names = g->names, .action = SPEC_ACT_ALLOW };

	if (g->answers_enosys) {
		rule.action = SPEC_ACT_ERRNO;
		rule.errno_ret = (struct opt_u32){ true, ENOSYS };
	}
	rule.args.v = g->args.v;
	rule.args.n = g->args.n;
	return rule;
}

static const struct spec_seccomp frame = {
	.default_action = SPEC_ACT_ERRNO,
	.default_errno_ret = { true, EPERM },
	.architectures = { architectures, ARRAY_SIZE(architectures) - 1 },
};

int seccomp_default_make(struct arena *arena, const struct strings *bounding,
			 const struct spec_seccomp **ret_section)
{
	struct spec_seccomp *section = arena_new(arena, struct spec_seccomp);
	struct spec_seccomp_rule *rules = arena_array(arena, seccomp_n_groups, struct spec_seccomp_rule);

	if (!section || !rules)
		return -ENOMEM;
	*section = frame;
	section->syscalls.v = rules;
	for (size_t i = 0; i < seccomp_n_groups; i++)
		if (applies(&seccomp_groups[i], bounding))
			rules[section->syscalls.n++] = rule_of(&seccomp_groups[i]);
	*ret_section = section;
	return 0;
}

/* ---- JSON ---- */

static void write_arg(struct json_writer *w, const struct spec_seccomp_arg *arg)
{
	json_object(w, NULL);
	json_u64(w, "index", arg->index);
	json_u64(w, "value", arg->value);
	if (arg->value_two || arg->op == SPEC_CMP_MASKED_EQ)
		json_u64(w, "valueTwo", arg->value_two);
	json_string(w, "op", json_word(&spec_seccomp_operators, (int)arg->op));
	json_end_object(w);
}

static void write_rule(struct json_writer *w, const struct spec_seccomp_rule *rule)
{
	json_object(w, NULL);
	json_strings(w, "names", &rule->names);
	json_string(w, "action", json_word(&spec_seccomp_actions, (int)rule->action));
	if (rule->errno_ret.set)
		json_u64(w, "errnoRet", rule->errno_ret.v);
	if (rule->args.n) {
		json_array(w, "args");
		for (size_t i = 0; i < rule->args.n; i++)
			write_arg(w, &rule->args.v[i]);
		json_end_array(w);
	}
	json_end_object(w);
}

static void write_head(struct json_writer *w, const struct spec_seccomp *section)
{
	json_string(w, "defaultAction", json_word(&spec_seccomp_actions, (int)section->default_action));
	if (section->default_errno_ret.set)
		json_u64(w, "defaultErrnoRet", section->default_errno_ret.v);
	if (section->architectures.n)
		json_strings(w, "architectures", &section->architectures);
	if (section->has_flags)
		json_strings(w, "flags", &section->flags);
	if (section->listener_path)
		json_string(w, "listenerPath", section->listener_path);
	if (section->listener_metadata)
		json_string(w, "listenerMetadata", section->listener_metadata);
}

void seccomp_write(const struct spec_seccomp *section, struct json_writer *w, const char *key)
{
	json_object(w, key);
	write_head(w, section);
	json_array(w, "syscalls");
	for (size_t i = 0; i < section->syscalls.n; i++)
		write_rule(w, &section->syscalls.v[i]);
	json_end_array(w);
	json_end_object(w);
}

void seccomp_default_write(const struct strings *bounding, struct json_writer *w, const char *key)
{
	json_object(w, key);
	write_head(w, &frame);
	json_array(w, "syscalls");
	for (size_t i = 0; i < seccomp_n_groups; i++) {
		struct spec_seccomp_rule rule = rule_of(&seccomp_groups[i]);

		if (applies(&seccomp_groups[i], bounding))
			write_rule(w, &rule);
	}
	json_end_array(w);
	json_end_object(w);
}
