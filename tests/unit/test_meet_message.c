/* SPDX-License-Identifier: MIT */
/* The messages of a meeting: each there and back, and what no machine should ever say. */
#include "tests/unit/test.h"

#include "bench/net/wire/meet/message.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct meet_message out, in;
static uint8_t frame[MEET_FRAME_MOST];

/* Every member of every message at its own value, so that two that were swapped would be seen. */
static void fill(struct meet_message *message, enum meet_say say)
{
	*message = (struct meet_message){ .say = say,
					  .version = 1,
					  .place = 2,
					  .phase = 3,
					  .phases = 4,
					  .present = 5,
					  .token = MEET_TIME_MOST,
					  .now_ns = MEET_TIME_MOST - 1,
					  .begin_ns = 123456789012345,
					  .uncertainty_ns = 77,
					  .seconds = 8,
					  .busy = 1,
					  .err = 110,
					  .name = "machine \"one\" \\",
					  .bench = "net.tcp",
					  .words = "seconds=10 port=5001",
					  .text = "busy with a and b for 12 s more",
					  .terms = { .machines = 2,
						     .order = { 2, 1 },
						     .order_count = 2,
						     .stagger_ns = 1,
						     .duration_ns = 10000000000,
						     .interval_ns = 1000000000,
						     .alone = 1,
						     .udp = 1,
						     .digest = "00ff" },
					  .runs = { 2, 1 },
					  .run_count = 2,
					  .starts = { 9, 10 },
					  .start_count = 2,
					  .share = { .place = 1,
						     .phase = 2,
						     .started_ns = 3,
						     .ended_ns = 4,
						     .bytes = 5,
						     .window_bytes = 6,
						     .uncertainty_ns = 7,
						     .retransmits = 8,
						     .reported = 1,
						     .received_bytes = 9,
						     .received_us = 10,
						     .datagrams = 11,
						     .lost = 12,
						     .out_of_order = 13,
						     .jitter_us = 14,
						     .interval = { 15, 0, 17 },
						     .interval_count = 3,
						     .name = "two",
						     .failure = "after 5 bytes: Connection reset" },
					  .figure = { { "rtt", 0, 2 }, { "loss", 2, 1 } },
					  .figure_count = 2,
					  .value = { 0.125, -3e300, 1e-9 },
					  .value_count = 3 };
}

static void each_there_and_back(void **state)
{
	uint8_t *again = malloc(MEET_FRAME_MOST);

	(void)state;
	assert_non_null(again);
	for (int say = 0; say < MEET_SAYS; say++) {
		const char *name = meet_say_name((enum meet_say)say);
		fill(&out, (enum meet_say)say);
		ssize_t len = meet_encode(&out, frame);
		CHECK_ROW(say, name, len > MEET_LENGTH);
		CHECK_ROW(say, name, meet_frame_length(frame) == len - MEET_LENGTH);
		CHECK_ROW(say, name,
			  !meet_decode(frame + MEET_LENGTH, (size_t)len - MEET_LENGTH, &in));
		CHECK_ROW(say, name, in.say == out.say);
		/* What was read, said again, is the same: nothing was lost on the way. */
		CHECK_ROW(say, name, meet_encode(&in, again) == len);
		CHECK_ROW(say, name, !memcmp(frame, again, (size_t)len));
	}
	free(again);
}

static void members_arrive(void **state)
{
	(void)state;
	fill(&out, MEET_SHARE);
	ssize_t len = meet_encode(&out, frame);
	assert_int_equal(meet_decode(frame + MEET_LENGTH, (size_t)len - MEET_LENGTH, &in), 0);
	assert_memory_equal(&in.share, &out.share, sizeof(in.share));
	fill(&out, MEET_HELLO);
	len = meet_encode(&out, frame);
	assert_int_equal(meet_decode(frame + MEET_LENGTH, (size_t)len - MEET_LENGTH, &in), 0);
	assert_memory_equal(&in.terms, &out.terms, sizeof(in.terms));
	assert_string_equal(in.name, out.name);
	fill(&out, MEET_CALLED);
	len = meet_encode(&out, frame);
	assert_int_equal(meet_decode(frame + MEET_LENGTH, (size_t)len - MEET_LENGTH, &in), 0);
	assert_memory_equal(&in.figure, &out.figure, sizeof(in.figure));
	assert_memory_equal(&in.value, &out.value, sizeof(in.value));
}

/* The longest share that can be is still a frame. */
static void longest_share_fits(void **state)
{
	(void)state;
	fill(&out, MEET_SHARE);
	out.share.interval_count = MEET_INTERVALS;
	for (size_t i = 0; i < MEET_INTERVALS; i++)
		out.share.interval[i] = MEET_TIME_MOST;
	ssize_t len = meet_encode(&out, frame);
	assert_true(len > 0 && len <= MEET_FRAME_MOST);
	assert_int_equal(meet_decode(frame + MEET_LENGTH, (size_t)len - MEET_LENGTH, &in), 0);
	assert_int_equal(in.share.interval[MEET_INTERVALS - 1], MEET_TIME_MOST);
}

static void other_characters_are_not_said(void **state)
{
	(void)state;
	fill(&out, MEET_END);
	strcpy(out.text, "caf\xc3\xa9\x1b[31m\n");
	ssize_t len = meet_encode(&out, frame);
	assert_int_equal(meet_decode(frame + MEET_LENGTH, (size_t)len - MEET_LENGTH, &in), 0);
	assert_string_equal(in.text, "caf???[31m?");
}

static void lengths(void **state)
{
	static const struct {
		uint8_t bytes[MEET_LENGTH];
		ssize_t want;
	} rows[] = {
		{ { 0, 0, 0, 0 }, -EBADMSG }, /* nothing */
		{ { 0, 0, 0, 1 }, 1 },
		{ { 0, 1, 0, 0 }, 65536 },
		{ { 0, 1, 0, 1 }, -EBADMSG },
		{ { 0x7f, 0xff, 0xff, 0xff }, -EBADMSG },
		{ { 0x80, 0, 0, 0 }, -EBADMSG }, /* negative for a careless reader */
		{ { 0xff, 0xff, 0xff, 0xff }, -EBADMSG },
		{ { 'G', 'E', 'T', ' ' }, -EBADMSG }, /* somebody else's protocol */
		{ { 0x16, 3, 1, 2 }, -EBADMSG },
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++)
		CHECK_ROW(i, "length", meet_frame_length(rows[i].bytes) == rows[i].want);
}

static void hostile(void **state)
{
	static const char *const rows[] = {
		"",
		" ",
		"null",
		"[]",
		"\"ping\"",
		"{}",
		"{\"say\":1}",
		"{\"say\":null,\"token\":1}",
		"{\"say\":\"\"}",
		"{\"say\":\"shout\"}",
		"{\"say\":\"Ping\",\"token\":1}",
		"{\"Say\":\"ping\",\"token\":1}",
		"{\"say\":\"ping\"}",
		"{\"say\":\"ping\",\"token\":1",
		"{\"say\":\"ping\",\"token\":1}}",
		"{\"say\":\"ping\",\"token\":1} x",
		"{\"say\":\"ping\",\"token\":1}{\"say\":\"ping\",\"token\":2}",
		"{\"say\":\"ping\",\"token\":-1}",
		"{\"say\":\"ping\",\"token\":1.5}",
		"{\"say\":\"ping\",\"token\":1e300}",
		"{\"say\":\"ping\",\"token\":1000000000000000}",
		"{\"say\":\"ping\",\"token\":\"1\"}",
		"{\"say\":\"ping\",\"token\":true}",
		"{\"say\":\"ping\",\"token\":null}",
		"{\"say\":\"ping\",\"token\":[1]}",
		"{\"say\":\"ping\",\"token\":nan}",
		"{\"say\":\"ping\",\"token\":1,\"token\":2}",
		"{\"say\":\"ping\",\"token\":1,\"more\":2}",
		"{\"say\":\"ping\",\"say\":\"end\",\"token\":1}",
		"{\"say\":\"end\",\"text\":5}",
		"{\"say\":\"end\",\"text\":\"a\\u0000b\"}",
		"{\"say\":\"end\",\"text\":\"line\\nline\"}",
		"{\"say\":\"end\",\"text\":\"\\u001b[2J\"}",
		"{\"say\":\"end\",\"text\":\"\\u00e9\"}",
		"{\"say\":\"end\",\"text\":\"\\ud800\"}",
		"{\"say\":\"ready\",\"phase\":17,\"uncertainty\":0}",
		"{\"say\":\"start\",\"phase\":1,\"begin\":1,\"runs\":[1],\"starts\":[1,\"2\"]}",
		"{\"say\":\"start\",\"phase\":1,\"begin\":1,\"runs\":[17],\"starts\":[1]}",
		"{\"say\":\"start\",\"phase\":1,\"begin\":1,\"runs\":{\"0\":1},\"starts\":[1]}",
		"{\"say\":\"start\",\"phase\":1,\"begin\":1,"
		"\"runs\":[1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1],\"starts\":[1]}",
		"{\"say\":\"called\",\"err\":0,\"text\":\"\",\"figures\":[1]}",
		"{\"say\":\"called\",\"err\":0,\"text\":\"\",\"figures\":[{}]}",
		"{\"say\":\"called\",\"err\":0,\"text\":\"\",\"figures\":[{\"name\":\"x\"}]}",
		"{\"say\":\"called\",\"err\":0,\"text\":\"\","
		"\"figures\":[{\"name\":\"x\",\"values\":[1,null]}]}",
		"{\"say\":\"called\",\"err\":0,\"text\":\"\","
		"\"figures\":[{\"name\":\"x\",\"values\":[1e999]}]}",
		"{\"say\":\"called\",\"err\":0,\"text\":\"\","
		"\"figures\":[{\"name\":\"x\",\"values\":[1],\"y\":2}]}",
		"{\"say\":\"called\",\"err\":0,\"text\":\"\","
		"\"figures\":[{\"name\":\"a name that is much longer than a metric's\",\"values\":[]}]}",
		"{\"say\":\"called\",\"err\":5000,\"text\":\"\",\"figures\":[]}",
		"{\"say\":{\"say\":{\"say\":{}}}}",
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		/* A copy of exactly its size: the sanitizer sees every byte read beyond. */
		size_t len = strlen(rows[i]);
		uint8_t *copy = malloc(len ? len : 1);
		memcpy(copy, rows[i], len);
		CHECK_ROW(i, rows[i], meet_decode(copy, len, &in) == -EBADMSG);
		free(copy);
	}
}

static void zeros_and_depths(void **state)
{
	static const char ping[] = "{\"say\":\"ping\",\"token\":1}\0";
	char deep[4000];

	(void)state;
	assert_int_equal(meet_decode((const uint8_t *)ping, sizeof(ping) - 2, &in), 0);
	assert_int_equal(meet_decode((const uint8_t *)ping, sizeof(ping) - 1, &in), -EBADMSG);
	memset(deep, '[', sizeof(deep));
	assert_int_equal(meet_decode((const uint8_t *)deep, sizeof(deep), &in), -EBADMSG);
}

/* A frame cut or changed anywhere is refused, or is a message: never more. */
static void every_cut_and_flip(void **state)
{
	(void)state;
	for (int say = 0; say < MEET_SAYS; say++) {
		fill(&out, (enum meet_say)say);
		size_t len = (size_t)meet_encode(&out, frame) - MEET_LENGTH;
		uint8_t *copy = malloc(len);
		for (size_t cut = 0; cut < len; cut++) {
			uint8_t *part = malloc(cut ? cut : 1);
			memcpy(part, frame + MEET_LENGTH, cut);
			CHECK_ROW(cut, meet_say_name((enum meet_say)say),
				  meet_decode(part, cut, &in) == -EBADMSG);
			free(part);
			memcpy(copy, frame + MEET_LENGTH, len);
			copy[cut] ^= (uint8_t)(1 + cut % 255);
			meet_decode(copy, len, &in);
		}
		free(copy);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_there_and_back),
		cmocka_unit_test(members_arrive),
		cmocka_unit_test(longest_share_fits),
		cmocka_unit_test(other_characters_are_not_said),
		cmocka_unit_test(lengths),
		cmocka_unit_test(hostile),
		cmocka_unit_test(zeros_and_depths),
		cmocka_unit_test(every_cut_and_flip),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
