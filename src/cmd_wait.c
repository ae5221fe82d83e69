/* SPDX-License-Identifier: Apache-2.0 */
/* cmd_wait.c: cruet wait. */
#include "cli.h"

enum { WAIT_TEXT, WAIT_JSON };

struct wait_values {
	int format;
	int64_t timeout_ms;
};

static const char *const formats[] = { "text", "json", NULL };

static const struct option_row rows[] = {
	WORD(struct wait_values, format, "format", 'f', "FORMAT", formats,
	     "text: the exit status; or json: all that is known"),
	DURATION(struct wait_values, timeout_ms, "timeout", 't', "TIME", "give up after that long",
		 PRESET("none")),
	HELP,
};

static int run(const struct invocation *call, int *status)
{
	const struct wait_values *values = call->values;
	const struct cruet_wait wait = { .id = call->args[0], .timeout_ms = values->timeout_ms };
	struct cruet_exit ended;
	int r = cruet_wait(call->cruet, &wait, &ended);

	(void)status;
	if (r < 0)
		return r;
	if (values->format == WAIT_JSON)
		puts(ended.json);
	else if (ended.known)
		printf("%d\n", ended.code);
	else
		return cruet_fail(
			0, "the exit status of '%s' is not known: it ended before anybody waited for it",
			wait.id);
	return 0;
}

const struct command cmd_wait = {
	.name = "wait",
	.summary = "wait for the end of a container, print its exit status",
	.usage = "ID",
	.min_args = 1,
	.max_args = 1,
	.about =
		"Wait until a container has ended and print its exit status: that of its program, or 128 and "
		"the number of the signal that ended it. It is kept until 'cruet delete'. Of a container "
		"that ended with nobody waiting it is not known.",
	.examples = "cruet wait web\n"
		    "cruet wait --timeout 30s --format json web | jq .oomKilled",
	.options = { rows, OPTION_COUNT(rows), NULL },
	.size = sizeof(struct wait_values),
	.run = run,
};
