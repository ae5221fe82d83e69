/* SPDX-License-Identifier: Apache-2.0 */
/*
 * kernel/lsm.c: is there an AppArmor or an SELinux, and does it know a label? Parent only: libapparmor, and libselinux by
 * dlopen(3), as its constructor reads files at every start of a program that is linked with it.
 */
#include "kernel/lsm.h"

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/apparmor.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "base/err.h"
#include "base/io.h"
#include "base/str.h"

#define SELINUX_MAGIC 0xf97cff8c
#define SELINUX_DIR   "/sys/fs/selinux"

/* The library walks the table of mounts for the securityfs, which is long where many containers run: first the place
 * where it is. podman unmounts it before it calls us for a container with mappings: ENOENT then, and profiles apply. */
bool lsm_apparmor_enabled(void)
{
	char word[8];

	if (read_file_at(AT_FDCWD, "/sys/module/apparmor/parameters/enabled", word, sizeof(word)) < 0 ||
	    !streq(word, "Y"))
		return false;
	return access("/sys/kernel/security/apparmor", F_OK) == 0 || aa_is_enabled() == 1 || errno == ENOENT;
}

/* Its file system is mounted once a policy is loaded. */
bool lsm_selinux_enabled(void)
{
	struct statfs fs;

	return statfs(SELINUX_DIR, &fs) == 0 && (uint32_t)fs.f_type == SELINUX_MAGIC;
}

int lsm_selinux_context(int procfd, const char *pid, char *buf, size_t size)
{
	char name[64];
	struct text t = TEXT(name);
	ssize_t n;

	text_add(&t, "%s/attr/current", pid);
	n = read_file_at(procfd, name, buf, size);
	return n < 0 ? (int)n : 0;
}

int lsm_selinux_check(const char *place, const char *label)
{
	void *library = dlopen("libselinux.so.1", RTLD_NOW | RTLD_LOCAL);
	int (*check)(const char *label) = NULL;

	if (strlen(label) > LSM_LABEL_MAX)
		return fail(ENAMETOOLONG, "%s", place);
	if (library)
		*(void **)&check = dlsym(library, "security_check_context");
	/* another error than EINVAL says that we may not ask */
	if (check && check(label) < 0 && errno == EINVAL)
		return fail(0, "%s: '%s' is not a label that the loaded SELinux policy knows", place, label);
	return 0;
}
