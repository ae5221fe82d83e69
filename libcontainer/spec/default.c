/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What `cruet spec` writes: a shell in a container that is confined before anybody edits the file. The order
 * of the keys is that of runc's, so that the two can be compared.
 */
#include <stdio.h>

#include "base/json_write.h"
#include "base/str.h"
#include "spec/seccomp_default.h"
#include "spec/spec.h"

#define STRINGS(...)                                                                                         \
	{                                                                                                    \
		(const char *const[]){ __VA_ARGS__, NULL },                                                  \
			sizeof((const char *const[]){ __VA_ARGS__ }) / sizeof(char *)                        \
	}

/* ---- process ---- */

static const struct strings args = STRINGS("sh");
static const struct strings env =
	STRINGS("PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "TERM=xterm");
const struct strings spec_default_capabilities =
	STRINGS("CAP_AUDIT_WRITE", "CAP_KILL", "CAP_NET_BIND_SERVICE");

static void write_process(struct json_writer *w, const struct spec_default *how)
{
	const struct strings *caps = how->privileged ? how->privileged : &spec_default_capabilities;

	json_object(w, "process");
	json_bool(w, "terminal", true);
	json_object(w, "user");
	json_u64(w, "uid", 0);
	json_u64(w, "gid", 0);
	json_end_object(w);
	json_strings(w, "args", &args);
	json_strings(w, "env", &env);
	json_string(w, "cwd", "/");
	json_object(w, "capabilities");
	json_strings(w, "bounding", caps);
	json_strings(w, "effective", caps);
	json_strings(w, "permitted", caps);
	json_end_object(w);
	json_array(w, "rlimits");
	json_object(w, NULL);
	json_string(w, "type", "RLIMIT_NOFILE");
	json_u64(w, "hard", 1024);
	json_u64(w, "soft", 1024);
	json_end_object(w);
	json_end_array(w);
	json_bool(w, "noNewPrivileges", !how->privileged);
	if (how->privileged)
		json_string(w, "apparmorProfile", "unconfined");
	if (how->selinux_label)
		json_string(w, "selinuxLabel", how->selinux_label);
	json_end_object(w);
}

/* ---- mounts ---- */

struct default_mount {
	const char *destination, *type, *source;
	struct strings options;
};

static const struct default_mount mounts[] = {
	{ "/proc", "proc", "proc", { 0 } },
	{ "/dev", "tmpfs", "tmpfs", STRINGS("nosuid", "strictatime", "mode=755", "size=65536k") },
	{ "/dev/pts", "devpts", "devpts",
	  STRINGS("nosuid", "noexec", "newinstance", "ptmxmode=0666", "mode=0620", "gid=5") },
	{ "/dev/shm", "tmpfs", "shm", STRINGS("nosuid", "noexec", "nodev", "mode=1777", "size=65536k") },
	{ "/dev/mqueue", "mqueue", "mqueue", STRINGS("nosuid", "noexec", "nodev") },
	{ "/sys", "sysfs", "sysfs", STRINGS("nosuid", "noexec", "nodev", "ro") },
	{ "/sys/fs/cgroup", "cgroup", "cgroup", STRINGS("nosuid", "noexec", "nodev", "relatime", "ro") },
};

/* Without a network namespace of its own a user namespace may not mount sysfs, only bind the host's. */
static const struct default_mount rootless_sys = { "/sys", "none", "/sys",
						   STRINGS("rbind", "nosuid", "noexec", "nodev", "ro") };

static void write_mount_option(struct json_writer *w, const char *word, const struct spec_default *how)
{
	/* the one id that is mapped is 0 */
	if (how->rootless && (starts_with(word, "uid=") || starts_with(word, "gid=")))
		return;
	json_string(w, NULL, how->privileged && !how->rootless && streq(word, "ro") ? "rw" : word);
}

static void write_mount(struct json_writer *w, const struct default_mount *m, const struct spec_default *how)
{
	json_object(w, NULL);
	json_string(w, "destination", m->destination);
	json_string(w, "type", m->type);
	json_string(w, "source", m->source);
	if (m->options.n) {
		json_array(w, "options");
		for (size_t i = 0; i < m->options.n; i++)
			write_mount_option(w, m->options.v[i], how);
		json_end_array(w);
	}
	json_end_object(w);
}

static void write_mounts(struct json_writer *w, const struct spec_default *how)
{
	json_array(w, "mounts");
	for (size_t i = 0; i < ARRAY_SIZE(mounts); i++)
		write_mount(w, how->rootless && streq(mounts[i].type, "sysfs") ? &rootless_sys : &mounts[i],
			    how);
	json_end_array(w);
}

/* ---- linux ---- */

static const char *const namespaces[] = { "pid", "network", "ipc", "uts", "mount", "cgroup" };

/* What tells about the host or its neighbours, or reaches into its hardware. Interrupt counts give keystrokes
 * and activity away, powercap the energy that other processes use (CVE-2020-8694). */
static const char *const masked[] = {
	"/proc/acpi",	     "/proc/asound",	    "/proc/interrupts", "/proc/kcore",
	"/proc/keys",	     "/proc/latency_stats", "/proc/timer_list", "/proc/timer_stats",
	"/proc/sched_debug", "/proc/scsi",	    "/sys/firmware",	"/sys/devices/virtual/powercap",
};
static const struct strings readonly =
	STRINGS("/proc/bus", "/proc/fs", "/proc/irq", "/proc/sys", "/proc/sysrq-trigger");

static void write_id_map(struct json_writer *w, const char *key, uint32_t host)
{
	json_array(w, key);
	json_object(w, NULL);
	json_u64(w, "containerID", 0);
	json_u64(w, "hostID", host);
	json_u64(w, "size", 1);
	json_end_object(w);
	json_end_array(w);
}

/* No device but those that every container has, or all. */
static void write_resources(struct json_writer *w, bool all)
{
	json_object(w, "resources");
	json_array(w, "devices");
	json_object(w, NULL);
	json_bool(w, "allow", all);
	json_string(w, "access", "rwm");
	json_end_object(w);
	json_end_array(w);
	json_end_object(w);
}

static void write_namespace(struct json_writer *w, const char *type)
{
	json_object(w, NULL);
	json_string(w, "type", type);
	json_end_object(w);
}

static void write_namespaces(struct json_writer *w, const struct spec_default *how)
{
	json_array(w, "namespaces");
	for (size_t i = 0; i < ARRAY_SIZE(namespaces); i++) {
		if (!(how->rootless && streq(namespaces[i], "network")) &&
		    !(how->privileged && streq(namespaces[i], "cgroup")))
			write_namespace(w, namespaces[i]);
	}
	if (how->rootless)
		write_namespace(w, "user");
	json_end_array(w);
}

static void write_device(struct json_writer *w, const struct spec_device *d)
{
	json_object(w, NULL);
	json_string(w, "type", d->type == 'b' ? "b" : "c");
	json_string(w, "path", d->path);
	json_i64(w, "major", d->major.v);
	json_i64(w, "minor", d->minor.v);
	json_u64(w, "fileMode", d->file_mode.v);
	json_u64(w, "uid", d->uid.v);
	json_u64(w, "gid", d->gid.v);
	json_end_object(w);
}

static void write_devices(struct json_writer *w, const struct spec_default *how)
{
	if (!how->devices.n)
		return;
	json_array(w, "devices");
	for (size_t i = 0; i < how->devices.n; i++)
		write_device(w, &how->devices.v[i]);
	json_end_array(w);
}

static void write_masked_paths(struct json_writer *w, unsigned int cpus)
{
	json_array(w, "maskedPaths");
	for (size_t i = 0; i < ARRAY_SIZE(masked); i++)
		json_string(w, NULL, masked[i]);
	for (unsigned int cpu = 0; cpu < cpus; cpu++) {
		char path[80];

		snprintf(path, sizeof(path), "/sys/devices/system/cpu/cpu%u/thermal_throttle", cpu);
		json_string(w, NULL, path);
	}
	json_end_array(w);
}

static void write_linux(struct json_writer *w, const struct spec_default *how)
{
	json_object(w, "linux");
	if (how->rootless) {
		write_id_map(w, "uidMappings", how->uid);
		write_id_map(w, "gidMappings", how->gid);
	} else {
		write_resources(w, how->privileged);
	}
	write_devices(w, how);
	write_namespaces(w, how);
	if (how->privileged) {
		json_end_object(w);
		return;
	}
	write_masked_paths(w, how->thermal_cpus);
	json_strings(w, "readonlyPaths", &readonly);
	seccomp_default_write(&spec_default_capabilities, w, "seccomp");
	json_end_object(w);
}

void spec_default_write(const struct spec_default *how, struct json_writer *w)
{
	json_object(w, NULL);
	json_string(w, "ociVersion", SPEC_OCI_VERSION);
	write_process(w, how);
	json_object(w, "root");
	json_string(w, "path", "rootfs");
	json_bool(w, "readonly", true);
	json_end_object(w);
	json_string(w, "hostname", "cruet");
	write_mounts(w, how);
	write_linux(w, how);
	json_end_object(w);
}
