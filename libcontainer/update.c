/* SPDX-License-Identifier: Apache-2.0 */
/*
 * update.c: other limits for a container that is there. Only what was asked for is written, all of it or none: the old
 * values are read before, and put back where one is refused. Of a systemd unit the properties are changed as well: else the
 * manager would write the old limits again some day (daemon-reload). What acts then is recorded beside the configuration of
 * create, which stays as it was.
 */
#include "update.h"

#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "base/err.h"
#include "base/fd.h"
#include "base/io.h"
#include "base/log.h"
#include "base/str.h"
#include "kernel/cgroup_files.h"
#include "ledger_files.h"
#include "plan/cgroup.h"
#include "plan/rdt.h"
#include "run/rdt.h"
#include "run/unit.h"

#define RESOURCES_MAX (16u << 20)
#define FREEZE_MS     10000

struct update {
	struct cruet *cruet;
	struct opened opened;
	const struct spec_resources *now, *asked; /* now: may be NULL */
	struct plan_cgroup_values values;
	struct plan_device_rules devices, old_devices;
	struct unit_properties properties, old_properties;     /* of the systemd unit, where it is one */
	struct unit_properties unit_devices, old_unit_devices; /* of one on v1 */
	struct cgroup_place *place;
	struct cgroup_saved *saved;
	const char *schemata, *old_schemata; /* of the container's group in resctrl; NULL: not asked for */
};

/* ---- what is asked, and what is -------------------------------------------------------------------------------------- */

static int read_asked(struct cruet *cruet, const struct cruet_update *options,
		      const struct spec_resources **ret)
{
	autoclose int fd = -1;
	char *text;
	size_t n;
	int r;

	if (!options->resources)
		return update_from_words(&cruet->arena, options, ret);
	fd = streq(options->resources, "-") ? fcntl(0, F_DUPFD_CLOEXEC, 3)
					    : open(options->resources, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return fail(errno, "--resources '%s'", options->resources);
	r = read_all(&cruet->arena, fd, RESOURCES_MAX, &text, &n);
	if (r < 0)
		return fail(-r, "--resources '%s'", options->resources);
	r = spec_load_resources(&cruet->arena, text, n, ret);
	return r < 0 ? fail_in(r, "--resources '%s'", options->resources) : 0;
}

/* Beside --resources, too: the resources object has no word for it. */
static int read_schemata(struct update *u, const struct cruet_update *options)
{
	const struct spec_intel_rdt rdt = { .l3_cache_schema = options->l3_cache_schema,
					    .mem_bw_schema = options->mem_bw_schema };
	int r = spec_check_intel_rdt(&rdt);

	return r < 0 ? r : plan_rdt_schemata(&u->cruet->arena, &rdt, &u->schemata);
}

/* As the last update left them, else as create had them. */
int container_resources(struct cruet *cruet, const struct opened *opened,
			const struct spec_resources **ret_resources)
{
	const struct spec *spec;
	char *text;
	size_t n;
	int r = ledger_get(&opened->entry, &cruet->arena, LEDGER_RESOURCES, &text, &n);

	if (r == 0)
		return spec_load_resources(&cruet->arena, text, n, ret_resources);
	if (r != -ENOENT)
		return r;
	r = ledger_read_config(&opened->entry, &cruet->arena, &text, &n);
	if (r == 0)
		r = spec_load(&cruet->arena, text, n, &spec);
	if (r == 0)
		*ret_resources = spec->linux_->resources;
	return r;
}

/* ---- numbers ---------------------------------------------------------------------------------------------------------- */

static bool asks(const struct opt_i64 *limit)
{
	return limit->set && limit->v != 0; /* 0: as it is */
}

/* What is asked, with what has to be known besides: whether create was told to look before each update; and v2 keeps memory
 * and swap apart, so to know what "together" leaves for swap it takes the limit that acts. */
static int with_what_acts(struct arena *arena, const struct spec_resources *now,
			  const struct spec_resources *asked, const struct spec_resources **ret)
{
	struct spec_resources *both;
	struct spec_memory *memory;

	*ret = asked;
	if (!asked->memory || !now || !now->memory)
		return 0;
	both = arena_new(arena, struct spec_resources);
	memory = arena_new(arena, struct spec_memory);
	if (!both || !memory)
		return -ENOMEM;
	*both = *asked;
	*memory = *asked->memory;
	if (!asks(&memory->limit) && asks(&memory->swap))
		memory->limit = now->memory->limit;
	if (!memory->check_before_update.set)
		memory->check_before_update = now->memory->check_before_update;
	both->memory = memory;
	*ret = both;
	return 0;
}

static bool is_limit(const struct cgroup_write *w)
{
	return streq(w->property, "linux.resources.memory.limit");
}

static int plan_values(struct update *u, enum cgroup_mode mode)
{
	struct arena *arena = &u->cruet->arena;
	const struct spec_resources *both;
	struct cgroup_write *kept;
	size_t n = 0;
	int r = with_what_acts(arena, u->now, u->asked, &both);

	if (r == 0)
		r = plan_cgroup_values(arena, mode, both, &u->values);
	if (r < 0 || both == u->asked || asks(&u->asked->memory->limit))
		return r;
	kept = arena_array(arena, u->values.n + 1, struct cgroup_write);
	if (!kept)
		return -ENOMEM;
	for (size_t i = 0; i < u->values.n; i++)
		if (!is_limit(&u->values.v[i]))
			kept[n++] = u->values.v[i];
	u->values.v = kept;
	u->values.n = n;
	return 0;
}

/* On v1 systemd has a list of devices itself, and writes it anew some day. */
static int plan_devices_of_unit(struct update *u, enum cgroup_mode mode)
{
	struct arena *arena = &u->cruet->arena;
	int r;

	if (!u->opened.container.unit || mode == CGROUP_V2)
		return 0;
	r = plan_unit_devices(arena, u->devices.v, u->devices.n, &u->unit_devices);
	return r < 0 ? r : plan_unit_devices(arena, u->old_devices.v, u->old_devices.n, &u->old_unit_devices);
}

static int plan_devices(struct update *u, enum cgroup_mode mode)
{
	struct host host;
	int r;

	/* a privileged container has all devices: callers who know nothing of it send their rules with every update */
	if (!u->asked->devices.n || u->opened.container.privileged)
		return 0;
	r = cruet_host(u->cruet, &host);
	if (r < 0 || host.euid != 0 || !host.initial_userns) /* there create sets none either */
		return r;
	r = plan_device_rules(&u->cruet->arena, u->asked, &u->devices);
	if (r == 0)
		r = plan_device_rules(&u->cruet->arena, u->now, &u->old_devices);
	return r < 0 ? r : plan_devices_of_unit(u, mode);
}

/* Asked for anything of a unit's CPU time, systemd writes cpu.max as well, coarser than it was; and its property stands for
 * quota and period. So the whole of the file is written, be it as it is. */
static int write_bandwidth(struct update *u)
{
	struct arena *arena = &u->cruet->arena;
	struct cgroup_write *v = arena_array(arena, u->values.n + 1, struct cgroup_write);
	const char *now, *period, *value;
	bool cpu = false, written = false;
	size_t n = u->values.n;
	char *text;
	int r = cgroup_file_read(arena, u->place, "cpu", "cpu.max", &text);

	if (r < 0 || !v)
		return r == -ENOENT ? 0 : r < 0 ? r : -ENOMEM;
	text[strcspn(text, "\n")] = '\0';
	now = text;
	period = strchrnul(now, ' ');
	for (size_t i = 0; i < n; i++) {
		v[i] = u->values.v[i];
		value = v[i].value;
		cpu = cpu || streq(v[i].controller, "cpu");
		if (!streq(v[i].file, "cpu.max"))
			continue;
		written = true;
		if (v[i].op == CGROUP_SET_SECOND)
			v[i].value = arena_printf(arena, "%.*s %s", (int)(period - now), now, value);
		else if (!strchr(value, ' '))
			v[i].value = arena_printf(arena, "%s%s", value, period);
		v[i].op = CGROUP_SET;
		if (!v[i].value)
			return -ENOMEM;
	}
	if (cpu && !written)
		v[n++] = (struct cgroup_write){ .controller = "cpu",
						.file = "cpu.max",
						.value = now,
						.property = "linux.resources.cpu.quota" };
	u->values.v = v;
	u->values.n = n;
	return 0;
}

/* The same of v1, where it is two files. */
static int write_bandwidth_v1(struct update *u)
{
	static const char *const files[] = { "cpu.cfs_period_us", "cpu.cfs_quota_us" };
	struct arena *arena = &u->cruet->arena;
	struct cgroup_write *v = arena_array(arena, u->values.n + ARRAY_SIZE(files), struct cgroup_write);
	bool cpu = false, written[ARRAY_SIZE(files)] = { false };
	size_t n = u->values.n;
	int r = 0;

	if (!v)
		return -ENOMEM;
	for (size_t i = 0; i < n; i++) {
		v[i] = u->values.v[i];
		cpu = cpu || streq(v[i].controller, "cpu");
		for (size_t k = 0; k < ARRAY_SIZE(files); k++)
			written[k] = written[k] || streq(v[i].file, files[k]);
	}
	for (size_t k = 0; cpu && r == 0 && k < ARRAY_SIZE(files); k++) {
		char *text;

		if (written[k])
			continue;
		r = cgroup_file_read(arena, u->place, "cpu", files[k], &text);
		if (r < 0)
			continue;
		text[strcspn(text, "\n")] = '\0';
		v[n++] = (struct cgroup_write){ .controller = "cpu",
						.file = files[k],
						.value = text,
						.again = true,
						.property = "linux.resources.cpu.quota" };
	}
	u->values.v = v;
	u->values.n = n;
	return r == -ENOENT ? 0 : r;
}

/* What is now, for the way back, and what of both is a property of the unit. */
static int save(struct update *u, enum cgroup_mode mode)
{
	bool unit = u->opened.container.unit;
	struct arena *arena = &u->cruet->arena;
	struct cgroup_write *old;
	size_t n;
	int r = !unit ? 0 : mode == CGROUP_V2 ? write_bandwidth(u) : write_bandwidth_v1(u);

	if (r == 0)
		r = cgroup_save(arena, u->place, u->values.v, u->values.n, &u->saved);
	if (r < 0 || !unit)
		return r;
	r = cgroup_saved_writes(arena, u->saved, &old, &n);
	if (r == 0)
		r = plan_unit_properties(arena, mode, u->values.v, u->values.n, &u->properties);
	return r < 0 ? r : plan_unit_properties(arena, mode, old, n, &u->old_properties);
}

/* ---- acts ------------------------------------------------------------------------------------------------------------- */

static int record(struct update *u)
{
	const struct spec_resources *both;
	const char *text;
	size_t n;
	int r = spec_merge_resources(&u->cruet->arena, u->now, u->asked,
				     cgroup_version(u->place, "memory") == 2, &both);

	if (r == 0)
		r = spec_write_resources(&u->cruet->arena, both, &text, &n);
	return r < 0 ? r : ledger_put(&u->opened.entry, LEDGER_RESOURCES, text, n);
}

/* systemd denies everything before it allows something again: nobody may be there to see that. */
static int set_devices(struct update *u, const struct plan_device_rules *rules,
		       const struct unit_properties *properties)
{
	const struct container *c = &u->opened.container;
	bool frozen = false;
	int r;

	if (!properties->n)
		return cgroup_set_devices(u->place, rules->v, rules->n);
	r = cgroup_is_frozen(u->place, &frozen);
	if (r == 0 && !frozen)
		r = cgroup_freeze(u->place, true, now_ms() + FREEZE_MS);
	if (r < 0)
		return r;
	r = change_unit(&u->cruet->arena, c, properties);
	if (r == 0)
		r = cgroup_set_devices(u->place, rules->v, rules->n);
	if (!frozen && cgroup_freeze(u->place, false, now_ms() + FREEZE_MS) < 0 && r == 0)
		r = fail(EBUSY, "the container cannot be thawed");
	return r;
}

/* How far it came: what is to be taken back. */
struct done {
	bool unit, devices, schemata;
};

static int change_schemata(struct update *u, const char *lines, const char **ret_old)
{
	return change_rdt(&u->cruet->arena, u->cruet->procfd, &u->opened.container, lines, ret_old);
}

/* The failure that is recorded stays the one that is told. */
static void take_back(struct update *u, const struct done *done)
{
	struct err_trail *own = err_trail(), aside = { 0 };

	err_trail_attach(&aside);
	if (done->unit && change_unit(&u->cruet->arena, &u->opened.container, &u->old_properties) < 0)
		log_warning("the unit's properties cannot be set back: %s", aside.text);
	cgroup_restore(u->place, u->saved);
	if (done->devices && set_devices(u, &u->old_devices, &u->old_unit_devices) < 0)
		log_warning("the device rules cannot be set back: %s", aside.text);
	aside = (struct err_trail){ 0 };
	if (done->schemata && change_schemata(u, u->old_schemata, NULL) < 0)
		log_warning("the schemata cannot be set back: %s", aside.text);
	err_trail_attach(own);
}

/* The unit first: systemd writes what its properties say to the files, coarser than we do. So what forbids a value must be
 * looked at before. */
static int act_on_unit(struct update *u, struct done *done)
{
	int r = 0;

	if (!u->properties.n)
		return 0;
	for (size_t i = 0; i < u->values.n && r == 0; i++)
		if (u->values.v[i].op == CGROUP_CHECK_BELOW)
			r = cgroup_apply(u->place, &u->values.v[i], 1);
	if (r < 0)
		return r;
	r = change_unit(&u->cruet->arena, &u->opened.container, &u->properties);
	/* what systemd refuses it has not begun; what it did not answer may have acted */
	done->unit = r == 0 || r == -ETIMEDOUT;
	return r;
}

static int act_on_devices(struct update *u, struct done *done)
{
	int r = u->devices.n ? set_devices(u, &u->devices, &u->unit_devices) : 0;

	/* of two that set them the first may have, and the second not */
	done->devices = u->devices.n && (r == 0 || u->unit_devices.n);
	return r < 0 ? fail_in(r, "linux.resources.devices") : 0;
}

static int act_on_schemata(struct update *u, struct done *done)
{
	int r = u->schemata ? change_schemata(u, u->schemata, &u->old_schemata) : 0;

	done->schemata = r == 0 && u->schemata;
	return r;
}

static int act(struct update *u)
{
	struct done done = { 0 };
	int r = act_on_unit(u, &done);

	if (r == 0)
		r = cgroup_apply(u->place, u->values.v, u->values.n);
	if (r == 0)
		r = act_on_devices(u, &done);
	if (r == 0)
		r = act_on_schemata(u, &done);
	if (r == 0)
		r = record(u);
	if (r < 0)
		take_back(u, &done);
	return r;
}

static int check_updatable(struct update *u, const char *id)
{
	enum cruet_status status;
	int r = container_status(u->cruet, &u->opened, &status, NULL);

	if (r < 0 || status == CRUET_CREATED || status == CRUET_RUNNING || status == CRUET_PAUSED)
		return r;
	return fail(0, "cannot update the container '%s': it is %s (container not running)", id,
		    cruet_status_word(status));
}

static int update_opened(struct update *u, const char *id)
{
	const struct cgroup_host *host;
	int r = check_updatable(u, id);

	if (r == 0)
		r = container_resources(u->cruet, &u->opened, &u->now);
	if (r == 0)
		r = cruet_cgroups(u->cruet, &host);
	if (r == 0)
		r = plan_values(u, host->mode);
	if (r == 0)
		r = plan_devices(u, host->mode);
	if (r == 0)
		r = container_need_cgroup(u->cruet, &u->opened.container, &u->place);
	if (r < 0)
		return r;
	r = save(u, host->mode);
	if (r == 0)
		r = act(u);
	cgroup_close(u->place);
	return r;
}

int cruet_update(struct cruet *cruet, const struct cruet_update *options)
{
	struct update u = { .cruet = cruet, .opened = OPENED_NONE };
	int r = read_asked(cruet, options, &u.asked);

	if (r == 0)
		r = read_schemata(&u, options);
	if (r == 0)
		r = container_open(cruet, options->id, LEDGER_LOCK_MS, &u.opened);
	if (r == 0)
		r = update_opened(&u, options->id);
	container_close(&u.opened);
	return r;
}
