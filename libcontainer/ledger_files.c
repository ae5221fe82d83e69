/* SPDX-License-Identifier: Apache-2.0 */
/* ledger_files.c: see ledger_files.h. */
#include "ledger_files.h"

#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#include "base/err.h"
#include "base/fd.h"
#include "base/io.h"

#define TEXT_MAX (16u << 20)

/* Several may write at once (two that wait for the same end): each its own file, of which the last one stays. */
int ledger_put(const struct ledger_entry *entry, const char *name, const char *text, size_t n)
{
	autoclose int fd = -1;
	char new[64];
	int r;

	snprintf(new, sizeof(new), "%s.%d", name, getpid());
	fd = openat(entry->dirfd, new, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (fd < 0)
		return fail(errno, "cannot make '%s' in the container's state", new);
	r = write_all(fd, text, n);
	if (r == 0 && renameat(entry->dirfd, new, entry->dirfd, name))
		r = -errno;
	if (r < 0) {
		unlinkat(entry->dirfd, new, 0);
		return fail(-r, "cannot write '%s' of the container's state", name);
	}
	return 0;
}

int ledger_get(const struct ledger_entry *entry, struct arena *arena, const char *name, char **ret_text,
	       size_t *ret_n)
{
	autoclose int fd = openat(entry->dirfd, name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
	int r;

	if (fd < 0)
		return errno == ENOENT ? -ENOENT
				       : fail(errno, "cannot open '%s' of the container's state", name);
	r = read_all(arena, fd, TEXT_MAX, ret_text, ret_n);
	return r < 0 ? fail(-r, "cannot read '%s' of the container's state", name) : 0;
}
