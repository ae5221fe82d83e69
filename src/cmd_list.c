/* SPDX-License-Identifier: Apache-2.0 */
/* cmd_list.c: cruet list. */
#include <errno.h>
#include <pwd.h>
#include <string.h>
#include <unistd.h>

#include "cli.h"

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

#define COLUMNS_N 6

struct cells {
	char pid[16], owner[64];
	const char *text[COLUMNS_N];
};

static const char *const titles[COLUMNS_N] = { "ID", "PID", "STATUS", "BUNDLE", "CREATED", "OWNER" };

static void fill_cells(const struct cruet_state *state, struct cells *cells)
{
	const struct passwd *user = getpwuid(state->owner);

	snprintf(cells->pid, sizeof(cells->pid), "%d", (int)state->pid);
	if (user)
		snprintf(cells->owner, sizeof(cells->owner), "%s", user->pw_name);
	else
		snprintf(cells->owner, sizeof(cells->owner), "#%u", (unsigned int)state->owner);
	cells->text[0] = state->id;
	cells->text[1] = cells->pid;
	cells->text[2] = cruet_status_word(state->status);
	cells->text[3] = state->bundle;
	cells->text[4] = state->created;
	cells->text[5] = cells->owner;
}

/* Characters, not bytes: those of UTF-8 that do not continue one. */
static int width_of(const char *text)
{
	int n = 0;

	for (; *text; text++)
		n += ((unsigned char)*text & 0xc0) != 0x80;
	return n;
}

/* As Go's tabwriter with a least width of 12 and a padding of 3 sets it: the bytes that runc prints. */
static void print_cells(const char *const *text, const int *widths)
{
	for (int i = 0; i < COLUMNS_N; i++) {
		fputs(text[i], stdout);
		if (i + 1 < COLUMNS_N)
			printf("%*s", widths[i] - width_of(text[i]), "");
	}
	putchar('\n');
}

static void widen(const char *const *text, int *widths)
{
	for (int i = 0; i < COLUMNS_N; i++)
		if (widths[i] < width_of(text[i]) + 3)
			widths[i] = width_of(text[i]) + 3;
}

static void print_table(const struct cruet_state *states, size_t n)
{
	int widths[COLUMNS_N] = { 12, 12, 12, 12, 12, 12 };
	struct cells cells;

	widen(titles, widths);
	for (size_t i = 0; i < n; i++) {
		if (states[i].status != CRUET_UNKNOWN) {
			fill_cells(&states[i], &cells);
			widen(cells.text, widths);
		}
	}
	print_cells(titles, widths);
	for (size_t i = 0; i < n; i++) {
		if (states[i].status != CRUET_UNKNOWN) {
			fill_cells(&states[i], &cells);
			print_cells(cells.text, widths);
		}
	}
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
	if (values->format == LIST_TABLE) {
		print_table(states, n);
		return 0;
	}
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
