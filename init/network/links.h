/* SPDX-License-Identifier: MIT */
/*
 * What each link is to be, as the settings say it. Link 0, `assay.net.KEY`, is the one measured
 * through; links 1 to 7, `assay.net.N.KEY`, are set up beside it. Words to structs is pure
 * (link_words.c); so is which NIC a link means (link_choice.c).
 */
#ifndef ASSAY_LINKS_H
#define ASSAY_LINKS_H

#include "lib/lib.h"

#include <netinet/in.h>

enum { WISHES = 8, WISH_NICS = 4, WISH_ADDRESSES = 4, WISH_GATEWAYS = 2 };

enum link_key {
	LINK_NIC,
	LINK_ADDRESS,
	LINK_GATEWAY,
	LINK_VLAN,
	LINK_MTU,
	LINK_BOND,
	LINK_PEER,
	LINK_KEYS
};
extern const struct param link_table[];

enum nic_by { NIC_ANY, NIC_BY_NAME, NIC_BY_MAC, NIC_BY_DRIVER, NIC_BY_PCI };
struct nic_name {
	enum nic_by by;
	char text[32]; /* as discovered: "eth0", "52:54:00:12:34:56", "e1000", "0000:00:03.0" */
};

struct prefix { /* an address and the bits of its network */
	sa_family_t family;
	unsigned bits;
	union {
		struct in_addr v4;
		struct in6_addr v6;
		uint8_t bytes[16];
	};
};
enum { PREFIX_TEXT = INET6_ADDRSTRLEN + 4 };

enum bond { BOND_NONE, BOND_ACTIVE_BACKUP, BOND_802_3AD, BOND_BALANCE_RR };

struct wish {
	bool said; /* somebody set one of its keys */
	struct nic_name nic[WISH_NICS];
	size_t nic_count; /* 0: any */
	bool dhcp, slaac; /* neither and no address: none is wanted */
	struct prefix address[WISH_ADDRESSES], gateway[WISH_GATEWAYS];
	size_t address_count, gateway_count;
	unsigned vlan, mtu; /* 0: untagged; as the driver has it */
	enum bond bond;
	char peer[160]; /* of a further link: the network steps run through it too */
};

/* The link and key that a setting names: "net.nic", "net.1.nic", or "ip", "gateway" and "nic",
 * which are short for net.address, net.gateway and net.nic. -ENOENT: it names no link;
 * -EINVAL and a line: a link that cannot be. */
int wish_key(const char *name, size_t *link, const char **key, char *why, size_t room);
/* One key's value into the wish. -EINVAL or -ERANGE and a line: what, and what was expected. */
int wish_set(struct wish *wish, enum link_key key, const union value *value, char *why,
	     size_t room);
/* Values that are each legal but not together, of one link and of all. */
int wishes_check(const struct wish wish[WISHES], char *why, size_t room);
bool wish_wants_address(const struct wish *wish);
const char *wish_name(size_t link, char out[16]); /* "net", "net.1" */
const char *bond_name(enum bond bond);

/* -EINVAL: no address; -ERANGE: bits that its family does not have. */
int prefix_parse(const char *in, struct prefix *out);
int prefix_parse_host(const char *in, struct prefix *out); /* without bits: a host's, 32 or 128 */
/* NULL, or why no machine can have this address. */
const char *prefix_objection(const struct prefix *prefix);
void prefix_format(const struct prefix *prefix, char out[PREFIX_TEXT]);	 /* "198.18.0.1/24" */
void prefix_address(const struct prefix *prefix, char out[PREFIX_TEXT]); /* "198.18.0.1" */
bool prefix_holds(const struct prefix *prefix, const struct prefix *address);

/* What a loader said of the NIC it came through: BOOTIF=01-52-54-00-12-34-56 (pxelinux), also
 * without the leading hardware type. False: nothing, or no Ethernet. */
bool loader_nic(const char *command_line, char mac[18]);
/* ip=CLIENT:SERVER:GATEWAY:MASK of pxelinux (SYSAPPEND 1): the address the firmware had. 0;
 * -ENOENT: none is said, or it asks for DHCP; -EINVAL: not understood. */
int loader_address(const char *command_line, struct prefix *address, struct prefix *gateway);

#endif
