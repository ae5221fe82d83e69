/* SPDX-License-Identifier: Apache-2.0 */
/*
 * cli.h: what a verb is. One file cmd_VERB.c has its row (with the option table and the text of --help) and
 * its function; main.c has the list. A new verb is a file, a line below, a line in main.c and a man page.
 */
#pragma once

#include "libcontainer.h"
#include "options.h"

struct globals {
	const char *root, *log;
	int log_format, log_level, manager, rootless;
	bool debug, systemd_cgroup;
};

/* One call of the program, read. */
struct invocation {
	struct cruet *cruet;
	const struct globals *globals;
	bool privileged;    /* the program runs under the name cruet-privileged */
	const void *values; /* the command's struct */
	char **args;	    /* the words after the options */
	int n_args;
};

struct command {
	const char *name;
	const char *summary; /* one line, for the list of commands */
	const char *usage;   /* the words after the options: "ID [SIGNAL]" */
	int min_args, max_args;
	const char *about, *examples; /* of --help; examples: lines, each a command */
	struct option_table options;
	size_t size;	     /* of the command's struct */
	size_t preserve_fds; /* offset in it of the unsigned int that says how many fds are the container's;
				0: none */
	int failure;	     /* exit status where it fails; 0: 1 */
	bool stateless;	     /* looks at no container: needs no state root */
	/* 0 or -errno, said by the library or cruet_fail(); *status is the exit status after 0. */
	int (*run)(const struct invocation *call, int *status);
};

extern const struct command cmd_checkpoint, cmd_completion, cmd_create, cmd_delete, cmd_events, cmd_exec, cmd_explain,
	cmd_features, cmd_gc, cmd_kill, cmd_list, cmd_mounts, cmd_pause, cmd_ps, cmd_restore, cmd_resume, cmd_run, cmd_spec, cmd_start,
	cmd_state, cmd_stop, cmd_update, cmd_wait;

/* main.c: all of these, by name, with NULL at the end; and the options that stand before a command. */
extern const struct command *const all_commands[];
extern const struct option_table global_options;

/* The options that create and run share. They are stored in a struct cruet_create, with which the structs of
 * both commands begin. */
extern const struct option_table create_options;
/* The same for checkpoint and restore: stored in a struct cruet_criu. */
extern const struct option_table criu_options;

/* Call `act` for the container that `word` names, or with `regex` for all whose id matches it, as crun does.
 */
int each_container(const struct invocation *call, const char *word, bool regex,
		   int (*act)(const struct invocation *call, const char *id));
