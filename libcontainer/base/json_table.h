/* SPDX-License-Identifier: Apache-2.0 */
/*
 * base/json_table.h: the way back: a struct as JSON, by the table that json_read() decodes it with. What was absent stays
 * absent. Parent only.
 */
#pragma once

#include "base/json_read.h"
#include "base/json_write.h"

/* Write the members of *object; the caller has opened the object and closes it. */
void json_write_fields(struct json_writer *w, const struct json_table *table, const void *object);
