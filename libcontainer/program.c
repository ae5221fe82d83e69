/* SPDX-License-Identifier: Apache-2.0 */
/* program.c: what a program that uses the library needs beside containers: which version it is, and failures
 * of its own. */
#include <stdarg.h>
#include <stdio.h>

#include "base/err.h"
#include "libcontainer.h"
#include "spec/spec.h"

const char *cruet_version(void)
{
	return CRUET_VERSION;
}

const char *cruet_commit(void)
{
	return CRUET_COMMIT;
}

const char *cruet_spec_version(void)
{
	return SPEC_OCI_VERSION;
}

int cruet_fail(int error, const char *text, ...)
{
	char buf[ERR_TEXT_MAX];
	va_list args;

	va_start(args, text);
	if (vsnprintf(buf, sizeof(buf), text, args) < 0)
		buf[0] = '\0';
	va_end(args);
	return fail(error, "%s", buf);
}

void cruet_forget(void)
{
	fail_forget();
}
