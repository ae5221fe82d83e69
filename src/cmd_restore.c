/* SPDX-License-Identifier: Apache-2.0 */
/* cmd_restore.c: cruet restore. */
#include "cli.h"

struct restore_values {
	struct cruet_criu criu; /* first: criu_options */
	struct cruet_restore restore;
};

static const struct option_row rows[] = {
	STRING(struct restore_values, restore.create.bundle, "bundle", 'b', "DIR", "directory of the bundle",
	       PRESET("the working directory")),
	STRING(struct restore_values, restore.create.console_socket, "console-socket", 0, "SOCKET",
	       "send the terminal's master to this socket"),
	STRING(struct restore_values, restore.create.pid_file, "pid-file", 0, "FILE",
	       "write the pid of init there"),
	FLAG(struct restore_values, restore.create.detach, "detach", 'd',
	     "end when the container runs, do not wait for it"),
	FLAG(struct restore_values, restore.create.keep, "keep", 0,
	     "leave the container and its cgroup when its program has ended"),
	FLAG(struct restore_values, restore.create.no_pivot, "no-pivot", 0,
	     "for hosts whose root is a ramdisk: replace it before criu switches the root"),
	FLAG(struct restore_values, restore.create.no_subreaper, "no-subreaper", 0,
	     "do not become the parent of processes that lose theirs"),
	FLAG(struct restore_values, restore.tcp_close, "tcp-close", 0,
	     "close the TCP connections that were open"),
	STRING(struct restore_values, restore.lsm_profile, "lsm-profile", 0, "KIND:NAME",
	       "another profile or label than the images have: apparmor:NAME, selinux:LABEL"),
	STRING(struct restore_values, restore.lsm_mount_context, "lsm-mount-context", 0, "LABEL",
	       "another SELinux label of mounts than the images have"),
	HELP,
};

static int run(const struct invocation *call, int *status)
{
	const struct restore_values *values = call->values;
	struct cruet_restore restore = values->restore;

	restore.criu = values->criu;
	restore.create.id = call->args[0];
	return cruet_restore(call->cruet, &restore, status);
}

const struct command cmd_restore = {
	.name = "restore",
	.summary = "make a container from what checkpoint wrote",
	.usage = "ID",
	.min_args = 1,
	.max_args = 1,
	.about = "Make a container from the image files of 'cruet checkpoint' and a bundle like the one that "
		 "it "
		 "was made from. It goes on where it was. The command waits for its program and then deletes "
		 "it, as 'cruet run' does; the exit status is the program's. The program criu must be "
		 "installed.",
	.examples = "cruet restore --image-path /srv/images/web --bundle /srv/web web\n"
		    "cruet restore --detach --pid-file /run/web.pid --bundle /srv/web web",
	.options = { rows, OPTION_COUNT(rows), &criu_options },
	.size = sizeof(struct restore_values),
	.run = run,
};
