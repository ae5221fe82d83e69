/* SPDX-License-Identifier: Apache-2.0 */
/* The decision table of namespaces, over all combinations of made, joined and absent. */
#include "test.h"

#include "kernel/sys.h"
#include "plan/ns.h"

static const uint64_t kinds[] = {
	CLONE_NEWUSER, CLONE_NEWNS,  CLONE_NEWPID,    CLONE_NEWNET,
	CLONE_NEWIPC,  CLONE_NEWUTS, CLONE_NEWCGROUP, CLONE_NEWTIME,
};
#define KINDS	     8
#define COMBINATIONS 6561 /* 3^8 */

/* The rules as the man pages have them, one by one: what must hold of any decision. */
static bool holds(uint64_t made, uint64_t joined)
{
	struct ns_decision d = ns_decide(made, joined);

	/* everything is made, once, by somebody */
	if ((d.clone | d.late | d.stage) != made || (d.clone & d.late) || (d.clone & d.stage) ||
	    (d.late & d.stage))
		return false;
	/* cgroup_namespaces(7): its root is the cgroup of who makes it, so only when init is where it stays
	 */
	if (d.late != (made & CLONE_NEWCGROUP))
		return false;
	/* time_namespaces(7): its offsets are written before anybody is in it, so it is unshared, not cloned
	 * into */
	if (d.clone & CLONE_NEWTIME)
		return false;
	/* without a process in between nothing can be made by one, nor joined that acts on children */
	if (!d.needs_stage && (d.stage || (joined & (CLONE_NEWPID | CLONE_NEWTIME))))
		return false;
	/* the other namespaces belong to the user namespace that their maker is in: it comes first */
	if (d.needs_stage && (d.clone & CLONE_NEWUSER))
		return false;
	if ((joined & CLONE_NEWUSER) && !d.needs_stage)
		return false;
	/* the host's namespaces are joined with the host's privilege */
	if ((made & CLONE_NEWUSER) && joined && !(d.stage & CLONE_NEWUSER))
		return false;
	/* and the process in between is only paid for where one of these asks for it */
	if (d.needs_stage && !((made | joined) & CLONE_NEWTIME) &&
	    !(joined & (CLONE_NEWPID | CLONE_NEWUSER)) && !((made & CLONE_NEWUSER) && joined))
		return false;
	return true;
}

static void all_combinations(void)
{
	for (int c = 0; c < COMBINATIONS; c++) {
		uint64_t made = 0, joined = 0;
		int rest = c;

		for (int k = 0; k < KINDS; k++, rest /= 3) {
			made |= rest % 3 == 1 ? kinds[k] : 0;
			joined |= rest % 3 == 2 ? kinds[k] : 0;
		}
		if (!holds(made, joined)) {
			printf("# made %#llx joined %#llx\n", (unsigned long long)made,
			       (unsigned long long)joined);
			CHECK(!"holds");
			return;
		}
	}
}

static void usual_ones(void)
{
	uint64_t most = CLONE_NEWNS | CLONE_NEWPID | CLONE_NEWNET | CLONE_NEWIPC | CLONE_NEWUTS;
	struct ns_decision d = ns_decide(most | CLONE_NEWCGROUP, 0);

	CHECK(!d.needs_stage && d.clone == most && d.late == CLONE_NEWCGROUP);
	/* a container of a pod */
	d = ns_decide(CLONE_NEWNS | CLONE_NEWPID | CLONE_NEWCGROUP,
		      CLONE_NEWNET | CLONE_NEWIPC | CLONE_NEWUTS);
	CHECK(!d.needs_stage && d.clone == (CLONE_NEWNS | CLONE_NEWPID));
	/* with the pod's pid namespace */
	d = ns_decide(CLONE_NEWNS, CLONE_NEWPID);
	CHECK(d.needs_stage && d.clone == CLONE_NEWNS && d.stage == 0);
	/* rootless */
	d = ns_decide(most | CLONE_NEWUSER, 0);
	CHECK(!d.needs_stage && d.clone == (most | CLONE_NEWUSER));
	/* podman --userns=auto on a network made before */
	d = ns_decide(CLONE_NEWNS | CLONE_NEWUSER, CLONE_NEWNET);
	CHECK(d.needs_stage && d.clone == CLONE_NEWNS && d.stage == CLONE_NEWUSER);
}

static void nothing(void)
{
	struct ns_decision d = ns_decide(0, 0);

	CHECK(!d.needs_stage && !d.clone && !d.late && !d.stage);
}

TEST_MAIN("plan_ns", { "all_combinations", all_combinations }, { "usual_ones", usual_ones },
	  { "nothing", nothing })
