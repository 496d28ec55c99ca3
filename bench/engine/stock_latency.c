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

static const struct {
	unsigned first;
	const char *name;
} kinds[] = { { LATENCY_OF_READS, "read" }, { LATENCY_OF_WRITES, "write" } };

static void add_row(const struct run *run, unsigned kind, const uint64_t *at, struct text *out)
{
	static const unsigned columns[] = {
		LATENCY_IOPS,
		LATENCY_BANDWIDTH,
		LATENCY_SERVICE + PERCENTILES_MEAN,
		LATENCY_SERVICE + PERCENTILES_P50,
		LATENCY_SERVICE + PERCENTILES_P90,
		LATENCY_SERVICE + PERCENTILES_P99,
		LATENCY_SERVICE + PERCENTILES_P99_9,
		LATENCY_SERVICE_P99_99,
		LATENCY_SERVICE + PERCENTILES_MAX,
	};

	text_add(out, "%-6s %9llu %5llu", kinds[kind].name, (unsigned long long)at[0],
		 (unsigned long long)at[1]);
	for (size_t i = 0; i < COUNT_OF(columns); i++)
		text_add(out, " %10.1f", run_value(run, kinds[kind].first + columns[i], at, NULL));
	text_add(out, "\n");
}

static int write_table(const struct run *run, struct text *out)
{
	struct points points;

	text_add(out, "%-6s %9s %5s %10s %10s %10s %10s %10s %10s %10s %10s %10s\n", "op", "record",
		 "depth", "IOPS", "MB/s", "mean us", "p50 us", "p90 us", "p99 us", "p99.9 us",
		 "p99.99 us", "max us");
	for (unsigned kind = 0; kind < COUNT_OF(kinds); kind++) {
		find_points(run, kinds[kind].first + LATENCY_BUCKETS, &points);
		for (size_t i = 0; i < points.count; i++)
			add_row(run, kind, points.at[i], out);
	}
	return out->cut ? -ENOSPC : 0;
}

static int write_histograms(const struct run *run, struct text *out)
{
	struct points points;
	int err = 0;

	for (unsigned kind = 0; kind < COUNT_OF(kinds); kind++) {
		unsigned first = kinds[kind].first + LATENCY_BUCKETS;
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
