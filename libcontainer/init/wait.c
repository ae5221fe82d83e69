/* SPDX-License-Identifier: Apache-2.0 */
/* init/wait.c: the acts that wait for the parent, or for `cruet start`. */
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/err.h"
#include "base/fd.h"
#include "base/io.h"
#include "init/child.h"
#include "wire/gate.h"
#include "wire/sync.h"

/* The parent bounds our time: it kills us at its deadline, so a wait here has none of its own. */
static int wait_for(struct child *c, enum sync_message message)
{
	int r = sync_receive(c->h->sync_fd, message, NO_DEADLINE, NULL);

	if (r == -EPIPE)
		_exit(126); /* the parent is gone: nobody to tell */
	return r < 0 ? fail(-r, "cannot hear from the parent (waiting for '%s')", sync_names[message]) : 0;
}

static int say(struct child *c, enum sync_message message, int passfd)
{
	int r = sync_send(c->h->sync_fd, message, passfd);

	return r < 0 ? fail(-r, "cannot tell the parent '%s'", sync_names[message]) : 0;
}

int wait_joined(struct child *c)
{
	return wait_for(c, SYNC_JOINED);
}

int wait_stage_joined(struct child *c)
{
	return wait_for(c, SYNC_JOINED);
}

int wait_hooked(struct child *c)
{
	int r = say(c, SYNC_MOUNTED, -1);

	return r < 0 ? r : wait_for(c, SYNC_HOOKED);
}

int wait_prepared(struct child *c)
{
	return wait_for(c, SYNC_PREPARED);
}

int say_ready(struct child *c)
{
	int r;

	/* Before we say so: the parent may end as soon as it has committed, and that must not kill us. Should it die
	 * earlier, the end of the stream tells us, and until then we only wait for it. */
	if (prctl(PR_SET_PDEATHSIG, 0))
		return fail(errno, "cannot clear the parent death signal");
	r = say(c, SYNC_READY, -1);
	return r < 0 ? r : wait_for(c, SYNC_COMMITTED);
}

/* Wait at the gate until somebody says go. Who may connect is the state directory's mode (0700) to say. */
static int wait_gate(struct child *c)
{
	char word = 0;
	ssize_t n;

	close(c->h->sync_fd);
	do
		c->gate_peer = accept4(c->h->gate_fd, NULL, NULL, SOCK_CLOEXEC);
	while (c->gate_peer < 0 && (errno == EINTR || errno == ECONNABORTED));
	if (c->gate_peer < 0)
		return fail(errno, "cannot accept at the start gate");
	close(c->h->gate_fd);
	do
		n = recv(c->gate_peer, &word, 1, 0);
	while (n < 0 && errno == EINTR);
	if (n != 1 || word != GATE_GO)
		_exit(126); /* `cruet start` died between taking the gate's name and saying go */
	if (!c->plan->process.exec.args)
		return fail(EINVAL, "cannot start: the configuration has no process");
	return 0;
}

static int ask_at_gate(struct child *c)
{
	const struct gate_answer ask = { .kind = GATE_LISTENER };
	struct iovec iov = { .iov_base = (void *)&ask, .iov_len = sizeof(ask) };
	union {
		struct cmsghdr align;
		char bytes[CMSG_SPACE(sizeof(int))];
	} control = { 0 };
	struct msghdr msg = { .msg_iov = &iov,
			      .msg_iovlen = 1,
			      .msg_control = control.bytes,
			      .msg_controllen = sizeof(control.bytes) };
	struct cmsghdr *h = CMSG_FIRSTHDR(&msg);

	h->cmsg_level = SOL_SOCKET;
	h->cmsg_type = SCM_RIGHTS;
	h->cmsg_len = CMSG_LEN(sizeof(int));
	memcpy(CMSG_DATA(h), &c->h->shared_fd, sizeof(int));
	if (sendmsg(c->gate_peer, &msg, MSG_NOSIGNAL) < 0)
		return fail(errno, "cannot ask for the seccomp listener");
	return 0;
}

int ask_for_listener(struct child *c)
{
	return c->gate_peer >= 0 ? ask_at_gate(c) : say(c, SYNC_LISTENER, -1);
}

int wait_start(struct child *c)
{
	return c->h->wait_gate ? wait_gate(c) : wait_for(c, SYNC_START);
}
