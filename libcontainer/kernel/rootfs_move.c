/* SPDX-License-Identifier: Apache-2.0 */
/*
 * kernel/rootfs_move.c: the root without pivot_root(2) (--no-pivot, for a host whose root is the initramfs).
 * The old tree stays in the mount namespace, and with it a procfs and a sysfs that show everything: a
 * container that may make a user namespace could mount full ones of its own because of them
 * (mount_too_revealing() in the kernel), or reach them by leaving the chroot. So they are unmounted, or
 * covered where they are locked. Init; no library, no allocation.
 */
#include "kernel/rootfs.h"

#include <limits.h>
#include <string.h>

#include "base/err.h"
#include "base/fd.h"
#include "base/path.h"
#include "base/str.h"
#include "kernel/mount_list.h"
#include "kernel/sys.h"

#define MOUNTS_DEEP 64 /* mounts on one mount point, at most */

/* True where the line says: a whole procfs or sysfs. */
static bool is_full(const struct mount_line *line)
{
	return streq(line->root, "/") && (streq(line->type, "proc") || streq(line->type, "sysfs"));
}

/* What a lookup of `point` reaches is the mount `id`. */
static bool reaches(const char *point, uint64_t id)
{
	autoclose int fd = open(point, O_PATH | O_NOFOLLOW | O_CLOEXEC);
	uint64_t found;

	return fd >= 0 && !path_mount_id(fd, &found) && found == id;
}

/* Take away what lies on `point` down to mount `id` and it too. */
static int take_away(const char *point, const char *id_word)
{
	uint64_t id;
	int r = parse_u64(id_word, UINT64_MAX, &id);

	for (int i = 0; !r && i < MOUNTS_DEEP; i++) {
		bool last = reaches(point, id);

		if (sys_mount(NULL, point, NULL, MS_SLAVE | MS_REC, NULL) && errno != EINVAL &&
		    errno != EPERM)
			return fail(errno, "cannot make '%s' of the old root a slave", point);
		if (!sys_umount2(point, SYS_MNT_DETACH | SYS_UMOUNT_NOFOLLOW)) {
			if (last)
				return 0;
			continue;
		}
		if (errno == ENOENT)
			return 0; /* it went with what it was mounted on */
		if (errno != EINVAL && errno != EPERM)
			return fail(errno, "cannot unmount '%s' of the old root", point);
		/* locked by a more privileged namespace: what cannot be taken away is hidden */
		if (sys_mount("none", point, "tmpfs", MS_RDONLY | MS_NOSUID | MS_NODEV | MS_NOEXEC,
			      "size=4k"))
			return fail(errno, "cannot hide '%s' of the old root", point);
		return 0;
	}
	return fail(r < 0 ? -r : ELOOP, "too many mounts over '%s' of the old root", point);
}

static bool is_below(const char *path, const char *dir)
{
	size_t n = strlen(dir);

	return !strncmp(path, dir, n) && (path[n] == '/' || path[n] == '\0');
}

static int hide_one(void *rootfs, const struct mount_line *line)
{
	if (!is_full(line))
		return 0;
	if (!line->point[0])
		return fail(ENAMETOOLONG, "a procfs or sysfs of the old root has too long a path");
	return is_below(line->point, rootfs) ? 0 : take_away(line->point, line->id);
}

static int rootfs_path(int procfd, int rootfd, char *buf, size_t size)
{
	char link[32];
	struct text t = TEXT(link);
	ssize_t n;

	text_add(&t, "self/fd/%d", rootfd);
	n = readlinkat(procfd, link, buf, size);
	if (n < 0 || (size_t)n >= size || buf[0] != '/')
		return fail(n < 0 ? errno : ENAMETOOLONG, "cannot learn the rootfs's path");
	buf[n] = '\0';
	return 0;
}

static int hide_host(int procfd, int rootfd)
{
	autoclose int listfd = openat(procfd, "self/mountinfo", O_RDONLY | O_CLOEXEC);
	char path[PATH_MAX];
	int r;

	if (listfd < 0)
		return fail(errno, "cannot list the mounts of the old root");
	r = rootfs_path(procfd, rootfd, path, sizeof(path));
	if (r < 0)
		return r;
	/* what was said already stays */
	r = mount_list_read(listfd, hide_one, path);
	return r < 0 ? fail(-r, "cannot read the mounts of the old root") : 0;
}

int rootfs_move(struct mount_tools *tools, int rootfd)
{
	autoclose int own = -1;
	int r = tools->procfd < 0 ? procfs_open(true, &own) : 0;

	if (!r)
		r = hide_host(own < 0 ? tools->procfd : own, rootfd);
	if (r < 0)
		return r;
	if (fchdir(rootfd))
		return fail(errno, "cannot enter the rootfs");
	if (sys_mount(".", "/", NULL, MS_MOVE, NULL))
		return fail(errno, "cannot move the rootfs over the root");
	mount_tools_close(tools);
	return rootfs_chroot(rootfd);
}
