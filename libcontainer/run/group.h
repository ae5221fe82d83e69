/* SPDX-License-Identifier: Apache-2.0 */
/* run/group.h: create's and restore's acts on the container's cgroup. 0, or -errno with the failure recorded. */
#pragma once

#include "run/run.h"

bool wants_cgroup(const struct run *run);
int check_cgroup(struct run *run) MUST_USE;
bool makes_cgroup(const struct run *run); /* not the systemd manager: we */
int make_cgroup(struct run *run) MUST_USE;
/* Kill what is in it and remove it. */
int undo_cgroup(struct remains *remains) MUST_USE;

bool wants_attach(const struct run *run);
int attach_cgroup(struct run *run) MUST_USE;
bool must_attach(const struct run *run); /* restore: criu */
bool wants_joined(const struct run *run);
int say_joined(struct run *run) MUST_USE;

bool wants_limits(const struct run *run);
int apply_limits(struct run *run) MUST_USE;
bool wants_device_rules(const struct run *run);
bool wants_rules_before_hooks(const struct run *run);
bool wants_rules_when_ready(const struct run *run);
int load_device_rules(struct run *run) MUST_USE;
int apply_device_rules(struct run *run) MUST_USE;
bool wants_delegation(const struct run *run);
int delegate_cgroup(struct run *run) MUST_USE;
