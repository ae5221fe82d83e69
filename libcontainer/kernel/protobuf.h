/* SPDX-License-Identifier: Apache-2.0 */
/*
 * kernel/protobuf.h: the little of protocol buffers' wire format that criu's service speaks: numbers, texts and messages in
 * messages. Writing is bounded, and reading believes no length. Parent only. Source: protobuf.dev, "Encoding".
 */
#pragma once

#include "base/base.h"

/* A message under construction; what does not fit is remembered, never half there. */
struct pb_out {
	unsigned char *buf;
	size_t size, n;
	bool truncated;
};
void pb_number(struct pb_out *out, unsigned int field, uint64_t value); /* int32, int64, bool, enum: sign-extended */
void pb_bytes(struct pb_out *out, unsigned int field, const void *bytes, size_t n);
void pb_text(struct pb_out *out, unsigned int field, const char *text);

/* What is left of a message to be read. */
struct pb_in {
	const unsigned char *at;
	size_t n;
};
struct pb_field {
	unsigned int number;
	bool is_bytes;      /* a text or a message: in `bytes`; else a number: in `value` */
	uint64_t value;
	struct pb_in bytes; /* points into the message */
};
/* The next field: 1, 0 at the end, -EBADMSG (not recorded). */
int pb_next(struct pb_in *in, struct pb_field *ret_field) MUST_USE;
