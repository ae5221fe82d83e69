/* SPDX-License-Identifier: Apache-2.0 */
/* tests/unit/criu.c: protocol buffers, and the messages that criu gets and sends. */
#include <errno.h>

#include "kernel/criu_message.h"
#include "test.h"

static void numbers_there_and_back(void)
{
	static const uint64_t values[] = { 0, 1, 127, 128, 300, UINT32_MAX, (uint64_t)-1, 1ull << 63 };
	unsigned char buf[256];

	for (size_t i = 0; i < ARRAY_SIZE(values); i++) {
		struct pb_out out = { .buf = buf, .size = sizeof(buf) };
		struct pb_in in = { .at = buf };
		struct pb_field f;

		pb_number(&out, 63, values[i]);
		in.n = out.n;
		CHECK(!out.truncated && pb_next(&in, &f) == 1);
		CHECK(f.number == 63 && !f.is_bytes && f.value == values[i]);
		CHECK(pb_next(&in, &f) == 0);
	}
}

/* The examples of the format's own description. */
static void known_bytes(void)
{
	unsigned char buf[32];
	struct pb_out out = { .buf = buf, .size = sizeof(buf) };

	pb_number(&out, 1, 150);
	CHECK(out.n == 3 && !memcmp(buf, "\x08\x96\x01", 3));
	out.n = 0;
	pb_text(&out, 2, "testing");
	CHECK(out.n == 9 && !memcmp(buf, "\x12\x07testing", 9));
}

static void too_small(void)
{
	unsigned char buf[8];
	struct pb_out out = { .buf = buf, .size = sizeof(buf) };

	pb_text(&out, 1, "123456");
	CHECK(!out.truncated && out.n == 8);
	pb_number(&out, 1, 1);
	CHECK(out.truncated && out.n == 8);
	out = (struct pb_out){ .buf = buf, .size = sizeof(buf) };
	pb_text(&out, 1, "1234567");
	CHECK(out.truncated);
}

/* No length, no number and no kind is believed. */
static void garbage(void)
{
	static const struct {
		const char *bytes;
		size_t n;
	} rows[] = {
		{ "\x08", 1 },             /* no value */
		{ "\x08\xff", 2 },         /* one that does not end */
		{ "\x12\x05" "abc", 5 },   /* longer than there is */
		{ "\x12\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01", 11 },
		{ "\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01", 11 },
		{ "\x0b\x00", 2 },         /* a group */
		{ "\x00\x01", 2 },         /* field 0 */
		{ "\x0d\x01", 2 },         /* four bytes, of which one is there */
	};
	struct criu_answer answer;

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct pb_in in = { .at = (const unsigned char *)rows[i].bytes, .n = rows[i].n };
		struct pb_field f;

		CHECK(pb_next(&in, &f) == -EBADMSG);
		CHECK(criu_message_read(rows[i].bytes, rows[i].n, &answer) == -EBADMSG);
	}
	/* what is not known is skipped: a number, a text, four and eight bytes */
	CHECK(criu_message_read("\xf8\x01\x07\xfa\x01\x01x\xfd\x01" "1234\xf9\x01" "12345678\x10\x01", 25, &answer) == 0);
	CHECK(answer.success);
}

static void answers(void)
{
	struct criu_answer a;

	CHECK(criu_message_read("\x08\x0a\x10\x01\x52\x04\x08\x04\x10\x01", 10, &a) == 0);
	CHECK(a.success && !a.is_notice && a.major == 4 && a.minor == 1);
	CHECK(criu_message_read("\x08\x06\x10\x01\x2a\x08\x0a\x03" "abc\x10\xac\x02", 14, &a) == 0);
	CHECK(a.is_notice && a.pid == 300);
	CHECK_STR(a.script, "abc");
	CHECK(criu_message_read("\x08\x02\x10\x01\x22\x02\x08\x2a", 8, &a) == 0);
	CHECK(a.success && a.pid == 42);
	CHECK(criu_message_read("\x08\x01\x10\x00\x38\x0d", 6, &a) == 0);
	CHECK(!a.success && a.error == 13);
}

/* Each option by the number that it has in rpc.proto; what was not asked for is not said. */
static void requests(void)
{
	static const struct string_pair mount = { "/a", "/b" };
	static const struct criu_fd inherited = { "pipe:[7]", 9 };
	unsigned char buf[512], scratch[512];
	struct pb_out out = { .buf = buf, .size = sizeof(buf) };
	struct pb_out inner = { .buf = scratch, .size = sizeof(scratch) };
	struct criu_options o = { .images_fd = 5, .work_fd = -1 };
	static const char bare[] = "\x08\x01\x12\x05\x08\x05\x90\x02\x00";

	criu_message_ask(&out, &inner, CRIU_DUMP, &o);
	CHECK(!out.truncated && out.n == sizeof(bare) - 1 && !memcmp(buf, bare, out.n));
	o.mounts = (struct string_map){ &mount, 1 };
	o.inherit = &inherited;
	o.n_inherit = 1;
	o.page_server = "h";
	o.page_server_port = 80;
	o.leave_running = true;
	o.cgroups = CRIU_CGROUPS_SOFT;
	out.n = inner.n = 0;
	criu_message_ask(&out, &inner, CRIU_RESTORE, &o);
	CHECK(!memcmp(scratch, "\x08\x05\x18\x01\xba\x01\x08\x0a\x02/a\x12\x02/b\x90\x02\x03", 18));
	CHECK(!memcmp(scratch + 18, "\x5a\x05\x0a\x01h\x10\x50\xda\x01\x0c\x0a\x08pipe:[7]\x10\x09", 22));
	CHECK(inner.n == 40 && out.n == 44);
	/* what does not fit is remembered */
	out = (struct pb_out){ .buf = buf, .size = sizeof(buf) };
	inner = (struct pb_out){ .buf = scratch, .size = 30 };
	criu_message_ask(&out, &inner, CRIU_RESTORE, &o);
	CHECK(out.truncated);
}

TEST_MAIN("criu", { "numbers_there_and_back", numbers_there_and_back }, { "known_bytes", known_bytes },
	  { "too_small", too_small }, { "garbage", garbage }, { "answers", answers }, { "requests", requests })
