/* SPDX-License-Identifier: MIT */
/* A link's device out of its NICs: bond, MTU, VLAN, up. */
#include "init/network/plumbing.h"

#include <errno.h>
#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* What the kernel makes of IPv6 by itself on a device. */
static void set_router_advertisements(const char *device, bool taken)
{
	static const char *const keys[] = { "accept_ra", "autoconf" };
	char path[96];

	for (size_t i = 0; i < COUNT_OF(keys); i++) {
		snprintf(path, sizeof(path), "/proc/sys/net/ipv6/conf/%s/%s", device, keys[i]);
		file_write(path, taken ? "1" : "0");
	}
}

static void set_ipv6_off(const char *device, bool off)
{
	char path[96];

	snprintf(path, sizeof(path), "/proc/sys/net/ipv6/conf/%s/disable_ipv6", device);
	file_write(path, off ? "1" : "0");
}

static bool is_on(const char *device)
{
	char text[16];

	return file_read(text, sizeof(text), "/sys/class/net/%s/flags", device) > 0 &&
	       strtoul(text, NULL, 16) & IFF_UP;
}

static int refuse_mtu(int err, const char *device, unsigned mtu, char *why, size_t room)
{
	unsigned least, most;
	char bounds[48] = "";

	if (!link_mtu_bounds(device, &least, &most))
		snprintf(bounds, sizeof(bounds), "; it takes %u to %u", least, most);
	return text_refuse(err, why, room, "mtu=%u on %s: %s%s", mtu, device, strerror(-err),
			   bounds);
}

static int set_mtu(const char *device, unsigned mtu, char *why, size_t room)
{
	int err = mtu ? link_set_mtu(device, mtu) : 0;

	return err ? refuse_mtu(err, device, mtu, why, room) : 0;
}

static int attempt(int err, const char *what, const char *device, char *why, size_t room)
{
	return err ? text_refuse(err, why, room, "%s %s: %s", what, device, strerror(-err)) : 0;
}

/* A NIC must be down to join, and comes up with the bond. */
static int build_bond(const struct plumbing *plumbing, const struct candidate *candidate,
		      const char *bond, char *why, size_t room)
{
	int err = attempt(link_add_bond(bond, plumbing->wish->bond, candidate->nic[0]), "making",
			  bond, why, room);

	for (size_t i = 0; !err && i < candidate->nic_count; i++) {
		link_set_up(candidate->nic[i], false);
		set_router_advertisements(candidate->nic[i], false);
		err = attempt(link_set_master(candidate->nic[i], bond),
			      "joining to the bond:", candidate->nic[i], why, room);
	}
	return err;
}

static int build_vlan(const struct plumbing *plumbing, const char *lower,
		      const struct candidate *candidate, char *why, size_t room)
{
	int err = attempt(link_add_vlan(lower, plumbing->wish->vlan, candidate->device), "making",
			  candidate->device, why, room);

	if (!err)
		err = set_mtu(candidate->device, plumbing->wish->mtu, why, room);
	return err;
}

/* A NIC that carries a VLAN may carry more than its own link: its MTU is only ever raised. */
static int set_lower_mtu(const char *lower, const struct wish *wish, char *why, size_t room)
{
	char text[16];
	uint64_t now;

	if (wish->vlan && file_read(text, sizeof(text), "/sys/class/net/%s/mtu", lower) > 0 &&
	    !text_u64(text, &now) && now >= wish->mtu)
		return 0;
	return set_mtu(lower, wish->mtu, why, room);
}

int candidate_build(const struct plumbing *plumbing, struct candidate *candidate, char *why,
		    size_t room)
{
	const struct wish *wish = plumbing->wish;
	char lower[16];
	int err = 0;

	if (wish->bond)
		snprintf(lower, sizeof(lower), "bond%zu", plumbing->link);
	else
		snprintf(lower, sizeof(lower), "%s", candidate->nic[0]);
	snprintf(candidate->device, sizeof(candidate->device), wish->vlan ? "%.10s.%u" : "%.15s",
		 lower, wish->vlan);
	if (wish->bond)
		err = build_bond(plumbing, candidate, lower, why, room);
	if (!err)
		err = set_lower_mtu(lower, wish, why, room);
	if (!err && wish->vlan)
		err = build_vlan(plumbing, lower, candidate, why, room);
	if (err)
		return err;
	if (wish->vlan && !is_on(lower)) /* else it is a link of its own */
		set_ipv6_off(lower, true);
	set_ipv6_off(candidate->device, false);
	set_router_advertisements(candidate->device, wish->dhcp || wish->slaac);
	err = attempt(link_set_up(lower, true), "switching on", lower, why, room);
	if (!err && wish->vlan)
		err = attempt(link_set_up(candidate->device, true), "switching on",
			      candidate->device, why, room);
	candidate->built = !err;
	return err;
}

void candidate_drop(const struct plumbing *plumbing, struct candidate *candidate)
{
	struct own_address own[16];
	size_t count;

	if (candidate->client > 0)
		lease_stop(candidate->client, candidate->device);
	candidate->client = 0;
	if (!candidate->built)
		return;
	if (plumbing->wish->vlan) {
		link_remove(candidate->device);
		return;
	}
	set_ipv6_off(candidate->device, true);
	count = addresses_read(candidate->device, own, COUNT_OF(own));
	for (size_t i = 0; i < count; i++)
		address_remove(candidate->device, &own[i].prefix);
}
