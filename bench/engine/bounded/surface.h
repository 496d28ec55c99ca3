/* SPDX-License-Identifier: MIT */
/*
 * Bounded mode of file.iozone: every cell of the surface, in a fraction of the time.
 *
 * Exact mode makes the file anew for each record size and walks it from end to end for each test.
 * Bounded mode lays a file out once per size, shares it among the record sizes, and stops a test
 * when its estimate is tight: half of its 95 % interval at most `interval` percent of it, and never
 * before the rate has settled past the caches (series.h has the rule).
 *
 * - Files up to SURFACE_WHOLE, and files that memory holds and that are written in no more time
 *   than a part takes to settle: whole passes, all of exact mode's calls in its order, in rounds
 *   while these are short.
 * - Laying out is the write test of one record size, whole. Its course says how many bytes the
 *   caches take before the disk's rate is seen: so far every test that writes is walked at least.
 *   A file that stays in memory is laid out with each record size.
 * - A test that writes counts its beginning as it was, and the rest of the pass at the rate at
 *   which walk and flush together have brought the beginning to the disk, or, where no disk held
 *   it back, at the rate it had settled to. What stays unwritten in memory is so counted as exact
 *   mode counts it.
 * - A test that reads a file which is all in memory reads it from its start, as exact mode does.
 * - A larger file is read in pieces that are not cached; how many of a pass's records exact mode
 *   would have found in the cache, a model of it says (replay.h), and these count at the rate of a
 *   piece read again.
 */
#ifndef ASSAY_ENGINE_BOUNDED_SURFACE_H
#define ASSAY_ENGINE_BOUNDED_SURFACE_H

#include "bench/engine/iozone/exact.h"
#include "bench/engine/iozone/failures.h"

enum { SURFACE_WHOLE = 4 << 20, SURFACE_TESTS = 24, SURFACE_RECORDS = 32 };

struct surface {
	struct records *records;
	double interval;      /* percent */
	double cap_s;	      /* measured time of one cell and test, past settling */
	unsigned wide, cells; /* figures whose interval stayed wider, of so many */
	struct failures failures;
	bool final; /* nothing that follows could go well */

	/* Of the size at hand. */
	uint64_t file_bytes, record_bytes[SURFACE_RECORDS];
	size_t record_count;
	bool whole_round;
	bool laid, from_memory;	    /* from_memory: writing it was so fast that no disk was in it */
	bool laid_each;		    /* it is in memory: laid out with each record size */
	bool whole;		    /* it is in memory, and parts would save nothing */
	uint64_t laid_record;	    /* the record size it was laid out with */
	uint64_t settled_bytes;	    /* what the caches take before the disk's rate is seen */
	uint64_t flush_ns;	    /* that the last test left to be written */
	uint64_t cached_bytes;	    /* of the file, once it was written */
	double hits[SURFACE_TESTS]; /* by the place in records_tests: share of a pass found cached */
};

/* The whole matrix. Tests that fail are told and counted, and the others go on. 0, or what
 * run_fail() returned. */
int surface_measure(struct records *records);

#endif
