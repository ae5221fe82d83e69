/* SPDX-License-Identifier: Apache-2.0 */
/*
 * plan/filter.h: a seccomp section as the bytes of a BPF program. The types are for init too; filter_make() is the
 * parent's.
 */
#pragma once

#include "base/arena.h"
#include "base/base.h"

struct sock_filter;
struct spec_seccomp;

struct plan_filter {
	const struct spec_seccomp *section; /* the parent's */
	const struct sock_filter *insns;    /* of filter_finish() */
	size_t n;                           /* 0 until then: nobody can load it */
	unsigned int flags;            /* SECCOMP_FILTER_FLAG_* */
	const char *listener_path;     /* NULL: no SCMP_ACT_NOTIFY */
	const char *listener_metadata;
};

/* In two steps: what the section says besides its rules, and the program, which takes a while: the parent compiles it
 * beside init's work, in the memory that init reads. Errors name the place in the section. */
int filter_begin(struct arena *arena, const struct spec_seccomp *section, struct plan_filter **ret_filter) MUST_USE;
int filter_finish(struct arena *arena, struct plan_filter *filter) MUST_USE;
/* Both. */
int filter_make(struct arena *arena, const struct spec_seccomp *section, const struct plan_filter **ret_filter) MUST_USE;

/* The words of linux.seccomp.flags, in the order of the table, and the flag that each is to the kernel (0: none is needed);
 * NULL past the last. */
const char *filter_flag_word(size_t i, unsigned int *ret_flag);
