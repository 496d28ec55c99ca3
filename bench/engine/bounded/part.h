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
	bool stalls;		    /* batches end behind a stall, where there are any */
	struct rule settle;
	uint64_t piece_bytes; /* of a piece, at least */
};

struct cutter {
	struct batch all, open;
	uint64_t smooth_ns; /* since the last stall */
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
int part_pieces(struct records *records, const struct records_test *test, int fd,
		const struct part_rule *rule, struct part *part);
/* ns per byte of the last piece read once more, which the page cache has now. */
int part_again(struct records *records, const struct records_test *test, int fd,
	       const struct part *part, double *ns_per_byte);

#endif
