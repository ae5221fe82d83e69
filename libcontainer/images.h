/* SPDX-License-Identifier: Apache-2.0 */
/* images.h: what checkpoint and restore make of a caller's wishes to criu. Private to the files beside it. */
#pragma once

#include "container.h"
#include "run/criu.h"

#define IMAGES_MS 600000

/* Absolute paths. */
struct images {
	const char *directory, *work; /* work: NULL where it is the same */
	const char *log;
};
/* Directories opened (and made, for a checkpoint), switches set; `log_file` is criu's log, ret->log where it will be. What
 * was opened is closed by images_close(), also after a failure. */
int images_open(struct arena *arena, const struct cruet_criu *wishes, bool make, const char *log_file,
		struct criu_options *options, struct images *ret) MUST_USE;
void images_close(struct criu_options *options);
#define IMAGES_NONE { .images_fd = -1, .work_fd = -1 }

/* criu's own configuration file: of the annotation org.criu.config ("": none), else what the administrator has for
 * runtimes in /etc/criu. */
int images_config_file(struct arena *arena, const struct string_map *annotations, const char **ret_path) MUST_USE;
