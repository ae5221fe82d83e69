/* SPDX-License-Identifier: Apache-2.0 */
/*
 * completion.h: completions for shells, written from the option tables: what --help says and what TAB offers are the same
 * rows. What may follow is told from the name of an argument in the table (FILE, DIR, ID, ...) or its list of words, so
 * no command says anything for the shells' sake.
 */
#pragma once

#include "cli.h"

enum complete_kind {
	COMPLETE_NOTHING, /* anything: nothing to offer */
	COMPLETE_FILE,
	COMPLETE_DIR,
	COMPLETE_ID,	/* of a container below the state root that is named on the line */
	COMPLETE_WORDS, /* one of .words */
};

struct complete {
	enum complete_kind kind;
	char words[128]; /* with blanks between them */
};

/* What may follow an option that takes an argument. */
struct complete complete_option(const struct option_row *row);

/* The n-th word (from 0) after the options of a command; false: there is none. ret_name: as its usage has it. */
bool complete_word(const struct command *command, int n, struct complete *ret_complete, char ret_name[32]);

/* Text that stands in single quotes; `escape` is what gets a backslash. */
void complete_escape(FILE *out, const char *text, const char *escape);

/* Each writes a script that the shell loads. */
void completion_bash(FILE *out);
void completion_zsh(FILE *out);
void completion_fish(FILE *out);
