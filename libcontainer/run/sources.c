/* SPDX-License-Identifier: Apache-2.0 */
/*
 * run/sources.c: what the parent opens for init before anything changes: namespaces, the rootfs, and the sources of
 * mounts that only the host's root can reach or whose ids are mapped. They are handed over as fds.
 */
#include "run/sources.h"

#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <unistd.h>

#include "base/err.h"
#include "base/fd.h"
#include "kernel/idmap.h"
#include "kernel/mount.h"
#include "kernel/ns.h"

/* A path that leads to our own namespace would have the container set what is the host's. */
static int refuse_callers(const struct run *run, int kind, int fd)
{
	autoclose int own = -1;
	bool same = false;
	char name[32];
	int r;

	if (!(run->plan->ns.not_callers & ns_words[kind].flag))
		return 0;
	snprintf(name, sizeof(name), "self/ns/%s", ns_words[kind].name);
	own = openat(run->procfd, name, O_RDONLY | O_CLOEXEC);
	if (own < 0)
		return fail(errno, "cannot open our own %s namespace", ns_words[kind].name);
	r = ns_same(own, fd, &same);
	if (r == 0 && same)
		return fail(EINVAL,
			    "linux.namespaces: '%s' is the host's own %s namespace, in which nothing may be "
			    "set by a container",
			    run->plan->ns.path[kind], ns_words[kind].name);
	return r;
}

/* A user namespace that comes with mappings must have exactly these. */
static int check_maps(const struct run *run, int fd)
{
	bool same = true;
	int r;

	if (!run->plan->ns.uids.n && !run->plan->ns.gids.n)
		return 0;
	r = idmap_userns_has(run->procfd, fd, &run->plan->ns.uids, &run->plan->ns.gids, &same);
	if (r == 0 && !same)
		return fail(EINVAL,
			    "linux.uidMappings and gidMappings differ from those of the user namespace '%s'",
			    run->plan->ns.path[NS_USER]);
	return r;
}

int sources_open_namespaces(struct run *run)
{
	for (int kind = 0; kind < NS_KINDS; kind++) {
		const char *path = run->plan->ns.path[kind];
		int r;

		if (!path)
			continue;
		r = ns_open(path, (enum ns_kind)kind, &run->handoff->ns_fd[kind]);
		if (r == 0)
			r = refuse_callers(run, kind, run->handoff->ns_fd[kind]);
		if (r == 0 && kind == NS_USER)
			r = check_maps(run, run->handoff->ns_fd[kind]);
		if (r < 0)
			return r;
	}
	return 0;
}

/* The user namespace that maps a mount's ids. The container's own may not exist yet: one with the same maps is as good. */
static int open_container_idmap(const struct run *run, int *ret_fd)
{
	if (run->handoff->ns_fd[NS_USER] >= 0) {
		*ret_fd = fcntl(run->handoff->ns_fd[NS_USER], F_DUPFD_CLOEXEC, 3);
		return *ret_fd < 0 ? fail(errno, "cannot duplicate a user namespace") : 0;
	}
	return idmap_userns_open(run->procfd, &run->plan->ns.uids, &run->plan->ns.gids, ret_fd);
}

static int open_idmap(const struct run *run, const struct plan_mount *m, int *ret_fd)
{
	if (m->idmap == IDMAP_OWN)
		return idmap_userns_open(run->procfd, &m->uids, &m->gids, ret_fd);
	return open_container_idmap(run, ret_fd);
}

/* All that the tree holds: what is mounted below it would else be nobody's. */
static int map_root(const struct run *run, struct mount_tools *tools)
{
	autoclose int userns = -1;
	int r = open_container_idmap(run, &userns);

	return r < 0 ? r : mount_set_idmap(tools, run->handoff->rootfs_fd, userns, true);
}

int sources_open_root(struct run *run)
{
	struct mount_tools tools = mount_tools_make(run->procfd);
	autoclose int dir = -1;
	int r;

	run->handoff->new_mount_api = tools.new_api;
	/* What a path means in a mount namespace that is joined is seen in there. */
	if (run->plan->ns.join & CLONE_NEWNS)
		return 0;
	dir = open(run->plan->root.path, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (dir < 0)
		return fail(errno, "root.path '%s'", run->plan->root.path);
	/* An old kernel, or no privilege: init clones it in its own namespace. */
	if ((!tools.new_api || run->host->euid) && !run->plan->root.idmapped)
		return 0;
	r = mount_clone(&tools, dir, "", true, false, &run->handoff->rootfs_fd);
	if (r == 0 && run->plan->root.idmapped)
		r = map_root(run, &tools);
	return r < 0 ? fail_in(r, "root.path '%s'", run->plan->root.path) : 0;
}

static int open_mount(const struct run *run, struct mount_tools *tools, const struct plan_mount *m,
		      int *ret_fd)
{
	autoclose int clone = -1, userns = -1;
	int r;

	if (m->kind == PLAN_MOUNT_BIND) {
		r = mount_clone(tools, AT_FDCWD, m->source, m->recursive, m->source_nofollow, &clone);
		/* cloned in the host's namespace it is a peer of the host's mount: what is mounted below it would travel back */
		if (r == 0)
			r = mount_set_propagation(tools, clone, run->plan->root.old_propagation);
	} else
		r = mount_make(tools, m->type, m->source, m->params.v, m->params.n, &m->attrs, &clone);
	if (r == 0 && m->idmap != IDMAP_NONE) {
		r = open_idmap(run, m, &userns);
		if (r == 0)
			r = mount_set_idmap(tools, clone, userns, m->idmap_recursive);
	}
	if (r == 0 && m->kind == PLAN_MOUNT_BIND)
		r = mount_set_attrs(tools, clone, &m->attrs);
	if (r == 0)
		*ret_fd = take_fd(&clone);
	return r;
}

int sources_open_mounts(struct run *run)
{
	struct mount_tools tools = mount_tools_probed(run->procfd);
	int *fds = arena_array(run->arena, run->plan->mounts.n + 1, int);

	if (!fds)
		return -ENOMEM;
	for (size_t i = 0; i < run->plan->mounts.n; i++)
		fds[i] = -1;
	run->handoff->mount_fd = fds;
	tools.new_api = run->handoff->new_mount_api;
	for (size_t i = 0; i < run->plan->mounts.n; i++) {
		const struct plan_mount *m = &run->plan->mounts.v[i];
		int r;

		if (!m->parent_opens || run->host->euid)
			continue;
		/* until 5.12 is the oldest kernel: what need not be mapped init opens itself, as far as it can */
		if (!tools.new_api && m->idmap == IDMAP_NONE)
			continue;
		if (!tools.new_api)
			return fail(ENOSYS, "%s: an id map for a mount needs mount_setattr(2), Linux 5.12",
				    m->where);
		r = open_mount(run, &tools, m, &fds[i]);
		if (r < 0)
			return fail_in(r, "%s", m->where);
	}
	return 0;
}

/* The child has its copies: ours would keep mounts and namespaces alive. The numbers stay in the handoff, which the child
 * reads from the same memory. */
void sources_close(const struct run *run)
{
	const struct handoff *h = run->handoff;
	int each[] = { h->rootfs_fd, h->gate_fd, h->sync_fd, h->shared_fd };

	for (size_t i = 0; i < ARRAY_SIZE(each); i++)
		fd_close(&each[i]);
	for (int kind = 0; kind < NS_KINDS; kind++)
		fd_close(&(int){ h->ns_fd[kind] });
	for (size_t i = 0; h->mount_fd && i < run->plan->mounts.n; i++)
		fd_close(&(int){ h->mount_fd[i] });
}
