/* SPDX-License-Identifier: Apache-2.0 */
/* cmd_kill.c: cruet kill. */
#include <signal.h>

#include "cli.h"

struct kill_values {
	bool all, regex;
};

static const struct option_row rows[] = {
	FLAG(struct kill_values, all, "all", 'a',
	     "signal every process of the container, also when its init is gone"),
	FLAG(struct kill_values, regex, "regex", 'r',
	     "ID is an extended regular expression: signal all containers that it finds"),
	HELP,
};

static int kill_one(const struct invocation *call, const char *id)
{
	const struct kill_values *values = call->values;
	struct cruet_kill options = { .id = id, .signal = SIGTERM, .all = values->all };
	int r = 0;

	if (call->n_args > 1)
		r = cruet_signal_number(call->args[1], &options.signal);
	return r < 0 ? r : cruet_kill(call->cruet, &options);
}

static int run(const struct invocation *call, int *status)
{
	const struct kill_values *values = call->values;

	(void)status;
	return each_container(call, call->args[0], values->regex, kill_one);
}

const struct command cmd_kill = {
	.name = "kill",
	.summary = "send a signal to a container",
	.usage = "ID [SIGNAL]",
	.min_args = 1,
	.max_args = 2,
	.about = "Send a signal, TERM where none is named, to the init of a container. SIGNAL is a name "
		 "with or without SIG, or a number. KILL ends all processes of a container that shares "
		 "its pid namespace.",
	.examples = "cruet kill web\n"
		    "cruet kill web HUP\n"
		    "cruet kill --all web 9",
	.options = { rows, OPTION_COUNT(rows), NULL },
	.size = sizeof(struct kill_values),
	.run = run,
};
