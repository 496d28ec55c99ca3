/* SPDX-License-Identifier: MIT */
/*
 * The part of a disk that is measured, and what is in it before. A disk that was never written
 * there, or was trimmed, answers reads without touching its medium, and writes more cheaply than
 * later: so it is written first.
 */
#ifndef ASSAY_ENGINE_REGION_H
#define ASSAY_ENGINE_REGION_H

#include "bench/engine/disk/disk.h"
#include "bench/engine/lists.h"

struct region {
	uint64_t start, bytes; /* whole sectors */
};

enum { REGION_RECORD = 131072, REGION_DEPTH = 16, REGION_SAMPLES = 64 };

/* span 0: to the disk's end. A longer one ends there, with a remark. 0, or what run_fail()
 * returned: no sector lies there. */
int region_choose(struct run *run, const struct disk *disk, uint64_t start, uint64_t span,
		  struct region *region);

/* Its expected bytes before the disk is open. otherwise: when neither span nor disk say. */
double region_expected_bytes(uint64_t span, const struct speeds *speeds, double otherwise);

/* How a region is written from first to last. */
struct region_fill {
	unsigned passes;
	bool zeroes;
	uint64_t seed;
	double patience_seconds;
	double progress_share; /* of the run, from its beginning */
	double seconds;	       /* the time it took; 0: it was not written */
};
/* All of it, in records of 128 KiB, 16 at a time (the odd ends in sectors). What run_fail()
 * returned on an error. */
int region_write(struct run *run, const struct disk *disk, const struct region *region,
		 struct region_fill *fill);
/* What is done before measuring: written when drawn blocks of it hold zeros, in any case, never. */
enum region_before { REGION_AUTO, REGION_WRITE, REGION_AS_IT_IS };
int region_prepare(struct run *run, const struct disk *disk, const struct region *region,
		   struct region_fill *fill, enum region_before before);
/* Leaves out, with a warning, record sizes that are no multiple of the sector or find no place.
 * What run_fail() returned when none is left. */
int region_fit_records(struct run *run, const struct disk *disk, const struct region *region,
		       struct list *records);
/* How many of REGION_SAMPLES blocks, drawn evenly, hold nothing but zeros. What run_fail() returned
 * on an error. */
int region_count_zeroes(struct run *run, const struct disk *disk, const struct region *region,
			double patience_seconds);

#endif
