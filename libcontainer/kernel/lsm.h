/* SPDX-License-Identifier: Apache-2.0 */
/*
 * kernel/lsm.h: AppArmor profiles and SELinux labels. lsm.c asks the libraries (parent); lsm_attr.c writes the attribute
 * files of a private procfs and reads them back (init). Rules R3, R11 (CVE-2019-16884, CVE-2025-52881).
 */
#pragma once

#include "base/base.h"

bool lsm_apparmor_enabled(void); /* parent */
bool lsm_selinux_enabled(void);  /* parent */
