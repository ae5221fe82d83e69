/* SPDX-License-Identifier: Apache-2.0 */
/* run/listener.c: see listener.h. */
#include "run/listener.h"

#include <poll.h>
#include <stdio.h>
#include <string.h>

#include "base/err.h"
#include "base/fd.h"
#include "base/io.h"
#include "base/json_write.h"
#include "kernel/sys.h"
#include "kernel/tty.h"
#include "plan/filter.h"

#define STATE_ROOM (1u << 20)

/* The recorder is memory: it is looked at every so often, as the process may not make a system call. */
static int wait_fd(const struct shared *shared, int pidfd, int64_t deadline_ms, int *ret_number)
{
	for (;;) {
		int number = __atomic_load_n(&shared->listener_fd, __ATOMIC_ACQUIRE);

		if (number > 0) {
			*ret_number = number - 1;
			return 0;
		}
		if (now_ms() >= deadline_ms)
			return fail(ETIMEDOUT, "init did not load its seccomp filter");
		if (poll(&(struct pollfd){ .fd = pidfd, .events = POLLIN }, 1, 1) > 0)
			return fail(ECHILD, "init died before its seccomp filter was loaded");
	}
}

/* The specification's ContainerProcessState. */
static int process_state(struct arena *arena, const struct plan *plan, pid_t pid, pid_t init,
			 const char *status, const char **ret_text)
{
	struct json_writer *w = json_writer_begin(arena, NULL);
	const char *head;
	size_t n;
	int r;

	if (!w)
		return -ENOMEM;
	json_object(w, NULL);
	json_string(w, "ociVersion", plan->oci_version);
	json_array(w, "fds");
	json_string(w, NULL, "seccompFd");
	json_end_array(w);
	json_i64(w, "pid", pid);
	if (plan->filter->listener_metadata)
		json_string(w, "metadata", plan->filter->listener_metadata);
	json_end_object(w);
	r = json_writer_end(w, &head, &n);
	if (r < 0)
		return r;
	/* the state comes in the pieces that hooks get */
	*ret_text = arena_printf(arena, "%.*s,\"state\":%s%s%s%d%s}", (int)n - 1, head, plan->state_head,
				 status, plan->state_middle, init, plan->state_tail);
	return *ret_text ? 0 : -ENOMEM;
}

int listener_serve(const struct plan *plan, struct shared *shared, pid_t pid, pid_t init, int pidfd,
		   const char *status, int64_t deadline_ms)
{
	autoclose int fd = -1;
	struct arena scratch;
	const char *text;
	int number, r = wait_fd(shared, pidfd, deadline_ms, &number);

	if (r < 0)
		return r;
	fd = sys_pidfd_getfd(pidfd, number, 0);
	if (fd < 0)
		return fail(errno, "cannot take the seccomp listener from init");
	r = arena_open_private(&scratch, 4 * STATE_ROOM);
	if (r < 0)
		return r;
	r = process_state(&scratch, plan, pid, init, status, &text);
	if (r == 0)
		r = tty_send_fd(plan->filter->listener_path, fd, text, deadline_ms);
	arena_close(&scratch);
	if (r < 0)
		return fail_in(r, "linux.seccomp.listenerPath");
	__atomic_store_n(&shared->listener_taken, 1, __ATOMIC_RELEASE);
	return 0;
}
