/* SPDX-License-Identifier: Apache-2.0 */
/* From bytes to a spec: decode by the tables, then the rules across fields. */
#include "base/err.h"
#include "base/json_read.h"
#include "spec/spec.h"
#include "spec/tables.h"

int spec_load(struct arena *arena, const char *buf, size_t n, const struct spec **ret_spec)
{
	struct spec *spec = arena_new(arena, struct spec);
	struct spec_seccomp *seccomp;
	int r;

	if (!spec)
		return -ENOMEM;
	r = json_read(arena, &spec_table, buf, n, spec);
	if (r < 0)
		return r;
	if (!spec->linux_) {
		spec->linux_ = arena_new(arena, struct spec_linux);
		if (!spec->linux_)
			return -ENOMEM;
	}
	seccomp = (struct spec_seccomp *)spec->linux_->seccomp; /* ours until it is returned */
	if (seccomp)
		seccomp->has_flags = seccomp->flags.v != NULL;
	r = spec_check(spec);
	if (r < 0)
		return r;
	*ret_spec = spec;
	return 0;
}

int spec_load_process(struct arena *arena, const char *buf, size_t n, const struct spec_process **ret_process)
{
	struct spec_process *process = arena_new(arena, struct spec_process);
	int r;

	if (!process)
		return -ENOMEM;
	r = json_read(arena, &spec_process_table, buf, n, process);
	if (r < 0)
		return r;
	r = spec_check_process(process);
	if (r < 0)
		return r;
	if (!process->args.n)
		return fail(0, "args: is empty: a command to execute is needed");
	*ret_process = process;
	return 0;
}

int spec_load_resources(struct arena *arena, const char *buf, size_t n,
			const struct spec_resources **ret_resources)
{
	struct spec_resources *resources = arena_new(arena, struct spec_resources);
	int r;

	if (!resources)
		return -ENOMEM;
	r = json_read(arena, &spec_resources_table, buf, n, resources);
	if (r < 0)
		return r;
	r = spec_check_resources(resources);
	if (r < 0)
		return r;
	*ret_resources = resources;
	return 0;
}

int spec_load_mounts(struct arena *arena, const char *buf, size_t n, const struct spec_mount **ret_mounts,
		     size_t *ret_n)
{
	const void *mounts;
	size_t count;
	int r = json_read_list(arena, &spec_mount_table, buf, n, &mounts, &count);

	if (r < 0)
		return r;
	r = spec_check_mounts(mounts, count);
	if (r < 0)
		return r;
	*ret_mounts = mounts;
	*ret_n = count;
	return 0;
}
