/* SPDX-License-Identifier: Apache-2.0 */
/* cmd_create.c: cruet create. */
#include "cli.h"

struct create_values {
	struct cruet_create create; /* first: create_options */
	bool detach, dry_run;
};

static const struct option_row shared_rows[] = {
	STRING(struct cruet_create, bundle, "bundle", 'b', "DIR", "directory of the bundle",
	       PRESET("the working directory")),
	STRING(struct cruet_create, config, "config", 'f', "FILE", "read this configuration",
	       PRESET("config.json in the bundle")),
	STRING(struct cruet_create, console_socket, "console-socket", 0, "SOCKET",
	       "send the terminal's master to this socket"),
	STRING(struct cruet_create, pidfd_socket, "pidfd-socket", 0, "SOCKET",
	       "send a pidfd of the container's init to this socket"),
	STRING(struct cruet_create, pid_file, "pid-file", 0, "FILE", "write the pid of init there"),
	FLAG(struct cruet_create, no_pivot, "no-pivot", 0,
	     "move the root instead of pivot_root: for hosts whose root is a ramdisk"),
	FLAG(struct cruet_create, no_new_keyring, "no-new-keyring", 0, "share the caller's session keyring"),
	FLAG(struct cruet_create, privileged, "privileged", 0,
	     "drop the confinement that config.json asks for, and give all that the caller has: "
	     "capabilities, "
	     "devices, writable /sys"),
	STRING(struct cruet_create, userns, "userns", 0, "MODE",
	       "auto, or auto:size=N,user=NAME: in a user namespace with subordinate ids of its own",
	       PRESET("as config.json says")),
	UNSIGNED(struct cruet_create, preserve_fds, "preserve-fds", 0, "N", 65536,
		 "keep the fds 3 to 2+N open in the container", PRESET("0")),
	DURATION(struct cruet_create, timeout_ms, "timeout", 0, "TIME",
		 "give up making the container after that long", PRESET("2m")),
};
const struct option_table create_options = { shared_rows, OPTION_COUNT(shared_rows), NULL };

static const struct option_row rows[] = {
	FLAG(struct create_values, detach, "detach", 'd', "what create does anyway: for callers that say it"),
	FLAG(struct create_values, dry_run, "dry-run", 0,
	     "print what would be done, step by step, and do nothing"),
	HELP,
};

static int run(const struct invocation *call, int *status)
{
	const struct create_values *values = call->values;
	struct cruet_create create = values->create;

	(void)status;
	create.id = call->args[0];
	create.privileged = create.privileged || call->privileged;
	return values->dry_run ? cruet_explain_plan(call->cruet, &create, stdout)
			       : cruet_create(call->cruet, &create);
}

const struct command cmd_create = {
	.name = "create",
	.summary = "make a container, ready to start",
	.usage = "ID",
	.min_args = 1,
	.max_args = 1,
	.about = "Make a container from a bundle: a directory with a root file system and a config.json. "
		 "Its process is there when the command ends, and waits: 'cruet start' lets it execute "
		 "the program.",
	.examples = "cruet create --bundle /srv/web --pid-file /run/web.pid web\n"
		    "cruet create --bundle /srv/web --dry-run web",
	.options = { rows, OPTION_COUNT(rows), &create_options },
	.size = sizeof(struct create_values),
	.preserve_fds = offsetof(struct create_values, create.preserve_fds),
	.run = run,
};
