/* SPDX-License-Identifier: Apache-2.0 */
/*
 * base/arena.h: memory that lives as long as the command. Nothing in it is freed alone; there is no free function for
 * a spec or a plan. The arena that holds the plan is a memfd mapped shared at an address chosen at random, so that the
 * init stage can map it (read-only) at the same address and follow its pointers.
 */
#pragma once

#include "base/base.h"

struct arena {
	char *base;  /* the mapping */
	size_t used; /* bytes handed out, from base */
	size_t size; /* bytes mapped; pages never touched cost nothing */
	int fd;      /* the memfd, or -1 for private memory */
};

/* Reserve `size` bytes: shared over a memfd, or private. Errors: those of memfd_create(2), mmap(2). */
int arena_open_shared(struct arena *ret_arena, size_t size) MUST_USE;
int arena_open_private(struct arena *ret_arena, size_t size) MUST_USE;
void arena_close(struct arena *arena);

/* Zeroed memory, aligned for any type; NULL with the failure recorded (ENOMEM) when the reserve is used up. n * size is
 * checked for overflow. */
void *arena_alloc(struct arena *arena, size_t n, size_t size) MUST_USE;
#define arena_new(arena, type) ((type *)arena_alloc(arena, 1, sizeof(type)))
#define arena_array(arena, n, type) ((type *)arena_alloc(arena, n, sizeof(type)))

/* Copies; NULL with ENOMEM recorded. */
char *arena_strdup(struct arena *arena, const char *s) MUST_USE;
char *arena_strndup(struct arena *arena, const char *s, size_t n) MUST_USE;
char *arena_printf(struct arena *arena, const char *fmt, ...) PRINTF_LIKE(2, 3) MUST_USE;
