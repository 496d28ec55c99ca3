/* SPDX-License-Identifier: MIT */
/*
 * The beacon by which two machines booted from the image find each other (assay.peer=find): one
 * datagram to UDP port 5212 of ff02::a55a, an IPv6 link-local multicast group of our own choosing
 * (transient scope-2 groups need no registration), about five times a second, on the test
 * interface only and only until a partner is found. Routers do not forward it, no address needs to
 * be configured for it. The same port, over TCP, carries the talk of a pair (message.h).
 *
 * The format is of our own, fixed length, numbers big-endian:
 *   0  magic "assay-pr"       8  version 1        9  state (enum beacon_state)
 *  10  IPv4 prefix bits (0: no IPv4 address)     11  zero
 *  12  IPv4 address          16  nonce of this boot (never 0)
 *  24  MAC of the interface  30  zero, 2 bytes
 *  32  nonce of the machine chosen as the partner (0: none yet)
 *  40  digest of what will be done: the plan's steps with every parameter (SHA-256)
 *  72  digest of the payload's /init (SHA-256; zeroes: unknown)
 * 104  name of the plan, zero-padded text, 40 bytes
 * 144  id of the run, zero-padded text, 56 bytes
 * 200  end
 */
#ifndef ASSAY_PAIR_BEACON_H
#define ASSAY_PAIR_BEACON_H

#include "lib/lib.h"

#include <netinet/in.h>

enum { PAIR_PORT = 5212, BEACON_BYTES = 200, BEACON_VERSION = 2 };
enum { PLAN_NAME_ROOM = 41, PAIR_RUN_ID_ROOM = 57, MAC_TEXT_ROOM = 18 };
#define PAIR_GROUP "ff02::a55a"

enum beacon_state { BEACON_LOOKING, BEACON_TAKEN, BEACON_STATES };

struct beacon {
	enum beacon_state state;
	uint8_t mac[6];
	struct in_addr v4; /* network byte order; 0: none */
	unsigned v4_bits;
	uint64_t nonce, choice;
	struct digest plan, payload;
	char plan_name[PLAN_NAME_ROOM], run_id[PAIR_RUN_ID_ROOM];
	struct in6_addr from; /* not in it: whence it came, for whoever received it */
};

void beacon_encode(const struct beacon *beacon, uint8_t out[BEACON_BYTES]);
/* 0; -EBADMSG: not a beacon, or a damaged one; -EPROTONOSUPPORT: of another version. */
int beacon_decode(const uint8_t *in, size_t len, struct beacon *out);

void mac_format(const uint8_t mac[6], char out[MAC_TEXT_ROOM]);
int mac_parse(const char *in, uint8_t out[6]); /* -EINVAL: not AA:BB:CC:DD:EE:FF */
bool beacon_same_v4_network(const struct beacon *a, const struct beacon *b);

#endif
