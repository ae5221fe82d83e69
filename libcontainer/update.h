/* SPDX-License-Identifier: Apache-2.0 */
/* update.h: what the files of the verb update share. Private to the files beside it. */
#pragma once

#include "running.h"

/* The single words of an update as the specification's resources; none at all is an error. */
int update_from_words(struct arena *arena, const struct cruet_update *words,
		      const struct spec_resources **ret_resources) MUST_USE;
/* Bytes as people write them: "512m", "1.5GiB" (of 1024), "-1". -EINVAL, not recorded. */
int update_parse_bytes(const char *text, int64_t *ret) MUST_USE;
