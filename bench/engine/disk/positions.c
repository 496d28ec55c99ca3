/* SPDX-License-Identifier: MIT */
/* Positions on a disk: see positions.h. */
#include "bench/engine/disk/positions.h"

#include <errno.h>

int positions_begin(struct positions *positions, uint64_t start, uint64_t span,
		    uint64_t record_bytes, bool random, uint64_t seed)
{
	uint64_t first = start / record_bytes + (start % record_bytes != 0);
	uint64_t end = (start + span) / record_bytes;

	*positions = (struct positions){
		.first = first,
		.count = end > first ? end - first : 0,
		.record_bytes = record_bytes,
		.random = random,
	};
	random_seed(&positions->generator, seed);
	return positions->count ? 0 : -ERANGE;
}

uint64_t positions_next(struct positions *positions)
{
	uint64_t at = positions->next;

	if (positions->random)
		at = random_below(&positions->generator, positions->count);
	else
		positions->next = at + 1 < positions->count ? at + 1 : 0;
	return (positions->first + at) * positions->record_bytes;
}
