/* SPDX-License-Identifier: Apache-2.0 */
/* table.c: aligned columns, coloured on a terminal. */
#include "table.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

bool table_coloured(FILE *out)
{
	const char *no = getenv("NO_COLOR"), *term = getenv("TERM");

	return isatty(fileno(out)) && !(no && *no) && term && strcmp(term, "dumb") != 0;
}

/* Characters, not bytes: those of UTF-8 that do not continue one. */
static int width_of(const char *text)
{
	int n = 0;

	for (; *text; text++)
		n += ((unsigned char)*text & 0xc0) != 0x80;
	return n;
}

/* What a container was called with must not move the cursor. */
static void print_text(FILE *out, const char *text)
{
	for (; *text; text++)
		fputc((unsigned char)*text < ' ' || *text == 0x7f ? '?' : *text, out);
}

static void print_cell(FILE *out, const struct table_cell *cell, bool coloured)
{
	static const char *const colours[] = {
		[TABLE_TITLE] = "1", [TABLE_GOOD] = "32", [TABLE_BAD] = "31", [TABLE_FAINT] = "2"
	};

	if (coloured && cell->colour != TABLE_PLAIN)
		fprintf(out, "\033[%sm", colours[cell->colour]);
	print_text(out, cell->text);
	if (coloured && cell->colour != TABLE_PLAIN)
		fputs("\033[0m", out);
}

static bool is_rest_empty(const struct table_cell *cells, int n)
{
	for (int i = 0; i < n; i++)
		if (*cells[i].text)
			return false;
	return true;
}

void table_print(FILE *out, const struct table_form *form, const struct table_cell *cells, size_t n)
{
	bool coloured = table_coloured(out);
	int widths[TABLE_COLUMNS], last = form->columns - 1;

	for (int i = 0; i < form->columns; i++) {
		widths[i] = form->least;
		for (size_t row = 0; row < n; row++) {
			int width = width_of(cells[row * (size_t)form->columns + (size_t)i].text) + form->gap;

			widths[i] = width > widths[i] ? width : widths[i];
		}
	}
	for (size_t row = 0; row < n; row++, cells += form->columns) {
		for (int i = 0; i <= last; i++) {
			print_cell(out, &cells[i], coloured);
			if (is_rest_empty(&cells[i + 1], last - i))
				break;
			fprintf(out, "%*s", widths[i] - width_of(cells[i].text), "");
		}
		fputc('\n', out);
	}
}
