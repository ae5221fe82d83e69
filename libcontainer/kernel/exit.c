/* SPDX-License-Identifier: Apache-2.0 */
/* kernel/exit.c: see exit.h. */
#include "kernel/exit.h"

#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/err.h"
#include "base/io.h"
#include "base/str.h"

/* struct pidfd_info of 6.13, 64 bytes; later ones are longer, and the kernel takes the short one. */
struct info {
	uint64_t mask, cgroup_id;
	uint32_t pid, tgid, ppid, ids[8];
	int32_t exit_code; /* as wait(2) has it */
};
_Static_assert(sizeof(struct info) == 64, "PIDFD_INFO_SIZE_VER0");

#define GET_INFO  _IOWR(0xff, 11, struct info)
#define INFO_EXIT (1u << 3) /* 6.15 */

struct process_exit process_exit_from(int wait_status)
{
	struct process_exit e = { .known = true };

	if (WIFSIGNALED(wait_status)) {
		e.signal = WTERMSIG(wait_status);
		e.core = WCOREDUMP(wait_status);
	} else {
		e.code = WEXITSTATUS(wait_status);
	}
	return e;
}

/* True once it has been reaped, on a kernel that tells. */
static bool ask_pidfd(int pidfd, int *ret_status)
{
	struct info info = { .mask = INFO_EXIT };

	if (ioctl(pidfd, GET_INFO, &info) < 0 || !(info.mask & INFO_EXIT))
		return false;
	*ret_status = info.exit_code;
	return true;
}

/* Field N of stat, counted as the manual page does; those from 3 on stand behind the name in brackets. */
static bool stat_field(const char *text, unsigned int field, uint64_t *ret)
{
	const char *at = strrchr(text, ')');
	char digits[24];
	struct text t = TEXT(digits);

	for (unsigned int i = 2; at && i < field; i++)
		at = strchr(at + 1, ' ');
	if (!at)
		return false;
	text_add_n(&t, at + 1, strcspn(at + 1, " \n"));
	return !t.truncated && parse_u64(digits, UINT64_MAX, ret) == 0;
}

/* The zombie. The kernel shows its status to whom may trace it, and 0 to everybody else: only root can be sure. */
static bool ask_stat(int procfd, pid_t pid, uint64_t start_time, int *ret_status)
{
	char name[32], text[1024];
	uint64_t started, status;

	snprintf(name, sizeof(name), "%d/stat", pid);
	if (geteuid() != 0 || read_file_at(procfd, name, text, sizeof(text)) < 0)
		return false;
	if (!stat_field(text, 22, &started) || started != start_time || !stat_field(text, 52, &status))
		return false;
	*ret_status = (int)status;
	return true;
}

int process_exit_read(int procfd, pid_t pid, uint64_t start_time, int pidfd, struct process_exit *ret_exit)
{
	struct timespec nap = { .tv_nsec = 5000000 };
	int status = 0;

	for (int tries = 0; tries < 100; tries++) {
		if (ask_pidfd(pidfd, &status) || ask_stat(procfd, pid, start_time, &status)) {
			*ret_exit = process_exit_from(status);
			return 0;
		}
		/* gone, and this kernel does not tell */
		if (geteuid() == 0 && tries > 1)
			break;
		nanosleep(&nap, NULL);
	}
	*ret_exit = (struct process_exit){ .known = false };
	return 0;
}
