/* SPDX-License-Identifier: Apache-2.0 */
/*
 * features.c: what this program acts on, as the features document of the specification (features.md,
 * features-linux.md). Engines switch abilities on by it, so it says what is so today: the words are those of
 * the tables that parse them, and whether a part acts is one row below.
 */
#include "base/io.h"
#include "base/json_write.h"
#include "base/str.h"
#include "container.h"
#include "kernel/caps.h"
#include "kernel/seccomp.h"
#include "libcontainer.h"
#include "plan/filter.h"
#include "plan/words.h"
#include "spec/tables.h"

#define OLDEST_VERSION	"1.0.0" /* spec/check.c takes all of 1.x */
#define LAST_CAPABILITY 63	/* a mask has no more */

struct list {
	const char *key;
	const struct json_words *words;
	bool (*acts)(const char *word); /* NULL: all of them do */
};

static bool flag_acts(const char *word)
{
	const char *known;
	unsigned int flag;

	for (size_t i = 0; (known = filter_flag_word(i, &flag)); i++)
		if (streq(known, word))
			return !flag || seccomp_flag_supported(flag);
	return false;
}

static const struct list seccomp_lists[] = {
	{ "actions", &spec_seccomp_actions, NULL },
	{ "operators", &spec_seccomp_operators, NULL },
	{ "archs", &spec_seccomp_architectures, seccomp_arch_known },
	{ "knownFlags", &spec_seccomp_flags, NULL },
	{ "supportedFlags", &spec_seccomp_flags, flag_acts },
	{ NULL, NULL, NULL },
};
static const struct list memory_policy_lists[] = {
	{ "modes", &spec_memory_policy_modes, NULL },
	{ "flags", &spec_memory_policy_flags, NULL },
	{ NULL, NULL, NULL },
};

/* The parts of `linux` in the order of the document. Where all of a part that has words is off, the words are
 * left out. */
static const struct fact {
	const char *part;
	const char *name; /* NULL: the part is there or not */
	bool acts;
	const struct list *lists;
} facts[] = {
	{ "cgroup", "v1", true, NULL },		  { "cgroup", "v2", true, NULL },
	{ "cgroup", "systemd", true, NULL },	  { "cgroup", "systemdUser", true, NULL },
	{ "cgroup", "rdma", true, NULL },	  { "seccomp", "enabled", true, seccomp_lists },
	{ "apparmor", "enabled", true, NULL },	  { "selinux", "enabled", true, NULL },
	{ "intelRdt", "enabled", true, NULL },	  { "intelRdt", "schemata", true, NULL },
	{ "intelRdt", "monitoring", true, NULL }, { "memoryPolicy", NULL, true, memory_policy_lists },
	{ "netDevices", "enabled", true, NULL },
};
static const bool idmap_acts = true; /* linux.mountExtensions has a level more */

/* Annotations of a configuration that change what is done: an engine must not pass them on from whom it does
 * not trust. With a dot at the end, all that begin so. criu's own configuration can name programs to run. */
static const char *const unsafe_annotations[] = {
	"org.criu.config",
	"org.systemd.property.",
	"run.oci.keep_original_groups",
	"run.oci.mount_context_type",
};

static void write_words(struct json_writer *w, const struct list *list)
{
	json_array(w, list->key);
	for (size_t i = 0; i < list->words->n; i++)
		if (!list->acts || list->acts(list->words->v[i].name))
			json_string(w, NULL, list->words->v[i].name);
	json_end_array(w);
}

/* A user's manager needs a cgroup2: plan/plan.c. */
static bool fact_acts(const struct fact *f, enum cgroup_mode mode)
{
	return f->acts && (mode == CGROUP_V2 || !f->name || !streq(f->name, "systemdUser"));
}

static void write_facts(struct json_writer *w, enum cgroup_mode mode)
{
	for (size_t i = 0; i < ARRAY_SIZE(facts); i++) {
		const struct fact *f = &facts[i];

		if (!f->name && !f->acts)
			continue;
		if (i == 0 || !streq(f->part, f[-1].part))
			json_object(w, f->part);
		if (f->name)
			json_bool(w, f->name, fact_acts(f, mode));
		for (const struct list *list = f->lists; f->acts && list && list->key; list++)
			write_words(w, list);
		if (i + 1 == ARRAY_SIZE(facts) || !streq(f->part, f[1].part))
			json_end_object(w);
	}
	json_object(w, "mountExtensions");
	json_object(w, "idmap");
	json_bool(w, "enabled", idmap_acts);
	json_end_object(w);
	json_end_object(w);
}

/* Those that libcap has a name for and this kernel knows. */
static void write_capabilities(struct cruet *cruet, struct json_writer *w)
{
	char text[16], word[64];
	uint64_t last = LAST_CAPABILITY;

	if (read_file_at(cruet->procfd, "sys/kernel/cap_last_cap", text, sizeof(text)) < 0 ||
	    parse_u64(text, LAST_CAPABILITY, &last) < 0)
		last = LAST_CAPABILITY;
	json_array(w, "capabilities");
	for (int i = 0; i <= (int)last; i++)
		if (cap_word(i, word, sizeof(word)))
			json_string(w, NULL, word);
	json_end_array(w);
}

static void write_mount_options(struct json_writer *w)
{
	json_array(w, "mountOptions");
	for (size_t i = 0; mount_words_name(i); i++)
		json_string(w, NULL, mount_words_name(i));
	json_end_array(w);
}

static void write_annotations(struct json_writer *w)
{
	char version[32];

	json_object(w, "annotations");
	json_string(w, "org.cruet.version", cruet_version());
	json_string(w, "org.cruet.commit", cruet_commit());
	json_string(w, "org.cruet.checkpoint.enabled", "true");
	json_string(w, "io.github.seccomp.libseccomp.version",
		    seccomp_library_version(version, sizeof(version)));
	json_end_object(w);
	json_array(w, "potentiallyUnsafeConfigAnnotations");
	for (size_t i = 0; i < ARRAY_SIZE(unsafe_annotations); i++)
		json_string(w, NULL, unsafe_annotations[i]);
	json_end_array(w);
}

int cruet_features_json(struct cruet *cruet, const char **ret_json)
{
	const struct list namespaces = { "namespaces", &spec_namespace_types, NULL };
	const struct cgroup_host *host;
	struct json_writer *w;
	size_t n;
	int r = cruet_cgroups(cruet, &host);

	if (r < 0)
		return r;
	w = json_writer_begin(&cruet->arena, "    ");
	if (!w)
		return -ENOMEM;
	json_object(w, NULL);
	json_string(w, "ociVersionMin", OLDEST_VERSION);
	json_string(w, "ociVersionMax", SPEC_OCI_VERSION);
	json_array(w, "hooks");
	for (int i = 0; i < HOOK_POINTS; i++)
		json_string(w, NULL, plan_hook_names[i]);
	json_end_array(w);
	write_mount_options(w);
	json_object(w, "linux");
	write_words(w, &namespaces);
	write_capabilities(cruet, w);
	write_facts(w, host->mode);
	json_end_object(w);
	write_annotations(w);
	json_end_object(w);
	return json_writer_end(w, ret_json, &n);
}
