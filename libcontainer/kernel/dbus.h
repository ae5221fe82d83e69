/* SPDX-License-Identifier: Apache-2.0 */
/*
 * kernel/dbus.h: a small client of D-Bus: messages as bytes, and one connection on which every wait has a deadline.
 * Parent only, except for the encoding, which is pure. Source: the D-Bus specification 0.43. What it does not do:
 * pass fds, serve calls, the other byte order (a bus on the same machine has ours).
 */
#pragma once

#include "base/arena.h"
#include "base/base.h"

#define DBUS_MESSAGE_MAX (128u << 10) /* what is larger is refused, both ways */

/* ---- encoding ---- */

/* Bytes under construction; a failure is kept inside and comes out at the end. Offset 0 is aligned to 8. */
struct dbus_writer {
	char *buf;
	size_t size, len;
	bool failed;
};
void dbus_put_align(struct dbus_writer *w, size_t align);
void dbus_put_byte(struct dbus_writer *w, uint8_t v);
void dbus_put_u32(struct dbus_writer *w, uint32_t v); /* as i and b, too */
void dbus_put_u64(struct dbus_writer *w, uint64_t v);
void dbus_put_string(struct dbus_writer *w, const char *s); /* as o, too */
void dbus_put_signature(struct dbus_writer *w, const char *s);

struct dbus_array {
	size_t length_at, start;
};
/* `align`: of an element: 1, 4, or 8 for structs and 64 bit. */
struct dbus_array dbus_begin_array(struct dbus_writer *w, size_t align);
void dbus_end_array(struct dbus_writer *w, struct dbus_array array);

struct dbus_call {
	const char *destination, *path, *interface, *member;
	const char *signature; /* "" without arguments */
	const struct dbus_writer *body;
};
/* The message, behind what is in `out` already, which must be a multiple of 8. */
int dbus_encode(const struct dbus_call *call, uint32_t serial, struct dbus_writer *out) MUST_USE;

/* ---- decoding ---- */

enum dbus_type { DBUS_CALL = 1, DBUS_REPLY = 2, DBUS_ERROR = 3, DBUS_SIGNAL = 4 };

/* Pointers are into the bytes that were decoded; "" where a field is absent. */
struct dbus_message {
	enum dbus_type type;
	uint32_t serial, reply_serial;
	const char *path, *interface, *member, *error, *destination, *sender, *signature;
	const char *body;
	size_t body_n;
};
/* How long the message is that begins in these bytes: 0 while that cannot be known yet. EPROTO, EMSGSIZE. */
int dbus_message_size(const char *buf, size_t n, size_t *ret_size) MUST_USE;
int dbus_decode(const char *buf, size_t n, struct dbus_message *ret_message) MUST_USE;

struct dbus_reader {
	const char *buf;
	size_t n, at;
	bool failed;
};
uint32_t dbus_get_u32(struct dbus_reader *r);
const char *dbus_get_string(struct dbus_reader *r); /* "" after a failure */
const char *dbus_get_signature(struct dbus_reader *r); /* of a variant, before its value; "" after a failure */
/* The first argument of an error where that is a text, as the specification wants it; else "". */
const char *dbus_error_text(const struct dbus_message *m);

/* ---- the connection ---- */

struct dbus;

#define DBUS_SYSTEM_ADDRESS "unix:path=/run/dbus/system_bus_socket"

/* Connect to the first reachable of an address list ("unix:path=...;unix:abstract=..."), prove who we are by the
 * socket's credentials, and say hello. The connection lies in the arena. Records. */
int dbus_open(struct arena *arena, const char *addresses, int64_t deadline_ms, struct dbus **ret_bus) MUST_USE;
void dbus_close(struct dbus **bus);
#define autoclose_dbus __attribute__((cleanup(dbus_close)))

/* Send without waiting for the reply; an error in reply to it fails the next wait. */
int dbus_send(struct dbus *bus, const struct dbus_call *call, int64_t deadline_ms) MUST_USE;
/* Send and wait for the reply, or for the error: that is 0, too, with type DBUS_ERROR. Good until the next wait. */
int dbus_ask(struct dbus *bus, const struct dbus_call *call, int64_t deadline_ms,
	     struct dbus_message *ret_reply) MUST_USE;
/* Wait for the next signal. Good until the next wait. */
int dbus_next_signal(struct dbus *bus, int64_t deadline_ms, struct dbus_message *ret_signal) MUST_USE;
