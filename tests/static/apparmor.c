/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tests/static/apparmor.c: what LINK=static uses of libapparmor, where no mirror gives that library's source: whether the
 * kernel has AppArmor on. Source: aa_is_enabled(2).
 */
#include <errno.h>
#include <fcntl.h>
#include <sys/apparmor.h>
#include <unistd.h>

int aa_is_enabled(void)
{
	int fd = open("/sys/module/apparmor/parameters/enabled", O_RDONLY | O_CLOEXEC);
	char word = 'N';

	if (fd < 0) {
		errno = ENOSYS;
		return 0;
	}
	if (read(fd, &word, 1) != 1)
		word = 'N';
	close(fd);
	if (word != 'Y')
		errno = ECANCELED;
	return word == 'Y';
}
