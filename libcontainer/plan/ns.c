/* SPDX-License-Identifier: Apache-2.0 */
/*
 * plan/ns.c: which process makes or joins which namespace. Source: clone(2), setns(2), user_namespaces(7),
 * time_namespaces(7).
 */
#include "plan/ns.h"

#include <time.h>

#include "base/err.h"
#include "kernel/sys.h"
#include "plan/make.h"

/* In the order of enum spec_namespace_type. */
static const enum ns_kind kinds[] = {
	[SPEC_NS_MOUNT] = NS_MOUNT,   [SPEC_NS_PID] = NS_PID,	[SPEC_NS_NETWORK] = NS_NET,
	[SPEC_NS_UTS] = NS_UTS,	      [SPEC_NS_IPC] = NS_IPC,	[SPEC_NS_USER] = NS_USER,
	[SPEC_NS_CGROUP] = NS_CGROUP, [SPEC_NS_TIME] = NS_TIME,
};

/*
 * Four reasons for a process between the parent and init. A pid or time namespace that is entered, and a time
 * namespace that is made, hold only the children of who did it. A user namespace that is joined has to be
 * entered before the other namespaces are made, as they belong to the one that their maker is in. And where
 * one is made and others are joined, those of the host must be joined with the host's privilege, before it is
 * gone.
 */
struct ns_decision ns_decide(uint64_t made, uint64_t joined)
{
	struct ns_decision d = { .late = made & CLONE_NEWCGROUP };

	d.needs_stage = (joined & (CLONE_NEWPID | CLONE_NEWUSER)) || ((made | joined) & CLONE_NEWTIME) ||
			((made & CLONE_NEWUSER) && joined);
	if (d.needs_stage)
		d.stage = made & (CLONE_NEWUSER | CLONE_NEWTIME);
	d.clone = made & ~(d.late | d.stage);
	return d;
}

uint64_t ns_made(const struct plan_ns *ns)
{
	return ns->clone | ns->late | ns->stage;
}

uint64_t ns_any(const struct plan_ns *ns)
{
	return ns_made(ns) | ns->join;
}

/* That there is a namespace for them is spec/check's rule. */
static int make_offsets(struct making *m)
{
	const struct spec_time_offsets *asked = m->spec->linux_->time_offsets;
	const struct {
		int clock;
		const struct spec_time_offset *offset;
	} clocks[] = { { CLOCK_MONOTONIC, asked ? asked->monotonic : NULL },
		       { CLOCK_BOOTTIME, asked ? asked->boottime : NULL } };
	struct plan_time_offset *offsets;
	size_t n = 0;

	if (!asked || (!asked->monotonic && !asked->boottime))
		return 0;
	offsets = arena_array(m->arena, ARRAY_SIZE(clocks), struct plan_time_offset);
	if (!offsets)
		return -ENOMEM;
	for (size_t i = 0; i < ARRAY_SIZE(clocks); i++)
		if (clocks[i].offset)
			offsets[n++] = (struct plan_time_offset){ .clock = clocks[i].clock,
								  .secs = clocks[i].offset->secs,
								  .nanosecs = clocks[i].offset->nanosecs };
	m->plan->ns.offsets.v = offsets;
	m->plan->ns.offsets.n = n;
	return 0;
}

int make_namespaces(struct making *m)
{
	struct plan_ns *ns = &m->plan->ns;
	uint64_t made = 0;
	struct ns_decision d;

	for (size_t i = 0; i < m->spec->linux_->namespaces.n; i++) {
		const struct spec_namespace *asked = &m->spec->linux_->namespaces.v[i];
		enum ns_kind kind = kinds[asked->type];

		if (asked->path && *asked->path) {
			ns->path[kind] = asked->path;
			ns->join |= ns_words[kind].flag;
		} else {
			made |= ns_words[kind].flag;
		}
	}
	if (m->host->euid != 0 && !((made | ns->join) & CLONE_NEWUSER))
		return fail(
			EPERM,
			"user %u can only make a container in a user namespace: add {\"type\": \"user\"} to "
			"linux.namespaces, with linux.uidMappings and linux.gidMappings ('cruet spec "
			"--rootless' writes "
			"such a configuration), or run as root",
			m->host->euid);
	d = ns_decide(made, ns->join);
	ns->clone = d.clone;
	ns->late = d.late;
	ns->stage = d.stage;
	ns->needs_stage = d.needs_stage;
	ns->userns = (made | ns->join) & CLONE_NEWUSER;
	m->plan->loopback_up = made & CLONE_NEWNET;
	return make_offsets(m);
}

/* The container's, all at once through its pidfd. Which of them are the caller's own the kernel does not
 * mind, but for a user namespace, and a container that has one in its configuration is in it. */
int make_exec_namespaces(struct making *m)
{
	struct plan_ns *ns = &m->plan->ns;

	for (size_t i = 0; i < m->spec->linux_->namespaces.n; i++)
		ns->join |= ns_words[kinds[m->spec->linux_->namespaces.v[i].type]].flag;
	ns->needs_stage = ns_decide(0, ns->join).needs_stage;
	ns->userns = ns->join & CLONE_NEWUSER;
	return 0;
}
