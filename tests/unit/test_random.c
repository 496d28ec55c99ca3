/* SPDX-License-Identifier: MIT */
#include "tests/unit/test.h"

#include <string.h>

/* Vigna's splitmix64.c from 1234567 on; xoshiro256starstar.c from the state 1, 2, 3, 4. */
static void xoshiro_published(void **state)
{
	static const uint64_t seeded[] = { 6457827717110365317u, 3203168211198807973u,
					   9817491932198370423u, 4593380528125082431u };
	static const uint64_t want[] = { 11520,
					 0,
					 1509978240,
					 1215971899390074240u,
					 1216172134540287360u,
					 607988272756665600u,
					 16172922978634559625u,
					 8476171486693032832u };
	struct random random;

	(void)state;
	random_seed(&random, 1234567);
	assert_memory_equal(random.state, seeded, sizeof(seeded));
	random = (struct random){ { 1, 2, 3, 4 } };
	for (size_t i = 0; i < COUNT_OF(want); i++)
		CHECK_ROW(i, "xoshiro256**", random_next(&random) == want[i]);
}

/* mt19937-64.out.txt of the authors: init_by_array64 with the key that iozone uses, too. */
static void mersenne_published(void **state)
{
	static const uint64_t key[] = { 0x12345, 0x23456, 0x34567, 0x45678 };
	static const uint64_t want[] = { 7266447313870364031u,	4946485549665804864u,
					 16945909448695747420u, 16394063075524226720u,
					 4873882236456199058u,	14877448043947020171u,
					 6740343660852211943u,	13857871200353263164u,
					 5249110015610582907u,	10205081126064480383u };
	struct mersenne mersenne;

	(void)state;
	mersenne_seed_array(&mersenne, key, COUNT_OF(key));
	for (size_t i = 0; i < COUNT_OF(want); i++)
		CHECK_ROW(i, "mt19937-64", mersenne_next(&mersenne) == want[i]);
	mersenne_seed_array(&mersenne, key, COUNT_OF(key) - 1);
	assert_true(mersenne_next(&mersenne) != want[0]);
}

static void below_is_below_and_even(void **state)
{
	enum { BOUND = 10, DRAWS = 100000 };
	unsigned seen[BOUND] = { 0 };
	struct random random;

	(void)state;
	random_seed(&random, 7);
	for (int i = 0; i < DRAWS; i++) {
		uint64_t value = random_below(&random, BOUND);

		assert_true(value < BOUND);
		seen[value]++;
	}
	for (size_t i = 0; i < BOUND; i++) /* 5 standard deviations of 95 */
		CHECK_ROW(i, "frequency",
			  seen[i] > DRAWS / BOUND - 475 && seen[i] < DRAWS / BOUND + 475);
	assert_int_equal(random_below(&random, 1), 0);
	for (int i = 0; i < 100; i++)
		assert_true(random_below(&random, UINT64_MAX) < UINT64_MAX);
}

static void fill_any_length(void **state)
{
	uint8_t whole[64], part[64];
	struct random random;

	(void)state;
	for (size_t len = 0; len < sizeof(part); len++) {
		random_seed(&random, 3);
		random_fill(&random, whole, sizeof(whole));
		memset(part, 0xee, sizeof(part));
		random_seed(&random, 3);
		random_fill(&random, part, len);
		CHECK_ROW(len, "same bytes", !memcmp(whole, part, len));
		CHECK_ROW(len, "not one more", part[len] == 0xee);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(xoshiro_published),
		cmocka_unit_test(mersenne_published),
		cmocka_unit_test(below_is_below_and_even),
		cmocka_unit_test(fill_any_length),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
