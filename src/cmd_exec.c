/* SPDX-License-Identifier: Apache-2.0 */
/* cmd_exec.c: cruet exec. */
#include <limits.h>

#include "cli.h"

static const struct option_row rows[] = {
	STRING(struct cruet_exec, process, "process", 'p', "FILE",
	       "what to run: a file with the specification's process object; - is stdin"),
	FLAG(struct cruet_exec, detach, "detach", 'd', "end when the program runs, do not wait for it"),
	FLAG(struct cruet_exec, tty, "tty", 't', "give it a terminal"),
	STRING(struct cruet_exec, cwd, "cwd", 0, "DIR", "its working directory", PRESET("the container's")),
	LIST(struct cruet_exec, env, "env", 'e', "NAME=VALUE", "one more variable, over the container's"),
	STRING(struct cruet_exec, user, "user", 'u', "UID[:GID]", "who it is", PRESET("the container's")),
	LIST(struct cruet_exec, additional_gids, "additional-gids", 'g', "GID", "one more group"),
	LIST(struct cruet_exec, caps, "cap", 'c', "CAP", "one more capability"),
	FLAG(struct cruet_exec, no_new_privs, "no-new-privs", 0, "it can gain no privileges by execve"),
	STRING(struct cruet_exec, process_label, "process-label", 0, "LABEL", "its SELinux label"),
	STRING(struct cruet_exec, apparmor, "apparmor", 0, "PROFILE", "its AppArmor profile"),
	FLAG(struct cruet_exec, privileged, "privileged", 0,
	     "all capabilities, no seccomp filter, AppArmor profile or SELinux confinement"),
	LIST(struct cruet_exec, cgroups, "cgroup", 0, "PATH",
	     "a cgroup below the container's; on v1 also CONTROLLER,...:PATH for these alone"),
	FLAG(struct cruet_exec, ignore_paused, "ignore-paused", 0,
	     "also where the container is paused: it goes on with it"),
	STRING(struct cruet_exec, console_socket, "console-socket", 0, "SOCKET",
	       "send the terminal's master to this socket"),
	STRING(struct cruet_exec, pidfd_socket, "pidfd-socket", 0, "SOCKET",
	       "send a pidfd of it to this socket"),
	STRING(struct cruet_exec, pid_file, "pid-file", 0, "FILE", "write its pid there"),
	UNSIGNED(struct cruet_exec, preserve_fds, "preserve-fds", 0, "N", 65536,
		 "keep the fds 3 to 2+N open in it", PRESET("0")),
	DURATION(struct cruet_exec, timeout_ms, "timeout", 0, "TIME", "give up starting it after that long",
		 PRESET("2m")),
	HELP,
};

static int run(const struct invocation *call, int *status)
{
	struct cruet_exec exec = *(const struct cruet_exec *)call->values;

	exec.id = call->args[0];
	exec.privileged = exec.privileged || call->privileged;
	exec.args = (struct cruet_words){ (const char *const *)(call->args + 1), (size_t)call->n_args - 1 };
	return cruet_exec(call->cruet, &exec, status);
}

const struct command cmd_exec = {
	.name = "exec",
	.summary = "run one more program in a container",
	.usage = "ID [PROGRAM [ARG...]]",
	.min_args = 1,
	.max_args = INT_MAX,
	.about = "Run one more program in a container that is created or running: in its namespaces, its "
		 "cgroup, "
		 "and confined as it is. The exit status is the program's, or 128 and the number of the "
		 "signal "
		 "that ended it; 255 where it could not be started.",
	.examples = "cruet exec web ls -l /\n"
		    "cruet exec --tty --user 1000:1000 --env TERM=xterm web sh",
	.options = { rows, OPTION_COUNT(rows), NULL },
	.size = sizeof(struct cruet_exec),
	.preserve_fds = offsetof(struct cruet_exec, preserve_fds),
	.failure = 255,
	.run = run,
};
