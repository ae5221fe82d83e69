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
#include "base/json_write.h"
#include "base/path.h"
#include "base/str.h"
#include "kernel/sys.h"

#define ID_MAX	    1024
#define RECORD_NAME "record.json"
#define CONFIG_NAME "config.json"
#define RECORD_MAX  (4u << 20)
#define NEW_PREFIX  ".new."
#define DEL_PREFIX  ".del."

/* ---- the record: one row a field, for reading and for writing ---------------------------------------------------- */

static const struct json_word manager_rows[] = {
	{ "cgroupfs", MANAGER_CGROUPFS },
	{ "systemd", MANAGER_SYSTEMD },
	{ "systemd-user", MANAGER_SYSTEMD_USER },
	{ "none", MANAGER_NONE },
};
static const struct json_words manager_words = JSON_WORDS(manager_rows);

static const struct json_field record_rows[] = {
	FIELD(struct container, version, "version", REQUIRED),
	FIELD(struct container, id, "id", REQUIRED),
	FIELD(struct container, bundle, "bundle", REQUIRED),
	FIELD(struct container, rootfs, "rootfs", REQUIRED),
	FIELD(struct container, boot_id, "bootId", REQUIRED),
	FIELD(struct container, created, "created", REQUIRED),
	FIELD(struct container, oci_version, "ociVersion", REQUIRED),
	FIELD(struct container, annotations, "annotations"),
	FIELD(struct container, owner, "owner", REQUIRED),
	FIELD_WORD(struct container, manager, "manager", &manager_words, REQUIRED),
	FIELD(struct container, cgroup, "cgroup"),
	FIELD(struct container, unit, "unit"),
	FIELD(struct container, rdt, "rdt"),
	FIELD(struct container, rdt_own, "rdtOwn"),
	FIELD(struct container, rdt_made, "rdtMade"),
	FIELD(struct container, rdt_monitoring, "rdtMonitoring"),
	FIELD(struct container, own_pidns, "ownPidNamespace"),
	FIELD(struct container, has_poststop, "poststop"),
	FIELD(struct container, has_poststart, "poststart"),
	FIELD(struct container, has_start_hooks, "startContainer"),
	FIELD(struct container, terminal, "terminal"),
	FIELD(struct container, privileged, "privileged"),
	FIELD(struct container, host_mounts, "hostMounts"),
	FIELD(struct container, rootfs_mount, "rootfsMount"),
	FIELD(struct container, notify, "notify"),
	FIELD(struct container, ids_start, "idsStart"),
	FIELD(struct container, ids_size, "idsSize"),
	FIELD(struct container, committed, "committed"),
	FIELD(struct container, pid, "pid", RANGE(0, INT_MAX)),
	FIELD(struct container, start_time, "startTime"),
};
static const struct json_table record_table = JSON_TABLE(struct container, record_rows);

static void write_field(struct json_writer *w, const struct json_field *f, const struct container *c)
{
	const void *at = (const char *)c + f->offset;

	switch ((enum json_kind)f->kind) {
	case JSON_BOOL:
		json_bool(w, f->name, *(const bool *)at);
		break;
	case JSON_I64:
		json_i64(w, f->name, *(const int64_t *)at);
		break;
	case JSON_U64:
		json_u64(w, f->name, *(const uint64_t *)at);
		break;
	case JSON_STRING:
		if (*(const char *const *)at)
			json_string(w, f->name, *(const char *const *)at);
		break;
	case JSON_MAP:
		json_string_map(w, f->name, at);
		break;
	case JSON_WORD:
		json_string(w, f->name, json_word(f->words, (int)*(const unsigned int *)at));
		break;
	default:
		break;
	}
}

/* FNV-1a: against torn and foreign files, not against an attacker, who would need the root directory. */
static uint64_t checksum(const char *s, size_t n)
{
	uint64_t h = 0xcbf29ce484222325u;

	for (size_t i = 0; i < n; i++)
		h = (h ^ (unsigned char)s[i]) * 0x100000001b3u;
	return h;
}

/* The text of the record: the object, a newline, "#" and the checksum of the object. */
static int record_text(struct arena *arena, const struct container *c, const char **ret_text)
{
	struct json_writer *w = json_writer_begin(arena, NULL);
	const char *json;
	size_t n;
	int r;

	if (!w)
		return -ENOMEM;
	json_object(w, NULL);
	for (size_t i = 0; i < ARRAY_SIZE(record_rows); i++)
		write_field(w, &record_rows[i], c);
	json_end_object(w);
	r = json_writer_end(w, &json, &n);
	if (r < 0)
		return r;
	*ret_text = arena_printf(arena, "%s\n#%016llx\n", json, (unsigned long long)checksum(json, n));
	return *ret_text ? 0 : -ENOMEM;
}

static int record_parse(struct arena *arena, const char *buf, size_t n, struct container *ret)
{
	const char *mark = memrchr(buf, '#', n);
	char want[24];
	int r;

	if (!mark || mark == buf || mark[-1] != '\n')
		return fail(EBADMSG, "the container's record is not whole");
	snprintf(want, sizeof(want), "%016llx\n",
		 (unsigned long long)checksum(buf, (size_t)(mark - 1 - buf)));
	if (!streq(mark + 1, want))
		return fail(EBADMSG, "the container's record is damaged");
	r = json_read(arena, &record_table, buf, (size_t)(mark - buf), ret);
	if (r < 0)
		return fail_in(-EBADMSG, "the container's record");
	if (ret->version != LEDGER_VERSION)
		return fail(EBADMSG,
			    "the container's record has version %llu, this cruet knows %d: use the newer one",
			    (unsigned long long)ret->version, LEDGER_VERSION);
	return 0;
}

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
	*ret_entry = (struct ledger_entry){ .rootfd = rootfd, .dirfd = take_fd(&dirfd), .locked = true };
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

int ledger_open(int rootfd, const char *id, int64_t lock_ms, struct ledger_entry *ret_entry)
{
	autoclose int dirfd = openat(rootfd, id, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	struct stat ours, now;
	int r;

	if (dirfd < 0)
		return errno == ENOENT || errno == ENOTDIR ? no_such(id)
							   : fail(errno, "cannot open the state of '%s'", id);
	if (lock_ms >= 0) {
		r = lock_within(dirfd, id, lock_ms);
		if (r < 0)
			return r;
		/* whoever held the lock may have removed it */
		if (fstat(dirfd, &ours) || fstatat(rootfd, id, &now, AT_SYMLINK_NOFOLLOW) ||
		    ours.st_ino != now.st_ino)
			return no_such(id);
	}
	*ret_entry =
		(struct ledger_entry){ .rootfd = rootfd, .dirfd = take_fd(&dirfd), .locked = lock_ms >= 0 };
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
