/* SPDX-License-Identifier: Apache-2.0 */
/* cmd_resume.c: cruet resume. */
#include "cli.h"

static const struct option_row rows[] = { HELP };

static int run(const struct invocation *call, int *status)
{
	(void)status;
	return cruet_resume(call->cruet, call->args[0]);
}

const struct command cmd_resume = {
	.name = "resume",
	.summary = "let a paused container go on",
	.usage = "ID",
	.min_args = 1,
	.max_args = 1,
	.about = "Let the processes of a paused container go on. A container that is not paused is an error.",
	.examples = "cruet pause web\n"
		    "cruet resume web",
	.options = { rows, OPTION_COUNT(rows), NULL },
	.run = run,
};
