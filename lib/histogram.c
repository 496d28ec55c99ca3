/* SPDX-License-Identifier: MIT */
/* Counts by size in fixed memory: exact below 64, then 64 equal steps in each power of two. */
#include "lib/lib.h"

#include <math.h>
#include <string.h>

enum { STEPS = 64, STEP_BITS = 6 };

void histogram_clear(struct histogram *histogram)
{
	memset(histogram, 0, sizeof(*histogram));
	histogram->min = UINT64_MAX;
}

static unsigned bucket_of(uint64_t value)
{
	unsigned shift;

	if (value < STEPS)
		return (unsigned)value;
	shift = 63 - (unsigned)__builtin_clzll(value) - STEP_BITS;
	return STEPS * (shift + 1) + (unsigned)((value >> shift) - STEPS);
}

uint64_t histogram_edge(unsigned bucket)
{
	unsigned shift;

	if (bucket < STEPS)
		return bucket;
	shift = bucket / STEPS - 1;
	return ((uint64_t)(STEPS + bucket % STEPS) << shift) + ((1ull << shift) - 1);
}

void histogram_add(struct histogram *histogram, uint64_t value)
{
	histogram_add_many(histogram, value, 1);
}

void histogram_add_many(struct histogram *histogram, uint64_t value, uint32_t times)
{
	uint32_t *bucket = &histogram->bucket[bucket_of(value)];

	if (!times)
		return;
	*bucket += times < UINT32_MAX - *bucket ? times : UINT32_MAX - *bucket;
	histogram->count += times;
	histogram->sum += value * times;
	if (value < histogram->min)
		histogram->min = value;
	if (value > histogram->max)
		histogram->max = value;
}

void histogram_merge(struct histogram *into, const struct histogram *from)
{
	for (unsigned i = 0; i < HISTOGRAM_BUCKETS; i++) {
		uint32_t room = UINT32_MAX - into->bucket[i];
		into->bucket[i] += from->bucket[i] < room ? from->bucket[i] : room;
	}
	into->count += from->count;
	into->sum += from->sum;
	if (from->min < into->min)
		into->min = from->min;
	if (from->max > into->max)
		into->max = from->max;
}

uint64_t histogram_percentile(const struct histogram *histogram, double percent)
{
	double wanted = ceil(fmin(fmax(percent, 0), 100) / 100 * (double)histogram->count);
	uint64_t seen = 0;

	for (unsigned i = 0; i < HISTOGRAM_BUCKETS && histogram->count; i++) {
		seen += histogram->bucket[i];
		if (seen && (double)seen >= wanted)
			return histogram_edge(i) < histogram->max ? histogram_edge(i) :
								    histogram->max;
	}
	return histogram->max;
}

double histogram_share(const struct histogram *histogram, uint64_t value)
{
	uint64_t seen = 0;

	for (unsigned i = 0; i < HISTOGRAM_BUCKETS && histogram_edge(i) <= value; i++)
		seen += histogram->bucket[i];
	return histogram->count ? (double)seen / (double)histogram->count : 0;
}
