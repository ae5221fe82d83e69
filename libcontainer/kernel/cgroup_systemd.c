/* SPDX-License-Identifier: Apache-2.0 */
/* kernel/cgroup_systemd.c: the few calls of systemd's manager that a container's scope needs. */
#include "kernel/cgroup_systemd.h"

#include <limits.h>
#include <string.h>

#include "base/err.h"
#include "base/str.h"
#include "kernel/dbus.h"

#define DESTINATION    "org.freedesktop.systemd1"
#define MANAGER	       "org.freedesktop.systemd1.Manager"
#define MANAGER_PATH   "/org/freedesktop/systemd1"
#define NAME_MAX_UNIT  255
#define ERROR_EXISTS   "org.freedesktop.systemd1.UnitExists"
#define ERROR_NO_UNIT  "org.freedesktop.systemd1.NoSuchUnit"
#define PROPERTIES_MAX 1024

/* ---- names ---- */

bool unit_name_is_valid(const char *name, const char *suffix)
{
	static const char allowed[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789:_.\\@-";
	size_t n = strlen(name);

	return n <= NAME_MAX_UNIT && n > strlen(suffix) && strspn(name, allowed) == n && name[0] != '.' &&
	       ends_with(name, suffix);
}

int unit_slice_path(struct arena *arena, const char *slice, const char **ret_path)
{
	size_t n = strlen(slice) - (ends_with(slice, ".slice") ? 6 : 0);
	char buf[PATH_MAX];
	struct text t = TEXT(buf);

	buf[0] = '\0';
	if (!unit_name_is_valid(slice, ".slice") ||
	    (!streq(slice, "-.slice") && (slice[0] == '-' || slice[n - 1] == '-' || strstr(slice, "--"))))
		return fail(EINVAL, "'%s' is not the name of a slice", slice);
	for (size_t i = 1; i <= n && !streq(slice, "-.slice"); i++)
		if (i == n || slice[i] == '-')
			text_add(&t, "/%.*s.slice", (int)i, slice);
	if (t.truncated)
		return fail(ENAMETOOLONG, "slice '%s'", slice);
	*ret_path = arena_strdup(arena, buf);
	return *ret_path ? 0 : -ENOMEM;
}

/* ---- properties ---- */

static const char *const signatures[] = {
	[UNIT_BOOL] = "b",     [UNIT_I32] = "i",	 [UNIT_U32] = "u",    [UNIT_I64] = "x",
	[UNIT_U64] = "t",      [UNIT_STRING] = "s",	 [UNIT_BYTES] = "ay", [UNIT_DEVICE_U64] = "a(st)",
	[UNIT_STRINGS] = "as", [UNIT_DEVICES] = "a(ss)",
};

static void put_strings(struct dbus_writer *w, const struct unit_property *p)
{
	struct dbus_array array = dbus_begin_array(w, 4);
	const char *s = p->text;

	for (uint64_t i = 0; i < p->number; i++) {
		dbus_put_string(w, s);
		s += strlen(s) + 1;
	}
	dbus_end_array(w, array);
}

static void put_devices(struct dbus_writer *w, const struct unit_property *p)
{
	struct dbus_array array = dbus_begin_array(w, 8);
	const char *s = p->text;

	for (uint64_t i = 0; i < 2 * p->number; i++) {
		if (i % 2 == 0)
			dbus_put_align(w, 8);
		dbus_put_string(w, s);
		s += strlen(s) + 1;
	}
	dbus_end_array(w, array);
}

static void put_value(struct dbus_writer *w, const struct unit_property *p)
{
	struct dbus_array array;

	switch (p->type) {
	case UNIT_BOOL:
	case UNIT_I32:
	case UNIT_U32:
		dbus_put_u32(w, (uint32_t)p->number);
		break;
	case UNIT_I64:
	case UNIT_U64:
		dbus_put_u64(w, p->number);
		break;
	case UNIT_STRING:
		dbus_put_string(w, p->text);
		break;
	case UNIT_STRINGS:
		put_strings(w, p);
		break;
	case UNIT_DEVICES:
		put_devices(w, p);
		break;
	case UNIT_BYTES:
		array = dbus_begin_array(w, 1);
		for (uint64_t i = 0; i < p->number; i++)
			dbus_put_byte(w, (uint8_t)p->text[i]);
		dbus_end_array(w, array);
		break;
	case UNIT_DEVICE_U64:
		array = dbus_begin_array(w, 8);
		dbus_put_string(w, p->text);
		dbus_put_u64(w, p->number);
		dbus_end_array(w, array);
		break;
	}
}

static void put_property(struct dbus_writer *w, const struct unit_property *p)
{
	dbus_put_align(w, 8);
	dbus_put_string(w, p->name);
	dbus_put_signature(w, signatures[p->type]);
	put_value(w, p);
}

static void put_pids(struct dbus_writer *w, pid_t pid)
{
	struct dbus_array array;

	dbus_put_align(w, 8);
	dbus_put_string(w, "PIDs");
	dbus_put_signature(w, "au");
	array = dbus_begin_array(w, 4);
	dbus_put_u32(w, (uint32_t)pid);
	dbus_end_array(w, array);
}

/* Properties that this manager was found not to know: a bit for each of the list. */
struct unknown {
	bool v[PROPERTIES_MAX];
};

static void put_properties(struct dbus_writer *w, const struct unit_properties *list,
			   const struct unknown *unknown)
{
	for (size_t i = 0; i < list->n; i++)
		if (i >= PROPERTIES_MAX || !unknown->v[i])
			put_property(w, &list->v[i]);
}

/* The error is about a property that need not be: mark it (each of that name) and say so. */
static bool note_unknown(const struct unit_properties *list, struct unknown *unknown,
			 const struct dbus_message *error)
{
	const char *text = dbus_error_text(error);
	bool found = false;

	for (size_t i = 0; i < list->n && i < PROPERTIES_MAX; i++) {
		const char *at = strstr(text, list->v[i].name);
		size_t n = strlen(list->v[i].name);

		/* "Cannot set property X, or unknown property." */
		if (!list->v[i].optional || unknown->v[i] || !at || at == text || at[-1] != ' ' ||
		    !strchr(",. '", at[n]))
			continue;
		unknown->v[i] = true;
		found = true;
	}
	return found;
}

/* ---- calls ---- */

struct asking {
	struct dbus *bus;
	int64_t deadline_ms;
	struct dbus_writer body;
};

static int asking_open(struct arena *arena, const struct unit_bus *where, struct asking *ret)
{
	struct asking a = { .deadline_ms = where->deadline_ms, .body = { .size = DBUS_MESSAGE_MAX / 2 } };
	int r;

	a.body.buf = arena_alloc(arena, 1, a.body.size);
	if (!a.body.buf)
		return -ENOMEM;
	r = dbus_open(arena, where->addresses, a.deadline_ms, &a.bus);
	if (r == 0)
		*ret = a;
	return r;
}

static void asking_begin(struct asking *a)
{
	a->body.len = 0;
	a->body.failed = false;
}

static int ask(struct asking *a, const char *member, const char *signature, struct dbus_message *ret_reply)
{
	const struct dbus_call call = {
		.destination = DESTINATION,
		.path = MANAGER_PATH,
		.interface = MANAGER,
		.member = member,
		.signature = signature,
		.body = &a->body,
	};

	return dbus_ask(a->bus, &call, a->deadline_ms, ret_reply);
}

static int refused(const struct dbus_message *m)
{
	return fail(streq(m->error, ERROR_EXISTS) ? EEXIST : EREMOTEIO, "%.256s (%.128s)", dbus_error_text(m),
		    m->error);
}

/* Only the jobs of this unit wake us: with hundreds of containers the others are many. */
static int watch_jobs(struct asking *a, const char *name)
{
	const struct dbus_call call = {
		.destination = "org.freedesktop.DBus",
		.path = "/org/freedesktop/DBus",
		.interface = "org.freedesktop.DBus",
		.member = "AddMatch",
		.signature = "s",
		.body = &a->body,
	};
	char rule[640];
	struct text t = TEXT(rule);

	text_add(&t,
		 "type='signal',sender='org.freedesktop.systemd1',path='" MANAGER_PATH "',interface='" MANAGER
		 "',member='JobRemoved',arg2='%s'",
		 name);
	if (t.truncated)
		return fail(ENAMETOOLONG, "its name is too long");
	asking_begin(a);
	dbus_put_string(&a->body, rule);
	return dbus_send(a->bus, &call, a->deadline_ms);
}

/* The reply to a call that made a job: wait for its end, which only who sent the reply can tell. */
static int wait_job(struct asking *a, const struct dbus_message *reply)
{
	struct dbus_reader r = { .buf = reply->body, .n = reply->body_n };
	struct dbus_message signal;
	char job[256], sender[256];
	struct text job_text = TEXT(job), sender_text = TEXT(sender);
	const char *result = "";

	text_add(&job_text, "%s", dbus_get_string(&r));
	text_add(&sender_text, "%s", reply->sender);
	if (r.failed || job_text.truncated || sender_text.truncated)
		return fail(EPROTO, "systemd's reply names no job");
	for (;;) {
		int failed = dbus_next_signal(a->bus, a->deadline_ms, &signal);

		if (failed < 0)
			return fail_in(failed, "waiting for its job");
		if (!streq(signal.member, "JobRemoved") || !streq(signal.sender, sender) ||
		    !streq(signal.signature, "uoss"))
			continue;
		r = (struct dbus_reader){ .buf = signal.body, .n = signal.body_n };
		(void)dbus_get_u32(&r);
		if (!streq(dbus_get_string(&r), job))
			continue;
		(void)dbus_get_string(&r);
		result = dbus_get_string(&r);
		break;
	}
	return streq(result, "done") ? 0 : fail(EREMOTEIO, "its job ended with '%.64s'", result);
}

static int reset_failed(struct asking *a, const char *name)
{
	struct dbus_message m;

	asking_begin(a);
	dbus_put_string(&a->body, name);
	return ask(a, "ResetFailedUnit", "s", &m);
}

/* ---- start ---- */

static void put_start(struct dbus_writer *w, const struct unit *unit, const struct unknown *unknown,
		      pid_t pid)
{
	const struct unit_property own[] = {
		{ .name = "Description", .type = UNIT_STRING, .text = unit->description },
		{ .name = "Slice", .type = UNIT_STRING, .text = unit->slice },
		{ .name = "Delegate", .type = UNIT_BOOL, .number = 1 },
		{ .name = "DefaultDependencies", .type = UNIT_BOOL, .number = 0 },
		{ .name = "MemoryAccounting", .type = UNIT_BOOL, .number = 1 },
		{ .name = "CPUAccounting", .type = UNIT_BOOL, .number = 1 },
		{ .name = unit->v1 ? "BlockIOAccounting" : "IOAccounting", .type = UNIT_BOOL, .number = 1 },
		{ .name = "TasksAccounting", .type = UNIT_BOOL, .number = 1 },
	};
	/* Who has no such list has no cgroup in the hierarchy of devices, and systemd moves him out of one that is ours; so he has
	 * one from the beginning, which allows everything until unit->devices. */
	const struct unit_property all = {
		.name = "DeviceAllow", .type = UNIT_DEVICES, .number = 2, .text = "char-*\0rwm\0block-*\0rwm"
	};
	struct dbus_array array;

	dbus_put_string(w, unit->name);
	dbus_put_string(w, "fail");
	array = dbus_begin_array(w, 8);
	for (size_t i = 0; i < ARRAY_SIZE(own); i++)
		put_property(w, &own[i]);
	if (unit->v1)
		put_property(w, &all);
	put_pids(w, pid);
	put_properties(w, &unit->properties, unknown);
	dbus_end_array(w, array);
	dbus_end_array(w, dbus_begin_array(w, 8)); /* no units beside it */
}

/* A property that is not known is left out, and a failed unit of the name is forgotten, once. */
static int start(struct asking *a, const struct unit *unit, pid_t pid)
{
	struct unknown unknown = { 0 };
	bool reset = false;

	for (;;) {
		struct dbus_message m;
		int r;

		asking_begin(a);
		put_start(&a->body, unit, &unknown, pid);
		r = ask(a, "StartTransientUnit", "ssa(sv)a(sa(sv))", &m);
		if (r < 0)
			return r;
		if (m.type == DBUS_REPLY)
			return wait_job(a, &m);
		if (streq(m.error, ERROR_EXISTS) && !reset) {
			reset = true;
			r = reset_failed(a, unit->name);
			if (r < 0)
				return r;
		} else if (!note_unknown(&unit->properties, &unknown, &m)) {
			return refused(&m);
		}
	}
}

int unit_start(struct arena *arena, const struct unit_bus *bus, const struct unit *unit, pid_t pid)
{
	struct asking a = { 0 };
	int r = asking_open(arena, bus, &a);

	if (r == 0)
		r = watch_jobs(&a, unit->name);
	if (r == 0)
		r = start(&a, unit, pid);
	dbus_close(&a.bus);
	return r < 0 ? fail_in(r, "cannot start the systemd unit '%s'", unit->name) : 0;
}

/* ---- stop ---- */

/* "/a.slice/x.scope" of whatever is before it: a user's manager is not always where we expect it. */
static const char *last_two(const char *path)
{
	const char *slash = strrchr(path, '/');

	while (slash && slash > path && slash[-1] != '/')
		slash--;
	return slash && slash > path ? slash - 1 : path;
}

/* Get of org.freedesktop.DBus.Properties, whose reply is a variant. */
static int ask_cgroup(struct asking *a, const char *object, struct dbus_message *ret_reply)
{
	const struct dbus_call call = {
		.destination = DESTINATION,
		.path = object,
		.interface = "org.freedesktop.DBus.Properties",
		.member = "Get",
		.signature = "ss",
		.body = &a->body,
	};

	asking_begin(a);
	dbus_put_string(&a->body, DESTINATION ".Scope");
	dbus_put_string(&a->body, "ControlGroup");
	return dbus_ask(a->bus, &call, a->deadline_ms, ret_reply);
}

/* Whether the unit has this cgroup. */
static int look_at_cgroup(struct asking *a, const char *name, const char *cgroup, bool *ret_same)
{
	struct dbus_message m;
	struct dbus_reader r;
	char object[512];
	struct text t = TEXT(object);
	int error;

	*ret_same = false;
	asking_begin(a);
	dbus_put_string(&a->body, name);
	error = ask(a, "GetUnit", "s", &m);
	if (error < 0 || m.type == DBUS_ERROR)
		return error;
	r = (struct dbus_reader){ .buf = m.body, .n = m.body_n };
	text_add(&t, "%s", dbus_get_string(&r));
	if (r.failed || t.truncated)
		return fail(EPROTO, "systemd's reply names no unit");
	error = ask_cgroup(a, object, &m);
	if (error < 0 || m.type == DBUS_ERROR)
		return error;
	r = (struct dbus_reader){ .buf = m.body, .n = m.body_n };
	if (streq(dbus_get_signature(&r), "s"))
		*ret_same = streq(last_two(dbus_get_string(&r)), last_two(cgroup));
	return 0;
}

static int stop(struct asking *a, const char *name, const char *cgroup)
{
	struct dbus_message m;
	bool same = true;
	int r = cgroup ? look_at_cgroup(a, name, cgroup, &same) : 0;

	if (r == 0 && same)
		r = watch_jobs(a, name);
	if (r < 0 || !same)
		return r;
	asking_begin(a);
	dbus_put_string(&a->body, name);
	dbus_put_string(&a->body, "replace");
	r = ask(a, "StopUnit", "ss", &m);
	if (r < 0)
		return r;
	if (m.type == DBUS_ERROR)
		return streq(m.error, ERROR_NO_UNIT) ? 0 : refused(&m);
	r = wait_job(a, &m);
	/* one that has failed keeps its name; that it has not is an error nobody needs */
	return r < 0 ? r : reset_failed(a, name);
}

int unit_stop(struct arena *arena, const struct unit_bus *bus, const char *name, const char *cgroup)
{
	struct asking a = { 0 };
	int r = asking_open(arena, bus, &a);

	if (r == -ENOENT || r == -ECONNREFUSED)
		r = -ENOTCONN;
	if (r == 0)
		r = stop(&a, name, cgroup);
	dbus_close(&a.bus);
	return r < 0 ? fail_in(r, "cannot stop the systemd unit '%s'", name) : 0;
}

/* ---- change ---- */

/* The manager writes the cgroup's files after its reply, but before it looks at the next call. */
static int wait_written(struct asking *a)
{
	const struct dbus_call ping = {
		.destination = DESTINATION,
		.path = MANAGER_PATH,
		.interface = "org.freedesktop.DBus.Peer",
		.member = "Ping",
	};
	struct dbus_message m;

	return dbus_ask(a->bus, &ping, a->deadline_ms, &m);
}

static int set(struct asking *a, const char *name, const struct unit_properties *properties)
{
	struct unknown unknown = { 0 };

	for (;;) {
		struct dbus_message m;
		struct dbus_array array;
		int r;

		asking_begin(a);
		dbus_put_string(&a->body, name);
		dbus_put_u32(&a->body, 1); /* until it ends, not for the next boot */
		array = dbus_begin_array(&a->body, 8);
		put_properties(&a->body, properties, &unknown);
		dbus_end_array(&a->body, array);
		r = ask(a, "SetUnitProperties", "sba(sv)", &m);
		if (r < 0)
			return r;
		if (m.type == DBUS_REPLY)
			return wait_written(a);
		if (!note_unknown(properties, &unknown, &m))
			return refused(&m);
	}
}

int unit_set(struct arena *arena, const struct unit_bus *bus, const char *name,
	     const struct unit_properties *properties)
{
	struct asking a = { 0 };
	int r = asking_open(arena, bus, &a);

	if (r == 0)
		r = set(&a, name, properties);
	dbus_close(&a.bus);
	return r < 0 ? fail_in(r, "cannot change the systemd unit '%s'", name) : 0;
}

int unit_attach(struct arena *arena, const struct unit_bus *bus, const char *name, pid_t pid)
{
	struct dbus_message m;
	struct asking a = { 0 };
	struct dbus_array array;
	int r = asking_open(arena, bus, &a);

	if (r == 0) {
		dbus_put_string(&a.body, name);
		dbus_put_string(&a.body, ""); /* not below it */
		array = dbus_begin_array(&a.body, 4);
		dbus_put_u32(&a.body, (uint32_t)pid);
		dbus_end_array(&a.body, array);
		r = ask(&a, "AttachProcessesToUnit", "ssau", &m);
	}
	if (r == 0 && m.type == DBUS_ERROR)
		r = refused(&m);
	dbus_close(&a.bus);
	return r < 0 ? fail_in(r, "cannot move process %d into the systemd unit '%s'", pid, name) : 0;
}
