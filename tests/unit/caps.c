/* SPDX-License-Identifier: Apache-2.0 */
/* tests/unit/caps.c: the names of capabilities, and what of this process's sets can be read without
 * privileges. */
#include "base/err.h"
#include "base/str.h"
#include "kernel/caps.h"

#include <linux/capability.h>
#include <sys/wait.h>
#include <unistd.h>

#include "test.h"

static void names(void)
{
	static const struct {
		const char *name;
		int number;
	} rows[] = {
		{"CAP_CHOWN", CAP_CHOWN},
		{"cap_chown", CAP_CHOWN},
		{"chown", CAP_CHOWN},
		{"Net_Admin", CAP_NET_ADMIN},
		{"CAP_CHECKPOINT_RESTORE", CAP_CHECKPOINT_RESTORE},
		{"CAP_BPF", CAP_BPF},
		{"CAP_PERFMON", CAP_PERFMON},
	};
	static const char *const bad[] = {
		"",
		"CAP_",
		"CAP_NOTHING",
		"7",
		"CAP_7",
		"CAP_CHOWN ",
		" CHOWN",
		"CAP_CAP_CHOWN",
		"CAP_CHOWNX",
		"CHOW",
		"cap_chown,cap_kill",
		"CAP_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		int number = -1;

		CHECK(cap_number(rows[i].name, &number) == 0);
		CHECK(number == rows[i].number);
	}
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		int number = -1;

		CHECK(cap_number(bad[i], &number) == -ENOENT);
		CHECK(number == -1);
	}
}

static void words(void)
{
	char buf[64], small[8];
	int i, number = -1;

	for (i = 0; i < 64; i++) {
		const char *word = cap_word(i, buf, sizeof(buf));

		if (!word)
			break;
		CHECK(starts_with(word, "CAP_"));
		CHECK(cap_number(word, &number) == 0 && number == i);
	}
	CHECK(i > CAP_CHECKPOINT_RESTORE);
	CHECK_STR(cap_word(0, buf, sizeof(buf)), "CAP_CHOWN");
	CHECK(!cap_word(-1, buf, sizeof(buf)) && !cap_word(64, buf, sizeof(buf)) &&
	      !cap_word(63, buf, sizeof(buf)));
	CHECK(!cap_word(0, small, sizeof(small)) && !cap_word(0, buf, 0));
}

/* What any process may do: read its sets, set the same, give all up. */
static int own_sets(void)
{
	uint64_t e = 0, p = 0, i = 0;

	if (caps_get(&e, &p, &i) < 0 || (e & ~p))
		return 1;
	if (caps_drop_bounding(UINT64_MAX) < 0)
		return 2;
	if (caps_set(e, p, i) < 0 || caps_set(0, 0, 0) < 0)
		return 3;
	if (caps_set_ambient(0) < 0)
		return 4;
	if (caps_set(1, 1, 0) != -EPERM || caps_set_ambient(1) >= 0)
		return 5;
	if (caps_get(&e, &p, &i) < 0 || e || p || i)
		return 6;
	return caps_bounding() && caps_drop_bounding(0) != -EPERM ? 7 : 0;
}

static void sets(void)
{
	int status = -1;
	pid_t pid = fork();

	if (!pid)
		_exit(own_sets());
	CHECK(waitpid(pid, &status, 0) == pid);
	CHECK(WIFEXITED(status) && WEXITSTATUS(status) == 0);
}

TEST_MAIN("caps", {"names", names}, {"words", words}, {"sets", sets})
