/* SPDX-License-Identifier: Apache-2.0 */
/*
 * kernel/mnl.h: the functions of libmnl that net.c calls. Most containers get no network device of the host's, and a
 * library costs every command some 60 us to load: the default build loads it here, by dlopen(3); the others are linked
 * with it (DLOPEN_MNL in the Makefile). Parent only.
 */
#pragma once

#include <libmnl/libmnl.h>

#include "base/base.h"

/* clang-format off */
#define MNL_FUNCTIONS(F) \
	F(attr_get_payload) \
	F(attr_get_payload_len) \
	F(attr_get_type) \
	F(attr_parse) \
	F(attr_put_check) \
	F(attr_put_strz_check) \
	F(attr_put_u32_check) \
	F(cb_run) \
	F(nlmsg_get_payload) \
	F(nlmsg_get_payload_len) \
	F(nlmsg_put_extra_header) \
	F(nlmsg_put_header) \
	F(socket_bind) \
	F(socket_close) \
	F(socket_get_portid) \
	F(socket_open2) \
	F(socket_recvfrom) \
	F(socket_sendto)
/* clang-format on */

#ifdef DLOPEN_MNL
#define MNL_CONST
#else
#define MNL_CONST const
#endif

/* The same whoever loads it, and however often. */
extern MNL_CONST struct mnl {
#define MEMBER(name) __typeof__(mnl_##name) *name;
	MNL_FUNCTIONS(MEMBER)
#undef MEMBER
} mnl;

/* Before the first use. Fails where the library is missing. */
int mnl_load(void) MUST_USE;
