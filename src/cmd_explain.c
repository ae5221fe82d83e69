/* SPDX-License-Identifier: Apache-2.0 */
/* cmd_explain.c: cruet explain. */
#include "cli.h"

struct explain_values {
	struct cruet_words bundles;
	int format;
	bool privileged, against_privileged;
};

static const char *const formats[] = { "table", "json", NULL };

static const struct option_row rows[] = {
	LIST(struct explain_values, bundles, "bundle", 'b', "DIR",
	     "what would confine a container of this bundle; twice: compare two"),
	WORD(struct explain_values, format, "format", 'f', "FORMAT", formats, "table or json"),
	FLAG(struct explain_values, privileged, "privileged", 0, "as create --privileged would make it"),
	FLAG(struct explain_values, against_privileged, "against-privileged", 0,
	     "compare the bundle with what --privileged makes of it"),
	HELP,
};

static int run(const struct invocation *call, int *status)
{
	const struct explain_values *values = call->values;
	const struct cruet_explain explain = {
		.bundles = values->bundles,
		.ids = { (const char *const *)call->args, (size_t)call->n_args },
		.privileged = values->privileged ||
			      (call->privileged && !call->n_args && !values->against_privileged),
		.against_privileged = values->against_privileged,
		.json = values->format == 1,
	};

	(void)status;
	return cruet_explain(call->cruet, &explain, stdout);
}

const struct command cmd_explain = {
	.name = "explain",
	.summary = "say what confines a container",
	.usage = "[ID [ID]]",
	.max_args = 2,
	.about = "Say what confines a container: of one that lives by the kernel's own files, of a bundle by "
		 "what would be made of it: namespaces, user, capabilities, seccomp, AppArmor, SELinux, "
		 "masked and read-only paths, devices, surfaces of the kernel, and which of the Kubernetes "
		 "Pod Security Standards it meets, with the controls that fail. Two are compared side by "
		 "side; a star marks what differs.",
	.examples = "cruet explain web\n"
		    "cruet explain --bundle /srv/web --format json | jq .failsBaseline\n"
		    "cruet explain --bundle /srv/web --against-privileged",
	.options = { rows, OPTION_COUNT(rows), NULL },
	.size = sizeof(struct explain_values),
	.run = run,
};
