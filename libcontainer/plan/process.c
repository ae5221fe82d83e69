/* SPDX-License-Identifier: Apache-2.0 */
/*
 * plan/process.c: the process as numbers. Which words and numbers there may be is checked by spec/. Source:
 * OCI config.md "Process", "POSIX process", "Linux process", and the man pages of the calls.
 */
#include <string.h>
#include <sys/personality.h>

#include "base/err.h"
#include "base/str.h"
#include "kernel/sys.h"
#include "plan/make.h"
#include "plan/numbers.h"

#define CPUS_MAX  65536u /* more than NR_CPUS can be */
#define NODES_MAX 32768u /* what get_nodes() in mm/mempolicy.c takes: a page of bits */

/* The flags of a list, OR-ed. */
static int read_flags(const char *place, const struct strings *names, const struct number_words *words,
		      int64_t *ret)
{
	int64_t flags = 0;

	for (size_t i = 0; i < names->n; i++) {
		const struct number_word *w = number_of(words, names->v[i]);

		if (!w)
			return fail(0, "%s[%zu]: unknown flag '%.64s'", place, i, names->v[i]);
		flags |= w->number;
	}
	*ret = flags;
	return 0;
}

/* ---- limits, scheduling ---- */

static int make_rlimits(struct making *m, const struct spec_process *p)
{
	struct rlimit_row *rows = arena_array(m->arena, p->rlimits.n, struct rlimit_row);

	if (!rows)
		return -ENOMEM;
	for (size_t i = 0; i < p->rlimits.n; i++) {
		const struct spec_rlimit *asked = &p->rlimits.v[i];
		const struct number_word *w = number_of(&rlimit_words, asked->type);

		if (!w)
			return fail(0, "process.rlimits[%zu].type: unknown limit '%.64s'", i, asked->type);
		rows[i] = (struct rlimit_row){ .resource = (int)w->number,
					       .soft = asked->soft,
					       .hard = asked->hard };
	}
	m->plan->process.rlimits.v = rows;
	m->plan->process.rlimits.n = p->rlimits.n;
	return 0;
}

static int make_scheduler(struct making *m, const struct spec_scheduler *asked)
{
	static const uint32_t policies[] = {
		[SPEC_SCHED_OTHER] = 0,	   [SPEC_SCHED_FIFO] = 1, [SPEC_SCHED_RR] = 2,
		[SPEC_SCHED_BATCH] = 3,	   [SPEC_SCHED_ISO] = 4,  [SPEC_SCHED_IDLE] = 5,
		[SPEC_SCHED_DEADLINE] = 6,
	};
	struct sched_numbers *s;
	int64_t flags;
	int r;

	if (!asked)
		return 0;
	s = arena_new(m->arena, struct sched_numbers);
	if (!s)
		return -ENOMEM;
	r = read_flags("process.scheduler.flags", &asked->flags, &sched_flag_words, &flags);
	if (r < 0)
		return r;
	if (asked->policy == SPEC_SCHED_ISO)
		return fail(0, "process.scheduler.policy: Linux has no SCHED_ISO");
	*s = (struct sched_numbers){
		.policy = policies[asked->policy],
		.flags = (uint64_t)flags,
		.nice = (int32_t)asked->nice.v,
		.priority = (uint32_t)asked->priority.v,
		.runtime = asked->runtime.v,
		.deadline = asked->deadline.v,
		.period = asked->period.v,
	};
	m->plan->process.scheduler = s;
	return 0;
}

static int make_io_priority(struct making *m, const struct spec_io_priority *asked)
{
	static const int classes[] = { [SPEC_IOPRIO_RT] = 1, [SPEC_IOPRIO_BE] = 2, [SPEC_IOPRIO_IDLE] = 3 };
	struct plan_io_priority *p;

	if (!asked)
		return 0;
	p = arena_new(m->arena, struct plan_io_priority);
	if (!p)
		return -ENOMEM;
	p->class = classes[asked->class];
	p->priority = (int)asked->priority;
	m->plan->process.io_priority = p;
	return 0;
}

static int read_affinity(struct making *m, const char *place, const char *list, struct plan_affinity *ret)
{
	size_t count;
	int r;

	if (!list)
		return 0;
	r = mask_parse(m, place, list, CPUS_MAX, &ret->mask, &ret->bytes, &count);
	if (r == 0 && !count)
		*ret = (struct plan_affinity){ 0 };
	else if (r == 0)
		ret->set = true;
	return r;
}

/* What is configured is for exec. Without it the CPUs are those of the cgroup, not those that the caller
 * happened to have. */
static int make_affinity(struct making *m, const struct spec_cpu_affinity *asked)
{
	struct plan_process *p = &m->plan->process;
	int r = 0;

	if (m->plan->kind == PLAN_EXEC && asked) {
		r = read_affinity(m, "process.execCPUAffinity.initial", asked->initial, &p->initial_affinity);
		if (r == 0)
			r = read_affinity(m, "process.execCPUAffinity.final", asked->final,
					  &p->final_affinity);
	}
	p->final_affinity.set = true;
	return r;
}

static int make_memory_policy(struct making *m)
{
	const struct spec_memory_policy *asked = m->spec->linux_->memory_policy;
	const struct number_word *mode;
	struct plan_memory_policy *p;
	size_t bytes, count;
	int64_t flags;
	int r;

	if (!asked)
		return 0;
	mode = asked->mode ? number_of(&memory_mode_words, asked->mode) : NULL;
	if (!mode)
		return fail(0, "linux.memoryPolicy.mode: unknown mode '%.64s'",
			    asked->mode ? asked->mode : "");
	p = arena_new(m->arena, struct plan_memory_policy);
	if (!p)
		return -ENOMEM;
	r = read_flags("linux.memoryPolicy.flags", &asked->flags, &memory_flag_words, &flags);
	if (r == 0)
		r = mask_parse(m, "linux.memoryPolicy.nodes", asked->nodes ? asked->nodes : "", NODES_MAX,
			       &p->nodes, &bytes, &count);
	if (r < 0)
		return r;
	p->mode_and_flags = (int)(mode->number | flags);
	p->maxnode = count ? bytes * 8 + 1 : 0; /* the kernel takes one off */
	p->nodes = count ? p->nodes : NULL;
	m->plan->process.memory_policy = p;
	return 0;
}

static int make_personality(struct making *m)
{
	const struct spec_personality *asked = m->spec->linux_->personality;

	if (!asked)
		return 0;
	m->plan->process.personality.set = true;
	m->plan->process.personality.v = streq(asked->domain, "LINUX32") ? PER_LINUX32 : PER_LINUX;
	if (asked->flags.n)
		return warn(m, "linux.personality.flags: the specification defines none, left out");
	return 0;
}

/* ---- who, what, where ---- */

static int make_user(struct making *m, const struct spec_user *asked)
{
	struct plan_user *u = &m->plan->process.user;
	const char *keep_groups = make_annotation(m, "run.oci.keep_original_groups");

	*u = (struct plan_user){
		.uid = asked->uid,
		.gid = asked->gid,
		.groups = asked->additional_gids.v,
		.n_groups = asked->additional_gids.n,
		.umask = asked->umask.set ? asked->umask.v & 0777 : 022,
	};
	if (m->plan->ns.deny_setgroups || m->host->no_setgroups) {
		u->keep_groups = true; /* they cannot be changed, not even dropped */
		if (u->n_groups)
			return fail(EPERM,
				    "process.user.additionalGids: user %u cannot set groups where only his "
				    "own id is mapped; "
				    "map more with newgidmap, or leave them out",
				    m->host->euid);
		return 0;
	}
	if (!keep_groups || streq(keep_groups, "0"))
		return 0;
	/* It would give a container of root's the groups of root's session: rule R13. */
	if (m->host->euid == 0 && m->host->initial_userns)
		return warn(
			m, "annotation run.oci.keep_original_groups: only for rootless containers, left out");
	u->keep_groups = true;
	return 0;
}

static void make_console(struct making *m, const struct spec_process *p)
{
	const struct spec_console_size *size = p->console_size;

	m->plan->process.terminal = p->terminal;
	if (!p->terminal || !size)
		return;
	m->plan->process.rows = (uint16_t)size->height;
	m->plan->process.columns = (uint16_t)size->width;
}

static int make_exec(struct making *m, const struct spec_process *p)
{
	struct plan_exec *e = &m->plan->process.exec;

	e->args = p->args.n ? p->args.v : NULL;
	e->cwd = p->cwd;
	return make_env(m, &p->env, &e->env, &e->path);
}

/* The fds that stay open: those of LISTEN_FDS come first, from 3 on. */
static int make_fds(struct making *m)
{
	unsigned int n;

	if (__builtin_add_overflow(m->options->preserve_fds, m->host->listen_fds, &n) || n > INT32_MAX - 3)
		return fail(0, "--preserve-fds: too many");
	m->plan->process.preserve_fds = n;
	return 0;
}

static int make_small(struct making *m, const struct spec_process *p)
{
	struct plan_process *process = &m->plan->process;

	process->no_new_privs = p->no_new_privileges.v;
	process->oom_score_adj = p->oom_score_adj;
	process->oom_score_best_effort = m->host->euid != 0 || !m->host->initial_userns;
	if (m->options->no_new_keyring)
		return 0;
	process->keyring = arena_printf(m->arena, "_ses.%s", m->options->id);
	return process->keyring ? 0 : -ENOMEM;
}

/* A label that cannot be had is an error, never a container that is less confined than asked for (rule R11). */
static int make_labels(struct making *m, const struct spec_process *p)
{
	const char *profile = p->apparmor_profile, *label = p->selinux_label;

	/* Docker says "unconfined" on hosts without AppArmor as well, and there everything is. */
	if (profile && *profile && !m->host->apparmor && !streq(profile, "unconfined"))
		return fail(0,
			    "process.apparmorProfile: AppArmor is not enabled on this host, '%.128s' cannot "
			    "be used",
			    profile);
	if (label && *label && !m->host->selinux)
		return fail(
			0,
			"process.selinuxLabel: SELinux is not enabled on this host, '%.128s' cannot be used",
			label);
	m->plan->process.apparmor_profile = m->host->apparmor && profile && *profile ? profile : NULL;
	m->plan->process.selinux_label = label && *label ? label : NULL;
	return 0;
}

int make_process(struct making *m)
{
	const struct spec_process *p = m->process;
	int r;

	if (!p)
		return 0;
	r = make_exec(m, p);
	if (r == 0)
		r = make_user(m, &p->user);
	if (r == 0)
		r = make_caps(m, p->capabilities, &m->plan->process.caps);
	m->plan->process.set_caps = true; /* none given: none had */
	if (r == 0)
		r = make_rlimits(m, p);
	if (r == 0)
		r = make_small(m, p);
	if (r == 0)
		r = make_labels(m, p);
	if (r == 0)
		r = make_scheduler(m, p->scheduler);
	if (r == 0)
		r = make_io_priority(m, p->io_priority);
	if (r == 0)
		r = make_affinity(m, p->exec_cpu_affinity);
	if (r == 0)
		r = make_memory_policy(m);
	if (r == 0)
		r = make_personality(m);
	make_console(m, p);
	return r < 0 ? r : make_fds(m);
}
