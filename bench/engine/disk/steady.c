/* SPDX-License-Identifier: MIT */
/* Steady state: see steady.h. */
#include "bench/engine/disk/steady.h"

#include <math.h>

/* Range and trend of a window in percent of its average. False: the average is not positive. */
static bool look(const double *values, size_t count, double *range, double *trend)
{
	double least = values[0], most = values[0], sum = 0, across = 0, square = 0;
	double middle = (double)(count - 1) / 2;

	for (size_t i = 0; i < count; i++) {
		double distance = (double)i - middle;
		least = fmin(least, values[i]);
		most = fmax(most, values[i]);
		sum += values[i];
		across += distance * values[i];
		square += distance * distance;
	}
	double average = sum / (double)count;
	if (!(average > 0))
		return false;
	*range = 100 * (most - least) / average;
	*trend = 100 * across / square * (double)(count - 1) / average;
	return true;
}

static bool is_steady(double range, double trend)
{
	return range <= STEADY_RANGE_PERCENT && fabs(trend) <= STEADY_TREND_PERCENT;
}

void steady_of(const double *values, size_t count, struct steady *out)
{
	*out = (struct steady){ .known = count >= STEADY_ROUNDS };
	for (size_t from = 0; out->known && from + STEADY_ROUNDS <= count; from++) {
		out->from = from;
		if (!look(values + from, count - from, &out->range, &out->trend))
			continue;
		out->settled = is_steady(out->range, out->trend);
		if (out->settled)
			return;
	}
}
