/* SPDX-License-Identifier: MIT */
/* What n samples say: extremes, mean, spread, percentiles. */
#include "lib/lib.h"

#include <math.h>
#include <stdlib.h>

static int ascending(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

double stats_percentile(const double *sorted, size_t n, double percent)
{
	double rank, below;
	size_t i;

	if (!n)
		return NAN;
	/* Type 7 of Hyndman and Fan (1996): rank (n-1)p, linear between the closest ranks. */
	rank = fmin(fmax(percent, 0), 100) / 100 * (double)(n - 1);
	below = floor(rank);
	i = (size_t)below;
	return i + 1 < n ? sorted[i] + (rank - below) * (sorted[i + 1] - sorted[i]) : sorted[n - 1];
}

void stats_of(double *values, size_t n, struct stats *out)
{
	double squares = 0;

	*out = (struct stats){ .n = n };
	if (!n)
		return;
	qsort(values, n, sizeof(*values), ascending);
	for (size_t i = 0; i < n; i++)
		out->sum += values[i];
	out->mean = out->sum / (double)n;
	/* A second pass over the differences: the sum of squares alone cancels when the spread is
	 * small. */
	for (size_t i = 0; i < n; i++)
		squares += (values[i] - out->mean) * (values[i] - out->mean);
	out->sd = n < 2 ? 0 : sqrt(squares / (double)(n - 1));
	out->min = values[0];
	out->max = values[n - 1];
	out->median = stats_percentile(values, n, 50);
	out->p95 = stats_percentile(values, n, 95);
	out->p99 = stats_percentile(values, n, 99);
}
