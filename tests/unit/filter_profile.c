/* SPDX-License-Identifier: Apache-2.0 */
/* The bundled seccomp profile: what it refuses, compiled and run; that no system call is forgotten in it; as
 * JSON. */
#include "base/json_write.h"
#include "kernel/seccomp.h"
#include "spec/seccomp_default.h"
#include "filter_words.h"
#include "test.h"

#define STRINGS(...)                                                                                         \
	{                                                                                                    \
		(const char *const[]){ __VA_ARGS__, NULL },                                                  \
			sizeof((const char *const[]){ __VA_ARGS__ }) / sizeof(char *)                        \
	}

#define ALLOW	SECCOMP_RET_ALLOW
#define EPERM_	(SECCOMP_RET_ERRNO | EPERM)
#define ENOSYS_ (SECCOMP_RET_ERRNO | ENOSYS)

static const struct strings few = STRINGS("CAP_AUDIT_WRITE", "CAP_KILL", "CAP_NET_BIND_SERVICE");
static const struct strings admin = STRINGS("CAP_KILL", "CAP_SYS_ADMIN");
/* what Docker gives */
static const struct strings usual =
	STRINGS("CAP_CHOWN", "CAP_DAC_OVERRIDE", "CAP_FSETID", "CAP_FOWNER", "CAP_MKNOD", "CAP_NET_RAW",
		"CAP_SETGID", "CAP_SETUID", "CAP_SETFCAP", "CAP_SETPCAP", "CAP_NET_BIND_SERVICE",
		"CAP_SYS_CHROOT", "CAP_KILL", "CAP_AUDIT_WRITE");

static struct arena arena;

static const struct plan_filter *profile(const struct strings *bounding)
{
	const struct spec_seccomp *section;
	const struct plan_filter *filter;

	if (seccomp_default_make(&arena, bounding, &section) < 0 || filter_make(&arena, section, &filter) < 0)
		abort();
	return filter;
}

static uint32_t verdict(const struct plan_filter *f, const char *arch_word, const char *name, uint64_t a0)
{
	struct seccomp_arch arch;
	struct seccomp_call call;
	struct seccomp_data d = { .args = { a0 } };

	if (seccomp_arch_find(arch_word, &arch) < 0 || !seccomp_call_find(&arch, name, &call) ||
	    call.number < 0)
		return 0xdead0000;
	d.nr = call.number;
	d.arch = arch.audit;
	return sim_run(f->insns, f->n, &d);
}

#define V64(name, a0) verdict(f, "SCMP_ARCH_X86_64", name, a0)
#define V32(name, a0) verdict(f, "SCMP_ARCH_X86", name, a0)

/* CVE-2022-0185 began with unshare, went on with fsopen and fsconfig, and needed no capability before. */
static void refuses_namespaces(void)
{
	static const char *const names[] = { "unshare",
					     "setns",
					     "mount",
					     "umount2",
					     "pivot_root",
					     "fsopen",
					     "fsconfig",
					     "fsmount",
					     "fspick",
					     "move_mount",
					     "open_tree",
					     "mount_setattr",
					     "bpf",
					     "perf_event_open",
					     "keyctl",
					     "add_key",
					     "request_key",
					     "userfaultfd",
					     "io_uring_setup",
					     "io_uring_enter",
					     "io_uring_register",
					     "init_module",
					     "finit_module",
					     "kexec_load",
					     "syslog",
					     "chroot",
					     "reboot",
					     "acct",
					     "swapon",
					     "iopl",
					     "open_by_handle_at",
					     "quotactl",
					     "fanotify_init",
					     "lookup_dcookie",
					     "settimeofday",
					     "clock_settime",
					     "sethostname",
					     "mbind",
					     "kcmp",
					     "pidfd_getfd" };
	const struct plan_filter *f = profile(&few);

	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		if (V64(names[i], 0) != EPERM_ || V32(names[i], 0) != EPERM_)
			printf("# %s: %#x %#x\n", names[i], V64(names[i], 0), V32(names[i], 0));
		CHECK(V64(names[i], 0) == EPERM_ && V32(names[i], 0) == EPERM_);
	}
	CHECK(V64("clone3", 0) == ENOSYS_ && V32("clone3", 0) == ENOSYS_);
	CHECK(V64("read", 0) == ALLOW && V32("read", 0) == ALLOW);
	CHECK(sim_run(f->insns, f->n,
		      &(struct seccomp_data){ .nr = 0x40000000, .arch = AUDIT_ARCH_X86_64 }) == 0);
	CHECK(sim_run(f->insns, f->n, &(struct seccomp_data){ .nr = 63, .arch = AUDIT_ARCH_AARCH64 }) == 0);
}

static void allows_clone_without_namespaces(void)
{
	static const uint64_t flags[] = { 0x20000,    0x2000000,  0x4000000, 0x8000000,
					  0x10000000, 0x20000000, 0x40000000 }; /* CLONE_NEW* */
	const struct plan_filter *f = profile(&few);

	CHECK(V64("clone", 17) == ALLOW);	/* fork() */
	CHECK(V64("clone", 0x3d0f00) == ALLOW); /* pthread_create() */
	CHECK(V64("clone", 0x4111) == ALLOW);	/* CLONE_VFORK | CLONE_VM | SIGCHLD */
	for (size_t i = 0; i < ARRAY_SIZE(flags); i++) {
		CHECK(V64("clone", flags[i] | 17) == EPERM_);
		CHECK(V32("clone", flags[i] | 17) == EPERM_);
	}
	f = profile(NULL);
	CHECK(V64("clone", 0x10000000) == EPERM_);
}

static void opens_with_capabilities(void)
{
	const struct plan_filter *f = profile(&admin);

	CHECK(V64("unshare", 0) == ALLOW && V64("clone3", 0) == ALLOW && V64("clone", 0x10000000) == ALLOW);
	CHECK(V64("fsconfig", 0) == ALLOW && V64("bpf", 0) == ALLOW && V32("mount", 0) == ALLOW);
	CHECK(V64("chroot", 0) == EPERM_ && V64("keyctl", 0) == EPERM_ && V64("io_uring_setup", 0) == EPERM_);
	f = profile(&(struct strings)STRINGS("CAP_BPF", "CAP_SYSLOG", "CAP_SYS_CHROOT"));
	CHECK(V64("bpf", 0) == ALLOW && V64("syslog", 0) == ALLOW && V64("chroot", 0) == ALLOW);
	CHECK(V64("unshare", 0) == EPERM_ && V64("perf_event_open", 0) == EPERM_);
}

static void looks_at_arguments(void)
{
	const struct plan_filter *f = profile(&usual);
	struct seccomp_data newer = { .nr = 900, .arch = AUDIT_ARCH_X86_64 };
	struct seccomp_data mux = { .nr = 102, .arch = AUDIT_ARCH_I386, .args = { 1 } };

	for (uint64_t family = 0; family < 64; family++) {
		uint32_t want = family == 38 || family == 40 ? EPERM_ : ALLOW; /* AF_ALG, AF_VSOCK */

		CHECK(V64("socket", family) == want && V32("socket", family) == want);
		CHECK(V64("socket", family | 1ull << 32) == want); /* an int to the kernel */
	}
	CHECK(V64("socket", 64) == EPERM_);
	CHECK(V64("personality", 0) == ALLOW && V64("personality", 0xffffffff) == ALLOW);
	CHECK(V64("personality", 0x40000) == EPERM_); /* ADDR_NO_RANDOMIZE */
	CHECK(sim_run(f->insns, f->n, &newer) == ENOSYS_);
	CHECK(sim_run(f->insns, f->n, &mux) == ALLOW);
}

/* ---- nothing is forgotten ---- */

static size_t groups_of(const char *name)
{
	size_t n = 0;

	for (size_t i = 0; i < seccomp_n_groups; i++)
		for (size_t j = 0; j < seccomp_groups[i].names.n; j++)
			n += !strcmp(seccomp_groups[i].names.v[j], name);
	return n;
}

static void knows_every_call(void)
{
	static const char *const several[] = { "clone", "clone3" };
	static const uint32_t tokens[] = { SCMP_ARCH_X86_64,  SCMP_ARCH_X86,	  SCMP_ARCH_X32,
					   SCMP_ARCH_AARCH64, SCMP_ARCH_ARM,	  SCMP_ARCH_S390X,
					   SCMP_ARCH_S390,    SCMP_ARCH_PPC64LE,  SCMP_ARCH_PPC,
					   SCMP_ARCH_RISCV64, SCMP_ARCH_MIPSEL64, SCMP_ARCH_MIPSEL };

	for (size_t i = 0; i < ARRAY_SIZE(tokens); i++) {
		struct words_arch *a = words_arch_make(tokens[i]);

		for (uint32_t n = 0; n < WORDS_NUMBERS; n++) {
			bool may_repeat = false;
			size_t groups = a->names[n] ? groups_of(a->names[n]) : 1;

			for (size_t j = 0; a->names[n] && j < ARRAY_SIZE(several); j++)
				may_repeat |= !strcmp(a->names[n], several[j]);
			if (groups != 1 && !may_repeat)
				printf("# %s stands in %zu groups\n", a->names[n], groups);
			CHECK(groups == 1 || (groups > 1 && may_repeat));
			free(a->names[n]);
		}
		for (int code = 0; code < 32; code++) {
			free(a->behind[0][code]);
			free(a->behind[1][code]);
		}
		free(a);
	}
}

static void has_reasons(void)
{
	for (size_t i = 0; i < seccomp_n_groups; i++) {
		const struct seccomp_group *g = &seccomp_groups[i];

		CHECK(g->reason && g->reason[0] && g->names.n);
		CHECK((g->when == SECCOMP_WITH || g->when == SECCOMP_WITHOUT) == (g->capabilities.n > 0));
		for (size_t j = 0; j < g->capabilities.n; j++)
			CHECK(!strncmp(g->capabilities.v[j], "CAP_", 4));
	}
}

/* Against an engine's profile for the same capabilities: each name on which they differ, so that a new one is
 * noticed. */
static void differs_from_moby_as_meant(void)
{
	static const char *const ours_alone[] = { "uprobe",
						  "get_tls",
						  "riscv_flush_icache",
						  "swapcontext",
						  "sync_file_range2",
						  "arm_fadvise64_64",
						  "arm_sync_file_range",
						  "set_tls",
						  "breakpoint",
						  "cacheflush",
						  "file_getattr",
						  "file_setattr",
						  "s390_runtime_instr",
						  "s390_pci_mmio_read",
						  "s390_pci_mmio_write" };
	const struct spec_seccomp *section, *moby = sim_load(&arena, "moby.json");

	CHECK(seccomp_default_make(&arena, &usual, &section) == 0);
	for (size_t k = 0; k < 2; k++) {
		const struct spec_seccomp *a = k ? section : moby, *b = k ? moby : section;

		for (size_t i = 0; i < a->syscalls.n; i++) {
			for (size_t j = 0; j < a->syscalls.v[i].names.n; j++) {
				const char *name = a->syscalls.v[i].names.v[j];
				bool known = false;

				for (size_t m = 0; m < b->syscalls.n && !known; m++)
					known = words_names(&b->syscalls.v[m], name);
				for (size_t m = 0; k && m < ARRAY_SIZE(ours_alone); m++)
					known |= !strcmp(ours_alone[m], name);
				if (!known)
					printf("# %s: only in %s\n", name, k ? "ours" : "moby's");
				CHECK(known);
			}
		}
	}
}

/* ---- as JSON ---- */

static const char *json_of(const struct spec_seccomp *section, const struct strings *bounding)
{
	struct json_writer *w = json_writer_begin(&arena, "\t");
	const char *text;
	size_t n;

	if (!w)
		abort();
	if (section)
		seccomp_write(section, w, NULL);
	else
		seccomp_default_write(bounding, w, NULL);
	return json_writer_end(w, &text, &n) < 0 ? NULL : text;
}

static void writes_what_it_reads(void)
{
	struct spec_seccomp *again = arena_new(&arena, struct spec_seccomp);
	const struct spec_seccomp *section;
	const struct plan_filter *a, *b;
	const char *text;

	CHECK(seccomp_default_make(&arena, &usual, &section) == 0);
	text = json_of(section, NULL);
	CHECK_STR(json_of(NULL, &usual), text);
	CHECK(json_read(&arena, &spec_seccomp_table, text, strlen(text), again) == 0);
	CHECK_STR(json_of(again, NULL), text);
	CHECK(filter_make(&arena, section, &a) == 0 && filter_make(&arena, again, &b) == 0);
	CHECK(a->n == b->n && !memcmp(a->insns, b->insns, a->n * sizeof(*a->insns)));
	printf("# %zu bytes of JSON, %zu instructions\n", strlen(text), a->n);
}

int main(void)
{
	static const struct test tests[] = {
		{ "refuses namespaces and kernel surface", refuses_namespaces },
		{ "allows clone without namespaces", allows_clone_without_namespaces },
		{ "opens with capabilities", opens_with_capabilities },
		{ "looks at arguments", looks_at_arguments },
		{ "knows every call", knows_every_call },
		{ "has reasons", has_reasons },
		{ "differs from moby as meant", differs_from_moby_as_meant },
		{ "writes what it reads", writes_what_it_reads },
	};

	if (arena_open_private(&arena, 64 << 20) < 0)
		abort();
	return test_main("filter_profile", tests, ARRAY_SIZE(tests));
}
