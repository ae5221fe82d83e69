/* SPDX-License-Identifier: Apache-2.0 */
/* freeze.c: pause, resume, and who is in a container: what the cgroup alone knows. */
#include "base/err.h"
#include "base/io.h"
#include "running.h"

#define FREEZE_MS 10000

/* The container's cgroup, for a verb that cannot do without one. */
int container_need_cgroup(struct cruet *cruet, const struct container *c, struct cgroup_place **ret_place)
{
	int r = container_cgroup(cruet, c, ret_place);

	if (r != -ENOENT)
		return r;
	if (!c->cgroup)
		return fail(EOPNOTSUPP, "the container '%s' has no cgroup of its own", c->id);
	return fail(ENOENT, "the cgroup '%s' of the container '%s' is not there", c->cgroup, c->id);
}

static int set_frozen(struct cruet *cruet, const struct container *c, bool frozen)
{
	struct cgroup_place *place;
	int r = container_need_cgroup(cruet, c, &place);

	if (r < 0)
		return r;
	r = cgroup_freeze(place, frozen, now_ms() + FREEZE_MS);
	cgroup_close(place);
	return r;
}

int cruet_pause(struct cruet *cruet, const char *id)
{
	autoclose_container struct opened opened = OPENED_NONE;
	enum cruet_status status;
	int r = container_open(cruet, id, LEDGER_LOCK_MS, &opened);

	if (r == 0)
		r = container_status(cruet, &opened, &status, NULL);
	if (r < 0)
		return r;
	/* one that waits at the gate would keep `start` waiting for what cannot come */
	if (status != CRUET_RUNNING)
		return fail(0, "cannot pause the container '%s': it is %s (container not running)", id,
			    cruet_status_word(status));
	return set_frozen(cruet, &opened.container, true);
}

/* Also where init is gone: what is left of the container can still be frozen, and then it cannot end. */
int cruet_resume(struct cruet *cruet, const char *id)
{
	autoclose_container struct opened opened = OPENED_NONE;
	enum cruet_status status;
	bool frozen = false;
	int r = container_open(cruet, id, LEDGER_LOCK_MS, &opened);

	if (r == 0)
		r = container_status(cruet, &opened, &status, NULL);
	if (r == 0)
		r = container_is_paused(cruet, &opened.container, &frozen);
	if (r < 0)
		return r;
	if (!frozen)
		return fail(0, "cannot resume the container '%s': it is %s (container not paused)", id,
			    cruet_status_word(status));
	return set_frozen(cruet, &opened.container, false);
}

int cruet_pids(struct cruet *cruet, const char *id, const pid_t **ret_pids, size_t *ret_n)
{
	autoclose_container struct opened opened = OPENED_NONE;
	struct cgroup_place *place;
	pid_t *pids;
	int r = container_open(cruet, id, -1, &opened);

	if (r < 0)
		return r;
	r = container_cgroup(cruet, &opened.container, &place);
	if (r == -ENOENT && !opened.container.cgroup)
		return fail(EOPNOTSUPP, "the container '%s' has no cgroup of its own", id);
	if (r == -ENOENT) { /* it went with its last process */
		*ret_pids = NULL;
		*ret_n = 0;
		return 0;
	}
	if (r < 0)
		return r;
	r = cgroup_pids(&cruet->arena, place, &pids, ret_n);
	cgroup_close(place);
	if (r == 0)
		*ret_pids = pids;
	return r;
}
