/* SPDX-License-Identifier: Apache-2.0 */
/* context.c: struct cruet: where the state is, and what machine this is. */
#include <fcntl.h>
#include <limits.h>
#include <linux/magic.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/err.h"
#include "base/fd.h"
#include "base/io.h"
#include "base/log.h"
#include "base/str.h"
#include "container.h"
#include "kernel/device.h"
#include "kernel/lsm.h"
#include "kernel/ns.h"
#include "kernel/process.h"

#define ARENA_SIZE (256u << 20) /* address space, not memory */

static const char *environment(const char *name)
{
	const char *value = getenv(name);

	return value && value[0] ? value : NULL; /* podman sets XDG_RUNTIME_DIR to "" as root */
}

const char *cruet_notify_socket(void)
{
	return environment("NOTIFY_SOCKET");
}

/* /run/cruet for the host's root; who is not has $XDG_RUNTIME_DIR/cruet. Computed from little, as callers start some
 * verbs with an almost empty environment. */
static int default_root(struct cruet *cruet, const char **ret_root)
{
	const char *runtime_dir = environment("XDG_RUNTIME_DIR");
	bool hosts_root = geteuid() == 0 && ns_user_is_initial(cruet->procfd);

	if (hosts_root || (geteuid() == 0 && !runtime_dir)) {
		*ret_root = "/run/cruet";
		return 0;
	}
	if (!runtime_dir)
		return fail(0, "XDG_RUNTIME_DIR is not set: set it, or choose a state directory with --root");
	*ret_root = arena_printf(&cruet->arena, "%s/cruet", runtime_dir);
	return *ret_root ? 0 : -ENOMEM;
}

/* The root's path goes into records and mounts: it must mean the same from any directory. */
static int absolute(struct cruet *cruet, const char *path, const char **ret_path)
{
	char cwd[PATH_MAX];

	*ret_path = path;
	if (path[0] == '/')
		return 0;
	if (!getcwd(cwd, sizeof(cwd)))
		return fail(errno, "--root '%s'", path);
	*ret_path = arena_printf(&cruet->arena, "%s/%s", cwd, path);
	return *ret_path ? 0 : -ENOMEM;
}

static int open_proc(int *ret_fd)
{
	autoclose int fd = open("/proc", O_PATH | O_DIRECTORY | O_CLOEXEC);
	struct stat st;

	if (fd < 0)
		return fail(errno, "cannot open /proc");
	if (!fd_is_on(fd, PROC_SUPER_MAGIC) || fstat(fd, &st) || st.st_ino != 1)
		return fail(EINVAL, "/proc is not a procfs: mount one there");
	*ret_fd = take_fd(&fd);
	return 0;
}

int cruet_open(const struct cruet_options *options, struct cruet **ret_cruet)
{
	struct arena arena;
	struct cruet *cruet;
	int r;

	if (getauxval(AT_SECURE))
		return fail(EPERM, "refusing to run setuid or with file capabilities");
	r = arena_open_private(&arena, ARENA_SIZE);
	if (r < 0)
		return r;
	cruet = arena_new(&arena, struct cruet);
	if (!cruet)
		return -ENOMEM;
	cruet->procfd = -1;
	cruet->manager = options->manager;
	cruet->rootless = options->rootless;
	r = open_proc(&cruet->procfd);
	cruet->arena = arena;
	if (r == 0 && options->root)
		r = absolute(cruet, options->root, &cruet->root);
	else if (r == 0)
		r = default_root(cruet, &cruet->root);
	if (r < 0) {
		cruet_close(cruet);
		return r;
	}
	*ret_cruet = cruet;
	return 0;
}

void cruet_close(struct cruet *cruet)
{
	struct arena arena = cruet->arena;

	fd_close(&cruet->procfd);
	arena_close(&arena);
}

int cruet_cgroups(struct cruet *cruet, const struct cgroup_host **ret_host)
{
	if (!cruet->cgroups_read) {
		int r = cgroup_host_read(&cruet->arena, cruet->procfd, &cruet->cgroups);

		if (r < 0)
			return r;
		cruet->cgroups_read = true;
	}
	*ret_host = &cruet->cgroups;
	return 0;
}

#define LISTEN_FDS_MAX 65536u

/* The fds from 3 on that systemd's protocol passes, sd_listen_fds(3): if they are meant for this very process. Others'
 * may be in the environment of a caller that was started with some. */
static uint32_t listen_fds(void)
{
	const char *number = environment("LISTEN_FDS"), *pid = environment("LISTEN_PID");
	uint32_t n = 0, whose = 0;

	if (!number || !pid || parse_u32(pid, &whose) < 0 || whose != (uint32_t)getpid())
		return 0;
	return parse_u32(number, &n) < 0 || n > LISTEN_FDS_MAX ? 0 : n;
}

/* Inherited by the user namespaces that are made in it, user_namespaces(7). */
static bool setgroups_denied(int procfd)
{
	char buf[16];
	ssize_t n = read_file_at(procfd, "self/setgroups", buf, sizeof(buf));

	return n >= 4 && !memcmp(buf, "deny", 4);
}

/* An LSM that is on but will not say what it makes of us is no reason to go on without it. */
static int ask_lsms(struct cruet *cruet, struct host *host)
{
	char context[LSM_LABEL_MAX + 1];
	int r;

	host->apparmor = lsm_apparmor_enabled();
	host->selinux = lsm_selinux_enabled();
	if (!host->selinux)
		return 0;
	r = lsm_selinux_context(cruet->procfd, "self", context, sizeof(context));
	if (r < 0)
		return fail(-r, "cannot read our own SELinux label");
	host->selinux_context = arena_strdup(&cruet->arena, context);
	return host->selinux_context ? 0 : -ENOMEM;
}

int cruet_host_devices(struct arena *arena, struct host *host)
{
	return device_host_list(arena, &host->devices.v, &host->devices.n);
}

int cruet_host(struct cruet *cruet, struct host *ret_host)
{
	const struct cgroup_host *cgroups = NULL;
	struct process_inherited own;
	struct host host = {
		.euid = geteuid(),
		.egid = getegid(),
		.initial_userns = ns_user_is_initial(cruet->procfd),
		.notify_socket = cruet_notify_socket(),
		.has_newuidmap = geteuid() != 0 && access("/usr/bin/newuidmap", X_OK) == 0,
	};
	int r = process_inherited(cruet->procfd, &own);

	if (r == 0)
		r = cruet_cgroups(cruet, &cgroups);
	if (r == 0)
		r = ask_lsms(cruet, &host);
	if (r < 0)
		return r;
	host.no_setgroups = !host.initial_userns && setgroups_denied(cruet->procfd);
	host.bounding = own.bounding;
	host.ignored_signals = own.ignored;
	host.cgroup = *cgroups;
	host.listen_fds = listen_fds();
	*ret_host = host;
	return 0;
}

int cruet_boot_id(struct cruet *cruet, const char **ret_boot_id)
{
	char buf[64];
	ssize_t n;

	if (!cruet->boot_id) {
		n = read_file_at(cruet->procfd, "sys/kernel/random/boot_id", buf, sizeof(buf));
		if (n < 0)
			return fail((int)-n, "cannot read the boot id");
		cruet->boot_id = arena_strdup(&cruet->arena, buf);
	}
	*ret_boot_id = cruet->boot_id;
	return *ret_boot_id ? 0 : -ENOMEM;
}

void cruet_set_deadline(struct cruet *cruet, int64_t timeout_ms, int64_t usual_ms)
{
	cruet->deadline_ms = now_ms() + (timeout_ms ? timeout_ms : usual_ms);
	cruet->limit_ms = timeout_ms ? cruet->deadline_ms : NO_DEADLINE;
}

int64_t cruet_lock_ms(const struct cruet *cruet)
{
	int64_t left = cruet->deadline_ms - now_ms();

	if (cruet->limit_ms == NO_DEADLINE && left > LEDGER_LOCK_MS)
		left = LEDGER_LOCK_MS;
	return left > 0 ? left : 0;
}

int cruet_cgroup_mark(struct cruet *cruet, int rootfd, const char **ret_mark)
{
	char name[32], path[PATH_MAX];
	struct stat st;
	ssize_t n;

	snprintf(name, sizeof(name), "self/fd/%d", rootfd);
	n = readlinkat(cruet->procfd, name, path, sizeof(path));
	if (n < 0 || fstat(rootfd, &st))
		return fail(errno, "cannot look at the state root");
	*ret_mark = arena_printf(&cruet->arena, "%llx %.*s", (unsigned long long)st.st_dev, (int)n, path);
	return *ret_mark ? 0 : -ENOMEM;
}

const char *cruet_error(char *buf, size_t size)
{
	return fail_line(buf, size);
}

int cruet_log_open(const char *target, bool json, enum cruet_log_level level)
{
	return log_open(target, json ? LOG_FORMAT_JSON : LOG_FORMAT_TEXT, (enum log_level)level);
}

void cruet_log_failure(void)
{
	log_fatal();
}

/* Fds that the caller keeps in holes of the preserved range would get the numbers of ours, and ours would leak. */
static int fill_holes(unsigned int first, unsigned int n)
{
	autoclose int null = -1;

	for (unsigned int fd = first; fd < first + n; fd++) {
		if (fcntl((int)fd, F_GETFD) >= 0)
			continue;
		if (null < 0)
			null = open("/dev/null", O_PATH | O_CLOEXEC);
		if (null == (int)fd) {
			null = -1; /* the placeholder itself */
			continue;
		}
		if (null < 0 || dup3(null, (int)fd, O_CLOEXEC) < 0)
			return fail(errno, "--preserve-fds: cannot keep fd %u free", fd);
	}
	return 0;
}

int cruet_protect_process(unsigned int preserve_fds)
{
	int r = fd_fill_stdio();

	if (r < 0)
		return fail(-r, "cannot open /dev/null for stdio");
	preserve_fds += listen_fds();
	r = fd_cloexec_from(3 + preserve_fds);
	if (r < 0)
		return fail(-r, "cannot mark inherited fds close-on-exec");
	/* ignored by the caller, the kernel would reap our children and tell nobody how they ended */
	signal(SIGCHLD, SIG_DFL);
	signal(SIGPIPE,
	       SIG_IGN); /* a hook that does not read, a caller that does not listen: an errno, not a death */
	/* As root we can write everybody's id maps; without privilege the kernel only lets us where we could be traced. */
	if (geteuid() == 0 && prctl(PR_SET_DUMPABLE, 0))
		return fail(errno, "cannot make the process untraceable");
	return fill_holes(3, preserve_fds);
}
