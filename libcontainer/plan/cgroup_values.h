/* SPDX-License-Identifier: Apache-2.0 */
/*
 * plan/cgroup_values.h: a list of cgroup_write under construction; for the cgroup*.c files of this room only.
 * A failure is kept inside and comes out once, at the end, so that a property is one line.
 */
#pragma once

#include "plan/cgroup.h"

struct values {
	struct arena *arena;
	bool v2;
	struct cgroup_write *v;
	size_t n, max;
	struct cgroup_write nowhere; /* what is filled in after a failure */
	int failed;		     /* -errno */
};

#define RESOURCE(name) "linux.resources." name

/* Add one entry (CGROUP_SET); the caller may change its flags. Never NULL. */
struct cgroup_write *value_set(struct values *b, const char *property, const char *controller,
			       const char *file, const char *fmt, ...) PRINTF_LIKE(5, 6);
/* A number, and -1 as `unlimited`; less is refused. */
struct cgroup_write *value_limit(struct values *b, const char *property, const char *controller,
				 const char *file, int64_t limit, const char *unlimited);
/* The property says something that cannot be. */
void value_refuse(struct values *b, const char *property, const char *why);
/* This version of cgroups has nothing that does it. */
void value_missing(struct values *b, const char *property);

void values_of_memory(struct values *b, const struct spec_memory *m);	   /* cgroup_memory.c */
void values_of_cpu(struct values *b, const struct spec_cpu *c);		   /* cgroup_cpu.c */
void values_of_block_io(struct values *b, const struct spec_block_io *io); /* cgroup_io.c */

/* cpu.weight for cpu.shares, as runc (1.3.2) and crun (1.23) compute it: the default 1024 becomes the default
 * 100. */
uint64_t cpu_weight_of_shares(uint64_t shares);
/* io.weight for the blkio weight 10 .. 1000. */
uint64_t io_weight_of_blkio(uint64_t weight);
