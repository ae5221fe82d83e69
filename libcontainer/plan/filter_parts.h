/* SPDX-License-Identifier: Apache-2.0 */
/*
 * plan/filter_parts.h: what the files of the seccomp compiler share. Not for others.
 *
 * From words to bytes in three passes: filter.c turns the section into alternatives and architectures,
 * filter_map.c turns them into one map a kernel architecture (which range of system call numbers has which
 * verdict), filter_code.c turns the maps into BPF.
 */
#pragma once

#include <linux/filter.h>
#include <linux/seccomp.h>

#include "base/arena.h"
#include "kernel/seccomp.h"
#include "spec/spec.h"

/* A rule, or one condition of a rule that compares an argument twice: conditions that must all hold, and what
 * happens then. In the order of the document. */
struct filter_choice {
	const struct spec_seccomp_arg *args;
	size_t n_args;
	const struct strings *names;
	uint32_t action; /* SECCOMP_RET_* with its data */
};

struct filter_source {
	struct arena *scratch;
	const struct filter_choice *choices;
	size_t n_choices;
	size_t n_names; /* of all choices */
	uint32_t default_action;
};

/* What one choice says about one number. */
struct filter_entry {
	uint32_t number;
	const struct filter_choice *choice;
	bool conditional; /* the choice has conditions */
	uint32_t code,
		code_mask; /* mask != 0: behind socketcall or ipc, and this is all that can be compared */
};

/* Entries to be tried one after the other, with conditions; none holds: the default. */
struct filter_block {
	const struct filter_entry *v;
	size_t n;
	const struct seccomp_arch *arch;
};

struct filter_leaf {
	bool is_block;
	uint32_t value; /* the index of a block, or an action */
};

/* All numbers from `start` to the next range's. */
struct filter_range {
	uint32_t start;
	struct filter_leaf leaf;
};

struct filter_map {
	uint32_t audit;
	struct filter_range *ranges; /* the first starts at 0 */
	size_t n_ranges;
	struct filter_block *blocks;
	size_t n_blocks;
};

/* The map of the architectures that the kernel reports as archs[0].audit: one, or x86_64 and x32. */
int filter_map_make(const struct filter_source *source, const struct seccomp_arch *const *archs,
		    size_t n_archs, struct filter_map *ret_map) MUST_USE;

/* The program for all maps; *ret_n is at most BPF_MAXINSNS, as `insns` has room for. An error where they
 * do not suffice. */
int filter_code_make(const struct filter_source *source, const struct filter_map *maps, size_t n_maps,
		     struct sock_filter *insns, size_t *ret_n) MUST_USE;
