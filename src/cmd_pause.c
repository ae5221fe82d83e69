/* SPDX-License-Identifier: Apache-2.0 */
/* cmd_pause.c: cruet pause. */
#include "cli.h"

static const struct option_row rows[] = { HELP };

static int run(const struct invocation *call, int *status)
{
	(void)status;
	return cruet_pause(call->cruet, call->args[0]);
}

const struct command cmd_pause = {
	.name = "pause",
	.summary = "stop all processes of a container where they are",
	.usage = "ID",
	.min_args = 1,
	.max_args = 1,
	.about = "Freeze a running container: its processes stay as they are, and get no time until "
		 "'cruet resume'. KILL reaches them all the same.",
	.examples = "cruet pause web\n"
		    "cruet resume web",
	.options = { rows, OPTION_COUNT(rows), NULL },
	.run = run,
};
