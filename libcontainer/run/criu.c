/* SPDX-License-Identifier: Apache-2.0 */
/* run/criu.c: what checkpoint and restore have in common: the mounts and namespaces that come from the host. */
#include "run/criu.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/err.h"
#include "base/fd.h"
#include "base/path.h"
#include "base/str.h"
#include "kernel/ns.h"

#define NULL_DEVICE "/dev/null" /* what masked files show, and their name in the images */

const char *criu_namespace_key(enum ns_kind kind)
{
	static const char *const keys[NS_KINDS] = { [NS_NET] = "extRootNetNS", [NS_PID] = "extRootPidNS" };

	return keys[kind];
}

/* A mount with an id map would come back without: files would belong to others. */
int criu_check_mounts(const struct plan *plan)
{
	for (size_t i = 0; i < plan->mounts.n; i++)
		if (plan->mounts.v[i].idmap != IDMAP_NONE)
			return fail(EOPNOTSUPP, "%s: criu cannot restore a mount with mapped ids",
				    plan->mounts.v[i].where);
	return 0;
}

static int new_map(struct arena *arena, const struct plan *plan, struct string_pair **ret)
{
	*ret = arena_array(arena, plan->mounts.n + plan->devices.n + plan->masked.n + 1, struct string_pair);
	return *ret ? 0 : -ENOMEM;
}

/* Where a mount that may have been asked for through symlinks is. -ENOENT, not recorded. */
static int real_target(struct arena *arena, int rootfd, const char *target, int *ret_fd, const char **ret)
{
	autoclose int fd = -1;
	char name[32], path[4096];
	ssize_t n;
	int r = path_in_root(rootfd, target, O_PATH, &fd);

	if (r == -ENOENT)
		fail_forget();
	if (r < 0)
		return r;
	snprintf(name, sizeof(name), "/proc/self/fd/%d", fd);
	n = readlink(name, path, sizeof(path));
	if (n <= 0 || (size_t)n == sizeof(path))
		return fail(n < 0 ? errno : ENAMETOOLONG, "cannot tell where '%s' is", target);
	*ret = arena_strndup(arena, path, (size_t)n);
	*ret_fd = take_fd(&fd);
	return *ret ? 0 : -ENOMEM;
}

static int add_dumped(struct arena *arena, int rootfd, const char *target, const char *name,
		      struct string_map *map, struct string_pair *v)
{
	autoclose int fd = -1;
	const char *at;
	struct stat st;
	int r = real_target(arena, rootfd, target, &fd, &at);

	if (r == -ENOENT || r == -ENOTDIR) { /* covered by a later mount, or nothing to mask */
		fail_forget();
		return 0;
	}
	if (r < 0)
		return r;
	/* masked directories show a tmpfs, which criu knows how to keep */
	if (name && (fstat(fd, &st) || S_ISDIR(st.st_mode)))
		return 0;
	v[map->n++] = (struct string_pair){ at, name ? name : target };
	return 0;
}

int criu_dump_mounts(struct arena *arena, const struct plan *plan, int rootfd, struct string_map *ret)
{
	struct string_pair *v;
	struct string_map map = { .n = 0 };
	int r = new_map(arena, plan, &v);

	for (size_t i = 0; r == 0 && i < plan->mounts.n; i++)
		if (plan->mounts.v[i].kind == PLAN_MOUNT_BIND)
			r = add_dumped(arena, rootfd, plan->mounts.v[i].target, NULL, &map, v);
	for (size_t i = 0; r == 0 && plan->bind_devices && i < plan->devices.n; i++)
		r = add_dumped(arena, rootfd, plan->devices.v[i].path, NULL, &map, v);
	for (size_t i = 0; r == 0 && i < plan->masked.n; i++)
		r = add_dumped(arena, rootfd, plan->masked.v[i], NULL_DEVICE, &map, v);
	map.v = v;
	if (r == 0)
		*ret = map;
	return r;
}

int criu_restore_mounts(struct arena *arena, const struct plan *plan, struct string_map *ret)
{
	struct string_pair *v;
	size_t n = 0;
	int r = new_map(arena, plan, &v);

	if (r < 0)
		return r;
	for (size_t i = 0; i < plan->mounts.n; i++)
		if (plan->mounts.v[i].kind == PLAN_MOUNT_BIND)
			v[n++] = (struct string_pair){ plan->mounts.v[i].target, plan->mounts.v[i].source };
	for (size_t i = 0; plan->bind_devices && i < plan->devices.n; i++)
		v[n++] = (struct string_pair){ plan->devices.v[i].path, plan->devices.v[i].path };
	if (plan->masked.n)
		v[n++] = (struct string_pair){ NULL_DEVICE, NULL_DEVICE };
	*ret = (struct string_map){ v, n };
	return 0;
}
