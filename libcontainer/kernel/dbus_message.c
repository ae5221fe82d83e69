/* SPDX-License-Identifier: Apache-2.0 */
/* kernel/dbus_message.c: D-Bus messages to bytes and back. Pure; what is read is bounded and may be anything. */
#include "kernel/dbus.h"

#include <string.h>

#include "base/err.h"
#include "base/str.h"

#define HEADER_SIZE 16 /* up to and with the length of the fields */
#define ENDIAN	    (__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__ ? 'l' : 'B')

enum field {
	FIELD_PATH = 1,
	FIELD_INTERFACE,
	FIELD_MEMBER,
	FIELD_ERROR,
	FIELD_REPLY_SERIAL,
	FIELD_DESTINATION,
	FIELD_SENDER,
	FIELD_SIGNATURE,
	FIELD_FDS,
};

/* ---- encoding ---- */

static void put(struct dbus_writer *w, const void *v, size_t n)
{
	if (w->failed || n > w->size - w->len) {
		w->failed = true;
		return;
	}
	memcpy(w->buf + w->len, v, n);
	w->len += n;
}

void dbus_put_align(struct dbus_writer *w, size_t align)
{
	static const char zeros[8];

	put(w, zeros, -w->len & (align - 1));
}

void dbus_put_byte(struct dbus_writer *w, uint8_t v)
{
	put(w, &v, sizeof(v));
}

void dbus_put_u32(struct dbus_writer *w, uint32_t v)
{
	dbus_put_align(w, sizeof(v));
	put(w, &v, sizeof(v));
}

void dbus_put_u64(struct dbus_writer *w, uint64_t v)
{
	dbus_put_align(w, sizeof(v));
	put(w, &v, sizeof(v));
}

void dbus_put_string(struct dbus_writer *w, const char *s)
{
	size_t n = strlen(s);

	if (n > DBUS_MESSAGE_MAX)
		w->failed = true;
	dbus_put_u32(w, (uint32_t)n);
	put(w, s, n + 1);
}

void dbus_put_signature(struct dbus_writer *w, const char *s)
{
	size_t n = strlen(s);

	if (n > UINT8_MAX)
		w->failed = true;
	dbus_put_byte(w, (uint8_t)n);
	put(w, s, n + 1);
}

struct dbus_array dbus_begin_array(struct dbus_writer *w, size_t align)
{
	struct dbus_array array;

	dbus_put_align(w, 4);
	array.length_at = w->len;
	dbus_put_u32(w, 0);
	dbus_put_align(w, align);
	array.start = w->len;
	return array;
}

void dbus_end_array(struct dbus_writer *w, struct dbus_array array)
{
	uint32_t n = (uint32_t)(w->len - array.start);

	if (!w->failed)
		memcpy(w->buf + array.length_at, &n, sizeof(n));
}

static void put_field(struct dbus_writer *w, enum field field, const char *type, const char *value)
{
	if (!value || !value[0])
		return;
	dbus_put_align(w, 8);
	dbus_put_byte(w, (uint8_t)field);
	dbus_put_signature(w, type);
	if (type[0] == 'g')
		dbus_put_signature(w, value);
	else
		dbus_put_string(w, value);
}

int dbus_encode(const struct dbus_call *call, uint32_t serial, struct dbus_writer *out)
{
	const struct dbus_writer *body = call->body;
	size_t body_n = body ? body->len : 0;
	struct dbus_array fields;

	dbus_put_byte(out, ENDIAN);
	dbus_put_byte(out, DBUS_CALL);
	dbus_put_byte(out, 0); /* flags */
	dbus_put_byte(out, 1); /* version of the protocol */
	dbus_put_u32(out, (uint32_t)body_n);
	dbus_put_u32(out, serial);
	fields = dbus_begin_array(out, 8);
	put_field(out, FIELD_PATH, "o", call->path);
	put_field(out, FIELD_DESTINATION, "s", call->destination);
	put_field(out, FIELD_INTERFACE, "s", call->interface);
	put_field(out, FIELD_MEMBER, "s", call->member);
	put_field(out, FIELD_SIGNATURE, "g", call->signature);
	dbus_end_array(out, fields);
	dbus_put_align(out, 8);
	if (body_n)
		put(out, body->buf, body_n);
	if (out->failed || (body && body->failed))
		return fail(EMSGSIZE, "the message %s is too large", call->member);
	return 0;
}

/* ---- decoding ---- */

static const char *get(struct dbus_reader *r, size_t n)
{
	const char *at = r->buf + r->at;

	if (r->failed || n > r->n - r->at) {
		r->failed = true;
		return NULL;
	}
	r->at += n;
	return at;
}

static void get_align(struct dbus_reader *r, size_t align)
{
	(void)get(r, -r->at & (align - 1));
}

static uint8_t get_byte(struct dbus_reader *r)
{
	const char *at = get(r, 1);

	return at ? (uint8_t)*at : 0;
}

uint32_t dbus_get_u32(struct dbus_reader *r)
{
	uint32_t v = 0;
	const char *at;

	get_align(r, sizeof(v));
	at = get(r, sizeof(v));
	if (at)
		memcpy(&v, at, sizeof(v));
	return v;
}

/* n bytes and a NUL, without another one in them. */
static const char *get_text(struct dbus_reader *r, size_t n)
{
	const char *at = n < DBUS_MESSAGE_MAX ? get(r, n + 1) : NULL;

	if (!at || at[n] || memchr(at, 0, n)) {
		r->failed = true;
		return "";
	}
	return at;
}

const char *dbus_get_string(struct dbus_reader *r)
{
	return get_text(r, dbus_get_u32(r));
}

const char *dbus_get_signature(struct dbus_reader *r)
{
	return get_text(r, get_byte(r));
}

int dbus_message_size(const char *buf, size_t n, size_t *ret_size)
{
	struct dbus_reader r = { .buf = buf, .n = HEADER_SIZE, .at = 4 };
	uint64_t body, fields, size;

	*ret_size = 0;
	if (n < HEADER_SIZE)
		return 0;
	if (buf[0] != ENDIAN || buf[3] != 1)
		return fail(EPROTO, "the bus sent what is no D-Bus message of this machine");
	body = dbus_get_u32(&r);
	(void)dbus_get_u32(&r);
	fields = dbus_get_u32(&r);
	size = ((HEADER_SIZE + fields + 7) & ~7ull) + body;
	if (size > DBUS_MESSAGE_MAX)
		return fail(EMSGSIZE, "the bus sent a message of %llu bytes", (unsigned long long)size);
	*ret_size = (size_t)size;
	return 0;
}

/* One field of the header; what is not known, or not of the type it should be, is passed over or refused. */
static void decode_field(struct dbus_reader *r, struct dbus_message *m)
{
	const char **const texts[] = {
		[FIELD_PATH] = &m->path,
		[FIELD_INTERFACE] = &m->interface,
		[FIELD_MEMBER] = &m->member,
		[FIELD_ERROR] = &m->error,
		[FIELD_DESTINATION] = &m->destination,
		[FIELD_SENDER] = &m->sender,
		[FIELD_SIGNATURE] = &m->signature,
	};
	const char *type, *text;
	uint8_t field;
	uint32_t number;

	get_align(r, 8);
	field = get_byte(r);
	type = dbus_get_signature(r);
	if (!type[0] || type[1] || !strchr("sogu", type[0])) {
		r->failed = true;
		return;
	}
	if (type[0] == 'u') {
		number = dbus_get_u32(r);
		if (field == FIELD_REPLY_SERIAL)
			m->reply_serial = number;
		return;
	}
	text = type[0] == 'g' ? dbus_get_signature(r) : dbus_get_string(r);
	if (field < ARRAY_SIZE(texts) && texts[field])
		*texts[field] = text;
}

int dbus_decode(const char *buf, size_t n, struct dbus_message *ret_message)
{
	struct dbus_message m = { .path = "",
				  .interface = "",
				  .member = "",
				  .error = "",
				  .destination = "",
				  .sender = "",
				  .signature = "" };
	struct dbus_reader r = { .buf = buf, .n = n, .at = 1 };
	size_t size, end;
	int error = dbus_message_size(buf, n, &size);

	if (error < 0)
		return error;
	if (size == 0 || size != n)
		return fail(EPROTO, "the bus sent a message that is not whole");
	m.type = get_byte(&r);
	r.at = 4;
	m.body_n = dbus_get_u32(&r);
	m.serial = dbus_get_u32(&r);
	end = dbus_get_u32(&r);
	end += HEADER_SIZE;
	r.n = end;
	while (r.at < end && !r.failed)
		decode_field(&r, &m);
	if (r.failed || m.type < DBUS_CALL || m.type > DBUS_SIGNAL)
		return fail(EPROTO, "the bus sent a message that cannot be read");
	m.body = buf + (n - m.body_n);
	*ret_message = m;
	return 0;
}

const char *dbus_error_text(const struct dbus_message *m)
{
	struct dbus_reader r = { .buf = m->body, .n = m->body_n };

	return m->signature[0] == 's' ? dbus_get_string(&r) : "";
}
