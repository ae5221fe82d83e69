/* SPDX-License-Identifier: Apache-2.0 */
/* tests/unit-root/terminals.c: kernel/tty.c on a private devpts, and what a container could put in its place.
 * Needs root. */
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/sysmacros.h>
#include <sys/un.h>
#include <termios.h>

#include "child.h"
#include "kernel/seccomp.h"
#include "kernel/sys.h"
#include "kernel/tty.h"

#define PTS "/mnt/pts"

static void mount_pts(const char *where)
{
	CHECK(mkdir(where, 0755) == 0 &&
	      mount("devpts", where, "devpts", 0, "newinstance,ptmxmode=0666,mode=620") == 0);
}

static int open_dir(const char *path)
{
	return open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
}

static void check_pty(int pts, const char *want_name)
{
	autoclose int master = -1, slave = -1;
	char name[32] = "", got[8] = "";
	struct tty_saved saved = {0};
	struct termios a, b;
	struct winsize size;
	struct stat st;

	OK(tty_open(pts, &master, &slave, name));
	CHECK_STR(name, want_name);
	CHECK((fcntl(master, F_GETFD) & FD_CLOEXEC) && (fcntl(slave, F_GETFD) & FD_CLOEXEC));
	CHECK(fstat(slave, &st) == 0 && S_ISCHR(st.st_mode) && major(st.st_rdev) == 136);
	OK(tty_set_size(master, 24, 80));
	CHECK(ioctl(slave, TIOCGWINSZ, &size) == 0 && size.ws_row == 24 && size.ws_col == 80);
	CHECK(tcgetattr(slave, &a) == 0);
	OK(tty_make_raw(slave, &saved));
	CHECK(saved.saved && tcgetattr(slave, &b) == 0 && !(b.c_lflag & (ICANON | ECHO)));
	CHECK(write(master, "hi", 2) == 2 && read(slave, got, sizeof(got)) == 2 && streq(got, "hi"));
	tty_restore(slave, &saved);
	CHECK(tcgetattr(slave, &b) == 0 && b.c_lflag == a.c_lflag && b.c_iflag == a.c_iflag &&
	      b.c_oflag == a.c_oflag);
	FAILS(tty_set_size(pts, 1, 1), ENOTTY, "1 rows, 1 columns");
	FAILS(tty_make_raw(pts, &saved), ENOTTY, "settings");
}

static void deny_peer(void)
{
	struct sock_filter code[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_ioctl, 0, 3),
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, args[1])),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, _IO('T', 0x41), 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | ENOTTY),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	int notify;

	OK(seccomp_filter_load(code, ARRAY_SIZE(code), 0, &notify));
}

static void tty_body(void)
{
	autoclose int pts = -1, master = -1, slave = -1;
	char name[32];
	pid_t pid;
	int status = -1;

	CHECK(mount("t", "/mnt", "tmpfs", 0, NULL) == 0);
	mount_pts(PTS);
	pts = open_dir(PTS);
	check_pty(pts, "/dev/pts/0");
	OK(tty_open(pts, &master, &slave, name));
	check_pty(pts, "/dev/pts/1");
	fflush(stdout);
	pid = fork();
	if (!pid) {
		if (tty_become_controlling(slave) < 0 || tcgetsid(0) != getpid() || !isatty(1) ||
		    !isatty(2) || (fcntl(0, F_GETFD) & FD_CLOEXEC))
			_exit(1);
		/* the leader of a group cannot start a session */
		_exit(tty_become_controlling(slave) == -EPERM ? 0 : 2);
	}
	CHECK(waitpid(pid, &status, 0) == pid && status == 0);
	deny_peer();
	check_pty(pts, "/dev/pts/1");
}

static void terminals(void)
{
	in_child(CLONE_NEWNS, tty_body);
}

/* Rule R4: what a container could put at /dev/pts. */
static void tty_attack_body(void)
{
	autoclose int pts = -1, other = -1;
	int master = -1, slave = -1;
	char name[32];

	CHECK(mount("t", "/mnt", "tmpfs", 0, NULL) == 0);
	CHECK(mkdir("/mnt/fake", 0755) == 0 && mknod("/mnt/fake/ptmx", S_IFCHR | 0666, makedev(5, 2)) == 0);
	other = open_dir("/mnt/fake");
	FAILS(tty_open(other, &master, &slave, name), EINVAL, "not a devpts");
	mount_pts(PTS);
	mount_pts("/mnt/other");
	CHECK(mount("/mnt/other/ptmx", PTS "/ptmx", NULL, MS_BIND, NULL) == 0);
	pts = open_dir(PTS);
	FAILS(tty_open(pts, &master, &slave, name), EINVAL, "not the devpts' own");
	CHECK(umount(PTS "/ptmx") == 0);
	CHECK(mount("/dev/null", PTS "/ptmx", NULL, MS_BIND, NULL) == 0);
	FAILS(tty_open(pts, &master, &slave, name), EINVAL, "not the devpts' own");
	CHECK(umount(PTS "/ptmx") == 0);
	CHECK(master == -1 && slave == -1);
}

static void terminal_attacks(void)
{
	in_child(CLONE_NEWNS, tty_attack_body);
}

static int listen_at(const char *path, int backlog)
{
	struct sockaddr_un addr = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	strcpy(addr.sun_path, path);
	CHECK(bind(fd, (struct sockaddr *)&addr, sizeof(addr)) == 0 && listen(fd, backlog) == 0);
	return fd;
}

/* As go-runc's recvFd: one message, one fd, then the end. */
static void check_received(int listener, const char *want)
{
	char text[64] = "", control[256];
	struct iovec iov = {text, sizeof(text) - 1};
	struct msghdr msg = {
		.msg_iov = &iov, .msg_iovlen = 1, .msg_control = control, .msg_controllen = sizeof(control)};
	autoclose int conn = accept(listener, NULL, NULL), got = -1;
	struct cmsghdr *cmsg;

	CHECK(recvmsg(conn, &msg, 0) == (ssize_t)strlen(want) && streq(text, want));
	cmsg = CMSG_FIRSTHDR(&msg);
	CHECK(cmsg && cmsg->cmsg_type == SCM_RIGHTS && cmsg->cmsg_len == CMSG_LEN(sizeof(int)));
	CHECK(msg.msg_controllen == CMSG_SPACE(sizeof(int)));
	memcpy(&got, CMSG_DATA(cmsg), sizeof(int));
	CHECK(fcntl(got, F_GETFD) >= 0);
	CHECK(recv(conn, text, 1, 0) == 0);
}

static void send_body(void)
{
	char longer[256];
	autoclose int listener = -1, busy = -1, null = open("/dev/null", O_RDWR | O_CLOEXEC);
	int64_t start;

	CHECK(mount("t", "/mnt", "tmpfs", 0, NULL) == 0);
	FAILS(tty_send_fd("/mnt/s", null, "x", now_ms() + 100), ENOENT, "the socket '/mnt/s'");
	listener = listen_at("/mnt/s", 4);
	OK(tty_send_fd("/mnt/s", null, "/dev/pts/0", now_ms() + 1000));
	check_received(listener, "/dev/pts/0");
	FAILS(tty_send_fd("/mnt/s", null, "", now_ms() + 100), EINVAL, "empty");

	memset(longer, 'd', sizeof(longer));
	memcpy(longer, "/mnt/", 5);
	strcpy(longer + 150, "/s");
	longer[150] = '\0';
	CHECK(mkdir(longer, 0755) == 0);
	longer[150] = '/';
	CHECK(rename("/mnt/s", longer) == 0);
	OK(tty_send_fd(longer, null, "x", now_ms() + 1000));
	check_received(listener, "x");

	/* Nobody accepts. */
	busy = listen_at("/mnt/busy", 0);
	start = now_ms();
	for (int i = 0, r = 0; i < 10 && r == 0; i++) {
		r = tty_send_fd("/mnt/busy", null, "x", now_ms() + 50);
		if (r < 0)
			FAILS(r, ETIMEDOUT, "cannot connect");
		else
			CHECK(i < 9);
	}
	CHECK(now_ms() - start < 2000);
}

static void sending(void)
{
	in_child(CLONE_NEWNS, send_body);
}

TEST_MAIN("terminals", {"open", terminals}, {"attacks", terminal_attacks}, {"sending", sending})
