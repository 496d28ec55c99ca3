/* SPDX-License-Identifier: MIT */
/* ICMP echo, pure: RFC 792 and RFC 4443, requests out and replies in. */
#ifndef ASSAY_ICMP_H
#define ASSAY_ICMP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { ICMP_HEADER = 8, ICMP_COOKIE = 8 };

struct icmp_echo {
	uint16_t id, sequence;
	uint64_t cookie;   /* in the first 8 bytes of the data when there are so many: ours or a
			      stranger's? */
	uint8_t hop_limit; /* decode: of the IPv4 header when the packet has one, else 0 */
	size_t data_bytes;
};

/* Writes a request of ICMP_HEADER + data_bytes bytes (data: cookie, then counting bytes as ping(8)
 * sends). The checksum is IPv4's; for IPv6 the kernel makes its own. */
size_t icmp_request(const struct icmp_echo *echo, bool six, uint8_t *out);
/* An echo reply out of what a socket gave: with its IPv4 header (raw sockets) or without. -EBADMSG:
 * anything else, among it our own requests seen on loopback. */
int icmp_reply(const uint8_t *in, size_t len, bool six, bool has_ip_header, struct icmp_echo *out);
uint16_t icmp_checksum(const uint8_t *in, size_t len);

#endif
