/* SPDX-License-Identifier: MIT */
/*
 * Who pairs with whom: beacons in, decision out. Pure, and without a clock: time comes as ticks,
 * one for each beacon sent (PAIR_TICK_NS).
 *
 * All machines that look for the same plan, and have been heard lately, stand in the order of
 * their MACs; neighbours choose each other: first with second, third with fourth. Each says in
 * its beacon whom it chose. Once a choice is mutual, the machine with the higher MAC connects
 * (pairing_decide gives PAIRING_CALL) and the one with the lower accepts it or not
 * (pairing_accepts): what two views of the wire could disagree on is settled by one machine alone.
 * A nonce made at boot stands for a machine, so that one which has restarted is another.
 */
#ifndef ASSAY_PAIR_PAIRING_H
#define ASSAY_PAIR_PAIRING_H

#include "bench/net/wire/pair/beacon.h"

#define PAIR_TICK_NS 200000000ull
enum {
	PAIRING_SEEN = 32,
	PAIRING_SETTLE_TICKS = 5,  /* nobody new for so long, before the first choice */
	PAIRING_FORGET_TICKS = 12, /* not heard for so long: gone */
	PAIRING_AVOID_TICKS = 15,  /* after a call that came to nothing */
};

struct pairing_seen {
	struct beacon beacon;
	unsigned heard_tick, avoid_until_tick;
	bool told; /* for the caller: people know of it */
};

struct pairing {
	struct beacon self; /* its choice and state are kept here */
	struct pairing_seen seen[PAIRING_SEEN];
	size_t count, overflow; /* overflow: beacons of machines beyond PAIRING_SEEN */
	unsigned tick, newcomer_tick;
	bool clone; /* another machine has our MAC */
};

enum pairing_decision {
	PAIRING_LOOK,  /* go on */
	PAIRING_AWAIT, /* mutual; the other one, with the higher MAC, will call */
	PAIRING_CALL,  /* mutual; call it */
};

void pairing_begin(struct pairing *pairing, const struct beacon *self);
/* A beacon came. False: it is our own, or of a machine that takes our MAC for its own. */
bool pairing_hear(struct pairing *pairing, const struct beacon *beacon);
/* Time passes; the choice in self is made anew. */
void pairing_tick(struct pairing *pairing);
/* *partner is set for the last two. */
enum pairing_decision pairing_decide(const struct pairing *pairing,
				     const struct pairing_seen **partner);
/* May the caller who shows these (a hello over TCP) become our partner? */
bool pairing_accepts(const struct pairing *pairing, const uint8_t mac[6], uint64_t nonce);
/* A call to it failed or was refused: not it, for a while. */
void pairing_avoid(struct pairing *pairing, uint64_t nonce);
/* One line about a machine that was seen: why it is not the partner. */
void pairing_describe(const struct pairing *pairing, const struct pairing_seen *seen,
		      struct text *out);

#endif
