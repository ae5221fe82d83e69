/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ledger.h: what exists on the host because of us. One directory a container below the state root:
 *
 *   ROOT/ID/               0700; its flock is the container's lock
 *     record.json          struct container: the intent, and once init waits at the gate the commitment (pid, start time)
 *     config.json          the configuration as it was at create
 *     gate                 the start gate's socket: there as long as the container is `created`
 *   ROOT/.new.XXXX/        a container on its way to ROOT/ID: locked by its maker, or garbage
 *   ROOT/.del.XXXX/        a container that is gone: garbage
 *
 * The intent is published, locked, in one step (renameat2 RENAME_NOREPLACE) before the first side effect on the host, so
 * that a container whose maker died at any instant can be found and removed. Nothing is trusted that is not whole: the
 * record has a version and a checksum. Parent only.
 */
#pragma once

#include "base/arena.h"
#include "base/base.h"

#define LEDGER_VERSION 1
#define LEDGER_LOCK_MS 10000

enum container_manager { MANAGER_CGROUPFS, MANAGER_SYSTEMD, MANAGER_SYSTEMD_USER, MANAGER_NONE };

/* Exactly what the ledger stores. */
struct container {
	uint64_t version;
	const char *id, *bundle, *rootfs;
	const char *boot_id;        /* of the boot in which it was made: pids of another mean nothing */
	const char *created;        /* RFC 3339, UTC, ns */
	const char *oci_version;
	struct string_map annotations;
	int64_t owner;              /* uid of the creator */
	enum container_manager manager;
	const char *cgroup;         /* path in the hierarchy; NULL with MANAGER_NONE */
	const char *unit;           /* of the systemd manager; else NULL */
	const char *rdt;            /* its group in resctrl; NULL: none */
	bool rdt_own;               /* of this container alone: it goes with it */
	bool rdt_made;              /* it was not there before: the container's maker makes it */
	bool rdt_monitoring;        /* a monitoring group by the id in it, which always goes */
	bool own_pidns;             /* killing init kills all */
	bool has_poststop;          /* config.json must be read again at delete */
	bool has_poststart;
	bool has_start_hooks;       /* they take their time while start waits */
	bool terminal;
	bool privileged;            /* its configuration was rewritten: so it is for whom reads it again */
	bool host_mounts;           /* its mounts are in the creator's own mount namespace, over `rootfs` ... */
	uint64_t rootfs_mount;      /* ... which was on the mount of this id before */
	bool notify;                /* the caller of create wanted to be notified: the container has a socket */
	uint64_t ids_start, ids_size; /* --userns=auto: host ids that are its own until it is deleted; size 0: none */
	bool committed;             /* init waits at the gate, or runs: create succeeded */
	int64_t pid;                /* 0: no process yet */
	uint64_t start_time;        /* of pid, in clock ticks since boot */
};

/* An entry of the ledger that is open: its directory and, where it was asked for, its lock. */
struct ledger_entry {
	int rootfd, dirfd; /* -1: not open */
	const char *id;    /* borrowed */
	bool locked;
};

/* Open the state root, made (0700) where it is missing and `make` is set. An existing one must be ours, and closed to
 * others (CVE-2021-41103, CVE-2024-25621). -ENOENT is not recorded. */
int ledger_root_open(const char *root, bool make, int *ret_rootfd) MUST_USE;

/* The lock of the whole root, until the fd is closed: who holds it sees all ranges of ids that are given away. EBUSY. */
int ledger_root_lock(int rootfd, int *ret_fd) MUST_USE;

/* [A-Za-z0-9_+.-]{1,1024}, not "." or "..". */
int ledger_check_id(const char *id) MUST_USE;

/* Publish the intent; the entry is locked. EEXIST with the words that callers know where the id is taken. */
int ledger_publish(int rootfd, struct arena *arena, const struct container *c, const char *config, size_t config_n,
		   struct ledger_entry *ret_entry) MUST_USE;
/* Replace the record, atomically; and in two halves: the new one is written, it takes the place of the old one. */
int ledger_commit(struct ledger_entry *entry, struct arena *arena, const struct container *c) MUST_USE;
int ledger_draft(struct ledger_entry *entry, struct arena *arena, const struct container *c) MUST_USE;
int ledger_take_draft(struct ledger_entry *entry) MUST_USE;

/* Open ROOT/ID. ENOENT with "container does not exist". `lock_ms` >= 0: take the lock within that time, EBUSY. */
int ledger_open(int rootfd, const char *id, int64_t lock_ms, struct ledger_entry *ret_entry) MUST_USE;
void ledger_close(struct ledger_entry *entry);
/* True while somebody holds the lock (a create that is under way). */
bool ledger_is_locked(const struct ledger_entry *entry);

/* Read the record. EBADMSG where it is not whole, not ours, or of a newer version. */
int ledger_read(const struct ledger_entry *entry, struct arena *arena, struct container *ret_container) MUST_USE;
/* The configuration as it was at create. */
int ledger_read_config(const struct ledger_entry *entry, struct arena *arena, char **ret_buf, size_t *ret_n) MUST_USE;

/* Remove the entry: renamed away first, so that the id is free exactly when all else is done. */
int ledger_remove(struct ledger_entry *entry, const char *id) MUST_USE;
/* What dead makers and removers left: unlocked .new.* and .del.*. Each is told to `found` (NULL: nobody) and, if `remove`,
 * removed. */
struct ledger_sweep {
	int rootfd;
	bool remove;
	void (*found)(void *context, const char *name, const char *why);
	void *context;
};
int ledger_sweep(const struct ledger_sweep *sweep) MUST_USE;

/* All ids, sorted. */
int ledger_list(int rootfd, struct arena *arena, struct strings *ret_ids) MUST_USE;

/* A file of the entry by one fixed name. */
int ledger_unlink(const struct ledger_entry *entry, const char *name) MUST_USE;
bool ledger_has(const struct ledger_entry *entry, const char *name);
