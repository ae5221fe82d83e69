/* SPDX-License-Identifier: Apache-2.0 */
/*
 * run/checkpoint.c: the images of a container, by criu. Nothing is changed but by criu, which lets the container go on
 * where it fails; where criu itself is ended, the cgroup that it froze is thawed here.
 */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "base/err.h"
#include "base/fd.h"
#include "base/io.h"
#include "base/json_write.h"
#include "base/log.h"
#include "base/str.h"
#include "kernel/ns.h"
#include "run/criu.h"

#define MOUNTINFO_MAX (16u << 20)
#define THAW_MS	      5000

/* ---- stdio ------------------------------------------------------------------------------------------------------------- */

/* The mount that an fd of the container's is on. */
static int fd_mount(const struct checkpoint *c, int fd, uint64_t *ret_id)
{
	char name[48], text[1024], *line;
	ssize_t n;

	snprintf(name, sizeof(name), "%d/fdinfo/%d", (int)c->container->pid, fd);
	n = read_file_at(c->procfd, name, text, sizeof(text));
	line = n < 0 ? NULL : strstr(text, "mnt_id:");
	if (!line)
		return fail(n < 0 ? (int)-n : EBADMSG, "cannot read /proc/%s", name);
	line += strlen("mnt_id:");
	line += strspn(line, " \t");
	line[strcspn(line, "\n")] = '\0';
	return parse_u64(line, UINT32_MAX, ret_id) < 0 ? fail(EBADMSG, "cannot read /proc/%s", name) : 0;
}

static int has_mount(const struct checkpoint *c, uint64_t id, bool *ret)
{
	autoclose int fd = -1;
	char name[32], line[32], *text;
	size_t n;
	int r;

	snprintf(name, sizeof(name), "%d/mountinfo", (int)c->container->pid);
	fd = openat(c->procfd, name, O_RDONLY | O_CLOEXEC);
	r = fd < 0 ? -errno : read_all(c->arena, fd, MOUNTINFO_MAX, &text, &n);
	if (r < 0)
		return fail(-r, "cannot read /proc/%s", name);
	snprintf(line, sizeof(line), "\n%llu ", (unsigned long long)id);
	*ret = starts_with(text, line + 1) || strstr(text, line);
	return 0;
}

/* Under which name an fd is to be given again at restore: "pipe:[INODE]"; for a file of the host's that no mount of the
 * container shows, its mount and inode, which criu must be told of; "" for what is the container's own. */
static int describe(struct checkpoint *c, int fd, const char **ret_key, const char **ret_external)
{
	char name[48], target[256] = "";
	struct stat st;
	uint64_t mount;
	bool own = false;
	ssize_t n;
	int r;

	snprintf(name, sizeof(name), "%d/fd/%d", (int)c->container->pid, fd);
	n = readlinkat(c->procfd, name, target, sizeof(target) - 1);
	*ret_external = NULL;
	*ret_key = arena_strdup(c->arena, n > 0 ? target : "");
	if (!*ret_key)
		return -ENOMEM;
	if (n < 0 || starts_with(target, "pipe:[") || fstatat(c->procfd, name, &st, 0))
		return 0;
	/* terminals are --shell-job's */
	if (!S_ISREG(st.st_mode) && !S_ISFIFO(st.st_mode) && !(S_ISCHR(st.st_mode) && major(st.st_rdev) == 1))
		return 0;
	r = fd_mount(c, fd, &mount);
	if (r == 0)
		r = has_mount(c, mount, &own);
	if (r < 0 || own)
		return r;
	*ret_external = *ret_key = arena_printf(c->arena, "file[%llx:%llx]", (unsigned long long)mount,
						(unsigned long long)st.st_ino);
	return *ret_key ? 0 : -ENOMEM;
}

static int write_descriptors(const struct checkpoint *c, const struct strings *keys)
{
	struct json_writer *w = json_writer_begin(c->arena, NULL);
	autoclose int fd = -1;
	const char *text;
	size_t n;
	int r;

	if (!w)
		return -ENOMEM;
	json_strings(w, NULL, keys);
	r = json_writer_end(w, &text, &n);
	if (r < 0)
		return r;
	fd = openat(c->options.images_fd, CRIU_DESCRIPTORS,
		    O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0600);
	r = fd < 0 ? -errno : write_all(fd, text, n);
	return r < 0 ? fail(-r, "cannot write " CRIU_DESCRIPTORS " to the images") : 0;
}

/* ---- what is the host's -------------------------------------------------------------------------------------------------- */

static int add_namespaces(struct checkpoint *c, const char **external, size_t *n)
{
	for (int kind = 0; kind < NS_KINDS; kind++) {
		const char *key = criu_namespace_key((enum ns_kind)kind);
		char name[48];
		struct stat st;

		if (!key || !c->plan->ns.path[kind])
			continue;
		snprintf(name, sizeof(name), "%d/ns/%s", (int)c->container->pid, ns_words[kind].name);
		if (fstatat(c->procfd, name, &st, 0))
			return fail(errno, "cannot stat /proc/%s", name);
		external[*n] = arena_printf(c->arena, "%s[%llu]:%s", ns_words[kind].name,
					    (unsigned long long)st.st_ino, key);
		if (!external[(*n)++])
			return -ENOMEM;
	}
	return 0;
}

static int add_stdio(struct checkpoint *c, const char **external, size_t *n)
{
	const char *keys[4] = { NULL }, *own;
	int r;

	for (int fd = 0; fd < 3; fd++) {
		r = describe(c, fd, &keys[fd], &own);
		if (r < 0)
			return r;
		if (own && !(*n && streq(external[*n - 1], own)))
			external[(*n)++] = own;
	}
	return write_descriptors(c, &(struct strings){ keys, 3 });
}

static int add_mounts(struct checkpoint *c)
{
	autoclose int rootfd = -1;
	char name[32];

	snprintf(name, sizeof(name), "%d/root", (int)c->container->pid);
	rootfd = openat(c->procfd, name, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (rootfd < 0)
		return fail(errno, "cannot open /proc/%s", name);
	return criu_dump_mounts(c->arena, c->plan, rootfd, &c->options.mounts);
}

static int describe_container(struct checkpoint *c)
{
	const char **external = arena_array(c->arena, NS_KINDS + 4, const char *);
	struct criu_options *o = &c->options;
	size_t n = 0;
	int r;

	if (!external)
		return -ENOMEM;
	o->pid = (pid_t)c->container->pid;
	o->root = c->container->rootfs;
	o->log_level = 4;
	o->notify = o->orphan_terminals = true;
	if (c->container->cgroup)
		o->freeze_cgroup = cgroup_host_dir(c->arena, c->cgroups, "freezer", c->container->cgroup);
	r = add_namespaces(c, external, &n);
	/* a pre-dump is of memory only */
	if (r == 0 && c->request == CRIU_DUMP)
		r = add_mounts(c);
	if (r == 0 && c->request == CRIU_DUMP)
		r = add_stdio(c, external, &n);
	o->external = (struct strings){ external, n };
	return r;
}

/* ---- criu -------------------------------------------------------------------------------------------------------------------- */

/* A criu that was ended has left its work: stopped tasks run on by themselves, a frozen cgroup does not. */
static void thaw(struct checkpoint *c)
{
	struct err_trail *own = err_trail(), aside = { 0 };
	struct cgroup_place *place;

	if (!c->container->cgroup)
		return;
	err_trail_attach(&aside);
	if (cgroup_open(c->arena, c->cgroups, c->container->cgroup, &place) == 0) {
		if (cgroup_freeze(place, false, now_ms() + THAW_MS) < 0)
			log_warning("%s", aside.text);
		cgroup_close(place);
	}
	err_trail_attach(own);
}

static int hear(void *context, const struct criu_notice *notice)
{
	struct checkpoint *c = context;

	if (!streq(notice->script, "status-ready") || c->status_fd <= 0)
		return 0;
	if (write(c->status_fd, "", 1) != 1)
		return fail(errno, "cannot write to --status-fd %d", c->status_fd);
	fd_close(&c->status_fd);
	return 0;
}

int run_checkpoint(struct checkpoint *c)
{
	const int keep[] = { c->options.images_fd, c->options.work_fd };
	const struct criu_start start = { .keep = keep, .n_keep = ARRAY_SIZE(keep) };
	const struct criu_ear ear = { hear, c };
	struct criu criu = CRIU_NONE;
	bool was_frozen = false;
	int r = c->container->ids_size
			? fail(EOPNOTSUPP, "--userns: criu cannot restore a root with mapped ids")
			: criu_check_mounts(c->plan);

	if (r == 0)
		r = describe_container(c);
	if (r == 0)
		r = criu_start(&start, c->deadline_ms, &criu);
	if (r < 0)
		return r;
	if (c->container->cgroup) {
		struct cgroup_place *place;

		r = cgroup_open_freezer(c->arena, c->cgroups, c->container->cgroup, &place);
		if (r == 0) {
			r = cgroup_is_frozen(place, &was_frozen);
			cgroup_close(place);
		}
		r = r == -ENOENT ? 0 : r;
	}
	if (r == 0)
		r = criu_ask(&criu, c->arena, c->request, &c->options, &ear, c->log, c->deadline_ms);
	criu_close(&criu);
	if (r < 0 && !was_frozen)
		thaw(c);
	return r;
}
