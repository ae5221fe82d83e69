/* SPDX-License-Identifier: Apache-2.0 */
/*
 * posture_proc.c: what the kernel says of a running container's init: /proc/PID/status, ns, attr, mountinfo, uid_map and its
 * /dev. Where the kernel has an answer, the configuration's is dropped.
 */
#include <dirent.h>
#include <fcntl.h>
#include <linux/seccomp.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/err.h"
#include "base/fd.h"
#include "base/io.h"
#include "base/path.h"
#include "base/str.h"
#include "kernel/idmap.h"
#include "kernel/lsm.h"
#include "posture.h"

#define MOUNTINFO_MAX (16u << 20)

struct look {
	struct arena *arena;
	int procfd;
	pid_t pid; /* 0: self */
	struct posture *p;
};

static const char *file_of(const struct look *l, const char *file, char *buf, size_t size)
{
	if (l->pid)
		snprintf(buf, size, "%d/%s", l->pid, file);
	else
		snprintf(buf, size, "self/%s", file);
	return buf;
}

static int read_file(const struct look *l, const char *file, size_t max, char **ret_text)
{
	char name[64];
	autoclose int fd = openat(l->procfd, file_of(l, file, name, sizeof(name)), O_RDONLY | O_CLOEXEC);
	size_t n;
	int r = fd < 0 ? -errno : read_all(l->arena, fd, max, ret_text, &n);

	return r < 0 ? fail(-r, "cannot read /proc/%s", name) : 0;
}

/* ---- status ---- */

/* What is behind "KEY:\t", to the end of its line; NULL where there is none. */
static const char *value_of(const char *status, const char *key)
{
	size_t n = strlen(key);

	for (const char *line = status; line && *line;
	     line = strchr(line, '\n') ? strchr(line, '\n') + 1 : NULL)
		if (!strncmp(line, key, n) && line[n] == ':')
			return line + n + 1 + strspn(line + n + 1, " \t");
	return NULL;
}

/* Digits of proc_pid_status(5), which end where they end: it is the kernel that writes them. */
static uint64_t number_at(const char *s, unsigned int base)
{
	uint64_t v = 0;

	for (; s && *s; s++) {
		unsigned int digit = *s >= '0' && *s <= '9'   ? (unsigned int)(*s - '0')
				     : *s >= 'a' && *s <= 'f' ? (unsigned int)(*s - 'a' + 10)
							      : 16;

		if (digit >= base)
			break;
		v = v * base + digit;
	}
	return v;
}

#define NOBODY                                                                                               \
	65534 /* overflowuid and overflowgid, user_namespaces(7): what a process sees of an id that is not mapped */

static uint32_t inside(const struct id_map *map, uint32_t outside)
{
	uint32_t id;

	return idmap_inside(map, outside, &id) ? id : NOBODY;
}

static int read_maps(const struct look *l)
{
	int r = idmap_read(l->arena, l->procfd, l->pid, "uid_map", &l->p->uids);

	if (r == 0)
		r = idmap_read(l->arena, l->procfd, l->pid, "gid_map", &l->p->gids);
	return r < 0 ? fail(-r, "cannot read the id maps of process %d", l->pid) : 0;
}

static int read_status(const struct look *l)
{
	static const char *const sets[CAPSETS] = {
		[CAPSET_BOUNDING] = "CapBnd",	 [CAPSET_EFFECTIVE] = "CapEff", [CAPSET_PERMITTED] = "CapPrm",
		[CAPSET_INHERITABLE] = "CapInh", [CAPSET_AMBIENT] = "CapAmb",
	};
	struct posture *p = l->p;
	char *status;
	int r = read_file(l, "status", 65536, &status);

	if (r < 0)
		return r;
	for (int set = 0; set < CAPSETS; set++)
		p->caps.mask[set] = number_at(value_of(status, sets[set]), 16);
	p->no_new_privs = number_at(value_of(status, "NoNewPrivs"), 10) != 0;
	if (!p->waits) { /* else the filter may be loaded with its start */
		p->seccomp = (int)number_at(value_of(status, "Seccomp"), 10);
		p->filter = p->seccomp == SECCOMP_MODE_FILTER ? p->filter : NULL;
	}
	p->host_uid = (uint32_t)number_at(value_of(status, "Uid"), 10);
	p->host_gid = (uint32_t)number_at(value_of(status, "Gid"), 10);
	p->has_host_ids = true;
	p->uid = inside(&p->uids, p->host_uid);
	p->gid = inside(&p->gids, p->host_gid);
	p->groups.n = 0;
	for (const char *s = value_of(status, "Groups"); r == 0 && s && *s >= '0' && *s <= '9';
	     s += strspn(s, " ")) {
		r = posture_add(l->arena, &p->groups, "%u", inside(&p->gids, (uint32_t)number_at(s, 10)));
		s += strspn(s, "0123456789");
	}
	return r;
}

/* ---- namespaces and labels ---- */

static int read_namespaces(const struct look *l)
{
	for (int kind = 0; kind < NS_KINDS; kind++) {
		char theirs[64], ours[64];
		struct stat a, b;

		snprintf(theirs, sizeof(theirs), "%d/ns/%s", l->pid, ns_words[kind].name);
		snprintf(ours, sizeof(ours), "self/ns/%s", ns_words[kind].name);
		if (fstatat(l->procfd, theirs, &a, 0) || fstatat(l->procfd, ours, &b, 0)) {
			if (errno == ENOENT) /* the kernel has no such kind */
				continue;
			return fail(errno, "cannot look at /proc/%s", theirs);
		}
		if (a.st_dev == b.st_dev && a.st_ino == b.st_ino)
			l->p->ns[kind] = POSTURE_HOST;
		else if (l->p->ns[kind] == POSTURE_HOST)
			l->p->ns[kind] = POSTURE_SHARED;
	}
	return 0;
}

static int read_label(const struct look *l, const char *file, const char **ret_label)
{
	char name[64], text[LSM_LABEL_MAX + 1];
	ssize_t n = read_file_at(l->procfd, file_of(l, file, name, sizeof(name)), text, sizeof(text));

	if (n < 0)
		return (int)n;
	*ret_label = arena_strdup(l->arena, text);
	return *ret_label ? 0 : -ENOMEM;
}

static int read_profile(const struct look *l)
{
	int r = read_label(l, "attr/apparmor/current", &l->p->apparmor);

	/* until 5.8 is the oldest kernel */
	return r == -ENOENT ? read_label(l, "attr/current", &l->p->apparmor) : r;
}

static int read_labels(const struct look *l)
{
	int r = l->p->apparmor_on ? read_profile(l) : 0;

	if (r == 0 && l->p->selinux_on)
		r = read_label(l, "attr/current", &l->p->selinux);
	return r < 0 ? fail(-r, "cannot read the labels of process %d", l->pid) : 0;
}

int posture_own_profile(struct arena *arena, int procfd, struct posture *p)
{
	const struct look l = { .arena = arena, .procfd = procfd, .p = p };
	int r = read_profile(&l);

	return r < 0 ? fail(-r, "cannot read our own AppArmor profile") : 0;
}

/* ---- mounts ---- */

static bool has_ro(const char *options)
{
	return options && starts_with(options, "ro") && (!options[2] || options[2] == ',');
}

/* ID PARENT MAJOR:MINOR ROOT TARGET OPTIONS [FIELDS] - TYPE SOURCE SUPER */
static int read_mount(const struct look *l, char *line)
{
	char *save = NULL, *target = NULL, *options = NULL, *type = NULL, *super = NULL;
	struct posture *p = l->p;
	bool ro, below;
	int i = 0, r = 0;

	for (char *w = strtok_r(line, " ", &save); w; w = strtok_r(NULL, " ", &save), i++) {
		if (i == 4)
			unescape_mount(target = w);
		if (i == 5)
			options = w;
		if (i > 5 && streq(w, "-")) {
			type = strtok_r(NULL, " ", &save);
			(void)strtok_r(NULL, " ", &save);
			super = strtok_r(NULL, " ", &save);
			break;
		}
	}
	if (!target || !type)
		return 0;
	ro = has_ro(options) || has_ro(super);
	/* the directory of cgroup v1's hierarchies hides nothing */
	below = (starts_with(target, "/proc/") || starts_with(target, "/sys/")) &&
		!streq(target, "/sys/fs/cgroup");
	if (streq(target, "/"))
		p->root_readonly = ro;
	if (below && !posture_is_kernel_fs(type)) {
		r = posture_add(l->arena, &p->masked, "%s", target);
		type = (char *)"masked";
	} else if (below && ro && (streq(type, "proc") || streq(type, "sysfs"))) {
		r = posture_add(l->arena, &p->readonly, "%s", target);
	}
	return r < 0 ? r : posture_add_mount(l->arena, p, target, type, ro);
}

static int read_mounts(const struct look *l)
{
	char *text, *save = NULL;
	int r = read_file(l, "mountinfo", MOUNTINFO_MAX, &text);

	l->p->n_mounts = l->p->masked.n = l->p->readonly.n = 0;
	for (char *line = r < 0 ? NULL : strtok_r(text, "\n", &save); r == 0 && line;
	     line = strtok_r(NULL, "\n", &save))
		r = read_mount(l, line);
	return r;
}

/* ---- devices ---- */

static bool is_usual(const char *name)
{
	static const char *const own[] = { "null",    "zero", "full",	 "random",
					   "urandom", "tty",  "console", "ptmx" };

	for (size_t i = 0; i < ARRAY_SIZE(own); i++)
		if (streq(own[i], name))
			return true;
	return false;
}

static int read_nodes(const struct look *l, DIR *dir)
{
	const struct dirent *entry;
	int r = 0;

	while (r == 0 && (entry = readdir(dir))) {
		struct stat st;

		if (is_usual(entry->d_name) || fstatat(dirfd(dir), entry->d_name, &st, AT_SYMLINK_NOFOLLOW))
			continue;
		if (S_ISCHR(st.st_mode) || S_ISBLK(st.st_mode))
			r = posture_add(l->arena, &l->p->devices, "/dev/%s", entry->d_name);
	}
	return r;
}

/* The nodes that are in its /dev now; which numbers its cgroup allows cannot be read back of a BPF program. */
static int read_devices(const struct look *l)
{
	autoclose int dev = -1;
	char name[32];
	DIR *dir;
	int r;

	l->p->devices.n = 0;
	l->p->rootfd =
		openat(l->procfd, file_of(l, "root", name, sizeof(name)), O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (l->p->rootfd < 0)
		return fail(errno, "cannot open the container's root");
	r = path_in_root(l->p->rootfd, "/dev", O_RDONLY | O_DIRECTORY, &dev);
	if (r == -ENOENT) {
		fail_forget();
		return 0;
	}
	if (r < 0)
		return r;
	dir = fdopendir(dev);
	if (!dir)
		return fail(errno, "cannot read the container's /dev");
	(void)take_fd(&dev);
	r = read_nodes(l, dir);
	closedir(dir);
	return r;
}

int posture_from_process(struct arena *arena, int procfd, pid_t pid, struct posture *p)
{
	const struct look l = { .arena = arena, .procfd = procfd, .pid = pid, .p = p };
	int r = read_maps(&l);

	if (r == 0)
		r = read_status(&l);
	if (r == 0)
		r = read_namespaces(&l);
	if (r == 0 && !p->waits)
		r = read_labels(&l);
	else if (r == 0 && p->apparmor_on && !p->apparmor)
		r = posture_own_profile(arena, procfd, p);
	if (p->ns[NS_USER] == POSTURE_HOST)
		p->uids.n = p->gids.n = 0;
	if (r == 0)
		r = read_mounts(&l);
	return r < 0 ? r : read_devices(&l);
}
