/* SPDX-License-Identifier: MIT */
/* Sectors that know where they belong: see sectors.h. */
#include "bench/engine/disk/sectors.h"
#include "bench/engine/shuffle.h"

#include <string.h>

enum {
	WORDS = SECTOR / 8,
	MAGIC_AT = 0,
	SEED_AT,
	WHICH_AT,
	NUMBER_AT,
	BODY_AT,
	SUM_AT = WORDS - 1
};
enum { FEW_BITS = 64 };
static const uint64_t magic = 0x2179617373610a1a; /* a line end, "assay!" */

/* Position counts: words exchanged do not sum to the same. */
static uint64_t sum_up(const uint64_t *words)
{
	uint64_t sum = 0;

	for (int i = 0; i < SUM_AT; i++)
		sum = (sum ^ words[i]) * 0x9e3779b97f4a7c15;
	return shuffle_mix(sum);
}

static void fill_words(uint64_t *words, const struct sector *sector)
{
	uint64_t state;

	words[MAGIC_AT] = magic;
	words[SEED_AT] = sector->seed;
	words[WHICH_AT] = (uint64_t)sector->file << 32 | sector->generation;
	words[NUMBER_AT] = sector->number;
	state = shuffle_mix(sector->seed ^
			    shuffle_mix(words[WHICH_AT] ^ shuffle_mix(sector->number)));
	for (int i = BODY_AT; i < SUM_AT; i++)
		words[i] = shuffle_mix(state + (uint64_t)i);
	words[SUM_AT] = sum_up(words);
}

void sector_fill(uint8_t *out, const struct sector *sector)
{
	uint64_t words[WORDS];

	fill_words(words, sector);
	memcpy(out, words, SECTOR);
}

static bool is_zero(const uint64_t *words)
{
	for (int i = 0; i < WORDS; i++)
		if (words[i])
			return false;
	return true;
}

static void compare(const uint64_t *words, const uint64_t *wanted, struct sector_found *out)
{
	out->bits = 0;
	out->byte = SECTOR;
	for (unsigned i = 0; i < WORDS; i++) {
		uint64_t difference = words[i] ^ wanted[i];

		out->bits += (unsigned)__builtin_popcountll(difference);
		if (difference && out->byte == SECTOR)
			out->byte = i * 8 + (unsigned)__builtin_ctzll(difference) / 8;
	}
}

static enum sector_kind compare_origin(const struct sector *found, const struct sector *expected)
{
	if (found->seed != expected->seed)
		return SECTOR_FOREIGN;
	if (found->file != expected->file || found->number != expected->number)
		return SECTOR_MISPLACED;
	return found->generation < expected->generation ? SECTOR_STALE : SECTOR_NEWER;
}

void sector_check(const uint8_t *data, const struct sector *expected, struct sector_found *out)
{
	uint64_t words[WORDS], wanted[WORDS];

	memcpy(words, data, SECTOR);
	fill_words(wanted, expected);
	out->kind = SECTOR_RIGHT;
	if (!memcmp(words, wanted, SECTOR))
		return;
	compare(words, wanted, out);
	out->sector = (struct sector){ words[SEED_AT], words[NUMBER_AT],
				       (uint32_t)(words[WHICH_AT] >> 32),
				       (uint32_t)words[WHICH_AT] };
	if (is_zero(words))
		out->kind = SECTOR_ZEROS;
	else if (words[MAGIC_AT] == magic && words[SUM_AT] == sum_up(words))
		out->kind = compare_origin(&out->sector, expected);
	else
		out->kind = out->bits <= FEW_BITS ? SECTOR_FLIPPED : SECTOR_GARBLED;
	/* Of the same origin, with a right sum, and yet not equal: only the body can differ. */
	if (out->kind == SECTOR_NEWER && out->sector.generation == expected->generation)
		out->kind = SECTOR_GARBLED;
}

void sector_describe(const struct sector_found *found, const struct sector *expected,
		     struct text *out)
{
	const struct sector *sector = &found->sector;

	switch (found->kind) {
	case SECTOR_RIGHT:
		text_add(out, "right");
		break;
	case SECTOR_ZEROS:
		text_add(out, "zeros");
		break;
	case SECTOR_STALE:
	case SECTOR_NEWER:
		text_add(out, "generation %u instead of %u: %s", sector->generation,
			 expected->generation,
			 found->kind == SECTOR_STALE ? "a write was lost" : "written later");
		break;
	case SECTOR_MISPLACED:
		text_add(out, "what belongs to file %u, byte %llu", sector->file,
			 (unsigned long long)sector->number * SECTOR);
		break;
	case SECTOR_FOREIGN:
		text_add(out, "data of a run with seed %llu", (unsigned long long)sector->seed);
		break;
	default:
		text_add(out, "%u %s, the first in byte %u of its sector", found->bits,
			 found->kind == SECTOR_FLIPPED ? "bits flipped" : "bits differ",
			 found->byte);
	}
}
