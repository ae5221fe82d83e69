/* SPDX-License-Identifier: Apache-2.0 */
/* cmd_events.c: cruet events. */
#include <errno.h>

#include "cli.h"

static const struct option_row rows[] = {
	FLAG(struct cruet_events, stats, "stats", 0, "print the numbers of now, and end"),
	DURATION(struct cruet_events, interval_ms, "interval", 0, "TIME", "the time from numbers to numbers",
		 PRESET("5s")),
	HELP,
};

/* Whoever reads wants each line when it happens. */
static int print(void *context, const char *json)
{
	(void)context;
	if (puts(json) < 0 || fflush(stdout))
		return cruet_fail(errno, "cannot write to the standard output");
	return 0;
}

static int run(const struct invocation *call, int *status)
{
	struct cruet_events events = *(const struct cruet_events *)call->values;

	(void)status;
	events.id = call->args[0];
	events.event = print;
	return cruet_events(call->cruet, &events);
}

const struct command cmd_events = {
	.name = "events",
	.summary = "print what a container uses, and when it is out of memory",
	.usage = "ID",
	.min_args = 1,
	.max_args = 1,
	.about = "Print events of a container until it ends, each a JSON object in a line: its numbers "
		 "(type stats) at every interval, and that the kernel killed in it for want of memory "
		 "(type oom).",
	.examples = "cruet events --interval 1s web\n"
		    "cruet events --stats web | jq .data.memory.usage",
	.options = { rows, OPTION_COUNT(rows), NULL },
	.size = sizeof(struct cruet_events),
	.run = run,
};
