/* SPDX-License-Identifier: Apache-2.0 */
/* images.c: see images.h. */
#include "images.h"

#include <fcntl.h>
#include <limits.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/err.h"
#include "base/fd.h"
#include "base/str.h"

#define DEFAULT_IMAGES "checkpoint"

static const enum criu_cgroups modes[] = {
	[CRUET_CGROUPS_SOFT] = CRIU_CGROUPS_SOFT,
	[CRUET_CGROUPS_FULL] = CRIU_CGROUPS_FULL,
	[CRUET_CGROUPS_STRICT] = CRIU_CGROUPS_STRICT,
	[CRUET_CGROUPS_IGNORE] = CRIU_CGROUPS_IGNORE,
};

static const enum criu_network_lock locks[] = {
	[CRUET_NETWORK_LOCK_DEFAULT] = CRIU_LOCK_DEFAULT,
	[CRUET_NETWORK_LOCK_IPTABLES] = CRIU_LOCK_IPTABLES,
	[CRUET_NETWORK_LOCK_NFTABLES] = CRIU_LOCK_NFTABLES,
	[CRUET_NETWORK_LOCK_SKIP] = CRIU_LOCK_SKIP,
};

/* The same images may be written to again. */
static int open_directory(const char *option, const char *path, bool make, int *ret_fd)
{
	if (make && mkdir(path, 0700) && errno != EEXIST)
		return fail(errno, "--%s: cannot make '%s'", option, path);
	*ret_fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	return *ret_fd < 0 ? fail(errno, "--%s: cannot open '%s'%s", option, path,
				  make ? "" : " (`cruet checkpoint` makes images)")
			   : 0;
}

/* criu looks for it from the images on; with an absolute path the images could not be moved together. */
static int check_parent(int images_fd, const char *parent)
{
	struct stat st;

	if (parent[0] == '/')
		return fail(EINVAL, "--parent-path '%s' must be relative to --image-path", parent);
	if (fstatat(images_fd, parent, &st, 0))
		return fail(errno, "--parent-path '%s', from --image-path on", parent);
	return S_ISDIR(st.st_mode) ? 0 : fail(ENOTDIR, "--parent-path '%s', from --image-path on", parent);
}

static int check_empty_ns(const struct cruet_words *kinds, uint32_t *ret_flags)
{
	for (size_t i = 0; i < kinds->n; i++) {
		if (!streq(kinds->v[i], "network"))
			return fail(EINVAL, "--empty-ns '%s': only network can be", kinds->v[i]);
		*ret_flags |= CLONE_NEWNET;
	}
	return 0;
}

static int absolute(struct arena *arena, const char *path, const char **ret)
{
	char *real = path ? realpath(path, NULL) : NULL;

	*ret = NULL;
	if (!path)
		return 0;
	if (!real)
		return fail(errno, "cannot tell where '%s' is", path);
	*ret = arena_strdup(arena, real);
	free(real);
	return *ret ? 0 : -ENOMEM;
}

int images_open(struct arena *arena, const struct cruet_criu *w, bool make, const char *log_file,
		struct criu_options *options, struct images *ret)
{
	const char *images = w->image_path ? w->image_path : DEFAULT_IMAGES;
	int r = open_directory("image-path", images, make, &options->images_fd);

	if (r == 0 && w->work_path)
		r = open_directory("work-path", w->work_path, true, &options->work_fd);
	if (r == 0 && w->parent_path)
		r = check_parent(options->images_fd, w->parent_path);
	if (r == 0)
		r = check_empty_ns(&w->empty_ns, &options->empty_ns);
	if (r == 0)
		r = absolute(arena, images, &ret->directory);
	if (r == 0)
		r = absolute(arena, w->work_path, &ret->work);
	if (r < 0)
		return r;
	ret->log = arena_printf(arena, "%s/%s", ret->work ? ret->work : ret->directory, log_file);
	if (!ret->log)
		return -ENOMEM;
	options->log_file = log_file;
	options->parent = w->parent_path;
	options->cgroups = modes[w->cgroups];
	options->network_lock = locks[w->network_lock];
	options->tcp_established = w->tcp_established;
	options->ext_unix_sk = w->ext_unix_sk;
	options->shell_job = w->shell_job;
	options->file_locks = w->file_locks;
	options->lazy_pages = w->lazy_pages;
	options->auto_dedup = w->auto_dedup;
	options->link_remap = w->link_remap;
	return 0;
}

void images_close(struct criu_options *options)
{
	fd_close(&options->images_fd);
	fd_close(&options->work_fd);
}

int images_config_file(struct arena *arena, const struct string_map *annotations, const char **ret_path)
{
	static const char *const defaults[] = { "/etc/criu/cruet.conf", "/etc/criu/runc.conf" };

	for (size_t i = 0; i < annotations->n; i++)
		if (streq(annotations->v[i].key, "org.criu.config")) {
			const char *path = annotations->v[i].value;

			*ret_path = *path ? arena_strdup(arena, path) : NULL;
			return *path && !*ret_path ? -ENOMEM : 0;
		}
	*ret_path = NULL;
	for (size_t i = 0; i < ARRAY_SIZE(defaults) && !*ret_path; i++)
		if (access(defaults[i], R_OK) == 0)
			*ret_path = defaults[i];
	return 0;
}
