/* SPDX-License-Identifier: Apache-2.0 */
/* completion.c: what may follow an option or a command, told from the tables. */
#include "completion.h"

#include <string.h>

/* Names of arguments that mean something to a shell. */
static const struct {
	const char *name;
	enum complete_kind kind;
	const char *words;
} names[] = {
	{ "FILE", COMPLETE_FILE, "" },
	{ "SOCKET", COMPLETE_FILE, "" },
	{ "DIR", COMPLETE_DIR, "" },
	{ "ID", COMPLETE_ID, "" },
	{ "SIGNAL", COMPLETE_WORDS, "TERM KILL INT HUP QUIT USR1 USR2 STOP CONT WINCH" },
};

/* An argument by its name; one that is written a|b|c is one of these words. */
static struct complete complete_name(const char *name)
{
	struct complete c = { 0 };

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		if (strcmp(names[i].name, name) == 0) {
			c.kind = names[i].kind;
			snprintf(c.words, sizeof(c.words), "%s", names[i].words);
			return c;
		}
	}
	if (strchr(name, '|')) {
		c.kind = COMPLETE_WORDS;
		snprintf(c.words, sizeof(c.words), "%s", name);
		for (char *bar = c.words; (bar = strchr(bar, '|'));)
			*bar = ' ';
	}
	return c;
}

struct complete complete_option(const struct option_row *row)
{
	struct complete c = { .kind = COMPLETE_WORDS };
	size_t used = 0;

	if (row->kind != OPTION_WORD)
		return complete_name(row->arg);
	for (size_t i = 0; row->words[i] && used < sizeof(c.words); i++)
		used += (size_t)snprintf(c.words + used, sizeof(c.words) - used, "%s%s", i ? " " : "",
					 row->words[i]);
	return c;
}

bool complete_word(const struct command *command, int n, struct complete *ret_complete, char ret_name[32])
{
	const char *at = command->usage;
	size_t length;

	for (;; n--) {
		at += strspn(at, " []");
		length = strcspn(at, " []");
		if (!length)
			return false;
		if (n == 0)
			break;
		at += length;
	}
	if (length > 3 && strncmp(at + length - 3, "...", 3) == 0)
		length -= 3;
	snprintf(ret_name, 32, "%.*s", (int)length, at);
	*ret_complete = complete_name(ret_name);
	return true;
}

void complete_escape(FILE *out, const char *text, const char *escape)
{
	for (; *text; text++) {
		if (*text == '\'') {
			fputs("'\\''", out);
			continue;
		}
		if (strchr(escape, *text))
			fputc('\\', out);
		fputc(*text, out);
	}
}
