/* SPDX-License-Identifier: Apache-2.0 */
/*
 * plan/ns.h: the decision table of namespaces, apart so that it can be tested over all combinations. Pure.
 */
#pragma once

#include "base/base.h"

struct ns_decision {
	uint64_t clone, late, stage; /* as in struct plan_ns */
	bool needs_stage;
};

/* `made` and `joined`: bits of CLONE_NEW*, disjoint. */
struct ns_decision ns_decide(uint64_t made, uint64_t joined);
