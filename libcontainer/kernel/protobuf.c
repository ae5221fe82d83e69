/* SPDX-License-Identifier: Apache-2.0 */
/* kernel/protobuf.c: see protobuf.h. */
#include "kernel/protobuf.h"

#include <string.h>

enum wire { WIRE_VARINT = 0, WIRE_64 = 1, WIRE_BYTES = 2, WIRE_32 = 5 };

static void put(struct pb_out *out, const void *bytes, size_t n)
{
	if (out->truncated || n > out->size - out->n) {
		out->truncated = true;
		return;
	}
	if (n)
		memcpy(out->buf + out->n, bytes, n);
	out->n += n;
}

/* Seven bits a byte, the lowest first; the eighth says that more follow. */
static void put_varint(struct pb_out *out, uint64_t value)
{
	unsigned char bytes[10];
	size_t n = 0;

	do {
		bytes[n++] = (unsigned char)((value & 0x7f) | (value > 0x7f ? 0x80 : 0));
		value >>= 7;
	} while (value);
	put(out, bytes, n);
}

void pb_number(struct pb_out *out, unsigned int field, uint64_t value)
{
	put_varint(out, (uint64_t)field << 3 | WIRE_VARINT);
	put_varint(out, value);
}

void pb_bytes(struct pb_out *out, unsigned int field, const void *bytes, size_t n)
{
	put_varint(out, (uint64_t)field << 3 | WIRE_BYTES);
	put_varint(out, n);
	put(out, bytes, n);
}

void pb_text(struct pb_out *out, unsigned int field, const char *text)
{
	pb_bytes(out, field, text, strlen(text));
}

static bool take(struct pb_in *in, size_t n, const unsigned char **ret)
{
	if (n > in->n)
		return false;
	*ret = in->at;
	in->at += n;
	in->n -= n;
	return true;
}

static bool take_varint(struct pb_in *in, uint64_t *ret)
{
	const unsigned char *byte;
	uint64_t value = 0;

	for (unsigned int shift = 0; shift < 64; shift += 7) {
		if (!take(in, 1, &byte))
			return false;
		value |= (uint64_t)(*byte & 0x7f) << shift;
		if (!(*byte & 0x80)) {
			*ret = value;
			return true;
		}
	}
	return false;
}

static bool take_value(struct pb_in *in, unsigned int wire, struct pb_field *f)
{
	const unsigned char *skipped;
	uint64_t n;

	switch (wire) {
	case WIRE_VARINT:
		return take_varint(in, &f->value);
	case WIRE_BYTES:
		f->is_bytes = true;
		f->bytes.n = 0;
		if (!take_varint(in, &n) || n > SIZE_MAX || !take(in, (size_t)n, &f->bytes.at))
			return false;
		f->bytes.n = (size_t)n;
		return true;
	case WIRE_32:
		return take(in, 4, &skipped);
	case WIRE_64:
		return take(in, 8, &skipped);
	default:
		return false;
	}
}

int pb_next(struct pb_in *in, struct pb_field *ret_field)
{
	struct pb_field f = { .number = 0 };
	uint64_t key;

	if (!in->n)
		return 0;
	if (!take_varint(in, &key) || key >> 3 > 0x1fffffff || key >> 3 == 0 ||
	    !take_value(in, (unsigned int)(key & 7), &f))
		return -EBADMSG;
	f.number = (unsigned int)(key >> 3);
	*ret_field = f;
	return 1;
}
