/* SPDX-License-Identifier: Apache-2.0 */
/*
 * kernel/cgroup_systemd.h: transient scopes of a service manager, over its bus. Parent only. Every wait has a deadline,
 * and every error names the unit. Source: org.freedesktop.systemd1(5), systemd's CGROUP_DELEGATION.
 */
#pragma once

#include "base/arena.h"
#include "base/base.h"

enum unit_value {
	UNIT_BOOL,	 /* b */
	UNIT_I32,	 /* i */
	UNIT_U32,	 /* u */
	UNIT_I64,	 /* x */
	UNIT_U64,	 /* t */
	UNIT_STRING,	 /* s */
	UNIT_STRINGS,	 /* as: number of them, each with its NUL, one after the other in text */
	UNIT_BYTES,	 /* ay: number of them, text */
	UNIT_DEVICE_U64, /* a(st): text is the device's path */
	UNIT_DEVICES,	 /* a(ss): number of them, each a device and "rwm" with their NULs, one after the other in text */
};

struct unit_property {
	const char *name;
	enum unit_value type;
	uint64_t number;
	const char *text;
	bool optional; /* a manager that does not know it (it is too old) is asked again without it */
};

struct unit_properties {
	const struct unit_property *v;
	size_t n;
};

/* One scope. */
struct unit {
	const char *name;  /* "cri-containerd-ID.scope" */
	const char *slice; /* "kubepods-podX.slice" */
	const char *description;
	bool v1; /* the manager's controllers are those of cgroup v1: blkio, not io */
	struct unit_properties properties;
	struct unit_properties devices; /* v1: the device rules, for unit_set() once they shall be the case */
};

/* Whose manager: the system's, or the user's at one of these addresses. */
struct unit_bus {
	const char *addresses; /* of D-Bus: "unix:path=..." */
	int64_t deadline_ms;   /* for all that is asked */
};

/* "a-b.slice" to "/a.slice/a-b.slice", "-.slice" to "". EINVAL. */
int unit_slice_path(struct arena *arena, const char *slice, const char **ret_path) MUST_USE;
/* At most 255 of [A-Za-z0-9:_.\\@-], and the suffix. */
bool unit_name_is_valid(const char *name, const char *suffix);

/* Start the scope with the process in it, and wait for the job. A unit of this name that has failed is forgotten first;
 * one that is there is EEXIST. */
int unit_start(struct arena *arena, const struct unit_bus *bus, const struct unit *unit, pid_t pid) MUST_USE;
/* Stop it, wait for the job, and forget it where it has failed. One that is not there is success. With a `cgroup` only one
 * of that name in that slice is stopped: another is somebody else's. -ENOTCONN (recorded) where there is no bus. */
int unit_stop(struct arena *arena, const struct unit_bus *bus, const char *name, const char *cgroup) MUST_USE;
/* Change properties of one that runs, until it ends. When it returns, the manager has written the cgroup's files: what
 * we write to them after that stays. */
int unit_set(struct arena *arena, const struct unit_bus *bus, const char *name,
	     const struct unit_properties *properties) MUST_USE;
/* Move a process into it: for who may not do it by cgroupfs. */
int unit_attach(struct arena *arena, const struct unit_bus *bus, const char *name, pid_t pid) MUST_USE;
