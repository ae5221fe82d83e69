/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tests/unit/plan_golden.c: plans of whole configurations, held against texts that somebody has read. Each
 * tests/plan/NAME.json is decoded, planned for the machine that the words of NAME.host name (none: root on
 * cgroup v2), explained, and compared with NAME.golden; where it fails the golden text is the error. With a
 * NAME.exec, which is a process, it is the plan of an exec of that in such a container; with a NAME.add or
 * NAME.remove, which are mounts, that of these for such a container.
 *
 *   plan_golden [--update] [DIRECTORY [NAME...]]
 *
 * It also looks at every word of the plan: a pointer into this program would be a plan that the init stage
 * cannot read.
 */
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/err.h"
#include "base/str.h"
#include "plan/plan.h"
#include "spec/spec.h"

#define ALL_CAPS ((1ull << 41) - 1)
/* what container engines give */
#define FEW_CAPS 0xa80425fbull

/* ---- machines ---- */

#define V1(name)                                                                                             \
	{                                                                                                    \
		.mountpoint = "/sys/fs/cgroup/" name, .controllers = name, .own = "/user.slice"              \
	}
#define V1_HIERARCHIES                                                                                       \
	V1("cpuset"), V1("cpu,cpuacct"), V1("memory"), V1("devices"), V1("freezer"), V1("net_cls,net_prio"), \
		V1("blkio"), V1("pids"), V1("perf_event"), V1("hugetlb"),                                    \
	{                                                                                                    \
		.mountpoint = "/sys/fs/cgroup/systemd", .controllers = "name=systemd",                       \
		.own = "/user.slice/session-1.scope"                                                         \
	}
#define V2(place)                                                                                            \
	{                                                                                                    \
		.mode = CGROUP_V2, .n = 1,                                                                   \
		.v = { { .mountpoint = "/sys/fs/cgroup", .controllers = "", .own = place, .v2 = true } }     \
	}

static const struct machine {
	const char *name;
	struct host host;
} machines[] = {
	{ "root-v2",
	  { .initial_userns = true, .bounding = ALL_CAPS, .cgroup = V2("/user.slice/session-1.scope") } },
	{ "root-v1",
	  { .initial_userns = true,
	    .bounding = ALL_CAPS,
	    .cgroup = { .mode = CGROUP_V1, .n = 11, .v = { V1_HIERARCHIES } } } },
	{ "root-hybrid",
	  { .initial_userns = true,
	    .bounding = ALL_CAPS,
	    .cgroup = { .mode = CGROUP_HYBRID,
			.n = 12,
			.v = { V1_HIERARCHIES,
			       { .mountpoint = "/sys/fs/cgroup/unified",
				 .controllers = "",
				 .own = "/user.slice",
				 .v2 = true } } } } },
	{ "root-no-cgroups",
	  { .initial_userns = true, .bounding = ALL_CAPS, .cgroup = { .mode = CGROUP_NONE } } },
	{ "root-few-caps", { .initial_userns = true, .bounding = FEW_CAPS, .cgroup = V2("/") } },
	{ "rootless-v2",
	  { .euid = 1000,
	    .egid = 1000,
	    .initial_userns = true,
	    .bounding = ALL_CAPS,
	    .has_newuidmap = true,
	    .cgroup = V2("/user.slice/user-1000.slice/user@1000.service/app.slice/term.scope") } },
	{ "rootless-alone",
	  { .euid = 1000,
	    .egid = 1000,
	    .initial_userns = true,
	    .bounding = ALL_CAPS,
	    .cgroup = V2("/user.slice/user-1000.slice/user@1000.service/app.slice/term.scope") } },
	{ "rootless-v1",
	  { .euid = 1000,
	    .egid = 1000,
	    .initial_userns = true,
	    .bounding = ALL_CAPS,
	    .has_newuidmap = true,
	    .cgroup = { .mode = CGROUP_V1, .n = 11, .v = { V1_HIERARCHIES } } } },
	{ "nested-v2",
	  { .initial_userns = false, .bounding = ALL_CAPS, .has_newuidmap = true, .cgroup = V2("/") } },
};

/* What a host's /dev may have. */
static const struct device some_devices[] = {
	{ .path = "/dev/fuse", .type = S_IFCHR, .major = 10, .minor = 229, .mode = 0666 },
	{ .path = "/dev/loop0", .type = S_IFBLK, .major = 7, .mode = 0660, .gid = 6 },
	{ .path = "/dev/net/tun", .type = S_IFCHR, .major = 10, .minor = 200, .mode = 0666 },
};

/* ---- one test ---- */

struct golden {
	char dir[256], name[128];
	struct host host;
	struct plan_options options;
	bool container_privileged; /* of an exec */
};

/* The contents of DIR/NAME.EXTENSION, NUL-terminated, to be freed; NULL where there is none. */
static char *slurp(const struct golden *g, const char *extension, size_t *ret_n)
{
	char path[512];
	FILE *f;
	char *buf;
	size_t n;

	snprintf(path, sizeof(path), "%s/%s.%s", g->dir, g->name, extension);
	f = fopen(path, "r");
	if (!f)
		return NULL;
	buf = calloc(1, SPEC_CONFIG_MAX + 1);
	n = buf ? fread(buf, 1, SPEC_CONFIG_MAX, f) : 0;
	fclose(f);
	if (ret_n)
		*ret_n = n;
	return buf;
}

static bool read_word(struct golden *g, const char *word)
{
	const struct machine *machine = WORD_FIND(machines, word);
	uint64_t number = 0;
	const char *equals = strchr(word, '=');

	if (equals && parse_u64(equals + 1, 1u << 30, &number) < 0)
		return false;
	if (machine)
		g->host = machine->host;
	else if (starts_with(word, "preserve-fds="))
		g->options.preserve_fds = (unsigned int)number;
	else if (starts_with(word, "userns-auto="))
		g->options.ids = (struct id_range){ .outside = (uint32_t)number, .size = 65536 };
	else if (starts_with(word, "listen-fds="))
		g->host.listen_fds = (unsigned int)number;
	else if (starts_with(word, "rootless="))
		g->options.rootless = (struct opt_bool){ .set = true, .v = number };
	else if (streq(word, "no-pivot"))
		g->options.no_pivot = true;
	else if (streq(word, "no-new-keyring"))
		g->options.no_new_keyring = true;
	else if (streq(word, "systemd-cgroup"))
		g->options.systemd_cgroup = true;
	else if (streq(word, "no-cgroup"))
		g->options.no_cgroup = true;
	else if (streq(word, "notify"))
		g->options.notify_dir = "/run/cruet/c1/notify";
	else if (streq(word, "apparmor"))
		g->host.apparmor = true;
	else if (streq(word, "selinux"))
		g->host.selinux = true;
	else if (streq(word, "privileged"))
		g->options.privileged = true;
	else if (streq(word, "container-privileged"))
		g->container_privileged = true;
	else
		return false;
	return true;
}

static bool read_host(struct golden *g)
{
	char *words = slurp(g, "host", NULL);
	bool good = true;

	g->host = machines[0].host;
	g->container_privileged = false;
	g->options = (struct plan_options){ .id = "c1", .bundle = "/run/bundle" };
	for (char *save = NULL, *w = words ? strtok_r(words, " \n", &save) : NULL; w;
	     w = strtok_r(NULL, " \n", &save)) {
		if (read_word(g, w))
			continue;
		printf("# %s.host: unknown word '%s'\n", g->name, w);
		good = false;
	}
	free(words);
	g->host.devices.v = some_devices;
	g->host.devices.n = ARRAY_SIZE(some_devices);
	if (g->host.selinux)
		g->host.selinux_context = "unconfined_u:unconfined_r:unconfined_t:s0-s0:c0.c1023";
	return good;
}

/* ---- every pointer of the plan is one that init can follow ---- */

extern char __executable_start, end;

/* What only the parent reads may point into it. */
struct own {
	const void *from, *to;
};

static bool is_own(const struct own *own, size_t n, const char *p)
{
	for (size_t i = 0; i < n; i++)
		if (p >= (const char *)own[i].from && p < (const char *)own[i].to)
			return true;
	return false;
}

static bool scan(const struct golden *g, const struct own *own, size_t n, const void *from, const void *to)
{
	for (const char *p = from; p + sizeof(uintptr_t) <= (const char *)to; p += sizeof(uintptr_t)) {
		uintptr_t word;

		memcpy(&word, p, sizeof(word));
		if (word < (uintptr_t)&__executable_start || word >= (uintptr_t)&end || is_own(own, n, p))
			continue;
		printf("# %s: byte %zd: a pointer into the program: '%.32s'\n", g->name,
		       p - (const char *)from, (const char *)word);
		return false;
	}
	return true;
}

/* The state is made first, and its last piece last: what the JSON writer leaves behind lies before that. */
static bool scan_plan(const struct golden *g, const struct arena *arena, const struct plan *plan)
{
	const struct plan_cgroup *c = &plan->cgroup;
	const struct unit_properties none = { 0 }, *p = c->unit ? &c->unit->properties : &none,
				     *d = c->unit ? &c->unit->devices : &none;
	const struct own own[] = {
		{ c->writes.v, c->writes.v + c->writes.n },
		{ p->v, p->v + p->n },
		{ d->v, d->v + d->n },
	};
	const char *rest = plan->state_tail + strlen(plan->state_tail) + 1;

	rest += -(uintptr_t)rest % sizeof(uintptr_t);
	return scan(g, own, ARRAY_SIZE(own), plan, plan + 1) &&
	       scan(g, own, ARRAY_SIZE(own), rest, arena->base + arena->used);
}

/* ---- compare ---- */

static const struct {
	const char *extension;
	enum plan_kind kind;
} lives[] = { { "add", PLAN_MOUNTS_ADD }, { "remove", PLAN_MOUNTS_REMOVE } };

/* *ret_done: there is such a file. */
static int make_live(const struct golden *g, struct arena *words, const struct spec *spec,
		     struct arena *arena, const struct plan **ret_plan, bool *ret_done)
{
	int r = 0;

	*ret_done = false;
	for (size_t i = 0; r == 0 && i < ARRAY_SIZE(lives) && !*ret_done; i++) {
		struct plan_live live = { .kind = lives[i].kind };
		size_t n;
		char *json = slurp(g, lives[i].extension, &n);

		if (!json)
			continue;
		*ret_done = true;
		r = spec_load_mounts(words, json, n, &live.v, &live.n);
		if (r == 0)
			r = plan_make_live(arena, spec, &live, &g->host, &g->options, ret_plan);
		free(json);
	}
	return r;
}

static int make(const struct golden *g, struct arena *words, const struct spec *spec, struct arena *arena,
		const struct plan **ret_plan)
{
	const struct spec_process *process;
	size_t n;
	char *json;
	bool done;
	int r = make_live(g, words, spec, arena, ret_plan, &done);

	if (r < 0 || done)
		return r;
	json = slurp(g, "exec", &n);
	if (!json)
		return plan_make(arena, spec, &g->host, &g->options, ret_plan);
	r = spec_load_process(words, json, n, &process);
	if (r == 0 && g->container_privileged)
		r = plan_privileged(arena, &g->host, spec, &spec);
	if (r == 0)
		r = plan_make_exec(arena, spec, process, &g->host, &g->options, ret_plan);
	free(json);
	return r;
}

static bool explain(struct golden *g, const char *json, size_t n, struct arena *arena, char **ret_text)
{
	char line[ERR_TEXT_MAX + 128];
	struct arena words;
	const struct spec *spec;
	const struct plan *plan;
	const char *text;
	bool good = true;
	int r = arena_open_private(&words, 64u << 20);

	fail_forget();
	if (r == 0)
		r = spec_load(&words, json, n, &spec);
	if (r == 0)
		r = make(g, &words, spec, arena, &plan);
	if (r == 0)
		good = scan_plan(g, arena, plan);
	if (r == 0)
		r = plan_explain(arena, plan, &text);
	if (r < 0 && asprintf(ret_text, "error: %s\n", fail_line(line, sizeof(line))) < 0)
		good = false;
	if (r == 0)
		*ret_text = strdup(text);
	arena_close(&words);
	return good;
}

static bool write_golden(const struct golden *g, const char *text)
{
	char path[512];
	FILE *f;

	snprintf(path, sizeof(path), "%s/%s.golden", g->dir, g->name);
	f = fopen(path, "w");
	if (!f)
		return false;
	fputs(text, f);
	return fclose(f) == 0;
}

/* The first line that differs is enough to find the rest. */
static void show_difference(const char *got, const char *want)
{
	while (*got && *want && !strncmp(got, want, strcspn(want, "\n") + 1)) {
		got += strcspn(want, "\n") + 1;
		want += strcspn(want, "\n") + 1;
	}
	printf("#  got: %.*s\n# want: %.*s\n", (int)strcspn(got, "\n"), got, (int)strcspn(want, "\n"), want);
}

static bool run_one(struct golden *g, bool update)
{
	size_t n;
	char *json = slurp(g, "json", &n), *want = slurp(g, "golden", NULL), *got = NULL;
	struct arena arena;
	bool good = json && read_host(g) && arena_open_shared(&arena, 64u << 20) == 0;

	if (good) {
		good = explain(g, json, n, &arena, &got);
		arena_close(&arena);
	}
	if (good && update)
		good = write_golden(g, got);
	else if (good && (!want || strcmp(got, want))) {
		show_difference(got, want ? want : "(no golden file)");
		good = false;
	}
	printf("%sok plan/%s\n", good ? "" : "not ", g->name);
	free(json);
	free(want);
	free(got);
	return good;
}

static int is_json(const struct dirent *entry)
{
	return ends_with(entry->d_name, ".json");
}

int main(int argc, char **argv)
{
	bool update = argc > 1 && streq(argv[1], "--update");
	struct golden g = { .name = "" };
	struct dirent **list;
	int n, failed = 0, first = update ? 2 : 1;

	snprintf(g.dir, sizeof(g.dir), "%s", argc > first ? argv[first] : "tests/plan");
	n = scandir(g.dir, &list, is_json, alphasort);
	if (n <= 0) {
		printf("not ok plan: no configurations in %s\n", g.dir);
		return 1;
	}
	for (int i = 0; i < n; i++) {
		bool chosen = argc <= first + 1;

		snprintf(g.name, sizeof(g.name), "%.*s", (int)strlen(list[i]->d_name) - 5, list[i]->d_name);
		for (int k = first + 1; k < argc; k++)
			chosen = chosen || streq(argv[k], g.name);
		if (chosen)
			failed += !run_one(&g, update);
		free(list[i]);
	}
	free(list);
	return failed ? 1 : 0;
}
