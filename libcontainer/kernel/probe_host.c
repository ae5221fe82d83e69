/* SPDX-License-Identifier: Apache-2.0 */
/* kernel/probe_host.c: questions about this host: its cgroups, its file systems' id maps, and the programs it has. */
#include <linux/bpf.h>
#include <linux/magic.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/fd.h"
#include "base/io.h"
#include "kernel/cgroup.h"
#include "kernel/dbus.h"
#include "kernel/idmap.h"
#include "kernel/probe.h"
#include "kernel/program.h"
#include "kernel/rdt.h"
#include "kernel/sys.h"

#define MOUNTINFO_MAX (16u << 20)
#define ARENA_SIZE    (4u << 20)
#define TALK_MS	      5000
#define CRIU_MS	      10000 /* its check takes seconds on a slow machine */

static int open_proc(void)
{
	return openat(AT_FDCWD, "/proc", O_PATH | O_DIRECTORY | O_CLOEXEC);
}

/* ---- idmapped mounts ---- */

/* On a clone of the mount at ->word, which nobody sees; with ->number on a new one of that type. */
static int ask_idmap(const struct probe *probe, struct text *note)
{
	const struct id_range range = { 0, 100000, 65536 };
	const struct id_map map = { &range, 1 };
	struct mount_attr attr = { .attr_set = MOUNT_ATTR_IDMAP };
	autoclose int procfd = open_proc(), userns = -1, fd = -1;
	const char *path = probe->word;
	int r = procfd < 0 ? -errno : idmap_userns_open(procfd, &map, &map, &userns);

	if (r == 0 && probe->number) {
		r = probe_private_mounts();
		path = "/proc"; /* it is there, whatever else is */
		if (r == 0 && sys_mount("probe", path, probe->word, 0, NULL))
			r = -errno;
	} else if (!probe->number) {
		text_add(note, "%s", path);
	}
	if (r < 0)
		return r;
	fd = sys_open_tree(AT_FDCWD, path, OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC);
	if (fd < 0)
		return -errno;
	attr.userns_fd = (uint64_t)userns;
	return sys_mount_setattr(fd, "", AT_EMPTY_PATH, &attr) ? -errno : 0;
}

/* File systems of the kernel's own: nobody has volumes there. */
static const char *const pseudo[] = {
	"autofs",   "binfmt_misc", "bpf",	 "cgroup",     "cgroup2",   "configfs", "debugfs", "devpts",
	"devtmpfs", "efivarfs",	   "fusectl",	 "hugetlbfs",  "mqueue",    "nsfs",	"proc",	   "pstore",
	"ramfs",    "rootfs",	   "rpc_pipefs", "securityfs", "selinuxfs", "sysfs",	"tracefs",
};

static bool is_pseudo(const char *type)
{
	for (size_t i = 0; i < ARRAY_SIZE(pseudo); i++)
		if (streq(pseudo[i], type))
			return true;
	return false;
}

#define TYPES_MAX 32
#define NO_IDMAP  "keep volumes of pods with a user namespace on ext4, xfs, btrfs or tmpfs"

static bool is_known(const struct probe *v, size_t n, const char *type)
{
	for (size_t i = 1; i < n; i++)
		if (streq(v[i].name, type))
			return true;
	return false;
}

/* "36 35 98:0 /root /mount/point options - type source options"; the type of a FUSE may have a dot and more. */
static bool split_line(char *line, char **ret_point, char **ret_type)
{
	char *word = NULL, *rest = NULL;

	strtok_r(line, " ", &rest);
	for (int i = 0; i < 4; i++)
		word = strtok_r(NULL, " ", &rest);
	*ret_point = word;
	while (word && !streq(word, "-"))
		word = strtok_r(NULL, " ", &rest);
	*ret_type = word ? strtok_r(NULL, " ", &rest) : NULL;
	return *ret_type != NULL;
}

int probe_idmap_make(struct arena *arena, int procfd, struct probe_area *ret_area)
{
	struct probe *v = arena_array(arena, TYPES_MAX, struct probe);
	autoclose int fd = openat(procfd, "self/mountinfo", O_RDONLY | O_CLOEXEC);
	char *text, *line, *rest = NULL, *point, *type;
	size_t n = 1, length;
	int r;

	if (!v)
		return -ENOMEM;
	v[0] = (struct probe){ "tmpfs, a new one", ask_idmap, .word = "tmpfs", .number = 1, .since = "6.3" };
	if (fd < 0)
		return fail(errno, "cannot open /proc/self/mountinfo");
	r = read_all(arena, fd, MOUNTINFO_MAX, &text, &length);
	if (r < 0)
		return r;
	for (line = strtok_r(text, "\n", &rest); line && n < TYPES_MAX; line = strtok_r(NULL, "\n", &rest)) {
		if (!split_line(line, &point, &type) || is_pseudo(type) || is_known(v, n, type))
			continue;
		unescape_mount(point);
		v[n++] =
			(struct probe){ type, ask_idmap, .word = point, .since = "5.12", .remedy = NO_IDMAP };
	}
	*ret_area = (struct probe_area){ "idmapped mounts", v, n };
	return 0;
}

/* ---- cgroups ---- */

static int read_host(struct arena *arena, struct cgroup_host *ret_host)
{
	autoclose int procfd = open_proc();
	int r = procfd < 0 ? -errno : arena_open_private(arena, ARENA_SIZE);

	return r == 0 ? cgroup_host_read(arena, procfd, ret_host) : r;
}

static int ask_hierarchy(const struct probe *probe, struct text *note)
{
	static const char *const modes[] = {
		[CGROUP_V2] = "v2", [CGROUP_V1] = "v1", [CGROUP_HYBRID] = "v1, and v2 beside it"
	};
	struct cgroup_host host;
	struct arena arena;
	int r = read_host(&arena, &host);

	(void)probe;
	if (r < 0)
		return r;
	if (host.mode == CGROUP_NONE)
		return -ENOENT;
	text_add(note, "%s", modes[host.mode]);
	return 0;
}

/* Is the word in a list with commas or blanks? */
static bool lists(const char *list, const char *word)
{
	size_t n = strlen(word), length;

	for (; *list; list += length + (list[length] != '\0')) {
		length = strcspn(list, ", \n");
		if (length == n && memcmp(list, word, n) == 0)
			return true;
	}
	return false;
}

static int in_directory(const struct cgroup_hierarchy *h, const char *file, struct text *path)
{
	text_add(path, "%s%s%s", h->mountpoint, h->own, file);
	return path->truncated ? -ENAMETOOLONG : 0;
}

/* The controller where it is mounted: what containers can get. ->word: v2's name and, after a blank, v1's. */
static int ask_controller(const struct probe *probe, struct text *note)
{
	const char *second = strchr(probe->word, ' ');
	char first[16], file[4200], list[1024];
	struct cgroup_host host;
	struct arena arena;
	int r = read_host(&arena, &host);

	if (r < 0)
		return r;
	snprintf(first, sizeof(first), "%.*s", (int)strcspn(probe->word, " "), probe->word);
	for (size_t i = 0; i < host.n; i++) {
		const struct cgroup_hierarchy *h = &host.v[i];

		snprintf(file, sizeof(file), "%s/cgroup.controllers", h->mountpoint);
		if (h->v2 ? read_file_at(AT_FDCWD, file, list, sizeof(list)) >= 0 && lists(list, first)
			  : lists(h->controllers, second ? second + 1 : first)) {
			text_add(note, "%s", h->mountpoint);
			return 0;
		}
	}
	text_add(note, "in no hierarchy");
	return -EOPNOTSUPP;
}

/* May we make cgroups below our own? */
static int ask_delegated(const struct probe *probe, struct text *note)
{
	char file[4200];
	struct cgroup_host host;
	struct arena arena;
	int r = read_host(&arena, &host);

	(void)probe;
	for (size_t i = 0; r == 0 && i < host.n; i++) {
		struct text path = TEXT(file);

		r = in_directory(&host.v[i], "", &path);
		if (r == 0 && faccessat(AT_FDCWD, file, W_OK, AT_EACCESS)) {
			r = -errno;
			text_add(note, "%s", file);
		}
	}
	return r == 0 && host.n == 0 ? -ENOENT : r;
}

/* v1 has a controller for it. On v2 a program that allows everything is loaded, and attached to nothing. */
static int ask_devices(const struct probe *probe, struct text *note)
{
	static const struct bpf_insn allow[] = {
		{ .code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = BPF_REG_0, .imm = 1 },
		{ .code = BPF_JMP | BPF_EXIT },
	};
	union bpf_attr attr = { 0 };
	autoclose int fd = -1;

	if (ask_controller(probe, note) == 0)
		return 0;
	note->len = 0;
	note->buf[0] = '\0';
	attr.prog_type = BPF_PROG_TYPE_CGROUP_DEVICE;
	attr.insns = (uintptr_t)allow;
	attr.insn_cnt = ARRAY_SIZE(allow);
	attr.license = (uintptr_t) "Apache-2.0";
	fd = sys_bpf(BPF_PROG_LOAD, &attr, sizeof(attr));
	if (fd < 0)
		return -errno;
	text_add(note, "by BPF programs");
	return 0;
}

#define MISSING                                                                                              \
	"v2: a parent gives it by cgroup.subtree_control (systemd: Delegate=yes); v1: mount it; else boot "  \
	"a kernel with it"

static const struct probe cgroups[] = {
	{ "hierarchy", ask_hierarchy, .remedy = "mount -t cgroup2 cgroup2 /sys/fs/cgroup" },
	{ "our own can be divided", ask_delegated,
	  .remedy = "run as root, or let systemd delegate one: systemd-run --user --scope -p Delegate=yes" },
	{ "cpu", ask_controller, .word = "cpu", .remedy = MISSING },
	{ "cpuset", ask_controller, .word = "cpuset", .remedy = MISSING },
	{ "memory", ask_controller, .word = "memory", .remedy = "boot with cgroup_enable=memory; " MISSING },
	{ "pids", ask_controller, .word = "pids", .remedy = MISSING },
	{ "io", ask_controller, .word = "io blkio", .remedy = MISSING },
	{ "hugetlb", ask_controller, .word = "hugetlb", .remedy = MISSING },
	{ "rdma", ask_controller, .word = "rdma", .remedy = MISSING },
	{ "misc", ask_controller, .word = "misc", .since = "5.13", .remedy = MISSING },
	{ "device rules", ask_devices, .word = "devices",
	  .remedy = "a kernel with CONFIG_CGROUP_BPF, and CAP_BPF or CAP_SYS_ADMIN" },
};

/* ---- resctrl ---- */

static int open_resctrl(struct text *note, int *ret_fd)
{
	autoclose int procfd = open_proc();
	struct arena arena;
	int r = procfd < 0 ? -errno : arena_open_private(&arena, ARENA_SIZE);

	if (r == 0)
		r = rdt_root_open(&arena, procfd, ret_fd);
	if (r != -ENOENT)
		return r;
	text_add(note, rdt_is_known(procfd) ? "not mounted" : "this machine, or its kernel, has none");
	return -EOPNOTSUPP;
}

static int ask_resctrl(const struct probe *probe, struct text *note)
{
	autoclose int fd = -1;

	(void)probe;
	return open_resctrl(note, &fd);
}

static int ask_monitoring(const struct probe *probe, struct text *note)
{
	autoclose int fd = -1;
	int r = open_resctrl(note, &fd);

	(void)probe;
	return r == 0 && faccessat(fd, "mon_groups", F_OK, 0) ? -errno : r;
}

#define MOUNT_RESCTRL                                                                                        \
	"only linux.intelRdt needs it: mount -t resctrl resctrl /sys/fs/resctrl, where the processor "       \
	"shares "                                                                                            \
	"out caches (Intel RDT, AMD QoS) and the kernel has CONFIG_X86_CPU_RESCTRL"

static const struct probe resctrl[] = {
	{ "groups", ask_resctrl, .remedy = MOUNT_RESCTRL },
	{ "monitoring", ask_monitoring, .remedy = MOUNT_RESCTRL },
};

/* ---- programs ---- */

static const char *const program_dirs[] = { "/usr/local/sbin", "/usr/local/bin", "/usr/sbin",
					    "/usr/bin",	       "/sbin",		 "/bin" };

static int find_program(const char *name, char *path, size_t size)
{
	for (size_t i = 0; i < ARRAY_SIZE(program_dirs); i++) {
		snprintf(path, size, "%s/%s", program_dirs[i], name);
		if (faccessat(AT_FDCWD, path, X_OK, AT_EACCESS) == 0)
			return 0;
	}
	return -ENOENT;
}

static int ask_program(const struct probe *probe, struct text *note)
{
	char path[64];
	int r = find_program(probe->word, path, sizeof(path));

	if (r == 0)
		text_add(note, "%s", path);
	return r;
}

/* Its own check of this kernel. */
static int ask_criu(const struct probe *probe, struct text *note)
{
	static const char *const env[] = { "PATH=/usr/sbin:/usr/bin:/sbin:/bin", NULL };
	char path[64];
	const char *const args[] = { "criu", "check", NULL };
	const struct program program = { .path = path, .args = args, .env = env, .timeout_ms = CRIU_MS };
	struct program_output output;
	int r = find_program(probe->word, path, sizeof(path));

	if (r < 0)
		return r;
	if (program_run(&program, &output) == 0)
		return 0;
	text_add(note, "%.*s", PROBE_NOTE_MAX - 1, err_trail()->text);
	return -EOPNOTSUPP;
}

/* Whoever's manager makes the scopes: the system's for root, else the user's. */
static int ask_systemd(const struct probe *probe, struct text *note)
{
	const struct dbus_call ping = { .destination = "org.freedesktop.systemd1",
					.path = "/org/freedesktop/systemd1",
					.interface = "org.freedesktop.DBus.Peer",
					.member = "Ping",
					.signature = "" };
	const char *address = DBUS_SYSTEM_ADDRESS, *dir = getenv("XDG_RUNTIME_DIR");
	autoclose_dbus struct dbus *bus = NULL;
	struct dbus_message reply;
	struct arena arena;
	int r = arena_open_private(&arena, ARENA_SIZE);

	(void)probe;
	if (r == 0 && geteuid() != 0)
		address = dir ? arena_printf(&arena, "unix:path=%s/bus", dir) : NULL;
	if (r < 0 || !address)
		return r < 0 ? r : -ENOENT;
	text_add(note, "%s", address + strlen("unix:path="));
	r = dbus_open(&arena, address, now_ms() + TALK_MS, &bus);
	if (r == 0)
		r = dbus_ask(bus, &ping, now_ms() + TALK_MS, &reply);
	return r == 0 && reply.type == DBUS_ERROR ? -ENOENT : r;
}

static const struct probe programs[] = {
	{ "systemd", ask_systemd,
	  .remedy = "only --cgroup-manager cgroupfs works without it (a user: systemctl --user, and "
		    "XDG_RUNTIME_DIR)" },
	{ "newuidmap", ask_program, .word = "newuidmap",
	  .remedy = "only who is not root needs it: install uidmap" },
	{ "newgidmap", ask_program, .word = "newgidmap",
	  .remedy = "only who is not root needs it: install uidmap" },
	{ "criu", ask_criu, .word = "criu",
	  .remedy = "only checkpoint and restore need it: install criu; criu check --all says more" },
};

#define AREA(title, rows)                                                                                    \
	{                                                                                                    \
		title, rows, ARRAY_SIZE(rows)                                                                \
	}

const struct probe_area probe_host[] = {
	AREA("cgroups", cgroups),
	AREA("resctrl", resctrl),
	AREA("programs", programs),
	{ NULL, NULL, 0 },
};
