/* SPDX-License-Identifier: Apache-2.0 */
/*
 * plan/plan.c: the whole, made of its parts in one order. Pure: no system call, nothing is looked at but the
 * arguments.
 */
#include "plan/plan.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/err.h"
#include "base/json_write.h"
#include "base/path.h"
#include "base/str.h"
#include "kernel/sys.h"
#include "plan/cgroup.h"
#include "plan/filter.h"
#include "plan/make.h"

/* ---- what the parts share ---- */

const char *keep(struct making *m, const char *s)
{
	return s ? arena_strdup(m->arena, s) : NULL;
}

int warn(struct making *m, const char *fmt, ...)
{
	char text[1024];
	va_list args;

	if (m->plan->warnings.n == WARNINGS_MAX)
		return 0;
	va_start(args, fmt);
	vsnprintf(text, sizeof(text), fmt, args);
	va_end(args);
	m->warnings[m->plan->warnings.n] = keep(m, text);
	if (!m->warnings[m->plan->warnings.n])
		return -ENOMEM;
	m->plan->warnings.n++;
	return 0;
}

const char *make_annotation(const struct making *m, const char *key)
{
	for (size_t i = 0; i < m->spec->annotations.n; i++)
		if (streq(m->spec->annotations.v[i].key, key))
			return m->spec->annotations.v[i].value;
	return NULL;
}

int container_path(struct making *m, const char *place, const char *path, const char **ret_path)
{
	char *clean = arena_alloc(m->arena, 1, strlen(path) + 2);
	size_t n = 0, length;

	if (!clean)
		return -ENOMEM;
	if (!*path)
		return fail(0, "%s: empty", place);
	for (const char *s = path; *(s += strspn(s, "/")); s += length) {
		length = strcspn(s, "/");
		if (length == 1 && *s == '.')
			continue;
		if (length == 2 && s[0] == '.' && s[1] == '.') {
			while (n && clean[--n] != '/')
				;
			continue;
		}
		clean[n++] = '/';
		memcpy(clean + n, s, length);
		n += length;
	}
	if (!n)
		clean[n++] = '/';
	clean[n] = '\0';
	*ret_path = clean;
	return 0;
}

/* One number or range of a list, at *s. */
static int parse_range(const char **s, unsigned int limit, unsigned int *ret_low, unsigned int *ret_high)
{
	unsigned int value[2] = { 0, 0 };
	int i = 0;

	for (;; i++) {
		if (**s < '0' || **s > '9')
			return -EINVAL;
		for (; **s >= '0' && **s <= '9'; (*s)++) {
			value[i] = value[i] * 10 + (unsigned int)(**s - '0');
			if (value[i] >= limit)
				return -ERANGE;
		}
		if (**s != '-' || i == 1)
			break;
		(*s)++;
	}
	*ret_low = value[0];
	*ret_high = i ? value[1] : value[0];
	return *ret_high < *ret_low ? -EINVAL : 0;
}

int mask_parse(struct making *m, const char *place, const char *text, unsigned int limit,
	       const unsigned long **ret_mask, size_t *ret_bytes, size_t *ret_count)
{
	const unsigned int word = 8 * sizeof(unsigned long);
	unsigned long *mask = arena_array(m->arena, limit / word, unsigned long);
	unsigned int top = 0;
	size_t count = 0;

	if (!mask)
		return -ENOMEM;
	for (const char *s = text + strspn(text, " ,"); *s; s += strspn(s, " ,")) {
		unsigned int low, high;
		int r = parse_range(&s, limit, &low, &high);

		if (r == 0 && *s && *s != ' ' && *s != ',')
			r = -EINVAL;
		if (r < 0)
			return fail(0, "%s: '%.64s' is not a list of numbers below %u like \"0-3,7\"", place,
				    text, limit);
		for (unsigned int i = low; i <= high; i++) {
			count += !(mask[i / word] >> i % word & 1);
			mask[i / word] |= 1ul << i % word;
		}
		top = high > top ? high : top;
	}
	*ret_mask = mask;
	*ret_bytes = count ? (top / word + 1) * sizeof(unsigned long) : 0;
	*ret_count = count;
	return 0;
}

/* ---- parts that are one page ---- */

static int make_names(struct making *m)
{
	m->plan->id = keep(m, m->options->id);
	m->plan->bundle = keep(m, m->options->bundle);
	return m->plan->id && m->plan->bundle ? 0 : -ENOMEM;
}

/* Delegated: a cgroup namespace of its own and a writable mount of cgroup2 in it say that the container
 * manages its part itself; then its user owns the directory. Source: OCI config-linux.md "Cgroup ownership".
 */
static bool wants_ownership(const struct making *m)
{
	if (m->host->cgroup.mode != CGROUP_V2 || m->host->euid != 0 ||
	    !(m->plan->ns.late & CLONE_NEWCGROUP) || !m->process)
		return false;
	for (size_t i = 0; i < m->spec->mounts.n; i++) {
		const struct spec_mount *mount = &m->spec->mounts.v[i];
		bool readonly = false;

		for (size_t k = 0; k < mount->options.n; k++)
			readonly = readonly || streq(mount->options.v[k], "ro") ||
				   streq(mount->options.v[k], "rro");
		if (streq(mount->destination, "/sys/fs/cgroup") && mount->source &&
		    streq(mount->source, "cgroup") && !readonly)
			return true;
	}
	return false;
}

/* The host's id of a container's; false where nobody knows it. */
static bool host_uid(const struct plan_ns *ns, uint32_t uid, uint32_t *ret)
{
	if (!ns->userns) {
		*ret = uid;
		return true;
	}
	for (size_t i = 0; i < ns->uids.n; i++) {
		const struct id_range *range = &ns->uids.v[i];

		if (uid < range->inside || uid - range->inside >= range->size)
			continue;
		*ret = range->outside + (uid - range->inside);
		return true;
	}
	return false;
}

static bool has_resources(const struct spec_resources *r)
{
	return r && (r->memory || r->cpu || r->pids || r->block_io || r->hugepage_limits.n || r->network ||
		     r->rdma.n || r->unified.n);
}

/* Root has the system's manager, everybody else, and root of a user namespace, the user's own. */
static bool has_user_manager(const struct making *m)
{
	return m->host->euid != 0 || !m->host->initial_userns;
}

static int make_unit(struct making *m, const struct plan_cgroup_values *values,
		     const struct plan_device_rules *devices)
{
	struct plan_cgroup *c = &m->plan->cgroup;
	const struct plan_unit_words words = {
		.cgroups_path = m->spec->linux_->cgroups_path,
		.id = m->options->id,
		.annotations = &m->spec->annotations,
		.values = values,
		.devices = devices,
		.user = has_user_manager(m),
		.uid = m->host->euid,
	};

	c->tolerant = false; /* who names a manager means it */
	c->user_unit = words.user;
	return plan_unit(m->arena, &m->host->cgroup, &words, &c->unit, &c->path);
}

/* Both ways to rule devices need the host's privilege; without it a container is in a user namespace, and has no device but
 * those that are bound. */
static int make_device_rules(struct making *m, struct plan_device_rules *ret_rules)
{
	struct plan_cgroup *c = &m->plan->cgroup;
	int r;

	c->set_devices = m->host->euid == 0 && m->host->initial_userns;
	if (!c->set_devices)
		return 0;
	r = plan_device_rules(m->arena, m->spec->linux_->resources, ret_rules);
	if (r < 0)
		return r;
	c->devices.v = ret_rules->v;
	c->devices.n = ret_rules->n;
	return 0;
}

/* A user's manager has nothing of v1 but its own hierarchy: no limits, no freezer, nowhere to attach a process. */
static int check_manager(const struct making *m)
{
	if (!m->options->systemd_cgroup || m->host->cgroup.mode == CGROUP_V2)
		return 0;
	if (m->host->cgroup.mode == CGROUP_NONE)
		return fail(EOPNOTSUPP, "--systemd-cgroup: this host has no control groups mounted");
	if (!has_user_manager(m))
		return 0;
	return fail(
		EOPNOTSUPP,
		"--systemd-cgroup: on this host a user's systemd manages nothing, as its cgroups are those "
		"of version 1: use --cgroup-manager cgroupfs, or boot with "
		"systemd.unified_cgroup_hierarchy=1");
}

static int make_cgroup(struct making *m)
{
	const struct spec_linux *l = m->spec->linux_;
	enum cgroup_mode mode = m->host->cgroup.mode;
	bool v1 = mode == CGROUP_V1 || mode == CGROUP_HYBRID;
	bool asked = (l->cgroups_path && *l->cgroups_path) || has_resources(l->resources);
	struct plan_cgroup *c = &m->plan->cgroup;
	struct plan_cgroup_values values;
	struct plan_device_rules rules = { 0 };
	int r = check_manager(m);

	if (r < 0)
		return r;

	if (m->options->no_cgroup || mode == CGROUP_NONE) {
		c->none = true;
		if (has_resources(l->resources))
			return fail(0, "linux.resources: %s",
				    m->options->no_cgroup ? "the cgroup manager is disabled"
							  : "this host has no control groups mounted");
		return 0;
	}
	/* Nobody but root makes cgroups of v1: stay where the caller is, unless somebody asked. */
	c->tolerant = (m->options->rootless.set ? m->options->rootless.v
						: m->host->euid != 0 || !m->host->initial_userns) &&
		      !asked;
	c->none = c->tolerant && v1 && m->host->euid != 0;
	if (c->none)
		return 0;
	c->attach = v1 || m->options->systemd_cgroup;
	r = plan_cgroup_values(m->arena, mode, l->resources, &values);
	if (r == 0)
		r = make_device_rules(m, &rules);
	if (r == 0)
		r = m->options->systemd_cgroup ? make_unit(m, &values, c->set_devices ? &rules : NULL)
					       : plan_cgroup_path(m->arena, &m->host->cgroup, l->cgroups_path,
								  m->options->id, &c->path);
	if (r < 0)
		return r;
	c->controllers = values.controllers;
	c->writes.v = values.v;
	c->writes.n = values.n;
	c->chown_uid.set = wants_ownership(m) &&
			   host_uid(&m->plan->ns, m->process->user.uid, &c->chown_uid.v) &&
			   c->chown_uid.v != 0;
	return 0;
}

/* The state that hooks read, in three pieces: what comes before the status, between it and the pid, and
 * after. */
static int make_state(struct making *m)
{
	struct json_writer *w = json_writer_begin(m->arena, NULL);
	const char *head, *tail;
	size_t n;
	int r;

	if (!w)
		return -ENOMEM;
	json_object(w, NULL);
	json_string(w, "ociVersion", SPEC_OCI_VERSION);
	json_string(w, "id", m->options->id);
	json_end_object(w);
	r = json_writer_end(w, &head, &n);
	if (r < 0)
		return r;
	/* an object without its closing brace, with the key of the next piece */
	m->plan->state_head = arena_printf(m->arena, "%.*s,\"status\":\"", (int)n - 1, head);
	m->plan->state_middle = keep(m, "\",\"pid\":");
	m->plan->oci_version = keep(m, SPEC_OCI_VERSION);

	w = json_writer_begin(m->arena, NULL);
	if (!w)
		return -ENOMEM;
	json_object(w, NULL);
	json_string(w, "bundle", m->options->bundle);
	if (m->spec->annotations.n)
		json_string_map(w, "annotations", &m->spec->annotations);
	json_end_object(w);
	r = json_writer_end(w, &tail, &n);
	if (r < 0)
		return r;
	m->plan->state_tail = arena_printf(m->arena, ",%s", tail + 1); /* without its opening brace */
	return m->plan->state_head && m->plan->state_middle && m->plan->state_tail && m->plan->oci_version
		       ? 0
		       : -ENOMEM;
}

static int make_filter(struct making *m)
{
	const struct spec_seccomp *section = m->spec->linux_->seccomp;
	int r;

	if (m->plan->kind == PLAN_EXEC && m->options->privileged)
		return 0; /* of the privileged process; a privileged container has no section */
	if (!section)
		return 0;
	if (!m->options->filter_later)
		return filter_make(m->arena, section, &m->plan->filter);
	r = filter_begin(m->arena, section, &m->plan->unfinished);
	if (r == 0)
		m->plan->filter = m->plan->unfinished;
	return r;
}

/* ---- the whole ---- */

static int (*const parts[])(struct making *m) = {
	make_state, /* first: what the JSON writer leaves in the arena is no part of the plan (plan_golden.c
		       looks) */
	make_names,   make_namespaces, make_ids,    /* needs the namespaces */
	make_cgroup,				    /* needs the ids: who owns it */
	make_rdt,     make_sysctls,    make_mounts, /* needs the cgroup's path */
	make_devices,				    /* needs the mounts: whose /dev it is */
	make_process,				    /* needs the ids */
	make_filter,  make_hooks,		    /* needs the process's environment */
};

/* Its cgroup is there already; how it gets into it is the host's way. */
static int make_exec_cgroup(struct making *m)
{
	m->plan->cgroup.none = m->options->no_cgroup;
	m->plan->cgroup.attach =
		!m->plan->cgroup.none &&
		(m->host->cgroup.mode != CGROUP_V2 || (m->options->systemd_cgroup && has_user_manager(m)));
	return 0;
}

static int (*const exec_parts[])(struct making *m) = {
	make_state,	  make_names, make_exec_namespaces, make_ids,
	make_exec_cgroup, make_rdt,   make_process,	    make_filter,
};

static int (*const live_parts[])(struct making *m) = {
	make_state, make_names, make_exec_namespaces, make_ids, make_live_mounts,
};

static int make_all(struct making *m, enum plan_kind kind, int (*const list[])(struct making *m), size_t n)
{
	m->plan = arena_new(m->arena, struct plan);
	m->warnings = arena_array(m->arena, WARNINGS_MAX + 1, const char *);
	if (!m->plan || !m->warnings)
		return -ENOMEM;
	m->plan->kind = kind;
	m->plan->privileged = m->options->privileged;
	m->plan->warnings.v = m->warnings;
	for (size_t i = 0; i < n; i++) {
		int r = list[i](m);

		if (r < 0)
			return r;
	}
	return 0;
}

int plan_make(struct arena *arena, const struct spec *spec, const struct host *host,
	      const struct plan_options *options, const struct plan **ret_plan)
{
	struct making m = { .arena = arena, .spec = spec, .host = host, .options = options };
	int r = options->privileged ? plan_privileged(arena, host, spec, &m.spec) : 0;

	if (r == 0 && options->ids.size)
		r = userns_spec(arena, host, &options->ids, m.spec, &m.spec);
	if (r == 0) {
		m.process = m.spec->process;
		r = make_all(&m, PLAN_CREATE, parts, ARRAY_SIZE(parts));
	}
	if (r == 0)
		*ret_plan = m.plan;
	return r;
}

int plan_make_exec(struct arena *arena, const struct spec *spec, const struct spec_process *process,
		   const struct host *host, const struct plan_options *options, const struct plan **ret_plan)
{
	struct making m = { .arena = arena, .spec = spec, .host = host, .options = options };
	int r = options->ids.size ? userns_spec(arena, host, &options->ids, spec, &m.spec) : 0;

	m.process = exec_process(arena, spec->process, process);
	if (r < 0 || !m.process)
		return r < 0 ? r : -ENOMEM;
	if (options->privileged)
		r = privileged_process(arena, host, spec->linux_->mount_label, m.process, &m.process);
	if (r == 0)
		r = make_all(&m, PLAN_EXEC, exec_parts, ARRAY_SIZE(exec_parts));
	if (r == 0)
		*ret_plan = m.plan;
	return r;
}

int plan_make_live(struct arena *arena, const struct spec *spec, const struct plan_live *live,
		   const struct host *host, const struct plan_options *options, const struct plan **ret_plan)
{
	struct spec *with = arena_new(arena, struct spec);
	struct making m = { .arena = arena, .spec = with, .host = host, .options = options };
	int r;

	if (!with)
		return -ENOMEM;
	*with = *spec;
	with->mounts.v = live->v;
	with->mounts.n = live->n;
	r = options->ids.size ? userns_spec(arena, host, &options->ids, with, &m.spec) : 0;
	if (r == 0)
		r = make_all(&m, live->kind, live_parts, ARRAY_SIZE(live_parts));
	if (r == 0)
		*ret_plan = m.plan;
	return r;
}
