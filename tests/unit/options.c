/* SPDX-License-Identifier: Apache-2.0 */
/* tests/unit/options.c: the reader of option tables, with kinds of options that no verb may have today. */
#include "../../src/options.c"

#include "test.h"

struct values {
	bool flag, other;
	const char *text;
	int word;
	unsigned int number;
	int64_t time;
	struct cruet_words list;
};

static const char *const colours[] = { "red", "green", NULL };

static const struct option_row first_rows[] = {
	FLAG(struct values, flag, "flag", 'f', "one thing"),
	STRING(struct values, text, "text", 't', "TEXT", "words", PRESET("none")),
};
static const struct option_table first = { first_rows, OPTION_COUNT(first_rows), NULL };
static const struct option_row rows[] = {
	FLAG(struct values, other, "other", 'o', "another thing"),
	WORD(struct values, word, "word", 'w', "COLOUR", colours, "red or green"),
	UNSIGNED(struct values, number, "number", 'n', "N", 40, "how many"),
	DURATION(struct values, time, "time", 0, "TIME", "how long"),
	LIST(struct values, list, "env", 'e', "NAME=VALUE", "a variable"),
	{ .name = "version", .letter = 'v', .kind = OPTION_VERSION, .help = "the version" },
	HELP,
};
static const struct option_table table = { rows, OPTION_COUNT(rows), &first };

static struct values values;
static enum options_end end;
static int used;

#define READ(...) read_words((const char *const[]){ __VA_ARGS__, NULL })

static int read_words(const char *const *words)
{
	int n = 0;

	while (words[n])
		n++;
	cruet_forget();
	free((void *)values.list.v);
	memset(&values, 0, sizeof(values));
	return options_read(&table, "cruet test", (char **)words, n, &values, &end, &used);
}

static const char *error(void)
{
	static char line[1200];

	return cruet_error(line, sizeof(line));
}

static void all_spellings(void)
{
	static const char *const spellings[][4] = {
		{ "--text", "a=b", "rest", NULL }, { "--text=a=b", "rest", NULL },
		{ "-text", "a=b", "rest", NULL },  { "-text=a=b", "rest", NULL },
		{ "-t", "a=b", "rest", NULL },	   { "-ta=b", "rest", NULL },
		{ "-t=a=b", "rest", NULL },
	};

	for (size_t i = 0; i < sizeof(spellings) / sizeof(spellings[0]); i++) {
		CHECK(read_words(spellings[i]) == 0);
		CHECK_STR(values.text, "a=b");
		CHECK_STR(spellings[i][used], "rest");
		CHECK(end == OPTIONS_READ);
	}
}

static void flags(void)
{
	CHECK(READ("-fo") == 0 && values.flag && values.other);
	CHECK(READ("-f", "--flag=false") == 0 && !values.flag);
	CHECK(READ("--other=true", "-f=0") == 0 && !values.flag && values.other);
	CHECK(READ("-of=T", "-ofn3") == 0 && values.flag && values.number == 3);
	CHECK(READ("--flag=") < 0);
	CHECK(READ("--flag=TrUe") < 0);
	CHECK_STR(error(), "expected true or false after option '--flag' (see 'cruet test --help')");
}

static void lists(void)
{
	CHECK(READ("-e", "A=1", "--env=B=", "--env", "", "-eC") == 0);
	CHECK(values.list.n == 4 && !values.list.v[4]);
	CHECK_STR(values.list.v[0], "A=1");
	CHECK_STR(values.list.v[1], "B=");
	CHECK_STR(values.list.v[2], "");
	CHECK_STR(values.list.v[3], "C");
}

static void numbers(void)
{
	CHECK(READ("-n", "40") == 0 && values.number == 40);
	CHECK(READ("--number=0") == 0 && values.number == 0);
	CHECK(READ("--number=00000000000000000000007") == 0 && values.number == 7);
	CHECK(READ("--number=41") < 0);
	CHECK(READ("--number=18446744073709551616") < 0);
	CHECK(READ("--number=-1") < 0);
	CHECK(READ("--number=") < 0);
	CHECK(READ("--number=4x") < 0);
	CHECK_STR(
		error(),
		"bad value for option '--number': expected a number from 0 to 40 (see 'cruet test --help')");
}

static void times(void)
{
	static const struct {
		const char *word;
		int64_t ms;
	} good[] = {
		{ "--time=90", 90000 },		 { "--time=90s", 90000 },    { "--time=1m30s", 90000 },
		{ "--time=500ms", 500 },	 { "--time=1s500ms", 1500 }, { "--time=2h", 7200000 },
		{ "--time=1h1m1s1ms", 3661001 },
	};
	static const char *const bad[] = {
		"--time=",    "--time=0",    "--time=0s",	  "--time=1x",
		"--time=m",   "--time=-1",   "--time=1m30",	  "--time=1 s",
		"--time=1s ", "--time=1.5s", "--time=1000000001", "--time=99999999999999999999",
	};

	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		CHECK(READ(good[i].word) == 0);
		CHECK(values.time == good[i].ms);
	}
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		CHECK(READ(bad[i]) == -EINVAL);
		CHECK(strstr(error(), "'--time'"));
	}
}

static void words(void)
{
	CHECK(READ("-w", "green") == 0 && values.word == 1);
	CHECK(READ("--word=red") == 0 && values.word == 0);
	CHECK(READ("--word=blue") < 0);
	CHECK_STR(error(), "bad value for option '--word': expected red or green (see 'cruet test --help')");
}

static void ends(void)
{
	CHECK(READ("-f", "id", "-o") == 0 && used == 1 && !values.other);
	CHECK(READ("-f", "-", "-o") == 0 && used == 1 && !values.other);
	CHECK(READ("-f", "--", "-o") == 0 && used == 2 && !values.other);
	CHECK(READ("--", "--", "-o") == 0 && used == 1);
	CHECK(READ("-f", "") == 0 && used == 1);
	CHECK(READ("-t", "--", "-o") == 0 && used == 3 && values.other);
	CHECK(READ("-o", "--help", "--frob") == 0 && end == OPTIONS_HELP);
	CHECK(READ("-oh", "--frob") == 0 && end == OPTIONS_HELP);
	CHECK(READ("-v", "-h") == 0 && end == OPTIONS_VERSION);
}

static void mistakes(void)
{
	CHECK(READ("--text") == -EINVAL);
	CHECK_STR(error(), "option '--text' requires an argument (see 'cruet test --help')");
	CHECK(READ("-ft") == -EINVAL);
	CHECK_STR(error(), "option '-t' requires an argument (see 'cruet test --help')");
	CHECK(READ("--text=") == -EINVAL);
	CHECK_STR(error(), "option '--text' cannot be empty (see 'cruet test --help')");
	CHECK(READ("--f") == -EINVAL);	 /* a letter has one dash */
	CHECK(READ("--fla") == -EINVAL); /* no abbreviations: a new option would change what they mean */
	CHECK(READ("-fx") == -EINVAL);
	CHECK_STR(error(), "unknown option '-fx' (see 'cruet test --help')");
	CHECK(READ("--=") == -EINVAL);
	CHECK(READ("-=x") == -EINVAL);
	CHECK(READ("--help=yes") == -EINVAL);
	/* what was read before the mistake is kept: the log may be among it */
	CHECK(READ("--text=a", "--frob", "-f") == -EINVAL && !values.flag);
	CHECK_STR(values.text, "a");
}

static void help(void)
{
	char buf[4096] = "";
	FILE *out = fmemopen(buf, sizeof(buf), "w");

	options_print(&table, out);
	fclose(out);
	CHECK(strstr(buf, "  -t, --text TEXT           words (default: none)\n"));
	CHECK(strstr(buf, "  -w, --word COLOUR         red or green (default: red)\n"));
	CHECK(strstr(buf, "      --time TIME           how long\n"));
	CHECK(strstr(buf, "--flag") < strstr(buf, "--other"));
}

static void wrap(void)
{
	char buf[4096] = "", word[201];
	FILE *out = fmemopen(buf, sizeof(buf), "w");
	size_t column = 0;

	memset(word, 'x', 200);
	word[200] = '\0';
	for (int i = 0; i < 30; i++)
		options_wrap(
			out,
			"some words that fill one line and go on in the next, as prose does, until it ends",
			28, 28);
	fclose(out);
	for (const char *c = buf; *c; c++) {
		column = *c == '\n' ? 0 : column + 1;
		CHECK(column < COLUMNS);
	}
	/* a word that fits no line does not loop */
	out = fmemopen(buf, sizeof(buf), "w");
	options_wrap(out, word, 10, 10);
	fclose(out);
	CHECK(strlen(buf) == 201);
}

static void signals(void)
{
	static const struct {
		const char *word;
		int number;
	} good[] = {
		{ "9", 9 },	   { "KILL", 9 },      { "SIGKILL", 9 },   { "sigkill", 9 },
		{ "Term", 15 },	   { "0", 0 },	       { "64", 64 },	   { "SIGRTMIN", 34 },
		{ "RTMIN+3", 37 }, { "SIGRTMAX", 64 }, { "rtmax-14", 50 }, { "RTMIN+0", 34 },
		{ "CLD", 17 },	   { "IOT", 6 },       { "POLL", 29 },	   { "RTMIN+30", 64 },
	};
	static const char *const bad[] = {
		"",	   "-1",       "65",	     "999999999999999999999",
		"SIG",	   "SIG9",     "SIGSIGKILL", "KILL ",
		" 9",	   "+9",       "0x9",	     "RTMIN-1",
		"RTMAX+1", "RTMIN+31", "RTMIN+",     "RTMIN+-1",
		"RTMIN3",  "RTMINX",
	};
	int number;

	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		number = -1;
		CHECK(cruet_signal_number(good[i].word, &number) == 0);
		CHECK(number == good[i].number);
	}
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		cruet_forget();
		number = -7;
		CHECK(cruet_signal_number(bad[i], &number) == -EINVAL);
		CHECK(number == -7);
		CHECK(strstr(error(), "unknown signal '"));
	}
}

static void statuses(void)
{
	CHECK_STR(cruet_status_word(CRUET_CREATING), "creating");
	CHECK_STR(cruet_status_word(CRUET_STOPPED), "stopped");
	CHECK_STR(cruet_status_word((enum cruet_status)99), "unknown");
}

TEST_MAIN("options", { "spellings", all_spellings }, { "flags", flags }, { "lists", lists },
	  { "numbers", numbers }, { "times", times }, { "words", words }, { "ends", ends },
	  { "mistakes", mistakes }, { "help", help }, { "wrap", wrap }, { "signals", signals },
	  { "statuses", statuses })
