/* SPDX-License-Identifier: Apache-2.0 */
/*
 * base/log.h: the log file and stderr, in the shapes that callers parse. Called in the parent only, never after clone.
 *
 * At the default level only the one fatal error is written: podman unmarshals the whole file as one object, and stderr
 * of create is the container's stderr.
 */
#pragma once

#include "base/base.h"

enum log_level { LOG_LEVEL_ERROR, LOG_LEVEL_WARNING, LOG_LEVEL_DEBUG };
enum log_format { LOG_FORMAT_TEXT, LOG_FORMAT_JSON };

/* Open the log early, before anything can fail. `target` is a path, "file:PATH", "journald:ID" or "syslog:ID"; NULL
 * logs nowhere. The file is opened O_CREAT|O_APPEND|O_CLOEXEC, 0644. */
int log_open(const char *target, enum log_format format, enum log_level level) MUST_USE;

/* The recorded failure (base/err.h) as the one fatal line: to stderr as "cruet: TEXT" and to the log at level error.
 * With the log in JSON: {"level":"error","msg":"...","time":"RFC3339"}. Never fails, never blocks for long. */
void log_fatal(void);

void log_warning(const char *fmt, ...) PRINTF_LIKE(1, 2);
void log_debug(const char *fmt, ...) PRINTF_LIKE(1, 2);
bool log_wants(enum log_level level);
