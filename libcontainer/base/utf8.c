/* SPDX-License-Identifier: Apache-2.0 */
#include "base/utf8.h"

#include <string.h>

#define HIGH_BITS 0x8080808080808080u

/* The length of the sequence that s begins with, or 0 where it is none (RFC 3629 section 4, the grammar). */
static size_t sequence(const unsigned char *s, size_t n)
{
	unsigned char first = s[0], low = 0x80, high = 0xbf;
	size_t length;

	if (first < 0x80)
		return 1;
	if (first >= 0xc2 && first <= 0xdf) {
		length = 2;
	} else if (first >= 0xe0 && first <= 0xef) {
		length = 3;
		if (first == 0xe0) /* overlong */
			low = 0xa0;
		if (first == 0xed) /* surrogates */
			high = 0x9f;
	} else if (first >= 0xf0 && first <= 0xf4) {
		length = 4;
		if (first == 0xf0) /* overlong */
			low = 0x90;
		if (first == 0xf4) /* past U+10FFFF */
			high = 0x8f;
	} else {
		return 0;
	}
	if (n < length || s[1] < low || s[1] > high)
		return 0;
	for (size_t i = 2; i < length; i++) {
		if ((s[i] & 0xc0) != 0x80)
			return 0;
	}
	return length;
}

size_t utf8_span(const char *s, size_t n)
{
	size_t at = 0;

	while (at < n) {
		uint64_t eight;
		size_t length;

		if (n - at >= sizeof(eight)) {
			memcpy(&eight, s + at, sizeof(eight));
			if (!(eight & HIGH_BITS)) {
				at += sizeof(eight);
				continue;
			}
		}
		length = sequence((const unsigned char *)s + at, n - at);
		if (!length)
			return at;
		at += length;
	}
	return n;
}
