/* SPDX-License-Identifier: MIT */
/* Rounds of a storage test until the disk is steady: what each measured, and where they stand. */
#ifndef ASSAY_ENGINE_ROUNDS_H
#define ASSAY_ENGINE_ROUNDS_H

#include "bench/engine/disk/steady.h"
#include "bench/engine/disk/workload.h"

enum { ROUNDS_FIGURES = 8 };
/* Of one point (record size and mix) in one round, in the order of disk.steady's metrics. */
struct round_figures {
	double of[ROUNDS_FIGURES]; /* NAN: nothing completed */
};
enum {
	ROUND_IOPS,
	ROUND_BANDWIDTH, /* MB/s */
	ROUND_MEAN,	 /* us, as those that follow; reads and writes together */
	ROUND_P50,
	ROUND_P99,
	ROUND_P99_9,
	ROUND_P99_99,
	ROUND_MAX
};

struct rounds {
	size_t points, most, count; /* count: whole rounds */
	struct round_figures *figures;
};
int rounds_begin(struct rounds *rounds, size_t points, size_t most); /* -ENOMEM */
void rounds_end(struct rounds *rounds);
struct round_figures *rounds_at(const struct rounds *rounds, size_t round, size_t point);
void round_figures_of(const struct workload *workload, struct round_figures *out);
/*
 * The last STEADY_ROUNDS rounds of the first point's IOPS: the measurement window of SNIA's test,
 * once it has settled. from is the round in which the window begins (0 when there are fewer).
 */
void rounds_judge(const struct rounds *rounds, struct steady *out);

#endif
