/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Shared by the files of the floor program: floor.c (containers and verbs), floor_cgroup.c,
 * floor_filter.c, floor_io.c.
 */
#ifndef BENCH_FLOOR_H
#define BENCH_FLOOR_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#define CGROUP_ROOT   "/sys/fs/cgroup"
#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))

/* One line with errno's text on stderr, exit status 1. */
__attribute__((noreturn, format(printf, 1, 2))) void die(const char *format, ...);
/* die(), where a system call's result is negative. */
void must(long result, const char *what);
/* At most size - 1 bytes and a NUL; the number of bytes or -1. */
long read_all(const char *path, char *buffer, size_t size);
void write_all(const char *path, int flags, const char *text);

/* Paths are relative to CGROUP_ROOT. make returns, on v2, the directory's fd for CLONE_INTO_CGROUP, else -1.
 */
bool cgroup_is_v2(void);
int cgroup_make(const char *cgroup, bool v2);
void cgroup_v1_join(const char *cgroup, pid_t pid);
void cgroup_v1_devices(const char *cgroup);
void cgroup_remove(const char *cgroup, bool v2);
/* In the container: mounts what it sees of the hierarchies on sys/fs/cgroup of the current directory. */
void cgroup_mount(bool v2);

void device_filter_attach(int cgroup_fd);
/* As large and as deep as seccomp.json compiled for x86_64, x32 and i386. */
void seccomp_load(void);

#endif
