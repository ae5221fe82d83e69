/* SPDX-License-Identifier: Apache-2.0 */
/* cmd_ps.c: cruet ps. The table is what the program ps says, of which only the container's lines are left. */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "cli.h"

enum { PS_TABLE, PS_JSON };

struct ps_values {
	int format;
};

static const char *const formats[] = { "table", "json", NULL };

static const struct option_row rows[] = {
	WORD(struct ps_values, format, "format", 'f', "FORMAT", formats, "table or json"),
	HELP,
};

static void print_json(const pid_t *pids, size_t n)
{
	if (!n) { /* as runc prints a nil list, and callers read it */
		puts("null");
		return;
	}
	for (size_t i = 0; i < n; i++)
		printf("%s%d", i ? "," : "[", (int)pids[i]);
	puts("]");
}

/* ---- the table ---- */

/* Start ps with these words; its output can be read from *ret_out. */
static int start_ps(char **words, pid_t *ret_pid, FILE **ret_out)
{
	char *const bare[] = { (char *)"PATH=/usr/sbin:/usr/bin:/sbin:/bin", NULL };
	posix_spawn_file_actions_t actions;
	int fds[2], r;

	if (pipe2(fds, O_CLOEXEC))
		return cruet_fail(errno, "cannot make a pipe");
	posix_spawn_file_actions_init(&actions);
	r = posix_spawn_file_actions_adddup2(&actions, fds[1], 1);
	/* callers such as podman call us with no environment to speak of */
	if (r == 0)
		r = posix_spawnp(ret_pid, "ps", &actions, NULL, words, getenv("PATH") ? environ : bare);
	posix_spawn_file_actions_destroy(&actions);
	close(fds[1]);
	*ret_out = r == 0 ? fdopen(fds[0], "r") : NULL;
	if (*ret_out)
		return 0;
	close(fds[0]);
	return cruet_fail(r ? r : errno, "cannot run the program 'ps' (use --format json, or install it)");
}

/* The start of the field with that number, counted from 0. */
static const char *field_at(const char *line, size_t field)
{
	line += strspn(line, " \t");
	while (field-- && *line) {
		line += strcspn(line, " \t");
		line += strspn(line, " \t");
	}
	return line;
}

static bool field_is(const char *line, size_t field, const char *word)
{
	const char *at = field_at(line, field);
	size_t n = strlen(word);

	return strncmp(at, word, n) == 0 && strchr(" \t\n", at[n]);
}

static bool is_one_of(const char *line, size_t field, const pid_t *pids, size_t n)
{
	char digits[16];

	for (size_t i = 0; i < n; i++) {
		snprintf(digits, sizeof(digits), "%d", (int)pids[i]);
		if (field_is(line, field, digits))
			return true;
	}
	return false;
}

/* -ENODATA (not said) where there is nothing. */
static int filter(FILE *in, const pid_t *pids, size_t n)
{
	char *line = NULL;
	size_t size = 0, field = 0;
	int r = 0;

	if (getline(&line, &size, in) < 0)
		r = -ENODATA;
	while (r == 0 && !field_is(line, field, "PID"))
		if (!*field_at(line, ++field))
			r = cruet_fail(
				0, "the table of 'ps' has no column PID: give it arguments that print one");
	if (r == 0)
		fputs(line, stdout);
	while (r == 0 && getline(&line, &size, in) >= 0)
		if (is_one_of(line, field, pids, n))
			fputs(line, stdout);
	free(line);
	return r;
}

static int print_table(const struct invocation *call, const pid_t *pids, size_t n)
{
	char **words = calloc((size_t)call->n_args + 2, sizeof(*words));
	int n_words = 0, r, wait_status = 0;
	FILE *out;
	pid_t pid;

	if (!words)
		return cruet_fail(ENOMEM, "cannot run the program 'ps'");
	words[n_words++] = (char *)"ps";
	for (int i = 1; i < call->n_args; i++)
		words[n_words++] = call->args[i];
	if (n_words == 1)
		words[n_words++] = (char *)"-ef";
	r = start_ps(words, &pid, &out);
	free(words);
	if (r < 0)
		return r;
	r = filter(out, pids, n);
	fclose(out);
	while (waitpid(pid, &wait_status, 0) < 0 && errno == EINTR)
		;
	if (r == -ENODATA && !wait_status)
		return cruet_fail(0, "'ps' printed nothing");
	if (wait_status)
		r = cruet_fail(0, "'ps' failed with status %d",
			       WIFEXITED(wait_status) ? WEXITSTATUS(wait_status)
						      : 128 + WTERMSIG(wait_status));
	return r;
}

static int run(const struct invocation *call, int *status)
{
	const struct ps_values *values = call->values;
	const pid_t *pids;
	size_t n;
	int r = cruet_pids(call->cruet, call->args[0], &pids, &n);

	(void)status;
	if (r < 0)
		return r;
	if (values->format == PS_TABLE)
		return print_table(call, pids, n);
	print_json(pids, n);
	return 0;
}

const struct command cmd_ps = {
	.name = "ps",
	.summary = "list the processes of a container",
	.usage = "ID [PS-ARG...]",
	.min_args = 1,
	.max_args = INT_MAX,
	.about = "List the processes of a container, those of 'cruet exec' among them. The table is that of "
		 "ps(1), with the arguments that follow the id, or -ef; only the container's lines are left. "
		 "As JSON it is a list of pids, as this host numbers them.",
	.examples = "cruet ps web\n"
		    "cruet ps web -eo pid,rss,args\n"
		    "cruet ps --format json web",
	.options = { rows, OPTION_COUNT(rows), NULL },
	.size = sizeof(struct ps_values),
	.run = run,
};
