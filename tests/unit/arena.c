/* SPDX-License-Identifier: Apache-2.0 */
/* tests/unit/arena.c: base/arena.c, and what another process can do with the shared one. */
#include "base/arena.h"
#include "base/err.h"

#include <fcntl.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "test.h"

static char line[ERR_TEXT_MAX + 64];

static void strings(void)
{
	struct arena a;

	CHECK(arena_open_private(&a, 1 << 16) == 0);
	CHECK_STR(arena_strdup(&a, ""), "");
	CHECK_STR(arena_strdup(&a, "abc"), "abc");
	CHECK_STR(arena_strndup(&a, "abcdef", 3), "abc");
	CHECK_STR(arena_strndup(&a, "ab", 3), "ab");
	CHECK_STR(arena_printf(&a, "%d-%s", 5, "x"), "5-x");
	arena_close(&a);
	CHECK(!a.base && a.fd == -1);
	arena_close(&a);
}

static void alignment(void)
{
	struct arena a;
	bool aligned = true, zero = true;

	CHECK(arena_open_private(&a, 1 << 20) == 0);
	for (size_t n = 1; n < 200; n++) {
		char *s = arena_strndup(&a, "xxxxxxxxxxxxxxxx", n % 16);
		long double *v = arena_array(&a, n, long double);

		CHECK(s && v);
		aligned &= (uintptr_t)v % _Alignof(max_align_t) == 0;
		for (size_t i = 0; i < n * sizeof(*v); i++)
			zero &= ((char *)v)[i] == 0;
		memset(v, 0xff, n * sizeof(*v));
	}
	CHECK(aligned && zero);
	arena_close(&a);
}

static void limits(void)
{
	struct arena a;

	CHECK(arena_open_private(&a, 4096) == 0);
	CHECK(arena_alloc(&a, 4096, 1) != NULL);
	CHECK(!arena_strdup(&a, ""));
	CHECK_STR(fail_line(line, sizeof(line)),
		  "the input needs more than 4096 bytes of memory: Cannot allocate memory");
	fail_forget();
	CHECK(!arena_alloc(&a, SIZE_MAX / 2, 3));
	CHECK(strstr(fail_line(line, sizeof(line)), "items is too long"));
	fail_forget();
	CHECK(!arena_alloc(&a, 1, SIZE_MAX));
	CHECK(!arena_alloc(&a, 1, SIZE_MAX - 4095));
	fail_forget();
	arena_close(&a);
}

struct node {
	const struct node *next;
	const char *text;
};

/* As the init stage does: the mapping is there again, read-only, at the address its pointers were made for.
 */
static int read_elsewhere(const struct arena *a, const struct node *head)
{
	int status;
	pid_t pid = fork();

	if (pid == 0) {
		int fd = a->fd;
		char *base = a->base;
		size_t size = a->size;

		munmap(base, size);
		if (mmap(base, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_FIXED_NOREPLACE, fd, 0) !=
		    MAP_FAILED)
			_exit(1);
		if (ftruncate(fd, 0) == 0 || write(fd, "x", 1) == 1)
			_exit(2);
		if (mmap(base, size, PROT_READ, MAP_SHARED | MAP_FIXED_NOREPLACE, fd, 0) != base)
			_exit(3);
		if (mprotect(base, size, PROT_READ | PROT_WRITE) == 0)
			_exit(4);
		_exit(head->next && !strcmp(head->next->text, "later") ? 0 : 5);
	}
	if (pid < 0 || waitpid(pid, &status, 0) != pid || !WIFEXITED(status))
		return -1;
	return WEXITSTATUS(status);
}

static void shared(void)
{
	struct arena a;
	struct node *head, *next;

	CHECK(arena_open_shared(&a, 64 << 20) == 0);
	CHECK_STR(fail_line(line, sizeof(line)), "");
	CHECK(a.fd >= 0 && (fcntl(a.fd, F_GETFD) & FD_CLOEXEC));
	head = arena_new(&a, struct node);
	next = arena_new(&a, struct node);
	if (head && next) {
		head->next = next;
		next->text = arena_strdup(&a, "later");
		CHECK(read_elsewhere(&a, head) == 0);
	}
	arena_close(&a);
}

/* Many at once, none where another is, and not all in a row. */
static void addresses(void)
{
	enum { N = 64 };
	struct arena a[N];
	size_t rising = 0;

	for (size_t i = 0; i < N; i++) {
		CHECK(arena_open_shared(&a[i], 256 << 20) == 0);
		CHECK((uintptr_t)a[i].base < 0x500000000000 + (256u << 20));
		rising += i && a[i].base > a[i - 1].base;
		a[i].base[0] = (char)i;
	}
	CHECK(rising > N / 8 && rising < N - N / 8);
	for (size_t i = 0; i < N; i++) {
		CHECK(a[i].base[0] == (char)i);
		arena_close(&a[i]);
	}
}

TEST_MAIN("arena", {"strings", strings}, {"alignment", alignment}, {"limits", limits}, {"shared", shared},
	  {"addresses", addresses})
