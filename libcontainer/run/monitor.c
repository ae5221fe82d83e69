/* SPDX-License-Identifier: Apache-2.0 */
/*
 * run/monitor.c: the foreground of run and exec: signals go to the container, the terminal is copied both ways, children
 * are reaped, until the container's process has ended.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/err.h"
#include "base/fd.h"
#include "base/io.h"
#include "kernel/process.h"
#include "kernel/tty.h"
#include "run/notify.h"
#include "run/run.h"

/* One direction of the terminal: what was read and could not be written yet. Nobody is waited for but by poll. */
struct pipe_buffer {
	char bytes[8192];
	size_t at, n;
};

struct relay {
	struct pipe_buffer in, out; /* stdin to the container, the container to stdout */
	bool in_open, out_open;
	char last_in; /* the last byte of stdin */
};

static int open_signals(int *ret_fd)
{
	sigset_t all;
	int fd;

	sigfillset(&all);
	/* faults of our own stay ours */
	for (size_t i = 0; i < 6; i++)
		sigdelset(&all, (const int[]){ SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT, SIGTRAP }[i]);
	if (sigprocmask(SIG_SETMASK, &all, NULL))
		return fail(errno, "cannot block signals");
	fd = signalfd(-1, &all, SFD_CLOEXEC | SFD_NONBLOCK);
	if (fd < 0)
		return fail(errno, "cannot open a signalfd");
	*ret_fd = fd;
	return 0;
}

void monitor_copy_size(int console_fd)
{
	struct winsize size;

	if (ioctl(0, TIOCGWINSZ, &size) == 0)
		ioctl(console_fd, TIOCSWINSZ, &size);
}

static void reap_others(pid_t keep)
{
	for (;;) {
		siginfo_t info = { 0 };

		if (waitid(P_ALL, 0, &info, WEXITED | WNOHANG | WNOWAIT) || info.si_pid == 0 ||
		    info.si_pid == keep)
			return;
		waitpid(info.si_pid, NULL, WNOHANG);
	}
}

static int handle_signals(int fd, const struct monitor *m)
{
	struct signalfd_siginfo s;

	while (read(fd, &s, sizeof(s)) == sizeof(s)) {
		int sig = (int)s.ssi_signo, r;

		if (sig == SIGCHLD) {
			if (m->subreaper)
				reap_others(m->pid);
		} else if (sig == SIGWINCH && m->console_fd >= 0) {
			monitor_copy_size(m->console_fd);
		} else if (sig == SIGURG || sig == SIGPIPE || sig == SIGTTIN || sig == SIGTTOU) {
			continue; /* ours: about our own files and terminal */
		} else {
			r = process_signal(m->pidfd, sig);
			if (r < 0 && r != -ESRCH)
				return fail_in(r, "cannot forward signal %d", sig);
			fail_forget();
		}
	}
	return 0;
}

/* Read what fits; false at the end of the file (EIO is how a terminal says so). */
static bool fill(int fd, struct pipe_buffer *b)
{
	ssize_t n;

	if (b->n)
		return true;
	n = read(fd, b->bytes, sizeof(b->bytes));
	if (n > 0) {
		b->at = 0;
		b->n = (size_t)n;
		return true;
	}
	return n < 0 && (errno == EINTR || errno == EAGAIN);
}

static bool drain(int fd, struct pipe_buffer *b)
{
	ssize_t n = write(fd, b->bytes + b->at, b->n);

	if (n > 0) {
		b->at += (size_t)n;
		b->n -= (size_t)n;
		return true;
	}
	return n < 0 && (errno == EINTR || errno == EAGAIN);
}

/* A terminal has no end that could be closed: its reader is told by a character, as script(1) does. */
static void read_input(struct relay *relay, int console_fd)
{
	struct pipe_buffer *b = &relay->in;

	relay->in_open = fill(0, b);
	if (b->n) {
		relay->last_in = b->bytes[b->n - 1];
	} else if (!relay->in_open) {
		b->at = 0;
		b->n = tty_end_of_input(console_fd, relay->last_in, b->bytes);
	}
}

static void relay_step(struct relay *relay, const struct monitor *m, const struct pollfd *fds)
{
	if (fds[2].revents)
		read_input(relay, m->console_fd);
	if (fds[3].revents & (POLLIN | POLLHUP) && !fill(m->console_fd, &relay->out))
		relay->out_open = false;
	if (fds[3].revents & POLLOUT && relay->in.n && !drain(m->console_fd, &relay->in)) {
		relay->in_open = false;
		relay->in.n = 0;
	}
	if (fds[4].revents && relay->out.n && !drain(1, &relay->out))
		relay->out_open = false;
}

static int poll_once(struct relay *relay, const struct monitor *m, int signals, int timeout, bool *ret_ended)
{
	struct pollfd fds[6] = {
		{ .fd = m->pidfd, .events = POLLIN },
		{ .fd = signals, .events = POLLIN },
		{ .fd = relay->in_open && !relay->in.n ? 0 : -1, .events = POLLIN },
		{ .fd = relay->out_open || relay->in.n ? m->console_fd : -1,
		  .events = (short)((relay->out.n ? 0 : POLLIN) | (relay->in.n ? POLLOUT : 0)) },
		{ .fd = relay->out.n ? 1 : -1, .events = POLLOUT },
		{ .fd = m->notify_fd, .events = POLLIN },
	};
	bool ready = false;

	if (poll(fds, 6, timeout) < 0 && errno != EINTR)
		return fail(errno, "cannot wait for the container");
	if (m->console_fd >= 0)
		relay_step(relay, m, fds);
	if (fds[5].revents && notify_forward(m->notify_fd, m->notify_socket, m->pid, &ready) < 0)
		fail_forget(); /* the service manager's trouble, not the container's */
	*ret_ended = (fds[0].revents & POLLIN) != 0;
	return fds[1].revents ? handle_signals(signals, m) : 0;
}

/* What the container wrote last is still in the terminal's buffer. */
static void drain_rest(struct relay *relay, const struct monitor *m, int signals)
{
	int64_t deadline = now_ms() + 1000;
	bool ended;

	relay->in_open = false;
	relay->in.n = 0;
	while (m->console_fd >= 0 && (relay->out_open || relay->out.n) && now_ms() < deadline) {
		size_t before = relay->out.n;

		if (poll_once(relay, m, signals, 0, &ended) < 0 || (relay->out.n == 0 && before == 0))
			return;
	}
}

static int collect(const struct monitor *m, int *ret_status)
{
	siginfo_t info = { 0 };

	while (waitid(P_PID, (id_t)m->pid, &info, WEXITED) && errno == EINTR)
		;
	if (info.si_pid != m->pid)
		return fail(ECHILD, "cannot learn how the container ended");
	*ret_status = info.si_code == CLD_EXITED ? info.si_status : 128 + info.si_status;
	if (m->how)
		*m->how = (struct process_exit){ .known = true,
						 .code = info.si_code == CLD_EXITED ? info.si_status : 0,
						 .signal = info.si_code == CLD_EXITED ? 0 : info.si_status,
						 .core = info.si_code == CLD_DUMPED };
	return 0;
}

int monitor_run(const struct monitor *m, int *ret_status)
{
	struct relay relay = { .in_open = m->console_fd >= 0, .out_open = m->console_fd >= 0 };
	struct tty_saved saved = { .saved = false };
	autoclose int signals = -1;
	bool ended = false;
	int r = open_signals(&signals);

	if (r == 0 && m->console_fd >= 0) {
		(void)fcntl(m->console_fd, F_SETFL, O_RDWR | O_NONBLOCK);
		monitor_copy_size(m->console_fd);
		if (isatty(0))
			r = tty_make_raw(0, &saved);
	}
	if (r == 0 && m->subreaper)
		reap_others(m->pid);
	while (r == 0 && !ended)
		r = poll_once(&relay, m, signals, -1, &ended);
	if (r == 0)
		drain_rest(&relay, m, signals);
	tty_restore(0, &saved);
	return r < 0 ? r : collect(m, ret_status);
}
