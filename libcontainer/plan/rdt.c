/* SPDX-License-Identifier: Apache-2.0 */
/* plan/rdt.c: linux.intelRdt: which group of resctrl, whose it is, and its schemata. Source: config-linux.md, "IntelRdt". */
#include "plan/rdt.h"

#include <string.h>

#include "base/str.h"
#include "plan/make.h"

static size_t room_for(const struct spec_intel_rdt *rdt)
{
	size_t n = 4;

	n += rdt->l3_cache_schema ? strlen(rdt->l3_cache_schema) : 0;
	n += rdt->mem_bw_schema ? strlen(rdt->mem_bw_schema) : 0;
	for (size_t i = 0; i < rdt->schemata.n; i++)
		n += strlen(rdt->schemata.v[i]) + 1;
	return n;
}

static void add_line(struct text *t, const char *line, size_t n)
{
	text_add_n(t, line, n);
	text_add_n(t, "\n", 1);
}

int plan_rdt_schemata(struct arena *arena, const struct spec_intel_rdt *rdt, const char **ret_lines)
{
	struct text t = { .size = room_for(rdt) };
	size_t n;

	t.buf = arena_array(arena, t.size, char);
	if (!t.buf)
		return -ENOMEM;
	for (const char *line = rdt->l3_cache_schema; line && *line; line += n + (line[n] == '\n')) {
		n = strcspn(line, "\n");
		if (n && !(rdt->mem_bw_schema && starts_with(line, "MB:")))
			add_line(&t, line, n);
	}
	if (rdt->mem_bw_schema)
		add_line(&t, rdt->mem_bw_schema, strlen(rdt->mem_bw_schema));
	for (size_t i = 0; i < rdt->schemata.n; i++)
		add_line(&t, rdt->schemata.v[i], strlen(rdt->schemata.v[i]));
	*ret_lines = t.len ? t.buf : NULL;
	return 0;
}

int make_rdt(struct making *m)
{
	const struct spec_intel_rdt *asked = m->spec->linux_->intel_rdt;
	struct plan_rdt *rdt = asked ? arena_new(m->arena, struct plan_rdt) : NULL;
	int r;

	if (!asked || !rdt)
		return asked ? -ENOMEM : 0;
	rdt->own = !asked->clos_id;
	rdt->group = rdt->own ? keep(m, m->options->id) : asked->clos_id;
	rdt->monitoring = asked->enable_monitoring.v;
	r = plan_rdt_schemata(m->arena, asked, &rdt->schemata);
	if (r < 0 || !rdt->group)
		return r < 0 ? r : -ENOMEM;
	rdt->make = rdt->own || rdt->schemata;
	m->plan->rdt = rdt;
	return 0;
}
