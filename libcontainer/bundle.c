/* SPDX-License-Identifier: Apache-2.0 */
/* bundle.c: what a new bundle begins with. */
#include <unistd.h>

#include "base/json_write.h"
#include "container.h"
#include "libcontainer.h"
#include "spec/spec.h"

int cruet_spec_json(struct cruet *cruet, bool rootless, const char **ret_json)
{
	/* The document does not depend on the machine that wrote it: which processors have a thermal_throttle
	 * to be masked is a fact about the one that runs the container. */
	const struct spec_default how = { .rootless = rootless, .uid = geteuid(), .gid = getegid() };
	struct json_writer *w = json_writer_begin(&cruet->arena, "\t");
	size_t n;

	if (!w)
		return -ENOMEM;
	spec_default_write(&how, w);
	return json_writer_end(w, ret_json, &n);
}
