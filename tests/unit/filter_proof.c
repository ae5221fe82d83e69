/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The seccomp compiler held against libseccomp: both programs are run over every number, every architecture
 * and the boundaries of every compared argument, for real profiles and generated ones. They differ only where
 * docs/seccomp.md says so, and there ours says what the section's words say.
 */
#include <setjmp.h>
#include <signal.h>
#include <sys/time.h>

#include "filter_words.h"
#include "spec/seccomp_default.h"
#include "test.h"

#define GENERATED  1200
#define COMBOS_MAX 1500

static const char *const arch_words[] = {
	"SCMP_ARCH_X86_64",  "SCMP_ARCH_X86",	  "SCMP_ARCH_X32",	"SCMP_ARCH_AARCH64",
	"SCMP_ARCH_ARM",     "SCMP_ARCH_MIPSEL",  "SCMP_ARCH_MIPSEL64", "SCMP_ARCH_MIPSEL64N32",
	"SCMP_ARCH_PPC64LE", "SCMP_ARCH_RISCV64",
};
#define ARCHS (sizeof(arch_words) / sizeof(arch_words[0]))

/* Made once: the tables are asked name by name. */
static struct words_arch *tables[ARCHS];

/* ---- chance, the same in each run ---- */

static uint64_t seed = 1;

static uint32_t chance(uint32_t n)
{
	seed = seed * 6364136223846793005u + 1442695040888963407u;
	return (uint32_t)((seed >> 33) % n);
}

/* ---- one section ---- */

#define PIECES_MAX 256

/* One rule of the section alone (or one condition of a rule that repeats an argument), on one architecture,
 * as libseccomp compiles it. */
struct piece {
	struct spec_seccomp section;
	struct spec_seccomp_rule rule;
	struct sim_program lib; /* .v NULL: not made yet */
};

struct proof {
	const struct spec_seccomp *section;
	const struct plan_filter *ours;
	struct sim_program lib;
	const struct words_arch *arch; /* NULL: a foreign one */
	const char *arch_word;
	struct piece pieces[PIECES_MAX]; /* for `arch` */
	size_t n_pieces;
	uint32_t last;
	bool any;
	unsigned long calls, wrong, unexplained;
	unsigned long differ[64]; /* by enum words_why */
};

static uint32_t plain_number(const struct proof *p, uint32_t number)
{
	return p->arch && p->arch->token == SCMP_ARCH_X32 ? number & ~0x40000000u : number;
}

static void show(const struct proof *p, const struct seccomp_data *d, uint32_t ours, uint32_t lib,
		 const struct words_verdict *want)
{
	const char *name = p->arch ? words_name(p->arch, plain_number(p, (uint32_t)d->nr)) : NULL;

	printf("# arch %#x number %d (%s) args", d->arch, d->nr, name ? name : "-");
	for (int i = 0; i < 6; i++)
		printf(" %#llx", d->args[i]);
	printf(": ours %#x, libseccomp %#x, words %#x (why %u)\n", ours, lib, want->action, want->why);
	for (size_t i = 0; i < p->section->syscalls.n; i++) {
		const struct spec_seccomp_rule *r = &p->section->syscalls.v[i];

		if (!words_names(r, name))
			continue;
		printf("#   rule %zu: %#x", i, sim_action(r->action, &r->errno_ret));
		for (size_t j = 0; j < r->args.n; j++)
			printf(" [%u %s %#lx %#lx]", r->args.v[j].index,
			       json_word(&spec_seccomp_operators, r->args.v[j].op), r->args.v[j].value,
			       r->args.v[j].value_two);
		puts("");
	}
}

static void pieces_free(struct proof *p)
{
	for (size_t i = 0; i < p->n_pieces; i++)
		free(p->pieces[i].lib.v);
	p->n_pieces = 0;
}

static bool repeats_argument(const struct spec_seccomp_rule *rule)
{
	for (size_t i = 0; i < rule->args.n; i++)
		for (size_t j = 0; j < i; j++)
			if (rule->args.v[i].index == rule->args.v[j].index)
				return true;
	return false;
}

static void add_piece(struct proof *p, const struct spec_seccomp_rule *rule)
{
	struct piece *piece = &p->pieces[p->n_pieces++];

	if (p->n_pieces > PIECES_MAX)
		abort();
	piece->lib.v = NULL;
	piece->rule = *rule;
	piece->section = *p->section;
	piece->section.architectures = (struct strings){ &p->arch_word, 1 };
	piece->section.syscalls.v = &piece->rule;
	piece->section.syscalls.n = 1;
}

static void pieces_begin(struct proof *p)
{
	for (size_t i = 0; i < p->section->syscalls.n; i++) {
		const struct spec_seccomp_rule *rule = &p->section->syscalls.v[i];
		struct spec_seccomp_rule part = *rule;

		if (!repeats_argument(rule)) {
			add_piece(p, rule);
			continue;
		}
		part.args.n = 1;
		for (size_t j = 0; j < rule->args.n; j++) {
			part.args.v = &rule->args.v[j];
			add_piece(p, &part);
		}
	}
}

static void piece_make(struct piece *piece)
{
	scmp_filter_ctx ctx;

	if (piece->lib.v)
		return;
	ctx = lib_make(&piece->section, 1);
	if (!ctx)
		abort();
	piece->lib = lib_program(ctx);
	seccomp_release(ctx);
}

/* Where several rules with conditions concern one call, libseccomp merges them into one tree and then gives
 * answers that none of them gives. Rule by rule it must mean what the words say. */
static bool agrees_rule_by_rule(struct proof *p, const struct seccomp_data *d)
{
	const char *name = words_name(p->arch, plain_number(p, (uint32_t)d->nr));
	bool behind = d->nr >= 0 && (d->nr == p->arch->socketcall || d->nr == p->arch->ipc);

	for (size_t i = 0; i < p->n_pieces; i++) {
		struct piece *piece = &p->pieces[i];
		struct words_verdict alone;

		if (!behind && !words_names(&piece->rule, name))
			continue;
		piece_make(piece);
		alone = words_verdict(&piece->section, p->arch, 0, false, d);
		if (!(alone.why & WORDS_MUX) && alone.action != sim_run(piece->lib.v, piece->lib.n, d))
			return false;
	}
	return true;
}

static void prove_call(struct proof *p, const struct seccomp_data *d)
{
	uint32_t ours = sim_run(p->ours->insns, p->ours->n, d), lib = sim_run(p->lib.v, p->lib.n, d);
	struct words_verdict want = { SCMP_ACT_KILL_THREAD, 0 };
	unsigned int whole = WORDS_NEWER | WORDS_MUX | WORDS_VERSION | WORDS_NEGATIVE;

	p->calls++;
	if (p->arch)
		want = words_verdict(p->section, p->arch, p->last, p->any, d);
	if (ours != want.action && p->wrong++ < 3)
		show(p, d, ours, lib, &want);
	if (ours == lib)
		return;
	if (p->arch && !(want.why & whole) && agrees_rule_by_rule(p, d))
		want.why |= WORDS_SEVERAL;
	p->differ[want.why]++;
	if (!(want.why & (whole | WORDS_SEVERAL)) && p->unexplained++ < 5)
		show(p, d, ours, lib, &want);
}

/* ---- the boundaries of what a number's rules compare ---- */

#define VALUES_MAX 96

struct values {
	uint64_t v[VALUES_MAX];
	size_t n;
};

static void add_value(struct values *values, uint64_t v)
{
	for (size_t i = 0; i < values->n; i++)
		if (values->v[i] == v)
			return;
	if (values->n < VALUES_MAX)
		values->v[values->n++] = v;
}

static void add_around(struct values *values, uint64_t v)
{
	add_value(values, v);
	add_value(values, v - 1);
	add_value(values, v + 1);
	add_value(values, v ^ 1ull << 32);
	add_value(values, (v ^ 1ull << 32) - 1);
	add_value(values, v ^ 1ull << 63);
}

static void add_boundaries(struct values *values, const struct spec_seccomp_rule *rule)
{
	for (size_t i = 0; i < rule->args.n; i++) {
		const struct spec_seccomp_arg *a = &rule->args.v[i];
		struct values *of = &values[a->index];

		if (a->op == SPEC_CMP_MASKED_EQ) {
			add_value(of, a->value_two & a->value);
			add_value(of, (a->value_two & a->value) | ~a->value);
			add_value(of, a->value_two);
			add_value(of, ~a->value_two);
			add_value(of, a->value_two ^ (a->value & -a->value));
		} else {
			add_around(of, a->value);
		}
	}
}

static void prove_combinations(struct proof *p, struct seccomp_data d, const struct values *values)
{
	size_t all = 1;

	for (int i = 0; i < 6; i++)
		all = all > COMBOS_MAX ? all : all * values[i].n;
	for (size_t k = 0; k < (all > COMBOS_MAX ? COMBOS_MAX : all); k++) {
		size_t rest = k;

		for (int i = 0; i < 6; i++) {
			size_t n = values[i].n;

			d.args[i] = values[i].v[all > COMBOS_MAX ? chance((uint32_t)n) : rest % n];
			rest /= n;
		}
		prove_call(p, &d);
	}
}

static void prove_number(struct proof *p, uint32_t audit, uint32_t number)
{
	const struct spec_seccomp *s = p->section;
	struct seccomp_data d = { .nr = (int)number, .arch = audit };
	const char *name = p->arch ? words_name(p->arch, plain_number(p, number)) : NULL;
	bool socketcall = p->arch && (int)number == p->arch->socketcall,
	     ipc = p->arch && (int)number == p->arch->ipc;
	struct values values[6] = { 0 };

	for (int i = 0; i < 6; i++)
		add_value(&values[i], i == 5 ? UINT64_MAX : 0);
	if (name)
		for (size_t i = 0; i < s->syscalls.n; i++)
			if (words_names(&s->syscalls.v[i], name))
				add_boundaries(values, &s->syscalls.v[i]);
	for (uint64_t code = 1; (socketcall || ipc) && code < 32; code++) {
		add_value(&values[0], code);
		add_value(&values[0], code | 0x10000);
		add_value(&values[0], code | 1ull << 32);
	}
	prove_combinations(p, d, values);
}

/* ---- all of one section ---- */

static const uint32_t far_numbers[] = { 0x0effff,   0x0f0000,	0x0f0001,   0x0f0002,
					0x0f0005,   0x0f0006,	0x10000000, 0x3ffffffe,
					0x3fffffff, 0x7fffffff, 0x80000000, 0xbfffffff,
					0xc0000000, 0xffffff34, 0xffffff9b, 0xfffffffe };

static bool is_listed(const struct spec_seccomp *s, const char *word)
{
	if (!strcmp(word, "SCMP_ARCH_X86_64"))
		return true; /* this machine's */
	for (size_t i = 0; i < s->architectures.n; i++)
		if (!strcmp(s->architectures.v[i], word))
			return true;
	return false;
}

static void prove_arch(struct proof *p, size_t which)
{
	const struct words_arch *table = tables[which];
	uint32_t bit = table->token == SCMP_ARCH_X32 ? 0x40000000 : 0;
	uint32_t first = 0, end = 520;

	p->arch = is_listed(p->section, arch_words[which]) ? table : NULL;
	p->arch_word = arch_words[which];
	pieces_free(p);
	pieces_begin(p);
	p->last = p->arch ? words_last(p->section, table, &p->any) : 0;
	if (table->names[4003] && table->token == SCMP_ARCH_MIPSEL)
		first = 3990, end = 4480;
	else if (table->token == SCMP_ARCH_MIPSEL64)
		first = 4990, end = 5480;
	else if (table->token == SCMP_ARCH_MIPSEL64N32)
		first = 5990, end = 6490;
	for (uint32_t n = first; n < (bit ? 600 : end); n++)
		prove_number(p, table->audit, n | bit);
	prove_number(p, table->audit, bit);
	for (size_t i = 0; i < sizeof(far_numbers) / sizeof(far_numbers[0]); i++)
		if (table->audit != AUDIT_ARCH_X86_64 || (far_numbers[i] >= 0x40000000) == (bit != 0))
			prove_number(p, table->audit, far_numbers[i]);
}

/* The number -1 of an x86_64 call is no x32 call, as a tracer leaves it; with x32 listed it is. */
static void prove_cancelled(struct proof *p)
{
	struct seccomp_data d = { .nr = -1, .arch = AUDIT_ARCH_X86_64 };
	uint32_t ours = sim_run(p->ours->insns, p->ours->n, &d);

	p->calls++;
	if (is_listed(p->section, "SCMP_ARCH_X32"))
		return;
	if (ours != sim_action(p->section->default_action, &p->section->default_errno_ret) ||
	    ours != sim_run(p->lib.v, p->lib.n, &d)) {
		printf("# -1: %#x\n", ours);
		p->wrong++;
	}
}

static sigjmp_buf hung;

static void give_up(int sig)
{
	(void)sig;
	siglongjmp(hung, 1);
}

/* libseccomp 2.5.4 loops forever over some sections (_db_level_clean()): after a second of it this one counts
 * as refused. What it holds is lost. */
static scmp_filter_ctx lib_make_or_hang(const struct spec_seccomp *section, int optimize)
{
	static const struct itimerval second = { .it_value.tv_sec = 1 }, off;
	scmp_filter_ctx ctx = NULL;

	signal(SIGVTALRM, give_up);
	if (!sigsetjmp(hung, 1)) {
		setitimer(ITIMER_VIRTUAL, &second, NULL);
		ctx = lib_make(section, optimize);
	} else {
		puts("# a section over which libseccomp hangs");
		ctx = NULL;
	}
	setitimer(ITIMER_VIRTUAL, &off, NULL);
	return ctx;
}

/* False where libseccomp refuses the section. */
static bool prove(struct proof *p, struct arena *arena, const struct spec_seccomp *section, int optimize)
{
	scmp_filter_ctx ctx = lib_make_or_hang(section, optimize);
	char line[ERR_TEXT_MAX + 64];

	if (!ctx)
		return false;
	p->section = section;
	p->lib = lib_program(ctx);
	seccomp_release(ctx);
	if (filter_make(arena, section, &p->ours) < 0) {
		printf("# %s\n", fail_line(line, sizeof(line)));
		fail_forget();
		p->wrong++;
	} else {
		for (size_t i = 0; i < ARCHS; i++)
			prove_arch(p, i);
		prove_cancelled(p);
	}
	free(p->lib.v);
	return true;
}

static void report(struct proof *p, const char *what)
{
	static const char *const words[] = { "newer than the profile", "behind socketcall or ipc",
					     "ipc's version bits",     "rules in conflict",
					     "negative numbers",       "libseccomp's merging" };

	printf("# %s: %lu calls, %lu not as the words say, %lu unexplained differences to libseccomp\n", what,
	       p->calls, p->wrong, p->unexplained);
	for (unsigned int bit = 0; bit < 6; bit++) {
		unsigned long n = 0;

		for (unsigned int i = 0; i < 64; i++)
			n += i >> bit & 1 ? p->differ[i] : 0;
		if (n)
			printf("#   %lu explained: %s\n", n, words[bit]);
	}
	CHECK(!p->wrong);
	CHECK(!p->unexplained);
	pieces_free(p);
}

static void proves_moby(void)
{
	static const char *const names[] = { "moby.json", "moby-admin.json" };

	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		struct proof p = { 0 };
		struct arena arena;

		if (arena_open_private(&arena, 16 << 20) < 0)
			abort();
		for (int optimize = 1; optimize <= 2; optimize++)
			CHECK(prove(&p, &arena, sim_load(&arena, names[i]), optimize));
		report(&p, names[i]);
		arena_close(&arena);
	}
}

/* Without capabilities, with some, with all that open something. */
static void proves_ours(void)
{
	static const char *const caps[] = { "CAP_SYS_CHROOT", "CAP_SYS_ADMIN", "CAP_BPF",
					    "CAP_PERFMON",    "CAP_SYSLOG",    "CAP_SYS_PTRACE",
					    "CAP_SYS_MODULE", "CAP_SYS_TIME",  "CAP_SYS_NICE",
					    "CAP_SYS_RAWIO",  "CAP_SYS_BOOT",  NULL };

	for (size_t n = 0; n < ARRAY_SIZE(caps); n += n ? ARRAY_SIZE(caps) - 2 : 1) {
		const struct spec_seccomp *section;
		struct proof p = { 0 };
		struct arena arena;

		if (arena_open_private(&arena, 16 << 20) < 0)
			abort();
		CHECK(seccomp_default_make(&arena, &(struct strings){ caps, n }, &section) == 0);
		for (int optimize = 1; optimize <= 2; optimize++)
			CHECK(prove(&p, &arena, section, optimize));
		report(&p, "the bundled profile");
		arena_close(&arena);
	}
}

/* ---- generated sections ---- */

static const char *chance_name(void)
{
	static const char *const favourites[] = { "socket", "shmget",	    "semop",  "bind",
						  "clone",  "socketcall",   "ipc",    "read",
						  "mmap2",  "no_such_call", "accept", "msgctl",
						  "sendto", "personality" };

	if (chance(6) == 0)
		return favourites[chance(sizeof(favourites) / sizeof(favourites[0]))];
	for (;;) {
		const char *name = tables[chance(ARCHS)]->names[chance(470)];

		/* libseccomp 2.5 takes it for switch_endian where it is not the machine's own */
		if (name && strcmp(name, "sys_debug_setcontext"))
			return name;
	}
}

static uint64_t chance_value(void)
{
	switch (chance(8)) {
	case 0:
		return 0;
	case 1:
		return UINT64_MAX;
	case 2:
		return 1ull << 32;
	case 3:
		return (1ull << 32) - 1 + chance(3);
	case 4:
		return 1ull << chance(64);
	case 5:
		return (uint64_t)chance(3) << 32 | chance(4);
	default:
		return chance(70);
	}
}

static enum spec_seccomp_action chance_action(bool notify)
{
	static const enum spec_seccomp_action actions[] = {
		SPEC_ACT_ALLOW,	       SPEC_ACT_ALLOW,	     SPEC_ACT_ERRNO, SPEC_ACT_ERRNO,
		SPEC_ACT_TRAP,	       SPEC_ACT_LOG,	     SPEC_ACT_TRACE, SPEC_ACT_KILL,
		SPEC_ACT_KILL_PROCESS, SPEC_ACT_KILL_THREAD, SPEC_ACT_NOTIFY
	};

	return actions[chance(notify ? 11 : 10)];
}

static void chance_rule(struct arena *arena, struct spec_seccomp_rule *rule, bool conflicts,
			enum spec_seccomp_action only)
{
	size_t n_names = 1 + chance(6), n_args = chance(3) ? 0 : 1 + chance(3);
	const char **names = arena_array(arena, n_names + 1, const char *);
	struct spec_seccomp_arg *args = arena_array(arena, n_args + 1, struct spec_seccomp_arg);

	if (!names || !args)
		abort();
	for (size_t i = 0; i < n_names; i++) {
		names[i] = chance_name();
		while (!strcmp(names[i], "write"))
			names[i] = chance_name();
	}
	for (size_t i = 0; i < n_args; i++)
		args[i] = (struct spec_seccomp_arg){ chance(conflicts ? 3 : 6), chance_value(),
						     chance_value(), chance(7) };
	rule->names = (struct strings){ names, n_names };
	rule->action = conflicts ? chance_action(true) : only;
	if (rule->action == SPEC_ACT_ERRNO || rule->action == SPEC_ACT_TRACE)
		rule->errno_ret = (struct opt_u32){ chance(2), 1 + chance(100) };
	rule->args.v = args;
	rule->args.n = n_args;
}

/* `conflicts`: rules with all actions in one section; without, every rule has the same. */
static struct spec_seccomp *chance_section(struct arena *arena, bool conflicts)
{
	struct spec_seccomp *s = arena_new(arena, struct spec_seccomp);
	size_t n = chance(10) ? 1 + chance(60) : 0, n_archs = chance(5);
	struct spec_seccomp_rule *rules = arena_array(arena, n + 1, struct spec_seccomp_rule);
	const char **archs = arena_array(arena, n_archs + 1, const char *);
	enum spec_seccomp_action only = chance_action(false);

	if (!s || !rules || !archs)
		abort();
	s->default_action = chance_action(false);
	if (chance(2) && (s->default_action == SPEC_ACT_ERRNO || s->default_action == SPEC_ACT_TRACE))
		s->default_errno_ret = (struct opt_u32){ true, 1 + chance(100) };
	for (size_t i = 0; i < n_archs; i++)
		archs[i] = arch_words[chance(ARCHS)];
	s->architectures = (struct strings){ archs, n_archs };
	for (size_t i = 0; i < n; i++)
		chance_rule(arena, &rules[i], conflicts, only);
	s->syscalls.v = rules;
	s->syscalls.n = n;
	s->listener_path = "/listener";
	return s;
}

static void proves_generated(void)
{
	struct proof p = { 0 };
	unsigned int proved = 0, refused = 0;
	struct arena arena;

	while (proved < GENERATED) {
		if (arena_open_private(&arena, 16 << 20) < 0)
			abort();
		if (prove(&p, &arena, chance_section(&arena, proved & 1), 1 + (proved >> 1 & 1)))
			proved++;
		else
			refused++;
		arena_close(&arena);
	}
	printf("# %u sections, %u that libseccomp refuses\n", proved, refused);
	report(&p, "generated");
}

int main(void)
{
	static const struct test tests[] = {
		{ "moby's profile", proves_moby },
		{ "the bundled profile", proves_ours },
		{ "generated sections", proves_generated },
	};

	for (size_t i = 0; i < ARCHS; i++)
		tables[i] = words_arch_make(sim_token(arch_words[i]));
	return test_main("filter_proof", tests, sizeof(tests) / sizeof(tests[0]));
}
