/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tests/fuzz/spec.c: a libFuzzer target: bytes to a spec, and where it is one, to a plan and its words, for root on cgroup v2
 * and for a user on a mixed host. Nothing of it touches the machine. Run by `make fuzz` (tests/fuzz/run.sh).
 */
#include <stdlib.h>

#include "base/err.h"
#include "plan/plan.h"
#include "spec/spec.h"

#define ARENA_BYTES (256u << 20)

static const struct host hosts[] = {
	{ .initial_userns = true,
	  .bounding = (1ull << 41) - 1,
	  .cgroup = { .mode = CGROUP_V2,
		      .n = 1,
		      .v = { { .mountpoint = "/sys/fs/cgroup", .controllers = "", .own = "/a.scope", .v2 = true } } } },
	{ .euid = 1000,
	  .egid = 1000,
	  .initial_userns = true,
	  .has_newuidmap = true,
	  .notify_socket = "/run/notify",
	  .cgroup = { .mode = CGROUP_HYBRID,
		      .n = 2,
		      .v = { { .mountpoint = "/sys/fs/cgroup/memory", .controllers = "memory", .own = "/user" },
			     { .mountpoint = "/sys/fs/cgroup/unified", .controllers = "", .own = "/user", .v2 = true } } } },
};

static void plan_for(struct arena *arena, const struct spec *spec, const struct host *host)
{
	const struct plan_options options = { .id = "fuzz", .bundle = "/bundle" };
	const struct plan *plan;
	const char *text;

	if (plan_make(arena, spec, host, &options, &plan) == 0 && plan_explain(arena, plan, &text) < 0)
		fail_forget();
	fail_forget();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	const struct spec *spec;
	struct arena arena;

	if (arena_open_private(&arena, ARENA_BYTES) < 0)
		abort();
	if (spec_load(&arena, (const char *)data, n, &spec) == 0)
		for (size_t i = 0; i < ARRAY_SIZE(hosts); i++)
			plan_for(&arena, spec, &hosts[i]);
	fail_forget();
	arena_close(&arena);
	return 0;
}
