/* SPDX-License-Identifier: Apache-2.0 */
/* plan/explain_process.c: the process and the hooks in words. */
#include <string.h>
#include <sys/personality.h>

#include "kernel/caps.h"
#include "kernel/sys.h"
#include "plan/explain.h"
#include "plan/filter.h"
#include "plan/numbers.h"

static void explain_flags(FILE *out, const struct number_words *words, int64_t flags)
{
	for (size_t i = 0; i < words->n; i++)
		if (flags & words->v[i].number)
			fprintf(out, " %s", words->v[i].name);
}

/* A mask as a list of numbers and ranges. */
static void explain_mask(FILE *out, const unsigned long *mask, size_t bytes)
{
	const size_t word = 8 * sizeof(unsigned long), n = bytes * 8;
	const char *comma = "";

	for (size_t i = 0; i < n; i++) {
		size_t end = i;

		while (end < n && mask[end / word] >> end % word & 1)
			end++;
		if (end == i)
			continue;
		fprintf(out, end - i > 1 ? "%s%zu-%zu" : "%s%zu", comma, i, end - 1);
		comma = ",";
		i = end;
	}
}

static void explain_exec(FILE *out, const struct plan_exec *e)
{
	if (!e->args) {
		fputs("program: none, cannot be started\n", out);
	} else {
		fputs("program:", out);
		explain_strings(out, e->args);
		fputc('\n', out);
	}
	for (size_t i = 0; e->env && e->env[i]; i++) {
		fputs("environment: ", out);
		explain_string(out, e->env[i]);
		fputc('\n', out);
	}
	if (e->path) {
		fputs("search path: ", out);
		explain_string(out, e->path);
		fputc('\n', out);
	}
	if (e->cwd) {
		fputs("working directory: ", out);
		explain_string(out, e->cwd);
		fputc('\n', out);
	}
}

static void explain_user(FILE *out, const struct plan_user *u)
{
	fprintf(out, "user: %u:%u, groups", u->uid, u->gid);
	if (u->keep_groups)
		fputs(" kept as they are", out);
	else if (!u->n_groups)
		fputs(" none", out);
	for (size_t i = 0; !u->keep_groups && i < u->n_groups; i++)
		fprintf(out, " %u", u->groups[i]);
	fprintf(out, ", umask %04o\n", u->umask);
}

static void explain_caps(FILE *out, const struct plan_process *p)
{
	static const char *const sets[CAPSETS] = {
		[CAPSET_BOUNDING] = "bounding",	  [CAPSET_EFFECTIVE] = "effective",
		[CAPSET_PERMITTED] = "permitted", [CAPSET_INHERITABLE] = "inheritable",
		[CAPSET_AMBIENT] = "ambient",
	};
	char word[32];

	for (int set = 0; p->set_caps && set < CAPSETS; set++) {
		fprintf(out, "capabilities %s:%s", sets[set], p->caps.mask[set] ? "" : " none");
		for (int i = 0; i < 64; i++) {
			const char *name =
				p->caps.mask[set] >> i & 1 ? cap_word(i, word, sizeof(word)) : NULL;

			if (name)
				fprintf(out, " %s", name);
			else if (p->caps.mask[set] >> i & 1)
				fprintf(out, " %d", i);
		}
		fputc('\n', out);
	}
}

static void explain_limits(FILE *out, const struct plan_process *p)
{
	for (size_t i = 0; i < p->rlimits.n; i++) {
		const struct rlimit_row *row = &p->rlimits.v[i];
		const uint64_t values[2] = { row->soft, row->hard };

		fprintf(out, "limit %s:", number_name(&rlimit_words, row->resource));
		for (int k = 0; k < 2; k++) {
			if (values[k] == UINT64_MAX)
				fputs(k ? " hard unlimited" : " soft unlimited,", out);
			else
				fprintf(out, k ? " hard %llu" : " soft %llu,", (unsigned long long)values[k]);
		}
		fputc('\n', out);
	}
	if (p->oom_score_adj.set)
		fprintf(out, "oom score adjustment: %lld%s\n", (long long)p->oom_score_adj.v,
			p->oom_score_best_effort ? ", as far as allowed" : "");
}

static void explain_scheduling(FILE *out, const struct plan_process *p)
{
	static const char *const policies[] = { "SCHED_OTHER", "SCHED_FIFO", "SCHED_RR",      "SCHED_BATCH",
						"?",	       "SCHED_IDLE", "SCHED_DEADLINE" };
	static const char *const classes[] = { "none", "real time", "best effort", "idle" };
	const struct sched_numbers *s = p->scheduler;

	if (s) {
		fprintf(out, "scheduler: %s, nice %d, priority %u", policies[s->policy], s->nice,
			s->priority);
		if (s->runtime || s->deadline || s->period)
			fprintf(out, ", runtime %llu deadline %llu period %llu ns",
				(unsigned long long)s->runtime, (unsigned long long)s->deadline,
				(unsigned long long)s->period);
		fputs(s->flags ? "," : "", out);
		explain_flags(out, &sched_flag_words, (int64_t)s->flags);
		fputc('\n', out);
	}
	if (p->io_priority)
		fprintf(out, "io priority: %s %d\n", classes[p->io_priority->class],
			p->io_priority->priority);
	if (p->initial_affinity.set) {
		fputs("cpus until in the cgroup: ", out);
		explain_mask(out, p->initial_affinity.mask, p->initial_affinity.bytes);
		fputc('\n', out);
	}
	if (p->final_affinity.set) {
		fputs(p->final_affinity.mask ? "cpus: " : "cpus: all that its cgroup has", out);
		if (p->final_affinity.mask)
			explain_mask(out, p->final_affinity.mask, p->final_affinity.bytes);
		fputc('\n', out);
	}
}

static void explain_memory_policy(FILE *out, const struct plan_memory_policy *m)
{
	int64_t flags = 0;

	if (!m)
		return;
	for (size_t i = 0; i < memory_flag_words.n; i++)
		flags |= memory_flag_words.v[i].number;
	fprintf(out, "memory policy: %s", number_name(&memory_mode_words, m->mode_and_flags & ~flags));
	explain_flags(out, &memory_flag_words, m->mode_and_flags & flags);
	if (m->maxnode) {
		fputs(", nodes ", out);
		explain_mask(out, m->nodes, (m->maxnode - 1) / 8);
	}
	fputc('\n', out);
}

static void explain_switches(FILE *out, const struct plan_process *p)
{
	fprintf(out, "no new privileges: %s\n", p->no_new_privs ? "yes" : "no");
	if (p->personality.set)
		fprintf(out, "personality: %s\n", p->personality.v == PER_LINUX32 ? "LINUX32" : "LINUX");
	fprintf(out, "terminal: %s", p->terminal ? "yes" : "no");
	if (p->rows || p->columns)
		fprintf(out, ", %u rows, %u columns", p->rows, p->columns);
	fputc('\n', out);
	if (p->keyring)
		fprintf(out, "session keyring: %s\n", p->keyring);
	if (p->apparmor_profile)
		fprintf(out, "apparmor profile: %s\n", p->apparmor_profile);
	if (p->selinux_label)
		fprintf(out, "selinux label: %s\n", p->selinux_label);
	if (p->preserve_fds)
		fprintf(out, "fds kept: 3 to %u\n", 2 + p->preserve_fds);
}

static void explain_filter(FILE *out, const struct plan_filter *f)
{
	if (!f) {
		fputs("seccomp: unconfined\n", out);
		return;
	}
	/* not its size: that hangs on the library's tables */
	fprintf(out, "seccomp: a filter, flags 0x%x", f->flags);
	if (f->listener_path)
		fprintf(out, ", listener %s", f->listener_path);
	fputc('\n', out);
}

static void explain_hook(FILE *out, const char *point, const struct plan_hook *h)
{
	fprintf(out, "hook %s: ", point);
	explain_string(out, h->path);
	fputs(", arguments", out);
	explain_strings(out, h->args);
	fputs(", environment", out);
	explain_strings(out, h->env);
	fprintf(out, ", within %lld ms\n", (long long)h->timeout_ms);
}

void explain_process(FILE *out, const struct plan *plan)
{
	const struct plan_process *p = &plan->process;
	bool hooks = false;

	explain_exec(out, &p->exec);
	if (p->exec.args || p->exec.env) {
		explain_user(out, &p->user);
		explain_caps(out, p);
		explain_limits(out, p);
		explain_scheduling(out, p);
		explain_memory_policy(out, p->memory_policy);
		explain_switches(out, p);
		explain_filter(out, plan->filter);
	}
	for (int point = 0; point < HOOK_POINTS; point++) {
		for (size_t i = 0; i < plan->hooks[point].n; i++)
			explain_hook(out, plan_hook_names[point], &plan->hooks[point].v[i]);
		hooks = hooks || plan->hooks[point].n;
	}
	if (hooks)
		fprintf(out, "state for hooks: %sSTATUS%sPID%s\n", plan->state_head, plan->state_middle,
			plan->state_tail);
}
