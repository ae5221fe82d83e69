/* SPDX-License-Identifier: Apache-2.0 */
/*
 * kernel/seccomp_load.c: handing a finished filter to the kernel. Init, without a library.
 */
#include <linux/filter.h>
#include <linux/seccomp.h>

#include "base/err.h"
#include "kernel/seccomp.h"
#include "kernel/sys.h"

int seccomp_filter_load(const struct sock_filter *insns, size_t n, unsigned int flags, int *ret_notify_fd)
{
	struct sock_fprog prog;
	int r;

	if (!n || n > BPF_MAXINSNS)
		return fail(EINVAL, "a seccomp filter of %zu instructions: the kernel takes 1 to %d", n,
			    BPF_MAXINSNS);
	prog.len = (unsigned short)n;
	prog.filter = (struct sock_filter *)insns; /* only read */
	r = sys_seccomp(SECCOMP_SET_MODE_FILTER, flags, &prog);
	if (r < 0)
		return fail(errno, "cannot load the seccomp filter (%zu instructions, flags %#x)", n, flags);
	if (flags & SECCOMP_FILTER_FLAG_NEW_LISTENER) {
		*ret_notify_fd = r; /* close-on-exec by the kernel */
		return 0;
	}
	/* With TSYNC a positive number is the thread that could not follow: the filter is not loaded. */
	if (r > 0)
		return fail(EBUSY, "cannot load the seccomp filter for thread %d", r);
	*ret_notify_fd = -1;
	return 0;
}

bool seccomp_flag_supported(unsigned int flag)
{
	/* Flags are judged before the program is read. With a listener, as one of them is refused without. */
	return sys_seccomp(SECCOMP_SET_MODE_FILTER, flag | SECCOMP_FILTER_FLAG_NEW_LISTENER, NULL) < 0 &&
	       errno == EFAULT;
}
