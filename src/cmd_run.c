/* SPDX-License-Identifier: Apache-2.0 */
/* cmd_run.c: cruet run. */
#include "cli.h"

struct run_values {
	struct cruet_create create;
};

static const struct option_row rows[] = {
	CREATE_ROWS(struct run_values),
	{ "detach", 'd', OPTION_FLAG, NULL, offsetof(struct run_values, create.detach),
	  "end when the program runs, do not wait for it", NULL, NULL, 0 },
	{ "keep", 0, OPTION_FLAG, NULL, offsetof(struct run_values, create.keep),
	  "leave the container and its cgroup when the program has ended", NULL, NULL, 0 },
	{ "no-subreaper", 0, OPTION_FLAG, NULL, offsetof(struct run_values, create.no_subreaper),
	  "do not become the parent of processes that lose theirs", NULL, NULL, 0 },
	OPTION_HELP_ROW,
};

static int run(const struct invocation *call, int *status)
{
	struct cruet_create create = ((const struct run_values *)call->values)->create;

	create.id = call->args[0];
	create.privileged = call->privileged;
	return cruet_run(call->cruet, &create, status);
}

const struct command cmd_run = {
	.name = "run",
	.summary = "create a container, start it and wait for it",
	.usage = "ID",
	.min_args = 1,
	.max_args = 1,
	.about = "Create and start a container in one command, wait for its program and delete the container. Signals are "
		 "passed on to the program. The exit status is the program's, or 128 and the number of the signal that ended "
		 "it; 1 where it could not be started. With --detach the command ends as soon as the program runs.",
	.examples = "cruet run --bundle /srv/web web\n"
		    "cruet run --detach --pid-file /run/web.pid --bundle /srv/web web",
	.options = OPTION_TABLE(rows),
	.size = sizeof(struct run_values),
	.preserve_fds = offsetof(struct run_values, create.preserve_fds),
	.run = run,
};
