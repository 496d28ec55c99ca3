/* SPDX-License-Identifier: MIT */
/* Requests to rtnetlink(7) and its announcements: see netlink.h. */
#include "init/network/netlink.h"

#include "bench/net/wire/sockets.h"

#include <errno.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* ---- a request ---- */

struct request {
	_Alignas(struct nlmsghdr) uint8_t bytes[512];
};

static struct nlmsghdr *header_of(struct request *request)
{
	return (void *)request->bytes;
}

static void begin(struct request *request, uint16_t type, uint16_t flags, const void *body,
		  size_t len)
{
	memset(request, 0, sizeof(*request));
	*header_of(request) = (struct nlmsghdr){ .nlmsg_len = (uint32_t)NLMSG_SPACE(len),
						 .nlmsg_type = type,
						 .nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK | flags };
	memcpy(NLMSG_DATA(request->bytes), body, len);
}

/* What is added here is small and known: the room is never too little. */
static struct rtattr *add(struct request *request, uint16_t type, const void *data, size_t len)
{
	struct nlmsghdr *header = header_of(request);
	struct rtattr *attribute = (void *)(request->bytes + NLMSG_ALIGN(header->nlmsg_len));

	attribute->rta_type = type;
	attribute->rta_len = (uint16_t)RTA_LENGTH(len);
	if (len)
		memcpy(RTA_DATA(attribute), data, len);
	header->nlmsg_len = (uint32_t)(NLMSG_ALIGN(header->nlmsg_len) + RTA_SPACE(len));
	return attribute;
}

static struct rtattr *nest(struct request *request, uint16_t type)
{
	return add(request, type | NLA_F_NESTED, NULL, 0);
}

static void end_nest(struct request *request, struct rtattr *attribute)
{
	attribute->rta_len =
		(uint16_t)(request->bytes + header_of(request)->nlmsg_len - (uint8_t *)attribute);
}

static int open_socket(unsigned groups)
{
	struct sockaddr_nl own = { .nl_family = AF_NETLINK, .nl_groups = groups };
	struct timeval limit = { .tv_sec = 5 };
	int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE), err;

	if (fd < 0)
		return -errno;
	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit));
	if (!bind(fd, (const struct sockaddr *)&own, sizeof(own)))
		return fd;
	err = -errno;
	close(fd);
	return err;
}

static int await_ack(int fd)
{
	_Alignas(struct nlmsghdr) uint8_t answer[4096];
	ssize_t got = recv(fd, answer, sizeof(answer), 0);
	const struct nlmsghdr *header = (const void *)answer;

	if (got < 0)
		return -errno;
	if (!NLMSG_OK(header, (size_t)got) || header->nlmsg_type != NLMSG_ERROR)
		return -EBADMSG;
	return ((const struct nlmsgerr *)NLMSG_DATA(header))->error;
}

static int ask(struct request *request)
{
	int fd = open_socket(0), err;

	if (fd < 0)
		return fd;
	err = send(fd, request->bytes, header_of(request)->nlmsg_len, 0) < 0 ? -errno :
									       await_ack(fd);
	close(fd);
	return err;
}

/* ---- links ---- */

static int begin_link(struct request *request, const char *device, unsigned flags, unsigned change)
{
	struct ifinfomsg link = { .ifi_index = (int)if_nametoindex(device),
				  .ifi_flags = flags,
				  .ifi_change = change };

	begin(request, RTM_NEWLINK, 0, &link, sizeof(link));
	return link.ifi_index ? 0 : -ENODEV;
}

int link_set_up(const char *device, bool up)
{
	struct request request;
	int err = begin_link(&request, device, up ? IFF_UP : 0, IFF_UP);

	return err ? err : ask(&request);
}

int link_set_mtu(const char *device, unsigned mtu)
{
	struct request request;
	int err = begin_link(&request, device, 0, 0);

	add(&request, IFLA_MTU, &mtu, sizeof(mtu));
	return err ? err : ask(&request);
}

int link_set_master(const char *nic, const char *master)
{
	unsigned index = if_nametoindex(master);
	struct request request;
	int err = begin_link(&request, nic, 0, 0);

	add(&request, IFLA_MASTER, &index, sizeof(index));
	return err ? err : index ? ask(&request) : -ENODEV;
}

int link_remove(const char *device)
{
	struct ifinfomsg link = { .ifi_index = (int)if_nametoindex(device) };
	struct request request;

	begin(&request, RTM_DELLINK, 0, &link, sizeof(link));
	return link.ifi_index ? ask(&request) : 0;
}

static struct rtattr *begin_new(struct request *request, const char *device, const char *kind,
				unsigned lower, struct rtattr **info)
{
	struct ifinfomsg link = { 0 };

	begin(request, RTM_NEWLINK, NLM_F_CREATE | NLM_F_EXCL, &link, sizeof(link));
	add(request, IFLA_IFNAME, device, strlen(device) + 1);
	if (lower)
		add(request, IFLA_LINK, &lower, sizeof(lower));
	*info = nest(request, IFLA_LINKINFO);
	add(request, IFLA_INFO_KIND, kind, strlen(kind) + 1);
	return nest(request, IFLA_INFO_DATA);
}

static int ask_new(struct request *request, struct rtattr *info, struct rtattr *data)
{
	int err;

	end_nest(request, data);
	end_nest(request, info);
	err = ask(request);
	return err == -EEXIST ? 0 : err;
}

int link_add_vlan(const char *nic, unsigned tag, const char *device)
{
	unsigned lower = if_nametoindex(nic);
	uint16_t id = (uint16_t)tag;
	struct request request;
	struct rtattr *info, *data = begin_new(&request, device, "vlan", lower, &info);

	add(&request, IFLA_VLAN_ID, &id, sizeof(id));
	return lower ? ask_new(&request, info, data) : -ENODEV;
}

/* The kernel looks at the carrier every 100 ms (bonding.rst: without miimon a dead leg stays in
 * use). LACP asks for a word each second, so that a dead switch is noticed in 3 s and not in 90. */
int link_add_bond(const char *device, enum bond mode, const char *first)
{
	/* linux/if_bonding.h, which does not go with the C library's net/if.h */
	static const uint8_t modes[] = {
		[BOND_BALANCE_RR] = 0, [BOND_ACTIVE_BACKUP] = 1, [BOND_802_3AD] = 4
	};
	uint32_t miimon_ms = 100, primary = if_nametoindex(first);
	uint8_t fast = 1;
	struct request request;
	struct rtattr *info, *data = begin_new(&request, device, "bond", 0, &info);

	add(&request, IFLA_BOND_MODE, &modes[mode], 1);
	add(&request, IFLA_BOND_MIIMON, &miimon_ms, sizeof(miimon_ms));
	if (mode == BOND_ACTIVE_BACKUP)
		add(&request, IFLA_BOND_PRIMARY, &primary, sizeof(primary));
	if (mode == BOND_802_3AD)
		add(&request, IFLA_BOND_AD_LACP_RATE, &fast, 1);
	return ask_new(&request, info, data);
}

bool link_has_carrier(const char *device)
{
	char text[8];

	return file_read(text, sizeof(text), "/sys/class/net/%s/carrier", device) > 0 &&
	       text[0] == '1';
}

/* ---- addresses and routes ---- */

static size_t width_of(const struct prefix *prefix)
{
	return prefix->family == AF_INET ? 4 : 16;
}

static void begin_address(struct request *request, uint16_t type, uint16_t flags,
			  const char *device, const struct prefix *prefix)
{
	struct ifaddrmsg address = { .ifa_family = (uint8_t)prefix->family,
				     .ifa_prefixlen = (uint8_t)prefix->bits,
				     .ifa_scope = RT_SCOPE_UNIVERSE,
				     .ifa_index = if_nametoindex(device) };

	begin(request, type, flags, &address, sizeof(address));
	add(request, IFA_LOCAL, prefix->bytes, width_of(prefix));
	add(request, IFA_ADDRESS, prefix->bytes, width_of(prefix));
}

int address_add(const char *device, const struct prefix *prefix)
{
	struct prefix all = *prefix;
	struct request request;
	int err;

	begin_address(&request, RTM_NEWADDR, NLM_F_CREATE | NLM_F_EXCL, device, prefix);
	if (prefix->family == AF_INET && prefix->bits < 31) {
		all.v4.s_addr |= htonl(~0u >> prefix->bits);
		add(&request, IFA_BROADCAST, all.bytes, 4);
	}
	err = ask(&request);
	return err == -EEXIST ? 0 : err;
}

int address_remove(const char *device, const struct prefix *prefix)
{
	struct request request;

	begin_address(&request, RTM_DELADDR, 0, device, prefix);
	return ask(&request);
}

int route_add_default(const char *device, const struct prefix *gateway)
{
	struct rtmsg route = { .rtm_family = (uint8_t)gateway->family,
			       .rtm_table = RT_TABLE_MAIN,
			       .rtm_protocol = RTPROT_STATIC,
			       .rtm_scope = RT_SCOPE_UNIVERSE,
			       .rtm_type = RTN_UNICAST };
	unsigned index = if_nametoindex(device);
	struct request request;
	int err;

	begin(&request, RTM_NEWROUTE, NLM_F_CREATE | NLM_F_EXCL, &route, sizeof(route));
	add(&request, RTA_GATEWAY, gateway->bytes, width_of(gateway));
	add(&request, RTA_OIF, &index, sizeof(index));
	err = ask(&request);
	return err == -EEXIST ? 0 : err;
}

/* ---- announcements ---- */

int link_events_open(void)
{
	return open_socket(RTMGRP_LINK | RTMGRP_IPV4_IFADDR | RTMGRP_IPV6_IFADDR);
}

void link_events_wait(int fd, uint64_t until_ns)
{
	uint8_t unread[8192];

	if (fd < 0 || socket_wait(fd, POLLIN, until_ns, NULL))
		return;
	/* They only say that it is time to look again; one that was lost (-ENOBUFS) does as well. */
	while (recv(fd, unread, sizeof(unread), MSG_DONTWAIT) > 0)
		;
}
