/* SPDX-License-Identifier: Apache-2.0 */
/* run/unit.h: the container's scope of the systemd manager: made, found and taken back. 0, or -errno with the failure recorded. */
#pragma once

#include "kernel/cgroup_systemd.h"
#include "run/run.h"

bool wants_unit(const struct run *run);
/* A scope with the child in it; then its cgroup is the container's place. */
int start_unit(struct run *run) MUST_USE;
/* v1: the device rules as the unit's properties. systemd writes them to the cgroup, coarser than we do after that. */
int tell_devices(struct run *run) MUST_USE;
/* The unit of the ledger, if it has one: kill what is in it, and have the manager forget it. */
int undo_unit(struct remains *remains) MUST_USE;
/* Other properties for the unit of a container that runs, until it ends. When this has returned systemd has written them to
 * the cgroup's files. Not the engine's: for update. */
int change_unit(struct arena *arena, const struct container *container, const struct unit_properties *properties) MUST_USE;
/* exec: by the manager, which may move a process from where we may not. */
int attach_to_unit(struct run *run) MUST_USE;
