/* SPDX-License-Identifier: Apache-2.0 */
/* kernel/cgroup_below.c: from a place to cgroups below it, the same in all hierarchies or not. Parent only. */
#include "kernel/cgroup_place.h"

#include <string.h>

#include "base/err.h"
#include "base/fd.h"

static bool is_for(const struct cgroup_below *below, const struct cgroup_dir *dir)
{
	for (const char *c = below->controllers; *c;) {
		size_t n = strcspn(c, ",");

		if (cgroup_has_word(dir->controllers, ',', c, n))
			return true;
		c += n;
		c += *c == ',';
	}
	return !below->controllers[0];
}

/* Each word must be a hierarchy's: on cgroup2 there are none to choose from. */
static int check_controllers(const struct cgroup_place *place, const struct cgroup_below *below)
{
	for (const char *c = below->controllers; *c;) {
		size_t n = strcspn(c, ","), i = 0;

		while (i < place->n && (!n || !cgroup_has_word(place->v[i].controllers, ',', c, n)))
			i++;
		if (i == place->n)
			return fail(EINVAL,
				    "controller '%.*s' has no hierarchy of its own for cgroup '%s' here",
				    (int)n, c, below->path);
		c += n;
		c += *c == ',';
	}
	return 0;
}

static int go_down(struct cgroup_place *place, struct cgroup_dir *dir, const struct cgroup_below *below)
{
	int fd, r = cgroup_dir_open(dir->fd, below->path, strlen(below->path), &fd);

	if (r == -ENOENT)
		return fail(ENOENT, "cgroup '%s' has no '%s' below it in '%s'", place->path, below->path,
			    dir->mountpoint);
	if (r < 0)
		return r;
	fd_close(&dir->fd);
	dir->fd = fd;
	return 0;
}

int cgroup_enter_below(struct cgroup_place *place, const struct cgroup_below *v, size_t n)
{
	int r = 0;

	for (size_t k = 0; k < n && r == 0; k++)
		r = check_controllers(place, &v[k]);
	for (size_t i = 0; i < place->n && r == 0; i++) {
		struct cgroup_dir *dir = &place->v[i];
		const struct cgroup_below *below = NULL;

		for (size_t k = 0; k < n; k++) {
			if (!is_for(&v[k], dir))
				continue;
			if (below)
				return fail(EINVAL, "both '%s' and '%s' are to be the cgroup in '%s'",
					    below->path, v[k].path, dir->mountpoint);
			below = &v[k];
		}
		if (below)
			r = go_down(place, dir, below);
	}
	return r;
}
