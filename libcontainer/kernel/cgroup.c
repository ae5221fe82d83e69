/* SPDX-License-Identifier: Apache-2.0 */
/*
 * kernel/cgroup.c: a place in all of its hierarchies: makes, finds, attaches and removes. Parent only.
 */
#include "kernel/cgroup_place.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/err.h"
#include "base/fd.h"
#include "base/io.h"
#include "base/path.h"
#include "base/str.h"

bool cgroup_has_word(const char *list, char sep, const char *word, size_t n)
{
	for (const char *at = list; *at;) {
		const char *end = strchrnul(at, sep);

		if ((size_t)(end - at) == n && !memcmp(at, word, n))
			return true;
		at = end + (*end == sep);
	}
	return false;
}

const struct cgroup_dir *cgroup_place_dir(const struct cgroup_place *place, const char *controller)
{
	for (size_t i = 0; i < place->n; i++) {
		const struct cgroup_dir *dir = &place->v[i];

		if (place->mode == CGROUP_V2 ||
		    cgroup_has_word(dir->controllers, ',', controller, strlen(controller)))
			return dir;
	}
	return NULL;
}

/* Places hold fds, so they stay empty until these are open. */
static int place_begin(struct arena *arena, const struct cgroup_host *host, const char *path,
		       struct cgroup_place **ret_place)
{
	struct cgroup_place *place;
	int r = cgroup_path_check(path);

	if (r < 0)
		return r;
	if (host->mode == CGROUP_NONE)
		return fail(EOPNOTSUPP, "no cgroup hierarchy is mounted on " CGROUP_FS_ROOT);
	place = arena_new(arena, struct cgroup_place);
	if (!place)
		return -ENOMEM;
	place->mode = host->mode;
	place->path = arena_strdup(arena, path);
	if (!place->path)
		return -ENOMEM;
	place->name = strrchr(place->path, '/') + 1;
	*ret_place = place;
	return 0;
}

static struct cgroup_dir *place_add(struct cgroup_place *place, const struct cgroup_hierarchy *h)
{
	struct cgroup_dir *dir = &place->v[place->n++];

	*dir = (struct cgroup_dir){
		.controllers = h->controllers,
		.mountpoint = h->mountpoint,
		.v2 = h->v2,
		.parentfd = -1,
		.fd = -1,
	};
	return dir;
}

void cgroup_close(struct cgroup_place *place)
{
	for (size_t i = 0; place && i < place->n; i++) {
		fd_close(&place->v[i].fd);
		fd_close(&place->v[i].parentfd);
	}
	if (place && place->devices_loaded)
		fd_close(&place->device_program);
	if (place)
		place->n = 0;
}

int cgroup_check(const struct cgroup_host *host, const char *path)
{
	int r = cgroup_path_check(path);

	for (size_t i = 0; i < host->n && r == 0; i++) {
		const struct cgroup_dir dir = {
			.controllers = host->v[i].controllers,
			.mountpoint = host->v[i].mountpoint,
			.v2 = host->v[i].v2,
		};

		r = dir.v2 ? cgroup_v2_check(&dir, path) : cgroup_v1_check(&dir, path);
	}
	return r;
}

/* Take back what this call made, and only that: the failure that is recorded stays the one that is told. */
static void place_unmake(struct cgroup_place *place)
{
	for (size_t i = 0; i < place->n; i++) {
		const struct cgroup_dir *dir = &place->v[i];
		autoclose int rootfd = -1;

		if (dir->made && dir->fd >= 0 && cgroup_root_open(dir->mountpoint, dir->v2, &rootfd) == 0)
			cgroup_unmake(rootfd, place->path, strlen(place->path), dir->existing);
	}
	cgroup_close(place);
}

int cgroup_make(struct arena *arena, const struct cgroup_host *host, const char *path,
		const char *controllers, struct cgroup_place **ret_place)
{
	struct cgroup_place *place;
	int r = place_begin(arena, host, path, &place);

	for (size_t i = 0; r == 0 && i < host->n; i++) {
		struct cgroup_dir *dir = place_add(place, &host->v[i]);

		r = dir->v2 ? cgroup_v2_make(dir, place, controllers) : cgroup_v1_make(dir, place, 0);
		if (r < 0)
			place_unmake(place);
	}
	if (r == 0)
		*ret_place = place;
	return r;
}

/* A manager of hybrid hosts may be of v1 altogether: then the cgroup2 is ours to fill. */
static int adopt_v2(struct cgroup_dir *dir, const struct cgroup_place *place, const char *controllers)
{
	int r = cgroup_v2_adopt(dir, place, controllers);

	if (r == -ENOENT && place->mode == CGROUP_HYBRID)
		return cgroup_v2_make(dir, place, controllers);
	return r == -ENOENT ? fail(ENOENT, "cannot open cgroup '%s'", place->path) : r;
}

int cgroup_adopt(struct arena *arena, const struct cgroup_host *host, const char *path,
		 const char *controllers, pid_t pid, struct cgroup_place **ret_place)
{
	struct cgroup_place *place;
	int r = place_begin(arena, host, path, &place);

	for (size_t i = 0; r == 0 && i < host->n; i++) {
		struct cgroup_dir *dir = place_add(place, &host->v[i]);

		r = dir->v2 ? adopt_v2(dir, place, controllers) : cgroup_v1_make(dir, place, pid);
		if (r < 0)
			place_unmake(place);
	}
	if (r == 0)
		*ret_place = place;
	return r;
}

/* -ENOENT where the cgroup or its parent is missing. */
static int dir_open_existing(struct cgroup_dir *dir, const struct cgroup_place *place)
{
	autoclose int rootfd = -1;
	int r = cgroup_root_open(dir->mountpoint, dir->v2, &rootfd);

	if (r == 0)
		r = cgroup_dir_open(rootfd, place->path, cgroup_parent_len(place->path), &dir->parentfd);
	if (r < 0)
		return r;
	dir->fd = openat(dir->parentfd, place->name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (dir->fd < 0)
		return errno == ENOENT ? -ENOENT : fail(errno, "cannot open cgroup '%s'", place->path);
	return 0;
}

static bool has_controller(const struct cgroup_place *place, const struct cgroup_hierarchy *h,
			   const char *controller)
{
	return place->mode == CGROUP_V2 ||
	       cgroup_has_word(h->controllers, ',', controller, strlen(controller));
}

/* In all hierarchies, or in the one that has `controller`. */
static int open_where(struct arena *arena, const struct cgroup_host *host, const char *path,
		      const char *controller, struct cgroup_place **ret_place)
{
	struct cgroup_place *place;
	int r = place_begin(arena, host, path, &place);

	if (r < 0)
		return r;
	for (size_t i = 0; i < host->n; i++) {
		struct cgroup_dir *dir;

		if (controller && !has_controller(place, &host->v[i], controller))
			continue;
		dir = place_add(place, &host->v[i]);
		r = dir_open_existing(dir, place);
		if (r == 0)
			continue;
		fd_close(&dir->parentfd);
		place->n--;
		if (r != -ENOENT) {
			cgroup_close(place);
			return r;
		}
	}
	if (place->n == 0)
		return -ENOENT;
	*ret_place = place;
	return 0;
}

int cgroup_open(struct arena *arena, const struct cgroup_host *host, const char *path,
		struct cgroup_place **ret_place)
{
	return open_where(arena, host, path, NULL, ret_place);
}

int cgroup_open_freezer(struct arena *arena, const struct cgroup_host *host, const char *path,
			struct cgroup_place **ret_place)
{
	return open_where(arena, host, path, "freezer", ret_place);
}

int cgroup_clone_fd(const struct cgroup_place *place)
{
	return place->mode == CGROUP_V2 && place->n > 0 ? place->v[0].fd : -1;
}

int cgroup_attach(const struct cgroup_place *place, pid_t pid)
{
	char text[16];

	snprintf(text, sizeof(text), "%d", pid);
	for (size_t i = 0; i < place->n; i++) {
		int r = write_file_at(place->v[i].fd, "cgroup.procs", text);

		if (r < 0)
			return fail(-r, "cannot move process %d to cgroup '%s' of '%s'", pid, place->path,
				    place->v[i].mountpoint);
	}
	return 0;
}

/* Usually nothing is below: one system call. */
static int dir_remove(const struct cgroup_place *place, const struct cgroup_dir *dir, int64_t deadline_ms)
{
	struct backoff backoff = { .deadline_ms = deadline_ms };

	while (unlinkat(dir->parentfd, place->name, AT_REMOVEDIR) < 0) {
		int r;

		if (errno == ENOENT)
			return 0;
		if (errno != EBUSY && errno != ENOTEMPTY)
			return fail(errno, "cannot remove cgroup '%s' of '%s'", place->path, dir->mountpoint);
		r = cgroup_tree_clear(dir->fd, deadline_ms);
		if (r < 0 && r != -EBUSY)
			return fail(-r, "cannot remove what is below cgroup '%s'", place->path);
		if (unlinkat(dir->parentfd, place->name, AT_REMOVEDIR) == 0)
			return 0;
		if (!backoff_sleep(&backoff))
			return fail(EBUSY, "cgroup '%s' of '%s' still has processes", place->path,
				    dir->mountpoint);
	}
	return 0;
}

/* A cgroup2 that can be removed has nobody in it or below. Not with v1: a hierarchy can be empty while another is not. */
bool cgroup_remove_empty(const struct cgroup_place *place)
{
	return place->mode == CGROUP_V2 && unlinkat(place->v[0].parentfd, place->name, AT_REMOVEDIR) == 0;
}

int cgroup_remove(const struct cgroup_place *place, int64_t deadline_ms)
{
	int r = 0;

	/* one that cannot be removed does not keep the others: less is left for the next try */
	for (size_t i = 0; i < place->n; i++) {
		int this = dir_remove(place, &place->v[i], deadline_ms);

		r = r ? r : this;
	}
	return r;
}

ssize_t cgroup_read(const struct cgroup_place *place, const char *controller, const char *file, char *buf,
		    size_t size)
{
	const struct cgroup_dir *dir = cgroup_place_dir(place, controller);
	ssize_t n;

	if (!path_is_component(file))
		return fail(EINVAL, "'%s' is not the name of a cgroup file", file);
	n = dir ? read_file_at(dir->fd, file, buf, size) : -ENOENT;
	return n < 0 && n != -ENOENT ? fail((int)-n, "cannot read %s of cgroup '%s'", file, place->path) : n;
}

/* Names from the kernel's list; those that this cgroup does not have are skipped. */
static int chown_files(const struct cgroup_place *place, int fd, char *names, uid_t uid)
{
	char *save = NULL;

	for (char *name = strtok_r(names, " \n", &save); name; name = strtok_r(NULL, " \n", &save)) {
		if (!path_is_component(name))
			return fail(EINVAL, "/sys/kernel/cgroup/delegate names '%s'", name);
		if (fchownat(fd, name, uid, (gid_t)-1, AT_SYMLINK_NOFOLLOW) < 0 && errno != ENOENT)
			return fail(errno, "cannot give %s of cgroup '%s' to uid %u", name, place->path, uid);
	}
	return 0;
}

int cgroup_chown(const struct cgroup_place *place, uid_t uid)
{
	/* until 4.15 is the oldest kernel: it lists nothing */
	char names[1024] = "cgroup.procs cgroup.subtree_control cgroup.threads";
	ssize_t n = read_file_at(AT_FDCWD, "/sys/kernel/cgroup/delegate", names, sizeof(names));
	int fd = cgroup_clone_fd(place);

	if (fd < 0)
		return fail(EOPNOTSUPP, "only a cgroup of version 2 can be delegated");
	if (n < 0 && n != -ENOENT)
		return fail((int)-n, "cannot read /sys/kernel/cgroup/delegate");
	if (fchown(fd, uid, (gid_t)-1) < 0)
		return fail(errno, "cannot give cgroup '%s' to uid %u", place->path, uid);
	return chown_files(place, fd, names, uid);
}
