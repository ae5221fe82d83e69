/* SPDX-License-Identifier: Apache-2.0 */
/* init/hooks.c: createContainer and startContainer hooks, which run in the container's namespaces. */
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/err.h"
#include "base/str.h"
#include "init/child.h"
#include "kernel/program.h"

/* The state JSON: its parts come from the plan and can be as large as a configuration. Init has no allocator: pages of its
 * own, for as long as the hooks run. */
struct state {
	char *text;
	size_t n, room;
};

static int state_make(const struct plan *p, const char *status, struct state *ret)
{
	size_t room = strlen(p->state_head) + strlen(p->state_middle) + strlen(p->state_tail) + 64;
	struct text t = { .size = room };

	t.buf = mmap(NULL, room, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (t.buf == MAP_FAILED)
		return fail(errno, "cannot hold the state for hooks");
	text_add_n(&t, p->state_head, strlen(p->state_head));
	text_add(&t, "%s", status);
	text_add_n(&t, p->state_middle, strlen(p->state_middle));
	text_add(&t, "%d", getpid());
	text_add_n(&t, p->state_tail, strlen(p->state_tail));
	*ret = (struct state){ .text = t.buf, .n = t.len, .room = room };
	return 0;
}

static int run_one(const struct plan_hook *h, const char *cwd, const struct state *state)
{
	const struct program program = { .path = h->path,
					 .args = h->args,
					 .env = h->env,
					 .cwd = cwd,
					 .input = state->text,
					 .input_n = state->n,
					 .timeout_ms = h->timeout_ms };
	struct program_output output;

	return program_run(&program, &output);
}

int child_run_hooks(struct child *c, enum plan_hook_point point, const char *status)
{
	/* where the host's hooks are run, too; once the root is switched there is no bundle */
	const char *cwd = point == HOOK_CREATE_CONTAINER ? c->plan->bundle : NULL;
	struct state state;
	int r = state_make(c->plan, status, &state);

	if (r < 0)
		return r;
	for (size_t i = 0; r == 0 && i < c->plan->hooks[point].n; i++) {
		r = run_one(&c->plan->hooks[point].v[i], cwd, &state);
		if (r < 0)
			r = fail_in(r, "hooks.%s[%zu]", plan_hook_names[point], i);
	}
	munmap(state.text, state.room);
	return r;
}
