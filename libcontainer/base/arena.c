/* SPDX-License-Identifier: Apache-2.0 */
#include "base/arena.h"

#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <unistd.h>

#include "base/err.h"
#include "base/fd.h"

#ifndef MFD_NOEXEC_SEAL
#define MFD_NOEXEC_SEAL 0x0008U
#endif
#ifndef F_SEAL_FUTURE_WRITE
#define F_SEAL_FUTURE_WRITE 0x0010
#endif
#ifndef MAP_FIXED_NOREPLACE
#define MAP_FIXED_NOREPLACE 0x100000
#endif

/*
 * Where a shared arena may lie: the init stage must find the same addresses free. That program is linked at a
 * low address with its heap above; a PIE and its heap lie near 0x55.. 0x56.., libraries and stacks below the
 * top (0x7f..). The second row is for address spaces of 38 and 39 bits (arm64 and riscv64 kernels built that
 * way), where the first fails with ENOMEM.
 */
static const struct range {
	uint64_t low, high;
} ranges[] = {
	{ 0x110000000000, 0x500000000000 },
	{ 0x001000000000, 0x003000000000 },
};
#define TRIES 16

#define ALIGNMENT _Alignof(max_align_t)

static void *map_at_random(int fd, size_t size, const struct range *range)
{
	uint64_t pages = (range->high - range->low) >> 16;

	for (int try = 0; try < TRIES; try++) {
		uint64_t random;
		void *at, *got;

		if (getrandom(&random, sizeof(random), 0) != sizeof(random))
			return MAP_FAILED;
		at = (void *)(uintptr_t)(range->low + (random % pages << 16));
		got = mmap(at, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_NORESERVE | MAP_FIXED_NOREPLACE,
			   fd, 0);
		if (got == at)
			return got;
		/* until 4.17 is the oldest kernel: the flag is unknown and the address only a hint */
		if (got != MAP_FAILED)
			munmap(got, size);
		else if (errno != EEXIST)
			return MAP_FAILED;
	}
	errno = EEXIST;
	return MAP_FAILED;
}

static int plan_memfd(void)
{
	int fd = memfd_create("cruet-plan", MFD_CLOEXEC | MFD_NOEXEC_SEAL);

	/* until 6.3 is the oldest kernel */
	if (fd < 0 && errno == EINVAL)
		fd = memfd_create("cruet-plan", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	return fd;
}

int arena_open_shared(struct arena *ret_arena, size_t size)
{
	autoclose int fd = plan_memfd();
	void *base = MAP_FAILED;

	if (fd < 0)
		return fail(errno, "cannot make a memfd for the plan");
	if (ftruncate(fd, (off_t)size) < 0)
		return fail(errno, "cannot size the plan's memfd");
	for (size_t i = 0; i < ARRAY_SIZE(ranges) && base == MAP_FAILED; i++)
		base = map_at_random(fd, size, &ranges[i]);
	if (base == MAP_FAILED)
		return fail(errno, "cannot map the plan's memory");

	/*
	 * The other process holds this fd. It must not shrink the file under the parent (SIGBUS) nor map it
	 * writable: what the parent reads back from its plan stays what it put there. This mapping stays
	 * writable. Until 5.1 is the oldest kernel: EINVAL for the last seal, and then the fd is only not writable by
	 * convention.
	 */
	if (fcntl(fd, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_FUTURE_WRITE) < 0 &&
	    fcntl(fd, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW) < 0) {
		int err = errno;

		munmap(base, size);
		return fail(err, "cannot seal the plan's memfd");
	}

	*ret_arena = (struct arena){ .base = base, .size = size, .fd = take_fd(&fd) };
	return 0;
}

int arena_open_private(struct arena *ret_arena, size_t size)
{
	void *base =
		mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	if (base == MAP_FAILED)
		return fail(errno, "cannot map %zu bytes", size);
	*ret_arena = (struct arena){ .base = base, .size = size, .fd = -1 };
	return 0;
}

void arena_close(struct arena *arena)
{
	if (arena->base)
		munmap(arena->base, arena->size);
	fd_close(&arena->fd);
	*arena = (struct arena){ .fd = -1 };
}

/* `bytes` more, at a multiple of `alignment`. The pages are new, so they are zero: nothing is ever given
 * back. */
static void *take(struct arena *arena, size_t bytes, size_t alignment)
{
	size_t start = (arena->used + alignment - 1) & ~(alignment - 1);

	if (start < arena->used || start > arena->size || bytes > arena->size - start) {
		fail(ENOMEM, "the input needs more than %zu bytes of memory", arena->size);
		return NULL;
	}
	arena->used = start + bytes;
	return arena->base + start;
}

void *arena_alloc(struct arena *arena, size_t n, size_t size)
{
	size_t bytes;

	if (__builtin_mul_overflow(n, size, &bytes)) {
		fail(ENOMEM, "a list of %zu items is too long", n);
		return NULL;
	}
	return take(arena, bytes, ALIGNMENT);
}

char *arena_strndup(struct arena *arena, const char *s, size_t n)
{
	size_t length = strnlen(s, n);
	char *copy = take(arena, length + 1, 1);

	if (copy)
		memcpy(copy, s, length);
	return copy;
}

char *arena_strdup(struct arena *arena, const char *s)
{
	return arena_strndup(arena, s, strlen(s));
}

char *arena_printf(struct arena *arena, const char *fmt, ...)
{
	va_list args;
	char *text = NULL;
	int n;

	va_start(args, fmt);
	n = vsnprintf(NULL, 0, fmt, args);
	va_end(args);
	if (n < 0) {
		fail(errno, "cannot format a text");
		return NULL;
	}
	text = take(arena, (size_t)n + 1, 1);
	if (!text)
		return NULL;
	va_start(args, fmt);
	vsnprintf(text, (size_t)n + 1, fmt, args);
	va_end(args);
	return text;
}
