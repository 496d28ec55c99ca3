/* SPDX-License-Identifier: MIT */
/* What two paired machines take from the wire: beacons and who chooses whom, messages, ARP. clang
 * -fsanitize=fuzzer,address,undefined. */
#include "bench/net/wire/arp.h"
#include "bench/net/wire/pair/message.h"
#include "bench/net/wire/pair/pairing.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static void beacons(const uint8_t *data, size_t len)
{
	static struct pairing pairing;
	const struct pairing_seen *partner;
	uint8_t again[BEACON_BYTES];
	struct beacon beacon;
	char words[400];
	struct text text;

	if (beacon_decode(data, len, &beacon))
		return;
	beacon_encode(&beacon, again);
	if (memcmp(data, again, BEACON_BYTES) != 0)
		abort();
	if (!pairing.self.nonce || pairing.count > 8) {
		pairing_begin(&pairing, &beacon);
		return;
	}
	pairing_hear(&pairing, &beacon);
	pairing_tick(&pairing);
	pairing_decide(&pairing, &partner);
	text_begin(&text, words, sizeof(words));
	for (size_t i = 0; i < pairing.count; i++)
		pairing_describe(&pairing, &pairing.seen[i], &text);
}

static void messages(const uint8_t *data, size_t len)
{
	static uint8_t again[PAIR_FRAME_ROOM];
	struct pair_message message;
	ssize_t frame = pair_frame_length(data, len);

	if (frame <= 0 || (size_t)frame > len)
		return;
	if (pair_message_decode(data, (size_t)frame, &message))
		return;
	if (pair_message_encode(&message, again, sizeof(again)) != frame ||
	    memcmp(again, data, (size_t)frame) != 0)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	static const uint8_t own[6] = { 2, 0, 0, 0, 0, 1 };
	struct in_addr address = { 0x020012c6 };
	uint8_t *copy = malloc(len ? len : 1), who[6];

	if (!copy)
		return 0;
	/* A copy of exactly its size: the sanitizer sees every byte read beyond. */
	memcpy(copy, data, len);
	beacons(copy, len);
	messages(copy, len);
	arp_claims(copy, len, own, address, who);
	free(copy);
	return 0;
}
