/* SPDX-License-Identifier: MIT */
/* Links whose words are each legal, but not together; and what a loader says of the NIC it came
 * through. Pure, as link_words.c. */
#include "init/network/links.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

bool wish_wants_address(const struct wish *wish)
{
	return wish->dhcp || wish->slaac || wish->address_count;
}

static bool has_family(const struct wish *wish, sa_family_t family)
{
	for (size_t i = 0; i < wish->address_count; i++)
		if (wish->address[i].family == family)
			return true;
	return false;
}

/* ---- one link ---- */

static int check_bond(const struct wish *wish, const char *name, char *why, size_t room)
{
	if (wish->bond && wish->nic_count < 2)
		return text_refuse(-EINVAL, why, room,
				   "%s.bond=%s wants two NICs or more: %s.nic=mac:...,mac:...",
				   name, bond_name(wish->bond), name);
	if (!wish->bond && wish->nic_count > 1)
		return text_refuse(
			-EINVAL, why, room,
			"%s.nic names %zu NICs, and %s.bond does not say how they are one link",
			name, wish->nic_count, name);
	return 0;
}

/* Reached without another router: in one of the networks, or link-local. */
static int check_gateway(const struct wish *wish, const struct prefix *gateway, const char *name,
			 char *why, size_t room)
{
	char text[PREFIX_TEXT];

	prefix_address(gateway, text);
	if (!has_family(wish, gateway->family))
		return text_refuse(-EINVAL, why, room,
				   "%s.gateway=%s without an address of its kind in %s.address",
				   name, text, name);
	if (gateway->family == AF_INET6 && IN6_IS_ADDR_LINKLOCAL(&gateway->v6))
		return 0;
	for (size_t i = 0; i < wish->address_count; i++) {
		if (!prefix_holds(&wish->address[i], gateway))
			continue;
		if (memcmp(wish->address[i].bytes, gateway->bytes, 16) != 0)
			return 0;
		return text_refuse(-EINVAL, why, room, "%s.gateway=%s is our own address", name,
				   text);
	}
	return text_refuse(-EINVAL, why, room, "%s.gateway=%s is in no network of %s.address", name,
			   text, name);
}

static int check_one(const struct wish *wish, const char *name, char *why, size_t room)
{
	int err = check_bond(wish, name, why, room);

	for (size_t i = 0; !err && i < wish->gateway_count; i++)
		err = check_gateway(wish, &wish->gateway[i], name, why, room);
	if (!err && wish->mtu && wish->mtu < 1280 && (wish->slaac || has_family(wish, AF_INET6)))
		return text_refuse(-EINVAL, why, room,
				   "%s.mtu=%u: IPv6 wants 1280 or more (RFC 8200)", name,
				   wish->mtu);
	return err;
}

/* ---- beside each other ---- */

static int check_further(const struct wish *wish, const char *name, char *why, size_t room)
{
	if (!wish->nic_count)
		return text_refuse(-EINVAL, why, room,
				   "%s: which NIC? expected %s.nic=mac:AA:BB:CC:DD:EE:FF", name,
				   name);
	return 0;
}

static bool same_nic(const struct nic_name *a, const struct nic_name *b)
{
	return a->by == b->by && a->by != NIC_BY_DRIVER && !strcmp(a->text, b->text);
}

/* Two links share a NIC only when their tags tell them apart. */
static bool share_nic(const struct wish *a, const struct wish *b)
{
	for (size_t i = 0; i < a->nic_count; i++)
		for (size_t k = 0; k < b->nic_count; k++)
			if (same_nic(&a->nic[i], &b->nic[k]) &&
			    (a->vlan == b->vlan || a->bond || b->bond))
				return true;
	return false;
}

static bool share_address(const struct wish *a, const struct wish *b)
{
	for (size_t i = 0; i < a->address_count; i++)
		for (size_t k = 0; k < b->address_count; k++)
			if (a->address[i].family == b->address[k].family &&
			    !memcmp(a->address[i].bytes, b->address[k].bytes, 16))
				return true;
	return false;
}

static int check_two(const struct wish wish[], size_t a, size_t b, char *why, size_t room)
{
	char first[16], second[16];
	const char *what = !wish[a].said || !wish[b].said    ? NULL :
			   share_nic(&wish[a], &wish[b])     ? "NIC" :
			   share_address(&wish[a], &wish[b]) ? "address" :
							       NULL;

	return what ? text_refuse(-EINVAL, why, room, "%s and %s name the same %s",
				  wish_name(a, first), wish_name(b, second), what) :
		      0;
}

int wishes_check(const struct wish wish[WISHES], char *why, size_t room)
{
	char name[16];
	int err = 0;

	if (wish[0].peer[0])
		return text_refuse(-EINVAL, why, room, "net.peer: for link 0 it is assay.peer");
	for (size_t i = 0; !err && i < WISHES; i++) {
		if (!wish[i].said)
			continue;
		err = check_one(&wish[i], wish_name(i, name), why, room);
		if (!err && i)
			err = check_further(&wish[i], name, why, room);
		for (size_t k = 0; !err && k < i; k++)
			err = check_two(wish, k, i, why, room);
	}
	return err;
}

/* ---- what the loader says ---- */

/* The value of a word of the command line; NULL: it is not there. */
static const char *find_word(const char *line, const char *key)
{
	size_t len = strlen(key);

	for (const char *at = line; (at = strstr(at, key)); at += len)
		if (at == line || at[-1] == ' ')
			return at + len;
	return NULL;
}

static bool is_blank(char c)
{
	return !c || c == ' ' || c == '\n' || c == '\t';
}

bool loader_nic(const char *command_line, char mac[18])
{
	const char *at = find_word(command_line, "BOOTIF=");
	char said[18] = "";

	if (!at)
		return false;
	if (!strncmp(at, "01-", 3) && strcspn(at, " \t\n") == 20)
		at += 3; /* the ARP hardware type of Ethernet */
	for (size_t i = 0; i < 17; i++) {
		bool between = i % 3 == 2;

		if (between ? at[i] != '-' && at[i] != ':' : !isxdigit((unsigned char)at[i]))
			return false;
		said[i] = between ? ':' : (char)tolower((unsigned char)at[i]);
	}
	if (!is_blank(at[17]))
		return false;
	memcpy(mac, said, sizeof(said));
	return true;
}

static int mask_bits(const char *in, unsigned *bits)
{
	struct in_addr mask;
	uint32_t ones;

	if (inet_pton(AF_INET, in, &mask) != 1)
		return -EINVAL;
	ones = ntohl(mask.s_addr);
	*bits = (unsigned)__builtin_popcount(ones);
	return *bits && ones == ~0u << (32 - *bits) ? 0 : -EINVAL;
}

int loader_address(const char *command_line, struct prefix *address, struct prefix *gateway)
{
	const char *at = find_word(command_line, "ip=");
	char field[4][16] = { "" };

	if (!at || is_blank(*at))
		return -ENOENT;
	for (size_t i = 0; i < 4; i++) {
		size_t len = strcspn(at, ": \t\n");

		if (len >= sizeof(field[i]))
			return -EINVAL;
		snprintf(field[i], sizeof(field[i]), "%.*s", (int)len, at);
		if (is_blank(at[len]))
			break;
		at += len + 1;
	}
	if (!field[0][0] || strspn(field[0], "abcdefghijklmnopqrstuvwxyz6") == strlen(field[0]))
		return -ENOENT; /* "dhcp", "on", "off": the kernel's own client, which is not built
				   in */
	*address = (struct prefix){ .family = AF_INET };
	*gateway = (struct prefix){ 0 };
	if (inet_pton(AF_INET, field[0], &address->v4) != 1 || mask_bits(field[3], &address->bits))
		return -EINVAL;
	if (!address->v4.s_addr)
		return -ENOENT;
	if (field[2][0] && strcmp(field[2], "0.0.0.0") != 0) {
		*gateway = (struct prefix){ .family = AF_INET, .bits = 32 };
		if (inet_pton(AF_INET, field[2], &gateway->v4) != 1)
			return -EINVAL;
	}
	return 0;
}
