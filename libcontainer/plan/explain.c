/* SPDX-License-Identifier: Apache-2.0 */
/*
 * plan/explain.c: the plan in words, for people (create --dry-run) and for the golden tests: so a fact of the
 * plan that is not printed is a fact that no test holds.
 */
#include "plan/explain.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/err.h"
#include "kernel/cgroup.h"
#include "kernel/ns.h"

void explain_string(FILE *out, const char *s)
{
	bool plain = *s;

	for (const char *c = s; *c; c++)
		plain = plain && (unsigned char)*c > ' ' && *c != 0x7f && *c != '"' && *c != '\\';
	if (plain) {
		fputs(s, out);
		return;
	}
	fputc('"', out);
	for (; *s; s++) {
		if ((unsigned char)*s < ' ' || *s == 0x7f)
			fprintf(out, "\\x%02x", (unsigned char)*s);
		else
			fprintf(out, *s == '"' || *s == '\\' ? "\\%c" : "%c", *s);
	}
	fputc('"', out);
}

void explain_strings(FILE *out, const char *const *list)
{
	if (!*list)
		fputs(" none", out);
	for (; *list; list++) {
		fputc(' ', out);
		explain_string(out, *list);
	}
}

/* ---- namespaces ---- */

static void explain_namespace(FILE *out, const struct plan_ns *ns, enum ns_kind kind)
{
	uint64_t flag = ns_words[kind].flag;

	if (ns->join & flag) {
		fprintf(out, "namespace %s: joined ", ns_words[kind].name);
		if (ns->path[kind])
			explain_string(out, ns->path[kind]);
		else
			fputs("through init", out);
		fputs(ns->not_callers & flag ? ", must not be the caller's\n" : "\n", out);
	} else if (ns->clone & flag) {
		fprintf(out, "namespace %s: new\n", ns_words[kind].name);
	} else if (ns->stage & flag) {
		fprintf(out, "namespace %s: new, made by the stage\n", ns_words[kind].name);
	} else if (ns->late & flag) {
		fprintf(out, "namespace %s: new, once in its cgroup\n", ns_words[kind].name);
	} else {
		fprintf(out, "namespace %s: the caller's\n", ns_words[kind].name);
	}
}

static void explain_map(FILE *out, const char *what, const struct id_map *map)
{
	for (size_t i = 0; i < map->n; i++)
		fprintf(out, "%s map: %u is %u outside, %u of them\n", what, map->v[i].inside,
			map->v[i].outside, map->v[i].size);
}

static void explain_namespaces(FILE *out, const struct plan_ns *ns)
{
	for (int kind = 0; kind < NS_KINDS; kind++)
		explain_namespace(out, ns, (enum ns_kind)kind);
	fprintf(out, "stage: %s\n", ns->needs_stage ? "needed" : "none");
	for (size_t i = 0; i < ns->offsets.n; i++)
		fprintf(out, "time offset %s: %lld s %u ns\n",
			ns->offsets.v[i].clock == CLOCK_MONOTONIC ? "monotonic" : "boottime",
			(long long)ns->offsets.v[i].secs, ns->offsets.v[i].nanosecs);
	explain_map(out, "uid", &ns->uids);
	explain_map(out, "gid", &ns->gids);
	if (ns->deny_setgroups)
		fputs("setgroups: denied\n", out);
}

/* ---- the cgroup ---- */

static void explain_write(FILE *out, const struct cgroup_write *w)
{
	static const char *const ops[] = {
		[CGROUP_SET] = "",
		[CGROUP_SET_OR_NEXT] = ", or the next where it is missing",
		[CGROUP_SET_SECOND] = ", as the second word",
		[CGROUP_SET_RT] = ", ancestors first",
		[CGROUP_CHECK_BELOW] = ", must not be above it",
		[CGROUP_SET_WARN] = ", a warning where it is forgotten",
	};

	fprintf(out, "cgroup %s: ", w->file);
	explain_string(out, w->value);
	fprintf(out, "%s%s%s", ops[w->op], w->may_be_missing ? ", may be missing" : "",
		w->again ? ", tried again" : "");
	if (w->controller && *w->controller)
		fprintf(out, ", controller %s", w->controller);
	fprintf(out, " (%s)\n", w->property);
}

static void explain_number(FILE *out, int64_t number, char after)
{
	if (number < 0)
		fprintf(out, "*%c", after);
	else
		fprintf(out, "%lld%c", (long long)number, after);
}

static void explain_rule(FILE *out, const struct device_rule *r)
{
	fprintf(out, "device rule: %s %c ", r->allow ? "allow" : "deny", r->type);
	explain_number(out, r->major, ':');
	explain_number(out, r->minor, ' ');
	fprintf(out, "%s%s%s\n", r->access & DEVICE_READ ? "r" : "", r->access & DEVICE_WRITE ? "w" : "",
		r->access & DEVICE_MKNOD ? "m" : "");
}

static void explain_property(FILE *out, const struct unit_property *p)
{
	const char *text = p->text;

	fprintf(out, "unit property %s:", p->name);
	switch (p->type) {
	case UNIT_STRING:
		fputc(' ', out);
		explain_string(out, text);
		break;
	case UNIT_STRINGS:
		for (uint64_t i = 0; i < p->number; i++, text += strlen(text) + 1) {
			fputc(' ', out);
			explain_string(out, text);
		}
		break;
	case UNIT_DEVICES:
		for (uint64_t i = 0; i < p->number; i++) {
			fprintf(out, " %s", text);
			text += strlen(text) + 1;
			fprintf(out, " %s%s", text, i + 1 < p->number ? "," : "");
			text += strlen(text) + 1;
		}
		break;
	case UNIT_BYTES:
		for (uint64_t i = 0; i < p->number; i++)
			fprintf(out, " %02x", (unsigned char)text[i]);
		break;
	default:
		if (p->type == UNIT_DEVICE_U64)
			fprintf(out, " %s", text);
		if (p->number == UINT64_MAX)
			fputs(" none", out);
		else
			fprintf(out, " %llu", (unsigned long long)p->number);
	}
	fprintf(out, "%s\n", p->optional ? ", may be unknown" : "");
}

static void explain_unit(FILE *out, const struct plan_cgroup *c)
{
	fputs("unit: ", out);
	explain_string(out, c->unit->name);
	fprintf(out, " in %s, of the %s manager\n", c->unit->slice, c->user_unit ? "user's" : "system's");
	for (size_t i = 0; i < c->unit->properties.n; i++)
		explain_property(out, &c->unit->properties.v[i]);
	for (size_t i = 0; i < c->unit->devices.n; i++)
		explain_property(out, &c->unit->devices.v[i]);
}

static void explain_cgroup(FILE *out, const struct plan_cgroup *c)
{
	if (c->none) {
		fputs("cgroup: the caller's\n", out);
		return;
	}
	fputs("cgroup: ", out);
	explain_string(out, c->path);
	fprintf(out, "%s%s", c->attach ? ", attached after clone" : ", cloned into",
		c->tolerant ? ", or the caller's" : "");
	if (c->controllers && *c->controllers)
		fprintf(out, ", controllers %s", c->controllers);
	if (c->chown_uid.set)
		fprintf(out, ", owned by host uid %u", c->chown_uid.v);
	fputc('\n', out);
	if (c->unit)
		explain_unit(out, c);
	for (size_t i = 0; i < c->writes.n; i++)
		explain_write(out, &c->writes.v[i]);
	if (!c->set_devices)
		fputs("device rules: none, as nobody may set them here\n", out);
	for (size_t i = 0; i < c->devices.n; i++)
		explain_rule(out, &c->devices.v[i]);
}

/* ---- resctrl ---- */

static void explain_rdt(FILE *out, const struct plan *plan)
{
	const struct plan_rdt *rdt = plan->rdt;

	if (!rdt)
		return;
	fputs("resctrl group: ", out);
	explain_string(out, rdt->group);
	fputs(rdt->own	  ? ", made for the container\n"
	      : rdt->make ? ", made where it is not there\n"
			  : ", which must be there\n",
	      out);
	if (rdt->schemata) {
		fputs("resctrl schemata: ", out);
		explain_string(out, rdt->schemata);
		fputs(rdt->own ? "\n" : ", or the same already\n", out);
	}
	if (rdt->monitoring)
		fprintf(out, "resctrl monitoring group: mon_groups/%s in it\n", plan->id);
}

/* ---- what is set in the namespaces ---- */

static void explain_settings(FILE *out, const struct plan *plan)
{
	if (plan->hostname) {
		fputs("hostname: ", out);
		explain_string(out, plan->hostname);
		fputc('\n', out);
	}
	if (plan->domainname) {
		fputs("domainname: ", out);
		explain_string(out, plan->domainname);
		fputc('\n', out);
	}
	for (size_t i = 0; i < plan->sysctls.n; i++) {
		fprintf(out, "sysctl %s: ", plan->sysctls.v[i].file);
		explain_string(out, plan->sysctls.v[i].value);
		fputc('\n', out);
	}
	if (plan->loopback_up)
		fputs("loopback: up\n", out);
	for (size_t i = 0; i < plan->net_devices.n; i++)
		fprintf(out, "network device %s: as %s\n", plan->net_devices.v[i].host_name,
			plan->net_devices.v[i].name);
}

static const char *const subjects[] = {
	[PLAN_CREATE] = "container",
	[PLAN_EXEC] = "exec in container",
	[PLAN_MOUNTS_ADD] = "mounts added to container",
	[PLAN_MOUNTS_REMOVE] = "mounts removed from container",
	[PLAN_MOUNTS_UNDO] = "mounts taken back from container",
};

int plan_explain(struct arena *arena, const struct plan *plan, const char **ret_text)
{
	char *text = NULL;
	size_t n = 0;
	FILE *out = open_memstream(&text, &n);
	const char *copy;
	bool bad;

	if (!out)
		return fail(errno, "cannot write the plan");
	fprintf(out, "%s: ", subjects[plan->kind]);
	explain_string(out, plan->id);
	fputs(", bundle ", out);
	explain_string(out, plan->bundle);
	fputc('\n', out);
	for (size_t i = 0; i < plan->warnings.n; i++)
		fprintf(out, "warning: %s\n", plan->warnings.v[i]);
	if (plan->privileged)
		fputs("privileged: yes, the configuration was rewritten\n", out);
	explain_namespaces(out, &plan->ns);
	if (plan->kind == PLAN_CREATE) {
		explain_cgroup(out, &plan->cgroup);
		explain_rdt(out, plan);
		explain_settings(out, plan);
		explain_mounts(out, plan);
	}
	if (plan->kind == PLAN_CREATE || plan->kind == PLAN_EXEC)
		explain_process(out, plan);
	else
		explain_live(out, plan);
	bad = ferror(out);
	if (fclose(out) || bad) {
		free(text);
		return fail(ENOMEM, "cannot write the plan");
	}
	copy = arena_strndup(arena, text, n);
	free(text);
	if (!copy)
		return -ENOMEM;
	*ret_text = copy;
	return 0;
}
