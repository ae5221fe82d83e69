/* SPDX-License-Identifier: Apache-2.0 */
/* stats_v2.c: what cgroup2 knows, under the names that v1 had. Source: kernel cgroup-v2.rst. */
#include <string.h>

#include "base/str.h"
#include "stats.h"

int stats_v2_cpu(struct reading *r)
{
	struct stats *s = r->stats;
	char *text;
	int e = stats_text(r, "cpu", "cpu.stat", &text);

	if (e < 0)
		return e;
	s->cpu.total = stats_value(text, "usage_usec", 1000);
	s->cpu.user = stats_value(text, "user_usec", 1000);
	s->cpu.kernel = stats_value(text, "system_usec", 1000);
	s->cpu.periods = stats_value(text, "nr_periods", 1);
	s->cpu.throttled_periods = stats_value(text, "nr_throttled", 1);
	s->cpu.throttled_time = stats_value(text, "throttled_usec", 1000);
	return stats_pressure(r, "cpu", "cpu.pressure", &s->cpu.pressure);
}

/* v1 counts memory and swap together. */
static int read_swap(struct reading *r)
{
	const struct memory_entry *usage = &r->stats->memory.usage;
	struct memory_entry *swap = &r->stats->memory.swap;
	int e = stats_number(r, "memory", "memory.swap.current", &swap->usage);

	if (e == 0)
		e = stats_number(r, "memory", "memory.swap.max", &swap->limit);
	if (e < 0)
		return e;
	swap->usage += usage->usage;
	if (swap->limit > UINT64_MAX - usage->limit)
		swap->limit = UINT64_MAX;
	else
		swap->limit += usage->limit;
	return 0;
}

int stats_v2_memory(struct reading *r)
{
	struct stats *s = r->stats;
	char *text;
	int e = stats_pressure(r, "memory", "memory.pressure", &s->memory.pressure);

	/* pressure is known without the controller, too */
	if (e == 0)
		e = stats_text(r, "memory", "memory.stat", &text);
	if (e < 0 || !text)
		return e;
	s->memory.raw = text;
	s->memory.cache = stats_value(text, "file", 1);
	e = stats_number(r, "memory", "memory.current", &s->memory.usage.usage);
	if (e == 0)
		e = stats_number(r, "memory", "memory.max", &s->memory.usage.limit);
	if (e == 0)
		e = stats_number(r, "memory", "memory.peak", &s->memory.usage.max);
	return e < 0 ? e : read_swap(r);
}

/* ---- io.stat: "8:0 rbytes=1 wbytes=2 rios=3 wios=4 dbytes=5 dios=6" ---- */

static const struct io_word {
	const char *name, *op;
	enum io_kind kind;
} io_words[] = {
	{ "rbytes", "Read", IO_BYTES },
	{ "wbytes", "Write", IO_BYTES },
	{ "rios", "Read", IO_SERVICED },
	{ "wios", "Write", IO_SERVICED },
};

static int add_word(struct reading *r, uint64_t major, uint64_t minor, char *word)
{
	char *value = strchr(word, '=');
	const struct io_word *known;
	uint64_t n;

	if (!value)
		return 0;
	*value++ = '\0';
	known = WORD_FIND(io_words, word);
	if (!known || parse_u64(value, UINT64_MAX, &n) < 0)
		return 0;
	return io_add(r, known->kind, major, minor, known->op, n);
}

static int add_line(struct reading *r, char *line)
{
	char *save = NULL, *device = strtok_r(line, " ", &save), *colon = device ? strchr(device, ':') : NULL;
	uint64_t major, minor;
	int e = 0;

	if (!colon)
		return 0;
	*colon = '\0';
	if (parse_u64(device, UINT64_MAX, &major) < 0 || parse_u64(colon + 1, UINT64_MAX, &minor) < 0)
		return 0;
	for (char *word = strtok_r(NULL, " ", &save); word && e == 0; word = strtok_r(NULL, " ", &save))
		e = add_word(r, major, minor, word);
	return e;
}

int stats_v2_io(struct reading *r)
{
	char *text, *save = NULL;
	int e = stats_pressure(r, "io", "io.pressure", &r->stats->io_pressure);

	if (e == 0)
		e = stats_text(r, "io", "io.stat", &text);
	if (e < 0 || !text)
		return e;
	for (char *line = strtok_r(text, "\n", &save); line && e == 0; line = strtok_r(NULL, "\n", &save))
		e = add_line(r, line);
	return e;
}
