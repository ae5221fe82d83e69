/* SPDX-License-Identifier: Apache-2.0 */
/* making.c: see making.h. */
#include "making.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/fd.h"
#include "base/io.h"
#include "base/log.h"
#include "kernel/lsm.h"

#define ARENA_SIZE (256u << 20) /* address space, not memory */

void making_close(struct making *m)
{
	if (m->run.place)
		cgroup_close(m->run.place);
	ledger_close(&m->run.entry);
	fd_close(&m->run.rootfd);
	fd_close(&m->run.ids_lock);
	fd_close(&m->run.sync_fd);
	fd_close(&m->run.pidfd);
	fd_close(&m->run.console_fd);
	fd_close(&m->notify_fd);
	if (m->fallback)
		cgroup_close(m->fallback);
	free(m->bundle);
	arena_close(&m->arena);
}
int making_open_arena(struct making *m)
{
	int r = arena_open_shared(&m->arena, ARENA_SIZE);

	if (r < 0)
		return r;
	m->run.handoff = arena_new(&m->arena, struct handoff);
	if (!m->run.handoff)
		return -ENOMEM;
	if ((void *)m->run.handoff != (void *)m->arena.base)
		return fail(EPROTO, "the arena does not start with the handoff");
	m->run.arena = &m->arena;
	return 0;
}

int making_load_snapshot(struct making *m, struct cruet *cruet, const struct opened *opened)
{
	char *config;
	size_t n;
	int r = ledger_read_config(&opened->entry, &m->arena, &config, &n);

	if (r == 0)
		r = spec_load(&m->arena, config, n, &m->spec);
	if (r == 0)
		r = cruet_host(cruet, &m->host);
	if (r == 0 && opened->container.privileged)
		r = plan_privileged(&m->arena, &m->host, m->spec, &m->spec);
	return r;
}

void making_fill_run(struct making *m, const struct cruet *cruet, struct container *container)
{
	m->run.host = &m->host;
	m->run.container = container;
	m->run.procfd = cruet->procfd;
	m->run.deadline_ms = cruet->deadline_ms;
	m->run.limit_ms = cruet->limit_ms;
	for (size_t i = 0; i < m->run.plan->warnings.n; i++)
		log_warning("%s", m->run.plan->warnings.v[i]);
}

void making_fill_handoff(struct making *m, bool gate)
{
	struct handoff *h = m->run.handoff;

	h->plan = m->run.plan;
	h->wait_gate = gate;
	h->ignored_signals = m->host.ignored_signals;
	h->trace = log_wants(LOG_LEVEL_DEBUG);
	h->shared_fd = h->sync_fd = h->gate_fd = h->proc_fd = h->pidfd = h->rootfs_fd = -1;
	for (int kind = 0; kind < NS_KINDS; kind++)
		h->ns_fd[kind] = -1;
}

int making_check_terminal(const struct plan *plan, const char *console_socket, bool detached)
{
	if (plan->process.terminal && detached && !console_socket)
		return fail(EINVAL, "process.terminal is true: a detached container needs --console-socket "
				    "for its terminal");
	if (!plan->process.terminal && console_socket)
		return fail(EINVAL, "--console-socket was given, but process.terminal is false");
	if (plan->process.terminal && !plan->process.exec.args)
		return fail(EINVAL, "process.terminal is true, but there are no process.args");
	return 0;
}

int making_check_labels(const struct plan *plan)
{
	int r = 0;

	if (plan->process.selinux_label)
		r = lsm_selinux_check("process.selinuxLabel", plan->process.selinux_label);
	if (r == 0 && plan->mount_label)
		r = lsm_selinux_check("linux.mountLabel", plan->mount_label->value);
	return r;
}

/* The last line of /proc/PID/cgroup, "0::/PATH", is cgroup2's. */
int making_open_init_cgroup(struct making *m, struct cruet *cruet, const struct cgroup_host *host, pid_t pid)
{
	char name[32], text[PATH_MAX + 256], *line;
	ssize_t n;
	int r;

	snprintf(name, sizeof(name), "%d/cgroup", pid);
	n = read_file_at(cruet->procfd, name, text, sizeof(text));
	if (n < 0)
		return fail((int)-n, "cannot read the cgroup of init");
	line = strncmp(text, "0::", 3) ? strstr(text, "\n0::") : text;
	if (!line)
		return 0;
	line += line == text ? 3 : 4;
	line[strcspn(line, "\n")] = '\0';
	r = cgroup_open(&m->arena, host, line, &m->fallback);
	if (r == -ENOENT)
		return 0;
	if (r == 0)
		m->run.cgroup_fallback_fd = cgroup_clone_fd(m->fallback);
	return r;
}
