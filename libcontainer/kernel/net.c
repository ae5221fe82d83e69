/* SPDX-License-Identifier: Apache-2.0 */
/*
 * kernel/net.c: moving a network device into a namespace, by libmnl (mnl.h). Parent only: one socket of the host's
 * namespace and one made in the container's; every request is acknowledged, every buffer has its size checked
 * by libmnl.
 */
#include "kernel/net.h"

#include <fcntl.h>
#include <linux/if_addr.h>
#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/err.h"
#include "base/fd.h"
#include "base/str.h"
#include "kernel/mnl.h"

#define REPLY_BYTES    32768 /* what the kernel puts into one message of a dump at most */
#define REQUEST_BYTES  1024
#define ADDRESSES_MAX  256
#define TEMPLATE_TRIES 4096 /* "eth%d": numbers that are looked at */

/* What of an address outlives the move. The kernel's own findings (tentative, duplicate, deprecated) do not.
 */
#define KEPT_FLAGS                                                                                           \
	(IFA_F_NODAD | IFA_F_HOMEADDRESS | IFA_F_NOPREFIXROUTE | IFA_F_MCAUTOJOIN | IFA_F_MANAGETEMPADDR)

struct address {
	uint8_t family, prefix_length;
	uint8_t bytes; /* 4 or 16 */
	bool has_local, has_broadcast;
	uint32_t flags;
	uint8_t address[16], local[16], broadcast[4];
};

struct addresses {
	unsigned int ifindex;
	size_t n;
	bool too_many;
	struct address v[ADDRESSES_MAX];
};

static void close_socket(struct mnl_socket **sock)
{
	if (*sock)
		mnl.socket_close(*sock);
	*sock = NULL;
}
#define autosocket __attribute__((cleanup(close_socket)))

static struct mnl_socket *open_socket(void)
{
	struct mnl_socket *sock = mnl.socket_open2(NETLINK_ROUTE, SOCK_CLOEXEC);

	if (!sock)
		return NULL;
	if (mnl.socket_bind(sock, 0, MNL_SOCKET_AUTOPID) < 0)
		close_socket(&sock);
	return sock;
}

/* A socket belongs to the namespace that it was made in: go there, make it, come back. */
static int open_socket_in(int netns_fd, struct mnl_socket **ret_sock)
{
	autoclose int home = open("/proc/thread-self/ns/net", O_RDONLY | O_CLOEXEC);
	struct mnl_socket *sock;
	int err;

	if (home < 0)
		return fail(errno, "cannot open the host's network namespace");
	if (setns(netns_fd, CLONE_NEWNET) < 0)
		return fail(errno, "cannot enter the container's network namespace");
	sock = open_socket();
	err = errno;
	if (setns(home, CLONE_NEWNET) < 0) {
		close_socket(&sock);
		return fail(errno, "cannot come back to the host's network namespace");
	}
	if (!sock)
		return fail(err, "cannot make a netlink socket in the container's network namespace");
	*ret_sock = sock;
	return 0;
}

/* Send one request and hand its answers to `each` until the acknowledgement (or the end of the dump). -errno.
 */
static int exchange(struct mnl_socket *sock, struct nlmsghdr *nlh, mnl_cb_t each, void *data)
{
	unsigned int port = mnl.socket_get_portid(sock);
	char buf[REPLY_BYTES];
	int r;

	if (mnl.socket_sendto(sock, nlh, nlh->nlmsg_len) < 0)
		return -errno;
	do {
		ssize_t n = mnl.socket_recvfrom(sock, buf, sizeof(buf));

		if (n < 0 && errno == EINTR) {
			r = MNL_CB_OK;
			continue;
		}
		if (n < 0)
			return -errno;
		r = mnl.cb_run(buf, (size_t)n, nlh->nlmsg_seq, port, each, data);
	} while (r > MNL_CB_STOP);
	return r < 0 ? -errno : 0;
}

static struct nlmsghdr *request(char *buf, uint16_t type, uint16_t flags, size_t extra, void **ret_extra)
{
	struct nlmsghdr *nlh = mnl.nlmsg_put_header(buf);

	nlh->nlmsg_type = type;
	nlh->nlmsg_flags = (uint16_t)(NLM_F_REQUEST | flags);
	nlh->nlmsg_seq = 1;
	*ret_extra = mnl.nlmsg_put_extra_header(nlh, extra);
	return nlh;
}

/* ---- devices ---- */

static int keep_ifindex(const struct nlmsghdr *nlh, void *data)
{
	const struct ifinfomsg *ifi = mnl.nlmsg_get_payload(nlh);

	if (nlh->nlmsg_type == RTM_NEWLINK && mnl.nlmsg_get_payload_len(nlh) >= sizeof(*ifi) &&
	    ifi->ifi_index > 0)
		*(unsigned int *)data = (unsigned int)ifi->ifi_index;
	return MNL_CB_OK;
}

/* The index of the device `name`; -ENODEV. Records nothing. */
static int find_device(struct mnl_socket *sock, const char *name, unsigned int *ret_ifindex)
{
	char buf[REQUEST_BYTES];
	unsigned int ifindex = 0;
	struct nlmsghdr *nlh;
	void *ifi;
	int r;

	nlh = request(buf, RTM_GETLINK, NLM_F_ACK, sizeof(struct ifinfomsg), &ifi);
	if (!mnl.attr_put_strz_check(nlh, sizeof(buf), IFLA_IFNAME, name))
		return -EMSGSIZE;
	r = exchange(sock, nlh, keep_ifindex, &ifindex);
	if (r < 0)
		return r;
	if (!ifindex)
		return -ENODEV;
	*ret_ifindex = ifindex;
	return 0;
}

/* Move it and give it its name there: one request, so that it never appears under the host's name where that
 * is another device's. */
static int send_away(struct mnl_socket *host, unsigned int ifindex, int netns_fd, const char *name)
{
	char buf[REQUEST_BYTES];
	struct ifinfomsg *ifi;
	struct nlmsghdr *nlh;
	void *extra;

	nlh = request(buf, RTM_SETLINK, NLM_F_ACK, sizeof(*ifi), &extra);
	ifi = extra;
	ifi->ifi_index = (int)ifindex;
	if (!mnl.attr_put_u32_check(nlh, sizeof(buf), IFLA_NET_NS_FD, (uint32_t)netns_fd) ||
	    !mnl.attr_put_strz_check(nlh, sizeof(buf), IFLA_IFNAME, name))
		return -EMSGSIZE;
	return exchange(host, nlh, NULL, NULL);
}

static int bring_up(struct mnl_socket *sock, unsigned int ifindex)
{
	char buf[REQUEST_BYTES];
	struct ifinfomsg *ifi;
	struct nlmsghdr *nlh;
	void *extra;

	nlh = request(buf, RTM_SETLINK, NLM_F_ACK, sizeof(*ifi), &extra);
	ifi = extra;
	ifi->ifi_index = (int)ifindex;
	ifi->ifi_flags = IFF_UP;
	ifi->ifi_change = IFF_UP;
	return exchange(sock, nlh, NULL, NULL);
}

/* As the kernel's dev_valid_name(). */
static bool name_is_valid(const char *name)
{
	size_t n = strlen(name);

	return n && n < IFNAMSIZ && !streq(name, ".") && !streq(name, "..") &&
	       !strpbrk(name, "/: \t\n\v\f\r");
}

/* The name that the device gets: as it is, or the first free number in place of the one "%d". The kernel
 * knows such templates too, but does not say which name it chose. */
static int choose_name(struct mnl_socket *inside, const char *name, char chosen[IFNAMSIZ])
{
	const char *percent = strchr(name, '%');
	unsigned int taken = 0;

	if (!name_is_valid(name) || (percent && (percent[1] != 'd' || strchr(percent + 1, '%'))))
		return fail(EINVAL, "'%s' cannot be the name of a network device", name);
	for (int i = 0; i < (percent ? TEMPLATE_TRIES : 1); i++) {
		int n, r;

		if (percent)
			n = snprintf(chosen, IFNAMSIZ, "%.*s%d%s", (int)(percent - name), name, i,
				     percent + 2);
		else
			n = snprintf(chosen, IFNAMSIZ, "%s", name);
		if (n < 0 || n >= IFNAMSIZ)
			return fail(EINVAL, "'%s' makes too long a name for a network device", name);
		r = find_device(inside, chosen, &taken);
		if (r == -ENODEV)
			return 0;
		if (r < 0)
			return fail(-r, "cannot look for network device '%s' in the container", chosen);
	}
	return fail(EEXIST, "network device name '%s' is taken in the container's network namespace", name);
}

/* ---- addresses ---- */

struct address_attrs {
	const struct nlattr *v[IFA_FLAGS + 1];
};

static int keep_attr(const struct nlattr *attr, void *data)
{
	struct address_attrs *attrs = data;
	uint16_t type = mnl.attr_get_type(attr);

	if (type < ARRAY_SIZE(attrs->v))
		attrs->v[type] = attr;
	return MNL_CB_OK;
}

/* An attribute of exactly n bytes. */
static bool copy_attr(const struct nlattr *attr, void *to, size_t n)
{
	if (!attr || mnl.attr_get_payload_len(attr) != n)
		return false;
	memcpy(to, mnl.attr_get_payload(attr), n);
	return true;
}

/* Permanent and global ones of the device: what leases and router advertisements gave is for its new owner to
 * ask for again, and a link-local address comes by itself. */
static int keep_address(const struct nlmsghdr *nlh, void *data)
{
	const struct ifaddrmsg *ifa = mnl.nlmsg_get_payload(nlh);
	struct addresses *list = data;
	struct address_attrs attrs = { 0 };
	struct address a = { 0 };

	if (nlh->nlmsg_type != RTM_NEWADDR || mnl.nlmsg_get_payload_len(nlh) < sizeof(*ifa))
		return MNL_CB_OK;
	if (ifa->ifa_index != list->ifindex || ifa->ifa_scope != RT_SCOPE_UNIVERSE ||
	    (ifa->ifa_family != AF_INET && ifa->ifa_family != AF_INET6))
		return MNL_CB_OK;
	if (mnl.attr_parse(nlh, sizeof(*ifa), keep_attr, &attrs) < 0)
		return MNL_CB_ERROR;
	a.family = ifa->ifa_family;
	a.bytes = ifa->ifa_family == AF_INET ? 4 : 16;
	a.prefix_length = ifa->ifa_prefixlen;
	if (!copy_attr(attrs.v[IFA_FLAGS], &a.flags, sizeof(a.flags)))
		a.flags = ifa->ifa_flags;
	if (!(a.flags & IFA_F_PERMANENT) || !copy_attr(attrs.v[IFA_ADDRESS], a.address, a.bytes))
		return MNL_CB_OK;
	a.flags &= KEPT_FLAGS;
	a.has_local = copy_attr(attrs.v[IFA_LOCAL], a.local, a.bytes);
	a.has_broadcast = a.family == AF_INET && copy_attr(attrs.v[IFA_BROADCAST], a.broadcast, 4);
	if (list->n == ARRAY_SIZE(list->v))
		list->too_many = true;
	else
		list->v[list->n++] = a;
	return MNL_CB_OK;
}

/* Each time over a socket of its own: a dump that was interrupted by a change (EINTR) leaves its rest in the
 * socket. */
static int dump_addresses(unsigned int ifindex, struct addresses *ret_list)
{
	int r = -EINTR;

	for (int i = 0; r == -EINTR && i < 16; i++) {
		autosocket struct mnl_socket *sock = open_socket();
		char buf[REQUEST_BYTES];
		struct nlmsghdr *nlh;
		void *ifa;

		if (!sock)
			return -errno;
		ret_list->ifindex = ifindex;
		ret_list->n = 0;
		ret_list->too_many = false;
		nlh = request(buf, RTM_GETADDR, NLM_F_DUMP, sizeof(struct ifaddrmsg), &ifa);
		r = exchange(sock, nlh, keep_address, ret_list);
	}
	return r < 0 ? r : ret_list->too_many ? -E2BIG : 0;
}

static int add_address(struct mnl_socket *sock, unsigned int ifindex, const struct address *a)
{
	char buf[REQUEST_BYTES];
	struct ifaddrmsg *ifa;
	struct nlmsghdr *nlh;
	void *extra;

	nlh = request(buf, RTM_NEWADDR, NLM_F_ACK | NLM_F_CREATE | NLM_F_REPLACE, sizeof(*ifa), &extra);
	ifa = extra;
	ifa->ifa_family = a->family;
	ifa->ifa_prefixlen = a->prefix_length;
	ifa->ifa_scope = RT_SCOPE_UNIVERSE;
	ifa->ifa_flags = (uint8_t)a->flags;
	ifa->ifa_index = ifindex;
	if (!mnl.attr_put_check(nlh, sizeof(buf), IFA_ADDRESS, a->bytes, a->address) ||
	    !mnl.attr_put_u32_check(nlh, sizeof(buf), IFA_FLAGS, a->flags) ||
	    (a->has_local && !mnl.attr_put_check(nlh, sizeof(buf), IFA_LOCAL, a->bytes, a->local)) ||
	    (a->has_broadcast && !mnl.attr_put_check(nlh, sizeof(buf), IFA_BROADCAST, 4, a->broadcast)))
		return -EMSGSIZE;
	return exchange(sock, nlh, NULL, NULL);
}

/* ---- the whole ---- */

/* In the container's namespace: find it again, give it back its addresses, switch it on. */
static int settle(struct mnl_socket *inside, const char *name, const struct addresses *list)
{
	unsigned int ifindex = 0;
	int r = find_device(inside, name, &ifindex); /* its index may have been taken there */

	if (r < 0)
		return fail(-r, "cannot find network device '%s' in the container", name);
	for (size_t i = 0; i < list->n; i++) {
		r = add_address(inside, ifindex, &list->v[i]);
		if (r < 0)
			return fail(-r, "cannot give network device '%s' its IPv%d address %zu of %zu", name,
				    list->v[i].family == AF_INET ? 4 : 6, i + 1, list->n);
	}
	r = bring_up(inside, ifindex);
	return r < 0 ? fail(-r, "cannot bring network device '%s' up in the container", name) : 0;
}

int net_device_move(const char *host_name, const char *name, int netns_fd)
{
	autosocket struct mnl_socket *host = NULL, *inside = NULL;
	char chosen[IFNAMSIZ] = "";
	struct addresses list;
	unsigned int ifindex = 0;
	int r;

	if (!name_is_valid(host_name))
		return fail(EINVAL, "'%s' cannot be the name of a network device", host_name);
	r = mnl_load();
	if (r < 0)
		return r;
	host = open_socket();
	if (!host)
		return fail(errno, "cannot make a netlink socket");
	r = find_device(host, host_name, &ifindex);
	if (r < 0)
		return fail(-r, "cannot find network device '%s' on the host", host_name);
	r = open_socket_in(netns_fd, &inside);
	if (r < 0)
		return r;
	/* Before the move: a device that could not get its name would stay there under the old one. */
	r = choose_name(inside, name, chosen);
	if (r < 0)
		return r;
	r = dump_addresses(ifindex, &list);
	if (r < 0)
		return fail(-r, "cannot read the addresses of network device '%s'", host_name);
	r = send_away(host, ifindex, netns_fd, chosen);
	if (r < 0)
		return fail(-r, "cannot move network device '%s' into the container as '%s'", host_name,
			    chosen);
	return settle(inside, chosen, &list);
}
