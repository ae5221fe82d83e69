/* SPDX-License-Identifier: Apache-2.0 */
/*
 * plan/userns.c: --userns=auto: what `hostUsers: false` gives to a pod, for a configuration that asks for nothing. One
 * rewrite of the plan's input, like privileged.c; that the root's ids are mapped is mounts.c's.
 */
#include <string.h>

#include "base/err.h"
#include "plan/make.h"

static int check(const struct host *host, const struct spec *spec)
{
	const struct spec_linux *l = spec->linux_;
	bool own_mounts = false;

	if (host->euid != 0)
		return fail(
			EPERM,
			"--userns=auto: only the host's root may map the ids of a root file system; without "
			"privilege use a configuration of `cruet spec --rootless`");
	for (size_t i = 0; i < l->namespaces.n; i++) {
		const struct spec_namespace *ns = &l->namespaces.v[i];

		if (ns->type == SPEC_NS_USER)
			return fail(0, "--userns=auto: linux.namespaces[%zu] is a user namespace already", i);
		own_mounts = own_mounts || (ns->type == SPEC_NS_MOUNT && !(ns->path && *ns->path));
	}
	if (l->uid_mappings.n || l->gid_mappings.n)
		return fail(0, "--userns=auto: the configuration has linux.uidMappings of its own");
	if (!own_mounts)
		return fail(
			0,
			"--userns=auto: the ids of the root file system are mapped in a mount namespace of "
			"its own: add {\"type\": \"mount\"}, without a path, to linux.namespaces");
	return 0;
}

int userns_spec(struct arena *arena, const struct host *host, const struct id_range *ids,
		const struct spec *spec, const struct spec **ret_spec)
{
	struct spec *copy = arena_new(arena, struct spec);
	struct spec_linux *l = arena_new(arena, struct spec_linux);
	struct spec_namespace *list =
		arena_array(arena, spec->linux_->namespaces.n + 1, struct spec_namespace);
	struct id_range *range = arena_new(arena, struct id_range);
	int r = check(host, spec);

	if (r < 0)
		return r;
	if (!copy || !l || !list || !range)
		return -ENOMEM;
	*copy = *spec;
	*l = *spec->linux_;
	*range = *ids;
	if (l->namespaces.n)
		memcpy(list, l->namespaces.v, l->namespaces.n * sizeof(list[0]));
	list[l->namespaces.n++] = (struct spec_namespace){ .type = SPEC_NS_USER };
	l->namespaces.v = list;
	l->uid_mappings = l->gid_mappings = (struct id_map){ .v = range, .n = 1 };
	copy->linux_ = l;
	*ret_spec = copy;
	return 0;
}
