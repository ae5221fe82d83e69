/* SPDX-License-Identifier: Apache-2.0 */
/* kernel/rdt_root.c: where resctrl is, and its directories: the part of rdt.h that a plain directory cannot stand in for. */
#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "base/err.h"
#include "base/fd.h"
#include "base/io.h"
#include "base/str.h"
#include "kernel/rdt.h"

#define USUAL_PLACE   "/sys/fs/resctrl"
#define MOUNTINFO_MAX (16u << 20)

/* Not O_PATH: it is locked. */
static int open_verified(const char *path, int *ret_fd)
{
	autoclose int fd = openat(AT_FDCWD, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	struct statfs fs;

	if (fd < 0)
		return errno == ENOENT ? -ENOENT : fail(errno, "cannot open '%s'", path);
	/* not fd_is_on(): what cannot be looked at is not to be taken for missing, as delete would forget a group then */
	if (fstatfs(fd, &fs))
		return fail(errno, "cannot look at '%s'", path);
	if ((unsigned long)fs.f_type != RDTGROUP_SUPER_MAGIC)
		return -ENOENT;
	*ret_fd = take_fd(&fd);
	return 0;
}

/* "36 35 0:30 / /mount/point options - resctrl source options": the mount point where the line is one of resctrl's root. */
static char *root_mount(char *line)
{
	char *rest = NULL, *word = strtok_r(line, " ", &rest), *root = NULL, *point = NULL;

	for (int i = 1; word && !streq(word, "-"); i++) {
		root = i == 4 ? word : root;
		point = i == 5 ? word : point;
		word = strtok_r(NULL, " ", &rest);
	}
	word = word ? strtok_r(NULL, " ", &rest) : NULL;
	if (!word || !streq(word, "resctrl") || !point || !streq(root, "/"))
		return NULL;
	unescape_mount(point);
	return point;
}

int rdt_root_open(struct arena *arena, int procfd, int *ret_fd)
{
	int r = open_verified(USUAL_PLACE, ret_fd);
	autoclose int fd = -1;
	char *text, *rest = NULL;
	size_t n;

	if (r != -ENOENT)
		return r;
	fd = openat(procfd, "self/mountinfo", O_RDONLY | O_CLOEXEC);
	r = fd < 0 ? -errno : read_all(arena, fd, MOUNTINFO_MAX, &text, &n);
	if (r < 0)
		return fail(-r, "cannot read /proc/self/mountinfo");
	r = -ENOENT;
	for (char *line = strtok_r(text, "\n", &rest); line && r == -ENOENT;
	     line = strtok_r(NULL, "\n", &rest)) {
		const char *point = root_mount(line);

		if (point)
			r = open_verified(point, ret_fd);
	}
	return r;
}

int rdt_make_directory(int dirfd, const char *name)
{
	return mkdirat(dirfd, name, 0755) ? -errno : 0;
}

int rdt_remove_directory(int dirfd, const char *name)
{
	return unlinkat(dirfd, name, AT_REMOVEDIR) ? -errno : 0;
}
