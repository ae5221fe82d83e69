/* SPDX-License-Identifier: Apache-2.0 */
/* init/steps.c: the tables of wire/init_steps.h with their functions, and the loop that runs one. */
#include <unistd.h>
#include <sys/socket.h>

#include "base/err.h"
#include "base/io.h"
#include "init/child.h"
#include "wire/gate.h"

#define ROW(name, wanted, apply, why) { wanted, apply },
static const struct child_step setup_steps[] = { SETUP_STEPS(ROW) };
static const struct child_step enter_steps[] = { ENTER_STEPS(ROW) };
static const struct child_step confine_steps[] = { CONFINE_STEPS(ROW) };
#undef ROW

static void note_begin(struct child *c, enum step_table table, size_t i)
{
	c->shared->table = table;
	c->shared->step = (uint32_t)i;
	if (!c->h->trace || i >= SHARED_STEPS_MAX / 2)
		return;
	if (table == TABLE_CONFINE)
		i += SHARED_STEPS_MAX / 2;
	c->shared->began_ns[i] = now_ns();
}

int child_run_table(struct child *c, enum step_table table, const struct child_step *steps, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		int r;

		if (!steps[i].wanted(c->plan))
			continue;
		note_begin(c, table, i);
		r = steps[i].apply(c);
		if (r < 0)
			return r;
	}
	return 0;
}

int child_run_init(struct child *c)
{
	int r;

	if (wants_live(c->plan))
		return child_run_live(c);
	if (c->plan->kind == PLAN_EXEC)
		r = child_run_table(c, TABLE_ENTER, enter_steps, ARRAY_SIZE(enter_steps));
	else
		r = child_run_table(c, TABLE_SETUP, setup_steps, ARRAY_SIZE(setup_steps));
	if (r < 0)
		return r;
	return child_run_table(c, TABLE_CONFINE, confine_steps, ARRAY_SIZE(confine_steps));
}

/* The parent reads the recorder when the sync stream ends; `cruet start` cannot, so it is told over the gate. */
void child_die(struct child *c)
{
	if (c->gate_peer >= 0) {
		struct gate_answer answer = { .kind = GATE_FAILURE, .err = c->shared->trail.err };

		for (size_t i = 0; i + 1 < sizeof(answer.text) && c->shared->trail.text[i]; i++)
			answer.text[i] = c->shared->trail.text[i];
		(void)!send(c->gate_peer, &answer, sizeof(answer), MSG_NOSIGNAL);
	}
	_exit(127);
}
