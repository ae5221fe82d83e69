/* SPDX-License-Identifier: Apache-2.0 */
/* completion_zsh.c: the completions for zsh: rows of _arguments. */
#include "completion.h"

static const char head[] = "#compdef cruet cruet-privileged\n"
			   "# zsh completion for cruet: the output of 'cruet completion zsh'\n"
			   "\n"
			   "_cruet_ids()\n"
			   "{\n"
			   "\tlocal -a ids\n"
			   "\n"
			   "\tids=(${(f)\"$($program list --quiet 2>/dev/null)\"})\n"
			   "\t_describe -t containers container ids\n"
			   "}\n"
			   "\n"
			   "_cruet()\n"
			   "{\n"
			   "\tlocal curcontext=$curcontext state line\n"
			   "\tlocal -a commands program\n"
			   "\ttypeset -A opt_args\n"
			   "\n"
			   "\tprogram=($words[1])\n"
			   "\t_arguments -C -S -A '-*'";
static const char middle[] = " \\\n\t\t'(-): :->command' \\\n\t\t'(-)*:: :->arguments' && return\n"
			     "\t[[ -z $opt_args[--root] ]] || program+=(--root $opt_args[--root])\n"
			     "\tcase $state in\n"
			     "\tcommand)\n"
			     "\t\tcommands=(\n";

static void print_action(FILE *out, const char *name, const struct complete *c)
{
	static const char *const actions[] = { " ", "_files", "_files -/", "_cruet_ids" };

	fprintf(out, ":%s:", c->kind == COMPLETE_WORDS ? "word" : name);
	if (c->kind == COMPLETE_WORDS)
		fprintf(out, "(%s)", c->words);
	else
		fputs(actions[c->kind], out);
}

/* '(-b --bundle)'{-b+,--bundle=}'[text]:DIR:_files -/' */
static void print_row(FILE *out, const struct option_row *row)
{
	const char *value = row->arg ? "=" : "";
	struct complete c;

	fputs(" \\\n\t\t", out);
	if (row->kind == OPTION_LIST)
		fputs("'*'", out);
	else if (row->kind == OPTION_HELP || row->kind == OPTION_VERSION)
		fputs("'(- *)'", out);
	else if (row->letter)
		fprintf(out, "'(-%c --%s)'", row->letter, row->name);
	if (row->letter)
		fprintf(out, "{-%c%s,--%s%s}'[", row->letter, row->arg ? "+" : "", row->name, value);
	else
		fprintf(out, "'--%s%s[", row->name, value);
	complete_escape(out, row->help, "[]\\");
	fputc(']', out);
	if (row->arg) {
		c = complete_option(row);
		print_action(out, row->arg, &c);
	}
	fputc('\'', out);
}

static void print_rows(FILE *out, const struct option_table *table)
{
	for (; table; table = table->first)
		for (size_t i = 0; i < table->n; i++)
			print_row(out, &table->v[i]);
}

static void print_command(FILE *out, const struct command *command)
{
	struct complete c;
	char name[32];

	fprintf(out, "\t\t%s)\n\t\t_arguments -S -A '-*'", command->name);
	print_rows(out, &command->options);
	for (int n = 0; complete_word(command, n, &c, name); n++) {
		fprintf(out, " \\\n\t\t'%d", n + 1);
		print_action(out, name, &c);
		fputc('\'', out);
	}
	fputs(" ;;\n", out);
}

void completion_zsh(FILE *out)
{
	fputs(head, out);
	print_rows(out, &global_options);
	fputs(middle, out);
	for (size_t i = 0; all_commands[i]; i++) {
		fprintf(out, "\t\t\t'%s:", all_commands[i]->name);
		complete_escape(out, all_commands[i]->summary, ":\\");
		fputs("'\n", out);
	}
	fputs("\t\t)\n\t\t_describe -t commands command commands\n\t\t;;\n\targuments)\n"
	      "\t\tcase $words[1] in\n",
	      out);
	for (size_t i = 0; all_commands[i]; i++)
		print_command(out, all_commands[i]);
	fputs("\t\tesac\n\t\t;;\n\tesac\n}\n\n"
	      "# loaded as a function by compinit, or read by a shell that has called it\n"
	      "if [[ $funcstack[1] == _cruet ]]; then _cruet \"$@\"; else compdef _cruet cruet "
	      "cruet-privileged; fi\n",
	      out);
}
