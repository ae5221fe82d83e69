/* SPDX-License-Identifier: Apache-2.0 */
/* cmd_features.c: cruet features. */
#include "cli.h"

static const struct option_row rows[] = { HELP };

static int run(const struct invocation *call, int *status)
{
	const char *json;
	int r = cruet_features_json(call->cruet, &json);

	(void)status;
	if (r == 0)
		puts(json);
	return r;
}

const struct command cmd_features = {
	.name = "features",
	.summary = "print what this program can do as JSON",
	.usage = "",
	.about = "Print the features document of the OCI runtime specification: the versions, hooks, "
		 "mount options, namespaces and other parts of a configuration that this program acts "
		 "on. Engines read it.",
	.examples = "cruet features | jq .linux.seccomp",
	.options = { rows, OPTION_COUNT(rows), NULL },
	.stateless = true,
	.run = run,
};
