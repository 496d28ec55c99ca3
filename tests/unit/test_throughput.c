/* SPDX-License-Identifier: MIT */
/* The search for the highest rate without loss, on paths that are made up. */
#include "tests/unit/test.h"

#include "bench/net/wire/throughput.h"

#include <math.h>

struct path {
	const char *name;
	double capacity; /* above it datagrams are lost */
	double sender;	 /* no more can be offered */
	double highest;	 /* asked for; 0: as fast as the sender can */
	unsigned flaky;	 /* every so many-th trial loses something whatever the rate; 0: none */
	double want_least, want_most;
	bool want_limited, want_found;
};

static const struct path paths[] = {
	{ "a tenth of the most", 1e8, 1e12, 1e9, 0, 0.98e8, 1e8, false, true },
	{ "carries the most", 2e9, 1e12, 1e9, 0, 1e9, 1e9, false, true },
	{ "sender slower than the path", 1e10, 3e8, 0, 0, 3e8, 3e8, true, true },
	{ "sender slower than the most", 1e10, 3e8, 1e9, 0, 3e8, 3e8, true, true },
	{ "path slower than the sender", 1e8, 3e8, 0, 0, 0.98e8, 1e8, false, true },
	{ "carries nothing", 0, 1e9, 0, 0, 0, 0, false, false },
	{ "a thousandth: beyond the trials", 1e6, 1e12, 1e9, 0, 0, 1e6, false, false },
	/* Found as often as it should, or not claimed to be. */
	{ "loses now and then", 1e8, 1e12, 1e9, 5, 0, 1e8, false, true },
	{ "loses always", 1e8, 1e12, 1e9, 1, 0, 0, false, false },
};

static unsigned run_search(const struct path *path, struct throughput_search *search)
{
	unsigned trials = 0;
	double asked;

	throughput_begin(search, path->highest, 0.02, 2);
	while (throughput_next(search, &asked)) {
		double offered = asked <= 0 || asked > path->sender ? path->sender : asked;
		bool flaky = path->flaky && ++trials % path->flaky == 0;
		throughput_take(search, asked, offered, offered <= path->capacity && !flaky);
	}
	return search->trials;
}

static void searches(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(paths); i++) {
		struct throughput_search search;
		unsigned trials = run_search(&paths[i], &search);
		double got = throughput_result(&search);

		CHECK_ROW(i, paths[i].name, trials <= throughput_trials_most(0.02, 2));
		CHECK_ROW(i, paths[i].name, got >= paths[i].want_least - 1);
		CHECK_ROW(i, paths[i].name, got <= paths[i].want_most + 1);
		CHECK_ROW(i, paths[i].name, search.sender_limited == paths[i].want_limited);
		CHECK_ROW(i, paths[i].name, throughput_is_found(&search) == paths[i].want_found);
	}
}

/* A sender that is held up once is not at its limit. */
static void held_up_once(void **state)
{
	struct throughput_search search;
	double asked;

	(void)state;
	throughput_begin(&search, 1e9, 0.02, 2);
	while (throughput_next(&search, &asked)) {
		double offered = search.trials ? asked : 1e6;
		throughput_take(&search, asked, offered, offered <= 4e8);
	}
	assert_true(throughput_is_found(&search) && !search.sender_limited);
	assert_true(throughput_result(&search) > 3.9e8);
}

/* Whatever the trials say, in whatever order, it ends and its result is one that passed. */
static void any_answers(void **state)
{
	struct random random;

	(void)state;
	random_seed(&random, 2544);
	for (unsigned i = 0; i < 20000; i++) {
		unsigned repeats = 1 + (unsigned)random_below(&random, 20);
		double resolution = 0.0001 + (double)random_below(&random, 5000) / 10000;
		struct throughput_search search;
		double asked, highest = (double)random_below(&random, 3) * 1e9, most = 0;

		throughput_begin(&search, highest, resolution, repeats);
		while (throughput_next(&search, &asked)) {
			double offered = (asked > 0 ? asked : 1e9) *
					 (double)random_below(&random, 1000) / 999;
			bool passed = random_below(&random, 2);
			throughput_take(&search, asked, offered, passed);
			most = passed && offered > most ? offered : most;
		}
		CHECK_ROW(i, "ends", search.trials <= throughput_trials_most(resolution, repeats));
		CHECK_ROW(i, "a number", isfinite(throughput_result(&search)));
		CHECK_ROW(i, "passed", throughput_result(&search) * 0.98 <= most + 1);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(searches),
		cmocka_unit_test(held_up_once),
		cmocka_unit_test(any_answers),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
