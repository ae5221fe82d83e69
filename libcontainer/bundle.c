/* SPDX-License-Identifier: Apache-2.0 */
/* bundle.c: what a new bundle begins with. */
#include <unistd.h>

#include "base/err.h"
#include "base/json_write.h"
#include "container.h"
#include "kernel/caps.h"
#include "libcontainer.h"
#include "spec/seccomp_default.h"
#include "spec/spec.h"

/* An unconfined one does: what --privileged makes of nothing, in this machine's words. */
static int ask_for_all(struct cruet *cruet, struct spec_default *how)
{
	const struct spec_process nothing = { .cwd = "/" }, *process;
	const struct spec empty = { .process = &nothing,
				    .linux_ = &(struct spec_linux){ .rootfs_propagation = 0 } };
	const struct spec *spec;
	struct host host;
	int r = cruet_host(cruet, &host);

	if (r == 0)
		r = cruet_host_devices(&cruet->arena, &host);
	if (r == 0)
		r = plan_privileged(&cruet->arena, &host, &empty, &spec);
	if (r < 0)
		return r;
	process = spec->process;
	how->privileged = &process->capabilities->bounding;
	how->selinux_label = process->selinux_label;
	how->devices.v = spec->linux_->devices.v;
	how->devices.n = spec->linux_->devices.n;
	return 0;
}

int cruet_spec_json(struct cruet *cruet, bool rootless, bool privileged, const char **ret_json)
{
	/* The document does not depend on the machine that wrote it: which processors have a thermal_throttle
	 * to be masked is a fact about the one that runs the container. */
	struct spec_default how = { .rootless = rootless, .uid = geteuid(), .gid = getegid() };
	int r = privileged ? ask_for_all(cruet, &how) : 0;
	struct json_writer *w;
	size_t n;

	if (r < 0)
		return r;
	w = json_writer_begin(&cruet->arena, "\t");
	if (!w)
		return -ENOMEM;
	spec_default_write(&how, w);
	return json_writer_end(w, ret_json, &n);
}

/* The groups of the profile have the words of capabilities(7): make them of whatever form was given. */
static int make_words(struct arena *arena, const struct cruet_words *caps, struct strings *ret_words)
{
	const char **words = arena_array(arena, caps->n + 1, const char *);

	if (!words)
		return -ENOMEM;
	for (size_t i = 0; i < caps->n; i++) {
		char word[32];
		int number;

		if (cap_number(caps->v[i], &number) < 0)
			return fail(0, "unknown capability '%s'", caps->v[i]);
		words[i] = arena_strdup(arena, cap_word(number, word, sizeof(word)));
		if (!words[i])
			return -ENOMEM;
	}
	*ret_words = (struct strings){ words, caps->n };
	return 0;
}

int cruet_seccomp_json(struct cruet *cruet, const struct cruet_words *caps, const char **ret_json)
{
	struct strings words = spec_default_capabilities;
	struct json_writer *w;
	size_t n;
	int r = caps ? make_words(&cruet->arena, caps, &words) : 0;

	if (r < 0)
		return r;
	w = json_writer_begin(&cruet->arena, "\t");
	if (!w)
		return -ENOMEM;
	seccomp_default_write(&words, w, NULL);
	return json_writer_end(w, ret_json, &n);
}
