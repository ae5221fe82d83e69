/* SPDX-License-Identifier: Apache-2.0 */
/* kernel/mnl.c: libmnl, loaded where it is needed first. */
#include "kernel/mnl.h"

#include <dlfcn.h>

#include "base/err.h"

#ifdef DLOPEN_MNL

struct mnl mnl;

int mnl_load(void)
{
	void *library = dlopen("libmnl.so.0", RTLD_NOW | RTLD_LOCAL);

	if (!library)
		return fail(ENOENT, "network devices need libmnl (install libmnl0): %s", dlerror());
#define LOAD(name)                                                                                           \
	*(void **)&mnl.name = dlsym(library, "mnl_" #name);                                                  \
	if (!mnl.name)                                                                                       \
		return fail(ENOSYS, "libmnl has no mnl_" #name);
	MNL_FUNCTIONS(LOAD)
#undef LOAD
	return 0;
}

#else

#define TAKE(name) .name = mnl_##name,
const struct mnl mnl = { MNL_FUNCTIONS(TAKE) };
#undef TAKE

int mnl_load(void)
{
	return 0;
}

#endif
