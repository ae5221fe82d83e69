/* SPDX-License-Identifier: Apache-2.0 */
/* cmd_start.c: cruet start. */
#include "cli.h"

static const struct option_row rows[] = {
	DURATION(struct cruet_start, timeout_ms, "timeout", 0, "TIME",
		 "give up after that long, and kill what has not started", PRESET("2m")),
	HELP,
};

static int run(const struct invocation *call, int *status)
{
	struct cruet_start start = *(const struct cruet_start *)call->values;

	(void)status;
	start.id = call->args[0];
	return cruet_start(call->cruet, &start);
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
	.size = sizeof(struct cruet_start),
	.run = run,
};
