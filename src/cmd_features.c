/* SPDX-License-Identifier: Apache-2.0 */
/* cmd_features.c: cruet features. */
#include <errno.h>
#include <stdlib.h>

#include "cli.h"
#include "table.h"

enum { PROBE_TABLE, PROBE_JSON };

struct features_values {
	bool probe;
	int format;
};

static const char *const formats[] = { "table", "json", NULL };

static const struct option_row rows[] = {
	FLAG(struct features_values, probe, "probe", 0,
	     "find out what this kernel and this host can do, and what would help where they cannot"),
	WORD(struct features_values, format, "format", 'f', "FORMAT", formats,
	     "of --probe: table or json; without it the document is always JSON"),
	HELP,
};

static const struct table_form form = { .columns = 5, .least = 0, .gap = 2 };
static const char *const titles[] = { "AREA", "WHAT", "WORKS", "FOUND", "REMEDY" };

/* The area stands in its first row only. */
static void fill_row(const struct cruet_probe *v, size_t i, struct table_cell *cells)
{
	cells[0] = (struct table_cell){ i && v[i].area == v[i - 1].area ? "" : v[i].area, TABLE_TITLE };
	cells[1].text = v[i].name;
	cells[2] = v[i].works ? (struct table_cell){ "yes", TABLE_GOOD }
			      : (struct table_cell){ "no", TABLE_BAD };
	cells[3] = (struct table_cell){ v[i].note, TABLE_FAINT };
	cells[4].text = v[i].remedy;
}

static int print_probe(struct cruet *cruet)
{
	const struct cruet_probe *v;
	struct table_cell *cells;
	size_t n;
	int r = cruet_probe(cruet, &v, &n);

	if (r < 0)
		return r;
	cells = calloc((n + 1) * (size_t)form.columns, sizeof(*cells));
	if (!cells)
		return cruet_fail(ENOMEM, "cannot print the table");
	for (int i = 0; i < form.columns; i++)
		cells[i] = (struct table_cell){ titles[i], TABLE_TITLE };
	for (size_t i = 0; i < n; i++)
		fill_row(v, i, &cells[(i + 1) * (size_t)form.columns]);
	table_print(stdout, &form, cells, n + 1);
	free(cells);
	return 0;
}

static int run(const struct invocation *call, int *status)
{
	const struct features_values *values = call->values;
	const char *json;
	int r;

	(void)status;
	if (values->probe && values->format == PROBE_TABLE)
		return print_probe(call->cruet);
	r = values->probe ? cruet_probe_json(call->cruet, &json) : cruet_features_json(call->cruet, &json);
	if (r == 0)
		puts(json);
	return r;
}

const struct command cmd_features = {
	.name = "features",
	.summary = "print what this program, or this host, can do",
	.usage = "",
	.about = "Print the features document of the OCI runtime specification as JSON: the versions, hooks, "
		 "mount options, namespaces and other parts of a configuration that this program acts "
		 "on. Engines read it.\n\n"
		 "With --probe find out what this kernel and this host can do for containers: system calls, "
		 "namespaces, mounts, id maps on the file systems that are mounted, seccomp, security "
		 "modules, "
		 "cgroup controllers, programs. All of it is really done, in processes and namespaces of its "
		 "own, "
		 "and nothing is left of it. Some answers are other ones for root.",
	.examples = "cruet features | jq .linux.seccomp\n"
		    "cruet features --probe\n"
		    "cruet features --probe --format json | jq '.[] | select(.works | not)'",
	.options = { rows, OPTION_COUNT(rows), NULL },
	.size = sizeof(struct features_values),
	.stateless = true,
	.run = run,
};
