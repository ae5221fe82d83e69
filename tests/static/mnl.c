/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tests/static/mnl.c: the part of libmnl that kernel/net.c calls, written anew for LINK=static where no mirror has
 * libmnl's source. Interface and meaning: <libmnl/libmnl.h>; the format: netlink(7), rtnetlink(7).
 */
#include <errno.h>
#include <libmnl/libmnl.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

struct mnl_socket {
	int fd;
	struct sockaddr_nl addr;
};

/* ---- sockets ---- */

struct mnl_socket *mnl_socket_open2(int bus, int flags)
{
	struct mnl_socket *nl = calloc(1, sizeof(*nl));

	if (!nl)
		return NULL;
	nl->fd = socket(AF_NETLINK, SOCK_RAW | flags, bus);
	if (nl->fd < 0) {
		free(nl);
		return NULL;
	}
	return nl;
}

int mnl_socket_bind(struct mnl_socket *nl, unsigned int groups, pid_t pid)
{
	socklen_t n = sizeof(nl->addr);

	nl->addr = (struct sockaddr_nl){ .nl_family = AF_NETLINK, .nl_groups = groups, .nl_pid = (uint32_t)pid };
	if (bind(nl->fd, (struct sockaddr *)&nl->addr, n) || getsockname(nl->fd, (struct sockaddr *)&nl->addr, &n))
		return -1;
	if (n != sizeof(nl->addr) || nl->addr.nl_family != AF_NETLINK) {
		errno = EINVAL;
		return -1;
	}
	return 0;
}

int mnl_socket_close(struct mnl_socket *nl)
{
	int r = close(nl->fd);

	free(nl);
	return r;
}

unsigned int mnl_socket_get_portid(const struct mnl_socket *nl)
{
	return nl->addr.nl_pid;
}

ssize_t mnl_socket_sendto(const struct mnl_socket *nl, const void *req, size_t size)
{
	const struct sockaddr_nl kernel = { .nl_family = AF_NETLINK };

	return sendto(nl->fd, req, size, 0, (const struct sockaddr *)&kernel, sizeof(kernel));
}

/* A message that did not fit is lost in part: an error. So is one that is not the kernel's. */
ssize_t mnl_socket_recvfrom(const struct mnl_socket *nl, void *buf, size_t size)
{
	struct sockaddr_nl from;
	struct iovec iov = { .iov_base = buf, .iov_len = size };
	struct msghdr msg = { .msg_name = &from, .msg_namelen = sizeof(from), .msg_iov = &iov, .msg_iovlen = 1 };
	ssize_t n = recvmsg(nl->fd, &msg, 0);

	if (n < 0)
		return -1;
	if (msg.msg_flags & MSG_TRUNC) {
		errno = ENOSPC;
		return -1;
	}
	if (msg.msg_namelen != sizeof(from) || from.nl_pid != 0) {
		errno = EINVAL;
		return -1;
	}
	return n;
}

/* ---- messages ---- */

struct nlmsghdr *mnl_nlmsg_put_header(void *buf)
{
	struct nlmsghdr *nlh = buf;

	memset(buf, 0, MNL_NLMSG_HDRLEN);
	nlh->nlmsg_len = MNL_NLMSG_HDRLEN;
	return nlh;
}

void *mnl_nlmsg_put_extra_header(struct nlmsghdr *nlh, size_t size)
{
	char *extra = (char *)nlh + nlh->nlmsg_len;

	memset(extra, 0, MNL_ALIGN(size));
	nlh->nlmsg_len += (uint32_t)MNL_ALIGN(size);
	return extra;
}

void *mnl_nlmsg_get_payload(const struct nlmsghdr *nlh)
{
	return (char *)nlh + MNL_NLMSG_HDRLEN;
}

size_t mnl_nlmsg_get_payload_len(const struct nlmsghdr *nlh)
{
	return nlh->nlmsg_len - MNL_NLMSG_HDRLEN;
}

static int acknowledged(const struct nlmsghdr *nlh)
{
	const struct nlmsgerr *e = mnl_nlmsg_get_payload(nlh);

	if (mnl_nlmsg_get_payload_len(nlh) < sizeof(*e)) {
		errno = EBADMSG;
		return MNL_CB_ERROR;
	}
	errno = e->error < 0 ? -e->error : e->error;
	return e->error == 0 ? MNL_CB_STOP : MNL_CB_ERROR;
}

int mnl_cb_run(const void *buf, size_t size, unsigned int seq, unsigned int portid, mnl_cb_t each, void *data)
{
	const char *at = buf, *end = at + size;
	int r = MNL_CB_OK;

	while (r > MNL_CB_STOP && end - at >= (ptrdiff_t)sizeof(struct nlmsghdr)) {
		const struct nlmsghdr *nlh = (const void *)at;

		if (nlh->nlmsg_len < sizeof(*nlh) || nlh->nlmsg_len > (size_t)(end - at))
			break;
		if ((nlh->nlmsg_pid && portid && nlh->nlmsg_pid != portid) || (nlh->nlmsg_seq && seq && nlh->nlmsg_seq != seq)) {
			errno = nlh->nlmsg_seq != seq ? EPROTO : ESRCH;
			return MNL_CB_ERROR;
		}
		if (nlh->nlmsg_flags & NLM_F_DUMP_INTR) {
			errno = EINTR;
			return MNL_CB_ERROR;
		}
		if (nlh->nlmsg_type == NLMSG_ERROR)
			r = acknowledged(nlh);
		else if (nlh->nlmsg_type == NLMSG_DONE)
			r = MNL_CB_STOP;
		else if (nlh->nlmsg_type >= NLMSG_MIN_TYPE && each)
			r = each(nlh, data);
		at += MNL_ALIGN(nlh->nlmsg_len) < (size_t)(end - at) ? MNL_ALIGN(nlh->nlmsg_len) : (size_t)(end - at);
	}
	return r;
}

/* ---- attributes ---- */

uint16_t mnl_attr_get_type(const struct nlattr *attr)
{
	return attr->nla_type & NLA_TYPE_MASK;
}

uint16_t mnl_attr_get_payload_len(const struct nlattr *attr)
{
	return (uint16_t)(attr->nla_len - MNL_ATTR_HDRLEN);
}

void *mnl_attr_get_payload(const struct nlattr *attr)
{
	return (char *)attr + MNL_ATTR_HDRLEN;
}

int mnl_attr_parse(const struct nlmsghdr *nlh, unsigned int offset, mnl_attr_cb_t each, void *data)
{
	const char *at = (const char *)nlh + MNL_NLMSG_HDRLEN + MNL_ALIGN(offset), *end = (const char *)nlh + nlh->nlmsg_len;
	int r = MNL_CB_OK;

	while (r > MNL_CB_STOP && end - at >= (ptrdiff_t)sizeof(struct nlattr)) {
		const struct nlattr *attr = (const void *)at;

		if (attr->nla_len < sizeof(*attr) || attr->nla_len > end - at)
			break;
		r = each(attr, data);
		at += (size_t)MNL_ALIGN(attr->nla_len) < (size_t)(end - at) ? MNL_ALIGN(attr->nla_len) : end - at;
	}
	return r;
}

bool mnl_attr_put_check(struct nlmsghdr *nlh, size_t size, uint16_t type, size_t n, const void *data)
{
	struct nlattr *attr = (void *)((char *)nlh + MNL_ALIGN(nlh->nlmsg_len));

	if (n > UINT16_MAX - MNL_ATTR_HDRLEN || MNL_ALIGN(nlh->nlmsg_len) + MNL_ATTR_HDRLEN + MNL_ALIGN(n) > size)
		return false;
	attr->nla_type = type;
	attr->nla_len = (uint16_t)(MNL_ATTR_HDRLEN + n);
	memset((char *)attr + MNL_ATTR_HDRLEN, 0, MNL_ALIGN(n));
	memcpy((char *)attr + MNL_ATTR_HDRLEN, data, n);
	nlh->nlmsg_len = (uint32_t)(MNL_ALIGN(nlh->nlmsg_len) + MNL_ATTR_HDRLEN + MNL_ALIGN(n));
	return true;
}

bool mnl_attr_put_u32_check(struct nlmsghdr *nlh, size_t size, uint16_t type, uint32_t data)
{
	return mnl_attr_put_check(nlh, size, type, sizeof(data), &data);
}

bool mnl_attr_put_strz_check(struct nlmsghdr *nlh, size_t size, uint16_t type, const char *data)
{
	return mnl_attr_put_check(nlh, size, type, strlen(data) + 1, data);
}
