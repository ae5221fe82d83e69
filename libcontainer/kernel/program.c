/* SPDX-License-Identifier: Apache-2.0 */
/* kernel/program.c: see program.h. No stdio, no allocation: also part of the init stage. */
#include "kernel/program.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/err.h"
#include "base/fd.h"
#include "base/io.h"
#include "kernel/process.h"
#include "kernel/sys.h"

/* A file in memory, not a pipe: a program that never reads its stdin cannot block us. */
static int input_open(const struct program *p, int *ret_fd)
{
	autoclose int fd = memfd_create("stdin", MFD_CLOEXEC);
	int r;

	if (fd < 0)
		return fail(errno, "cannot make the standard input of '%s'", p->path);
	r = write_all(fd, p->input ? p->input : "", p->input ? p->input_n : 0);
	if (r < 0)
		return fail(-r, "cannot write the standard input of '%s'", p->path);
	if (lseek(fd, 0, SEEK_SET) < 0)
		return fail(errno, "cannot rewind the standard input of '%s'", p->path);
	*ret_fd = take_fd(&fd);
	return 0;
}

#define LEAVE_MS 1000

_Noreturn static void child_exec(const struct program *p, int input, int output, int status)
{
	int err;

	(void)sys_signals_unblock();
	for (int sig = 1; sig <= 64; sig++)
		(void)sys_signal_default(sig);
	setsid();
	if (prctl(PR_SET_PDEATHSIG, SIGKILL) == 0 && dup2(input, 0) == 0 && dup2(output, 1) == 1 &&
	    dup2(output, 2) == 2 && fd_cloexec_from(3) == 0 && (!p->cwd || chdir(p->cwd) == 0))
		execve(p->path, (char *const *)p->args, (char *const *)p->env);
	err = errno;
	(void)!write(status, &err, sizeof(err));
	_exit(127);
}

/* Read what is there; false at the end of the stream. Past the bound it is read and forgotten, so that nobody blocks. */
static bool drain(int fd, struct program_output *out)
{
	char chunk[1024];
	ssize_t n = read(fd, chunk, sizeof(chunk));
	size_t room = sizeof(out->text) - 1 - out->n;

	if (n < 0)
		return errno == EINTR || errno == EAGAIN;
	if (n == 0)
		return false;
	if ((size_t)n < room)
		room = (size_t)n;
	memcpy(out->text + out->n, chunk, room);
	out->n += room;
	return true;
}

/* Until the program itself has ended: a grandchild may hold the pipe for ever. */
static int wait_program(const struct program *p, pid_t pid, int pidfd, int output, struct program_output *out)
{
	int64_t deadline = now_ms() + p->timeout_ms;
	bool open = true;

	for (;;) {
		struct pollfd fds[2] = { { .fd = pidfd, .events = POLLIN },
					 { .fd = open ? output : -1, .events = POLLIN } };
		int64_t left = deadline - now_ms();
		int n = poll(fds, 2, left < 0 ? 0 : left > 1000000 ? 1000000 : (int)left);

		if (n < 0 && errno != EINTR)
			return fail(errno, "cannot wait for '%s'", p->path);
		if (n > 0 && fds[1].revents)
			open = drain(output, out);
		if (n > 0 && fds[0].revents)
			return 0;
		if (left <= 0) {
			kill(-pid, SIGKILL);
			kill(pid, SIGKILL);
			return fail(ETIMEDOUT, "'%s' did not end within %lld ms", p->path,
				    (long long)p->timeout_ms);
		}
	}
}

static int judge(const struct program *p, int status, int err, const struct program_output *out)
{
	if (err)
		return fail(err, "cannot execute '%s'", p->path);
	if (WIFEXITED(status) && WEXITSTATUS(status) == 0)
		return 0;
	if (WIFSIGNALED(status))
		return fail(0, "'%s' was killed by signal %d%s%s", p->path, WTERMSIG(status),
			    out->n ? ": " : "", out->text);
	return fail(0, "'%s' exited with status %d%s%s", p->path, WEXITSTATUS(status), out->n ? ": " : "",
		    out->text);
}

static int reap(pid_t pid)
{
	int status = 0;

	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	return status;
}

int program_run(const struct program *p, struct program_output *ret_output)
{
	autoclose int input = -1, pidfd = -1;
	int output[2] = { -1, -1 }, status[2] = { -1, -1 }, err = 0, r, how;
	pid_t pid;

	ret_output->n = 0;
	r = input_open(p, &input);
	if (r < 0)
		return r;
	if (pipe2(output, O_CLOEXEC) || pipe2(status, O_CLOEXEC)) {
		r = fail(errno, "cannot make a pipe for '%s'", p->path);
		goto out;
	}
	pid = fork();
	if (pid < 0) {
		r = fail(errno, "cannot fork for '%s'", p->path);
		goto out;
	}
	if (pid == 0)
		child_exec(p, input, output[1], status[1]);
	fd_close(&output[1]);
	fd_close(&status[1]);
	r = process_open(pid, &pidfd);
	if (r == 0)
		r = wait_program(p, pid, pidfd, output[0], ret_output);
	if (r < 0)
		kill(pid, SIGKILL);
	/* one that does not die even so (a dead file system) is left behind */
	how = r == 0 || wait_readable(pidfd, now_ms() + LEAVE_MS) == 0 ? reap(pid) : 0;
	(void)fcntl(output[0], F_SETFL, O_NONBLOCK);
	while (r == 0 && ret_output->n < sizeof(ret_output->text) - 1) {
		size_t before = ret_output->n;

		if (!drain(output[0], ret_output) || ret_output->n == before)
			break;
	}
	ret_output->text[ret_output->n] = '\0';
	if (r == 0 && read(status[0], &err, sizeof(err)) != sizeof(err))
		err = 0;
	if (r == 0)
		r = judge(p, how, err, ret_output);
out:
	fd_close(&output[0]);
	fd_close(&output[1]);
	fd_close(&status[0]);
	fd_close(&status[1]);
	return r;
}
