/* SPDX-License-Identifier: Apache-2.0 */
/*
 * plan/refuse.c: what a configuration may say but does not act yet. A property that changes what a container
 * can do is refused, never ignored; each row goes away with the change that makes it act.
 */
#include "base/err.h"
#include "plan/make.h"

static bool asks_systemd_elsewhere(const struct making *m)
{
	return m->options->systemd_cgroup && m->host->cgroup.mode != CGROUP_V2;
}

static const struct {
	const char *what;
	bool (*asked)(const struct making *m);
	const char *instead;
} refusals[] = {
	{ "--systemd-cgroup without cgroup v2", asks_systemd_elsewhere,
	  ": this host's cgroups are those of version 1: use --cgroup-manager cgroupfs, or boot with "
	  "systemd.unified_cgroup_hierarchy=1" },
};

int make_refusals(struct making *m)
{
	for (size_t i = 0; i < ARRAY_SIZE(refusals); i++)
		if (refusals[i].asked(m))
			return fail(0, "%s: not supported yet%s", refusals[i].what, refusals[i].instead);
	return 0;
}
