/* SPDX-License-Identifier: Apache-2.0 */
/*
 * kernel/loopback.c: "lo" up in this network namespace, without a library. Init.
 */
#include <net/if.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include "base/err.h"
#include "base/fd.h"
#include "kernel/net.h"

int net_loopback_up(void)
{
	/* Any socket will do for these ioctls; a kernel may lack IPv4, but not this one. */
	autoclose int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	struct ifreq request;

	if (fd < 0)
		return fail(errno, "cannot make a socket for the loopback device");
	memset(&request, 0, sizeof(request));
	memcpy(request.ifr_name, "lo", sizeof("lo"));
	request.ifr_flags = IFF_UP; /* a new one has no other that could be changed */
	if (ioctl(fd, SIOCSIFFLAGS, &request) < 0)
		return fail(errno, "cannot bring the loopback device up");
	return 0;
}
