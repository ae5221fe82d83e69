/* SPDX-License-Identifier: Apache-2.0 */
/*
 * kernel/caps_apply.c: the capability sets of this process, by the bare system calls. What capset(2) was
 * asked for is read back: a container must not start with less protection than it was told.
 */
#include "kernel/caps.h"

#include <linux/capability.h>
#include <sys/prctl.h>

#include "base/err.h"
#include "kernel/sys.h"

#define CAPS_MAX 64 /* bits of a mask; kernels have 41 of them */

#ifndef PR_CAP_AMBIENT
#define PR_CAP_AMBIENT		 47
#define PR_CAP_AMBIENT_RAISE	 2
#define PR_CAP_AMBIENT_CLEAR_ALL 4
#endif

uint64_t caps_bounding(void)
{
	uint64_t mask = 0;

	/* Until EINVAL: the kernel may know more of them than our headers. */
	for (unsigned long i = 0; i < CAPS_MAX; i++) {
		int has = prctl(PR_CAPBSET_READ, i, 0L, 0L, 0L);

		if (has < 0)
			break;
		if (has)
			mask |= 1ULL << i;
	}
	return mask;
}

int caps_drop_bounding(uint64_t keep)
{
	/* Not read before: a user namespace begins with all of them, whatever the caller had. Nor after: unlike capset(2)
	 * this drops the one that was named or says why not. */
	for (unsigned long i = 0; i < CAPS_MAX; i++) {
		int err;

		if (keep & 1ULL << i || prctl(PR_CAPBSET_DROP, i, 0L, 0L, 0L) == 0)
			continue;
		err = errno;
		if (err == EINVAL) /* past the last that this kernel knows */
			break;
		/* without CAP_SETPCAP that is no failure where it is gone already */
		if (err != EPERM || prctl(PR_CAPBSET_READ, i, 0L, 0L, 0L) != 0)
			return fail(err, "cannot drop capability %lu from the bounding set", i);
	}
	return 0;
}

int caps_keep_on_setuid(bool keep)
{
	if (prctl(PR_SET_KEEPCAPS, keep ? 1L : 0L, 0L, 0L, 0L) < 0)
		return fail(errno, "cannot %s capabilities over a change of user", keep ? "keep" : "lose");
	return 0;
}

int caps_get(uint64_t *ret_effective, uint64_t *ret_permitted, uint64_t *ret_inheritable)
{
	struct __user_cap_header_struct header = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct data[_LINUX_CAPABILITY_U32S_3] = { 0 };

	if (sys_capget(&header, data) < 0)
		return fail(errno, "cannot read the capabilities");
	*ret_effective = (uint64_t)data[1].effective << 32 | data[0].effective;
	*ret_permitted = (uint64_t)data[1].permitted << 32 | data[0].permitted;
	*ret_inheritable = (uint64_t)data[1].inheritable << 32 | data[0].inheritable;
	return 0;
}

int caps_set(uint64_t effective, uint64_t permitted, uint64_t inheritable)
{
	struct __user_cap_header_struct header = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct data[_LINUX_CAPABILITY_U32S_3] = {
		{ (uint32_t)effective, (uint32_t)permitted, (uint32_t)inheritable },
		{ (uint32_t)(effective >> 32), (uint32_t)(permitted >> 32), (uint32_t)(inheritable >> 32) },
	};
	uint64_t e = 0, p = 0, i = 0;
	int r;

	if (sys_capset(&header, data) < 0)
		return fail(errno,
			    "cannot set capabilities: effective %#llx, permitted %#llx, inheritable %#llx",
			    (unsigned long long)effective, (unsigned long long)permitted,
			    (unsigned long long)inheritable);
	r = caps_get(&e, &p, &i);
	if (r < 0)
		return r;
	if (e != effective || p != permitted || i != inheritable)
		return fail(EPERM, "the capabilities were not set as asked for");
	return 0;
}

int caps_set_ambient(uint64_t ambient)
{
	if (prctl(PR_CAP_AMBIENT, (long)PR_CAP_AMBIENT_CLEAR_ALL, 0L, 0L, 0L) < 0)
		return fail(errno, "cannot clear the ambient capabilities");
	for (unsigned long i = 0; i < CAPS_MAX; i++)
		if ((ambient & 1ULL << i) && prctl(PR_CAP_AMBIENT, (long)PR_CAP_AMBIENT_RAISE, i, 0L, 0L) < 0)
			return fail(errno, "cannot make capability %lu ambient", i);
	return 0;
}
