/* SPDX-License-Identifier: MIT */
/* disk.latency as text files: a table, and its histograms. */
#include "bench/disk/latency.h"

#include <errno.h>
#include <math.h>

enum { POINTS = 32 * 8 };

struct points {
	uint64_t at[POINTS][AXES];
	size_t count;
};

static bool holds(const struct points *points, const uint64_t *at)
{
	for (size_t i = points->count; i-- > 0;)
		if (points->at[i][0] == at[0] && points->at[i][1] == at[1])
			return true;
	return false;
}

/* In the order in which they were measured. */
static void find_points(const struct run *run, unsigned metric, struct points *points)
{
	points->count = 0;
	for (uint32_t i = 0; i < run->shared->count && points->count < POINTS; i++) {
		const struct sample *sample = &run->shared->samples[i];
		if (sample->metric != metric || holds(points, sample->point))
			continue;
		points->at[points->count][0] = sample->point[0];
		points->at[points->count++][1] = sample->point[1];
	}
}

static const struct kind {
	unsigned first, times; /* the reads or the writes; which times of theirs */
	const char *name;
} kinds[] = {
	{ LATENCY_OF_READS, LATENCY_SERVICE, "read" },
	{ LATENCY_OF_WRITES, LATENCY_SERVICE, "write" },
	{ LATENCY_OF_READS, LATENCY_RESPONSE, "read response" },
	{ LATENCY_OF_WRITES, LATENCY_RESPONSE, "write response" },
};

/* Behind the times come their 99.99th percentile and their buckets. */
static unsigned buckets_of(const struct kind *kind)
{
	return kind->first + kind->times + PERCENTILES + 1;
}

static void add_row(const struct run *run, const struct kind *kind, const uint64_t *at,
		    struct text *out)
{
	static const unsigned times[] = { PERCENTILES_MEAN, PERCENTILES_P50,   PERCENTILES_P90,
					  PERCENTILES_P99,  PERCENTILES_P99_9, PERCENTILES,
					  PERCENTILES_MAX };

	text_add(out, "%-14s %9llu %5llu %10.1f %10.1f", kind->name, (unsigned long long)at[0],
		 (unsigned long long)at[1], run_value(run, kind->first + LATENCY_IOPS, at, NULL),
		 run_value(run, kind->first + LATENCY_BANDWIDTH, at, NULL));
	for (size_t i = 0; i < COUNT_OF(times); i++)
		text_add(out, " %10.1f",
			 run_value(run, kind->first + kind->times + times[i], at, NULL));
	text_add(out, "\n");
}

static int write_table(const struct run *run, struct text *out)
{
	struct points points;

	text_add(out, "%-14s %9s %5s %10s %10s %10s %10s %10s %10s %10s %10s %10s\n", "op",
		 "record", "depth", "IOPS", "MB/s", "mean us", "p50 us", "p90 us", "p99 us",
		 "p99.9 us", "p99.99 us", "max us");
	for (unsigned kind = 0; kind < COUNT_OF(kinds); kind++) {
		find_points(run, buckets_of(&kinds[kind]), &points);
		for (size_t i = 0; i < points.count; i++)
			add_row(run, &kinds[kind], points.at[i], out);
	}
	return out->cut ? -ENOSPC : 0;
}

static int write_histograms(const struct run *run, struct text *out)
{
	struct points points;
	int err = 0;

	for (unsigned kind = 0; kind < COUNT_OF(kinds); kind++) {
		unsigned first = buckets_of(&kinds[kind]);
		find_points(run, first, &points);
		for (size_t i = 0; i < points.count && !err; i++) {
			text_add(out, "#[%s, record = %llu B, depth = %llu, us]\n",
				 kinds[kind].name, (unsigned long long)points.at[i][0],
				 (unsigned long long)points.at[i][1]);
			err = percentiles_text_at(run, first, points.at[i], out);
		}
	}
	return err;
}

/* With a media type a file is not shown on a terminal: the histograms are long. */
const struct stock_file latency_stock[] = { { "latency.txt", write_table },
					    { "latency.hgrm", write_histograms,
					      .media = "text/plain" },
					    { 0 } };
