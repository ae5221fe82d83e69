/* SPDX-License-Identifier: Apache-2.0 */
/*
 * plan/filter_code.c: maps as BPF. The program looks at the architecture, then searches that one's ranges as
 * a binary tree, so that any call takes some ten comparisons: the kernel runs the filter for every number
 * when it loads (the bitmap of what is always allowed, kernel/seccomp.c), and then only for the others. A
 * leaf returns, or jumps to a block that compares arguments; equal blocks exist once.
 *
 * Jumps: a conditional one reaches 255 instructions, so a longer way goes over a BPF_JA.
 */
#include <stddef.h>

#include "base/err.h"
#include "plan/filter_parts.h"

#define JUMP_MAX 255

/* Where a comparison goes, until the place is known. No condition is that long. */
#define NEXT 0
#define FAIL 254 /* this alternative does not hold */
#define PASS 253 /* this condition holds */

/* In a BPF_JA's unused jt: k is the index of a block. */
#define BLOCK 1

struct code {
	struct sock_filter *v; /* BPF_MAXINSNS */
	size_t n;	       /* counts on past the end */
};

static size_t emit(struct code *c, unsigned int op, uint32_t k, unsigned int jt, unsigned int jf)
{
	if (c->n < BPF_MAXINSNS)
		c->v[c->n] = (struct sock_filter){ (uint16_t)op, (uint8_t)jt, (uint8_t)jf, k };
	return c->n++;
}

static void load(struct code *c, size_t offset)
{
	emit(c, BPF_LD | BPF_W | BPF_ABS, (uint32_t)offset, 0, 0);
}

static void jump_if(struct code *c, unsigned int op, uint32_t k, unsigned int jt, unsigned int jf)
{
	emit(c, BPF_JMP | op | BPF_K, k, jt, jf);
}

static void ret(struct code *c, uint32_t action)
{
	emit(c, BPF_RET | BPF_K, action, 0, 0);
}

/* A BPF_JA that land() will aim. */
static size_t jump(struct code *c)
{
	return emit(c, BPF_JMP | BPF_JA, 0, 0, 0);
}

static void land(struct code *c, size_t jump_at, size_t target)
{
	if (jump_at < BPF_MAXINSNS)
		c->v[jump_at].k = (uint32_t)(target - jump_at - 1);
}

/* What was to go to `label` since `from` goes to here. */
static void resolve(struct code *c, size_t from, uint8_t label)
{
	for (size_t i = from; i < c->n && i < BPF_MAXINSNS; i++) {
		struct sock_filter *f = &c->v[i];

		if (BPF_CLASS(f->code) != BPF_JMP)
			continue;
		if (f->jt == label)
			f->jt = (uint8_t)(c->n - i - 1);
		if (f->jf == label)
			f->jf = (uint8_t)(c->n - i - 1);
	}
}

/* ---- arguments ---- */

static void load_half(struct code *c, const struct seccomp_arch *arch, uint32_t index, bool high)
{
	load(c, offsetof(struct seccomp_data, args) + index * sizeof(uint64_t) +
			(high != arch->big_endian ? 4 : 0));
}

/* How the high halves decide, per operator: greater, or not equal (then: less), than the value's. */
static void compare_high(struct code *c, enum spec_seccomp_op op, uint32_t value)
{
	switch (op) {
	case SPEC_CMP_EQ:
	case SPEC_CMP_MASKED_EQ:
		jump_if(c, BPF_JEQ, value, NEXT, FAIL);
		break;
	case SPEC_CMP_NE:
		jump_if(c, BPF_JEQ, value, NEXT, PASS);
		break;
	case SPEC_CMP_GT:
	case SPEC_CMP_GE:
		jump_if(c, BPF_JGT, value, PASS, NEXT);
		jump_if(c, BPF_JEQ, value, NEXT, FAIL);
		break;
	case SPEC_CMP_LT:
	case SPEC_CMP_LE:
		jump_if(c, BPF_JGT, value, FAIL, NEXT);
		jump_if(c, BPF_JEQ, value, NEXT, PASS);
		break;
	}
}

static void compare_low(struct code *c, enum spec_seccomp_op op, uint32_t value)
{
	switch (op) {
	case SPEC_CMP_EQ:
	case SPEC_CMP_MASKED_EQ:
		jump_if(c, BPF_JEQ, value, NEXT, FAIL);
		break;
	case SPEC_CMP_NE:
		jump_if(c, BPF_JEQ, value, FAIL, NEXT);
		break;
	case SPEC_CMP_GT:
		jump_if(c, BPF_JGT, value, NEXT, FAIL);
		break;
	case SPEC_CMP_GE:
		jump_if(c, BPF_JGE, value, NEXT, FAIL);
		break;
	case SPEC_CMP_LT:
		jump_if(c, BPF_JGE, value, FAIL, NEXT);
		break;
	case SPEC_CMP_LE:
		jump_if(c, BPF_JGT, value, FAIL, NEXT);
		break;
	}
}

static void mask(struct code *c, uint32_t bits)
{
	if (bits != UINT32_MAX)
		emit(c, BPF_ALU | BPF_AND | BPF_K, bits, 0, 0);
}

/* One condition: falls through where it holds. Of a 32-bit architecture's arguments the low half counts; the
 * rest of the register may hold anything. */
static void condition(struct code *c, const struct seccomp_arch *arch, const struct spec_seccomp_arg *arg)
{
	bool masked = arg->op == SPEC_CMP_MASKED_EQ;
	uint64_t bits = masked ? arg->value : UINT64_MAX;
	uint64_t value = masked ? arg->value_two & bits : arg->value;
	size_t start = c->n;

	if (arch->wide && bits >> 32) {
		load_half(c, arch, arg->index, true);
		mask(c, (uint32_t)(bits >> 32));
		compare_high(c, arg->op, (uint32_t)(value >> 32));
	}
	load_half(c, arch, arg->index, false);
	mask(c, (uint32_t)bits);
	compare_low(c, arg->op, (uint32_t)value);
	resolve(c, start, PASS);
}

static void block(struct code *c, const struct filter_block *b, uint32_t default_action)
{
	for (size_t i = 0; i < b->n && c->n < BPF_MAXINSNS; i++) {
		const struct filter_entry *e = &b->v[i];
		size_t start = c->n;

		if (e->code_mask) {
			load_half(c, b->arch, 0, false);
			mask(c, e->code_mask);
			jump_if(c, BPF_JEQ, e->code, NEXT, FAIL);
		} else {
			for (size_t j = 0; j < e->choice->n_args; j++)
				condition(c, b->arch, &e->choice->args[j]);
		}
		ret(c, e->choice->action);
		resolve(c, start, FAIL);
	}
	ret(c, default_action);
}

/* ---- the tree ---- */

/* Instructions that the tree over n ranges takes. */
static size_t tree_size(size_t n)
{
	size_t left;

	if (n == 1)
		return 1;
	left = tree_size(n / 2);
	return 1 + (left > JUMP_MAX) + left + tree_size(n - n / 2);
}

static void leaf(struct code *c, const struct filter_leaf *l)
{
	if (!l->is_block)
		ret(c, l->value);
	else
		emit(c, BPF_JMP | BPF_JA, l->value, BLOCK,
		     0); /* the block's index, until aim() knows its place */
}

static void tree(struct code *c, const struct filter_range *ranges, size_t n)
{
	size_t left;

	if (n == 1) {
		leaf(c, &ranges[0].leaf);
		return;
	}
	left = tree_size(n / 2);
	if (left > JUMP_MAX) {
		jump_if(c, BPF_JGE, ranges[n / 2].start, 0, 1);
		emit(c, BPF_JMP | BPF_JA, (uint32_t)left, 0, 0);
	} else {
		jump_if(c, BPF_JGE, ranges[n / 2].start, (unsigned int)left, 0);
	}
	tree(c, ranges, n / 2);
	tree(c, ranges + n / 2, n - n / 2);
}

static void aim(struct code *c, size_t from, size_t to, const size_t *starts)
{
	for (size_t i = from; i < to && i < BPF_MAXINSNS; i++) {
		struct sock_filter *f = &c->v[i];

		if (f->code == (BPF_JMP | BPF_JA) && f->jt == BLOCK) {
			f->jt = 0;
			f->k = (uint32_t)(starts[f->k] - i - 1);
		}
	}
}

static int map_code(struct code *c, const struct filter_source *source, const struct filter_map *map)
{
	size_t *starts = arena_array(source->scratch, map->n_blocks + 1, size_t);
	size_t from, to;

	if (!starts)
		return -ENOMEM;
	load(c, offsetof(struct seccomp_data, nr));
	from = c->n;
	tree(c, map->ranges, map->n_ranges);
	to = c->n;
	for (size_t i = 0; i < map->n_blocks; i++) {
		starts[i] = c->n;
		block(c, &map->blocks[i], source->default_action);
	}
	aim(c, from, to, starts);
	return 0;
}

int filter_code_make(const struct filter_source *source, const struct filter_map *maps, size_t n_maps,
		     struct sock_filter *insns, size_t *ret_n)
{
	struct code c = { .v = insns };
	size_t first;

	load(&c, offsetof(struct seccomp_data, arch));
	first = c.n;
	for (size_t i = 0; i < n_maps; i++) {
		jump_if(&c, BPF_JEQ, maps[i].audit, 0, 1);
		jump(&c);
	}
	ret(&c, SECCOMP_RET_KILL_THREAD); /* libseccomp's action for an architecture that the section does not
					     name */
	for (size_t i = 0; i < n_maps; i++) {
		int r;

		land(&c, first + 2 * i + 1, c.n);
		r = map_code(&c, source, &maps[i]);
		if (r < 0)
			return r;
	}
	if (c.n > BPF_MAXINSNS)
		return fail(0,
			    "linux.seccomp: needs more than the kernel's %d BPF instructions: compare fewer "
			    "arguments",
			    BPF_MAXINSNS);
	*ret_n = c.n;
	return 0;
}
