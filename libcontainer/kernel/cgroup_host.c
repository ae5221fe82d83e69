/* SPDX-License-Identifier: Apache-2.0 */
/*
 * kernel/cgroup_host.c: which hierarchies this host has, and where the caller is in them. Parent only, once a
 * command, so a v2 host costs no look at mountinfo, which the kernel writes in a time proportional to the
 * host's mounts.
 */
#include "kernel/cgroup_place.h"

#include <fcntl.h>
#include <linux/magic.h>
#include <string.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "base/err.h"
#include "base/fd.h"
#include "base/io.h"
#include "base/str.h"

#define LINE_MAX_BYTES 16384 /* a longer line of mountinfo is an overlay with many layers, never a cgroup */

/* Lines of a file of procfs, whatever its size. */
struct lines {
	int fd;
	size_t start, end;
	bool skipping; /* the rest of a line that was too long */
	char buf[LINE_MAX_BYTES];
};

/* 1 and a line, 0 at the end, -errno. */
static int next_line(struct lines *l, char **ret_line)
{
	for (;;) {
		char *nl = memchr(l->buf + l->start, '\n', l->end - l->start);
		ssize_t n;

		if (nl) {
			bool rest = l->skipping;

			*nl = '\0';
			*ret_line = l->buf + l->start;
			l->start = (size_t)(nl - l->buf) + 1;
			l->skipping = false;
			if (!rest)
				return 1;
			continue;
		}
		memmove(l->buf, l->buf + l->start, l->end - l->start);
		l->end -= l->start;
		l->start = 0;
		if (l->end == sizeof(l->buf)) {
			l->skipping = true;
			l->end = 0;
		}
		n = read(l->fd, l->buf + l->end, sizeof(l->buf) - l->end);
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return n < 0 ? -errno : 0;
		l->end += (size_t)n;
	}
}

static int lines_open(struct lines *l, int procfd, const char *name)
{
	l->fd = openat(procfd, name, O_RDONLY | O_CLOEXEC);
	l->start = l->end = 0;
	l->skipping = false;
	return l->fd < 0 ? fail(errno, "cannot open /proc/%s", name) : 0;
}

/* The next field of a line, up to a space; NULL at the end. */
static char *field(char **at)
{
	char *s = *at;
	size_t n = s ? strcspn(s, " ") : 0;

	if (!s || !*s)
		return NULL;
	*at = s[n] ? s + n + 1 : s + n;
	s[n] = '\0';
	return s;
}

struct mount_line {
	const char *root, *mountpoint, *type, *options;
};

static bool split_mount_line(char *line, struct mount_line *ret)
{
	char *f, *at = line;

	for (int i = 0; i < 3; i++)
		if (!field(&at))
			return false;
	ret->root = field(&at);
	ret->mountpoint = field(&at);
	do
		f = field(&at);
	while (f && !streq(f, "-"));
	ret->type = field(&at);
	if (!ret->type || !field(&at))
		return false;
	ret->options = at;
	unescape_mount((char *)ret->root);
	unescape_mount((char *)ret->mountpoint);
	return true;
}

/* The caller's cgroup as seen from a mount whose root is `root`: a container without a cgroup namespace has
 * its own cgroup mounted. Outside of it, the mount's root is the nearest that can be named. */
static const char *own_below(const char *own, const char *root)
{
	size_t n = streq(root, "/") ? 0 : strlen(root);

	if (strncmp(own, root, n) || (own[n] && own[n] != '/') || starts_with(own, "/.."))
		return "/";
	return own[n] ? own + n : "/";
}

/* A hierarchy as /proc/self/cgroup names it; mounted once that is seen in mountinfo. */
static int add_hierarchy(struct arena *arena, char *line, struct cgroup_host *host)
{
	struct cgroup_hierarchy *h = &host->v[host->n];
	char *controllers = strchr(line, ':'), *own = controllers ? strchr(controllers + 1, ':') : NULL;
	size_t deleted = strlen(" (deleted)");

	if (!own || own[1] != '/')
		return fail(EINVAL, "/proc/self/cgroup has a line that is not understood");
	if (host->n == CGROUP_HIERARCHIES_MAX)
		return fail(E2BIG, "more than %d cgroup hierarchies", CGROUP_HIERARCHIES_MAX);
	*own++ = '\0';
	if (ends_with(own, " (deleted)"))
		own[strlen(own) - deleted] = '\0';
	h->v2 = !controllers[1];
	h->controllers = arena_strdup(arena, controllers + 1);
	h->own = arena_strdup(arena, own);
	if (!h->controllers || !h->own)
		return -ENOMEM;
	host->n++;
	return 0;
}

static int read_own(struct arena *arena, int procfd, bool only_v2, struct cgroup_host *host)
{
	struct lines l;
	char *line;
	int r = lines_open(&l, procfd, "self/cgroup"), got = 0;

	while (r == 0 && (got = next_line(&l, &line)) > 0)
		if (!only_v2 || starts_with(line, "0::"))
			r = add_hierarchy(arena, line, host);
	fd_close(&l.fd);
	return r < 0 ? r : got < 0 ? fail(-got, "cannot read /proc/self/cgroup") : 0;
}

static bool is_mount_of(const struct mount_line *m, const struct cgroup_hierarchy *h)
{
	if (h->v2)
		return streq(m->type, "cgroup2");
	/* all controllers of a hierarchy are among the options; the first is enough to know it */
	return streq(m->type, "cgroup") &&
	       cgroup_has_word(m->options, ',', h->controllers, strcspn(h->controllers, ","));
}

/* Later lines lie on top of earlier ones. */
static int see_mount(struct arena *arena, const struct mount_line *m, struct cgroup_host *host,
		     const char **roots)
{
	if (!starts_with(m->mountpoint, CGROUP_FS_ROOT))
		return 0;
	for (size_t i = 0; i < host->n; i++) {
		struct cgroup_hierarchy *h = &host->v[i];

		if (h->mountpoint &&
		    (streq(m->mountpoint, CGROUP_FS_ROOT) || streq(m->mountpoint, h->mountpoint)))
			h->mountpoint = NULL;
		if (h->mountpoint || !is_mount_of(m, h))
			continue;
		h->mountpoint = arena_strdup(arena, m->mountpoint);
		roots[i] = arena_strdup(arena, m->root);
		if (!h->mountpoint || !roots[i])
			return -ENOMEM;
	}
	return 0;
}

static int read_mounts(struct arena *arena, int procfd, struct cgroup_host *host)
{
	const char *roots[CGROUP_HIERARCHIES_MAX];
	struct mount_line m;
	struct lines l;
	char *line;
	size_t kept = 0;
	int r = lines_open(&l, procfd, "self/mountinfo"), got = 0;

	while (r == 0 && (got = next_line(&l, &line)) > 0)
		if (strstr(line, CGROUP_FS_ROOT) && split_mount_line(line, &m))
			r = see_mount(arena, &m, host, roots);
	fd_close(&l.fd);
	if (r < 0 || got < 0)
		return r < 0 ? r : fail(-got, "cannot read /proc/self/mountinfo");
	for (size_t i = 0; i < host->n; i++) {
		if (!host->v[i].mountpoint)
			continue;
		host->v[i].own = own_below(host->v[i].own, roots[i]);
		host->v[kept++] = host->v[i];
	}
	host->n = kept;
	return 0;
}

/* /sys/fs/cgroup is a cgroup2. Its root is that of the hierarchy if our own cgroup is where it then should
 * be. */
static int read_v2(struct arena *arena, int procfd, struct cgroup_host *host)
{
	const char *path;
	int r = read_own(arena, procfd, true, host);

	host->mode = CGROUP_V2;
	if (r < 0)
		return r;
	if (host->n == 0)
		return fail(EINVAL, "/proc/self/cgroup does not name a cgroup of version 2");
	path = arena_printf(arena, CGROUP_FS_ROOT "%s", host->v[0].own);
	if (!path)
		return -ENOMEM;
	if (!strstr(path, "/..") && access(path, F_OK) == 0) {
		host->v[0].mountpoint = CGROUP_FS_ROOT;
		return 0;
	}
	r = read_mounts(arena, procfd, host);
	return r == 0 && host->n == 0 ? fail(EINVAL, "mountinfo does not show " CGROUP_FS_ROOT) : r;
}

int cgroup_host_read(struct arena *arena, int procfd, struct cgroup_host *ret_host)
{
	struct cgroup_host host = { 0 };
	struct statfs fs;
	bool v1 = false, v2 = false;
	int r;

	if (statfs(CGROUP_FS_ROOT, &fs) < 0) {
		/* a kernel or a container without */
		if (errno != ENOENT)
			return fail(errno, "cannot look at " CGROUP_FS_ROOT);
		*ret_host = host;
		return 0;
	}
	if (fs.f_type == CGROUP2_SUPER_MAGIC) {
		r = read_v2(arena, procfd, &host);
	} else {
		r = read_own(arena, procfd, false, &host);
		if (r == 0)
			r = read_mounts(arena, procfd, &host);
		for (size_t i = 0; i < host.n; i++)
			*(host.v[i].v2 ? &v2 : &v1) = true;
		host.mode = v1 && v2 ? CGROUP_HYBRID : v1 ? CGROUP_V1 : v2 ? CGROUP_V2 : CGROUP_NONE;
	}
	if (r == 0)
		*ret_host = host;
	return r;
}

const char *cgroup_host_dir(struct arena *arena, const struct cgroup_host *host, const char *controller,
			    const char *path)
{
	for (size_t i = 0; i < host->n; i++) {
		const struct cgroup_hierarchy *h = &host->v[i];

		if (h->v2 ? host->mode == CGROUP_V2
			  : cgroup_has_word(h->controllers, ',', controller, strlen(controller)))
			return arena_printf(arena, "%s%s", h->mountpoint, path);
	}
	return NULL;
}
