/* SPDX-License-Identifier: Apache-2.0 */
/*
 * init/namespaces.c: the stage, and the namespace acts of init. Order and reasons: callers.md's hostUsers flow, as the
 * kernel demands it: a namespace of the host is only open to the host's root, one of the pod's user namespace only to
 * that one's root, and pid and time namespaces act on children.
 */
#include <fcntl.h>
#include <linux/sched.h>
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "base/err.h"
#include "base/fd.h"
#include "base/io.h"
#include "base/str.h"
#include "init/child.h"
#include "kernel/mount.h"
#include "kernel/net.h"
#include "kernel/ns.h"
#include "kernel/process.h"
#include "kernel/sys.h"
#include "wire/sync.h"

#define ROW(name, wanted, apply, why) { wanted, apply },
static const struct child_step stage_steps[] = { STAGE_STEPS(ROW) };
#undef ROW

int child_run_stage(struct child *c)
{
	return child_run_table(c, TABLE_STAGE, stage_steps, ARRAY_SIZE(stage_steps));
}

int set_initial_affinity(struct child *c)
{
	const struct plan_affinity *a = &c->plan->process.initial_affinity;

	return process_set_affinity(0, a->mask, a->bytes);
}

/* exec: every namespace of the container's init at once; the kernel orders them. */
static int join_by_pidfd(struct child *c)
{
	uint64_t join = c->plan->ns.join;

	/* to enter the one that we are in is an error */
	if (c->joined & 1u << NS_USER)
		join &= ~(uint64_t)CLONE_NEWUSER;
	if (setns(c->h->pidfd, (int)join))
		return fail(errno, "cannot join the container's namespaces");
	return 0;
}

/* The namespaces by path, but the user namespace. EPERM is not final before we are root of the user namespace. */
static int join_pass(struct child *c, bool final)
{
	for (int kind = 0; kind < NS_KINDS; kind++) {
		int r;

		if (kind == NS_USER || c->h->ns_fd[kind] < 0 || c->joined & 1u << kind)
			continue;
		r = ns_enter(c->h->ns_fd[kind], (enum ns_kind)kind);
		if (r == -EPERM && !final && wants_user_ns(c->plan))
			continue;
		if (r < 0)
			return fail(-r, "cannot join the %s namespace '%s'", ns_words[kind].name,
				    c->plan->ns.path[kind] ? c->plan->ns.path[kind] : "?");
		c->joined |= 1u << kind;
	}
	return 0;
}

int join_namespaces(struct child *c)
{
	return c->h->pidfd >= 0 ? join_by_pidfd(c) : join_pass(c, false);
}

int join_rest(struct child *c)
{
	return c->h->pidfd >= 0 ? 0 : join_pass(c, true);
}

/* Be root of the user namespace that we are in: everything after is done with its capabilities. */
int become_ns_root(void)
{
	int r = process_become(0, 0, NULL, 0, true);

	/* another user makes us what fs.suid_dumpable says, and that may be traceable (CVE-2016-9962) */
	if (r == 0 && prctl(PR_SET_DUMPABLE, 0))
		return fail(errno, "cannot make the process untraceable");
	return r;
}

int enter_user_ns(struct child *c)
{
	int r;

	if (c->h->pidfd >= 0)
		return become_ns_root();
	if (c->plan->ns.stage & CLONE_NEWUSER) {
		if (unshare(CLONE_NEWUSER))
			return fail(errno, "cannot make a user namespace");
		/* A parent without privilege can only write the maps of a process that it could trace. Nobody else is in
		 * this namespace yet. */
		if (prctl(PR_SET_DUMPABLE, 1))
			return fail(errno, "cannot open up for the id maps");
		r = sync_send(c->h->sync_fd, SYNC_UNSHARED, -1);
		if (r == 0)
			r = sync_receive(c->h->sync_fd, SYNC_MAPPED, NO_DEADLINE, NULL);
		if (r < 0)
			return fail(-r, "cannot have the id maps written");
		if (prctl(PR_SET_DUMPABLE, 0))
			return fail(errno, "cannot close up after the id maps");
	} else {
		r = ns_enter(c->h->ns_fd[NS_USER], NS_USER);
		if (r < 0)
			return fail(-r, "cannot join the user namespace '%s'", c->plan->ns.path[NS_USER]);
	}
	r = become_ns_root();
	return r < 0 ? fail_in(r, "user namespace") : 0;
}

int make_time_ns(struct child *c)
{
	autoclose int procfd = -1;
	char text[256];
	struct text t = TEXT(text);
	int r;

	if (unshare(CLONE_NEWTIME))
		return fail(errno, "cannot make a time namespace");
	if (!c->plan->ns.offsets.n)
		return 0;
	for (size_t i = 0; i < c->plan->ns.offsets.n; i++) {
		const struct plan_time_offset *o = &c->plan->ns.offsets.v[i];

		text_add(&t, "%d %lld %u\n", o->clock, (long long)o->secs, o->nanosecs);
	}
	r = procfs_open(true, &procfd);
	if (r < 0)
		return r;
	r = write_file_at(procfd, "self/timens_offsets", text);
	return r < 0 ? fail(-r, "linux.timeOffsets: cannot set the clock offsets") : 0;
}

/* Init is our parent's child (CLONE_PARENT), so that it can wait for it; we end when it is made. The kernel notes its pid
 * in the recorder before it runs, and it says so itself: from us the word could come after the next one of init's. */
int clone_init(struct child *c)
{
	struct clone_args args = { .flags = CLONE_PARENT | CLONE_PARENT_SETTID | c->plan->ns.clone,
				   .parent_tid = (uint64_t)(uintptr_t)&c->shared->pid };
	long pid = sys_clone3(&args);
	int r;

	if (pid < 0)
		return fail(errno, "cannot clone init into its namespaces");
	if (pid > 0)
		_exit(0);
	/* fork cleared it, and it must be ours, not the stage's */
	if (prctl(PR_SET_PDEATHSIG, SIGKILL))
		return fail(errno, "cannot set the parent death signal");
	r = sync_send(c->h->sync_fd, SYNC_CLONED, -1);
	return r < 0 ? fail(-r, "cannot tell the parent of init") : 0;
}

int unshare_late(struct child *c)
{
	if (unshare((int)c->plan->ns.late))
		return fail(errno, "cannot make a cgroup namespace");
	return 0;
}

int raise_loopback(struct child *c)
{
	(void)c;
	return net_loopback_up();
}

int join_keyring(struct child *c)
{
	int r = process_join_keyring(c->plan->process.keyring);

	/* A kernel without keyrings, or a user's quota of them used up, is no reason to fail: no key of the caller's is
	 * reachable all the same, as the next execve of another user would drop it. */
	if (r == -ENOSYS || r == -EDQUOT) {
		fail_forget();
		return 0;
	}
	return r;
}

int set_hostname(struct child *c)
{
	if (sethostname(c->plan->hostname, strlen(c->plan->hostname)))
		return fail(errno, "cannot set the hostname '%s'", c->plan->hostname);
	return 0;
}

int set_domainname(struct child *c)
{
	if (setdomainname(c->plan->domainname, strlen(c->plan->domainname)))
		return fail(errno, "cannot set the domainname '%s'", c->plan->domainname);
	return 0;
}

/* Where no private procfs can be made, the one that was opened in the host's tree: the container's is read-only, and not ours. */
int set_sysctls(struct child *c)
{
	autoclose int procfd = -1, sysfd = -1;
	bool old = !c->tools.new_api;
	int r = old ? 0 : procfs_open(false, &procfd);

	if (r < 0)
		return r;
	sysfd = openat(old ? c->tools.procfd : procfd, "sys", O_PATH | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
	if (sysfd < 0)
		return fail(errno, "cannot open /proc/sys");
	for (size_t i = 0; i < c->plan->sysctls.n; i++) {
		const struct plan_sysctl *s = &c->plan->sysctls.v[i];

		r = write_file_at(sysfd, s->file, s->value);
		if (r < 0)
			return fail(-r, "linux.sysctl: cannot set '%s' to '%s'", s->key, s->value);
	}
	return 0;
}
