/* SPDX-License-Identifier: MIT */
/*
 * Sectors that know where they belong. Each 512 bytes hold a magic number, seed of the run, file
 * and generation, number in the file, 59 words that follow from those, and a checksum; so what is
 * found in the wrong place, or too old, says where it comes from. Little-endian words. Pure.
 */
#ifndef ASSAY_ENGINE_SECTORS_H
#define ASSAY_ENGINE_SECTORS_H

#include "lib/lib.h"

enum { SECTOR = 512 };

struct sector {
	uint64_t seed, number; /* of the run; in the file, in units of 512 bytes */
	uint32_t file, generation;
};
void sector_fill(uint8_t *out, const struct sector *sector);

enum sector_kind {
	SECTOR_RIGHT,
	SECTOR_ZEROS,
	SECTOR_STALE,	  /* an older generation of itself: a write was lost */
	SECTOR_NEWER,	  /* a later one */
	SECTOR_MISPLACED, /* what belongs elsewhere: a write or a read went astray */
	SECTOR_FOREIGN,	  /* what a run with another seed wrote */
	SECTOR_FLIPPED,	  /* itself, but for at most 64 bits */
	SECTOR_GARBLED,	  /* none of these */
	SECTOR_KINDS
};
struct sector_found {
	enum sector_kind kind;
	struct sector sector; /* whose data it is: of the kinds stale to foreign */
	unsigned bits, byte;  /* how many differ, and the first byte with one */
};
void sector_check(const uint8_t *data, const struct sector *expected, struct sector_found *out);
/* "zeros", "generation 1 instead of 2", ... */
void sector_describe(const struct sector_found *found, const struct sector *expected,
		     struct text *out);

#endif
