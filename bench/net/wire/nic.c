/* SPDX-License-Identifier: MIT */
/* The interface under a test: see nic.h. */
#include "bench/net/wire/nic.h"

#include <errno.h>
#include <linux/ethtool.h>
#include <linux/rtnetlink.h>
#include <linux/sockios.h>
#include <net/if.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

/* ---- rtnetlink(7): of our network namespace, where /sys shows that of whoever mounted it ---- */

enum { ANSWER_ROOM = 32768 };

/* One request and the one message that answers it. -errno. */
static int ask_kernel(const void *request, size_t len, uint8_t *answer, size_t *got)
{
	struct timeval limit = { .tv_sec = 1 };
	int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE), err = 0;

	if (fd < 0)
		return -errno;
	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit));
	ssize_t done = send(fd, request, len, 0);
	if (done == (ssize_t)len)
		done = recv(fd, answer, ANSWER_ROOM, 0);
	if (done < 0)
		err = -errno;
	close(fd);
	*got = err ? 0 : (size_t)done;
	const struct nlmsghdr *header = (const void *)answer;
	if (!err && !NLMSG_OK(header, *got))
		return -EBADMSG;
	if (!err && header->nlmsg_type == NLMSG_ERROR)
		return ((const struct nlmsgerr *)NLMSG_DATA(header))->error;
	return err;
}

/* An attribute behind a header of `skip` bytes, copied when it has so many; else false. */
static bool find_attribute(const uint8_t *answer, uint16_t type, size_t skip, uint16_t attribute,
			   void *out, size_t len)
{
	const struct nlmsghdr *header = (const void *)answer;
	int left = (int)header->nlmsg_len - (int)NLMSG_SPACE(skip);
	const struct rtattr *at = (const void *)(answer + NLMSG_SPACE(skip));

	if (header->nlmsg_type != type)
		return false;
	for (; RTA_OK(at, left); at = RTA_NEXT(at, left))
		if (at->rta_type == attribute && RTA_PAYLOAD(at) >= len) {
			memcpy(out, RTA_DATA(at), len);
			return true;
		}
	return false;
}

struct route_question {
	struct nlmsghdr header;
	struct rtmsg route;
	struct rtattr destination;
	uint8_t address[16];
};

static size_t ask_for_route(const struct address *peer, struct route_question *question)
{
	bool six = peer->any.sa_family == AF_INET6;
	size_t bytes = six ? 16 : 4, len = offsetof(struct route_question, address) + bytes;

	*question = (struct route_question){
		.header = { .nlmsg_len = (uint32_t)len,
			    .nlmsg_type = RTM_GETROUTE,
			    .nlmsg_flags = NLM_F_REQUEST },
		.route = { .rtm_family = (unsigned char)peer->any.sa_family,
			   .rtm_dst_len = (unsigned char)(bytes * 8) },
		.destination = { .rta_len = (unsigned short)RTA_LENGTH(bytes),
				 .rta_type = RTA_DST },
	};
	memcpy(question->address,
	       six ? (const void *)&peer->v6.sin6_addr : (const void *)&peer->v4.sin_addr, bytes);
	return len;
}

int nic_toward(const struct address *peer, char name[NIC_NAME])
{
	_Alignas(struct nlmsghdr) uint8_t answer[ANSWER_ROOM];
	struct route_question question;
	unsigned interface = 0;
	size_t got;

	/* A link-local address names its interface itself. */
	if (peer->any.sa_family == AF_INET6 && peer->v6.sin6_scope_id)
		return if_indextoname(peer->v6.sin6_scope_id, name) ? 0 : -errno;
	int err = ask_kernel(&question, ask_for_route(peer, &question), answer, &got);
	if (err)
		return err;
	if (!find_attribute(answer, RTM_NEWROUTE, sizeof(struct rtmsg), RTA_OIF, &interface,
			    sizeof(interface)))
		return -ENETUNREACH;
	return if_indextoname(interface, name) ? 0 : -errno;
}

/* The link's own message; false when there is no such interface. */
static bool ask_for_link(const char *name, uint8_t *answer)
{
	struct {
		struct nlmsghdr header;
		struct ifinfomsg link;
	} question = {
		.header = { .nlmsg_len = sizeof(question),
			    .nlmsg_type = RTM_GETLINK,
			    .nlmsg_flags = NLM_F_REQUEST },
		.link = { .ifi_index = (int)if_nametoindex(name) },
	};
	size_t got;

	return question.link.ifi_index && !ask_kernel(&question, sizeof(question), answer, &got);
}

static uint32_t link_number(const uint8_t *answer, uint16_t attribute)
{
	uint32_t value = 0;

	find_attribute(answer, RTM_NEWLINK, sizeof(struct ifinfomsg), attribute, &value,
		       sizeof(value));
	return value;
}

/* ---- facts ---- */

static bool ask_driver(int fd, const char *name, void *request)
{
	struct ifreq interface = { .ifr_data = request };

	snprintf(interface.ifr_name, sizeof(interface.ifr_name), "%.15s", name);
	return fd >= 0 && !ioctl(fd, SIOCETHTOOL, &interface);
}

static int ask_switch(int fd, const char *name, uint32_t command)
{
	struct ethtool_value value = { .cmd = command };

	return ask_driver(fd, name, &value) ? value.data != 0 : -1;
}

static void look_at_switches(int fd, struct nic *out)
{
	struct ethtool_value flags = { .cmd = ETHTOOL_GFLAGS };

	out->rx_checksum = ask_switch(fd, out->name, ETHTOOL_GRXCSUM);
	out->tx_checksum = ask_switch(fd, out->name, ETHTOOL_GTXCSUM);
	out->tso = ask_switch(fd, out->name, ETHTOOL_GTSO);
	out->gso = ask_switch(fd, out->name, ETHTOOL_GGSO);
	out->gro = ask_switch(fd, out->name, ETHTOOL_GGRO);
	out->lro = ask_driver(fd, out->name, &flags) ? (flags.data & ETH_FLAG_LRO) != 0 : -1;
}

static void look_at_driver(int fd, struct nic *out)
{
	struct ethtool_drvinfo driver = { .cmd = ETHTOOL_GDRVINFO };
	struct ethtool_ringparam ring = { .cmd = ETHTOOL_GRINGPARAM };
	struct ethtool_cmd speed = { .cmd = ETHTOOL_GSET };

	if (ask_driver(fd, out->name, &driver))
		snprintf(out->driver, sizeof(out->driver), "%.31s", driver.driver);
	if (ask_driver(fd, out->name, &speed) && ethtool_cmd_speed(&speed) < INT32_MAX)
		out->speed_mbit = ethtool_cmd_speed(&speed); /* all ones: unknown */
	if (ask_driver(fd, out->name, &ring)) {
		out->rx_ring = ring.rx_pending;
		out->rx_ring_most = ring.rx_max_pending;
		out->tx_ring = ring.tx_pending;
		out->tx_ring_most = ring.tx_max_pending;
	}
}

void nic_look(const char *name, struct nic *out)
{
	_Alignas(struct nlmsghdr) uint8_t answer[ANSWER_ROOM];
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	*out = (struct nic){ 0 };
	snprintf(out->name, sizeof(out->name), "%.15s", name);
	if (ask_for_link(name, answer)) {
		out->mtu = link_number(answer, IFLA_MTU);
		out->rx_queues = link_number(answer, IFLA_NUM_RX_QUEUES);
		out->tx_queues = link_number(answer, IFLA_NUM_TX_QUEUES);
	}
	look_at_switches(fd, out);
	look_at_driver(fd, out);
	if (fd >= 0)
		close(fd);
}

static void describe_switch(const char *what, int on, struct text *out)
{
	if (on >= 0)
		text_add(out, ", %s %s", what, on ? "on" : "off");
}

void nic_describe(const struct nic *nic, struct text *out)
{
	text_add(out, "%s: %s%smtu %u", nic->name, nic->driver, nic->driver[0] ? ", " : "",
		 nic->mtu);
	if (nic->speed_mbit)
		text_add(out, ", %u Mbit/s", nic->speed_mbit);
	describe_switch("rx-checksum", nic->rx_checksum, out);
	describe_switch("tx-checksum", nic->tx_checksum, out);
	describe_switch("tso", nic->tso, out);
	describe_switch("gso", nic->gso, out);
	describe_switch("gro", nic->gro, out);
	describe_switch("lro", nic->lro, out);
	text_add(out, ", %u rx and %u tx queues", nic->rx_queues, nic->tx_queues);
	if (nic->rx_ring || nic->tx_ring)
		text_add(out, ", rings rx %u of %u, tx %u of %u", nic->rx_ring, nic->rx_ring_most,
			 nic->tx_ring, nic->tx_ring_most);
}

/* ---- counters ---- */

void nic_count(const char *name, struct nic_counters *out)
{
	_Alignas(struct nlmsghdr) uint8_t answer[ANSWER_ROOM];
	struct rtnl_link_stats64 stats = { 0 };

	if (ask_for_link(name, answer))
		find_attribute(answer, RTM_NEWLINK, sizeof(struct ifinfomsg), IFLA_STATS64, &stats,
			       offsetof(struct rtnl_link_stats64, rx_nohandler));
	*out = (struct nic_counters){
		.rx_packets = stats.rx_packets,
		.rx_bytes = stats.rx_bytes,
		.tx_packets = stats.tx_packets,
		.tx_bytes = stats.tx_bytes,
		.rx_dropped = stats.rx_dropped + stats.rx_missed_errors,
		.rx_errors = stats.rx_errors,
		.tx_dropped = stats.tx_dropped,
		.tx_errors = stats.tx_errors,
	};
}

static uint64_t rise(uint64_t before, uint64_t after)
{
	return after > before ? after - before : 0; /* a driver that was reset begins anew */
}

struct nic_counters nic_since(const struct nic_counters *before, const struct nic_counters *after)
{
	return (struct nic_counters){
		.rx_packets = rise(before->rx_packets, after->rx_packets),
		.rx_bytes = rise(before->rx_bytes, after->rx_bytes),
		.tx_packets = rise(before->tx_packets, after->tx_packets),
		.tx_bytes = rise(before->tx_bytes, after->tx_bytes),
		.rx_dropped = rise(before->rx_dropped, after->rx_dropped),
		.rx_errors = rise(before->rx_errors, after->rx_errors),
		.tx_dropped = rise(before->tx_dropped, after->tx_dropped),
		.tx_errors = rise(before->tx_errors, after->tx_errors),
	};
}
