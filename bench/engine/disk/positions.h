/* SPDX-License-Identifier: MIT */
/* Where on a disk the next request goes. */
#ifndef ASSAY_ENGINE_POSITIONS_H
#define ASSAY_ENGINE_POSITIONS_H

#include "lib/lib.h"

/*
 * Offsets that are multiples of the record and whose records lie wholly between start and start +
 * span: in a row and again from the first, or drawn evenly with replacement (as fio with
 * norandommap), the same for the same seed.
 */
struct positions {
	uint64_t first, count; /* in records */
	uint64_t next;
	uint64_t record_bytes;
	bool random;
	struct random generator;
};

/* -ERANGE: not one record fits. */
int positions_begin(struct positions *positions, uint64_t start, uint64_t span,
		    uint64_t record_bytes, bool random, uint64_t seed);
uint64_t positions_next(struct positions *positions); /* bytes */

#endif
