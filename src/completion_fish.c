/* SPDX-License-Identifier: Apache-2.0 */
/* completion_fish.c: the completions for fish: a line an option. */
#include "completion.h"

static const char head[] = "# fish completion for cruet: the output of 'cruet completion fish'\n\n"
			   "# COMMAND OPTION: is the next word its argument?\n"
			   "function __cruet_takes\n\tswitch \"$argv[1] $argv[2]\"\n\tcase";

/* COMMAND N: is this the command on the line, with N words between its options and the cursor? */
static const char tools[] = "\n\t\treturn 0\n\tend\n\treturn 1\nend\n\n"
			    "# COMMAND N: is the cursor at its N-th word, or at an option before the first?\n"
			    "function __cruet_at\n"
			    "\tset -l command ''\n"
			    "\tset -l n 0\n"
			    "\tset -l skip 0\n"
			    "\tset -l words (commandline -opc)\n"
			    "\tset -e words[1]\n"
			    "\tfor word in $words\n"
			    "\t\tif test $skip = 1\n"
			    "\t\t\tset skip 0\n"
			    "\t\telse if test $n = 0; and string match -q -- '-*' $word\n"
			    "\t\t\t__cruet_takes \"$command\" $word; and set skip 1\n"
			    "\t\telse if test -z \"$command\"\n"
			    "\t\t\tset command $word\n"
			    "\t\telse\n"
			    "\t\t\tset n (math $n + 1)\n"
			    "\t\tend\n"
			    "\tend\n"
			    "\ttest \"$command\" = \"$argv[1]\"; and test $n = $argv[2]\n"
			    "end\n\n"
			    "function __cruet_ids\n"
			    "\tset -l words (commandline -opc)\n"
			    "\tset -l options (string match -- '--root=*' $words)\n"
			    "\tif set -l at (contains -i -- --root $words)\n"
			    "\t\tset options --root $words[(math $at + 1)]\n"
			    "\tend\n"
			    "\teval (string escape -- $words[1] $options) list --quiet 2>/dev/null\n"
			    "end\n\n"
			    "complete -c cruet -f\n"
			    "complete -c cruet-privileged -w cruet\n";

static void print_takes(FILE *out, const char *command, const struct option_table *table)
{
	for (; table; table = table->first) {
		for (size_t i = 0; i < table->n; i++) {
			if (!table->v[i].arg)
				continue;
			fprintf(out, " '%s --%s'", command, table->v[i].name);
			if (table->v[i].letter)
				fprintf(out, " '%s -%c'", command, table->v[i].letter);
		}
	}
}

static void print_kind(FILE *out, const struct complete *c)
{
	static const char *const words[] = { "", " -F", " -a '(__fish_complete_directories)'",
					     " -a '(__cruet_ids)'" };

	if (c->kind == COMPLETE_WORDS)
		fprintf(out, " -a '%s'", c->words);
	else
		fputs(words[c->kind], out);
}

static void print_row(FILE *out, const char *command, const struct option_row *row)
{
	struct complete c;

	fprintf(out, "complete -c cruet -n \"__cruet_at '%s' 0\" -l %s", command, row->name);
	if (row->letter)
		fprintf(out, " -s %c", row->letter);
	if (row->arg) {
		c = complete_option(row);
		fputs(c.kind == COMPLETE_FILE ? " -r" : " -x", out);
		print_kind(out, &c);
	}
	fputs(" -d '", out);
	complete_escape(out, row->help, "\\");
	fputs("'\n", out);
}

static void print_rows(FILE *out, const char *command, const struct option_table *table)
{
	for (; table; table = table->first)
		for (size_t i = 0; i < table->n; i++)
			print_row(out, command, &table->v[i]);
}

static void print_words(FILE *out, const struct command *command)
{
	struct complete c;
	char name[32];

	for (int n = 0; complete_word(command, n, &c, name); n++) {
		if (c.kind == COMPLETE_NOTHING)
			continue;
		fprintf(out, "complete -c cruet -n \"__cruet_at %s %d\"", command->name, n);
		print_kind(out, &c);
		fprintf(out, " -d %s\n", name[0] >= 'A' && name[0] <= 'Z' ? name : "word");
	}
}

void completion_fish(FILE *out)
{
	fputs(head, out);
	print_takes(out, "", &global_options);
	for (size_t i = 0; all_commands[i]; i++)
		print_takes(out, all_commands[i]->name, &all_commands[i]->options);
	fputs(tools, out);
	print_rows(out, "", &global_options);
	for (size_t i = 0; all_commands[i]; i++) {
		const struct command *command = all_commands[i];

		fprintf(out, "\ncomplete -c cruet -n \"__cruet_at '' 0\" -a %s -d '", command->name);
		complete_escape(out, command->summary, "\\");
		fputs("'\n", out);
		print_rows(out, command->name, &command->options);
		print_words(out, command);
	}
}
