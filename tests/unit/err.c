/* SPDX-License-Identifier: Apache-2.0 */
/* tests/unit/err.c: the trail of a failure (base/err.c) and the lines that callers parse (base/log.c). */
#include "base/err.h"
#include "base/io.h"
#include "base/log.h"
#include "base/str.h"

#include <ctype.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "test.h"

static char line[2048];

static void first_failure_stays(void)
{
	fail_forget();
	CHECK_STR(fail_line(line, sizeof(line)), "");
	CHECK(fail(ENOENT, "cannot open '%s'", "x") == -ENOENT);
	CHECK(fail(EPERM, "later") == -EPERM);
	CHECK_STR(fail_line(line, sizeof(line)), "cannot open 'x': No such file or directory");
	CHECK(fail_in(-ENOENT, "mounts[%d]", 3) == -ENOENT);
	CHECK_STR(fail_line(line, sizeof(line)), "mounts[3]: cannot open 'x': No such file or directory");
	fail_forget();
	CHECK(fail(0, "container not running") == -EINVAL);
	CHECK_STR(fail_line(line, sizeof(line)), "container not running");
	fail_forget();
	CHECK(fail_in(-EBUSY, "cgroup") == -EBUSY);
	CHECK_STR(fail_line(line, sizeof(line)), "cgroup: Device or resource busy");
	fail_forget();
}

static void long_texts_are_cut(void)
{
	char name[4096];

	memset(name, 'a', sizeof(name) - 1);
	name[sizeof(name) - 1] = '\0';
	fail_forget();
	CHECK(fail(EINVAL, "%s", name) == -EINVAL);
	CHECK(strlen(err_trail()->text) == ERR_TEXT_MAX - 1);
	CHECK(fail_in(-EINVAL, "prefix") == -EINVAL);
	CHECK(err_trail()->text[0] == 'a');
	fail_forget();
	CHECK(fail(EINVAL, "what happened") == -EINVAL);
	CHECK(fail_in(-EINVAL, "%s", name) == -EINVAL);
	CHECK(ends_with(err_trail()->text, "what happened"));
	CHECK(strlen(err_trail()->text) == ERR_TEXT_MAX - 1);
	CHECK(strlen(fail_line(line, 10)) == 9);
	fail_forget();
}

static void one_line(void)
{
	fail_forget();
	CHECK(fail(EINVAL, "a\nb\x1b[31m\x7f\tc\n") == -EINVAL);
	CHECK_STR(fail_line(line, sizeof(line)), "a b?[31m? c: Invalid argument");
	fail_forget();
}

/* The shared page is written by a process that may be hostile. */
static void hostile_trail(void)
{
	static struct err_trail other;

	memset(&other, 'x', sizeof(other));
	err_trail_attach(&other);
	CHECK(err_trail() == &other);
	CHECK(strlen(fail_line(line, sizeof(line))) == ERR_TEXT_MAX);
	CHECK(fail_in(-EINVAL, "p") == -EINVAL);
	err_trail_attach(NULL);
	CHECK(err_trail() != &other);
	CHECK_STR(fail_line(line, sizeof(line)), "");
}

/* Run log_fatal with stderr and the log in files; what they got. */
static void fatal(enum log_format format, const char *text, char *ret_log, char *ret_err, size_t size)
{
	char log[] = "/tmp/cruet-log-XXXXXX", err[] = "/tmp/cruet-err-XXXXXX";
	int logfd = mkstemp(log), errfd = mkstemp(err), saved = dup(2);

	CHECK(log_open(log, format, LOG_LEVEL_ERROR) == 0);
	fail_forget();
	CHECK(fail(ENOENT, "%s", text) == -ENOENT);
	dup2(errfd, 2);
	log_warning("not at this level");
	log_debug("nor this");
	log_fatal();
	dup2(saved, 2);
	CHECK(read_file_at(AT_FDCWD, log, ret_log, size) >= 0);
	CHECK(read_file_at(AT_FDCWD, err, ret_err, size) >= 0);
	CHECK(log_open(NULL, LOG_FORMAT_TEXT, LOG_LEVEL_ERROR) == 0);
	unlink(log);
	unlink(err);
	close(logfd);
	close(errfd);
	close(saved);
	fail_forget();
}

static bool time_is_rfc3339(const char *s)
{
	static const char shape[] = "dddd-dd-ddTdd:dd:ddZ";

	for (size_t i = 0; shape[i]; i++)
		if (shape[i] == 'd' ? !isdigit((unsigned char)s[i]) : s[i] != shape[i])
			return false;
	return true;
}

static void json_line(void)
{
	static const char head[] =
		"{\"level\":\"error\",\"msg\":\"a \\\"b\\\" \\\\ \\ufffd\\ufffd \xc3\xa9: No such file "
		"or directory\",\"time\":\"";
	char log[16384], err[16384];

	fatal(LOG_FORMAT_JSON, "a \"b\" \\ \xff\xc3 \xc3\xa9", log, err, sizeof(log));
	CHECK(starts_with(log, head));
	CHECK(time_is_rfc3339(log + strlen(head)));
	CHECK_STR(log + strlen(head) + 20, "\"}");
	CHECK_STR(err, "cruet: a \"b\" \\ \xff\xc3 \xc3\xa9: No such file or directory");
}

static void json_worst_case(void)
{
	char log[16384], err[16384], text[ERR_TEXT_MAX];

	memset(text, 0xff, sizeof(text) - 1);
	text[sizeof(text) - 1] = '\0';
	fatal(LOG_FORMAT_JSON, text, log, err, sizeof(log));
	CHECK(ends_with(log, "Z\"}"));
	CHECK(strlen(log) > 6 * (ERR_TEXT_MAX - 1));
}

static void text_line(void)
{
	char log[16384], err[16384];

	fatal(LOG_FORMAT_TEXT, "say \"x\"", log, err, sizeof(log));
	CHECK(starts_with(log, "time=\"") && time_is_rfc3339(log + 6));
	CHECK_STR(log + 26, "\" level=error msg=\"say \\\"x\\\": No such file or directory\"");
}

/* A reader that does not read: log_fatal gives up within its patience. */
static void full_pipe(void)
{
	char block[4096] = {0};
	int fds[2], saved = dup(2);
	int64_t start;

	CHECK(pipe2(fds, O_CLOEXEC | O_NONBLOCK) == 0);
	while (write(fds[1], block, sizeof(block)) > 0)
		;
	fcntl(fds[1], F_SETFL, 0);
	fail_forget();
	CHECK(fail(EINVAL, "x") == -EINVAL);
	dup2(fds[1], 2);
	start = now_ms();
	log_fatal();
	dup2(saved, 2);
	CHECK(now_ms() - start < 3000);
	CHECK(!(fcntl(fds[1], F_GETFL) & O_NONBLOCK));
	close(fds[0]);
	close(fds[1]);
	close(saved);
	fail_forget();
}

static void log_errors(void)
{
	CHECK(log_open("/nonexistent/x", LOG_FORMAT_JSON, LOG_LEVEL_ERROR) == -ENOENT);
	CHECK_STR(fail_line(line, sizeof(line)),
		  "cannot open log file '/nonexistent/x': No such file or directory");
	fail_forget();
	CHECK(log_open("journald:a\nMESSAGE=b", LOG_FORMAT_JSON, LOG_LEVEL_DEBUG) == -EINVAL);
	fail_forget();
	CHECK(log_wants(LOG_LEVEL_DEBUG));
	CHECK(log_open("", LOG_FORMAT_JSON, LOG_LEVEL_WARNING) == 0);
	CHECK(log_wants(LOG_LEVEL_WARNING) && !log_wants(LOG_LEVEL_DEBUG));
}

TEST_MAIN("err", {"first-failure-stays", first_failure_stays}, {"long-texts-are-cut", long_texts_are_cut},
	  {"one-line", one_line}, {"hostile-trail", hostile_trail}, {"json-line", json_line},
	  {"json-worst-case", json_worst_case}, {"text-line", text_line}, {"full-pipe", full_pipe},
	  {"log-errors", log_errors})
