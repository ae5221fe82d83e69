/* SPDX-License-Identifier: Apache-2.0 */
/* The rules for linux.seccomp: runtime-spec config-linux.md, "Seccomp"; seccomp(2). */
#include "spec/check.h"
#include "spec/tables.h"

#define ERRNO_MAX 4095	/* the kernel cuts more to it (MAX_ERRNO) */
#define TRACE_MAX 65535 /* SECCOMP_RET_DATA */

/* "When the action doesn't support an errno, the runtime MUST print and error and fail." */
static int check_errno(const char *place, enum spec_seccomp_action action, const struct opt_u32 *ret)
{
	uint32_t max = action == SPEC_ACT_TRACE ? TRACE_MAX : ERRNO_MAX;

	if (!ret->set)
		return 0;
	if (action != SPEC_ACT_ERRNO && action != SPEC_ACT_TRACE)
		return fail(0, "%s: %s returns no errno: only SCMP_ACT_ERRNO and SCMP_ACT_TRACE do", place,
			    json_word(&spec_seccomp_actions, action));
	return ret->v > max ? fail(0, "%s: %u is not in 0..%u", place, ret->v, max) : 0;
}

static int check_default(const struct spec *spec)
{
	const struct spec_seccomp *s = spec->linux_->seccomp;

	if (!s)
		return 0;
	/* the process that hands the listener over would be the first to wait for it */
	if (s->default_action == SPEC_ACT_NOTIFY)
		return fail(0, "linux.seccomp.defaultAction: SCMP_ACT_NOTIFY cannot be the default: name the "
			       "syscalls");
	return check_errno("linux.seccomp.defaultErrnoRet", s->default_action, &s->default_errno_ret);
}

static int check_rules(const struct spec *spec)
{
	const struct spec_seccomp *s = spec->linux_->seccomp;

	for (size_t i = 0; s && i < s->syscalls.n; i++) {
		const struct spec_seccomp_rule *rule = &s->syscalls.v[i];
		char place[64];
		struct text t = TEXT(place);
		int r;

		if (!rule->names.n)
			return fail(0, "linux.seccomp.syscalls[%zu].names: is empty: name a syscall", i);
		text_add(&t, "linux.seccomp.syscalls[%zu].errnoRet", i);
		r = check_errno(place, rule->action, &rule->errno_ret);
		if (r < 0)
			return r;
	}
	return 0;
}

static bool notifies(const struct spec_seccomp *s)
{
	for (size_t i = 0; i < s->syscalls.n; i++) {
		if (s->syscalls.v[i].action == SPEC_ACT_NOTIFY)
			return true;
	}
	return false;
}

static int check_flags(const struct spec *spec)
{
	const struct spec_seccomp *s = spec->linux_->seccomp;
	int r = s ? check_words("linux.seccomp.flags", &s->flags, &spec_seccomp_flags) : 0;

	/* seccomp(2): it goes with SECCOMP_FILTER_FLAG_NEW_LISTENER only */
	for (size_t i = 0; r == 0 && s && i < s->flags.n; i++) {
		if (streq(s->flags.v[i], "SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV") && !notifies(s))
			return fail(0, "linux.seccomp.flags[%zu]: %s needs a rule with SCMP_ACT_NOTIFY", i,
				    s->flags.v[i]);
	}
	return r;
}

static int check_architectures(const struct spec *spec)
{
	const struct spec_seccomp *s = spec->linux_->seccomp;

	return s ? check_words("linux.seccomp.architectures", &s->architectures, &spec_seccomp_architectures)
		 : 0;
}

/* "listenerMetadata": "MUST NOT be specified when listenerPath is not set". */
static int check_listener(const struct spec *spec)
{
	const struct spec_seccomp *s = spec->linux_->seccomp;

	if (s && s->listener_metadata && !s->listener_path)
		return fail(0, "linux.seccomp.listenerMetadata: goes with a listenerPath only");
	return 0;
}

static const struct check checks[] = {
	{ "seccomp default", check_default },	{ "seccomp rules", check_rules },
	{ "seccomp flags", check_flags },	{ "seccomp architectures", check_architectures },
	{ "seccomp listener", check_listener },
};
const struct check_list spec_seccomp_checks = CHECK_LIST(checks);
