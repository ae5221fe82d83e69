/* SPDX-License-Identifier: Apache-2.0 */
/* init/hooks.c: createContainer and startContainer hooks, which run in the container's namespaces. */
#include <stdio.h>
#include <unistd.h>

#include "base/err.h"
#include "base/str.h"
#include "init/child.h"
#include "kernel/program.h"

/* Room for the state JSON: its parts come from the plan, so that this is their sum and a pid. */
#define STATE_MAX 65536

static int state_json(const struct plan *p, const char *status, char *buf, size_t size, size_t *ret_n)
{
	struct text t = { .buf = buf, .size = size };

	text_add(&t, "%s%s%s%d%s", p->state_head, status, p->state_middle, getpid(), p->state_tail);
	if (t.truncated)
		return fail(E2BIG, "annotations: more than %d bytes of state for a hook", STATE_MAX);
	*ret_n = t.len;
	return 0;
}

int child_run_hooks(struct child *c, enum plan_hook_point point, const char *status)
{
	char state[STATE_MAX];
	size_t n = 0;
	int r = state_json(c->plan, status, state, sizeof(state), &n);

	if (r < 0)
		return r;
	for (size_t i = 0; i < c->plan->hooks[point].n; i++) {
		const struct plan_hook *h = &c->plan->hooks[point].v[i];
		const struct program program = {
			.path = h->path, .args = h->args, .env = h->env, .input = state, .input_n = n, .timeout_ms = h->timeout_ms
		};
		struct program_output output;

		r = program_run(&program, &output);
		if (r < 0)
			return fail_in(r, "hooks.%s[%zu]", plan_hook_names[point], i);
	}
	return 0;
}
