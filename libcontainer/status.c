/* SPDX-License-Identifier: Apache-2.0 */
/* status.c: what a container is now: the record checked against the kernel; state and list. */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/err.h"
#include "base/fd.h"
#include "base/json_write.h"
#include "base/str.h"
#include "container.h"
#include "kernel/process.h"
#include "wire/gate.h"

int container_open(struct cruet *cruet, const char *id, int64_t lock_ms, struct opened *ret_opened)
{
	struct opened opened = OPENED_NONE;
	int r = ledger_check_id(id);

	if (r < 0)
		return r;
	r = ledger_root_open(cruet->root, false, &opened.rootfd);
	if (r == -ENOENT) {
		fail(0, "container does not exist: '%s' (see 'cruet list')", id);
		return -ENOENT;
	}
	if (r == 0)
		r = ledger_open(opened.rootfd, id, lock_ms, &opened.entry);
	if (r == 0)
		r = ledger_read(&opened.entry, &cruet->arena, &opened.container);
	if (r == 0 && !streq(opened.container.id, id))
		r = fail(EBADMSG, "the record of '%s' is of another container, '%s'", id,
			 opened.container.id);
	if (r == 0 || r == -EBADMSG) /* delete --force goes on with what can be known */
		*ret_opened = opened;
	else
		container_close(&opened);
	return r;
}

void container_close(struct opened *opened)
{
	ledger_close(&opened->entry);
	fd_close(&opened->rootfd);
}

/* The cgroup that is the container's. After a reboot one of that name is another's; a record that could not be read
 * knows of no boot. -ENOENT (not recorded): there is none. */
static int cgroup_host_of(struct cruet *cruet, const struct container *c, const struct cgroup_host **ret_host)
{
	const char *boot_id;
	int r = c->cgroup ? cruet_boot_id(cruet, &boot_id) : -ENOENT;

	if (r == 0 && c->boot_id[0] && !streq(c->boot_id, boot_id))
		r = -ENOENT;
	return r < 0 ? r : cruet_cgroups(cruet, ret_host);
}

int container_cgroup(struct cruet *cruet, const struct container *c, struct cgroup_place **ret_place)
{
	const struct cgroup_host *host;
	int r = cgroup_host_of(cruet, c, &host);

	return r < 0 ? r : cgroup_open(&cruet->arena, host, c->cgroup, ret_place);
}

/* Init as a pidfd, if the process of that number is still the one that we made: the pidfd first, then the comparison, so
 * that the number cannot be used again in between. */
static int open_init(struct cruet *cruet, const struct container *c, int *ret_pidfd)
{
	autoclose int pidfd = -1;
	const char *boot_id;
	uint64_t start_time;
	char state;
	int r;

	*ret_pidfd = -1;
	if (c->pid <= 0)
		return 0;
	r = process_open((pid_t)c->pid, &pidfd);
	if (r == -ESRCH) {
		fail_forget();
		return 0;
	}
	if (r < 0)
		return r;
	r = process_stat(cruet->procfd, (pid_t)c->pid, &state, &start_time);
	if (r == -ESRCH || r == -ENOENT) {
		fail_forget();
		return 0;
	}
	if (r < 0)
		return fail_in(r, "cannot look at init (pid %lld)", (long long)c->pid);
	if (state == 'Z' || state == 'X' || start_time != c->start_time)
		return 0;
	r = cruet_boot_id(cruet, &boot_id);
	if (r < 0)
		return r;
	if (streq(boot_id, c->boot_id))
		*ret_pidfd = take_fd(&pidfd);
	return 0;
}

int container_is_paused(struct cruet *cruet, const struct container *c, bool *ret_paused)
{
	const struct cgroup_host *host;
	struct cgroup_place *place;
	int r = cgroup_host_of(cruet, c, &host);

	*ret_paused = false;
	if (r == 0)
		r = cgroup_open_freezer(&cruet->arena, host, c->cgroup, &place);
	if (r == -ENOENT)
		return 0;
	if (r < 0)
		return r;
	r = cgroup_is_frozen(place, ret_paused);
	cgroup_close(place);
	return r;
}

int container_life(struct cruet *cruet, const struct opened *opened, enum cruet_status *ret_status,
		   int *ret_pidfd)
{
	const struct container *c = &opened->container;
	autoclose int pidfd = -1;
	int r = open_init(cruet, c, &pidfd);

	if (r < 0)
		return r;
	if (!c->committed && (pidfd >= 0 || !opened->entry.locked) &&
	    (pidfd >= 0 || ledger_is_locked(&opened->entry)))
		*ret_status = CRUET_CREATING;
	else if (pidfd < 0)
		*ret_status = CRUET_STOPPED;
	else if (ledger_has(&opened->entry, GATE_NAME))
		*ret_status = CRUET_CREATED;
	else
		*ret_status = CRUET_RUNNING;
	if (ret_pidfd)
		*ret_pidfd = take_fd(&pidfd);
	return 0;
}

int container_status(struct cruet *cruet, const struct opened *opened, enum cruet_status *ret_status,
		     int *ret_pidfd)
{
	autoclose int pidfd = -1;
	enum cruet_status status;
	bool paused = false;
	int r = container_life(cruet, opened, &status, &pidfd);

	if (r == 0 && status == CRUET_RUNNING)
		r = container_is_paused(cruet, &opened->container, &paused);
	if (r < 0)
		return r;
	*ret_status = paused ? CRUET_PAUSED : status;
	if (ret_pidfd)
		*ret_pidfd = take_fd(&pidfd);
	return 0;
}

/* ---- state ----------------------------------------------------------------------------------------------------------- */

static int fill_state(struct cruet *cruet, const struct opened *opened, struct cruet_state *ret)
{
	const struct container *c = &opened->container;
	enum cruet_status status;
	int r = container_status(cruet, opened, &status, NULL);

	_Static_assert(sizeof(struct cruet_annotation) == sizeof(struct string_pair),
		       "the same pair of strings");
	if (r < 0)
		return r;
	*ret = (struct cruet_state){
		.oci_version = c->oci_version,
		.id = c->id,
		.bundle = c->bundle,
		.rootfs = c->rootfs,
		.created = c->created,
		.status = status,
		.pid = status == CRUET_STOPPED ? 0 : (pid_t)c->pid,
		.owner = (uid_t)c->owner,
		.annotations = (const struct cruet_annotation *)(const void *)c->annotations.v,
		.n_annotations = c->annotations.n,
	};
	return 0;
}

int cruet_state(struct cruet *cruet, const char *id, struct cruet_state *ret_state)
{
	autoclose_container struct opened opened = OPENED_NONE;
	int r = container_open(cruet, id, -1, &opened);

	return r < 0 ? r : fill_state(cruet, &opened, ret_state);
}

static void write_state(struct json_writer *w, const struct cruet_state *s, const char *owner)
{
	json_object(w, NULL);
	json_string(w, "ociVersion", s->oci_version);
	json_string(w, "id", s->id);
	json_i64(w, "pid", s->pid);
	json_string(w, "status", cruet_status_word(s->status));
	json_string(w, "bundle", s->bundle);
	json_string(w, "rootfs", s->rootfs);
	json_string(w, "created", s->created);
	if (s->n_annotations) {
		json_object(w, "annotations");
		for (size_t i = 0; i < s->n_annotations; i++)
			json_string(w, s->annotations[i].key, s->annotations[i].value);
		json_end_object(w);
	}
	json_string(w, "owner", owner);
	json_end_object(w);
}

int cruet_state_json(struct cruet *cruet, const char *id, const char **ret_json)
{
	struct json_writer *w = json_writer_begin(&cruet->arena, "  ");
	struct cruet_state state;
	size_t n;
	int r = cruet_state(cruet, id, &state);

	if (r < 0)
		return r;
	if (!w)
		return -ENOMEM;
	write_state(w, &state, "");
	return json_writer_end(w, ret_json, &n);
}

/* ---- list ------------------------------------------------------------------------------------------------------------ */

int cruet_list_ids(struct cruet *cruet, const char *const **ret_ids, size_t *ret_n)
{
	autoclose int rootfd = -1;
	struct strings ids = { 0 };
	int r = ledger_root_open(cruet->root, false, &rootfd);

	if (r == 0)
		r = ledger_list(rootfd, &cruet->arena, &ids);
	else if (r == -ENOENT)
		r = 0;
	*ret_ids = ids.v;
	*ret_n = ids.n;
	return r;
}

/* One that cannot be read does not keep the others from being listed. */
static void list_one(struct cruet *cruet, const char *id, struct cruet_state *ret)
{
	int r = cruet_state(cruet, id, ret);
	char line[ERR_TEXT_MAX + 128];

	if (r == 0)
		return;
	*ret = (struct cruet_state){ .id = id,
				     .status = CRUET_UNKNOWN,
				     .problem = arena_strdup(&cruet->arena, fail_line(line, sizeof(line))) };
	fail_forget();
}

int cruet_list(struct cruet *cruet, const struct cruet_state **ret_states, size_t *ret_n)
{
	const char *const *ids;
	struct cruet_state *states;
	size_t n;
	int r = cruet_list_ids(cruet, &ids, &n);

	if (r < 0)
		return r;
	states = arena_array(&cruet->arena, n + 1, struct cruet_state);
	if (!states)
		return -ENOMEM;
	for (size_t i = 0; i < n; i++)
		list_one(cruet, ids[i], &states[i]);
	*ret_states = states;
	*ret_n = n;
	return 0;
}

int cruet_list_json(struct cruet *cruet, const char **ret_json)
{
	struct json_writer *w = json_writer_begin(&cruet->arena, NULL);
	const struct cruet_state *states;
	size_t n;
	int r = cruet_list(cruet, &states, &n);

	if (r < 0)
		return r;
	if (!w)
		return -ENOMEM;
	if (!n) { /* as runc prints a nil list, and callers read it */
		*ret_json = "null";
		return 0;
	}
	json_array(w, NULL);
	for (size_t i = 0; i < n; i++) {
		char owner[16];

		if (states[i].status == CRUET_UNKNOWN)
			continue;
		snprintf(owner, sizeof(owner), "#%u", states[i].owner);
		write_state(w, &states[i], states[i].owner ? owner : "root");
	}
	json_end_array(w);
	return json_writer_end(w, ret_json, &n);
}
