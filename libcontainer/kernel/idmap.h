/* SPDX-License-Identifier: Apache-2.0 */
/*
 * kernel/idmap.h: id maps of user namespaces and of mounts. Parent only. Source: user_namespaces(7), mount_setattr(2).
 */
#pragma once

#include "base/arena.h"
#include "base/base.h"

/* Write uid_map, gid_map and (before it, where `deny_setgroups`) setgroups of the process `pid` below procfd. With
 * euid != 0 and more than the caller's own id mapped, newuidmap and newgidmap do it (absolute paths, empty environment). */
int idmap_write(int procfd, pid_t pid, const struct id_map *uids, const struct id_map *gids, bool deny_setgroups) MUST_USE;

/* A user namespace with these maps, held by nothing but the fd: for an idmapped mount whose mapping is not the
 * container's. */
int idmap_userns_open(int procfd, const struct id_map *uids, const struct id_map *gids, int *ret_fd) MUST_USE;

/* The maps of the user namespace that `fd` refers to are these (order does not count); ret_same. Used where a joined
 * namespace comes with mappings that must be identical. */
int idmap_userns_has(int procfd, int userns_fd, const struct id_map *uids, const struct id_map *gids, bool *ret_same) MUST_USE;

/* The id outside that `inside` is mapped to; false where it is not mapped. */
bool idmap_outside(const struct id_map *map, uint32_t inside, uint32_t *ret_outside);
/* And the other way. */
bool idmap_inside(const struct id_map *map, uint32_t outside, uint32_t *ret_inside);

/* The map of a process, "uid_map" or "gid_map", as the caller's user namespace numbers it; -errno, not recorded. */
int idmap_read(struct arena *arena, int procfd, pid_t pid, const char *file, struct id_map *ret_map) MUST_USE;
