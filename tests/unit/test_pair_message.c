/* SPDX-License-Identifier: MIT */
/* The messages of a pair, hostile ones too, and the talk over a socket whose other end stalls,
 * lies or vanishes. */
#include "tests/unit/test.h"

#include "bench/bench.h"
#include "bench/net/wire/arp.h"
#include "bench/net/wire/pair/channel.h"

#include <arpa/inet.h>
#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static uint8_t frame[PAIR_FRAME_ROOM], again[PAIR_FRAME_ROOM];

#define TEXT(words) .text = (words), .text_len = sizeof(words) - 1
static const struct pair_message good[] = {
	{ .type = PAIR_HELLO, .mac = { 2, 0, 0, 0, 0, 1 }, .nonce = 1ull << 63, .for_nonce = 7 },
	{ .type = PAIR_WELCOME },
	{ .type = PAIR_REFUSE, TEXT("not you") },
	{ .type = PAIR_AHEAD, .step = PAIR_STEP_NONE, .most_ms = UINT32_MAX },
	{ .type = PAIR_READY, .step = 3, .turn = 1, .most_ms = 5000 },
	{ .type = PAIR_SERVING, .step = 3, .turn = 0, .ok = true },
	{ .type = PAIR_SERVING, .step = 3, .turn = 0, TEXT("port 5001: in use") },
	{ .type = PAIR_DONE, .step = 3, .turn = 1, .outcome = 2 },
	{ .type = PAIR_RECORD, .number = 17, TEXT("{\"sequenceNumber\":17}") },
	{ .type = PAIR_END, .step = 3, .number = 1 },
	{ .type = PAIR_BYE, TEXT("done") },
	{ .type = PAIR_ASK },
	{ .type = PAIR_CLOCK, .now_ns = 1ull << 60 },
};

static void there_and_back(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(good); i++) {
		struct pair_message out;
		ssize_t len = pair_message_encode(&good[i], frame, sizeof(frame));

		CHECK_ROW(i, "encoded", len > 4 && pair_frame_length(frame, 4) == len);
		CHECK_ROW(i, "decoded", !pair_message_decode(frame, (size_t)len, &out));
		CHECK_ROW(i, "type", out.type == good[i].type);
		CHECK_ROW(i, "text", out.text_len == good[i].text_len);
		CHECK_ROW(i, "the same bytes",
			  pair_message_encode(&out, again, sizeof(again)) == len &&
				  !memcmp(frame, again, (size_t)len));
		for (size_t cut = 0; cut < (size_t)len; cut++)
			CHECK_ROW(i, "cut", pair_message_decode(frame, cut, &out) == -EBADMSG);
	}
}

/* Written by hand: length, type, body. */
static const struct {
	const char *what;
	size_t len;
	const char *bytes;
	int err;
} rows[] = {
	{ "welcome", 5, "\0\0\0\1\2", 0 },
	{ "no length", 4, "\0\0\0\0", -EBADMSG },
	{ "four gigabytes", 5, "\377\377\377\377\2", -EBADMSG },
	{ "one byte too many for any", 5, "\0\1\0\101\2", -EBADMSG },
	{ "length larger than the frame", 5, "\0\0\0\2\2", -EBADMSG },
	{ "bytes behind the message", 6, "\0\0\0\2\2x", -EBADMSG },
	{ "type 0", 5, "\0\0\0\1\0", -EBADMSG },
	{ "a type of the future", 5, "\0\0\0\1\15", -EBADMSG },
	{ "a third turn", 9, "\0\0\0\5\7\0\3\2\0", -EBADMSG },
	{ "a short ready", 8, "\0\0\0\4\5\0\3\0", -EBADMSG },
	{ "half true", 9, "\0\0\0\5\6\0\3\0\2", -EBADMSG },
	{ "an escape sequence", 8, "\0\0\0\4\12a\33[", -EBADMSG },
	{ "a line feed", 7, "\0\0\0\3\12a\n", -EBADMSG },
	{ "a NUL", 7, "\0\0\0\3\12a\0", -EBADMSG },
	{ "Latin 1", 6, "\0\0\0\2\12\344", -EBADMSG },
	{ "no reason given", 5, "\0\0\0\1\12", 0 },
	{ "hello with another magic", 13, "\0\0\0\11\1assay-pb", -EBADMSG },
};

static void hostile(void **state)
{
	struct pair_message out;

	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++)
		CHECK_ROW(i, rows[i].what,
			  pair_message_decode((const uint8_t *)rows[i].bytes, rows[i].len, &out) ==
				  rows[i].err);
}

static int decode_record(const char *line)
{
	struct pair_message in = { .type = PAIR_RECORD, .text = line, .text_len = strlen(line) };
	struct pair_message out;
	ssize_t len = pair_message_encode(&in, frame, sizeof(frame));

	return len < 0 ? (int)len : pair_message_decode(frame, (size_t)len, &out);
}

static void hostile_records(void **state)
{
	char *most = malloc(PAIR_TEXT_MOST + 200);

	(void)state;
	assert_int_equal(decode_record("{\"a\":\"\303\244\"}"), 0);
	assert_int_equal(decode_record(""), -EBADMSG);
	assert_int_equal(decode_record("{"), -EBADMSG);
	assert_int_equal(decode_record("[]"), -EBADMSG);
	assert_int_equal(decode_record("{}\n{}"), -EBADMSG);
	assert_int_equal(decode_record("{\"a\":\"\t\"}"), -EBADMSG);
	memset(most, ' ', PAIR_TEXT_MOST + 200);
	most[0] = '{';
	most[PAIR_TEXT_MOST - 2] = '}';
	most[PAIR_TEXT_MOST - 1] = '\0';
	assert_int_equal(decode_record(most), 0);
	most[PAIR_TEXT_MOST - 2] = ' ';
	most[PAIR_TEXT_MOST - 1] = '}';
	most[PAIR_TEXT_MOST] = '\0';
	assert_int_equal(decode_record(most), -EBADMSG);
	most[PAIR_TEXT_MOST] = ' ';
	most[PAIR_TEXT_MOST + 199] = '\0';
	assert_int_equal(decode_record(most), -EMSGSIZE);
	free(most);
}

/* ---- over a socket ---- */

static struct pair_channel ours, theirs;

static int open_talk(void **state)
{
	int fds[2];

	(void)state;
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds))
		return -1;
	pair_channel_begin(&ours, fds[0]);
	pair_channel_begin(&theirs, fds[1]);
	return 0;
}

static int end_talk(void **state)
{
	(void)state;
	pair_channel_end(&ours);
	pair_channel_end(&theirs);
	return 0;
}

static uint64_t soon(void)
{
	return clock_raw_ns() + 200 * MILLISECOND_NS;
}

static void talk(void **state)
{
	struct pair_message out;

	(void)state;
	for (size_t i = 0; i < COUNT_OF(good); i++)
		assert_int_equal(pair_channel_send(&ours, &good[i], soon()), 0);
	for (size_t i = 0; i < COUNT_OF(good); i++) {
		assert_int_equal(pair_channel_receive(&theirs, &out, soon()), 0);
		CHECK_ROW(i, "in order", out.type == good[i].type);
	}
	assert_int_equal(pair_channel_receive(&theirs, &out, soon()), -ETIMEDOUT);
}

static void a_byte_at_a_time(void **state)
{
	struct pair_message out;
	ssize_t len = pair_message_encode(&good[4], frame, sizeof(frame));

	(void)state;
	for (ssize_t i = 0; i < len; i++) {
		assert_int_equal(pair_channel_receive(&theirs, &out, clock_raw_ns()), -ETIMEDOUT);
		assert_int_equal(write(ours.fd, frame + i, 1), 1);
	}
	assert_int_equal(pair_channel_receive(&theirs, &out, soon()), 0);
	assert_int_equal(out.most_ms, 5000);
}

static void it_stalls(void **state)
{
	struct pair_message out, big = { .type = PAIR_RECORD, .text_len = 60000 };
	char *line = calloc(1, 60001);
	int err = 0;

	(void)state;
	assert_int_equal(write(ours.fd, "\0\0\0\11\5", 5), 5); /* and no more */
	assert_int_equal(pair_channel_receive(&theirs, &out, soon()), -ETIMEDOUT);
	memset(line, ' ', 60000);
	big.text = line;
	for (int i = 0; i < 1000 && !err; i++) /* nobody reads: the buffers fill */
		err = pair_channel_send(&ours, &big, soon());
	assert_int_equal(err, -ETIMEDOUT);
	free(line);
}

static void it_vanishes(void **state)
{
	struct pair_message out;

	(void)state;
	assert_int_equal(write(ours.fd, "\0\0\0\11\5", 5), 5);
	pair_channel_end(&ours);
	assert_int_equal(pair_channel_receive(&theirs, &out, soon()), -ENODATA);
	assert_int_equal(pair_channel_send(&theirs, &good[1], soon()), -EPIPE);
}

static void it_lies(void **state)
{
	struct pair_message out;

	(void)state;
	assert_int_equal(write(ours.fd, "GET / HTTP/1.1\r\n\r\n", 18), 18);
	assert_int_equal(pair_channel_receive(&theirs, &out, soon()), -EBADMSG);
	assert_int_equal(pair_channel_receive(&theirs, &out, soon()), -EBADMSG); /* and stays so */
}

/* ---- ARP ---- */

static void arp(void **state)
{
	static const uint8_t own[6] = { 2, 0, 0, 0, 0, 1 }, other[6] = { 2, 0, 0, 0, 0, 2 };
	struct in_addr asked, elsewhere;
	uint8_t packet[ARP_BYTES], who[6];

	(void)state;
	inet_pton(AF_INET, "198.18.0.9", &asked);
	inet_pton(AF_INET, "198.18.0.10", &elsewhere);
	arp_probe_encode(own, asked, packet);
	assert_false(arp_claims(packet, ARP_BYTES, own, asked, who));  /* our own */
	assert_true(arp_claims(packet, ARP_BYTES, other, asked, who)); /* two ask at once */
	assert_memory_equal(who, own, 6);
	assert_false(arp_claims(packet, ARP_BYTES, other, elsewhere, who));
	assert_false(arp_claims(packet, ARP_BYTES - 1, other, asked, who));
	memcpy(packet + 8, other, 6); /* "I have it" */
	memcpy(packet + 14, &asked, 4);
	memcpy(packet + 24, &elsewhere, 4);
	for (unsigned operation = 0; operation < 4; operation++) {
		packet[7] = (uint8_t)operation;
		CHECK_ROW(operation, "a request or a reply",
			  arp_claims(packet, ARP_BYTES, own, asked, who) ==
				  (operation == 1 || operation == 2));
	}
	packet[7] = 2;
	assert_false(arp_claims(packet, ARP_BYTES, own, elsewhere, who)); /* only asked for */
	for (size_t at = 0; at < 7; at++) { /* other hardware, protocol or lengths */
		packet[at] ^= 1;
		CHECK_ROW(at, "another kind", !arp_claims(packet, ARP_BYTES, own, asked, who));
		packet[at] ^= 1;
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(there_and_back),
		cmocka_unit_test(hostile),
		cmocka_unit_test(hostile_records),
		cmocka_unit_test_setup_teardown(talk, open_talk, end_talk),
		cmocka_unit_test_setup_teardown(a_byte_at_a_time, open_talk, end_talk),
		cmocka_unit_test_setup_teardown(it_stalls, open_talk, end_talk),
		cmocka_unit_test_setup_teardown(it_vanishes, open_talk, end_talk),
		cmocka_unit_test_setup_teardown(it_lies, open_talk, end_talk),
		cmocka_unit_test(arp),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
