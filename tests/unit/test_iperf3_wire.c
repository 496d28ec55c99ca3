/* SPDX-License-Identifier: MIT */
/* iperf 3's wire format against what stock versions say, and against hostile bytes. */
#include "tests/unit/test.h"

#include "bench/net/wire/iperf3/messages.h"
#include "bench/net/wire/iperf3/protocol.h"
#include "tests/fuzz/iperf3.c"

#include <errno.h>
#include <math.h>
#include <stdio.h>

/* ---- parameters ---- */

/* As captured, and hostile; err, and a word of the reason. */
static const struct {
	const char *name, *json;
	int err;
	const char *why;
} params_rows[] = {
	{ "3.12",
	  "{\"tcp\":true,\"omit\":0,\"time\":1,\"num\":0,\"blockcount\":0,\"parallel\":1,\"len\":16384,"
	  "\"bandwidth\":2000000,\"pacing_timer\":1000,\"client_version\":\"3.12\"}" },
	{ "3.18 -u -R",
	  "{\"udp\":true,\"omit\":0,\"time\":1,\"num\":0,\"blockcount\":0,\"parallel\":1,\"reverse\":true,"
	  "\"len\":1448,\"bandwidth\":1048576,\"pacing_timer\":1000,\"udp_counters_64bit\":1,"
	  "\"client_version\":\"3.18\"}" },
	{ "nothing said", "{}" },
	{ "keys of later versions", "{\"tcp\":true,\"mptcp\":1,\"gso\":0,\"nonesuch\":[{}]}" },
	{ "blanks and a zero behind", "{\"tcp\":true} \n" },
	{ "not closed", "{\"tcp\":true", -EBADMSG, "no JSON" },
	{ "an array", "[true]", -EBADMSG, "no object" },
	{ "a number", "7", -EBADMSG, "no object" },
	{ "something behind", "{}{}", -EBADMSG, "no object" },
	{ "tcp a number", "{\"tcp\":1}", -EBADMSG, "tcp" },
	{ "tcp a string", "{\"tcp\":\"true\"}", -EBADMSG, "tcp" },
	{ "tcp null", "{\"tcp\":null}", -EBADMSG, "tcp" },
	{ "both protocols", "{\"tcp\":true,\"udp\":true}", -EBADMSG, "udp" },
	{ "SCTP", "{\"sctp\":true}", -EOPNOTSUPP, "SCTP" },
	{ "time a string", "{\"time\":\"1\"}", -EBADMSG, "time" },
	{ "time negative", "{\"time\":-1}", -EBADMSG, "time" },
	{ "time of a year", "{\"time\":31536000}", -EBADMSG, "time" },
	{ "time beyond numbers", "{\"time\":1e999}", -EBADMSG, "time" },
	{ "omit of an hour", "{\"omit\":3600}", -EBADMSG, "omit" },
	{ "no streams", "{\"parallel\":0}", -EBADMSG, "parallel" },
	{ "too many streams", "{\"parallel\":129}", -EBADMSG, "parallel" },
	{ "streams an object", "{\"parallel\":{}}", -EBADMSG, "parallel" },
	{ "length 0", "{\"len\":0}", -EBADMSG, "len" },
	{ "length 2 MB", "{\"len\":2097152}", -EBADMSG, "len" },
	{ "UDP length 15", "{\"udp\":true,\"len\":15}", -EBADMSG, "len" },
	{ "UDP length 65508", "{\"udp\":true,\"len\":65508}", -EBADMSG, "len" },
	{ "rate negative", "{\"bandwidth\":-1}", -EBADMSG, "bandwidth" },
	{ "window of 2 GB", "{\"window\":2147483648}", -EBADMSG, "window" },
	{ "MSS of 65536", "{\"MSS\":65536}", -EBADMSG, "MSS" },
	{ "algorithm a number", "{\"congestion\":1}", -EBADMSG, "congestion" },
	{ "both -R and --bidir", "{\"reverse\":true,\"bidirectional\":true}", -EBADMSG, "reverse" },
	{ "reverse a number", "{\"reverse\":1}", -EBADMSG, "reverse" },
};

static void parameters(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(params_rows); i++) {
		struct iperf3_params out;
		char why[200] = "";
		const char *json = params_rows[i].json;
		int err = iperf3_params_decode(json, strlen(json), &out, why, sizeof(why));
		CHECK_ROW(i, params_rows[i].name, err == params_rows[i].err);
		CHECK_ROW(i, why, !err || strstr(why, params_rows[i].why));
		params(json, strlen(json));
		/* cut anywhere: refused, and nothing read beyond */
		for (size_t len = 0; len < strlen(json); len++)
			LLVMFuzzerTestOneInput((const uint8_t *)json, len);
	}
}

static void parameters_read(void **state)
{
	struct iperf3_params out;
	const char *json = params_rows[1].json;

	(void)state;
	assert_int_equal(iperf3_params_decode(json, strlen(json), &out, NULL, 0), 0);
	assert_true(out.udp && out.reverse && out.wide && !out.bidir);
	assert_true(out.length == 1448 && out.rate == 1048576 && out.seconds == 1);
	assert_string_equal(out.version, "3.18");
	assert_int_equal(iperf3_params_decode("{}", 2, &out, NULL, 0), 0);
	assert_true(!out.udp && out.seconds == 10 && out.length == 131072 && out.parallel == 1);
	json = "{\"num\":5,\"client_version\":\"a\\nb\\\"c\"}";
	assert_int_equal(iperf3_params_decode(json, strlen(json), &out, NULL, 0), 0);
	assert_true(out.bytes == 5 && out.seconds == 0);
	assert_string_equal(out.version, "a?b?c");
}

/* Depth and length that a parser could drown in. */
static void monsters(void **state)
{
	enum { ROOM = 1 << 20 };
	char *json = malloc(ROOM), why[100];
	static struct iperf3_results out;
	struct iperf3_params asked;

	(void)state;
	memset(json, '[', ROOM);
	assert_int_equal(iperf3_results_decode(json, ROOM, &out, why, sizeof(why)), -EBADMSG);
	memset(json, '"', ROOM);
	assert_int_equal(iperf3_params_decode(json, ROOM, &asked, why, sizeof(why)), -EBADMSG);
	memset(json, 0, ROOM);
	assert_int_equal(iperf3_params_decode(json, ROOM, &asked, why, sizeof(why)), -EBADMSG);
	struct text text;
	text_begin(&text, json, ROOM);
	text_add(&text, "{\"streams\":[");
	for (int i = 0; i < 300; i++)
		text_add(
			&text,
			"%s{\"id\":%d,\"bytes\":1,\"retransmits\":0,\"jitter\":0,\"errors\":0,\"packets\":0}",
			i ? "," : "", i + 1);
	text_add(&text, "]}");
	assert_int_equal(iperf3_results_decode(json, text.len, &out, why, sizeof(why)), -EBADMSG);
	free(json);
}

/* ---- results ---- */

#define SIDE(id, rest) \
	"{\"id\":" id ",\"bytes\":262144,\"retransmits\":0,\"jitter\":0,\"errors\":0" rest "}"
static const struct {
	const char *name, *json;
	int err;
	unsigned count;
	int64_t retransmits;
} results_rows[] = {
	{ "3.12 server",
	  "{\"cpu_util_total\":0.09,\"cpu_util_user\":0,\"cpu_util_system\":0.09,"
	  "\"sender_has_retransmits\":18446744073709551615,\"congestion_used\":\"bbr\",\"streams\":["
	  "{\"id\":1,\"bytes\":262144,\"retransmits\":18446744073709551615,\"jitter\":0,\"errors\":0,"
	  "\"packets\":0,\"start_time\":0,\"end_time\":1.000264}]}",
	  0, 1, -1 },
	{ "3.18",
	  "{\"streams\":[" SIDE("1",
				",\"packets\":3,\"omitted_errors\":1,\"omitted_packets\":2") "]}",
	  0, 1, 0 },
	{ "two", "{\"streams\":[" SIDE("1", ",\"packets\":0") "," SIDE("3", ",\"packets\":0") "]}",
	  0, 2, 0 },
	{ "none", "{\"streams\":[]}", 0, 0 },
	{ "no streams at all", "{}", -EBADMSG },
	{ "streams a number", "{\"streams\":7}", -EBADMSG },
	{ "a stream a number", "{\"streams\":[7]}", -EBADMSG },
	{ "the same twice",
	  "{\"streams\":[" SIDE("1", ",\"packets\":0") "," SIDE("1", ",\"packets\":0") "]}",
	  -EBADMSG },
	{ "id 0", "{\"streams\":[" SIDE("0", ",\"packets\":0") "]}", -EBADMSG },
	{ "no id", "{\"streams\":[{\"bytes\":1,\"errors\":0,\"packets\":0}]}", -EBADMSG },
	{ "packets missing", "{\"streams\":[" SIDE("1", "") "]}", -EBADMSG },
	{ "packets a string", "{\"streams\":[" SIDE("1", ",\"packets\":\"0\"") "]}", -EBADMSG },
	{ "packets beyond numbers", "{\"streams\":[" SIDE("1", ",\"packets\":1e300") "]}",
	  -EBADMSG },
	{ "cpu a string", "{\"cpu_util_total\":\"x\",\"streams\":[]}", -EBADMSG },
};

static void results_of_others(void **state)
{
	static struct iperf3_results out;

	(void)state;
	for (size_t i = 0; i < COUNT_OF(results_rows); i++) {
		const char *json = results_rows[i].json;
		char why[200] = "";
		int err = iperf3_results_decode(json, strlen(json), &out, why, sizeof(why));
		CHECK_ROW(i, why, err == results_rows[i].err);
		if (err)
			continue;
		CHECK_ROW(i, results_rows[i].name, out.count == results_rows[i].count);
		if (out.count)
			CHECK_ROW(i, results_rows[i].name,
				  out.side[0].retransmits == results_rows[i].retransmits &&
					  out.side[0].bytes == 262144);
		for (size_t len = 0; len < strlen(json); len++)
			LLVMFuzzerTestOneInput((const uint8_t *)json, len);
	}
	iperf3_results_decode(results_rows[1].json, strlen(results_rows[1].json), &out, NULL, 0);
	assert_true(out.side[0].has_omitted && out.side[0].omitted_packets == 2);
	assert_null(iperf3_results_side(&out, 3));
}

/* ---- states ---- */

static void states_in_order(void **state)
{
	static const int8_t server_says[] = { 9, 10, 1, 2, 13, 14 };
	enum iperf3_step step = STEP_GREETED;

	(void)state;
	for (size_t i = 0; i < COUNT_OF(server_says); i++) {
		/* no other byte has a place here */
		for (int byte = -128; byte < 128; byte++) {
			enum iperf3_step other = step;
			int err = iperf3_client_follow(&other, (int8_t)byte);
			int want = byte == server_says[i]		 ? 0 :
				   byte == STATE_SERVER_TERMINATE	 ? -ECONNABORTED :
				   byte == STATE_SERVER_ERROR		 ? -EREMOTEIO :
				   byte == STATE_ACCESS_DENIED && i == 0 ? -EBUSY :
									   -EPROTO;
			CHECK_ROW(i, "what a server may say", err == want);
			CHECK_ROW(i, "a refused byte moves nothing", !err || other == step);
		}
		assert_int_equal(iperf3_client_follow(&step, server_says[i]), 0);
	}
	assert_int_equal(step, STEP_SHOWN);
	step = STEP_RUNNING;
	assert_int_equal(iperf3_server_follow(&step, STATE_IPERF_DONE), -EPROTO);
	assert_int_equal(iperf3_server_follow(&step, STATE_TEST_END), 0);
	assert_int_equal(iperf3_server_follow(&step, STATE_TEST_END), -EPROTO);
	assert_int_equal(iperf3_server_follow(&step, STATE_CLIENT_TERMINATE), -ECONNABORTED);
}

static void small_things(void **state)
{
	uint8_t random[IPERF3_COOKIE - 1];
	char cookie[IPERF3_COOKIE];
	size_t len;

	(void)state;
	for (size_t i = 0; i < sizeof(random); i++)
		random[i] = (uint8_t)(i * 37);
	iperf3_cookie_make(random, cookie);
	assert_true(iperf3_cookie_ok(cookie));
	assert_int_equal(strspn(cookie, "abcdefghijklmnopqrstuvwxyz234567"), 36);
	cookie[5] = '\0';
	assert_false(iperf3_cookie_ok(cookie));
	assert_int_equal(iperf3_stream_id(0), 1);
	assert_int_equal(iperf3_stream_id(1), 3);
	assert_int_equal(iperf3_stream_id(2), 4);
	assert_int_equal(iperf3_message_length((uint8_t[]){ 0, 0, 0x20, 0 }, 8192, &len), 0);
	assert_int_equal(iperf3_message_length((uint8_t[]){ 0, 0, 0x20, 1 }, 8192, &len),
			 -EMSGSIZE);
	assert_int_equal(iperf3_message_length((uint8_t[]){ 255, 255, 255, 255 }, 8192, &len),
			 -EMSGSIZE);
	assert_int_equal(iperf3_message_length((uint8_t[]){ 0, 0, 0, 0 }, 8192, &len), -EMSGSIZE);
	/* as captured: "9876" from the client, "6789" from the server */
	uint8_t word[4];
	iperf3_hello_encode(IPERF3_UDP_HELLO, word);
	assert_memory_equal(word, "9876", 4);
	assert_false(iperf3_answer_ok(word, 4));
	assert_true(iperf3_answer_ok((const uint8_t *)"6789", 4));
	assert_false(iperf3_answer_ok((const uint8_t *)"6789", 3));
	iperf3_hello_encode(987654321, word);
	assert_true(iperf3_answer_ok(word, 4));
}

/* ---- datagrams ---- */

static const struct {
	const char *name;
	uint64_t sequence[8]; /* ends with 0 */
	uint64_t packets, lost, out_of_order, duplicates;
} orders[] = {
	{ "in order", { 1, 2, 3, 4 }, 4, 0, 0, 0 },
	{ "a gap", { 1, 2, 5 }, 5, 2, 0, 0 },
	{ "the first is missing", { 2, 3 }, 3, 1, 0, 0 },
	{ "late", { 1, 3, 2, 4 }, 4, 0, 1, 0 },
	{ "twice", { 1, 2, 2, 3 }, 3, 0, 1, 1 },
	{ "a gap, and another one twice", { 1, 4, 4, 5 }, 5, 1, 1, 1 },
	{ "late twice", { 1, 4, 2, 2 }, 4, 0, 2, 1 },
	{ "beyond the window", { 1, 10000, 2, 10001 }, 10001, 9997, 1, 0 },
	{ "64 bits", { 0xffffffff, 0x100000000, 0x100000001 }, 0x100000001, 0xfffffffe, 0, 0 },
};

static void counting(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(orders); i++) {
		struct iperf3_count count = { 0 };
		for (size_t n = 0; n < 8 && orders[i].sequence[n]; n++) {
			struct iperf3_datagram in = { orders[i].sequence[n], 1000 * n }, out;
			uint8_t wire[IPERF3_HEADER_WIDE];
			iperf3_datagram_encode(&in, true, wire);
			CHECK_ROW(i, orders[i].name,
				  !iperf3_datagram_decode(wire, sizeof(wire), true, &out) &&
					  out.sequence == in.sequence && out.sent_us == in.sent_us);
			iperf3_count_add(&count, &out, 5000 + 1000 * n);
		}
		CHECK_ROW(i, orders[i].name, count.packets == orders[i].packets);
		CHECK_ROW(i, orders[i].name, count.lost == orders[i].lost);
		CHECK_ROW(i, orders[i].name, count.out_of_order == orders[i].out_of_order);
		CHECK_ROW(i, orders[i].name, count.duplicates == orders[i].duplicates);
		CHECK_ROW(i, orders[i].name, count.jitter_us == 0); /* an even path */
	}
}

static void jitter(void **state)
{
	struct iperf3_count count = { 0 };

	(void)state;
	/* 16 us late, then early again: D = 16 each time (RFC 3550, 6.4.1) */
	for (uint64_t n = 1; n <= 3; n++)
		iperf3_count_add(&count, &(struct iperf3_datagram){ n, 1000 * n },
				 7000000 + 1000 * n + (n == 2 ? 16 : 0));
	assert_true(fabs(count.jitter_us - (1 + 15.0 / 16)) < 1e-9);
}

static void hostile_datagrams(void **state)
{
	static const uint8_t zeros[16], ones[16] = { 255, 255, 255, 255, 255, 255, 255, 255,
						     255, 255, 255, 255, 255, 255, 255, 255 };
	struct iperf3_datagram out;

	(void)state;
	assert_int_equal(iperf3_datagram_decode(zeros, 16, true, &out), -EBADMSG);
	assert_int_equal(iperf3_datagram_decode(ones, 16, true, &out), -EBADMSG);
	assert_int_equal(iperf3_datagram_decode(zeros, 0, false, &out), -EBADMSG);
	assert_int_equal(iperf3_datagram_decode(ones, 15, true, &out), -EBADMSG);
	assert_int_equal(iperf3_datagram_decode(ones, 11, false, &out), -EBADMSG);
	LLVMFuzzerTestOneInput(ones, sizeof(ones));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(parameters),	     cmocka_unit_test(parameters_read),
		cmocka_unit_test(monsters),	     cmocka_unit_test(results_of_others),
		cmocka_unit_test(states_in_order),   cmocka_unit_test(small_things),
		cmocka_unit_test(counting),	     cmocka_unit_test(jitter),
		cmocka_unit_test(hostile_datagrams),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
