/* SPDX-License-Identifier: Apache-2.0 */
/* ledger_record.h: what ledger.c writes into a container's record, and reads from it. For ledger.c only. */
#pragma once

#include "ledger.h"

/* The text: the object, a newline, "#" and the checksum of the object. In the arena; -ENOMEM. */
int record_text(struct arena *arena, const struct container *c, const char **ret_text) MUST_USE;

/* From n bytes; what it points to is in the arena. EBADMSG where it is damaged, or of a version that this cruet does not know. */
int record_parse(struct arena *arena, const char *buf, size_t n, struct container *ret) MUST_USE;
