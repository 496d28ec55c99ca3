/* SPDX-License-Identifier: MIT */
/* The links' facts for the records: what each NIC is and how it is set, what was made of it, which
 * addresses it has and how each came. */
#include "init/network/plumbing.h"

#include "bench/net/wire/nic.h"
#include "init/fingerprint/parts.h"

#include <cjson/cJSON.h>
#include <linux/ethtool.h>
#include <linux/if_addr.h>
#include <linux/rtnetlink.h>
#include <linux/sockios.h>
#include <net/if.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

/* What is not known has no key: an empty text would look like a fact. */
static void add_text(cJSON *object, const char *key, const char *value)
{
	if (value[0] && strcmp(value, "N/A") != 0)
		cJSON_AddStringToObject(object, key, value);
}

static void add_file(cJSON *object, const char *key, const char *device, const char *name)
{
	char text[128];

	if (file_read(text, sizeof(text), "/sys/class/net/%s/%s", device, name) > 0)
		add_text(object, key, text);
}

static void add_switch(cJSON *object, const char *key, int on)
{
	if (on >= 0)
		cJSON_AddBoolToObject(object, key, on);
}

/* ---- a NIC ---- */

static bool ask_driver(int fd, const char *name, void *request)
{
	struct ifreq interface = { .ifr_data = request };

	snprintf(interface.ifr_name, sizeof(interface.ifr_name), "%.15s", name);
	return fd >= 0 && !ioctl(fd, SIOCETHTOOL, &interface);
}

/* How long and for how many packets an interrupt is held back. */
static void add_coalescing(cJSON *nic, int fd, const char *name)
{
	struct ethtool_coalesce set = { .cmd = ETHTOOL_GCOALESCE };
	cJSON *detail;

	if (!ask_driver(fd, name, &set)) {
		fact_text(nic, "coalescing", "");
		return;
	}
	detail = cJSON_AddObjectToObject(nic, "coalescing");
	cJSON_AddNumberToObject(detail, "rxMicroseconds", set.rx_coalesce_usecs);
	cJSON_AddNumberToObject(detail, "rxFrames", set.rx_max_coalesced_frames);
	cJSON_AddNumberToObject(detail, "txMicroseconds", set.tx_coalesce_usecs);
	cJSON_AddNumberToObject(detail, "txFrames", set.tx_max_coalesced_frames);
	cJSON_AddBoolToObject(detail, "rxAdaptive", set.use_adaptive_rx_coalesce != 0);
	cJSON_AddBoolToObject(detail, "txAdaptive", set.use_adaptive_tx_coalesce != 0);
}

static void add_pause(cJSON *nic, int fd, const char *name)
{
	struct ethtool_pauseparam set = { .cmd = ETHTOOL_GPAUSEPARAM };

	fact_text(nic, "pauseFrames",
		  !ask_driver(fd, name, &set)  ? "" :
		  set.rx_pause && set.tx_pause ? "rx tx" :
		  set.rx_pause		       ? "rx" :
		  set.tx_pause		       ? "tx" :
						 "off");
}

static void add_driver(cJSON *nic, const char *name)
{
	struct ethtool_drvinfo driver = { .cmd = ETHTOOL_GDRVINFO };
	struct ethtool_cmd port = { .cmd = ETHTOOL_GSET };
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	if (ask_driver(fd, name, &driver)) {
		driver.version[sizeof(driver.version) - 1] = '\0';
		driver.fw_version[sizeof(driver.fw_version) - 1] = '\0';
		add_text(nic, "driverVersion", driver.version);
		fact_text(nic, "firmwareVersion",
			  strcmp(driver.fw_version, "N/A") ? driver.fw_version : "");
	} else
		fact_text(nic, "firmwareVersion", "");
	if (ask_driver(fd, name, &port))
		cJSON_AddBoolToObject(nic, "autonegotiation", port.autoneg == AUTONEG_ENABLE);
	add_coalescing(nic, fd, name);
	add_pause(nic, fd, name);
	if (fd >= 0)
		close(fd);
}

static void add_offloads(cJSON *nic, const struct nic *facts)
{
	cJSON *offloads = cJSON_AddObjectToObject(nic, "offloads");

	add_switch(offloads, "rxChecksum", facts->rx_checksum);
	add_switch(offloads, "txChecksum", facts->tx_checksum);
	add_switch(offloads, "tso", facts->tso);
	add_switch(offloads, "gso", facts->gso);
	add_switch(offloads, "gro", facts->gro);
	add_switch(offloads, "lro", facts->lro);
}

static void add_queues(cJSON *nic, const struct nic *facts)
{
	const struct {
		const char *key;
		unsigned value;
	} numbers[] = {
		{ "rxQueues", facts->rx_queues },      { "txQueues", facts->tx_queues },
		{ "rxRing", facts->rx_ring },	       { "txRing", facts->tx_ring },
		{ "rxRingMost", facts->rx_ring_most }, { "txRingMost", facts->tx_ring_most },
	};

	for (size_t i = 0; i < COUNT_OF(numbers); i++)
		if (numbers[i].value)
			cJSON_AddNumberToObject(nic, numbers[i].key, numbers[i].value);
}

cJSON *link_detail(const struct link *link)
{
	cJSON *nic = cJSON_CreateObject();
	char folder[80];
	struct nic facts;

	add_text(nic, "name", link->name);
	add_text(nic, "mac", link->mac);
	add_text(nic, "driver", link->driver);
	add_text(nic, "pciId", link->pci_id);
	add_text(nic, "pciAddress", link->pci_address);
	cJSON_AddBoolToObject(nic, "carrier", link->carrier);
	if (link->speed_mbit >= 0)
		cJSON_AddNumberToObject(nic, "speedMbit", link->speed_mbit);
	add_file(nic, "mtu", link->name, "mtu");
	add_file(nic, "tx_queue_len", link->name, "tx_queue_len");
	add_file(nic, "duplex", link->name, "duplex");
	add_file(nic, "carrierChanges", link->name, "carrier_changes");
	add_driver(nic, link->name);
	nic_look(link->name, &facts);
	add_offloads(nic, &facts);
	add_queues(nic, &facts);
	snprintf(folder, sizeof(folder), "/sys/class/net/%s/device", link->name);
	bus_add(nic, folder);
	return nic;
}

/* ---- a link ---- */

static void add_lease(cJSON *link, const struct lease *lease)
{
	cJSON *object = cJSON_AddObjectToObject(link, "lease");

	cJSON_AddNumberToObject(object, "seconds", (double)lease->seconds);
	cJSON_AddNumberToObject(object, "atUptimeSeconds", lease->uptime_s);
	add_text(object, "server", lease->server);
	add_text(object, "router", lease->router);
}

static void add_address(cJSON *list, const struct own_address *own, const struct network *network,
			const struct wish *wish)
{
	cJSON *object = cJSON_CreateObject();
	char text[PREFIX_TEXT];

	prefix_format(&own->prefix, text);
	cJSON_AddStringToObject(object, "address", text);
	cJSON_AddStringToObject(object, "from", address_origin(own, network, wish));
	if (own->valid_seconds != UINT32_MAX)
		cJSON_AddNumberToObject(object, "validSeconds", own->valid_seconds);
	if (own->flags & IFA_F_DADFAILED)
		cJSON_AddStringToObject(object, "state", "in use by another machine");
	else if (own->flags & IFA_F_TENTATIVE)
		cJSON_AddStringToObject(object, "state", "tentative");
	cJSON_AddItemToArray(list, object);
}

static void add_structure(cJSON *link, const struct network *network, const struct wish *wish)
{
	cJSON *nics = cJSON_AddArrayToObject(link, "nics");

	for (size_t i = 0; i < network->lower_count; i++)
		cJSON_AddItemToArray(nics, cJSON_CreateString(network->lower[i]));
	if (wish->vlan)
		cJSON_AddNumberToObject(link, "vlan", wish->vlan);
	if (!network->bond[0])
		return;
	cJSON_AddStringToObject(link, "bond", bond_name(wish->bond));
	add_text(link, "bondActive", network->active);
	add_file(link, "lacpPartner", network->bond, "bonding/ad_partner_mac");
	add_file(link, "lacpPorts", network->bond, "bonding/ad_num_ports");
}

static cJSON *one_link(const struct network *network, const struct wish *wish, const char *name)
{
	struct own_address own[24];
	size_t count = addresses_read(network->nic, own, COUNT_OF(own));
	cJSON *link = cJSON_CreateObject(), *addresses;

	cJSON_AddStringToObject(link, "link", name);
	cJSON_AddBoolToObject(link, "up", network->up);
	add_text(link, "whyNot", network->up ? "" : network->why_not);
	add_text(link, "remark", network->remark);
	add_text(link, "device", network->nic);
	if (!network->nic[0])
		return link;
	add_text(link, "mac", network->mac);
	add_structure(link, network, wish);
	add_file(link, "mtu", network->nic, "mtu");
	addresses = cJSON_AddArrayToObject(link, "addresses");
	for (size_t i = 0; i < count; i++)
		add_address(addresses, &own[i], network, wish);
	if (network->lease.address.family)
		add_lease(link, &network->lease);
	return link;
}

cJSON *links_detail(struct story *story)
{
	cJSON *all = cJSON_CreateArray();
	char name[16];

	for (size_t i = 0; i < WISHES; i++) {
		const struct network *network = story_network(story, i);

		if (network->nic[0] || (network->why_not[0] && story->settings.wish[i].said))
			cJSON_AddItemToArray(all, one_link(network, &story->settings.wish[i],
							   wish_name(i, name)));
	}
	return all;
}
