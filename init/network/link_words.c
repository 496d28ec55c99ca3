/* SPDX-License-Identifier: MIT */
/* Words about links to structs: bytes in, struct out, one line of refusal. See links.h. */
#include "init/network/links.h"

#include "bench/net/wire/pair/beacon.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

const struct param link_table[] = {
	[LINK_NIC] = { "nic", "",
		       "which NIC: mac:AA:BB:CC:DD:EE:FF, pci:0000:00:03.0, driver:e1000 or its name; "
		       "several, with commas, for a bond; empty: BOOTIF's, else the first with a link that "
		       "gets an address",
		       PARAM_TEXT, 0, 150 },
	[LINK_ADDRESS] = { "address", "dhcp",
			   "dhcp (and IPv6 from a router that offers it), slaac, none, or addresses "
			   "A.B.C.D/BITS and IPV6/BITS, with commas",
			   PARAM_TEXT, 1, 150 },
	[LINK_GATEWAY] = { "gateway", "",
			   "routers to everywhere else, with given addresses; IPv4, IPv6 or both",
			   PARAM_TEXT, 0, 100 },
	[LINK_VLAN] = { "vlan", "0", "802.1Q tag; 0: untagged", PARAM_COUNT, 0, 4094 },
	[LINK_MTU] = { "mtu", "0", "largest packet, 9000 for jumbo frames; 0: the driver's",
		       PARAM_COUNT, 0, 65535 },
	[LINK_BOND] = { "bond", "none", "how the NICs are one link", PARAM_CHOICE,
			.choices = "none|active-backup|802.3ad|balance-rr" },
	[LINK_PEER] = { "peer", "",
			"links 1 to 7: a partner there; the network steps run through this link too",
			PARAM_TEXT, 0, 120 },
	{ 0 },
};

const char *bond_name(enum bond bond)
{
	static const char *const names[] = { "none", "active-backup", "802.3ad", "balance-rr" };

	return names[bond];
}

const char *wish_name(size_t link, char out[16])
{
	snprintf(out, 16, link ? "net.%zu" : "net", link);
	return out;
}

/* ---- names of settings ---- */

int wish_key(const char *name, size_t *link, const char **key, char *why, size_t room)
{
	static const char *const shorts[][2] = { { "ip", "address" },
						 { "gateway", "gateway" },
						 { "nic", "nic" } };
	const char *dot;

	*link = 0;
	for (size_t i = 0; i < COUNT_OF(shorts); i++)
		if (!strcmp(name, shorts[i][0])) {
			*key = shorts[i][1];
			return 0;
		}
	if (strncmp(name, "net.", 4) != 0)
		return -ENOENT;
	*key = name + 4;
	dot = strchr(*key, '.');
	if (!isdigit((unsigned char)**key))
		return dot ? -ENOENT : 0; /* else a benchmark's: net.tcp.seconds */
	if (dot != *key + 1 || **key == '0' || **key >= '0' + WISHES)
		return text_refuse(-EINVAL, why, room,
				   "%.80s: no such link; expected net.1 to net.%d, then a dot and "
				   "a key",
				   name, WISHES - 1);
	*link = (size_t)(**key - '0');
	*key = dot + 1;
	return 0;
}

/* ---- lists ---- */

/* The next of a list with commas; false after the last. An empty one is given out as such. */
static bool next_item(const char **at, char *out, size_t room)
{
	size_t len;

	if (!*at)
		return false;
	len = strcspn(*at, ",");
	snprintf(out, room, "%.*s", (int)len, *at);
	*at = (*at)[len] ? *at + len + 1 : NULL;
	return true;
}

/* ---- NICs ---- */

static void make_lower(char *text)
{
	for (; *text; text++)
		*text = (char)tolower((unsigned char)*text);
}

static int parse_mac(const char *in, char *out, size_t room)
{
	uint8_t mac[6];
	char colons[18];

	if (strlen(in) != 17)
		return -EINVAL;
	snprintf(colons, sizeof(colons), "%.17s", in);
	for (size_t i = 2; i < 17; i += 3)
		if (colons[i] == '-')
			colons[i] = ':';
	if (mac_parse(colons, mac) || mac[0] & 1) /* a group is no NIC */
		return -EINVAL;
	make_lower(colons);
	snprintf(out, room, "%s", colons);
	return 0;
}

/* "0000:00:03.0", or without the domain as lspci(8) shows it. */
static int parse_pci(const char *in, char *out, size_t room)
{
	static const char form[] = "xxxx:xx:xx.x";
	char full[20];

	if (strlen(in) != 12 && strlen(in) != 7)
		return -EINVAL;
	snprintf(full, sizeof(full), "%s%.12s", strlen(in) == 7 ? "0000:" : "", in);
	for (size_t i = 0; i < sizeof(form) - 1; i++)
		if (form[i] == 'x' ? !isxdigit((unsigned char)full[i]) : full[i] != form[i])
			return -EINVAL;
	make_lower(full);
	snprintf(out, room, "%s", full);
	return 0;
}

/* What dev_valid_name() of the kernel takes, and nothing that is written otherwise here. */
static int parse_plain(const char *in, char *out, size_t room, size_t most)
{
	size_t len = strlen(in);

	if (!len || len > most || in[0] == '.' || in[0] == '-')
		return -EINVAL;
	for (size_t i = 0; i < len; i++)
		if (!isalnum((unsigned char)in[i]) && !strchr("_-.", in[i]))
			return -EINVAL;
	snprintf(out, room, "%s", in);
	return 0;
}

static int parse_nic(const char *in, struct nic_name *out)
{
	if (!strncmp(in, "mac:", 4)) {
		out->by = NIC_BY_MAC;
		return parse_mac(in + 4, out->text, sizeof(out->text));
	}
	if (!strncmp(in, "pci:", 4)) {
		out->by = NIC_BY_PCI;
		return parse_pci(in + 4, out->text, sizeof(out->text));
	}
	if (!strncmp(in, "driver:", 7)) {
		out->by = NIC_BY_DRIVER;
		return parse_plain(in + 7, out->text, sizeof(out->text), 31);
	}
	out->by = NIC_BY_NAME;
	return parse_plain(strncmp(in, "name:", 5) ? in : in + 5, out->text, sizeof(out->text), 15);
}

static int set_nics(struct wish *wish, const char *in, char *why, size_t room)
{
	char item[160];

	wish->nic_count = 0;
	for (const char *at = in; in[0] && next_item(&at, item, sizeof(item));) {
		struct nic_name *nic = &wish->nic[wish->nic_count];

		if (wish->nic_count == WISH_NICS)
			return text_refuse(-E2BIG, why, room, "nic=%.80s: more than %d NICs", in,
					   WISH_NICS);
		if (parse_nic(item, nic))
			return text_refuse(
				-EINVAL, why, room,
				"nic=%.80s: '%.40s' names no NIC; expected mac:AA:BB:CC:DD:EE:FF, "
				"pci:0000:00:03.0, driver:NAME or a name like eth0",
				in, item);
		for (size_t i = 0; i < wish->nic_count; i++)
			if (wish->nic[i].by == nic->by && !strcmp(wish->nic[i].text, nic->text) &&
			    nic->by != NIC_BY_DRIVER)
				return text_refuse(-EINVAL, why, room, "nic=%.80s: %.40s twice", in,
						   item);
		wish->nic_count++;
	}
	return 0;
}

/* ---- addresses ---- */

static int add_address(struct wish *wish, const char *in, const char *item, char *why, size_t room)
{
	struct prefix *prefix = &wish->address[wish->address_count];
	const char *no;
	int err;

	if (wish->address_count == WISH_ADDRESSES)
		return text_refuse(-E2BIG, why, room, "address=%.80s: more than %d addresses", in,
				   WISH_ADDRESSES);
	err = prefix_parse(item, prefix);
	if (err)
		return text_refuse(
			err, why, room,
			"address=%.80s: '%.50s' is %s; expected dhcp, slaac, none, A.B.C.D/BITS or "
			"IPV6/BITS",
			in, item, err == -ERANGE ? "out of range in its BITS" : "no address");
	no = prefix_objection(prefix);
	if (no)
		return text_refuse(-EINVAL, why, room, "address=%.80s: %.50s is %s", in, item, no);
	for (size_t i = 0; i < wish->address_count; i++)
		if (wish->address[i].family == prefix->family &&
		    !memcmp(wish->address[i].bytes, prefix->bytes, 16))
			return text_refuse(-EINVAL, why, room, "address=%.80s: %.50s twice", in,
					   item);
	wish->address_count++;
	return 0;
}

static int set_addresses(struct wish *wish, const char *in, char *why, size_t room)
{
	char item[160];
	bool none = false;
	int err = 0;

	wish->dhcp = wish->slaac = false;
	wish->address_count = 0;
	for (const char *at = in; !err && next_item(&at, item, sizeof(item));) {
		if (!strcmp(item, "dhcp"))
			wish->dhcp = true;
		else if (!strcmp(item, "slaac"))
			wish->slaac = true;
		else if (!strcmp(item, "none"))
			none = true;
		else
			err = add_address(wish, in, item, why, room);
	}
	if (!err && none && (wish->dhcp || wish->slaac || wish->address_count))
		return text_refuse(-EINVAL, why, room, "address=%.80s: none, and something", in);
	return err;
}

static int set_gateways(struct wish *wish, const char *in, char *why, size_t room)
{
	char item[160];

	wish->gateway_count = 0;
	for (const char *at = in; in[0] && next_item(&at, item, sizeof(item));) {
		struct prefix *gateway = &wish->gateway[wish->gateway_count];
		bool again = wish->gateway_count == WISH_GATEWAYS;

		if (!again && prefix_parse_host(item, gateway))
			return text_refuse(
				-EINVAL, why, room,
				"gateway=%.80s: '%.50s' is no address; expected A.B.C.D, an "
				"IPv6 address, or both with a comma",
				in, item);
		again |= wish->gateway_count && wish->gateway[0].family == gateway->family;
		if (again)
			return text_refuse(-EINVAL, why, room,
					   "gateway=%.80s: more than one of a kind", in);
		wish->gateway_count++;
	}
	return 0;
}

int wish_set(struct wish *wish, enum link_key key, const union value *value, char *why, size_t room)
{
	wish->said = true;
	switch (key) {
	case LINK_NIC:
		return set_nics(wish, value->text, why, room);
	case LINK_ADDRESS:
		return set_addresses(wish, value->text, why, room);
	case LINK_GATEWAY:
		return set_gateways(wish, value->text, why, room);
	case LINK_VLAN:
		wish->vlan = (unsigned)value->num;
		return 0;
	case LINK_MTU:
		wish->mtu = (unsigned)value->num;
		return value->num && value->num < 68 ?
			       text_refuse(-ERANGE, why, room,
					   "mtu=%u: out of range; expected 68 to 65535 (RFC 791)",
					   wish->mtu) :
			       0;
	case LINK_BOND:
		wish->bond = (enum bond)value->num;
		return 0;
	case LINK_PEER:
		snprintf(wish->peer, sizeof(wish->peer), "%s", value->text);
		return 0;
	case LINK_KEYS:
		break;
	}
	return -ENOENT;
}
