/* SPDX-License-Identifier: Apache-2.0 */
/* ledger_files.h: further files of an entry, each written whole or not at all. They go with the entry. Parent only. */
#pragma once

#include "ledger.h"

#define LEDGER_RESOURCES "resources.json" /* linux.resources as they act since the last update */
#define LEDGER_EXIT	 "exit.json"      /* how init ended */

int ledger_put(const struct ledger_entry *entry, const char *name, const char *text, size_t n) MUST_USE;
/* -ENOENT (not recorded) where there is none. */
int ledger_get(const struct ledger_entry *entry, struct arena *arena, const char *name, char **ret_text,
	       size_t *ret_n) MUST_USE;
