/* SPDX-License-Identifier: Apache-2.0 */
/* tests/unit-root/mounts.c: kernel/mount*.c, procfs.c: mounts, their flags, and a procfs to trust. Needs
 * root. */
#include <sys/statvfs.h>

#include "host.h"

static int rootfd = -1;

/* As the init does: old root a slave, rootfs bound. */
static void enter(void)
{
	OK(rootfs_set_old_propagation(&tools, MS_SLAVE | MS_REC));
	OK(rootfs_bind(&tools, HOST "/rootfs", -1, &rootfd));
}

static int at(const char *path)
{
	int fd = -1;

	OK(path_in_root(rootfd, path, O_PATH, &fd));
	return fd;
}

static bool landed(int mountfd, const char *path)
{
	autoclose int fd = at(path);
	uint64_t a = 0, b = 1;

	OK(path_mount_id(fd, &a));
	OK(path_mount_id(mountfd, &b));
	return a == b;
}

static unsigned long flags_of(int fd)
{
	struct statvfs st;

	return fstatvfs(fd, &st) ? ~0UL : st.f_flag;
}

static void attach(int mountfd, const char *path)
{
	autoclose int target = at(path);

	OK(mount_attach(&tools, mountfd, target));
	CHECK(landed(mountfd, path));
}

static void file_system_body(void)
{
	static const struct mount_param params[] = { { "size", "64k" }, { "mode", "751" } };
	static const struct mount_attrs attrs = {
		.set = MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | MOUNT_ATTR_NOATIME, .rec_set = MOUNT_ATTR_NOEXEC
	};
	int fd = -1;
	struct stat st;
	struct statvfs vfs;

	enter();
	OK(mount_make(&tools, "tmpfs", "mine", params, 2, &attrs, &fd));
	CHECK(!mkdirat(fd, "before", 0700)); /* usable while it is detached */
	CHECK(!fstat(fd, &st) && (st.st_mode & 07777) == 0751);
	attach(fd, "/dir");
	CHECK(!mkdirat(fd, "after", 0700));
	CHECK(!faccessat(rootfd, "dir/before", F_OK, 0) && !faccessat(rootfd, "dir/after", F_OK, 0));
	CHECK((flags_of(fd) & (ST_NOSUID | ST_NODEV | ST_NOEXEC | ST_NOATIME | ST_RDONLY)) ==
	      (ST_NOSUID | ST_NODEV | ST_NOEXEC | ST_NOATIME));
	CHECK(!fstatvfs(fd, &vfs) && vfs.f_blocks * vfs.f_frsize == 65536);
}

static void file_system(void)
{
	IN_INIT(file_system_body());
}

static void wrong_options_body(void)
{
	static const struct mount_param wrong[] = { { "size", "64k" }, { "foo", "bar" } };
	static const struct mount_param comma[] = { { "size", "64k,mode=0" } };
	int fd = -1;

	enter();
	CHECK(mount_make(&tools, "tmpfs", NULL, wrong, 2, NULL, &fd) == -EINVAL && fd == -1);
	CHECK(strstr(said(), "foo"));
	CHECK(mount_make(&tools, "no-such-fs", NULL, NULL, 0, NULL, &fd) == -ENODEV && fd == -1);
	CHECK(strstr(said(), "no-such-fs"));
	/* a value does not become another option */
	CHECK(mount_make(&tools, "tmpfs", NULL, comma, 1, NULL, &fd) == -EINVAL && fd == -1);
}

static void wrong_options(void)
{
	IN_INIT(wrong_options_body());
}

/* Without a scratch mount(2) has no place for a detached mount, and says what it needs. */
static void parent_without_scratch(void)
{
	int fd = -1;

	tools_make();
	if (!refused) {
		OK(mount_clone(&tools, AT_FDCWD, HOST "/src", true, false, &fd));
		return;
	}
	CHECK(mount_clone(&tools, AT_FDCWD, HOST "/src", true, false, &fd) == -ENOSYS && fd == -1);
	CHECK(mount_make(&tools, "tmpfs", NULL, NULL, 0, NULL, &fd) == -ENOSYS && fd == -1);
}

static void binds_body(void)
{
	int all = -1, top = -1, file = -1, link = -1;
	struct stat st;

	enter();
	OK(mount_clone(&tools, AT_FDCWD, HOST "/src", true, false, &all));
	CHECK(!faccessat(all, "sub/file", F_OK, 0));
	OK(mount_clone(&tools, AT_FDCWD, HOST "/src", false, false, &top));
	CHECK(faccessat(top, "sub/file", F_OK, 0) && !faccessat(top, "file", F_OK, 0));
	attach(all, "/dir");
	CHECK(!faccessat(rootfd, "dir/sub/file", F_OK, 0));
	attach(top, "/etc");
	OK(mount_clone(&tools, AT_FDCWD, HOST "/src/file", false, true, &file));
	attach(file, "/file");
	CHECK(!fstatat(rootfd, "file", &st, 0) && st.st_size == 6);
	/* not followed: a symlink is cloned itself, which cannot lie on anything; or it is refused at once */
	if (mount_clone(&tools, AT_FDCWD, HOST "/src/link", false, true, &link) == 0)
		CHECK(!fstat(link, &st) && S_ISLNK(st.st_mode));
	CHECK(mount_clone(&tools, AT_FDCWD, HOST "/none", false, false, &link) == -ENOENT);
	CHECK(!fcntl(all, F_GETFD) || (fcntl(all, F_GETFD) & FD_CLOEXEC));
}

static void binds(void)
{
	IN_INIT(binds_body());
}

static void flags_body(void)
{
	static const struct mount_attrs strict = { .set = MOUNT_ATTR_RDONLY | MOUNT_ATTR_STRICTATIME };
	static const struct mount_attrs none = { 0 }, nodev = { .set = MOUNT_ATTR_NODEV };
	static const struct mount_attrs relaxed = { .set = MOUNT_ATTR_NOEXEC,
						    .clear = MOUNT_ATTR_RDONLY | MOUNT_ATTR__ATIME };
	static const struct mount_attrs recursive = { .rec_set = MOUNT_ATTR_RDONLY };
	int fd = -1, r;

	enter();
	OK(mount_clone(&tools, AT_FDCWD, HOST "/src", true, false, &fd));
	OK(mount_set_attrs(&tools, fd, &strict));
	CHECK((flags_of(fd) & (ST_RDONLY | ST_RELATIME | ST_NOATIME)) == ST_RDONLY);
	attach(fd, "/dir");
	OK(mount_set_attrs(&tools, fd, &none));
	OK(mount_set_attrs(&tools, fd, &nodev));
	CHECK((flags_of(fd) & (ST_RDONLY | ST_RELATIME | ST_NODEV)) == (ST_RDONLY | ST_NODEV));
	OK(mount_set_attrs(&tools, fd, &relaxed));
	CHECK((flags_of(fd) & (ST_RDONLY | ST_RELATIME | ST_NOEXEC)) == (ST_RELATIME | ST_NOEXEC));
	/* all or an error: CVE-2023-25809 */
	r = mount_set_attrs(&tools, fd, &recursive);
	CHECK(r == (refused ? -ENOSYS : 0));
	CHECK(refused || (mkdirat(rootfd, "dir/sub/new", 0700) && errno == EROFS));
}

static void flags(void)
{
	IN_INIT(flags_body());
}

static void masks_body(void)
{
	int first = -1, second = -1;
	struct stat a, b;

	enter();
	OK(mount_make_empty(&tools, NULL, &first));
	attach(first, "/dir");
	OK(mount_clone(&tools, first, "", false, false, &second));
	attach(second, "/etc");
	CHECK(!fstat(first, &a) && !fstat(second, &b) && a.st_dev == b.st_dev && a.st_ino == b.st_ino);
	CHECK(mkdirat(rootfd, "etc/x", 0700) && errno == EROFS);
	CHECK((flags_of(second) & (ST_RDONLY | ST_NOSUID | ST_NODEV | ST_NOEXEC)) ==
	      (ST_RDONLY | ST_NOSUID | ST_NODEV | ST_NOEXEC));
}

static void masks(void)
{
	IN_INIT(masks_body());
}

static void reconfigure_body(void)
{
	static const struct mount_param small[] = { { "size", "64k" } },
					big[] = { { "size", "128k" }, { "ro", NULL } };
	static const struct mount_attrs attrs = { .set = MOUNT_ATTR_NOSUID };
	struct statvfs vfs;
	int fd = -1;

	enter();
	OK(mount_make(&tools, "tmpfs", NULL, small, 1, &attrs, &fd));
	attach(fd, "/dir");
	OK(mount_reconfigure(&tools, fd, big, 2));
	CHECK(!fstatvfs(fd, &vfs) && vfs.f_blocks * vfs.f_frsize == 131072 && (vfs.f_flag & ST_RDONLY));
	CHECK(vfs.f_flag & ST_NOSUID);
}

static void reconfigure(void)
{
	IN_INIT(reconfigure_body());
}

static bool is_shared(const char *point)
{
	static char list[65536];
	char *line;

	slurp("/proc/self/mountinfo", list, sizeof(list));
	line = strstr(list, point);
	if (line)
		line[strcspn(line, "\n")] = '\0';
	return line && strstr(line, "shared:");
}

static void propagation_body(void)
{
	int fd = -1;
	autoclose int plain = -1;

	enter();
	CHECK(!is_shared(HOST "/rootfs "));
	OK(mount_make(&tools, "tmpfs", NULL, NULL, 0, NULL, &fd));
	attach(fd, "/dir");
	OK(mount_set_propagation(&tools, fd, MS_SHARED));
	CHECK(is_shared("/dir "));
	OK(mount_set_propagation(&tools, fd, MS_PRIVATE | MS_REC));
	CHECK(!is_shared("/dir "));
	plain = at("/etc");
	CHECK(mount_set_propagation(&tools, plain, MS_PRIVATE) == -EINVAL);
	CHECK_STR(said(), "");
}

static void propagation(void)
{
	IN_INIT(propagation_body());
}

/* fsconfig(2) takes 255 bytes; overlay's list of layers is the one that grows longer. */
static void long_option_body(void)
{
	char layers[1024] = "";
	struct text t = TEXT(layers);
	struct mount_param params[] = { { "lowerdir", layers } };
	int fd = -1;

	/* two layers, in a long way to say it: the same one twice is refused */
	text_add(&t, "%s", HOST);
	for (int i = 0; i < 140; i++)
		text_add(&t, "/.");
	text_add(&t, "/src/sub:%s/src/dir", HOST);
	CHECK(strlen(layers) > MOUNT_PARAM_MAX);
	tools.want_scratch = true;
	enter();
	OK(mount_make(&tools, "overlay", "overlay", params, 1, NULL, &fd));
	attach(fd, "/dir");
	CHECK(!faccessat(rootfd, "dir/file", F_OK, 0));
	/* and what fits goes the usual way beside it */
	OK(mount_make_empty(&tools, NULL, &fd));
	attach(fd, "/etc");
}

static void long_option(void)
{
	IN_INIT(long_option_body());
}

static void procfs_body(void)
{
	int fd = -1, whole = -1;

	OK(rootfs_set_old_propagation(&tools, MS_PRIVATE | MS_REC));
	OK(procfs_open(true, &fd));
	CHECK(!faccessat(fd, "self/attr", F_OK, 0));
	CHECK(!refused == !!faccessat(fd, "sys", F_OK, 0)); /* subset=pid */
	OK(procfs_open(false, &whole));
	CHECK(!faccessat(whole, "sys/kernel", F_OK, 0));
	/* CVE-2025-52881: of the right type, but not a whole procfs */
	CHECK(!sys_mount("/proc/sys", "/proc", NULL, MS_BIND, NULL));
	fd = -1;
	CHECK(procfs_open(true, &fd) == (refused ? -EXDEV : 0));
	CHECK(refused ? fd == -1 : !faccessat(fd, "self/attr", F_OK, 0));
	/* CVE-2019-16884: a tree of somebody's */
	CHECK(!sys_mount("fake", "/proc", "tmpfs", 0, NULL));
	fd = -1;
	CHECK(procfs_open(true, &fd) == (refused ? -EXDEV : 0));
}

static void procfs(void)
{
	IN_INIT(procfs_body());
}

/* CVE-2021-30465: the target's directory is exchanged for a symlink to the host all the while. */
static void exchanged_target_body(void)
{
	static char list[262144];
	pid_t swapper;
	const int64_t deadline = now_ms() + 5000;
	int landings = 0;

	enter();
	CHECK(!mkdirat(rootfd, "vol", 0755) && !mkdirat(rootfd, "vol/dir", 0755));
	CHECK(!symlinkat(HOST "/canary", rootfd, "vol/swap"));
	swapper = fork();
	if (!swapper) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		for (;;)
			syscall(SYS_renameat2, rootfd, "vol/dir", rootfd, "vol/swap", 2);
	}
	while (landings < 200 && now_ms() < deadline) {
		autoclose int target = -1, fd = -1;
		int r = path_make_dirs(rootfd, "/vol/dir", 0755, &target);

		if (r < 0) { /* the symlink, which leads nowhere inside */
			fail_forget();
			continue;
		}
		OK(mount_make_empty(&tools, NULL, &fd));
		r = mount_attach(&tools, fd, target);
		CHECK(r == 0 || r == -ENOENT);
		landings++;
		fail_forget();
	}
	kill(swapper, SIGKILL);
	waitpid(swapper, NULL, 0);
	CHECK(landings > 0);
	CHECK(!strstr(slurp("/proc/self/mountinfo", list, sizeof(list)), " " HOST "/canary"));
}

static void exchanged_target(void)
{
	IN_INIT(exchanged_target_body());
}

THREE(file_system)
THREE(wrong_options)
THREE(parent_without_scratch)
THREE(binds)
THREE(flags)
THREE(masks)
THREE(reconfigure)
THREE(propagation)
THREE(long_option)
THREE(procfs)
THREE(exchanged_target)

int main(void)
{
	static const struct test tests[] = {
		ROWS(file_system),
		ROWS(wrong_options),
		ROWS(parent_without_scratch),
		ROWS(binds),
		ROWS(flags),
		ROWS(masks),
		ROWS(reconfigure),
		ROWS(propagation),
		ROWS(long_option),
		ROWS(procfs),
		ROWS(exchanged_target),
	};

	if (mkdir(HOST, 0755) && errno != EEXIST)
		return 1;
	return test_main("mounts", tests, ARRAY_SIZE(tests));
}
