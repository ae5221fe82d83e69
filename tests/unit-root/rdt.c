/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tests/unit-root/rdt.c: kernel/rdt.c on a directory in place of resctrl. What that can prove, and what only the hardware
 * could, says resctrl.h; that kernel/rdt_root.c takes nothing for resctrl that is not, tests/run/rdt_test.sh.
 */
#include "child.h"
#include "resctrl.h"

#define PLACE "/tmp/cruet-unit-root"

static int rootfd;

static const char *content(const char *path)
{
	static char text[4096];

	return read_file_at(rootfd, path, text, sizeof(text)) < 0 ? "(none)" : text;
}

static bool exists(const char *path)
{
	return resctrl_has(rootfd, path);
}

/* A private tmpfs with the tree in it. */
static void on_tree(void (*body)(void))
{
	in_child(CLONE_NEWNS, body);
}

static void begin(void)
{
	struct arena *arena = NULL;

	CHECK(mount("tree", PLACE, "tmpfs", 0, "mode=755") == 0);
	resctrl_make(PLACE "/resctrl");
	unsetenv(RESCTRL_ENV);
	CHECK(rdt_root_open(arena, -1, &rootfd) == -ENOENT);
	setenv(RESCTRL_ENV, PLACE "/resctrl", 1);
	OK(rdt_root_open(arena, -1, &rootfd));
}

static void groups_body(void)
{
	int fd = -1;

	begin();
	CHECK(rdt_group_open(rootfd, "a", &fd) == -ENOENT);
	OK(rdt_group_make(rootfd, "a"));
	CHECK(rdt_group_make(rootfd, "a") == -EEXIST);
	FAILS(rdt_group_make(rootfd, "../a"), EINVAL, "make the resctrl group '../a'");
	FAILS(rdt_group_make(rootfd, ".."), EINVAL, "make the resctrl group '..'");
	OK(rdt_group_open(rootfd, "a", &fd));
	OK(rdt_join(rootfd, fd, NULL, 1234));
	CHECK_STR(content("a/tasks"), "1234");

	/* one with tasks, or with a monitoring group, is in use */
	OK(rdt_group_remove(rootfd, "a", true));
	CHECK(exists("a"));
	resctrl_put(fd, "tasks", "");
	OK(rdt_monitor_make(rootfd, fd, "m"));
	OK(rdt_group_remove(rootfd, "a", true));
	CHECK(exists("a"));
	OK(rdt_monitor_remove(rootfd, "a", "m"));
	OK(rdt_group_remove(rootfd, "a", true));
	CHECK(!exists("a"));
	OK(rdt_group_remove(rootfd, "a", false));
	FAILS(rdt_group_remove(rootfd, "/", false), EINVAL, "remove the resctrl group '/'");
	CHECK(exists("tasks"));
}

static void full_body(void)
{
	autoclose int info = -1;

	begin();
	info = openat(rootfd, "info", O_RDONLY | O_DIRECTORY);
	resctrl_put(rootfd, "full", "");
	resctrl_put(info, "last_cmd_status", "Out of CLOSIDs\n");
	FAILS(rdt_group_make(rootfd, "b"), ENOSPC, "make the resctrl group 'b' (Out of CLOSIDs): No space left");
}

static void monitors_body(void)
{
	autoclose int root = -1, group = -1;

	begin();
	OK(rdt_group_make(rootfd, "a"));
	OK(rdt_group_open(rootfd, "a", &group));
	OK(rdt_group_open(rootfd, "/", &root));
	CHECK(!rdt_monitor_is_there(root, "m"));
	OK(rdt_monitor_make(rootfd, root, "m"));
	CHECK(rdt_monitor_make(rootfd, root, "m") == -EEXIST);
	CHECK(rdt_monitor_is_there(root, "m") && !rdt_monitor_is_there(group, "m"));
	OK(rdt_join(rootfd, root, "m", 99));
	CHECK_STR(content("tasks"), "99");
	CHECK_STR(content("mon_groups/m/tasks"), "99");
	FAILS(rdt_join(rootfd, group, "m", 99), ENOENT, "monitoring group the process '99'");
	FAILS(rdt_monitor_make(rootfd, root, "a/b"), EINVAL, "'a/b'");
	OK(rdt_monitor_remove(rootfd, "/", "m"));
	OK(rdt_monitor_remove(rootfd, "/", "m"));
	OK(rdt_monitor_remove(rootfd, "gone", "m"));
	CHECK(!exists("mon_groups/m"));
	CHECK(unlinkat(group, "mon_groups", AT_REMOVEDIR) == 0);
	FAILS(rdt_monitor_make(rootfd, group, "m"), EOPNOTSUPP, "does not monitor");
}

/* Nothing is followed out of the tree. */
static void links_body(void)
{
	autoclose int group = -1;
	int fd = -1;

	begin();
	CHECK(mkdir(PLACE "/out", 0755) == 0 && symlinkat("../out", rootfd, "link") == 0);
	CHECK(rdt_group_open(rootfd, "link", &fd) == -ENOENT);
	OK(rdt_group_make(rootfd, "a"));
	OK(rdt_group_open(rootfd, "a", &group));
	CHECK(unlinkat(group, "tasks", 0) == 0 && symlinkat("../../canary", group, "tasks") == 0);
	FAILS(rdt_join(rootfd, group, NULL, 1), ELOOP, "move to the resctrl group the process '1'");
	CHECK(access(PLACE "/canary", F_OK) != 0);
}

static int compare(int group, const char *is, const char *wanted)
{
	struct arena arena;
	int r;

	resctrl_put(group, "schemata", is);
	if (arena_open_private(&arena, 1 << 20) < 0)
		return -ENOMEM;
	r = rdt_schemata_compare(&arena, rootfd, group, wanted);
	arena_close(&arena);
	return r;
}

static void schemata_body(void)
{
	static const char is[] = "  L3CODE:0=00ff;1=0001\n    MB:0= 100;1=  40\n    L3:0=00f0f;1=fffff\n";
	autoclose int group = -1;

	begin();
	OK(rdt_group_make(rootfd, "a"));
	OK(rdt_group_open(rootfd, "a", &group));
	OK(rdt_schemata_write(rootfd, group, "L3:0=f;1=1\nMB:0=10\n"));
	CHECK_STR(content("a/schemata"), "L3:0=f;1=1\nMB:0=10");
	OK(compare(group, "L3:0=f;1=1\nMB:0=10\n", "MB:0=10\nL3:0=f;1=1\n"));

	OK(compare(group, is, "L3:0=f0f\n"));
	OK(compare(group, is, "L3:1=FFFFF;0=0f0f\nMB:0=100\n"));
	OK(compare(group, is, "L3 : 0 = f0f ; 01=fffff;\nL3CODE:0=ff\n"));
	OK(compare(group, is, "MB:1=33\n")); /* as the kernel rounds it */
	FAILS(compare(group, is, "MB:1=30\n"), EINVAL, "its schemata are not 'MB:1=30'");
	FAILS(compare(group, is, "MB:1=41\n"), EINVAL, "its schemata are not");
	FAILS(compare(group, is, "L3:0=f0f\nL3:1=ffffe\n"), EINVAL, "are not 'L3:1=ffffe'");
	FAILS(compare(group, is, "L3:2=f0f\n"), EINVAL, "are not 'L3:2=f0f'");
	FAILS(compare(group, is, "L2:0=f\n"), EINVAL, "are not 'L2:0=f'");
	FAILS(compare(group, is, "L3:0\n"), EINVAL, "are not 'L3:0'");
	FAILS(compare(group, is, "L3:0=\n"), EINVAL, "are not 'L3:0='");
	FAILS(compare(group, "", "L3:0=f\n"), EINVAL, "are not 'L3:0=f'");
	CHECK(unlinkat(group, "schemata", 0) == 0);
	FAILS(rdt_schemata_write(rootfd, group, "L3:0=f\n"), ENOENT, "set the resctrl schemata 'L3:0=f");
}

static void lock_body(void)
{
	autoclose int other = -1;

	begin();
	OK(rdt_root_open(NULL, -1, &other));
	OK(rdt_lock(rootfd, now_ms()));
	FAILS(rdt_lock(other, now_ms() + 50), EBUSY, "another program holds the lock");
	fd_close(&rootfd);
	OK(rdt_lock(other, now_ms() + 50));
}

static void groups(void) { on_tree(groups_body); }
static void full(void) { on_tree(full_body); }
static void monitors(void) { on_tree(monitors_body); }
static void links(void) { on_tree(links_body); }
static void schemata(void) { on_tree(schemata_body); }
static void lock(void) { on_tree(lock_body); }

int main(void)
{
	static const struct test tests[] = {
		{"groups", groups}, {"full", full},	    {"monitors", monitors},
		{"links", links},   {"schemata", schemata}, {"lock", lock},
	};

	mkdir(PLACE, 0755);
	return test_main("rdt", tests, sizeof(tests) / sizeof(tests[0]));
}
