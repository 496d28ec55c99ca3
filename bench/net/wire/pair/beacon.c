/* SPDX-License-Identifier: MIT */
/* Beacons to bytes and back: see beacon.h. */
#include "bench/net/wire/pair/beacon.h"

#include "bench/net/wire/words.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

static const char magic[] = "assay-pr";
enum {
	VERSION_AT = 8,
	STATE_AT = 9,
	BITS_AT = 10,
	V4_AT = 12,
	NONCE_AT = 16,
	MAC_AT = 24,
	CHOICE_AT = 32,
	PLAN_AT = 40,
	PAYLOAD_AT = 72,
	NAME_AT = 104,
	RUN_AT = 144,
};

void beacon_encode(const struct beacon *beacon, uint8_t out[BEACON_BYTES])
{
	memset(out, 0, BEACON_BYTES);
	memcpy(out, magic, VERSION_AT);
	out[VERSION_AT] = BEACON_VERSION;
	out[STATE_AT] = (uint8_t)beacon->state;
	out[BITS_AT] = (uint8_t)beacon->v4_bits;
	memcpy(out + V4_AT, &beacon->v4, 4);
	put64(out + NONCE_AT, beacon->nonce);
	memcpy(out + MAC_AT, beacon->mac, 6);
	put64(out + CHOICE_AT, beacon->choice);
	memcpy(out + PLAN_AT, beacon->plan.bytes, 32);
	memcpy(out + PAYLOAD_AT, beacon->payload.bytes, 32);
	memcpy(out + NAME_AT, beacon->plan_name, strnlen(beacon->plan_name, PLAN_NAME_ROOM - 1));
	memcpy(out + RUN_AT, beacon->run_id, strnlen(beacon->run_id, PAIR_RUN_ID_ROOM - 1));
}

/* These texts go to consoles and into file names: printable, nothing behind their end. */
static bool take_text(const uint8_t *in, size_t len, char *out)
{
	size_t used = strnlen((const char *)in, len);

	for (size_t i = 0; i < len; i++)
		if (i < used ? in[i] < 0x21 || in[i] > 0x7e : in[i] != 0)
			return false;
	memcpy(out, in, used);
	out[used] = '\0';
	return used > 0;
}

/* Of one machine: not empty, not a group's. */
static bool is_unicast_mac(const uint8_t *mac)
{
	static const uint8_t none[6];

	return !(mac[0] & 1) && memcmp(mac, none, 6) != 0;
}

static bool take_v4(const uint8_t *in, struct beacon *out)
{
	out->v4_bits = in[BITS_AT];
	memcpy(&out->v4, in + V4_AT, 4);
	if (!out->v4_bits || !out->v4.s_addr)
		return !out->v4_bits && !out->v4.s_addr;
	return out->v4_bits <= 32 && in[V4_AT] > 0 && in[V4_AT] < 224 && in[V4_AT] != 127;
}

int beacon_decode(const uint8_t *in, size_t len, struct beacon *out)
{
	*out = (struct beacon){ 0 };
	if (len <= VERSION_AT || memcmp(in, magic, VERSION_AT) != 0)
		return -EBADMSG;
	if (in[VERSION_AT] != BEACON_VERSION)
		return -EPROTONOSUPPORT;
	if (len != BEACON_BYTES || in[STATE_AT] >= BEACON_STATES || in[BITS_AT + 1] ||
	    in[MAC_AT + 6] || in[MAC_AT + 7])
		return -EBADMSG;
	out->state = in[STATE_AT];
	out->nonce = get64(in + NONCE_AT);
	out->choice = get64(in + CHOICE_AT);
	memcpy(out->mac, in + MAC_AT, 6);
	memcpy(out->plan.bytes, in + PLAN_AT, 32);
	memcpy(out->payload.bytes, in + PAYLOAD_AT, 32);
	if (!out->nonce || out->choice == out->nonce || !is_unicast_mac(out->mac) ||
	    !take_v4(in, out) || !take_text(in + NAME_AT, PLAN_NAME_ROOM - 1, out->plan_name) ||
	    !take_text(in + RUN_AT, PAIR_RUN_ID_ROOM - 1, out->run_id))
		return -EBADMSG;
	return 0;
}

void mac_format(const uint8_t mac[6], char out[MAC_TEXT_ROOM])
{
	snprintf(out, MAC_TEXT_ROOM, "%02x:%02x:%02x:%02x:%02x:%02x", mac[0], mac[1], mac[2],
		 mac[3], mac[4], mac[5]);
}

static int hex_digit(char c)
{
	return isdigit((unsigned char)c) ? c - '0' : tolower((unsigned char)c) - 'a' + 10;
}

int mac_parse(const char *in, uint8_t out[6])
{
	for (size_t i = 0; i < 6; i++, in += 3) {
		if (!isxdigit((unsigned char)in[0]) || !isxdigit((unsigned char)in[1]) ||
		    in[2] != (i < 5 ? ':' : '\0'))
			return -EINVAL;
		out[i] = (uint8_t)(hex_digit(in[0]) << 4 | hex_digit(in[1]));
	}
	return 0;
}

bool beacon_same_v4_network(const struct beacon *a, const struct beacon *b)
{
	uint32_t differ = ntohl(a->v4.s_addr) ^ ntohl(b->v4.s_addr);

	/* Two machines that call one address theirs (each behind a NAT of its own) do not share a
	 * network by it. */
	if (!a->v4_bits || a->v4_bits != b->v4_bits || !differ)
		return false;
	return a->v4_bits < 32 && !(differ >> (32 - a->v4_bits));
}
