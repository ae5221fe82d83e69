/* SPDX-License-Identifier: Apache-2.0 */
/*
 * plan/explain.h: the pieces of plan_explain(). Each prints its part of the plan: a line a fact, the thing
 * before the colon, its numbers as words after it. Not for other rooms.
 */
#pragma once

#include <stdio.h>

#include "plan/plan.h"

/* A string as it is where it is plain, else in quotes with what is not graphic escaped. */
void explain_string(FILE *out, const char *s);
void explain_strings(FILE *out, const char *const *list);

void explain_mounts(FILE *out, const struct plan *plan);  /* explain_mounts.c */
void explain_live(FILE *out, const struct plan *plan);    /* the same: of a container that runs */
void explain_process(FILE *out, const struct plan *plan); /* explain_process.c */
