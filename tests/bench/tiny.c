/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The smallest payload: `true` exits at once; `pause` is the long-lived container that exec, state and kill
 * act on.
 */
#include <signal.h>
#include <string.h>
#include <unistd.h>

int main(int argc, char **argv)
{
	if (argc > 1 && strcmp(argv[1], "pause") == 0)
		for (;;)
			pause();
	return 0;
}
