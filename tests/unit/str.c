/* SPDX-License-Identifier: Apache-2.0 */
/* tests/unit/str.c: base/str.c and what of base/io.c and base/fd.c needs no more than a pipe. */
#include "base/fd.h"
#include "base/io.h"
#include "base/str.h"

#include <fcntl.h>
#include <linux/magic.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "test.h"

static void numbers(void)
{
	static const struct {
		const char *s;
		uint64_t max;
		int r;
		uint64_t v;
	} rows[] = {
		{"0", UINT64_MAX, 0, 0},
		{"18446744073709551615", UINT64_MAX, 0, UINT64_MAX},
		{"18446744073709551616", UINT64_MAX, -ERANGE, 0},
		{"99999999999999999999999", UINT64_MAX, -ERANGE, 0},
		{"99999999999999999999999x", UINT64_MAX, -EINVAL, 0},
		{"007", 7, 0, 7},
		{"8", 7, -ERANGE, 0},
		{"", 7, -EINVAL, 0},
		{"-1", 7, -EINVAL, 0},
		{"+1", 7, -EINVAL, 0},
		{" 1", 7, -EINVAL, 0},
		{"1 ", 7, -EINVAL, 0},
		{"0x1", 7, -EINVAL, 0},
		{"1\n", 7, -EINVAL, 0},
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		uint64_t v = 42;
		int r = parse_u64(rows[i].s, rows[i].max, &v);

		CHECK(r == rows[i].r);
		CHECK(v == (r ? 42 : rows[i].v));
	}
}

static void signed_numbers(void)
{
	int64_t v = 42;

	CHECK(parse_i64("-9223372036854775808", &v) == 0 && v == INT64_MIN);
	CHECK(parse_i64("9223372036854775807", &v) == 0 && v == INT64_MAX);
	CHECK(parse_i64("-0", &v) == 0 && v == 0);
	CHECK(parse_i64("-1", &v) == 0 && v == -1);
	CHECK(parse_i64("9223372036854775808", &v) == -ERANGE && v == -1);
	CHECK(parse_i64("-9223372036854775809", &v) == -ERANGE);
	CHECK(parse_i64("-", &v) == -EINVAL);
	CHECK(parse_i64("--1", &v) == -EINVAL);
	CHECK(parse_i64("", &v) == -EINVAL);
}

/* The table of CVE-2026-30892 (rule R9). */
static void ids(void)
{
	static const char *const bad[] = {"-1", "4294967295", "4294967296", "0x1", " 1",
					  "",	"1x",	      "1:2",	    "+1"};
	uint32_t id = 42;

	CHECK(parse_id("1", &id) == 0 && id == 1);
	CHECK(parse_id("4294967294", &id) == 0 && id == 4294967294U);
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
		CHECK(parse_id(bad[i], &id) < 0 && id == 4294967294U);
	CHECK(parse_u32("4294967295", &id) == 0 && id == UINT32_MAX);
	CHECK(parse_u32("4294967296", &id) == -ERANGE);
}

static void texts(void)
{
	char buf[8];
	struct text t = TEXT(buf);

	text_add(&t, "%s", "abc");
	text_add_n(&t, "defg", 4);
	CHECK_STR(buf, "abcdefg");
	CHECK(!t.truncated && t.len == 7);
	text_add_n(&t, "", 0);
	CHECK(!t.truncated);
	text_add(&t, "h");
	CHECK(t.truncated && t.len == 7);
	CHECK_STR(buf, "abcdefg");

	t = TEXT(buf);
	text_add(&t, "%s", "12345678");
	CHECK(t.truncated && t.len == 7);
	CHECK_STR(buf, "1234567");
	text_add(&t, "x");
	CHECK_STR(buf, "1234567");

	t = TEXT(buf);
	text_add_n(&t, "123456789", 9);
	CHECK(t.truncated && t.len == 7);
	CHECK_STR(buf, "1234567");
}

static void words(void)
{
	static const struct {
		const char *name;
		int v;
	} table[] = {{"a", 1}, {"bb", 2}, {"ccc", 3}};

	CHECK(WORD_FIND(table, "bb") == &table[1]);
	CHECK(WORD_FIND(table, "ccc")->v == 3);
	CHECK(!WORD_FIND(table, "b") && !WORD_FIND(table, ""));
	CHECK(streq("a", "a") && !streq("a", "b") && streq(NULL, NULL) && !streq(NULL, "a"));
	CHECK(starts_with("abc", "ab") && starts_with("abc", "") && !starts_with("a", "ab"));
	CHECK(ends_with("abc", "bc") && ends_with("abc", "") && !ends_with("c", "bc"));
}

static void pipes(void)
{
	int fds[2];
	int64_t start = now_ms();

	CHECK(pipe2(fds, O_CLOEXEC) == 0);
	CHECK(wait_readable(fds[0], start + 30) == -ETIMEDOUT);
	CHECK(now_ms() - start >= 29);
	CHECK(write_all(fds[1], "hello", 5) == 0);
	CHECK(wait_readable(fds[0], NO_DEADLINE) == 0);
	fd_close(&fds[1]);
	CHECK(fds[1] == -1);
	CHECK(wait_readable(fds[0], start + 1000) == 0);
	fd_close(&fds[0]);
	CHECK(wait_readable(999, now_ms() + 10) == -EBADF);
	signal(SIGPIPE, SIG_IGN);
	CHECK(pipe2(fds, O_CLOEXEC) == 0);
	fd_close(&fds[0]);
	CHECK(write_all(fds[1], "x", 1) == -EPIPE);
	fd_close(&fds[1]);
}

static void files(void)
{
	char dir[] = "/tmp/cruet-unit-XXXXXX", buf[8];
	autoclose int dirfd = -1;

	CHECK(mkdtemp(dir));
	dirfd = open(dir, O_PATH | O_CLOEXEC);
	CHECK(write_file_at(dirfd, "f", "1234567\n") == -ENOENT);
	close(openat(dirfd, "f", O_CREAT | O_WRONLY, 0600));
	CHECK(write_file_at(dirfd, "f", "123456\n") == 0);
	CHECK(read_file_at(dirfd, "f", buf, sizeof(buf)) == 6);
	CHECK_STR(buf, "123456");
	CHECK(read_file_at(dirfd, "f", buf, 7) == -EFBIG);
	CHECK(symlinkat("f", dirfd, "l") == 0);
	CHECK(read_file_at(dirfd, "l", buf, sizeof(buf)) == -ELOOP);
	CHECK(write_file_at(dirfd, "l", "x") == -ELOOP);
	CHECK(unlinkat(dirfd, "l", 0) == 0 && unlinkat(dirfd, "f", 0) == 0 && rmdir(dir) == 0);
}

/* In a child: its fds are not the harness's. `lowered`: by the fcntl loop, with fds above the limit. */
static int cloexec_child(void)
{
	struct rlimit low = {10, 10};

	if (dup2(1, 100) < 0 || dup2(1, 5000) < 0 || setrlimit(RLIMIT_NOFILE, &low) < 0)
		return 1;
	if (fd_cloexec_from(50) < 0)
		return 2;
	if (!(fcntl(100, F_GETFD) & FD_CLOEXEC) || !(fcntl(5000, F_GETFD) & FD_CLOEXEC))
		return 3;
	if (fcntl(1, F_GETFD) & FD_CLOEXEC)
		return 4;
	if (fd_set_cloexec(100, false) < 0 || (fcntl(100, F_GETFD) & FD_CLOEXEC))
		return 5;
	close(0);
	close(2);
	if (fd_fill_stdio() < 0 || fcntl(0, F_GETFD) != 0 || fcntl(2, F_GETFD) != 0)
		return 6;
	return 0;
}

static void marks(void)
{
	struct rlimit limit;
	int status = -1;
	pid_t pid;

	getrlimit(RLIMIT_NOFILE, &limit);
	if (limit.rlim_max <= 5000)
		return;
	limit.rlim_cur = limit.rlim_max;
	setrlimit(RLIMIT_NOFILE, &limit);
	pid = fork();
	if (!pid)
		_exit(cloexec_child());
	CHECK(waitpid(pid, &status, 0) == pid && status == 0);
}

static void file_systems(void)
{
	autoclose int fd = open("/proc/self", O_PATH | O_DIRECTORY | O_CLOEXEC);

	CHECK(fd_is_on(fd, PROC_SUPER_MAGIC));
	CHECK(!fd_is_on(fd, TMPFS_MAGIC));
	CHECK(!fd_is_on(-1, PROC_SUPER_MAGIC));
	CHECK(take_fd(&fd) >= 3 && fd == -1);
}

TEST_MAIN("str", {"numbers", numbers}, {"signed", signed_numbers}, {"ids", ids}, {"texts", texts},
	  {"words", words}, {"pipes", pipes}, {"files", files}, {"marks", marks},
	  {"file-systems", file_systems})
