/* SPDX-License-Identifier: Apache-2.0 */
/*
 * init/confine.c: the process becomes what the configuration says; shared by init and exec. The order is the table's
 * (wire/init_steps.h). No act here has a "warn and go on" branch.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/err.h"
#include "base/fd.h"
#include "base/str.h"
#include "init/child.h"
#include "kernel/caps.h"
#include "kernel/process.h"
#include "kernel/seccomp.h"
#include "plan/filter.h"
#include "wire/sync.h"

int set_personality(struct child *c)
{
	return process_set_personality(c->plan->process.personality.v);
}

int set_scheduler(struct child *c)
{
	return process_set_scheduler(0, c->plan->process.scheduler);
}

int set_io_priority(struct child *c)
{
	return process_set_io_priority(c->plan->process.io_priority->class,
				       c->plan->process.io_priority->priority);
}

int set_memory_policy(struct child *c)
{
	const struct plan_memory_policy *p = c->plan->process.memory_policy;

	return process_set_memory_policy(p->mode_and_flags, p->nodes, p->maxnode);
}

int set_final_affinity(struct child *c)
{
	const struct plan_affinity *a = &c->plan->process.final_affinity;

	return process_set_affinity(0, a->mask, a->bytes);
}

int drop_bounding(struct child *c)
{
	return caps_drop_bounding(c->plan->process.caps.mask[CAPSET_BOUNDING]);
}

int become_user(struct child *c)
{
	const struct plan_user *u = &c->plan->process.user;
	int r = 0;

	if (c->plan->process.set_caps)
		r = caps_keep_on_setuid(true);
	if (r == 0)
		r = process_become(u->uid, u->gid, u->groups, u->n_groups, u->keep_groups);
	if (r < 0)
		return r;
	/* The change of user cleared it, and made us dumpable as the file system's default says. */
	if (prctl(PR_SET_DUMPABLE, 0) || prctl(PR_SET_PDEATHSIG, 9))
		return fail(errno, "cannot protect the process after the change of user");
	return 0;
}

int set_umask(struct child *c)
{
	umask(c->plan->process.user.umask);
	return 0;
}

int set_no_new_privs(struct child *c)
{
	(void)c;
	return process_set_no_new_privs();
}

/* Without no_new_privs only CAP_SYS_ADMIN may load a filter: it is held until then, and only then. */
static bool filter_needs_admin(const struct plan *p)
{
	return p->filter && !p->process.no_new_privs;
}

int set_capabilities(struct child *c)
{
	const uint64_t *mask = c->plan->process.caps.mask;
	uint64_t extra = filter_needs_admin(c->plan) ? 1ull << CAP_SYS_ADMIN : 0;
	int r = caps_set(mask[CAPSET_EFFECTIVE] | extra, mask[CAPSET_PERMITTED] | extra,
			 mask[CAPSET_INHERITABLE]);

	if (r == 0)
		r = caps_keep_on_setuid(false);
	return r < 0 ? r : caps_set_ambient(mask[CAPSET_AMBIENT]);
}

int drop_last_capabilities(struct child *c)
{
	const uint64_t *mask = c->plan->process.caps.mask;

	if (!c->plan->process.set_caps || !filter_needs_admin(c->plan))
		return 0;
	return caps_set(mask[CAPSET_EFFECTIVE], mask[CAPSET_PERMITTED], mask[CAPSET_INHERITABLE]);
}

int enter_cwd(struct child *c)
{
	const char *cwd = c->plan->process.exec.cwd;
	int r = process_chdir(cwd ? cwd : "/");

	return r < 0 ? fail_in(r, "process.cwd '%s'", cwd ? cwd : "/") : 0;
}

int close_fds(struct child *c)
{
	fd_close(&c->tools.procfd); /* at the gate nothing of the host's is open (CVE-2016-9962) */
	return fd_cloexec_from(3 + c->plan->process.preserve_fds);
}

int set_rlimits(struct child *c)
{
	for (size_t i = 0; i < c->plan->process.rlimits.n; i++) {
		int r = process_set_rlimit(0, &c->plan->process.rlimits.v[i]);

		if (r < 0)
			return fail_in(r, "process.rlimits[%zu]", i);
	}
	return 0;
}

int load_filter(struct child *c)
{
	const struct plan_filter *f = c->plan->filter;
	int notify = -1, r = seccomp_filter_load(f->insns, f->n, f->flags, &notify);

	if (r < 0 || notify < 0)
		return r;
	/* From here on a system call may wait for the listener. Memory needs none: who takes the fd kills us if it cannot. */
	__atomic_store_n(&c->shared->listener_fd, notify + 1, __ATOMIC_RELEASE);
	while (!__atomic_load_n(&c->shared->listener_taken, __ATOMIC_ACQUIRE))
		__asm__ volatile("" ::: "memory");
	return 0;
}

/* ---- the program ------------------------------------------------------------------------------------------------- */

static int executable(const char *path)
{
	struct stat st;

	if (stat(path, &st))
		return -errno;
	if (S_ISDIR(st.st_mode))
		return -EISDIR;
	if (!S_ISREG(st.st_mode) || faccessat(AT_FDCWD, path, X_OK, AT_EACCESS))
		return -EACCES;
	return 0;
}

/* Docker's client and daemon know Go's words for these, in small letters, and give its exit status 126 or 127 by them. */
static int fail_program(int err, const char *name)
{
	static const struct {
		int err;
		const char *words;
	} known[] = {
		{ ENOENT, "no such file or directory" },
		{ EISDIR, "is a directory" },
		{ ENOTDIR, "not a directory" },
		{ EACCES, "permission denied" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(known); i++)
		if (known[i].err == err)
			return fail(0, "exec: \"%s\": %s", name, known[i].words);
	return fail(err, "exec: \"%s\"", name);
}

static int search_path(struct child *c, const char *name)
{
	const char *dir = c->plan->process.exec.path;
	int denied = 0;

	while (dir) {
		const char *end = strchr(dir, ':');
		size_t n = end ? (size_t)(end - dir) : strlen(dir);
		struct text t = { .buf = c->program, .size = sizeof(c->program) };

		text_add_n(&t, n ? dir : ".", n ? n : 1);
		text_add(&t, "/%s", name);
		if (!t.truncated) {
			int r = executable(c->program);

			if (r == 0)
				return 0;
			if (r == -EACCES)
				denied = r;
		}
		dir = end ? end + 1 : NULL;
	}
	if (denied)
		return fail_program(EACCES, name);
	return fail(0, "exec: \"%s\": executable file not found in $PATH", name);
}

/* As the user, in the container's root and cwd: what execve will find. */
int find_program(struct child *c)
{
	const char *const *args = c->plan->process.exec.args;
	size_t n;
	int r;

	if (!args) /* no process: create succeeds, start fails */
		return 0;
	if (!strchr(args[0], '/')) /* also "", which is in no directory */
		return search_path(c, args[0]);
	n = strlen(args[0]);
	if (n >= sizeof(c->program))
		return fail_program(ENAMETOOLONG, args[0]);
	memcpy(c->program, args[0], n + 1);
	r = executable(c->program);
	return r < 0 ? fail_program(-r, args[0]) : 0;
}

int execute(struct child *c)
{
	const struct plan_exec *e = &c->plan->process.exec;

	execve(c->program, (char *const *)e->args, (char *const *)e->env);
	return fail_program(errno, e->args[0]);
}

int run_container_hooks(struct child *c)
{
	int r;

	umask(c->umask);
	r = child_run_hooks(c, HOOK_CREATE_CONTAINER, "creating");
	umask(0);
	return r;
}

int run_start_hooks(struct child *c)
{
	return child_run_hooks(c, HOOK_START_CONTAINER, "created");
}
