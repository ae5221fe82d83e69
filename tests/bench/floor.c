/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The floor: what a container start costs when a program does the system calls and nothing else. It is a
 * measuring stick, not a runtime: the configuration is compiled in (the one that bench.sh writes for
 * everybody else), config.json is only searched for the few words that differ between bundles, nothing is
 * checked and nothing is confined with care.
 *
 * It speaks the verbs the harness times: run create start delete state kill list exec.
 */
#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <net/if.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/wait.h>
#include <unistd.h>

#include <linux/capability.h>
#include <linux/keyctl.h>
#include <linux/sched.h>

#include "floor.h"

#define NAMESPACES (CLONE_NEWPID | CLONE_NEWNET | CLONE_NEWIPC | CLONE_NEWUTS | CLONE_NEWNS)

struct box {
	const char *root;
	const char *id;
	const char *bundle;
	const char *pid_file;
	char **args;
	char config[32768];
	char rootfs[512];
	char cgroup[256]; /* relative to CGROUP_ROOT, without a slash in front */
	char *words[16];  /* process.args, pointing into config */
	bool userns;
	bool seccomp;
	bool v2;
	pid_t pid;
};

/* What the ledger of a real runtime holds: enough for the later verbs. */
struct record {
	int pid;
	unsigned long long start_time;
	int userns;
	char cgroup[256];
	char bundle[512];
};

static const struct {
	const char *name;
	unsigned int major, minor;
} devices[] = {
	{"null", 1, 3}, {"zero", 1, 5}, {"full", 1, 7}, {"random", 1, 8}, {"urandom", 1, 9}, {"tty", 5, 0},
};

static const struct {
	const char *target, *name;
} links[] = {
	{"/proc/self/fd", "dev/fd"},	   {"/proc/self/fd/0", "dev/stdin"},
	{"/proc/self/fd/1", "dev/stdout"}, {"/proc/self/fd/2", "dev/stderr"},
	{"/proc/kcore", "dev/core"},	   {"pts/ptmx", "dev/ptmx"},
};

static const struct {
	const char *source, *target, *type, *data;
	unsigned long flags;
} mounts[] = {
	{"proc", "proc", "proc", NULL, 0},
	{"tmpfs", "dev", "tmpfs", "mode=755,size=65536k", MS_NOSUID | MS_STRICTATIME},
	{"devpts", "dev/pts", "devpts", "newinstance,ptmxmode=0666,mode=0620,gid=5", MS_NOSUID | MS_NOEXEC},
	{"shm", "dev/shm", "tmpfs", "mode=1777,size=65536k", MS_NOSUID | MS_NOEXEC | MS_NODEV},
	{"mqueue", "dev/mqueue", "mqueue", NULL, MS_NOSUID | MS_NOEXEC | MS_NODEV},
	{"sysfs", "sys", "sysfs", NULL, MS_NOSUID | MS_NOEXEC | MS_NODEV | MS_RDONLY},
};

static const char *const masked_dirs[] = {"/proc/acpi", "/proc/scsi", "/sys/firmware"};
static const char *const masked_files[] = {"/proc/kcore", "/proc/keys", "/proc/latency_stats",
					   "/proc/timer_list"};
static const char *const readonly_paths[] = {"/proc/bus", "/proc/fs", "/proc/irq", "/proc/sys",
					     "/proc/sysrq-trigger"};

/* Kept: audit_write, kill, net_bind_service, as `runc spec` has it. */
#define CAPS_KEPT (1ULL << 29 | 1ULL << 5 | 1ULL << 10)
#define CAPS_LAST 40

/* The string after "KEY": in the configuration, ended in place; NULL where the key is absent. */
static char *config_string(char *text, const char *key, char **ret_end)
{
	char *at = strstr(text, key), *end;

	if (!at || !(at = strchr(at + strlen(key) + 1, '"')) || !(end = strchr(at + 1, '"')))
		return NULL;
	*ret_end = end;
	return at + 1;
}

static void config_read(struct box *box)
{
	char path[512], *at, *end, *cgroup_end = NULL, *root_end = NULL, *list_end, *cgroup, *rootfs;
	size_t n = 0;

	snprintf(path, sizeof(path), "%s/config.json", box->bundle);
	must(read_all(path, box->config, sizeof(box->config)), path);
	box->seccomp = strstr(box->config, "\"seccomp\"") != NULL;
	box->userns = strstr(box->config, "\"uidMappings\"") != NULL;
	rootfs = config_string(box->config, "\"path\"", &root_end);
	cgroup = config_string(box->config, "\"cgroupsPath\"", &cgroup_end);
	at = strstr(box->config, "\"args\"");
	list_end = at ? strchr(at, ']') : NULL;
	if (!rootfs || !cgroup || !list_end)
		die("config.json lacks root.path, args or cgroupsPath");
	for (at += strlen("\"args\"");
	     (at = strchr(at, '"')) && at < list_end && n < ARRAY_SIZE(box->words) - 1; at = end + 1) {
		end = strchr(at + 1, '"');
		*end = '\0';
		box->words[n++] = at + 1;
	}
	*root_end = *cgroup_end = '\0';
	snprintf(box->rootfs, sizeof(box->rootfs), "%s", rootfs);
	snprintf(box->cgroup, sizeof(box->cgroup), "%s", cgroup[0] == '/' ? cgroup + 1 : cgroup);
	box->args = box->words;
}

/* The last acts of init and of exec's process: limits, ids, capabilities, no_new_privs, filter. */
static void confine(const struct box *box)
{
	struct __user_cap_header_struct header = {_LINUX_CAPABILITY_VERSION_3, 0};
	struct __user_cap_data_struct data[2] = {{0}};
	struct rlimit limit = {1024, 1024};
	int cap;

	must(setrlimit(RLIMIT_NOFILE, &limit), "setrlimit");
	for (cap = 0; cap <= CAPS_LAST; cap++)
		if (!(CAPS_KEPT >> cap & 1))
			must(prctl(PR_CAPBSET_DROP, cap, 0, 0, 0), "drop a capability");
	must(setgroups(0, NULL), "setgroups");
	must(syscall(SYS_setresgid, 0, 0, 0), "setresgid");
	must(syscall(SYS_setresuid, 0, 0, 0), "setresuid");
	data[0].permitted = data[0].effective = (uint32_t)CAPS_KEPT;
	must(syscall(SYS_capset, &header, data), "capset");
	must(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0), "no_new_privs");
	if (box->seccomp)
		seccomp_load();
}

static void loopback_up(void)
{
	struct ifreq request = {.ifr_name = "lo", .ifr_flags = IFF_UP | IFF_RUNNING};
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	must(fd, "socket");
	must(ioctl(fd, SIOCSIFFLAGS, &request), "lo up");
	close(fd);
}

static void make_devices(const struct box *box)
{
	char name[64], source[64];
	size_t i;

	for (i = 0; i < ARRAY_SIZE(devices); i++) {
		snprintf(name, sizeof(name), "dev/%s", devices[i].name);
		if (!box->userns) {
			must(mknod(name, S_IFCHR | 0666, makedev(devices[i].major, devices[i].minor)), name);
			continue;
		}
		snprintf(source, sizeof(source), "/dev/%s", devices[i].name);
		must(mknod(name, S_IFREG | 0666, 0), name);
		must(mount(source, name, NULL, MS_BIND, NULL), name);
	}
	for (i = 0; i < ARRAY_SIZE(links); i++)
		must(symlink(links[i].target, links[i].name), links[i].name);
}

static void make_rootfs(const struct box *box)
{
	size_t i;

	must(mount(NULL, "/", NULL, MS_SLAVE | MS_REC, NULL), "make / a slave");
	must(mount(box->rootfs, box->rootfs, NULL, MS_BIND | MS_REC, NULL), "bind the rootfs");
	must(chdir(box->rootfs), "chdir rootfs");
	for (i = 0; i < ARRAY_SIZE(mounts); i++) {
		if (strncmp(mounts[i].target, "dev/", 4) == 0)
			must(mkdir(mounts[i].target, 0755), mounts[i].target);
		must(mount(mounts[i].source, mounts[i].target, mounts[i].type, mounts[i].flags,
			   mounts[i].data),
		     mounts[i].target);
	}
	cgroup_mount(box->v2);
	make_devices(box);
	must(syscall(SYS_pivot_root, ".", "."), "pivot_root");
	must(umount2(".", MNT_DETACH), "umount the old root");
}

static void seal_rootfs(void)
{
	const unsigned long flags = MS_RDONLY | MS_NOSUID | MS_NOEXEC | MS_NODEV;
	const char *first = NULL;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(masked_dirs); i++) {
		if (first)
			mount(first, masked_dirs[i], NULL, MS_BIND, NULL);
		else if (mount("tmpfs", masked_dirs[i], "tmpfs", MS_RDONLY, "size=0k") == 0)
			first = masked_dirs[i];
	}
	for (i = 0; i < ARRAY_SIZE(masked_files); i++)
		if (mount("/dev/null", masked_files[i], NULL, MS_BIND, NULL) < 0 && errno != ENOENT)
			die("mask %s", masked_files[i]);
	for (i = 0; i < ARRAY_SIZE(readonly_paths); i++) {
		if (mount(readonly_paths[i], readonly_paths[i], NULL, MS_BIND | MS_REC, NULL) < 0) {
			if (errno == ENOENT)
				continue;
			die("bind %s", readonly_paths[i]);
		}
		must(mount(NULL, readonly_paths[i], NULL, MS_REMOUNT | MS_BIND | flags, NULL),
		     readonly_paths[i]);
	}
	must(mount(NULL, "/", NULL, MS_REMOUNT | MS_BIND | MS_RDONLY, NULL), "remount / read-only");
	must(chdir("/"), "chdir /");
}

static void child_exec(const struct box *box)
{
	static char *const environment[] = {"PATH=/usr/sbin:/usr/bin:/sbin:/bin", "TERM=xterm", NULL};

	execve(box->args[0], box->args, environment);
	die("execve %s", box->args[0]);
}

/* In the new namespaces. gate_fd: wait there until the parent has written maps or v1 cgroups; start_fd: the
 * create fifo. */
static void child_main(const struct box *box, int ready_fd, int gate_fd, int start_fd)
{
	char byte;

	if (gate_fd >= 0)
		must(read(gate_fd, &byte, 1), "wait for the parent");
	if (box->userns) {
		must(syscall(SYS_setresgid, 0, 0, 0), "setresgid");
		must(syscall(SYS_setresuid, 0, 0, 0), "setresuid");
	}
	umask(0);
	must(unshare(CLONE_NEWCGROUP), "unshare the cgroup namespace");
	must(syscall(SYS_keyctl, KEYCTL_JOIN_SESSION_KEYRING, box->id), "session keyring");
	loopback_up();
	make_rootfs(box);
	seal_rootfs();
	must(sethostname("bench", 5), "sethostname");
	if (start_fd >= 0) {
		must(write(ready_fd, "", 1), "report to create");
		close(ready_fd);
		must(read(start_fd, &byte, 1), "wait for start");
		close(start_fd);
	}
	confine(box);
	child_exec(box);
}

static void id_maps_write(pid_t pid)
{
	char path[64];

	snprintf(path, sizeof(path), "/proc/%d/uid_map", pid);
	write_all(path, 0, "0 100000 65536\n");
	snprintf(path, sizeof(path), "/proc/%d/gid_map", pid);
	write_all(path, 0, "0 100000 65536\n");
}

static unsigned long long start_time(pid_t pid)
{
	char path[64], text[1024], *at;
	int field;

	snprintf(path, sizeof(path), "/proc/%d/stat", pid);
	if (read_all(path, text, sizeof(text)) < 0 || !(at = strrchr(text, ')')))
		return 0;
	at += 2;
	if (*at == 'Z')
		return 0;
	for (field = 3; field < 22 && at; field++)
		if ((at = strchr(at, ' ')))
			at++;
	return at ? strtoull(at, NULL, 10) : 0;
}

static void record_path(const struct box *box, const char *suffix, char path[static 512])
{
	snprintf(path, 512, "%s/%s%s", box->root, box->id, suffix);
}

static void record_write(const struct box *box)
{
	char path[512], text[1024];

	record_path(box, "", path);
	snprintf(text, sizeof(text), "%d %llu %d %s %s\n", box->pid, start_time(box->pid), box->userns,
		 box->cgroup, box->bundle);
	write_all(path, O_CREAT | O_EXCL, text);
}

static void record_read(const struct box *box, struct record *ret)
{
	char path[512], text[1024];

	record_path(box, "", path);
	must(read_all(path, text, sizeof(text)), path);
	if (sscanf(text, "%d %llu %d %255s %511s", &ret->pid, &ret->start_time, &ret->userns, ret->cgroup,
		   ret->bundle) != 5)
		die("bad record %s", path);
}

static void record_remove(const struct box *box)
{
	char path[512];

	record_path(box, "", path);
	unlink(path);
}

/* Everything up to the init that runs (run) or waits on its fifo (create). */
static void box_launch(struct box *box, bool wait_for_start)
{
	struct clone_args args = {.flags = NAMESPACES, .exit_signal = SIGCHLD};
	int ready[2], gate[2] = {-1, -1}, start_fd = -1, cgroup_fd;
	char path[512], byte;
	long pid;

	config_read(box);
	mkdir(box->root, 0700);
	box->v2 = cgroup_is_v2();
	cgroup_fd = cgroup_make(box->cgroup, box->v2);
	if (wait_for_start) {
		record_path(box, ".fifo", path);
		must(mkfifo(path, 0600), path);
		must(start_fd = open(path, O_RDWR | O_CLOEXEC), path);
	}
	must(pipe2(ready, O_CLOEXEC), "pipe2");
	if (box->userns || !box->v2)
		must(pipe2(gate, O_CLOEXEC), "pipe2");
	if (cgroup_fd >= 0) {
		device_filter_attach(cgroup_fd);
		args.flags |= CLONE_INTO_CGROUP;
		args.cgroup = (__u64)cgroup_fd;
	}
	if (box->userns)
		args.flags |= CLONE_NEWUSER;
	must(pid = syscall(SYS_clone3, &args, sizeof(args)), "clone3");
	if (pid == 0)
		child_main(box, ready[1], gate[0], start_fd);
	box->pid = (pid_t)pid;
	close(ready[1]);
	if (box->userns)
		id_maps_write(box->pid);
	if (!box->v2) {
		cgroup_v1_join(box->cgroup, box->pid);
		cgroup_v1_devices(box->cgroup);
	}
	if (gate[1] >= 0)
		must(write(gate[1], "", 1), "release the child");
	record_write(box);
	if (box->pid_file) {
		snprintf(path, sizeof(path), "%d", box->pid);
		write_all(box->pid_file, O_CREAT | O_TRUNC, path);
	}
	/* One byte when create's init waits; run's closes its end by execve. What went wrong, the child has
	 * said. */
	if (read(ready[0], &byte, 1) != wait_for_start)
		_exit(1);
	close(ready[0]);
}

static int wait_status(pid_t pid)
{
	int status;

	must(waitpid(pid, &status, 0), "waitpid");
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

static int verb_run(struct box *box)
{
	int status;

	box_launch(box, false);
	status = wait_status(box->pid);
	cgroup_remove(box->cgroup, box->v2);
	record_remove(box);
	return status;
}

static int verb_create(struct box *box)
{
	box_launch(box, true);
	return 0;
}

static int verb_start(struct box *box)
{
	char path[512];

	record_path(box, ".fifo", path);
	write_all(path, O_NONBLOCK, "s");
	unlink(path);
	return 0;
}

static int verb_state(struct box *box)
{
	struct record record;
	char path[512];
	const char *status;

	record_read(box, &record);
	record_path(box, ".fifo", path);
	if (start_time(record.pid) != record.start_time)
		status = "stopped";
	else
		status = access(path, F_OK) == 0 ? "created" : "running";
	dprintf(1,
		"{\n  \"ociVersion\": \"1.0.0\",\n  \"id\": \"%s\",\n  \"pid\": %d,\n  \"status\": \"%s\",\n "
		" \"bundle\": \"%s\"\n}\n",
		box->id, record.pid, status, record.bundle);
	return 0;
}

/* A stopped one, or with --force a living one. */
static int verb_delete(struct box *box)
{
	struct record record;
	char path[512];
	int fd;

	record_read(box, &record);
	if (start_time(record.pid) == record.start_time) {
		struct pollfd gone = {.events = POLLIN};

		must(fd = (int)syscall(SYS_pidfd_open, record.pid, 0), "pidfd_open");
		must(syscall(SYS_pidfd_send_signal, fd, SIGKILL, NULL, 0), "kill");
		gone.fd = fd;
		poll(&gone, 1, 5000);
	}
	cgroup_remove(record.cgroup, cgroup_is_v2());
	record_path(box, ".fifo", path);
	unlink(path);
	record_remove(box);
	return 0;
}

static int verb_kill(struct box *box)
{
	struct record record;
	int fd, number = SIGTERM;

	if (box->args[0])
		number = strcmp(box->args[0], "CONT") == 0   ? SIGCONT
			 : strcmp(box->args[0], "KILL") == 0 ? SIGKILL
							     : SIGTERM;
	record_read(box, &record);
	must(fd = (int)syscall(SYS_pidfd_open, record.pid, 0), "pidfd_open");
	if (start_time(record.pid) != record.start_time)
		die("container is not running");
	must(syscall(SYS_pidfd_send_signal, fd, number, NULL, 0), "kill");
	return 0;
}

static int verb_list(struct box *box)
{
	DIR *dir = opendir(box->root);
	struct record record;
	struct dirent *entry;

	if (!dir)
		die("opendir %s", box->root);
	printf("ID PID STATUS BUNDLE\n");
	while ((entry = readdir(dir))) {
		if (entry->d_name[0] == '.' || strchr(entry->d_name, '.'))
			continue;
		box->id = entry->d_name;
		record_read(box, &record);
		printf("%s %d %s %s\n", box->id, record.pid,
		       start_time(record.pid) == record.start_time ? "running" : "stopped", record.bundle);
	}
	closedir(dir);
	fflush(stdout);
	return 0;
}

static int verb_exec(struct box *box)
{
	struct clone_args args = {.exit_signal = SIGCHLD};
	struct record record;
	char path[512];
	int pidfd, cgroup_fd;
	long pid;

	record_read(box, &record);
	box->v2 = cgroup_is_v2();
	must(pidfd = (int)syscall(SYS_pidfd_open, record.pid, 0), "pidfd_open");
	if (box->v2) {
		snprintf(path, sizeof(path), CGROUP_ROOT "/%s", record.cgroup);
		must(cgroup_fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC), path);
		args.cgroup = (__u64)cgroup_fd;
		args.flags = CLONE_INTO_CGROUP;
	} else {
		cgroup_v1_join(record.cgroup, getpid());
	}
	must(setns(pidfd, NAMESPACES | CLONE_NEWCGROUP | (record.userns ? CLONE_NEWUSER : 0)), "setns");
	must(chdir("/"), "chdir /");
	must(pid = syscall(SYS_clone3, &args, sizeof(args)), "clone3");
	if (pid == 0) {
		confine(box);
		child_exec(box);
	}
	return wait_status((pid_t)pid);
}

int main(int argc, char **argv)
{
	static const struct {
		const char *name;
		int (*run)(struct box *box);
	} verbs[] = {
		{"run", verb_run},	 {"create", verb_create}, {"start", verb_start},
		{"delete", verb_delete}, {"state", verb_state},	  {"kill", verb_kill},
		{"list", verb_list},	 {"exec", verb_exec},
	};
	static struct box box = {.root = "/run/floor"};
	const char *verb = NULL;
	size_t i;
	int at;

	for (at = 1; at < argc && !box.id; at++) {
		if (strcmp(argv[at], "--root") == 0 && at + 1 < argc)
			box.root = argv[++at];
		else if (strcmp(argv[at], "--bundle") == 0 && at + 1 < argc)
			box.bundle = argv[++at];
		else if (strcmp(argv[at], "--pid-file") == 0 && at + 1 < argc)
			box.pid_file = argv[++at];
		else if (!verb)
			verb = argv[at];
		else if (argv[at][0] != '-')
			box.id = argv[at];
	}
	box.args = argv + at;
	for (i = 0; verb && i < ARRAY_SIZE(verbs); i++)
		if (strcmp(verb, verbs[i].name) == 0)
			return verbs[i].run(&box);
	dprintf(2, "floor: no such verb\n");
	return 2;
}
