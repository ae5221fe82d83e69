/* SPDX-License-Identifier: Apache-2.0 */
/*
 * container.h: what the verbs share: the context behind struct cruet, and the questions that all of them ask of a
 * container. Private to the files beside it.
 */
#pragma once

#include "base/arena.h"
#include "kernel/cgroup.h"
#include "ledger.h"
#include "libcontainer.h"
#include "plan/plan.h"
#include "run/run.h"
#include "spec/spec.h"

struct cruet {
	struct arena arena;      /* private: state, lists, texts */
	const char *root;        /* the state root's path */
	enum cruet_manager manager;
	enum cruet_rootless rootless;
	int procfd;              /* the host's /proc, verified */
	struct cgroup_host cgroups;
	bool cgroups_read;
	const char *boot_id;     /* NULL: not read yet */
	int64_t deadline_ms;     /* of the verb that runs: cruet_set_deadline() */
	int64_t limit_ms;        /* the same where the caller asked for it, else NO_DEADLINE */
};

/* A verb begins: its own waits end by the deadline; timeout_ms 0: by `usual_ms` from now. What has a patience of its own
 * (hooks, a service manager that waits for READY) only ends by what the caller asked for, the limit. */
void cruet_set_deadline(struct cruet *cruet, int64_t timeout_ms, int64_t usual_ms);
/* How long to wait for the container's lock. */
int64_t cruet_lock_ms(const struct cruet *cruet);

/* Facts about the machine, asked where a verb needs them. */
int cruet_cgroups(struct cruet *cruet, const struct cgroup_host **ret_host) MUST_USE;
int cruet_host(struct cruet *cruet, struct host *ret_host) MUST_USE;
/* The nodes of its /dev, too: for a privileged container. */
int cruet_host_devices(struct arena *arena, struct host *host) MUST_USE;
const char *cruet_notify_socket(void); /* the caller's NOTIFY_SOCKET, or NULL */
int cruet_boot_id(struct cruet *cruet, const char **ret_boot_id) MUST_USE;
/* What cgroups are marked with that containers of this state root have: its path and file system, as the same path is
 * another root in another mount namespace. */
int cruet_cgroup_mark(struct cruet *cruet, int rootfd, const char **ret_mark) MUST_USE;

/* Open the state root and an entry, and read its record. lock_ms < 0: without the lock. */
struct opened {
	int rootfd;
	struct ledger_entry entry;
	struct container container;
};
int container_open(struct cruet *cruet, const char *id, int64_t lock_ms, struct opened *ret_opened) MUST_USE;
void container_close(struct opened *opened);
#define autoclose_container __attribute__((cleanup(container_close)))
#define OPENED_NONE { .rootfd = -1, .entry = { .rootfd = -1, .dirfd = -1 } }

/* What the container is now, by the kernel; the pid is checked by start time and boot id, a zombie is stopped.
 * *ret_pidfd (may be NULL) is init's where it lives, else -1. */
int container_status(struct cruet *cruet, const struct opened *opened, enum cruet_status *ret_status, int *ret_pidfd) MUST_USE;

/* As container_status() without a look at the freezer: one that is paused counts as running. */
int container_life(struct cruet *cruet, const struct opened *opened, enum cruet_status *ret_status, int *ret_pidfd) MUST_USE;
int container_is_paused(struct cruet *cruet, const struct container *c, bool *ret_paused) MUST_USE;

/* The container's cgroup; -ENOENT (not recorded) where it has none or it is gone. */
int container_cgroup(struct cruet *cruet, const struct container *c, struct cgroup_place **ret_place) MUST_USE;

/* By the record: the manager that create was told to use. */
static inline bool container_is_unit(const struct container *c)
{
	return c->manager == MANAGER_SYSTEMD || c->manager == MANAGER_SYSTEMD_USER;
}

/* Its ids by --userns=auto, as a plan's options want them. */
struct id_range container_ids(const struct container *c);

/* Its plan again, from the configuration as it was at create: for hooks. */
int container_plan(struct cruet *cruet, const struct opened *opened, const struct plan **ret_plan) MUST_USE;

/* Remove all that a container left: the undo column of create, driven by the record. */
int container_destroy(struct cruet *cruet, struct opened *opened, int pidfd, int64_t deadline_ms) MUST_USE;
/* The same with all that belongs to it: whether it may be, and the poststop hooks. */
int container_delete(struct cruet *cruet, const struct cruet_delete *options, struct opened *opened) MUST_USE;
/* As cruet_delete(), but what killed commands left of other containers stays. */
int container_delete_by_id(struct cruet *cruet, const struct cruet_delete *options) MUST_USE;
