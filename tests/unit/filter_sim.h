/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tests/unit/filter_sim.h: a classic BPF machine for seccomp programs, and libseccomp's program for the same
 * section, built as runc builds it. For the tests of the seccomp compiler.
 */
#pragma once

#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <seccomp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/json_read.h"
#include "plan/filter.h"
#include "spec/tables.h"

struct sim_program {
	struct sock_filter *v;
	size_t n;
};

/* The verdict; 0xdead0000 + something where the program is not one that the kernel would take. */
static inline uint32_t sim_run(const struct sock_filter *v, size_t n, const struct seccomp_data *data)
{
	uint32_t a = 0;

	for (size_t pc = 0; pc < n; pc++) {
		const struct sock_filter *f = &v[pc];

		switch (f->code) {
		case BPF_LD | BPF_W | BPF_ABS:
			if (f->k > sizeof(*data) - 4 || f->k % 4)
				return 0xdead0001;
			memcpy(&a, (const char *)data + f->k, 4);
			break;
		case BPF_ALU | BPF_AND | BPF_K:
			a &= f->k;
			break;
		case BPF_JMP | BPF_JA:
			pc += f->k;
			break;
		case BPF_JMP | BPF_JEQ | BPF_K:
			pc += a == f->k ? f->jt : f->jf;
			break;
		case BPF_JMP | BPF_JGE | BPF_K:
			pc += a >= f->k ? f->jt : f->jf;
			break;
		case BPF_JMP | BPF_JGT | BPF_K:
			pc += a > f->k ? f->jt : f->jf;
			break;
		case BPF_JMP | BPF_JSET | BPF_K:
			pc += a & f->k ? f->jt : f->jf;
			break;
		case BPF_RET | BPF_K:
			return f->k;
		default:
			return 0xdead0002;
		}
	}
	return 0xdead0003;
}

static inline uint32_t sim_action(enum spec_seccomp_action action, const struct opt_u32 *errno_ret)
{
	uint16_t data = (uint16_t)(errno_ret->set ? errno_ret->v : EPERM);

	switch (action) {
	case SPEC_ACT_KILL_PROCESS:
		return SCMP_ACT_KILL_PROCESS;
	case SPEC_ACT_KILL:
	case SPEC_ACT_KILL_THREAD:
		return SCMP_ACT_KILL_THREAD;
	case SPEC_ACT_TRAP:
		return SCMP_ACT_TRAP;
	case SPEC_ACT_ERRNO:
		return SCMP_ACT_ERRNO(data);
	case SPEC_ACT_TRACE:
		return SCMP_ACT_TRACE(data);
	case SPEC_ACT_ALLOW:
		return SCMP_ACT_ALLOW;
	case SPEC_ACT_LOG:
		return SCMP_ACT_LOG;
	case SPEC_ACT_NOTIFY:
		return SCMP_ACT_NOTIFY;
	}
	abort();
}

static inline uint32_t sim_token(const char *word)
{
	char name[32];
	size_t i;

	word += strlen("SCMP_ARCH_");
	for (i = 0; word[i]; i++)
		name[i] = (char)(word[i] |
				 0x20); /* digits and '_' aside, which have that bit or are put right below */
	name[i] = 0;
	for (i = 0; name[i]; i++)
		if (name[i] == 0x7f)
			name[i] = '_';
	return seccomp_arch_resolve_name(name);
}

static inline int lib_rule(scmp_filter_ctx ctx, const struct spec_seccomp_rule *rule, uint32_t action,
			   int number)
{
	static const enum scmp_compare ops[] = {
		[SPEC_CMP_NE] = SCMP_CMP_NE,
		[SPEC_CMP_LT] = SCMP_CMP_LT,
		[SPEC_CMP_LE] = SCMP_CMP_LE,
		[SPEC_CMP_EQ] = SCMP_CMP_EQ,
		[SPEC_CMP_GE] = SCMP_CMP_GE,
		[SPEC_CMP_GT] = SCMP_CMP_GT,
		[SPEC_CMP_MASKED_EQ] = SCMP_CMP_MASKED_EQ,
	};
	struct scmp_arg_cmp cmp[64];
	unsigned int n = 0, seen = 0;
	bool repeats = false;
	int r = 0;

	for (size_t i = 0; i < rule->args.n; i++) {
		const struct spec_seccomp_arg *a = &rule->args.v[i];

		cmp[n++] = (struct scmp_arg_cmp){ a->index, ops[a->op], a->value, a->value_two };
		repeats |= seen >> a->index & 1;
		seen |= 1u << a->index;
	}
	if (!repeats)
		return seccomp_rule_add_array(ctx, action, number, n, cmp);
	for (unsigned int i = 0; i < n && !r; i++)
		r = seccomp_rule_add_array(ctx, action, number, 1, &cmp[i]);
	return r;
}

/* As runc builds it: rules that say what the default says are left out, unknown names too. NULL where
 * libseccomp refuses the section. */
static inline scmp_filter_ctx lib_make(const struct spec_seccomp *s, int optimize)
{
	uint32_t default_action = sim_action(s->default_action, &s->default_errno_ret);
	scmp_filter_ctx ctx = seccomp_init(default_action);

	for (size_t i = 0; i < s->architectures.n; i++) {
		int r = seccomp_arch_add(ctx, sim_token(s->architectures.v[i]));

		if (r && r != -EEXIST)
			goto refused;
	}
	if (optimize > 1)
		seccomp_attr_set(ctx, SCMP_FLTATR_CTL_OPTIMIZE, (uint32_t)optimize);
	for (size_t i = 0; i < s->syscalls.n; i++) {
		const struct spec_seccomp_rule *rule = &s->syscalls.v[i];
		uint32_t action = sim_action(rule->action, &rule->errno_ret);

		for (size_t j = 0; action != default_action && j < rule->names.n; j++) {
			int number = seccomp_syscall_resolve_name(rule->names.v[j]);

			if (number != __NR_SCMP_ERROR && lib_rule(ctx, rule, action, number))
				goto refused;
		}
	}
	return ctx;
refused:
	seccomp_release(ctx);
	return NULL;
}

static inline struct sim_program lib_program(scmp_filter_ctx ctx)
{
	struct sim_program p = { 0 };
	int fd = memfd_create("bpf", MFD_CLOEXEC);
	off_t size;

	if (seccomp_export_bpf(ctx, fd) || (size = lseek(fd, 0, SEEK_END)) < 0)
		abort();
	p.n = (size_t)size / sizeof(*p.v);
	p.v = calloc(p.n + 1, sizeof(*p.v));
	if (pread(fd, p.v, (size_t)size, 0) != size)
		abort();
	close(fd);
	return p;
}

/* A section from a file of tests/unit/data/seccomp. */
static inline struct spec_seccomp *sim_load(struct arena *arena, const char *name)
{
	struct spec_seccomp *s = arena_new(arena, struct spec_seccomp);
	char path[128], buf[65536];
	FILE *f;
	size_t n;

	snprintf(path, sizeof(path), "tests/unit/data/seccomp/%s", name);
	f = fopen(path, "r");
	if (!f || !s) {
		printf("# cannot open %s: run from the root of the tree\n", path);
		exit(1);
	}
	n = fread(buf, 1, sizeof(buf), f);
	fclose(f);
	if (json_read(arena, &spec_seccomp_table, buf, n, s) < 0) {
		printf("# %s\n", fail_line(buf, sizeof(buf)));
		exit(1);
	}
	return s;
}
