/* SPDX-License-Identifier: Apache-2.0 */
/*
 * base/json_scan.h: what yajl lets pass and JSON does not, looked for before it parses: NUL bytes, \u0000
 * (crun cut strings there), halves of surrogate pairs (yajl makes '?' or bad UTF-8 of them), overlong UTF-8.
 * For json_read.c only.
 */
#pragma once

#include "base/base.h"

/* 0, or -EINVAL with the line and column recorded. */
int json_scan(const char *buf, size_t n) MUST_USE;

/* Where the byte at `at` stands, counted from 1. */
struct json_position {
	size_t line, column;
};
struct json_position json_position(const char *buf, size_t at);
