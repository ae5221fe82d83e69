/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The floor's cgroups: one directory on v2, one per hierarchy on v1.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <unistd.h>

#include <linux/magic.h>

#include "floor.h"

static const char *const v1_names[] = {
	"cpu", "cpuacct", "cpuset", "memory", "devices", "freezer", "blkio", "pids", "hugetlb", "systemd",
};

bool cgroup_is_v2(void)
{
	struct statfs fs;

	must(statfs(CGROUP_ROOT, &fs), "statfs " CGROUP_ROOT);
	return fs.f_type == CGROUP2_SUPER_MAGIC;
}

/* v2: the directory's fd, for CLONE_INTO_CGROUP. v1: -1, the hierarchies are joined after the clone. */
int cgroup_make(const char *cgroup, bool v2)
{
	char path[512];
	size_t i;
	int fd;

	if (v2) {
		snprintf(path, sizeof(path), CGROUP_ROOT "/%s", cgroup);
		must(mkdir(path, 0755), path);
		must(fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC), path);
		return fd;
	}
	for (i = 0; i < ARRAY_SIZE(v1_names); i++) {
		snprintf(path, sizeof(path), CGROUP_ROOT "/%s/%s", v1_names[i], cgroup);
		if (mkdir(path, 0755) < 0 && errno != ENOENT)
			die("mkdir %s", path);
	}
	return -1;
}

void cgroup_v1_join(const char *cgroup, pid_t pid)
{
	char path[512], text[16];
	size_t i;
	int fd;

	snprintf(text, sizeof(text), "%d", pid);
	for (i = 0; i < ARRAY_SIZE(v1_names); i++) {
		snprintf(path, sizeof(path), CGROUP_ROOT "/%s/%s/cgroup.procs", v1_names[i], cgroup);
		fd = open(path, O_WRONLY | O_CLOEXEC);
		if (fd < 0)
			continue;
		if (write(fd, text, strlen(text)) < 0)
			die("write %s", path);
		close(fd);
	}
}

void cgroup_v1_devices(const char *cgroup)
{
	static const char *const allowed[] = {
		"c *:* m",   "b *:* m",	  "c 1:3 rwm", "c 1:5 rwm", "c 1:7 rwm",
		"c 1:8 rwm", "c 1:9 rwm", "c 5:0 rwm", "c 5:2 rwm", "c 136:* rwm",
	};
	char path[512];
	size_t i;

	snprintf(path, sizeof(path), CGROUP_ROOT "/devices/%s/devices.deny", cgroup);
	write_all(path, 0, "a");
	snprintf(path, sizeof(path), CGROUP_ROOT "/devices/%s/devices.allow", cgroup);
	for (i = 0; i < ARRAY_SIZE(allowed); i++)
		write_all(path, 0, allowed[i]);
}

void cgroup_remove(const char *cgroup, bool v2)
{
	char path[512];
	size_t i;

	if (v2) {
		snprintf(path, sizeof(path), CGROUP_ROOT "/%s", cgroup);
		rmdir(path);
		return;
	}
	for (i = 0; i < ARRAY_SIZE(v1_names); i++) {
		snprintf(path, sizeof(path), CGROUP_ROOT "/%s/%s", v1_names[i], cgroup);
		rmdir(path);
	}
}

void cgroup_mount(bool v2)
{
	const unsigned long flags = MS_NOSUID | MS_NOEXEC | MS_NODEV | MS_RELATIME;
	char path[64];
	size_t i;

	if (v2) {
		must(mount("cgroup", "sys/fs/cgroup", "cgroup2", flags | MS_RDONLY, NULL), "mount cgroup2");
		return;
	}
	must(mount("tmpfs", "sys/fs/cgroup", "tmpfs", flags, "mode=755"), "mount cgroup tmpfs");
	for (i = 0; i < ARRAY_SIZE(v1_names); i++) {
		snprintf(path, sizeof(path), CGROUP_ROOT "/%s", v1_names[i]);
		if (access(path, F_OK) < 0)
			continue;
		must(mkdir(path + 1, 0755), path);
		must(mount("cgroup", path + 1, "cgroup", flags | MS_RDONLY,
			   strcmp(v1_names[i], "systemd") ? v1_names[i] : "none,name=systemd"),
		     path);
	}
}
