/* SPDX-License-Identifier: Apache-2.0 */
/* update_words.c: what an update is to change, from single words: a row each, into the specification's resources. */
#include <string.h>

#include "base/err.h"
#include "base/str.h"
#include "update.h"

enum word_kind {
	WORD_I64,    /* struct opt_i64 */
	WORD_U64,    /* struct opt_u64 */
	WORD_WEIGHT, /* struct opt_u32 */
	WORD_BYTES,  /* struct opt_i64: "512m", "1.5GiB", -1 */
	WORD_LIST,   /* const char * */
};

/* All that single words can set, in one piece. */
struct flat {
	struct spec_memory memory;
	struct spec_cpu cpu;
	struct spec_pids pids;
	struct spec_block_io block_io;
};

static const struct word_row {
	const char *option;
	size_t at, into; /* offsets in struct cruet_update and struct flat */
	enum word_kind kind;
} rows[] = {
#define ROW(option, member, into, kind)                                                                      \
	{                                                                                                    \
		option, offsetof(struct cruet_update, member), offsetof(struct flat, into), kind             \
	}
	ROW("blkio-weight", blkio_weight, block_io.weight, WORD_WEIGHT),
	ROW("cpu-period", cpu_period, cpu.period, WORD_U64),
	ROW("cpu-quota", cpu_quota, cpu.quota, WORD_I64),
	ROW("cpu-burst", cpu_burst, cpu.burst, WORD_U64),
	ROW("cpu-idle", cpu_idle, cpu.idle, WORD_I64),
	ROW("cpu-share", cpu_share, cpu.shares, WORD_U64),
	ROW("cpu-rt-period", cpu_rt_period, cpu.realtime_period, WORD_U64),
	ROW("cpu-rt-runtime", cpu_rt_runtime, cpu.realtime_runtime, WORD_I64),
	ROW("cpuset-cpus", cpuset_cpus, cpu.cpus, WORD_LIST),
	ROW("cpuset-mems", cpuset_mems, cpu.mems, WORD_LIST),
	ROW("memory", memory, memory.limit, WORD_BYTES),
	ROW("memory-reservation", memory_reservation, memory.reservation, WORD_BYTES),
	ROW("memory-swap", memory_swap, memory.swap, WORD_BYTES),
	ROW("kernel-memory", kernel_memory, memory.kernel, WORD_BYTES),
	ROW("kernel-memory-tcp", kernel_memory_tcp, memory.kernel_tcp, WORD_BYTES),
	ROW("pids-limit", pids_limit, pids.limit, WORD_I64),
#undef ROW
};

static unsigned int unit_shift(const char *unit, bool *ret_known)
{
	static const struct {
		const char *name;
		unsigned int shift;
	} units[] = { { "", 0 },     { "b", 0 },   { "k", 10 },	  { "kb", 10 }, { "kib", 10 },
		      { "m", 20 },   { "mb", 20 }, { "mib", 20 }, { "g", 30 },	{ "gb", 30 },
		      { "gib", 30 }, { "t", 40 },  { "tb", 40 },  { "tib", 40 } };

	for (size_t i = 0; i < ARRAY_SIZE(units); i++)
		if (strcasecmp(units[i].name, unit) == 0) {
			*ret_known = true;
			return units[i].shift;
		}
	*ret_known = false;
	return 0;
}

/* "1.5g": three digits behind the point count. */
int update_parse_bytes(const char *text, int64_t *ret)
{
	size_t digits = strspn(text, "0123456789"),
	       after = text[digits] == '.' ? strspn(text + digits + 1, "0123456789") : 0;
	const char *unit = text + digits + (after ? 1 + after : 0);
	uint64_t whole, part = 0, scale = 1;
	unsigned int shift;
	char number[24];
	struct text t = TEXT(number);
	bool known;

	if (streq(text, "-1")) {
		*ret = -1;
		return 0;
	}
	text_add_n(&t, text, digits);
	if (t.truncated || parse_u64(number, INT64_MAX, &whole) < 0)
		return -EINVAL;
	unit += *unit == ' ';
	shift = unit_shift(unit, &known);
	if (!known || whole > (uint64_t)INT64_MAX >> shift)
		return -EINVAL;
	for (size_t i = 0; i < after && i < 3; i++, scale *= 10)
		part = part * 10 + (uint64_t)(text[digits + 1 + i] - '0');
	whole = (whole << shift) + (part << shift) / scale;
	if (whole > INT64_MAX)
		return -EINVAL;
	*ret = (int64_t)whole;
	return 0;
}

static int take_word(const struct word_row *row, const char *word, void *into)
{
	struct opt_i64 *i64 = into;
	struct opt_u64 *u64 = into;
	struct opt_u32 *u32 = into;
	int r = 0;

	switch (row->kind) {
	case WORD_I64:
		r = parse_i64(word, &i64->v);
		i64->set = true;
		break;
	case WORD_U64:
		r = parse_u64(word, UINT64_MAX, &u64->v);
		u64->set = true;
		break;
	case WORD_WEIGHT:
		r = parse_u32(word, &u32->v);
		u32->set = true;
		break;
	case WORD_BYTES:
		r = update_parse_bytes(word, &i64->v);
		i64->set = true;
		if (r < 0)
			return fail(EINVAL, "--%s '%s': expected a number of bytes such as 512m or 1g, or -1",
				    row->option, word);
		break;
	case WORD_LIST:
		*(const char **)into = word;
		break;
	}
	return r < 0 ? fail(-r, "--%s '%s': expected a number", row->option, word) : 0;
}

int update_from_words(struct arena *arena, const struct cruet_update *words,
		      const struct spec_resources **ret_resources)
{
	struct spec_resources *resources = arena_new(arena, struct spec_resources);
	struct flat *flat = arena_new(arena, struct flat);
	size_t n = 0;

	if (!resources || !flat)
		return -ENOMEM;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		const char *word = *(const char *const *)((const char *)words + rows[i].at);
		int r = word ? take_word(&rows[i], word, (char *)flat + rows[i].into) : 0;

		if (r < 0)
			return r;
		n += word != NULL;
	}
	if (!n && !words->l3_cache_schema && !words->mem_bw_schema)
		return fail(EINVAL, "nothing to update: give --resources, or what is to change (see 'cruet "
				    "update --help')");
	resources->memory = &flat->memory;
	resources->cpu = &flat->cpu;
	resources->pids = &flat->pids;
	resources->block_io = &flat->block_io;
	*ret_resources = resources;
	return spec_check_resources(resources);
}
