/* SPDX-License-Identifier: Apache-2.0 */
/* tests/run/helpers/resctrl.c: linked before the library it makes a cruet whose resctrl is the directory CRUET_TEST_RESCTRL. */
#include <string.h>

#include "../../unit-root/resctrl.h"

/* The directory itself is made by the first who looks. */
__attribute__((constructor)) static void make(void)
{
	const char *path = getenv(RESCTRL_ENV);

	if (path && access(path, F_OK))
		resctrl_make(path);
}
