/* SPDX-License-Identifier: Apache-2.0 */
/*
 * plan/exec.c: what a further process of a container takes over from its first one. As runc: the sets and
 * limits that confine, but not who it is (user, environment, directory), and no_new_privs is as it says
 * itself.
 */
#include "plan/make.h"

const struct spec_process *exec_process(struct arena *arena, const struct spec_process *container,
					const struct spec_process *process)
{
	struct spec_process *p = arena_new(arena, struct spec_process);

	if (!p)
		return NULL;
	*p = *process;
	if (!container)
		return p;
	if (!p->capabilities)
		p->capabilities = container->capabilities;
	if (!p->rlimits.n)
		p->rlimits = container->rlimits;
	if (!p->scheduler)
		p->scheduler = container->scheduler;
	if (!p->io_priority)
		p->io_priority = container->io_priority;
	if (!p->exec_cpu_affinity)
		p->exec_cpu_affinity = container->exec_cpu_affinity;
	if (!p->oom_score_adj.set)
		p->oom_score_adj = container->oom_score_adj;
	if (!p->apparmor_profile)
		p->apparmor_profile = container->apparmor_profile;
	if (!p->selinux_label)
		p->selinux_label = container->selinux_label;
	return p;
}
