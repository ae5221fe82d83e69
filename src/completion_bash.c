/* SPDX-License-Identifier: Apache-2.0 */
/* completion_bash.c: the completions for bash. They need nothing but bash itself. */
#include "completion.h"

/* The walk over the words before the cursor. bash makes a word of its own of the = in --name=value. */
static const char walk[] =
	"_cruet()\n"
	"{\n"
	"\tlocal cur=${COMP_WORDS[COMP_CWORD]} command='' kind='' option='' root='' ended='' word i n=0\n"
	"\n"
	"\tCOMPREPLY=()\n"
	"\tfor ((i = 1; i < COMP_CWORD; i++)); do\n"
	"\t\tword=${COMP_WORDS[i]}\n"
	"\t\tif [[ $word == '=' ]]; then\n"
	"\t\t\t[[ $kind ]] || ((++i))\n"
	"\t\telif [[ $kind ]]; then\n"
	"\t\t\t[[ $option != --root ]] || root=$word\n"
	"\t\t\tkind=''\n"
	"\t\telif [[ ! $ended && $word == -- ]]; then\n"
	"\t\t\t[[ ! $command ]] || ended=1\n"
	"\t\telif [[ ! $ended && $word == -* ]]; then\n"
	"\t\t\toption=$word\n"
	"\t\t\t_cruet_argument \"$command\" \"$word\"\n"
	"\t\telif [[ ! $command ]]; then\n"
	"\t\t\tcommand=$word\n"
	"\t\telse\n"
	"\t\t\tended=1\n"
	"\t\t\t((++n))\n"
	"\t\tfi\n"
	"\tdone\n"
	"\t[[ $cur != '=' ]] || cur=''\n"
	"\tif [[ ! $kind && ! $ended && $cur == -* ]]; then\n"
	"\t\t_cruet_options \"$command\"\n"
	"\telif [[ ! $kind ]]; then\n"
	"\t\t_cruet_word \"$command\" \"$n\"\n"
	"\tfi\n"
	"\tcase $kind in\n"
	"\t'' | nothing) ;;\n"
	"\tfile | dir)\n"
	"\t\tcompopt -o filenames\n"
	"\t\tmapfile -t COMPREPLY < <(compgen -A \"${kind/dir/directory}\" -- \"$cur\")\n"
	"\t\t;;\n"
	"\tid)\n"
	"\t\tkind=$(\"${COMP_WORDS[0]}\" ${root:+--root \"$root\"} list --quiet 2>/dev/null)\n"
	"\t\tmapfile -t COMPREPLY < <(compgen -W \"$kind\" -- \"$cur\")\n"
	"\t\t;;\n"
	"\t*) mapfile -t COMPREPLY < <(compgen -W \"$kind\" -- \"$cur\") ;;\n"
	"\tesac\n"
	"}\n"
	"complete -F _cruet cruet cruet-privileged\n";

static void print_kind(FILE *out, const struct complete *c)
{
	static const char *const kinds[] = { "nothing", "file", "dir", "id" };

	fprintf(out, "kind='%s' ;;\n", c->kind == COMPLETE_WORDS ? c->words : kinds[c->kind]);
}

static void print_options(FILE *out, const char *command, const struct option_table *table)
{
	fprintf(out, "\t'%s') kind='", command);
	for (; table; table = table->first)
		for (size_t i = 0; i < table->n; i++)
			fprintf(out, "--%s ", table->v[i].name);
	fputs("' ;;\n", out);
}

static void print_arguments(FILE *out, const char *command, const struct option_table *table)
{
	for (; table; table = table->first) {
		for (size_t i = 0; i < table->n; i++) {
			const struct option_row *row = &table->v[i];
			struct complete c;

			if (!row->arg)
				continue;
			c = complete_option(row);
			fprintf(out, "\t'%s --%s'", command, row->name);
			if (row->letter)
				fprintf(out, " | '%s -%c'", command, row->letter);
			fputs(") ", out);
			print_kind(out, &c);
		}
	}
}

static void print_words(FILE *out, const struct command *command)
{
	struct complete c;
	char name[32];

	for (int n = 0; complete_word(command, n, &c, name); n++) {
		fprintf(out, "\t'%s %d') ", command->name, n);
		print_kind(out, &c);
	}
}

void completion_bash(FILE *out)
{
	fputs("# bash completion for cruet: the output of 'cruet completion bash'\n\n"
	      "# COMMAND: its options, as kind\n"
	      "_cruet_options()\n{\n\tcase $1 in\n",
	      out);
	print_options(out, "", &global_options);
	for (size_t i = 0; all_commands[i]; i++)
		print_options(out, all_commands[i]->name, &all_commands[i]->options);
	fputs("\tesac\n}\n\n# COMMAND OPTION: what follows it, as kind\n"
	      "_cruet_argument()\n{\n\tcase \"$1 $2\" in\n",
	      out);
	print_arguments(out, "", &global_options);
	for (size_t i = 0; all_commands[i]; i++)
		print_arguments(out, all_commands[i]->name, &all_commands[i]->options);
	fputs("\tesac\n}\n\n# COMMAND N: its N-th word, as kind\n"
	      "_cruet_word()\n{\n\tcase \"$1 $2\" in\n\t' 0') kind='",
	      out);
	for (size_t i = 0; all_commands[i]; i++)
		fprintf(out, "%s ", all_commands[i]->name);
	fputs("' ;;\n", out);
	for (size_t i = 0; all_commands[i]; i++)
		print_words(out, all_commands[i]);
	fprintf(out, "\tesac\n}\n\n%s", walk);
}
