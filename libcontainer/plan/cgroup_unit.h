/* SPDX-License-Identifier: Apache-2.0 */
/* plan/cgroup_unit.h: a unit's properties under construction; for cgroup_systemd.c and cgroup_annotations.c only. */
#pragma once

#include "kernel/cgroup_systemd.h"

struct unit_list {
	struct arena *arena;
	struct unit_property *v; /* one more than max: what is filled in past the end */
	size_t n, max;
};

/* Add what annotations org.systemd.property.NAME say: values as GVariant's text format writes the simple types. */
int unit_annotations(struct unit_list *list, const struct string_map *annotations) MUST_USE;
