/* SPDX-License-Identifier: Apache-2.0 */
/* plan/rdt.h: schemata for who changes those of a container that is there. Pure. Parent only. */
#pragma once

#include "base/arena.h"
#include "base/base.h"

struct spec_intel_rdt;

/* All lines that the section asks for, each with its newline; NULL where it asks for none. The specification's order:
 * l3CacheSchema (its MB lines only where there is no memBwSchema), memBwSchema, schemata. */
int plan_rdt_schemata(struct arena *arena, const struct spec_intel_rdt *rdt, const char **ret_lines) MUST_USE;
