/* SPDX-License-Identifier: MIT */
/* What rtnetlink(7) tells about a link and its addresses: see netlink.h. */
#include "init/network/netlink.h"

#include <errno.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { ANSWER_ROOM = 32768 };

/* Hands each message of the answer to `each`. */
static int ask_all(const void *question, size_t len,
		   void (*each)(void *context, const struct nlmsghdr *message), void *context)
{
	static _Alignas(struct nlmsghdr) uint8_t answer[ANSWER_ROOM];
	struct timeval limit = { .tv_sec = 5 };
	int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE), err = 0;
	bool more = fd >= 0;

	if (fd < 0)
		return -errno;
	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit));
	if (send(fd, question, len, 0) < 0)
		err = -errno;
	while (!err && more) {
		ssize_t got = recv(fd, answer, sizeof(answer), 0);
		size_t left = got > 0 ? (size_t)got : 0;

		err = got < 0 ? -errno : 0;
		for (const struct nlmsghdr *at = (const void *)answer; more && NLMSG_OK(at, left);
		     at = NLMSG_NEXT(at, left)) {
			more = at->nlmsg_type != NLMSG_DONE && at->nlmsg_type != NLMSG_ERROR &&
			       at->nlmsg_flags & NLM_F_MULTI;
			if (at->nlmsg_type != NLMSG_DONE && at->nlmsg_type != NLMSG_ERROR)
				each(context, at);
		}
		more &= got > 0;
	}
	close(fd);
	return err;
}

struct address_walk {
	unsigned index;
	struct own_address *out;
	size_t room, count;
};

static void take_attribute(const struct rtattr *at, struct own_address *out)
{
	const struct ifa_cacheinfo *times = RTA_DATA(at);
	size_t width = out->prefix.family == AF_INET ? 4 : 16;

	/* On IPv4 IFA_ADDRESS is the far end of a point-to-point link; ours is IFA_LOCAL. */
	if (at->rta_type == (out->prefix.family == AF_INET ? IFA_LOCAL : IFA_ADDRESS) &&
	    RTA_PAYLOAD(at) == width)
		memcpy(out->prefix.bytes, RTA_DATA(at), width);
	else if (at->rta_type == IFA_FLAGS && RTA_PAYLOAD(at) == 4)
		memcpy(&out->flags, RTA_DATA(at), 4);
	else if (at->rta_type == IFA_PROTO && RTA_PAYLOAD(at) == 1)
		memcpy(&out->protocol, RTA_DATA(at), 1);
	else if (at->rta_type == IFA_CACHEINFO && RTA_PAYLOAD(at) >= sizeof(*times))
		out->valid_seconds = times->ifa_valid;
}

static void take_address(void *context, const struct nlmsghdr *message)
{
	struct address_walk *walk = context;
	const struct ifaddrmsg *body = NLMSG_DATA(message);
	const struct rtattr *at = IFA_RTA(body);
	int left = (int)IFA_PAYLOAD(message);
	struct own_address *out;

	if (message->nlmsg_type != RTM_NEWADDR || body->ifa_index != walk->index ||
	    walk->count == walk->room ||
	    (body->ifa_family != AF_INET && body->ifa_family != AF_INET6))
		return;
	out = &walk->out[walk->count++];
	*out = (struct own_address){ .prefix = { .family = body->ifa_family,
						 .bits = body->ifa_prefixlen },
				     .flags = body->ifa_flags,
				     .scope = body->ifa_scope,
				     .valid_seconds = UINT32_MAX };
	for (; RTA_OK(at, left); at = RTA_NEXT(at, left))
		take_attribute(at, out);
}

size_t addresses_read(const char *device, struct own_address *out, size_t room)
{
	struct {
		struct nlmsghdr header;
		struct ifaddrmsg address;
	} question = { .header = { .nlmsg_len = sizeof(question),
				   .nlmsg_type = RTM_GETADDR,
				   .nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP } };
	struct address_walk walk = { .index = if_nametoindex(device), .out = out, .room = room };

	if (!walk.index || ask_all(&question, sizeof(question), take_address, &walk))
		return 0;
	return walk.count;
}

struct bounds {
	unsigned least, most;
};

static void take_bounds(void *context, const struct nlmsghdr *message)
{
	struct bounds *bounds = context;
	int left = (int)IFLA_PAYLOAD(message);

	if (message->nlmsg_type != RTM_NEWLINK)
		return;
	for (const struct rtattr *at = IFLA_RTA(NLMSG_DATA(message)); RTA_OK(at, left);
	     at = RTA_NEXT(at, left)) {
		if (at->rta_type == IFLA_MIN_MTU && RTA_PAYLOAD(at) == 4)
			memcpy(&bounds->least, RTA_DATA(at), 4);
		if (at->rta_type == IFLA_MAX_MTU && RTA_PAYLOAD(at) == 4)
			memcpy(&bounds->most, RTA_DATA(at), 4);
	}
}

int link_mtu_bounds(const char *device, unsigned *least, unsigned *most)
{
	struct {
		struct nlmsghdr header;
		struct ifinfomsg link;
	} question = { .header = { .nlmsg_len = sizeof(question),
				   .nlmsg_type = RTM_GETLINK,
				   .nlmsg_flags = NLM_F_REQUEST },
		       .link = { .ifi_index = (int)if_nametoindex(device) } };
	struct bounds bounds = { 0 };
	int err = ask_all(&question, sizeof(question), take_bounds, &bounds);

	*least = bounds.least;
	*most = bounds.most;
	return err ? err : bounds.most ? 0 : -ENODATA;
}
