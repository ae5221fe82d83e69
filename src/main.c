/* SPDX-License-Identifier: Apache-2.0 */
/*
 * main.c: from the words of the command line to one call of libcontainer.h.
 *
 * The order is the contract with callers: all words are read before anything is opened (a preserved fd must
 * not get the number of one of ours), then the log, so that the first failure of whatever kind is in it. A
 * failure is said once, to stderr and the log, and the exit status is 1.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "cli.h"

const struct command *const all_commands[] = {
	&cmd_checkpoint, &cmd_completion, &cmd_create,	&cmd_delete, &cmd_events, &cmd_exec,
	&cmd_explain,	 &cmd_features,	  &cmd_gc,	&cmd_kill,   &cmd_list,	  &cmd_mounts,
	&cmd_pause,	 &cmd_ps,	  &cmd_restore, &cmd_resume, &cmd_run,	  &cmd_spec,
	&cmd_start,	 &cmd_state,	  &cmd_stop,	&cmd_update, &cmd_wait,	  NULL,
};

static const char *const log_formats[] = { "text", "json", NULL };
static const char *const log_levels[] = { "error", "warning", "debug", NULL };	   /* enum cruet_log_level */
static const char *const managers[] = { "cgroupfs", "systemd", "disabled", NULL }; /* enum cruet_manager */
static const char *const rootless_words[] = { "auto", "true", "false", NULL };

static const struct option_row global_rows[] = {
	STRING(struct globals, root, "root", 0, "DIR", "where the state of containers is kept",
	       PRESET("/run/cruet, or $XDG_RUNTIME_DIR/cruet for who is not the host's root")),
	STRING(struct globals, log, "log", 0, "FILE",
	       "append failures to this file; also journald:ID and syslog:ID"),
	WORD(struct globals, log_format, "log-format", 0, "FORMAT", log_formats, "text or json"),
	WORD(struct globals, log_level, "log-level", 0, "LEVEL", log_levels, "error, warning or debug"),
	FLAG(struct globals, debug, "debug", 0, "the same as --log-level debug"),
	WORD(struct globals, manager, "cgroup-manager", 0, "MANAGER", managers,
	     "cgroupfs, systemd, or disabled: the container stays in the caller's cgroup"),
	FLAG(struct globals, systemd_cgroup, "systemd-cgroup", 0, "the same as --cgroup-manager systemd"),
	WORD(struct globals, rootless, "rootless", 0, "WHETHER", rootless_words,
	     "may a container stay in the caller's cgroup where the caller can make none: true, false, or "
	     "auto: who is not root may"),
	{ .name = "version",
	  .letter = 'v',
	  .peer_letter = 'V',
	  .kind = OPTION_VERSION,
	  .help = "print the version" },
	HELP,
};
const struct option_table global_options = { global_rows, OPTION_COUNT(global_rows), NULL };

#define WORD_MAX 32 /* longer than any command's name */

/* All that the command line says. */
struct line {
	struct globals globals;
	const struct command *command; /* NULL: none was named */
	char name[64];		       /* "cruet create", for texts */
	void *values;
	enum options_end end;
	char **args;
	int n_args;
};

static const struct command *find_command(const char *name)
{
	for (size_t i = 0; all_commands[i]; i++)
		if (strcmp(all_commands[i]->name, name) == 0)
			return all_commands[i];
	return NULL;
}

/* How many letters have to be put in, left out or changed to make the one word of the other. */
static size_t distance(const char *a, const char *b)
{
	size_t row[WORD_MAX + 1], n = strlen(b);

	for (size_t j = 0; j <= n; j++)
		row[j] = j;
	for (size_t i = 0; a[i]; i++) {
		size_t diagonal = row[0]++;

		for (size_t j = 0; j < n; j++) {
			size_t least = diagonal + (a[i] != b[j]);

			diagonal = row[j + 1];
			least = row[j] + 1 < least ? row[j] + 1 : least;
			row[j + 1] = diagonal + 1 < least ? diagonal + 1 : least;
		}
	}
	return row[n];
}

static int unknown_command(const char *word)
{
	const char *nearest = NULL;
	size_t least = 3; /* two mistakes are a slip */

	for (size_t i = 0; all_commands[i] && strlen(word) <= WORD_MAX; i++) {
		size_t d = distance(word, all_commands[i]->name);

		if (d < least && d < strlen(word)) {
			least = d;
			nearest = all_commands[i]->name;
		}
	}
	if (nearest)
		return cruet_fail(0, "unknown command '%s': did you mean '%s'? (see 'cruet --help')", word,
				  nearest);
	return cruet_fail(0, "unknown command '%s' (see 'cruet --help')", word);
}

static int check_args(const struct line *line)
{
	const struct command *command = line->command;

	if (line->n_args < command->min_args)
		return cruet_fail(0, "'%s' needs an argument: %s (see '%s --help')", line->name,
				  command->usage, line->name);
	if (line->n_args > command->max_args)
		return cruet_fail(
			0, "'%s': unexpected argument '%s' (options go before the id; see '%s --help')",
			line->name, line->args[command->max_args], line->name);
	return 0;
}

static int read_command(struct line *line, char **words, int n)
{
	int r, used;

	if (n == 0)
		return cruet_fail(0, "no command was given (see 'cruet --help')");
	line->command = find_command(words[0]);
	if (!line->command)
		return unknown_command(words[0]);
	snprintf(line->name, sizeof(line->name), "cruet %s", line->command->name);
	line->values = calloc(1, line->command->size + 1);
	if (!line->values)
		return cruet_fail(ENOMEM, "cannot read the options");
	r = options_read(&line->command->options, line->name, words + 1, n - 1, line->values, &line->end,
			 &used);
	if (r < 0)
		return r;
	line->args = words + 1 + used;
	line->n_args = n - 1 - used;
	return line->end == OPTIONS_READ ? check_args(line) : 0;
}

static int read_line(struct line *line, int argc, char **argv)
{
	int used;
	int r = options_read(&global_options, "cruet", argv + 1, argc - 1, &line->globals, &line->end, &used);

	if (r < 0 || line->end != OPTIONS_READ)
		return r;
	return read_command(line, argv + 1 + used, argc - 1 - used);
}

static unsigned int preserve_fds(const struct line *line)
{
	unsigned int n = 0;

	if (line->command && line->command->preserve_fds)
		memcpy(&n, (const char *)line->values + line->command->preserve_fds, sizeof(n));
	return n;
}

static void print_command_help(const struct command *command)
{
	printf("Usage: cruet [GLOBAL OPTIONS] %s [OPTIONS]%s%s\n\n", command->name,
	       *command->usage ? " " : "", command->usage);
	options_wrap(stdout, command->about, 0, 0);
	puts("\nOptions:");
	options_print(&command->options, stdout);
	printf("\nExamples:\n  ");
	options_wrap(stdout, command->examples, 2, 2);
	printf("\nSee also: cruet --help, cruet-%s(8)\n", command->name);
}

static void print_help(void)
{
	puts("Usage: cruet [GLOBAL OPTIONS] COMMAND [OPTIONS] [ID]\n");
	options_wrap(stdout,
		     "Make and run containers as the OCI runtime specification says. Engines such as "
		     "containerd, CRI-O, podman and "
		     "Docker call it; by hand it is good for looking and learning.",
		     0, 0);
	puts("\nCommands:");
	for (size_t i = 0; all_commands[i]; i++)
		printf("  %-14s%s\n", all_commands[i]->name, all_commands[i]->summary);
	puts("\nOptions:");
	options_print(&global_options, stdout);
	puts("\nExamples:\n"
	     "  cruet spec --bundle /srv/web\n"
	     "  cruet run --bundle /srv/web web\n"
	     "  cruet list\n"
	     "\nSee also: cruet COMMAND --help, cruet(8)");
}

/* Line by line, as engines read it: the word "version" stands in one line only. */
static void print_version(void)
{
	printf("cruet version %s\ncommit: %s\nspec: %s\n", cruet_version(), cruet_commit(),
	       cruet_spec_version());
}

static bool runs_privileged(const char *argv0)
{
	const char *slash = argv0 ? strrchr(argv0, '/') : NULL;

	return argv0 && strcmp(slash ? slash + 1 : argv0, "cruet-privileged") == 0;
}

static int call_command(const struct line *line, const char *argv0, int *status)
{
	const struct globals *globals = &line->globals;
	const struct cruet_options options = {
		.root = !globals->root && line->command->stateless ? "/" : globals->root,
		.manager = globals->systemd_cgroup ? CRUET_MANAGER_SYSTEMD
						   : (enum cruet_manager)globals->manager,
		.rootless = (enum cruet_rootless)globals->rootless,
	};
	struct invocation call = {
		.globals = globals,
		.privileged = runs_privileged(argv0),
		.values = line->values,
		.args = line->args,
		.n_args = line->n_args,
	};
	int r = cruet_open(&options, &call.cruet);

	if (r < 0)
		return r;
	r = line->command->run(&call, status);
	cruet_close(call.cruet);
	return r;
}

static int act(const struct line *line, const char *argv0, int *status)
{
	if (line->end == OPTIONS_VERSION) {
		print_version();
		return 0;
	}
	if (line->end == OPTIONS_HELP && line->command)
		print_command_help(line->command);
	else if (line->end == OPTIONS_HELP)
		print_help();
	else
		return call_command(line, argv0, status);
	return 0;
}

int main(int argc, char **argv)
{
	struct line line = { 0 };
	enum cruet_log_level level;
	int status = 0;
	int mistake = read_line(&line, argc, argv);
	int r = cruet_protect_process(preserve_fds(&line));

	level = line.globals.debug ? CRUET_LOG_DEBUG : (enum cruet_log_level)line.globals.log_level;
	if (cruet_log_open(line.globals.log, line.globals.log_format == 1, level) < 0 && r == 0)
		r = -EINVAL;
	if (r == 0)
		r = mistake;
	if (r == 0)
		r = act(&line, argv[0], &status);
	if (line.command)
		options_free(&line.command->options, line.values);
	free(line.values);
	if (r == 0 && (fflush(stdout) || ferror(stdout)))
		r = cruet_fail(errno, "cannot write to the standard output");
	if (r == 0)
		return status;
	cruet_log_failure();
	return line.command && line.command->failure ? line.command->failure : EXIT_FAILURE;
}
