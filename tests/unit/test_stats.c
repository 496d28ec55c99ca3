/* SPDX-License-Identifier: MIT */
#include "tests/unit/test.h"

#include <math.h>

static bool near(double a, double b)
{
	return fabs(a - b) <= 1e-9 * fmax(1, fabs(b));
}

static void tables(void **state)
{
	static const struct {
		const char *name;
		size_t n;
		double values[8];
		struct stats want;
	} rows[] = {
		{ "one", 1, { 5 }, { 1, 5, 5, 5, 5, 0, 5, 5, 5 } },
		{ "two", 2, { 4, 2 }, { 2, 2, 4, 6, 3, M_SQRT2, 3, 3.9, 3.98 } },
		/* numpy.percentile, its default method "linear" */
		{ "five",
		  5,
		  { 50, 10, 30, 20, 40 },
		  { 5, 10, 50, 150, 30, 15.811388300841896, 30, 48, 49.6 } },
		{ "even",
		  4,
		  { 1, 2, 3, 4 },
		  { 4, 1, 4, 10, 2.5, 1.2909944487358056, 2.5, 3.85, 3.97 } },
		{ "equal", 3, { 7, 7, 7 }, { 3, 7, 7, 21, 7, 0, 7, 7, 7 } },
		{ "negative", 2, { -1, 1 }, { 2, -1, 1, 0, 0, M_SQRT2, 0, 0.9, 0.98 } },
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		const struct stats *want = &rows[i].want;
		double values[8];
		struct stats got;

		for (size_t k = 0; k < rows[i].n; k++)
			values[k] = rows[i].values[k];
		stats_of(values, rows[i].n, &got);
		CHECK_ROW(i, rows[i].name, got.n == want->n && near(got.sum, want->sum));
		CHECK_ROW(i, rows[i].name, near(got.min, want->min) && near(got.max, want->max));
		CHECK_ROW(i, rows[i].name, near(got.mean, want->mean) && near(got.sd, want->sd));
		CHECK_ROW(i, rows[i].name, near(got.median, want->median));
		CHECK_ROW(i, rows[i].name, near(got.p95, want->p95) && near(got.p99, want->p99));
	}
}

static void none(void **state)
{
	struct stats got = { .n = 9, .mean = 9 };

	(void)state;
	stats_of(NULL, 0, &got);
	assert_int_equal(got.n, 0);
	assert_true(got.mean == 0 && got.sd == 0 && got.max == 0);
	assert_true(isnan(stats_percentile(NULL, 0, 50)));
}

/* A small spread on a large mean: the sum of squares minus the square of the sum would be noise. */
static void small_spread(void **state)
{
	double values[] = { 1e9 + 4, 1e9 + 7, 1e9 + 13, 1e9 + 16 };
	struct stats got;

	(void)state;
	stats_of(values, COUNT_OF(values), &got);
	assert_true(near(got.sd, 5.477225575051661));
}

static void percentiles_outside(void **state)
{
	static const double sorted[] = { 1, 2, 3 };

	(void)state;
	assert_true(stats_percentile(sorted, 3, -5) == 1);
	assert_true(stats_percentile(sorted, 3, 0) == 1);
	assert_true(stats_percentile(sorted, 3, 100) == 3);
	assert_true(stats_percentile(sorted, 3, 250) == 3);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(tables),
		cmocka_unit_test(none),
		cmocka_unit_test(small_spread),
		cmocka_unit_test(percentiles_outside),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
