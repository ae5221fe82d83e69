/* SPDX-License-Identifier: Apache-2.0 */
/* posture.c: cruet explain: which subjects, and of each its posture: from a plan, or from the kernel. */
#include "base/err.h"
#include "base/fd.h"
#include "base/io.h"
#include "making.h"
#include "posture.h"

/* ---- subjects ---- */

/* The plan stays in m, as long as the posture is wanted. */
static int bundle_posture(struct cruet *cruet, struct making *m, const char *bundle, bool privileged,
			  struct posture *ret)
{
	const struct cruet_create create = { .id = "explained", .bundle = bundle, .privileged = privileged };
	int r = making_plan_bundle(m, cruet, &create);

	ret->subject = arena_printf(&cruet->arena, "bundle %s%s", bundle, privileged ? ", privileged" : "");
	if (r == 0)
		r = posture_from_plan(&cruet->arena, m->run.plan, &m->host, ret);
	if (r == 0 && ret->apparmor_on && !ret->apparmor)
		r = posture_own_profile(&cruet->arena, cruet->procfd, ret);
	return r < 0 ? r : posture_judge(&cruet->arena, ret);
}

static int container_posture(struct cruet *cruet, const char *id, struct posture *ret)
{
	autoclose_container struct opened opened = OPENED_NONE;
	autoclose int pidfd = -1;
	enum cruet_status status;
	const struct plan *plan;
	struct host host;
	int r = container_open(cruet, id, -1, &opened);

	if (r == 0)
		r = container_status(cruet, &opened, &status, &pidfd);
	if (r == 0 && pidfd < 0)
		return fail(0,
			    "container '%s' is %s: there is no process to look at (its configuration: cruet "
			    "explain --bundle '%s')",
			    id, cruet_status_word(status), opened.container.bundle);
	if (r == 0)
		r = container_plan(cruet, &opened, &plan);
	if (r == 0)
		r = cruet_host(cruet, &host);
	ret->subject =
		arena_printf(&cruet->arena, "container %s, %s", id, r == 0 ? cruet_status_word(status) : "");
	if (r == 0)
		r = posture_from_plan(&cruet->arena, plan, &host, ret);
	ret->waits = r == 0 && status == CRUET_CREATED;
	if (r == 0)
		r = posture_from_process(&cruet->arena, cruet->procfd, (pid_t)opened.container.pid, ret);
	/* the process that was looked at is still the one that was meant */
	if (r == 0 && wait_readable(pidfd, 0) == 0)
		r = fail(ESRCH, "container '%s' has ended meanwhile", id);
	if (r == 0)
		r = posture_judge(&cruet->arena, ret);
	fd_close(&ret->rootfd);
	return r;
}

/* ---- the verb ---- */

static int subject_posture(struct cruet *cruet, struct making *m, const struct cruet_explain *o, size_t i,
			   struct posture *ret)
{
	size_t n = o->bundles.n;

	if (o->against_privileged)
		return bundle_posture(cruet, m, o->bundles.v[0], i == 1, ret);
	return i < n ? bundle_posture(cruet, m, o->bundles.v[i], o->privileged, ret)
		     : container_posture(cruet, o->ids.v[i - n], ret);
}

int cruet_explain(struct cruet *cruet, const struct cruet_explain *options, FILE *out)
{
	autoclose_making struct making left = MAKING_NONE, right = MAKING_NONE;
	size_t n = options->bundles.n + options->ids.n;
	struct posture p[2] = { { .rootfd = -1 }, { .rootfd = -1 } };

	if (n < 1 || n > 2)
		return fail(0, "name one container or bundle, or two to compare them");
	if (options->against_privileged && (n != 1 || options->ids.n || options->privileged))
		return fail(0, "--against-privileged compares one bundle with itself");
	if (options->privileged && options->ids.n)
		return fail(0, "--privileged is for bundles: a container is what it is");
	n = options->against_privileged ? 2 : n;
	for (size_t i = 0; i < n; i++) {
		int r = subject_posture(cruet, i ? &right : &left, options, i, &p[i]);

		if (r < 0)
			return r;
	}
	return options->json ? posture_print_json(&cruet->arena, &p[0], n == 2 ? &p[1] : NULL, out)
			     : posture_print_table(&cruet->arena, &p[0], n == 2 ? &p[1] : NULL, out);
}
