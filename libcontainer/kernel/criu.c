/* SPDX-License-Identifier: Apache-2.0 */
/* kernel/criu.c: criu's service: the program, and the way there and back. The messages are in criu_message.c. */
#include "kernel/criu.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/err.h"
#include "base/fd.h"
#include "base/io.h"
#include "base/str.h"
#include "kernel/criu_message.h"
#include "kernel/process.h"
#include "kernel/sys.h"

#define MESSAGE_MAX  (256u << 10)
#define DEFAULT_PATH "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
#define LINE_SIZE    400
#define GRACE_MS     5000

/* ---- the program ------------------------------------------------------------------------------------------------------- */

/* Callers start us with little in the environment; a directory that depends on the working directory does not count. */
static int find_program(char *path, size_t size)
{
	const char *dirs = getenv("PATH");

	for (dirs = dirs && *dirs ? dirs : DEFAULT_PATH; *dirs;) {
		size_t n = strcspn(dirs, ":");

		if (dirs[0] == '/' && (size_t)snprintf(path, size, "%.*s/criu", (int)n, dirs) < size &&
		    access(path, X_OK) == 0)
			return 0;
		dirs += n + (dirs[n] == ':');
	}
	return fail(0, "checkpoint and restore need the program criu, which is not in PATH: install criu");
}

/* criu takes fds from whoever made its socket, by number, in /proc: so that is its own process, whose fds are of its mount
 * namespace (it mounts below its working directory). We get the other end. */
static int make_socket(int parent, int *ret_fd)
{
	union {
		struct cmsghdr align;
		char bytes[CMSG_SPACE(sizeof(int))];
	} control = { 0 };
	struct iovec iov = { .iov_base = &(char){ 0 }, .iov_len = 1 };
	struct msghdr msg = { .msg_iov = &iov,
			      .msg_iovlen = 1,
			      .msg_control = control.bytes,
			      .msg_controllen = sizeof(control.bytes) };
	struct cmsghdr *c = CMSG_FIRSTHDR(&msg);
	int pair[2];

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair))
		return fail(errno, "cannot make a socket pair for criu");
	c->cmsg_level = SOL_SOCKET;
	c->cmsg_type = SCM_RIGHTS;
	c->cmsg_len = CMSG_LEN(sizeof(int));
	memcpy(CMSG_DATA(c), &pair[0], sizeof(int));
	if (sendmsg(parent, &msg, MSG_NOSIGNAL) < 0 || fcntl(pair[1], F_SETFD, 0))
		return fail(errno, "cannot hand criu's socket over");
	*ret_fd = pair[1];
	return 0;
}

static int child_prepare(const struct criu_start *how, int parent, int output, int *ret_fd)
{
	(void)sys_signals_unblock();
	for (int sig = 1; sig <= 64; sig++)
		(void)sys_signal_default(sig);
	/* its standard input stays: a shell job's terminal is there */
	if (dup2(output, 1) != 1 || dup2(output, 2) != 2)
		return fail(errno, "cannot prepare criu");
	if (how->die_with_us && prctl(PR_SET_PDEATHSIG, SIGKILL))
		return fail(errno, "cannot prepare criu");
	if (how->prepare) {
		int r = how->prepare(how->context);

		if (r < 0)
			return r;
	}
	for (size_t i = 0; i < how->n_keep; i++)
		if (how->keep[i] >= 0 && fcntl(how->keep[i], F_SETFD, 0))
			return fail(errno, "cannot give criu fd %d", how->keep[i]);
	return make_socket(parent, ret_fd);
}

_Noreturn static void child_main(const struct criu_start *how, const char *path, int parent, int output)
{
	char number[16], line[ERR_TEXT_MAX + 128];
	int fd = -1;

	if (child_prepare(how, parent, output, &fd) == 0) {
		snprintf(number, sizeof(number), "%d", fd);
		execve(path, (char *const[]){ "criu", "swrk", number, NULL }, environ);
		fail(errno, "cannot execute '%s'", path);
	}
	fail_line(line, sizeof(line));
	(void)!write(output, line, strlen(line));
	_exit(127);
}

void criu_close(struct criu *criu)
{
	fd_close(&criu->fd);
	if (criu->pid > 0) {
		/* it lets go of the tasks that it holds; killed, it would take them with it */
		if (criu->pidfd < 0 || wait_readable(criu->pidfd, now_ms() + GRACE_MS) < 0)
			kill(criu->pid, SIGKILL);
		while (waitpid(criu->pid, NULL, 0) < 0 && errno == EINTR)
			;
	}
	criu->pid = 0;
	fd_close(&criu->pidfd);
	fd_close(&criu->output);
}

static int spawn(const struct criu_start *how, struct criu *criu)
{
	int pair[2] = { -1, -1 }, r;
	char path[4096];

	r = find_program(path, sizeof(path));
	if (r < 0)
		return r;
	criu->output = memfd_create("criu-output", MFD_CLOEXEC);
	if (criu->output < 0)
		return fail(errno, "cannot make criu's standard output");
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair))
		return fail(errno, "cannot make a socket pair");
	criu->fd = pair[0];
	criu->pid = fork();
	if (criu->pid == 0)
		child_main(how, path, pair[1], criu->output);
	fd_close(&pair[1]);
	if (criu->pid < 0)
		return fail(errno, "cannot fork for criu");
	return process_open(criu->pid, &criu->pidfd);
}

/* ---- what it complains of ------------------------------------------------------------------------------------------------ */

/* Lines of helpers that it only tries out are not what it ended of. */
static char *find_error(char *text)
{
	char *at = text, *error;

	while ((error = strstr(at, "Error (")) && strstr(error, "): exited, status") == strstr(error, "): "))
		at = error + 1;
	return error;
}

/* The first error that a file tells of; `any`: else its first line. */
static void find_complaint(int fd, bool any, char *line, size_t size)
{
	char chunk[16384], *found, *end;
	struct text t = { .buf = line, .size = size };
	ssize_t n;

	line[0] = '\0';
	for (off_t at = 0; (n = pread(fd, chunk, sizeof(chunk) - 1, at)) > 0;) {
		chunk[n] = '\0';
		found = find_error(chunk);
		if (!found && any && at == 0)
			found = chunk;
		if (found) {
			text_add(&t, "%.*s", (int)strcspn(found, "\n"), found);
			return;
		}
		/* a line that is cut off is looked at again with its rest */
		end = n == (ssize_t)sizeof(chunk) - 1 ? strrchr(chunk, '\n') : NULL;
		at += end ? end + 1 - chunk : n;
	}
}

static int complain(const struct criu *criu, const char *doing, const char *how, int log_dir,
		    const char *log_file, const char *log)
{
	autoclose int fd = log_dir < 0 ? -1 : openat(log_dir, log_file, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
	char line[LINE_SIZE] = "";

	if (fd >= 0)
		find_complaint(fd, false, line, sizeof(line));
	if (!line[0])
		find_complaint(criu->output, true, line, sizeof(line));
	return fail(0, "criu %s: %s%s%s%s%s", doing, how, line[0] ? ": " : "", line,
		    log ? "; its log is " : "", log ? log : "");
}

/* ---- there and back ------------------------------------------------------------------------------------------------------ */

/* One message and the fd that may come with it. 0 at the end of the stream. */
static ssize_t receive(int fd, void *buf, size_t size, int *ret_fd)
{
	struct iovec iov = { .iov_base = buf, .iov_len = size };
	union {
		struct cmsghdr align;
		char bytes[CMSG_SPACE(sizeof(int))];
	} control = { 0 };
	struct msghdr msg = { .msg_iov = &iov,
			      .msg_iovlen = 1,
			      .msg_control = control.bytes,
			      .msg_controllen = sizeof(control.bytes) };
	struct cmsghdr *c;
	ssize_t n;

	do
		n = recvmsg(fd, &msg, MSG_CMSG_CLOEXEC);
	while (n < 0 && errno == EINTR);
	c = n < 0 ? NULL : CMSG_FIRSTHDR(&msg);
	if (c && c->cmsg_type == SCM_RIGHTS && c->cmsg_len == CMSG_LEN(sizeof(int)))
		memcpy(ret_fd, CMSG_DATA(c), sizeof(int));
	if (n >= 0 && msg.msg_flags & MSG_TRUNC)
		return -EMSGSIZE;
	return n < 0 && errno == ECONNRESET ? 0 : n < 0 ? -errno : n;
}

struct talk {
	struct criu *criu;
	unsigned char *buf; /* MESSAGE_MAX */
	const char *doing, *log_file, *log;
	int log_dir;
	int64_t deadline_ms;
};

static int say(const struct talk *t, const struct pb_out *message)
{
	if (message->truncated)
		return fail(E2BIG, "what criu is to be told is more than %u bytes", MESSAGE_MAX);
	if (send(t->criu->fd, message->buf, message->n, MSG_NOSIGNAL) == (ssize_t)message->n)
		return 0;
	return complain(t->criu, t->doing, "it ended at once", t->log_dir, t->log_file, t->log);
}

static int hear(const struct talk *t, struct criu_answer *ret_answer, int *ret_fd)
{
	int r = wait_readable(t->criu->fd, t->deadline_ms);
	ssize_t n;

	if (r == -ETIMEDOUT) {
		kill(t->criu->pid, SIGKILL);
		return fail(ETIMEDOUT, "criu %s: no end in sight, it was killed; its log is %s", t->doing,
			    t->log ? t->log : "not written yet");
	}
	n = r < 0 ? r : receive(t->criu->fd, t->buf, MESSAGE_MAX, ret_fd);
	if (n < 0)
		return fail((int)-n, "cannot hear criu");
	if (n == 0)
		return complain(t->criu, t->doing, "it ended without an answer", t->log_dir, t->log_file,
				t->log);
	return criu_message_read(t->buf, (size_t)n, ret_answer) < 0 ? fail(EBADMSG, "cannot understand criu")
								    : 0;
}

/* The socket that criu's process made, in place of the one that it was born with. */
static int take_socket(const struct talk *t)
{
	int fd = -1, r = wait_readable(t->criu->fd, t->deadline_ms);
	char byte;

	if (r < 0)
		return fail(-r, "criu does not start");
	if (receive(t->criu->fd, &byte, 1, &fd) <= 0 || fd < 0) {
		(void)!wait_readable(t->criu->pidfd, t->deadline_ms);
		return complain(t->criu, t->doing, "it ended at once", -1, NULL, NULL);
	}
	fd_close(&t->criu->fd);
	t->criu->fd = fd;
	return 0;
}

/* ---- version ----------------------------------------------------------------------------------------------------------------- */

static int check_oldest(const struct criu *criu, uint32_t major, uint32_t minor, const char *what)
{
	if (criu->major > major || (criu->major == major && criu->minor >= minor))
		return 0;
	return fail(0, "criu is of version %u.%u, needed is %u.%u%s: install a newer criu", criu->major,
		    criu->minor, major, minor, what);
}

/* Older ones would lock by iptables and say nothing. */
static int check_network_lock(const struct criu *criu, enum criu_network_lock lock)
{
	if (lock == CRIU_LOCK_NFTABLES)
		return check_oldest(criu, 3, 17, " for --network-lock nftables");
	return lock == CRIU_LOCK_SKIP ? check_oldest(criu, 3, 18, " for --network-lock skip") : 0;
}

static int check_version(const struct talk *t)
{
	struct pb_out out = { .buf = t->buf, .size = MESSAGE_MAX };
	struct criu_answer answer;
	autoclose int fd = -1;
	int r;

	criu_message_ask_version(&out);
	r = say(t, &out);
	if (r == 0)
		r = hear(t, &answer, &fd);
	if (r < 0)
		return r;
	t->criu->major = answer.success ? answer.major : 0;
	t->criu->minor = answer.success ? answer.minor : 0;
	return check_oldest(t->criu, CRIU_OLDEST_MAJOR, CRIU_OLDEST_MINOR, "");
}

int criu_start(const struct criu_start *how, int64_t deadline_ms, struct criu *ret_criu)
{
	struct criu criu = CRIU_NONE;
	struct talk talk = {
		.criu = &criu, .doing = "does not start", .log_dir = -1, .deadline_ms = deadline_ms
	};
	int r = spawn(how, &criu);

	if (r == 0) {
		talk.buf = malloc(MESSAGE_MAX);
		r = talk.buf ? take_socket(&talk) : fail(ENOMEM, "cannot talk to criu");
		if (r == 0)
			r = check_version(&talk);
		free(talk.buf);
	}
	if (r < 0)
		criu_close(&criu);
	else
		*ret_criu = criu;
	return r;
}

/* ---- dump, restore --------------------------------------------------------------------------------------------------------- */

static int answer_notice(const struct talk *t, const struct criu_answer *answer, int fd,
			 const struct criu_ear *ear)
{
	const struct criu_notice notice = { .script = answer->script, .pid = answer->pid, .fd = fd };
	struct pb_out out = { .buf = t->buf, .size = MESSAGE_MAX };
	int r = ear && ear->hear ? ear->hear(ear->context, &notice) : 0, sent;

	criu_message_notified(&out, r == 0);
	if (r == 0)
		return say(t, &out);
	/* it takes back what it did, and ends: what went wrong has been said */
	sent = send(t->criu->fd, out.buf, out.n, MSG_NOSIGNAL) > 0;
	if (sent)
		(void)!wait_readable(t->criu->pidfd, t->deadline_ms);
	return r;
}

static int converse(const struct talk *t, const struct criu_ear *ear)
{
	for (;;) {
		struct criu_answer answer;
		autoclose int fd = -1;
		char how[96];
		int r = hear(t, &answer, &fd);

		if (r < 0)
			return r;
		if (answer.is_notice) {
			r = answer_notice(t, &answer, fd, ear);
			if (r < 0)
				return r;
			continue;
		}
		if (answer.success)
			return 0;
		snprintf(how, sizeof(how), "it failed%s%s", answer.error ? ", " : "",
			 answer.error ? strerror(answer.error) : "");
		return complain(t->criu, t->doing, how, t->log_dir, t->log_file, t->log);
	}
}

static const char *request_words(enum criu_request request)
{
	return request == CRIU_RESTORE ? "cannot restore the container" : "cannot checkpoint the container";
}

int criu_ask(struct criu *criu, struct arena *arena, enum criu_request request,
	     const struct criu_options *options, const struct criu_ear *ear, const char *log,
	     int64_t deadline_ms)
{
	const struct talk talk = {
		.criu = criu,
		.buf = arena_array(arena, MESSAGE_MAX, unsigned char),
		.doing = request_words(request),
		.log_file = options->log_file,
		.log_dir = options->work_fd < 0 ? options->images_fd : options->work_fd,
		.log = log,
		.deadline_ms = deadline_ms,
	};
	unsigned char *scratch = arena_array(arena, MESSAGE_MAX, unsigned char);
	struct pb_out out = { .buf = talk.buf, .size = MESSAGE_MAX };
	int r;

	if (!talk.buf || !scratch)
		return -ENOMEM;
	r = check_network_lock(criu, options->network_lock);
	if (r < 0)
		return r;
	criu_message_ask(&out, &(struct pb_out){ .buf = scratch, .size = MESSAGE_MAX }, request, options);
	r = say(&talk, &out);
	if (r == 0)
		r = converse(&talk, ear);
	/* after a pre-dump it would wait for the next one */
	if (r == 0 && request != CRIU_PRE_DUMP) {
		fd_close(&criu->fd);
		if (wait_readable(criu->pidfd, deadline_ms) < 0)
			r = fail(ETIMEDOUT, "criu %s: it does not end; its log is %s", talk.doing, log);
	}
	return r;
}
