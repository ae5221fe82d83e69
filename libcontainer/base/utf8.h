/* SPDX-License-Identifier: Apache-2.0 */
/*
 * base/utf8.h: what is UTF-8 and what is not, by RFC 3629: no overlong forms, no surrogates, nothing past
 * U+10FFFF. Any process; no allocation.
 */
#pragma once

#include "base/base.h"

/* The number of bytes at the beginning of s (n bytes) that are valid; n where all are. */
size_t utf8_span(const char *s, size_t n);
