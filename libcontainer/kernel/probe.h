/* SPDX-License-Identifier: Apache-2.0 */
/*
 * kernel/probe.h: what this kernel and this host can do, found out by doing it. A question is a row; it is asked in a child
 * of its own, in namespaces of its own where it makes anything, so that nothing is left of it. Parent only.
 */
#pragma once

#include "base/arena.h"
#include "base/base.h"
#include "base/str.h"

#define PROBE_NOTE_MAX 128

struct probe {
	const char *name;
	/* 0 or -errno; `note` may say more of either, and all of it where that is -EOPNOTSUPP. In the child, whose only stdio is /dev/null's. */
	int (*ask)(const struct probe *probe, struct text *note);
	const char *word; /* what the function wants to know: a path, a type */
	uint64_t number;
	const char *since;  /* the first Linux that can; NULL: it is not the kernel's age */
	const char *remedy; /* what to do where it is not the age; NULL: nothing */
};

struct probe_area {
	const char *name;
	const struct probe *v;
	size_t n;
};

/* By area: system calls, the mount API, namespaces, mounts in a user namespace, security modules, seccomp; and what is no
 * property of the kernel: cgroups, programs. */
extern const struct probe_area probe_kernel[], probe_host[]; /* an area without a name ends them */

/* The mounts whose file systems may hold volumes: one a type, the first; idmap questions for them, in the arena. */
int probe_idmap_make(struct arena *arena, int procfd, struct probe_area *ret_area) MUST_USE;

/* Ask. *ret_error is 0 or the errno; what was noted is in note. -ETIMEDOUT is an answer, too. Fails only where no child can
 * be made. */
int probe_ask(const struct probe *probe, int *ret_error, char note[PROBE_NOTE_MAX]) MUST_USE;

/* For the questions themselves, in the child: a mount namespace from which nothing goes back; without privilege by way of a
 * user namespace. And a user namespace whose root we are. -errno. */
int probe_private_mounts(void);
int probe_private_user(uint64_t more_namespaces);
