/* SPDX-License-Identifier: Apache-2.0 */
/*
 * table.h: the one writer of tables. Columns are as wide as what is in them; on a terminal titles are bold and cells may
 * have a colour, unless NO_COLOR is set (https://no-color.org) or TERM is "dumb". What goes into a pipe is plain text.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#define TABLE_COLUMNS 8

enum table_colour { TABLE_PLAIN, TABLE_TITLE, TABLE_GOOD, TABLE_BAD, TABLE_FAINT };

struct table_cell {
	const char *text; /* control characters are written as "?" */
	enum table_colour colour;
};

struct table_form {
	int columns; /* at most TABLE_COLUMNS */
	int least;   /* how wide a column is at least, with its gap */
	int gap;     /* blanks after the widest cell */
};

bool table_coloured(FILE *out);

/* `cells`: n rows of form->columns cells, the first row the titles. */
void table_print(FILE *out, const struct table_form *form, const struct table_cell *cells, size_t n);
