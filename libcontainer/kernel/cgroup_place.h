/* SPDX-License-Identifier: Apache-2.0 */
/*
 * kernel/cgroup_place.h: what is inside a place, for the cgroup_*.c files only. Everything is reached from
 * fds: of the cgroup, and of its parent (what must be removed is named in its parent).
 */
#pragma once

#include <signal.h>

#include "kernel/cgroup.h"

struct cgroup_dir {
	const char *controllers; /* "cpu,cpuacct"; "" for v2 */
	const char *mountpoint;
	bool v2;
	bool made;	 /* by this process: nothing can be attached to it yet */
	size_t existing; /* where made: how much of the path was there before */
	int parentfd, fd;
};

struct cgroup_place {
	enum cgroup_mode mode;
	const char *path; /* with the leading slash */
	const char *name; /* its last component */
	struct cgroup_dir v[CGROUP_HIERARCHIES_MAX];
	size_t n;
	bool devices_loaded; /* v2: the next device rules are those of device_program */
	int device_program;  /* -1: all is allowed */
};

/* cgroup_path.c: from the hierarchy's root downwards. */

#define CGROUP_FS_ROOT "/sys/fs/cgroup"

/* Clean, absolute, not the root: what the functions below take for granted. Records. */
int cgroup_path_check(const char *path) MUST_USE;
/* The root of what is mounted, verified to be a cgroup file system. Records. */
int cgroup_root_open(const char *mountpoint, bool v2, int *ret_fd) MUST_USE;
/* The directory `len` bytes of `path` lead to, never leaving the root. -ENOENT is not recorded. */
int cgroup_dir_open(int rootfd, const char *path, size_t len, int *ret_fd) MUST_USE;
/* Called for a directory on the way that is about to get a child: v2 enables controllers, v1 fills cpusets.
 * `parentfd` is -1 at the root. */
struct cgroup_way {
	int (*prepare)(int parentfd, int fd, const void *arg);
	const void *arg;
};
/* Open the parent of `path`, making what is missing; ret_existing is the length of what was there before. */
int cgroup_parent_make(int rootfd, const char *path, const struct cgroup_way *way, int *ret_parentfd,
		       size_t *ret_existing) MUST_USE;
/* Remove the first `len` bytes of `path` and its parents down to what is longer than `existing`, where they
 * are empty. */
void cgroup_unmake(int rootfd, const char *path, size_t len, size_t existing);
/* The length of the parent's path: 0 where that is the root. */
size_t cgroup_parent_len(const char *path);

/* cgroup_tree.c: what is below. Depth is bounded by memory only, as the container chooses it. */

/* Visit `topfd` and every directory below it, parents first; stops at the first that is not 0 and returns
 * that. */
int cgroup_tree_walk(int topfd, int (*visit)(int dirfd, void *arg), void *arg) MUST_USE;
/* Remove everything below topfd; EBUSY is tried again until the deadline: -EBUSY then. Records nothing. */
int cgroup_tree_clear(int topfd, int64_t deadline_ms) MUST_USE;

struct pid_list {
	pid_t *v; /* malloc */
	size_t n, size;
};
/* Add the processes of dirfd and below. A cgroup that is gone has none. Records nothing. */
int cgroup_tree_pids(int topfd, struct pid_list *list) MUST_USE;
void pid_list_free(struct pid_list *list);
#define autofree_pids __attribute__((cleanup(pid_list_free)))
/* The processes of all of the place's directories: a create that was killed attached to some of them only. */
int cgroup_place_pids(const struct cgroup_place *place, struct pid_list *list) MUST_USE;

/* Sleep that doubles from 1 ms to 16 ms, not past the deadline; false where that is over. */
struct backoff {
	int64_t deadline_ms;
	unsigned int ms;
};
bool backoff_sleep(struct backoff *b);

/* cgroup_v1.c, cgroup_v2.c */

/* `guest`: a process that may be in it already; 0: nobody may. */
int cgroup_v1_make(struct cgroup_dir *dir, const struct cgroup_place *place, pid_t guest) MUST_USE;
int cgroup_v1_check(const struct cgroup_dir *dir, const char *path) MUST_USE;
int cgroup_v1_freeze(const struct cgroup_dir *dir, bool frozen, int64_t deadline_ms) MUST_USE;
int cgroup_v1_thaw_all(const struct cgroup_dir *dir) MUST_USE;
int cgroup_v1_is_frozen(int fd, bool *ret_frozen) MUST_USE;
int cgroup_v1_set_rt(const struct cgroup_dir *dir, const char *path, const struct cgroup_write *w) MUST_USE;
int cgroup_v1_set_devices(const struct cgroup_dir *dir, const struct device_rule *rules, size_t n) MUST_USE;

int cgroup_v2_make(struct cgroup_dir *dir, const struct cgroup_place *place,
		   const char *controllers) MUST_USE;
/* -ENOENT (not recorded) where the manager has made none. */
int cgroup_v2_adopt(struct cgroup_dir *dir, const struct cgroup_place *place,
		    const char *controllers) MUST_USE;
int cgroup_v2_check(const struct cgroup_dir *dir, const char *path) MUST_USE;
int cgroup_v2_freeze(const struct cgroup_dir *dir, bool frozen, int64_t deadline_ms) MUST_USE;
int cgroup_v2_is_frozen(int fd, bool *ret_frozen) MUST_USE;
int cgroup_v2_wait_empty(const struct cgroup_dir *dir, int64_t deadline_ms) MUST_USE;
struct cgroup_events {
	bool populated, frozen;
};
int cgroup_v2_events(int fd, struct cgroup_events *ret) MUST_USE;

/* cgroup.c: the directory of a controller, NULL where there is none. */
const struct cgroup_dir *cgroup_place_dir(const struct cgroup_place *place, const char *controller);
/* True if `word` is one of the words of `list`, which are separated by `sep`. */
bool cgroup_has_word(const char *list, char sep, const char *word, size_t n);
