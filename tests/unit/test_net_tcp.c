/* SPDX-License-Identifier: MIT */
/* net.tcp against our own server: several streams, what is left out at the beginning, the mode that
 * does not copy, and what does not go together. */
#include "tests/unit/net_server.h"

#include "bench/engine/disk/steady.h"
#include "bench/net/wire/iperf2/protocol.h"
#include "bench/net/wire/words.h"

#include <errno.h>

extern const struct bench bench_net_tcp;

static bool noted(const struct trial *trial, const char *words)
{
	const struct run_shared *shared = trial->run.shared;

	for (uint32_t i = 0; i < shared->note_count; i++)
		if (strstr(shared->notes[i].text, words))
			return true;
	return false;
}

static const char *nth_line(const char *text, unsigned n)
{
	while (text && n--) {
		text = strchr(text, '\n');
		text += text ? 1 : 0;
	}
	return text;
}

static void each_stream_and_their_sum(void **state)
{
	char buffer[8192], wanted[80];
	struct trial trial;

	(void)state;
	assert_int_equal(run_bench(&trial, &bench_net_tcp, "bytes=1m streams=3 length=8k pin=yes"),
			 0);
	await_told(3);
	assert_true(value_of(&trial, "outgoing_bytes") == 3 << 20);
	write_stock(&trial, 1, buffer, sizeof(buffer));
	assert_int_equal(count_of(buffer, '\n'), 4);
	for (unsigned i = 0; i < 3; i++) {
		const char *line = nth_line(buffer, i);
		unsigned ours = 0, theirs = 0;
		int id = 0;
		double from, to, bytes;
		CHECK_ROW(i, line,
			  sscanf(line, "%*[0-9],127.0.0.1,%u,127.0.0.1,%u,%d,%lf-%lf,%lf,", &ours,
				 &theirs, &id, &from, &to, &bytes) == 6);
		CHECK_ROW(i, line, theirs == port && id == (int)i + 3 && bytes == 1 << 20);
		/* one of the connections that the server saw */
		CHECK_ROW(i, line,
			  ours == address_port(&told[0].peer) ||
				  ours == address_port(&told[1].peer) ||
				  ours == address_port(&told[2].peer));
	}
	assert_non_null(strstr(nth_line(buffer, 3), ",127.0.0.1,0,127.0.0.1,0,-1,0.0-"));
	assert_non_null(strstr(nth_line(buffer, 3), ",3145728,"));
	write_stock(&trial, 0, buffer, sizeof(buffer));
	snprintf(wanted, sizeof(wanted), "[  5]  0.0- ");
	assert_non_null(strstr(buffer, wanted));
	assert_non_null(strstr(buffer, "[SUM]  0.0- "));
	end(&trial);
}

/* 0.6 s are sent at 1 MB/s, and 0.4 s count: what warms up is left out of time and bytes [M8]. */
static void the_beginning_does_not_count(void **state)
{
	struct trial trial;

	(void)state;
	assert_int_equal(
		run_bench(&trial, &bench_net_tcp,
			  "seconds=0.4 omit=0.2 rate=8m length=1k interval=0.05 tradeoff=yes"),
		0);
	await_told(2);
	/* A busy machine holds the sender up, who makes up for it after the cut. */
	const struct served *to_server = &told[told[0].sent], *to_us = &told[!told[0].sent];
	assert_in_range((unsigned)to_server->bytes, 590000, 602000);
	assert_in_range((unsigned)value_of(&trial, "outgoing_bytes"), 330000, 599000);
	assert_true(value_of(&trial, "outgoing_seconds") < to_server->seconds - 0.15);
	/* the way back was asked for with the part to omit */
	assert_true(to_us->seconds > 0.55);
	assert_true(value_of(&trial, "incoming_seconds") < to_us->seconds - 0.15);
	assert_true(value_of(&trial, "incoming_bytes") < (double)to_us->bytes);
	end(&trial);
}

static void without_copying(void **state)
{
	char buffer[1000];
	struct trial trial;

	(void)state;
	assert_int_equal(run_bench(&trial, &bench_net_tcp,
				   "engine=uncopied bytes=20000001 streams=2 tradeoff=yes"),
			 0);
	await_told(4);
	assert_true(value_of(&trial, "outgoing_bytes") == 40000002);
	assert_true(value_of(&trial, "incoming_bytes") == 40000002);
	assert_true(noted(&trial, "NOT iperf's way") && noted(&trial, "at both ends"));
	/* nothing that could be taken for iperf's own output */
	write_stock(&trial, 0, buffer, sizeof(buffer));
	assert_string_equal(buffer, "");
	write_stock(&trial, 1, buffer, sizeof(buffer));
	assert_string_equal(buffer, "");
	end(&trial);
}

static void what_does_not_go_together(void **state)
{
	static const struct {
		const char *words, *why;
	} rows[] = {
		{ "length=63", "length 63" },
		{ "rate=1m", "rate 1000000" }, /* less than a write of 128k a second */
		{ "omit=1 bytes=1m", "omit" },
		{ "role=server omit=1", "role=server" },
		{ "role=server rate=100m", "role=server" },
		{ "role=server engine=uncopied", "role=server" },
		{ "tradeoff=yes dual=yes", "tradeoff" },
		{ "rate=1m length=100k", NULL },
		{ "omit=1 streams=4 engine=uncopied dual=yes", NULL },
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		union value values[24];
		char why[200] = "", line[100];
		char *cursor = line;
		struct word word;

		params_defaults(bench_net_tcp.params, values, why, sizeof(why));
		snprintf(line, sizeof(line), "%s", rows[i].words);
		while (text_next_word(&cursor, &word))
			assert_int_equal(params_set(bench_net_tcp.params, values, word.key,
						    word.value, why, sizeof(why)),
					 0);
		int err = bench_net_tcp.check(values, why, sizeof(why));
		CHECK_ROW(i, rows[i].words, (err != 0) == (rows[i].why != NULL));
		CHECK_ROW(i, why, !rows[i].why || strstr(why, rows[i].why));
	}
}

static void our_request_is_told_from_data(void **state)
{
	struct iperf2_request request = { .uncopied = true, .threads = 1, .centiseconds = 100 };
	uint8_t bytes[IPERF2_HEADER_ACK + 24];
	size_t len = iperf2_request_encode(&request, false, bytes);

	(void)state;
	assert_int_equal(iperf2_header_length(bytes, len), 0); /* data, for whoever does not know */
	assert_true(iperf2_is_uncopied(bytes, len));
	assert_false(iperf2_is_uncopied(bytes, len - 1));
	for (size_t i = 0; i < 8; i++) { /* flags and threads: every bit matters */
		bytes[i] ^= 1;
		assert_false(iperf2_is_uncopied(bytes, len));
		bytes[i] ^= 1;
	}
	memset(bytes + 20, 0, 4); /* no amount: not a request */
	assert_false(iperf2_is_uncopied(bytes, len));
	for (size_t i = 0; i < sizeof(bytes); i++)
		bytes[i] = (uint8_t)('0' + i % 10);
	assert_false(iperf2_is_uncopied(bytes, sizeof(bytes)));
	assert_false(iperf2_is_uncopied_ack(bytes, sizeof(bytes)));
	iperf2_header_ack(bytes);
	assert_false(iperf2_is_uncopied_ack(bytes, IPERF2_HEADER_ACK));
	iperf2_uncopied_ack(bytes);
	assert_true(iperf2_is_uncopied_ack(bytes, IPERF2_HEADER_ACK));
	assert_false(iperf2_is_uncopied_ack(bytes, IPERF2_HEADER_ACK - 1));
}

static void windows_in_headers(void **state)
{
	static const struct {
		uint32_t word;
		uint64_t window;
	} rows[] = { { 0, 0 }, { 65536, 65536 }, { 0x36373839, 0 }, { 1u << 31, 0 } };

	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct iperf2_request request = {
			.back = BACK_AFTER, .port = 5001, .threads = 1, .centiseconds = 100
		};
		uint8_t header[IPERF2_EXTENDED];
		size_t len = iperf2_request_encode(&request, false, header);
		put32(header + 16, rows[i].word);
		assert_int_equal(iperf2_request_decode(header, len, false, &request), 0);
		CHECK_ROW(i, "window", request.window == rows[i].window);
	}
}

static void steady_state(void **state)
{
	static const struct {
		double values[8];
		size_t count;
		bool known, settled;
		size_t from;
	} rows[] = {
		{ { 100, 101, 99, 100 }, 4, false, false, 0 },
		{ { 100, 101, 99, 100, 100 }, 5, true, true, 0 },
		{ { 10, 50, 99, 100, 101, 100, 99 }, 7, true, true, 2 },
		{ { 100, 103, 106, 109, 112, 115 }, 6, true, false, 1 }, /* a trend */
		{ { 100, 100, 130, 100, 100 }, 5, true, false, 0 },	 /* a range */
		{ { 100, 100, 100, 100, 100, 100, 100, 0 }, 8, true, false, 3 },
		{ { 0, 0, 0, 0, 0 }, 5, true, false, 0 },
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct steady steady;
		steady_of(rows[i].values, rows[i].count, &steady);
		CHECK_ROW(i, "known", steady.known == rows[i].known);
		CHECK_ROW(i, "settled", steady.settled == rows[i].settled);
		CHECK_ROW(i, "from", steady.from == rows[i].from);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_stream_and_their_sum),
		cmocka_unit_test(the_beginning_does_not_count),
		cmocka_unit_test(without_copying),
		cmocka_unit_test(what_does_not_go_together),
		cmocka_unit_test(our_request_is_told_from_data),
		cmocka_unit_test(windows_in_headers),
		cmocka_unit_test(steady_state),
	};

	return cmocka_run_group_tests(tests, start_server, stop_server);
}
