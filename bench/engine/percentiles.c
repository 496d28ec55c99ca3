/* SPDX-License-Identifier: MIT */
/* Distributions as metrics and text: see percentiles.h. */
#include "bench/engine/percentiles.h"

#include <errno.h>
#include <math.h>
#include <string.h>

enum { JOINED = 4 }; /* buckets of the histogram in one of the journal */

void percentiles_sample_few(struct run *run, unsigned first, const struct histogram *histogram,
			    double unit_ns)
{
	static const double percents[PERCENTILES_FEW] = { [PERCENTILES_P50] = 50,
							  [PERCENTILES_P90] = 90,
							  [PERCENTILES_P99] = 99,
							  [PERCENTILES_P99_9] = 99.9 };

	for (unsigned i = 0; i < PERCENTILES_FEW && histogram->count; i++)
		run_sample(run, first + i,
			   (double)histogram_percentile(histogram, percents[i]) / unit_ns);
}

void percentiles_sample(struct run *run, unsigned first, const struct histogram *histogram,
			double unit_ns)
{
	percentiles_sample_few(run, first, histogram, unit_ns);
	if (!histogram->count)
		return;
	run_sample(run, first + PERCENTILES_MEAN,
		   (double)histogram->sum / (double)histogram->count / unit_ns);
	run_sample(run, first + PERCENTILES_MAX, (double)histogram->max / unit_ns);
}

void percentiles_sample_buckets(struct run *run, unsigned first, const struct histogram *histogram,
				double unit_ns)
{
	for (unsigned i = 0; i < HISTOGRAM_BUCKETS; i += JOINED) {
		uint64_t count = 0;
		for (unsigned j = i; j < i + JOINED; j++)
			count += histogram->bucket[j];
		if (!count)
			continue;
		uint64_t up_to = histogram_edge(i + JOINED - 1);
		if (up_to > histogram->max)
			up_to = histogram->max;
		run_sample(run, first + PERCENTILES_BUCKET, (double)up_to / unit_ns);
		run_sample(run, first + PERCENTILES_BUCKET_COUNT, (double)count);
	}
}

/* Which samples: point NULL: at any. */
struct buckets {
	const struct run *run;
	unsigned first;
	const uint64_t *point;
};

static bool stands_there(const struct sample *sample, const uint64_t *point)
{
	return !point || !memcmp(sample->point, point, sizeof(sample->point));
}

/* The next pair of samples; they were taken one after the other. */
static const struct sample *next_bucket(const struct buckets *buckets, uint32_t *at)
{
	const struct sample *samples = buckets->run->shared->samples;
	unsigned first = buckets->first;
	uint32_t count = buckets->run->shared->count;

	for (; *at + 1 < count; ++*at)
		if (samples[*at].metric == first + PERCENTILES_BUCKET &&
		    samples[*at + 1].metric == first + PERCENTILES_BUCKET_COUNT &&
		    stands_there(&samples[*at], buckets->point))
			return &samples[(*at)++];
	return NULL;
}

struct moments {
	double count, sum, squares, max;
};

static struct moments sum_up(const struct buckets *buckets)
{
	struct moments all = { 0 };
	const struct sample *bucket;

	for (uint32_t at = 0; (bucket = next_bucket(buckets, &at));) {
		all.count += bucket[1].value;
		all.sum += bucket[1].value * bucket->value;
		all.squares += bucket[1].value * bucket->value * bucket->value;
		all.max = bucket->value;
	}
	return all;
}

static int write_text(const struct buckets *buckets, struct text *out)
{
	struct moments all = sum_up(buckets);
	const struct sample *bucket;
	double seen = 0, next = 0;

	if (all.count <= 0)
		return 0;
	text_add(out, "%12s %14s %10s %14s\n\n", "Value", "Percentile", "TotalCount",
		 "1/(1-Percentile)");
	for (uint32_t at = 0; (bucket = next_bucket(buckets, &at));) {
		seen += bucket[1].value;
		if (seen < next * all.count)
			continue;
		next = 1 - (1 - seen / all.count) / M_SQRT2;
		text_add(out, "%12.3f %14.12f %10.0f", bucket->value, seen / all.count, seen);
		if (seen < all.count)
			text_add(out, " %14.2f", 1 / (1 - seen / all.count));
		text_add(out, "\n");
	}
	double mean = all.sum / all.count;
	text_add(out, "#[Mean    = %12.3f, StdDeviation   = %12.3f]\n", mean,
		 sqrt(fmax(0, all.squares / all.count - mean * mean)));
	text_add(out, "#[Max     = %12.3f, Total count    = %12.0f]\n", all.max, all.count);
	text_add(out, "#[Buckets = %12d, SubBuckets     = %12d]\n", 59, 16);
	return out->cut ? -ENOSPC : 0;
}

int percentiles_text(const struct run *run, unsigned first, struct text *out)
{
	return write_text(&(struct buckets){ run, first, NULL }, out);
}

int percentiles_text_at(const struct run *run, unsigned first, const uint64_t point[AXES],
			struct text *out)
{
	return write_text(&(struct buckets){ run, first, point }, out);
}
