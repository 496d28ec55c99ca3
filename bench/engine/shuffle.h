/* SPDX-License-Identifier: MIT */
/* Each of so many numbers once, in an order that looks random, with no memory for it. */
#ifndef ASSAY_ENGINE_SHUFFLE_H
#define ASSAY_ENGINE_SHUFFLE_H

#include "lib/lib.h"

struct shuffle {
	uint64_t count, mask, key;
	unsigned half; /* bits */
};
/* count > 0 */
void shuffle_begin(struct shuffle *shuffle, uint64_t count, uint64_t seed);
uint64_t shuffle_at(const struct shuffle *shuffle, uint64_t index); /* both below count */

/* 64 bits well mixed into 64 others: the output function of splitmix64 (Steele et al. 2014). */
uint64_t shuffle_mix(uint64_t in);

#endif
