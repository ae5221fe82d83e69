/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ids.c: --userns=auto. Source: subuid(5), subgid(5), user_namespaces(7).
 */
#include "ids.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/err.h"
#include "base/fd.h"
#include "base/io.h"
#include "base/log.h"
#include "base/str.h"
#include "kernel/idmap.h"

#define DEFAULT_USER "containers" /* whose ranges podman and CRI-O take for the same purpose */
#define DEFAULT_SIZE 65536
#define ID_END	     UINT32_MAX /* (uid_t)-1 is nobody's */
#define FILE_MAX     (4u << 20)

/* ---- what is asked for ---- */

struct request {
	const char *user;
	uint32_t size;
};

static int parse_option(struct request *request, const char *word)
{
	if (starts_with(word, "size="))
		return parse_u32(word + 5, &request->size) < 0 || !request->size ? -EINVAL : 0;
	if (!starts_with(word, "user=") || !word[5])
		return -EINVAL;
	request->user = word + 5;
	return 0;
}

/* *ret has the defaults. */
static int parse(struct arena *arena, const char *words, struct request *ret)
{
	struct request request = *ret;
	char *copy = arena_strdup(arena, words), *save = NULL;
	int r = 0;

	if (!copy)
		return -ENOMEM;
	if (!streq(copy, "auto") && !starts_with(copy, "auto:"))
		r = -EINVAL;
	else if (copy[4])
		for (char *w = strtok_r(copy + 5, ",", &save); r == 0 && w; w = strtok_r(NULL, ",", &save))
			r = parse_option(&request, w);
	if (r < 0)
		return fail(0,
			    "--userns '%s': it can be auto, auto:size=NUMBER or auto:size=NUMBER,user=NAME",
			    words);
	*ret = request;
	return 0;
}

/* ---- sets of ids ---- */

struct span {
	uint64_t from, to; /* `to` is no part of it */
};

struct spans {
	struct arena *arena;
	struct span *v;
	size_t n, room;
};

static int add(struct spans *s, uint64_t from, uint64_t size)
{
	if (s->n == s->room) {
		size_t room = s->room ? s->room * 2 : 64;
		struct span *v = arena_array(s->arena, room, struct span);

		if (!v)
			return -ENOMEM;
		if (s->n)
			memcpy(v, s->v, s->n * sizeof(v[0]));
		s->v = v;
		s->room = room;
	}
	if (from < ID_END && size)
		s->v[s->n++] = (struct span){ from, from + size < ID_END ? from + size : ID_END };
	return 0;
}

static int intersect(const struct spans *a, const struct spans *b, struct spans *ret)
{
	int r = 0;

	for (size_t i = 0; r == 0 && i < a->n; i++)
		for (size_t k = 0; r == 0 && k < b->n; k++) {
			uint64_t from = a->v[i].from > b->v[k].from ? a->v[i].from : b->v[k].from;
			uint64_t to = a->v[i].to < b->v[k].to ? a->v[i].to : b->v[k].to;

			if (from < to)
				r = add(ret, from, to - from);
		}
	return r;
}

static int by_start(const void *a, const void *b)
{
	uint64_t x = ((const struct span *)a)->from, y = ((const struct span *)b)->from;

	return x < y ? -1 : x > y;
}

/* `taken` is sorted. */
static bool find_gap(const struct spans *own, const struct spans *taken, uint32_t size, uint32_t *ret_start)
{
	for (size_t i = 0; i < own->n; i++) {
		uint64_t at = own->v[i].from;

		for (size_t k = 0; k < taken->n && taken->v[k].from < at + size; k++)
			if (taken->v[k].to > at)
				at = taken->v[k].to;
		if (at + size > own->v[i].to)
			continue;
		*ret_start = (uint32_t)at;
		return true;
	}
	return false;
}

/* ---- whose they are ---- */

/* USER:START:SIZE. A line that is none is no range, as to newuidmap(1). */
static int read_line(char *line, const char *user, struct spans *own, struct spans *taken)
{
	char *start = strchr(line, ':'), *size = start ? strchr(start + 1, ':') : NULL;
	uint32_t from, n;

	if (!size)
		return 0;
	*start++ = '\0';
	*size++ = '\0';
	if (parse_u32(start, &from) < 0 || parse_u32(size, &n) < 0)
		return 0;
	return add(streq(line, user) ? own : taken, from, n);
}

static int read_subids(struct arena *arena, const char *path, const char *user, struct spans *own,
		       struct spans *taken)
{
	autoclose int fd = open(path, O_RDONLY | O_CLOEXEC);
	char *text, *save = NULL;
	size_t n;
	int r = fd < 0 ? -errno : read_all(arena, fd, FILE_MAX, &text, &n);

	if (r < 0)
		return fail(-r, "--userns=auto: cannot read '%s', which says whose ids may be taken", path);
	for (char *line = strtok_r(text, "\n", &save); r == 0 && line; line = strtok_r(NULL, "\n", &save))
		r = read_line(line, user, own, taken);
	return r;
}

/* What a user namespace has no ids of cannot be given away in it. */
static int own_ids(struct cruet *cruet, const char *file, struct spans *ret)
{
	struct id_map map;
	int r = idmap_read(&cruet->arena, cruet->procfd, 0, file, &map);

	if (r < 0)
		return fail(-r, "cannot read our own id map");
	for (size_t i = 0; r == 0 && i < map.n; i++)
		r = add(ret, map.v[i].inside, map.v[i].size);
	return r;
}

static int read_own(struct cruet *cruet, const struct request *request, struct spans *ret_own,
		    struct spans *taken)
{
	struct arena *arena = &cruet->arena;
	struct spans uids = { .arena = arena }, gids = uids, both = uids, here = uids, first = uids;
	int r = read_subids(arena, "/etc/subuid", request->user, &uids, taken);

	if (r == 0)
		r = read_subids(arena, "/etc/subgid", request->user, &gids, taken);
	if (r == 0)
		r = intersect(&uids, &gids, &both);
	if (r == 0)
		r = own_ids(cruet, "uid_map", &here);
	if (r == 0)
		r = intersect(&both, &here, &first);
	here.n = 0;
	if (r == 0)
		r = own_ids(cruet, "gid_map", &here);
	return r < 0 ? r : intersect(&first, &here, ret_own);
}

/* ---- what is taken ---- */

/* Of the state root: also of what was not started yet, of what has ended, and of a create that died. */
static int read_records(struct cruet *cruet, int rootfd, struct spans *taken)
{
	struct strings ids = { .n = 0 };
	int r = rootfd < 0 ? 0 : ledger_list(rootfd, &cruet->arena, &ids);

	for (size_t i = 0; r == 0 && i < ids.n; i++) {
		struct ledger_entry entry;
		struct container c;

		if (ledger_open(rootfd, ids.v[i], -1, &entry) < 0) { /* deleted meanwhile */
			fail_forget();
			continue;
		}
		r = ledger_read(&entry, &cruet->arena, &c);
		/* a record that nobody can read; if its container lives, its processes tell */
		if (r < 0 && ledger_has(&entry, "config.json"))
			log_warning("container '%s': %s", ids.v[i], err_trail()->text);
		if (r == 0 && c.ids_size)
			r = add(taken, c.ids_start, c.ids_size);
		else if (r < 0)
			fail_forget();
		ledger_close(&entry);
		r = r == -ENOMEM ? r : 0;
	}
	return r;
}

struct processes {
	struct cruet *cruet;
	ino_t own, last; /* user namespaces */
	struct spans *taken;
};

static int read_map(struct processes *p, pid_t pid, const char *file)
{
	struct id_map map = { .n = 0 };
	int r = idmap_read(&p->cruet->arena, p->cruet->procfd, pid, file, &map);

	for (size_t i = 0; r == 0 && i < map.n; i++)
		if (map.v[i].size != ID_END) /* the host's own, or as good as it: nobody's in particular */
			r = add(p->taken, map.v[i].outside, map.v[i].size);
	return r == -ENOMEM ? r : 0; /* it is gone: so are its ids */
}

static int read_process(struct processes *p, const char *name)
{
	char path[64];
	struct text t = TEXT(path);
	struct stat st;
	uint32_t pid;
	int r;

	if (parse_u32(name, &pid) < 0)
		return 0;
	text_add(&t, "%s/ns/user", name);
	/* one that has ended, though nobody has reaped it, has left its namespaces, and still shows a map */
	if (fstatat(p->cruet->procfd, path, &st, 0)) {
		if (errno == ENOENT || errno == ESRCH)
			return 0;
		st.st_ino = 0; /* we may not trace it: its map says enough */
	}
	if (st.st_ino && (st.st_ino == p->own || st.st_ino == p->last))
		return 0;
	p->last = st.st_ino;
	r = read_map(p, (pid_t)pid, "uid_map");
	return r < 0 ? r : read_map(p, (pid_t)pid, "gid_map");
}

/* Of whatever engine: podman, a kubelet's pods, systemd-nspawn. Namespaces without a process nobody can ask. */
static int read_processes(struct cruet *cruet, struct spans *taken)
{
	struct processes p = { .cruet = cruet, .taken = taken };
	int fd = openat(cruet->procfd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC), r = 0;
	DIR *dir = fd < 0 ? NULL : fdopendir(fd);
	struct stat st;

	if (!dir || fstatat(cruet->procfd, "self/ns/user", &st, 0)) {
		r = fail(errno, "cannot look for user namespaces in /proc");
		if (dir)
			closedir(dir);
		else
			fd_close(&fd);
		return r;
	}
	p.own = st.st_ino;
	for (struct dirent *e = readdir(dir); e && r == 0; e = readdir(dir))
		r = read_process(&p, e->d_name);
	closedir(dir);
	return r;
}

/* ---- the whole ---- */

static int no_range(const struct request *request, const struct spans *own)
{
	uint64_t longest = 0;

	for (size_t i = 0; i < own->n; i++)
		if (own->v[i].to - own->v[i].from > longest)
			longest = own->v[i].to - own->v[i].from;
	if (!own->n)
		return fail(0,
			    "--userns=auto: user '%s' has no subordinate ids here: add a line like "
			    "'%s:1000000:4194304' to both /etc/subuid and /etc/subgid",
			    request->user, request->user);
	if (longest < request->size)
		return fail(0,
			    "--userns=auto: user '%s' has no %u subordinate ids in a row, the same in "
			    "/etc/subuid "
			    "and /etc/subgid, only %llu",
			    request->user, request->size, (unsigned long long)longest);
	return fail(0,
		    "--userns=auto: no %u subordinate ids of user '%s' in a row are free: delete containers, "
		    "or add "
		    "ranges to /etc/subuid and /etc/subgid",
		    request->size, request->user);
}

int ids_take(struct cruet *cruet, int rootfd, const char *words, struct id_range *ret_range)
{
	struct spans own = { .arena = &cruet->arena }, taken = own;
	struct request request = { .user = DEFAULT_USER, .size = DEFAULT_SIZE };
	uint32_t start;
	int r = parse(&cruet->arena, words, &request);

	if (r < 0)
		return r;
	if (geteuid() == 0) { /* who is not root is told why not by the plan, whatever range it is */
		r = read_own(cruet, &request, &own, &taken);
		if (r == 0)
			r = read_records(cruet, rootfd, &taken);
		if (r == 0)
			r = read_processes(cruet, &taken);
		if (r < 0)
			return r;
		if (taken.n)
			qsort(taken.v, taken.n, sizeof(taken.v[0]), by_start);
		if (!find_gap(&own, &taken, request.size, &start))
			return no_range(&request, &own);
	} else {
		start = 1;
	}
	*ret_range = (struct id_range){ .inside = 0, .outside = start, .size = request.size };
	return 0;
}
