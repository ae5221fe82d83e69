/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tests/unit-root/net.c: kernel/net.c and loopback.c, between a "host" that is a network namespace of the
 * test's own and a "container". Needs root and ip(8).
 */
#include <net/if.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include "child.h"
#include "kernel/net.h"
#include "kernel/process.h"

static void loopback_body(void)
{
	struct ifreq request = {.ifr_name = "lo"};
	autoclose int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	CHECK(ioctl(fd, SIOCGIFFLAGS, &request) == 0 && !(request.ifr_flags & IFF_UP));
	OK(net_loopback_up());
	CHECK(ioctl(fd, SIOCGIFFLAGS, &request) == 0 && (request.ifr_flags & IFF_UP));
	OK(net_loopback_up());
}

static void loopback(void)
{
	in_child(CLONE_NEWNET, loopback_body);
}

static void loopback_denied_body(void)
{
	OK(process_become(1000, 1000, NULL, 0, false));
	FAILS(net_loopback_up(), EPERM, "cannot bring the loopback device up");
}

static void loopback_denied(void)
{
	in_child(CLONE_NEWNET, loopback_denied_body);
}

/* The container's namespace: an fd. */
static int netns_make(void)
{
	autoclose int home = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);
	int fd;

	CHECK(unshare(CLONE_NEWNET) == 0);
	fd = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);
	CHECK(setns(home, CLONE_NEWNET) == 0);
	return fd;
}

static void run(const char *command)
{
	int status = system(command);

	if (status)
		printf("# %s: %d\n", command, status);
	CHECK(status == 0);
}

/* What `command` prints in that namespace. */
static const char *inside(int netns, const char *command)
{
	static char out[65536];
	autoclose int home = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);
	FILE *pipe;
	size_t n;

	CHECK(setns(netns, CLONE_NEWNET) == 0);
	pipe = popen(command, "r");
	n = fread(out, 1, sizeof(out) - 1, pipe);
	out[n] = '\0';
	pclose(pipe);
	CHECK(setns(home, CLONE_NEWNET) == 0);
	return out;
}

static bool at_home(const struct stat *before)
{
	struct stat now;

	return stat("/proc/self/ns/net", &now) == 0 && now.st_ino == before->st_ino;
}

static void move_body(void)
{
	autoclose int netns = netns_make();
	struct stat home;
	const char *out;

	stat("/proc/self/ns/net", &home);
	inside(netns,
	       "ip link add taken type veth peer name taken2; ip link add host0 type veth peer name eth1");
	run("ip link add host0 type veth peer name peer0 && ip link set peer0 up && ip link set host0 up && "
	    "ip addr add 10.1.2.3/24 brd 10.1.2.255 dev host0 && ip addr add 10.9.9.1 peer 10.9.9.2 dev "
	    "host0 && "
	    "ip addr add 10.1.3.4/24 dev host0 valid_lft 100 preferred_lft 100 && "
	    "ip addr add 169.254.1.1/16 scope link dev host0 && ip addr add 10.1.4.1/24 noprefixroute dev "
	    "host0");
	run("ip link set host0 mtu 1400 address 02:00:00:00:00:77");
	run("ip addr add fd00::5/64 nodad dev host0");
	FAILS(net_device_move("host0", "taken", netns), EEXIST, "'taken' is taken in the container");
	run("ip link show host0 >/dev/null");
	CHECK(at_home(&home));
	OK(net_device_move("host0", "eth0", netns));
	CHECK(at_home(&home));
	CHECK(system("ip link show host0 2>/dev/null") != 0);
	out = inside(netns, "ip -o link show eth0");
	CHECK(strstr(out, ",UP") && strstr(out, "mtu 1400") && strstr(out, "02:00:00:00:00:77"));
	out = inside(netns, "ip -o addr show eth0");
	CHECK(strstr(out, "inet 10.1.2.3/24 brd 10.1.2.255 scope global eth0"));
	CHECK(strstr(out, "inet 10.9.9.1 peer 10.9.9.2/32 scope global eth0"));
	CHECK(strstr(out, "inet 10.1.4.1/24 scope global noprefixroute eth0"));
	CHECK(strstr(out, "inet6 fd00::5/64 scope global nodad"));
	CHECK(!strstr(out, "10.1.3.4") && !strstr(out, "169.254.1.1"));
	out = inside(netns, "ip -o link show host0"); /* another's, and still there */
	CHECK(strstr(out, "host0"));
}

static void device_moves(void)
{
	in_child(CLONE_NEWNET | CLONE_NEWNS, move_body);
}

static void names_body(void)
{
	autoclose int netns = netns_make(), null = open("/dev/null", O_RDONLY | O_CLOEXEC);
	struct stat home;

	stat("/proc/self/ns/net", &home);
	inside(netns, "ip link add eth0 type veth peer name eth1");
	run("ip tuntap add dev tap0 mode tap && ip link add v0 type veth peer name v1");
	FAILS(net_device_move("missing", "eth9", netns), ENODEV,
	      "cannot find network device 'missing' on the host");
	FAILS(net_device_move("", "eth9", netns), EINVAL, "cannot be the name");
	FAILS(net_device_move("a/b", "eth9", netns), EINVAL, "cannot be the name");
	FAILS(net_device_move("aaaaaaaaaaaaaaaa", "eth9", netns), EINVAL, "cannot be the name");
	FAILS(net_device_move("v0", "", netns), EINVAL, "cannot be the name");
	FAILS(net_device_move("v0", "eth%s", netns), EINVAL, "cannot be the name");
	FAILS(net_device_move("v0", "e%d%d", netns), EINVAL, "cannot be the name");
	FAILS(net_device_move("v0", "%", netns), EINVAL, "cannot be the name");
	FAILS(net_device_move("v0", "e h", netns), EINVAL, "cannot be the name");
	FAILS(net_device_move("v0", "eth9", null), EINVAL, "cannot enter");
	FAILS(net_device_move("lo", "eth9", netns), EINVAL, "cannot move network device 'lo'");
	run("ip link show v0 >/dev/null");
	OK(net_device_move("tap0", "eth%d", netns));
	OK(net_device_move("v0", "eth%d", netns));
	OK(net_device_move("v1", "%dx", netns));
	CHECK(strstr(inside(netns, "ip -o link"), ": eth2:") &&
	      strstr(inside(netns, "ip -o link"), ": eth3@"));
	CHECK(strstr(inside(netns, "ip -o link"), ": 0x@"));
	CHECK(at_home(&home));
}

static void device_names(void)
{
	in_child(CLONE_NEWNET | CLONE_NEWNS, names_body);
}

/* A name that is kept, many addresses, and too many. */
static void addresses_body(void)
{
	autoclose int netns = netns_make();

	run("ip link add v0 type veth peer name v1 && ip link add w0 type veth peer name w1");
	run("for i in $(seq 1 200); do echo addr add 10.5.0.$i/16 dev v0; done | ip -batch -");
	run("for i in $(seq 1 257); do echo addr add 10.6.$((i / 250)).$((i % 250 + 1))/16 dev w0; done | ip "
	    "-batch -");
	OK(net_device_move("v0", "v0", netns));
	CHECK_STR(inside(netns, "ip -o -4 addr show v0 | wc -l"), "200\n");
	FAILS(net_device_move("w0", "w0", netns), E2BIG, "addresses of network device 'w0'");
	run("ip link show w0 >/dev/null");
}

static void device_addresses(void)
{
	in_child(CLONE_NEWNET | CLONE_NEWNS, addresses_body);
}

TEST_MAIN("net", {"loopback", loopback}, {"loopback-denied", loopback_denied}, {"device-moves", device_moves},
	  {"device-names", device_names}, {"device-addresses", device_addresses})
