/* SPDX-License-Identifier: Apache-2.0 */
/*
 * kernel/criu.h: the program criu as a service of one caller (`criu swrk FD`): requests and answers are messages of criu's
 * rpc.proto over a SEQPACKET pair. Every wait has a deadline, after which criu is killed. Parent only.
 */
#pragma once

#include "base/arena.h"
#include "base/base.h"

#define CRIU_OLDEST_MAJOR 3 /* 3.16: knows lsm-mount-context; an older one would ignore what it does not know */
#define CRIU_OLDEST_MINOR 16

enum criu_request { CRIU_DUMP = 1, CRIU_RESTORE = 2, CRIU_PRE_DUMP = 4 };
enum criu_cgroups { CRIU_CGROUPS_IGNORE = 0, CRIU_CGROUPS_SOFT = 3, CRIU_CGROUPS_FULL = 4, CRIU_CGROUPS_STRICT = 5 };

enum criu_network_lock { CRIU_LOCK_DEFAULT, CRIU_LOCK_IPTABLES, CRIU_LOCK_NFTABLES, CRIU_LOCK_SKIP };

struct criu_fd {
	const char *key;
	int fd;
};

/* criu_opts of rpc.proto: what is false, NULL, 0 or, of fds, below 0 is not said. */
struct criu_options {
	int images_fd, work_fd;
	const char *log_file, *root, *parent, *config_file, *freeze_cgroup;
	const char *lsm_profile, *lsm_mount_context;
	const char *page_server; /* its address */
	uint32_t page_server_port;
	pid_t pid;
	uint32_t log_level, empty_ns;
	enum criu_cgroups cgroups;
	enum criu_network_lock network_lock;
	bool leave_running, ext_unix_sk, tcp_established, tcp_close, tcp_skip_in_flight, shell_job, file_locks, track_mem,
		auto_dedup, link_remap, lazy_pages, notify, sibling, orphan_terminals;
	struct strings external;     /* "net[4026532008]:KEY", "file[MOUNT:INODE]" */
	struct string_map mounts;    /* dump: mount point, name; restore: name, host path */
	struct string_map cg_root;   /* controller, where its cgroups are to be */
	struct string_map join_ns;   /* kind, file */
	const struct criu_fd *inherit;
	size_t n_inherit;
};

/* What criu tells on its way; 0 lets it go on. `fd` is -1, or came along and is closed afterwards. */
struct criu_notice {
	const char *script; /* "setup-namespaces", "post-restore", ... */
	pid_t pid;
	int fd;
};
struct criu_ear {
	int (*hear)(void *context, const struct criu_notice *notice);
	void *context;
};

/* A criu that runs. */
struct criu {
	pid_t pid;
	int pidfd, fd, output; /* output: a file with what it wrote to stdout and stderr */
	uint32_t major, minor; /* its version */
};
#define CRIU_NONE { .pid = 0, .pidfd = -1, .fd = -1, .output = -1 }
struct criu_start {
	const int *keep;  /* fds that it is to have, by the same numbers */
	size_t n_keep;
	bool die_with_us; /* else it finishes what it began, should we be killed: tasks that it holds must be let go */
	int (*prepare)(void *context); /* in the child, before criu is executed; NULL: nothing to do */
	void *context;
};

/* Start it and ask for its version: that there is none, or an older one than is needed, is said with the remedy. */
int criu_start(const struct criu_start *how, int64_t deadline_ms, struct criu *ret_criu) MUST_USE;
/* One request to its end, which is criu's. The failure names the log file (`log`: its path) and its first error. */
int criu_ask(struct criu *criu, struct arena *arena, enum criu_request request, const struct criu_options *options,
	     const struct criu_ear *ear, const char *log, int64_t deadline_ms) MUST_USE;
/* Kill it where it still runs, reap it, close all. */
void criu_close(struct criu *criu);
