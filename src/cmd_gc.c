/* SPDX-License-Identifier: Apache-2.0 */
/* cmd_gc.c: cruet gc. */
#include "cli.h"

static const struct option_row rows[] = {
	FLAG(struct cruet_gc, dry_run, "dry-run", 'n', "only say what would be removed"),
	HELP,
};

static void print(void *context, const char *done, const char *what, const char *name, const char *why)
{
	(void)context;
	printf("%s %s %s: %s\n", done, what, name, why);
}

static int run(const struct invocation *call, int *status)
{
	struct cruet_gc gc = *(const struct cruet_gc *)call->values;

	(void)status;
	gc.found = print;
	return cruet_gc(call->cruet, &gc);
}

const struct command cmd_gc = {
	.name = "gc",
	.summary = "remove what commands that died have left",
	.usage = "",
	.about = "Remove what commands that died have left: halves of a create or delete, with their "
		 "processes "
		 "and cgroups; containers of another boot; and empty cgroups that no container has. "
		 "Containers "
		 "that have stopped stay. Each thing is a line on the standard output.",
	.examples = "cruet gc --dry-run\n"
		    "cruet gc",
	.options = { rows, OPTION_COUNT(rows), NULL },
	.size = sizeof(struct cruet_gc),
	.run = run,
};
