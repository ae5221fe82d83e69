/* SPDX-License-Identifier: Apache-2.0 */
/*
 * posture_rules.c: what is weak in a posture: surfaces of the kernel that can be written or read, system calls that the
 * filter refuses, and the controls of the Kubernetes Pod Security Standards ("baseline" and "restricted", of the
 * Kubernetes documentation), as far as they can be seen in a container.
 */
#include <fcntl.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <string.h>

#include "base/err.h"
#include "base/fd.h"
#include "base/path.h"
#include "base/str.h"
#include "kernel/caps.h"
#include "kernel/seccomp.h"
#include "plan/filter.h"
#include "posture.h"

/* ---- the filter ---- */

/* What it says of a call: classic BPF, of the instructions that plan/filter.c makes. Another one: refused, to be sure. */
static uint32_t verdict(const struct plan_filter *f, const struct seccomp_data *data)
{
	uint32_t a = 0;

	for (size_t pc = 0; pc < f->n; pc++) {
		const struct sock_filter *i = &f->insns[pc];

		switch (i->code) {
		case BPF_LD | BPF_W | BPF_ABS:
			if (i->k > sizeof(*data) - sizeof(a))
				return SECCOMP_RET_KILL_PROCESS;
			memcpy(&a, (const char *)data + i->k, sizeof(a));
			break;
		case BPF_ALU | BPF_AND | BPF_K:
			a &= i->k;
			break;
		case BPF_JMP | BPF_JA:
			pc += i->k;
			break;
		case BPF_JMP | BPF_JEQ | BPF_K:
			pc += a == i->k ? i->jt : i->jf;
			break;
		case BPF_JMP | BPF_JGE | BPF_K:
			pc += a >= i->k ? i->jt : i->jf;
			break;
		case BPF_JMP | BPF_JGT | BPF_K:
			pc += a > i->k ? i->jt : i->jf;
			break;
		case BPF_JMP | BPF_JSET | BPF_K:
			pc += a & i->k ? i->jt : i->jf;
			break;
		case BPF_RET | BPF_K:
			return i->k;
		default:
			return SECCOMP_RET_KILL_PROCESS;
		}
	}
	return SECCOMP_RET_KILL_PROCESS;
}

static bool allows(uint32_t what)
{
	uint32_t action = what & SECCOMP_RET_ACTION_FULL;

	return action == SECCOMP_RET_ALLOW || action == SECCOMP_RET_LOG;
}

/* With arguments of several kinds: a profile decides by them, too. */
static int judge_call(struct arena *arena, struct posture *p, uint32_t audit, int number, const char *name)
{
	static const uint64_t kinds[] = { 0, 1,	      UINT64_MAX, UINT32_MAX, 0x7e020000 /* CLONE_NEW* */,
					  8, 0x20000, 0x20008 };
	struct seccomp_data data = { .nr = number, .arch = audit };
	size_t refused = 0;

	for (size_t k = 0; k < ARRAY_SIZE(kinds); k++) {
		for (int i = 0; i < 6; i++)
			data.args[i] = kinds[k];
		refused += !allows(verdict(p->filter, &data));
	}
	if (!refused)
		return 0;
	return posture_add(arena, refused == ARRAY_SIZE(kinds) ? &p->refused : &p->partly_refused, "%s",
			   name);
}

static int judge_filter(struct arena *arena, struct posture *p)
{
	struct seccomp_arch arch;
	char name[64];
	int r = p->filter && p->filter->n ? seccomp_arch_find(NULL, &arch) : 0;

	if (r < 0 || !p->filter || !p->filter->n)
		return r;
	for (int number = 0; r == 0 && number < 1024; number++)
		if (seccomp_call_name(&arch, number, name, sizeof(name)))
			r = judge_call(arena, p, arch.audit, number, name);
	return r;
}

/* ---- surfaces ---- */

bool posture_is_kernel_fs(const char *type)
{
	static const char *const types[] = { "proc",	   "sysfs",   "cgroup",	   "cgroup2",
					     "debugfs",	   "tracefs", "configfs",  "efivarfs",
					     "securityfs", "bpf",     "selinuxfs", "pstore" };

	for (size_t i = 0; i < ARRAY_SIZE(types); i++)
		if (streq(type, types[i]))
			return true;
	return false;
}

/* The mount in which a path lies; the last one wins. NULL: none. */
static const struct posture_mount *mount_of(const struct posture *p, const char *path)
{
	const struct posture_mount *best = NULL;
	size_t length = 0;

	for (size_t i = 0; i < p->n_mounts; i++) {
		const char *target = p->mounts[i].target;
		size_t n = streq(target, "/") ? 0 : strlen(target);

		if (strncmp(target, path, n) || (path[n] && path[n] != '/') || n < length)
			continue;
		best = &p->mounts[i];
		length = n;
	}
	return best;
}

/* Not every kernel has every file; of a bundle it is the configuration that counts, not this host. */
static bool is_missing(const struct posture *p, const char *path)
{
	autoclose int fd = -1;

	if (p->rootfd < 0 || path_in_root(p->rootfd, path, O_PATH, &fd) == 0)
		return false;
	fail_forget();
	return true;
}

static bool is_covered_by_kernel(const struct posture *p, const char *path, bool *ret_ro)
{
	const struct posture_mount *m = mount_of(p, path);

	if (!m || !posture_is_kernel_fs(m->type) || is_missing(p, path))
		return false;
	*ret_ro = m->ro;
	return true;
}

static bool has_word(const struct posture_list *list, const char *word)
{
	for (size_t i = 0; i < list->n; i++)
		if (streq(list->v[i], word))
			return true;
	return false;
}

/* What judge_surfaces() does not look at by its name: another file system, a window in a read-only one, a second procfs. */
static bool is_open_mount(const struct posture *p, const struct posture_mount *m)
{
	return !m->ro && posture_is_kernel_fs(m->type) && !streq(m->target, "/proc") &&
	       mount_of(p, m->target) == m;
}

static int judge_surfaces(struct arena *arena, struct posture *p)
{
	static const char *const writable[] = { "/proc/sys", "/proc/sysrq-trigger",
						"/proc/irq", "/proc/bus",
						"/proc/fs",  "/sys" };
	static const char *const secret[] = { "/proc/kcore",	  "/proc/keys",
					      "/proc/timer_list", "/proc/interrupts",
					      "/sys/firmware",	  "/sys/devices/virtual/powercap" };
	bool ro = false;
	int r = 0;

	for (size_t i = 0; r == 0 && i < ARRAY_SIZE(writable); i++)
		if (is_covered_by_kernel(p, writable[i], &ro) && !ro)
			r = posture_add(arena, &p->writable, "%s", writable[i]);
	for (size_t i = 0; r == 0 && i < p->n_mounts; i++) {
		const char *target = p->mounts[i].target;

		if (is_open_mount(p, &p->mounts[i]) && !has_word(&p->writable, target))
			r = posture_add(arena, &p->writable, "%s", target);
	}
	for (size_t i = 0; r == 0 && i < ARRAY_SIZE(secret); i++)
		if (is_covered_by_kernel(p, secret[i], &ro))
			r = posture_add(arena, &p->exposed, "%s", secret[i]);
	return r;
}

/* ---- the Pod Security Standards ---- */

/* Rows of names as the standards list them. */
static bool is_one_of(const char *word, const char *const *list)
{
	for (; *list; list++)
		if (streq(word, *list))
			return true;
	return false;
}

static uint64_t mask_of(const char *const *names)
{
	uint64_t mask = 0;
	int number;

	for (; *names; names++)
		if (cap_number(*names, &number) == 0)
			mask |= 1ull << number;
	return mask;
}

static const char *words_of(uint64_t mask, char *buf, size_t size)
{
	struct text t = { .buf = buf, .size = size };
	char word[32];

	buf[0] = '\0';
	for (int i = 0; i < 64; i++)
		if (mask >> i & 1 && cap_word(i, word, sizeof(word)))
			text_add(&t, "%s%s", t.len ? " " : "", word);
	return buf;
}

/* All that it can ever have. */
static uint64_t reachable(const struct posture *p)
{
	return p->caps.mask[CAPSET_BOUNDING] | p->caps.mask[CAPSET_PERMITTED];
}

static int check_host_namespaces(struct arena *arena, struct posture *p)
{
	static const struct {
		enum ns_kind kind;
		const char *name;
	} kinds[] = { { NS_NET, "network" }, { NS_PID, "pid" }, { NS_IPC, "ipc" } };
	int r = 0;

	for (size_t i = 0; r == 0 && i < ARRAY_SIZE(kinds); i++)
		if (p->ns[kinds[i].kind] == POSTURE_HOST)
			r = posture_add(arena, &p->fails_baseline,
					"Host Namespaces: the %s namespace is the host's", kinds[i].name);
	return r;
}

static int check_privileged(struct arena *arena, struct posture *p)
{
	if (p->all_devices)
		return posture_add(arena, &p->fails_baseline,
				   "Privileged Containers: every device is allowed");
	if (has_word(&p->writable, "/sys"))
		return posture_add(arena, &p->fails_baseline, "Privileged Containers: /sys can be written");
	return 0;
}

static int check_capabilities(struct arena *arena, struct posture *p)
{
	static const char *const allowed[] = { "CAP_AUDIT_WRITE", "CAP_CHOWN", "CAP_DAC_OVERRIDE",
					       "CAP_FOWNER", "CAP_FSETID", "CAP_KILL", "CAP_MKNOD",
					       "CAP_NET_BIND_SERVICE", "CAP_SETFCAP", "CAP_SETGID",
					       "CAP_SETPCAP", "CAP_SETUID", "CAP_SYS_CHROOT",
					       /* not to be added, but engines give it unasked */
					       "CAP_NET_RAW", NULL };
	static const char *const bind[] = { "CAP_NET_BIND_SERVICE", NULL };
	uint64_t more = reachable(p) & ~mask_of(allowed), any = reachable(p) & ~mask_of(bind);
	char words[1024];
	int r = 0;

	if (more)
		r = posture_add(arena, &p->fails_baseline, "Capabilities: %s",
				words_of(more, words, sizeof(words)));
	if (r == 0 && any)
		r = posture_add(arena, &p->fails_restricted,
				"Capabilities: only CAP_NET_BIND_SERVICE may be left, there is %s",
				words_of(any, words, sizeof(words)));
	return r;
}

static int check_host_paths(struct arena *arena, struct posture *p)
{
	int r = 0;

	for (size_t i = 0; r == 0 && i < p->host_paths.n; i++)
		r = posture_add(arena, &p->fails_baseline, "HostPath Volumes: %s", p->host_paths.v[i]);
	return r;
}

/* What is not said is the engine's default; only to switch it off is refused. */
static int check_labels(struct arena *arena, struct posture *p)
{
	static const char *const types[] = { "container_t", "container_init_t", "container_kvm_t",
					     "container_engine_t", NULL };
	char type[256] = "";
	const char *s = p->selinux_on ? p->selinux : NULL;
	struct text t = TEXT(type);
	int r = 0;

	/* a profile in the mode of that name, too */
	if (p->apparmor_on && p->apparmor &&
	    (streq(p->apparmor, "unconfined") || ends_with(p->apparmor, "(unconfined)")))
		r = posture_add(arena, &p->fails_baseline, "AppArmor: unconfined");
	for (int i = 0; s && i < 2; i++)
		s = strchr(s, ':') ? strchr(s, ':') + 1 : NULL;
	if (r < 0 || !s)
		return r;
	text_add_n(&t, s, strcspn(s, ":"));
	/* of a type of one's own nothing is known; these are known to confine nothing */
	if (is_one_of(type, types) || !(streq(type, "spc_t") || starts_with(type, "unconfined")))
		return 0;
	return posture_add(arena, &p->fails_baseline, "SELinux: the type %s", type);
}

static int check_proc(struct arena *arena, struct posture *p)
{
	for (size_t i = 0; i < p->exposed.n; i++)
		if (streq(p->exposed.v[i], "/proc/kcore") || streq(p->exposed.v[i], "/proc/keys") ||
		    streq(p->exposed.v[i], "/proc/timer_list"))
			return posture_add(arena, &p->fails_baseline, "/proc Mount Type: %s is not masked",
					   p->exposed.v[i]);
	return 0;
}

static int check_seccomp(struct arena *arena, struct posture *p)
{
	return p->seccomp != SECCOMP_MODE_DISABLED
		       ? 0
		       : posture_add(arena, &p->fails_baseline, "Seccomp: unconfined");
}

static int check_sysctls(struct arena *arena, struct posture *p)
{
	static const char *const safe[] = { "kernel.shm_rmid_forced",
					    "net.ipv4.ip_local_port_range",
					    "net.ipv4.ip_unprivileged_port_start",
					    "net.ipv4.tcp_syncookies",
					    "net.ipv4.ping_group_range",
					    "net.ipv4.ip_local_reserved_ports",
					    "net.ipv4.tcp_keepalive_time",
					    "net.ipv4.tcp_fin_timeout",
					    "net.ipv4.tcp_keepalive_intvl",
					    "net.ipv4.tcp_keepalive_probes",
					    NULL };
	int r = 0;

	for (size_t i = 0; r == 0 && i < p->sysctls.n; i++)
		if (!is_one_of(p->sysctls.v[i], safe))
			r = posture_add(arena, &p->fails_baseline, "Sysctls: %s", p->sysctls.v[i]);
	return r;
}

static int check_restricted(struct arena *arena, struct posture *p)
{
	int r = 0;

	if (!p->no_new_privs)
		r = posture_add(arena, &p->fails_restricted, "Privilege Escalation: no_new_privs is not set");
	if (r == 0 && p->uid == 0)
		r = posture_add(arena, &p->fails_restricted, "Running as Non-root: the user is 0");
	return r;
}

int posture_judge(struct arena *arena, struct posture *p)
{
	static int (*const rules[])(struct arena * arena, struct posture * p) = {
		judge_filter,	    judge_surfaces,   check_host_namespaces, check_privileged,
		check_capabilities, check_host_paths, check_labels,	     check_proc,
		check_seccomp,	    check_sysctls,    check_restricted,
	};

	for (size_t i = 0; i < ARRAY_SIZE(rules); i++) {
		int r = rules[i](arena, p);

		if (r < 0)
			return r;
	}
	return 0;
}

const char *posture_standard(const struct posture *p)
{
	return p->fails_baseline.n ? "privileged" : p->fails_restricted.n ? "baseline" : "restricted";
}
