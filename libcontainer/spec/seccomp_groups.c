/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The bundled seccomp profile: which system calls a container may make, and why. Written from section 2 of
 * the manual and capabilities(7). A call stands in one group; those that need a capability in the kernel
 * anyway stand under it, so that without it the code behind them cannot be reached at all. Names that an
 * architecture does not have are left out when the profile is compiled, so that no group needs to say for
 * which it is. Conditions on one argument are alternatives, as runc, crun and cruet read them.
 */
#include "spec/seccomp_default.h"

#define STRINGS(...)                                                                                         \
	{                                                                                                    \
		(const char *const[]){ __VA_ARGS__, NULL },                                                  \
			sizeof((const char *const[]){ __VA_ARGS__ }) / sizeof(char *)                        \
	}
#define ALWAYS	     .when = SECCOMP_ALWAYS
#define NEVER	     .when = SECCOMP_NEVER
#define WITH(...)    .when = SECCOMP_WITH, .capabilities = STRINGS(__VA_ARGS__)
#define WITHOUT(...) .when = SECCOMP_WITHOUT, .capabilities = STRINGS(__VA_ARGS__)
#define NAMES(...)   .names = STRINGS(__VA_ARGS__)
#define ARGS(...)                                                                                            \
	.args = { (const struct spec_seccomp_arg[]){ __VA_ARGS__ },                                          \
		  sizeof((const struct spec_seccomp_arg[]){ __VA_ARGS__ }) /                                 \
			  sizeof(struct spec_seccomp_arg) }
#define ARG(...) ARGS({ __VA_ARGS__ })
#define LOW32(mask, value)                                                                                   \
	{                                                                                                    \
		0, mask, value, SPEC_CMP_MASKED_EQ                                                           \
	}

/* CLONE_NEWNS | NEWCGROUP | NEWUTS | NEWIPC | NEWUSER | NEWPID | NEWNET (clone(2)). CLONE_NEWTIME is no flag
 * of clone(): its bit belongs to the exit signal there. */
#define CLONE_NAMESPACES 0x7e020000

/* Where clone() takes its flags (clone(2), "C library/kernel differences"). */
#ifdef __s390x__
#define CLONE_FLAGS_ARG 1
#else
#define CLONE_FLAGS_ARG 0
#endif

const struct seccomp_group seccomp_groups[] = {
	/* ---- every program ---- */
	{
		.reason = "data to and from what is open: the descriptor was checked when it was opened",
		ALWAYS,
		NAMES("read", "readv", "pread64", "preadv", "preadv2", "write", "writev", "pwrite64",
		      "pwritev", "pwritev2", "lseek", "_llseek", "sendfile", "sendfile64", "splice", "tee",
		      "vmsplice", "copy_file_range", "readahead", "fadvise64", "fadvise64_64",
		      "arm_fadvise64_64", "sync_file_range", "sync_file_range2", "arm_sync_file_range",
		      "fsync", "fdatasync", "sync", "syncfs", "fallocate", "ftruncate", "ftruncate64",
		      "getdents", "getdents64", "cachestat", "ioctl", "fcntl", "fcntl64", "flock"),
	},
	{
		.reason = "files by name: the container's root, its mounts and their permissions decide; "
			  "device nodes are the "
			  "device rules' matter",
		ALWAYS,
		NAMES("open", "openat", "openat2", "creat", "close", "close_range", "access", "faccessat",
		      "faccessat2", "stat", "stat64", "lstat", "lstat64", "fstat", "fstat64", "fstatat64",
		      "newfstatat", "statx", "statfs", "statfs64", "fstatfs", "fstatfs64", "readlink",
		      "readlinkat", "link", "linkat", "symlink", "symlinkat", "unlink", "unlinkat", "rename",
		      "renameat", "renameat2", "mkdir", "mkdirat", "rmdir", "mknod", "mknodat", "chmod",
		      "fchmod", "fchmodat", "fchmodat2", "chown", "chown32", "fchown", "fchown32", "lchown",
		      "lchown32", "fchownat", "utime", "utimes", "futimesat", "utimensat", "utimensat_time64",
		      "truncate", "truncate64", "chdir", "fchdir", "getcwd", "umask", "name_to_handle_at"),
	},
	{
		.reason =
			"attributes of files: the trusted and security ones need capabilities in the kernel",
		ALWAYS,
		NAMES("getxattr", "lgetxattr", "fgetxattr", "getxattrat", "listxattr", "llistxattr",
		      "flistxattr", "listxattrat", "setxattr", "lsetxattr", "fsetxattr", "setxattrat",
		      "removexattr", "lremovexattr", "fremovexattr", "removexattrat", "file_getattr",
		      "file_setattr"),
	},
	{
		.reason = "the mounts of the caller's own namespace, as /proc/self/mountinfo tells them",
		ALWAYS,
		NAMES("statmount", "listmount"),
	},
	{
		.reason = "descriptors, pipes, and waiting for events",
		ALWAYS,
		NAMES("dup", "dup2", "dup3", "pipe", "pipe2", "eventfd", "eventfd2", "signalfd", "signalfd4",
		      "timerfd_create", "timerfd_settime", "timerfd_settime64", "timerfd_gettime",
		      "timerfd_gettime64", "epoll_create", "epoll_create1", "epoll_ctl", "epoll_ctl_old",
		      "epoll_wait", "epoll_wait_old", "epoll_pwait", "epoll_pwait2", "poll", "ppoll",
		      "ppoll_time64", "select", "_newselect", "pselect6", "pselect6_time64", "inotify_init",
		      "inotify_init1", "inotify_add_watch", "inotify_rm_watch", "fanotify_mark"),
	},
	{
		.reason = "the caller's own memory; locked memory is limited by RLIMIT_MEMLOCK",
		ALWAYS,
		NAMES("brk", "mmap", "mmap2", "munmap", "mprotect", "mremap", "remap_file_pages", "madvise",
		      "mincore", "msync", "mlock", "mlock2", "mlockall", "munlock", "munlockall", "mseal",
		      "map_shadow_stack", "pkey_alloc", "pkey_free", "pkey_mprotect", "membarrier",
		      "memfd_create", "memfd_secret", "process_mrelease"),
	},
	{
		.reason = "threads, locks, and the bookkeeping of C libraries",
		ALWAYS,
		NAMES("futex", "futex_time64", "futex_waitv", "futex_wait", "futex_wake", "futex_requeue",
		      "set_robust_list", "get_robust_list", "set_tid_address", "rseq", "restart_syscall",
		      "getrandom"),
	},
	{
		.reason = "what an architecture keeps for a thread: segments, thread pointers, caches. "
			  "modify_ldt serves 32-bit "
			  "programs under Wine; kernels that want none of it are built without",
		ALWAYS,
		NAMES("arch_prctl", "set_thread_area", "get_thread_area", "modify_ldt", "set_tls", "get_tls",
		      "breakpoint", "cacheflush", "riscv_flush_icache", "riscv_hwprobe", "swapcontext",
		      "s390_runtime_instr", "s390_pci_mmio_read", "s390_pci_mmio_write"),
	},
	{
		.reason =
			"the kernel's own trampolines under a probe: refusing them kills the probed program",
		ALWAYS,
		NAMES("uretprobe", "uprobe"),
	},
	{
		.reason = "processes: to make, to become, to end, to wait for",
		ALWAYS,
		NAMES("fork", "vfork", "execve", "execveat", "exit", "exit_group", "wait4", "waitid",
		      "waitpid", "getpid", "getppid", "gettid", "getpgid", "getpgrp", "setpgid", "getsid",
		      "setsid", "pidfd_open", "prctl"),
	},
	{
		.reason = "signals: who may send whom is the kernel's rule, and the pid namespace bounds it",
		ALWAYS,
		NAMES("kill", "tkill", "tgkill", "pidfd_send_signal", "rt_sigaction", "rt_sigpending",
		      "rt_sigprocmask", "rt_sigqueueinfo", "rt_sigreturn", "rt_sigsuspend", "rt_sigtimedwait",
		      "rt_sigtimedwait_time64", "rt_tgsigqueueinfo", "sigaltstack", "sigprocmask",
		      "sigreturn", "pause"),
	},
	{
		.reason = "users, groups and capabilities: up to what the bounding set and the user "
			  "namespace hold",
		ALWAYS,
		NAMES("getuid", "getuid32", "geteuid", "geteuid32", "getgid", "getgid32", "getegid",
		      "getegid32", "getresuid", "getresuid32", "getresgid", "getresgid32", "getgroups",
		      "getgroups32", "setuid", "setuid32", "setgid", "setgid32", "setreuid", "setreuid32",
		      "setregid", "setregid32", "setresuid", "setresuid32", "setresgid", "setresgid32",
		      "setfsuid", "setfsuid32", "setfsgid", "setfsgid32", "setgroups", "setgroups32",
		      "capget", "capset"),
	},
	{
		.reason = "programs that confine themselves further: filters add up, none is taken back",
		ALWAYS,
		NAMES("seccomp", "landlock_create_ruleset", "landlock_add_rule", "landlock_restrict_self"),
	},
	{
		.reason = "debuggers, on processes of the container: since 4.8 the filter is asked after the "
			  "tracer, so that a "
			  "traced call does not get around it; ptrace(2)'s own access check holds",
		ALWAYS,
		NAMES("ptrace", "process_vm_readv", "process_vm_writev"),
	},
	{
		.reason = "scheduling: higher priorities need CAP_SYS_NICE or a limit that allows them",
		ALWAYS,
		NAMES("sched_yield", "sched_getaffinity", "sched_setaffinity", "sched_getattr",
		      "sched_setattr", "sched_getparam", "sched_setparam", "sched_getscheduler",
		      "sched_setscheduler", "sched_get_priority_max", "sched_get_priority_min",
		      "sched_rr_get_interval", "sched_rr_get_interval_time64", "getpriority", "setpriority",
		      "ioprio_get", "ioprio_set", "getcpu"),
	},
	{
		.reason = "limits and usage of the caller, and facts about the machine",
		ALWAYS,
		NAMES("getrlimit", "ugetrlimit", "setrlimit", "prlimit64", "getrusage", "times", "sysinfo",
		      "uname"),
	},
	{
		.reason = "reading clocks, sleeping, timers; adjusting a clock needs CAP_SYS_TIME in the "
			  "kernel, asking how it is "
			  "adjusted nothing",
		ALWAYS,
		NAMES("time", "gettimeofday", "clock_gettime", "clock_gettime64", "clock_getres",
		      "clock_getres_time64", "clock_nanosleep", "clock_nanosleep_time64", "nanosleep",
		      "alarm", "getitimer", "setitimer", "timer_create", "timer_delete", "timer_getoverrun",
		      "timer_gettime", "timer_gettime64", "timer_settime", "timer_settime64", "adjtimex",
		      "clock_adjtime", "clock_adjtime64"),
	},
	{
		.reason = "System V IPC and message queues: the IPC namespace bounds them",
		ALWAYS,
		NAMES("ipc", "shmget", "shmat", "shmdt", "shmctl", "semget", "semop", "semtimedop",
		      "semtimedop_time64", "semctl", "msgget", "msgsnd", "msgrcv", "msgctl", "mq_open",
		      "mq_unlink", "mq_timedsend", "mq_timedsend_time64", "mq_timedreceive",
		      "mq_timedreceive_time64", "mq_notify", "mq_getsetattr"),
	},
	{
		.reason = "the older asynchronous I/O, which databases use; its operations are those of read "
			  "and write",
		ALWAYS,
		NAMES("io_setup", "io_destroy", "io_submit", "io_cancel", "io_getevents", "io_pgetevents",
		      "io_pgetevents_time64"),
	},
	{
		.reason = "sockets, once they are there: the network namespace bounds them. socketcall is "
			  "how 32-bit C libraries "
			  "make all of these, socket() too; which family it asks for lies in memory, where "
			  "no filter can "
			  "look: who needs the rule below to hold for 32-bit programs as well takes "
			  "SCMP_ARCH_X86 out",
		ALWAYS,
		NAMES("socketcall", "socketpair", "bind", "connect", "listen", "accept", "accept4",
		      "getsockname", "getpeername", "getsockopt", "setsockopt", "shutdown", "send", "sendto",
		      "sendmsg", "sendmmsg", "recv", "recvfrom", "recvmsg", "recvmmsg", "recvmmsg_time64"),
	},
	{
		.reason = "new sockets of all families but two: AF_ALG (38) reaches the kernel's "
			  "cryptography, which programs "
			  "have libraries for, and whose parsers have been exploited; AF_VSOCK (40) is not "
			  "bound by a "
			  "network namespace and talks to the hypervisor or to guests. The family is an int: "
			  "a comparison "
			  "of all 64 bits would let 1 << 32 | 38 pass, so the others are told by masks of 32",
		ALWAYS,
		NAMES("socket"),
		ARGS(LOW32(0xffffffe0, 0), LOW32(0xfffffffc, 32), LOW32(0xfffffffe, 36),
		     LOW32(0xffffffff, 39), LOW32(0xffffffff, 41), LOW32(0xfffffffe, 42),
		     LOW32(0xfffffffc, 44), LOW32(0xfffffff0, 48)),
	},
	{
		.reason = "personality(2) can undo hardening (ADDR_NO_RANDOMIZE, READ_IMPLIES_EXEC, "
			  "MMAP_PAGE_ZERO): only what has "
			  "another use: PER_LINUX, PER_LINUX32, UNAME26 or both for builds, and asking which "
			  "it is",
		ALWAYS,
		NAMES("personality"),
		ARGS({ 0, 0, 0, SPEC_CMP_EQ }, { 0, 0x8, 0, SPEC_CMP_EQ }, { 0, 0x20000, 0, SPEC_CMP_EQ },
		     { 0, 0x20008, 0, SPEC_CMP_EQ }, { 0, 0xffffffff, 0, SPEC_CMP_EQ }),
	},

	/* ---- by capability ---- */
	{
		.reason = "namespaces and the mount API: from a user namespace of its own a process has "
			  "every capability over "
			  "code that only root reached before (CVE-2022-0185: fsconfig after unshare; and "
			  "many since)",
		WITH("CAP_SYS_ADMIN"),
		NAMES("unshare", "setns", "clone", "clone3", "mount", "umount", "umount2", "pivot_root",
		      "fsopen", "fspick", "fsconfig", "fsmount", "move_mount", "open_tree", "open_tree_attr",
		      "mount_setattr"),
	},
	{
		.reason = "clone as fork and thread libraries use it: without a flag that makes a namespace",
		WITHOUT("CAP_SYS_ADMIN"),
		NAMES("clone"),
		ARG(CLONE_FLAGS_ARG, CLONE_NAMESPACES, 0, SPEC_CMP_MASKED_EQ),
	},
	{
		.reason = "its flags lie in memory: ENOSYS makes C libraries take clone instead",
		WITHOUT("CAP_SYS_ADMIN"),
		NAMES("clone3"),
		.answers_enosys = true,
	},
	{
		.reason = "administration that the kernel asks CAP_SYS_ADMIN for",
		WITH("CAP_SYS_ADMIN"),
		NAMES("sethostname", "setdomainname", "quotactl", "quotactl_fd", "fanotify_init",
		      "lookup_dcookie", "lsm_get_self_attr", "lsm_set_self_attr", "lsm_list_modules"),
	},
	{
		.reason = "programs in the kernel: the verifier is among its most attacked code",
		WITH("CAP_SYS_ADMIN", "CAP_BPF"),
		NAMES("bpf"),
	},
	{
		.reason = "counters and samples of the whole machine, over much code (CVE-2013-2094, "
			  "CVE-2023-5717)",
		WITH("CAP_SYS_ADMIN", "CAP_PERFMON"),
		NAMES("perf_event_open"),
	},
	{
		.reason = "the kernel's log: the host's, with addresses in it",
		WITH("CAP_SYS_ADMIN", "CAP_SYSLOG"),
		NAMES("syslog"),
	},
	{
		.reason = "a file by its handle, past all directories: out of the container's root (the "
			  "shocker exploit)",
		WITH("CAP_DAC_READ_SEARCH"),
		NAMES("open_by_handle_at"),
	},
	{ .reason = "another root for the caller", WITH("CAP_SYS_CHROOT"), NAMES("chroot") },
	{ .reason = "in a pid namespace it ends that one", WITH("CAP_SYS_BOOT"), NAMES("reboot") },
	{
		.reason = "code into the kernel",
		WITH("CAP_SYS_MODULE"),
		NAMES("init_module", "finit_module", "delete_module"),
	},
	{ .reason = "accounting of the whole host", WITH("CAP_SYS_PACCT"), NAMES("acct") },
	{
		.reason = "descriptors and memory of other processes",
		WITH("CAP_SYS_PTRACE"),
		NAMES("kcmp", "pidfd_getfd", "process_madvise"),
	},
	{ .reason = "the ports of devices", WITH("CAP_SYS_RAWIO"), NAMES("iopl", "ioperm") },
	{
		.reason = "the clock of the host: no namespace holds it",
		WITH("CAP_SYS_TIME"),
		NAMES("settimeofday", "stime", "clock_settime", "clock_settime64"),
	},
	{ .reason = "hanging up terminals", WITH("CAP_SYS_TTY_CONFIG"), NAMES("vhangup") },
	{
		.reason = "where memory lies among the nodes: tells about the machine and moves its load",
		WITH("CAP_SYS_NICE"),
		NAMES("get_mempolicy", "set_mempolicy", "set_mempolicy_home_node", "mbind", "move_pages",
		      "migrate_pages"),
	},

	/* ---- never: not written, the default refuses them ---- */
	{
		.reason = "a queue of operations that no filter sees, and years of vulnerabilities; "
			  "liburing's users fall back",
		NEVER,
		NAMES("io_uring_setup", "io_uring_enter", "io_uring_register"),
	},
	{
		.reason = "keyrings belong to a user, not to a container, and hold others' secrets "
			  "(CVE-2016-0728)",
		NEVER,
		NAMES("add_key", "request_key", "keyctl"),
	},
	{
		.reason = "stops the kernel in the middle of a copy: what makes races into exploits",
		NEVER,
		NAMES("userfaultfd"),
	},
	{
		.reason = "another kernel for the host; its swap",
		NEVER,
		NAMES("kexec_load", "kexec_file_load", "swapon", "swapoff"),
	},
	{
		.reason = "real mode and hardware of one architecture, for which containers have no use",
		NEVER,
		NAMES("vm86", "vm86old", "pciconfig_iobase", "pciconfig_read", "pciconfig_write", "rtas",
		      "spu_create", "spu_run", "subpage_prot", "switch_endian", "sys_debug_setcontext",
		      "multiplexer", "s390_guarded_storage", "s390_sthyi", "sysmips", "usr26", "usr32",
		      "cachectl"),
	},
	{
		.reason = "superseded before this century: no C library calls them, and nobody tests them",
		NEVER,
		NAMES("_sysctl", "sysfs", "ustat", "uselib", "bdflush", "oldstat", "oldlstat", "oldfstat",
		      "olduname", "oldolduname", "readdir", "signal", "sigaction", "sigpending", "sigsuspend",
		      "sgetmask", "ssetmask", "nice", "syscall"),
	},
	{
		.reason = "numbers without a call behind them",
		NEVER,
		NAMES("afs_syscall", "break", "create_module", "ftime", "get_kernel_syms", "getpmsg", "gtty",
		      "idle", "lock", "mpx", "nfsservctl", "prof", "profil", "putpmsg", "query_module",
		      "security", "stty", "timerfd", "tuxcall", "ulimit", "vserver"),
	},
};
const size_t seccomp_n_groups = ARRAY_SIZE(seccomp_groups);
