/* SPDX-License-Identifier: Apache-2.0 */
/*
 * kernel/lsm_attr.c: the attribute files of AppArmor and SELinux below /proc/thread-self/attr. A write that lands
 * somewhere else leaves a container unconfined without a word: by a fake tree on /proc (CVE-2019-16884), or by another
 * file of procfs bound over the right one (CVE-2025-52881). So it goes to a private procfs, to a file that is on that
 * mount and no other, and what the kernel understood is read back. No library: init has none. Source: proc(5),
 * apparmor_procattr(7), Linux Documentation/security, selinux(8).
 */
#include "kernel/lsm.h"

#include <fcntl.h>
#include <linux/magic.h>
#include <string.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "base/err.h"
#include "base/fd.h"
#include "base/path.h"
#include "base/str.h"

static int open_attr(int procfd, const char *name, int *ret_fd)
{
	autoclose int fd = openat(procfd, name, O_RDWR | O_CLOEXEC | O_NOFOLLOW);
	uint64_t proc_id, file_id;
	int r;

	if (fd < 0)
		return -errno;
	r = path_mount_id(procfd, &proc_id);
	if (r == 0)
		r = path_mount_id(fd, &file_id);
	if (r < 0)
		return r;
	if (!fd_is_on(fd, PROC_SUPER_MAGIC) || proc_id != file_id)
		return fail(EXDEV, "something is mounted over `/proc/%s`", name);
	*ret_fd = take_fd(&fd);
	return 0;
}

static int write_attr(int fd, const char *value)
{
	size_t length = strlen(value);
	ssize_t n = pwrite(fd, value, length, 0);

	if (n < 0)
		return -errno;
	return (size_t)n == length ? 0 : -EIO;
}

/* Without the newline and the NUL that it may end with. */
static int read_attr(int fd, char *buf, size_t size)
{
	ssize_t n = pread(fd, buf, size - 1, 0);

	if (n < 0)
		return -errno;
	while (n > 0 && (buf[n - 1] == '\0' || buf[n - 1] == '\n'))
		n--;
	buf[n] = '\0';
	return 0;
}

/* ---- AppArmor ---- */

/* The kernel says "NAME (MODE)". A name of another policy namespace or of a stack it may write in another way. */
static bool same_profile(const char *profile, const char *got)
{
	size_t n = strlen(profile);

	if (profile[0] == ':' || strstr(profile, "//&"))
		return *got != '\0';
	return !strncmp(got, profile, n) && (!got[n] || !strncmp(got + n, " (", 2));
}

int lsm_set_exec_profile(int procfd, const char *profile)
{
	char text[LSM_LABEL_MAX + 1];
	struct text t = TEXT(text);
	autoclose int fd = -1;
	int r = open_attr(procfd, "thread-self/attr/apparmor/exec", &fd);

	/* until 5.8 is the oldest kernel; before, no other module with this file could be on beside AppArmor */
	if (r == -ENOENT)
		r = open_attr(procfd, "thread-self/attr/exec", &fd);
	if (r < 0)
		return fail(-r, "cannot open the AppArmor attribute of the process");
	text_add(&t, "exec %s", profile);
	if (t.truncated)
		return fail(ENAMETOOLONG, "AppArmor profile");
	r = write_attr(fd, text);
	if (r == -ENOENT)
		return fail(0, "AppArmor profile '%s' is not loaded: load it with apparmor_parser", profile);
	if (r < 0)
		return fail(-r, "cannot change to the AppArmor profile '%s'", profile);
	r = read_attr(fd, text, sizeof(text));
	if (r < 0)
		return fail(-r, "cannot read the AppArmor profile back");
	return same_profile(profile, text)
		       ? 0
		       : fail(0, "AppArmor profile '%s' was asked for, and '%s' was set", profile, text);
}

/* ---- SELinux ---- */

/* User, role and type; the level (s0:c1,c0) the kernel writes in its own order. */
static size_t without_level(const char *label)
{
	size_t n = 0;

	for (int colons = 0; label[n]; n++)
		if (label[n] == ':' && ++colons == 3)
			break;
	return n;
}

static bool same_label(const char *a, const char *b)
{
	size_t n = without_level(a);

	return n == without_level(b) && !memcmp(a, b, n) && !a[n] == !b[n];
}

static int set_selinux(int procfd, const char *name, const char *label)
{
	char text[LSM_LABEL_MAX + 1];
	autoclose int fd = -1;
	int r = open_attr(procfd, name, &fd);

	/* the quotes are what podman knows such a failure by */
	if (r == 0)
		r = write_attr(fd, label);
	if (r < 0)
		return fail(-r, "cannot write the SELinux label '%s' to `/proc/%s`", label, name);
	r = read_attr(fd, text, sizeof(text));
	if (r < 0)
		return fail(-r, "cannot read the SELinux label back from `/proc/%s`", name);
	return same_label(label, text)
		       ? 0
		       : fail(0, "SELinux label '%s' was asked for, and '%s' was set", label, text);
}

int lsm_set_exec_label(int procfd, const char *label)
{
	return set_selinux(procfd, "thread-self/attr/exec", label);
}

int lsm_set_key_label(int procfd, const char *label)
{
	return set_selinux(procfd, "thread-self/attr/keycreate", label);
}

int lsm_set_file_label(int fd, const char *label)
{
	if (fsetxattr(fd, "security.selinux", label, strlen(label) + 1, 0))
		return fail(errno, "cannot set the SELinux label '%s'", label);
	return 0;
}
