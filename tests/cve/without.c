// SPDX-License-Identifier: Apache-2.0
/*
 * tests/cve/without.c: stands for a runtime on an older kernel, or under an outer filter (R16): what is started has openat2,
 * the new mount API and close_range answered with ERRNO_ANSWER (ENOSYS, EPERM), and so has all that it starts. Becomes
 * PROGRAM with its own arguments. Both are given by -D, so that the harness has one word to call.
 */
#include <errno.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <stdio.h>
#include <sys/syscall.h>
#include <unistd.h>

#define LOAD(field)	   BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, field))
#define ANSWER(action)	   BPF_STMT(BPF_RET | BPF_K, action)
#define REFUSE(nr)	   BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, nr, 0, 1), ANSWER(SECCOMP_RET_ERRNO | (ERRNO_ANSWER))
#define REFUSE_RANGE(a, b)                                            \
	BPF_JUMP(BPF_JMP | BPF_JGE | BPF_K, a, 0, 2),                 \
		BPF_JUMP(BPF_JMP | BPF_JGT | BPF_K, b, 1, 0),         \
		ANSWER(SECCOMP_RET_ERRNO | (ERRNO_ANSWER))

/* These numbers are the same on all architectures. */
static const struct sock_filter code[] = {
	LOAD(nr),
	REFUSE_RANGE(428, 433), /* open_tree move_mount fsopen fsconfig fsmount fspick */
#ifndef WITH_CLOSE_RANGE
	REFUSE(436),		/* close_range */
#endif
	REFUSE(437),		/* openat2 */
	REFUSE(442),		/* mount_setattr */
	REFUSE(467),		/* open_tree_attr */
	ANSWER(SECCOMP_RET_ALLOW),
};

int main(int argc, char **argv)
{
	const struct sock_fprog prog = { sizeof(code) / sizeof(code[0]), (struct sock_filter *)code };

	(void)argc;
	/* As root, without no_new_privs: the filter alone is to be the difference. */
	if (syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &prog)) {
		perror("seccomp");
		return 125;
	}
	execv(PROGRAM, argv);
	perror(PROGRAM);
	return 126;
}
