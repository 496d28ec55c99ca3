/* SPDX-License-Identifier: MIT */
/*
 * A distribution of times as metrics: mean, percentiles and ends out of a histogram (lib.h: at most
 * 1.6 % above the true value), and the histogram itself for who wants to draw it.
 */
#ifndef ASSAY_PERCENTILES_H
#define ASSAY_PERCENTILES_H

#include "bench/bench.h"

/* Metrics one behind the other, from `first` on: the first four alone, or all. */
enum {
	PERCENTILES_P50,
	PERCENTILES_P90,
	PERCENTILES_P99,
	PERCENTILES_P99_9,
	PERCENTILES_FEW,
	PERCENTILES_MEAN = PERCENTILES_FEW,
	PERCENTILES_MAX,
	PERCENTILES
};
#define PERCENTILES_ROW(name, unit, help, detail)                        \
	{                                                                \
		name, unit, help, LESS_IS_BETTER, BY_LAST, false, detail \
	}
/* In the order of the names above. */
#define PERCENTILES_FEW_ROWS(first, name, unit, help, detail)       \
	[first] = PERCENTILES_ROW(name "_p50", unit, help, detail), \
	PERCENTILES_ROW(name "_p90", unit, help, detail),           \
	PERCENTILES_ROW(name "_p99", unit, help, detail),           \
	PERCENTILES_ROW(name "_p99_9", unit, help, detail)
#define PERCENTILES_ROWS(first, name, unit, help, detail)          \
	PERCENTILES_FEW_ROWS(first, name, unit, help, detail),     \
		PERCENTILES_ROW(name "_mean", unit, help, detail), \
		PERCENTILES_ROW(name "_max", unit, help, detail)

/* Samples the four, or all, unless the histogram (of nanoseconds) is empty. unit_ns: of the
 * metrics' unit. */
void percentiles_sample_few(struct run *run, unsigned first, const struct histogram *histogram,
			    double unit_ns);
void percentiles_sample(struct run *run, unsigned first, const struct histogram *histogram,
			double unit_ns);

enum { PERCENTILES_BUCKET, PERCENTILES_BUCKET_COUNT, PERCENTILES_BUCKETS };
/* The histogram as two series, in the journal on the partition only: a bucket's upper edge and how
 * many fell into it. Buckets are joined to 16 a power of two, which is 6 % wide. */
#define PERCENTILES_BUCKET_ROWS(first, unit) PERCENTILES_BUCKET_ROWS_OF(first, "", unit)
/* prefix: "read_" */
#define PERCENTILES_BUCKET_ROWS_OF(first, prefix, unit)                                         \
	[first] = { prefix "bucket",                                                            \
		    unit,                                                                       \
		    "upper edges of the histogram's buckets",                                   \
		    NEITHER_IS_BETTER,                                                          \
		    BY_MAX,                                                                     \
		    true,                                                                       \
		    true },                                                                     \
	{                                                                                       \
		prefix "bucket_count", "1", "how many were in each", NEITHER_IS_BETTER, BY_SUM, \
			true, true                                                              \
	}
void percentiles_sample_buckets(struct run *run, unsigned first, const struct histogram *histogram,
				double unit_ns);
/* The same as HdrHistogram's percentile distribution (.hgrm), which its plotters read: two rows for
 * each halving of what lies above. Nothing when there are no buckets. -ENOSPC. */
int percentiles_text(const struct run *run, unsigned first, struct text *out);
/* The same of the samples at one point of the axes. */
int percentiles_text_at(const struct run *run, unsigned first, const uint64_t point[AXES],
			struct text *out);

#endif
