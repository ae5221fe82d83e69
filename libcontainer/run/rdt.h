/* SPDX-License-Identifier: Apache-2.0 */
/*
 * run/rdt.h: acts on the container's group in resctrl, of create, exec, restore, update and delete. 0, or -errno with the
 * failure recorded.
 */
#pragma once

#include "run/run.h"

bool wants_rdt(const struct run *run);
int check_rdt(struct run *run) MUST_USE; /* notes whether the group will be made */
int make_rdt_group(struct run *run) MUST_USE;
int undo_rdt(struct remains *remains) MUST_USE;
int join_rdt(struct run *run) MUST_USE;  /* the process that run->pid is; what it starts is in the same group */
int rdt_join_process(struct run *run, pid_t pid) MUST_USE;

/* Other schemata for a container's group. *ret_old: those before, to be set in the same way; or NULL: not asked. */
int change_rdt(struct arena *arena, int procfd, const struct container *c, const char *lines, const char **ret_old) MUST_USE;
