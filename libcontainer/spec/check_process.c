/* SPDX-License-Identifier: Apache-2.0 */
/* The rules for a process: runtime-spec config.md, "Process". Unknown capabilities are the plan's to warn
 * about. */
#include "base/log.h"
#include "spec/check.h"
#include "spec/tables.h"

/* "cwd": absolute. */
static int check_cwd(const char *at, const struct spec_process *p)
{
	return p->cwd[0] == '/' ? 0 : fail(0, "%scwd: '%s' is not an absolute path", at, SHOW(p->cwd));
}

/* "env": environ(7) wants NAME=VALUE, but runtimes have passed others on and programs get them. */
static int check_env(const char *at, const struct spec_process *p)
{
	for (size_t i = 0; log_wants(LOG_LEVEL_WARNING) && i < p->env.n; i++) {
		if (!strchr(p->env.v[i], '='))
			log_warning("%senv[%zu]: '%s' has no '='", at, i, SHOW(p->env.v[i]));
	}
	return 0;
}

/* "rlimits": a type once; setrlimit(2) takes no soft limit above the hard one. */
static int check_rlimits(const char *at, const struct spec_process *p)
{
	uint32_t seen = 0;

	for (size_t i = 0; i < p->rlimits.n; i++) {
		const struct spec_rlimit *limit = &p->rlimits.v[i];
		size_t type = 0;

		while (type < spec_rlimit_types.n && !streq(spec_rlimit_types.v[type].name, limit->type))
			type++;
		if (type == spec_rlimit_types.n)
			return fail(0, "%srlimits[%zu].type: '%s' is no resource limit: see getrlimit(2)", at,
				    i, SHOW(limit->type));
		if (seen & 1u << type)
			return fail(0, "%srlimits[%zu].type: a second %s: keep one", at, i, limit->type);
		seen |= 1u << type;
		if (limit->soft > limit->hard)
			return fail(0, "%srlimits[%zu]: soft limit %llu is above hard limit %llu of %s", at,
				    i, (unsigned long long)limit->soft, (unsigned long long)limit->hard,
				    limit->type);
	}
	return 0;
}

/* sched(7): what SCHED_DEADLINE takes, and nothing else does. */
static int check_deadline(const char *at, const struct spec_scheduler *s)
{
	uint64_t runtime = s->runtime.v, deadline = s->deadline.v, period = s->period.v;

	if (s->policy != SPEC_SCHED_DEADLINE) {
		if (runtime || deadline || period)
			return fail(0,
				    "%sscheduler: runtime, deadline and period are for SCHED_DEADLINE only",
				    at);
		return 0;
	}
	if (!runtime || !deadline)
		return fail(0, "%sscheduler: SCHED_DEADLINE needs a runtime and a deadline", at);
	if (runtime > deadline || (period && deadline > period))
		return fail(0, "%sscheduler: must be runtime <= deadline <= period, not %llu, %llu, %llu", at,
			    (unsigned long long)runtime, (unsigned long long)deadline,
			    (unsigned long long)period);
	return 0;
}

/* "scheduler": the kernel would say EINVAL for all of them alike. */
static int check_scheduler(const char *at, const struct spec_process *p)
{
	const struct spec_scheduler *s = p->scheduler;
	char place[64];
	struct text t = TEXT(place);
	bool real_time;
	int r;

	if (!s)
		return 0;
	real_time = s->policy == SPEC_SCHED_FIFO || s->policy == SPEC_SCHED_RR;
	if (s->nice.v < -20 || s->nice.v > 19)
		return fail(0, "%sscheduler.nice: %lld is not in -20..19", at, (long long)s->nice.v);
	if (real_time && (s->priority.v < 1 || s->priority.v > 99))
		return fail(0, "%sscheduler.priority: %lld is not in 1..99, as %s has it", at,
			    (long long)s->priority.v, json_word(&spec_sched_policies, s->policy));
	if (!real_time && s->priority.v)
		return fail(0, "%sscheduler.priority: is for SCHED_FIFO and SCHED_RR only", at);
	r = check_deadline(at, s);
	if (r < 0)
		return r;
	text_add(&t, "%sscheduler.flags", at);
	return check_words(place, &s->flags, &spec_sched_flags);
}

/* "execCPUAffinity": lists as taskset(1) has them. */
static int check_affinity(const char *at, const struct spec_process *p)
{
	const struct spec_cpu_affinity *a = p->exec_cpu_affinity;

	if (a && a->initial && !is_cpu_list(a->initial))
		return fail(0, "%sexecCPUAffinity.initial: '%s' is not a list like 0-3,7", at,
			    SHOW(a->initial));
	if (a && a->final && !is_cpu_list(a->final))
		return fail(0, "%sexecCPUAffinity.final: '%s' is not a list like 0-3,7", at, SHOW(a->final));
	return 0;
}

int check_process(const char *at, const struct spec_process *process)
{
	static int (*const rules[])(const char *, const struct spec_process *) = {
		check_cwd, check_env, check_rlimits, check_scheduler, check_affinity,
	};

	for (size_t i = 0; i < ARRAY_SIZE(rules); i++) {
		int r = rules[i](at, process);

		if (r < 0)
			return r;
	}
	return 0;
}
