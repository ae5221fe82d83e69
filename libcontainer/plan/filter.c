/* SPDX-License-Identifier: Apache-2.0 */
/*
 * plan/filter.c: linux.seccomp as a BPF program: the section's words. docs/seccomp.md says what differs from
 * libseccomp's compiler and from runc's additions to it. Sources: config-linux.md "Seccomp", seccomp(2).
 */
#include <string.h>

#include "base/err.h"
#include "base/str.h"
#include "kernel/sys.h"
#include "plan/filter.h"
#include "plan/filter_parts.h"
#include "spec/tables.h"

/* A name of each rule counts once for each of the rule's alternatives. Real profiles have some 400. */
#define NAMES_MAX 16384
#define ARCHS_MAX 32

static uint32_t action_value(enum spec_seccomp_action action, const struct opt_u32 *errno_ret)
{
	static const uint32_t values[] = {
		[SPEC_ACT_KILL] = SECCOMP_RET_KILL_THREAD,
		[SPEC_ACT_KILL_THREAD] = SECCOMP_RET_KILL_THREAD,
		[SPEC_ACT_KILL_PROCESS] = SECCOMP_RET_KILL_PROCESS,
		[SPEC_ACT_TRAP] = SECCOMP_RET_TRAP,
		[SPEC_ACT_ERRNO] = SECCOMP_RET_ERRNO,
		[SPEC_ACT_TRACE] = SECCOMP_RET_TRACE,
		[SPEC_ACT_ALLOW] = SECCOMP_RET_ALLOW,
		[SPEC_ACT_LOG] = SECCOMP_RET_LOG,
		[SPEC_ACT_NOTIFY] = SECCOMP_RET_USER_NOTIF,
	};
	uint32_t data = 0;

	if (action == SPEC_ACT_ERRNO || action == SPEC_ACT_TRACE)
		data = errno_ret->set ? errno_ret->v : EPERM;
	return values[action] | (data & SECCOMP_RET_DATA);
}

/* ---- flags and the listener ---- */

static const struct filter_flag {
	const char *name;
	unsigned int flag;
} flags[] = {
	/* Nobody but the one thread of init is there to follow it, and execve ends all others; it excludes a
	   listener. */
	{ "SECCOMP_FILTER_FLAG_TSYNC", 0 },
	{ "SECCOMP_FILTER_FLAG_LOG", SECCOMP_FILTER_FLAG_LOG },
	{ "SECCOMP_FILTER_FLAG_SPEC_ALLOW", SECCOMP_FILTER_FLAG_SPEC_ALLOW },
	{ "SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV", SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV },
};

const char *filter_flag_word(size_t i, unsigned int *ret_flag)
{
	if (i >= ARRAY_SIZE(flags))
		return NULL;
	*ret_flag = flags[i].flag;
	return flags[i].name;
}

static int make_flags(const struct spec_seccomp *section, struct plan_filter *filter)
{
	/* runc's default: without it every filtered program pays for the mitigation of speculative store
	 * bypass, which the kernel itself has not tied to seccomp since 5.16 */
	if (!section->has_flags)
		filter->flags = SECCOMP_FILTER_FLAG_SPEC_ALLOW;
	for (size_t i = 0; i < section->flags.n; i++) {
		const struct filter_flag *f = WORD_FIND(flags, section->flags.v[i]);

		if (!f)
			return fail(0, "linux.seccomp.flags[%zu]: unknown flag '%s'", i, section->flags.v[i]);
		filter->flags |= f->flag;
	}
	return 0;
}

static int check_notify(const struct spec_seccomp *section, size_t i)
{
	const struct spec_seccomp_rule *rule = &section->syscalls.v[i];

	if (!section->listener_path)
		return fail(0,
			    "linux.seccomp.syscalls[%zu]: SCMP_ACT_NOTIFY needs linux.seccomp.listenerPath",
			    i);
	/* as runc: whoever is to hand the listener over would wait for it */
	for (size_t j = 0; j < rule->names.n; j++)
		if (streq(rule->names.v[j], "write"))
			return fail(0,
				    "linux.seccomp.syscalls[%zu]: SCMP_ACT_NOTIFY cannot be used for write",
				    i);
	return 0;
}

static int make_listener(const struct spec_seccomp *section, struct plan_filter *filter)
{
	if (section->default_action == SPEC_ACT_NOTIFY)
		return fail(0, "linux.seccomp.defaultAction: cannot be SCMP_ACT_NOTIFY");
	for (size_t i = 0; i < section->syscalls.n; i++) {
		int r;

		if (section->syscalls.v[i].action != SPEC_ACT_NOTIFY)
			continue;
		r = check_notify(section, i);
		if (r < 0)
			return r;
		filter->flags |= SECCOMP_FILTER_FLAG_NEW_LISTENER;
		filter->listener_path = section->listener_path;
		filter->listener_metadata = section->listener_metadata;
	}
	/* the kernel refuses it alone */
	if (!filter->listener_path)
		filter->flags &= ~(unsigned int)SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV;
	return 0;
}

/* ---- rules ---- */

/* A rule that compares one argument twice means each of its conditions alone (as runc has read it since
 * 2017): "is 1, is 2" could never hold otherwise. */
static bool repeats_argument(const struct spec_seccomp_rule *rule)
{
	unsigned int seen = 0;

	for (size_t i = 0; i < rule->args.n; i++) {
		unsigned int bit = 1u << rule->args.v[i].index;

		if (seen & bit)
			return true;
		seen |= bit;
	}
	return false;
}

static size_t choices_of(const struct spec_seccomp_rule *rule)
{
	return repeats_argument(rule) ? rule->args.n : 1;
}

static int count_choices(const struct spec_seccomp *section, struct filter_source *source)
{
	for (size_t i = 0; i < section->syscalls.n; i++) {
		const struct spec_seccomp_rule *rule = &section->syscalls.v[i];
		size_t n = choices_of(rule);

		if (rule->names.n > NAMES_MAX || n > NAMES_MAX ||
		    n * rule->names.n > NAMES_MAX - source->n_names)
			return fail(0, "linux.seccomp.syscalls[%zu]: more than %d names in all", i,
				    NAMES_MAX);
		for (size_t j = 0; j < rule->args.n; j++)
			if (rule->args.v[j].index > 5)
				return fail(
					0, "linux.seccomp.syscalls[%zu].args[%zu].index: a system call has 6",
					i, j);
		source->n_choices += n;
		source->n_names += n * rule->names.n;
	}
	return 0;
}

static int make_choices(const struct spec_seccomp *section, struct filter_source *source)
{
	struct filter_choice *choice =
		arena_array(source->scratch, source->n_choices + 1, struct filter_choice);

	if (!choice)
		return -ENOMEM;
	source->choices = choice;
	for (size_t i = 0; i < section->syscalls.n; i++) {
		const struct spec_seccomp_rule *rule = &section->syscalls.v[i];
		size_t n = choices_of(rule);

		for (size_t j = 0; j < n; j++) {
			choice->names = &rule->names;
			choice->action = action_value(rule->action, &rule->errno_ret);
			choice->args = n == 1 ? rule->args.v : &rule->args.v[j];
			choice->n_args = n == 1 ? rule->args.n : 1;
			choice++;
		}
	}
	return 0;
}

/* ---- architectures ---- */

struct arch_list {
	struct seccomp_arch v[ARCHS_MAX];
	size_t n;
};

static int add_arch(struct arch_list *list, const char *word)
{
	struct seccomp_arch *arch = &list->v[list->n];
	int r = seccomp_arch_find(word, arch);

	if (r < 0)
		return r;
	for (size_t i = 0; i < list->n; i++)
		if (list->v[i].token == arch->token)
			return 0;
	list->n++;
	return 0;
}

/* The machine's own is always among them, and the only one where none is named. All others kill the thread.
 */
static int find_archs(const struct spec_seccomp *section, struct arch_list *list)
{
	int r = add_arch(list, NULL);

	if (r < 0)
		return fail_in(r, "linux.seccomp");
	for (size_t i = 0; i < section->architectures.n; i++) {
		if (list->n == ARCHS_MAX)
			return fail(0, "linux.seccomp.architectures[%zu]: too many", i);
		r = add_arch(list, section->architectures.v[i]);
		if (r < 0)
			return fail_in(r, "linux.seccomp.architectures[%zu]", i);
	}
	return 0;
}

static int make_maps(const struct filter_source *source, const struct arch_list *list,
		     struct filter_map *maps, size_t *ret_n)
{
	size_t n = 0;

	for (size_t i = 0; i < list->n; i++) {
		const struct seccomp_arch *same[ARCHS_MAX];
		size_t n_same = 0;
		bool done = false;
		int r;

		for (size_t j = 0; j < n && !done; j++)
			done = maps[j].audit == list->v[i].audit;
		if (done)
			continue;
		for (size_t j = i; j < list->n; j++)
			if (list->v[j].audit == list->v[i].audit)
				same[n_same++] = &list->v[j];
		r = filter_map_make(source, same, n_same, &maps[n++]);
		if (r < 0)
			return r;
	}
	*ret_n = n;
	return 0;
}

/* ---- all of it ---- */

static int compile(const struct spec_seccomp *section, struct filter_source *source,
		   struct sock_filter *insns, size_t *ret_n)
{
	struct arch_list *archs = arena_new(source->scratch, struct arch_list);
	struct filter_map *maps = arena_array(source->scratch, ARCHS_MAX, struct filter_map);
	size_t n_maps = 0;
	int r;

	if (!archs || !maps)
		return -ENOMEM;
	source->default_action = action_value(section->default_action, &section->default_errno_ret);
	r = make_choices(section, source);
	if (r == 0)
		r = find_archs(section, archs);
	if (r == 0)
		r = make_maps(source, archs, maps, &n_maps);
	return r < 0 ? r : filter_code_make(source, maps, n_maps, insns, ret_n);
}

static int compile_to(struct arena *arena, struct filter_source *source, struct plan_filter *filter)
{
	struct sock_filter *insns = arena_array(source->scratch, BPF_MAXINSNS, struct sock_filter), *kept;
	size_t n;
	int r = insns ? compile(filter->section, source, insns, &n) : -ENOMEM;

	if (r < 0)
		return r;
	kept = arena_array(arena, n, struct sock_filter);
	if (!kept)
		return -ENOMEM;
	memcpy(kept, insns, n * sizeof(*insns));
	filter->insns = kept;
	filter->n = n;
	return 0;
}

/* More than it takes: the program, the choices, and for each architecture its entries, twice while they are
 * sorted, its ranges and its blocks. Only what is touched costs. */
static size_t scratch_size(const struct spec_seccomp *section, const struct filter_source *source)
{
	size_t archs = section->architectures.n < ARCHS_MAX ? section->architectures.n + 1 : ARCHS_MAX;
	size_t per_name = 4 * sizeof(struct filter_entry) + 4 * sizeof(struct filter_range) +
			  2 * (sizeof(struct filter_block) + sizeof(size_t));

	return (256u << 10) + source->n_choices * sizeof(struct filter_choice) +
	       archs * ((64u << 10) + source->n_names * per_name);
}

int filter_begin(struct arena *arena, const struct spec_seccomp *section, struct plan_filter **ret_filter)
{
	struct plan_filter *filter = arena_new(arena, struct plan_filter);
	int r;

	if (!filter)
		return -ENOMEM;
	filter->section = section;
	r = make_flags(section, filter);
	if (r == 0)
		r = make_listener(section, filter);
	if (r == 0)
		*ret_filter = filter;
	return r;
}

int filter_finish(struct arena *arena, struct plan_filter *filter)
{
	struct filter_source source = { 0 };
	struct arena scratch;
	int r = count_choices(filter->section, &source);

	if (r == 0)
		r = arena_open_private(&scratch, scratch_size(filter->section, &source));
	if (r < 0)
		return r;
	source.scratch = &scratch;
	r = compile_to(arena, &source, filter);
	arena_close(&scratch);
	return r;
}

int filter_make(struct arena *arena, const struct spec_seccomp *section,
		const struct plan_filter **ret_filter)
{
	struct plan_filter *filter;
	int r = filter_begin(arena, section, &filter);

	if (r == 0)
		r = filter_finish(arena, filter);
	if (r == 0)
		*ret_filter = filter;
	return r;
}
