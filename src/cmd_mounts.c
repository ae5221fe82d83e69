/* SPDX-License-Identifier: Apache-2.0 */
/* cmd_mounts.c: cruet mounts. */
#include <string.h>

#include "cli.h"

static const struct option_row rows[] = {
	DURATION(struct cruet_mounts, timeout_ms, "timeout", 0, "TIME",
		 "give up after this time, such as 30s", PRESET("30 seconds")),
	HELP,
};

static int run(const struct invocation *call, int *status)
{
	struct cruet_mounts mounts = *(const struct cruet_mounts *)call->values;

	(void)status;
	mounts.id = call->args[1];
	mounts.file = call->args[2];
	if (strcmp(call->args[0], "add") == 0)
		return cruet_mounts_add(call->cruet, &mounts);
	if (strcmp(call->args[0], "remove") == 0)
		return cruet_mounts_remove(call->cruet, &mounts);
	return cruet_fail(0, "'cruet mounts': unknown action '%s': add or remove (see 'cruet mounts --help')",
			  call->args[0]);
}

const struct command cmd_mounts = {
	.name = "mounts",
	.summary = "add mounts to a container that runs, or remove some",
	.usage = "add|remove ID FILE",
	.min_args = 3,
	.max_args = 3,
	.about = "Mount something in a container that is created, running or paused, or unmount it there: "
		 "all of "
		 "what FILE names, or nothing. FILE is a JSON array of mounts as config.json has them; - is "
		 "stdin. Options, id maps and relative sources mean the same as there.\n\n"
		 "Sources are the host's, destinations the container's; a missing mount point is made. To "
		 "remove "
		 "a mount only its destination counts, so the file of add serves again. Where several are "
		 "mounted on one destination the uppermost goes, with all that is mounted below it.\n\n"
		 "What was added is gone when the container ends: it is not written to its configuration.",
	.examples = "echo '[{\"destination\": \"/data\", \"type\": \"bind\", \"source\": \"/srv/data\", "
		    "\"options\": "
		    "[\"rbind\", \"ro\"]}]' | cruet mounts add web -\n"
		    "echo '[{\"destination\": \"/scratch\", \"type\": \"tmpfs\", \"options\": "
		    "[\"size=64m\", \"nosuid\", \"nodev\"]}]' >scratch.json\n"
		    "cruet mounts add web scratch.json\n"
		    "cruet mounts remove web scratch.json",
	.options = { rows, OPTION_COUNT(rows), NULL },
	.size = sizeof(struct cruet_mounts),
	.run = run,
};
