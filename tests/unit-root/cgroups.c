/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tests/unit-root/cgroups.c: the cgroup tools on this machine's hierarchies as they are, on v1
 * alone, and on a cgroup2 mounted over /sys/fs/cgroup, in private mount namespaces (without controllers where
 * v1 has them). Root. Everything happens below cgroups of a fresh name, which are removed.
 */
#include <fcntl.h>
#include <linux/magic.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/mount.h>
#include <sys/vfs.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "../unit/test.h"
#include "base/err.h"
#include "base/fd.h"
#include "base/io.h"
#include "base/str.h"
#include "kernel/bpf_device.h"
#include "kernel/cgroup.h"
#include "kernel/sys.h"

#define CONTROLLERS "cpuset cpu io memory hugetlb pids rdma"
#define SOON (now_ms() + 10000)

/* What a test runs in: the hierarchies, and two names below them of its own. */
struct world {
	struct arena arena;
	struct cgroup_host host;
	char top[32], path[64];
};

static bool said(int r)
{
	char line[2048];

	if (r < 0)
		printf("# %s\n", fail_line(line, sizeof(line)));
	fail_forget();
	return r < 0;
}
#define OK(call) CHECK(!said(call))

static bool refused(int r, int err, const char *text)
{
	char line[2048];
	bool right = r == -err && strstr(fail_line(line, sizeof(line)), text);

	if (!right)
		printf("# returned %d: %s\n", r, line);
	fail_forget();
	return right;
}
#define REFUSED(call, err, text) CHECK(refused(call, err, text))

static bool exists(const struct world *w, size_t i, const char *path)
{
	char full[4096];

	snprintf(full, sizeof(full), "%s%s", w->host.v[i].mountpoint, path);
	return access(full, F_OK) == 0;
}

static size_t count_existing(const struct world *w, const char *path)
{
	size_t n = 0;

	for (size_t i = 0; i < w->host.n; i++)
		n += exists(w, i, path);
	return n;
}

static void remove_top(const struct world *w)
{
	char full[4096];

	for (size_t i = 0; i < w->host.n; i++) {
		snprintf(full, sizeof(full), "%s%s", w->host.v[i].mountpoint, w->top);
		CHECK(rmdir(full) == 0 || errno == ENOENT);
	}
}

static struct cgroup_place *make(struct world *w)
{
	struct cgroup_place *place = NULL;

	OK(cgroup_make(&w->arena, &w->host, w->path, CONTROLLERS, &place));
	if (!place)
		exit(1);
	return place;
}

/* A child in the place that does `body` and then waits to be killed. Its pid once it is there. */
static pid_t child_in(const struct cgroup_place *place, void (*body)(void))
{
	struct clone_args args = { .exit_signal = SIGCHLD };
	int fd = cgroup_clone_fd(place), ready[2];
	char c;
	pid_t pid;

	if (pipe2(ready, O_CLOEXEC) < 0)
		exit(1);
	if (fd >= 0) {
		args.flags = CLONE_INTO_CGROUP;
		args.cgroup = (uint64_t)fd;
	}
	pid = sys_clone3(&args);
	if (pid == 0) {
		close(ready[1]);
		if (read(ready[0], &c, 1) != 1)
			_exit(1);
		if (body)
			body();
		for (;;)
			pause();
	}
	if (fd < 0)
		OK(cgroup_attach(place, pid));
	CHECK(write(ready[1], "x", 1) == 1);
	close(ready[0]);
	close(ready[1]);
	return pid;
}

static void end_all(struct cgroup_place *place)
{
	OK(cgroup_signal(place, SIGKILL, SOON));
	OK(cgroup_wait_empty(place, SOON));
	OK(cgroup_remove(place, SOON));
	cgroup_close(place);
	while (waitpid(-1, NULL, WNOHANG) > 0)
		;
}

static void test_host(struct world *w)
{
	CHECK(w->host.n > 0);
	for (size_t i = 0; i < w->host.n; i++) {
		const struct cgroup_hierarchy *h = &w->host.v[i];

		CHECK(h->own[0] == '/');
		CHECK(starts_with(h->mountpoint, "/sys/fs/cgroup"));
		CHECK(h->v2 == !h->controllers[0]);
		/* the caller's own cgroup is where it is said to be */
		CHECK(exists(w, i, h->own));
	}
	if (w->host.mode == CGROUP_V2)
		CHECK(w->host.n == 1);
}

static void test_make(struct world *w)
{
	struct cgroup_place *place = make(w), *again = NULL;

	CHECK(count_existing(w, w->path) == w->host.n);
	OK(cgroup_open(&w->arena, &w->host, w->path, &again));
	OK(cgroup_remove(again, SOON));
	cgroup_close(again);
	CHECK(count_existing(w, w->path) == 0);
	CHECK(count_existing(w, w->top) == w->host.n);
	/* idempotent, and what is gone is empty and thawed */
	OK(cgroup_remove(place, SOON));
	OK(cgroup_signal(place, SIGKILL, SOON));
	OK(cgroup_signal(place, SIGTERM, SOON));
	OK(cgroup_wait_empty(place, SOON));
	cgroup_close(place);
	CHECK(cgroup_open(&w->arena, &w->host, w->path, &again) == -ENOENT);
}

/* /proc/self of somewhere else: what a container without a cgroup namespace sees, over-mounts, long lines. */
static void test_host_made_up(struct world *w)
{
	static const char cgroups[] =
		"12:cpu,cpuacct:/docker/x/y\n5:name=systemd:/../..\n3:memory:/docker/xy (deleted)\n"
		"2:pids:/\n0::/docker/x\n";
	static const char mounts[] =
		"1 0 0:1 / /sys/fs/cgroup ro - tmpfs tmpfs rw\n"
		"2 1 0:2 /old /sys/fs/cgroup/memory rw shared:1 master:2 - cgroup cgroup rw,memory\n"
		"3 1 0:3 /docker/x /sys/fs/cgroup/cpu\\040cpu rw - cgroup cgroup rw,cpu,cpuacct\n"
		"4 1 0:4 / /sys/fs/cgroup/systemd rw - cgroup cgroup rw,xattr,name=systemd\n"
		"5 1 0:5 /docker/x /sys/fs/cgroup/memory rw - cgroup cgroup rw,memory\n"
		"6 1 0:6 / /sys/fs/cgroup/cpu2 rw - cgroup cgroup rw,cpu,cpuacct\n"
		"7 1 0:7 / /mnt/sys/fs/cgroup/pids rw - cgroup cgroup rw,pids\n"
		"broken /sys/fs/cgroup\n";
	char dir[] = "/tmp/cruet-proc.XXXXXX", path[64];
	struct cgroup_host host = { 0 };
	int procfd, fd;

	if (w->host.mode == CGROUP_V2 || !mkdtemp(dir))
		return;
	procfd = open(dir, O_RDONLY | O_DIRECTORY);
	CHECK(mkdirat(procfd, "self", 0700) == 0);
	fd = openat(procfd, "self/cgroup", O_WRONLY | O_CREAT, 0600);
	CHECK(write_all(fd, cgroups, strlen(cgroups)) == 0);
	close(fd);
	fd = openat(procfd, "self/mountinfo", O_WRONLY | O_CREAT, 0600);
	for (int i = 0; i < 50000; i++)
		CHECK(write_all(fd, "x", 1) == 0);
	CHECK(write_all(fd, "\n", 1) == 0 && write_all(fd, mounts, strlen(mounts)) == 0);
	close(fd);
	OK(cgroup_host_read(&w->arena, procfd, &host));
	CHECK(host.mode == CGROUP_V1 && host.n == 3);
	CHECK_STR(host.v[0].mountpoint, "/sys/fs/cgroup/cpu cpu");
	CHECK_STR(host.v[0].own, "/y");
	CHECK_STR(host.v[1].controllers, "name=systemd");
	CHECK_STR(host.v[1].own, "/");
	CHECK_STR(host.v[2].mountpoint, "/sys/fs/cgroup/memory");
	CHECK_STR(host.v[2].own, "/");
	unlinkat(procfd, "self/cgroup", 0);
	unlinkat(procfd, "self/mountinfo", 0);
	snprintf(path, sizeof(path), "%s/self", dir);
	CHECK(rmdir(path) == 0 && rmdir(dir) == 0);
}

static void test_adopt_empty(struct world *w)
{
	struct cgroup_place *place = make(w), *again;

	OK(cgroup_check(&w->host, w->path));
	again = make(w);
	cgroup_close(place);
	OK(cgroup_remove(again, SOON));
	CHECK(count_existing(w, w->path) == 0);
	OK(cgroup_check(&w->host, w->path));
	cgroup_close(again);
}

static void test_refuse_used(struct world *w)
{
	struct cgroup_place *place = make(w), *other = NULL;
	pid_t pid = child_in(place, NULL);

	REFUSED(cgroup_check(&w->host, w->path), EBUSY, "not ours");
	REFUSED(cgroup_make(&w->arena, &w->host, w->path, CONTROLLERS, &other), EBUSY, "not ours");
	CHECK(!other);
	CHECK(count_existing(w, w->path) == w->host.n);
	CHECK(kill(pid, 0) == 0);
	end_all(place);
}

static void test_refuse_frozen(struct world *w)
{
	struct cgroup_place *place = make(w), *other = NULL;
	char below[80];
	bool frozen = false;

	OK(cgroup_freeze(place, true, SOON));
	OK(cgroup_is_frozen(place, &frozen));
	CHECK(frozen);
	REFUSED(cgroup_check(&w->host, w->path), EBUSY, "frozen");
	REFUSED(cgroup_make(&w->arena, &w->host, w->path, CONTROLLERS, &other), EBUSY, "frozen");
	/* a fresh one below it is frozen too, and is not left behind */
	snprintf(below, sizeof(below), "%s/x", w->path);
	REFUSED(cgroup_make(&w->arena, &w->host, below, CONTROLLERS, &other), EBUSY, "frozen");
	CHECK(count_existing(w, below) == 0);
	OK(cgroup_freeze(place, false, SOON));
	OK(cgroup_is_frozen(place, &frozen));
	CHECK(!frozen);
	end_all(place);
}

static void test_partial(struct world *w)
{
	struct cgroup_host broken = w->host;
	struct cgroup_place *place = NULL;

	broken.v[broken.n] = (struct cgroup_hierarchy){ .mountpoint = "/sys/fs/cgroup/none",
							.controllers = "x",
							.own = "/" };
	broken.n++;
	REFUSED(cgroup_make(&w->arena, &broken, w->path, CONTROLLERS, &place), ENOENT, "/sys/fs/cgroup/none");
	CHECK(count_existing(w, w->path) == 0);
	CHECK(count_existing(w, w->top) == 0);
	broken.v[broken.n - 1].mountpoint = "/tmp";
	REFUSED(cgroup_make(&w->arena, &broken, w->path, CONTROLLERS, &place), EINVAL,
		"not a cgroup hierarchy");
	CHECK(count_existing(w, w->top) == 0);
}

/* A create that was killed: some hierarchies only, a process in one of them. */
static void test_killed_create(struct world *w)
{
	struct cgroup_host some = w->host;
	struct cgroup_place *place = NULL;
	pid_t pid;

	some.n = 1;
	OK(cgroup_make(&w->arena, &some, w->path, CONTROLLERS, &place));
	pid = child_in(place, NULL);
	cgroup_close(place);
	OK(cgroup_open(&w->arena, &w->host, w->path, &place));
	CHECK(cgroup_attach(place, pid) == 0);
	end_all(place);
	CHECK(count_existing(w, w->path) == 0);
}

/* A service manager's: one hierarchy with our process in it, and the others are ours to make. */
static void test_adopt_of_a_manager(struct world *w)
{
	struct cgroup_host some = w->host;
	struct cgroup_place *place = NULL;
	pid_t pid;

	some.n = 1;
	OK(cgroup_make(&w->arena, &some, w->path, CONTROLLERS, &place));
	pid = child_in(place, NULL);
	cgroup_close(place);
	if (w->host.mode != CGROUP_V2) {
		REFUSED(cgroup_adopt(&w->arena, &w->host, w->path, CONTROLLERS, pid + 1, &place), EBUSY,
			"not ours");
		CHECK(count_existing(w, w->path) == 1);
	}
	OK(cgroup_adopt(&w->arena, &w->host, w->path, CONTROLLERS, pid, &place));
	CHECK(count_existing(w, w->path) == w->host.n);
	OK(cgroup_attach(place, pid));
	CHECK(kill(pid, 0) == 0);
	end_all(place);
	CHECK(count_existing(w, w->path) == 0);
}

static void test_paths(struct world *w)
{
	static const char *const bad[] = { "",	    "/",   "a",	  "/..",  "/../x", "/a/../b",
					   "/a/..", "//a", "/a/", "/./a", "/a\n" };
	struct cgroup_place *place = NULL;
	char deep[5000];

	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		REFUSED(cgroup_make(&w->arena, &w->host, bad[i], CONTROLLERS, &place), EINVAL, "cgroup path");
		REFUSED(cgroup_open(&w->arena, &w->host, bad[i], &place), EINVAL, "cgroup path");
	}
	memset(deep, 'x', sizeof(deep) - 1);
	deep[sizeof(deep) - 1] = '\0';
	deep[0] = '/';
	REFUSED(cgroup_make(&w->arena, &w->host, deep, CONTROLLERS, &place), ENAMETOOLONG, "cgroup path");
	CHECK(!place);
}

/* As in a container of an engine whose filter does not know openat2 (EPERM), or on a kernel before 5.6. */
static void open_refused_by(struct world *w, int err)
{
	const struct sock_filter code[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_openat2, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | (unsigned int)err),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	const struct sock_fprog filter = { ARRAY_SIZE(code), (struct sock_filter *)code };
	struct cgroup_place *place;
	struct open_how how = { 0 };

	CHECK(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0);
	CHECK(sys_seccomp(SECCOMP_SET_MODE_FILTER, 0, (void *)&filter) == 0);
	CHECK(sys_openat2(AT_FDCWD, "/", &how) < 0 && errno == err);
	place = make(w);
	CHECK(count_existing(w, w->path) == w->host.n);
	OK(cgroup_check(&w->host, w->path));
	OK(cgroup_remove(place, SOON));
	CHECK(cgroup_open(&w->arena, &w->host, w->path, &place) == -ENOENT);
	cgroup_close(place);
	CHECK(count_existing(w, w->path) == 0);
}

static void test_openat2_missing(struct world *w)
{
	open_refused_by(w, ENOSYS);
}

static void test_openat2_refused(struct world *w)
{
	open_refused_by(w, EPERM);
}

/* 20 that SIGTERM does not end, in sessions of their own; then one more, which says that all are ready. */
static void fork_much(void)
{
	signal(SIGTERM, SIG_IGN);
	for (int i = 0; i < 20; i++)
		if (fork() == 0) {
			setsid();
			for (;;)
				pause();
		}
	signal(SIGTERM, SIG_DFL);
	fork();
}

static size_t count_pids(struct world *w, const struct cgroup_place *place)
{
	size_t n = 0;
	pid_t *pids = NULL;

	OK(cgroup_pids(&w->arena, place, &pids, &n));
	for (size_t i = 1; i < n; i++)
		CHECK(pids[i - 1] < pids[i]);
	return n;
}

static void wait_count(struct world *w, const struct cgroup_place *place, size_t n)
{
	for (int i = 0; i < 1000 && count_pids(w, place) != n; i++)
		usleep(5000);
	CHECK(count_pids(w, place) == n);
}

static void test_kill(struct world *w)
{
	struct cgroup_place *place = make(w);

	child_in(place, fork_much);
	wait_count(w, place, 22);
	CHECK(cgroup_wait_empty(place, now_ms() + 20) == -ETIMEDOUT);
	fail_forget();
	CHECK(cgroup_remove(place, now_ms() + 20) == -EBUSY);
	fail_forget();
	end_all(place);
	CHECK(count_existing(w, w->path) == 0);
}

static void test_kill_frozen(struct world *w)
{
	struct cgroup_place *place = make(w);

	child_in(place, fork_much);
	wait_count(w, place, 22);
	OK(cgroup_freeze(place, true, SOON));
	end_all(place);
}

static void test_signal(struct world *w)
{
	struct cgroup_place *place = make(w);
	pid_t pid = child_in(place, fork_much);
	int status;

	wait_count(w, place, 22);
	OK(cgroup_signal(place, SIGTERM, SOON));
	CHECK(waitpid(pid, &status, 0) == pid && WIFSIGNALED(status) && WTERMSIG(status) == SIGTERM);
	wait_count(w, place, 20);
	end_all(place);
}

static char bomb_stop[] = "/tmp/cruet-cgroups.XXXXXX";

/* Forks as fast as it can: no list of it is ever complete. */
static void bomb(void)
{
	while (access(bomb_stop, F_OK) == 0) {
		pid_t pid = fork();

		if (pid > 0)
			_exit(0);
	}
	_exit(0);
}

static void test_kill_bomb(struct world *w)
{
	int fd = mkstemp(bomb_stop);

	signal(SIGCHLD, SIG_IGN);
	for (int i = 0; i < 5; i++) {
		struct cgroup_place *place = make(w);

		for (int k = 0; k < 4; k++)
			child_in(place, bomb);
		usleep(20000);
		end_all(place);
	}
	signal(SIGCHLD, SIG_DFL);
	close(fd);
	unlink(bomb_stop);
}

/* What a container with a writable cgroup can leave: deep and wide, populated at the bottom, frozen there on
 * v1. */
static void nest(struct world *w, size_t i, int depth, pid_t pid)
{
	char text[16], full[4096], long_name[4000];
	int fd;

	memset(long_name, 'n', sizeof(long_name));
	long_name[sizeof(long_name) - 1] = '\0';
	snprintf(full, sizeof(full), "%s%s", w->host.v[i].mountpoint, w->path);
	fd = open(full, O_RDONLY | O_DIRECTORY);
	for (int d = 0; d < depth; d++) {
		int next;

		/* longer than NAME_MAX, which cgroupfs does not have */
		CHECK(d || mkdirat(fd, long_name, 0755) == 0);
		CHECK(mkdirat(fd, "b", 0755) == 0 && mkdirat(fd, "a", 0755) == 0 &&
		      mkdirat(fd, ".dot", 0755) == 0);
		next = openat(fd, "a", O_RDONLY | O_DIRECTORY);
		close(fd);
		fd = next;
	}
	snprintf(text, sizeof(text), "%d", pid);
	CHECK(write_file_at(fd, "cgroup.procs", text) == 0);
	(void)!write_file_at(fd, "freezer.state", "FROZEN");
	close(fd);
}

static void test_nested(struct world *w)
{
	struct rlimit few = { 64, 4096 };
	struct cgroup_place *place = make(w);
	pid_t pid = child_in(place, NULL);

	CHECK(setrlimit(RLIMIT_NOFILE, &few) == 0);
	for (size_t i = 0; i < w->host.n; i++) {
		const char *c = w->host.v[i].controllers;

		/* cpusets would have to be filled on the way down */
		if (w->host.v[i].v2 || streq(c, "freezer") || streq(c, "pids"))
			nest(w, i, 200, pid);
	}
	CHECK(count_pids(w, place) == 1);
	end_all(place);
	CHECK(count_existing(w, w->path) == 0);
}

static void test_apply(struct world *w)
{
	struct cgroup_place *place = make(w);
	bool v2 = w->host.mode == CGROUP_V2;
	const struct cgroup_write pids = {
		.controller = "pids", .file = "pids.max", .value = "42", .property = "p"
	};
	const struct cgroup_write writes[] = {
		{ CGROUP_SET_OR_NEXT, "pids", "pids.nothing", "1", false, false, "a" },
		{ CGROUP_SET_OR_NEXT, "pids", "pids.max", "17", false, false, "b" },
		{ CGROUP_SET, "pids", "pids.max", "18", false, false, "c" },
		{ CGROUP_SET, "pids", "pids.missing", "18", true, false, "d" },
		{ CGROUP_CHECK_BELOW, "pids", "pids.current", "0", false, false, "e" },
	};
	const struct cgroup_write escape = {
		CGROUP_SET, "pids", "../pids.max", "1", false, false, "linux.resources.unified"
	};
	char text[64];

	if (cgroup_read(place, "pids", "pids.max", text, sizeof(text)) == -ENOENT) {
		/* cgroup2 without controllers: the error says so */
		REFUSED(cgroup_apply(place, &pids, 1), ENOENT, "controller 'pids' is not available");
		CHECK(v2);
		end_all(place);
		return;
	}
	OK(cgroup_apply(place, &pids, 1));
	CHECK(cgroup_read(place, "pids", "pids.max", text, sizeof(text)) == 2);
	CHECK_STR(text, "42");
	OK(cgroup_apply(place, writes, ARRAY_SIZE(writes)));
	CHECK(cgroup_read(place, "pids", "pids.max", text, sizeof(text)) == 2);
	CHECK_STR(text, "17");
	REFUSED(cgroup_apply(place, &escape, 1), EINVAL, "linux.resources.unified");
	child_in(place, NULL);
	REFUSED(cgroup_apply(place, writes, ARRAY_SIZE(writes)), EBUSY, "e: pids.current is 1 already");
	end_all(place);
}

static size_t index_v2(const struct world *w)
{
	for (size_t i = 0; i < w->host.n; i++)
		if (w->host.v[i].v2)
			return i;
	return SIZE_MAX;
}

static void read_v2(const struct world *w, const char *path, const char *file, char *buf, size_t size)
{
	char full[4096];

	snprintf(full, sizeof(full), "%s%s/%s", w->host.v[index_v2(w)].mountpoint, path, file);
	CHECK(read_file_at(AT_FDCWD, full, buf, size) >= 0);
}

/* All that the root has reaches the container, through parents that were made and through those that were
 * there. */
static void test_enable(struct world *w)
{
	struct cgroup_place *place;
	char root[512], here[512], *save = NULL;

	if (index_v2(w) == SIZE_MAX)
		return;
	for (int round = 0; round < 2; round++) {
		place = make(w);
		read_v2(w, "", "cgroup.controllers", root, sizeof(root));
		read_v2(w, w->path, "cgroup.controllers", here, sizeof(here));
		for (char *word = strtok_r(root, " ", &save); word; word = strtok_r(NULL, " ", &save))
			CHECK(!strstr(CONTROLLERS, word) || strstr(here, word));
		read_v2(w, w->path, "cgroup.subtree_control", here, sizeof(here));
		CHECK_STR(here, "");
		end_all(place);
	}
}

/* A parent with processes cannot give controllers to its children: no reason to fail, unless a value needs
 * one. */
static void test_enable_refused(struct world *w)
{
	const struct cgroup_write write = {
		.controller = "hugetlb", .file = "hugetlb.2MB.max", .value = "0", .property = "h"
	};
	struct cgroup_place *parent, *place;
	char root[512], path[64];

	if (w->host.mode != CGROUP_V2)
		return;
	strcpy(path, w->path);
	strcpy(w->path, w->top);
	parent = make(w);
	strcpy(w->path, path);
	child_in(parent, NULL);
	place = make(w);
	read_v2(w, "", "cgroup.controllers", root, sizeof(root));
	if (strstr(root, "hugetlb"))
		REFUSED(cgroup_apply(place, &write, 1), ENOENT, "h: cgroup");
	end_all(place);
	end_all(parent);
}

/* Values that depend on each other, up and down. */
static void test_apply_again(struct world *w)
{
	static const char *const steps[][3] = {
		/* quota, period, burst: the burst may not be above the quota */
		{ "20000", "100000", "10000" },
		{ "90000", "100000", "80000" },
		{ "20000", "50000", "5000" },
	};
	struct cgroup_place *place = make(w);
	char text[64];

	if (w->host.mode == CGROUP_V2) {
		const struct cgroup_write max = { CGROUP_SET, "cpu", "cpu.max", "30000 90000",
						  false,      false, "q" };
		const struct cgroup_write period = {
			CGROUP_SET_SECOND, "cpu", "cpu.max", "60000", false, false, "p"
		};

		if (cgroup_read(place, "cpu", "cpu.max", text, sizeof(text)) > 0) {
			OK(cgroup_apply(place, &max, 1));
			OK(cgroup_apply(place, &period, 1));
			CHECK(cgroup_read(place, "cpu", "cpu.max", text, sizeof(text)) > 0);
			CHECK_STR(text, "30000 60000");
		}
		end_all(place);
		return;
	}
	for (size_t i = 0; i < ARRAY_SIZE(steps); i++) {
		const struct cgroup_write writes[] = {
			{ CGROUP_SET, "cpu", "cpu.cfs_burst_us", steps[i][2], false, true, "b" },
			{ CGROUP_SET, "cpu", "cpu.cfs_period_us", steps[i][1], false, true, "p" },
			{ CGROUP_SET, "cpu", "cpu.cfs_quota_us", steps[i][0], false, true, "q" },
		};

		OK(cgroup_apply(place, writes, ARRAY_SIZE(writes)));
		CHECK(cgroup_read(place, "cpu", "cpu.cfs_burst_us", text, sizeof(text)) > 0);
		CHECK_STR(text, steps[i][2]);
	}
	for (size_t i = 0; i < 3; i++) {
		static const char *const limits[][2] = { { "33554432", "67108864" },
							 { "134217728", "134217728" },
							 { "16777216", "16777216" } };
		const struct cgroup_write writes[] = {
			{ CGROUP_SET, "memory", "memory.limit_in_bytes", limits[i][0], false, true, "l" },
			{ CGROUP_SET, "memory", "memory.memsw.limit_in_bytes", limits[i][1], true, true,
			  "s" },
		};

		OK(cgroup_apply(place, writes, ARRAY_SIZE(writes)));
	}
	end_all(place);
}

static void test_realtime(struct world *w)
{
	struct cgroup_place *place = make(w);
	const struct cgroup_write writes[] = {
		{ CGROUP_SET_RT, "cpu", "cpu.rt_period_us", "500000", false, false, "p" },
		{ CGROUP_SET_RT, "cpu", "cpu.rt_runtime_us", "1000", false, false, "r" },
	};
	char text[64];

	if (cgroup_read(place, "cpu", "cpu.rt_runtime_us", text, sizeof(text)) > 0) {
		OK(cgroup_apply(place, writes, ARRAY_SIZE(writes)));
		CHECK(cgroup_read(place, "cpu", "cpu.rt_runtime_us", text, sizeof(text)) > 0);
		CHECK_STR(text, "1000");
	}
	end_all(place);
}

/* ---- devices ---- */

static char node_dir[] = "/tmp/cruet-nodes.XXXXXX";

struct attempt {
	const char *what;
	int flags; /* of open; -1: mknod */
	unsigned int major, minor;
	bool allowed;
};

static int try_it(const struct attempt *a)
{
	char path[64];
	int fd;

	snprintf(path, sizeof(path), "%s/%u-%u", node_dir, a->major, a->minor);
	if (a->flags < 0) {
		strcat(path, ".new");
		if (mknod(path, S_IFCHR | 0600, makedev(a->major, a->minor)) < 0)
			return errno;
		return unlink(path);
	}
	fd = open(path, a->flags | O_NONBLOCK | O_NOCTTY);
	if (fd < 0)
		return errno;
	close(fd);
	return 0;
}

static const struct attempt *attempts;
static size_t n_attempts;

static void do_attempts(void)
{
	int wrong = 0;

	for (size_t i = 0; i < n_attempts; i++) {
		int err = try_it(&attempts[i]);

		if ((err == EPERM) == attempts[i].allowed) {
			printf("# %s: errno %d\n", attempts[i].what, err);
			wrong = 1;
		}
	}
	fflush(stdout);
	_exit(wrong);
}

static void expect(const struct cgroup_place *place, const struct attempt *v, size_t n)
{
	int status = 0;
	pid_t pid;

	attempts = v;
	n_attempts = n;
	fflush(stdout);
	pid = child_in(place, do_attempts);
	CHECK(waitpid(pid, &status, 0) == pid && WIFEXITED(status) && WEXITSTATUS(status) == 0);
}

/* How many device programs are on the cgroup itself. */
static int count_programs(const struct cgroup_place *place)
{
	struct {
		union bpf_attr attr;
		char guard[256];
	} q = { 0 };
	uint32_t ids[64];

	q.attr.query.target_fd = (uint32_t)cgroup_clone_fd(place);
	q.attr.query.attach_type = BPF_CGROUP_DEVICE;
	q.attr.query.prog_ids = (uint64_t)(uintptr_t)ids;
	q.attr.query.prog_cnt = 64;
	return sys_bpf(BPF_PROG_QUERY, &q.attr, sizeof(q.attr)) < 0 ? -1 : (int)q.attr.query.prog_cnt;
}

static void make_nodes(void)
{
	static const unsigned int minors[] = { 3, 5, 7, 8, 9 };
	char path[64];

	CHECK(mkdtemp(node_dir));
	for (size_t i = 0; i < ARRAY_SIZE(minors); i++) {
		snprintf(path, sizeof(path), "%s/1-%u", node_dir, minors[i]);
		CHECK(mknod(path, S_IFCHR | 0600, makedev(1, minors[i])) == 0);
	}
}

static void remove_nodes(void)
{
	static const unsigned int minors[] = { 3, 5, 7, 8, 9 };
	char path[64];

	for (size_t i = 0; i < ARRAY_SIZE(minors); i++) {
		snprintf(path, sizeof(path), "%s/1-%u", node_dir, minors[i]);
		unlink(path);
	}
	rmdir(node_dir);
}

static void test_devices(struct world *w)
{
	static const struct device_rule first[] = {
		{ false, 'a', -1, -1, DEVICE_ALL },
		{ true, 'c', 1, 3, DEVICE_ALL },
		{ true, 'c', 1, 5, DEVICE_READ },
		{ true, 'c', -1, -1, DEVICE_MKNOD },
		{ true, 'c', 1, 7, DEVICE_READ | DEVICE_WRITE },
	};
	static const struct attempt after_first[] = {
		{ "null rw", O_RDWR, 1, 3, true },   { "zero r", O_RDONLY, 1, 5, true },
		{ "zero w", O_WRONLY, 1, 5, false }, { "zero rw", O_RDWR, 1, 5, false },
		{ "full rw", O_RDWR, 1, 7, true },   { "random r", O_RDONLY, 1, 8, false },
		{ "mknod", -1, 1, 9, true },
	};
	static const struct device_rule second[] = {
		{ true, 'a', -1, -1, DEVICE_ALL },
		{ false, 'c', 1, 5, DEVICE_WRITE },
		{ false, 'c', -1, -1, DEVICE_MKNOD },
	};
	static const struct attempt after_second[] = {
		{ "null rw", O_RDWR, 1, 3, true },  { "zero r", O_RDONLY, 1, 5, true },
		{ "zero rw", O_RDWR, 1, 5, false }, { "random", O_RDONLY, 1, 8, true },
		{ "mknod", -1, 1, 9, false },
	};
	static const struct device_rule all[] = { { false, 'a', -1, -1, DEVICE_ALL },
						  { true, 'a', -1, -1, DEVICE_ALL } };
	static const struct attempt after_all[] = { { "zero rw", O_RDWR, 1, 5, true },
						    { "mknod", -1, 1, 9, true } };
	static const struct attempt after_none[] = { { "null", O_RDONLY, 1, 3, false },
						     { "mknod", -1, 1, 9, false } };
	struct cgroup_place *place = make(w);
	bool v2 = w->host.mode == CGROUP_V2;

	make_nodes();
	OK(cgroup_set_devices(place, first, ARRAY_SIZE(first)));
	expect(place, after_first, ARRAY_SIZE(after_first));
	/* as `update` does it: from the ledger's path */
	cgroup_close(place);
	OK(cgroup_open(&w->arena, &w->host, w->path, &place));
	for (int i = 0; i < 5; i++)
		OK(cgroup_set_devices(place, second, ARRAY_SIZE(second)));
	CHECK(!v2 || count_programs(place) == 1);
	expect(place, after_second, ARRAY_SIZE(after_second));
	OK(cgroup_set_devices(place, all, ARRAY_SIZE(all)));
	CHECK(!v2 || count_programs(place) == 0);
	expect(place, after_all, ARRAY_SIZE(after_all));
	OK(cgroup_set_devices(place, NULL, 0));
	expect(place, after_none, ARRAY_SIZE(after_none));
	end_all(place);
	remove_nodes();
}

static void test_devices_refused(struct world *w)
{
	static const struct device_rule hole[] = { { true, 'c', 1, -1, DEVICE_ALL },
						   { false, 'c', 1, 5, DEVICE_ALL } };
	static const struct device_rule huge[] = { { true, 'c', 1ll << 32 | 1, 3, DEVICE_ALL } };
	struct cgroup_place *place = make(w);

	if (w->host.mode != CGROUP_V2)
		REFUSED(cgroup_set_devices(place, hole, 2), EOPNOTSUPP, "cannot deny a part");
	else
		OK(cgroup_set_devices(place, hole, 2));
	REFUSED(cgroup_set_devices(place, huge, 1), EINVAL, "device rule");
	end_all(place);
}

static void open_for_ever(void)
{
	const struct attempt yes = { "null", O_RDONLY, 1, 3, true }, no = { "random", O_RDONLY, 1, 8, false };

	while (try_it(&yes) == 0 && try_it(&no) == EPERM)
		;
	_exit(1);
}

/* While one set of rules takes the place of another, what both allow stays allowed and what both deny denied.
 */
static void test_devices_no_gap(struct world *w)
{
	static const struct device_rule one[] = { { true, 'c', 1, 3, DEVICE_ALL },
						  { true, 'c', 1, 5, DEVICE_ALL } };
	struct cgroup_place *place = make(w);
	pid_t pid;
	int status;

	make_nodes();
	OK(cgroup_set_devices(place, one, 2));
	pid = child_in(place, open_for_ever);
	for (int i = 0; w->host.mode == CGROUP_V2 && i < 500; i++)
		OK(cgroup_set_devices(place, one, 1 + (size_t)(i % 2)));
	CHECK(waitpid(pid, &status, WNOHANG) == 0);
	end_all(place);
	remove_nodes();
}

/* What the kernel's verifier says to programs of all shapes (v2 only). */
static void test_devices_verifier(struct world *w)
{
	static const int64_t numbers[] = { -1, 0, 1, 5, 136 };
	struct cgroup_place *place = make(w);
	unsigned int seed = 7;

	for (int round = 0; w->host.mode == CGROUP_V2 && round < 300; round++) {
		struct device_rule rules[24];
		size_t n = (size_t)rand_r(&seed) % ARRAY_SIZE(rules);

		for (size_t i = 0; i < n; i++)
			rules[i] =
				(struct device_rule){ rand_r(&seed) % 2, "abcc"[rand_r(&seed) % 4],
						      numbers[rand_r(&seed) % 5], numbers[rand_r(&seed) % 5],
						      (unsigned int)rand_r(&seed) % 8 };
		OK(cgroup_set_devices(place, rules, n));
		CHECK(count_programs(place) <= 1);
	}
	end_all(place);
}

static void test_chown(struct world *w)
{
	struct cgroup_place *place = make(w);
	struct stat st;

	if (w->host.mode != CGROUP_V2) {
		REFUSED(cgroup_chown(place, 12345), EOPNOTSUPP, "version 2");
	} else {
		OK(cgroup_chown(place, 12345));
		CHECK(fstat(cgroup_clone_fd(place), &st) == 0 && st.st_uid == 12345 && st.st_gid == 0);
		CHECK(fstatat(cgroup_clone_fd(place), "cgroup.procs", &st, 0) == 0 && st.st_uid == 12345);
		CHECK(fstatat(cgroup_clone_fd(place), "cgroup.freeze", &st, 0) == 0 && st.st_uid == 0);
	}
	end_all(place);
}

/* ---- the views ---- */

/* As the machine is; v1 alone, where it has that; and a cgroup2 in place of all. */
enum view { HOST, ONLY_V1, ONLY_V2, VIEWS };
static const char *const view_names[VIEWS] = { "host", "v1", "v2" };

static bool enter_view(enum view view)
{
	if (unshare(CLONE_NEWNS) < 0 || mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0)
		return false;
	if (view == ONLY_V1)
		return umount2("/sys/fs/cgroup/unified", MNT_DETACH) == 0;
	return view == HOST || mount("cgroup2", "/sys/fs/cgroup", "cgroup2", 0, NULL) == 0;
}

/* A view that this machine does not have, or has as it is, is no second world to test in. */
static bool has_view(enum view view)
{
	struct statfs fs;
	bool v2 = statfs("/sys/fs/cgroup", &fs) == 0 && fs.f_type == CGROUP2_SUPER_MAGIC;

	if (view == ONLY_V1)
		return access("/sys/fs/cgroup/unified", F_OK) == 0;
	return view == HOST || !v2;
}

static int run_in_view(enum view view, void (*test)(struct world *w))
{
	struct world w = { 0 };
	int procfd;

	if (!enter_view(view))
		return 1;
	procfd = open("/proc", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (arena_open_private(&w.arena, 64 << 20) < 0)
		return 1;
	OK(cgroup_host_read(&w.arena, procfd, &w.host));
	CHECK(view != ONLY_V2 || w.host.mode == CGROUP_V2);
	CHECK(view != ONLY_V1 || w.host.mode == CGROUP_V1);
	snprintf(w.top, sizeof(w.top), "/cruet-test-%d", getpid());
	snprintf(w.path, sizeof(w.path), "%s/c", w.top);
	test(&w);
	remove_top(&w);
	return test_failed;
}

static const struct {
	const char *name;
	void (*run)(struct world *w);
} tests[] = {
	{ "host", test_host },
	{ "host-made-up", test_host_made_up },
	{ "make", test_make },
	{ "adopt-empty", test_adopt_empty },
	{ "refuse-used", test_refuse_used },
	{ "refuse-frozen", test_refuse_frozen },
	{ "partial", test_partial },
	{ "killed-create", test_killed_create },
	{ "adopt-of-a-manager", test_adopt_of_a_manager },
	{ "paths", test_paths },
	{ "openat2-missing", test_openat2_missing },
	{ "openat2-refused", test_openat2_refused },
	{ "kill", test_kill },
	{ "kill-frozen", test_kill_frozen },
	{ "kill-bomb", test_kill_bomb },
	{ "signal", test_signal },
	{ "nested", test_nested },
	{ "enable", test_enable },
	{ "enable-refused", test_enable_refused },
	{ "apply", test_apply },
	{ "apply-again", test_apply_again },
	{ "realtime", test_realtime },
	{ "devices", test_devices },
	{ "devices-refused", test_devices_refused },
	{ "devices-no-gap", test_devices_no_gap },
	{ "devices-verifier", test_devices_verifier },
	{ "chown", test_chown },
};

/* The controllers that the root gives to its children stay on: take back what was not on before. */
static void restore_root(const char *root, const char *before)
{
	char now[512], off[64], *save = NULL;
	int fd = open(root, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (fd >= 0 && read_file_at(fd, "cgroup.subtree_control", now, sizeof(now)) >= 0)
		for (char *word = strtok_r(now, " ", &save); word; word = strtok_r(NULL, " ", &save)) {
			snprintf(off, sizeof(off), "-%s", word);
			if (!strstr(before, word))
				(void)!write_file_at(fd, "cgroup.subtree_control", off);
		}
	close(fd);
}

int main(int argc, char **argv)
{
	static const char *const roots[] = { "/sys/fs/cgroup", "/sys/fs/cgroup/unified" };
	char before[2][512] = { "", "" }, path[64];
	int failed = 0;

	for (size_t i = 0; i < 2; i++) {
		snprintf(path, sizeof(path), "%s/cgroup.subtree_control", roots[i]);
		(void)!read_file_at(AT_FDCWD, path, before[i], sizeof(before[i]));
	}
	setvbuf(stdout, NULL, _IOLBF, 0);
	for (size_t i = 0; i < VIEWS * ARRAY_SIZE(tests); i++) {
		enum view view = (enum view)(i / ARRAY_SIZE(tests));
		size_t t = i % ARRAY_SIZE(tests);
		int status = 1;
		pid_t pid;

		if (!has_view(view))
			continue;
		if (argc > 1 && strcmp(argv[1], tests[t].name))
			continue;
		fflush(stdout);
		pid = fork();
		if (pid == 0)
			exit(run_in_view(view, tests[t].run));
		waitpid(pid, &status, 0);
		printf("%sok unit-root/cgroups/%s-%s\n", status ? "not " : "", view_names[view],
		       tests[t].name);
		failed += status != 0;
	}
	for (size_t i = 0; i < 2; i++)
		restore_root(roots[i], before[i]);
	return failed ? 1 : 0;
}
