/* SPDX-License-Identifier: MIT */
/* The file system under test: room, memory in front of it, and how to make it cold. */
#ifndef ASSAY_ENGINE_SCRATCH_H
#define ASSAY_ENGINE_SCRATCH_H

#include "bench/bench.h"

/* What the kernel manages, or what our memory cgroup may have of it; 0: unknown. */
uint64_t memory_bytes(void);

/* Refuses, with a clear line, a run that would fill the file system: a full disk hurts all that
 * follow. */
int scratch_need(struct run *run, uint64_t bytes);
/* Says whether what will be measured is the disk or memory. */
void scratch_note_memory(struct run *run, uint64_t file_bytes);

/* What is done so that reading means the disk: nothing; the kernel asked to forget this file; its
 * whole page cache dropped (root); the file system unmounted and mounted again (root). */
enum cold { COLD_NO, COLD_ADVISE, COLD_DROP, COLD_REMOUNT };
/*
 * Flushes files and takes them out of memory, and looks whether they left: the resident share of
 * their pages by mincore(2). More than 1 % of one is a warning with its figure. None may be open.
 * All are on one file system. 0, or what run_fail() returned.
 */
int scratch_cool(struct run *run, const char *path, enum cold how);
int scratch_cool_files(struct run *run, const char *const *paths, size_t count, enum cold how);
/* The share of a file that is in the page cache, 0..1. -errno. */
int scratch_resident(const char *path, double *share);

#endif
