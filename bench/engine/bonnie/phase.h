/* SPDX-License-Identifier: MIT */
/* What all phases of file.bonnie share: how time and CPU are taken, and how they become samples. */
#ifndef ASSAY_BONNIE_PHASE_H
#define ASSAY_BONNIE_PHASE_H

#include "bench/file/bonnie.h"

/* Where a repeat stands in the whole step. */
struct share {
	double from, part;
};

/* Elapsed time, and the CPU time of this process (user and system) in it. */
struct stretch {
	uint64_t start_ns;
	double elapsed_s, cpu_s;
};
void stretch_begin(struct stretch *stretch, const struct run *run);
void stretch_end(struct stretch *stretch, const struct run *run);

void phase_record(struct run *run, unsigned phase, const struct stretch *stretch,
		  const struct histogram *latency_ns);

/* The six phases on one large file. */
struct bonnie_io;
/* All repeats use what begin made; NULL and run_fail's error. */
int bonnie_io_begin(struct bonnie_io **io, struct run *run);
int bonnie_io_round(struct bonnie_io *io, uint64_t seed, struct share share);
void bonnie_io_end(struct bonnie_io *io); /* removes the file */

/* The six phases on many small files. */
struct catalog;
int bonnie_many_begin(struct catalog **many, struct run *run);
int bonnie_many_round(struct catalog *many, uint64_t seed, struct share share);
void bonnie_many_end(struct catalog *many); /* removes what is left of them */

#endif
