/* SPDX-License-Identifier: MIT */
/*
 * pwritev and preadv, up to 16 records a call. No common binary of iozone has these tests; by its
 * source, on Linux, a call takes consecutive records from a random place. There a place may be drawn
 * twice, or lie so late that the call runs past the end of the file, and then it fails: here each
 * vector of the file is visited once, in a random order, and what is left over at the end is last.
 */
#ifndef ASSAY_ENGINE_IOZONE_VECTORS_H
#define ASSAY_ENGINE_IOZONE_VECTORS_H

#include "bench/engine/iozone/records.h"

enum { VECTORS_TESTS = 1 << 11 | 1 << 12 };

/* Sets how many records make a vector: 16, or fewer of those above 1 MiB (iozone's buffer has
 * 16 MiB). 0 or -ENOMEM. vectors_end() in any case. */
int vectors_begin(struct records *records);
void vectors_end(struct records *records);

/* from and to are multiples of records->vectors.records, or `to` is the count. */
int walk_pwritev(struct records *records, int fd, uint64_t from, uint64_t to);
int walk_preadv(struct records *records, int fd, uint64_t from, uint64_t to);
uint64_t record_vector(struct records *records, uint64_t operation);

#endif
