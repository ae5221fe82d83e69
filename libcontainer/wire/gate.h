/* SPDX-License-Identifier: Apache-2.0 */
/*
 * wire/gate.h: the start gate, the boundary between create and start. A listening AF_UNIX SEQPACKET socket in the
 * container's state directory, held by init alone: `cruet start` connects, takes the socket's name away (so that nobody
 * starts twice), sends GATE_GO, and sees either the end of the stream (execve succeeded: the connection is close-on-exec)
 * or a gate_answer. A connection that ends without GATE_GO means that `start` died on the way: init ends, too, and the
 * container is stopped.
 */
#pragma once

#include "base/base.h"
#include "base/err.h"

#define GATE_NAME "gate" /* in the state directory: there is one as long as the container is `created` */
#define GATE_GO 'g'

enum gate_kind { GATE_FAILURE, GATE_LISTENER /* a seccomp listener is wanted: the recorder's memfd comes along */ };

struct gate_answer {
	int32_t kind;             /* enum gate_kind */
	int32_t err;              /* errno of the failure, or 0 */
	char text[ERR_TEXT_MAX];  /* NUL-terminated by the sender, and again by the receiver */
};
