/* SPDX-License-Identifier: MIT */
/* Spread within boots and between boots: what one boot says of itself, and what only another boot
 * shows. */
#include <math.h>
#include <stdlib.h>

#include "lab/compare/statistics.h"
#include "lib/lib.h"

struct level level_join(const struct level *a, const struct level *b)
{
	double n = (double)a->n + (double)b->n;
	double mean = n > 0 ? ((double)a->n * a->mean + (double)b->n * b->mean) / n : 0,
	       squares = 0;
	const struct level *both[] = { a, b };
	struct level joined = *a;

	for (size_t i = 0; i < 2; i++) {
		double apart = both[i]->mean - mean;

		squares += (both[i]->n > 1 ? (double)(both[i]->n - 1) * both[i]->sd * both[i]->sd :
					     0) +
			   (double)both[i]->n * apart * apart;
	}
	joined.n = a->n + b->n;
	joined.mean = mean;
	joined.sd = joined.n > 1 ? sqrt(squares / (n - 1)) : 0;
	joined.low = fmin(a->low, b->low);
	joined.high = fmax(a->high, b->high);
	joined.value = n > 0 ? ((double)a->n * a->value + (double)b->n * b->value) / n : 0;
	return joined;
}

/* Sums of squares of the samples; freedom: how many samples are free in them. */
static double within_squares(const struct level *boots, size_t count, double *freedom)
{
	double squares = 0;

	*freedom = 0;
	for (size_t i = 0; i < count; i++) {
		if (boots[i].n < 2)
			continue;
		squares += (double)(boots[i].n - 1) * boots[i].sd * boots[i].sd;
		*freedom += (double)(boots[i].n - 1);
	}
	return squares;
}

static double component(const struct level *boots, size_t count, double within)
{
	double total = 0, of_squares = 0, sum = 0, between = 0, typical, variance;

	for (size_t i = 0; i < count; i++) {
		total += (double)boots[i].n;
		of_squares += (double)boots[i].n * (double)boots[i].n;
		sum += (double)boots[i].n * boots[i].mean;
	}
	for (size_t i = 0; i < count; i++) {
		double apart = boots[i].mean - sum / total;

		between += (double)boots[i].n * apart * apart;
	}
	typical = (total - of_squares / total) / (double)(count - 1);
	variance = (between / (double)(count - 1) - within) / typical;
	return variance > 0 ? sqrt(variance) : 0;
}

void levels_of(const struct level *boots, size_t count, struct levels *out)
{
	double *values = calloc(count ? count : 1, sizeof(*values)), squares, freedom;
	struct stats stats = { 0 };

	*out = (struct levels){ .boots = count };
	for (size_t i = 0; values && i < count; i++) {
		values[i] = boots[i].value;
		out->samples += boots[i].n;
	}
	if (values)
		stats_of(values, count, &stats);
	free(values);
	out->median = stats.median;
	out->min = stats.min;
	out->max = stats.max;
	squares = within_squares(boots, count, &freedom);
	out->within_sd = freedom > 0 ? sqrt(squares / freedom) : NAN;
	out->between_sd = count > 1 ? stats.sd : NAN;
	out->between_component =
		count > 1 && freedom > 0 ? component(boots, count, squares / freedom) : NAN;
}
