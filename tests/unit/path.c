/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tests/unit/path.c: base/path.c. The walk by hand is held against openat2 on random trees full of symlinks,
 * and everything is run again in a child whose openat2 answers ENOSYS, and EPERM (rule R16). Nothing outside
 * of a temporary directory may change (the canary).
 */
#include "base/err.h"
#include "base/fd.h"
#include "base/path.h"
#include "base/str.h"

#include <fcntl.h>
#include <ftw.h>
#include <limits.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <poll.h>
#include <signal.h>
#include <stddef.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "test.h"

static char top[64]; /* /tmp/cruet-path-XXXXXX: `root` is the root, `outside` the canary */
static int rootfd = -1, outfd = -1;

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	(void)st, (void)type, (void)ftw;
	return remove(path);
}

static void tree_open(void)
{
	int dirfd;

	strcpy(top, "/tmp/cruet-path-XXXXXX");
	CHECK(mkdtemp(top));
	dirfd = open(top, O_PATH | O_DIRECTORY | O_CLOEXEC);
	CHECK(mkdirat(dirfd, "root", 0755) == 0 && mkdirat(dirfd, "outside", 0755) == 0);
	rootfd = openat(dirfd, "root", O_PATH | O_DIRECTORY | O_CLOEXEC);
	outfd = openat(dirfd, "outside", O_PATH | O_DIRECTORY | O_CLOEXEC);
	close(openat(outfd, "secret", O_CREAT | O_WRONLY | O_CLOEXEC, 0600));
	close(dirfd);
	fail_forget();
}

static void tree_close(void)
{
	struct stat st;

	/* The canary: one file, no more. */
	CHECK(unlinkat(outfd, "secret", 0) == 0);
	CHECK(fstat(outfd, &st) == 0 && st.st_nlink == 2);
	fd_close(&rootfd);
	fd_close(&outfd);
	CHECK(nftw(top, remove_one, 16, FTW_DEPTH | FTW_PHYS) == 0);
	fail_forget();
}

static void make_link(const char *target, const char *name)
{
	CHECK(symlinkat(target, rootfd, name) == 0);
}

static void make_dir(const char *name)
{
	CHECK(mkdirat(rootfd, name, 0755) == 0);
}

static void touch(const char *name)
{
	int fd = openat(rootfd, name, O_CREAT | O_WRONLY | O_CLOEXEC, 0644);

	CHECK(fd >= 0);
	fd_close(&fd);
}

static bool same_file(int a, int b)
{
	struct stat x, y;

	return fstat(a, &x) == 0 && fstat(b, &y) == 0 && x.st_dev == y.st_dev && x.st_ino == y.st_ino;
}

/* path_in_root(path) is the object at `want` (a path without symlinks), or the error. */
static void check_is(const char *path, int flags, const char *want, int error)
{
	int fd = -1, r = path_in_root(rootfd, path, flags, &fd), there;

	fail_forget();
	if (r != error)
		printf("# '%s' flags %#x: got %d, want %d\n", path, flags, r, error);
	CHECK(r == error);
	if (!error) {
		there = openat(rootfd, want, O_PATH | O_NOFOLLOW | O_CLOEXEC);
		CHECK(same_file(fd, there));
		CHECK(fcntl(fd, F_GETFD) & FD_CLOEXEC);
		fd_close(&there);
	}
	fd_close(&fd);
}

static void lookups(void)
{
	tree_open();
	make_dir("a");
	make_dir("a/b");
	touch("a/f");
	make_link("/a/b", "abs");
	make_link("../../../../a", "up");
	make_link("/../../outside/secret", "escape");
	make_link("nothing", "dangling");
	make_link("loop2", "loop1");
	make_link("loop1", "loop2");
	make_link("../f", "a/b/back");
	check_is("/", O_PATH, ".", 0);
	check_is("//./", O_PATH, ".", 0);
	check_is("..", O_PATH, ".", 0);
	check_is("../../../a/b/..", O_PATH, "a", 0);
	check_is("/a/b", O_PATH, "a/b", 0);
	check_is("abs", O_PATH, "a/b", 0);
	check_is("abs/../f", O_RDONLY, "a/f", 0);
	check_is("abs/back", O_RDONLY, "a/f", 0);
	check_is("up/b/", O_PATH, "a/b", 0);
	check_is("escape", O_PATH, "", -ENOENT);
	check_is("dangling", O_PATH, "", -ENOENT);
	check_is("dangling", O_PATH | O_NOFOLLOW, "dangling", 0);
	check_is("abs", O_PATH | O_NOFOLLOW, "abs", 0);
	check_is("abs/", O_PATH | O_NOFOLLOW, "a/b", 0);
	check_is("abs", O_RDONLY | O_NOFOLLOW, "", -ELOOP);
	check_is("abs", O_RDONLY, "a/b", 0);
	check_is("abs", O_PATH | O_NOFOLLOW | O_DIRECTORY, "", -ENOTDIR);
	check_is("loop1", O_PATH, "", -ELOOP);
	check_is("a/f/", O_PATH, "", -ENOTDIR);
	check_is("a/f/.", O_PATH, "", -ENOTDIR);
	check_is("a/f/..", O_PATH, "", -ENOTDIR);
	check_is("a/f/x", O_PATH, "", -ENOTDIR);
	check_is("a/f", O_PATH | O_DIRECTORY, "", -ENOTDIR);
	check_is("a/b", O_WRONLY, "", -EISDIR);
	check_is("a/x", O_PATH, "", -ENOENT);
	check_is("a/x", O_CREAT | O_WRONLY, "", -EINVAL);
	check_is("", O_PATH, "", -ENOENT);
	tree_close();
}

/* What is recorded: everything but ENOENT. */
static void recording(void)
{
	char line[2048];
	int fd = -1;

	tree_open();
	touch("f");
	CHECK(path_in_root(rootfd, "x", O_PATH, &fd) == -ENOENT);
	CHECK_STR(fail_line(line, sizeof(line)), "");
	CHECK(path_in_root(rootfd, "f/x", O_PATH, &fd) == -ENOTDIR && fd == -1);
	CHECK_STR(fail_line(line, sizeof(line)),
		  "cannot open 'f/x' in the container's root: Not a directory");
	tree_close();
}

static void link_counts(void)
{
	char name[16], target[16], path[PATH_MAX + 2];
	int fd = -1;

	tree_open();
	touch("l0");
	for (int i = 1; i <= 41; i++) {
		snprintf(name, sizeof(name), "l%d", i);
		snprintf(target, sizeof(target), "l%d", i - 1);
		make_link(target, name);
	}
	check_is("l40", O_PATH, "l0", 0);
	check_is("l41", O_PATH, "", -ELOOP);
	memset(path, 'a', sizeof(path));
	path[256] = '\0';
	check_is(path, O_PATH, "", -ENAMETOOLONG);
	memset(path, '/', sizeof(path));
	path[PATH_MAX - 1] = '\0';
	check_is(path, O_PATH, ".", 0);
	path[PATH_MAX - 1] = '/';
	path[PATH_MAX] = '\0';
	check_is(path, O_PATH, "", -ENAMETOOLONG);
	CHECK(path_make_dirs(rootfd, path, 0755, &fd) == -ENAMETOOLONG);
	fail_forget();
	CHECK(path_make_file(rootfd, path, &fd) == -ENAMETOOLONG);
	tree_close();
}

/* procfs as the root: its own symlinks, plain and magic. */
static void magic_links(void)
{
	autoclose int proc = open("/proc", O_PATH | O_DIRECTORY | O_CLOEXEC);
	static const char *const magic[] = {"self/exe",	   "self/cwd",	 "self/root", "self/root/etc",
					    "self/ns/net", "self/fd/0",	 "self/fd/1", "thread-self/exe",
					    "self/exe/",   "self/cwd/.."};

	for (size_t i = 0; i < ARRAY_SIZE(magic); i++) {
		int fd = -1;

		CHECK(path_in_root(proc, magic[i], O_PATH, &fd) == -ELOOP);
		CHECK(path_walk_in_root(proc, magic[i], O_PATH, &fd) == -ELOOP);
		fail_forget();
	}
	for (int i = 0; i < 2; i++) {
		static const char *const plain[] = {"self/status", "mounts"};
		int fd = -1;

		CHECK(path_in_root(proc, plain[i], O_RDONLY, &fd) == 0);
		fd_close(&fd);
		CHECK(path_walk_in_root(proc, plain[i], O_RDONLY, &fd) == 0);
		fd_close(&fd);
	}
	{
		int fd = -1;

		CHECK(path_in_root(proc, "self/exe", O_PATH | O_NOFOLLOW, &fd) == 0);
		fd_close(&fd);
	}
}

static void make_dirs(void)
{
	mode_t mask = umask(0);
	struct stat st;
	int fd = -1;

	tree_open();
	make_dir("real");
	make_link("/real", "link");
	make_link("/../../outside/new", "dangling");
	touch("file");
	CHECK(path_make_dirs(rootfd, "/x/y//z/", 0751, &fd) == 0);
	CHECK(fstat(fd, &st) == 0 && S_ISDIR(st.st_mode) && (st.st_mode & 07777) == 0751);
	CHECK(fcntl(fd, F_GETFL) & O_PATH);
	fd_close(&fd);
	CHECK(path_make_dirs(rootfd, "x/../link/./n", 0755, &fd) == 0);
	fd_close(&fd);
	CHECK(fstatat(rootfd, "real/n", &st, AT_SYMLINK_NOFOLLOW) == 0);
	CHECK(path_make_dirs(rootfd, "/", 0755, &fd) == 0 && same_file(fd, rootfd));
	fd_close(&fd);
	CHECK(path_make_dirs(rootfd, "", 0755, &fd) == 0 && same_file(fd, rootfd));
	fd_close(&fd);
	CHECK(path_make_dirs(rootfd, "dangling", 0755, &fd) == -ENOTDIR);
	CHECK(strstr(err_trail()->text, "'dangling' is a symlink to nothing"));
	fail_forget();
	CHECK(path_make_dirs(rootfd, "dangling/below", 0755, &fd) == -ENOTDIR);
	fail_forget();
	CHECK(path_make_dirs(rootfd, "missing/../x", 0755, &fd) == -EINVAL);
	fail_forget();
	CHECK(path_make_dirs(rootfd, "file/x", 0755, &fd) == -ENOTDIR);
	fail_forget();
	CHECK(fd == -1 && umask(mask) == 0);
	tree_close();
}

static void make_files(void)
{
	mode_t mask = umask(0);
	const char *name;
	struct stat st;
	int fd = -1;

	tree_open();
	make_link("/../../outside/new", "dangling");
	CHECK(path_make_file(rootfd, "/p/q/file", &fd) == 0);
	CHECK(fstat(fd, &st) == 0 && S_ISREG(st.st_mode) && (st.st_mode & 07777) == 0644 && !st.st_size);
	fd_close(&fd);
	CHECK(fstatat(rootfd, "p/q", &st, AT_SYMLINK_NOFOLLOW) == 0 && (st.st_mode & 07777) == 0755);
	CHECK(path_make_file(rootfd, "/p/q", &fd) == 0 && fstat(fd, &st) == 0 && S_ISDIR(st.st_mode));
	fd_close(&fd);
	CHECK(path_make_file(rootfd, "/p/g//", &fd) == 0 && fstat(fd, &st) == 0 && S_ISREG(st.st_mode));
	fd_close(&fd);
	CHECK(path_make_file(rootfd, "/dangling", &fd) == -EEXIST);
	fail_forget();
	CHECK(path_make_file(rootfd, "/missing/..", &fd) == -EINVAL);
	fail_forget();
	CHECK(path_parent_in_root(rootfd, "n/m/name", &fd, &name) == 0);
	CHECK_STR(name, "name");
	fd_close(&fd);
	CHECK(path_parent_in_root(rootfd, "name", &fd, &name) == 0 && same_file(fd, rootfd));
	fd_close(&fd);
	for (int i = 0; i < 5; i++) {
		static const char *const bad[] = {"", "/", "a/", "a/..", "."};

		CHECK(path_parent_in_root(rootfd, bad[i], &fd, &name) == -EINVAL && fd == -1);
		fail_forget();
	}
	CHECK(umask(mask) == 0);
	tree_close();
}

static void names(void)
{
	static const struct {
		const char *in, *out;
		int r;
	} rows[] = {
		{"/", "/", 0},
		{"//a//./b/", "/a/b", 0},
		{"a/b", "a/b", 0},
		{"./a", "a", 0},
		{"./", ".", 0},
		{"...", "...", 0},
		{"/.", "/", 0},
		{"/.a/..b", "/.a/..b", 0},
		{"/a/../b", "", -EINVAL},
		{"..", "", -EINVAL},
		{"", "", -EINVAL},
		{"/aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", "", -ENAMETOOLONG},
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		char buf[32];

		CHECK(path_normalise(rows[i].in, buf, sizeof(buf)) == rows[i].r);
		if (!rows[i].r)
			CHECK_STR(buf, rows[i].out);
		fail_forget();
	}
	CHECK(path_is_component("a") && path_is_component("...") && path_is_component(".a"));
	CHECK(!path_is_component("") && !path_is_component(".") && !path_is_component("..") &&
	      !path_is_component("a/b") && !path_is_component("/"));
}

static void mount_ids(void)
{
	autoclose int proc = open("/proc", O_PATH | O_CLOEXEC), self = open("/proc/self", O_PATH | O_CLOEXEC);
	autoclose int tmp = open("/tmp", O_PATH | O_CLOEXEC);
	uint64_t a = 0, b = 0, c = 0;

	CHECK(path_mount_id(proc, &a) == 0 && path_mount_id(self, &b) == 0 && path_mount_id(tmp, &c) == 0);
	CHECK(a == b && a != c);
	CHECK(path_mount_id(-5, &a) < 0);
	fail_forget();
}

/* ---- random trees ---- */

static unsigned int dice(unsigned int *state, unsigned int n)
{
	*state = *state * 1664525U + 1013904223U;
	return (*state >> 16) % n;
}

static void random_path(unsigned int *state, char *buf, size_t size)
{
	static const char *const parts[] = {"a", "b", "c", "d",	      "..",    "..",
					    ".", "a", "b", "outside", "secret"};
	struct text t = {.buf = buf, .size = size};
	unsigned int n = 1 + dice(state, 5);

	buf[0] = '\0';
	if (!dice(state, 3))
		text_add(&t, "/");
	for (unsigned int i = 0; i < n; i++)
		text_add(&t, "%s%s", i ? dice(state, 8) ? "/" : "//" : "",
			 parts[dice(state, ARRAY_SIZE(parts))]);
	if (!dice(state, 6))
		text_add(&t, "/");
}

static void random_tree(unsigned int *state)
{
	for (int i = 0; i < 40; i++) {
		char path[128], target[128];
		int fd = -1, kind = (int)dice(state, 4);
		const char *name;

		random_path(state, path, sizeof(path));
		if (path_parent_in_root(rootfd, path, &fd, &name) < 0) {
			fail_forget();
			continue;
		}
		random_path(state, target, sizeof(target));
		if (kind == 0)
			close(openat(fd, name, O_CREAT | O_EXCL | O_WRONLY | O_CLOEXEC, 0644));
		else if (kind == 1)
			(void)!mkdirat(fd, name, 0755);
		else
			(void)!symlinkat(target, fd, name);
		fd_close(&fd);
	}
}

static void agreement(void)
{
	static const int flags[] = {O_PATH,
				    O_PATH | O_NOFOLLOW,
				    O_PATH | O_DIRECTORY,
				    O_PATH | O_DIRECTORY | O_NOFOLLOW,
				    O_RDONLY,
				    O_RDONLY | O_NOFOLLOW,
				    O_RDONLY | O_DIRECTORY | O_NOFOLLOW,
				    O_WRONLY};
	unsigned int state = 1, found = 0, errors = 0;

	for (int tree = 0; tree < 60; tree++) {
		tree_open();
		random_tree(&state);
		for (int i = 0; i < 600; i++) {
			int f = flags[dice(&state, ARRAY_SIZE(flags))], a = -1, b = -1, r, s;
			char path[128];

			random_path(&state, path, sizeof(path));
			r = path_in_root(rootfd, path, f, &a);
			s = path_walk_in_root(rootfd, path, f, &b);
			if (r != s || (r == 0 && !same_file(a, b)))
				printf("# tree %d '%s' flags %#x: openat2 %d, by hand %d\n", tree, path, f, r,
				       s);
			CHECK(r == s);
			CHECK(r < 0 || (same_file(a, b) && (fcntl(b, F_GETFD) & FD_CLOEXEC) &&
					!((fcntl(a, F_GETFL) ^ fcntl(b, F_GETFL)) & (O_ACCMODE | O_PATH))));
			found += !r;
			errors += !!r;
			fd_close(&a);
			fd_close(&b);
			fail_forget();
		}
		tree_close();
	}
	CHECK(found > 2000 && errors > 2000);
}

/* ---- races ---- */

/* A child swaps a directory and a symlink that points outside; and moves a directory out of the root. */
static void swapper(void)
{
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	for (;;) {
		syscall(SYS_renameat2, rootfd, "swap", rootfd, "trap", 2 /* RENAME_EXCHANGE */);
		syscall(SYS_renameat2, rootfd, "x/y", outfd, "y", 0);
		syscall(SYS_renameat2, outfd, "y", rootfd, "x/y", 0);
	}
}

static void races(void)
{
	int escapes = 0, hits = 0;
	pid_t pid;

	tree_open();
	make_dir("swap");
	touch("swap/secret");
	make_dir("x");
	make_dir("x/y");
	make_dir("x/y/z");
	make_link("../outside", "trap");
	pid = fork();
	if (!pid)
		swapper();
	for (int i = 0; i < 4000; i++) {
		static const char *const paths[] = {"swap/secret", "trap/secret",
						    "x/y/z/../../../../outside/secret",
						    "x/y/../../outside/secret"};
		int (*const open_it[])(int, const char *, int, int *) = {path_in_root, path_walk_in_root};
		autoclose int secret = openat(outfd, "secret", O_PATH | O_CLOEXEC);
		int fd = -1;

		if (open_it[i % 2](rootfd, paths[(i / 2) % 4], O_PATH, &fd) == 0) {
			hits++;
			escapes += same_file(fd, secret);
		}
		fd_close(&fd);
		fail_forget();
		if (path_make_dirs(rootfd, "swap/made/here", 0755, &fd) == 0)
			fd_close(&fd);
		fail_forget();
	}
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	CHECK(escapes == 0 && hits > 0);
	syscall(SYS_renameat2, outfd, "y", rootfd, "x/y", 0);
	tree_close();
}

/* ---- without openat2 ---- */

static void deny_openat2(unsigned int error)
{
	struct sock_filter insns[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 437, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | error),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	struct sock_fprog prog = {ARRAY_SIZE(insns), insns};

	CHECK(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0);
	CHECK(prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &prog) == 0);
}

static void without_openat2(unsigned int error)
{
	static void (*const all[])(void) = {lookups,   recording,  link_counts, magic_links,
					    make_dirs, make_files, mount_ids,	races};
	int status = -1;
	pid_t pid;

	fflush(stdout);
	pid = fork();
	if (!pid) {
		deny_openat2(error);
		for (size_t i = 0; i < ARRAY_SIZE(all); i++)
			all[i]();
		fflush(stdout);
		_exit(test_failed);
	}
	CHECK(waitpid(pid, &status, 0) == pid && status == 0);
}

static void with_enosys(void)
{
	without_openat2(ENOSYS);
}

static void with_eperm(void)
{
	without_openat2(EPERM);
}

TEST_MAIN("path", {"lookups", lookups}, {"recording", recording}, {"link-counts", link_counts},
	  {"magic-links", magic_links}, {"make-dirs", make_dirs}, {"make-files", make_files},
	  {"names", names}, {"mount-ids", mount_ids}, {"agreement", agreement}, {"races", races},
	  {"with-enosys", with_enosys}, {"with-eperm", with_eperm})
