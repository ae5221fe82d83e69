/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tests/unit/filter_words.h: what a seccomp section says about one call, read straight from its words: no
 * compiling, no sorting, and names by numbers (the compiler asks for numbers by names). The third opinion
 * beside the compiler's and libseccomp's programs, and what it takes to say why those two differ.
 */
#pragma once

#include "filter_sim.h"

#define WORDS_NUMBERS 7000 /* more than any architecture's highest, but for ARM's private ones */

struct words_arch {
	uint32_t token, audit;
	bool wide;
	int socketcall, ipc; /* -1: none */
	char *names[WORDS_NUMBERS];
	char *behind[2][32]; /* socketcall's and ipc's codes */
};

enum words_why {
	WORDS_PLAIN,
	WORDS_NEWER = 1,     /* ENOSYS for what is newer than the section */
	WORDS_MUX = 2,	     /* a rule with conditions, for a call behind socketcall or ipc */
	WORDS_VERSION = 4,   /* bits of the code that the kernel cuts off */
	WORDS_CONFLICT = 8,  /* rules with conditions hold together and want different things */
	WORDS_NEGATIVE = 16, /* libseccomp's own number for a call that is only behind socketcall or ipc */
	WORDS_SEVERAL = 32,  /* set by the proof: libseccomp agrees rule by rule, but not on all together */
};

struct words_verdict {
	uint32_t action;
	unsigned int why;
};

static inline char *words_name(const struct words_arch *a, uint32_t number)
{
	static char arm_private[4][16];

	if (number < WORDS_NUMBERS)
		return a->names[number];
	if (a->audit == AUDIT_ARCH_ARM && number >= 0xf0001 && number <= 0xf0005) {
		char *name = seccomp_syscall_resolve_num_arch(a->token, (int)number);

		snprintf(arm_private[number & 3], sizeof(arm_private[0]), "%s", name ? name : "");
		free(name);
		return arm_private[number & 3];
	}
	return NULL;
}

/* The library also takes numbers of MIPS without its base. */
static inline bool words_is_number(const struct words_arch *a, const char *name, int i)
{
	int number = seccomp_syscall_resolve_name_arch(a->token, name);

	return number < 0 || (number & ~0x40000000) == i;
}

static inline struct words_arch *words_arch_make(uint32_t token)
{
	struct words_arch *a = calloc(1, sizeof(*a));

	a->token = token;
	a->audit = token == SCMP_ARCH_X32 ? AUDIT_ARCH_X86_64 : token;
	a->wide = token == SCMP_ARCH_X86_64 || token == SCMP_ARCH_AARCH64 || token == SCMP_ARCH_PPC64LE ||
		  token == SCMP_ARCH_MIPSEL64 || token == SCMP_ARCH_RISCV64;
	a->socketcall = a->ipc = -1;
	for (int i = 0; i < WORDS_NUMBERS; i++) {
		a->names[i] = seccomp_syscall_resolve_num_arch(token, i);
		if (a->names[i] && !words_is_number(a, a->names[i], i)) {
			free(a->names[i]);
			a->names[i] = NULL;
		}
		if (a->names[i] && !strcmp(a->names[i], "socketcall"))
			a->socketcall = i;
		if (a->names[i] && !strcmp(a->names[i], "ipc"))
			a->ipc = i;
	}
	for (int i = 1; i < 32; i++) {
		a->behind[0][i] = seccomp_syscall_resolve_num_arch(token, -100 - i);
		a->behind[1][i] = seccomp_syscall_resolve_num_arch(token, -200 - i);
	}
	return a;
}

static inline bool words_names(const struct spec_seccomp_rule *rule, const char *name)
{
	for (size_t i = 0; name && i < rule->names.n; i++)
		if (!strcmp(rule->names.v[i], name))
			return true;
	return false;
}

static inline bool words_arg_holds(const struct words_arch *a, const struct spec_seccomp_arg *arg,
				   const uint64_t *args)
{
	uint64_t x = args[arg->index], v = arg->value, v2 = arg->value_two;

	if (!a->wide) {
		x = (uint32_t)x;
		v = (uint32_t)v;
		v2 = (uint32_t)v2;
	}
	switch (arg->op) {
	case SPEC_CMP_NE:
		return x != v;
	case SPEC_CMP_LT:
		return x < v;
	case SPEC_CMP_LE:
		return x <= v;
	case SPEC_CMP_EQ:
		return x == v;
	case SPEC_CMP_GE:
		return x >= v;
	case SPEC_CMP_GT:
		return x > v;
	case SPEC_CMP_MASKED_EQ:
		return (x & v) == (v2 & v);
	}
	abort();
}

static inline bool words_rule_holds(const struct words_arch *a, const struct spec_seccomp_rule *rule,
				    const uint64_t *args)
{
	unsigned int seen = 0, held = 0;
	bool repeats = false;

	for (size_t i = 0; i < rule->args.n; i++) {
		repeats |= seen >> rule->args.v[i].index & 1;
		seen |= 1u << rule->args.v[i].index;
		held += words_arg_holds(a, &rule->args.v[i], args);
	}
	return repeats ? held > 0 : held == rule->args.n;
}

static inline int words_strictness(uint32_t action)
{
	static const uint32_t order[] = { SCMP_ACT_KILL_PROCESS, SCMP_ACT_KILL_THREAD,
					  SCMP_ACT_TRAP,	 0x00050000,
					  SCMP_ACT_NOTIFY,	 0x7ff00000,
					  SCMP_ACT_LOG,		 SCMP_ACT_ALLOW };

	for (int i = 0; i < 8; i++)
		if ((action & 0xffff0000) == order[i])
			return 8 - i;
	abort();
}

/* A rule whose conditions always hold has none: masks without a bit. With repeated arguments one such is
 * enough. */
static inline bool words_plain(const struct words_arch *a, const struct spec_seccomp_rule *rule)
{
	size_t always = 0;
	unsigned int seen = 0;
	bool repeats = false;

	for (size_t i = 0; i < rule->args.n; i++) {
		uint64_t v = rule->args.v[i].value;

		always += rule->args.v[i].op == SPEC_CMP_MASKED_EQ && !(a->wide ? v : (uint32_t)v);
		repeats |= seen >> rule->args.v[i].index & 1;
		seen |= 1u << rule->args.v[i].index;
	}
	return repeats ? always > 0 : always == rule->args.n;
}

struct words_choice {
	uint32_t action;
	bool found;
	size_t rule; /* the one that decides */
	unsigned int why;
};

/* The strictest, and of equally strict ones the first. */
static inline void words_consider(struct words_choice *c, uint32_t action, size_t rule)
{
	int more = c->found ? words_strictness(action) - words_strictness(c->action) : 1;

	if (c->found && c->action != action)
		c->why |= WORDS_CONFLICT;
	if (more > 0 || (more == 0 && rule < c->rule)) {
		c->action = action;
		c->rule = rule;
	}
	c->found = true;
}

/* What stands behind code `code`, into c. */
static inline void words_behind(const struct spec_seccomp *s, const struct words_arch *a, const char *name,
				uint32_t default_action, struct words_choice *c)
{
	for (size_t i = 0; i < s->syscalls.n; i++) {
		const struct spec_seccomp_rule *rule = &s->syscalls.v[i];
		uint32_t action = sim_action(rule->action, &rule->errno_ret);

		if (action != default_action && words_plain(a, rule) && words_names(rule, name)) {
			words_consider(c, action, i);
			return;
		}
	}
	for (size_t i = 0; i < s->syscalls.n; i++) {
		const struct spec_seccomp_rule *rule = &s->syscalls.v[i];
		uint32_t action = sim_action(rule->action, &rule->errno_ret);

		if (action == default_action || !words_names(rule, name))
			continue;
		c->why |= WORDS_MUX;
		if (words_strictness(action) > words_strictness(default_action))
			words_consider(c, action, i);
	}
}

static inline uint32_t words_last(const struct spec_seccomp *s, const struct words_arch *a, bool *ret_any)
{
	uint32_t last = 0;

	*ret_any = false;
	for (uint32_t n = 0; n < WORDS_NUMBERS; n++) {
		bool named = false;

		for (size_t i = 0; a->names[n] && !named && i < s->syscalls.n; i++)
			named = words_names(&s->syscalls.v[i], a->names[n]);
		for (int code = 1; code < 32 && !named && ((int)n == a->socketcall || (int)n == a->ipc);
		     code++)
			for (size_t i = 0; !named && i < s->syscalls.n; i++)
				named = words_names(&s->syscalls.v[i], a->behind[(int)n == a->ipc][code]);
		if (named) {
			last = n;
			*ret_any = true;
		}
	}
	return last;
}

/* `last` and `any` by words_last(), which is slow. */
static inline struct words_verdict words_verdict(const struct spec_seccomp *s, const struct words_arch *a,
						 uint32_t last, bool any, const struct seccomp_data *d)
{
	uint32_t number = (uint32_t)d->nr & (a->token == SCMP_ARCH_X32 ? ~0x40000000u : ~0u);
	uint32_t default_action = sim_action(s->default_action, &s->default_errno_ret);
	const char *name = words_name(a, number);
	struct words_choice c = { .action = default_action };
	const uint64_t *args = (const uint64_t *)d->args;
	bool lenient = s->default_action == SPEC_ACT_ALLOW || s->default_action == SPEC_ACT_LOG ||
		       s->default_action == SPEC_ACT_TRACE;

	for (size_t i = 0; name && i < s->syscalls.n; i++) {
		const struct spec_seccomp_rule *rule = &s->syscalls.v[i];
		uint32_t action = sim_action(rule->action, &rule->errno_ret);

		if (action != default_action && words_plain(a, rule) && words_names(rule, name))
			return (struct words_verdict){ action, WORDS_PLAIN };
	}
	for (size_t i = 0; name && i < s->syscalls.n; i++) {
		const struct spec_seccomp_rule *rule = &s->syscalls.v[i];
		uint32_t action = sim_action(rule->action, &rule->errno_ret);

		if (action != default_action && words_names(rule, name) && words_rule_holds(a, rule, args))
			words_consider(&c, action, i);
	}
	if ((int)number >= 0 && ((int)number == a->socketcall || (int)number == a->ipc)) {
		bool ipc = (int)number == a->ipc;
		uint32_t code = (uint32_t)args[0] & (ipc ? 0xffff : ~0u);

		if (code && code < 32)
			words_behind(s, a, a->behind[ipc][code], default_action, &c);
		if (code != (a->wide ? args[0] : (uint32_t)args[0]))
			c.why |= WORDS_VERSION;
	}
	if ((int32_t)d->nr < 0 && (int32_t)d->nr >= -232 && a->socketcall >= 0)
		c.why |= WORDS_NEGATIVE;
	if (!c.found && any && number > last && !lenient &&
	    !(a->audit == AUDIT_ARCH_ARM && number >= 0xf0000))
		return (struct words_verdict){ SCMP_ACT_ERRNO(ENOSYS), c.why | WORDS_NEWER };
	return (struct words_verdict){ c.action, c.why };
}
