/* SPDX-License-Identifier: Apache-2.0 */
/* spec/check_sysctl.h: the rule for linux.sysctl. For check_linux.c only. */
#pragma once

#include "spec/spec.h"

int check_sysctl(const struct spec *spec);
