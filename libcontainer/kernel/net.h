/* SPDX-License-Identifier: Apache-2.0 */
/*
 * kernel/net.h: network devices. libmnl lives in net.c (parent); loopback.c needs no library (init). Source:
 * rtnetlink(7), OCI config-linux.md "Network Devices".
 */
#pragma once

#include "base/base.h"

/* Bring "lo" up in this network namespace. Init. */
int net_loopback_up(void) MUST_USE;

/* Move the host's device `host_name` into the network namespace `netns_fd` as `name` ("%d" templates allowed), keeping
 * its permanent global addresses, and set it up there. Parent: enters the namespace only through a socket made in it. */
int net_device_move(const char *host_name, const char *name, int netns_fd) MUST_USE;
