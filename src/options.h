/* SPDX-License-Identifier: Apache-2.0 */
/*
 * options.h: one table of rows for each command. Parsing, --help, the completions and the test of the man
 * pages read the same rows; there is no other place that knows an option.
 *
 * What is read: --name V, --name=V, -name (one dash: go-runc says -no-subreaper), -n V, -nV, -n=V, and
 * several letters of flags in one word. A flag may say =true or =false. The last of several wins, for lists
 * all count. Options end at the first word that is none, or at "--": what follows may be the container's
 * program with options of its own.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "libcontainer.h"

enum option_kind {
	OPTION_FLAG,	 /* bool */
	OPTION_STRING,	 /* const char *; a non-empty one */
	OPTION_WORD,	 /* int: the index in .words */
	OPTION_UNSIGNED, /* unsigned int, at most .max */
	OPTION_DURATION, /* int64_t milliseconds: "30s", "1m30s", "500ms", or seconds */
	OPTION_LIST,	 /* struct cruet_words: each time one more; freed by options_free() */
	OPTION_HELP,	 /* stored nowhere: ends parsing */
	OPTION_VERSION,
};

struct option_row {
	const char *name; /* without dashes */
	char letter;	  /* 0: none */
	enum option_kind kind;
	const char *arg;	  /* its argument's name; NULL where it takes none */
	size_t at;		  /* offset in the command's struct */
	const char *help;	  /* no full stop, no default */
	const char *preset;	  /* the default in words; NULL: not worth saying */
	const char *const *words; /* OPTION_WORD: NULL-terminated, the default first */
	unsigned int max;
	const char *peer_name; /* how crun spells it: read, and shown nowhere; NULL: the same */
	char peer_letter;
};

/* Rows. What may stand at the end: PRESET("the default in words"); that of a WORD is its first one. */
#define FLAG(type, member, long, short, text)                                                                \
	{                                                                                                    \
		.name = (long), .letter = (short), .kind = OPTION_FLAG, .at = offsetof(type, member),        \
		.help = (text)                                                                               \
	}
#define VALUE(kindword, type, member, long, short, metavar, text, ...)                                       \
	{                                                                                                    \
		.name = (long), .letter = (short), .kind = (kindword), .arg = (metavar),                     \
		.at = offsetof(type, member), .help = (text), ##__VA_ARGS__                                  \
	}
#define STRING(...)   VALUE(OPTION_STRING, __VA_ARGS__)
#define DURATION(...) VALUE(OPTION_DURATION, __VA_ARGS__)
#define LIST(...)     VALUE(OPTION_LIST, __VA_ARGS__)
#define WORD(type, member, long, short, metavar, list, text)                                                 \
	{                                                                                                    \
		.name = (long), .letter = (short), .kind = OPTION_WORD, .arg = (metavar),                    \
		.at = offsetof(type, member), .help = (text), .words = (list)                                \
	}
#define UNSIGNED(type, member, long, short, metavar, most, text, ...)                                        \
	{                                                                                                    \
		.name = (long), .letter = (short), .kind = OPTION_UNSIGNED, .arg = (metavar),                \
		.at = offsetof(type, member), .max = (most), .help = (text), ##__VA_ARGS__                   \
	}
#define HELP                                                                                                 \
	{                                                                                                    \
		.name = "help", .letter = 'h', .kind = OPTION_HELP, .help = "say this",                      \
		.peer_name = "usage"                                                                         \
	}
#define PRESET(words) .preset = (words)

struct option_table {
	const struct option_row *v;
	size_t n;
	const struct option_table *first; /* rows that stand before these; NULL: none */
};
#define OPTION_COUNT(rows) (sizeof(rows) / sizeof((rows)[0]))

enum options_end { OPTIONS_READ, OPTIONS_HELP, OPTIONS_VERSION };

/* Read options from words[0] on into *values (zeroed by the caller: the defaults). *ret_used: how many words
 * were options. `command` is for the error text: "cruet create". Fails with -EINVAL, said by cruet_fail();
 * what came before the mistake is in *values then, so that the log it may have named can be opened. */
int options_read(const struct option_table *table, const char *command, char **words, int n, void *values,
		 enum options_end *ret_end, int *ret_used);

/* Free the lists that it made in *values (may be NULL). */
void options_free(const struct option_table *table, void *values);

/* The options part of a --help text, for a terminal of 80 columns. */
void options_print(const struct option_table *table, FILE *out);

/* Text in lines that end before column 80, indented; the first line continues at column `at`. */
void options_wrap(FILE *out, const char *text, int at, int indent);
