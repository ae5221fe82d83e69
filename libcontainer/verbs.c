/* SPDX-License-Identifier: Apache-2.0 */
/* verbs.c: start, kill and delete. */
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/err.h"
#include "base/fd.h"
#include "base/io.h"
#include "base/log.h"
#include "base/str.h"
#include "container.h"
#include "kernel/process.h"
#include "run/listener.h"
#include "run/notify.h"
#include "wire/gate.h"

#define START_MS  120000
#define DELETE_MS 10000
#define ENDING_MS 1000

struct id_range container_ids(const struct container *c)
{
	return (struct id_range){ .outside = (uint32_t)c->ids_start, .size = (uint32_t)c->ids_size };
}

int container_plan(struct cruet *cruet, const struct opened *opened, const struct plan **ret_plan)
{
	const struct container *c = &opened->container;
	const struct plan_options options = { .id = c->id,
					      .bundle = c->bundle,
					      .no_cgroup = c->manager == MANAGER_NONE,
					      .systemd_cgroup = container_is_unit(c),
					      .filter_later = true,
					      .privileged = c->privileged,
					      .ids = container_ids(c) };
	const struct spec *spec;
	struct host host;
	char *config;
	size_t n;
	int r = ledger_read_config(&opened->entry, &cruet->arena, &config, &n);

	if (r == 0)
		r = spec_load(&cruet->arena, config, n, &spec);
	if (r == 0)
		r = cruet_host(cruet, &host);
	return r < 0 ? r : plan_make(&cruet->arena, spec, &host, &options, ret_plan);
}

/* ---- start ----------------------------------------------------------------------------------------------------------- */

static int connect_gate(struct cruet *cruet, const struct opened *opened, int *ret_fd)
{
	autoclose int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
	struct sockaddr_un addr = { .sun_family = AF_UNIX };
	int64_t left = cruet->deadline_ms - now_ms();
	struct timeval patience = { .tv_sec = left > 1000 ? left / 1000 : 1 };

	if (fd < 0)
		return fail(errno, "cannot make a socket");
	snprintf(addr.sun_path, sizeof(addr.sun_path), "/proc/self/fd/%d/" GATE_NAME, opened->entry.dirfd);
	/* an init that does not accept, and the connections of others that gave up on it */
	if (setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof(patience)) ||
	    connect(fd, (struct sockaddr *)&addr, sizeof(addr)))
		return fail(errno, "cannot reach init at the start gate");
	*ret_fd = take_fd(&fd);
	return 0;
}

/* One answer, and the fd that may come with it. 0 at the end of the stream. */
static int receive_answer(int fd, int64_t deadline_ms, struct gate_answer *ret_answer, int *ret_fd)
{
	struct iovec iov = { .iov_base = ret_answer, .iov_len = sizeof(*ret_answer) };
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
	int r = wait_readable(fd, deadline_ms);

	if (r < 0)
		return fail(-r, "init did not execute the program");
	do
		n = recvmsg(fd, &msg, MSG_CMSG_CLOEXEC);
	while (n < 0 && errno == EINTR);
	c = n < 0 ? NULL : CMSG_FIRSTHDR(&msg);
	if (c && c->cmsg_type == SCM_RIGHTS && c->cmsg_len == CMSG_LEN(sizeof(int)))
		memcpy(ret_fd, CMSG_DATA(c), sizeof(int));
	if (n == 0 || (n < 0 && errno == ECONNRESET))
		return 0;
	return n == sizeof(*ret_answer) ? 1 : fail(EPROTO, "init gave no answer");
}

/* init is about to load a filter with a listener: the recorder came along, in which it notes the fd. */
static int serve_listener(struct cruet *cruet, const struct opened *opened, int recorder, int pidfd,
			  int64_t deadline_ms)
{
	struct shared *shared = mmap(NULL, SHARED_SIZE, PROT_READ | PROT_WRITE, MAP_SHARED, recorder, 0);
	pid_t pid = (pid_t)opened->container.pid;
	const struct plan *plan;
	int r;

	if (shared == MAP_FAILED)
		return fail(errno, "cannot map the recorder");
	r = container_plan(cruet, opened, &plan);
	if (r == 0 && !plan->filter)
		r = fail(EPROTO, "init wants a seccomp listener that the configuration does not have");
	if (r == 0)
		r = listener_serve(plan, shared, pid, pid, pidfd, "creating", deadline_ms);
	munmap(shared, SHARED_SIZE);
	return r;
}

/* Success is the end of the stream: execve closed it. */
static int pass_gate(struct cruet *cruet, const struct opened *opened, int fd, int pidfd)
{
	autoclose int recorder = -1;
	struct gate_answer answer;
	int r;

	if (send(fd, &(char){ GATE_GO }, 1, MSG_NOSIGNAL) != 1)
		return fail(errno, "cannot start init");
	r = receive_answer(fd, cruet->deadline_ms, &answer, &recorder);
	if (r > 0 && answer.kind == GATE_LISTENER && recorder >= 0) {
		r = serve_listener(cruet, opened, recorder, pidfd, cruet->deadline_ms);
		if (r < 0) {
			(void)!process_signal(pidfd, SIGKILL);
			return r;
		}
		r = receive_answer(fd, cruet->deadline_ms, &answer, &recorder);
	}
	if (r <= 0)
		return r;
	answer.text[sizeof(answer.text) - 1] = '\0';
	return fail(answer.err > 0 && answer.err < 4096 ? answer.err : 0, "%s", answer.text);
}

/* A failing poststart hook stops the container, and start fails. */
static int poststart(struct cruet *cruet, const struct opened *opened, int pidfd)
{
	const struct plan *plan;
	int r;

	if (!opened->container.has_poststart)
		return 0;
	r = container_plan(cruet, opened, &plan);
	if (r == 0)
		r = hooks_run(plan, HOOK_POSTSTART, "running", (pid_t)opened->container.pid, cruet->limit_ms);
	if (r < 0 && process_signal(pidfd, SIGKILL) == 0)
		(void)!wait_readable(pidfd, now_ms() + DELETE_MS);
	return r;
}

/* Init runs the startContainer hooks on its own, each as long as it may. */
static int extend_for_hooks(struct cruet *cruet, const struct opened *opened)
{
	const struct plan *plan;
	int r;

	if (!opened->container.has_start_hooks || cruet->limit_ms != NO_DEADLINE)
		return 0;
	r = container_plan(cruet, opened, &plan);
	if (r == 0)
		cruet->deadline_ms += hooks_time(plan, 1u << HOOK_START_CONTAINER);
	return r;
}

static int check_startable(enum cruet_status status, const char *id)
{
	if (status == CRUET_CREATED)
		return 0;
	if (status == CRUET_STOPPED)
		return fail(0, "cannot start a container that has stopped: '%s'", id);
	return fail(0, "cannot start '%s': it is %s, not created", id, cruet_status_word(status));
}

static int pass(struct cruet *cruet, const struct opened *opened, int gate, int pidfd)
{
	int r = extend_for_hooks(cruet, opened);

	/* The name goes first: should we die before "go", init sees the stream end and ends, too. */
	if (r == 0)
		r = ledger_unlink(&opened->entry, GATE_NAME);
	if (r < 0)
		return r;
	r = pass_gate(cruet, opened, gate, pidfd);
	/* what was said to have failed must not happen later */
	if (r == -ETIMEDOUT && process_signal(pidfd, SIGKILL) < 0)
		log_debug("init had ended");
	/* it is about to end, if nobody has frozen it: who is told of the failure shall find a container that has stopped */
	if (r < 0)
		(void)!wait_readable(pidfd, now_ms() + ENDING_MS);
	return r;
}

int cruet_start(struct cruet *cruet, const struct cruet_start *options)
{
	autoclose_container struct opened opened = OPENED_NONE;
	autoclose int pidfd = -1, gate = -1, notify = -1;
	const char *notify_socket = cruet_notify_socket();
	enum cruet_status status;
	int r;

	cruet_set_deadline(cruet, options->timeout_ms, START_MS);
	r = container_open(cruet, options->id, cruet_lock_ms(cruet), &opened);
	if (r == 0)
		r = container_status(cruet, &opened, &status, &pidfd);
	if (r == 0)
		r = check_startable(status, options->id);
	if (r == 0)
		r = connect_gate(cruet, &opened, &gate);
	if (r == 0 && notify_socket && opened.container.notify)
		r = notify_listen(&opened.entry, &notify);
	if (r == 0)
		r = pass(cruet, &opened, gate, pidfd);
	if (r == 0)
		r = poststart(cruet, &opened, pidfd);
	if (r < 0 || notify < 0)
		return r;
	ledger_close(&opened.entry); /* others may work on it while we wait */
	return notify_wait_ready(notify, notify_socket, (pid_t)opened.container.pid, pidfd, cruet->limit_ms);
}

/* ---- kill ------------------------------------------------------------------------------------------------------------ */

/* Everybody in the container's cgroup; 1, or 0 where it has none (any more). */
static int signal_all(struct cruet *cruet, const struct opened *opened, int sig)
{
	struct cgroup_place *place;
	int r = container_cgroup(cruet, &opened->container, &place);

	if (r == -ENOENT)
		return 0;
	if (r < 0)
		return r;
	r = cgroup_signal(place, sig, now_ms() + DELETE_MS);
	cgroup_close(place);
	return r < 0 ? r : 1;
}

static int signal_init(const struct cruet_kill *options, int pidfd)
{
	int r = pidfd < 0 ? -ESRCH : process_signal(pidfd, options->signal);

	if (r == -ESRCH) {
		fail_forget();
		return fail(0, "container not running: '%s'", options->id);
	}
	return r < 0 ? fail_in(r, "cannot signal '%s'", options->id) : 0;
}

int cruet_kill(struct cruet *cruet, const struct cruet_kill *options)
{
	autoclose_container struct opened opened = OPENED_NONE;
	autoclose int pidfd = -1;
	enum cruet_status status;
	bool paused = false;
	int r = container_open(cruet, options->id, -1, &opened);

	if (r == 0)
		r = container_life(cruet, &opened, &status, &pidfd);
	if (r == 0 && options->signal == SIGKILL && status == CRUET_RUNNING)
		r = container_is_paused(cruet, &opened.container, &paused);
	if (r < 0)
		return r;
	/* SIGKILL ends the container: without a pid namespace that is everybody in its cgroup, init alive or not */
	if (options->all || (options->signal == SIGKILL && !opened.container.own_pidns)) {
		r = signal_all(cruet, &opened, options->signal);
		if (r < 0)
			return r;
		if (r > 0 || (pidfd < 0 && options->all))
			return 0;
	}
	r = signal_init(options, pidfd);
	if (r < 0)
		return r;
	/* a v1 freezer holds even SIGKILL back */
	r = paused ? signal_all(cruet, &opened, SIGKILL) : 0;
	return r < 0 ? r : 0;
}

/* ---- delete ---------------------------------------------------------------------------------------------------------- */

/* A reboot has taken the processes, the cgroup, the resctrl group and the mounts: what is found by their names now is another's. */
static int forget_another_boot(struct cruet *cruet, struct container *c)
{
	const char *boot_id;
	int r = cruet_boot_id(cruet, &boot_id);

	if (r < 0 || !c->boot_id[0] || streq(c->boot_id, boot_id))
		return r;
	c->cgroup = c->unit = c->rdt = NULL;
	c->host_mounts = false;
	c->manager = MANAGER_NONE;
	return 0;
}

/* What a v1 freezer holds does not die of any signal. */
static int kill_frozen(struct cruet *cruet, const struct opened *opened)
{
	bool frozen;
	int r = container_is_paused(cruet, &opened->container, &frozen);

	return r < 0 || !frozen ? r : signal_all(cruet, opened, SIGKILL);
}

int container_destroy(struct cruet *cruet, struct opened *opened, int pidfd, int64_t deadline_ms)
{
	const struct cgroup_host *host;
	struct remains remains;
	int r = cruet_cgroups(cruet, &host);

	if (r == 0)
		r = forget_another_boot(cruet, &opened->container);
	if (r == 0 && pidfd >= 0 && host->mode != CGROUP_V2)
		r = kill_frozen(cruet, opened);
	if (r < 0)
		return r;
	remains = (struct remains){
		.arena = &cruet->arena,
		.container = &opened->container,
		.entry = &opened->entry,
		.cgroups = host,
		.procfd = cruet->procfd,
		.pidfd = pidfd,
		.deadline_ms = deadline_ms,
	};
	return run_undo(&remains);
}

/* The specification: poststop runs when the container is gone; what fails there is a warning. */
static void poststop(struct cruet *cruet, const struct plan *plan)
{
	if (plan && hooks_run(plan, HOOK_POSTSTOP, "stopped", 0, cruet->limit_ms) < 0) {
		log_warning("%s", err_trail()->text);
		fail_forget();
	}
}

static int check_deletable(const struct cruet_delete *options, enum cruet_status status)
{
	if (options->force || status == CRUET_STOPPED || status == CRUET_CREATED)
		return 0;
	return fail(
		0,
		"cannot delete container '%s' that is not stopped: it is %s (kill it first, or use --force)",
		options->id, cruet_status_word(status));
}

/* A group of the container's own would not have been made had there been one before; of others nobody knows it. */
static void recover_rdt(struct container *c, const struct plan_rdt *rdt)
{
	c->rdt = rdt->group;
	c->rdt_own = c->rdt_made = rdt->own;
	c->rdt_monitoring = rdt->monitoring;
}

/* The record cannot be read: what can be known without it are cgroup and resctrl group, from the configuration as it was at
 * create. */
static void recover(struct cruet *cruet, const char *id, struct opened *opened)
{
	struct container *c = &opened->container;
	const struct plan *plan;
	int r;

	*c = (struct container){ .id = id, .bundle = "/", .boot_id = "", .manager = MANAGER_CGROUPFS };
	fail_forget();
	r = container_plan(cruet, opened, &plan);
	if (r < 0) {
		/* a cgroupsPath that only systemd understands */
		fail_forget();
		c->manager = MANAGER_SYSTEMD;
		r = container_plan(cruet, opened, &plan);
	}
	if (r == 0 && plan->rdt)
		recover_rdt(c, plan->rdt);
	if (r == 0 && !plan->cgroup.none) {
		c->cgroup = plan->cgroup.path;
		c->unit = plan->cgroup.unit ? plan->cgroup.unit->name : NULL;
		c->manager = !c->unit		      ? MANAGER_CGROUPFS
			     : plan->cgroup.user_unit ? MANAGER_SYSTEMD_USER
						      : MANAGER_SYSTEMD;
	} else {
		c->manager = MANAGER_NONE;
	}
	fail_forget();
}

/* What commands that were killed have left below the root, of whatever container. */
static void sweep(struct cruet *cruet)
{
	autoclose int rootfd = -1;

	if (ledger_root_open(cruet->root, false, &rootfd) < 0 ||
	    ledger_sweep(&(struct ledger_sweep){ .rootfd = rootfd, .remove = true }) < 0)
		fail_forget();
}

int container_delete(struct cruet *cruet, const struct cruet_delete *options, struct opened *opened)
{
	autoclose int pidfd = -1;
	const struct plan *plan = NULL;
	enum cruet_status status;
	int r = container_status(cruet, opened, &status, &pidfd);

	if (r == 0)
		r = check_deletable(options, status);
	if (r == 0 && opened->container.has_poststop)
		r = container_plan(cruet, opened, &plan);
	if (r == 0)
		r = container_destroy(cruet, opened, pidfd, cruet->deadline_ms);
	if (r == 0)
		poststop(cruet, plan);
	return r;
}

int container_delete_by_id(struct cruet *cruet, const struct cruet_delete *options)
{
	autoclose_container struct opened opened = OPENED_NONE;
	int r;

	cruet_set_deadline(cruet, options->timeout_ms, DELETE_MS);
	r = container_open(cruet, options->id, cruet_lock_ms(cruet), &opened);
	if (r == -EBADMSG && options->force) {
		recover(cruet, options->id, &opened);
		r = 0;
	}
	if (r == -ENOENT && options->force) {
		fail_forget();
		return 0;
	}
	return r < 0 ? r : container_delete(cruet, options, &opened);
}

int cruet_delete(struct cruet *cruet, const struct cruet_delete *options)
{
	int r = container_delete_by_id(cruet, options);

	/* reading the whole root is for who asks for everything to be gone, not for every delete */
	if (r == 0 && options->force)
		sweep(cruet);
	return r;
}
