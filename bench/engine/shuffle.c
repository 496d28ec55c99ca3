/* SPDX-License-Identifier: MIT */
/* A permutation computed, not stored: see shuffle.h. */
#include "bench/engine/shuffle.h"

uint64_t shuffle_mix(uint64_t in)
{
	in += 0x9e3779b97f4a7c15;
	in = (in ^ (in >> 30)) * 0xbf58476d1ce4e5b9;
	in = (in ^ (in >> 27)) * 0x94d049bb133111eb;
	return in ^ (in >> 31);
}

void shuffle_begin(struct shuffle *shuffle, uint64_t count, uint64_t seed)
{
	unsigned bits = 1;

	while (bits < 63 && (1ull << bits) < count)
		bits++;
	*shuffle = (struct shuffle){ .count = count,
				     .mask = (1ull << bits) - 1,
				     .key = shuffle_mix(seed),
				     .half = (bits + 1) / 2 };
}

/* Adding, multiplying by an odd number and folding the upper bits into the lower ones can each be
 * undone within these bits; so all together map them one to one. */
static uint64_t step(const struct shuffle *shuffle, uint64_t at)
{
	uint64_t key = shuffle->key;

	for (int i = 0; i < 3; i++) {
		at = (at + key) & shuffle->mask;
		at = at * 0x9e3779b97f4a7c15 & shuffle->mask;
		at ^= at >> shuffle->half;
		key = shuffle_mix(key);
	}
	return at;
}

/* What lands beyond the end goes on until it does not: at most half of the numbers do. */
uint64_t shuffle_at(const struct shuffle *shuffle, uint64_t index)
{
	do
		index = step(shuffle, index);
	while (index >= shuffle->count);
	return index;
}
