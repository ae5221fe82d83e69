/* SPDX-License-Identifier: Apache-2.0 */
/* kernel/criu_message.c: criu's rpc.proto as tables: a row a field of its options, with the number that it has there. */
#include "kernel/criu_message.h"

#include <string.h>

enum field_kind {
	FIELD_FD,     /* int; not said below 0 */
	FIELD_NUMBER, /* uint32_t, pid_t; not said at 0 */
	FIELD_ENUM,   /* said always */
	FIELD_BOOL,
	FIELD_TEXT,
	FIELD_TEXTS, /* struct strings */
	FIELD_PAIRS, /* struct string_map: a message of two texts each */
};

static const struct field_row {
	unsigned int number;
	enum field_kind kind;
	size_t at;
} rows[] = {
#define ROW(number, kind, member)                                                                            \
	{                                                                                                    \
		number, kind, offsetof(struct criu_options, member)                                          \
	}
	ROW(1, FIELD_FD, images_fd),
	ROW(2, FIELD_NUMBER, pid),
	ROW(3, FIELD_BOOL, leave_running),
	ROW(4, FIELD_BOOL, ext_unix_sk),
	ROW(5, FIELD_BOOL, tcp_established),
	ROW(7, FIELD_BOOL, shell_job),
	ROW(8, FIELD_BOOL, file_locks),
	ROW(9, FIELD_NUMBER, log_level),
	ROW(10, FIELD_TEXT, log_file),
	ROW(12, FIELD_BOOL, notify),
	ROW(13, FIELD_TEXT, root),
	ROW(14, FIELD_TEXT, parent),
	ROW(15, FIELD_BOOL, track_mem),
	ROW(16, FIELD_BOOL, auto_dedup),
	ROW(17, FIELD_FD, work_fd),
	ROW(18, FIELD_BOOL, link_remap),
	ROW(23, FIELD_PAIRS, mounts),
	ROW(25, FIELD_PAIRS, cg_root),
	ROW(26, FIELD_BOOL, sibling),
	ROW(34, FIELD_ENUM, cgroups),
	ROW(37, FIELD_TEXTS, external),
	ROW(38, FIELD_NUMBER, empty_ns),
	ROW(40, FIELD_PAIRS, join_ns),
	ROW(44, FIELD_TEXT, freeze_cgroup),
	ROW(46, FIELD_BOOL, tcp_skip_in_flight),
	ROW(48, FIELD_BOOL, lazy_pages),
	ROW(50, FIELD_BOOL, orphan_terminals),
	ROW(51, FIELD_TEXT, config_file),
	ROW(52, FIELD_BOOL, tcp_close),
	ROW(53, FIELD_TEXT, lsm_profile),
	ROW(63, FIELD_TEXT, lsm_mount_context),
	ROW(64, FIELD_NUMBER, network_lock),
#undef ROW
};
#define OPTION_PAGE_SERVER 11
#define OPTION_INHERIT_FD  27

enum { REQUEST_TYPE = 1, REQUEST_OPTIONS = 2, REQUEST_NOTIFIED = 3, REQUEST_KEEP_OPEN = 4 };
enum { TYPE_NOTIFY = 6, TYPE_VERSION = 10 };

/* A message of two texts, in a message. */
static void put_pair(struct pb_out *out, unsigned int field, const struct string_pair *pair)
{
	unsigned char bytes[8192 + 16];
	struct pb_out inner = { .buf = bytes, .size = sizeof(bytes) };

	pb_text(&inner, 1, pair->key);
	pb_text(&inner, 2, pair->value);
	out->truncated |= inner.truncated;
	pb_bytes(out, field, bytes, inner.n);
}

static void put_numbered(struct pb_out *out, unsigned int field, const char *text, uint64_t number)
{
	unsigned char bytes[4096 + 32];
	struct pb_out inner = { .buf = bytes, .size = sizeof(bytes) };

	pb_text(&inner, 1, text);
	pb_number(&inner, 2, number);
	out->truncated |= inner.truncated;
	pb_bytes(out, field, bytes, inner.n);
}

static void put_field(struct pb_out *out, const struct field_row *row, const void *at)
{
	switch (row->kind) {
	case FIELD_FD:
		if (*(const int *)at >= 0)
			pb_number(out, row->number, (uint64_t) * (const int *)at);
		break;
	case FIELD_NUMBER:
		if (*(const uint32_t *)at)
			pb_number(out, row->number, *(const uint32_t *)at);
		break;
	case FIELD_ENUM:
		pb_number(out, row->number, *(const unsigned int *)at);
		break;
	case FIELD_BOOL:
		if (*(const bool *)at)
			pb_number(out, row->number, 1);
		break;
	case FIELD_TEXT:
		if (*(const char *const *)at)
			pb_text(out, row->number, *(const char *const *)at);
		break;
	case FIELD_TEXTS: {
		const struct strings *list = at;

		for (size_t i = 0; i < list->n; i++)
			pb_text(out, row->number, list->v[i]);
		break;
	}
	case FIELD_PAIRS: {
		const struct string_map *map = at;

		for (size_t i = 0; i < map->n; i++)
			put_pair(out, row->number, &map->v[i]);
		break;
	}
	}
}

void criu_message_ask(struct pb_out *out, struct pb_out *scratch, enum criu_request request,
		      const struct criu_options *options)
{
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		put_field(scratch, &rows[i], (const char *)options + rows[i].at);
	if (options->page_server)
		put_numbered(scratch, OPTION_PAGE_SERVER, options->page_server, options->page_server_port);
	for (size_t i = 0; i < options->n_inherit; i++)
		put_numbered(scratch, OPTION_INHERIT_FD, options->inherit[i].key,
			     (uint64_t)options->inherit[i].fd);
	pb_number(out, REQUEST_TYPE, request);
	out->truncated |= scratch->truncated;
	pb_bytes(out, REQUEST_OPTIONS, scratch->buf, scratch->n);
}

/* The connection stays open for the request that follows. */
void criu_message_ask_version(struct pb_out *out)
{
	pb_number(out, REQUEST_TYPE, TYPE_VERSION);
	pb_number(out, REQUEST_KEEP_OPEN, 1);
}

void criu_message_notified(struct pb_out *out, bool success)
{
	pb_number(out, REQUEST_TYPE, TYPE_NOTIFY);
	pb_number(out, REQUEST_NOTIFIED, success);
}

/* ---- answers ----------------------------------------------------------------------------------------------------------- */

enum {
	ANSWER_TYPE = 1,
	ANSWER_SUCCESS = 2,
	ANSWER_RESTORE = 4,
	ANSWER_NOTIFY = 5,
	ANSWER_ERRNO = 7,
	ANSWER_VERSION = 10
};

/* Both kinds of inner message that matter: a text or a number in field 1, a number in field 2. */
static int read_inner(struct pb_in in, char *text, size_t size, uint64_t *ret_first, uint64_t *ret_second)
{
	struct pb_field f;
	int r;

	while ((r = pb_next(&in, &f)) > 0) {
		if (f.number == 1 && f.is_bytes && text) {
			size_t n = f.bytes.n < size - 1 ? f.bytes.n : size - 1;

			if (n)
				memcpy(text, f.bytes.at, n);
			text[n] = '\0';
		} else if (f.number == 1 && !f.is_bytes) {
			*ret_first = f.value;
		} else if (f.number == 2 && !f.is_bytes) {
			*ret_second = f.value;
		}
	}
	return r;
}

static int read_field(const struct pb_field *f, struct criu_answer *a)
{
	uint64_t first = 0, second = 0;
	int r;

	switch (f->number) {
	case ANSWER_TYPE:
		a->is_notice = f->value == TYPE_NOTIFY;
		return 0;
	case ANSWER_SUCCESS:
		a->success = f->value != 0;
		return 0;
	case ANSWER_ERRNO:
		a->error = (int)f->value < 0 ? -(int)f->value : (int)f->value;
		return 0;
	case ANSWER_NOTIFY:
		r = read_inner(f->bytes, a->script, sizeof(a->script), &first, &second);
		a->pid = (pid_t)second;
		return r;
	case ANSWER_RESTORE:
		r = read_inner(f->bytes, NULL, 0, &first, &second);
		a->pid = (pid_t)first;
		return r;
	case ANSWER_VERSION:
		r = read_inner(f->bytes, NULL, 0, &first, &second);
		a->major = (unsigned int)first;
		a->minor = (unsigned int)second;
		return r;
	default:
		return 0;
	}
}

int criu_message_read(const void *buf, size_t n, struct criu_answer *ret_answer)
{
	struct criu_answer answer = { .success = false };
	struct pb_in in = { .at = buf, .n = n };
	struct pb_field f;
	int r;

	while ((r = pb_next(&in, &f)) > 0) {
		r = read_field(&f, &answer);
		if (r < 0)
			return r;
	}
	if (r == 0)
		*ret_answer = answer;
	return r;
}
