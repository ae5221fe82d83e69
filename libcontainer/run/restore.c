/* SPDX-License-Identifier: Apache-2.0 */
/*
 * run/restore.c: a container from criu's images: the table at the end, read downwards. What it leaves on the host is what
 * create leaves, so create's undo column takes it back, and `delete` works on it.
 */
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/err.h"
#include "base/fd.h"
#include "base/io.h"
#include "base/json_read.h"
#include "base/path.h"
#include "base/str.h"
#include "kernel/mount.h"
#include "kernel/ns.h"
#include "kernel/process.h"
#include "kernel/sys.h"
#include "kernel/tty.h"
#include "run/acts.h"
#include "run/criu.h"
#include "run/group.h"
#include "run/rdt.h"
#include "run/sources.h"
#include "run/unit.h"

#define DESCRIPTORS_MAX (64u << 10)

/* ---- before criu ------------------------------------------------------------------------------------------------------- */

static int check_mounts(struct run *run)
{
	return criu_check_mounts(run->plan);
}

static bool is_below(const char *path, const char *top)
{
	size_t n = strlen(top);

	return !strncmp(path, top, n) && (path[n] == '/' || streq(top, "/"));
}

/* What is below another mount is in its images, or its source's. */
static bool is_covered(const struct plan *plan, size_t i)
{
	for (size_t j = 0; j < i; j++)
		if (is_below(plan->mounts.v[i].target, plan->mounts.v[j].target))
			return true;
	return false;
}

static int make_point(int rootfd, const struct plan_mount *m)
{
	autoclose int fd = -1;
	struct stat st;

	if (m->kind == PLAN_MOUNT_BIND) {
		if (stat(m->source, &st))
			return fail(errno, "%s: '%s'", m->where, m->source);
		if (!S_ISDIR(st.st_mode))
			return path_make_file(rootfd, m->target, &fd);
	}
	return path_make_dirs(rootfd, m->target, 0755, &fd);
}

/* The images say what is mounted, not where: a fresh root file system may have no place for it. */
static int make_mount_points(struct run *run)
{
	autoclose int rootfd = open(run->plan->root.path, O_PATH | O_DIRECTORY | O_CLOEXEC);
	mode_t mask = umask(0);
	int r = rootfd < 0 ? fail(errno, "root.path '%s'", run->plan->root.path) : 0;

	for (size_t i = 0; r == 0 && i < run->plan->mounts.n; i++) {
		const struct plan_mount *m = &run->plan->mounts.v[i];

		if ((m->kind == PLAN_MOUNT_BIND || m->kind == PLAN_MOUNT_FS) && !is_covered(run->plan, i))
			r = make_point(rootfd, m);
		if (r < 0)
			r = fail_in(r, "%s", m->where);
	}
	umask(mask);
	return r;
}

static int make_root(struct run *run)
{
	if (mkdirat(run->entry.dirfd, RESTORE_ROOT, 0700) && errno != EEXIST)
		return fail(errno, "cannot make '" RESTORE_ROOT "' in the state directory");
	return 0;
}

/* ---- what criu is told --------------------------------------------------------------------------------------------------- */

static int add_inherit(struct run *run, const char *key, int fd)
{
	struct criu_options *o = &run->restoring->options;
	struct criu_fd *list = arena_array(run->arena, o->n_inherit + 1, struct criu_fd);

	if (!list)
		return -ENOMEM;
	for (size_t i = 0; i < o->n_inherit; i++)
		list[i] = o->inherit[i];
	list[o->n_inherit++] = (struct criu_fd){ key, fd };
	o->inherit = list;
	return 0;
}

static int add_namespaces(struct run *run)
{
	struct criu_options *o = &run->restoring->options;
	struct string_pair *join = arena_array(run->arena, NS_KINDS, struct string_pair);
	int r = 0;

	if (!join)
		return -ENOMEM;
	for (int kind = 0; r == 0 && kind < NS_KINDS; kind++) {
		const char *path = run->plan->ns.path[kind], *key = criu_namespace_key((enum ns_kind)kind);

		if (!path)
			continue;
		if (kind == NS_CGROUP || kind == NS_MOUNT)
			return fail(EOPNOTSUPP,
				    "linux.namespaces: criu cannot restore into the %s namespace '%s'",
				    ns_words[kind].name, path);
		if (key)
			r = add_inherit(run, key, run->handoff->ns_fd[kind]);
		else
			join[o->join_ns.n++] = (struct string_pair){ ns_words[kind].name, path };
	}
	o->join_ns.v = join;
	return r;
}

struct descriptors {
	struct strings keys;
};

/* The pipes and host files that were the container's stdio are ours now, under other numbers: criu writes to 1 and 2. */
static int add_stdio(struct run *run)
{
	static const struct json_field row = FIELD(struct descriptors, keys, "descriptors");
	static const struct json_table table = { .v = &row, .n = 1, .size = sizeof(struct descriptors) };
	struct descriptors were;
	autoclose int fd = openat(run->restoring->options.images_fd, CRIU_DESCRIPTORS,
				  O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
	char *text;
	size_t n;
	int r = fd < 0 ? -errno : read_all(run->arena, fd, DESCRIPTORS_MAX, &text, &n);

	if (r < 0)
		return fail(-r, "cannot read " CRIU_DESCRIPTORS " of the images: is it the --image-path of a "
				"checkpoint?");
	/* the file is a bare list, and the reader takes objects */
	text = arena_printf(run->arena, "{\"descriptors\":%s}", text);
	if (!text)
		return -ENOMEM;
	r = json_read(run->arena, &table, text, strlen(text), &were);
	if (r < 0)
		return fail_in(r, CRIU_DESCRIPTORS);
	for (size_t i = 0; r == 0 && i < were.keys.n && i < 3; i++)
		if (starts_with(were.keys.v[i], "pipe:[") || starts_with(were.keys.v[i], "file["))
			r = add_inherit(run, were.keys.v[i], run->restoring->saved[i]);
	return r;
}

/* In every hierarchy: what was below the old container's cgroup is to be below this one's. */
static int add_cgroups(struct run *run, pid_t criu)
{
	struct criu_options *o = &run->restoring->options;
	char name[32], *text = arena_array(run->arena, 65536, char), *line, *path;
	struct string_pair *v = arena_array(run->arena, 256, struct string_pair);
	ssize_t n;

	if (!text || !v)
		return -ENOMEM;
	snprintf(name, sizeof(name), "%d/cgroup", criu);
	n = read_file_at(run->procfd, name, text, 65536);
	if (n < 0)
		return fail((int)-n, "cannot read the cgroup of criu");
	for (char *next = text; (line = strsep(&next, "\n"));) {
		char *controllers = strchr(line, ':'), *one;

		path = controllers ? strchr(controllers + 1, ':') : NULL;
		if (!path)
			continue;
		*path++ = '\0';
		for (controllers++; (one = strsep(&controllers, ",")) && o->cg_root.n < 256;)
			v[o->cg_root.n++] = (struct string_pair){ one, path };
	}
	o->cg_root.v = v;
	return 0;
}

static int describe(struct run *run)
{
	struct criu_options *o = &run->restoring->options;
	int r = criu_restore_mounts(run->arena, run->plan, &o->mounts);

	o->root = run->restoring->root;
	o->log_level = 4;
	o->notify = o->orphan_terminals = o->sibling = true;
	if (r == 0)
		r = add_namespaces(run);
	return r < 0 ? r : add_stdio(run);
}

/* ---- criu -------------------------------------------------------------------------------------------------------------------- */

/* --no-pivot: pivot_root refuses where "/" is the initial ramdisk; a bind of it, moved over it, is a mount like others. */
static int replace_old_root(const char *at)
{
	if (mount("/", at, NULL, MS_BIND | MS_REC, NULL) || chdir(at) ||
	    mount(".", "/", NULL, MS_MOVE, NULL) || chroot("."))
		return fail(errno, "--no-pivot: cannot replace the root");
	return 0;
}

/* criu mounts below its working directory: an fd of ours leads to the old mount namespace, where it cannot. */
static int open_again(const char *path, int number)
{
	autoclose int fd = path ? open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC) : -1;

	if (path && (fd < 0 || dup2(fd, number) != number))
		return fail(errno, "cannot open '%s' for criu", path);
	return 0;
}

/* In criu's process: the root must be a mount point whose parent is not covered. In a mount namespace of its own, that
 * goes with it. */
static int bind_root(void *context)
{
	const struct run *run = context;
	const char *at = run->restoring->root;
	int r = 0;

	if (unshare(CLONE_NEWNS) || mount(NULL, "/", NULL, MS_SLAVE | MS_REC, NULL))
		return fail(errno, "cannot make criu's mount namespace");
	if (run->restoring->no_pivot)
		r = replace_old_root(at);
	if (r == 0)
		r = open_again(run->restoring->images, run->restoring->options.images_fd);
	if (r == 0)
		r = open_again(run->restoring->work, run->restoring->options.work_fd);
	if (r == 0 && mount(run->plan->root.path, at, NULL, MS_BIND | MS_REC, NULL))
		r = fail(errno, "root.path '%s'", run->plan->root.path);
	return r;
}

static int run_setup_hooks(struct run *run, pid_t pid)
{
	int r;

	if (!wants_hooks(run))
		return 0;
	run->pid = pid;
	r = note_early(run);
	if (r == 0)
		r = hooks_run(run->plan, HOOK_PRESTART, "creating", pid, run->limit_ms);
	return r < 0 ? r : hooks_run(run->plan, HOOK_CREATE_RUNTIME, "creating", pid, run->limit_ms);
}

static int take_terminal(struct run *run, int fd)
{
	int r;

	if (fd < 0)
		return fail(EPROTO, "criu sent no terminal");
	if (run->console_socket) {
		r = tty_send_fd(run->console_socket, fd, "/dev/pts/0", run->deadline_ms);
		return r < 0 ? fail_in(r, "--console-socket '%s'", run->console_socket) : 0;
	}
	run->console_fd = fcntl(fd, F_DUPFD_CLOEXEC, 3);
	return run->console_fd < 0 ? fail(errno, "cannot keep the terminal") : 0;
}

/* In a process of its own; its exit status is the errno. */
_Noreturn static void protect_root(const struct run *run, int mountns)
{
	static const struct mount_attrs attrs = { .set = MOUNT_ATTR_RDONLY };
	struct mount_tools tools = mount_tools_make(run->procfd);
	int root, r;

	if (setns(mountns, CLONE_NEWNS))
		_exit(errno);
	root = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
	r = root < 0 ? -errno : mount_set_attrs(&tools, root, &attrs);
	_exit(-r);
}

static bool wants_readonly(const struct run *run)
{
	return run->plan->root.readonly;
}

/* To criu the root is what it finds, which had to be writable for it. From inside: a mount of another namespace cannot be
 * changed. */
static int make_root_readonly(struct run *run)
{
	autoclose int mountns = -1;
	char name[32];
	int status = 0;
	pid_t pid;

	snprintf(name, sizeof(name), "%d/ns/mnt", run->pid);
	mountns = openat(run->procfd, name, O_RDONLY | O_CLOEXEC);
	if (mountns < 0)
		return fail(errno, "cannot open the restored mount namespace");
	pid = fork();
	if (pid < 0)
		return fail(errno, "cannot fork");
	if (pid == 0)
		protect_root(run, mountns);
	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			return fail(errno, "root.readonly");
	return status == 0 ? 0 : fail(WIFEXITED(status) ? WEXITSTATUS(status) : EIO, "root.readonly");
}

/* All is there, and nothing of it runs yet: limits that are too narrow for criu itself, the record, who wants the pid. */
static int finish(struct run *run, pid_t pid)
{
	int r;

	run->pid = pid;
	r = process_open(pid, &run->pidfd);
	if (r == 0 && wants_readonly(run))
		r = make_root_readonly(run);
	if (r == 0 && wants_device_rules(run))
		r = apply_device_rules(run);
	if (r == 0 && wants_limits(run))
		r = apply_limits(run);
	if (r == 0 && wants_delegation(run))
		r = delegate_cgroup(run);
	if (r == 0)
		r = commit(run);
	return r < 0 || !wants_pid_file(run) ? r : write_pid_file(run);
}

static int hear(void *context, const struct criu_notice *notice)
{
	struct run *run = context;

	if (streq(notice->script, "setup-namespaces"))
		return run_setup_hooks(run, notice->pid);
	if (streq(notice->script, "orphan-pts-master"))
		return take_terminal(run, notice->fd);
	if (streq(notice->script, "post-restore"))
		return finish(run, notice->pid);
	return 0;
}

static int start_criu(struct run *run)
{
	const struct restoring *restoring = run->restoring;
	const int keep[] = { restoring->options.images_fd, restoring->options.work_fd,
			     restoring->saved[0],	   restoring->saved[1],
			     restoring->saved[2],	   run->handoff->ns_fd[NS_NET],
			     run->handoff->ns_fd[NS_PID] };
	const struct criu_start start = { .keep = keep,
					  .n_keep = ARRAY_SIZE(keep),
					  .die_with_us = true,
					  .prepare = bind_root,
					  .context = run };
	int r = describe(run);

	return r < 0 ? r : criu_start(&start, run->deadline_ms, &run->restoring->criu);
}

/* The scope is made around criu, and stays with what it makes. */
static int start_criu_unit(struct run *run)
{
	int r;

	run->pid = run->restoring->criu.pid;
	r = start_unit(run);
	if (r == 0)
		run->pid = 0;
	return r;
}

static bool wants_attach_criu(const struct run *run)
{
	return must_attach(run);
}

static int attach_criu(struct run *run)
{
	return cgroup_attach(run->place, run->restoring->criu.pid);
}

static int join_rdt_with_criu(struct run *run)
{
	return rdt_join_process(run, run->restoring->criu.pid);
}

static int call_criu(struct run *run)
{
	struct restoring *restoring = run->restoring;
	int r = run->place ? add_cgroups(run, restoring->criu.pid) : 0;

	if (r == 0)
		r = criu_ask(&restoring->criu, run->arena, CRIU_RESTORE, &restoring->options,
			     &(struct criu_ear){ hear, run }, restoring->log, run->deadline_ms);
	criu_close(&restoring->criu);
	if (r == 0 && !run->container->committed)
		r = fail(EPROTO, "criu did not tell the pid of what it restored; its log is %s",
			 restoring->log);
	return r;
}

static int remove_root(struct run *run)
{
	if (unlinkat(run->entry.dirfd, RESTORE_ROOT, AT_REMOVEDIR))
		return fail(errno, "cannot remove '" RESTORE_ROOT "' from the state directory");
	return 0;
}

/* ---- the table ------------------------------------------------------------------------------------------------------------- */

/* clang-format off */
static const struct step restore_steps[] = {
	{ "id",           NULL,         check_id_free,           NULL,         "a taken id is told as such" },
	{ "namespaces",   NULL,         sources_open_namespaces, NULL,         "opened before anything changes: a bad path leaves nothing behind" },
	{ "check-mounts", NULL,         check_mounts,            NULL,         "what would come back as something else is refused" },
	{ "cgroup-check", wants_cgroup, check_cgroup,            NULL,         "what delete finds below a recorded path it kills: look before the intent" },
	{ "rdt-check",    wants_rdt,    check_rdt,               NULL,         "as the cgroup; and without resctrl nothing shall be left behind" },
	{ "intent",       NULL,         publish_intent,          undo_intent,  "published, locked, before the first side effect: delete can find all that follows" },
	{ "notify",       wants_notify, prepare_notify,          NULL,         "in the state directory: one of the mounts" },
	{ "mount-points", NULL,         make_mount_points,       NULL,         "a fresh root file system may have no place for what the images have mounted" },
	{ "cgroup",       makes_cgroup, make_cgroup,             undo_cgroup,  "before criu: what it makes is in it" },
	{ "rdt",          wants_rdt,    make_rdt_group,          undo_rdt,     "what the machine cannot do is told before there is a process" },
	{ "root",         NULL,         make_root,               NULL,         "criu wants the root as a mount point; it goes with the state directory" },
	{ "criu",         NULL,         start_criu,              NULL,         "a process in a mount namespace of its own, that dies with us" },
	{ "unit",         wants_unit,   start_criu_unit,         undo_unit,    "systemd makes a scope only around a process that is there" },
	{ "attach",       wants_attach_criu, attach_criu,        NULL,         "in the container's cgroup what criu makes is the container's, and delete finds it" },
	{ "rdt-join",     wants_rdt,    join_rdt_with_criu,      NULL,         "what criu makes is in its group of resctrl" },
	{ "restore",      NULL,         call_criu,               undo_spawn,   "on its way: hooks, terminal, limits, record and pid file, before anything runs" },
	{ "root-removed", NULL,         remove_root,             NULL,         "it was a mount point for criu alone" },
};
/* clang-format on */

int run_restore(struct run *run)
{
	if (run->limit_ms == NO_DEADLINE)
		run->deadline_ms += hooks_time(run->plan, ~0u);
	return steps_apply(restore_steps, ARRAY_SIZE(restore_steps), run);
}
