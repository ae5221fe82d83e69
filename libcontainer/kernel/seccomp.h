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
int seccomp_load(const struct sock_filter *insns, size_t n, unsigned int flags, int *ret_notify_fd) MUST_USE;
