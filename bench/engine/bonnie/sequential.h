/* SPDX-License-Identifier: MIT */
/*
 * bonnie++'s passes over its test file, one operation after the other from the first byte. The
 * files are open and at their start; the caller holds the clock. Each returns 0 or -errno; `done`
 * tells how many operations it got.
 */
#ifndef ASSAY_BONNIE_SEQUENTIAL_H
#define ASSAY_BONNIE_SEQUENTIAL_H

#include "bench/bench.h"
#include "bench/engine/pattern.h"
#include "bench/engine/bonnie/pieces.h"
#include "bench/engine/transfer.h"

struct sequential {
	struct run *run;
	const struct pieces *pieces;
	struct pattern *pattern;
	size_t chunk_bytes, stdio_bytes;
	uint8_t *chunk, *stdio;		      /* what was read; the buffer of putc and getc */
	uint64_t bytes;			      /* how far this pass goes */
	double progress_from, progress_share; /* of the whole step */
	uint64_t done, expected;	      /* operations */
	/* Of each operation; of bytes, as 2.00a has it, each chunk's worth of them (a clock read
	 * for every byte would take a tenth of the time); left empty by chars. */
	struct histogram latency_ns;
	struct transfer failed; /* the call that ended it; not of chars */
};

int sequential_put_bytes(struct sequential *pass); /* one write(2) each: 2.00 */
int sequential_get_bytes(struct sequential *pass);
int sequential_put_chars(struct sequential *pass); /* putc and getc: 1.03 */
int sequential_get_chars(struct sequential *pass);
int sequential_put_chunks(struct sequential *pass);
int sequential_get_chunks(struct sequential *pass);
int sequential_rewrite(struct sequential *pass); /* read, change a byte, seek back, write */

#endif
