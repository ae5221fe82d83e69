/* SPDX-License-Identifier: Apache-2.0 */
/* tests/unit-root/ids.c: kernel/idmap.c, ns.c and what a user namespace makes of mounts. Needs root. */
#include <sys/statvfs.h>

#include "host.h"

static const struct id_range high[] = { { 0, 100000, 1000 }, { 1000, 300000, 1 } };
static const struct id_range turned[] = { { 1000, 300000, 1 }, { 0, 100000, 1000 } };
static const struct id_map high_map = { high, 2 }, turned_map = { turned, 2 }, first_map = { high, 1 };

static void outside(void)
{
	uint32_t id = 7;

	CHECK(idmap_outside(&high_map, 0, &id) && id == 100000);
	CHECK(idmap_outside(&high_map, 999, &id) && id == 100999);
	CHECK(idmap_outside(&high_map, 1000, &id) && id == 300000);
	CHECK(!idmap_outside(&high_map, 1001, &id) && id == 300000);
	CHECK(!idmap_outside(&(struct id_map){ 0 }, 0, &id));
}

static void user_namespace_body(void)
{
	static const struct id_range all = { 0, 0, 4294967295U };
	static const struct id_map all_map = { &all, 1 };
	int procfd = tools.procfd, fd = -1, again = -1, own;
	bool same = false;

	OK(idmap_userns_open(procfd, &high_map, &turned_map, &fd));
	OK(idmap_userns_has(procfd, fd, &high_map, &high_map, &same));
	CHECK(same);
	OK(idmap_userns_has(procfd, fd, &turned_map, &turned_map, &same));
	CHECK(same);
	OK(idmap_userns_has(procfd, fd, &high_map, &first_map, &same));
	CHECK(!same);
	OK(idmap_userns_open(procfd, &first_map, &high_map, &again));
	OK(idmap_userns_has(procfd, again, &high_map, &high_map, &same));
	CHECK(!same);
	OK(ns_same(fd, again, &same));
	CHECK(!same);
	OK(ns_same(fd, fd, &same));
	CHECK(same);
	own = openat(procfd, "self/ns/user", O_RDONLY | O_CLOEXEC);
	OK(idmap_userns_has(procfd, own, &all_map, &all_map, &same));
	CHECK(same);
	CHECK(waitpid(-1, NULL, __WALL | WNOHANG) == -1 && errno == ECHILD);
	CHECK(idmap_write(procfd, getpid(), &(struct id_map){ 0 }, &high_map, false) == -EINVAL);
	fail_forget();
	CHECK(ns_user_is_initial(procfd));
	OK(ns_enter(fd, NS_USER));
	CHECK(!ns_user_is_initial(procfd));
}

static void user_namespace(void)
{
	IN_INIT(user_namespace_body());
}

/* More ranges than fit a page, and overlapping ones: said, and no child left. */
static void wrong_maps_body(void)
{
	static struct id_range many[341];
	static const struct id_range overlap[] = { { 0, 100000, 10 }, { 5, 200000, 10 } };
	const struct id_map many_map = { many, 341 }, page_map = { many, 340 }, overlap_map = { overlap, 2 };
	int fd = -1;

	for (uint32_t i = 0; i < ARRAY_SIZE(many); i++)
		many[i] = (struct id_range){ 4000000 + 2 * i, 4000000 + 2 * i, 1 };
	CHECK(idmap_userns_open(tools.procfd, &many_map, &high_map, &fd) == -E2BIG && strstr(said(), "340"));
	CHECK(idmap_userns_open(tools.procfd, &page_map, &high_map, &fd) == -E2BIG && strstr(said(), "page"));
	CHECK(idmap_userns_open(tools.procfd, &overlap_map, &high_map, &fd) == -EINVAL &&
	      strstr(said(), "uid_map"));
	CHECK(fd == -1 && waitpid(-1, NULL, __WALL | WNOHANG) == -1);
}

static void wrong_maps(void)
{
	IN_INIT(wrong_maps_body());
}

static void kinds(void)
{
	char path[64];
	int fd;

	for (int i = 0; i < NS_KINDS; i++) {
		struct text t = TEXT(path);

		fd = -1;
		text_add(&t, "/proc/self/ns/%s", ns_words[i].name);
		OK(ns_open(path, (enum ns_kind)i, &fd));
		CHECK(ns_open(path, (enum ns_kind)((i + 1) % NS_KINDS), &fd) == -EINVAL &&
		      strstr(said(), path));
		CHECK(fd >= 0 && (fcntl(fd, F_GETFD) & FD_CLOEXEC));
	}
	fd = -1;
	CHECK(ns_open(HOST "/src/file", NS_NET, &fd) == -EINVAL && strstr(said(), "not a namespace"));
	CHECK(!mkfifo(HOST "/src/fifo", 0600) && ns_open(HOST "/src/fifo", NS_NET, &fd) == -EINVAL);
	fail_forget();
	CHECK(ns_open("/proc/self/ns/none", NS_NET, &fd) == -ENOENT && fd == -1);
	fail_forget();
	OK(ns_open("/proc/self/ns/uts", NS_UTS, &fd));
	CHECK(ns_enter(fd, NS_NET) == -EINVAL);
	CHECK_STR(said(), "");
	OK(ns_enter(fd, NS_UTS));
}

static void mapped_mount_body(void)
{
	int userns = -1, fd = -1, proc = -1;
	struct stat st;

	OK(idmap_userns_open(tools.procfd, &first_map, &first_map, &userns));
	OK(rootfs_set_old_propagation(&tools, MS_SLAVE | MS_REC));
	OK(rootfs_bind(&tools, HOST "/rootfs", -1, &proc));
	OK(mount_clone(&tools, AT_FDCWD, HOST "/src", false, false, &fd));
	if (refused) {
		CHECK(mount_set_idmap(&tools, fd, userns, false) == -ENOSYS && strstr(said(), "5.12"));
		return;
	}
	OK(mount_set_idmap(&tools, fd, userns, false));
	CHECK(!fstatat(fd, "file", &st, 0) && st.st_uid == 100000 && st.st_gid == 100000);
	OK(mount_make(&tools, "proc", NULL, NULL, 0, NULL, &proc));
	CHECK(mount_set_idmap(&tools, proc, userns, false) == -EINVAL && strstr(said(), "'proc'"));
}

static void mapped_mount(void)
{
	IN_INIT(mapped_mount_body());
}

/* In a child with user and mount namespaces of its own, as mapped root. */
static void in_userns(void (*body)(void))
{
	static const struct id_range range = { 0, 100000, 65536 };
	static const struct id_map map = { &range, 1 };
	int ready[2], go[2];
	char byte;
	pid_t pid;

	tools_make();
	CHECK(!pipe(ready) && !pipe(go));
	pid = fork();
	if (!pid) {
		CHECK(!unshare(CLONE_NEWUSER | CLONE_NEWNS));
		CHECK(write(ready[1], "", 1) == 1 && read(go[0], &byte, 1) == 1);
		CHECK(!setresgid(0, 0, 0) && !setresuid(0, 0, 0));
		tools = mount_tools_make(tools.procfd);
		CHECK(tools.new_api == !refused);
		body();
		fflush(stdout);
		_exit(test_failed);
	}
	CHECK(read(ready[0], &byte, 1) == 1);
	OK(idmap_write(tools.procfd, pid, &map, &map, false));
	CHECK(write(go[1], "", 1) == 1);
	CHECK(status_of(pid) == 0);
}

static void mapped_root_body(void)
{
	static const struct mount_attrs none = { 0 }, ro = { .set = MOUNT_ATTR_RDONLY | MOUNT_ATTR_NODEV };
	static const struct mount_attrs suid = { .clear = MOUNT_ATTR_NOSUID };
	static const struct mount_attrs rec = { .rec_clear = MOUNT_ATTR_NOSUID };
	static const struct mount_attrs noatime = { .set = MOUNT_ATTR_NOATIME };
	autoclose int target = -1;
	int rootfd = -1, fd = -1, empty = -1;
	struct statvfs st;

	OK(rootfs_set_old_propagation(&tools, MS_SLAVE | MS_REC));
	OK(rootfs_bind(&tools, HOST "/rootfs", -1, &rootfd));
	OK(mount_clone(&tools, AT_FDCWD, HOST "/src/sub", false, false, &fd));
	OK(path_in_root(rootfd, "/dir", O_PATH, &target));
	OK(mount_attach(&tools, fd, target));
	/* nosuid came from the host and is locked */
	OK(mount_set_attrs(&tools, fd, &none));
	OK(mount_set_attrs(&tools, fd, &ro));
	CHECK(!fstatvfs(fd, &st) &&
	      (st.f_flag & (ST_NOSUID | ST_RDONLY | ST_NODEV)) == (ST_NOSUID | ST_RDONLY | ST_NODEV));
	CHECK(mount_set_attrs(&tools, fd, &suid) == -EPERM && strstr(said(), "'nosuid'"));
	CHECK(mount_set_attrs(&tools, fd, &noatime) == -EPERM && strstr(said(), "atime"));
	CHECK(mount_set_attrs(&tools, fd, &rec) == (refused ? -ENOSYS : -EPERM));
	fail_forget();
	CHECK(!fstatvfs(fd, &st) && (st.f_flag & ST_NOSUID));
	OK(mount_make_empty(&tools, NULL, &empty));
	OK(rootfs_pivot(&tools, rootfd));
	CHECK(exists("/dir/file") && !exists(HOST));
}

static void mapped_root(void)
{
	in_userns(mapped_root_body);
}

static int far_clone = -1;

static void unreachable_rootfs_body(void)
{
	int rootfd = -1;

	OK(rootfs_set_old_propagation(&tools, MS_SLAVE | MS_REC));
	if (refused) {
		CHECK(rootfs_bind(&tools, HOST "/far/rootfs", -1, &rootfd) == -EACCES);
		return;
	}
	OK(rootfs_bind(&tools, HOST "/far/rootfs", far_clone, &rootfd));
	OK(rootfs_pivot(&tools, rootfd));
	CHECK(exists("/image") && !exists(HOST));
}

/* The mapped root may not go where the host's root has the rootfs: the parent's clone is attached elsewhere.
 */
static void unreachable_rootfs(void)
{
	CHECK(!mkdir(HOST "/far", 0700) && !mkdir(HOST "/far/rootfs", 0755) &&
	      !mkdir(HOST "/far/rootfs/image", 0755));
	tools_make();
	if (!refused)
		OK(mount_clone(&tools, AT_FDCWD, HOST "/far/rootfs", true, false, &far_clone));
	in_userns(unreachable_rootfs_body);
}

/* newuidmap(1) stood in for: what it is called with comes back as what it complains of. */
static void helper_body(void)
{
	static const struct id_range own_range = { 0, 1000, 1 };
	static const struct id_map own = { &own_range, 1 };
	char want[128];
	struct text t = TEXT(want);
	int r;

	CHECK(!setresgid(1000, 1000, 1000) && !setresuid(1000, 1000, 1000));
	r = idmap_write(tools.procfd, 4711, &high_map, &high_map, false);
	if (!access("/usr/bin/newuidmap", F_OK)) {
		CHECK(r < 0);
		return;
	}
	text_add(&t, "'newuidmap' refused the mapping: newuidmap 4711 0 100000 1000 1000 300000 1 env:");
	CHECK(r == -EPERM && starts_with(said(), want));
	/* the own id needs no help, and writing it to a process that is not there fails otherwise */
	CHECK(idmap_write(tools.procfd, 4194305, &own, &high_map, false) == -ENOENT &&
	      strstr(said(), "uid_map"));
}

static void helper(void)
{
	CHECK(!sys_mount("bin", "/usr/local/bin", "tmpfs", 0, "mode=755"));
	file_put("/usr/local/bin/newuidmap",
		 "#!/bin/sh\nset -- \"$@\" env:$LD_PRELOAD$HOME\necho \"${0##*/} $*\" >&2\nexit 1\n");
	CHECK(!chmod("/usr/local/bin/newuidmap", 0755));
	/* on_host compares the list of mounts */
	IN_INIT(helper_body());
	CHECK(!sys_umount2("/usr/local/bin", SYS_MNT_DETACH));
}

THREE(outside)
THREE(user_namespace)
THREE(wrong_maps)
THREE(kinds)
THREE(mapped_mount)
THREE(mapped_root)
THREE(unreachable_rootfs)
THREE(helper)

int main(void)
{
	static const struct test tests[] = {
		ROWS(outside),	    ROWS(user_namespace), ROWS(wrong_maps),	    ROWS(kinds),
		ROWS(mapped_mount), ROWS(mapped_root),	  ROWS(unreachable_rootfs), ROWS(helper),
	};

	if (mkdir(HOST, 0755) && errno != EEXIST)
		return 1;
	return test_main("ids", tests, ARRAY_SIZE(tests));
}
