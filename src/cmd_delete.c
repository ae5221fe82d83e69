/* SPDX-License-Identifier: Apache-2.0 */
/* cmd_delete.c: cruet delete. */
#include "cli.h"

struct delete_values {
	bool force, regex;
	int64_t timeout_ms;
};

static const struct option_row rows[] = {
	FLAG(struct delete_values, force, "force", 'f',
	     "kill a container that runs; one that is not there is no error"),
	FLAG(struct delete_values, regex, "regex", 'r',
	     "ID is an extended regular expression: delete all containers that it finds"),
	DURATION(struct delete_values, timeout_ms, "timeout", 0, "TIME",
		 "give up on one that cannot be removed after that long", PRESET("10s")),
	HELP,
};

static int delete_one(const struct invocation *call, const char *id)
{
	const struct delete_values *values = call->values;
	const struct cruet_delete options = { .id = id,
					      .force = values->force,
					      .timeout_ms = values->timeout_ms };

	return cruet_delete(call->cruet, &options);
}

static int run(const struct invocation *call, int *status)
{
	const struct delete_values *values = call->values;

	(void)status;
	return each_container(call, call->args[0], values->regex, delete_one);
}

const struct command cmd_delete = {
	.name = "delete",
	.summary = "remove a container and all that it left",
	.usage = "ID",
	.min_args = 1,
	.max_args = 1,
	.about = "Remove a container that has stopped, or was never started: its processes, its cgroup "
		 "and its record. The bundle stays.",
	.examples = "cruet delete web\n"
		    "cruet delete --force web",
	.options = { rows, OPTION_COUNT(rows), NULL },
	.size = sizeof(struct delete_values),
	.run = run,
};
