/* SPDX-License-Identifier: Apache-2.0 */
/* cmd_checkpoint.c: cruet checkpoint. */
#include "cli.h"

static const char *const cgroups_modes[] = { "soft", "full", "strict", "ignore",
					     NULL }; /* enum cruet_cgroups_mode */

static const char *const network_locks[] = { "default", "iptables", "nftables", "skip",
					     NULL }; /* enum cruet_network_lock */

static const struct option_row shared_rows[] = {
	STRING(struct cruet_criu, image_path, "image-path", 0, "DIR", "directory of the images",
	       PRESET("checkpoint in the working directory")),
	STRING(struct cruet_criu, work_path, "work-path", 0, "DIR", "directory of criu's log and statistics",
	       PRESET("that of the images")),
	STRING(struct cruet_criu, parent_path, "parent-path", 0, "DIR",
	       "images of an earlier pre-dump, relative to the new ones"),
	FLAG(struct cruet_criu, tcp_established, "tcp-established", 0, "allow TCP connections that are open"),
	FLAG(struct cruet_criu, ext_unix_sk, "ext-unix-sk", 0,
	     "allow Unix sockets whose other end is not in the container"),
	FLAG(struct cruet_criu, shell_job, "shell-job", 0, "allow a terminal of the caller's"),
	FLAG(struct cruet_criu, file_locks, "file-locks", 0, "allow file locks"),
	FLAG(struct cruet_criu, lazy_pages, "lazy-pages", 0, "fetch memory over the network when it is used"),
	FLAG(struct cruet_criu, auto_dedup, "auto-dedup", 0, "free memory in the images once it is read"),
	FLAG(struct cruet_criu, link_remap, "link-remap", 0, "allow open files that have no name any more"),
	WORD(struct cruet_criu, cgroups, "manage-cgroups-mode", 0, "MODE", cgroups_modes,
	     "cgroups below the container's: soft, full, strict or ignore"),
	WORD(struct cruet_criu, network_lock, "network-lock", 0, "METHOD", network_locks,
	     "how TCP connections are held meanwhile: iptables, nftables or skip; default: as criu does"),
	LIST(struct cruet_criu, empty_ns, "empty-ns", 0, "KIND",
	     "leave out what is in a namespace; KIND is network"),
	DURATION(struct cruet_criu, timeout_ms, "timeout", 0, "TIME", "end a criu that takes longer",
		 PRESET("10m")),
};
const struct option_table criu_options = { shared_rows, OPTION_COUNT(shared_rows), NULL };

static const struct option_row rows[] = {
	FLAG(struct cruet_checkpoint, leave_running, "leave-running", 0,
	     "let the container run on, do not delete it"),
	FLAG(struct cruet_checkpoint, pre_dump, "pre-dump", 0,
	     "memory only, while the container runs: for a checkpoint with --parent-path"),
	FLAG(struct cruet_checkpoint, tcp_skip_in_flight, "tcp-skip-in-flight", 0,
	     "leave out TCP connections that are being made"),
	STRING(struct cruet_checkpoint, page_server, "page-server", 0, "ADDRESS:PORT",
	       "send memory to a page server"),
	UNSIGNED(struct cruet_checkpoint, status_fd, "status-fd", 0, "FD", 65536,
		 "write a zero byte there when lazy pages can be fetched"),
	HELP,
};

static int run(const struct invocation *call, int *status)
{
	struct cruet_checkpoint checkpoint = *(const struct cruet_checkpoint *)call->values;

	(void)status;
	checkpoint.id = call->args[0];
	return cruet_checkpoint(call->cruet, &checkpoint);
}

const struct command cmd_checkpoint = {
	.name = "checkpoint",
	.summary = "write the state of a running container to files",
	.usage = "ID",
	.min_args = 1,
	.max_args = 1,
	.about =
		"Write all of a running or paused container to image files, from which 'cruet restore' makes "
		"it again, here or on another machine. The container is deleted afterwards, unless it is to "
		"be left running. The program criu does it, and must be installed.",
	.examples = "cruet checkpoint --image-path /srv/images/web web\n"
		    "cruet checkpoint --leave-running --tcp-established web",
	.options = { rows, OPTION_COUNT(rows), &criu_options },
	.size = sizeof(struct cruet_checkpoint),
	.run = run,
};
