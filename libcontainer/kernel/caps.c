/* SPDX-License-Identifier: Apache-2.0 */
/*
 * kernel/caps.c: the names of capabilities, by libcap. Parent only.
 */
#include "kernel/caps.h"

#include <stdio.h>
#include <string.h>
#include <sys/capability.h>

#include "base/str.h"

#define NAME_BYTES 64 /* "cap_checkpoint_restore" is the longest today */

/* "CAP_CHOWN", "chown" -> "cap_chown". Letters and '_' only: to libcap "7" would be a name as well. */
static bool to_library(const char *name, char *buf)
{
	size_t n = strlen(name), at = 0;

	if (n > NAME_BYTES - 5)
		return false;
	if (strncasecmp(name, "cap_", 4) != 0) {
		memcpy(buf, "cap_", 4);
		at = 4;
	}
	for (; *name; name++) {
		char c = *name >= 'A' && *name <= 'Z' ? (char)(*name - 'A' + 'a') : *name;

		if ((c < 'a' || c > 'z') && c != '_')
			return false;
		buf[at++] = c;
	}
	buf[at] = '\0';
	return true;
}

int cap_number(const char *name, int *ret_number)
{
	char buf[NAME_BYTES];
	cap_value_t value;

	if (!to_library(name, buf) || cap_from_name(buf, &value) < 0 || value < 0 || value > 63)
		return -ENOENT;
	*ret_number = (int)value;
	return 0;
}

const char *cap_word(int number, char *buf, size_t size)
{
	struct text t = { .buf = buf, .size = size };
	char *name;

	if (number < 0 || number > 63 || !size)
		return NULL;
	name = cap_to_name((cap_value_t)number);
	if (!name)
		return NULL;
	/* One that the library does not know comes back as its number. */
	if (starts_with(name, "cap_"))
		text_add(&t, "%s", name);
	cap_free(name);
	if (!t.len || t.truncated)
		return NULL;
	for (char *c = buf; *c; c++)
		if (*c >= 'a' && *c <= 'z')
			*c = (char)(*c - 'a' + 'A');
	return buf;
}
