/* SPDX-License-Identifier: Apache-2.0 */
/* Large and hostile configurations: each size is the most that anybody has sent, and the time grows with it
 * only. */
#include <stdlib.h>
#include <time.h>

#include "base/err.h"
#include "base/str.h"
#include "plan/make.h"
#include "test.h"

static struct arena arena;
static const struct host host = { .initial_userns = true, .bounding = UINT64_MAX };
static const struct plan_options options = { .id = "c1", .bundle = "/b" };

static double seconds(void)
{
	struct timespec t;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static struct making make_up(struct plan *plan, const struct spec *spec, const char **warnings)
{
	return (struct making){ .arena = &arena,
				.spec = spec,
				.process = spec->process,
				.host = &host,
				.options = &options,
				.plan = plan,
				.warnings = warnings };
}

static void a_million_variables(void)
{
	enum { N = 1000000 };
	const char **list = calloc(N, sizeof(*list));
	struct spec_process process = { .env = { list, N } };
	struct spec spec = { .process = &process };
	struct plan plan = { .kind = PLAN_CREATE };
	const char *warnings[WARNINGS_MAX + 1], *const *env, *path;
	struct making m = make_up(&plan, &spec, warnings);
	double start;
	size_t n = 0;

	for (int i = 0; i < N; i++)
		list[i] = arena_printf(&arena, i % 2 ? "V%d=%d" : "W%d=%d", i % 3 ? i : 7, i);
	start = seconds();
	CHECK(make_env(&m, &process.env, &env, &path) == 0);
	/* quadratic would be hours */
	CHECK(seconds() - start < 10);
	while (env[n])
		n++;
	/* one in three has one of two names, of which V7 is the eighth's too; and HOME */
	CHECK(n == N - (N + 2) / 3 + 2 - 1 + 1);
	CHECK_STR(env[n - 1], "HOME=/root");
	CHECK_STR(path, DEFAULT_PATH);
	free(list);
}

static void the_last_one_wins(void)
{
	const char *list[] = {
		"A=1", "AB=2", "A=3", "=odd", "PATH=/p", "A", "HOME=/h", "AB=4", "A", "PATH=/q"
	};
	static const char *const want[] = { "A=3", "=odd", "A", "HOME=/h", "AB=4", "A", "PATH=/q", NULL };
	struct spec_process process = { .env = { list, ARRAY_SIZE(list) } };
	struct spec spec = { .process = &process };
	struct plan plan = { .kind = PLAN_CREATE };
	const char *warnings[WARNINGS_MAX + 1], *const *env, *path;
	struct making m = make_up(&plan, &spec, warnings);

	CHECK(make_env(&m, &process.env, &env, &path) == 0);
	CHECK_STR(path, "/q");
	for (size_t i = 0; want[i]; i++)
		CHECK_STR(env[i], want[i]);
	CHECK(!env[ARRAY_SIZE(want) - 1]);
}

static void unknown_capabilities_are_said_in_part(void)
{
	enum { N = 100000 };
	const char **list = calloc(N, sizeof(*list));
	struct spec_capabilities caps = { .bounding = { list, N } };
	struct spec spec = { .process = NULL };
	struct plan plan = { .kind = PLAN_CREATE };
	const char *warnings[WARNINGS_MAX + 1];
	struct making m = make_up(&plan, &spec, warnings);
	struct cap_masks masks;

	for (int i = 0; i < N; i++)
		list[i] = arena_printf(&arena, "CAP_X%d", i);
	CHECK(make_caps(&m, &caps, &masks) == 0);
	CHECK(plan.warnings.n == 1 && ends_with(warnings[0], "and more") && strlen(warnings[0]) < 1024);
	CHECK(masks.mask[CAPSET_BOUNDING] == 0);
	for (int i = 0; i < 2 * WARNINGS_MAX; i++)
		CHECK(warn(&m, "%d", i) == 0);
	CHECK(plan.warnings.n == WARNINGS_MAX);
	free(list);
}

static int parse(const char *text, unsigned int limit, const unsigned long **mask, size_t *bytes,
		 size_t *count)
{
	struct spec spec = { .process = NULL };
	struct plan plan = { .kind = PLAN_CREATE };
	struct making m = make_up(&plan, &spec, NULL);
	int r = mask_parse(&m, "place", text, limit, mask, bytes, count);

	fail_forget();
	return r;
}

static void lists_of_numbers(void)
{
	static const char *const wrong[] = {
		"a", "1-", "-1", "3-1", "1-2-3", "1;2", "128", "0-128", "99999999999999999999", "1x", "0x1"
	};
	const unsigned long *mask;
	size_t bytes, count;

	CHECK(parse("0-3,7", 128, &mask, &bytes, &count) == 0 && mask[0] == 0x8f && bytes == 8 && count == 5);
	CHECK(parse(" 1, 1 ,,64-65,127 ", 128, &mask, &bytes, &count) == 0 && bytes == 16 && count == 4);
	CHECK(mask[0] == 2 && mask[1] == (3ul | 1ul << 63));
	CHECK(parse("", 128, &mask, &bytes, &count) == 0 && bytes == 0 && count == 0);
	for (size_t i = 0; i < ARRAY_SIZE(wrong); i++)
		CHECK(parse(wrong[i], 128, &mask, &bytes, &count) < 0);
}

static void paths_in_the_container(void)
{
	static const char *const cases[][2] = {
		{ "/a", "/a" },	 { "a", "/a" },	 { "//a///b/./c/", "/a/b/c" },
		{ "/", "/" },	 { "./", "/" },	 { "/a..b/..c", "/a..b/..c" },
		{ "/..", "/" },	 { "..", "/" },	 { "/a/../b", "/b" },
		{ "a/../../b/..", "/" }, { "/a/b/../../../c", "/c" }, { "", NULL },
	};
	struct spec spec = { .process = NULL };
	struct plan plan = { .kind = PLAN_CREATE };
	struct making m = make_up(&plan, &spec, NULL);

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		const char *path = NULL;
		int r = container_path(&m, "place", cases[i][0], &path);

		CHECK(r == (cases[i][1] ? 0 : -EINVAL));
		if (cases[i][1])
			CHECK_STR(path, cases[i][1]);
		fail_forget();
	}
}

/* The first entry of an arena that is nearly full fails, and nothing is written past it. */
static void a_full_arena(void)
{
	struct spec_process process = { .cwd = "/" };
	struct spec_linux linux_ = { 0 };
	struct spec_root root = { .path = "rootfs" };
	struct spec spec = { .process = &process, .linux_ = &linux_, .root = &root };
	const struct plan *plan;

	for (size_t size = 0; size < 64 * 1024; size += 512) {
		struct arena small;
		int r;

		CHECK(arena_open_private(&small, size + 1) == 0);
		r = plan_make(&small, &spec, &host, &options, &plan);
		CHECK(r == 0 || r == -ENOMEM);
		fail_forget();
		arena_close(&small);
		if (r == 0)
			return;
	}
	CHECK(!"a plan in 64 KiB");
}

static const struct test tests[] = {
	{ "a_million_variables", a_million_variables },
	{ "the_last_one_wins", the_last_one_wins },
	{ "unknown_capabilities_are_said_in_part", unknown_capabilities_are_said_in_part },
	{ "lists_of_numbers", lists_of_numbers },
	{ "paths_in_the_container", paths_in_the_container },
	{ "a_full_arena", a_full_arena },
};

int main(void)
{
	if (arena_open_private(&arena, 512u << 20) < 0)
		return 1;
	return test_main("plan_scale", tests, ARRAY_SIZE(tests));
}
