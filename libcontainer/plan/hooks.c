/* SPDX-License-Identifier: Apache-2.0 */
/* plan/hooks.c: the programs at the six points, with the defaults filled in. Source: OCI config.md
 * "POSIX-platform Hooks". */
#include "base/err.h"
#include "plan/make.h"

#define HOOK_TIMEOUT_DEFAULT_MS (5 * 60 * 1000) /* where none is given: nothing waits for ever */

static const char *const *one_string(struct making *m, const char *s)
{
	const char **list = arena_array(m->arena, 2, const char *);

	if (list)
		list[0] = s;
	return list && s ? list : NULL;
}

/* No environment given: a search path and nothing else, never the runtime's own (CVE-2025-23266). Only
 * startContainer, which runs in the container as its user, has the process's, as runc's users expect. */
static const char *const *make_hook_env(struct making *m, enum plan_hook_point point)
{
	if (point == HOOK_START_CONTAINER && m->plan->process.exec.env)
		return m->plan->process.exec.env;
	return one_string(m, keep(m, "PATH=" DEFAULT_PATH));
}

static int make_hook(struct making *m, enum plan_hook_point point, const struct spec_hook *asked,
		     struct plan_hook *ret)
{
	ret->path = asked->path;
	ret->args = asked->args.n ? asked->args.v : one_string(m, asked->path);
	ret->env = asked->env.v ? asked->env.v : make_hook_env(m, point);
	ret->timeout_ms = HOOK_TIMEOUT_DEFAULT_MS;
	if (asked->timeout.set)
		ret->timeout_ms = asked->timeout.v > INT64_MAX / 1000 / 1000 ? INT64_MAX / 1000
									     : asked->timeout.v * 1000;
	return ret->args && ret->env ? 0 : -ENOMEM;
}

static int make_point(struct making *m, enum plan_hook_point point, const struct spec_hook *asked, size_t n)
{
	struct plan_hook *list = arena_array(m->arena, n, struct plan_hook);

	if (!list)
		return -ENOMEM;
	for (size_t i = 0; i < n; i++) {
		int r = make_hook(m, point, &asked[i], &list[i]);

		if (r < 0)
			return r;
	}
	m->plan->hooks[point].v = list;
	m->plan->hooks[point].n = n;
	return 0;
}

int make_hooks(struct making *m)
{
	const struct spec_hooks *h = m->spec->hooks;
	int r;

	if (!h)
		return 0;
	r = make_point(m, HOOK_PRESTART, h->prestart.v, h->prestart.n);
	if (r == 0)
		r = make_point(m, HOOK_CREATE_RUNTIME, h->create_runtime.v, h->create_runtime.n);
	if (r == 0)
		r = make_point(m, HOOK_CREATE_CONTAINER, h->create_container.v, h->create_container.n);
	if (r == 0)
		r = make_point(m, HOOK_START_CONTAINER, h->start_container.v, h->start_container.n);
	if (r == 0)
		r = make_point(m, HOOK_POSTSTART, h->poststart.v, h->poststart.n);
	if (r == 0)
		r = make_point(m, HOOK_POSTSTOP, h->poststop.v, h->poststop.n);
	return r;
}
