/* SPDX-License-Identifier: Apache-2.0 */
/* cmd_stop.c: cruet stop. */
#include "cli.h"

static const struct option_row rows[] = {
	STRING(struct cruet_stop, signal, "signal", 's', "SIGNAL", "what asks its init to end",
	       PRESET("the image's stop signal, or TERM")),
	DURATION(struct cruet_stop, timeout_ms, "timeout", 't', "TIME",
		 "how long it may take to end by itself", PRESET("10s")),
	HELP,
};

static int run(const struct invocation *call, int *status)
{
	struct cruet_stop stop = *(const struct cruet_stop *)call->values;

	(void)status;
	stop.id = call->args[0];
	return cruet_stop(call->cruet, &stop);
}

const struct command cmd_stop = {
	.name = "stop",
	.summary = "end a container, all of it",
	.usage = "ID",
	.min_args = 1,
	.max_args = 1,
	.about =
		"End a container: its init is asked to by a signal, and has time to do so; then all that are "
		"left in the container are killed. Nobody is when the command ends. A container that has "
		"ended already is no error.",
	.examples = "cruet stop web\n"
		    "cruet stop --timeout 1m --signal QUIT web\n"
		    "cruet stop --signal KILL web",
	.options = { rows, OPTION_COUNT(rows), NULL },
	.size = sizeof(struct cruet_stop),
	.run = run,
};
