/* SPDX-License-Identifier: Apache-2.0 */
/* options.c: reads and prints the tables of options.h. */
#include "options.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define COLUMNS	    80
#define HELP_COLUMN 28

struct reader {
	const struct option_table *table;
	const char *command;
	char **words;
	int n, at; /* the word that is read now */
	void *values;
};

static int mistake(const struct reader *r, const char *what, const char *option, const char *more)
{
	return cruet_fail(0, "%s '%s'%s (see '%s --help')", what, option, more, r->command);
}

/* ---- values ---- */

static int read_bool(const struct reader *r, const char *option, const char *text, bool *ret)
{
	static const char *const yes[] = {
		"true", "1", "t", "T", "TRUE", "True"
	}; /* what Go's ParseBool takes: */
	static const char *const no[] = {
		"false", "0", "f", "F", "FALSE", "False"
	}; /* callers are written in it */

	for (size_t i = 0; i < sizeof(yes) / sizeof(yes[0]); i++) {
		if (strcmp(text, yes[i]) == 0 || strcmp(text, no[i]) == 0) {
			*ret = strcmp(text, yes[i]) == 0;
			return 0;
		}
	}
	return mistake(r, "expected true or false after option", option, "");
}

/* Digits up to something else; false where there are none, or too many. */
static bool read_digits(const char **text, uint64_t max, uint64_t *ret)
{
	const char *s = *text;
	uint64_t n = 0;

	for (; *s >= '0' && *s <= '9'; s++) {
		if (n > (max - (uint64_t)(*s - '0')) / 10)
			return false;
		n = n * 10 + (uint64_t)(*s - '0');
	}
	*ret = n;
	if (s == *text)
		return false;
	*text = s;
	return true;
}

static int read_unsigned(const struct reader *r, const struct option_row *row, const char *option,
			 const char *text, unsigned int *ret)
{
	uint64_t n;

	if (!read_digits(&text, row->max, &n) || *text) {
		char more[64];

		snprintf(more, sizeof(more), ": expected a number from 0 to %u", row->max);
		return mistake(r, "bad value for option", option, more);
	}
	*ret = (unsigned int)n;
	return 0;
}

static int read_duration(const struct reader *r, const char *option, const char *text, int64_t *ret)
{
	static const struct {
		const char *name;
		int64_t ms;
	} units[] = { { "ms", 1 }, { "s", 1000 }, { "m", 60000 }, { "h", 3600000 } };
	int64_t sum = 0;
	uint64_t n;

	for (const char *s = text; read_digits(&s, 1000000000, &n);) {
		size_t i = 0;

		if (!*s && sum == 0) {
			sum = (int64_t)n * 1000;
		} else {
			while (i < sizeof(units) / sizeof(units[0]) &&
			       strncmp(s, units[i].name, strlen(units[i].name)) != 0)
				i++;
			if (i == sizeof(units) / sizeof(units[0]))
				break;
			sum += (int64_t)n * units[i].ms;
			s += strlen(units[i].name);
		}
		if (!*s && sum > 0) {
			*ret = sum;
			return 0;
		}
	}
	return mistake(r, "bad value for option", option, ": expected a time such as 90s, 1m30s or 500ms");
}

static int read_word(const struct reader *r, const struct option_row *row, const char *option,
		     const char *text, int *ret)
{
	char more[256] = ": expected";

	for (int i = 0; row->words[i]; i++) {
		size_t length = strlen(more);

		if (strcmp(row->words[i], text) == 0) {
			*ret = i;
			return 0;
		}
		snprintf(more + length, sizeof(more) - length, "%s %s",
			 i == 0		     ? ""
			 : row->words[i + 1] ? ","
					     : " or",
			 row->words[i]);
	}
	return mistake(r, "bad value for option", option, more);
}

static int add_to_list(struct cruet_words *list, const char *text)
{
	const char **v = reallocarray((void *)list->v, list->n + 2, sizeof(*v));

	if (!v)
		return cruet_fail(ENOMEM, "cannot read the options");
	v[list->n++] = text;
	v[list->n] = NULL;
	list->v = v;
	return 0;
}

static int store(const struct reader *r, const struct option_row *row, const char *option, const char *text)
{
	void *at = (char *)r->values + row->at;

	switch (row->kind) {
	case OPTION_FLAG:
		return read_bool(r, option, text ? text : "true", at);
	case OPTION_STRING:
		if (!*text)
			return mistake(r, "option", option, " cannot be empty");
		*(const char **)at = text;
		return 0;
	case OPTION_WORD:
		return read_word(r, row, option, text, at);
	case OPTION_UNSIGNED:
		return read_unsigned(r, row, option, text, at);
	case OPTION_DURATION:
		return read_duration(r, option, text, at);
	case OPTION_LIST:
		return add_to_list(at, text);
	case OPTION_HELP:
	case OPTION_VERSION:
		break;
	}
	return 0;
}

/* ---- words ---- */

static bool is_named(const char *name, const char *word, size_t length)
{
	return name && strlen(name) == length && memcmp(name, word, length) == 0;
}

static const struct option_row *by_name(const struct option_table *table, const char *name, size_t length)
{
	for (; table; table = table->first)
		for (size_t i = 0; i < table->n; i++)
			if (is_named(table->v[i].name, name, length) ||
			    is_named(table->v[i].peer_name, name, length))
				return &table->v[i];
	return NULL;
}

static const struct option_row *by_letter(const struct option_table *table, char letter)
{
	for (; table; table = table->first)
		for (size_t i = 0; i < table->n; i++)
			if (letter == table->v[i].letter || letter == table->v[i].peer_letter)
				return &table->v[i];
	return NULL;
}

/* The option is known, `text` what came with it in the same word, or NULL. */
static int take(struct reader *r, const struct option_row *row, const char *option, const char *text,
		enum options_end *end)
{
	if (row->kind == OPTION_HELP || row->kind == OPTION_VERSION) {
		if (text)
			return mistake(r, "option", option, " takes no argument");
		*end = row->kind == OPTION_HELP ? OPTIONS_HELP : OPTIONS_VERSION;
		return 0;
	}
	if (row->arg && !text) {
		if (r->at + 1 == r->n)
			return mistake(r, "option", option,
				       " requires an argument"); /* podman looks for these words */
		text = r->words[++r->at];
	}
	return store(r, row, option, text);
}

/* -n V, -nV, -n=V, and -abc for flags. */
static int read_letters(struct reader *r, const char *word, enum options_end *end)
{
	for (const char *s = word + 1; *s && *end == OPTIONS_READ; s++) {
		const struct option_row *row = by_letter(r->table, *s);
		char option[] = { '-', *s, '\0' };
		const char *text = s[1] == '=' ? s + 2 : row && row->arg && s[1] ? s + 1 : NULL;
		int error;

		if (!row)
			return mistake(r, "unknown option", word, "");
		error = take(r, row, option, text, end);
		if (error < 0 || text || row->arg)
			return error;
	}
	return 0;
}

static int read_option(struct reader *r, enum options_end *end)
{
	const char *word = r->words[r->at];
	const char *name = word + (word[1] == '-' ? 2 : 1);
	size_t length = strcspn(name, "=");
	const struct option_row *row = length > 1 ? by_name(r->table, name, length) : NULL;
	char option[64];

	if (!row && word[1] != '-')
		return read_letters(r, word, end);
	if (!row)
		return mistake(r, "unknown option", word, "");
	snprintf(option, sizeof(option), "--%s", row->name);
	return take(r, row, option, name[length] ? name + length + 1 : NULL, end);
}

int options_read(const struct option_table *table, const char *command, char **words, int n, void *values,
		 enum options_end *ret_end, int *ret_used)
{
	struct reader r = { .table = table, .command = command, .words = words, .n = n, .values = values };
	enum options_end end = OPTIONS_READ;

	for (; r.at < n && end == OPTIONS_READ; r.at++) {
		const char *word = words[r.at];
		int error;

		if (word[0] != '-' || !word[1])
			break;
		if (strcmp(word, "--") == 0) {
			r.at++;
			break;
		}
		error = read_option(&r, &end);
		if (error < 0)
			return error;
	}
	*ret_end = end;
	*ret_used = r.at;
	return 0;
}

void options_free(const struct option_table *table, void *values)
{
	for (; table && values; table = table->first)
		for (size_t i = 0; i < table->n; i++)
			if (table->v[i].kind == OPTION_LIST)
				free((void *)((struct cruet_words *)((char *)values + table->v[i].at))->v);
}

/* ---- help ---- */

void options_wrap(FILE *out, const char *text, int at, int indent)
{
	bool first = true;

	while (*text) {
		int length = (int)strcspn(text, " \n");

		if (length && !first && at + 1 + length >= COLUMNS) {
			fprintf(out, "\n%*s", indent, "");
			at = indent;
			first = true;
		}
		if (length) {
			at += fprintf(out, "%s%.*s", first ? "" : " ", length, text);
			first = false;
		}
		text += length;
		if (*text == '\n') {
			fprintf(out, "\n%*s", text[1] && text[1] != '\n' ? indent : 0, "");
			at = indent;
			first = true;
		}
		if (*text)
			text++;
	}
	fputc('\n', out);
}

static void print_row(const struct option_row *row, FILE *out)
{
	const char *preset = row->kind == OPTION_WORD ? row->words[0] : row->preset;
	char help[512];
	int at;

	at = row->letter ? fprintf(out, "  -%c, --%s", row->letter, row->name)
			 : fprintf(out, "      --%s", row->name);
	if (row->arg)
		at += fprintf(out, " %s", row->arg);
	if (at >= HELP_COLUMN - 1) {
		fputc('\n', out);
		at = 0;
	}
	fprintf(out, "%*s", HELP_COLUMN - at, "");
	snprintf(help, sizeof(help), "%s%s%s%s", row->help, preset ? " (default: " : "", preset ? preset : "",
		 preset ? ")" : "");
	options_wrap(out, help, HELP_COLUMN, HELP_COLUMN);
}

void options_print(const struct option_table *table, FILE *out)
{
	if (table->first)
		options_print(table->first, out);
	for (size_t i = 0; i < table->n; i++)
		print_row(&table->v[i], out);
}
