/* SPDX-License-Identifier: MIT */
/* Beacons, and who pairs with whom: machines on a made-up wire, no clock, no sockets. */
#include "tests/unit/test.h"

#include "bench/net/wire/pair/pairing.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

static struct beacon beacon_of(unsigned number, const char *plan)
{
	struct beacon beacon = { .mac = { 2, 0, 0, 0, 0, (uint8_t)number },
				 .nonce = 1000 + number,
				 .v4_bits = 24 };

	beacon.v4.s_addr = htonl(0xc6120000 | number);
	digest_of(plan, strlen(plan), &beacon.plan);
	digest_of("init", 4, &beacon.payload);
	snprintf(beacon.plan_name, sizeof(beacon.plan_name), "%s", plan);
	snprintf(beacon.run_id, sizeof(beacon.run_id), "20260101-000000-%032x", number);
	return beacon;
}

/* ---- bytes ---- */

static void there_and_back(void **state)
{
	struct beacon in = beacon_of(7, "quick"), out;
	uint8_t bytes[BEACON_BYTES], again[BEACON_BYTES];

	(void)state;
	in.choice = 99;
	in.state = BEACON_TAKEN;
	beacon_encode(&in, bytes);
	assert_int_equal(beacon_decode(bytes, sizeof(bytes), &out), 0);
	assert_string_equal(out.plan_name, "quick");
	assert_string_equal(out.run_id, in.run_id);
	assert_int_equal(out.nonce, 1007);
	assert_int_equal(out.choice, 99);
	assert_int_equal(out.state, BEACON_TAKEN);
	assert_int_equal(out.v4.s_addr, in.v4.s_addr);
	beacon_encode(&out, again);
	assert_memory_equal(bytes, again, sizeof(bytes));
}

/* One byte of a good beacon changed. */
static const struct {
	const char *what;
	size_t at;
	uint8_t value;
	int err;
} hostile[] = {
	{ "unchanged", 0, 'a', 0 },
	{ "another magic", 0, 'A', -EBADMSG },
	{ "another version", 8, 3, -EPROTONOSUPPORT },
	{ "no such state", 9, 2, -EBADMSG },
	{ "33 bits of network", 10, 33, -EBADMSG },
	{ "an address without its network", 10, 0, -EBADMSG },
	{ "spare byte used", 11, 1, -EBADMSG },
	{ "a multicast address", 12, 224, -EBADMSG },
	{ "a loopback address", 12, 127, -EBADMSG },
	{ "address 0.x", 12, 0, -EBADMSG },
	{ "a group's MAC", 24, 3, -EBADMSG },
	{ "spare byte after the MAC", 30, 1, -EBADMSG },
	{ "spare byte after the MAC", 31, 1, -EBADMSG },
	{ "no plan name", 104, 0, -EBADMSG },
	{ "an escape in the plan name", 105, 27, -EBADMSG },
	{ "a blank in the plan name", 105, ' ', -EBADMSG },
	{ "a byte behind the plan name", 143, 'x', -EBADMSG },
	{ "8 bits in the run id", 150, 0x80, -EBADMSG },
	{ "a byte behind the run id", 199, 'x', -EBADMSG },
	{ "no run id", 144, 0, -EBADMSG },
};

static void hostile_bytes(void **state)
{
	struct beacon in = beacon_of(7, "quick"), out;
	uint8_t bytes[BEACON_BYTES];

	(void)state;
	for (size_t i = 0; i < COUNT_OF(hostile); i++) {
		beacon_encode(&in, bytes);
		bytes[hostile[i].at] = hostile[i].value;
		CHECK_ROW(i, hostile[i].what,
			  beacon_decode(bytes, sizeof(bytes), &out) == hostile[i].err);
	}
}

static void hostile_lengths_and_numbers(void **state)
{
	struct beacon in = beacon_of(7, "quick"), out;
	uint8_t bytes[BEACON_BYTES + 1] = { 0 };

	(void)state;
	beacon_encode(&in, bytes);
	for (size_t len = 0; len <= sizeof(bytes); len++)
		assert_int_equal(beacon_decode(bytes, len, &out),
				 len == BEACON_BYTES ? 0 : -EBADMSG);
	memset(bytes + 16, 0, 8); /* no nonce */
	assert_int_equal(beacon_decode(bytes, BEACON_BYTES, &out), -EBADMSG);
	in.choice = in.nonce; /* chose itself */
	beacon_encode(&in, bytes);
	assert_int_equal(beacon_decode(bytes, BEACON_BYTES, &out), -EBADMSG);
	in.choice = 0;
	memset(in.mac, 0, 6);
	beacon_encode(&in, bytes);
	assert_int_equal(beacon_decode(bytes, BEACON_BYTES, &out), -EBADMSG);
}

static void macs(void **state)
{
	static const struct {
		const char *in;
		int err;
	} rows[] = {
		{ "52:54:00:aB:0c:fF", 0 },	   { "", -EINVAL },
		{ "52:54:00:ab:0c", -EINVAL },	   { "52:54:00:ab:0c:ff:", -EINVAL },
		{ "52-54-00-ab-0c-ff", -EINVAL },  { "52:54:00:ab:0c:fg", -EINVAL },
		{ "52:54:00:ab:0c:ff1", -EINVAL }, { "5:54:00:ab:0c:ff", -EINVAL },
	};
	uint8_t mac[6];
	char text[MAC_TEXT_ROOM];

	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++)
		CHECK_ROW(i, rows[i].in, mac_parse(rows[i].in, mac) == rows[i].err);
	assert_int_equal(mac_parse(rows[0].in, mac), 0);
	mac_format(mac, text);
	assert_string_equal(text, "52:54:00:ab:0c:ff");
}

static void networks(void **state)
{
	static const struct {
		const char *a, *b;
		unsigned a_bits, b_bits;
		bool same;
	} rows[] = {
		{ "198.18.0.1", "198.18.0.2", 24, 24, true },
		{ "198.18.0.1", "198.18.1.2", 24, 24, false },
		{ "198.18.0.1", "198.18.1.2", 15, 15, true },
		{ "198.18.0.1", "198.18.0.2", 24, 16, false },
		{ "198.18.0.1", "198.18.0.1", 24, 24, false }, /* both behind a NAT of their own */
		{ "198.18.0.1", "198.18.0.2", 32, 32, false },
		{ "0.0.0.0", "0.0.0.0", 0, 0, false },
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct beacon a = { .v4_bits = rows[i].a_bits }, b = { .v4_bits = rows[i].b_bits };

		inet_pton(AF_INET, rows[i].a, &a.v4);
		inet_pton(AF_INET, rows[i].b, &b.v4);
		CHECK_ROW(i, rows[i].a, beacon_same_v4_network(&a, &b) == rows[i].same);
	}
}

/* ---- a wire ---- */

enum { MACHINES = 5 };
struct wire {
	struct pairing machine[MACHINES];
	bool on[MACHINES];
	size_t partner[MACHINES]; /* number + 1; 0: none */
	unsigned long deaf;	  /* bit 8 * to + from: this beacon does not arrive */
};

static void put_on(struct wire *wire, size_t number, const char *plan, unsigned boot)
{
	struct beacon self = beacon_of((unsigned)number + 1, plan);

	self.nonce += 100 * boot;
	pairing_begin(&wire->machine[number], &self);
	wire->on[number] = true;
	wire->partner[number] = 0;
}

static void spread_beacon(struct wire *wire, size_t from)
{
	uint8_t bytes[BEACON_BYTES];
	struct beacon heard;

	beacon_encode(&wire->machine[from].self, bytes);
	assert_int_equal(beacon_decode(bytes, sizeof(bytes), &heard), 0);
	for (size_t to = 0; to < MACHINES; to++)
		if (wire->on[to] && !(wire->deaf >> (8 * to + from) & 1))
			pairing_hear(&wire->machine[to], &heard);
}

static size_t number_of(const struct pairing_seen *seen)
{
	return seen->beacon.mac[5] - 1u;
}

/* The call over TCP: settled by the called one alone. */
static void call(struct wire *wire, size_t from, const struct pairing_seen *partner)
{
	struct pairing *caller = &wire->machine[from];
	size_t to = number_of(partner);
	struct pairing *called = &wire->machine[to];

	if (!wire->on[to] || wire->partner[to] ||
	    !pairing_accepts(called, caller->self.mac, caller->self.nonce)) {
		pairing_avoid(caller, partner->beacon.nonce);
		return;
	}
	wire->partner[from] = to + 1;
	wire->partner[to] = from + 1;
	caller->self.state = called->self.state = BEACON_TAKEN;
}

static void let_pass(struct wire *wire, unsigned ticks)
{
	const struct pairing_seen *partner;

	for (; ticks; ticks--)
		for (size_t i = 0; i < MACHINES; i++) {
			if (!wire->on[i])
				continue;
			spread_beacon(wire, i);
			if (wire->partner[i])
				continue;
			pairing_tick(&wire->machine[i]);
			if (pairing_decide(&wire->machine[i], &partner) == PAIRING_CALL)
				call(wire, i, partner);
		}
}

static bool are_paired(const struct wire *wire, size_t a, size_t b)
{
	return wire->partner[a] == b + 1 && wire->partner[b] == a + 1;
}

static void describe_first(const struct pairing *pairing, char *out, size_t room)
{
	struct text text;

	text_begin(&text, out, room);
	assert_true(pairing->count > 0);
	pairing_describe(pairing, &pairing->seen[0], &text);
}

static void two_machines(void **state)
{
	struct wire wire = { 0 };

	(void)state;
	put_on(&wire, 0, "a", 0);
	let_pass(&wire, 20);
	assert_int_equal(wire.partner[0], 0);
	put_on(&wire, 1, "a", 0);
	let_pass(&wire, 3);
	assert_int_equal(wire.partner[0], 0); /* not before it is known who else is there */
	let_pass(&wire, 10);
	assert_true(are_paired(&wire, 0, 1));
}

static void three_machines_in_any_order(void **state)
{
	static const size_t orders[][3] = { { 0, 1, 2 }, { 0, 2, 1 }, { 1, 0, 2 },
					    { 1, 2, 0 }, { 2, 0, 1 }, { 2, 1, 0 } };
	char words[300];

	(void)state;
	for (size_t i = 0; i < COUNT_OF(orders); i++) {
		struct wire wire = { 0 };

		for (size_t k = 0; k < 3; k++) {
			put_on(&wire, orders[i][k], "a", 0);
			let_pass(&wire, 1);
		}
		let_pass(&wire, 40);
		CHECK_ROW(i, "lowest MACs", are_paired(&wire, 0, 1));
		CHECK_ROW(i, "the third goes on looking", !wire.partner[2]);
		describe_first(&wire.machine[2], words, sizeof(words));
		CHECK_ROW(i, words, strstr(words, "has paired with 02:00:00:00:00:0"));
	}
}

/* Whoever was there first has paired; the others make a pair of their own. */
static void late_comers(void **state)
{
	struct wire wire = { 0 };

	(void)state;
	put_on(&wire, 1, "a", 0);
	put_on(&wire, 3, "a", 0);
	let_pass(&wire, 12);
	assert_true(are_paired(&wire, 1, 3));
	put_on(&wire, 0, "a", 0);
	let_pass(&wire, 12);
	assert_int_equal(wire.partner[0], 0);
	put_on(&wire, 2, "a", 0);
	put_on(&wire, 4, "a", 0);
	let_pass(&wire, 30);
	assert_true(are_paired(&wire, 0, 2));
	assert_int_equal(wire.partner[4], 0);
}

static void another_plan(void **state)
{
	struct wire wire = { 0 };
	char words[300];

	(void)state;
	put_on(&wire, 0, "quick", 0);
	put_on(&wire, 1, "survey", 0);
	let_pass(&wire, 100);
	assert_int_equal(wire.partner[0] + wire.partner[1], 0);
	describe_first(&wire.machine[0], words, sizeof(words));
	assert_non_null(strstr(words, "02:00:00:00:00:02 runs plan survey, digest "));
	assert_non_null(strstr(words, ", not ours (quick, digest "));
	put_on(&wire, 2, "quick", 0); /* the one between is no neighbour */
	let_pass(&wire, 30);
	assert_true(are_paired(&wire, 0, 2));
}

static void restarts(void **state)
{
	struct wire wire = { 0 };
	uint64_t before;

	(void)state;
	put_on(&wire, 0, "a", 0);
	put_on(&wire, 1, "a", 0);
	let_pass(&wire, 4);
	before = wire.machine[1].self.nonce;
	put_on(&wire, 1, "a", 1); /* in the middle of it, and with a new nonce */
	let_pass(&wire, 20);
	assert_true(are_paired(&wire, 0, 1));
	assert_int_equal(wire.machine[0].self.choice, before + 100);
	assert_int_equal(wire.machine[0].count, 1);
	assert_false(pairing_accepts(&wire.machine[0], wire.machine[1].self.mac, before));
}

static void one_that_vanishes(void **state)
{
	struct wire wire = { 0 };
	char words[300];

	(void)state;
	put_on(&wire, 0, "a", 0);
	put_on(&wire, 1, "a", 0);
	let_pass(&wire, 4);
	wire.on[1] = false;
	let_pass(&wire, PAIRING_FORGET_TICKS + 8);
	assert_int_equal(wire.machine[0].self.choice, 0);
	describe_first(&wire.machine[0], words, sizeof(words));
	assert_non_null(strstr(words, "not heard any more"));
	put_on(&wire, 2, "a", 0);
	let_pass(&wire, 20);
	assert_true(are_paired(&wire, 0, 2));
}

/* The first does not hear the second: it chooses the third, which chooses the second's partner. */
static void views_that_differ(void **state)
{
	struct wire wire = { .deaf = 1ul << (8 * 0 + 1) };

	(void)state;
	for (size_t i = 0; i < 3; i++)
		put_on(&wire, i, "a", 0);
	let_pass(&wire, 100);
	assert_false(are_paired(&wire, 0, 1));
	for (size_t i = 0; i < 3; i++) /* never half a pair */
		assert_true(!wire.partner[i] || wire.partner[wire.partner[i] - 1] == i + 1);
	wire.deaf = 0;
	let_pass(&wire, 60);
	assert_int_equal(!!wire.partner[0] + !!wire.partner[1] + !!wire.partner[2], 2);
}

static void a_call_that_is_refused(void **state)
{
	struct wire wire = { 0 };
	const struct pairing_seen *partner;

	(void)state;
	put_on(&wire, 0, "a", 0);
	put_on(&wire, 1, "a", 0);
	let_pass(&wire, 4);
	/* Nobody calls before a choice was made, and a lower MAC never does. */
	assert_false(pairing_accepts(&wire.machine[0], wire.machine[1].self.mac,
				     wire.machine[1].self.nonce));
	let_pass(&wire, 10);
	assert_true(are_paired(&wire, 0, 1));
	assert_false(pairing_accepts(&wire.machine[1], wire.machine[0].self.mac,
				     wire.machine[0].self.nonce));
	wire.machine[1].self.state = BEACON_LOOKING;
	pairing_avoid(&wire.machine[1], wire.machine[0].self.nonce);
	assert_int_equal(pairing_decide(&wire.machine[1], &partner), PAIRING_LOOK);
}

static void clones_and_crowds(void **state)
{
	struct wire wire = { 0 };
	struct beacon clone = beacon_of(1, "a");

	(void)state;
	put_on(&wire, 0, "a", 0);
	assert_false(pairing_hear(&wire.machine[0], &clone)); /* ourselves */
	assert_false(wire.machine[0].clone);
	clone.nonce++;
	assert_false(pairing_hear(&wire.machine[0], &clone));
	assert_true(wire.machine[0].clone);
	for (unsigned i = 0; i < 200; i++) {
		struct beacon beacon = beacon_of(2 + i, "a");

		pairing_hear(&wire.machine[0], &beacon);
	}
	assert_int_equal(wire.machine[0].count, PAIRING_SEEN);
	assert_int_equal(wire.machine[0].overflow, 200 - PAIRING_SEEN);
	/* None of them is heard again: one that stays finds its place. */
	put_on(&wire, 1, "a", 3);
	let_pass(&wire, PAIRING_FORGET_TICKS + PAIRING_SETTLE_TICKS + 10);
	assert_true(are_paired(&wire, 0, 1));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(there_and_back),
		cmocka_unit_test(hostile_bytes),
		cmocka_unit_test(hostile_lengths_and_numbers),
		cmocka_unit_test(macs),
		cmocka_unit_test(networks),
		cmocka_unit_test(two_machines),
		cmocka_unit_test(three_machines_in_any_order),
		cmocka_unit_test(late_comers),
		cmocka_unit_test(another_plan),
		cmocka_unit_test(restarts),
		cmocka_unit_test(one_that_vanishes),
		cmocka_unit_test(views_that_differ),
		cmocka_unit_test(a_call_that_is_refused),
		cmocka_unit_test(clones_and_crowds),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
