/* SPDX-License-Identifier: Apache-2.0 */
/*
 * kernel/bpf_device.h: device rules as a BPF_PROG_TYPE_CGROUP_DEVICE program. Parent only; cgroup_set_devices
 * is its caller. Source: bpf(2), kernel include/uapi/linux/bpf.h (struct bpf_cgroup_dev_ctx).
 */
#pragma once

#include <linux/bpf.h>

#include "kernel/cgroup.h"

#define BPF_DEVICE_RULES_MAX 4000

/* Instructions that n rules take at most. */
#define BPF_DEVICE_INSNS(n) (16 + 8 * (n))

/*
 * Pure: the program for the rules. For each kind of access the last rule that matches the device decides,
 * what none matches is denied, and all kinds that are asked for at once must be allowed. `work` has room for
 * n rules, `insns` for BPF_DEVICE_INSNS(n); ret_n is their number, 0 where everything is allowed: no program
 * then. E2BIG past BPF_DEVICE_RULES_MAX.
 */
int bpf_device_make(const struct device_rule *rules, size_t n, struct device_rule *work,
		    struct bpf_insn *insns, size_t *ret_n) MUST_USE;

/* Have the kernel verify and compile the program for the rules, which takes longer than all else: an fd, or -1 where all is
 * allowed. */
int bpf_device_load(const struct device_rule *rules, size_t n, int *ret_program) MUST_USE;

/*
 * Put a program of bpf_device_load() on the cgroup: none where it is -1, else one, in place of the one that
 * an earlier call put there, with no moment without (BPF_F_REPLACE). Programs of others (systemd's) stay:
 * they can only deny more. `fresh`: nothing can be attached yet, so nothing is asked.
 */
int bpf_device_attach(int cgroupfd, bool fresh, int program) MUST_USE;
