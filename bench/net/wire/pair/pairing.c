/* SPDX-License-Identifier: MIT */
/* Who pairs with whom: see pairing.h. */
#include "bench/net/wire/pair/pairing.h"

#include <string.h>

void pairing_begin(struct pairing *pairing, const struct beacon *self)
{
	*pairing = (struct pairing){ .self = *self };
	pairing->self.state = BEACON_LOOKING;
	pairing->self.choice = 0;
}

static bool same_plan(const struct pairing *pairing, const struct beacon *beacon)
{
	return !memcmp(&pairing->self.plan, &beacon->plan, sizeof(beacon->plan));
}

/* A place for this machine. One that has restarted takes its old one. */
static struct pairing_seen *place_of(struct pairing *pairing, const struct beacon *beacon)
{
	for (size_t i = 0; i < pairing->count; i++)
		if (!memcmp(pairing->seen[i].beacon.mac, beacon->mac, 6))
			return &pairing->seen[i];
	if (pairing->count < PAIRING_SEEN)
		return &pairing->seen[pairing->count++];
	for (size_t i = 0; i < pairing->count; i++)
		if (pairing->tick - pairing->seen[i].heard_tick > PAIRING_FORGET_TICKS)
			return &pairing->seen[i];
	pairing->overflow++;
	return NULL;
}

bool pairing_hear(struct pairing *pairing, const struct beacon *beacon)
{
	struct pairing_seen *seen;

	if (beacon->nonce == pairing->self.nonce)
		return false;
	if (!memcmp(beacon->mac, pairing->self.mac, 6)) {
		pairing->clone = true;
		return false;
	}
	seen = place_of(pairing, beacon);
	if (!seen)
		return true;
	if (seen->beacon.nonce != beacon->nonce ||
	    memcmp(&seen->beacon.plan, &beacon->plan, sizeof(beacon->plan)) != 0) {
		*seen = (struct pairing_seen){ 0 };
		pairing->newcomer_tick = pairing->tick;
	}
	seen->beacon = *beacon;
	seen->heard_tick = pairing->tick;
	return true;
}

static bool is_candidate(const struct pairing *pairing, const struct pairing_seen *seen)
{
	return same_plan(pairing, &seen->beacon) && seen->beacon.state == BEACON_LOOKING &&
	       pairing->tick - seen->heard_tick <= PAIRING_FORGET_TICKS &&
	       seen->avoid_until_tick <= pairing->tick;
}

static bool is_below(const struct beacon *a, const struct beacon *b)
{
	return memcmp(a->mac, b->mac, 6) < 0;
}

/* How many candidates stand below us, and our nearest neighbours. */
static size_t rank_of(const struct pairing *pairing, const struct pairing_seen **below,
		      const struct pairing_seen **above)
{
	size_t rank = 0;

	*below = *above = NULL;
	for (size_t i = 0; i < pairing->count; i++) {
		const struct pairing_seen *seen = &pairing->seen[i];

		if (!is_candidate(pairing, seen))
			continue;
		if (is_below(&seen->beacon, &pairing->self)) {
			rank++;
			if (!*below || is_below(&(*below)->beacon, &seen->beacon))
				*below = seen;
		} else if (!*above || is_below(&seen->beacon, &(*above)->beacon)) {
			*above = seen;
		}
	}
	return rank;
}

void pairing_tick(struct pairing *pairing)
{
	const struct pairing_seen *below, *above, *choice;
	size_t rank;

	pairing->tick++;
	rank = rank_of(pairing, &below, &above);
	choice = rank % 2 ? below : above;
	/* A choice that was announced stands until its reason is gone; a first one waits until
	 * whoever is there has been heard. */
	if (!pairing->self.choice && pairing->tick - pairing->newcomer_tick < PAIRING_SETTLE_TICKS)
		return;
	pairing->self.choice = choice ? choice->beacon.nonce : 0;
}

static const struct pairing_seen *chosen(const struct pairing *pairing)
{
	for (size_t i = 0; pairing->self.choice && i < pairing->count; i++)
		if (pairing->seen[i].beacon.nonce == pairing->self.choice)
			return &pairing->seen[i];
	return NULL;
}

enum pairing_decision pairing_decide(const struct pairing *pairing,
				     const struct pairing_seen **partner)
{
	*partner = chosen(pairing);
	if (!*partner || !is_candidate(pairing, *partner) ||
	    (*partner)->beacon.choice != pairing->self.nonce)
		return PAIRING_LOOK;
	return is_below(&pairing->self, &(*partner)->beacon) ? PAIRING_AWAIT : PAIRING_CALL;
}

/* Its last beacon need not have come yet: that it calls says whom it chose. */
bool pairing_accepts(const struct pairing *pairing, const uint8_t mac[6], uint64_t nonce)
{
	const struct pairing_seen *choice = chosen(pairing);

	return choice && choice->beacon.nonce == nonce && !memcmp(choice->beacon.mac, mac, 6) &&
	       same_plan(pairing, &choice->beacon) && is_below(&pairing->self, &choice->beacon);
}

void pairing_avoid(struct pairing *pairing, uint64_t nonce)
{
	for (size_t i = 0; i < pairing->count; i++)
		if (pairing->seen[i].beacon.nonce == nonce)
			pairing->seen[i].avoid_until_tick = pairing->tick + PAIRING_AVOID_TICKS;
	if (pairing->self.choice == nonce)
		pairing->self.choice = 0;
}

static const struct beacon *by_nonce(const struct pairing *pairing, uint64_t nonce)
{
	for (size_t i = 0; i < pairing->count; i++)
		if (pairing->seen[i].beacon.nonce == nonce)
			return &pairing->seen[i].beacon;
	return nonce == pairing->self.nonce ? &pairing->self : NULL;
}

static void describe_other_plan(const struct pairing *pairing, const struct beacon *theirs,
				struct text *out)
{
	char their_digest[17], our_digest[17];

	digest_hex(&theirs->plan, their_digest, 8);
	digest_hex(&pairing->self.plan, our_digest, 8);
	text_add(out, " runs plan %s, digest %s, not ours (%s, digest %s)", theirs->plan_name,
		 their_digest, pairing->self.plan_name, our_digest);
}

void pairing_describe(const struct pairing *pairing, const struct pairing_seen *seen,
		      struct text *out)
{
	const struct beacon *theirs = &seen->beacon, *other = by_nonce(pairing, theirs->choice);
	char mac[MAC_TEXT_ROOM], other_mac[MAC_TEXT_ROOM] = "another";

	mac_format(theirs->mac, mac);
	if (other)
		mac_format(other->mac, other_mac);
	text_add(out, "%s", mac);
	if (!same_plan(pairing, theirs))
		describe_other_plan(pairing, theirs, out);
	else if (theirs->state == BEACON_TAKEN)
		text_add(out, " runs our plan and has paired with %s", other_mac);
	else if (pairing->tick - seen->heard_tick > PAIRING_FORGET_TICKS)
		text_add(out, " runs our plan and is not heard any more");
	else if (theirs->choice && theirs->choice != pairing->self.nonce)
		text_add(out, " runs our plan and prefers %s", other_mac);
	else
		text_add(out, " runs our plan, and we did not come to terms");
}
