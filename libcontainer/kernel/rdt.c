/* SPDX-License-Identifier: Apache-2.0 */
/* kernel/rdt.c: see rdt.h. */
#include "kernel/rdt.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <sys/file.h>
#include <time.h>
#include <unistd.h>

#include "base/err.h"
#include "base/fd.h"
#include "base/io.h"
#include "base/path.h"
#include "base/str.h"

#define FILE_MAX_BYTES (1u << 20)
#define MONITORS       "mon_groups"

bool rdt_is_known(int procfd)
{
	char text[8192];

	return read_file_at(procfd, "filesystems", text, sizeof(text)) > 0 && strstr(text, "\tresctrl");
}

int rdt_lock(int rootfd, int64_t deadline_ms)
{
	while (flock(rootfd, LOCK_EX | LOCK_NB)) {
		if (errno != EWOULDBLOCK && errno != EINTR)
			return fail(errno, "cannot lock resctrl");
		if (now_ms() >= deadline_ms)
			return fail(EBUSY, "cannot lock resctrl: another program holds the lock");
		nanosleep(&(struct timespec){ .tv_nsec = 2000000 }, NULL);
	}
	return 0;
}

/* The errno of most refusals is EINVAL; which rule was broken the kernel says here. */
static int refused(int rootfd, int err, const char *what, const char *name)
{
	char why[256];
	ssize_t n = read_file_at(rootfd, "info/last_cmd_status", why, sizeof(why));

	if (n <= 0 || streq(why, "ok"))
		return fail(err, "cannot %s '%s'", what, name);
	why[strcspn(why, "\n")] = '\0';
	return fail(err, "cannot %s '%s' (%s)", what, name, why);
}

/* ---- groups ----------------------------------------------------------------------------------------------------------- */

int rdt_group_open(int rootfd, const char *group, int *ret_fd)
{
	return path_in_root(rootfd, group, O_RDONLY | O_DIRECTORY, ret_fd);
}

int rdt_group_make(int rootfd, const char *group)
{
	int r = path_is_component(group) ? rdt_make_directory(rootfd, group) : -EINVAL;

	if (r == 0 || r == -EEXIST)
		return r;
	return refused(rootfd, -r, "make the resctrl group", group);
}

static bool has_directories(int fd)
{
	int copy = openat(fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *dir = copy < 0 ? NULL : fdopendir(copy);
	bool has = false;

	if (!dir) {
		fd_close(&copy);
		return true;
	}
	for (struct dirent *e = readdir(dir); e && !has; e = readdir(dir))
		has = !streq(e->d_name, ".") && !streq(e->d_name, "..");
	closedir(dir);
	return has;
}

/* What cannot be looked at counts as used. */
static bool is_used(int groupfd)
{
	autoclose int tasks = openat(groupfd, "tasks", O_RDONLY | O_NOFOLLOW | O_CLOEXEC), monitors = -1;
	char first;

	if (tasks < 0 || read(tasks, &first, 1) != 0)
		return true;
	monitors = openat(groupfd, MONITORS, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	return monitors < 0 ? errno != ENOENT : has_directories(monitors);
}

int rdt_group_remove(int rootfd, const char *group, bool unused)
{
	autoclose int fd = -1;
	int r = path_is_component(group) ? rdt_group_open(rootfd, group, &fd) : -EINVAL;

	if (r == -ENOENT || (r == 0 && unused && is_used(fd)))
		return 0;
	if (r == 0)
		r = rdt_remove_directory(rootfd, group);
	return r == 0 || r == -ENOENT ? 0 : refused(rootfd, -r, "remove the resctrl group", group);
}

static int monitors_open(int groupfd, int *ret_fd)
{
	return path_in_root(groupfd, MONITORS, O_RDONLY | O_DIRECTORY, ret_fd);
}

bool rdt_monitor_is_there(int groupfd, const char *name)
{
	autoclose int fd = -1;

	return monitors_open(groupfd, &fd) == 0 && faccessat(fd, name, F_OK, AT_SYMLINK_NOFOLLOW) == 0;
}

int rdt_monitor_make(int rootfd, int groupfd, const char *name)
{
	autoclose int fd = -1;
	int r = path_is_component(name) ? monitors_open(groupfd, &fd) : -EINVAL;

	if (r == -ENOENT)
		return fail(EOPNOTSUPP, "this machine's resctrl does not monitor");
	if (r == 0)
		r = rdt_make_directory(fd, name);
	if (r == 0 || r == -EEXIST)
		return r;
	return refused(rootfd, -r, "make the resctrl monitoring group", name);
}

int rdt_monitor_remove(int rootfd, const char *group, const char *name)
{
	autoclose int groupfd = -1, fd = -1;
	int r = path_is_component(name) ? rdt_group_open(rootfd, group, &groupfd) : -EINVAL;

	if (r == 0)
		r = monitors_open(groupfd, &fd);
	if (r == 0)
		r = rdt_remove_directory(fd, name);
	return r == 0 || r == -ENOENT ? 0 : refused(rootfd, -r, "remove the resctrl monitoring group", name);
}

int rdt_join(int rootfd, int groupfd, const char *monitor, pid_t pid)
{
	autoclose int monitors = -1, fd = -1;
	char digits[16];
	int r;

	snprintf(digits, sizeof(digits), "%d", pid);
	r = write_file_at(groupfd, "tasks", digits);
	if (r < 0)
		return refused(rootfd, -r, "move to the resctrl group the process", digits);
	if (!monitor)
		return 0;
	r = monitors_open(groupfd, &monitors);
	if (r == 0)
		r = path_in_root(monitors, monitor, O_RDONLY | O_DIRECTORY, &fd);
	if (r == 0)
		r = write_file_at(fd, "tasks", digits);
	return r < 0 ? refused(rootfd, -r, "move to the resctrl monitoring group the process", digits) : 0;
}

/* ---- schemata --------------------------------------------------------------------------------------------------------- */

int rdt_read(struct arena *arena, int dirfd, const char *path, char **ret_text)
{
	autoclose int fd = -1;
	size_t n;
	int r = path_in_root(dirfd, path, O_RDONLY, &fd);

	if (r < 0)
		return r;
	r = read_all(arena, fd, FILE_MAX_BYTES, ret_text, &n);
	return r < 0 ? fail(-r, "cannot read '%s' of resctrl", path) : 0;
}

int rdt_schemata_write(int rootfd, int groupfd, const char *lines)
{
	int r = write_file_at(groupfd, "schemata", lines);

	return r < 0 ? refused(rootfd, -r, "set the resctrl schemata", lines) : 0;
}

/* A piece of a line. */
struct piece {
	const char *s;
	size_t n;
};

/* Without blanks around it, and without leading zeros. */
static struct piece trimmed(const char *s, size_t n)
{
	for (; n && (*s == ' ' || *s == '\t'); n--)
		s++;
	while (n && (s[n - 1] == ' ' || s[n - 1] == '\t'))
		n--;
	for (; n > 1 && *s == '0'; n--)
		s++;
	return (struct piece){ s, n };
}

static bool same(struct piece a, struct piece b)
{
	return a.n == b.n && !strncasecmp(a.s, b.s, a.n);
}

/* Cut "ID=VALUE" off a list like "0=ff;1=f" that ends with its line. False at its end; what is no pair has an empty value. */
static bool next_pair(const char **at, struct piece *ret_id, struct piece *ret_value)
{
	size_t n = strcspn(*at, ";\n"), key;

	if (!**at || **at == '\n')
		return false;
	key = strcspn(*at, "=;\n");
	*ret_id = trimmed(*at, key);
	*ret_value = key < n ? trimmed(*at + key + 1, n - key - 1) : (struct piece){ "", 0 };
	*at += n + ((*at)[n] == ';');
	return true;
}

/* The list of the resource's line, or NULL. */
static const char *find_list(const char *text, struct piece resource)
{
	for (const char *line = text; *line; line += strcspn(line, "\n"), line += *line == '\n') {
		size_t n = strcspn(line, ":\n");
		struct piece name = trimmed(line, n);

		if (line[n] == ':' && name.n == resource.n && !memcmp(name.s, resource.s, name.n))
			return line + n + 1;
	}
	return NULL;
}

static bool number_of(struct piece p, uint64_t *ret)
{
	char digits[24];
	struct text t = TEXT(digits);

	text_add_n(&t, p.s, p.n);
	return !t.truncated && parse_u64(digits, UINT32_MAX, ret) == 0;
}

/* Is `got` what the kernel makes of `want`, which it rounds up to steps of info/RESOURCE/bandwidth_gran? */
static bool is_rounded(int rootfd, struct piece resource, struct piece want, struct piece got)
{
	char path[64], text[24];
	uint64_t step, a, b;

	if (snprintf(path, sizeof(path), "info/%.*s/bandwidth_gran", (int)resource.n, resource.s) >=
	    (int)sizeof(path))
		return false;
	return read_file_at(rootfd, path, text, sizeof(text)) > 0 &&
	       parse_u64(text, UINT32_MAX, &step) == 0 && step && number_of(want, &a) && number_of(got, &b) &&
	       (a + step - 1) / step * step == b;
}

static bool list_has(int rootfd, const char *list, struct piece resource, struct piece id, struct piece value)
{
	struct piece other, got;

	while (list && next_pair(&list, &other, &got))
		if (same(other, id))
			return same(got, value) || is_rounded(rootfd, resource, value, got);
	return false;
}

static int compare_line(int rootfd, const char *text, const char *line)
{
	size_t length = strcspn(line, "\n"), n = strcspn(line, ":\n");
	struct piece resource = trimmed(line, n), id, value;
	const char *list = line + n + (line[n] == ':');

	while (next_pair(&list, &id, &value))
		if (!list_has(rootfd, find_list(text, resource), resource, id, value))
			return fail(EINVAL, "its schemata are not '%.*s'", (int)length, line);
	return 0;
}

int rdt_schemata_compare(struct arena *arena, int rootfd, int groupfd, const char *lines)
{
	char *text;
	int r = rdt_read(arena, groupfd, "schemata", &text);

	if (r == -ENOENT)
		return fail(ENOENT, "it has no schemata");
	for (const char *line = lines; r == 0 && *line; line += strcspn(line, "\n"), line += *line == '\n')
		r = compare_line(rootfd, text, line);
	return r;
}
