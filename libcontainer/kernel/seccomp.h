/* SPDX-License-Identifier: Apache-2.0 */
/*
 * kernel/seccomp.h: the names and numbers of system calls (libseccomp, in seccomp.c, parent) and loading a filter
 * (seccomp_load.c, init, no library). The compiler is plan/filter.c. Source: seccomp(2).
 */
#pragma once

#include "base/base.h"

struct sock_filter;

/* Load a filter: n instructions, SECCOMP_FILTER_FLAG_* flags. With NEW_LISTENER the fd is returned in *ret_notify_fd,
 * else it is -1. */
int seccomp_filter_load(const struct sock_filter *insns, size_t n, unsigned int flags, int *ret_notify_fd) MUST_USE;

/* Whether this kernel takes the flag, asked without loading anything. */
bool seccomp_flag_supported(unsigned int flag);

/* ---- names and numbers (parent; libseccomp's tables, no system call) ---- */

/* Some architectures have one system call for all of sockets and one for all of System V IPC: the first argument says
 * which one is meant (socketcall(2), ipc(2)). Most of them got calls of their own later (i386 in 4.3), and keep both. */
#define SECCOMP_MUX_CODES 32 /* more than either call has codes */

enum seccomp_mux { SECCOMP_MUX_SOCKET, SECCOMP_MUX_IPC, SECCOMP_MUXES };

struct seccomp_arch {
	uint32_t token; /* libseccomp's */
	uint32_t audit; /* AUDIT_ARCH_*: what the kernel says; x32 shares x86_64's */
	bool wide;      /* arguments have 64 bits that count */
	bool big_endian;
	int mux[SECCOMP_MUXES];                          /* socketcall's and ipc's number; -1: none */
	int direct[SECCOMP_MUXES][SECCOMP_MUX_CODES];    /* by code: the number of the call's own; -1: none */
};

/* How one system call is reached. Either number may be -1. */
struct seccomp_call {
	int number; /* its own; x32's carry bit 30 */
	int mux;    /* socketcall's or ipc's, with `code` in the first argument */
	uint32_t code, code_mask;
};

/* By the specification's word ("SCMP_ARCH_X86_64"); NULL: the native one. An error where libseccomp has no table for it,
 * and where its byte order is not the machine's (the kernel never reports such calls). */
int seccomp_arch_find(const char *word, struct seccomp_arch *ret_arch) MUST_USE;

/* False where libseccomp does not know the name, or the architecture has no such call. */
bool seccomp_call_find(const struct seccomp_arch *arch, const char *name, struct seccomp_call *ret_call);

/* The name of the call with that number, in buf; false where there is none. */
bool seccomp_call_name(const struct seccomp_arch *arch, int number, char *buf, size_t size);

/* Whether seccomp_arch_find() would find it; records no failure. */
bool seccomp_arch_known(const char *word);

/* "2.5.4" in buf; returns buf. */
const char *seccomp_library_version(char *buf, size_t size);
