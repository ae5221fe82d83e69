/* SPDX-License-Identifier: Apache-2.0 */
/*
 * base/path.h: the only way to a path in a tree that a container controls (rules R1, R16: CVE-2019-16884, -2021-30465,
 * -2024-45310, -2026-41579, -2026-47766). Every walk is openat2(RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS), retried on
 * EAGAIN within a bound; where openat2 is missing or refused (ENOSYS, EPERM) a walk by O_PATH|O_NOFOLLOW of one
 * component at a time gives the same answer. Creation works on a single last component below an fd that was reached
 * that way, never through a symlink; it wants the process to have the umask 0, as init has from its start, so that modes
 * are what they are said to be. Any process.
 */
#pragma once

#include "base/base.h"

#define PATH_LINKS_MAX 40 /* as the kernel: more symlinks on the way are ELOOP */

/* Resolve `path` (absolute or relative, both mean: from the root) inside rootfd and open it with `flags` (O_CLOEXEC is
 * added; no O_CREAT). With O_NOFOLLOW the last component may be a symlink, opened with O_PATH. -ENOENT is returned but
 * not recorded as a failure, as "may be missing" is the caller's to know; every other error is. */
int path_in_root(int rootfd, const char *path, int flags, int *ret_fd) MUST_USE;

/* As path_in_root for a directory, making what is missing with `mode`. Existing components,
 * symlinks in the root among them, are followed inside the root; a symlink to nothing is an error (ENOTDIR), and so is
 * ".." after a missing component (EINVAL). Returns an O_PATH fd. */
int path_make_dirs(int rootfd, const char *path, mode_t mode, int *ret_fd) MUST_USE;

/* As path_in_root with O_PATH for a file of any kind that is to be a mount point, making parents (0755) and an empty
 * regular file (0644, never through a symlink: CVE-2026-88264) where it is missing. Trailing slashes are dropped. */
int path_make_file(int rootfd, const char *path, int *ret_fd) MUST_USE;

/* Split `path` into its parent, opened inside the root (made with 0755 where it is missing), and its last component
 * (never "", "." or "..": EINVAL; points into path, so a trailing slash is EINVAL too). For mknodat, symlinkat,
 * unlinkat on that single component. */
int path_parent_in_root(int rootfd, const char *path, int *ret_parentfd, const char **ret_name) MUST_USE;

/* True if `name` is one component: not "", ".", ".." and without '/'. */
bool path_is_component(const char *name);

/* Clean an absolute or relative path in place of the arena rules: collapses "//" and "/./", resolves nothing, keeps
 * symlinks. Refuses ".." with EINVAL. Writes to buf. */
int path_normalise(const char *path, char *buf, size_t size) MUST_USE;

/* The mount id of what fd refers to (statx STATX_MNT_ID; until 5.8 is the oldest kernel /proc/self/fdinfo). */
int path_mount_id(int fd, uint64_t *ret_id) MUST_USE;

/* True if `name` is one component below dirfd, no symlink, and what is there is the mount `id`. False where that cannot be
 * told. Records nothing. */
bool path_has_mount(int dirfd, const char *name, uint64_t id);

/* The walk by hand alone, which path_in_root falls back to; records no failure. It is here for the tests, which hold it
 * against openat2. It differs in one thing: of procfs' own symlinks it refuses also the plain ones that are absolute. */
int path_walk_in_root(int rootfd, const char *path, int flags, int *ret_fd) MUST_USE;
