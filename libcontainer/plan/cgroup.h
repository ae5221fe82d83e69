/* SPDX-License-Identifier: Apache-2.0 */
/*
 * plan/cgroup.h: linux.cgroupsPath and linux.resources as numbers: a path, values for files, device rules.
 * Pure: no system call, no allocation but the arena. Source: OCI config-linux.md "Control groups", kernel
 * cgroup-v2.rst.
 */
#pragma once

#include "kernel/cgroup.h"
#include "kernel/cgroup_systemd.h"
#include "spec/spec.h"

/*
 * The container's cgroup, absolute from the root of what is mounted, normalised. An absolute cgroupsPath is
 * taken word for word (engines look there for statistics). A relative one, and "cruet-ID" where there is
 * none, starts on v2 at the parent of the caller's own cgroup (which has processes, so its children could
 * have no controllers), on v1 at the root, as the caller's place differs from hierarchy to hierarchy there.
 * EINVAL on "..", the root itself and on systemd's "slice:prefix:name" form, which is for the systemd
 * manager.
 */
int plan_cgroup_path(struct arena *arena, const struct cgroup_host *host, const char *cgroups_path,
		     const char *id, const char **ret_path) MUST_USE;

/* Values for files, in the order in which they must be written, and the controllers to enable (cgroup_make):
 * those that containers expect, and what the values need. `resources` may be NULL. A property that this mode
 * has no file for is an error that names it, unless its value asks for what is the case anyway. */
struct plan_cgroup_values {
	const struct cgroup_write *v;
	size_t n;
	const char *controllers;
};
int plan_cgroup_values(struct arena *arena, enum cgroup_mode mode, const struct spec_resources *resources,
		       struct plan_cgroup_values *ret_values) MUST_USE;

/* Device rules in force order: deny all, the bundle's, and the devices that every container has. */
struct plan_device_rules {
	const struct device_rule *v;
	size_t n;
};
int plan_device_rules(struct arena *arena, const struct spec_resources *resources,
		      struct plan_device_rules *ret_rules) MUST_USE;

/*
 * The systemd manager (cgroup_systemd.c). cgroupsPath is "SLICE:PREFIX:NAME" (the scope PREFIX-NAME.scope, or
 * NAME.scope, in SLICE), "NAME", or nothing ("cruet-ID.scope"); without a slice it is system.slice, or the
 * user's user.slice. The properties are those that the values for files have (so that they outlive a
 * daemon-reload), and the annotations org.systemd.property.* that the allow-list has; any other is EINVAL
 * (CVE-2024-3154). On v1 the device rules are properties, too: those that act.
 */
struct plan_unit_words {
	const char *cgroups_path, *id;
	const struct string_map *annotations;
	const struct plan_cgroup_values *values;
	const struct plan_device_rules *devices; /* NULL: nobody sets any */
	bool user;    /* the user's manager ... */
	uint32_t uid; /* ... whose: as the manager's own cgroup names it */
};
/* The properties of these values alone: for a unit that runs. */
int plan_unit_properties(struct arena *arena, enum cgroup_mode mode, const struct cgroup_write *writes,
			 size_t n, struct unit_properties *ret_properties) MUST_USE;
/* v1: what of these rules systemd can be told (cgroup_systemd_v1.c). What it cannot be told it denies when it writes the list
 * anew. */
int plan_unit_devices(struct arena *arena, const struct device_rule *rules, size_t n,
		      struct unit_properties *ret_properties) MUST_USE;
int plan_unit(struct arena *arena, const struct cgroup_host *host, const struct plan_unit_words *words,
	      const struct unit **ret_unit, const char **ret_path) MUST_USE;
