/* SPDX-License-Identifier: MIT */
/*
 * One test of one cell measured by a part of its pass.
 *
 * A test that writes is walked from its first operation, as exact mode does, until the caches'
 * part is over and the rate behind it is known well enough; the rest counts at that rate. A test
 * that reads is walked in pieces from all over the pass.
 */
#ifndef ASSAY_ENGINE_BOUNDED_PART_H
#define ASSAY_ENGINE_BOUNDED_PART_H

#include "bench/engine/bounded/series.h"
#include "bench/engine/iozone/records.h"

struct part_rule {
	uint64_t cap_ns;	    /* of measured time, once settled, when it does not get tight */
	uint64_t step_ns, batch_ns; /* the clock is read each step; a batch is several */
	bool pauses;		    /* batches end before a pause, where there are any */
	bool flushed; /* whoever walks flushes afterwards, and calls part_flushed(); this takes
			 about: */
	uint64_t flush_ns;
	struct rule settle;
	uint64_t piece_bytes; /* of a piece, at least */
};

struct cutter {
	struct batch all, open;
	uint64_t smooth_ns, burst_bytes; /* since the last pause */
	double largest_bytes;		 /* burst */
	unsigned bursts;		 /* ended */
	double pauses_ns, pauses_ns2;	 /* sums of their lengths and of the squares */
};

struct part {
	struct cutter cutter;
	struct series series;
	struct estimate estimate;
	uint64_t last_from, last_to; /* the piece that was read last */
};

/* Both leave the descriptor open, and the file as the test left it. 0 or -errno; records->done says
 * where. */
int part_beginning(struct records *records, const struct records_test *test, int fd,
		   const struct part_rule *rule, struct part *part);
/*
 * After a beginning that was written to the page cache and then flushed. What the walk alone says
 * of the rest is coloured by how much waited in memory when it ended, for a writer is let on and
 * held back in bursts. Walk and flush together have brought all of it to the disk: the rest counts
 * at that rate. What is not known is where in a pause either end fell, and the interval is of that.
 * Nothing changes when there was no pause or the pass was whole.
 */
void part_flushed(struct part *part, const struct part_rule *rule, uint64_t pass_bytes,
		  uint64_t flush_ns);
/* Whether it mostly waited: for a disk, not for memory. */
bool part_paused(const struct part *part);
int part_pieces(struct records *records, const struct records_test *test, int fd,
		const struct part_rule *rule, struct part *part);
/* ns per byte of the last piece read once more, which the page cache has now. */
int part_again(struct records *records, const struct records_test *test, int fd,
	       const struct part *part, double *ns_per_byte);

#endif
