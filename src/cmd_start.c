/* SPDX-License-Identifier: Apache-2.0 */
/* cmd_start.c: cruet start. */
#include "cli.h"

static const struct option_row rows[] = { HELP };

static int run(const struct invocation *call, int *status)
{
	(void)status;
	return cruet_start(call->cruet, call->args[0]);
}

const struct command cmd_start = {
	.name = "start",
	.summary = "let a created container execute its program",
	.usage = "ID",
	.min_args = 1,
	.max_args = 1,
	.about = "Let a container that 'cruet create' made execute its program. The command ends when "
		 "the program runs.",
	.examples = "cruet start web",
	.options = { rows, OPTION_COUNT(rows), NULL },
	.run = run,
};
