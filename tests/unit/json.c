/* SPDX-License-Identifier: Apache-2.0 */
/* tests/unit/json.c: base/json_read.c with rows of its own: kinds, limits, and what hostile documents try. */
#include "base/err.h"
#include "base/json_read.h"

#include <stdlib.h>

#include "test.h"

enum colour { RED = 1, GREEN };

struct leaf {
	const char *key; /* of a JSON_KEYED */
	struct opt_i64 number;
};
struct item {
	const char *name;
	struct strings words;
	uint32_t id;
};
struct all {
	bool flag;
	struct opt_bool opt_flag;
	int64_t i;
	struct opt_i64 opt_i;
	uint64_t u;
	struct opt_u64 opt_u;
	uint32_t w;
	struct opt_u32 opt_w;
	const char *text, *filled;
	enum colour colour;
	char letter;
	struct strings strings;
	struct {
		const uint32_t *v;
		size_t n;
	} ids;
	struct {
		const struct item *v;
		size_t n;
	} items;
	struct string_map map;
	struct {
		const struct leaf *v;
		size_t n;
	} keyed;
	struct leaf inner;
	const struct all *next;
};

static const struct json_word colour_words[] = {{"red", RED}, {"green", GREEN}};
static const struct json_words colours = JSON_WORDS(colour_words);
static const struct json_word letter_words[] = {{"c", 'c'}, {"b", 'b'}};
static const struct json_words letters = JSON_WORDS(letter_words);

static const struct json_field leaf_fields[] = {
	FIELD(struct leaf, number, "number", RANGE(-5, 5)),
};
static const struct json_table leaf_table = JSON_TABLE(struct leaf, leaf_fields);

static const struct json_field item_fields[] = {
	FIELD(struct item, name, "name", REQUIRED),
	FIELD(struct item, words, "words"),
	FIELD(struct item, id, "id"),
};
static const struct json_table item_table = JSON_TABLE(struct item, item_fields);

static const struct json_table all_table;
static const struct json_field all_fields[] = {
	FIELD(struct all, flag, "flag"),
	FIELD(struct all, opt_flag, "optFlag"),
	FIELD(struct all, i, "i"),
	FIELD(struct all, opt_i, "optI"),
	FIELD(struct all, u, "u"),
	FIELD(struct all, opt_u, "optU"),
	FIELD(struct all, w, "w"),
	FIELD(struct all, opt_w, "optW", RANGE(2, UINT32_MAX - 1)),
	FIELD(struct all, text, "text"),
	FIELD(struct all, filled, "filled", EMPTY_IS_ABSENT),
	FIELD_WORD(struct all, colour, "colour", &colours),
	FIELD_WORD(struct all, letter, "letter", &letters),
	FIELD(struct all, strings, "strings"),
	FIELD_U32S(struct all, ids, "ids", RANGE(0, 9)),
	FIELD_LIST(struct all, items, "items", &item_table),
	FIELD(struct all, map, "map"),
	FIELD_KEYED(struct all, keyed, "keyed", &leaf_table),
	FIELD_OBJECT(struct all, inner, "inner", &leaf_table),
	FIELD_POINTER(struct all, next, "next", &all_table),
};
static const struct json_table all_table = JSON_TABLE(struct all, all_fields);

/* Counted instead of timed: how much is sorted for one document. This one takes libc's place in the program.
 */
static size_t sorted;
void qsort(void *v, size_t n, size_t size, int (*order)(const void *, const void *))
{
	sorted += n;
	qsort_r(v, n, size, (int (*)(const void *, const void *, void *))(void (*)(void))order, NULL);
}

static struct arena arena;
static struct all all;
static char line[ERR_TEXT_MAX + 64];

static const char *read_n(const char *text, size_t n)
{
	arena_close(&arena);
	fail_forget();
	if (arena_open_private(&arena, 512u << 20) < 0)
		return "no arena";
	return json_read(&arena, &all_table, text, n, &all) < 0 ? fail_line(line, sizeof(line)) : "";
}

static const char *read_text(const char *text)
{
	return read_n(text, strlen(text));
}

static void numbers(void)
{
	CHECK_STR(read_text("{\"i\": -9223372036854775808, \"optI\": 9223372036854775807, \"u\": "
			    "18446744073709551615,"
			    "\"optU\": 0, \"w\": 4294967295, \"optW\": 4294967294}"),
		  "");
	CHECK(all.i == INT64_MIN && all.opt_i.set && all.opt_i.v == INT64_MAX);
	CHECK(all.u == UINT64_MAX && all.opt_u.set && all.opt_u.v == 0);
	CHECK(all.w == UINT32_MAX && all.opt_w.set && all.opt_w.v == UINT32_MAX - 1);
	CHECK_STR(read_text("{\"u\": 18446744073709551616}"),
		  "u: 18446744073709551616 is not in 0..18446744073709551615");
	CHECK_STR(read_text("{\"i\": 9223372036854775808}"),
		  "i: 9223372036854775808 is not in -9223372036854775808..9223372036854775807");
	CHECK_STR(read_text("{\"w\": 4294967296}"), "w: 4294967296 is not in 0..4294967295");
	CHECK_STR(read_text("{\"w\": -1}"), "w: -1 is not in 0..4294967295");
	CHECK_STR(read_text("{\"optW\": 4294967295}"), "optW: 4294967295 is not in 2..4294967294");
	CHECK_STR(read_text("{\"optW\": 1}"), "optW: 1 is not in 2..4294967294");
	CHECK_STR(read_text("{\"inner\": {\"number\": -6}}"), "inner.number: -6 is not in -5..5");
	CHECK_STR(read_text("{\"inner\": {\"number\": 6}}"), "inner.number: 6 is not in -5..5");
	CHECK_STR(read_text("{\"u\": 1.0}"), "u: expected a whole number");
	CHECK_STR(read_text("{\"u\": 1e3}"), "u: expected a whole number");
	CHECK_STR(read_text("{\"u\": \"1\"}"), "u: expected a number");
	CHECK_STR(read_text("{\"ids\": [0, 9, 10]}"), "ids[2]: 10 is not in 0..9");
	CHECK_STR(read_text("{\"u\": 01}"),
		  "line 1, near column 8: not JSON: after key and value, inside map, I expect ',' or '}'");
	CHECK(strstr(
		read_text(
			"{\"u\": "
			"11111111111111111111111111111111111111111111111111111111111111111111111111111111111"
			"111111111111111111111111111111111111111111111111}"),
		"1... is not in 0..18446744073709551615"));
}

static void kinds(void)
{
	CHECK_STR(read_text("{\"flag\": true, \"optFlag\": false, \"text\": \"\", \"filled\": \"\", "
			    "\"colour\": \"green\","
			    "\"letter\": \"b\", \"strings\": [\"a\", \"\"], \"ids\": [3, 1], \"map\": "
			    "{\"z\": \"1\", \"\": \"2\"},"
			    "\"keyed\": {\"eth0\": {}, \"a.b\": {\"number\": 4}}, \"inner\": {\"number\": 0},"
			    "\"items\": [{\"name\": \"x\", \"words\": [\"p\", \"q\"]}, {\"words\": [], "
			    "\"name\": \"y\", \"id\": 7}],"
			    "\"next\": {\"next\": {\"text\": \"deep\"}}}"),
		  "");
	CHECK(all.flag && all.opt_flag.set && !all.opt_flag.v && all.colour == GREEN && all.letter == 'b');
	CHECK(all.text && !*all.text && !all.filled);
	CHECK(all.strings.n == 2 && !strcmp(all.strings.v[0], "a") && !*all.strings.v[1] &&
	      !all.strings.v[2]);
	CHECK(all.ids.n == 2 && all.ids.v[0] == 3 && all.ids.v[1] == 1);
	CHECK(all.map.n == 2 && !strcmp(all.map.v[0].key, "z") && !strcmp(all.map.v[1].value, "2"));
	CHECK(all.keyed.n == 2 && !strcmp(all.keyed.v[1].key, "a.b") && all.keyed.v[1].number.v == 4);
	CHECK(!all.keyed.v[0].number.set && all.inner.number.set);
	CHECK(all.items.n == 2 && all.items.v[0].words.n == 2 && !strcmp(all.items.v[0].words.v[1], "q"));
	CHECK(all.items.v[1].id == 7 && all.items.v[1].words.n == 0 && all.items.v[1].words.v);
	CHECK(all.next && all.next->next && !strcmp(all.next->next->text, "deep") && !all.next->next->next);
	CHECK_STR(read_text("{\"colour\": \"blue\"}"), "colour: 'blue' is not one of red, green");
	CHECK_STR(read_text("{\"items\": [{\"name\": \"x\"}, {\"id\": 1}]}"), "items[1].name: is missing");
	CHECK_STR(read_text("{\"items\": [{\"name\": \"x\", \"words\": [\"a\", 1]}]}"),
		  "items[0].words[1]: expected a string");
	CHECK_STR(read_text("{\"keyed\": {\"a.b\": {\"number\": true}}}"),
		  "keyed['a.b'].number: expected a number");
	CHECK_STR(read_text("{\"keyed\": {\"a\": 1}}"), "keyed.a: expected an object");
	CHECK_STR(read_text("{\"keyed\": []}"), "keyed: expected an object");
	CHECK_STR(read_text("{\"map\": {\"a\": {}}}"), "map.a: expected a string");
	CHECK_STR(read_text("{\"items\": {}}"), "items: expected a list");
	CHECK_STR(read_text("{\"items\": [[]]}"), "items[0]: expected an object");
	CHECK_STR(read_text("{\"flag\": 1}"), "flag: expected true or false");
}

/* Lists in items of lists, and items big enough that the stack they grow in moves. */
static void growth(void)
{
	static char text[400000];
	size_t n = 0;

	n += (size_t)sprintf(text, "{\"items\": [");
	for (int i = 0; i < 3000; i++) {
		n += (size_t)sprintf(text + n, "%s{\"words\": [", i ? "," : "");
		for (int j = 0; j < i % 17; j++)
			n += (size_t)sprintf(text + n, "%s\"%d\"", j ? "," : "", i + j);
		n += (size_t)sprintf(text + n, "], \"id\": %d, \"name\": \"n%d\"}", i, i);
	}
	sprintf(text + n, "], \"w\": 5}");
	CHECK_STR(read_text(text), "");
	CHECK(all.items.n == 3000 && all.w == 5);
	for (int i = 0; i < 3000 && i < (int)all.items.n; i++) {
		const struct item *item = &all.items.v[i];

		CHECK(item->id == (uint32_t)i && item->words.n == (size_t)(i % 17) &&
		      !item->words.v[item->words.n]);
		for (size_t j = 0; j < item->words.n; j++)
			CHECK(atoi(item->words.v[j]) == i + (int)j);
	}
}

static void nulls(void)
{
	CHECK_STR(read_text("{\"flag\": null, \"optI\": null, \"text\": null, \"colour\": null, \"strings\": "
			    "null, \"ids\": null,"
			    "\"items\": null, \"map\": null, \"keyed\": null, \"inner\": null, \"next\": "
			    "null, \"x\": null}"),
		  "");
	CHECK(!all.opt_i.set && !all.text && !all.strings.v && !all.items.n && !all.next);
	CHECK_STR(read_text("{\"items\": [{\"name\": null}]}"), "items[0].name: expected a string, not null");
	CHECK_STR(read_text("{\"items\": [null]}"), "items[0]: expected an object, not null");
	CHECK_STR(read_text("{\"strings\": [null]}"), "strings[0]: expected a string, not null");
	CHECK_STR(read_text("{\"map\": {\"a\": null}}"), "map.a: expected a string, not null");
	CHECK_STR(read_text("null"), "expected an object, not null");
}

static void unknown(void)
{
	CHECK_STR(read_text("{\"x\": {\"y\": [1, 2.5e9, [true, null, {}]], \"z\": \"\"}, \"U\": 5, \"u\": 3, "
			    "\"X\": 1}"),
		  "");
	CHECK(all.u == 3);
	CHECK_STR(read_text("{\"x\": {\"y\": [1, }}"),
		  "line 1, near column 18: not JSON: unallowed token at this point in JSON text");
}

static void duplicates(void)
{
	CHECK_STR(read_text("{\"u\": 1, \"u\": 1}"), "u: appears twice");
	CHECK_STR(read_text("{\"u\": null, \"i\": 1, \"u\": 1}"), "u: appears twice");
	CHECK_STR(read_text("{\"next\": {\"x\": 1, \"y\": 2, \"x\": 3}}"), "next.x: appears twice");
	CHECK_STR(read_text("{\"x\": [{\"a\": 1, \"\\u0061\": 3}]}"), "x[0].a: appears twice");
	CHECK_STR(read_text("{\"\\u0075\": 1, \"u\": 2}"), "u: appears twice");
	CHECK_STR(read_text("{\"map\": {\"a b\": \"\", \"a b\": \"\"}}"), "map['a b']: appears twice");
	CHECK_STR(read_text("{\"keyed\": {\"a\": {}, \"b\": {}, \"a\": {}}}"), "keyed.a: appears twice");
	CHECK_STR(read_text("{\"x\": {\"a\": 1}, \"y\": {\"a\": 1}, \"a\": {\"x\": 1}}"), "");
}

static void syntax(void)
{
	CHECK_STR(read_text(""), "line 1, near column 1: not JSON: premature EOF");
	CHECK_STR(read_text("{"), "line 1, near column 2: not JSON: premature EOF");
	CHECK_STR(read_text("{\n\"x\":\n[1"), "line 3, near column 3: not JSON: premature EOF");
	CHECK_STR(read_text("[]"), "expected an object");
	CHECK_STR(read_text("1"), "expected an object");
	CHECK_STR(read_text("{}x"), "line 1, near column 4: not JSON: trailing garbage");
	CHECK_STR(read_text("{}\n\n{}"), "line 3, near column 2: not JSON: trailing garbage");
	CHECK_STR(read_text("{} \n\t\r "), "");
	CHECK_STR(read_text("{ /* no */ }"), "line 1, near column 3: not JSON: probable comment found in "
					     "input text, comments are not enabled.");
	CHECK_STR(read_text("{\"x\": 1,}"),
		  "line 1, near column 10: not JSON: invalid object key (must be a string)");
	CHECK(*read_text("{\"x\": [1,]}"));
	CHECK(*read_text("{x: 1}"));
	CHECK(*read_text("{'x': 1}"));
	CHECK(*read_text("{\"x\": NaN}"));
	CHECK(*read_text("{\"x\": +1}"));
	CHECK(*read_text("{\"x\": .5}"));
	CHECK(*read_text("{\"x\": \"a\nb\"}"));
	CHECK(*read_text("{\"x\": \"\\q\"}"));
	CHECK(*read_text("\xef\xbb\xbf{}"));
}

static void strings(void)
{
	CHECK_STR(read_text("{\"text\": \"a\\u00e9\\ud83d\\ude00\\/\\n\\\\u0000\"}"), "");
	CHECK_STR(all.text, "a\xc3\xa9\xf0\x9f\x98\x80/\n\\u0000");
	CHECK_STR(read_text("{\"text\": \"a\\u0000b\"}"), "line 1, column 12: \\u0000 cannot be in a string");
	CHECK_STR(read_text("{\"a\\u0000\": 1}"), "line 1, column 4: \\u0000 cannot be in a string");
	CHECK_STR(read_text("{\"text\": \"\\ud800\"}"), "line 1, column 11: half of a surrogate pair");
	CHECK_STR(read_text("{\"text\": \"\\ud800\\u0041\"}"), "line 1, column 11: half of a surrogate pair");
	CHECK_STR(read_text("{\"text\": \"\\udc00\"}"), "line 1, column 11: half of a surrogate pair");
	CHECK_STR(read_text("{\"text\": \"\\u00g0\"}"),
		  "line 1, column 11: \\u without four hexadecimal digits");
	CHECK_STR(read_text("{\"text\":\n\"\xff\"}"), "line 2, column 2: not UTF-8");
	CHECK_STR(read_text("{\"text\": \"\xc0\x80\"}"), "line 1, column 11: not UTF-8");
	CHECK_STR(read_text("{\"text\": \"\xed\xa0\x80\"}"), "line 1, column 11: not UTF-8");
	CHECK_STR(read_text("{\"text\": \"\xf4\x90\x80\x80\"}"), "line 1, column 11: not UTF-8");
	CHECK_STR(read_text("{\"text\": \"\xe2\x82\"}"), "line 1, column 11: not UTF-8");
	CHECK_STR(read_text("{\"text\": \"\xf0\x9f\x98\x80\xe2\x82\xac\"}"), "");
	CHECK_STR(read_n("{\"text\": \"a\0b\"}", 15), "line 1, column 12: a NUL byte");
	CHECK_STR(read_n("{}\0", 3), "line 1, column 3: a NUL byte");
	CHECK_STR(read_text("{\"colour\": \"a'b\\n\\u001b[31m\"}"),
		  "colour: 'a?b??[31m' is not one of red, green");
}

/* {"x": [[[...]]]} */
static void depth(void)
{
	static char text[2100000];

	for (size_t n = 1; n <= 1000000; n *= 10) {
		size_t at = (size_t)sprintf(text, "{\"x\": ");

		memset(text + at, '[', n);
		memset(text + at + n, ']', n);
		strcpy(text + at + 2 * n, "}");
		if (n < JSON_DEPTH_MAX)
			CHECK_STR(read_text(text), "");
		else
			CHECK(strstr(read_text(text), "[0][0][0]: nested too deeply"));
	}
	strcpy(text, "");
	for (int i = 0; i < 63; i++)
		strcat(text, "{\"next\": ");
	strcat(text, "{}");
	for (int i = 0; i < 63; i++)
		strcat(text, "}");
	CHECK_STR(read_text(text), "");
	memmove(text + 9, text, strlen(text) + 1);
	memcpy(text, "{\"next\": ", 9);
	strcat(text, "}");
	CHECK(strstr(read_text(text), ".next: nested too deeply"));
}

static char *big;

/* A million members: every name is sorted once, and none of them twice. */
static void many_names(void)
{
	const size_t million = 1000000;
	static const char *const before[] = {"{", "{\"x\": {", "{\"x\": [{", "{\"map\": {"};
	static const char *const after[] = {"}", "}}", "}]}", "}}"};

	for (size_t kind = 0; kind < 4; kind++) {
		size_t n = (size_t)sprintf(big, "%s", before[kind]), last;

		for (size_t i = 0; i < million; i++)
			n += (size_t)sprintf(big + n, "\"%zu\":\"\",", i * 7919 % million);
		last = n - 1;
		strcpy(big + last, after[kind]);
		sorted = 0;
		CHECK_STR(read_text(big), "");
		CHECK(sorted == million);
		sprintf(big + last, ",\"77\":\"\"%s", after[kind]);
		CHECK(strstr(read_text(big), "77: appears twice"));
	}
}

static void many_items(void)
{
	const size_t million = 1000000;
	size_t n = (size_t)sprintf(big, "{\"strings\": [");

	for (size_t i = 0; i < million; i++)
		n += (size_t)sprintf(big + n, "\"A=%zu\",", i);
	strcpy(big + n - 1, "]}");
	sorted = 0;
	CHECK_STR(read_text(big), "");
	CHECK(all.strings.n == million && sorted == 0);
	CHECK_STR(all.strings.v[million - 1], "A=999999");
	CHECK(arena.used < 2 * n);
}

static void size_limit(void)
{
	size_t n = (size_t)sprintf(big, "{\"text\": \"");

	memset(big + n, 'x', JSON_READ_MAX);
	strcpy(big + JSON_READ_MAX - 2, "\"}");
	CHECK_STR(read_text(big), "");
	CHECK(strlen(all.text) == JSON_READ_MAX - 2 - n);
	strcpy(big + JSON_READ_MAX, " ");
	CHECK_STR(read_text(big), "longer than 16777216 bytes");
}

/* An arena that is too small is an error at every size, not a crash. */
static void small_arena(void)
{
	static const char text[] = "{\"text\": \"abcdefgh\", \"strings\": [\"a\", \"b\"], \"next\": {}, "
				   "\"map\": {\"a\": \"b\"}}";
	int r = -1;

	for (size_t size = 4096; r < 0 && size > 0; size--) {
		arena_close(&arena);
		CHECK(arena_open_private(&arena, 4096) == 0);
		arena.used = size;
		fail_forget();
		r = json_read(&arena, &all_table, text, strlen(text), &all);
		CHECK(r == 0 || r == -ENOMEM);
	}
	CHECK(r == 0);
}

static void list_document(void)
{
	const void *v = NULL;
	size_t n = 0;
	const struct item *items;

	arena_close(&arena);
	CHECK(arena_open_private(&arena, 1 << 20) == 0);
	CHECK(json_read_list(&arena, &item_table, "[{\"name\": \"a\"}, {\"name\": \"b\"}]", 30, &v, &n) == 0);
	items = v;
	CHECK(n == 2 && items && !strcmp(items[1].name, "b"));
	CHECK(json_read_list(&arena, &item_table, "[]", 2, &v, &n) == 0 && n == 0);
	fail_forget();
	CHECK(json_read_list(&arena, &item_table, "{}", 2, &v, &n) == -EINVAL);
	CHECK_STR(fail_line(line, sizeof(line)), "expected a list");
	fail_forget();
	CHECK(json_read_list(&arena, &item_table, "[{\"name\": \"a\"}, {}]", 19, &v, &n) == -EINVAL);
	CHECK_STR(fail_line(line, sizeof(line)), "[1].name: is missing");
}

static void words(void)
{
	CHECK_STR(json_word(&colours, RED), "red");
	CHECK(!json_word(&colours, 9));
	CHECK_STR(json_show("a\tb'\xff", 5).text, "a?b?...");
	CHECK(strlen(json_show("0123456789012345678901234567890123456789012345678901234567890123456789xxxx",
			       74)
			     .text) < 72);
}

static int run(void)
{
	static const struct test tests[] = {
		{"numbers", numbers},
		{"kinds", kinds},
		{"growth", growth},
		{"nulls", nulls},
		{"unknown", unknown},
		{"duplicates", duplicates},
		{"syntax", syntax},
		{"strings", strings},
		{"depth", depth},
		{"many-names", many_names},
		{"many-items", many_items},
		{"size-limit", size_limit},
		{"small-arena", small_arena},
		{"list", list_document},
		{"words", words},
	};

	return test_main("json", tests, ARRAY_SIZE(tests));
}

int main(void)
{
	int r;

	big = malloc(JSON_READ_MAX + 4096);
	if (!big)
		return 1;
	r = run();
	free(big);
	arena_close(&arena);
	return r;
}
