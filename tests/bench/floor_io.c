/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The floor's few helpers: one way to fail, whole small files in one read or write.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "floor.h"

void die(const char *format, ...)
{
	int error = errno;
	va_list ap;

	va_start(ap, format);
	dprintf(2, "floor: ");
	vdprintf(2, format, ap);
	dprintf(2, ": %s\n", strerror(error));
	va_end(ap);
	_exit(1);
}

void must(long result, const char *what)
{
	if (result < 0)
		die("%s", what);
}

long read_all(const char *path, char *buffer, size_t size)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t n;

	if (fd < 0)
		return -1;
	n = read(fd, buffer, size - 1);
	close(fd);
	if (n >= 0)
		buffer[n] = '\0';
	return n;
}

void write_all(const char *path, int flags, const char *text)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC | flags, 0600);

	if (fd < 0 || write(fd, text, strlen(text)) < 0)
		die("write %s", path);
	close(fd);
}
