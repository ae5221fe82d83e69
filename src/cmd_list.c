/* SPDX-License-Identifier: Apache-2.0 */
/* cmd_list.c: cruet list. */
#include <errno.h>
#include <pwd.h>
#include <stdlib.h>
#include <unistd.h>

#include "cli.h"
#include "table.h"

enum { LIST_TABLE, LIST_JSON };

struct list_values {
	int format;
	bool quiet;
};

static const char *const formats[] = { "table", "json", NULL };

static const struct option_row rows[] = {
	WORD(struct list_values, format, "format", 'f', "FORMAT", formats, "table or json"),
	FLAG(struct list_values, quiet, "quiet", 'q', "only the ids, one a line"),
	HELP,
};

/* As Go's tabwriter with a least width of 12 and a padding of 3 sets it: the bytes that runc prints. */
static const struct table_form form = { .columns = 6, .least = 12, .gap = 3 };
static const char *const titles[] = { "ID", "PID", "STATUS", "BUNDLE", "CREATED", "OWNER" };

/* The texts of one row that are not in its state. */
struct texts {
	char pid[16], owner[64];
};

static void fill_row(const struct cruet_state *state, struct texts *texts, struct table_cell *cells)
{
	const struct passwd *user = getpwuid(state->owner);
	bool runs = state->status == CRUET_RUNNING;

	snprintf(texts->pid, sizeof(texts->pid), "%d", (int)state->pid);
	if (user)
		snprintf(texts->owner, sizeof(texts->owner), "%s", user->pw_name);
	else
		snprintf(texts->owner, sizeof(texts->owner), "#%u", (unsigned int)state->owner);
	cells[0].text = state->id;
	cells[1].text = texts->pid;
	cells[2] = (struct table_cell){ cruet_status_word(state->status), runs ? TABLE_GOOD : TABLE_PLAIN };
	cells[3].text = state->bundle;
	cells[4].text = state->created;
	cells[5].text = texts->owner;
}

static int print_table(const struct cruet_state *states, size_t n)
{
	struct table_cell *cells = calloc((n + 1) * (size_t)form.columns, sizeof(*cells));
	struct texts *texts = calloc(n + 1, sizeof(*texts));
	size_t rows_n = 1;

	if (!cells || !texts) {
		free(cells);
		free(texts);
		return cruet_fail(ENOMEM, "cannot print the list");
	}
	for (int i = 0; i < form.columns; i++)
		cells[i] = (struct table_cell){ titles[i], TABLE_TITLE };
	for (size_t i = 0; i < n; i++) {
		if (states[i].status == CRUET_UNKNOWN)
			continue;
		fill_row(&states[i], &texts[i], &cells[rows_n * (size_t)form.columns]);
		rows_n++;
	}
	table_print(stdout, &form, cells, rows_n);
	free(cells);
	free(texts);
	return 0;
}

/* A container that cannot be read is said and left out; the others are listed. */
static void say_problems(const struct cruet_state *states, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (states[i].status == CRUET_UNKNOWN)
			fprintf(stderr, "cruet: %s: %s\n", states[i].id, states[i].problem);
}

static int print_ids(struct cruet *cruet)
{
	const char *const *ids;
	size_t n;
	int r = cruet_list_ids(cruet, &ids, &n);

	for (size_t i = 0; r == 0 && i < n; i++)
		puts(ids[i]);
	return r;
}

static int run(const struct invocation *call, int *status)
{
	const struct list_values *values = call->values;
	const struct cruet_state *states;
	const char *json;
	size_t n;
	int r;

	(void)status;
	/* no container was ever made below the default root; one that was named should be there */
	if (call->globals->root && access(call->globals->root, F_OK))
		return cruet_fail(errno, "cannot list '%s'", call->globals->root);
	if (values->quiet)
		return print_ids(call->cruet);
	r = cruet_list(call->cruet, &states, &n);
	if (r < 0)
		return r;
	say_problems(states, n);
	if (values->format == LIST_TABLE)
		return print_table(states, n);
	r = cruet_list_json(call->cruet, &json);
	if (r == 0)
		puts(json);
	return r;
}

const struct command cmd_list = {
	.name = "list",
	.summary = "list the containers of this state root",
	.usage = "",
	.about = "List the containers below the state root (--root), sorted by id. As JSON it is one "
		 "line: an array of what 'cruet state' prints, or null where there is none.",
	.examples = "cruet list\n"
		    "cruet list --format json | jq -r '.[].id'\n"
		    "cruet list --quiet",
	.options = { rows, OPTION_COUNT(rows), NULL },
	.size = sizeof(struct list_values),
	.run = run,
};
