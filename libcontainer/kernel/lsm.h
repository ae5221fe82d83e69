/* SPDX-License-Identifier: Apache-2.0 */
/*
 * kernel/lsm.h: AppArmor profiles and SELinux labels. lsm.c asks the libraries (parent); lsm_attr.c writes the attribute
 * files of a private procfs and reads them back (init). Rules R3, R11 (CVE-2019-16884, CVE-2025-52881).
 */
#pragma once

#include "base/base.h"

#define LSM_LABEL_MAX 4095 /* what an attribute file takes: less than a page */

/* Is it on here, with a policy? Parent. */
bool lsm_apparmor_enabled(void);
bool lsm_selinux_enabled(void);

/* The SELinux context of a process, "self" or its pid, without a newline; -errno, not recorded. Parent. */
int lsm_selinux_context(int procfd, const char *pid, char *buf, size_t size) MUST_USE;

/* Does the loaded policy know this label? libselinux asks the kernel; where there is no such library the kernel itself
 * refuses the label when it is set. `place` is for the error. Parent, and only where SELinux is on. */
int lsm_selinux_check(const char *place, const char *label) MUST_USE;

/* What the next execve turns into, and who owns keys that are made until then. Each is written through a procfs that
 * procfs_open() verified, to a file on that very mount, and read back. The transition itself is judged at execve: with
 * no_new_privs AppArmor lets an unconfined process into any profile, SELinux wants nnp_transition in its policy. Init. */
int lsm_set_exec_profile(int procfd, const char *profile) MUST_USE; /* AppArmor; "unconfined" is a profile */
int lsm_set_exec_label(int procfd, const char *label) MUST_USE;     /* SELinux */
int lsm_set_key_label(int procfd, const char *label) MUST_USE;      /* SELinux; until execve */
/* The label of a file or directory (security.selinux). */
int lsm_set_file_label(int fd, const char *label) MUST_USE;
