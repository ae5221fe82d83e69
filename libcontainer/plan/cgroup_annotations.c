/* SPDX-License-Identifier: Apache-2.0 */
/*
 * plan/cgroup_annotations.c: annotations org.systemd.property.NAME as properties of the scope. Pure. What is not in the
 * list is refused: the annotation of a pod would else be any property of a unit on the host (CVE-2024-3154).
 */
#include <limits.h>
#include <string.h>

#include "base/err.h"
#include "base/str.h"
#include "plan/cgroup_unit.h"

#define PREFIX	    "org.systemd.property."
#define STRINGS_MAX 64

/* Resources of the cgroup itself, how it ends, and its order among others: nothing that runs or opens something. */
static const struct allowed {
	const char *name;
	enum unit_value type;
} list_of_allowed[] = {
	{ "After", UNIT_STRINGS },
	{ "Before", UNIT_STRINGS },
	{ "CPUAccounting", UNIT_BOOL },
	{ "CPUQuotaPerSecUSec", UNIT_U64 },
	{ "CPUQuotaPeriodUSec", UNIT_U64 },
	{ "CPUWeight", UNIT_U64 },
	{ "CollectMode", UNIT_STRING },
	{ "DefaultDependencies", UNIT_BOOL },
	{ "Description", UNIT_STRING },
	{ "FinalKillSignal", UNIT_I32 },
	{ "IOAccounting", UNIT_BOOL },
	{ "IOWeight", UNIT_U64 },
	{ "KillMode", UNIT_STRING },
	{ "KillSignal", UNIT_I32 },
	{ "ManagedOOMMemoryPressure", UNIT_STRING },
	{ "ManagedOOMMemoryPressureLimit", UNIT_U32 },
	{ "ManagedOOMPreference", UNIT_STRING },
	{ "ManagedOOMSwap", UNIT_STRING },
	{ "MemoryAccounting", UNIT_BOOL },
	{ "MemoryHigh", UNIT_U64 },
	{ "MemoryLow", UNIT_U64 },
	{ "MemoryMax", UNIT_U64 },
	{ "MemoryMin", UNIT_U64 },
	{ "MemorySwapMax", UNIT_U64 },
	{ "MemoryZSwapMax", UNIT_U64 },
	{ "OOMPolicy", UNIT_STRING },
	{ "RuntimeMaxUSec", UNIT_U64 },
	{ "SendSIGHUP", UNIT_BOOL },
	{ "SendSIGKILL", UNIT_BOOL },
	{ "TasksAccounting", UNIT_BOOL },
	{ "TasksMax", UNIT_U64 },
	{ "TimeoutStopUSec", UNIT_U64 },
};

/* ---- values ---- */

static int parse_bool(const char *s, struct unit_property *p)
{
	p->number = streq(s, "true");
	return p->number || streq(s, "false") ? 0 : -EINVAL;
}

/* A number, with its type before it or not. */
static int parse_number(const char *s, const struct allowed *row, struct unit_property *p)
{
	static const char *const words[] = {
		[UNIT_I32] = "int32 ", [UNIT_U32] = "uint32 ", [UNIT_U64] = "uint64 "
	};
	static const uint64_t limits[] = {
		[UNIT_I32] = INT32_MAX, [UNIT_U32] = UINT32_MAX, [UNIT_U64] = UINT64_MAX
	};

	if (starts_with(s, words[row->type]))
		s += strlen(words[row->type]);
	return parse_u64(s, limits[row->type], &p->number);
}

/* Between quotes of one kind, '\\' before what would end it; the end behind it in *s. Written to `out`. */
static int parse_quoted(const char **s, struct text *out)
{
	char quote = **s;

	if (quote != '\'' && quote != '"')
		return -EINVAL;
	for ((*s)++; **s != quote; (*s)++) {
		if (**s == '\\' && ((*s)[1] == quote || (*s)[1] == '\\'))
			(*s)++;
		if ((unsigned char)**s < ' ')
			return -EINVAL;
		text_add_n(out, *s, 1);
	}
	(*s)++;
	return out->truncated ? -ERANGE : 0;
}

static int parse_string(struct arena *arena, const char *s, struct unit_property *p)
{
	char buf[512] = "";
	struct text t = TEXT(buf);
	int r = parse_quoted(&s, &t);

	if (r < 0 || *s)
		return r < 0 ? r : -EINVAL;
	p->text = arena_strdup(arena, buf);
	return p->text ? 0 : -ENOMEM;
}

/* "['a', 'b']", each with its NUL. */
static int parse_strings(struct arena *arena, const char *s, struct unit_property *p)
{
	char *all = arena_alloc(arena, 1, strlen(s) + 1), *at = all;

	if (!all)
		return -ENOMEM;
	if (starts_with(s, "@as "))
		s += 4;
	if (*s++ != '[')
		return -EINVAL;
	for (s += strspn(s, " "); *s != ']'; s += strspn(s, " ")) {
		char buf[256] = "";
		struct text t = TEXT(buf);

		if (p->number == STRINGS_MAX || parse_quoted(&s, &t) < 0)
			return -EINVAL;
		memcpy(at, buf, t.len + 1);
		at += t.len + 1;
		p->number++;
		s += strspn(s, " ");
		if (*s == ',')
			s++;
		else if (*s != ']')
			return -EINVAL;
	}
	p->text = all;
	return s[1] ? -EINVAL : 0;
}

static int parse_value(struct arena *arena, const char *s, const struct allowed *row, struct unit_property *p)
{
	switch (row->type) {
	case UNIT_BOOL:
		return parse_bool(s, p);
	case UNIT_STRING:
		return parse_string(arena, s, p);
	case UNIT_STRINGS:
		return parse_strings(arena, s, p);
	default:
		return parse_number(s, row, p);
	}
}

/* ---- all of them ---- */

/* "TimeoutStopSec" is what a unit file calls TimeoutStopUSec, in seconds: so runc takes it. */
static const struct allowed *find(struct arena *arena, const char *name, bool *ret_seconds)
{
	const struct allowed *row = WORD_FIND(list_of_allowed, name);
	size_t n = strlen(name);

	*ret_seconds = !row && ends_with(name, "Sec");
	if (*ret_seconds) {
		const char *micro = arena_printf(arena, "%.*sUSec", (int)(n - 3), name);

		row = micro ? WORD_FIND(list_of_allowed, micro) : NULL;
	}
	return row;
}

int unit_annotations(struct unit_list *list, const struct string_map *annotations)
{
	for (size_t i = 0; i < annotations->n; i++) {
		const char *key = annotations->v[i].key, *value = annotations->v[i].value;
		struct unit_property p = { 0 };
		const struct allowed *row;
		bool seconds;
		int r;

		if (!starts_with(key, PREFIX))
			continue;
		row = find(list->arena, key + strlen(PREFIX), &seconds);
		if (!row)
			return fail(EPERM, "annotation '%s': not a property that a container may set", key);
		p = (struct unit_property){ .name = row->name, .type = row->type };
		r = parse_value(list->arena, value + strspn(value, " "), row, &p);
		if (r == 0 && seconds && __builtin_mul_overflow(p.number, 1000000u, &p.number))
			r = -ERANGE;
		if (r < 0)
			return fail(-r, "annotation '%s': '%.128s' is not a value of it", key, value);
		list->v[list->n < list->max ? list->n++ : list->max] = p;
	}
	return 0;
}
