/* SPDX-License-Identifier: MIT */
#include "tests/unit/test.h"

#include <math.h>
#include <stdlib.h>

static int ascending(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return (x > y) - (x < y);
}

/* The value that the definition asks for: the smallest with at least percent of all at or below it.
 */
static uint64_t exact(const uint64_t *sorted, size_t n, double percent)
{
	size_t rank = (size_t)ceil(percent / 100 * (double)n);

	return sorted[rank ? rank - 1 : 0];
}

static void against_sorted_values(void **state)
{
	enum { N = 20000 };
	static const double percents[] = { 0, 1, 50, 90, 99, 99.9, 99.99, 100 };
	static uint64_t values[N];
	struct histogram *histogram = malloc(sizeof(*histogram));
	struct random random;

	(void)state;
	random_seed(&random, 11);
	for (unsigned bits = 1; bits <= 64; bits += 7) {
		histogram_clear(histogram);
		for (size_t i = 0; i < N; i++) {
			values[i] = random_next(&random) >> (64 - bits) >>
				    random_below(&random, bits);
			histogram_add(histogram, values[i]);
		}
		qsort(values, N, sizeof(values[0]), ascending);
		assert_int_equal(histogram->count, N);
		assert_true(histogram->min == values[0] && histogram->max == values[N - 1]);
		for (size_t i = 0; i < COUNT_OF(percents); i++) {
			uint64_t want = exact(values, N, percents[i]);
			uint64_t got = histogram_percentile(histogram, percents[i]);

			/* The upper edge of the bucket: never below, never more than a 64th above. */
			CHECK_ROW(i, "not below", got >= want);
			CHECK_ROW(i, "at most 1.6 % above", got - want <= want / 64);
		}
	}
	free(histogram);
}

static void edges(void **state)
{
	static const uint64_t values[] = { 0, 1, 63, 64, 65, 127, 128, 1ull << 32, UINT64_MAX };
	struct histogram *histogram = malloc(sizeof(*histogram));

	(void)state;
	histogram_clear(histogram);
	assert_int_equal(histogram_percentile(histogram, 50), 0);
	for (size_t i = 0; i < COUNT_OF(values); i++) {
		histogram_clear(histogram);
		histogram_add(histogram, values[i]);
		CHECK_ROW(i, "alone", histogram_percentile(histogram, 50) == values[i]);
		CHECK_ROW(i, "alone", histogram->min == values[i] && histogram->max == values[i]);
	}
	free(histogram);
}

static void full_bucket_stays_full(void **state)
{
	struct histogram *histogram = malloc(sizeof(*histogram));

	(void)state;
	histogram_clear(histogram);
	histogram->bucket[5] = UINT32_MAX;
	histogram_add(histogram, 5);
	assert_int_equal(histogram->bucket[5], UINT32_MAX);
	free(histogram);
}

static void shares(void **state)
{
	struct histogram *histogram = malloc(sizeof(*histogram));

	(void)state;
	histogram_clear(histogram);
	assert_true(histogram_share(histogram, 5) == 0);
	for (uint64_t i = 1; i <= 4; i++)
		histogram_add(histogram, i * 10);
	assert_true(histogram_share(histogram, 9) == 0);
	assert_true(histogram_share(histogram, 20) == 0.5);
	assert_true(histogram_share(histogram, 39) == 0.75);
	assert_true(histogram_share(histogram, UINT64_MAX) == 1);
	free(histogram);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(against_sorted_values),
		cmocka_unit_test(edges),
		cmocka_unit_test(full_bucket_stays_full),
		cmocka_unit_test(shares),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
