/* SPDX-License-Identifier: Apache-2.0 */
/* tests/unit-root/roots.c: kernel/rootfs*.c and device.c: a tree becomes the root, with nodes in it. Needs
 * root. */
#include <sys/statvfs.h>
#include <sys/sysmacros.h>

#include "host.h"

static char list[65536];

static size_t mounts_of(int procfd)
{
	autoclose int fd = openat(procfd, "self/mountinfo", O_RDONLY | O_CLOEXEC);
	size_t lines = 0, len = 0;
	ssize_t n;

	while (fd >= 0 && (n = read(fd, list + len, sizeof(list) - 1 - len)) > 0)
		len += (size_t)n;
	list[len] = '\0';
	for (const char *s = list; (s = strchr(s, '\n')); s++)
		lines++;
	return lines;
}

/* A container of three mounts: the root, /dev and /dir. */
static int fill(int rootfd)
{
	autoclose int dev = -1, dir = -1, target = -1, other = -1;
	uint64_t a = 0, b = 1;

	OK(mount_make(&tools, "tmpfs", NULL, NULL, 0, NULL, &dev));
	OK(path_in_root(rootfd, "/dev", O_PATH, &target));
	OK(mount_attach(&tools, dev, target));
	OK(mount_clone(&tools, AT_FDCWD, HOST "/src/sub", false, false, &dir));
	OK(path_in_root(rootfd, "/dir", O_PATH, &other));
	OK(mount_attach(&tools, dir, other));
	OK(path_mount_id(dir, &a));
	fd_close(&other);
	OK(path_in_root(rootfd, "/dir", O_PATH, &other));
	OK(path_mount_id(other, &b));
	CHECK(a == b);
	return mkdirat(dev, "made", 0700);
}

static void is_root(int rootfd)
{
	struct stat a, b, up;

	CHECK(!stat("/", &a) && !fstat(rootfd, &b) && a.st_ino == b.st_ino && a.st_dev == b.st_dev);
	CHECK(!stat("/..", &up) && up.st_ino == a.st_ino && up.st_dev == a.st_dev);
	CHECK(!stat(".", &up) && up.st_ino == a.st_ino && up.st_dev == a.st_dev);
	CHECK(exists("/file") && exists("/dev/made") && exists("/dir/file"));
	CHECK(!exists(HOST) && !exists("/usr"));
	CHECK(tools.scratchfd == -1);
}

static void pivot_with(unsigned long old_propagation)
{
	int rootfd = -1, late = -1;

	OK(rootfs_set_old_propagation(&tools, old_propagation));
	OK(rootfs_bind(&tools, HOST "/rootfs", -1, &rootfd));
	CHECK((tools.scratchfd >= 0) == (refused || tools.want_scratch));
	CHECK(!fill(rootfd));
	OK(rootfs_pivot(&tools, rootfd));
	is_root(rootfd);
	CHECK(mounts_of(tools.procfd) == 3);
	/* what comes after the pivot: flags and propagation, and no mount by half */
	OK(mount_set_attrs(&tools, rootfd, &(struct mount_attrs){ .set = MOUNT_ATTR_RDONLY }));
	CHECK(mkdir("/new", 0700) && errno == EROFS);
	OK(mount_set_propagation(&tools, rootfd, MS_SLAVE | MS_REC));
	CHECK(!refused || mount_make_empty(&tools, NULL, &late) == -ENOSYS);
}

static void pivot(void)
{
	IN_INIT(pivot_with(MS_SLAVE | MS_REC));
}

static void pivot_private(void)
{
	IN_INIT(pivot_with(MS_PRIVATE | MS_REC));
}

/* rootfsPropagation=shared: nothing may reach the host (on_host compares), and pivot_root(2) must not refuse.
 */
static void pivot_shared(void)
{
	IN_INIT(pivot_with(MS_SHARED | MS_REC));
}

static void pivot_scratch(void)
{
	IN_INIT(tools.want_scratch = true; pivot_with(MS_SHARED | MS_REC));
}

/* The rootfs is a directory of a mount, not a mount: the one that holds it is set. */
static void pivot_directory_body(void)
{
	int rootfd = -1;

	OK(rootfs_set_old_propagation(&tools, MS_SHARED | MS_REC));
	OK(rootfs_bind(&tools, HOST "/src/dir", -1, &rootfd));
	OK(rootfs_pivot(&tools, rootfd));
	CHECK(mounts_of(tools.procfd) == 1);
}

static void pivot_directory(void)
{
	IN_INIT(pivot_directory_body());
}

static void pivot_clone_body(int mountfd)
{
	int rootfd = -1;

	OK(rootfs_set_old_propagation(&tools, MS_SLAVE | MS_REC));
	OK(rootfs_bind(&tools, HOST "/rootfs", mountfd, &rootfd));
	CHECK(!fill(rootfd));
	OK(rootfs_pivot(&tools, rootfd));
	is_root(rootfd);
}

/* The parent's clone is in the host's peer group until rootfs_bind() takes it out. */
static void pivot_clone(void)
{
	int fd = -1;

	tools_make();
	if (refused)
		return;
	OK(mount_clone(&tools, AT_FDCWD, HOST "/rootfs", true, false, &fd));
	IN_INIT(pivot_clone_body(fd));
}

static size_t count_full(void)
{
	size_t n = 0;

	mounts_of(tools.procfd);
	for (const char *s = list; (s = strstr(s, " / /")); s++) {
		const char *type = strstr(s, " - ");

		n += type && (!strncmp(type, " - proc ", 8) || !strncmp(type, " - sysfs ", 9));
	}
	return n;
}

static void no_pivot_body(void)
{
	autoclose int own = -1, target = -1, old = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
	int rootfd = -1;

	OK(rootfs_set_old_propagation(&tools, MS_SLAVE | MS_REC));
	/* one with a blank in its path, one hidden below another mount */
	CHECK(!mkdir(HOST "/src/a b", 0755) && !sys_mount("proc", HOST "/src/a b", "proc", 0, NULL));
	CHECK(!sys_mount("sysfs", HOST "/src/dir", "sysfs", 0, NULL));
	CHECK(!sys_mount("over", HOST "/src/dir", "tmpfs", 0, NULL));
	OK(rootfs_bind(&tools, HOST "/rootfs", -1, &rootfd));
	CHECK(!fill(rootfd));
	OK(mount_make(&tools, "proc", NULL, NULL, 0, NULL, &own));
	OK(path_in_root(rootfd, "/proc", O_PATH, &target));
	OK(mount_attach(&tools, own, target));
	OK(rootfs_move(&tools, rootfd));
	is_root(rootfd);
	CHECK(exists("/proc/self"));
	/* as one sees it who has left the chroot: the list shows what can be reached */
	CHECK(!fchdir(old) && !chroot("."));
	CHECK(count_full() == 1);
}

static void no_pivot(void)
{
	IN_INIT(no_pivot_body());
}

/* In a user namespace the host's procfs is locked: it is covered. */
static void no_pivot_locked_body(void)
{
	static const struct id_range range = { 0, 0, 65536 };
	static const struct id_map map = { &range, 1 };
	autoclose int old = -1;
	struct statvfs st;
	int rootfd = -1, sync[2], done[2];
	char byte = 0;
	pid_t pid;

	CHECK(!pipe(sync) && !pipe(done));
	pid = fork();
	if (!pid) {
		CHECK(!unshare(CLONE_NEWUSER | CLONE_NEWNS));
		CHECK(write(sync[1], "", 1) == 1 && read(done[0], &byte, 1) == 1);
		tools = mount_tools_make(tools.procfd);
		OK(rootfs_set_old_propagation(&tools, MS_SLAVE | MS_REC));
		OK(rootfs_bind(&tools, HOST "/rootfs", -1, &rootfd));
		old = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
		OK(rootfs_move(&tools, rootfd));
		CHECK(!fchdir(old) && !statvfs("proc", &st) && st.f_namemax && (st.f_flag & ST_RDONLY));
		CHECK(faccessat(old, "proc/self", F_OK, 0) && faccessat(old, "sys/kernel", F_OK, 0));
		fflush(stdout);
		_exit(test_failed);
	}
	CHECK(read(sync[0], &byte, 1) == 1);
	OK(idmap_write(tools.procfd, pid, &map, &map, false));
	CHECK(write(done[1], "", 1) == 1);
	CHECK(status_of(pid) == 0);
}

static void no_pivot_locked(void)
{
	IN_INIT(no_pivot_locked_body());
}

static void chroot_only_body(void)
{
	int rootfd = open(HOST "/rootfs", O_PATH | O_DIRECTORY | O_CLOEXEC);

	OK(rootfs_chroot(rootfd));
	CHECK(exists("/file") && !exists("/usr"));
}

static void chroot_only(void)
{
	IN_INIT(chroot_only_body());
}

static bool node_is(int rootfd, const char *path, mode_t type_and_mode, unsigned int major,
		    unsigned int minor)
{
	struct stat st;

	if (fstatat(rootfd, path, &st, AT_SYMLINK_NOFOLLOW))
		return false;
	return st.st_mode == type_and_mode && (S_ISFIFO(st.st_mode) || st.st_rdev == makedev(major, minor));
}

static void nodes_body(void)
{
	struct device null = { "/dev/null", S_IFCHR, 1, 3, 0666, 0, 0 },
		      zero = { "/dev/zero", S_IFCHR, 1, 5, 0640, 7, 8 };
	struct device fifo = { "/run/new/fifo", S_IFIFO, 0, 0, 0600, 0, 0 },
		      none = { "/file", S_IFCHR, 0, 0, 0666, 0, 0 };
	autoclose int fd = -1, file = -1;
	int rootfd = open(HOST "/rootfs", O_PATH | O_DIRECTORY | O_CLOEXEC);
	struct stat st;

	umask(0);
	OK(device_make(rootfd, &null));
	CHECK(node_is(rootfd, "dev/null", S_IFCHR | 0666, 1, 3));
	OK(device_make(rootfd, &zero));
	CHECK(node_is(rootfd, "dev/zero", S_IFCHR | 0640, 1, 5));
	CHECK(!fstatat(rootfd, "dev/zero", &st, 0) && st.st_uid == 7 && st.st_gid == 8);
	OK(device_make(rootfd, &fifo));
	CHECK(node_is(rootfd, "run/new/fifo", S_IFIFO | 0600, 0, 0));
	umask(022);
	/* one that is there stays as it is; another is refused, a file with st_rdev 0 too */
	zero.mode = 0666;
	zero.uid = 0;
	OK(device_make(rootfd, &zero));
	CHECK(node_is(rootfd, "dev/zero", S_IFCHR | 0640, 1, 5));
	zero.minor = 7;
	CHECK(device_make(rootfd, &zero) == -EEXIST && strstr(said(), "/dev/zero"));
	CHECK(device_make(rootfd, &none) == -EEXIST);
	fail_forget();
	OK(path_in_root(rootfd, "/dev/null", O_PATH, &fd));
	OK(path_in_root(rootfd, "/file", O_PATH, &file));
	CHECK(device_is(fd, 1, 3) && !device_is(fd, 1, 5) && !device_is(file, 0, 0));
	OK(device_link(rootfd, "/dev/fd", "/proc/self/fd"));
	OK(device_link(rootfd, "/dev/fd", "/proc/self/fd"));
	CHECK(device_link(rootfd, "/dev/fd", "/proc/self/f") == -EEXIST);
	CHECK(device_link(rootfd, "/dev/null", "x") == -EEXIST);
}

static void nodes(void)
{
	IN_INIT(nodes_body());
}

/* CVE-2026-41579, CVE-2026-47766: /dev of the image is a symlink to a place of the host. */
static void nodes_behind_links_body(void)
{
	struct device null = { "/dev/null", S_IFCHR, 1, 3, 0666, 0, 0 },
		      up = { "/up/null", S_IFCHR, 1, 3, 0666, 0, 0 };
	autoclose int rootfd = open(HOST "/rootfs", O_PATH | O_DIRECTORY | O_CLOEXEC), fd = -1;
	struct device named = { "/dev/../..", S_IFCHR, 1, 3, 0666, 0, 0 };

	CHECK(!unlinkat(rootfd, "dev", AT_REMOVEDIR) && !symlinkat(HOST "/canary", rootfd, "dev"));
	/* inside the root they lead nowhere */
	CHECK(device_make(rootfd, &null) < 0 && device_make(rootfd, &up) < 0);
	CHECK(device_link(rootfd, "/dev/ptmx", "pts/ptmx") < 0);
	fail_forget();
	CHECK(!exists(HOST "/canary/null") && !exists(HOST "/canary/ptmx"));
	/* or somewhere, and that is inside too */
	OK(path_make_dirs(rootfd, HOST "/canary", 0755, &fd));
	CHECK(!mkdirat(rootfd, "canary", 0755));
	OK(device_make(rootfd, &null));
	OK(device_make(rootfd, &up));
	OK(device_link(rootfd, "/dev/ptmx", "pts/ptmx"));
	CHECK(!exists(HOST "/canary/null") && !exists(HOST "/canary/ptmx"));
	CHECK(node_is(fd, "null", S_IFCHR | 0666, 1, 3) &&
	      node_is(rootfd, "canary/null", S_IFCHR | 0666, 1, 3));
	CHECK(device_make(rootfd, &named) < 0);
	CHECK(device_make_at(rootfd, "a/b", false, &null) == -EINVAL);
}

static void nodes_behind_links(void)
{
	IN_INIT(nodes_behind_links_body());
}

static void bound_node_body(void)
{
	struct device null = { "/dev/null", S_IFCHR, 1, 3, 0666, 0, 0 },
		      wrong = { "/dev/null", S_IFCHR, 1, 5, 0666, 0, 0 };
	struct device deep = { "/dev/net/null", S_IFCHR, 1, 3, 0666, 0, 0 };
	int fd = -1, rootfd = -1;

	OK(rootfs_set_old_propagation(&tools, MS_SLAVE | MS_REC));
	OK(rootfs_bind(&tools, HOST "/rootfs", -1, &rootfd));
	OK(mount_clone(&tools, AT_FDCWD, "/dev/null", false, false, &fd));
	CHECK(device_bind(&tools, rootfd, &wrong, fd) == -ENODEV);
	CHECK(faccessat(rootfd, "dev/null", F_OK, 0));
	fail_forget();
	OK(device_bind(&tools, rootfd, &null, fd));
	OK(mount_clone(&tools, AT_FDCWD, "/dev/null", false, false, &fd));
	OK(device_bind(&tools, rootfd, &deep, fd));
	OK(rootfs_pivot(&tools, rootfd));
	fd = open("/dev/null", O_RDWR | O_CLOEXEC);
	CHECK(device_is(fd, 1, 3) && write(fd, "x", 1) == 1);
	fd = open("/dev/net/null", O_PATH | O_CLOEXEC);
	CHECK(device_is(fd, 1, 3));
}

static void bound_node(void)
{
	IN_INIT(bound_node_body());
}

THREE(pivot)
THREE(pivot_private)
THREE(pivot_shared)
THREE(pivot_scratch)
THREE(pivot_directory)
THREE(pivot_clone)
THREE(no_pivot)
THREE(no_pivot_locked)
THREE(chroot_only)
THREE(nodes)
THREE(nodes_behind_links)
THREE(bound_node)

int main(void)
{
	static const struct test tests[] = {
		ROWS(pivot),	       ROWS(pivot_private), ROWS(pivot_shared),	      ROWS(pivot_scratch),
		ROWS(pivot_directory), ROWS(pivot_clone),   ROWS(no_pivot),	      ROWS(no_pivot_locked),
		ROWS(chroot_only),     ROWS(nodes),	    ROWS(nodes_behind_links), ROWS(bound_node),
	};

	if (mkdir(HOST, 0755) && errno != EEXIST)
		return 1;
	return test_main("roots", tests, ARRAY_SIZE(tests));
}
