/* SPDX-License-Identifier: Apache-2.0 */
/* kernel/criu_message.h: the messages of criu's rpc.proto. For kernel/criu.c, and the tests. Nothing here records. */
#pragma once

#include "kernel/criu.h"
#include "kernel/protobuf.h"

void criu_message_ask_version(struct pb_out *out);
/* `scratch` is where the options are made; *out is truncated where it was too small. */
void criu_message_ask(struct pb_out *out, struct pb_out *scratch, enum criu_request request,
		      const struct criu_options *options);
void criu_message_notified(struct pb_out *out, bool success);

struct criu_answer {
	bool success, is_notice;
	unsigned int major, minor; /* of a version */
	int error;                 /* errno, or 0 */
	pid_t pid;                 /* of a notice, or of the tree that was restored */
	char script[64];
};
int criu_message_read(const void *buf, size_t n, struct criu_answer *ret_answer) MUST_USE;
