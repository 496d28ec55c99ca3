/* SPDX-License-Identifier: MIT */
/* Addresses before they are used: is a given IPv4 address free, and has the kernel settled on its
 * IPv6 link-local one. Each is asked with a limit. */
#include "init/init.h"

#include "bench/net/wire/arp.h"
#include "bench/net/wire/pair/beacon.h"
#include "bench/net/wire/sockets.h"

#include <arpa/inet.h>
#include <errno.h>
#include <net/ethernet.h>
#include <net/if.h>
#include <netpacket/packet.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* ---- RFC 5227 ---- */

/* The RFC spreads three probes over up to 7 s, for wires with thousands of hosts and slow bridges.
 * A test wire answers in microseconds, and every boot pays for the wait. */
enum { PROBES = 3 };
#define PROBE_NS (150 * MILLISECOND_NS)

static int open_arp(const char *nic, struct sockaddr_ll *wire)
{
	int fd = socket(AF_PACKET, SOCK_DGRAM | SOCK_CLOEXEC, htons(ETH_P_ARP));
	int err;

	if (fd < 0)
		return -errno;
	*wire = (struct sockaddr_ll){ .sll_family = AF_PACKET,
				      .sll_protocol = htons(ETH_P_ARP),
				      .sll_ifindex = (int)if_nametoindex(nic),
				      .sll_halen = 6 };
	if (!bind(fd, (const struct sockaddr *)wire, sizeof(*wire))) {
		memset(wire->sll_addr, 0xff, 6);
		return fd;
	}
	err = -errno;
	close(fd);
	return err;
}

/* True when somebody claimed the address before the deadline. */
static bool hear_claim(int fd, const uint8_t mac[6], struct in_addr address, uint64_t until_ns,
		       uint8_t who[6])
{
	while (!socket_wait(fd, POLLIN, until_ns, NULL)) {
		uint8_t packet[64];
		ssize_t got = recv(fd, packet, sizeof(packet), MSG_DONTWAIT);

		if (got > 0 && arp_claims(packet, (size_t)got, mac, address, who))
			return true;
	}
	return false;
}

static int probe(int fd, const struct sockaddr_ll *wire, const uint8_t mac[6],
		 struct in_addr address, uint8_t who[6])
{
	uint8_t packet[ARP_BYTES];

	arp_probe_encode(mac, address, packet);
	for (int i = 0; i < PROBES; i++) {
		if (sendto(fd, packet, sizeof(packet), 0, (const struct sockaddr *)wire,
			   sizeof(*wire)) < 0)
			return -errno;
		if (hear_claim(fd, mac, address, clock_raw_ns() + PROBE_NS, who))
			return -EADDRINUSE;
	}
	return 0;
}

int address_check_free(const char *nic, const char *mac_text, struct in_addr address, char *why,
		       size_t room)
{
	char text[INET_ADDRSTRLEN], whose[MAC_TEXT_ROOM];
	struct sockaddr_ll wire;
	uint8_t mac[6], who[6];
	int fd, err;

	/* What is no Ethernet has no ARP to ask by. */
	if (mac_parse(mac_text, mac))
		return 0;
	inet_ntop(AF_INET, &address, text, sizeof(text));
	fd = open_arp(nic, &wire);
	err = fd < 0 ? fd : probe(fd, &wire, mac, address, who);
	if (fd >= 0)
		close(fd);
	if (err == -EADDRINUSE) {
		mac_format(who, whose);
		return text_refuse(err, why, room, "address %s is in use by %s", text, whose);
	}
	return err ? text_refuse(err, why, room, "asking on %s whether %s is free: %s", nic, text,
				 strerror(-err)) :
		     0;
}

/* ---- the link-local address ---- */

enum { SCOPE_LINK = 0x20, FLAG_DAD_FAILED = 0x08, FLAG_TENTATIVE = 0x40 };

/* A line of /proc/net/if_inet6: address, index, prefix length, scope, flags (hexadecimal), name. */
static bool read_line(const char *line, const char *nic, struct in6_addr *address, unsigned *flags)
{
	char digits[33], name[17];
	unsigned scope;

	if (sscanf(line, "%32[0-9a-f] %*x %*x %x %x %16s", digits, &scope, flags, name) != 4 ||
	    strlen(digits) != 32 || scope != SCOPE_LINK || strcmp(name, nic) != 0)
		return false;
	for (size_t i = 0; i < 16; i++)
		address->s6_addr[i] = (uint8_t)strtoul(
			(char[]){ digits[2 * i], digits[2 * i + 1], '\0' }, NULL, 16);
	return true;
}

int link_local_find(const char *table, const char *nic, char *out, size_t room)
{
	char text[INET6_ADDRSTRLEN];
	struct in6_addr address;
	unsigned flags;
	int err = -ENOENT;

	for (const char *line = table; line && *line; line = strchr(line, '\n')) {
		line += *line == '\n';
		if (!read_line(line, nic, &address, &flags))
			continue;
		if (!(flags & (FLAG_DAD_FAILED | FLAG_TENTATIVE))) {
			inet_ntop(AF_INET6, &address, text, sizeof(text));
			snprintf(out, room, "%s%%%s", text, nic);
			return 0;
		}
		err = flags & FLAG_DAD_FAILED ? -EADDRINUSE : -EAGAIN;
	}
	return err;
}

/* The kernel makes it once the link is up, and asks the wire for a second or two whether it is
 * free. */
int link_local_await(const char *nic, double seconds, char *out, size_t room, char *why,
		     size_t why_room)
{
	uint64_t until_ns = clock_raw_ns() + (uint64_t)(seconds * 1e9);
	char table[4096];
	int err;

	for (;;) {
		if (file_read(table, sizeof(table), "/proc/net/if_inet6") < 0)
			table[0] = '\0';
		err = link_local_find(table, nic, out, room);
		if (!err || err == -EADDRINUSE || clock_raw_ns() > until_ns)
			break;
		clock_sleep_ns(20 * MILLISECOND_NS);
	}
	if (err == -EADDRINUSE)
		return text_refuse(
			err, why, why_room,
			"the IPv6 link-local address of %s is in use by another machine: "
			"two with one MAC?",
			nic);
	return err ? text_refuse(err, why, why_room,
				 "no IPv6 link-local address on %s within %.0f s", nic, seconds) :
		     0;
}
