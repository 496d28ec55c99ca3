/* SPDX-License-Identifier: MIT */
/* The file system under test: room, memory in front of it, and how to make it cold. */
#ifndef ASSAY_ENGINE_SCRATCH_H
#define ASSAY_ENGINE_SCRATCH_H

#include "bench/bench.h"

uint64_t memory_bytes(void); /* what the kernel manages; 0: unknown */

/* Refuses, with a clear line, a run that would fill the file system: a full disk hurts all that
 * follow. */
int scratch_need(struct run *run, uint64_t bytes);
/* Says whether what will be measured is the disk or memory. */
void scratch_note_memory(struct run *run, uint64_t file_bytes);

enum cold { COLD_NO, COLD_ADVISE, COLD_DROP };
/* Takes a file out of the page cache, and measures how much of it stayed (0..1). */
int scratch_cool(const char *path, enum cold how, double *resident);

#endif
