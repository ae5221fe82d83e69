/* SPDX-License-Identifier: Apache-2.0 */
/*
 * kernel/idmap.c: id maps of user namespaces. Parent only. The children made here run system calls only and
 * are reaped before the function returns.
 */
#include "kernel/idmap.h"

#include <linux/magic.h>
#include <signal.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "base/err.h"
#include "base/fd.h"
#include "base/io.h"
#include "base/str.h"
#include "kernel/ns.h"
#include "kernel/sys.h"

#define RANGES_MAX	340   /* UID_GID_MAP_MAX_EXTENTS of the kernel */
#define MAP_WRITTEN_MAX 4096  /* the kernel takes one write of less than a page */
#define MAP_SHOWN_MAX	11600 /* 340 lines of three padded numbers */

static void proc_name(char *buf, size_t size, pid_t pid, const char *file)
{
	struct text t = { .buf = buf, .size = size };

	if (pid)
		text_add(&t, "%d/%s", pid, file);
	else
		text_add(&t, "self/%s", file);
}

/* A child that no SIGCHLD tells of, so that a caller who ignores that signal does not take its status from
 * us; the caller's atfork handlers and locks are none of its business. */
static pid_t child_start(unsigned long flags)
{
#if defined(__s390x__)
	return (pid_t)syscall(SYS_clone, 0, flags, 0, 0, 0);
#else
	return (pid_t)syscall(SYS_clone, flags, 0, 0, 0, 0);
#endif
}

static int child_wait(pid_t pid)
{
	int status;

	while (waitpid(pid, &status, __WALL) < 0)
		if (errno != EINTR)
			return -errno;
	return status;
}

/* ---- newuidmap(1), newgidmap(1) ---- */

/* Absolute, and run before anything of a container can be in the way (R8). */
static const char *const helper_dirs[] = { "/usr/bin/", "/bin/", "/usr/local/bin/", "/run/wrappers/bin/" };

#define HELPER_SECONDS 30

static void helper_child(const char *name, char *const argv[], int errfd)
{
	char path[64], *const env[] = { NULL };
	sigset_t none;

	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	alarm(HELPER_SECONDS);
	if (dup2(errfd, 2) < 0)
		_exit(126);
	for (size_t i = 0; i < ARRAY_SIZE(helper_dirs); i++) {
		struct text t = TEXT(path);

		text_add(&t, "%s%s", helper_dirs[i], name);
		execve(path, argv, env);
	}
	_exit(127);
}

/* What it complains of, on one line; the end of the pipe is its end. */
static void helper_message(int fd, char *buf, size_t size)
{
	struct text t = { .buf = buf, .size = size };
	char part[128];
	ssize_t n;

	*buf = '\0';
	while ((n = read(fd, part, sizeof(part))) > 0 || (n < 0 && errno == EINTR))
		if (n > 0)
			text_add_n(&t, part, (size_t)n);
	buf[strcspn(buf, "\n")] = '\0';
}

static int helper_exec(const char *name, char *const argv[])
{
	autoclose int readfd = -1, writefd = -1;
	char message[256];
	int fds[2], status;
	pid_t pid;

	if (pipe2(fds, O_CLOEXEC))
		return fail(errno, "cannot make a pipe");
	readfd = fds[0];
	writefd = fds[1];
	pid = child_start(0);
	if (pid == 0)
		helper_child(name, argv, writefd);
	if (pid < 0)
		return fail(errno, "cannot start '%s'", name);
	fd_close(&writefd);
	helper_message(readfd, message, sizeof(message));
	status = child_wait(pid);
	if (status < 0)
		return fail(-status, "cannot wait for '%s'", name);
	if (WIFEXITED(status) && WEXITSTATUS(status) == 127)
		return fail(ENOENT, "cannot find '%s', which maps ids for users (package uidmap)", name);
	if (!WIFEXITED(status) || WEXITSTATUS(status))
		return fail(
			EPERM,
			"'%s' refused the mapping%s%s (what is allowed is in /etc/subuid and /etc/subgid)",
			name, *message ? ": " : "", message);
	return 0;
}

static int helper_run(const char *name, pid_t pid, const struct id_map *map)
{
	char numbers[3 * RANGES_MAX + 1][12];
	const char *argv[3 * RANGES_MAX + 3];
	size_t n = 0;

	for (size_t i = 0; i < 3 * map->n + 1; i++) {
		struct text t = TEXT(numbers[i]);
		const struct id_range *range = i ? &map->v[(i - 1) / 3] : NULL;
		const uint32_t value[] = { range ? range->inside : 0, range ? range->outside : 0,
					   range ? range->size : 0 };

		text_add(&t, "%u", range ? value[(i - 1) % 3] : (uint32_t)pid);
	}
	argv[n++] = name;
	for (size_t i = 0; i < 3 * map->n + 1; i++)
		argv[n++] = numbers[i];
	argv[n] = NULL;
	return helper_exec(name, (char *const *)argv);
}

/* ---- writing ---- */

static int write_map(int procfd, pid_t pid, const char *file, const struct id_map *map)
{
	char name[64], text[MAP_WRITTEN_MAX];
	struct text t = TEXT(text);
	int r;

	for (size_t i = 0; i < map->n; i++)
		text_add(&t, "%u %u %u\n", map->v[i].inside, map->v[i].outside, map->v[i].size);
	if (t.truncated)
		return fail(E2BIG, "%s of the user namespace is longer than a page (%zu ranges)", file,
			    map->n);
	proc_name(name, sizeof(name), pid, file);
	r = write_file_at(procfd, name, text);
	return r < 0 ? fail(-r, "cannot write %s of the user namespace", file) : 0;
}

/* Without privileges the kernel lets a process map its own id and nothing else. */
static bool is_own_id(const struct id_map *map, uint32_t id)
{
	return map->n == 1 && map->v[0].size == 1 && map->v[0].outside == id;
}

int idmap_write(int procfd, pid_t pid, const struct id_map *uids, const struct id_map *gids,
		bool deny_setgroups)
{
	bool helped = geteuid() != 0;
	char name[64];
	int r;

	if (!uids->n || !gids->n)
		return fail(EINVAL, "a user namespace needs uid and gid mappings");
	if (uids->n > RANGES_MAX || gids->n > RANGES_MAX)
		return fail(E2BIG, "a user namespace takes at most %d ranges", RANGES_MAX);
	if (deny_setgroups) {
		proc_name(name, sizeof(name), pid, "setgroups");
		r = write_file_at(procfd, name, "deny");
		if (r < 0)
			return fail(-r, "cannot deny setgroups(2) to the user namespace");
	}
	r = helped && !is_own_id(uids, geteuid()) ? helper_run("newuidmap", pid, uids)
						  : write_map(procfd, pid, "uid_map", uids);
	if (r < 0)
		return r;
	return helped && !is_own_id(gids, getegid()) ? helper_run("newgidmap", pid, gids)
						     : write_map(procfd, pid, "gid_map", gids);
}

/* ---- a process that holds a user namespace ---- */

static void holder_child(int userns_fd, int readyfd)
{
	if (userns_fd >= 0 && setns(userns_fd, CLONE_NEWUSER))
		_exit(1);
	/* its files in /proc belong to the caller then, who may be no root; it has nothing to hide */
	prctl(PR_SET_DUMPABLE, 1);
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (write(readyfd, "", 1) != 1)
		_exit(1);
	for (;;)
		pause();
}

static void holder_end(pid_t pid)
{
	kill(pid, SIGKILL);
	(void)child_wait(pid);
}

/* A child in a new user namespace, or in userns_fd's; to be ended by holder_end(). */
static int holder_start(int userns_fd, pid_t *ret_pid)
{
	autoclose int readfd = -1, writefd = -1;
	int fds[2];
	char byte;
	ssize_t n;
	pid_t pid;

	if (pipe2(fds, O_CLOEXEC))
		return fail(errno, "cannot make a pipe");
	readfd = fds[0];
	writefd = fds[1];
	pid = child_start(userns_fd < 0 ? CLONE_NEWUSER : 0);
	if (pid == 0)
		holder_child(userns_fd, writefd);
	if (pid < 0)
		return fail(errno, "cannot make a user namespace");
	fd_close(&writefd);
	while ((n = read(readfd, &byte, 1)) < 0 && errno == EINTR)
		;
	if (n != 1) {
		holder_end(pid);
		return fail(EPERM, "cannot enter the user namespace");
	}
	*ret_pid = pid;
	return 0;
}

static int holder_open(int procfd, pid_t pid, int *ret_fd)
{
	autoclose int fd = -1;
	char name[64];

	proc_name(name, sizeof(name), pid, "ns/user");
	fd = openat(procfd, name, O_RDONLY | O_CLOEXEC);
	if (fd < 0 || !fd_is_on(fd, NSFS_MAGIC))
		return fail(fd < 0 ? errno : EXDEV, "cannot open the user namespace of process %d", pid);
	*ret_fd = take_fd(&fd);
	return 0;
}

int idmap_userns_open(int procfd, const struct id_map *uids, const struct id_map *gids, int *ret_fd)
{
	pid_t pid;
	int r = holder_start(-1, &pid);

	if (r < 0)
		return r;
	r = idmap_write(procfd, pid, uids, gids, geteuid() != 0);
	if (!r)
		r = holder_open(procfd, pid, ret_fd);
	holder_end(pid);
	return r;
}

/* ---- reading ---- */

/* The next number of a map file; blanks and newlines lie between. */
static bool next_number(const char **at, uint32_t *ret)
{
	char word[12];
	size_t n;

	*at += strspn(*at, " \n");
	n = strcspn(*at, " \n");
	if (!n || n >= sizeof(word))
		return false;
	memcpy(word, *at, n);
	word[n] = '\0';
	*at += n;
	return !parse_u32(word, ret);
}

/* The next range, or the end: -ENOENT. */
static int next_range(const char **at, struct id_range *ret)
{
	*at += strspn(*at, " \n");
	if (!**at)
		return -ENOENT;
	return next_number(at, &ret->inside) && next_number(at, &ret->outside) && next_number(at, &ret->size)
		       ? 0
		       : -EINVAL;
}

int idmap_read(struct arena *arena, int procfd, pid_t pid, const char *file, struct id_map *ret_map)
{
	char name[64], text[MAP_SHOWN_MAX];
	const char *at = text;
	struct id_range range, *v;
	size_t n = 0;
	int r;

	proc_name(name, sizeof(name), pid, file);
	r = (int)read_file_at(procfd, name, text, sizeof(text));
	if (r < 0)
		return r;
	while ((r = next_range(&at, &range)) == 0)
		n++;
	if (r != -ENOENT)
		return r;
	v = arena_array(arena, n, struct id_range);
	if (!v)
		return -ENOMEM;
	at = text;
	for (size_t i = 0; i < n; i++)
		(void)next_range(&at, &v[i]);
	*ret_map = (struct id_map){ .v = v, .n = n };
	return 0;
}

static bool has_range(const struct id_map *map, const struct id_range *range)
{
	for (size_t i = 0; i < map->n; i++)
		if (map->v[i].inside == range->inside && map->v[i].outside == range->outside &&
		    map->v[i].size == range->size)
			return true;
	return false;
}

/* The kernel keeps ranges that do not overlap, so equal numbers of them and each one there means: the same.
 */
static int map_is(int procfd, pid_t pid, const char *file, const struct id_map *map, bool *ret_same)
{
	char name[64], text[MAP_SHOWN_MAX];
	const char *at = text;
	struct id_range range;
	bool same = true;
	size_t n = 0;
	ssize_t r;

	proc_name(name, sizeof(name), pid, file);
	r = read_file_at(procfd, name, text, sizeof(text));
	if (r < 0)
		return fail((int)-r, "cannot read %s of a user namespace", file);
	for (; (r = next_range(&at, &range)) == 0; n++)
		same = same && has_range(map, &range);
	if (r != -ENOENT)
		return fail(EINVAL, "%s of a user namespace is not of the known form", file);
	*ret_same = same && n == map->n;
	return 0;
}

static int maps_are(int procfd, pid_t pid, const struct id_map *uids, const struct id_map *gids,
		    bool *ret_same)
{
	bool same = false;
	int r = map_is(procfd, pid, "uid_map", uids, &same);

	if (!r && same)
		r = map_is(procfd, pid, "gid_map", gids, &same);
	if (!r)
		*ret_same = same;
	return r;
}

int idmap_userns_has(int procfd, int userns_fd, const struct id_map *uids, const struct id_map *gids,
		     bool *ret_same)
{
	autoclose int own = openat(procfd, "self/ns/user", O_RDONLY | O_CLOEXEC);
	bool is_own;
	pid_t pid;
	int r;

	if (own < 0)
		return fail(errno, "cannot open the own user namespace");
	r = ns_same(own, userns_fd, &is_own);
	if (r < 0)
		return r;
	if (is_own) /* which setns(2) refuses to enter */
		return maps_are(procfd, 0, uids, gids, ret_same);
	/* A map file has its numbers from the reader's point of view, if the reader is not inside: so we read
	 * it. */
	r = holder_start(userns_fd, &pid);
	if (r < 0)
		return r;
	r = maps_are(procfd, pid, uids, gids, ret_same);
	holder_end(pid);
	return r;
}

bool idmap_outside(const struct id_map *map, uint32_t inside, uint32_t *ret_outside)
{
	for (size_t i = 0; i < map->n; i++) {
		const struct id_range *range = &map->v[i];

		if (inside < range->inside || inside - range->inside >= range->size)
			continue;
		*ret_outside = range->outside + (inside - range->inside);
		return true;
	}
	return false;
}

bool idmap_inside(const struct id_map *map, uint32_t outside, uint32_t *ret_inside)
{
	for (size_t i = 0; i < map->n; i++) {
		const struct id_range *range = &map->v[i];

		if (outside < range->outside || outside - range->outside >= range->size)
			continue;
		*ret_inside = range->inside + (outside - range->outside);
		return true;
	}
	return false;
}
