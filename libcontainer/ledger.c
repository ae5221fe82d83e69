/* SPDX-License-Identifier: Apache-2.0 */
/* ledger.c: see ledger.h. */
#include "ledger.h"

#include <dirent.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/err.h"
#include "base/fd.h"
#include "base/io.h"
#include "base/json_read.h"
#include "base/path.h"
#include "base/str.h"
#include "kernel/sys.h"
#include "ledger_record.h"

#define ID_MAX	    1024
#define RECORD_NAME "record.json"
#define CONFIG_NAME "config.json"
#define RECORD_MAX  (4u << 20)
#define NEW_PREFIX  ".new."
#define DEL_PREFIX  ".del."

static int write_new(int dirfd, const char *name, const char *text, size_t n)
{
	autoclose int fd = openat(dirfd, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	int r;

	if (fd < 0)
		return fail(errno, "cannot make '%s' in the state directory", name);
	r = write_all(fd, text, n);
	return r < 0 ? fail(-r, "cannot write '%s' in the state directory", name) : 0;
}

/* ---- the root ------------------------------------------------------------------------------------------------------ */

static int make_parents(const char *path)
{
	char buf[PATH_MAX];
	int r = path_normalise(path, buf, sizeof(buf));

	if (r < 0)
		return fail(-r, "invalid state root '%s'", path);
	for (char *p = strchr(buf + 1, '/'); p; p = strchr(p + 1, '/')) {
		*p = '\0';
		if (mkdir(buf, 0755) && errno != EEXIST)
			return fail(errno, "cannot make '%s' for the state root", buf);
		*p = '/';
	}
	if (mkdir(buf, 0700) && errno != EEXIST)
		return fail(errno, "cannot make the state root '%s'", path);
	return 0;
}

int ledger_root_open(const char *root, bool make, int *ret_rootfd)
{
	autoclose int fd = -1;
	struct stat st;
	int r;

	if (streq(root, "/"))
		return fail(EINVAL,
			    "the state root cannot be '/': choose a directory of its own with --root");
	fd = open(root, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0 && errno == ENOENT) {
		if (!make)
			return -ENOENT;
		r = make_parents(root);
		if (r < 0)
			return r;
		fd = open(root, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	}
	if (fd < 0)
		return fail(errno, "cannot open the state root '%s'", root);
	if (fstat(fd, &st))
		return fail(errno, "cannot stat the state root '%s'", root);
	if (st.st_uid != geteuid())
		return fail(EPERM,
			    "the state root '%s' belongs to uid %u, not to you: choose another with --root",
			    root, st.st_uid);
	if (st.st_mode & 022)
		return fail(EPERM,
			    "the state root '%s' can be written by others (mode %o): chmod 700 it, or choose "
			    "another with --root",
			    root, st.st_mode & 07777u);
	if (st.st_mode & 077 && fchmod(fd, 0700))
		return fail(errno, "cannot close the state root '%s' to others", root);
	*ret_rootfd = take_fd(&fd);
	return 0;
}

int ledger_check_id(const char *id)
{
	size_t n = strlen(id);

	if (n == 0)
		return fail(EINVAL, "container id is empty");
	if (n > ID_MAX)
		return fail(EINVAL, "container id is longer than %d characters", ID_MAX);
	if (streq(id, ".") || streq(id, "..") ||
	    strspn(id, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_+.-") != n)
		return fail(
			EINVAL,
			"invalid container id '%s': only letters, digits, '_', '+', '.' and '-' are allowed",
			id);
	if (starts_with(id, NEW_PREFIX) || starts_with(id, DEL_PREFIX) || n > NAME_MAX)
		return fail(EINVAL, "invalid container id '%s': too long, or reserved", id);
	return 0;
}

/* ---- entries ------------------------------------------------------------------------------------------------------- */

static void random_name(const char *prefix, char *buf, size_t size)
{
	uint64_t word = 0;

	if (getrandom(&word, sizeof(word), 0) != sizeof(word))
		word = (uint64_t)now_ms() ^ (uint64_t)getpid() << 32;
	snprintf(buf, size, "%s%016llx", prefix, (unsigned long long)word);
}

/* Remove a directory of ours and the plain files in it; nothing in it is ours that is not a file or socket. */
static void remove_directory(int rootfd, const char *name)
{
	int fd = openat(rootfd, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	DIR *dir = fd < 0 ? NULL : fdopendir(fd);

	if (!dir) {
		fd_close(&fd);
		return;
	}
	for (struct dirent *e = readdir(dir); e; e = readdir(dir)) {
		if (streq(e->d_name, ".") || streq(e->d_name, ".."))
			continue;
		if (unlinkat(fd, e->d_name, 0) && errno == EISDIR)
			remove_directory(fd, e->d_name);
	}
	closedir(dir);
	unlinkat(rootfd, name, AT_REMOVEDIR);
}

static int fill_entry(int dirfd, struct arena *arena, const struct container *c, const char *config,
		      size_t config_n)
{
	const char *text;
	int r = record_text(arena, c, &text);

	if (r == 0)
		r = write_new(dirfd, RECORD_NAME, text, strlen(text));
	if (r == 0)
		r = write_new(dirfd, CONFIG_NAME, config, config_n);
	return r;
}

/* A new directory, locked. Between its birth and the lock a sweeper can take it for garbage: then it is gone, or about to
 * be, and another is made. -EAGAIN (not recorded): that happened. */
static int make_locked(int rootfd, char *name, size_t size, int *ret_dirfd)
{
	autoclose int dirfd = -1;
	struct stat st;

	random_name(NEW_PREFIX, name, size);
	if (mkdirat(rootfd, name, 0700))
		return fail(errno, "cannot make a state directory");
	dirfd = openat(rootfd, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (dirfd < 0 && errno == ENOENT)
		return -EAGAIN;
	if (dirfd >= 0 && flock(dirfd, LOCK_EX | LOCK_NB) == 0 && fstat(dirfd, &st) == 0) {
		if (st.st_nlink == 0)
			return -EAGAIN;
		*ret_dirfd = take_fd(&dirfd);
		return 0;
	}
	if (dirfd >= 0 && errno == EWOULDBLOCK)
		return -EAGAIN;
	fail(errno, "cannot lock the new state directory");
	remove_directory(rootfd, name);
	return -EIO;
}

int ledger_publish(int rootfd, struct arena *arena, const struct container *c, const char *config,
		   size_t config_n, struct ledger_entry *ret_entry)
{
	autoclose int dirfd = -1;
	char name[40];
	int r;

	do
		r = make_locked(rootfd, name, sizeof(name), &dirfd);
	while (r == -EAGAIN);
	if (r < 0)
		return r;
	r = fill_entry(dirfd, arena, c, config, config_n);
	if (r == 0 && sys_renameat2(rootfd, name, rootfd, c->id, RENAME_NOREPLACE)) {
		if (errno == EEXIST)
			r = fail(0, "container with given ID already exists: '%s'", c->id);
		else
			r = fail(errno, "cannot publish the state directory of '%s'", c->id);
	}
	if (r < 0) {
		remove_directory(rootfd, name);
		return r;
	}
	*ret_entry = (struct ledger_entry){ rootfd, take_fd(&dirfd), c->id, true };
	return 0;
}

int ledger_draft(struct ledger_entry *entry, struct arena *arena, const struct container *c)
{
	const char *text;
	int r = record_text(arena, c, &text);

	if (r < 0)
		return r;
	r = write_new(entry->dirfd, RECORD_NAME ".new", text, strlen(text));
	if (r != -EEXIST)
		return r;
	/* of a command that died */
	fail_forget();
	r = ledger_unlink(entry, RECORD_NAME ".new");
	return r < 0 ? r : write_new(entry->dirfd, RECORD_NAME ".new", text, strlen(text));
}

int ledger_take_draft(struct ledger_entry *entry)
{
	if (renameat(entry->dirfd, RECORD_NAME ".new", entry->dirfd, RECORD_NAME))
		return fail(errno, "cannot replace the container's record");
	return 0;
}

int ledger_commit(struct ledger_entry *entry, struct arena *arena, const struct container *c)
{
	int r = ledger_draft(entry, arena, c);

	return r < 0 ? r : ledger_take_draft(entry);
}

/* -EBUSY past the deadline; nothing is recorded. */
static int flock_within(int fd, int64_t lock_ms)
{
	int64_t deadline = now_ms() + lock_ms;

	while (flock(fd, LOCK_EX | LOCK_NB)) {
		if (errno != EWOULDBLOCK && errno != EINTR)
			return -errno;
		if (now_ms() >= deadline)
			return -EBUSY;
		nanosleep(&(struct timespec){ .tv_nsec = 2000000 }, NULL);
	}
	return 0;
}

static int lock_within(int dirfd, const char *id, int64_t lock_ms)
{
	int r = flock_within(dirfd, lock_ms);

	if (r == -EBUSY)
		return fail(EBUSY, "the container '%s' is busy: another command is working on it", id);
	return r < 0 ? fail(-r, "cannot lock the container '%s'", id) : 0;
}

int ledger_root_lock(int rootfd, int *ret_fd)
{
	autoclose int fd = openat(rootfd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	int r = fd < 0 ? -errno : flock_within(fd, LEDGER_LOCK_MS);

	if (r < 0)
		return fail(-r, "cannot lock the state root");
	*ret_fd = take_fd(&fd);
	return 0;
}

static int no_such(const char *id)
{
	return fail(0, "container does not exist: '%s' (see 'cruet list')", id) ? -ENOENT : 0;
}

static bool is_there(int rootfd, const char *id, int dirfd)
{
	struct stat ours, now;

	return fstat(dirfd, &ours) == 0 && fstatat(rootfd, id, &now, AT_SYMLINK_NOFOLLOW) == 0 &&
	       ours.st_ino == now.st_ino;
}

int ledger_open(int rootfd, const char *id, int64_t lock_ms, struct ledger_entry *ret_entry)
{
	autoclose int dirfd = openat(rootfd, id, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	int r;

	if (dirfd < 0)
		return errno == ENOENT || errno == ENOTDIR ? no_such(id)
							   : fail(errno, "cannot open the state of '%s'", id);
	if (lock_ms >= 0) {
		r = lock_within(dirfd, id, lock_ms);
		if (r < 0)
			return r;
		/* whoever held the lock may have removed it */
		if (!is_there(rootfd, id, dirfd))
			return no_such(id);
	}
	*ret_entry = (struct ledger_entry){ rootfd, take_fd(&dirfd), id, lock_ms >= 0 };
	return 0;
}

void ledger_close(struct ledger_entry *entry)
{
	fd_close(&entry->dirfd);
	entry->locked = false;
}

bool ledger_is_locked(const struct ledger_entry *entry)
{
	if (flock(entry->dirfd, LOCK_SH | LOCK_NB))
		return errno == EWOULDBLOCK;
	flock(entry->dirfd, LOCK_UN);
	return false;
}

static int read_entry_file(const struct ledger_entry *entry, struct arena *arena, const char *name,
			   size_t max, char **ret_buf, size_t *ret_n)
{
	autoclose int fd = openat(entry->dirfd, name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
	int r;

	/* who opened it without the lock may find it deleted at any time */
	if (fd < 0 && errno == ENOENT && !is_there(entry->rootfd, entry->id, entry->dirfd))
		return no_such(entry->id);
	if (fd < 0)
		return fail(errno == ENOENT || errno == ELOOP ? EBADMSG : errno,
			    "cannot open '%s' of the container's state", name);
	r = read_all(arena, fd, max, ret_buf, ret_n);
	if (r == -EISDIR || r == -EFBIG) /* not ours either: delete --force goes on without */
		r = -EBADMSG;
	return r < 0 ? fail(-r, "cannot read '%s' of the container's state", name) : 0;
}

int ledger_read(const struct ledger_entry *entry, struct arena *arena, struct container *ret_container)
{
	char *buf;
	size_t n;
	int r = read_entry_file(entry, arena, RECORD_NAME, RECORD_MAX, &buf, &n);

	return r < 0 ? r : record_parse(arena, buf, n, ret_container);
}

int ledger_read_config(const struct ledger_entry *entry, struct arena *arena, char **ret_buf, size_t *ret_n)
{
	return read_entry_file(entry, arena, CONFIG_NAME, JSON_READ_MAX, ret_buf, ret_n);
}

int ledger_remove(struct ledger_entry *entry, const char *id)
{
	char name[40];

	random_name(DEL_PREFIX, name, sizeof(name));
	if (renameat(entry->rootfd, id, entry->rootfd, name)) {
		if (errno == ENOENT)
			return 0;
		return fail(errno, "cannot remove the state of '%s'", id);
	}
	/* what most have is known; what is left is looked for */
	if (unlinkat(entry->dirfd, RECORD_NAME, 0) || unlinkat(entry->dirfd, CONFIG_NAME, 0) ||
	    unlinkat(entry->rootfd, name, AT_REMOVEDIR))
		remove_directory(entry->rootfd, name);
	ledger_close(entry);
	return 0;
}

/* ---- the whole root ------------------------------------------------------------------------------------------------- */

static int each_name(int rootfd, int (*visit)(void *ctx, const char *name), void *ctx)
{
	int fd = openat(rootfd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC), r = 0;
	DIR *dir = fd < 0 ? NULL : fdopendir(fd);

	if (!dir) {
		r = fail(errno, "cannot list the state root");
		fd_close(&fd);
		return r;
	}
	for (struct dirent *e = readdir(dir); e && r == 0; e = readdir(dir))
		if (!streq(e->d_name, ".") && !streq(e->d_name, ".."))
			r = visit(ctx, e->d_name);
	closedir(dir);
	return r;
}

/* Its maker or remover holds the lock as long as it lives. */
static int sweep_one(void *ctx, const char *name)
{
	const struct ledger_sweep *sweep = ctx;
	bool new = starts_with(name, NEW_PREFIX);
	autoclose int fd = -1;

	if (!new && !starts_with(name, DEL_PREFIX))
		return 0;
	fd = openat(sweep->rootfd, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0 || flock(fd, LOCK_EX | LOCK_NB) < 0)
		return 0;
	if (sweep->remove)
		remove_directory(sweep->rootfd, name);
	if (sweep->found)
		sweep->found(sweep->context, name, new ? "its create died" : "its delete died");
	return 0;
}

int ledger_sweep(const struct ledger_sweep *sweep)
{
	return each_name(sweep->rootfd, sweep_one, (void *)sweep);
}

struct id_list {
	struct arena *arena;
	const char **v;
	size_t n, room;
};

static int list_one(void *ctx, const char *name)
{
	struct id_list *list = ctx;

	if (name[0] == '.' && (starts_with(name, NEW_PREFIX) || starts_with(name, DEL_PREFIX)))
		return 0;
	if (list->n == list->room) {
		size_t room = list->room ? list->room * 2 : 64;
		const char **v = arena_array(list->arena, room, const char *);

		if (!v)
			return -ENOMEM;
		if (list->n)
			memcpy(v, list->v, list->n * sizeof(*v));
		list->v = v;
		list->room = room;
	}
	list->v[list->n] = arena_strdup(list->arena, name);
	return list->v[list->n++] ? 0 : -ENOMEM;
}

static int compare(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

int ledger_list(int rootfd, struct arena *arena, struct strings *ret_ids)
{
	struct id_list list = { .arena = arena };
	int r = each_name(rootfd, list_one, &list);

	if (r < 0)
		return r;
	if (list.n)
		qsort(list.v, list.n, sizeof(*list.v), compare);
	*ret_ids = (struct strings){ .v = list.v, .n = list.n };
	return 0;
}

int ledger_unlink(const struct ledger_entry *entry, const char *name)
{
	if (unlinkat(entry->dirfd, name, 0) && errno != ENOENT)
		return fail(errno, "cannot remove '%s' of the container's state", name);
	return 0;
}

bool ledger_has(const struct ledger_entry *entry, const char *name)
{
	return faccessat(entry->dirfd, name, F_OK, AT_SYMLINK_NOFOLLOW) == 0;
}
