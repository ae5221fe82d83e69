/* SPDX-License-Identifier: Apache-2.0 */
/* cmd_run.c: cruet run. */
#include "cli.h"

static const struct option_row rows[] = {
	FLAG(struct cruet_create, detach, "detach", 'd', "end when the program runs, do not wait for it"),
	FLAG(struct cruet_create, keep, "keep", 0,
	     "leave the container and its cgroup when the program has ended"),
	FLAG(struct cruet_create, no_subreaper, "no-subreaper", 0,
	     "do not become the parent of processes that lose theirs"),
	HELP,
};

static int run(const struct invocation *call, int *status)
{
	struct cruet_create create = *(const struct cruet_create *)call->values;

	create.id = call->args[0];
	create.privileged = create.privileged || call->privileged;
	return cruet_run(call->cruet, &create, status);
}

const struct command cmd_run = {
	.name = "run",
	.summary = "create a container, start it and wait for it",
	.usage = "ID",
	.min_args = 1,
	.max_args = 1,
	.about = "Create and start a container in one command, wait for its program and delete the "
		 "container. Signals are passed on to the program. The exit status is the program's, or "
		 "128 and the number of the signal that ended it; 1 where it could not be started. With "
		 "--detach the command ends as soon as the program runs.",
	.examples = "cruet run --bundle /srv/web web\n"
		    "cruet run --detach --pid-file /run/web.pid --bundle /srv/web web",
	.options = { rows, OPTION_COUNT(rows), &create_options },
	.size = sizeof(struct cruet_create),
	.preserve_fds = offsetof(struct cruet_create, preserve_fds),
	.run = run,
};
