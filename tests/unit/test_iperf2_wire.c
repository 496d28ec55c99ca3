/* SPDX-License-Identifier: MIT */
/* iperf 2's wire format against bytes captured between the stock versions, and against hostile
 * ones. */
#include "tests/unit/test.h"

#include "bench/net/wire/iperf2/flow.h"
#include "bench/net/wire/iperf2/protocol.h"
#include "bench/net/wire/words.h"
#include "tests/fuzz/iperf2.c"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* Words as in a dump, leading zeros or not: "40010078 00000001"; the rest of `room` is zero.
 * Returns the bytes written. */
static size_t bytes_of(const char *words, uint8_t *out, size_t room)
{
	size_t len = 0;

	memset(out, 0, room);
	for (const char *at = words; *at && len + 4 <= room; at += *at == ' ') {
		char *end;
		put32(out + len, (uint32_t)strtoul(at, &end, 16));
		len += 4;
		at = end;
	}
	return len;
}

/* ---- TCP headers ---- */

/* The extension of 2.1.8: versions, and a rate of 80000 where there is one. */
#define TAIL_218 " 0 0 0 00020001 00080003 0 00013880 0 0"

/* What is decoded asks for port 5001 and one thread, in all of them. */
static const struct {
	const char *name, *words;
	ssize_t header; /* iperf2_header_length() of them */
	int err;	/* of the decoder, when there is a header */
	enum iperf2_back back;
	uint32_t length;
	uint64_t bytes;
	uint32_t centiseconds;
	enum { PLAIN, SAME_CONNECTION, WANTS_REPLY } kind;
} headers_table[] = {
	/* 60 bytes: extended */
	{ "2.1.8 plain", "40010078 1 1389 3e8 0 ffffff9c" TAIL_218, 60, 0, BACK_NONE, 1000, 0,
	  100 },
	{ "2.1.8 -r", "c0010078 1 1389 3e8 0 ffffff9c" TAIL_218, 60, 0, BACK_AFTER, 1000, 0, 100 },
	{ "2.1.8 -d", "c0010079 1 1389 3e8 0 ffffff9c" TAIL_218, 60, 0, BACK_TOGETHER, 1000, 0,
	  100 },
	{ "2.1.8 -n 1M -r", "c0010078 1 1389 2000 0 100000" TAIL_218, 60, 0, BACK_AFTER, 8192,
	  1 << 20, 0 },
	{ "2.1.8 -R", "44010078 1 1389 0 0 ffffff9c 0 0 04000000 00020001 00080003 0 0 0 0", 60, 0,
	  BACK_NONE, 0, 0, 100, SAME_CONNECTION },
	{ "2.1.8 -X", "46010078 1 1389 0 0 fffffc18" TAIL_218, 60, 0, BACK_NONE, 0, 0, 1000,
	  WANTS_REPLY },
	{ "VERSION2 beats VERSION1", "c4010078 1 1389 0 0 ffffff9c" TAIL_218, 60, 0, BACK_NONE, 0,
	  0, 100 },
	{ "2.0.6 -r", "80000000 1 1389 400 0 ffffff9c", 24, 0, BACK_AFTER, 1024, 0, 100 },
	{ "2.0.10 -r, pattern in a word", "80000000 1 1389 400 36373839 ffffff9c", 24, 0,
	  BACK_AFTER, 1024, 0, 100 },
	{ "-C: pattern", "30313233 34353637", 0 },
	{ "2.0.6 plain: flags 0", "0 1 1389 0 0 ffffff9c", 0 },
	{ "2.0.13 plain", "08000000 30313233", 0 },
	/* hostile */
	{ "nothing", "", -EAGAIN },
	{ "length 0", "c0010000", -EBADMSG },
	{ "length 23", "c001002e", -EBADMSG },
	{ "all ones", "ffffffff ffffffff ffffffff ffffffff ffffffff ffffffff", 255, -EBADMSG },
	{ "port 65536", "80000000 1 10000 0 0 ffffff9c", 24, -EBADMSG },
	{ "way back to port 0", "80000000 1 0 0 0 ffffff9c", 24, -EBADMSG },
	{ "a million threads", "80000000 f4240 1389 0 0 ffffff9c", 24, -EBADMSG },
	{ "reads of 4 GiB", "80000000 1 1389 ffffffff 0 ffffff9c", 24, -EBADMSG },
	{ "amount 0", "80000000 1 1389 0 0 0", 24, -EBADMSG },
	{ "INT_MIN hundredths", "80000000 1 1389 0 0 80000000", 24, 0, BACK_AFTER, 0, 0,
	  0x80000000 },
};

static struct iperf2_request headers_want(size_t row)
{
	bool extended = headers_table[row].header == IPERF2_EXTENDED;
	bool same_connection = headers_table[row].kind == SAME_CONNECTION;

	return (struct iperf2_request){
		.back = headers_table[row].back,
		.port = 5001,
		.threads = 1,
		.length = headers_table[row].length,
		.rate = extended && !same_connection ? 80000 : 0,
		.bytes = headers_table[row].bytes,
		.centiseconds = headers_table[row].centiseconds,
		.extended = extended,
		.wants_reply = headers_table[row].kind == WANTS_REPLY,
		.same_connection = same_connection,
	};
}

static bool same_request(const struct iperf2_request *a, const struct iperf2_request *b)
{
	return a->back == b->back && a->port == b->port && a->threads == b->threads &&
	       a->length == b->length && a->rate == b->rate && a->bytes == b->bytes &&
	       a->centiseconds == b->centiseconds && a->wide_ids == b->wide_ids &&
	       a->extended == b->extended && a->wants_reply == b->wants_reply &&
	       a->same_connection == b->same_connection;
}

static void headers_decode(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(headers_table); i++) {
		uint8_t in[256];
		struct iperf2_request got, want = headers_want(i);
		size_t len = bytes_of(headers_table[i].words, in, sizeof(in));
		ssize_t header = iperf2_header_length(in, len);

		CHECK_ROW(i, headers_table[i].name, header == headers_table[i].header);
		if (header <= 0)
			continue;
		int err = iperf2_request_decode(in, (size_t)header, false, &got);
		CHECK_ROW(i, headers_table[i].name, err == headers_table[i].err);
		CHECK_ROW(i, headers_table[i].name, err || same_request(&got, &want));
		/* Cut anywhere, it is refused or decoded; the sanitizer sees what is read. */
		for (size_t cut = 0; cut < IPERF2_HEADER; cut++)
			CHECK_ROW(i, headers_table[i].name,
				  iperf2_request_decode(in, cut, false, &got) == -EAGAIN);
	}
}

/* What our client writes for -r -t 10 -L 5002: the 24 bytes verified against five stock servers. */
static void header_encodes(void **state)
{
	struct iperf2_request request = {
		.back = BACK_AFTER, .port = 5002, .threads = 1, .centiseconds = 1000
	};
	uint8_t out[IPERF2_EXTENDED], want[IPERF2_HEADER];

	(void)state;
	bytes_of("80000000 00000001 0000138a 00000000 00000000 fffffc18", want, sizeof(want));
	assert_int_equal(iperf2_request_encode(&request, false, out), IPERF2_HEADER);
	assert_memory_equal(out, want, sizeof(want));
	request.back = BACK_TOGETHER;
	iperf2_request_encode(&request, false, out);
	assert_int_equal(get32(out), 0x80000001);
	request.back = BACK_NONE;
	request.bytes = 1ull << 40; /* 31 bits hold what they can */
	iperf2_request_encode(&request, false, out);
	assert_int_equal(get32(out), 0);
	assert_int_equal(get32(out + 20), INT32_MAX);
}

static void header_round_trips(void **state)
{
	(void)state;
	for (unsigned i = 0; i < 64; i++) {
		struct iperf2_request got, request = {
			.back = (enum iperf2_back)(1 + i % 2),
			.port = (uint16_t)(i * 1021 + 1),
			.threads = 1 + i,
			.length = i * 1000,
			.bytes = i & 4 ? i * 12345 : 0,
			.centiseconds = i & 4 ? 0 : i * 7 + 1,
			.extended = i & 8,
			.wide_ids = i & 16,
			.rate = i & 8 ? (uint64_t)i << 30 :
					i * 1000, /* beyond 32 bits where there is room */
		};
		uint8_t out[IPERF2_EXTENDED];
		size_t len = iperf2_request_encode(&request, true, out);

		assert_int_equal(iperf2_request_decode(out, len, true, &got), 0);
		CHECK_ROW(i, "round trip", same_request(&got, &request));
	}
}

/* ---- datagrams ---- */

static const struct {
	const char *name, *words;
	enum iperf2_layout layout;
	bool wide;
	uint64_t expected, id;
	bool fin;
} datagrams_table[] = {
	{ "2.1.8 data 1", "00000001 6b02a665 000b5ec5 00000000", IPERF2_SIXTEEN, true, 0, 1,
	  false },
	{ "2.1.8 FIN", "fffffff4 6b02a666 000e0f51 ffffffff", IPERF2_SIXTEEN, true, 12, 12, true },
	{ "2.1.8 FIN, told nothing", "fffffff4 6b02a666 000e0f51 ffffffff", IPERF2_SIXTEEN, false,
	  12, 12, true },
	{ "2.0.6 data 0", "00000000 6b02b1d3 0004b224", IPERF2_TWELVE, false, 0, 0, false },
	{ "2.0.6 FIN", "ffffffd4 6b02b1d4 00053b3a", IPERF2_TWELVE, false, 44, 44, true },
	{ "2.0.10 FIN: sign bit", "8000002c 6b02b1d4 0 32333435", IPERF2_SIXTEEN, false, 44, 44,
	  true },
	{ "2.0.13 FIN", "ffffffd5 6b02b1d4 0 ffffffff", IPERF2_SIXTEEN, false, 43, 43, true },
	{ "ours: 32-bit FIN", "ffffffce 0 0 00000000", IPERF2_SIXTEEN, false, 50, 50, true },
	{ "64-bit data", "00000005 0 0 00000001", IPERF2_SIXTEEN, true, 0x100000005, 0x100000005,
	  false },
	{ "64-bit data, low half negative", "80000000 0 0 00000000", IPERF2_SIXTEEN, true,
	  0x80000000, 0x80000000, false },
	{ "64-bit FIN", "fffffffb 0 0 fffffffe", IPERF2_SIXTEEN, true, 0x100000005, 0x100000005,
	  true },
	{ "32-bit FIN to a wide reader", "ffffffce 0 0 00000000", IPERF2_SIXTEEN, true, 50, 50,
	  true },
};

static void datagrams_decode(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(datagrams_table); i++) {
		uint8_t in[16];
		struct iperf2_datagram got;
		size_t head = iperf2_datagram_bytes(datagrams_table[i].layout);

		bytes_of(datagrams_table[i].words, in, sizeof(in));
		CHECK_ROW(i, datagrams_table[i].name,
			  !iperf2_datagram_decode(in, head, datagrams_table[i].layout,
						  datagrams_table[i].wide,
						  datagrams_table[i].expected, &got));
		CHECK_ROW(i, datagrams_table[i].name, got.fin == datagrams_table[i].fin);
		CHECK_ROW(i, datagrams_table[i].name, got.id == datagrams_table[i].id);
		CHECK_ROW(i, datagrams_table[i].name,
			  iperf2_datagram_decode(in, head - 1, datagrams_table[i].layout, false, 0,
						 &got) == -EBADMSG);
	}
}

#define SIXTEEN "00000001 6b02a665 000b5ec5 00000000 "

static const struct {
	const char *name, *words;
	enum iperf2_layout layout;
	enum iperf2_back back;
	uint64_t rate;
	bool wide, has_request;
} first_table[] = {
	{ "2.1.8",
	  SIXTEEN
	  "48010098 00000001 00001389 00000000 00000000 ffffff9c 0 0 0 00020001 00080003 0 000186a0",
	  IPERF2_SIXTEEN, BACK_NONE, 100000, true, true },
	{ "2.1.8 -r",
	  SIXTEEN "c8010098 00000001 00001389 00000000 00000000 ffffff9c 0 0 0 00020001 00080003 0 "
		  "000186a0",
	  IPERF2_SIXTEEN, BACK_AFTER, 100000, true, true },
	{ "2.1.8 -d",
	  SIXTEEN "c8010099 00000001 00001389 00000000 00000000 ffffff9c 0 0 0 00020001 00080003 0 "
		  "000186a0",
	  IPERF2_SIXTEEN, BACK_TOGETHER, 100000, true, true },
	{ "2.0.6",
	  "00000000 6b02b1d3 0004b224 00000000 00000001 00001389 00000000 0007a120 ffffff9c 36373839",
	  IPERF2_TWELVE, BACK_NONE, 500000, false, true },
	{ "2.0.6 -r",
	  "00000000 6b02b1d3 0004b224 80000000 00000001 00001389 00000000 0007a120 ffffff9c 36373839",
	  IPERF2_TWELVE, BACK_AFTER, 500000, false, true },
	{ "2.0.10", "00000000 6b02b1ed 0008b84a 32333435 00000000 30313233", IPERF2_SIXTEEN,
	  BACK_NONE, 0, false, false },
	{ "2.0.10 -r",
	  "00000000 6b02b1ed 0008b84a 32333435 c0000000 00000001 00001389 00000000 32333435 ffffff9c "
	  "00000001 0000001c 00000000 00020000 000a0000 0 36373839 30313233",
	  IPERF2_SIXTEEN, BACK_AFTER, 0, false, true },
	{ "2.0.13", "00000000 6b02b1ed 0008b84a 00000000 08000000 30313233", IPERF2_SIXTEEN,
	  BACK_NONE, 0, true, false },
	{ "2.0.13 -r",
	  "00000000 6b02b1ed 0008b84a 32333435 c8000000 00000001 00001389 00000000 32333435 ffffff9c "
	  "00000001 0000001c",
	  IPERF2_SIXTEEN, BACK_AFTER, 0, false, true },
	{ "2.1.8's way back", "00000001 6b02a66a 0008132a 00000000 36373839 30313233",
	  IPERF2_SIXTEEN, BACK_NONE, 0, false, false },
	{ "zeros", "", IPERF2_SIXTEEN, BACK_NONE, 0, false, false },
};

static void first_datagrams(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(first_table); i++) {
		uint8_t in[1470];
		enum iperf2_layout layout;
		struct iperf2_request request;

		bytes_of(first_table[i].words, in, sizeof(in));
		CHECK_ROW(i, first_table[i].name,
			  !iperf2_first_datagram(in, sizeof(in), &layout, &request));
		CHECK_ROW(i, first_table[i].name, layout == first_table[i].layout);
		CHECK_ROW(i, first_table[i].name, request.back == first_table[i].back);
		CHECK_ROW(i, first_table[i].name, request.rate == first_table[i].rate);
		CHECK_ROW(i, first_table[i].name, request.wide_ids == first_table[i].wide);
		CHECK_ROW(i, first_table[i].name,
			  (request.threads != 0) == first_table[i].has_request);
	}
}

/* ---- seeded mutations of all the above, through the fuzz target ---- */

static void mutations(void **state)
{
	struct random random;
	uint8_t input[256];

	(void)state;
	random_seed(&random, 2011);
	for (unsigned i = 0; i < 20000; i++) {
		size_t pick =
			random_below(&random, COUNT_OF(headers_table) + COUNT_OF(first_table));
		const char *words = pick < COUNT_OF(headers_table) ?
					    headers_table[pick].words :
					    first_table[pick - COUNT_OF(headers_table)].words;
		bytes_of(words, input, sizeof(input));
		for (uint64_t n = random_below(&random, 8); n--;)
			input[random_below(&random, sizeof(input))] = (uint8_t)random_next(&random);
		LLVMFuzzerTestOneInput(input, random_below(&random, sizeof(input) + 1));
	}
	for (unsigned i = 0; i < 5000; i++) {
		size_t len = random_below(&random, sizeof(input) + 1);
		random_fill(&random, input, len);
		LLVMFuzzerTestOneInput(input, len);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(headers_decode),     cmocka_unit_test(header_encodes),
		cmocka_unit_test(header_round_trips), cmocka_unit_test(datagrams_decode),
		cmocka_unit_test(first_datagrams),    cmocka_unit_test(mutations),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
