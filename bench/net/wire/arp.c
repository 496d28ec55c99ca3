/* SPDX-License-Identifier: MIT */
/* ARP probes and what answers them: see arp.h. */
#include "bench/net/wire/arp.h"

#include <string.h>

enum { REQUEST = 1, REPLY = 2 };
enum { OPERATION_AT = 7, SENDER_MAC_AT = 8, SENDER_AT = 14, TARGET_AT = 24 };
/* Ethernet, IPv4, addresses of 6 and 4 bytes. */
static const uint8_t kind[7] = { 0, 1, 8, 0, 6, 4, 0 };

void arp_probe_encode(const uint8_t mac[6], struct in_addr address, uint8_t out[ARP_BYTES])
{
	memset(out, 0, ARP_BYTES);
	memcpy(out, kind, sizeof(kind));
	out[OPERATION_AT] = REQUEST;
	memcpy(out + SENDER_MAC_AT, mac, 6);
	memcpy(out + TARGET_AT, &address, 4);
}

/* RFC 5227 2.1.1: any packet whose sender address is the one asked for; or a probe for it, which
 * has no sender address, from another interface. */
bool arp_claims(const uint8_t *in, size_t len, const uint8_t own_mac[6], struct in_addr address,
		uint8_t who[6])
{
	static const uint8_t nobody[4];
	bool is_probe;

	if (len < ARP_BYTES || memcmp(in, kind, sizeof(kind)) != 0 ||
	    (in[OPERATION_AT] != REQUEST && in[OPERATION_AT] != REPLY) ||
	    !memcmp(in + SENDER_MAC_AT, own_mac, 6))
		return false;
	is_probe = in[OPERATION_AT] == REQUEST && !memcmp(in + SENDER_AT, nobody, 4) &&
		   !memcmp(in + TARGET_AT, &address, 4);
	memcpy(who, in + SENDER_MAC_AT, 6);
	return is_probe || !memcmp(in + SENDER_AT, &address, 4);
}
