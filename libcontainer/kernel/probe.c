/* SPDX-License-Identifier: Apache-2.0 */
/* kernel/probe.c: asking a question in a child, and the places where questions are asked. */
#include "kernel/probe.h"

#include <sched.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/wait.h>

#include "base/err.h"
#include "base/fd.h"
#include "base/io.h"
#include "kernel/sys.h"

#define PATIENCE_MS 15000 /* longer than a question waits for somebody by itself */

/* The child's answer, in memory that both see. */
struct answer {
	int error;
	char note[PROBE_NOTE_MAX];
};

static int write_map(const char *file, uint32_t id)
{
	char line[32];
	struct text t = TEXT(line);

	text_add(&t, "0 %u 1", id);
	return write_file_at(AT_FDCWD, file, line);
}

int probe_private_user(uint64_t more_namespaces)
{
	uint32_t uid = geteuid(), gid = getegid();
	int r;

	if (unshare((int)(CLONE_NEWUSER | more_namespaces)))
		return -errno;
	r = write_file_at(AT_FDCWD, "/proc/self/setgroups", "deny");
	if (r == 0)
		r = write_map("/proc/self/uid_map", uid);
	return r == 0 ? write_map("/proc/self/gid_map", gid) : r;
}

int probe_private_mounts(void)
{
	int r = unshare(CLONE_NEWNS) ? -errno : 0;

	if (r == -EPERM)
		r = probe_private_user(CLONE_NEWNS);
	if (r == 0 && sys_mount("", "/", NULL, MS_REC | MS_PRIVATE, NULL))
		r = -errno;
	return r;
}

/* The programs that a question runs must not write where the answers go. */
static void child(const struct probe *probe, struct answer *answer)
{
	struct text note = { .buf = answer->note, .size = sizeof(answer->note) };
	int null = openat(AT_FDCWD, "/dev/null", O_RDWR | O_CLOEXEC);

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	for (int fd = 0; null >= 0 && fd < 3; fd++)
		dup2(null, fd);
	answer->error = -probe->ask(probe, &note);
	_exit(0);
}

static int wait_for(pid_t pid, int pidfd)
{
	int r = wait_readable(pidfd, now_ms() + PATIENCE_MS);

	if (r == -ETIMEDOUT)
		kill(pid, SIGKILL);
	/* one that hangs in a dead file system stays; it dies when that lets it go */
	if (r == 0 || wait_readable(pidfd, now_ms() + 1000) == 0)
		waitpid(pid, NULL, __WALL);
	return r;
}

static int ask(const struct probe *probe, struct answer *answer)
{
	autoclose int pidfd = -1;
	pid_t pid;

	answer->error = EFAULT; /* of a child that dies of its question */
	pid = fork();
	if (pid < 0)
		return fail(errno, "cannot start a process");
	if (pid == 0)
		child(probe, answer);
	pidfd = sys_pidfd_open(pid, 0);
	if (pidfd < 0) { /* until 5.3 is the oldest kernel */
		waitpid(pid, NULL, __WALL);
		return 0;
	}
	return wait_for(pid, pidfd) == -ETIMEDOUT ? -ETIMEDOUT : 0;
}

int probe_ask(const struct probe *probe, int *ret_error, char note[PROBE_NOTE_MAX])
{
	struct answer *answer =
		mmap(NULL, sizeof(*answer), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	int r;

	if (answer == MAP_FAILED)
		return fail(errno, "cannot map memory");
	r = ask(probe, answer);
	if (r == 0 || r == -ETIMEDOUT) {
		*ret_error = r < 0 ? -r : answer->error;
		memcpy(note, answer->note, PROBE_NOTE_MAX);
		note[PROBE_NOTE_MAX - 1] = '\0';
		r = 0;
	}
	munmap(answer, sizeof(*answer));
	return r;
}
