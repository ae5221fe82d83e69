/* SPDX-License-Identifier: Apache-2.0 */
/* kernel/cgroup_files.c: see cgroup_files.h. Source: kernel cgroup-v2.rst, cgroup-v1/. */
#include "kernel/cgroup_files.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>

#include "base/err.h"
#include "base/fd.h"
#include "base/io.h"
#include "base/log.h"
#include "base/path.h"
#include "base/str.h"
#include "kernel/cgroup_place.h"

#define FILE_MAX_BYTES (1u << 20)

int cgroup_version(const struct cgroup_place *place, const char *controller)
{
	const struct cgroup_dir *dir = cgroup_place_dir(place, controller);

	return !dir ? 0 : dir->v2 ? 2 : 1;
}

int cgroup_file_open(const struct cgroup_place *place, const char *controller, const char *file, int flags,
		     int *ret_fd)
{
	const struct cgroup_dir *dir = cgroup_place_dir(place, controller);
	int fd;

	if (!path_is_component(file))
		return fail(EINVAL, "'%s' is not the name of a cgroup file", file);
	fd = dir ? openat(dir->fd, file, flags | O_NOFOLLOW | O_CLOEXEC) : -1;
	if (fd >= 0)
		*ret_fd = fd;
	else if (dir && errno != ENOENT && errno != ENODEV)
		return fail(errno, "cannot open %s of cgroup '%s'", file, place->path);
	return fd < 0 ? -ENOENT : 0;
}

int cgroup_file_read(struct arena *arena, const struct cgroup_place *place, const char *controller,
		     const char *file, char **ret_text)
{
	autoclose int fd = -1;
	size_t n;
	int r = cgroup_file_open(place, controller, file, O_RDONLY, &fd);

	if (r == 0)
		r = read_all(arena, fd, FILE_MAX_BYTES, ret_text, &n);
	if (r < 0 && r != -ENOENT && r != -EOPNOTSUPP && r != -ENODEV)
		return fail(-r, "cannot read %s of cgroup '%s'", file, place->path);
	return r;
}

/* ---- old values --------------------------------------------------------------------------------------------------- */

struct old_value {
	const struct cgroup_write *write;
	const char *value; /* to be written; NULL: nothing that could be put back */
};

struct cgroup_saved {
	struct old_value *v;
	size_t n;
};

/* Files of a line a device, interface or page: what a line that is not there means. */
static const struct {
	const char *file, *none;
} keyed[] = {
	{ "io.max", "rbps=max wbps=max riops=max wiops=max" },
	{ "io.weight", "default" },
	{ "io.bfq.weight", "default" },
	{ "blkio.bfq.weight_device", "0" },
	{ "blkio.weight_device", "0" },
	{ "blkio.leaf_weight_device", "0" },
	{ "blkio.throttle.read_bps_device", "0" },
	{ "blkio.throttle.write_bps_device", "0" },
	{ "blkio.throttle.read_iops_device", "0" },
	{ "blkio.throttle.write_iops_device", "0" },
	{ "rdma.max", "hca_handle=max hca_object=max" },
	{ "net_prio.ifpriomap", "0" },
	{ "misc.max", "max" },
	{ "dmem.max", "max" },
};

/* The line of the file that starts with these n bytes and a space. */
static const char *find_line(const char *text, const char *key, size_t n, size_t *ret_length)
{
	for (const char *line = text; *line; line += strcspn(line, "\n"), line += *line == '\n') {
		if (strncmp(line, key, n) != 0 || line[n] != ' ')
			continue;
		*ret_length = strcspn(line, "\n");
		return line;
	}
	return NULL;
}

/* `text` is what the file said. A value without a key goes to the line of the default. */
static const char *keyed_value(struct arena *arena, const char *text, const char *written, const char *none)
{
	size_t key = strcspn(written, " "), length;
	const char *line = find_line(text, written, key, &length);

	if (!written[key]) {
		line = find_line(text, "default", strlen("default"), &length);
		return line ? arena_strndup(arena, line, length) : arena_strdup(arena, text);
	}
	if (line)
		return arena_strndup(arena, line, length);
	return arena_printf(arena, "%.*s %s", (int)key, written, none);
}

static const char *value_of(struct arena *arena, const struct cgroup_write *w, char *text)
{
	size_t length;
	const char *line;

	for (size_t i = 0; i < ARRAY_SIZE(keyed); i++)
		if (streq(keyed[i].file, w->file))
			return keyed_value(arena, text, w->value, keyed[i].none);
	line = streq(w->file, "memory.oom_control")
		       ? find_line(text, "oom_kill_disable", strlen("oom_kill_disable"), &length)
		       : NULL;
	if (line)
		return arena_strndup(arena, line + strlen("oom_kill_disable "),
				     length - strlen("oom_kill_disable "));
	text[strcspn(text, "\n")] = '\0';
	/* an empty cpuset: nothing at all would not be a write */
	return text[0] ? text : "\n";
}

static int save_one(struct arena *arena, const struct cgroup_place *place, const struct cgroup_write *w,
		    struct old_value *old)
{
	char *text;
	int r;

	*old = (struct old_value){ .write = w };
	if (w->op == CGROUP_CHECK_BELOW || !path_is_component(w->file)) /* apply says what is wrong with it */
		return 0;
	r = cgroup_file_read(arena, place, w->controller, w->file, &text);
	if (r < 0) {
		fail_forget(); /* missing, or not to be read: apply knows which of it matters */
		return r == -ENOMEM ? r : 0;
	}
	old->value = value_of(arena, w, text);
	return old->value ? 0 : -ENOMEM;
}

int cgroup_save(struct arena *arena, const struct cgroup_place *place, const struct cgroup_write *writes,
		size_t n, struct cgroup_saved **ret_saved)
{
	struct cgroup_saved *saved = arena_new(arena, struct cgroup_saved);
	int r = 0;

	if (!saved)
		return -ENOMEM;
	saved->v = arena_array(arena, n + 1, struct old_value);
	if (!saved->v)
		return -ENOMEM;
	saved->n = n;
	for (size_t i = 0; r == 0 && i < n; i++)
		r = save_one(arena, place, &writes[i], &saved->v[i]);
	if (r == 0)
		*ret_saved = saved;
	return r;
}

int cgroup_saved_writes(struct arena *arena, const struct cgroup_saved *saved,
			struct cgroup_write **ret_writes, size_t *ret_n)
{
	struct cgroup_write *writes = arena_array(arena, saved->n + 1, struct cgroup_write);
	size_t n = 0;

	if (!writes)
		return -ENOMEM;
	for (size_t i = 0; i < saved->n; i++) {
		if (!saved->v[i].value)
			continue;
		writes[n] = *saved->v[i].write;
		writes[n].op = CGROUP_SET;
		writes[n++].value = saved->v[i].value;
	}
	*ret_writes = writes;
	*ret_n = n;
	return 0;
}

/* As it was, or written now. */
static int put_back(const struct cgroup_place *place, const struct old_value *old)
{
	const struct cgroup_dir *dir = cgroup_place_dir(place, old->write->controller);
	char now[4096];
	ssize_t n = dir ? read_file_at(dir->fd, old->write->file, now, sizeof(now)) : -ENOENT;

	if (n >= 0 && streq(now, old->value))
		return 0;
	return dir ? write_file_at(dir->fd, old->write->file, old->value) : -ENOENT;
}

void cgroup_restore(const struct cgroup_place *place, const struct cgroup_saved *saved)
{
	for (int pass = 0; pass < 3; pass++)
		for (size_t i = saved->n; i-- > 0;) {
			const struct old_value *old = &saved->v[i];
			int r = old->value ? put_back(place, old) : 0;

			if (r < 0 && pass == 2)
				log_warning("%s of cgroup '%s' cannot be set back to '%s': %s",
					    old->write->file, place->path, old->value, strerror(-r));
		}
}
