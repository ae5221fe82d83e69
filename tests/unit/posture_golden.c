/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tests/unit/posture_golden.c: what `cruet explain` says, held against texts that somebody has read. Configurations of
 * tests/plan, one or two beside each other, as a table (tests/posture/NAME.table) and as JSON (NAME.json); and a
 * container that runs, whose kernel's files are those below tests/posture/proc.
 *
 *   posture_golden [--update]
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/err.h"
#include "base/str.h"
#include "posture.h"
#include "spec/spec.h"

#define DIRECTORY "tests/posture"

/* root on cgroup v2 */
static const struct host host = {
	.initial_userns = true,
	.bounding = (1ull << 41) - 1,
	.cgroup = { .mode = CGROUP_V2,
		    .n = 1,
		    .v = { { .mountpoint = "/sys/fs/cgroup", .controllers = "", .own = "/", .v2 = true } } },
};

static const struct device some_devices[] = {
	{ .path = "/dev/fuse", .type = S_IFCHR, .major = 10, .minor = 229, .mode = 0666 },
	{ .path = "/dev/net/tun", .type = S_IFCHR, .major = 10, .minor = 200, .mode = 0666 },
};

struct golden {
	const char *name;
	struct {
		const char *config; /* of tests/plan; NULL: there is one only */
		bool privileged, running, waits;
	} side[2];
	bool apparmor, selinux;
};

static const struct golden goldens[] = {
	{ .name = "default", .side = { { .config = "default-v2" } } },
	{ .name = "default-against-privileged",
	  .side = { { .config = "default-v2" }, { .config = "default-v2", .privileged = true } } },
	{ .name = "pod", .side = { { .config = "containerd-app" } } },
	{ .name = "pod-and-privileged-pod",
	  .side = { { .config = "containerd-app" }, { .config = "containerd-privileged" } } },
	{ .name = "pod-host-users-false", .side = { { .config = "containerd-userns-app" } } },
	{ .name = "privileged-by-docker", .side = { { .config = "docker-privileged-apparmor" } }, .apparmor = true },
	{ .name = "selinux", .side = { { .config = "lsm-selinux" } }, .selinux = true },
	{ .name = "filter", .side = { { .config = "seccomp-simple" } } },
	{ .name = "sysctls", .side = { { .config = "sysctl" } } },
	{ .name = "running", .side = { { .config = "containerd-userns-app", .running = true } }, .apparmor = true },
	{ .name = "waiting",
	  .side = { { .config = "lsm-apparmor", .running = true, .waits = true } },
	  .apparmor = true },
};

static int load(struct arena *arena, const char *config, const struct spec **ret_spec)
{
	char path[256], *json = arena_alloc(arena, SPEC_CONFIG_MAX + 1, 1);
	FILE *f;
	size_t n;

	snprintf(path, sizeof(path), "tests/plan/%s.json", config);
	f = fopen(path, "r");
	if (!f || !json)
		return fail(errno, "%s", path);
	n = fread(json, 1, SPEC_CONFIG_MAX, f);
	fclose(f);
	return spec_load(arena, json, n, ret_spec);
}

static int posture(struct arena *arena, const struct golden *g, size_t i, struct posture *ret)
{
	const struct plan_options options = { .id = "c1", .bundle = "/run/bundle", .privileged = g->side[i].privileged };
	const struct spec *spec;
	const struct plan *plan;
	struct host here = host;
	int r = load(arena, g->side[i].config, &spec);

	here.apparmor = g->apparmor;
	here.selinux = g->selinux;
	here.devices.v = some_devices;
	here.devices.n = ARRAY_SIZE(some_devices);
	*ret = (struct posture){ .subject = g->side[i].config, .rootfd = -1, .waits = g->side[i].waits };
	if (r == 0)
		r = plan_make(arena, spec, &here, &options, &plan);
	if (r == 0)
		r = posture_from_plan(arena, plan, &here, ret);
	if (r == 0 && g->side[i].running) {
		int procfd = open(DIRECTORY "/proc", O_RDONLY | O_DIRECTORY | O_CLOEXEC);

		r = posture_from_process(arena, procfd, 42, ret);
		close(procfd);
	}
	if (r == 0)
		r = posture_judge(arena, ret);
	if (ret->rootfd >= 0)
		close(ret->rootfd);
	return r;
}

static bool compare(const char *name, const char *got, bool update)
{
	char path[256], want[65536] = "";
	FILE *f;

	snprintf(path, sizeof(path), DIRECTORY "/%s", name);
	f = fopen(path, update ? "w" : "r");
	if (f && update)
		fputs(got, f);
	else if (f)
		want[fread(want, 1, sizeof(want) - 1, f)] = '\0';
	if (!f || fclose(f))
		return false;
	if (update || !strcmp(got, want))
		return true;
	printf("# %s: got\n%s", path, got);
	return false;
}

static bool print(struct arena *arena, const struct golden *g, const struct posture *p, bool update)
{
	const struct posture *right = g->side[1].config ? &p[1] : NULL;
	bool good = true;

	for (int json = 0; json < 2; json++) {
		char name[128], *text = NULL;
		size_t n;
		FILE *out = open_memstream(&text, &n);
		int r = json ? posture_print_json(arena, &p[0], right, out) : posture_print_table(arena, &p[0], right, out);

		fclose(out);
		snprintf(name, sizeof(name), "%s.%s", g->name, json ? "json" : "table");
		good = good && r == 0 && compare(name, text, update);
		free(text);
	}
	return good;
}

static bool run_one(const struct golden *g, bool update)
{
	char line[ERR_TEXT_MAX + 128];
	struct posture p[2];
	struct arena arena;
	bool good;
	int r = arena_open_private(&arena, 64u << 20);

	fail_forget();
	for (size_t i = 0; r == 0 && i < 2 && g->side[i].config; i++)
		r = posture(&arena, g, i, &p[i]);
	if (r < 0)
		printf("# %s\n", fail_line(line, sizeof(line)));
	good = r == 0 && print(&arena, g, p, update);
	printf("%sok posture/%s\n", good ? "" : "not ", g->name);
	arena_close(&arena);
	return good;
}

int main(int argc, char **argv)
{
	bool update = argc > 1 && streq(argv[1], "--update");
	int failed = 0;

	for (size_t i = 0; i < ARRAY_SIZE(goldens); i++)
		failed += !run_one(&goldens[i], update);
	return failed ? 1 : 0;
}
