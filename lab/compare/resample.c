/* SPDX-License-Identifier: MIT */
/* Two groups of boots: the bootstrap's interval, the permutation test, and the noise of boots
 * themselves. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "lab/compare/statistics.h"
#include "lib/lib.h"

static double median_of(double *values, size_t count)
{
	struct stats stats;

	stats_of(values, count, &stats);
	return stats.median;
}

static double median_copy(const double *values, size_t count)
{
	double *copy = malloc((count ? count : 1) * sizeof(*copy)), median = NAN;

	if (copy && count) {
		memcpy(copy, values, count * sizeof(*copy));
		median = median_of(copy, count);
	}
	free(copy);
	return median;
}

static double effect_of(double a, double b, bool ratio)
{
	return ratio ? b / a : b - a;
}

double pair_effect(const struct pair *pair)
{
	return effect_of(median_copy(pair->a, pair->a_count), median_copy(pair->b, pair->b_count),
			 pair->ratio);
}

/* ---- permutations ---- */

struct permuting {
	double *pool; /* on the scale of the differences */
	size_t count, first;
	double sum, observed;
	size_t tried, as_far;
};

/* Equal up to rounding counts as equal: sums in another order differ in their last bits. */
static void count_split(struct permuting *permuting, double first_sum)
{
	double first = (double)permuting->first,
	       rest = (double)(permuting->count - permuting->first);
	double apart = fabs(first_sum / first - (permuting->sum - first_sum) / rest);

	permuting->tried++;
	permuting->as_far += apart >= permuting->observed * (1 - 1e-9) - 1e-300;
}

static void try_all(struct permuting *permuting, size_t from, size_t chosen, double sum)
{
	if (chosen == permuting->first) {
		count_split(permuting, sum);
		return;
	}
	for (size_t i = from; i + permuting->first - chosen <= permuting->count; i++)
		try_all(permuting, i + 1, chosen + 1, sum + permuting->pool[i]);
}

static void try_some(struct permuting *permuting, const struct draws *draws)
{
	struct random random;

	random_seed(&random, draws->seed);
	for (size_t round = 0; round < draws->count; round++) {
		double sum = 0;

		for (size_t i = 0; i < permuting->first; i++) {
			size_t at = i + random_below(&random, permuting->count - i);
			double kept = permuting->pool[at];

			permuting->pool[at] = permuting->pool[i];
			permuting->pool[i] = kept;
			sum += kept;
		}
		count_split(permuting, sum);
	}
}

static double ways(size_t count, size_t first)
{
	double result = 1;

	for (size_t i = 1; i <= first; i++)
		result *= (double)(count - first + i) / (double)i;
	return result;
}

static void fill_pool(const struct pair *pair, struct permuting *permuting)
{
	double first = 0;

	for (size_t i = 0; i < permuting->count; i++) {
		double value = i < pair->a_count ? pair->a[i] : pair->b[i - pair->a_count];

		permuting->pool[i] = pair->ratio ? log(value) : value;
		permuting->sum += permuting->pool[i];
		if (i < pair->a_count)
			first += permuting->pool[i];
	}
	permuting->observed = fabs(first / (double)pair->a_count -
				   (permuting->sum - first) / (double)pair->b_count);
}

double pair_permute(const struct pair *pair, const struct draws *draws, bool *exact)
{
	struct permuting permuting = { .count = pair->a_count + pair->b_count,
				       .first = pair->a_count };
	double p = NAN;

	*exact = ways(permuting.count, permuting.first) <= EXACT_MOST;
	if (!pair->a_count || !pair->b_count)
		return NAN;
	permuting.pool = malloc(permuting.count * sizeof(*permuting.pool));
	if (!permuting.pool)
		return NAN;
	fill_pool(pair, &permuting);
	if (*exact)
		try_all(&permuting, 0, 0, 0);
	else
		try_some(&permuting, draws);
	/* Among samples the split that was observed is one more. */
	p = *exact ? (double)permuting.as_far / (double)permuting.tried :
		     ((double)permuting.as_far + 1) / ((double)permuting.tried + 1);
	free(permuting.pool);
	return p;
}

/* ---- bootstrap ---- */

static double draw_median(struct random *random, const double *from, size_t count, double *room)
{
	for (size_t i = 0; i < count; i++)
		room[i] = from[random_below(random, count)];
	return median_of(room, count);
}

/* The share of the distribution to leave out at either end. */
static double tail_of(size_t smaller)
{
	double n = (double)smaller;

	return normal_probability(-student_quantile(0.975, (unsigned)smaller - 1) *
				  sqrt(n / (n - 1)));
}

bool pair_interval(const struct pair *pair, const struct draws *draws, double *low, double *high)
{
	size_t smaller = pair->a_count < pair->b_count ? pair->a_count : pair->b_count;
	size_t larger = pair->a_count + pair->b_count - smaller;
	double *effects, *room, tail;
	struct random random;
	struct stats stats;

	*low = *high = NAN;
	if (smaller < 2 || !draws->count)
		return false;
	effects = malloc((draws->count + larger) * sizeof(*effects));
	if (!effects)
		return false;
	room = effects + draws->count;
	random_seed(&random, draws->seed);
	for (size_t i = 0; i < draws->count; i++) {
		double a = draw_median(&random, pair->a, pair->a_count, room);

		effects[i] = effect_of(a, draw_median(&random, pair->b, pair->b_count, room),
				       pair->ratio);
	}
	stats_of(effects, draws->count, &stats);
	tail = tail_of(smaller);
	*low = stats_percentile(effects, draws->count, 100 * tail);
	*high = stats_percentile(effects, draws->count, 100 * (1 - tail));
	free(effects);
	return true;
}

/* ---- noise ---- */

static double squares_around_mean(const double *values, size_t count, bool ratio)
{
	double mean = 0, squares = 0;

	for (size_t i = 0; i < count; i++)
		mean += (ratio ? log(values[i]) : values[i]) / (double)count;
	for (size_t i = 0; i < count; i++) {
		double apart = (ratio ? log(values[i]) : values[i]) - mean;

		squares += apart * apart;
	}
	return squares;
}

double pair_noise(const struct pair *pair)
{
	size_t boots = pair->a_count + pair->b_count;
	double squares = squares_around_mean(pair->a, pair->a_count, pair->ratio) +
			 squares_around_mean(pair->b, pair->b_count, pair->ratio);
	double bound;

	if (boots < 3 || !pair->a_count || !pair->b_count)
		return NAN;
	bound = student_quantile(0.995, (unsigned)boots - 2) *
		sqrt(squares / (double)(boots - 2) *
		     (1 / (double)pair->a_count + 1 / (double)pair->b_count));
	return pair->ratio ? exp(bound) - 1 : bound;
}
