/* SPDX-License-Identifier: Apache-2.0 */
/* run/sources.h: what the parent opens for init (sources.c). Parent only. */
#pragma once

#include "run/run.h"

int sources_open_namespaces(struct run *run) MUST_USE;
int sources_open_root(struct run *run) MUST_USE;
int sources_open_mounts(struct run *run) MUST_USE; /* those with parent_opens */
void sources_close(const struct run *run);
