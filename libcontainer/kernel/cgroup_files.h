/* SPDX-License-Identifier: Apache-2.0 */
/*
 * kernel/cgroup_files.h: files of a place that already holds a container: reading them whole, watching them, and putting
 * their old values back. Parent only.
 */
#pragma once

#include "kernel/cgroup.h"

/* The version of the hierarchy that has the controller for this place: 1 or 2; 0 where none has. */
int cgroup_version(const struct cgroup_place *place, const char *controller);

/* Open a file of the controller's cgroup. -ENOENT (not recorded) where there is no such file. */
int cgroup_file_open(const struct cgroup_place *place, const char *controller, const char *file, int flags,
		     int *ret_fd) MUST_USE;

/* The whole file, whatever its size, in the arena. -ENOENT, -EOPNOTSUPP and -ENODEV are not recorded: the kernel, or this
 * boot of it, does not have that; or the cgroup is gone. */
int cgroup_file_read(struct arena *arena, const struct cgroup_place *place, const char *controller,
		     const char *file, char **ret_text) MUST_USE;

/* What cgroup_apply() of these writes would change, as it is now: read before, put back after a failure. Values that the
 * kernel does not show (memory.reclaim) are not there to be put back. */
struct cgroup_saved;
int cgroup_save(struct arena *arena, const struct cgroup_place *place, const struct cgroup_write *writes, size_t n,
		struct cgroup_saved **ret_saved) MUST_USE;
/* The same as what to write: a list as cgroup_save() was given, without what is not there to be put back. */
int cgroup_saved_writes(struct arena *arena, const struct cgroup_saved *saved, struct cgroup_write **ret_writes,
			size_t *ret_n) MUST_USE;
/* The last first, each that differs; what refuses is tried again after the others. Records nothing: it warns. */
void cgroup_restore(const struct cgroup_place *place, const struct cgroup_saved *saved);
