/* SPDX-License-Identifier: Apache-2.0 */
/* run/hooks.c: prestart, createRuntime, poststart and poststop hooks, in the runtime's namespaces. */
#include <stdio.h>
#include <string.h>

#include "base/err.h"
#include "base/io.h"
#include "base/log.h"
#include "base/str.h"
#include "kernel/program.h"
#include "run/run.h"

static int state_json(const struct plan *p, const char *status, pid_t pid, char *buf, size_t size,
		      size_t *ret_n)
{
	struct text t = { .buf = buf, .size = size };

	text_add(&t, "%s%s%s%d%s", p->state_head, status, p->state_middle, pid, p->state_tail);
	*ret_n = t.len;
	return t.truncated ? fail(E2BIG, "the state for hooks is larger than %zu bytes", size) : 0;
}

int64_t hooks_time(const struct plan *plan, unsigned int points)
{
	int64_t sum = 0;

	for (int point = 0; point < HOOK_POINTS; point++)
		for (size_t i = 0; points & 1u << point && i < plan->hooks[point].n; i++)
			sum += plan->hooks[point].v[i].timeout_ms;
	return sum;
}

static int64_t hook_timeout(const struct plan_hook *h, int64_t limit_ms)
{
	int64_t left = limit_ms == NO_DEADLINE ? INT64_MAX : limit_ms - now_ms();

	return left < h->timeout_ms ? left > 0 ? left : 0 : h->timeout_ms;
}

int hooks_run(const struct plan *plan, enum plan_hook_point point, const char *status, pid_t pid,
	      int64_t limit_ms)
{
	static const size_t room = 1 << 20;
	struct arena scratch;
	char *state;
	size_t n = 0;
	int r;

	if (!plan->hooks[point].n)
		return 0;
	r = arena_open_private(&scratch, 2 * room);
	if (r < 0)
		return r;
	state = arena_array(&scratch, room, char);
	r = state ? state_json(plan, status, pid, state, room, &n) : -ENOMEM;
	for (size_t i = 0; r == 0 && i < plan->hooks[point].n; i++) {
		const struct plan_hook *h = &plan->hooks[point].v[i];
		const struct program program = { .path = h->path,
						 .args = h->args,
						 .env = h->env,
						 .input = state,
						 .input_n = n,
						 .timeout_ms = hook_timeout(h, limit_ms),
						 .cwd = plan->bundle };
		struct program_output output;

		r = program_run(&program, &output);
		if (r < 0)
			r = fail_in(r, "hooks.%s[%zu]", plan_hook_names[point], i);
		else
			log_debug("hooks.%s[%zu] '%s': %s", plan_hook_names[point], i, h->path, output.text);
		/* the specification: a failing poststop hook is a warning, and the remaining ones run */
		if (r < 0 && point == HOOK_POSTSTOP) {
			log_warning("%s", err_trail()->text);
			fail_forget();
			r = 0;
		}
	}
	arena_close(&scratch);
	return r;
}
