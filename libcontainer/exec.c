/* SPDX-License-Identifier: Apache-2.0 */
/* exec.c: one more process in a container: what it is to be, from a file or from single words; then plan, run, watch. */
#include <fcntl.h>
#include <limits.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "base/err.h"
#include "base/fd.h"
#include "base/io.h"
#include "base/path.h"
#include "base/str.h"
#include "container.h"
#include "making.h"

#define EXEC_MS	    120000
#define PROCESS_MAX (16u << 20)

/* ---- the process ------------------------------------------------------------------------------------------------------ */

static int read_process(struct arena *arena, const char *path, const struct spec_process **ret_process)
{
	autoclose int fd = streq(path, "-") ? fcntl(0, F_DUPFD_CLOEXEC, 3) : open(path, O_RDONLY | O_CLOEXEC);
	char *buf;
	size_t n;
	int r;

	if (fd < 0)
		return fail(errno, "--process '%s'", path);
	r = read_all(arena, fd, PROCESS_MAX, &buf, &n);
	if (r < 0)
		return fail(-r, "--process '%s'", path);
	r = spec_load_process(arena, buf, n, ret_process);
	return r < 0 ? fail_in(r, "--process '%s'", path) : 0;
}

static int concat(struct arena *arena, const struct strings *a, const struct cruet_words *b,
		  struct strings *ret)
{
	const char **v = arena_array(arena, a->n + b->n + 1, const char *);

	if (!v)
		return -ENOMEM;
	for (size_t i = 0; i < a->n; i++)
		v[i] = a->v[i];
	for (size_t i = 0; i < b->n; i++) {
		v[a->n + i] = arena_strdup(arena, b->v[i]);
		if (!v[a->n + i])
			return -ENOMEM;
	}
	*ret = (struct strings){ .v = v, .n = a->n + b->n };
	return 0;
}

/* UID[:GID], by the one id parser: digits only (CVE-2026-30892). */
static int parse_user(const char *user, struct spec_user *ret)
{
	const char *colon = strchr(user, ':');
	char uid[16];
	struct text t = TEXT(uid);
	int r;

	text_add_n(&t, user, colon ? (size_t)(colon - user) : strlen(user));
	r = t.truncated ? -ERANGE : parse_id(uid, &ret->uid);
	if (r == 0 && colon)
		r = parse_id(colon + 1, &ret->gid);
	return r < 0 ? fail(-r, "--user '%s': expected UID or UID:GID, each 0 to 4294967294", user) : 0;
}

static int add_gids(struct arena *arena, const struct cruet_words *words, struct spec_user *user)
{
	uint32_t *v = arena_array(arena, user->additional_gids.n + words->n + 1, uint32_t);

	if (!v)
		return -ENOMEM;
	for (size_t i = 0; i < user->additional_gids.n; i++)
		v[i] = user->additional_gids.v[i];
	for (size_t i = 0; i < words->n; i++)
		if (parse_id(words->v[i], &v[user->additional_gids.n + i]) < 0)
			return fail(EINVAL, "--additional-gids '%s': expected a number, 0 to 4294967294",
				    words->v[i]);
	user->additional_gids.v = v;
	user->additional_gids.n += words->n;
	return 0;
}

/* Into bounding, effective and permitted; ambient only beside an inheritable set that was asked for (CVE-2022-29162). */
static int add_caps(struct arena *arena, const struct cruet_words *words,
		    const struct spec_capabilities **caps)
{
	static const struct spec_capabilities none = { 0 };
	struct spec_capabilities *c = arena_new(arena, struct spec_capabilities);
	int r;

	if (!c)
		return -ENOMEM;
	*c = *caps ? **caps : none;
	r = concat(arena, &c->bounding, words, &c->bounding);
	if (r == 0)
		r = concat(arena, &c->effective, words, &c->effective);
	if (r == 0)
		r = concat(arena, &c->permitted, words, &c->permitted);
	if (r == 0 && c->inheritable.n) {
		r = concat(arena, &c->inheritable, words, &c->inheritable);
		if (r == 0)
			r = concat(arena, &c->ambient, words, &c->ambient);
	}
	*caps = c;
	return r;
}

/* The container's own process, changed by single words. */
static int words_process(struct arena *arena, const struct cruet_exec *o, const struct spec_process *own,
			 const struct spec_process **ret_process)
{
	static const struct strings none = { 0 };
	struct spec_process *p = arena_new(arena, struct spec_process);
	int r;

	if (!p)
		return -ENOMEM;
	if (!o->args.n)
		return fail(EINVAL, "exec needs a program to run, or --process");
	if (own)
		*p = *own;
	else
		p->cwd = "/";
	p->terminal = o->tty;
	if (!o->tty)
		p->console_size = NULL;
	if (o->cwd)
		p->cwd = arena_strdup(arena, o->cwd);
	if (o->no_new_privs)
		p->no_new_privileges = (struct opt_bool){ .set = true, .v = true };
	if (o->process_label)
		p->selinux_label = arena_strdup(arena, o->process_label);
	if (o->apparmor)
		p->apparmor_profile = arena_strdup(arena, o->apparmor);
	r = concat(arena, &none, &o->args, &p->args);
	if (r == 0)
		r = concat(arena, &p->env, &o->env, &p->env);
	if (r == 0 && o->user)
		r = parse_user(o->user, &p->user);
	if (r == 0 && o->additional_gids.n)
		r = add_gids(arena, &o->additional_gids, &p->user);
	if (r == 0 && o->caps.n)
		r = add_caps(arena, &o->caps, &p->capabilities);
	*ret_process = p;
	return r < 0 ? r : spec_check_process(p);
}

/* ---- exec --------------------------------------------------------------------------------------------------------------- */

static int make_plan(struct making *m, struct cruet *cruet, const struct cruet_exec *o,
		     const struct opened *opened)
{
	const struct container *c = &opened->container;
	const struct plan_options options = { .id = c->id,
					      .bundle = c->bundle,
					      .no_cgroup = c->manager == MANAGER_NONE,
					      .systemd_cgroup = container_is_unit(c),
					      .preserve_fds = o->preserve_fds,
					      .filter_later = true,
					      .privileged = o->privileged,
					      .ids = container_ids(c) };
	const struct spec_process *process = NULL;
	int r = making_load_snapshot(m, cruet, opened);

	if (r == 0)
		r = o->process ? read_process(&m->arena, o->process, &process)
			       : words_process(&m->arena, o, m->spec->process, &process);
	if (r == 0)
		r = plan_make_exec(&m->arena, m->spec, process, &m->host, &options, &m->run.plan);
	return r < 0 ? r : making_check_labels(m->run.plan);
}

static int check_enterable(const struct cruet_exec *o, enum cruet_status status)
{
	if (status == CRUET_PAUSED && !o->ignore_paused)
		return fail(
			0,
			"cannot exec in the paused container '%s': resume it first, or use --ignore-paused",
			o->id);
	if (status == CRUET_CREATED || status == CRUET_RUNNING || status == CRUET_PAUSED)
		return 0;
	return fail(0, "cannot exec in the container '%s': it is %s (container not running)", o->id,
		    cruet_status_word(status));
}

/* "[CONTROLLER[,CONTROLLER]:]PATH", as runc takes it. */
static int parse_below(struct arena *arena, const char *word, struct cgroup_below *ret)
{
	const char *colon = strchr(word, ':');
	char path[PATH_MAX];
	int r = path_normalise(colon ? colon + 1 : word, path, sizeof(path));

	if (r < 0)
		return r;
	if (colon && (colon == word || colon[-1] == ',' || word[0] == ',' || strstr(word, ",,")))
		return fail(EINVAL, "a controller has no name");
	ret->controllers = colon ? arena_strndup(arena, word, (size_t)(colon - word)) : "";
	ret->path = arena_printf(arena, "%s%s", path[0] == '/' ? "" : "/", path);
	return ret->controllers && ret->path ? 0 : -ENOMEM;
}

static int enter_below(struct arena *arena, struct cgroup_place *place, const struct cruet_words *words)
{
	struct cgroup_below *v = arena_array(arena, words->n, struct cgroup_below);
	int r;

	if (!v)
		return -ENOMEM;
	for (size_t i = 0; i < words->n; i++) {
		r = parse_below(arena, words->v[i], &v[i]);

		if (r == 0 && words->n > 1 && !v[i].controllers[0])
			r = fail(EINVAL, "without a controller it is for all, and has to be the only one");
		if (r < 0)
			return fail_in(r, "--cgroup '%s'", words->v[i]);
	}
	r = cgroup_enter_below(place, v, words->n);
	return r < 0 ? fail_in(r, "--cgroup") : 0;
}

/* The container's cgroup, or what --cgroup names below it; and where init is now, in case that takes nobody. */
static int open_cgroup(struct making *m, struct cruet *cruet, const struct cruet_exec *o,
		       const struct container *c)
{
	const struct cgroup_host *host;
	int r = cruet_cgroups(cruet, &host);

	if (r == 0 && !c->cgroup && o->cgroups.n)
		return fail(EOPNOTSUPP, "--cgroup: the container '%s' has no cgroup of its own", c->id);
	if (r < 0 || !c->cgroup)
		return r;
	r = cgroup_open(&m->arena, host, c->cgroup, &m->run.place);
	if (r == -ENOENT)
		return fail(ENOENT, "the cgroup '%s' is not there", c->cgroup);
	if (r == 0 && o->cgroups.n)
		r = enter_below(&m->arena, m->run.place, &o->cgroups);
	if (r < 0)
		return r;
	m->run.cgroup_fd = m->run.plan->cgroup.attach ? -1 : cgroup_clone_fd(m->run.place);
	if (m->run.cgroup_fd < 0 || o->cgroups.n)
		return 0;
	return making_open_init_cgroup(m, cruet, host, (pid_t)c->pid);
}

static int enter(struct making *m, struct cruet *cruet, const struct cruet_exec *o, struct opened *opened,
		 int pidfd)
{
	int r = making_open_arena(m);

	if (r == 0)
		r = make_plan(m, cruet, o, opened);
	if (r == 0)
		r = making_check_terminal(m->run.plan, o->console_socket, o->detach);
	if (r == 0)
		r = open_cgroup(m, cruet, o, &opened->container);
	if (r < 0)
		return r;
	making_fill_run(m, cruet, &opened->container);
	making_fill_handoff(m, false);
	m->run.handoff->pidfd = pidfd;
	m->run.console_socket = o->console_socket;
	m->run.pidfd_socket = o->pidfd_socket;
	m->run.pid_file = o->pid_file;
	return run_enter(&m->run);
}

int cruet_exec(struct cruet *cruet, const struct cruet_exec *options, int *ret_status)
{
	autoclose_making struct making m = MAKING_NONE;
	autoclose_container struct opened opened = OPENED_NONE;
	autoclose int pidfd = -1;
	enum cruet_status status;
	int r;

	cruet_set_deadline(cruet, options->timeout_ms, EXEC_MS);
	r = container_open(cruet, options->id, -1, &opened);
	if (r == 0)
		r = container_status(cruet, &opened, &status, &pidfd);
	if (r == 0)
		r = check_enterable(options, status);
	if (r == 0)
		r = enter(&m, cruet, options, &opened, pidfd);
	*ret_status = 0;
	if (r < 0 || options->detach)
		return r;
	return monitor_run(&(struct monitor){ .pidfd = m.run.pidfd,
					      .pid = m.run.pid,
					      .console_fd = m.run.console_fd,
					      .notify_fd = -1 },
			   ret_status);
}
