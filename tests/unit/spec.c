/* SPDX-License-Identifier: Apache-2.0 */
/* tests/unit/spec.c: the tables against the specification's list of properties, and whole documents. */
#include "base/err.h"
#include "base/str.h"
#include "spec/spec.h"
#include "spec/tables.h"

#include <dirent.h>
#include <stdlib.h>

#include "test.h"

#define DATA "tests/unit/data"

static struct arena arena;
static char line[ERR_TEXT_MAX + 64];
static char file_text[1 << 20];
static const struct spec *spec;

static void fresh(void)
{
	arena_close(&arena);
	fail_forget();
	if (arena_open_private(&arena, 64u << 20) < 0)
		abort();
}

static ssize_t slurp(const char *path)
{
	FILE *f = fopen(path, "re");
	size_t n;

	if (!f)
		return -1;
	n = fread(file_text, 1, sizeof(file_text) - 1, f);
	fclose(f);
	file_text[n] = '\0';
	return (ssize_t)n;
}

static const char *load_file(const char *path)
{
	ssize_t n = slurp(path);

	fresh();
	if (n < 0)
		return "no such file";
	return spec_load(&arena, file_text, (size_t)n, &spec) < 0 ? fail_line(line, sizeof(line)) : "";
}

static const char *decode(const char *text)
{
	struct spec decoded;

	fresh();
	return json_read(&arena, &spec_table, text, strlen(text), &decoded) < 0
		       ? fail_line(line, sizeof(line))
		       : "";
}

/* ---- every row ---- */

static const char *properties[512];
static size_t n_properties;

static struct arena words; /* of the walk */

struct place {
	const char *open, *close; /* what stands around the value in a document */
	const char *path, *name;  /* "mounts[0].options", "mounts[].options" */
};

static const char *wrong_value(const struct json_field *row)
{
	return row->kind >= JSON_I64 && row->kind <= JSON_OPT_U32 ? "\"1\"" : "1";
}

static const char *what(const struct json_field *row)
{
	switch ((enum json_kind)row->kind) {
	case JSON_BOOL:
	case JSON_OPT_BOOL:
		return "true or false";
	case JSON_STRING:
	case JSON_WORD:
		return "a string";
	case JSON_STRINGS:
	case JSON_U32S:
	case JSON_LIST:
		return "a list";
	case JSON_MAP:
	case JSON_KEYED:
	case JSON_OBJECT:
	case JSON_POINTER:
		return "an object";
	default:
		return "a number";
	}
}

static void check_wrong(const struct place *at, const char *item, const char *value, const char *expected)
{
	CHECK_STR(decode(arena_printf(&words, "%s%s%s", at->open, value, at->close)),
		  arena_printf(&words, "%s%s: expected %s", at->path, item, expected));
}

static void walk(const struct json_table *table, const struct place *around);

static void walk_row(const struct json_field *row, const struct place *around)
{
	bool is_list = row->kind == JSON_STRINGS || row->kind == JSON_U32S || row->kind == JSON_LIST;
	bool is_map = row->kind == JSON_MAP || row->kind == JSON_KEYED;
	const char *dot = around->path[0] ? "." : "";
	struct place at = {
		.open = arena_printf(&words, "%s\"%s\":", around->open, row->name),
		.close = around->close,
		.path = arena_printf(&words, "%s%s%s", around->path, dot, row->name),
		.name = arena_printf(&words, "%s%s%s%s", around->name, dot, row->name,
				     is_list  ? "[]"
				     : is_map ? "{}"
					      : ""),
	};

	properties[n_properties++] = arena_printf(&words, "%s%s", at.name, row->required ? " required" : "");
	check_wrong(&at, "", wrong_value(row), what(row));
	if (row->kind == JSON_STRINGS)
		check_wrong(&at, "[0]", "[1]", "a string");
	if (row->kind == JSON_U32S)
		check_wrong(&at, "[0]", "[{}]", "a number");
	if (row->kind == JSON_MAP)
		check_wrong(&at, ".k", "{\"k\":1}", "a string");
	if (!row->table)
		return;
	at.open = arena_printf(&words, "%s%s", at.open, is_list ? "[{" : is_map ? "{\"k\":{" : "{");
	at.close = arena_printf(&words, "%s%s", is_list ? "}]" : is_map ? "}}" : "}", at.close);
	at.path = arena_printf(&words, "%s%s", at.path, is_list ? "[0]" : is_map ? ".k" : "");
	walk(row->table, &at);
}

static void walk(const struct json_table *table, const struct place *around)
{
	for (size_t i = 0; i < table->n; i++)
		walk_row(&table->v[i], around);
}

static int order_strings(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* Each property of the specification has its row, and no row is of anything else; each names its place and
 * type. */
static void every_property(void)
{
	const struct place top = {"{", "}", "", ""};
	size_t i = 0;

	CHECK(arena_open_private(&words, 4 << 20) == 0);
	walk(&spec_table, &top);
	qsort(properties, n_properties, sizeof(*properties), order_strings);
	CHECK(slurp(DATA "/properties.txt") > 0);
	for (char *save, *word = strtok_r(file_text, "\n", &save); word; word = strtok_r(NULL, "\n", &save)) {
		if (*word == '#')
			continue;
		CHECK_STR(i < n_properties ? properties[i] : NULL, word);
		i++;
	}
	CHECK(i == n_properties);
	arena_close(&words);
}

/* ---- full.json, property by property ---- */

static void full_process(void)
{
	const struct spec_process *p;

	CHECK_STR(load_file(DATA "/good/full.json"), "");
	p = spec->process;
	CHECK(p->terminal && p->console_size->height == 25 && p->console_size->width == 80);
	CHECK(p->user.uid == 1000 && p->user.gid == UINT32_MAX - 1 && p->user.umask.set &&
	      p->user.umask.v == 077);
	CHECK(p->user.additional_gids.n == 2 && p->user.additional_gids.v[1] == 6);
	CHECK(p->args.n == 3 && streq(p->args.v[2], "true") && !p->args.v[3]);
	CHECK(p->env.n == 2 && streq(p->env.v[1], "EMPTY=") && streq(p->cwd, "/home"));
	CHECK(p->capabilities->bounding.n == 2 && streq(p->capabilities->bounding.v[1], "CAP_CHOWN"));
	CHECK(p->capabilities->effective.n == 1 && p->capabilities->inheritable.n == 0);
	CHECK(p->capabilities->permitted.n == 1 && streq(p->capabilities->ambient.v[0], "CAP_UNKNOWN_TO_US"));
	CHECK(p->rlimits.n == 2 && streq(p->rlimits.v[0].type, "RLIMIT_NOFILE") &&
	      p->rlimits.v[0].soft == 512);
	CHECK(p->rlimits.v[0].hard == 1024 && p->rlimits.v[1].soft == UINT64_MAX &&
	      p->rlimits.v[1].hard == UINT64_MAX);
	CHECK(p->no_new_privileges.set && p->no_new_privileges.v && p->oom_score_adj.v == -100);
	CHECK_STR(p->apparmor_profile, "acme");
	CHECK_STR(p->selinux_label, "system_u:system_r:container_t:s0:c1,c2");
	CHECK(p->scheduler->policy == SPEC_SCHED_DEADLINE && p->scheduler->nice.v == -5 &&
	      p->scheduler->priority.set);
	CHECK(p->scheduler->flags.n == 1 && p->scheduler->runtime.v == 10000000 &&
	      p->scheduler->deadline.v == 20000000);
	CHECK(p->scheduler->period.v == 30000000);
	CHECK(p->io_priority->class == SPEC_IOPRIO_IDLE && p->io_priority->priority == 4);
	CHECK_STR(p->exec_cpu_affinity->initial, "7");
	CHECK_STR(p->exec_cpu_affinity->final, "0-3, 7");
}

static void full_top(void)
{
	const struct spec_mount *m;
	const struct spec_hooks *h;

	CHECK_STR(load_file(DATA "/good/full.json"), "");
	CHECK_STR(spec->oci_version, "1.3.0");
	CHECK(streq(spec->root->path, "rootfs") && spec->root->readonly);
	CHECK_STR(spec->hostname, "slartibartfast");
	CHECK_STR(spec->domainname, "foobarbaz.test");
	CHECK(spec->mounts.n == 2 && streq(spec->mounts.v[0].destination, "/proc") &&
	      !spec->mounts.v[0].options.v);
	m = &spec->mounts.v[1];
	CHECK(streq(m->type, "bind") && streq(m->source, "/volumes/testing") && m->options.n == 3);
	CHECK(m->uid_mappings.n == 1 && m->uid_mappings.v[0].outside == 100000 &&
	      m->uid_mappings.v[0].size == 65536);
	CHECK(m->gid_mappings.n == 1 && m->gid_mappings.v[0].inside == 1);
	h = spec->hooks;
	CHECK(h->prestart.n == 1 && h->prestart.v[0].args.n == 2 &&
	      streq(h->prestart.v[0].env.v[0], "key1=value1"));
	CHECK(h->create_runtime.v[0].timeout.v == 5 && !h->create_container.v[0].timeout.set);
	CHECK(streq(h->start_container.v[0].path, "/usr/bin/refresh-ldcache") &&
	      h->poststart.v[0].timeout.v == 1);
	CHECK(h->poststop.n == 2 && streq(h->poststop.v[1].path, "/second"));
	CHECK(spec->annotations.n == 2 && streq(spec->annotations.v[0].key, "com.example.gpu-cores"));
	CHECK_STR(spec->annotations.v[0].value, "2");
}

static void full_linux(void)
{
	const struct spec_linux *l;

	CHECK_STR(load_file(DATA "/good/full.json"), "");
	l = spec->linux_;
	CHECK(l->namespaces.n == 8 && l->namespaces.v[0].type == SPEC_NS_PID &&
	      l->namespaces.v[7].type == SPEC_NS_TIME);
	CHECK_STR(l->namespaces.v[0].path, "/proc/1234/ns/pid");
	CHECK(!l->namespaces.v[4].path);
	CHECK(l->uid_mappings.v[0].size == 32000 && l->gid_mappings.n == 2 &&
	      l->gid_mappings.v[1].outside == 2000);
	CHECK(l->time_offsets->boottime->secs == -5 && l->time_offsets->boottime->nanosecs == 999999999);
	CHECK(l->time_offsets->monotonic->secs == 172800);
	CHECK(l->devices.n == 2 && l->devices.v[0].type == 'c' && streq(l->devices.v[0].path, "/dev/fuse"));
	CHECK(l->devices.v[0].major.v == 10 && l->devices.v[0].minor.v == 229 &&
	      l->devices.v[0].file_mode.v == 0666);
	CHECK(l->devices.v[0].uid.v == 1 && l->devices.v[0].gid.v == 2 && l->devices.v[1].type == 'p');
	CHECK(l->net_devices.n == 2 && streq(l->net_devices.v[0].host_name, "eth0") &&
	      !l->net_devices.v[1].name);
	CHECK_STR(l->net_devices.v[0].name, "container_eth0");
	CHECK_STR(l->cgroups_path, "/myRuntime/myContainer");
	CHECK(l->rootfs_propagation == (SPEC_PROPAGATION_SLAVE | SPEC_PROPAGATION_REC));
	CHECK(l->sysctl.n == 3 && streq(l->sysctl.v[0].key, "net.ipv4.ip_forward") &&
	      streq(l->sysctl.v[0].value, "1"));
	CHECK(l->masked_paths.n == 1 && l->readonly_paths.n == 2 &&
	      streq(l->readonly_paths.v[1], "/proc/bus"));
	CHECK_STR(l->mount_label, "system_u:object_r:container_file_t:s0:c715,c811");
	CHECK(streq(l->intel_rdt->clos_id, "guaranteed_group") && l->intel_rdt->schemata.n == 2);
	CHECK(streq(l->intel_rdt->l3_cache_schema, "L3:0=7f0;1=1f") && l->intel_rdt->enable_monitoring.v);
	CHECK_STR(l->intel_rdt->mem_bw_schema, "MB:0=20;1=70");
	CHECK(streq(l->memory_policy->mode, "MPOL_BIND") && streq(l->memory_policy->nodes, "0-1"));
	CHECK(l->memory_policy->flags.n == 1 && streq(l->personality->domain, "LINUX32"));
}

static void full_resources(void)
{
	const struct spec_resources *r;

	CHECK_STR(load_file(DATA "/good/full.json"), "");
	r = spec->linux_->resources;
	CHECK(r->devices.n == 3 && !r->devices.v[0].allow && !r->devices.v[0].type &&
	      !r->devices.v[0].major.set);
	CHECK(r->devices.v[1].allow && streq(r->devices.v[1].access, "rw") && r->devices.v[2].minor.v == -1);
	CHECK(r->memory->limit.v == 536870912 && r->memory->reservation.v == 436870912 &&
	      r->memory->swap.v == 636870912);
	CHECK(r->memory->kernel.v == -1 && r->memory->kernel_tcp.v == -1 && r->memory->swappiness.v == 60);
	CHECK(r->memory->disable_oom_killer.set && !r->memory->disable_oom_killer.v &&
	      r->memory->use_hierarchy.v);
	CHECK(r->memory->check_before_update.v);
	CHECK(r->cpu->shares.v == 1024 && r->cpu->quota.v == -1 && r->cpu->burst.v == 1000000);
	CHECK(r->cpu->period.v == 500000 && r->cpu->realtime_runtime.v == 950000 &&
	      r->cpu->realtime_period.v == 1000000);
	CHECK(streq(r->cpu->cpus, "2-3") && streq(r->cpu->mems, "0-7") && r->cpu->idle.v == 1);
	CHECK(r->pids->limit.set && r->pids->limit.v == 32771);
	CHECK(r->block_io->weight.v == 10 && r->block_io->leaf_weight.v == 11 &&
	      r->block_io->weight_device.n == 2);
	CHECK(r->block_io->weight_device.v[0].leaf_weight.v == 300 &&
	      !r->block_io->weight_device.v[1].weight.set);
	CHECK(r->block_io->throttle_read_bps.v[0].rate.v == 600 &&
	      r->block_io->throttle_write_bps.v[0].rate.v == 601);
	CHECK(r->block_io->throttle_read_iops.v[0].rate.v == 602 &&
	      r->block_io->throttle_read_iops.v[0].minor == 3);
	CHECK(r->block_io->throttle_write_iops.v[0].rate.v == UINT64_MAX);
	CHECK(streq(r->hugepage_limits.v[0].page_size, "2MB") &&
	      r->hugepage_limits.v[0].limit == 9223372036854772000u);
	CHECK(r->network->class_id.v == 1048577 && r->network->priorities.n == 2);
	CHECK(streq(r->network->priorities.v[1].name, "lo") && r->network->priorities.v[1].priority == 1000);
	CHECK(r->rdma.n == 2 && streq(r->rdma.v[0].device, "mlx5_1") && r->rdma.v[0].hca_handles.v == 3);
	CHECK(!r->rdma.v[1].hca_handles.set && r->rdma.v[1].hca_objects.v == 1);
	CHECK(r->unified.n == 2 && streq(r->unified.v[0].key, "memory.high") &&
	      streq(r->unified.v[0].value, "1073741824"));
}

static void full_seccomp(void)
{
	const struct spec_seccomp *s;

	CHECK_STR(load_file(DATA "/good/full.json"), "");
	s = spec->linux_->seccomp;
	CHECK(s->default_action == SPEC_ACT_ERRNO && s->default_errno_ret.v == 38 && s->architectures.n == 2);
	CHECK(s->has_flags && s->flags.n == 2 && streq(s->listener_path, "/run/agent.sock"));
	CHECK_STR(s->listener_metadata, "opaque");
	CHECK(s->syscalls.n == 3 && s->syscalls.v[0].names.n == 2 && s->syscalls.v[0].errno_ret.v == 1);
	CHECK(s->syscalls.v[1].action == SPEC_ACT_ALLOW && s->syscalls.v[1].args.n == 2 &&
	      !s->syscalls.v[1].errno_ret.set);
	CHECK(s->syscalls.v[1].args.v[0].value == UINT64_MAX && s->syscalls.v[1].args.v[0].op == SPEC_CMP_EQ);
	CHECK(s->syscalls.v[1].args.v[1].index == 5 && s->syscalls.v[1].args.v[1].value_two == 2);
	CHECK(s->syscalls.v[2].action == SPEC_ACT_NOTIFY);
}

/* full.json is full. */
static void full_is_full(void)
{
	static char text[sizeof(file_text)];

	CHECK(slurp(DATA "/good/full.json") > 0);
	strcpy(text, file_text);
	CHECK(slurp(DATA "/properties.txt") > 0);
	for (char *save, *word = strtok_r(file_text, "\n", &save); word; word = strtok_r(NULL, "\n", &save)) {
		char *name = strrchr(word, '.'), quoted[128];

		if (*word == '#')
			continue;
		name = name ? name + 1 : word;
		snprintf(quoted, sizeof(quoted), "\"%.*s\":", (int)strcspn(name, "[{ "), name);
		if (!strstr(text, quoted))
			CHECK_STR(quoted, "in full.json");
	}
}

/* ---- documents ---- */

static void absent(void)
{
	CHECK_STR(load_file(DATA "/good/minimal.json"), "");
	CHECK(!spec->process && !spec->hostname && !spec->hooks && !spec->mounts.n && !spec->annotations.n);
	CHECK(spec->linux_ && !spec->linux_->resources && !spec->linux_->seccomp &&
	      !spec->linux_->namespaces.n);
	CHECK(!spec->linux_->rootfs_propagation);
	CHECK_STR(load_file(DATA "/good/nil.json"), "");
	CHECK(spec->process && !spec->process->args.v && !spec->process->capabilities &&
	      !spec->process->rlimits.n);
	CHECK(!spec->process->apparmor_profile && !spec->process->no_new_privileges.set && !spec->hostname);
	CHECK(spec->linux_->resources->pids && !spec->linux_->resources->pids->limit.set);
	CHECK(!spec->linux_->resources->cpu->cpus && !spec->linux_->resources->memory->limit.set);
	CHECK_STR(load_file(DATA "/good/platforms.json"), "");
}

static void bad_documents(void)
{
	static const char *const rows[][2] = {
		{"two-objects", "line 2, near column 2: not JSON: trailing garbage"},
		{"nul-after", "line 1, column 52: a NUL byte"},
		{"nul-escaped", "line 1, column 67: \\u0000 cannot be in a string"},
		{"not-utf8", "line 1, column 87: not UTF-8"},
		{"duplicate", "root: appears twice"},
		{"uid-minus-one", "process.user.uid: 4294967295 is not in 0..4294967294"},
		{"uid-string", "process.user.uid: expected a number"},
		{"cgroups-path", "linux.cgroupsPath: '/a/../../b' has a '..' or a control character in it"},
		{"net-device", "linux.netDevices.eth0.name: expected a string"},
		{"rdma", "linux.resources.rdma.mlx5_1.hcaHandles: expected a number"},
		{"hugepage",
		 "linux.resources.hugepageLimits[0].pageSize: 'MB' is not a size like 64KB, 2MB, 1GB"},
		{"not-json", "line 1, near column 26: not JSON: invalid object key (must be a string)"},
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		char path[256];

		snprintf(path, sizeof(path), DATA "/bad/%s.json", rows[i][0]);
		CHECK_STR(load_file(path), rows[i][1]);
	}
}

/* It calls itself 0.5.0-dev; the rest of it is sound. */
static void check_spec_example(void)
{
	char *version = strstr(file_text, "\"0.5.0-dev\"");

	fresh();
	if (version)
		version[1] = '1';
	CHECK(spec_load(&arena, file_text, strlen(file_text), &spec) == 0);
	CHECK_STR(fail_line(line, sizeof(line)), "");
}

/* The specification's own examples, where they lie beside the project; some are of other platforms. */
static void spec_examples(void)
{
	static const char *const passes_here[] = {"linux-hugepage.json", "freebsd-vnet-disable.json"};
	const char *base = getenv("RUNTIME_SPEC_DATA");
	char dir[512], path[1024];
	struct dirent *entry;
	DIR *d;

	base = base ? base : "../shared/data/runtime-spec-1.3";
	for (int good = 0; good < 2; good++) {
		snprintf(dir, sizeof(dir), "%s/test/config/%s", base, good ? "good" : "bad");
		d = opendir(dir);
		if (!d) {
			printf("# %s is not there: the specification's examples are not tried\n", dir);
			return;
		}
		while ((entry = readdir(d))) {
			bool decodes = good;

			if (!ends_with(entry->d_name, ".json"))
				continue;
			for (size_t i = 0; i < ARRAY_SIZE(passes_here); i++)
				decodes |= streq(entry->d_name, passes_here[i]);
			snprintf(path, sizeof(path), "%s/%s", dir, entry->d_name);
			CHECK(slurp(path) > 0);
			if (decodes)
				CHECK_STR(decode(file_text), "");
			else
				CHECK(*decode(file_text));
			if (streq(entry->d_name, "linux-hugepage.json"))
				CHECK(*load_file(path));
			if (starts_with(entry->d_name, "minimal"))
				CHECK_STR(load_file(path), "");
			if (good && streq(entry->d_name, "spec-example.json"))
				check_spec_example();
		}
		closedir(d);
	}
}

/* ---- the other inputs ---- */

static const char *load_process(const char *text)
{
	const struct spec_process *p = NULL;

	fresh();
	return spec_load_process(&arena, text, strlen(text), &p) < 0 ? fail_line(line, sizeof(line))
								     : p->args.v[0];
}

static void other_inputs(void)
{
	static const char resources[] =
		"{\"memory\": {\"limit\": -1}, \"pids\": {\"limit\": 0}, \"unknown\": 1}";
	static const char mounts[] = "[{\"destination\": \"/a\", \"source\": \"/b\"}]";
	const struct spec_resources *r = NULL;
	const struct spec_mount *m = NULL;
	size_t n = 0;

	CHECK_STR(load_process("{\"cwd\": \"/\", \"args\": [\"ls\"], \"user\": {\"uid\": 1}}"), "ls");
	CHECK_STR(load_process("{\"cwd\": \"/\"}"), "args: is empty: a command to execute is needed");
	CHECK_STR(load_process("{\"args\": [\"ls\"]}"), "cwd: is missing");
	CHECK_STR(load_process("{\"cwd\": \"x\", \"args\": [\"ls\"]}"), "cwd: 'x' is not an absolute path");
	fresh();
	CHECK(spec_load_resources(&arena, resources, strlen(resources), &r) == 0);
	CHECK(r && r->memory->limit.v == -1 && r->pids->limit.set && r->pids->limit.v == 0);
	CHECK(spec_load_mounts(&arena, mounts, strlen(mounts), &m, &n) == 0 && n == 1 &&
	      streq(m[0].source, "/b"));
	fail_forget();
	CHECK(spec_load_mounts(&arena, "[{\"destination\": \"\"}]", 21, &m, &n) == -EINVAL);
	CHECK_STR(fail_line(line, sizeof(line)), "mounts[0].destination: is empty: name where to mount");
}

/* What an update leaves, as JSON. */
static const char *merged(const char *old, const char *new, bool swap_apart)
{
	const struct spec_resources *was, *asked, *both;
	const char *text;
	size_t n;

	fresh();
	if (spec_load_resources(&arena, old, strlen(old), &was) < 0 ||
	    spec_load_resources(&arena, new, strlen(new), &asked) < 0 ||
	    spec_merge_resources(&arena, was, asked, swap_apart, &both) < 0 ||
	    spec_write_resources(&arena, both, &text, &n) < 0)
		return fail_line(line, sizeof(line));
	return text;
}

static void merge_of_memory_and_swap(void)
{
#define OLD	"{\"memory\":{\"limit\":100,\"swap\":150}}"
#define MERGED(new, apart) merged(OLD, "{\"memory\":{" new "}}", apart)
	CHECK_STR(MERGED("\"limit\":300", true), "{\"memory\":{\"limit\":300,\"swap\":350}}");
	CHECK_STR(MERGED("\"limit\":120", false), "{\"memory\":{\"limit\":120,\"swap\":150}}");
	CHECK_STR(MERGED("\"limit\":300,\"swap\":0", true), "{\"memory\":{\"limit\":300,\"swap\":350}}");
	CHECK_STR(MERGED("\"limit\":300,\"swap\":301", true), "{\"memory\":{\"limit\":300,\"swap\":301}}");
	CHECK_STR(MERGED("\"limit\":-1", false), "{\"memory\":{\"limit\":-1,\"swap\":-1}}");
	CHECK_STR(MERGED("\"limit\":0,\"swap\":0", true), OLD);
	CHECK_STR(MERGED("\"swap\":-1", true), "{\"memory\":{\"limit\":100,\"swap\":-1}}");
	CHECK_STR(MERGED("\"limit\":9223372036854775807", true),
		  "{\"memory\":{\"limit\":9223372036854775807,\"swap\":9223372036854775807}}");
	CHECK_STR(merged("{\"memory\":{\"limit\":100}}", "{\"memory\":{\"limit\":50}}", true),
		  "{\"memory\":{\"limit\":50}}");
	CHECK_STR(merged("{\"memory\":{\"limit\":100,\"swap\":-1}}", "{\"memory\":{\"limit\":50}}", true),
		  "{\"memory\":{\"limit\":50,\"swap\":-1}}");
#undef MERGED
#undef OLD
}

int main(void)
{
	static const struct test tests[] = {
		{"every-property", every_property},
		{"full-process", full_process},
		{"full-top", full_top},
		{"full-linux", full_linux},
		{"full-resources", full_resources},
		{"full-seccomp", full_seccomp},
		{"full-is-full", full_is_full},
		{"absent", absent},
		{"bad-documents", bad_documents},
		{"spec-examples", spec_examples},
		{"other-inputs", other_inputs},
		{"merge-of-memory-and-swap", merge_of_memory_and_swap},
	};
	int r = test_main("spec", tests, ARRAY_SIZE(tests));

	arena_close(&arena);
	return r;
}
