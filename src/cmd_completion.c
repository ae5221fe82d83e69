/* SPDX-License-Identifier: Apache-2.0 */
/* cmd_completion.c: cruet completion. */
#include <string.h>

#include "completion.h"

static const struct option_row rows[] = { HELP };

static const struct {
	const char *name;
	void (*print)(FILE *out);
} shells[] = {
	{ "bash", completion_bash },
	{ "zsh", completion_zsh },
	{ "fish", completion_fish },
};

static int run(const struct invocation *call, int *status)
{
	(void)status;
	for (size_t i = 0; i < sizeof(shells) / sizeof(shells[0]); i++) {
		if (strcmp(shells[i].name, call->args[0]) == 0) {
			shells[i].print(stdout);
			return 0;
		}
	}
	return cruet_fail(0, "no completions for '%s': there are some for bash, zsh and fish", call->args[0]);
}

const struct command cmd_completion = {
	.name = "completion",
	.summary = "print the completions for a shell",
	.usage = "bash|zsh|fish",
	.min_args = 1,
	.max_args = 1,
	.about = "Print a script that lets the shell complete the commands, the options and their words, "
		 "files and "
		 "the ids of containers. 'make install' puts it where the shells look by themselves.",
	.examples = "source <(cruet completion bash)\n"
		    "cruet completion zsh > ~/.zfunc/_cruet\n"
		    "cruet completion fish | source",
	.options = { rows, OPTION_COUNT(rows), NULL },
	.stateless = true,
	.run = run,
};
