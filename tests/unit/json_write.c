/* SPDX-License-Identifier: Apache-2.0 */
/* tests/unit/json_write.c: base/json_write.c, and the default document that it writes. */
#include "base/err.h"
#include "base/json_write.h"
#include "spec/spec.h"

#include <math.h>
#include <stdlib.h>

#include "test.h"

static struct arena arena;
static char line[ERR_TEXT_MAX + 64];

static struct json_writer *begin(const char *indent)
{
	struct json_writer *w;

	arena_close(&arena);
	fail_forget();
	if (arena_open_private(&arena, 16u << 20) < 0)
		abort();
	w = json_writer_begin(&arena, indent);
	if (!w)
		abort();
	return w;
}

static const char *end(struct json_writer *w)
{
	const char *text = NULL;
	size_t n = 0;

	if (json_writer_end(w, &text, &n) < 0)
		return fail_line(line, sizeof(line));
	CHECK(strlen(text) == n);
	return text;
}

static void write_all_kinds(struct json_writer *w)
{
	static const struct string_pair pairs[] = {{"k", "v"}, {"", ""}};
	const char *words[] = {"a", "b", NULL};

	json_object(w, NULL);
	json_string(w, "path", "/run/a\\b\"c\n\x01");
	json_string(w, "none", NULL);
	json_bool(w, "yes", true);
	json_i64(w, "min", INT64_MIN);
	json_u64(w, "max", UINT64_MAX);
	json_null(w, "null");
	json_object(w, "empty");
	json_end_object(w);
	json_array(w, "list");
	json_array(w, NULL);
	json_end_array(w);
	json_object(w, NULL);
	json_i64(w, "x", -1);
	json_end_object(w);
	json_end_array(w);
	json_strings(w, "strings", &(struct strings){words, 2});
	json_strings(w, "noStrings", &(struct strings){NULL, 0});
	json_string_map(w, "map", &(struct string_map){pairs, 2});
	json_end_object(w);
}

static void compact(void)
{
	struct json_writer *w = begin(NULL);

	write_all_kinds(w);
	CHECK_STR(end(w), "{\"path\":\"/run/"
			  "a\\\\b\\\"c\\n\\u0001\",\"none\":null,\"yes\":true,\"min\":-9223372036854775808,"
			  "\"max\":18446744073709551615,\"null\":null,\"empty\":{},\"list\":[[],{\"x\":-1}],"
			  "\"strings\":[\"a\",\"b\"],\"noStrings\":[],\"map\":{\"k\":\"v\",\"\":\"\"}}");
}

static void indented(void)
{
	struct json_writer *w = begin("  ");

	json_object(w, NULL);
	json_string(w, "a", "b");
	json_array(w, "empty");
	json_end_array(w);
	json_array(w, "list");
	json_object(w, NULL);
	json_end_object(w);
	json_i64(w, NULL, 1);
	json_end_array(w);
	json_end_object(w);
	CHECK_STR(end(w), "{\n  \"a\": \"b\",\n  \"empty\": [],\n  \"list\": [\n    {},\n    1\n  ]\n}");
	w = begin("\t");
	json_object(w, NULL);
	json_end_object(w);
	CHECK_STR(end(w), "{}");
}

static void doubles(void)
{
	struct json_writer *w = begin(NULL);

	json_array(w, NULL);
	json_double(w, NULL, 0);
	json_double(w, NULL, 0.1);
	json_double(w, NULL, 1.0 / 3);
	json_double(w, NULL, 1e300);
	json_double(w, NULL, -12.25);
	json_end_array(w);
	CHECK_STR(end(w), "[0,0.1,0.3333333333333333,1e+300,-12.25]");
	w = begin(NULL);
	json_double(w, NULL, INFINITY);
	CHECK_STR(end(w), "cannot write JSON: the document is not whole");
}

static void bad_bytes(void)
{
	struct json_writer *w = begin(NULL);

	json_array(w, NULL);
	json_string(w, NULL,
		    "\xff"
		    "a\xc3\xa9\xe2\x82");
	json_string(w, NULL, "\xed\xa0\x80");
	json_end_array(w);
	CHECK_STR(end(w), "[\"\xef\xbf\xbd"
			  "a\xc3\xa9\xef\xbf\xbd\xef\xbf\xbd\",\"\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\"]");
}

/* What was begun and not ended, or ended twice, or as another thing, is no document. */
static void misuse(void)
{
	static const char not_whole[] = "cannot write JSON: the document is not whole";
	struct json_writer *w = begin(NULL);

	CHECK_STR(end(w), not_whole);
	w = begin(NULL);
	json_object(w, NULL);
	CHECK_STR(end(w), not_whole);
	w = begin(NULL);
	json_object(w, NULL);
	json_array(w, "a");
	json_i64(w, NULL, 1);
	json_end_array(w);
	CHECK_STR(end(w), not_whole);
	w = begin(NULL);
	json_array(w, NULL);
	json_end_object(w);
	CHECK_STR(end(w), not_whole);
	w = begin(NULL);
	json_object(w, NULL);
	json_end_object(w);
	json_end_object(w);
	CHECK_STR(end(w), not_whole);
	w = begin(NULL);
	json_object(w, NULL);
	json_i64(w, NULL, 1);
	json_end_object(w);
	CHECK_STR(end(w), not_whole);
}

static void growth(void)
{
	struct json_writer *w = begin(NULL);
	const char *text;

	json_array(w, NULL);
	for (int i = 0; i < 10000; i++)
		json_string(w, NULL, "0123456789");
	json_end_array(w);
	text = end(w);
	CHECK(strlen(text) == 1 + 10000 * 13);
	CHECK(arena.used < 8 * strlen(text));
}

/* An arena that is too small is an error at every size, not a crash. */
static void small_arena(void)
{
	int r = -1;

	for (size_t used = 65536; r < 0 && used > 0; used -= used > 64 ? 64 : used) {
		struct json_writer *w;
		const char *text;
		size_t n;

		arena_close(&arena);
		fail_forget();
		CHECK(arena_open_private(&arena, 65536) == 0);
		arena.used = used;
		w = json_writer_begin(&arena, NULL);
		if (!w)
			continue;
		json_array(w, NULL);
		for (int i = 0; i < 1000; i++)
			json_string(w, NULL, "0123456789");
		json_end_array(w);
		r = json_writer_end(w, &text, &n);
		CHECK(r == 0 || r == -ENOMEM);
	}
	CHECK(r == 0);
}

/* ---- the default document ---- */

static const struct spec *default_spec(const struct spec_default *how, const char **ret_text)
{
	struct json_writer *w = begin("\t");
	const struct spec *spec = NULL;

	spec_default_write(how, w);
	*ret_text = end(w);
	CHECK(spec_load(&arena, *ret_text, strlen(*ret_text), &spec) == 0);
	CHECK_STR(fail_line(line, sizeof(line)), "");
	if (!spec)
		abort();
	return spec;
}

static bool has_namespace(const struct spec *spec, enum spec_namespace_type type)
{
	for (size_t i = 0; i < spec->linux_->namespaces.n; i++) {
		if (spec->linux_->namespaces.v[i].type == type)
			return true;
	}
	return false;
}

static bool has(const struct strings *list, const char *word)
{
	for (size_t i = 0; i < list->n; i++) {
		if (!strcmp(list->v[i], word))
			return true;
	}
	return false;
}

static void default_rootful(void)
{
	const char *text;
	const struct spec *spec = default_spec(&(struct spec_default){.thermal_cpus = 2}, &text);

	CHECK(!strncmp(text, "{\n\t\"ociVersion\": \"1.3.0\",\n\t\"process\": {\n\t\t\"terminal\": true,\n",
		       55));
	CHECK(spec->process->no_new_privileges.v && spec->process->capabilities->bounding.n == 3);
	CHECK(spec->process->capabilities->ambient.n == 0 && spec->process->capabilities->inheritable.n == 0);
	CHECK(spec->root->readonly && spec->mounts.n == 7 && spec->linux_->resources->devices.n == 1);
	CHECK_STR(spec->hostname, "cruet");
	CHECK_STR(spec->process->args.v[0], "sh");
	CHECK(has_namespace(spec, SPEC_NS_CGROUP) && has_namespace(spec, SPEC_NS_NETWORK));
	CHECK(!has_namespace(spec, SPEC_NS_USER));
	CHECK(has(&spec->linux_->masked_paths, "/proc/interrupts"));
	CHECK(has(&spec->linux_->masked_paths, "/sys/devices/virtual/powercap"));
	CHECK(has(&spec->linux_->masked_paths, "/sys/devices/system/cpu/cpu1/thermal_throttle"));
	CHECK(has(&spec->linux_->readonly_paths, "/proc/sysrq-trigger"));
	CHECK(has(&spec->mounts.v[2].options, "gid=5"));
}

static void default_rootless(void)
{
	const char *text;
	const struct spec *spec =
		default_spec(&(struct spec_default){.rootless = true, .uid = 1000, .gid = 1001}, &text);

	CHECK(has_namespace(spec, SPEC_NS_USER) && !has_namespace(spec, SPEC_NS_NETWORK));
	CHECK(spec->linux_->uid_mappings.n == 1 && spec->linux_->uid_mappings.v[0].outside == 1000);
	CHECK(spec->linux_->gid_mappings.v[0].outside == 1001 && spec->linux_->gid_mappings.v[0].size == 1);
	CHECK(!spec->linux_->resources && !has(&spec->mounts.v[2].options, "gid=5"));
	CHECK(has(&spec->mounts.v[5].options, "rbind") && has(&spec->mounts.v[5].options, "ro"));
}

int main(void)
{
	static const struct test tests[] = {
		{"compact", compact},
		{"indented", indented},
		{"doubles", doubles},
		{"bad-bytes", bad_bytes},
		{"misuse", misuse},
		{"growth", growth},
		{"small-arena", small_arena},
		{"default", default_rootful},
		{"default-rootless", default_rootless},
	};
	int r = test_main("json-write", tests, ARRAY_SIZE(tests));

	arena_close(&arena);
	return r;
}
