/* SPDX-License-Identifier: Apache-2.0 */
/*
 * spec/seccomp_default.h: the seccomp profile that comes with cruet, as the words of linux.seccomp, and such
 * a section as JSON. Any of the parent's code; the profile is what `cruet spec` writes, and never applied to
 * a bundle that does not ask for it.
 *
 * What is not allowed here fails with EPERM, and with ENOSYS what is newer than the profile
 * (plan/filter_map.c) and clone3 for a container without CAP_SYS_ADMIN. Groups and reasons: seccomp_groups.c,
 * from the manual pages of the calls and capabilities(7).
 */
#pragma once

#include "base/arena.h"
#include "spec/spec.h"

struct json_writer;

/* The profile for a container with this bounding set ("CAP_..." words; NULL: none). For the machine that this
 * was built for and its 32-bit architecture. Lives in the arena and in static data. */
int seccomp_default_make(struct arena *arena, const struct strings *bounding,
			 const struct spec_seccomp **ret_section) MUST_USE;

/* A section as a member `key` (NULL: in an array or at the top). Failures are the writer's. */
void seccomp_write(const struct spec_seccomp *section, struct json_writer *w, const char *key);

/* seccomp_default_make() and seccomp_write() in one, without an arena. */
void seccomp_default_write(const struct strings *bounding, struct json_writer *w, const char *key);

/* ---- the groups, for seccomp_default.c and the tests that no call is forgotten ---- */

enum seccomp_when {
	SECCOMP_ALWAYS,
	SECCOMP_WITH,	 /* with one of the capabilities */
	SECCOMP_WITHOUT, /* with none of them */
	SECCOMP_NEVER,	 /* listed to say why; not written */
};

struct seccomp_group {
	const char *reason;
	enum seccomp_when when;
	struct strings capabilities;
	struct strings names;
	LIST(spec_seccomp_arg) args;
	bool answers_enosys; /* instead of being allowed */
};

extern const struct seccomp_group seccomp_groups[];
extern const size_t seccomp_n_groups;
