/* SPDX-License-Identifier: MIT */
/* Whether a layer below answers reads from memory that ours does not show. Pure. */
#ifndef ASSAY_ENGINE_BELOW_H
#define ASSAY_ENGINE_BELOW_H

#include "bench/engine/disk/medium.h"

/* A working set whose records were all read once in random order, and then again in another:
 * medians. */
struct below_level {
	uint64_t bytes;
	double first_us, again_us;
	double hits; /* 0..1 of the second reads were nearer to a hit than to a miss */
};

enum { BELOW_LEVELS = 12 };
struct below_facts {
	enum medium medium;
	size_t levels;
	struct below_level level[BELOW_LEVELS]; /* growing */
	double fresh_us; /* reading what was written just before, median; 0: unknown */
};

struct below_limits {
	double ratio;	    /* a median so many times shorter is another source */
	double memory_us;   /* memory below answers within this, however slow the machine */
	uint64_t own_bytes; /* caches that disks and controllers have themselves */
	bool expected;	    /* a cache below is what was wanted */
};

/* Whether a set was read faster the second time. */
bool below_is_cached(const struct below_level *level, double ratio);
/* The bytes that the layer below kept: of a set that it had wholly, all, else the share that was
 * hit. 0: nothing. *more: the largest set was kept, it may be more. */
uint64_t below_estimate(const struct below_facts *facts, double ratio, bool *more);

/*
 * The rules, in this order:
 *  no set: unknown.
 *  A set read faster the second time: a cache. On metal, up to own_bytes: right, the disk's own.
 *	Right when it was expected. Else false: what is read is not the disk.
 *  rotating, and the first reads are faster than memory_us: false, no arm moves so fast.
 *  virtual, and what was just written is read back faster: unknown, writes are kept.
 *  The second reads are slower than memory_us: right, no memory answers so slowly.
 *  flash: right.
 *  Else (virtual) unknown: no cache, or all of it was in there from the start.
 */
enum verdict_type below_judge(const struct below_facts *facts, const struct below_limits *limits,
			      char *why, size_t room);

#endif
