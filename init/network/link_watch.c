/* SPDX-License-Identifier: MIT */
/* What becomes of the links while steps run: looked at between them, so that nothing is read while
 * something is timed. Leases renewed and lost, carriers that came and went, a bond's leg. */
#include "init/network/plumbing.h"

#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static unsigned read_number(const char *device, const char *name)
{
	char text[16];

	return file_read(text, sizeof(text), "/sys/class/net/%s/%s", device, name) > 0 ?
		       (unsigned)strtoul(text, NULL, 10) :
		       0;
}

static void read_active(const struct network *network, char out[16])
{
	out[0] = '\0';
	if (network->bond[0])
		file_read(out, 16, "/sys/class/net/%s/bonding/active_slave", network->bond);
}

void link_watch_begin(struct network *network, const struct wish *wish)
{
	struct text text;

	text_begin(&text, network->addresses, sizeof(network->addresses));
	addresses_describe(network, wish, &text);
	for (size_t i = 0; i < network->lower_count; i++)
		network->carrier_changes[i] = read_number(network->lower[i], "carrier_changes");
	read_active(network, network->active);
}

void network_remark(struct network *network, const char *format, ...)
{
	size_t len = strlen(network->remark);
	va_list args;

	if (len && len + 3 < sizeof(network->remark))
		len += (size_t)snprintf(network->remark + len, sizeof(network->remark) - len, "; ");
	va_start(args, format);
	vsnprintf(network->remark + len, sizeof(network->remark) - len, format, args);
	va_end(args);
}

/* ---- the lease ---- */

static void tell_lease(struct story *story, struct network *network, const struct lease *lease,
		       const char *when)
{
	char now[PREFIX_TEXT] = "nothing", before[PREFIX_TEXT];
	double after_s = lease->uptime_s - network->lease.uptime_s;

	prefix_address(&network->lease.address, before);
	if (lease->address.family)
		prefix_address(&lease->address, now);
	if (lease->event == LEASE_RENEWED && !strcmp(now, before))
		record_log(story, NULL, SEVERITY_INFO,
			   "%s: lease of %s renewed%s, %.1f s after it was given, for %llu s",
			   network->nic, now, when, after_s, (unsigned long long)lease->seconds);
	else if (lease->event == LEASE_BOUND || lease->event == LEASE_RENEWED)
		record_log(story, NULL, SEVERITY_WARNING, "%s: lease of %s%s, where %s was",
			   network->nic, now, when, before);
	else if (lease->event == LEASE_BEGUN)
		record_log(story, NULL, SEVERITY_WARNING,
			   "%s: lease of %s lost%s: no server renewed it", network->nic, before,
			   when);
	else
		record_log(story, NULL, SEVERITY_WARNING, "%s: DHCP %s%s", network->nic,
			   lease->event == LEASE_REFUSED ? "server refused the lease" :
							   "is not answered",
			   when);
}

static void watch_lease(struct story *story, struct network *network, const char *when)
{
	struct lease lease;

	while (network->client > 0 && lease_next(network->nic, &network->told, &lease)) {
		tell_lease(story, network, &lease, when);
		if (lease.event == LEASE_BOUND || lease.event == LEASE_RENEWED)
			network->lease = lease;
	}
	if (network->client > 0 && kill(network->client, 0)) {
		record_log(story, NULL, SEVERITY_WARNING,
			   "%s: the DHCP client has ended: nobody renews the lease", network->nic);
		network->client = 0;
	}
}

/* ---- the wires ---- */

static void watch_carriers(struct story *story, struct network *network, const char *when)
{
	for (size_t i = 0; i < network->lower_count; i++) {
		unsigned now = read_number(network->lower[i], "carrier_changes");

		if (now != network->carrier_changes[i])
			record_log(story, NULL, SEVERITY_WARNING,
				   "%s: its link changed %u times%s; it is %s now",
				   network->lower[i], now - network->carrier_changes[i], when,
				   link_has_carrier(network->lower[i]) ? "up" : "down");
		network->carrier_changes[i] = now;
	}
}

static void watch_bond(struct story *story, struct network *network, const char *when)
{
	char active[16];

	read_active(network, active);
	if (strcmp(active, network->active) != 0)
		record_log(story, NULL, SEVERITY_WARNING, "%s: goes through %s%s, not %s",
			   network->bond, active[0] ? active : "no NIC", when,
			   network->active[0] ? network->active : "none");
	memcpy(network->active, active, sizeof(active));
}

/* ---- the addresses ---- */

/* A router's may come any time, and go. */
static void watch_addresses(struct story *story, struct network *network, const struct wish *wish,
			    const char *when)
{
	char line[sizeof(network->addresses)];
	struct text text;

	text_begin(&text, line, sizeof(line));
	addresses_describe(network, wish, &text);
	if (strcmp(line, network->addresses) != 0)
		record_log(story, NULL, SEVERITY_INFO, "%s: addresses%s: %s", network->nic, when,
			   line[0] ? line : "none");
	memcpy(network->addresses, line, sizeof(line));
}

void links_watch(struct story *story, const char *step)
{
	char when[32];

	snprintf(when, sizeof(when), " during %.15s", step);
	for (size_t i = 0; i < WISHES; i++) {
		struct network *network = story_network(story, i);

		if (!network->nic[0])
			continue;
		watch_lease(story, network, when);
		watch_addresses(story, network, &story->settings.wish[i], when);
		watch_carriers(story, network, when);
		watch_bond(story, network, when);
	}
}
