/* SPDX-License-Identifier: Apache-2.0 */
/*
 * kernel/tty.h: pseudo terminals. Source: pty(7), ioctl_tty(2); rule R4 (CVE-2025-52565).
 */
#pragma once

#include "base/base.h"

/* A pty of the devpts at `ptsdirfd` (an fd of its root directory): opens its ptmx (verified: devpts, inode 2, 5:2),
 * unlocks it, takes the slave by TIOCGPTPEER (fallback: 136:N on the same devpts, verified). `ret_name` (>= 32 bytes)
 * gets "/dev/pts/N". Init. */
int tty_open(int ptsdirfd, int *ret_master, int *ret_slave, char *ret_name) MUST_USE;
int tty_set_size(int fd, uint16_t rows, uint16_t columns) MUST_USE;
/* setsid() and TIOCSCTTY on slave, then slave on 0, 1, 2. Init. */
int tty_become_controlling(int slave) MUST_USE;

/* Send one fd over the AF_UNIX stream socket `path`: connect with a deadline, one sendmsg with `payload` (>= 1 byte) and
 * exactly one SCM_RIGHTS fd, close. Long paths go through /proc/self/fd. Parent. */
int tty_send_fd(const char *path, int fd, const char *payload, int64_t deadline_ms) MUST_USE;

/* Raw mode for a foreground terminal; ret_saved (a struct termios, >= 64 bytes) is for tty_restore. Parent. */
struct tty_saved {
	bool saved;
	uint32_t words[32];
};
int tty_make_raw(int fd, struct tty_saved *ret_saved) MUST_USE;
void tty_restore(int fd, const struct tty_saved *saved);

/* What to write to a terminal's master so that who reads it learns that nothing more comes, as its settings are now: 0 to 2
 * characters. `last` is what was written last, 0 where nothing was. Parent. */
size_t tty_end_of_input(int master, char last, char buf[2]);
