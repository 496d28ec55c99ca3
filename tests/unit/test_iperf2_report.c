/* SPDX-License-Identifier: MIT */
/* iperf 2's receiver: what it counts, what it reports, what a sender makes of that; and the
 * sender's schedule. */
#include "tests/unit/test.h"

#include "bench/net/wire/iperf2/flow.h"
#include "bench/net/wire/iperf2/protocol.h"
#include "bench/net/wire/sockets.h"
#include "bench/net/wire/words.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static size_t words_into(uint8_t *out, const uint32_t *words, size_t count)
{
	for (size_t i = 0; i < count; i++)
		put32(out + 4 * i, words[i]);
	return count * 4;
}

/* ---- reports ---- */

static const uint32_t ack_218[] = {
	0,    0, 0,	0, 0x88000000, 0,      0x44e8,	1, 0x2b008,    0,  0,  12, 0, 13, 0, 4, 0,
	0x9e, 0, 0x1d7, 0, 0x27,       0x3ffc, 0xa2c2a, 0, 0xfffffff2, 12, 10, 1,  0, 0,  0,
};
static const uint32_t ack_206[] = { 0xffffffd4, 0x6b02b1d4, 0x53b3a, 0x80000000, 0,
				    0xfca8,	1,	    0x8862,  0,		 0,
				    0x2c,	0,	    0x1c,    0x32333435 };
static const uint32_t ack_2010[] = { 0x8000002c, 0x6b02b1d4, 0, 0x32333435, 0x80000000,
				     0,		 0xfca8,     1, 0x8791,	    0,
				     0,		 0x2c,	     0, 0,	    3 };
static const uint32_t ack_2013[] = { 0xffffffd5, 0x6b02b1d4, 0, 0xffffffff, 0x88000000, 0, 0xf6ea,
				     1,		 0x2bd0,     0, 0,	    0x2b,	0, 0xf };
static const uint32_t header_ack[] = { 2, 28, 0, 0x20001, 0x80003, 0, 0 };
static const uint32_t no_flag[] = { 0, 0, 0, 0, 0, 0, 1470, 1, 0, 0, 0, 1, 0, 0 };

static const struct {
	const char *name;
	const uint32_t *words;
	size_t count, len;
	int err;
	struct iperf2_report want;
} reports_table[] = {
	{ "2.1.8", ack_218, COUNT_OF(ack_218), 128, 0, { 17640, 0, 0, 12, 1176136, 13 } },
	{ "2.0.6", ack_206, COUNT_OF(ack_206), 1470, 0, { 64680, 0, 0, 44, 1034914, 28 } },
	{ "2.0.10", ack_2010, COUNT_OF(ack_2010), 1470, 0, { 64680, 0, 0, 44, 1034705, 3 } },
	{ "2.0.13", ack_2013, COUNT_OF(ack_2013), 1470, 0, { 63210, 0, 0, 43, 1011216, 15 } },
	{ "early header ack", header_ack, COUNT_OF(header_ack), 28, -EAGAIN, { 0 } },
	{ "not valid", no_flag, COUNT_OF(no_flag), 128, -EBADMSG, { 0 } },
	{ "too short", ack_218, COUNT_OF(ack_218), 51, -EBADMSG, { 0 } },
	{ "nothing", ack_218, 0, 0, -EBADMSG, { 0 } },
};

static void reports_decode(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(reports_table); i++) {
		uint8_t in[1470] = { 0 };
		struct iperf2_report got;

		words_into(in, reports_table[i].words, reports_table[i].count);
		int err = iperf2_report_decode(in, reports_table[i].len, &got);
		CHECK_ROW(i, reports_table[i].name, err == reports_table[i].err);
		CHECK_ROW(i, reports_table[i].name,
			  err || !memcmp(&got, &reports_table[i].want, sizeof(got)));
	}
}

static void reports_round_trip(void **state)
{
	const struct iperf2_report report = { 5000000000, 7, 3, 3401360, 42424242, 1234567 };
	uint8_t fin[1470] = { 0xff, 0xff, 0xff, 0xf4 }, out[IPERF2_ACK_ROOM];
	struct iperf2_report got;

	(void)state;
	for (int layout = 0; layout < 2; layout++) {
		ssize_t len = iperf2_report_encode(&report, (enum iperf2_layout)layout, fin,
						   sizeof(fin), out, sizeof(out));
		assert_int_equal(len, layout == IPERF2_SIXTEEN ? 128 : 1470);
		assert_int_equal(iperf2_report_decode(out, (size_t)len, &got), 0);
		assert_memory_equal(&got, &report, sizeof(got));
	}
	assert_int_equal(iperf2_report_encode(&report, IPERF2_SIXTEEN, fin, 4, out, 100), -ENOSPC);
	assert_int_equal(iperf2_report_encode(&report, IPERF2_TWELVE, fin, 4, out, sizeof(out)),
			 52);
	/* Longer than any answer's room: cut, not overrun. */
	assert_int_equal(iperf2_report_encode(&report, IPERF2_TWELVE, fin, 65000, out, sizeof(out)),
			 sizeof(out));
}

static void absurd_reports(void **state)
{
	struct iperf2_report good = { 132300, 2, 0, 92, 1000000, 10 };
	struct iperf2_report from_2010 = { 132300, 2147483557, 0, 2147483647, 1000000, 10 };

	(void)state;
	assert_false(iperf2_report_repair(&good, 92, 1470));
	assert_int_equal(good.lost, 2);
	assert_true(iperf2_report_repair(&from_2010, 92, 1470));
	assert_int_equal(from_2010.lost, 2);
	assert_int_equal(from_2010.datagrams, 92);
	assert_true(iperf2_report_plausible(&good, 92, 1470, 1000000));
	/* 139 datagrams of 9000 bytes, of which a stock server read 1470 each */
	struct iperf2_report cut = { 139 * 1470, 0, 0, 139, 1000000, 10 };
	assert_int_equal(iperf2_report_mend_bytes(&cut, 9000), 1470);
	assert_int_equal(cut.bytes, 139 * 9000);
	assert_int_equal(iperf2_report_mend_bytes(&cut, 9000), 0);
	assert_int_equal(iperf2_report_mend_bytes(&good, 1470), 0);
	good.bytes = 1ull << 60;
	assert_false(iperf2_report_plausible(&good, 92, 1470, 1000000));
	good = (struct iperf2_report){ .jitter_us = UINT64_MAX };
	assert_false(iperf2_report_plausible(&good, 92, 1470, 1000000));
	assert_true(iperf2_report_plausible(&(struct iperf2_report){ 0 }, 0, 0, 0));
}

/* ---- counting: ids as they arrive; a negative number is a FIN ---- */

enum { LEN = 1000 };
static const struct {
	const char *name;
	int ids[12]; /* 99 ends it */
	uint64_t lost, late, duplicates, total, bytes;
} counts_table[] = {
	{ "from 0", { 0, 1, 2, 3, -4, 99 }, 0, 0, 0, 4, 4 * LEN },
	{ "from 1, FIN is data", { 1, 2, 3, -4, 99 }, 0, 0, 0, 4, 4 * LEN },
	{ "a gap", { 0, 1, 4, 5, -6, 99 }, 2, 0, 0, 6, 4 * LEN },
	{ "the tail is missing", { 0, 1, 2, -6, 99 }, 3, 0, 0, 6, 3 * LEN },
	{ "the first are missing", { 3, 4, -5, 99 }, 2, 0, 0, 5, 3 * LEN },
	{ "late, so not lost", { 0, 2, 1, 3, -4, 99 }, 0, 1, 0, 4, 4 * LEN },
	{ "twice hides no loss", { 0, 1, 1, 3, -4, 99 }, 1, 0, 1, 4, 4 * LEN },
	{ "0 twice", { 0, 0, 1, -2, 99 }, 0, 0, 1, 2, 3 * LEN },
	{ "FIN repeated", { 0, 1, -2, -2, -3, 99 }, 0, 0, 0, 2, 2 * LEN },
	{ "no FIN yet", { 0, 1, 2, 99 }, 0, 0, 0, 3, 3 * LEN },
	{ "no FIN yet, from 1", { 1, 2, 3, 99 }, 0, 0, 0, 3, 3 * LEN },
};

static void counting(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(counts_table); i++) {
		struct iperf2_count count = { 0 };
		struct iperf2_report report;

		for (size_t n = 0; counts_table[i].ids[n] != 99; n++) {
			int id = counts_table[i].ids[n];
			struct iperf2_datagram datagram = { .id = (uint64_t)abs(id),
							    .fin = id < 0,
							    .sent_us = 1000 * n };
			iperf2_count_add(&count, &datagram, 1000000 * n, LEN);
		}
		iperf2_count_report(&count, &report);
		CHECK_ROW(i, counts_table[i].name,
			  iperf2_count_lost(&count) == counts_table[i].lost);
		CHECK_ROW(i, counts_table[i].name, count.late == counts_table[i].late);
		CHECK_ROW(i, counts_table[i].name, count.duplicates == counts_table[i].duplicates);
		CHECK_ROW(i, counts_table[i].name, report.datagrams == counts_table[i].total);
		CHECK_ROW(i, counts_table[i].name, report.bytes == counts_table[i].bytes);
		CHECK_ROW(i, counts_table[i].name,
			  report.jitter_us == 0); /* evenly sent, evenly received */
	}
}

/* Clocks a year apart must not be jitter; a difference of 160 us between transits is 10 us of it
 * (1/16). */
static void jitter(void **state)
{
	const uint64_t year_us = 365ull * 86400 * 1000000;
	struct iperf2_count count = { 0 };

	(void)state;
	iperf2_count_add(&count, &(struct iperf2_datagram){ 0, false, year_us }, 5000000, LEN);
	iperf2_count_add(&count, &(struct iperf2_datagram){ 1, false, year_us + 1000 }, 6160000,
			 LEN);
	assert_true(count.jitter_us > 9.99 && count.jitter_us < 10.01);
	iperf2_count_add(&count, &(struct iperf2_datagram){ 2, false, 3 * year_us }, 7000000,
			 LEN); /* clock set */
	assert_true(count.jitter_us < 10.01);
}

static void duplicates_beyond_the_window(void **state)
{
	struct iperf2_count count = { 0 };

	(void)state;
	for (uint64_t id = 0; id < 3 * IPERF2_WINDOW; id++)
		iperf2_count_add(&count, &(struct iperf2_datagram){ .id = id }, id * 1000, LEN);
	iperf2_count_add(&count, &(struct iperf2_datagram){ .id = 5 }, 0,
			 LEN); /* too old to know: late */
	iperf2_count_add(&count, &(struct iperf2_datagram){ .id = 3 * IPERF2_WINDOW - 9 }, 0, LEN);
	iperf2_count_add(&count, &(struct iperf2_datagram){ .id = UINT64_MAX - 1 }, 0,
			 LEN); /* a leap */
	assert_int_equal(count.late, 1);
	assert_int_equal(count.duplicates, 1);
	assert_true(iperf2_count_lost(&count) > 1ull << 60);
}

/* ---- a whole flow, as a stock server would answer it ---- */

static size_t stock_datagram(uint8_t *out, int id, bool wide)
{
	struct iperf2_datagram datagram = { .id = (uint64_t)abs(id),
					    .fin = id < 0,
					    .sent_us = 1000 };
	struct iperf2_request request = {
		.port = 5001, .threads = 1, .centiseconds = 100, .extended = true, .wide_ids = wide
	};

	memset(out, 0, 1470);
	iperf2_datagram_encode(&datagram, IPERF2_SIXTEEN, wide, out);
	iperf2_request_encode(&request, true, out + 16);
	return 1470;
}

static void flow_answers_its_fin(void **state)
{
	struct flow flow;
	struct iperf2_report report;
	uint8_t in[1470], answer[IPERF2_ACK_ROOM];

	(void)state;
	assert_int_equal(flow_begin(&flow, in, stock_datagram(in, -7, true)),
			 -EBADMSG); /* a late FIN */
	assert_int_equal(flow_begin(&flow, in, stock_datagram(in, 1, true)), 0);
	for (int id = 1; id < 12; id++)
		assert_int_equal(flow_take(&flow, in, stock_datagram(in, id, true),
					   (uint64_t)id * 1000, answer, sizeof(answer)),
				 0);
	/* 2.1.8 repeats its FIN with ids that go on; each gets the same answer. */
	for (int id = 12; id < 15; id++) {
		ssize_t len = flow_take(&flow, in, stock_datagram(in, -id, true), 20000, answer,
					sizeof(answer));
		assert_int_equal(len, 128);
		assert_int_equal(iperf2_report_decode(answer, (size_t)len, &report), 0);
		assert_int_equal(report.datagrams, 12);
		assert_int_equal(report.bytes, 17640);
		assert_int_equal(report.lost, 0);
	}
	assert_int_equal(flow_take(&flow, in, 3, 20000, answer, sizeof(answer)), -EBADMSG);
}

/* What is missing at the very end is told apart; evenly or not, each delay's change is counted. */
static void tail_and_variation(void **state)
{
	static const struct {
		const char *name;
		int ids[8];
		uint64_t tail, lost;
	} rows[] = {
		{ "nothing lost", { 0, 1, 2, -3, 99 }, 0, 0 },
		{ "in the middle", { 0, 2, -3, 99 }, 0, 1 },
		{ "at the end", { 0, 1, -4, 99 }, 2, 2 },
		{ "both, ids from 1", { 1, 3, -7, 99 }, 3, 4 },
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct iperf2_count count = { 0 };
		for (size_t n = 0; rows[i].ids[n] != 99; n++) {
			int id = rows[i].ids[n];
			struct iperf2_datagram datagram = { (uint64_t)abs(id), id < 0, 0 };
			iperf2_count_add(&count, &datagram, 1000000 + 250000 * n, LEN);
		}
		CHECK_ROW(i, rows[i].name, count.tail == rows[i].tail);
		CHECK_ROW(i, rows[i].name, iperf2_count_lost(&count) == rows[i].lost);
		/* All were sent at once and arrived 250 us apart. */
		uint64_t p99_ns = histogram_percentile(&count.variation, 99);
		CHECK_ROW(i, rows[i].name, p99_ns == 250000 && count.variation.min == 250000);
	}
}

/* Ids of 64 bits go on where 31 and 32 bits end. */
static void ids_beyond_32_bits(void **state)
{
	static const uint64_t starts[] = { INT32_MAX - 2ull, UINT32_MAX - 2ull };

	(void)state;
	for (size_t i = 0; i < COUNT_OF(starts); i++) {
		uint8_t in[64] = { 0 }, answer[IPERF2_ACK_ROOM];
		struct iperf2_datagram datagram = { .id = 0 };
		struct flow flow;

		iperf2_wide_encode(in + 16);
		iperf2_datagram_encode(&datagram, IPERF2_SIXTEEN, true, in);
		assert_int_equal(flow_begin(&flow, in, sizeof(in)), 0);
		flow_take(&flow, in, sizeof(in), 1, answer, sizeof(answer));
		flow.count.last = starts[i]; /* as after so many of them */
		for (datagram.id = starts[i] + 1; datagram.id < starts[i] + 6; datagram.id++) {
			iperf2_datagram_encode(&datagram, IPERF2_SIXTEEN, true, in);
			assert_int_equal(
				flow_take(&flow, in, sizeof(in), 2, answer, sizeof(answer)), 0);
		}
		datagram.fin = true;
		iperf2_datagram_encode(&datagram, IPERF2_SIXTEEN, true, in);
		assert_int_equal(flow_take(&flow, in, sizeof(in), 3, answer, sizeof(answer)), 128);
		assert_int_equal(iperf2_count_lost(&flow.count), 0);
		CHECK_ROW(i, "the last", flow.count.last == starts[i] + 6);
		assert_true(flow.count.finished && flow.count.late == 0);
	}
}

/* ---- the schedule ---- */

static void pacing(void **state)
{
	struct iperf2_pace pace;

	(void)state;
	iperf2_pace_begin(&pace, 1000, 1048576, 1470);
	assert_int_equal(iperf2_pace_wait(&pace, 1000), 0);
	pace.sent = 1;
	assert_int_equal(iperf2_pace_wait(&pace, 1000),
			 11215209); /* 11215.21 us, as stock prints it */
	pace.sent = 1000000;
	assert_int_equal(iperf2_pace_wait(&pace, 1000) / 1000000,
			 11215209); /* errors do not add up */
	/* A debt is made up... */
	pace.sent = 10;
	uint64_t due_ns = 1000 + 112152099;
	assert_int_equal(iperf2_pace_wait(&pace, due_ns + IPERF2_DEBT_NS / 2), 0);
	assert_int_equal(pace.slips, 0);
	/* ... unless it is too large: then the schedule moves, and no burst follows. */
	assert_int_equal(iperf2_pace_wait(&pace, due_ns + 1000000000), 0);
	assert_int_equal(pace.slips, 1);
	pace.sent = 11;
	assert_true(iperf2_pace_wait(&pace, due_ns + 1000000000) > 11000000);
	/* What is overdue may leave together; never what is not due yet. */
	iperf2_pace_begin(&pace, 0, 8000000, 1000); /* one each millisecond */
	assert_int_equal(iperf2_pace_due(&pace, 0, 64), 1);
	assert_int_equal(iperf2_pace_due(&pace, 3500000, 64), 4);
	assert_int_equal(iperf2_pace_due(&pace, 3500000, 2), 2);
	pace.sent = 4;
	assert_int_equal(iperf2_pace_due(&pace, 4000000, 64), 1);
	iperf2_pace_begin(&pace, 0, 0, 1470); /* no rate: never waits, and all may leave */
	pace.sent = 1000;
	assert_int_equal(iperf2_pace_wait(&pace, 0), 0);
	assert_int_equal(iperf2_pace_wait(&pace, 1000 * SECOND_NS), 0);
	assert_int_equal(pace.slips, 0);
	assert_int_equal(iperf2_pace_due(&pace, 0, 64), 64);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reports_decode),
		cmocka_unit_test(reports_round_trip),
		cmocka_unit_test(absurd_reports),
		cmocka_unit_test(counting),
		cmocka_unit_test(jitter),
		cmocka_unit_test(duplicates_beyond_the_window),
		cmocka_unit_test(flow_answers_its_fin),
		cmocka_unit_test(tail_and_variation),
		cmocka_unit_test(ids_beyond_32_bits),
		cmocka_unit_test(pacing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
