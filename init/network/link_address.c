/* SPDX-License-Identifier: MIT */
/* Addresses onto a link: given ones are asked for first, lent and advertised ones are awaited, on
 * all NICs that the link may mean at once; the first that gets one is the link. */
#include "init/network/plumbing.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/if_addr.h>
#include <linux/rtnetlink.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/klog.h>

enum { OWN = 24, SLICE_MS = 100 };
#define DAD_SECONDS   10.0 /* the kernel takes one or two */
#define READY_SECONDS 5.0  /* a bond whose legs are being agreed upon has a link, and drops all */

bool link_needs_v6(const struct plumbing *plumbing)
{
	struct prefix peer;
	char host[64];

	snprintf(host, sizeof(host), "%.*s", (int)strcspn(plumbing->peer, "%"), plumbing->peer);
	return !prefix_parse_host(host, &peer) && peer.family == AF_INET6;
}

static bool is_usable(const struct own_address *own)
{
	return own->scope == RT_SCOPE_UNIVERSE &&
	       !(own->flags & (IFA_F_TENTATIVE | IFA_F_DADFAILED));
}

static const struct own_address *find_family(const struct own_address *own, size_t count,
					     sa_family_t family)
{
	for (size_t i = 0; i < count; i++)
		if (own[i].prefix.family == family && is_usable(&own[i]))
			return &own[i];
	return NULL;
}

static const struct own_address *find_same(const struct own_address *own, size_t count,
					   const struct prefix *prefix)
{
	for (size_t i = 0; i < count; i++)
		if (own[i].prefix.family == prefix->family &&
		    !memcmp(own[i].prefix.bytes, prefix->bytes, 16))
			return &own[i];
	return NULL;
}

/* ---- lent and advertised ---- */

static void follow_client(const struct plumbing *plumbing, struct candidate *candidate)
{
	struct lease lease;

	if (!candidate->client && plumbing->wish->dhcp)
		candidate->client = lease_start(candidate->device, &plumbing->hint);
	while (lease_next(candidate->device, &candidate->told, &lease))
		if (lease.event == LEASE_BOUND || lease.event == LEASE_RENEWED)
			candidate->lease = lease;
}

void link_ask_leases(struct plumbing *plumbing)
{
	for (size_t i = 0; i < plumbing->count; i++)
		if (plumbing->candidate[i].built && link_has_carrier(plumbing->candidate[i].device))
			follow_client(plumbing, &plumbing->candidate[i]);
}

enum enough { NOTHING, SOMETHING, ALL };

static enum enough judge(const struct plumbing *plumbing, const struct candidate *candidate)
{
	struct own_address own[OWN];
	size_t count = addresses_read(candidate->device, own, OWN);
	bool v4 = find_family(own, count, AF_INET) && candidate->lease.address.family;
	bool v6 = find_family(own, count, AF_INET6) != NULL;
	const struct wish *wish = plumbing->wish;

	if (link_needs_v6(plumbing))
		return v6 ? ALL : NOTHING;
	if ((v4 || !wish->dhcp) && (v6 || !wish->slaac))
		return ALL;
	return v4 || (v6 && !plumbing->peer[0]) ? SOMETHING : NOTHING;
}

static struct candidate *find_enough(struct plumbing *plumbing, enum enough least)
{
	for (size_t i = 0; i < plumbing->count; i++)
		if (plumbing->candidate[i].built &&
		    judge(plumbing, &plumbing->candidate[i]) >= least)
			return &plumbing->candidate[i];
	return NULL;
}

static struct candidate *await_dynamic(struct plumbing *plumbing)
{
	double limit = plumbing->settings->value[SET_DHCP_TIMEOUT].real;
	uint64_t now_ns = clock_raw_ns(), until_ns = now_ns + (uint64_t)(limit * 1e9);
	struct candidate *found;

	for (;; now_ns = clock_raw_ns()) {
		uint64_t slice_ns = now_ns + SLICE_MS * 1000000u;

		link_ask_leases(plumbing);
		found = find_enough(plumbing, ALL);
		if (found || now_ns > until_ns)
			return found;
		link_events_wait(plumbing->events, slice_ns < until_ns ? slice_ns : until_ns);
	}
}

static void say_unanswered(const struct plumbing *plumbing, struct text *out)
{
	const struct wish *wish = plumbing->wish;
	const char *between = " on ";

	text_add(out, "no %s", wish->dhcp ? "lease" : "router's advertisement");
	if (wish->dhcp && (wish->slaac || link_needs_v6(plumbing)))
		text_add(out, " and IPv6 address");
	for (size_t i = 0; i < plumbing->count; i++, between = ", ")
		text_add(out, "%s%s", between, plumbing->candidate[i].device);
	text_add(out, " within %.0f s", plumbing->settings->value[SET_DHCP_TIMEOUT].real);
	for (size_t i = 0; wish->dhcp && i < plumbing->count; i++)
		if (plumbing->candidate[i].client > 0 &&
		    !plumbing->candidate[i].lease.address.family)
			lease_quote(plumbing->candidate[i].device, out);
}

/* ---- given ---- */

/* The kernel's own word about a conflict (addrconf_dad_failure): who has it. "" when it is gone. */
static void find_holder(const struct prefix *prefix, char *out, size_t room)
{
	enum { READ_ALL = 3, LOG_ROOM = 65536 };
	char address[PREFIX_TEXT], wanted[PREFIX_TEXT + 40];
	char *log = calloc(1, LOG_ROOM), *last = NULL;

	out[0] = '\0';
	prefix_address(prefix, address);
	snprintf(wanted, sizeof(wanted), "duplicate address %s used by ", address);
	if (log && klogctl(READ_ALL, log, LOG_ROOM - 1) > 0)
		for (char *at = log; (at = strstr(at, wanted)); at++)
			last = at;
	if (last)
		snprintf(out, room, " by %.17s", last + strlen(wanted));
	free(log);
}

static int refuse_taken(const struct prefix *prefix, const char *device, char *why, size_t room)
{
	char text[PREFIX_TEXT], holder[24];

	prefix_address(prefix, text);
	find_holder(prefix, holder, sizeof(holder));
	return text_refuse(-EADDRINUSE, why, room, "address %s is in use%s, seen from %s", text,
			   holder[0] ? holder : " by another machine", device);
}

/* IPv6's duplicate address detection (RFC 4862), which the kernel does by itself. */
static int await_unique(const struct plumbing *plumbing, const char *device,
			const struct prefix *prefix, char *why, size_t room)
{
	uint64_t until_ns = clock_raw_ns() + (uint64_t)(DAD_SECONDS * 1e9);
	char text[PREFIX_TEXT];

	prefix_address(prefix, text);
	while (clock_raw_ns() < until_ns) {
		struct own_address own[OWN];
		size_t count = addresses_read(device, own, OWN);
		const struct own_address *it = find_same(own, count, prefix);

		if (!it || it->flags & IFA_F_DADFAILED)
			return it ? refuse_taken(prefix, device, why, room) :
				    text_refuse(-EADDRNOTAVAIL, why, room,
						"address %s did not stay on %s", text, device);
		if (!(it->flags & IFA_F_TENTATIVE))
			return 0;
		link_events_wait(plumbing->events, clock_raw_ns() + SLICE_MS * 1000000u);
	}
	return text_refuse(-ETIMEDOUT, why, room,
			   "address %s on %s: not proved unique within %.0f s", text, device,
			   DAD_SECONDS);
}

static int give_address(const struct plumbing *plumbing, const char *device,
			const struct prefix *prefix, char *why, size_t room)
{
	uint64_t until_ns = clock_raw_ns() + (uint64_t)(READY_SECONDS * 1e9);
	char text[PREFIX_TEXT];
	int err = 0;

	do {
		if (prefix->family == AF_INET)
			err = address_check_free(device, plumbing->network->mac, prefix->v4, why,
						 room);
		if (err == -ENOBUFS)
			link_events_wait(plumbing->events, clock_raw_ns() + SLICE_MS * 1000000u);
	} while (err == -ENOBUFS && clock_raw_ns() < until_ns);
	if (err)
		return err;
	prefix_format(prefix, text);
	err = address_add(device, prefix);
	return err ? text_refuse(err, why, room, "address %s on %s: %s", text, device,
				 strerror(-err)) :
		     0;
}

static int give_gateway(const char *device, const struct prefix *gateway, char *why, size_t room)
{
	char text[PREFIX_TEXT];
	int err = route_add_default(device, gateway);

	prefix_address(gateway, text);
	return err ? text_refuse(err, why, room, "gateway %s on %s: %s", text, device,
				 strerror(-err)) :
		     0;
}

/* All are set before any is awaited: the kernel proves them at the same time. */
static int give_all(const struct plumbing *plumbing, const char *device, char *why, size_t room)
{
	const struct wish *wish = plumbing->wish;
	int err = 0;

	for (size_t i = 0; !err && i < wish->address_count; i++)
		err = give_address(plumbing, device, &wish->address[i], why, room);
	for (size_t i = 0; !err && i < wish->address_count; i++)
		if (wish->address[i].family == AF_INET6)
			err = await_unique(plumbing, device, &wish->address[i], why, room);
	for (size_t i = 0; !err && i < wish->gateway_count; i++)
		err = give_gateway(device, &wish->gateway[i], why, room);
	return err;
}

/* The address that the firmware had when it loaded us, where nobody lends one any more. */
static void give_loaders(struct plumbing *plumbing, const char *device)
{
	struct network *network = plumbing->network;
	char why[WHY_ROOM] = "", text[PREFIX_TEXT];
	int err = give_address(plumbing, device, &plumbing->hint, why, sizeof(why));

	if (!err && plumbing->hint_gateway.family)
		err = give_gateway(device, &plumbing->hint_gateway, why, sizeof(why));
	prefix_format(&plumbing->hint, text);
	network_remark(network, "%s; the loader's ip=: %s", network->why_not, err ? why : text);
	network->why_not[0] = '\0';
}

/* ---- what came of it ---- */

const char *address_origin(const struct own_address *own, const struct network *network,
			   const struct wish *wish)
{
	if (own->scope == RT_SCOPE_LINK)
		return "link-local";
	for (size_t i = 0; i < wish->address_count; i++)
		if (find_same(own, 1, &wish->address[i]))
			return "static";
	if (own->prefix.family == AF_INET6)
		return "slaac";
	return network->lease.address.family ? "dhcp" : "loader";
}

/* Those that can be used, and how each came: "198.18.0.1/24 (static), ...". */
void addresses_describe(const struct network *network, const struct wish *wish, struct text *out)
{
	struct own_address own[OWN];
	size_t count = addresses_read(network->nic, own, OWN);
	char text[PREFIX_TEXT];

	for (size_t i = 0; i < count; i++) {
		if (!is_usable(&own[i]))
			continue;
		prefix_format(&own[i].prefix, text);
		text_add(out, "%s%s (%s)", out->len ? ", " : "", text,
			 address_origin(&own[i], network, wish));
	}
}

static void read_back(struct plumbing *plumbing)
{
	struct network *network = plumbing->network;
	bool six_first = link_needs_v6(plumbing);
	struct own_address own[OWN];
	size_t count = addresses_read(network->nic, own, OWN);
	const struct own_address *v4 = find_family(own, count, AF_INET),
				 *v6 = find_family(own, count, AF_INET6),
				 *it = (six_first && v6) || !v4 ? v6 : v4;

	if (!it)
		return;
	prefix_address(&it->prefix, network->address);
	network->bits = it == v4 ? v4->prefix.bits : 0;
	snprintf(network->how, sizeof(network->how), "%s",
		 address_origin(it, network, plumbing->wish));
	network->up = true;
}

static struct candidate *find_linked(struct plumbing *plumbing)
{
	for (size_t i = 0; i < plumbing->count; i++)
		if (plumbing->candidate[i].built && link_has_carrier(plumbing->candidate[i].device))
			return &plumbing->candidate[i];
	return NULL;
}

static void choose(struct plumbing *plumbing, struct candidate *chosen)
{
	struct network *network = plumbing->network;

	for (size_t i = 0; i < plumbing->count; i++)
		if (&plumbing->candidate[i] != chosen)
			candidate_drop(plumbing, &plumbing->candidate[i]);
	snprintf(network->nic, sizeof(network->nic), "%s", chosen->device);
	file_read(network->mac, sizeof(network->mac), "/sys/class/net/%s/address", chosen->device);
	network->lower_count = chosen->nic_count;
	memcpy(network->lower, chosen->nic, sizeof(network->lower));
	if (plumbing->wish->bond)
		snprintf(network->bond, sizeof(network->bond), "bond%zu", plumbing->link);
	if (chosen->lease.address.family) {
		network->client = chosen->client;
		network->told = chosen->told;
		network->lease = chosen->lease;
	} else if (chosen->client > 0) {
		lease_stop(chosen->client, chosen->device);
	}
}

void link_take_addresses(struct plumbing *plumbing)
{
	struct network *network = plumbing->network;
	const struct wish *wish = plumbing->wish;
	bool dynamic = wish->dhcp || wish->slaac;
	struct candidate *chosen = dynamic ? await_dynamic(plumbing) : NULL;
	struct text text;
	int err = 0;

	text_begin(&text, network->why_not, sizeof(network->why_not));
	if (dynamic && !chosen) {
		say_unanswered(plumbing, &text);
		chosen = find_enough(plumbing, SOMETHING);
	}
	if (!chosen)
		chosen = find_linked(plumbing);
	if (!chosen) { /* it was there when the wait began */
		text_add(&text, "%sthe link has gone", text.len ? "; " : "");
		return;
	}
	choose(plumbing, chosen);
	if (dynamic && !network->lease.address.family && !wish->address_count &&
	    plumbing->hint.family)
		give_loaders(plumbing, network->nic);
	err = give_all(plumbing, network->nic, network->why_not, sizeof(network->why_not));
	if (!err)
		read_back(plumbing);
	if (network->up && network->why_not[0])
		network_remark(network, "%s", network->why_not);
	if (wish->address_count && !dynamic)
		snprintf(network->how, sizeof(network->how), "static");
}
