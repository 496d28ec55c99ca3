/* SPDX-License-Identifier: MIT */
/* The interface that machines are served on. */
#include "lab/serve/serve.h"

#include <arpa/inet.h>
#include <errno.h>
#include <ifaddrs.h>
#include <net/if.h>
#include <stdio.h>
#include <string.h>

bool route_is_default(const char *table, const char *name)
{
	/* Iface Destination Gateway Flags RefCnt Use Metric Mask ... */
	for (const char *line = table; line && *line; line = strchr(line, '\n')) {
		char interface[17];
		unsigned long destination, mask;

		line += *line == '\n';
		if (sscanf(line, "%16s %lx %*x %*x %*d %*d %*d %lx", interface, &destination,
			   &mask) == 3 &&
		    !destination && !mask && !strcmp(interface, name))
			return true;
	}
	return false;
}

bool arp_find(const char *table, const char *address, char mac[MAC_ROOM])
{
	/* IP address, HW type, Flags, HW address, Mask, Device */
	for (const char *line = table; line && *line; line = strchr(line, '\n')) {
		char ip[ADDRESS_ROOM], hardware[20];
		unsigned flags;

		line += *line == '\n';
		if (sscanf(line, "%45s %*x %x %19s", ip, &flags, hardware) == 3 && (flags & 2) &&
		    !strcmp(ip, address) && mac_read(hardware, mac))
			return true;
	}
	return false;
}

static void take(struct interface *out, const struct ifaddrs *one)
{
	struct sockaddr_in address, mask;

	memcpy(&address, one->ifa_addr, sizeof(address));
	memcpy(&mask, one->ifa_netmask, sizeof(mask));
	inet_ntop(AF_INET, &address.sin_addr, out->address, sizeof(out->address));
	out->bits = (unsigned)__builtin_popcount(mask.sin_addr.s_addr);
}

static bool is_on(const struct ifaddrs *one, const char *name)
{
	return !strcmp(one->ifa_name, name) && one->ifa_addr && one->ifa_netmask &&
	       one->ifa_addr->sa_family == AF_INET;
}

int interface_find(const char *name, const char *wanted, struct interface *out, char *why,
		   size_t room)
{
	struct ifaddrs *all = NULL;
	char routes[16384];
	bool found = false;

	*out = (struct interface){ 0 };
	if (!if_nametoindex(name))
		return text_refuse(-ENODEV, why, room, "interface=%s: there is none", name);
	if (getifaddrs(&all))
		return text_refuse(-errno, why, room, "addresses: %s", strerror(errno));
	for (const struct ifaddrs *one = all; one && !found; one = one->ifa_next) {
		if (!is_on(one, name))
			continue;
		take(out, one);
		found = !wanted || !strcmp(wanted, out->address);
	}
	freeifaddrs(all);
	if (!found)
		return text_refuse(-EADDRNOTAVAIL, why, room,
				   "interface=%s has %s%s; give it one: ip addr add 198.18.0.1/24 "
				   "dev %s; ip link set %s up",
				   name, wanted ? "no address " : "no IPv4 address",
				   wanted ? wanted : "", name, name);
	out->is_default_route = file_read(routes, sizeof(routes), "/proc/net/route") > 0 &&
				route_is_default(routes, name);
	return 0;
}

static void format_address(uint32_t host_order, char out[ADDRESS_ROOM])
{
	struct in_addr address = { .s_addr = htonl(host_order) };

	inet_ntop(AF_INET, &address, out, ADDRESS_ROOM);
}

static uint32_t number_of(const char *address)
{
	struct in_addr in = { 0 };

	inet_pton(AF_INET, address, &in);
	return ntohl(in.s_addr);
}

static int choose_range(struct interface *interface, char *why, size_t room)
{
	uint32_t own = number_of(interface->address), mask, network;

	if (interface->bits < 8 || interface->bits > 24)
		return text_refuse(-EINVAL, why, room,
				   "range=FIRST-LAST is wanted: %s/%u is not a network of 256 "
				   "addresses or more",
				   interface->address, interface->bits);
	mask = ~0u << (32 - interface->bits);
	network = own & mask;
	/* Where our own address lies among the usual fifty, the next hundred. */
	if (own >= network + 50 && own <= network + 99)
		network += 50;
	format_address(network + 50, interface->first);
	format_address(network + 99, interface->last);
	return 0;
}

int interface_range(struct interface *interface, const char *range, char *why, size_t room)
{
	uint32_t mask = interface->bits ? ~0u << (32 - interface->bits) : 0;
	uint32_t own = number_of(interface->address), first, last;
	struct in_addr unused;

	if (!range)
		return choose_range(interface, why, room);
	if (sscanf(range, "%45[0-9.]-%45[0-9.]", interface->first, interface->last) != 2 ||
	    inet_pton(AF_INET, interface->first, &unused) != 1 ||
	    inet_pton(AF_INET, interface->last, &unused) != 1 ||
	    strlen(interface->first) + strlen(interface->last) + 1 != strlen(range))
		return text_refuse(-EINVAL, why, room, "range=%.60s: expected FIRST-LAST", range);
	first = number_of(interface->first);
	last = number_of(interface->last);
	if (first > last || (first & mask) != (own & mask) || (last & mask) != (own & mask) ||
	    (own >= first && own <= last))
		return text_refuse(-EINVAL, why, room,
				   "range=%.60s: expected addresses in the network of %s/%u, not "
				   "that one itself",
				   range, interface->address, interface->bits);
	return 0;
}
