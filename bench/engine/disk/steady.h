/* SPDX-License-Identifier: MIT */
/* Whether a series of figures had settled. */
#ifndef ASSAY_ENGINE_STEADY_H
#define ASSAY_ENGINE_STEADY_H

#include <stdbool.h>
#include <stddef.h>

/*
 * SNIA's steady state (Solid State Storage Performance Test Specification 2.0.1,
 * definition of steady state): over a window of five rounds or more the figures range over at most
 * 20 % of their average, and the best straight line through them rises or falls by at most 10 % of
 * it.
 */
enum { STEADY_ROUNDS = 5, STEADY_RANGE_PERCENT = 20, STEADY_TREND_PERCENT = 10 };
struct steady {
	bool known;	     /* there were rounds enough */
	bool settled;	     /* the last rounds, from `from` to the end, are steady */
	size_t from;	     /* the earliest such round */
	double range, trend; /* percent of the average, over those rounds; not settled: over
				the last five. trend: with its sign */
};
void steady_of(const double *values, size_t count, struct steady *out);

#endif
