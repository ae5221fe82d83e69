/* SPDX-License-Identifier: Apache-2.0 */
/*
 * plan/devices.c: the nodes and links in /dev. Source: OCI config-linux.md "Default Devices", "Devices",
 * runtime-linux.md "Dev symbolic links".
 */
#include <sys/stat.h>

#include "base/str.h"
#include "plan/make.h"

static const struct {
	const char *path;
	uint32_t major, minor;
} default_devices[] = {
	{ "/dev/null", 1, 3 },	 { "/dev/zero", 1, 5 },	   { "/dev/full", 1, 7 },
	{ "/dev/random", 1, 8 }, { "/dev/urandom", 1, 9 }, { "/dev/tty", 5, 0 },
};

static const struct plan_link default_links[] = {
	{ "/dev/fd", "/proc/self/fd" },	      { "/dev/stdin", "/proc/self/fd/0" },
	{ "/dev/stdout", "/proc/self/fd/1" }, { "/dev/stderr", "/proc/self/fd/2" },
	{ "/dev/core", "/proc/kcore" },	      { "/dev/ptmx", "pts/ptmx" },
};

/* Engines list all nodes of the host for a privileged container, with its /dev/ptmx; but a container has its own terminals,
 * and runtime-linux.md demands the link. */
static bool is_link(const char *path)
{
	for (size_t i = 0; i < ARRAY_SIZE(default_links); i++)
		if (streq(default_links[i].path, path))
			return true;
	return false;
}

/* Somebody else's /dev: what it has is what the container gets, and nothing is made in it. */
static bool dev_is_bind(const struct plan *plan)
{
	for (size_t i = 0; i < plan->mounts.n; i++)
		if (plan->mounts.v[i].kind == PLAN_MOUNT_BIND && streq(plan->mounts.v[i].target, "/dev"))
			return true;
	return false;
}

static mode_t node_type(char type)
{
	return type == 'b' ? S_IFBLK : type == 'p' ? S_IFIFO : S_IFCHR;
}

static int make_one(struct making *m, size_t i, struct device *ret)
{
	const struct spec_device *asked = &m->spec->linux_->devices.v[i];
	char place[64];
	struct text t = TEXT(place);
	int r;

	text_add(&t, "linux.devices[%zu].path", i);
	r = container_path(m, place, asked->path, &ret->path);
	if (r < 0)
		return r;
	ret->type = node_type(asked->type);
	ret->mode = asked->file_mode.set ? asked->file_mode.v & 07777 : 0666;
	ret->uid = asked->uid.v;
	ret->gid = asked->gid.v;
	if (asked->type == 'p')
		return 0;
	ret->major = (uint32_t)asked->major.v;
	ret->minor = (uint32_t)asked->minor.v;
	return 0;
}

/* A default one gives way to one of the configuration with the same path. */
static int add_defaults(struct making *m, const struct device *asked, size_t n_asked, struct device *list,
			size_t *n)
{
	for (size_t i = 0; i < ARRAY_SIZE(default_devices); i++) {
		bool given = false;

		for (size_t k = 0; k < n_asked; k++)
			given = given || streq(asked[k].path, default_devices[i].path);
		if (given)
			continue;
		list[*n] = (struct device){ .path = keep(m, default_devices[i].path),
					    .type = S_IFCHR,
					    .mode = 0666,
					    .major = default_devices[i].major,
					    .minor = default_devices[i].minor };
		if (!list[(*n)++].path)
			return -ENOMEM;
	}
	return 0;
}

static int make_links(struct making *m)
{
	struct plan_link *links = arena_array(m->arena, ARRAY_SIZE(default_links), struct plan_link);

	if (!links)
		return -ENOMEM;
	for (size_t i = 0; i < ARRAY_SIZE(default_links); i++) {
		links[i].path = keep(m, default_links[i].path);
		links[i].target = keep(m, default_links[i].target);
		if (!links[i].path || !links[i].target)
			return -ENOMEM;
	}
	m->plan->links.v = links;
	m->plan->links.n = ARRAY_SIZE(default_links);
	return 0;
}

int make_devices(struct making *m)
{
	size_t n_asked = m->spec->linux_->devices.n, n = 0;
	struct device *asked = arena_array(m->arena, n_asked, struct device);
	struct device *list = arena_array(m->arena, n_asked + ARRAY_SIZE(default_devices), struct device);
	bool foreign_dev = dev_is_bind(m->plan);
	int r = 0;

	if (!asked || !list)
		return -ENOMEM;
	for (size_t i = 0; r == 0 && i < n_asked; i++)
		r = make_one(m, i, &asked[i]);
	if (r == 0 && !foreign_dev)
		r = add_defaults(m, asked, n_asked, list, &n);
	if (r == 0 && !foreign_dev)
		r = make_links(m);
	for (size_t i = 0; r == 0 && i < n_asked; i++)
		if (foreign_dev ? !starts_with(asked[i].path, "/dev/") : !is_link(asked[i].path))
			list[n++] = asked[i];
	m->plan->devices.v = list;
	m->plan->devices.n = n;
	/* mknod(2) of devices needs the initial user namespace */
	m->plan->bind_devices = m->plan->ns.userns || !m->host->initial_userns;
	return r;
}
