/* SPDX-License-Identifier: Apache-2.0 */
/*
 * plan/filter_map.c: which range of system call numbers has which verdict, for one kernel architecture.
 *
 * For one number: a rule without conditions decides alone (the first of them), wherever it stands; else those
 * with conditions are tried, the strictest action first (the kernel's own order among filters, seccomp(2)),
 * equally strict ones as in the document; else the default. Rules whose action is the default's say nothing.
 */
#include <linux/audit.h>
#include <stdlib.h>

#include "plan/filter_parts.h"

#define X32_BIT	     0x40000000u /* __X32_SYSCALL_BIT */
#define ARM_PRIVATE  0x000f0000u /* __ARM_NR_BASE: breakpoint, cacheflush, set_tls stand apart */
#define NUMBERS_SPAN 4096	 /* from the lowest to the highest, where counting pays */
#define ENOSYS_RET   (SECCOMP_RET_ERRNO | ENOSYS)

/* The kernel compares actions as signed numbers: KILL_PROCESS is the lowest, and the lowest wins. */
static int32_t leniency(uint32_t action)
{
	return (int32_t)(action & SECCOMP_RET_ACTION_FULL);
}

/* A masked comparison without a bit in the mask always holds: it is no condition. */
static bool has_conditions(const struct filter_choice *choice, const struct seccomp_arch *arch)
{
	uint64_t width = arch->wide ? UINT64_MAX : UINT32_MAX;

	for (size_t i = 0; i < choice->n_args; i++)
		if (choice->args[i].op != SPEC_CMP_MASKED_EQ || choice->args[i].value & width)
			return true;
	return false;
}

/* False: it decides alone. */
static bool is_one_of_several(const struct filter_entry *e)
{
	return e->conditional || e->code_mask;
}

/* ---- entries ---- */

struct entries {
	struct filter_entry *v;
	size_t n;
	bool any;
	uint32_t last; /* the highest number that the section names, where `any` */
};

static void note_number(struct entries *entries, const struct seccomp_arch *arch, int number)
{
	uint32_t n = (uint32_t)number;

	if (number < 0 || (arch->audit == AUDIT_ARCH_ARM && n >= ARM_PRIVATE))
		return;
	if (!entries->any || n > entries->last)
		entries->last = n;
	entries->any = true;
}

static void add_call(struct entries *entries, const struct filter_choice *choice, bool conditional,
		     const struct seccomp_call *call, uint32_t default_action)
{
	struct filter_entry entry = { .choice = choice, .conditional = conditional };

	if (call->number >= 0) {
		entry.number = (uint32_t)call->number;
		entries->v[entries->n++] = entry;
	}
	/*
	 * Behind socketcall and ipc the arguments lie in memory, where no filter can look. A rule with
	 * conditions therefore holds there if it is stricter than the default, and not at all if it is more
	 * lenient.
	 */
	if (call->mux >= 0 && (!conditional || leniency(choice->action) < leniency(default_action))) {
		entry.number = (uint32_t)call->mux;
		entry.code = call->code;
		entry.code_mask = call->code_mask;
		entries->v[entries->n++] = entry;
	}
}

static int compare_entries(const void *a, const void *b)
{
	const struct filter_entry *x = a, *y = b;
	bool x_later = is_one_of_several(x), y_later = is_one_of_several(y);

	if (x->number != y->number)
		return x->number < y->number ? -1 : 1;
	if (x_later != y_later)
		return x_later ? 1 : -1;
	if (x_later && leniency(x->choice->action) != leniency(y->choice->action))
		return leniency(x->choice->action) < leniency(y->choice->action) ? -1 : 1;
	if (x->choice != y->choice)
		return x->choice < y->choice ? -1 : 1;
	return x->code < y->code ? -1 : x->code > y->code;
}

static void number_bounds(const struct entries *entries, uint32_t *ret_min, uint32_t *ret_max)
{
	*ret_min = UINT32_MAX;
	*ret_max = 0;
	for (size_t i = 0; i < entries->n; i++) {
		uint32_t number = entries->v[i].number;

		*ret_min = number < *ret_min ? number : *ret_min;
		*ret_max = number > *ret_max ? number : *ret_max;
	}
}

/* By number: they lie close together on all architectures but ARM, so that counting them is a quarter of the
 * compiler's time less than comparing them. */
static int sort_by_number(struct arena *scratch, struct entries *entries, uint32_t min, uint32_t max)
{
	uint32_t *places = arena_array(scratch, (size_t)max - min + 2, uint32_t);
	struct filter_entry *sorted = arena_array(scratch, entries->n, struct filter_entry);

	if (!places || !sorted)
		return -ENOMEM;
	for (size_t i = 0; i < entries->n; i++)
		places[entries->v[i].number - min + 1]++;
	for (uint32_t i = 1; i <= max - min; i++)
		places[i] += places[i - 1];
	for (size_t i = 0; i < entries->n; i++)
		sorted[places[entries->v[i].number - min]++] = entries->v[i];
	entries->v = sorted;
	return 0;
}

/* By number, and then as they are to be tried. */
static int sort_entries(struct arena *scratch, struct entries *entries)
{
	uint32_t min, max;
	size_t n;
	int r;

	number_bounds(entries, &min, &max);
	if (!entries->n || max - min > NUMBERS_SPAN) {
		qsort(entries->v, entries->n, sizeof(*entries->v), compare_entries);
		return 0;
	}
	r = sort_by_number(scratch, entries, min, max);
	for (size_t i = 0; r == 0 && i < entries->n; i += n) {
		for (n = 1; i + n < entries->n && entries->v[i + n].number == entries->v[i].number;)
			n++;
		if (n > 1)
			qsort(&entries->v[i], n, sizeof(*entries->v), compare_entries);
	}
	return r;
}

static int collect(const struct filter_source *source, const struct seccomp_arch *arch,
		   struct entries *ret_entries)
{
	struct entries entries = { .v = arena_array(source->scratch, 2 * source->n_names + 1,
						    struct filter_entry) };
	int r;

	if (!entries.v)
		return -ENOMEM;
	for (size_t i = 0; i < source->n_choices; i++) {
		const struct filter_choice *choice = &source->choices[i];
		bool conditional = has_conditions(choice, arch);

		for (size_t j = 0; j < choice->names->n; j++) {
			struct seccomp_call call;

			if (!seccomp_call_find(arch, choice->names->v[j], &call))
				continue; /* "unknown to this machine" must not fail: profiles are for many
					     kernels */
			note_number(&entries, arch, call.number);
			note_number(&entries, arch, call.mux);
			if (choice->action != source->default_action)
				add_call(&entries, choice, conditional, &call, source->default_action);
		}
	}
	r = sort_entries(source->scratch, &entries);
	if (r < 0)
		return r;
	*ret_entries = entries;
	return 0;
}

/* ---- verdicts ---- */

struct mapping {
	const struct filter_source *source;
	const struct seccomp_arch *arch;
	struct filter_map map;
	struct filter_leaf newer; /* what numbers past the profile's last get */
	size_t first_block; /* of this architecture: blocks are not shared with another one's argument width
			     */
};

/* Of the entries for one code of socketcall or ipc a rule without conditions decides alone, the first of
 * them. */
static size_t drop_shadowed(struct filter_entry *group, size_t n)
{
	const struct filter_choice *decides[SECCOMP_MUX_CODES] = { NULL };
	size_t kept = 0;

	for (size_t i = 0; i < n; i++) {
		const struct filter_entry *e = &group[i];

		if (e->code_mask && !e->conditional && (!decides[e->code] || e->choice < decides[e->code]))
			decides[e->code] = e->choice;
	}
	for (size_t i = 0; i < n; i++)
		if (!group[i].code_mask || !decides[group[i].code] ||
		    decides[group[i].code] == group[i].choice)
			group[kept++] = group[i];
	return kept;
}

static bool same_block(const struct filter_block *a, const struct filter_block *b)
{
	if (a->n != b->n)
		return false;
	for (size_t i = 0; i < a->n; i++)
		if (a->v[i].choice != b->v[i].choice || a->v[i].code != b->v[i].code ||
		    a->v[i].code_mask != b->v[i].code_mask)
			return false;
	return true;
}

static struct filter_leaf block_leaf(struct mapping *m, const struct filter_entry *group, size_t n)
{
	struct filter_block *block = &m->map.blocks[m->map.n_blocks];

	*block = (struct filter_block){ .v = group, .n = n, .arch = m->arch };
	for (size_t i = m->first_block; i < m->map.n_blocks; i++)
		if (same_block(&m->map.blocks[i], block))
			return (struct filter_leaf){ .is_block = true, .value = (uint32_t)i };
	return (struct filter_leaf){ .is_block = true, .value = (uint32_t)m->map.n_blocks++ };
}

static struct filter_leaf action_leaf(uint32_t action)
{
	return (struct filter_leaf){ .value = action };
}

static struct filter_leaf group_leaf(struct mapping *m, struct filter_entry *group, size_t n)
{
	if (!is_one_of_several(&group[0]))
		return action_leaf(group[0].choice->action);
	return block_leaf(m, group, drop_shadowed(group, n));
}

/* From `start` on `leaf`; ranges come in rising order. */
static void add_range(struct mapping *m, uint32_t start, struct filter_leaf leaf)
{
	struct filter_range *r = m->map.ranges;
	size_t n = m->map.n_ranges;

	if (n && r[n - 1].start == start)
		n--;
	if (!n || r[n - 1].leaf.is_block != leaf.is_block || r[n - 1].leaf.value != leaf.value)
		r[n++] = (struct filter_range){ .start = start, .leaf = leaf };
	m->map.n_ranges = n;
}

/* ---- one architecture ---- */

/*
 * A C library tries a new system call and falls back where the answer is ENOSYS, but not where it is EPERM:
 * so what is newer than the profile gets ENOSYS, as runc has done since 1.0.0-rc93. "Newer" is a higher
 * number than any that the profile names, whatever it says about it. Not where the default lets calls
 * through, or to a tracer.
 */
static struct filter_leaf newer_leaf(uint32_t default_action)
{
	switch (default_action & SECCOMP_RET_ACTION_FULL) {
	case SECCOMP_RET_ALLOW:
	case SECCOMP_RET_LOG:
	case SECCOMP_RET_TRACE:
		return action_leaf(default_action);
	}
	return action_leaf(ENOSYS_RET);
}

/* Behind the highest number of the profile, and the default again where a private area follows. */
static void add_newer(struct mapping *m, const struct entries *entries)
{
	if (!entries->any)
		return;
	if (entries->last < UINT32_MAX)
		add_range(m, entries->last + 1, m->newer);
	if (m->arch->audit == AUDIT_ARCH_ARM)
		add_range(m, ARM_PRIVATE, action_leaf(m->source->default_action));
}

/* From `first` on: this architecture's numbers. The caller ends them. */
static int add_arch(struct mapping *m, uint32_t first)
{
	struct filter_leaf rest = action_leaf(m->source->default_action);
	struct entries entries;
	bool newer_done = false;
	size_t n;
	int r = collect(m->source, m->arch, &entries);

	if (r < 0)
		return r;
	m->first_block = m->map.n_blocks;
	m->newer = newer_leaf(m->source->default_action);
	add_range(m, first, rest);
	/* s390's numbers above 255 come in a register with 0 as the number; it stays 0 where the kernel does
	 * not know the call (arch/s390/kernel/syscall.c) */
	if (entries.any && (m->arch->audit == AUDIT_ARCH_S390 || m->arch->audit == AUDIT_ARCH_S390X)) {
		add_range(m, 0, m->newer);
		add_range(m, 1, rest);
	}
	for (size_t i = 0; i < entries.n; i += n) {
		uint32_t number = entries.v[i].number;

		for (n = 1; i + n < entries.n && entries.v[i + n].number == number;)
			n++;
		if (!newer_done && number > entries.last) {
			add_newer(m, &entries);
			newer_done = true;
		}
		add_range(m, number, group_leaf(m, &entries.v[i], n));
		if (number < UINT32_MAX)
			add_range(m, number + 1, rest);
	}
	if (!newer_done)
		add_newer(m, &entries);
	return 0;
}

/*
 * x32 programs come with x86_64's architecture and bit 30 in the number. Not listed, theirs is a foreign
 * architecture, but for -1: that is what a tracer leaves in the register of a call that it cancels.
 */
static int add_x86_64(struct mapping *m, const struct seccomp_arch *const *archs, size_t n_archs)
{
	const struct seccomp_arch *x86_64 = NULL, *x32 = NULL;
	int r = 0;

	for (size_t i = 0; i < n_archs; i++)
		*(archs[i]->wide ? &x86_64 : &x32) = archs[i];
	add_range(m, 0, action_leaf(SECCOMP_RET_KILL_THREAD));
	if (x86_64) {
		m->arch = x86_64;
		r = add_arch(m, 0);
	}
	if (r == 0 && x32) {
		m->arch = x32;
		r = add_arch(m, X32_BIT);
	} else if (r == 0) {
		add_range(m, X32_BIT, action_leaf(SECCOMP_RET_KILL_THREAD));
		add_range(m, UINT32_MAX, action_leaf(m->source->default_action));
	}
	return r;
}

int filter_map_make(const struct filter_source *source, const struct seccomp_arch *const *archs,
		    size_t n_archs, struct filter_map *ret_map)
{
	size_t entries = 2 * source->n_names * n_archs;
	struct mapping m = {
		.source = source,
		.arch = archs[0],
		.map.audit = archs[0]->audit,
		.map.ranges = arena_array(source->scratch, 2 * entries + 16, struct filter_range),
		.map.blocks = arena_array(source->scratch, entries + 1, struct filter_block),
	};
	int r;

	if (!m.map.ranges || !m.map.blocks)
		return -ENOMEM;
	if (m.map.audit == AUDIT_ARCH_X86_64)
		r = add_x86_64(&m, archs, n_archs);
	else
		r = add_arch(&m, 0);
	if (r == 0)
		*ret_map = m.map;
	return r;
}
