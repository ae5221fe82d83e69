/* SPDX-License-Identifier: Apache-2.0 */
/*
 * wire/init_steps.h: the acts of the container's side, one row an act, in the order in which they run. Init compiles the
 * rows with their functions; the parent compiles their names and reasons, for errors, for --dry-run and for docs/steps.md.
 * `wanted` looks at the plan only, never at errno.
 *
 *   STEP(name, wanted, apply, why it stands there)
 */
#pragma once

#include <sched.h>

#include "plan/filter.h"
#include "plan/plan.h"

#ifndef CLONE_NEWTIME
#define CLONE_NEWTIME 0x00000080
#endif

static inline bool wants_always(const struct plan *p)
{
	(void)p;
	return true;
}
static inline bool wants_keyring(const struct plan *p)
{
	return p->process.keyring != NULL;
}
static inline bool wants_apparmor(const struct plan *p)
{
	return p->process.apparmor_profile != NULL;
}
static inline bool wants_selinux(const struct plan *p)
{
	return p->process.selinux_label != NULL;
}
static inline bool wants_key_label(const struct plan *p)
{
	return wants_keyring(p) && wants_selinux(p);
}
static inline bool wants_loopback(const struct plan *p)
{
	return p->loopback_up;
}
static inline bool wants_joined(const struct plan *p)
{
	return p->cgroup.attach && !p->ns.needs_stage;
}
static inline bool wants_join_here(const struct plan *p)
{
	return p->ns.join != 0 && !p->ns.needs_stage;
}
static inline bool wants_late_ns(const struct plan *p)
{
	return p->ns.late != 0;
}
static inline bool wants_mount_ns(const struct plan *p)
{
	return ((p->ns.clone | p->ns.stage) & CLONE_NEWNS) != 0;
}
static inline bool wants_mounts(const struct plan *p)
{
	return p->mounts.n > 0;
}
static inline bool wants_devices(const struct plan *p)
{
	return p->devices.n > 0 || p->links.n > 0;
}
static inline bool wants_runtime_hooks(const struct plan *p)
{
	return p->hooks[HOOK_PRESTART].n > 0 || p->hooks[HOOK_CREATE_RUNTIME].n > 0;
}
static inline bool wants_container_hooks(const struct plan *p)
{
	return p->hooks[HOOK_CREATE_CONTAINER].n > 0;
}
static inline bool wants_start_hooks(const struct plan *p)
{
	return p->hooks[HOOK_START_CONTAINER].n > 0;
}
static inline bool wants_terminal(const struct plan *p)
{
	return p->process.terminal;
}
static inline bool wants_root_propagation(const struct plan *p)
{
	return p->root.propagation != 0;
}
static inline bool wants_hostname(const struct plan *p)
{
	return p->hostname != NULL;
}
static inline bool wants_domainname(const struct plan *p)
{
	return p->domainname != NULL;
}
static inline bool wants_sysctls(const struct plan *p)
{
	return p->sysctls.n > 0;
}
static inline bool wants_readonly_paths(const struct plan *p)
{
	return p->readonly.n > 0;
}
static inline bool wants_masked_paths(const struct plan *p)
{
	return p->masked.n > 0;
}
static inline bool wants_readonly_root(const struct plan *p)
{
	return p->root.readonly;
}
static inline bool wants_late_readonly(const struct plan *p)
{
	for (size_t i = 0; i < p->mounts.n; i++)
		if (p->mounts.v[i].late_readonly)
			return true;
	return false;
}
static inline bool wants_personality(const struct plan *p)
{
	return p->process.personality.set;
}
static inline bool wants_scheduler(const struct plan *p)
{
	return p->process.scheduler != NULL;
}
static inline bool wants_io_priority(const struct plan *p)
{
	return p->process.io_priority != NULL;
}
static inline bool wants_memory_policy(const struct plan *p)
{
	return p->process.memory_policy != NULL;
}
static inline bool wants_final_affinity(const struct plan *p)
{
	return p->process.final_affinity.set;
}
static inline bool wants_caps(const struct plan *p)
{
	return p->process.set_caps;
}
static inline bool wants_no_new_privs(const struct plan *p)
{
	return p->process.no_new_privs;
}
static inline bool wants_rlimits(const struct plan *p)
{
	return p->process.rlimits.n > 0;
}
static inline bool wants_listener(const struct plan *p)
{
	return p->filter != NULL && p->filter->listener_path != NULL;
}
static inline bool wants_filter(const struct plan *p)
{
	return p->filter != NULL;
}

/* The container's own room: namespaces are there, the host's tree is still visible. */
#define SETUP_STEPS(STEP)                                                                                                          \
	STEP("key-label", wants_key_label, set_key_label, "the keyring shall be the container's to SELinux, not ours: before it is made") \
	STEP("keyring", wants_keyring, join_keyring, "a session keyring of its own, before anything could look up a key")           \
	STEP("join", wants_join_here, join_namespaces, "those with a path, where no stage did it: before what is set in them")      \
	STEP("cgroup-joined", wants_joined, wait_joined, "the cgroup namespace's root is the cgroup we are in: be in it first")     \
	STEP("cgroup-namespace", wants_late_ns, unshare_late, "before the mounts: a cgroup mount shows the namespace's root")       \
	STEP("loopback", wants_loopback, raise_loopback, "the specification: lo is up in a new network namespace")                  \
	STEP("mount-tools", wants_always, prepare_mounts, "what this kernel's mount interface can do, asked once")                    \
	STEP("old-propagation", wants_mount_ns, set_old_propagation, "nothing that we mount may travel to the host")                \
	STEP("root", wants_always, attach_root, "the rootfs becomes a mount point of its own: all later targets are below it")      \
	STEP("mounts", wants_mounts, make_mounts, "in the order of the configuration, each fd to fd")                               \
	STEP("devices", wants_devices, make_devices, "after the mounts: /dev is one of them")                                       \
	STEP("runtime-hooks", wants_runtime_hooks, wait_hooked, "prestart and createRuntime: namespaces exist, the root is not switched") \
	STEP("container-hooks", wants_container_hooks, run_container_hooks, "createContainer: in our namespaces, before the switch") \
	STEP("console", wants_terminal, open_console, "needs the container's devpts; before hooks' mounts could be masked")         \
	STEP("readonly-paths", wants_readonly_paths, make_readonly_paths, "after the hooks, which may mount; before the masks, which win") \
	STEP("masked-paths", wants_masked_paths, mask_paths, "while the host's own /dev/null is in reach: the container's is not trusted (CVE-2025-31133)") \
	STEP("switch-root", wants_always, switch_root, "from here on no host file can be named")                                   \
	STEP("root-propagation", wants_root_propagation, set_root_propagation, "pivot_root refuses a shared parent: only after it") \
	STEP("late-readonly", wants_late_readonly, make_late_readonly, "/dev and its like: only when their nodes and links are made") \
	STEP("hostname", wants_hostname, set_hostname, "in our own UTS namespace; needs CAP_SYS_ADMIN there")                       \
	STEP("domainname", wants_domainname, set_domainname, "as the host name")                                                    \
	STEP("sysctl", wants_sysctls, set_sysctls, "through a private procfs, in our own namespaces (CVE-2025-52881)")              \
	STEP("working-directory", wants_always, make_cwd, "made by the container's root, before we are somebody else and / is read-only") \
	STEP("readonly-root", wants_readonly_root, make_root_readonly, "the last act on the file system")

/* exec: the container's root is already ours. */
#define ENTER_STEPS(STEP)                                                                                                          \
	STEP("console", wants_terminal, open_exec_console, "of the container's devpts; /dev/console stays init's")                  \
	STEP("working-directory", wants_always, make_cwd, "as for init")

/* Mounts of a running container: the container's root is ours, and nothing of it is executed. */
#define LIVE_STEPS(STEP)                                                                                                           \
	STEP("mount-tools", wants_always, prepare_live, "what the rest stands on")                                                  \
	STEP("container-root", wants_lookups, open_live_root, "below it every path is looked up")                                   \
	STEP("file-systems", wants_added, make_file_systems, "all of them before one is attached; the parent gets them, too, and can take them away should we die") \
	STEP("attach", wants_added, attach_mounts, "in the order of the file, each fd to fd")                                       \
	STEP("read-only", wants_added_readonly, make_live_readonly, "only when the mount points of others are made in them")        \
	STEP("find", wants_removed, find_mounts, "all of them before the first one goes")                                           \
	STEP("detach", wants_detached, detach_mounts, "last first, each by its fd")                                                 \
	STEP("finished", wants_always, say_finished, "the parent keeps what it has, and we end")

static inline bool wants_lookups(const struct plan *p)
{
	return p->kind == PLAN_MOUNTS_ADD || p->kind == PLAN_MOUNTS_REMOVE;
}
static inline bool wants_added(const struct plan *p)
{
	return p->kind == PLAN_MOUNTS_ADD;
}
static inline bool wants_added_readonly(const struct plan *p)
{
	return wants_added(p) && wants_late_readonly(p);
}
static inline bool wants_removed(const struct plan *p)
{
	return p->kind == PLAN_MOUNTS_REMOVE;
}
static inline bool wants_detached(const struct plan *p)
{
	return p->kind == PLAN_MOUNTS_REMOVE || p->kind == PLAN_MOUNTS_UNDO;
}
static inline bool wants_live(const struct plan *p)
{
	return wants_added(p) || wants_detached(p);
}

/* What is the same for init and exec: the process becomes what the configuration says, and only ever loses. */
#define CONFINE_STEPS(STEP)                                                                                                        \
	STEP("prepared", wants_always, wait_prepared, "the parent's work beside ours is done: limits, devices, the filter")         \
	STEP("session", wants_always, start_session, "its own session: no terminal of the caller's to inject into (CVE-2016-10124)") \
	STEP("personality", wants_personality, set_personality, "inherited by execve")                                              \
	STEP("scheduler", wants_scheduler, set_scheduler, "needs CAP_SYS_NICE: before the capabilities go")                         \
	STEP("io-priority", wants_io_priority, set_io_priority, "as the scheduler; of the process group, so after the session")     \
	STEP("memory-policy", wants_memory_policy, set_memory_policy, "of this task: nobody else can set it")                      \
	STEP("cpu-affinity", wants_final_affinity, set_final_affinity, "exec: the final mask, once in the cgroup")                  \
	STEP("stdio-owner", wants_always, own_stdio, "a non-root user must be able to reopen its stdio; needs CAP_CHOWN")           \
	STEP("apparmor", wants_apparmor, set_apparmor_profile, "acts at execve; through a private procfs, which takes privilege (CVE-2019-16884, CVE-2025-52881)") \
	STEP("selinux", wants_selinux, set_selinux_label, "as the profile; after all that init labels as itself")               \
	STEP("bounding-set", wants_caps, drop_bounding, "needs CAP_SETPCAP: before we become the user")                             \
	STEP("user", wants_always, become_user, "groups, gid, uid; keeps what capabilities the next rows still need")               \
	STEP("umask", wants_always, set_umask, "of the process, also for the hooks")                                                \
	STEP("no-new-privs", wants_no_new_privs, set_no_new_privs, "before the filter: lets it load without privilege")             \
	STEP("capabilities", wants_caps, set_capabilities, "the four sets; CAP_SYS_ADMIN stays until the filter is loaded where that needs it") \
	STEP("chdir", wants_always, enter_cwd, "as the user; and verified to be inside (CVE-2024-21626)")                           \
	STEP("program", wants_always, find_program, "create must fail where there is nothing to execute")                           \
	STEP("fds", wants_always, close_fds, "nothing but stdio and --preserve-fds survives execve; before the filter could forbid it") \
	STEP("ready", wants_always, say_ready, "all that can fail has not; the parent commits")                                     \
	STEP("start", wants_always, wait_start, "the boundary between create and start")                                            \
	STEP("start-hooks", wants_start_hooks, run_start_hooks, "startContainer: in the container, as its user, before its program") \
	STEP("rlimits", wants_rlimits, set_rlimits, "late: a low RLIMIT_NOFILE would stop us, not the program")                     \
	STEP("listener", wants_listener, ask_for_listener, "somebody must be there to take the fd: after the filter we cannot speak") \
	STEP("seccomp", wants_filter, load_filter, "the last system calls but two, so that the profile need not allow ours")        \
	STEP("last-capabilities", wants_filter, drop_last_capabilities, "what only the filter needed")                              \
	STEP("execute", wants_always, execute, "success is the end of the stream: every fd of ours is close-on-exec")

/* The stage: only where the namespaces need one. */
#define STAGE_STEPS(STEP)                                                                                                          \
	STEP("stdio", wants_live, close_stdio, "mounts: nothing of the caller's is open where it goes")                             \
	STEP("stage-joined", wants_stage_joined, wait_stage_joined, "cgroups are attached here, before init is made: it inherits them") \
	STEP("affinity", wants_initial_affinity, set_initial_affinity, "exec: the mask until it is in the container's cgroup")      \
	STEP("sources", wants_stage_sources, open_stage_sources, "mounts without privilege: cloned in a copy of the host's mounts, before those are out of reach") \
	STEP("join", wants_join, join_namespaces, "all but the user namespace first: the host's are only open to the host's root")  \
	STEP("user-namespace", wants_user_ns, enter_user_ns, "join it, or make it and have the parent write its maps; then be its root") \
	STEP("join-again", wants_join, join_rest, "those that only the user namespace's root may enter")                            \
	STEP("time-namespace", wants_time_ns, make_time_ns, "offsets can be written until the first process is in it")              \
	STEP("clone", wants_always, clone_init, "pid and time namespaces act on children")

static inline bool wants_stage_sources(const struct plan *p)
{
	return wants_added(p) && p->stage_opens;
}
static inline bool wants_stage_joined(const struct plan *p)
{
	return p->cgroup.attach;
}
static inline bool wants_initial_affinity(const struct plan *p)
{
	return p->process.initial_affinity.set;
}
static inline bool wants_join(const struct plan *p)
{
	return p->ns.join != 0 || p->kind != PLAN_CREATE;
}
static inline bool wants_user_ns(const struct plan *p)
{
	return ((p->ns.join | p->ns.stage) & CLONE_NEWUSER) != 0;
}
static inline bool wants_time_ns(const struct plan *p)
{
	return (p->ns.stage & CLONE_NEWTIME) != 0;
}

enum step_table { TABLE_NONE, TABLE_STAGE, TABLE_SETUP, TABLE_ENTER, TABLE_CONFINE, TABLE_LIVE, STEP_TABLES };
