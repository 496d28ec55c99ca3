/* SPDX-License-Identifier: MIT */
/* The links come up: NICs, devices, carrier, addresses, in this order, by condition and with
 * limits. Nothing here listens. */
#include "init/network/plumbing.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

/* ---- which links ---- */

static bool is_wanted(const struct settings *settings, size_t link)
{
	const struct wish *wish = &settings->wish[link];

	return link ? wish->said : wish_wants_address(wish) || settings_find_peer(settings);
}

static void begin(struct plumbing *plumbing, const struct story *story, size_t link)
{
	const struct settings *settings = &story->settings;

	*plumbing = (struct plumbing){ .link = link,
				       .wish = &settings->wish[link],
				       .settings = settings,
				       .peer = link ? settings->wish[link].peer :
						      settings->value[SET_PEER].text };
	if (settings_find_peer(settings) && !link)
		plumbing->peer = "";
}

/* ---- NICs and devices ---- */

static bool is_known(const struct plumbing *plumbing, const struct link *link)
{
	for (size_t i = 0; i < plumbing->count; i++)
		for (size_t k = 0; k < plumbing->candidate[i].nic_count; k++)
			if (!strcmp(plumbing->candidate[i].nic[k], link->name))
				return true;
	return false;
}

static void add_candidate(struct plumbing *plumbing, const struct link *const *nic, size_t count)
{
	struct candidate *candidate;

	if (plumbing->count == COUNT_OF(plumbing->candidate))
		return;
	candidate = &plumbing->candidate[plumbing->count++];
	*candidate = (struct candidate){ .nic_count = count };
	for (size_t i = 0; i < count; i++)
		memcpy(candidate->nic[i], nic[i]->name, sizeof(candidate->nic[i]));
	candidate_build(plumbing, candidate, plumbing->network->why_not,
			sizeof(plumbing->network->why_not));
}

/* Looks again each time: a NIC behind USB comes late. */
static void find_nics(struct plumbing *plumbing, const struct machine *machine,
		      const char *boot_mac)
{
	struct network *network = plumbing->network;
	const struct link *nic[MAX_LINKS];
	size_t count;
	int err = wish_match(plumbing->settings->wish, plumbing->link, machine, boot_mac, nic,
			     &count, network->why_not, sizeof(network->why_not));

	if (err)
		return;
	if (!plumbing->count)
		network->why_not[0] = '\0';
	if (plumbing->wish->bond && !plumbing->count)
		add_candidate(plumbing, nic, count);
	for (size_t i = 0; !plumbing->wish->bond && i < count; i++)
		if (!is_known(plumbing, nic[i]))
			add_candidate(plumbing, &nic[i], 1);
}

/* ---- the wait for a link ---- */

static bool has_link(const struct plumbing *plumbing)
{
	for (size_t i = 0; i < plumbing->count; i++)
		if (plumbing->candidate[i].built && link_has_carrier(plumbing->candidate[i].device))
			return true;
	return false;
}

/* IEEE 802.1AX: the other end says that it collects and distributes on this leg. */
static bool leg_carries(const char *nic)
{
	enum { COLLECTING = 0x10, DISTRIBUTING = 0x20 };
	char state[16];

	return file_read(state, sizeof(state),
			 "/sys/class/net/%s/bonding_slave/ad_partner_oper_port_state", nic) > 0 &&
	       (atoi(state) & COLLECTING) && (atoi(state) & DISTRIBUTING);
}

/* LACP has agreed with somebody at the other end: until then one leg alone carries all, until the
 * legs have joined the bond has no speed, and until the other end has, packets get lost. */
static bool has_partner(const struct plumbing *plumbing)
{
	const struct candidate *bond = &plumbing->candidate[0];
	char speed[16];
	bool carries = false;

	if (plumbing->wish->bond != BOND_802_3AD)
		return true;
	for (size_t i = 0; plumbing->count && i < bond->nic_count; i++)
		carries |= leg_carries(bond->nic[i]);
	return carries &&
	       file_read(speed, sizeof(speed), "/sys/class/net/bond%zu/speed", plumbing->link) >
		       0 &&
	       atoi(speed) > 0;
}

static bool all_failed(const struct plumbing *plumbing)
{
	for (size_t i = 0; i < plumbing->count; i++)
		if (plumbing->candidate[i].built)
			return false;
	return plumbing->count > 0;
}

/* Each link's NICs as they are now, built; a lease is asked for where it can be. True while there
 * is something to wait for. */
static bool push_links(struct plumbing *plumbing, size_t count, struct machine *machine)
{
	bool waiting = false;

	discover_links(machine);
	for (size_t i = 0; i < count; i++) {
		bool ready;

		find_nics(&plumbing[i], machine, machine->origin.nic);
		ready = has_link(&plumbing[i]) && has_partner(&plumbing[i]);
		if (ready)
			link_ask_leases(&plumbing[i]);
		waiting |= !ready && !all_failed(&plumbing[i]);
	}
	return waiting;
}

static void await_links(struct plumbing *plumbing, size_t count, struct machine *machine,
			double seconds)
{
	enum { SLICE_MS = 200 }; /* the announcements wake us; this is for one that was lost */
	uint64_t until_ns = clock_raw_ns() + (uint64_t)(seconds * 1e9);

	while (push_links(plumbing, count, machine) && clock_raw_ns() < until_ns)
		link_events_wait(plumbing->events, clock_raw_ns() + SLICE_MS * 1000000u);
	discover_links(machine);
}

static void say_no_link(struct plumbing *plumbing, const struct machine *machine,
			const char *boot_mac, double seconds)
{
	struct network *network = plumbing->network;
	const char *between = "no link on ";
	struct text text;

	if (network->why_not[0])
		return;
	text_begin(&text, network->why_not, sizeof(network->why_not));
	for (size_t i = 0; i < machine->link_count; i++)
		if (is_known(plumbing, &machine->link[i])) {
			text_add(&text, "%s%s (%s%s)", between, machine->link[i].name,
				 machine->link[i].mac,
				 plumbing->link || strcasecmp(boot_mac, machine->link[i].mac) ?
					 "" :
					 ", booted from");
			between = ", ";
		}
	text_add(&text, " within %.0f s", seconds);
}

/* ---- a partner without addresses ---- */

/* A partner is found by link-local multicast, and measured over link-local addresses when nobody
 * gives others: two machines and one cable are a network. A static address that cannot be had
 * remains an error. */
static void take_link_local(struct network *network)
{
	enum { SECONDS = 10 };

	if (!network->nic[0] || (!network->up && !strcmp(network->how, "static")))
		return;
	if (network->why_not[0])
		network_remark(network, "%s", network->why_not);
	network->up = !link_local_await(network->nic, SECONDS, network->link_local,
					sizeof(network->link_local), network->why_not,
					sizeof(network->why_not));
	if (!network->up || network->address[0])
		return;
	snprintf(network->how, sizeof(network->how), "link-local");
	snprintf(network->address, sizeof(network->address), "%s", network->link_local);
}

/* ---- all of it ---- */

/* What the loader knew holds where nobody said anything else. */
static void take_loaders_word(struct plumbing *plumbing, const struct machine *machine)
{
	bool default_way = plumbing->settings->link_from[plumbing->link][LINK_ADDRESS] ==
			   FROM_DEFAULT;
	int err = loader_address(machine->command_line, &plumbing->hint, &plumbing->hint_gateway);

	if (err || plumbing->link || !default_way)
		plumbing->hint = plumbing->hint_gateway = (struct prefix){ 0 };
	if (err == -EINVAL && !plumbing->link)
		network_remark(plumbing->network,
			       "the loader's ip= is not understood, and ignored; expected "
			       "ip=CLIENT:SERVER:GATEWAY:MASK");
}

static void remark_boot_nic(const struct plumbing *plumbing, const struct machine *machine,
			    const char *boot_mac)
{
	if (plumbing->link)
		return;
	for (size_t i = 0; boot_mac[0] && i < machine->link_count; i++)
		if (!strcasecmp(machine->link[i].mac, boot_mac))
			return;
	if (boot_mac[0] && !plumbing->wish->nic_count)
		network_remark(plumbing->network,
			       "booted from the NIC %s, which no driver here knows", boot_mac);
}

static void raise_link(struct plumbing *plumbing, const struct machine *machine,
		       const char *boot_mac)
{
	const struct settings *settings = plumbing->settings;
	struct network *network = plumbing->network;

	if (!has_link(plumbing)) {
		say_no_link(plumbing, machine, boot_mac, settings->value[SET_LINK_TIMEOUT].real);
		return;
	}
	if (!has_partner(plumbing))
		network_remark(network, "bond%zu: nobody at the other end speaks LACP (%.0f s)",
			       plumbing->link, settings->value[SET_LINK_TIMEOUT].real);
	remark_boot_nic(plumbing, machine, boot_mac);
	link_take_addresses(plumbing);
	if (!plumbing->link && settings_find_peer(settings))
		take_link_local(network);
	link_watch_begin(network, plumbing->wish);
}

struct network *story_network(struct story *story, size_t link)
{
	return link ? &story->further[link - 1] : &story->network;
}

static struct plumbing all[WISHES];
static size_t all_count;

void network_begin(struct story *story)
{
	int events;

	link_set_up("lo", true);
	for (size_t i = 0; i < WISHES; i++) {
		struct network *network = story_network(story, i);

		*network = (struct network){ 0 };
		if (!is_wanted(&story->settings, i)) {
			snprintf(network->why_not, sizeof(network->why_not),
				 "ip=none: no network wanted");
			continue;
		}
		begin(&all[all_count], story, i);
		all[all_count].network = network;
		take_loaders_word(&all[all_count++], &story->machine);
	}
	events = all_count ? link_events_open() : -1;
	for (size_t i = 0; i < all_count; i++)
		all[i].events = events;
	push_links(all, all_count, &story->machine);
}

void network_end(struct story *story)
{
	struct machine *machine = &story->machine;

	if (!all_count)
		return;
	await_links(all, all_count, machine, story->settings.value[SET_LINK_TIMEOUT].real);
	for (size_t i = 0; i < all_count; i++)
		raise_link(&all[i], machine,
			   machine->origin.nic); /* by BOOTIF=, or UEFI's option */
	if (all[0].events >= 0)
		close(all[0].events);
}
