/* SPDX-License-Identifier: Apache-2.0 */
/*
 * kernel/caps.h: capabilities as masks (bit n is capability n). Names come from libcap (caps.c, parent); applying them
 * needs no library (caps_apply.c, init). Source: capabilities(7), prctl(2), capset(2).
 */
#pragma once

#include "base/base.h"

enum cap_set { CAPSET_BOUNDING, CAPSET_EFFECTIVE, CAPSET_PERMITTED, CAPSET_INHERITABLE, CAPSET_AMBIENT, CAPSETS };

struct cap_masks {
	uint64_t mask[CAPSETS];
};

/* caps.c, pure: "CAP_CHOWN" (any case, with or without CAP_, as libcap knows it) to its number, or -ENOENT; and back,
 * upper case, NULL past the last that the library knows. */
int cap_number(const char *name, int *ret_number) MUST_USE;
const char *cap_word(int number, char *buf, size_t size);

/* caps_apply.c: the process's own sets. */
int caps_drop_bounding(uint64_t keep) MUST_USE;      /* needs CAP_SETPCAP: before we become the user */
int caps_keep_on_setuid(bool keep) MUST_USE;         /* PR_SET_KEEPCAPS */
int caps_set(uint64_t effective, uint64_t permitted, uint64_t inheritable) MUST_USE;
int caps_set_ambient(uint64_t ambient) MUST_USE;     /* clears all, raises these */
int caps_get(uint64_t *ret_effective, uint64_t *ret_permitted, uint64_t *ret_inheritable) MUST_USE;
/* The bounding set of this process, by PR_CAPBSET_READ: also tells the last capability of the kernel. */
uint64_t caps_bounding(void);
