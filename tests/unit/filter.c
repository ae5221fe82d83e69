/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The seccomp compiler: what its programs say about single calls, its errors, its flags, and that the kernel
 * takes what it makes. The proof against libseccomp is filter_proof.c.
 */
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include "kernel/seccomp.h"
#include "kernel/sys.h"
#include "spec/seccomp_default.h"
#include "filter_sim.h"
#include "test.h"

#define ALLOW	 SECCOMP_RET_ALLOW
#define KILL	 SECCOMP_RET_KILL_THREAD
#define ERROR(e) (SECCOMP_RET_ERRNO | (e))

static struct arena arena;
static char line[ERR_TEXT_MAX + 64];

/* JSON with ' for ". */
static const struct spec_seccomp *section(const char *text)
{
	struct spec_seccomp *s = arena_new(&arena, struct spec_seccomp);
	char *json = arena_strdup(&arena, text);

	if (!s || !json)
		abort();
	for (char *c = json; *c; c++)
		if (*c == '\'')
			*c = '"';
	if (json_read(&arena, &spec_seccomp_table, json, strlen(json), s) < 0) {
		printf("# %s: %s\n", text, fail_line(line, sizeof(line)));
		exit(1);
	}
	s->has_flags = s->flags.v != NULL;
	return s;
}

static const struct plan_filter *compile(const char *text)
{
	const struct plan_filter *f = NULL;

	if (filter_make(&arena, section(text), &f) < 0) {
		printf("# %s: %s\n", text, fail_line(line, sizeof(line)));
		fail_forget();
		exit(1);
	}
	return f;
}

static const char *refusal(const char *text)
{
	const struct plan_filter *f = NULL;

	if (filter_make(&arena, section(text), &f) >= 0)
		return "";
	fail_line(line, sizeof(line));
	fail_forget();
	return line;
}

static uint32_t call(const struct plan_filter *f, uint32_t audit, int number, uint64_t a0, uint64_t a1)
{
	return sim_run(f->insns, f->n,
		       &(struct seccomp_data){ .nr = number, .arch = audit, .args = { a0, a1 } });
}

#define X86_64(number, ...) call(f, AUDIT_ARCH_X86_64, number, __VA_ARGS__)
#define I386(number, ...)   call(f, AUDIT_ARCH_I386, number, __VA_ARGS__)

/* ---- actions ---- */

static void has_all_actions(void)
{
	const struct plan_filter *f = compile(
		"{'defaultAction':'SCMP_ACT_KILL_PROCESS','listenerPath':'/l','syscalls':["
		"{'names':['read'],'action':'SCMP_ACT_KILL'},{'names':['write'],'action':'SCMP_ACT_KILL_"
		"THREAD'},"
		"{'names':['open'],'action':'SCMP_ACT_TRAP'},{'names':['close'],'action':'SCMP_ACT_ERRNO'},"
		"{'names':['stat'],'action':'SCMP_ACT_ERRNO','errnoRet':38},{'names':['fstat'],'action':'"
		"SCMP_ACT_TRACE'},"
		"{'names':['lstat'],'action':'SCMP_ACT_TRACE','errnoRet':7},{'names':['poll'],'action':'SCMP_"
		"ACT_ALLOW'},"
		"{'names':['lseek'],'action':'SCMP_ACT_LOG'},{'names':['mmap'],'action':'SCMP_ACT_NOTIFY'},"
		"{'names':['munmap'],'action':'SCMP_ACT_ERRNO','errnoRet':0}]}");
	static const uint32_t want[] = { KILL,
					 KILL,
					 SECCOMP_RET_TRAP,
					 ERROR(EPERM),
					 ERROR(ENOSYS),
					 SECCOMP_RET_TRACE | EPERM,
					 SECCOMP_RET_TRACE | 7,
					 ALLOW,
					 SECCOMP_RET_LOG,
					 SECCOMP_RET_USER_NOTIF,
					 SECCOMP_RET_KILL_PROCESS,
					 ERROR(0) };

	for (int number = 0; number < (int)ARRAY_SIZE(want); number++)
		CHECK(X86_64(number, 0, 0) == want[number]);
	CHECK(f->flags & SECCOMP_FILTER_FLAG_NEW_LISTENER);
	CHECK_STR(f->listener_path, "/l");
}

static void takes_the_first_unconditional(void)
{
	const struct plan_filter *f = compile(
		"{'defaultAction':'SCMP_ACT_ALLOW','syscalls':["
		"{'names':['read'],'action':'SCMP_ACT_ERRNO','args':[{'index':0,'value':1,'op':'SCMP_CMP_EQ'}"
		"]},"
		"{'names':['read'],'action':'SCMP_ACT_LOG'},{'names':['read'],'action':'SCMP_ACT_TRAP'},"
		"{'names':['write'],'action':'SCMP_ACT_LOG','args':[{'index':1,'value':0,'op':'SCMP_CMP_GE'}]"
		"},"
		"{'names':['write'],'action':'SCMP_ACT_ERRNO','args':[{'index':0,'value':1,'op':'SCMP_CMP_EQ'"
		"}]}]}");

	CHECK(X86_64(0, 1, 0) == SECCOMP_RET_LOG);
	CHECK(X86_64(1, 2, 0) == SECCOMP_RET_LOG);
	CHECK(X86_64(1, 1, 0) == ERROR(EPERM)); /* both hold: the stricter one */
}

/* ---- numbers newer than the section ---- */

static void answers_newer_calls(void)
{
	static const struct {
		const char *words;
		uint32_t older, newer;
	} cases[] = {
		{ "'SCMP_ACT_ERRNO'", ERROR(EPERM), ERROR(ENOSYS) },
		{ "'SCMP_ACT_ERRNO','defaultErrnoRet':13", ERROR(EACCES), ERROR(ENOSYS) },
		{ "'SCMP_ACT_ERRNO','defaultErrnoRet':38", ERROR(ENOSYS), ERROR(ENOSYS) },
		{ "'SCMP_ACT_KILL'", KILL, ERROR(ENOSYS) },
		{ "'SCMP_ACT_KILL_PROCESS'", SECCOMP_RET_KILL_PROCESS, ERROR(ENOSYS) },
		{ "'SCMP_ACT_TRAP'", SECCOMP_RET_TRAP, ERROR(ENOSYS) },
		{ "'SCMP_ACT_ALLOW'", ALLOW, ALLOW },
		{ "'SCMP_ACT_LOG'", SECCOMP_RET_LOG, SECCOMP_RET_LOG },
		{ "'SCMP_ACT_TRACE'", SECCOMP_RET_TRACE | EPERM, SECCOMP_RET_TRACE | EPERM },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		const struct plan_filter *f = compile(
			arena_printf(&arena,
				     "{'defaultAction':%s,'architectures':['SCMP_ARCH_X86'],'syscalls':["
				     "{'names':['read','dup3','no_such_call'],'action':'SCMP_ACT_NOTIFY'}],'"
				     "listenerPath':'/l'}",
				     cases[i].words));

		CHECK(X86_64(0, 0, 0) == SECCOMP_RET_USER_NOTIF);
		CHECK(X86_64(1, 0, 0) == cases[i].older && X86_64(291, 0, 0) == cases[i].older);
		CHECK(X86_64(293, 0, 0) == cases[i].newer && X86_64(0x3fffffff, 0, 0) == cases[i].newer);
		CHECK(I386(329, 0, 0) == cases[i].older &&
		      I386(331, 0, 0) == cases[i].newer); /* dup3 is 330 */
		CHECK(X86_64(-1, 0, 0) == cases[i].older);
	}
}

/* Named to be refused is known, too; and a section that names nothing knows no calls that could be newer. */
static void tells_known_from_newer(void)
{
	const struct plan_filter *f =
		compile("{'defaultAction':'SCMP_ACT_ERRNO','syscalls':["
			"{'names':['clone3'],'action':'SCMP_ACT_ERRNO','errnoRet':1}]}");

	CHECK(X86_64(435, 0, 0) == ERROR(EPERM) && X86_64(436, 0, 0) == ERROR(ENOSYS));
	f = compile("{'defaultAction':'SCMP_ACT_ERRNO'}");
	CHECK(X86_64(0, 0, 0) == ERROR(EPERM) && X86_64(999, 0, 0) == ERROR(EPERM));
	f = compile("{'defaultAction':'SCMP_ACT_ERRNO','syscalls':[{'names':['no_such_call'],'action':'SCMP_"
		    "ACT_ALLOW'}]}");
	CHECK(X86_64(0, 0, 0) == ERROR(EPERM) && X86_64(999, 0, 0) == ERROR(EPERM));
}

/* ---- architectures ---- */

static void kills_foreign_architectures(void)
{
	const struct plan_filter *f = compile("{'defaultAction':'SCMP_ACT_ALLOW'}");

	CHECK(X86_64(0, 0, 0) == ALLOW && I386(3, 0, 0) == KILL);
	CHECK(X86_64(0x40000000, 0, 0) == KILL && X86_64(-2, 0, 0) == KILL);
	CHECK(X86_64(-1, 0, 0) == ALLOW); /* what a tracer leaves of a call that it cancels */
	CHECK(call(f, AUDIT_ARCH_AARCH64, 63, 0, 0) == KILL && call(f, 0, 0, 0, 0) == KILL);
	f = compile("{'defaultAction':'SCMP_ACT_ALLOW','architectures':['SCMP_ARCH_X32','SCMP_ARCH_X86','"
		    "SCMP_ARCH_X32'],"
		    "'syscalls':[{'names':['readv'],'action':'SCMP_ACT_ERRNO'}]}");
	CHECK(X86_64(19, 0, 0) == ERROR(EPERM) && X86_64(515, 0, 0) == ALLOW);
	CHECK(X86_64(0x40000000 + 515, 0, 0) == ERROR(EPERM) && X86_64(0x40000000 + 19, 0, 0) == ALLOW);
	CHECK(I386(145, 0, 0) == ERROR(EPERM) && I386(19, 0, 0) == ALLOW);
}

/* ---- socketcall and ipc ---- */

static void reaches_behind_socketcall(void)
{
	const struct plan_filter *f =
		compile("{'defaultAction':'SCMP_ACT_ERRNO','architectures':['SCMP_ARCH_X86'],'syscalls':["
			"{'names':['bind','accept','semop','shmget'],'action':'SCMP_ACT_ALLOW'}]}");

	CHECK(I386(361, 0, 0) == ALLOW && I386(395, 0, 0) == ALLOW); /* bind, shmget */
	CHECK(I386(102, 2, 0) == ALLOW && I386(102, 5, 0) == ALLOW); /* SYS_BIND, SYS_ACCEPT */
	CHECK(I386(102, 1, 0) == ERROR(EPERM) && I386(102, 3, 0) == ERROR(EPERM));
	CHECK(I386(117, 1, 0) == ALLOW && I386(117, 23, 0) == ALLOW); /* SEMOP, SHMGET */
	CHECK(I386(117, 2, 0) == ERROR(EPERM));
	/* the kernel cuts ipc's version off, and socketcall's upper register half */
	CHECK(I386(117, 0x10001, 0) == ALLOW && I386(117, 0x10002, 0) == ERROR(EPERM));
	CHECK(I386(102, 0x100000002, 0) == ALLOW && I386(102, 0x10002, 0) == ERROR(EPERM));
}

/* The arguments of what is behind socketcall lie in memory: conditions cannot be checked there. */
static void fails_closed_behind_socketcall(void)
{
	const struct plan_filter *f =
		compile("{'defaultAction':'SCMP_ACT_ERRNO','architectures':['SCMP_ARCH_X86'],'syscalls':[{'"
			"names':['socket'],"
			"'action':'SCMP_ACT_ALLOW','args':[{'index':0,'value':1,'op':'SCMP_CMP_EQ'}]}]}");

	CHECK(I386(359, 1, 0) == ALLOW && I386(359, 2, 0) == ERROR(EPERM));
	CHECK(I386(102, 1, 0) == ERROR(EPERM));
	f = compile("{'defaultAction':'SCMP_ACT_ALLOW','architectures':['SCMP_ARCH_X86'],'syscalls':[{'names'"
		    ":['socket'],"
		    "'action':'SCMP_ACT_ERRNO','args':[{'index':0,'value':38,'op':'SCMP_CMP_EQ'}]}]}");
	CHECK(I386(359, 38, 0) == ERROR(EPERM) && I386(359, 2, 0) == ALLOW);
	CHECK(I386(102, 1, 0) == ERROR(EPERM) && I386(102, 2, 0) == ALLOW);
	/* said in so many words, it is as said */
	f = compile("{'defaultAction':'SCMP_ACT_ALLOW','architectures':['SCMP_ARCH_X86'],'syscalls':[{'names'"
		    ":['socket'],"
		    "'action':'SCMP_ACT_ERRNO','args':[{'index':0,'value':38,'op':'SCMP_CMP_EQ'}]},"
		    "{'names':['socketcall'],'action':'SCMP_ACT_LOG'}]}");
	CHECK(I386(102, 1, 0) == SECCOMP_RET_LOG);
}

/* kernel/seccomp.c searches a part of each table: the rest must not hold a direct number. */
static void finds_all_direct_numbers(void)
{
	static const char *const words[] = { "SCMP_ARCH_X86", "SCMP_ARCH_MIPSEL", "SCMP_ARCH_PPC64LE" };

	for (size_t i = 0; i < ARRAY_SIZE(words); i++) {
		struct seccomp_arch arch;
		size_t found = 0, has = 0;

		CHECK(seccomp_arch_find(words[i], &arch) == 0);
		for (int number = 0; number < 5000; number++) {
			char *name = seccomp_syscall_resolve_num_arch(arch.token, number);
			int pseudo = name ? seccomp_syscall_resolve_name_arch(arch.token, name) : 0;

			found += pseudo < -100 && pseudo > -300 && number >= (words[i][10] == 'M' ? 4000 : 0);
			free(name);
		}
		for (int code = 0; code < SECCOMP_MUX_CODES; code++)
			has += (arch.direct[0][code] >= 0) + (arch.direct[1][code] >= 0);
		CHECK(found == has && has > 20);
	}
}

/* ---- arguments ---- */

static bool compares(const char *op, uint64_t value, uint64_t x, bool narrow)
{
	const struct plan_filter *f = compile(arena_printf(
		&arena,
		"{'defaultAction':'SCMP_ACT_ERRNO','architectures':['SCMP_ARCH_X86'],'syscalls':[{'names':['"
		"read'],"
		"'action':'SCMP_ACT_ALLOW','args':[{'index':1,'value':%llu,'op':'SCMP_CMP_%s'}]}]}",
		(unsigned long long)value, op));

	return (narrow ? I386(3, 0, x) : X86_64(0, 0, x)) == ALLOW;
}

static void compares_words(void)
{
	static const uint64_t v[] = { 0,	 1, 0xffffffff, 0x100000000, 0x100000001, 0x7fffffffffffffff,
				      UINT64_MAX };

	for (size_t i = 0; i < ARRAY_SIZE(v); i++) {
		for (size_t j = 0; j < ARRAY_SIZE(v); j++) {
			uint64_t a = v[j], b = v[i];

			CHECK(compares("EQ", b, a, false) == (a == b) &&
			      compares("NE", b, a, false) == (a != b));
			CHECK(compares("LT", b, a, false) == (a < b) &&
			      compares("LE", b, a, false) == (a <= b));
			CHECK(compares("GT", b, a, false) == (a > b) &&
			      compares("GE", b, a, false) == (a >= b));
			CHECK(compares("EQ", b, a, true) == ((uint32_t)a == (uint32_t)b));
			CHECK(compares("GT", b, a, true) == ((uint32_t)a > (uint32_t)b));
		}
	}
}

static void compares_masks_and_repetitions(void)
{
	const struct plan_filter *f =
		compile("{'defaultAction':'SCMP_ACT_ERRNO','syscalls':["
			"{'names':['read'],'action':'SCMP_ACT_ALLOW','args':[{'index':0,'value':15,'valueTwo'"
			":5,'op':'SCMP_CMP_MASKED_EQ'},"
			"{'index':1,'value':3,'op':'SCMP_CMP_GT'}]},"
			"{'names':['write'],'action':'SCMP_ACT_ALLOW','args':[{'index':0,'value':1,'op':'"
			"SCMP_CMP_EQ'},"
			"{'index':0,'value':2,'op':'SCMP_CMP_EQ'},{'index':1,'value':9,'op':'SCMP_CMP_EQ'}]},"
			"{'names':['open'],'action':'SCMP_ACT_ALLOW','args':["
			"{'index':0,'value':0,'valueTwo':5,'op':'SCMP_CMP_MASKED_EQ'}]}]}");

	CHECK(X86_64(0, 0xf5, 4) == ALLOW && X86_64(0, 0xf5, 3) == ERROR(EPERM) &&
	      X86_64(0, 4, 4) == ERROR(EPERM));
	CHECK(X86_64(1, 1, 0) == ALLOW && X86_64(1, 2, 0) == ALLOW && X86_64(1, 0, 9) == ALLOW);
	CHECK(X86_64(1, 0, 0) == ERROR(EPERM));
	CHECK(X86_64(2, 77, 0) == ALLOW); /* no bit in the mask: no condition */
}

/* ---- size ---- */

/* Every number another verdict: the tree is longer than a conditional jump reaches. */
static void reaches_far(void)
{
	char *text = arena_array(&arena, 200000, char);
	size_t n = (size_t)sprintf(
		text, "{'defaultAction':'SCMP_ACT_ERRNO','architectures':['SCMP_ARCH_X86'],'syscalls':[");
	const struct plan_filter *f;

	for (int number = 0; number < 330; number++) {
		char *name = seccomp_syscall_resolve_num_arch(SCMP_ARCH_X86_64, number);

		if (name)
			n += (size_t)sprintf(text + n,
					     "%s{'names':['%s'],'action':'SCMP_ACT_ERRNO','errnoRet':%d}",
					     number ? "," : "", name, 1000 + number);
		free(name);
	}
	sprintf(text + n, "]}");
	f = compile(text);
	CHECK(f->n > 1200);
	for (int number = 0; number < 330; number++)
		CHECK(X86_64(number, 0, 0) == ERROR(1000 + (uint32_t)number));
}

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
static const char *many(const char *archs, const char *rule, int n)
{
	char *text = arena_array(&arena, 512 + (strlen(rule) + 16) * (size_t)n, char);
	size_t at = (size_t)sprintf(text, "{'defaultAction':'SCMP_ACT_ERRNO'%s,'syscalls':[", archs);

	for (int i = 0; i < n; i++)
		at += (size_t)sprintf(text + at, rule, i ? "," : "", i);
	sprintf(text + at, "]}");
	return text;
}
#pragma GCC diagnostic pop

static void shares_blocks(void)
{
	char *names = arena_array(&arena, 20000, char);
	const struct plan_filter *f;
	size_t n = 0;

	for (int number = 0; number < 330; number += 2) {
		char *name = seccomp_syscall_resolve_num_arch(SCMP_ARCH_X86_64, number);

		if (name)
			n += (size_t)sprintf(names + n, "%s'%s'", n ? "," : "", name);
		free(name);
	}
	f = compile(arena_printf(
		&arena,
		"{'defaultAction':'SCMP_ACT_ERRNO','syscalls':[{'names':[%s],'action':'SCMP_ACT_ALLOW',"
		"'args':[{'index':0,'value':5,'op':'SCMP_CMP_GT'}]}]}",
		names));
	CHECK(f->n < 2 * 330 + 20);
	CHECK(X86_64(0, 6, 0) == ALLOW && X86_64(328, 6, 0) == ALLOW && X86_64(328, 5, 0) == ERROR(EPERM));
}

/* ---- errors ---- */

static void says_what_is_wrong(void)
{
	CHECK_STR(refusal("{'defaultAction':'SCMP_ACT_NOTIFY','listenerPath':'/l'}"),
		  "linux.seccomp.defaultAction: cannot be SCMP_ACT_NOTIFY");
	CHECK(strstr(refusal("{'defaultAction':'SCMP_ACT_ALLOW','syscalls':[{'names':['read'],'action':'SCMP_"
			     "ACT_LOG'},"
			     "{'names':['open'],'action':'SCMP_ACT_NOTIFY'}]}"),
		     "linux.seccomp.syscalls[1]: SCMP_ACT_NOTIFY needs linux.seccomp.listenerPath"));
	CHECK(strstr(refusal("{'defaultAction':'SCMP_ACT_ALLOW','listenerPath':'/"
			     "l','syscalls':[{'names':['open','write'],"
			     "'action':'SCMP_ACT_NOTIFY'}]}"),
		     "linux.seccomp.syscalls[0]: SCMP_ACT_NOTIFY cannot be used for write"));
	CHECK(strstr(refusal("{'defaultAction':'SCMP_ACT_ALLOW','architectures':['SCMP_ARCH_X86','SCMP_ARCH_"
			     "VAX']}"),
		     "linux.seccomp.architectures[1]: libseccomp"));
	CHECK(strstr(refusal("{'defaultAction':'SCMP_ACT_ALLOW','architectures':['SCMP_ARCH_S390X']}"),
		     "byte order"));
	CHECK(strstr(refusal("{'defaultAction':'SCMP_ACT_ALLOW','flags':['SECCOMP_FILTER_FLAG_LOUD']}"),
		     "linux.seccomp.flags[0]: unknown flag"));
}

static void bounds_what_it_takes(void)
{
	const char *rule = "%s{'names':['read'],'action':'SCMP_ACT_ALLOW','args':[{'index':0,'value':%d,'op':"
			   "'SCMP_CMP_EQ'}]}";
	const char *names = "%s{'names':['socket'],'action':'SCMP_ACT_ALLOW','errnoRet':%d}";

	CHECK_STR(refusal(many("", rule, 700)), "");
	CHECK(strstr(refusal(many("", rule, 1200)), "needs more than the kernel's 4096 BPF instructions"));
	CHECK(strstr(refusal(many("", names, 16385)), "16384 names"));
	CHECK_STR(
		refusal(many(
			",'architectures':['SCMP_ARCH_X86','SCMP_ARCH_X32','SCMP_ARCH_ARM','SCMP_ARCH_"
			"AARCH64',"
			"'SCMP_ARCH_MIPSEL','SCMP_ARCH_MIPSEL64','SCMP_ARCH_MIPSEL64N32','SCMP_ARCH_PPC64LE',"
			"'SCMP_ARCH_RISCV64']",
			names, 16384)),
		"");
}

/* ---- flags ---- */

static unsigned int flags_of(const char *flags)
{
	return compile(arena_printf(&arena, "{'defaultAction':'SCMP_ACT_ALLOW'%s}", flags))->flags;
}

static void has_flags(void)
{
	const struct plan_filter *f;

	CHECK(flags_of("") == SECCOMP_FILTER_FLAG_SPEC_ALLOW);
	CHECK(flags_of(",'flags':[]") == 0);
	CHECK(flags_of(",'flags':['SECCOMP_FILTER_FLAG_TSYNC']") == 0);
	CHECK(flags_of(",'flags':['SECCOMP_FILTER_FLAG_LOG','SECCOMP_FILTER_FLAG_SPEC_ALLOW']") ==
	      (SECCOMP_FILTER_FLAG_LOG | SECCOMP_FILTER_FLAG_SPEC_ALLOW));
	CHECK(flags_of(",'flags':['SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV']") == 0);
	f = compile("{'defaultAction':'SCMP_ACT_ALLOW','listenerPath':'/l','listenerMetadata':'m',"
		    "'flags':['SECCOMP_FILTER_FLAG_TSYNC','SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV'],"
		    "'syscalls':[{'names':['mkdir'],'action':'SCMP_ACT_NOTIFY'}]}");
	CHECK(f->flags == (SECCOMP_FILTER_FLAG_NEW_LISTENER | SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV));
	CHECK_STR(f->listener_metadata, "m");
	CHECK(!compile("{'defaultAction':'SCMP_ACT_ALLOW','listenerPath':'/l'}")->listener_path);
}

/* ---- the kernel ---- */

/* What the call says in a process under the filter: an error number, or 0; -1 where the process did not end
 * by itself. */
static int under(const struct plan_filter *f, long number, long a0, long a1, long a2)
{
	int status = -1, notify;
	pid_t pid = fork();

	if (!pid) {
		if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) ||
		    seccomp_filter_load(f->insns, f->n, f->flags, &notify) < 0)
			_exit(255);
		_exit(syscall(number, a0, a1, a2) < 0 ? errno : 0);
	}
	waitpid(pid, &status, 0);
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static void loads_into_the_kernel(void)
{
	const struct spec_seccomp *profile;
	const struct plan_filter *f;

	CHECK(seccomp_default_make(&arena, NULL, &profile) == 0);
	CHECK(filter_make(&arena, profile, &f) == 0);
	CHECK(under(f, SYS_getpid, 0, 0, 0) == 0);
	CHECK(under(f, SYS_unshare, 0, 0, 0) == EPERM); /* allowed to all otherwise: no flag */
	CHECK(under(f, SYS_clone3, 0, 0, 0) == ENOSYS); /* else EINVAL */
	CHECK(under(f, SYS_socket, AF_UNIX, SOCK_DGRAM, 0) == 0);
	CHECK(under(f, SYS_socket, 38, SOCK_SEQPACKET, 0) == EPERM); /* AF_ALG */
	CHECK(under(f, SYS_personality, 0xffffffff, 0, 0) == 0);
	CHECK(under(f, SYS_personality, 0x40000, 0, 0) == EPERM);
	CHECK(under(f, 5000, 0, 0, 0) == ENOSYS);
	CHECK(under(f, 0x40000000 | SYS_getpid, 0, 0, 0) == -1); /* x32: killed */
	CHECK(filter_make(&arena, sim_load(&arena, "moby.json"), &f) == 0);
	CHECK(under(f, SYS_getpid, 0, 0, 0) == 0);
	CHECK(under(f, SYS_keyctl, 0, 0, 0) == EPERM);
}

int main(void)
{
	static const struct test tests[] = {
		{ "has all actions", has_all_actions },
		{ "takes the first unconditional rule", takes_the_first_unconditional },
		{ "answers newer calls", answers_newer_calls },
		{ "tells known from newer", tells_known_from_newer },
		{ "kills foreign architectures", kills_foreign_architectures },
		{ "reaches behind socketcall", reaches_behind_socketcall },
		{ "fails closed behind socketcall", fails_closed_behind_socketcall },
		{ "finds all direct numbers", finds_all_direct_numbers },
		{ "compares words", compares_words },
		{ "compares masks and repetitions", compares_masks_and_repetitions },
		{ "reaches far", reaches_far },
		{ "shares blocks", shares_blocks },
		{ "says what is wrong", says_what_is_wrong },
		{ "bounds what it takes", bounds_what_it_takes },
		{ "has flags", has_flags },
		{ "loads into the kernel", loads_into_the_kernel },
	};

	if (arena_open_private(&arena, 64 << 20) < 0)
		abort();
	return test_main("filter", tests, ARRAY_SIZE(tests));
}
