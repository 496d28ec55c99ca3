/* SPDX-License-Identifier: MIT */
/* The event log [E8]: a small one by hand, and every way in which it ends too early. The whole of a
 * real firmware's is replayed in tests/boot/evidence.sh. */
#include "tests/unit/test.h"

#include "lab/verify/event_log.h"
#include "lib/lib.h"

#include <stdlib.h>
#include <string.h>

enum { HEADING = 32 + 33, EVENT = 12 + 34 + 4 + 3 };

/* One algorithm, SHA-256; one event for PCR 4 with a digest of 0x11 bytes and three bytes of data. */
static const uint8_t good[HEADING + EVENT] = {
	[4] = 3,
	[28] = 33,
	[32] = 'S',
	'p',
	'e',
	'c',
	' ',
	'I',
	'D',
	' ',
	'E',
	'v',
	'e',
	'n',
	't',
	'0',
	'3',
	0,
	[56] = 1,
	[60] = 0x0b,
	[62] = 32,
	[HEADING] = 4,
	[HEADING + 4] = 5,
	[HEADING + 8] = 1,
	[HEADING + 12] = 0x0b,
	[HEADING + 14 ... HEADING + 45] = 0x11,
	[HEADING + 46] = 3,
};

static bool replay(const uint8_t *data, size_t len, struct event_log *log)
{
	uint8_t *exact = malloc(len ? len : 1);
	bool whole;

	memcpy(exact, data, len);
	whole = event_log_replay(exact, len, log);
	free(exact);
	return whole;
}

static void one_event(void **state)
{
	struct event_log log;
	struct digest expected;
	uint8_t both[64] = { 0 };

	(void)state;
	memset(both + 32, 0x11, 32);
	digest_of(both, sizeof(both), &expected);
	assert_true(replay(good, sizeof(good), &log));
	assert_int_equal(log.events, 1);
	assert_memory_equal(log.pcr[4], expected.bytes, 32);
	assert_true(log.extended[4] && !log.extended[0]);
}

/* Without its last event it is whole again; anywhere else it is not. */
static void cut_anywhere(void **state)
{
	struct event_log log;

	(void)state;
	for (size_t len = 0; len < sizeof(good); len++)
		CHECK_ROW(len, "length", replay(good, len, &log) == (len == HEADING));
}

static void hostile_fields(void **state)
{
	static const struct {
		const char *what;
		size_t at;
		uint8_t value;
	} rows[] = {
		{ "the first event is another", 4, 5 },
		{ "its data are longer than the log", 31, 0xff },
		{ "another signature", 32, 'X' },
		{ "no algorithm", 56, 0 },
		{ "more algorithms than there are", 56, 2 },
		{ "very many algorithms", 59, 0xff },
		{ "no SHA-256", 60, 4 },
		{ "a digest longer than the log", 63, 0xff },
		{ "a PCR that no TPM has", HEADING, 24 },
		{ "very many digests", HEADING + 11, 0xff },
		{ "a digest of an algorithm not named", HEADING + 12, 0x0c },
		{ "data longer than the log", HEADING + 49, 0xff },
	};
	struct event_log log;

	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		uint8_t bad[sizeof(good)];

		memcpy(bad, good, sizeof(bad));
		bad[rows[i].at] = rows[i].value;
		CHECK_ROW(i, rows[i].what, !replay(bad, sizeof(bad), &log));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(one_event),
		cmocka_unit_test(cut_anywhere),
		cmocka_unit_test(hostile_fields),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
