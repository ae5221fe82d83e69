/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tests/unit/test.h: the smallest harness that tells what failed. A test program is a list of functions; each CHECK
 * that does not hold is printed with its place and fails the function it stands in. Output: "ok NAME" or "not ok NAME"
 * a line, so that tests/check.sh can count.
 */
#pragma once

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

static bool test_failed;

#define CHECK(cond)                                                             \
	do {                                                                    \
		if (!(cond)) {                                                  \
			printf("# %s:%d: %s\n", __FILE__, __LINE__, #cond);     \
			test_failed = true;                                     \
		}                                                               \
	} while (0)

#define CHECK_STR(got, want)                                                                      \
	do {                                                                                      \
		const char *got_ = (got), *want_ = (want);                                        \
		if (!got_ || strcmp(got_, want_)) {                                               \
			printf("# %s:%d: got \"%s\", want \"%s\"\n", __FILE__, __LINE__,          \
			       got_ ? got_ : "(null)", want_);                                    \
			test_failed = true;                                                       \
		}                                                                                 \
	} while (0)

struct test {
	const char *name;
	void (*run)(void);
};

static inline int test_main(const char *suite, const struct test *tests, size_t n)
{
	int failed = 0;

	for (size_t i = 0; i < n; i++) {
		test_failed = false;
		tests[i].run();
		printf("%sok unit/%s/%s\n", test_failed ? "not " : "", suite, tests[i].name);
		failed += test_failed;
	}
	return failed ? 1 : 0;
}

#define TEST_MAIN(suite, ...)                                                        \
	int main(void)                                                               \
	{                                                                            \
		static const struct test tests[] = { __VA_ARGS__ };                  \
		return test_main(suite, tests, sizeof(tests) / sizeof(tests[0]));    \
	}
