/* SPDX-License-Identifier: MIT */
/* The statistics of compare, against closed forms and values of an independent program. */
#include <math.h>
#include <string.h>

#include "lab/compare/statistics.h"
#include "tests/unit/test.h"

static bool is_near(double got, double want, double share)
{
	return fabs(got - want) <= share * fmax(fabs(want), 1e-12);
}

#define assert_near(got, want, share) assert_true(is_near(got, want, share))

static void student_as_in_tables(void **state)
{
	static const struct {
		double probability, quantile;
		unsigned freedom;
	} rows[] = {
		{ 0.975, 12.706204736, 1 }, { 0.975, 4.302652730, 2 },	{ 0.975, 3.182446305, 3 },
		{ 0.975, 2.446911851, 6 },  { 0.975, 2.228138852, 10 }, { 0.975, 2.042272456, 30 },
		{ 0.995, 3.707428021, 6 },  { 0.995, 9.924843201, 2 },	{ 0.025, -2.446911851, 6 },
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		assert_near(student_quantile(rows[i].probability, rows[i].freedom),
			    rows[i].quantile, 1e-8);
		assert_near(student_probability(rows[i].quantile, rows[i].freedom),
			    rows[i].probability, 1e-8);
	}
	assert_near(student_probability(0, 5), 0.5, 1e-12);
	assert_near(normal_probability(-1.959963985), 0.025, 1e-8);
	assert_true(isnan(student_quantile(0.975, 0)));
	assert_true(isnan(student_quantile(1, 4)));
}

static struct level level_of_samples(const double *samples, size_t n, size_t boot)
{
	double copy[16];
	struct stats stats;

	memcpy(copy, samples, n * sizeof(*copy));
	stats_of(copy, n, &stats);
	return (struct level){ .value = stats.median,
			       .mean = stats.mean,
			       .sd = stats.sd,
			       .low = stats.min,
			       .high = stats.max,
			       .n = n,
			       .boot = boot };
}

/* [M11]: the spread within boots and the spread between boots, apart. */
static void levels_apart(void **state)
{
	static const double balanced[3][3] = { { 1, 2, 3 }, { 2, 3, 4 }, { 6, 7, 8 } };
	static const double two[] = { 1, 3 }, three[] = { 5, 6, 7 };
	struct level boots[3];
	struct levels levels;

	(void)state;
	for (size_t i = 0; i < 3; i++)
		boots[i] = level_of_samples(balanced[i], 3, i);
	levels_of(boots, 3, &levels);
	assert_int_equal(levels.boots, 3);
	assert_int_equal(levels.samples, 9);
	assert_near(levels.median, 3, 1e-12);
	assert_near(levels.within_sd, 1, 1e-12);
	assert_near(levels.between_sd, sqrt(7), 1e-12);
	assert_near(levels.between_component, sqrt(20.0 / 3), 1e-12); /* (21 - 1) / 3 */

	boots[0] = level_of_samples(two, 2, 0);
	boots[1] = level_of_samples(three, 3, 1);
	levels_of(boots, 2, &levels);
	assert_near(levels.within_sd, sqrt(4.0 / 3), 1e-12);
	assert_near(levels.between_component, sqrt((19.2 - 4.0 / 3) / 2.4), 1e-12);
}

/* [M11]: what only one level shows is not made up for the other. */
static void levels_missing(void **state)
{
	static const double same[] = { 4, 4, 4 }, noisy[] = { 1, 9 };
	struct level boots[2] = { level_of_samples(same, 3, 0), level_of_samples(same, 3, 1) };
	struct levels levels;

	(void)state;
	levels_of(boots, 2, &levels);
	assert_near(levels.within_sd, 0, 1e-12);
	assert_near(levels.between_sd, 0, 1e-12);
	assert_near(levels.between_component, 0, 1e-12);
	levels_of(boots, 1, &levels);
	assert_true(isnan(levels.between_sd));
	assert_true(isnan(levels.between_component));
	boots[0] = level_of_samples(same, 1, 0);
	boots[1] = level_of_samples(same, 1, 1);
	levels_of(boots, 2, &levels);
	assert_true(isnan(levels.within_sd));
	/* Less between than the samples explain: nothing of the boots' own. */
	boots[0] = level_of_samples(noisy, 2, 0);
	boots[1] = level_of_samples(noisy, 2, 1);
	levels_of(boots, 2, &levels);
	assert_near(levels.between_component, 0, 1e-12);
	levels_of(NULL, 0, &levels);
	assert_int_equal(levels.boots, 0);
}

static void levels_joined(void **state)
{
	static const double all[] = { 3, 1, 4, 1, 5, 9, 2, 6 };
	struct level a = level_of_samples(all, 3, 7), b = level_of_samples(all + 3, 5, 7);
	struct level whole = level_of_samples(all, 8, 7), joined = level_join(&a, &b);

	(void)state;
	assert_int_equal(joined.n, whole.n);
	assert_near(joined.mean, whole.mean, 1e-12);
	assert_near(joined.sd, whole.sd, 1e-12);
	assert_near(joined.low, 1, 1e-12);
	assert_near(joined.high, 9, 1e-12);
	assert_int_equal(joined.boot, 7);
}

static void permutations_exact(void **state)
{
	static const struct {
		double a[4], b[4];
		size_t a_count, b_count;
		double p;
	} rows[] = {
		{ { 1, 2, 3 }, { 4, 5, 6 }, 3, 3, 0.1 },
		{ { 1, 2, 3, 4 }, { 5, 6, 7, 8 }, 4, 4, 2.0 / 70 },
		{ { 1, 2 }, { 3, 4 }, 2, 2, 2.0 / 6 },
		{ { 5, 5, 5 }, { 5, 5, 5 }, 3, 3, 1 },
		{ { 1, 4, 5 }, { 2, 3, 6 }, 3, 3, 1 }, /* itertools.combinations */
		{ { 10, 12, 11, 13 }, { 12, 14, 13, 15 }, 4, 4, 10.0 / 70 },
		{ { 3 }, { 1, 2 }, 1, 2, 2.0 / 3 },
	};
	const struct draws draws = { 1, 1000 };

	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct pair pair = { rows[i].a, rows[i].b, rows[i].a_count, rows[i].b_count,
				     false };
		bool exact;

		assert_near(pair_permute(&pair, &draws, &exact), rows[i].p, 1e-9);
		assert_true(exact);
	}
}

static void permutations_sampled(void **state)
{
	double a[12], b[12];
	const struct draws draws = { 7, 4000 };
	struct pair pair = { a, b, 12, 12, true };
	bool exact;
	double p;

	(void)state;
	for (size_t i = 0; i < 12; i++) {
		a[i] = 100 + (double)i;
		b[i] = 150 + (double)i;
	}
	p = pair_permute(&pair, &draws, &exact);
	assert_false(exact);
	assert_near(p, 1.0 / 4001, 0.01); /* 2 of 2704156 splits reach as far */
	for (size_t i = 0; i < 12; i++)
		b[i] = a[i];
	assert_true(pair_permute(&pair, &draws, &exact) > 0.99);
	assert_true(pair_permute(&pair, &draws, &exact) <= 1);
	pair.a_count = 0;
	assert_true(isnan(pair_permute(&pair, &draws, &exact)));
}

/* Two boots each: the expansion leaves nothing out, so that the ends are those of the extremes. */
static void interval_of_few(void **state)
{
	static const double a[] = { 1, 2 }, b[] = { 2, 4 };
	struct pair pair = { a, b, 2, 2, true };
	const struct draws draws = { 1, 2000 };
	double low, high;

	(void)state;
	assert_near(pair_effect(&pair), 2, 1e-12);
	assert_true(pair_interval(&pair, &draws, &low, &high));
	assert_near(low, 1, 1e-12);
	assert_near(high, 4, 1e-12);
	pair.ratio = false;
	assert_true(pair_interval(&pair, &draws, &low, &high));
	assert_near(low, 0, 1e-12);
	assert_near(high, 3, 1e-12);
	pair.a_count = 1;
	assert_false(pair_interval(&pair, &draws, &low, &high));
	assert_true(isnan(low));
}

/* Ten boots each; the wanted ends are those of another program's million draws. */
static void interval_of_many(void **state)
{
	static const double a[] = { 98, 101, 103, 97, 99, 100, 102, 96, 104, 100 };
	static const double b[] = { 121, 117, 125, 119, 123, 118, 120, 122, 116, 126 };
	struct pair pair = { a, b, 10, 10, true };
	const struct draws draws = { 3, 20000 };
	double low, high, again;

	(void)state;
	assert_near(pair_effect(&pair), 1.205, 1e-12);
	assert_true(pair_interval(&pair, &draws, &low, &high));
	assert_near(low, 1.161764706, 0.004);
	assert_near(high, 1.252577320, 0.004);
	assert_true(pair_interval(&pair, &draws, &again, &high));
	assert_true(again >= low && again <= low); /* the same seed, the same answer */
}

static void noise_by_hand(void **state)
{
	static const double a[] = { 9, 10, 11 }, b[] = { 19, 20, 21 };
	struct pair pair = { a, b, 3, 3, false };

	(void)state;
	/* Pooled variance 1 with 4 degrees of freedom: 4.604094871 * sqrt(2/3). */
	assert_near(pair_noise(&pair), 4.604094871 * sqrt(2.0 / 3), 1e-8);
	pair.a_count = pair.b_count = 1;
	assert_true(isnan(pair_noise(&pair)));
}

/* ---- verdicts ---- */

struct figures {
	double values[8];
	size_t count, n; /* n: samples behind each */
};

static void make_levels(const struct figures *figures, struct level *out)
{
	for (size_t i = 0; i < figures->count; i++)
		out[i] = (struct level){ .value = figures->values[i],
					 .mean = figures->values[i],
					 .low = figures->values[i],
					 .high = figures->values[i],
					 .n = figures->n,
					 .boot = i };
}

static void verdicts(void **state)
{
	static const struct {
		struct figures a, b;
		enum better better;
		enum judgement judgement;
		bool informative;
	} rows[] = {
		/* twice as much, far beyond the noise */
		{ { { 99, 100, 101, 100 }, 4, 1 },
		  { { 199, 201, 200, 200 }, 4, 1 },
		  BETTER_MORE,
		  JUDGED_BETTER },
		{ { { 99, 100, 101, 100 }, 4, 1 },
		  { { 199, 201, 200, 200 }, 4, 1 },
		  BETTER_LESS,
		  JUDGED_WORSE },
		{ { { 199, 201, 200, 200 }, 4, 1 },
		  { { 99, 100, 101, 100 }, 4, 1 },
		  BETTER_MORE,
		  JUDGED_WORSE },
		{ { { 199, 201, 200, 200 }, 4, 1 },
		  { { 99, 100, 101, 100 }, 4, 1 },
		  BETTER_LESS,
		  JUDGED_BETTER },
		/* the same figures */
		{ { { 99, 100, 101, 100 }, 4, 1 },
		  { { 99, 100, 101, 100 }, 4, 1 },
		  BETTER_MORE,
		  JUDGED_SAME },
		/* a difference below the floor is none, however sure */
		{ { { 100, 100.1, 100.2, 100.1 }, 4, 1 },
		  { { 102, 102.1, 102.2, 102.1 }, 4, 1 },
		  BETTER_MORE,
		  JUDGED_SAME },
		/* boots that differ among themselves as much hide it, and say so */
		{ { { 50, 100, 150, 200 }, 4, 1 },
		  { { 60, 110, 160, 190 }, 4, 1 },
		  BETTER_MORE,
		  JUDGED_UNCLEAR },
		/* 3 boots each: p cannot come below 0.1 */
		{ { { 99, 100, 101 }, 3, 1 },
		  { { 199, 200, 201 }, 3, 1 },
		  BETTER_MORE,
		  JUDGED_UNCLEAR },
		/* nothing was lost anywhere: no ratio, and the same */
		{ { { 0, 0, 0, 0 }, 4, 1 }, { { 0, 0, 0, 0 }, 4, 1 }, BETTER_LESS, JUDGED_SAME },
		{ { { 0, 0, 0, 0 }, 4, 1 },
		  { { 10, 11, 10, 11 }, 4, 1 },
		  BETTER_LESS,
		  JUDGED_WORSE },
		/* [M10]: one boot, or fewer than three repeats */
		{ { { 100 }, 1, 10 },
		  { { 200, 201, 202, 203 }, 4, 1 },
		  BETTER_MORE,
		  JUDGED_UNCLEAR,
		  true },
		{ { { 100, 101 }, 2, 1 },
		  { { 200, 201 }, 2, 1 },
		  BETTER_MORE,
		  JUDGED_UNCLEAR,
		  true },
		{ { { 100, 101 }, 2, 5 },
		  { { 200, 201 }, 2, 5 },
		  BETTER_MORE,
		  JUDGED_UNCLEAR,
		  false },
		{ { { 0 }, 0, 1 }, { { 200 }, 1, 1 }, BETTER_MORE, JUDGED_UNCLEAR, false },
	};
	const struct rules rules = { { 1, 2000 }, 0.05, 0.05, 0.25 };

	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct comparison found;
		struct level a[8], b[8];

		make_levels(&rows[i].a, a);
		make_levels(&rows[i].b, b);
		judge(a, rows[i].a.count, b, rows[i].b.count, rows[i].better, &rules, &found);
		if (found.judgement != rows[i].judgement ||
		    found.informative != rows[i].informative)
			fail_msg("row %zu: %s%s, p %g, %g (%g to %g), noise %g: %s", i,
				 judgement_name(found.judgement),
				 found.informative ? ", informative" : "", found.p, found.effect,
				 found.low, found.high, found.floor, found.reason);
		if (found.judgement == JUDGED_UNCLEAR)
			assert_true(*found.reason);
	}
}

/* What is slower by a known factor is found to be, and the factor lies within the interval. Many
 * times over, so that it is no luck; equal machines are hardly ever called different. */
static void factors_recovered(void **state)
{
	const struct rules rules = { { 1, 500 }, 0.05, 0.05, 0.25 };
	unsigned found_worse = 0, covered = 0, wrong = 0;
	struct random random;

	(void)state;
	random_seed(&random, 42);
	for (unsigned round = 0; round < 400; round++) {
		struct figures figures[3] = { { .count = 5, .n = 1 },
					      { .count = 5, .n = 1 },
					      { .count = 5, .n = 1 } };
		struct level a[8], same[8], half[8];
		struct comparison found;

		for (size_t i = 0; i < 15; i++) /* about +-5 % */
			figures[i / 5].values[i % 5] =
				(i < 10 ? 100 : 50) *
				(0.95 + (double)random_below(&random, 1000) / 10000);
		make_levels(&figures[0], a);
		make_levels(&figures[1], same);
		make_levels(&figures[2], half);
		judge(a, 5, half, 5, BETTER_MORE, &rules, &found);
		found_worse += found.judgement == JUDGED_WORSE;
		covered += found.low <= 0.5 && found.high >= 0.5;
		judge(a, 5, same, 5, BETTER_MORE, &rules, &found);
		wrong += found.judgement == JUDGED_WORSE || found.judgement == JUDGED_BETTER;
	}
	assert_int_equal(found_worse, 400);
	assert_true(covered >= 380);
	assert_true(wrong <= 8);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(student_as_in_tables), cmocka_unit_test(levels_apart),
		cmocka_unit_test(levels_missing),	cmocka_unit_test(levels_joined),
		cmocka_unit_test(permutations_exact),	cmocka_unit_test(permutations_sampled),
		cmocka_unit_test(interval_of_few),	cmocka_unit_test(interval_of_many),
		cmocka_unit_test(noise_by_hand),	cmocka_unit_test(verdicts),
		cmocka_unit_test(factors_recovered),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
