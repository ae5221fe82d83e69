/* SPDX-License-Identifier: Apache-2.0 */
/* ledger_record.c: the record of a container: one row a field, for reading and for writing. */
#include "ledger_record.h"

#include <limits.h>
#include <stdio.h>
#include <string.h>

#include "base/err.h"
#include "base/json_read.h"
#include "base/json_write.h"
#include "base/str.h"

static const struct json_word manager_rows[] = {
	{ "cgroupfs", MANAGER_CGROUPFS },
	{ "systemd", MANAGER_SYSTEMD },
	{ "systemd-user", MANAGER_SYSTEMD_USER },
	{ "none", MANAGER_NONE },
};
static const struct json_words manager_words = JSON_WORDS(manager_rows);

static const struct json_field record_rows[] = {
	FIELD(struct container, version, "version", REQUIRED),
	FIELD(struct container, id, "id", REQUIRED),
	FIELD(struct container, bundle, "bundle", REQUIRED),
	FIELD(struct container, rootfs, "rootfs", REQUIRED),
	FIELD(struct container, boot_id, "bootId", REQUIRED),
	FIELD(struct container, created, "created", REQUIRED),
	FIELD(struct container, oci_version, "ociVersion", REQUIRED),
	FIELD(struct container, annotations, "annotations"),
	FIELD(struct container, owner, "owner", REQUIRED),
	FIELD_WORD(struct container, manager, "manager", &manager_words, REQUIRED),
	FIELD(struct container, cgroup, "cgroup"),
	FIELD(struct container, unit, "unit"),
	FIELD(struct container, rdt, "rdt"),
	FIELD(struct container, rdt_own, "rdtOwn"),
	FIELD(struct container, rdt_made, "rdtMade"),
	FIELD(struct container, rdt_monitoring, "rdtMonitoring"),
	FIELD(struct container, own_pidns, "ownPidNamespace"),
	FIELD(struct container, has_poststop, "poststop"),
	FIELD(struct container, has_poststart, "poststart"),
	FIELD(struct container, has_start_hooks, "startContainer"),
	FIELD(struct container, terminal, "terminal"),
	FIELD(struct container, privileged, "privileged"),
	FIELD(struct container, host_mounts, "hostMounts"),
	FIELD(struct container, rootfs_mount, "rootfsMount"),
	FIELD(struct container, notify, "notify"),
	FIELD(struct container, ids_start, "idsStart"),
	FIELD(struct container, ids_size, "idsSize"),
	FIELD(struct container, committed, "committed"),
	FIELD(struct container, pid, "pid", RANGE(0, INT_MAX)),
	FIELD(struct container, start_time, "startTime"),
};
static const struct json_table record_table = JSON_TABLE(struct container, record_rows);

static void write_field(struct json_writer *w, const struct json_field *f, const struct container *c)
{
	const void *at = (const char *)c + f->offset;

	switch ((enum json_kind)f->kind) {
	case JSON_BOOL:
		json_bool(w, f->name, *(const bool *)at);
		break;
	case JSON_I64:
		json_i64(w, f->name, *(const int64_t *)at);
		break;
	case JSON_U64:
		json_u64(w, f->name, *(const uint64_t *)at);
		break;
	case JSON_STRING:
		if (*(const char *const *)at)
			json_string(w, f->name, *(const char *const *)at);
		break;
	case JSON_MAP:
		json_string_map(w, f->name, at);
		break;
	case JSON_WORD:
		json_string(w, f->name, json_word(f->words, (int)*(const unsigned int *)at));
		break;
	default:
		break;
	}
}

/* FNV-1a: against torn and foreign files, not against an attacker, who would need the root directory. */
static uint64_t checksum(const char *s, size_t n)
{
	uint64_t h = 0xcbf29ce484222325u;

	for (size_t i = 0; i < n; i++)
		h = (h ^ (unsigned char)s[i]) * 0x100000001b3u;
	return h;
}

int record_text(struct arena *arena, const struct container *c, const char **ret_text)
{
	struct json_writer *w = json_writer_begin(arena, NULL);
	const char *json;
	size_t n;
	int r;

	if (!w)
		return -ENOMEM;
	json_object(w, NULL);
	for (size_t i = 0; i < ARRAY_SIZE(record_rows); i++)
		write_field(w, &record_rows[i], c);
	json_end_object(w);
	r = json_writer_end(w, &json, &n);
	if (r < 0)
		return r;
	*ret_text = arena_printf(arena, "%s\n#%016llx\n", json, (unsigned long long)checksum(json, n));
	return *ret_text ? 0 : -ENOMEM;
}

int record_parse(struct arena *arena, const char *buf, size_t n, struct container *ret)
{
	const char *mark = memrchr(buf, '#', n);
	char want[24];
	int r;

	if (!mark || mark == buf || mark[-1] != '\n')
		return fail(EBADMSG, "the container's record is not whole");
	snprintf(want, sizeof(want), "%016llx\n",
		 (unsigned long long)checksum(buf, (size_t)(mark - 1 - buf)));
	if (!streq(mark + 1, want))
		return fail(EBADMSG, "the container's record is damaged");
	r = json_read(arena, &record_table, buf, (size_t)(mark - buf), ret);
	if (r < 0)
		return fail_in(-EBADMSG, "the container's record");
	if (ret->version != LEDGER_VERSION)
		return fail(EBADMSG,
			    "the container's record has version %llu, this cruet knows %d: use the newer one",
			    (unsigned long long)ret->version, LEDGER_VERSION);
	return 0;
}
