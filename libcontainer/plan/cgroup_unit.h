/* SPDX-License-Identifier: Apache-2.0 */
/* plan/cgroup_unit.h: a unit's properties under construction; for cgroup_systemd*.c and cgroup_annotations.c only. */
#pragma once

#include "kernel/cgroup.h"
#include "kernel/cgroup_systemd.h"
#include "spec/spec.h"

struct unit_list {
	struct arena *arena;
	struct unit_property *v; /* one more than max: what is filled in past the end */
	size_t n, max;
	const struct cgroup_write *writes; /* of which the properties are made */
	size_t n_writes;
};

struct unit_property *unit_list_add(struct unit_list *l, const char *name, enum unit_value type, uint64_t number);

/* What a file is to systemd, and how its value is added. */
struct unit_file {
	const char *file, *property;
	void (*add)(struct unit_list *l, const char *name, const char *value);
};
extern const struct unit_file unit_files_v1[]; /* cgroup_systemd_v1.c; the last has no name */

/* Values as several files have them. */
void unit_add_limit(struct unit_list *l, const char *name, const char *value);
void unit_add_tasks(struct unit_list *l, const char *name, const char *value);
void unit_add_quota(struct unit_list *l, const char *name, const char *value);
/* "8:0 " at the start of a value as the path that systemd wants; what follows it, or NULL. */
const char *unit_device_of(struct unit_list *l, const char *value, const char **ret_path);

/* Add what annotations org.systemd.property.NAME say: values as GVariant's text format writes the simple types. */
int unit_annotations(struct unit_list *list, const struct string_map *annotations) MUST_USE;
