/* SPDX-License-Identifier: Apache-2.0 */
/* cmd_state.c: cruet state. */
#include "cli.h"

static const struct option_row rows[] = { HELP };

static int run(const struct invocation *call, int *status)
{
	const char *json;
	int r = cruet_state_json(call->cruet, call->args[0], &json);

	(void)status;
	if (r == 0)
		fputs(json, stdout); /* no newline after it: the bytes that runc prints */
	return r;
}

const struct command cmd_state = {
	.name = "state",
	.summary = "print the state of a container as JSON",
	.usage = "ID",
	.min_args = 1,
	.max_args = 1,
	.about = "Print the state of a container as the OCI runtime specification has it. The status is "
		 "one of creating, created, running, paused and stopped; the pid of a stopped container "
		 "is 0.",
	.examples = "cruet state web\n"
		    "cruet state web | jq -r .status",
	.options = { rows, OPTION_COUNT(rows), NULL },
	.run = run,
};
