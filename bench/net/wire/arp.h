/* SPDX-License-Identifier: MIT */
/* ARP for IPv4 over Ethernet (RFC 826), as far as asking whether an address is free needs it (RFC
 * 5227, section 2.1.1). Frames without their Ethernet header. */
#ifndef ASSAY_ARP_H
#define ASSAY_ARP_H

#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { ARP_BYTES = 28 };

/* "Who has this address?", from nobody: no cache on the wire is changed by it. */
void arp_probe_encode(const uint8_t mac[6], struct in_addr address, uint8_t out[ARP_BYTES]);
/* Does this packet say that the address is another's, or that another is about to take it? Then
 * `who` is that machine's MAC. */
bool arp_claims(const uint8_t *in, size_t len, const uint8_t own_mac[6], struct in_addr address,
		uint8_t who[6]);

#endif
