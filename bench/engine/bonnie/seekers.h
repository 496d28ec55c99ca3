/* SPDX-License-Identifier: MIT */
/*
 * bonnie++'s last phase: several seekers read random chunks of the test file at the same time and
 * write about every tenth back.
 *
 * 2.00: positions are tickets drawn beforehand; whoever is free takes the next; a ticket divisible
 * by 10 is an update. 1.03: a ticket only says "one more"; each seeker draws its own position, and
 * its 1st, 11th, 21st ... is an update. Both tools pass the tickets through a pipe; a shared
 * counter hands out the same tickets in the same order and does not put a second system call beside
 * each seek. 1.03 forked its seekers; here they are threads with files of their own, which is the
 * same work for the disk.
 */
#ifndef ASSAY_BONNIE_SEEKERS_H
#define ASSAY_BONNIE_SEEKERS_H

#include "bench/engine/bonnie/pieces.h"
#include "bench/engine/transfer.h"

enum { SEEKERS_MAX = 256 };

struct seek_job {
	const struct pieces *pieces; /* closed; each seeker opens its own */
	size_t chunk_bytes;
	uint32_t seeks;
	unsigned seekers;
	bool own_positions; /* 1.03 */
	bool sync_updates;  /* -b */
	bool sync_close;    /* 2.00 */
	uint64_t seed;
	uint64_t (*now_ns)(void);
};

struct seek_result {
	double elapsed_s, cpu_s; /* first start to last end; sum over the threads */
	uint64_t updates;
	struct histogram latency_ns;
	struct transfer failed; /* the call that ended the first seeker that failed */
};

/* -errno of the first seeker that failed. */
int seekers_run(const struct seek_job *job, struct seek_result *result);

#endif
