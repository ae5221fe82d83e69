/* SPDX-License-Identifier: Apache-2.0 */
/* create.c: create, run and create --dry-run: load, plan, run, record. */
#include <fcntl.h>
#include <limits.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/err.h"
#include "base/fd.h"
#include "base/io.h"
#include "base/log.h"
#include "base/path.h"
#include "base/str.h"
#include "container.h"
#include "ended.h"
#include "ids.h"
#include "making.h"
#include "kernel/tty.h"
#include "run/notify.h"

#define CREATE_MS 120000

/* ---- load ------------------------------------------------------------------------------------------------------------ */

static int open_config(const struct cruet_create *options, const char *bundle, int *ret_fd)
{
	char path[PATH_MAX];
	struct stat st;

	if (options->config) {
		*ret_fd = open(options->config, O_RDONLY | O_CLOEXEC);
		return *ret_fd < 0 ? fail(errno, "cannot open the configuration '%s'", options->config) : 0;
	}
	if ((size_t)snprintf(path, sizeof(path), "%s/config.json", bundle) >= sizeof(path))
		return fail(ENAMETOOLONG, "bundle '%s'", bundle);
	/* a FIFO that nobody writes to would hold us for ever */
	*ret_fd = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	if (*ret_fd < 0)
		return fail(errno, "cannot open the bundle's configuration '%s' (make one with `cruet spec`)",
			    path);
	if (fstat(*ret_fd, &st) || !S_ISREG(st.st_mode))
		return fail(EINVAL, "the bundle's configuration '%s' is not a regular file", path);
	return 0;
}

static int load(struct making *m, const struct cruet_create *options)
{
	autoclose int fd = -1;
	char *buf;
	int r;

	m->bundle = realpath(options->bundle ? options->bundle : ".", NULL);
	if (!m->bundle)
		return fail(errno, "bundle '%s'", options->bundle ? options->bundle : ".");
	r = open_config(options, m->bundle, &fd);
	if (r == 0)
		r = read_all(&m->arena, fd, SPEC_CONFIG_MAX, &buf, &m->run.config_n);
	if (r == -EFBIG)
		return fail(EFBIG, "config.json is larger than %u bytes", SPEC_CONFIG_MAX);
	if (r < 0)
		return fail(-r, "cannot read config.json");
	m->run.config = buf;
	return spec_load(&m->arena, buf, m->run.config_n, &m->spec);
}

/* ---- plan ------------------------------------------------------------------------------------------------------------ */

static int make_plan(struct making *m, struct cruet *cruet, const struct cruet_create *options,
		     bool filter_later)
{
	struct plan_options plan_options = {
		.id = arena_strdup(&m->arena, options->id),
		.bundle = arena_strdup(&m->arena, m->bundle),
		.no_pivot = options->no_pivot,
		.no_new_keyring = options->no_new_keyring,
		.systemd_cgroup = cruet->manager == CRUET_MANAGER_SYSTEMD,
		.no_cgroup = cruet->manager == CRUET_MANAGER_DISABLED,
		.preserve_fds = options->preserve_fds,
		.filter_later = filter_later,
		.privileged = options->privileged,
		.ids = m->ids,
		.rootless = { cruet->rootless != CRUET_ROOTLESS_AUTO,
			      cruet->rootless == CRUET_ROOTLESS_TRUE },
	};
	int r;

	if (!plan_options.id || !plan_options.bundle)
		return -ENOMEM;
	r = cruet_host(cruet, &m->host);
	if (r == 0 && options->privileged)
		r = cruet_host_devices(&m->arena, &m->host);
	if (r < 0)
		return r;
	if (m->host.notify_socket) {
		plan_options.notify_dir =
			arena_printf(&m->arena, "%s/%s/" NOTIFY_DIR, cruet->root, options->id);
		if (!plan_options.notify_dir)
			return -ENOMEM;
	}
	r = plan_make(&m->arena, m->spec, &m->host, &plan_options, &m->run.plan);
	return r < 0 ? r : making_check_labels(m->run.plan);
}

int making_plan_bundle(struct making *m, struct cruet *cruet, const struct cruet_create *options)
{
	int r = ledger_check_id(options->id);

	if (r == 0)
		r = making_open_arena(m);
	if (r == 0)
		r = load(m, options);
	/* what would be taken: nobody is kept from it meanwhile */
	if (r == 0 && options->userns) {
		r = ledger_root_open(cruet->root, false, &m->run.rootfd);
		if (r == 0 || r == -ENOENT)
			r = ids_take(cruet, m->run.rootfd, options->userns, &m->ids);
	}
	return r < 0 ? r : make_plan(m, cruet, options, false);
}

int cruet_explain_plan(struct cruet *cruet, const struct cruet_create *options, FILE *out)
{
	autoclose_making struct making m = MAKING_NONE;
	const char *text;
	int r = making_plan_bundle(&m, cruet, options);

	if (r == 0)
		r = plan_explain(&m.arena, m.run.plan, &text);
	if (r == 0 && fputs(text, out) < 0)
		r = fail(errno, "cannot write the plan");
	return r;
}

/* ---- record ---------------------------------------------------------------------------------------------------------- */

/* Not gmtime_r(3) and strftime(3), which read the machine's time zone for a time that has none. Years begin in March
 * here, so that the leap day is a year's last. */
static const char *now_rfc3339(struct arena *arena)
{
	struct timespec now;
	unsigned int days, second, era_day, year, day, month;

	clock_gettime(CLOCK_REALTIME, &now);
	second = (unsigned int)(now.tv_sec % 86400);
	days = (unsigned int)(now.tv_sec / 86400) + 719468; /* since 1 March of the year 0 */
	era_day = days % 146097;			    /* of 400 years */
	year = (era_day - era_day / 1460 + era_day / 36524 - era_day / 146096) / 365;
	day = era_day - (365 * year + year / 4 - year / 100);
	month = (5 * day + 2) / 153;
	day -= (153 * month + 2) / 5;
	year += days / 146097 * 400 + (month >= 10);
	return arena_printf(arena, "%04u-%02u-%02uT%02u:%02u:%02u.%09ldZ", year,
			    month < 10 ? month + 3 : month - 9, day + 1, second / 3600, second / 60 % 60,
			    second % 60, now.tv_nsec);
}

/* The container's mounts will lie over the rootfs in our own mount namespace: what was there before is not ours. */
static int note_rootfs_mount(struct container *c)
{
	autoclose int fd = open(c->rootfs, O_PATH | O_DIRECTORY | O_CLOEXEC);

	if (fd < 0)
		return fail(errno, "root.path '%s'", c->rootfs);
	c->host_mounts = true;
	return path_mount_id(fd, &c->rootfs_mount);
}

static enum container_manager manager_of(const struct plan_cgroup *cgroup)
{
	if (cgroup->none)
		return MANAGER_NONE;
	if (!cgroup->unit)
		return MANAGER_CGROUPFS;
	return cgroup->user_unit ? MANAGER_SYSTEMD_USER : MANAGER_SYSTEMD;
}

static int fill_container(struct making *m, struct cruet *cruet)
{
	const struct plan *plan = m->run.plan;

	m->container = (struct container){
		.version = LEDGER_VERSION,
		.id = plan->id,
		.bundle = plan->bundle,
		.rootfs = plan->root.path,
		.created = now_rfc3339(&m->arena),
		.oci_version = m->spec->oci_version,
		.annotations = m->spec->annotations,
		.owner = geteuid(),
		.manager = manager_of(&plan->cgroup),
		.cgroup = plan->cgroup.none ? NULL : plan->cgroup.path,
		.unit = plan->cgroup.unit ? plan->cgroup.unit->name : NULL,
		.rdt = plan->rdt ? plan->rdt->group : NULL,
		.rdt_own = plan->rdt && plan->rdt->own,
		.rdt_monitoring = plan->rdt && plan->rdt->monitoring,
		.own_pidns = (plan->ns.clone & CLONE_NEWPID) != 0,
		.has_poststop = plan->hooks[HOOK_POSTSTOP].n > 0,
		.has_poststart = plan->hooks[HOOK_POSTSTART].n > 0,
		.has_start_hooks = plan->hooks[HOOK_START_CONTAINER].n > 0,
		.terminal = plan->process.terminal,
		.privileged = plan->privileged,
		.notify = m->host.notify_socket != NULL,
		.ids_start = m->ids.outside,
		.ids_size = m->ids.size,
	};
	if (!m->container.created)
		return -ENOMEM;
	m->run.container = &m->container;
	if (plan->root.on_host) {
		int r = note_rootfs_mount(&m->container);

		if (r < 0)
			return r;
	}
	return cruet_boot_id(cruet, &m->container.boot_id);
}

/* From the look at what is taken until the intent is published nobody else looks. */
static int take_ids(struct making *m, struct cruet *cruet, const char *words)
{
	int r = ledger_root_open(cruet->root, true, &m->run.rootfd);

	if (r == 0)
		r = ledger_root_lock(m->run.rootfd, &m->run.ids_lock);
	return r < 0 ? r : ids_take(cruet, m->run.rootfd, words, &m->ids);
}

int making_prepare(struct making *m, struct cruet *cruet, const struct cruet_create *options, bool gate)
{
	bool detached = gate || options->detach;
	int r = ledger_check_id(options->id);

	cruet_set_deadline(cruet, options->timeout_ms, CREATE_MS);
	if (r == 0)
		r = making_open_arena(m);
	if (r == 0)
		r = load(m, options);
	if (r == 0 && options->userns)
		r = take_ids(m, cruet, options->userns);
	if (r == 0)
		r = make_plan(m, cruet, options, true);
	if (r == 0)
		r = making_check_terminal(m->run.plan, options->console_socket, detached);
	if (r == 0)
		r = fill_container(m, cruet);
	if (r == 0 && m->run.rootfd < 0)
		r = ledger_root_open(cruet->root, true, &m->run.rootfd);
	if (r == 0)
		r = cruet_cgroup_mark(cruet, m->run.rootfd, &m->run.cgroup_mark);
	if (r < 0)
		return r;
	making_fill_run(m, cruet, &m->container);
	making_fill_handoff(m, gate);
	m->run.notify = m->container.notify;
	m->run.console_socket = options->console_socket;
	m->run.pidfd_socket = options->pidfd_socket;
	m->run.pid_file = options->pid_file;
	return 0;
}

static int make(struct making *m, struct cruet *cruet, const struct cruet_create *options, bool gate)
{
	int r = making_prepare(m, cruet, options, gate);

	return r < 0 ? r : run_create(&m->run);
}

int cruet_create(struct cruet *cruet, const struct cruet_create *options)
{
	autoclose_making struct making m = MAKING_NONE;

	return make(&m, cruet, options, true);
}

/* ---- run ------------------------------------------------------------------------------------------------------------- */

/* After a failure behind the release: what create made goes again. */
static void abandon(struct making *m, struct cruet *cruet)
{
	struct err_trail *own = err_trail(), aside = { 0 };
	struct remains remains = {
		.arena = &m->arena,
		.container = &m->container,
		.entry = &m->run.entry,
		.cgroups = &m->host.cgroup,
		.procfd = cruet->procfd,
		.pidfd = m->run.pidfd,
		.child = m->run.pid,
		.deadline_ms = now_ms() + 10000,
	};

	err_trail_attach(&aside);
	if (run_undo(&remains) < 0)
		log_warning("cleaning up: %s", aside.text);
	err_trail_attach(own);
}

static int start_child(struct making *m)
{
	int r = 0;

	if (!m->run.plan->process.exec.args)
		return fail(EINVAL, "cannot start: the configuration has no process");
	if (m->run.notify)
		r = notify_listen(&m->run.entry, &m->notify_fd);
	if (r == 0)
		r = run_start_child(&m->run);
	return r < 0 ? r : hooks_run(m->run.plan, HOOK_POSTSTART, "running", m->run.pid, m->run.limit_ms);
}

/* A failure is no reason to hide the exit status from who waits for it here. */
static void note_end(struct cruet *cruet, const char *id, const struct process_exit *how)
{
	autoclose_container struct opened opened = OPENED_NONE;
	struct cruet_exit ended;

	if (container_open(cruet, id, -1, &opened) < 0 || ended_note(cruet, &opened, how, &ended) < 0) {
		log_warning("%s", err_trail()->text);
		fail_forget();
	}
}

int making_watch(struct making *m, struct cruet *cruet, const struct cruet_create *options, int *ret_status)
{
	struct process_exit how = { .known = false };
	const struct monitor monitor = {
		.how = &how,
		.pidfd = m->run.pidfd,
		.pid = m->run.pid,
		.console_fd = m->run.console_fd,
		.subreaper = !options->no_subreaper,
		.notify_fd = m->notify_fd,
		.notify_socket = m->host.notify_socket,
	};
	const struct cruet_delete delete = { .id = options->id, .force = true };
	int r;

	ledger_close(&m->run.entry); /* others may work on it while it runs */
	r = monitor_run(&monitor, ret_status);
	if (options->keep) {
		note_end(cruet, options->id, &how);
		return r;
	}
	if (r < 0) {
		abandon(m, cruet);
		return r;
	}
	return container_delete_by_id(cruet, &delete);
}

int cruet_run(struct cruet *cruet, const struct cruet_create *options, int *ret_status)
{
	autoclose_making struct making m = MAKING_NONE;
	int r;

	if (!options->detach && !options->no_subreaper && prctl(PR_SET_CHILD_SUBREAPER, 1))
		return fail(errno, "cannot become a subreaper (try --no-subreaper)");
	r = make(&m, cruet, options, false);
	if (r < 0)
		return r;
	r = start_child(&m);
	if (r < 0) {
		abandon(&m, cruet);
		return r;
	}
	*ret_status = 0;
	if (!options->detach)
		return making_watch(&m, cruet, options, ret_status);
	return m.run.notify ? notify_wait_ready(m.notify_fd, m.host.notify_socket, m.run.pid, m.run.pidfd,
						cruet->limit_ms)
			    : 0;
}
