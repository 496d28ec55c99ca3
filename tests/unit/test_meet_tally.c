/* SPDX-License-Identifier: MIT */
/* What shares come to: fairness, penalty and portions of cases worked out by hand; and what is not
 * known stays unknown. */
#include "tests/unit/test.h"

#include "bench/net/wire/meet/meeting.h"
#include "bench/net/wire/meet/tally.h"

#include <math.h>
#include <string.h>

#define SECOND_NS 1000000000ull

static bool is_near(double a, double b)
{
	return fabs(a - b) < 1e-9;
}

static void fairness(void **state)
{
	static const struct {
		double rates[4];
		uint64_t count;
		double want; /* (sum x)^2 / (n sum x^2) */
	} rows[] = {
		{ { 5 }, 1, 1 },
		{ { 7, 7 }, 2, 1 },
		{ { 9, 0 }, 2, 0.5 },
		{ { 1, 2, 3 }, 3, 36.0 / 42 },
		{ { 0, 0, 0, 8 }, 4, 0.25 },
		{ { 100, 300 }, 2, 0.8 },
		{ { 1e-3, 3e-3 }, 2, 0.8 },
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++)
		CHECK_ROW(i, "rates",
			  is_near(meet_fairness(rows[i].rates, rows[i].count), rows[i].want));
	assert_true(isnan(meet_fairness((double[]){ 0, 0 }, 2)));
	assert_true(isnan(meet_fairness((double[]){ 1, NAN }, 2)));
}

/* Two machines, 10 s each, the second 2 s later: they overlap for 8 s of 12. */
static struct meet_terms two(void)
{
	return (struct meet_terms){ .machines = 2,
				    .order = { 1, 2 },
				    .order_count = 2,
				    .stagger_ns = 2 * SECOND_NS,
				    .duration_ns = 10 * SECOND_NS,
				    .interval_ns = SECOND_NS,
				    .alone = 1 };
}

static void times(void **state)
{
	struct meet_terms terms = two();

	(void)state;
	assert_int_equal(meet_window_ns(&terms, 1), 10 * SECOND_NS);
	assert_int_equal(meet_window_ns(&terms, 2), 8 * SECOND_NS);
	assert_int_equal(meet_span_ns(&terms, 2), 12 * SECOND_NS);
	assert_int_equal(meet_start_offset(&terms, 2, 2), 2 * SECOND_NS);
	assert_int_equal(meet_start_offset(&terms, 2, 1), 0); /* alone nobody waits for a turn */
	terms.order[0] = 2;
	terms.order[1] = 1;
	assert_int_equal(meet_start_offset(&terms, 2, 2), 0);
	assert_int_equal(meet_start_offset(&terms, 1, 2), 2 * SECOND_NS);
}

static struct meet_share share(uint64_t window_bytes, uint64_t started_ns)
{
	return (struct meet_share){ .started_ns = started_ns,
				    .ended_ns = started_ns + 10 * SECOND_NS,
				    .window_bytes = window_bytes,
				    .uncertainty_ns = 1500000 };
}

static void tcp(void **state)
{
	struct meet_terms terms = two();
	/* 100 Mbit/s each alone; together 60 and 20 over the 8 s of the overlap. */
	struct meet_share a = share(125000000, 1), b = share(125000000, 1);
	struct meet_share c = share(60000000, 5 * SECOND_NS), d = share(20000000, 7003000000);
	const struct meet_share *alone[MEET_MACHINES] = { &a, &b };
	const struct meet_share *together[MEET_MACHINES] = { &c, &d };
	struct meet_tally tally;

	(void)state;
	meet_tally_make(&tally, &terms, alone, together, 5 * SECOND_NS);
	assert_true(is_near(tally.machine[0].alone, 100) && is_near(tally.machine[1].alone, 100));
	assert_true(is_near(tally.machine[0].together, 60));
	assert_true(is_near(tally.machine[1].together, 20));
	assert_true(is_near(tally.machine[0].penalty, 40) && is_near(tally.machine[1].penalty, 80));
	assert_true(is_near(tally.machine[0].portion, 75) && is_near(tally.machine[1].portion, 25));
	assert_true(is_near(tally.aggregate, 80) && is_near(tally.fairness, 0.8));
	assert_true(is_near(tally.machine[0].start_error_ms, 0));
	assert_true(is_near(tally.machine[1].start_ms, 2003));
	assert_true(is_near(tally.machine[1].start_error_ms, 3));
	assert_true(is_near(tally.machine[1].uncertainty_ms, 1.5));
}

/* UDP: what arrived counts, not what was sent; without a report nothing is known. */
static void udp(void **state)
{
	struct meet_terms terms = two();
	struct meet_share a = share(999999, 1), b = share(888888, 1);
	const struct meet_share *alone[MEET_MACHINES] = { NULL };
	const struct meet_share *together[MEET_MACHINES] = { &a, &b };
	struct meet_tally tally;

	(void)state;
	terms.udp = 1;
	a.reported = 1;
	a.received_bytes = 1250000;
	a.received_us = 10000000;
	a.datagrams = 200;
	a.lost = 50;
	a.jitter_us = 250;
	meet_tally_make(&tally, &terms, alone, together, 1);
	assert_true(is_near(tally.machine[0].together, 1));
	assert_true(is_near(tally.machine[0].lost_percent, 25));
	assert_true(is_near(tally.machine[0].jitter_ms, 0.25));
	assert_true(isnan(tally.machine[0].alone) && isnan(tally.machine[0].penalty));
	assert_true(isnan(tally.machine[1].together) && isnan(tally.fairness));
	assert_true(isnan(tally.aggregate) && isnan(tally.machine[0].portion));
}

static void what_failed_has_no_rate(void **state)
{
	struct meet_terms terms = two();
	struct meet_share a = share(1000, 1), never = { 0 };

	(void)state;
	assert_true(meet_rate(&terms, &a, 2) > 0);
	strcpy(a.failure, "cut off");
	assert_true(isnan(meet_rate(&terms, &a, 2)));
	assert_true(isnan(meet_rate(&terms, &never, 2)));
	assert_true(isnan(meet_rate(&terms, NULL, 2)));
}

static void terms_that_cannot_be(void **state)
{
	static const struct {
		const char *said;
		uint64_t machines, order[3], order_count, stagger_s, duration_s;
	} rows[] = {
		{ "order", 0, { 0 }, 0, 0, 10 },
		{ "order", 2, { 1, 1 }, 2, 0, 10 },
		{ "order", 2, { 1, 3 }, 2, 0, 10 },
		{ "order", 2, { 0, 1 }, 2, 0, 10 },
		{ "order", 3, { 1, 2 }, 2, 0, 10 },
		{ "over before", 2, { 2, 1 }, 2, 10, 10 },
		{ "over before", 3, { 1, 2, 3 }, 3, 5, 10 },
		{ "time", 2, { 1, 2 }, 2, 0, 0 },
		{ "time", 2, { 1, 2 }, 2, 0, 86401 },
		{ "intervals", 2, { 1, 2 }, 2, 0, 3600 },
		{ NULL, 2, { 2, 1 }, 2, 9, 10 },
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct meet_terms terms = { .machines = rows[i].machines,
					    .order_count = rows[i].order_count,
					    .stagger_ns = rows[i].stagger_s * SECOND_NS,
					    .duration_ns = rows[i].duration_s * SECOND_NS,
					    .interval_ns = SECOND_NS };
		memcpy(terms.order, rows[i].order, sizeof(rows[i].order));
		memset(terms.digest, 'a', 64);
		const char *said = meet_terms_objection(&terms);
		CHECK_ROW(i, said, rows[i].said ? said && strstr(said, rows[i].said) : !said);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(fairness),
		cmocka_unit_test(times),
		cmocka_unit_test(tcp),
		cmocka_unit_test(udp),
		cmocka_unit_test(what_failed_has_no_rate),
		cmocka_unit_test(terms_that_cannot_be),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
