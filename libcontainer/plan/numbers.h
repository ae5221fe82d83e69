/* SPDX-License-Identifier: Apache-2.0 */
/*
 * plan/numbers.h: words that stand for one number of the kernel's: parsing and printing read the same rows.
 * Pure.
 */
#pragma once

#include "base/base.h"

struct number_word {
	const char *name;
	int64_t number;
};

struct number_words {
	const struct number_word *v;
	size_t n;
};

extern const struct number_words rlimit_words, sched_flag_words, memory_mode_words, memory_flag_words;

/* The row of a name, or NULL; the name of a number, or "?". */
const struct number_word *number_of(const struct number_words *words, const char *name);
const char *number_name(const struct number_words *words, int64_t number);
