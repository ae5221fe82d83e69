/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tests/unit-root/resctrl.h: a directory in place of resctrl, as no machine of the tests has a processor that the kernel would
 * mount it for, and QEMU emulates none. It stands in for kernel/rdt_root.c alone: who defines these functions himself
 * gets no others from the library. The program that users run always has the real ones, which take nothing but what statfs
 * says is resctrl.
 *
 * What can be shown so: which directories are made and removed, by whom and when; what is written to which file; what a
 * failure leaves. What cannot: that a kernel takes what is written, that a task is moved, that a share acts. Plain files keep
 * what they had behind what is written over it, and `tasks` has only the last one written.
 *
 * Files of the root make it behave: `full` (mkdir is ENOSPC), `broken` (a new group has no schemata, so that the write
 * fails), `deadly` (who has made a group is killed).
 */
#pragma once

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/err.h"
#include "base/fd.h"
#include "base/io.h"
#include "base/str.h"
#include "kernel/rdt.h"

#define RESCTRL_ENV "CRUET_TEST_RESCTRL"

static inline bool resctrl_put(int dirfd, const char *name, const char *text)
{
	autoclose int fd = openat(dirfd, name, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);

	return fd >= 0 && write_all(fd, text, strlen(text)) == 0;
}

static inline int resctrl_dir(int dirfd, const char *name)
{
	return mkdirat(dirfd, name, 0755) && errno != EEXIST ? -1 : openat(dirfd, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
}

static inline bool resctrl_has(int dirfd, const char *name)
{
	return faccessat(dirfd, name, F_OK, 0) == 0;
}

/* What the kernel puts into a group. */
static inline bool resctrl_fill(int fd, bool monitors, bool schemata)
{
	autoclose int data = resctrl_dir(fd, "mon_data"), cache = resctrl_dir(data, "mon_L3_00"),
		      other = resctrl_dir(data, "mon_L3_01");

	return resctrl_put(fd, "tasks", "") && resctrl_put(cache, "llc_occupancy", "4096\n") &&
	       resctrl_put(cache, "mbm_total_bytes", "300\n") && resctrl_put(cache, "mbm_local_bytes", "200\n") &&
	       resctrl_put(other, "llc_occupancy", "Unavailable\n") &&
	       resctrl_put(other, "mbm_total_bytes", "7\n") && resctrl_put(other, "mbm_local_bytes", "Error\n") &&
	       (!monitors || mkdirat(fd, "mon_groups", 0755) == 0) && (!schemata || resctrl_put(fd, "schemata", ""));
}

/* The root itself, of a machine with two caches. */
static inline void resctrl_make(const char *path)
{
	autoclose int fd = resctrl_dir(AT_FDCWD, path), info = resctrl_dir(fd, "info"), l3 = resctrl_dir(info, "L3"),
		      mb = resctrl_dir(info, "MB"), mon = resctrl_dir(info, "L3_MON");

	resctrl_fill(fd, true, false);
	resctrl_put(fd, "schemata", "    L3:0=fffff;1=fffff\n    MB:0= 100;1= 100\n");
	resctrl_put(info, "last_cmd_status", "ok\n");
	resctrl_put(l3, "cbm_mask", "fffff\n");
	resctrl_put(l3, "min_cbm_bits", "1\n");
	resctrl_put(l3, "num_closids", "16\n");
	resctrl_put(mb, "bandwidth_gran", "10\n");
	resctrl_put(mb, "delay_linear", "1\n");
	resctrl_put(mb, "min_bandwidth", "10\n");
	resctrl_put(mb, "num_closids", "8\n");
	resctrl_put(mon, "mon_features", "llc_occupancy\nmbm_total_bytes\nmbm_local_bytes\n");
}

int rdt_root_open(struct arena *arena, int procfd, int *ret_fd)
{
	const char *path = getenv(RESCTRL_ENV);
	int fd = path ? openat(AT_FDCWD, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC) : -1;

	(void)arena;
	(void)procfd;
	if (fd < 0)
		return !path || errno == ENOENT ? -ENOENT : fail(errno, "cannot open '%s'", path);
	*ret_fd = fd;
	return 0;
}

int rdt_make_directory(int dirfd, const char *name)
{
	bool group = resctrl_has(dirfd, "info"), filled;
	int fd;

	if (group && resctrl_has(dirfd, "full"))
		return -ENOSPC;
	if (mkdirat(dirfd, name, 0755))
		return -errno;
	fd = openat(dirfd, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	filled = fd >= 0 && resctrl_fill(fd, group, group && !resctrl_has(dirfd, "broken"));
	fd_close(&fd);
	if (group && resctrl_has(dirfd, "deadly"))
		raise(SIGKILL);
	if (!filled)
		(void)!rdt_remove_directory(dirfd, name);
	return filled ? 0 : -EIO;
}

int rdt_remove_directory(int dirfd, const char *name)
{
	int fd = openat(dirfd, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	DIR *dir = fd < 0 ? NULL : fdopendir(fd);

	if (!dir)
		return -errno;
	for (struct dirent *e = readdir(dir); e; e = readdir(dir))
		if (!streq(e->d_name, ".") && !streq(e->d_name, "..") && unlinkat(fd, e->d_name, 0) && errno == EISDIR)
			(void)!rdt_remove_directory(fd, e->d_name);
	closedir(dir);
	return unlinkat(dirfd, name, AT_REMOVEDIR) ? -errno : 0;
}
