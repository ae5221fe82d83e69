/* SPDX-License-Identifier: Apache-2.0 */
/* cmd_create.c: cruet create. */
#include "cli.h"

struct create_values {
	struct cruet_create create;
	bool detach, dry_run;
};

static const struct option_row rows[] = {
	CREATE_ROWS(struct create_values),
	{ "detach", 'd', OPTION_FLAG, NULL, offsetof(struct create_values, detach),
	  "what create does anyway: for callers that say it", NULL, NULL, 0 },
	{ "dry-run", 0, OPTION_FLAG, NULL, offsetof(struct create_values, dry_run),
	  "print what would be done, step by step, and do nothing", NULL, NULL, 0 },
	OPTION_HELP_ROW,
};

static int run(const struct invocation *call, int *status)
{
	const struct create_values *values = call->values;
	struct cruet_create create = values->create;

	(void)status;
	create.id = call->args[0];
	create.privileged = call->privileged;
	return values->dry_run ? cruet_explain_plan(call->cruet, &create, stdout) : cruet_create(call->cruet, &create);
}

const struct command cmd_create = {
	.name = "create",
	.summary = "make a container, ready to start",
	.usage = "ID",
	.min_args = 1,
	.max_args = 1,
	.about = "Make a container from a bundle: a directory with a root file system and a config.json. Its process is there "
		 "when the command ends, and waits: 'cruet start' lets it execute the program.",
	.examples = "cruet create --bundle /srv/web --pid-file /run/web.pid web\n"
		    "cruet create --bundle /srv/web --dry-run web",
	.options = OPTION_TABLE(rows),
	.size = sizeof(struct create_values),
	.preserve_fds = offsetof(struct create_values, create.preserve_fds),
	.run = run,
};
