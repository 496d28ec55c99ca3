/* SPDX-License-Identifier: MIT */
/*
 * Requests to a disk for so long: at a queue depth (each completion makes room for the next
 * request), or at a rate (requests are due by a schedule, whether or not the disk keeps up).
 */
#ifndef ASSAY_ENGINE_WORKLOAD_H
#define ASSAY_ENGINE_WORKLOAD_H

#include "bench/bench.h"
#include "bench/engine/pattern.h"
#include "bench/engine/disk/positions.h"
#include "bench/engine/disk/uring.h"

/*
 * One kind of request. count and bytes: what was completed within the window. service: from
 * submitting to completion; response: from when it was due, at a rate only. The two histograms hold
 * every request that was submitted, or due, within the window, however late it ended, so that the
 * longest are never left out.
 */
enum { WORKLOAD_SLICES = 5 };
struct workload_tally {
	uint64_t count, bytes;
	uint64_t slice[WORKLOAD_SLICES]; /* of count: in each fifth of the window */
	struct histogram service, response;
};

enum { WORKLOAD_READS, WORKLOAD_WRITES, WORKLOAD_KINDS };
struct workload {
	/* What is asked for. */
	struct run *run;
	struct positions positions;
	unsigned read_percent;
	bool zeroes;  /* write zeros; else bytes that neither compress nor deduplicate */
	double rate;  /* requests a second; 0: as fast as the depth allows */
	bool poisson; /* the gaps of the schedule: exponential; else even */
	double ramp_seconds, seconds; /* the window begins after the ramp */
	uint64_t requests;	      /* end after so many; 0: after the window */
	double patience_seconds;      /* without any completion */
	double progress, progress_share;

	/* What came of it. */
	struct workload_tally tally[WORKLOAD_KINDS];
	double window_seconds;	       /* begun ones count by what passed */
	double cpu_percent;	       /* of this thread over the window, of one processor */
	uint64_t submitted, completed; /* all, the ramp's too; completed without error */
	uint64_t due;		       /* by the schedule, within the window */
	uint64_t not_started;	       /* of those: with no room for them until its end */
	/* Of the requests that failed, the one submitted first. */
	struct {
		int err;
		enum uring_op op;
		unsigned bytes;
		uint64_t offset, number; /* number: the how manieth submitted, from 1 */
	} failure;
	uint64_t failures;

	/* Its own. */
	struct uring *uring;
	struct pattern data;
	struct random choice;
	uint64_t stamp;
	uint64_t ramp_until_ns, until_ns, next_due_ns, last_done_ns;
	bool in_window, over;
	uint64_t window_ns, cpu_ns;
	bool dirty[URING_DEPTH]; /* buffers that hold what was read */
};

/* Memory for what is written; seed: of the data and of the choice between reading and writing. */
int workload_begin(struct workload *workload, struct uring *uring, uint64_t seed);
void workload_end(struct workload *workload);
/* 0; the first request's -errno; -ETIMEDOUT: nothing completed for so long, and requests are still
 * in flight. The tallies hold what was measured until then. */
int workload_run(struct workload *workload);
/* run_fail() in words: which request, where, the how manieth. Returns err. */
int workload_fail(const struct workload *workload, int err);
/* All of it: opens the ring on fd (depth, records as the positions have them), runs, closes. What
 * run_fail() returned; the tallies stand in either case. */
int workload_measure(struct workload *workload, struct uring *uring, int fd, unsigned depth,
		     uint64_t seed);

#endif
