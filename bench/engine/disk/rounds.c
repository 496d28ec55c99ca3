/* SPDX-License-Identifier: MIT */
/* Rounds and their window: see rounds.h. */
#include "bench/engine/disk/rounds.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>

int rounds_begin(struct rounds *rounds, size_t points, size_t most)
{
	*rounds = (struct rounds){ .points = points, .most = most };
	rounds->figures = calloc(points * most, sizeof(*rounds->figures));
	return rounds->figures ? 0 : -ENOMEM;
}

void rounds_end(struct rounds *rounds)
{
	free(rounds->figures);
	rounds->figures = NULL;
}

struct round_figures *rounds_at(const struct rounds *rounds, size_t round, size_t point)
{
	return &rounds->figures[round * rounds->points + point];
}

static double percentile_us(const struct histogram *histogram, double percent)
{
	return (double)histogram_percentile(histogram, percent) / 1e3;
}

void round_figures_of(const struct workload *workload, struct round_figures *out)
{
	const struct workload_tally *reads = &workload->tally[WORKLOAD_READS];
	const struct workload_tally *writes = &workload->tally[WORKLOAD_WRITES];
	struct histogram both = reads->service;
	double seconds = workload->window_seconds;

	for (size_t i = 0; i < ROUNDS_FIGURES; i++)
		out->of[i] = NAN;
	histogram_merge(&both, &writes->service);
	if (!both.count || seconds <= 0)
		return;
	out->of[ROUND_IOPS] = (double)(reads->count + writes->count) / seconds;
	out->of[ROUND_BANDWIDTH] = (double)(reads->bytes + writes->bytes) / 1e6 / seconds;
	out->of[ROUND_MEAN] = (double)both.sum / (double)both.count / 1e3;
	out->of[ROUND_P50] = percentile_us(&both, 50);
	out->of[ROUND_P99] = percentile_us(&both, 99);
	out->of[ROUND_P99_9] = percentile_us(&both, 99.9);
	out->of[ROUND_P99_99] = percentile_us(&both, 99.99);
	out->of[ROUND_MAX] = (double)both.max / 1e3;
}

void rounds_judge(const struct rounds *rounds, struct steady *out)
{
	double window[STEADY_ROUNDS];
	size_t from = rounds->count > STEADY_ROUNDS ? rounds->count - STEADY_ROUNDS : 0;
	size_t count = rounds->count - from;

	for (size_t i = 0; i < count; i++)
		window[i] = rounds_at(rounds, from + i, 0)->of[ROUND_IOPS];
	steady_of(window, count, out);
	out->from = from;
}
