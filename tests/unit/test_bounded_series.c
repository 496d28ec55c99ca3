/* SPDX-License-Identifier: MIT */
#include "tests/unit/test.h"

#include "bench/engine/bounded/series.h"
#include "lib/lib.h"

#include <math.h>

/* ---- series made by hand: ns per byte as a function of how far the pass is ---- */

enum { MIB = 1 << 20, STEP = 256 * 1024, PASS = 512 * MIB };
static const struct rule rule = { .past_bytes = 0, .least_ns = 1000000, .tight = 0.05 };

static double normal(struct random *random)
{
	double sum = 0;

	for (int i = 0; i < 12; i++)
		sum += (double)random_below(random, 1 << 30) / (1 << 30);
	return sum - 6;
}

struct shape {
	uint64_t knee; /* bytes until here cost `before`, after it `after` */
	double before, after, noise,
		drift;	     /* ns/byte; noise of its own mean; drift over the pass */
	unsigned stall_each; /* every so many batches one takes ten times as long; 0: never */
};

static uint64_t cost(const struct shape *shape, struct random *random, uint64_t at)
{
	double slope = at < shape->knee ? shape->before : shape->after;

	slope *= 1 + shape->drift * (double)at / PASS;
	slope *= fmax(0.05, 1 + shape->noise * normal(random));
	if (shape->stall_each && at / STEP % shape->stall_each == shape->stall_each - 1)
		slope *= 10;
	return (uint64_t)(slope * STEP);
}

static double whole_ns(const struct shape *shape, uint64_t seed)
{
	struct random random;
	double ns = 0;

	random_seed(&random, seed);
	for (uint64_t at = 0; at < PASS; at += STEP)
		ns += (double)cost(shape, &random, at);
	return ns;
}

/* Walks until the estimate is tight or the pass is over, as the engine does. */
static uint64_t walk(const struct shape *shape, const struct rule *by, uint64_t seed,
		     struct estimate *estimate)
{
	static struct series series;
	struct random random;
	uint64_t at = 0;

	random_seed(&random, seed);
	series_clear(&series);
	*estimate = (struct estimate){ 0 };
	while (at < PASS && !estimate->tight) {
		series_add(&series, STEP, cost(shape, &random, at));
		at += STEP;
		if (series_look(&series))
			estimate_beginning(&series, by, PASS, estimate);
	}
	estimate_beginning(&series, by, PASS, estimate);
	return at;
}

/* ---- settling ---- */

static void shapes_settle(void **state)
{
	static const struct {
		const char *name;
		struct shape shape;
		uint64_t past, at_least, at_most; /* bytes walked */
		double error;
	} rows[] = {
		{ "constant",
		  { 0, 1, 1, 0, 0, 0 },
		  0,
		  SERIES_LEAST * STEP,
		  SERIES_LEAST * STEP,
		  0.001 },
		{ "noisy", { 0, 1, 1, 0.1, 0, 0 }, 0, SERIES_LEAST * STEP, 64 * MIB, 0.10 },
		{ "very noisy", { 0, 1, 1, 0.4, 0, 0 }, 0, 16 * STEP, 256 * MIB, 0.10 },
		{ "step, known",
		  { 64 * MIB, 0.5, 5, 0.02, 0, 0 },
		  64 * MIB,
		  66 * MIB,
		  80 * MIB,
		  0.05 },
		{ "step, known a little early",
		  { 64 * MIB, 0.5, 5, 0.02, 0, 0 },
		  60 * MIB,
		  66 * MIB,
		  90 * MIB,
		  0.05 },
		{ "step down", { 64 * MIB, 5, 0.5, 0.02, 0, 0 }, 64 * MIB, 66 * MIB, 80 * MIB, 0.05 },
		{ "slow drift", { 0, 1, 1, 0.01, 0.10, 0 }, 0, SERIES_LEAST * STEP, 64 * MIB, 0.08 },
		{ "stalls", { 0, 1, 1, 0.02, 0, 5 }, 0, 32 * STEP, PASS, 0.12 },
		{ "caches reach to the end", { PASS, 1, 1, 0.02, 0, 0 }, PASS, PASS, PASS, 0.0001 },
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct rule by = rule;
		struct estimate estimate;
		uint64_t walked;
		double truth = whole_ns(&rows[i].shape, i + 1);

		by.past_bytes = rows[i].past;
		walked = walk(&rows[i].shape, &by, i + 1, &estimate);
		CHECK_ROW(i, rows[i].name, walked >= rows[i].at_least);
		CHECK_ROW(i, rows[i].name, walked <= rows[i].at_most);
		CHECK_ROW(i, rows[i].name, fabs(estimate.ns / truth - 1) <= rows[i].error);
	}
}

/* Whatever the noise: what the caches may still colour never ends a walk. */
static void never_before_settling(void **state)
{
	(void)state;
	for (uint64_t seed = 1; seed <= 300; seed++) {
		struct shape shape = { (8 + seed % 200) * MIB,	 0.3, 4,
				       0.3 * (double)(seed % 3), 0,   0 };
		struct rule by = rule;
		struct estimate estimate;
		uint64_t walked;

		by.past_bytes = shape.knee;
		walked = walk(&shape, &by, seed, &estimate);
		CHECK_ROW(seed, "past the caches", walked >= shape.knee + SERIES_LEAST * STEP);
	}
}

/* A step inside what was taken for settled keeps it from being so. */
static void step_unsettles(void **state)
{
	static struct series series;
	struct slope slope;

	(void)state;
	series_clear(&series);
	for (int i = 0; i < 20; i++)
		series_add(&series, STEP, STEP);
	slope_of(&series, &rule, &slope);
	assert_true(slope.settled);
	for (int i = 0; i < 8; i++)
		series_add(&series, STEP, 5 * STEP);
	slope_of(&series, &rule, &slope);
	assert_false(slope.settled);
	for (int i = 0; i < 14; i++)
		series_add(&series, STEP, 5 * STEP);
	slope_of(&series, &rule, &slope);
	assert_true(slope.settled);
	assert_true(fabs(slope.ns_per_byte - 5) < 0.01);
}

static void least_time(void **state)
{
	static struct series series;
	struct rule by = rule;
	struct slope slope;

	(void)state;
	by.least_ns = 20 * STEP;
	series_clear(&series);
	for (int i = 0; i < 19; i++)
		series_add(&series, STEP, STEP);
	slope_of(&series, &by, &slope);
	assert_false(slope.settled);
	series_add(&series, STEP, STEP);
	slope_of(&series, &by, &slope);
	assert_true(slope.settled);
}

/* ---- the interval ---- */

/* Of 2000 walks that end by the rule, how many intervals hold the truth: 95 % are meant. Stopping
 * as soon as it is tight costs a few. */
static void coverage(void **state)
{
	static const double noises[] = { 0.05, 0.2, 0.5 };

	(void)state;
	for (size_t n = 0; n < COUNT_OF(noises); n++) {
		struct shape shape = { 0, 1, 1, noises[n], 0, 0 };
		unsigned held = 0;

		for (uint64_t seed = 1; seed <= 500; seed++) {
			struct estimate estimate;
			double truth = whole_ns(&shape, seed);

			walk(&shape, &rule, seed, &estimate);
			held += fabs(estimate.ns - truth) <= estimate.half_width * estimate.ns;
		}
		print_message("coverage at noise %.2f: %u of 500\n", noises[n], held);
		CHECK_ROW(n, "coverage", held >= 440);
	}
}

static void quantiles(void **state)
{
	static const struct {
		size_t degrees;
		double want;
	} rows[] = { { 1, 12.706 }, { 7, 2.365 },  { 15, 2.131 }, { 16, 2.120 },
		     { 20, 2.086 }, { 30, 2.042 }, { 120, 1.980 } };

	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++)
		CHECK_ROW(i, "t", fabs(student_t(rows[i].degrees) - rows[i].want) < 0.002);
	assert_true(isinf(student_t(0)));
}

/* ---- batches are joined, never lost ---- */

static void joined(void **state)
{
	static struct series series;
	uint64_t bytes = 0, ns = 0;

	(void)state;
	series_clear(&series);
	for (unsigned i = 1; i <= 5000; i++) {
		series_add(&series, i, 2 * i);
		bytes += i;
		ns += 2 * i;
		uint64_t seen = series.open.bytes;
		for (size_t at = 0; at < series.count; at++)
			seen += series.batch[at].bytes;
		CHECK_ROW(i, "bytes", seen == bytes && series.bytes == bytes && series.ns == ns);
	}
	assert_true(series.count >= SERIES_ROOM / 2 && series.count <= SERIES_ROOM);
	assert_int_equal(series.joined, 16);
}

/* ---- how far the caches reach ---- */

static void settled_bytes(void **state)
{
	static const struct {
		const char *name;
		struct shape shape;
		uint64_t at_least, at_most;
	} rows[] = {
		{ "none", { 0, 1, 1, 0.02, 0, 0 }, 0, 0 },
		{ "none, noisy", { 0, 1, 1, 0.3, 0, 0 }, 0, 0 },
		{ "none, stalls", { 0, 1, 1, 0.1, 0, 100 }, 0, PASS },
		{ "64 MiB, noisy", { 64 * MIB, 0.3, 5, 0.3, 0, 0 }, 40 * MIB, 100 * MIB },
		{ "64 MiB", { 64 * MIB, 0.3, 5, 0.02, 0, 0 }, 48 * MIB, 72 * MIB },
		{ "200 MiB", { 200 * MIB, 0.3, 5, 0.02, 0, 0 }, 180 * MIB, 210 * MIB },
		{ "beyond the middle", { 400 * MIB, 0.3, 5, 0.02, 0, 0 }, 380 * MIB, PASS },
	};
	static struct series series;

	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct random random;
		uint64_t bytes;

		random_seed(&random, i + 1);
		series_clear(&series);
		for (uint64_t at = 0; at < PASS; at += STEP)
			series_add(&series, STEP, cost(&rows[i].shape, &random, at));
		bytes = series_settled_bytes(&series, 0.03);
		CHECK_ROW(i, rows[i].name, bytes >= rows[i].at_least && bytes <= rows[i].at_most);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(shapes_settle),  cmocka_unit_test(never_before_settling),
		cmocka_unit_test(step_unsettles), cmocka_unit_test(least_time),
		cmocka_unit_test(coverage),	  cmocka_unit_test(quantiles),
		cmocka_unit_test(joined),	  cmocka_unit_test(settled_bytes),

	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
