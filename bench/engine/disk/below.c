/* SPDX-License-Identifier: MIT */
/* Caches below: see below.h. */
#include "bench/engine/disk/below.h"

#include <stdio.h>

#define MIB 1048576.0
/* What a disk that is no rotating one must at least need to read, users-ask R15. */
static const double flash_us = 20;

bool below_is_cached(const struct below_level *level, double ratio)
{
	return level->first_us >= ratio * level->again_us;
}

uint64_t below_estimate(const struct below_facts *facts, double ratio, bool *more)
{
	uint64_t most = 0;

	*more = false;
	for (size_t i = 0; i < facts->levels; i++) {
		const struct below_level *level = &facts->level[i];
		bool whole = level->hits >= 0.9 && below_is_cached(level, ratio);
		/* A few records are hit by chance, or by reading ahead. */
		double kept = whole		 ? (double)level->bytes :
			      level->hits >= 0.1 ? (double)level->bytes * level->hits :
						   0;

		if ((uint64_t)kept > most)
			most = (uint64_t)kept;
		*more = whole;
	}
	for (size_t i = 0; i < facts->levels; i++)
		if (below_is_cached(&facts->level[i], ratio))
			return most;
	*more = false;
	return 0;
}

#define SAY(type, ...) (snprintf(why, room, __VA_ARGS__), VERDICT_##type)

static enum verdict_type judge_cache(const struct below_facts *facts,
				     const struct below_limits *limits, uint64_t bytes, bool more,
				     char *why, size_t room)
{
	const struct below_level *least = &facts->level[0];
	const char *about = more ? "at least" : "about";
	bool metal = facts->medium == MEDIUM_ROTATING || facts->medium == MEDIUM_FLASH;

	if (metal && bytes <= limits->own_bytes)
		return SAY(PASS,
			   "%s %.0f MiB are kept (%.0f us, then %.0f us): no more than disks and "
			   "controllers have themselves",
			   about, (double)bytes / MIB, least->first_us, least->again_us);
	if (limits->expected)
		return SAY(PASS, "a cache of %s %.0f MiB answers below, as expected", about,
			   (double)bytes / MIB);
	return SAY(
		FAIL,
		"a cache of %s %.0f MiB answers below: random reads take %.0f us the first time and "
		"%.0f us again; figures of reads are not the disk's (in QEMU: cache=none)",
		about, (double)bytes / MIB, least->first_us, least->again_us);
}

enum verdict_type below_judge(const struct below_facts *facts, const struct below_limits *limits,
			      char *why, size_t room)
{
	const struct below_level *last = &facts->level[facts->levels ? facts->levels - 1 : 0];
	bool seen_through = facts->medium == MEDIUM_ROTATING || facts->medium == MEDIUM_FLASH, more;
	uint64_t bytes;

	if (!facts->levels)
		return SAY(UNKNOWN, "the time did not suffice for one working set");
	bytes = below_estimate(facts, limits->ratio, &more);
	if (bytes)
		return judge_cache(facts, limits, bytes, more, why, room);
	if (facts->medium == MEDIUM_ROTATING && last->first_us < limits->memory_us)
		return SAY(FAIL,
			   "random reads take %.0f us, the first time, too: no arm moves so fast, "
			   "everything is served from memory below",
			   last->first_us);
	if (!seen_through && facts->fresh_us > 0 &&
	    last->again_us >= limits->ratio * facts->fresh_us)
		return SAY(
			UNKNOWN,
			"what was read before takes %.0f us, what was just written %.0f us: writes "
			"are kept below, reads are not",
			last->again_us, facts->fresh_us);
	if (last->again_us >= limits->memory_us || seen_through)
		return SAY(
			PASS,
			"random reads of %.0f MiB take %.0f us, and %.0f us again: no cache below is "
			"seen",
			(double)last->bytes / MIB, last->first_us, last->again_us);
	return SAY(
		UNKNOWN,
		"random reads of %.0f MiB take %.0f us, and %.0f us again%s: no cache below, or all "
		"was in it from the start",
		(double)last->bytes / MIB, last->first_us, last->again_us,
		last->first_us < flash_us ? ", faster than flash" : "");
}
