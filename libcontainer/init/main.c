/* SPDX-License-Identifier: Apache-2.0 */
/*
 * init/main.c: the program that lives inside the container before the user's. Run by the parent from a sealed memfd
 * (CVE-2019-5736), with the shared arena's address, size and fd as its only arguments; never meant to be run by hand.
 */
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/err.h"
#include "base/fd.h"
#include "kernel/sys.h"
#include "init/child.h"
#include "wire/sync.h"

static uint64_t hex(const char *s)
{
	uint64_t v = 0;

	for (; *s; s++)
		v = v << 4 | (uint64_t)(*s <= '9' ? *s - '0' : *s - 'a' + 10);
	return v;
}

/* The arena at the parent's address, read-only: the plan's pointers hold here, too. */
static const struct handoff *map_arena(char *const *argv)
{
	void *base = (void *)hex(argv[1]);
	size_t size = hex(argv[2]);
	int fd = (int)hex(argv[3]);

	if (mmap(base, size, PROT_READ, MAP_SHARED | MAP_FIXED_NOREPLACE, fd, 0) != base)
		return NULL;
	close(fd);
	return base;
}

static struct shared *map_recorder(const struct handoff *h)
{
	void *page = mmap(NULL, SHARED_SIZE, PROT_READ | PROT_WRITE, MAP_SHARED, h->shared_fd, 0);

	/* who takes the seccomp listener's fd may need it, else it goes; it is close-on-exec again either way */
	if (!wants_listener(h->plan))
		close(h->shared_fd);
	return page == MAP_FAILED ? NULL : page;
}

/* Until the ledger knows us we must not outlive the parent: the kernel kills us when it dies, and the end of the sync
 * stream says the same should it have died already. */
static int die_with_parent(void)
{
	if (prctl(PR_SET_PDEATHSIG, SIGKILL))
		return fail(errno, "cannot set the parent death signal");
	return 0;
}

/* What the parent caught execve has reset already. */
static void reset_signals(uint64_t ignored)
{
	for (int sig = 1; sig <= 64; sig++)
		if (ignored >> (sig - 1) & 1)
			(void)sys_signal_default(sig);
	(void)sys_signals_unblock();
}

int main(int argc, char **argv)
{
	struct child c = { .tools = { .procfd = -1, .scratchfd = -1 },
			   .rootfd = -1,
			   .devfd = -1,
			   .kernel_fs = { -1, -1 },
			   .terminal = -1,
			   .gate_peer = -1 };

	/* First of all: exec made us dumpable again, and a process of the container could see us (CVE-2016-9962). */
	if (prctl(PR_SET_DUMPABLE, 0))
		return 125;
	if (argc != 4 || !(c.h = map_arena(argv)) || !(c.shared = map_recorder(c.h)))
		return 125;
	c.plan = c.h->plan;
	err_trail_attach(&c.shared->trail);
	reset_signals(c.h->ignored_signals);
	c.umask = umask(0); /* all that we make has the mode that it is given, until step 'umask' */
	if (die_with_parent() < 0)
		child_die(&c);
	if (c.h->role == ROLE_STAGE && child_run_stage(&c) < 0)
		child_die(&c);
	if (child_run_init(&c) < 0)
		child_die(&c);
	return 0;
}
