/* SPDX-License-Identifier: MIT */
/* iozone's own way through the matrix: every test of every cell, from its first record to its last.
 */
#ifndef ASSAY_ENGINE_IOZONE_EXACT_H
#define ASSAY_ENGINE_IOZONE_EXACT_H

#include "bench/engine/iozone/records.h"
#include "bench/file/iozone.h"

/* Record and file size, data, orders. What went wrong is said; records_cell_end() in any case. */
int records_cell_begin(struct records *records, const struct iozone_cell *cell);
void records_cell_end(struct records *records);

/* Tests that fail are told and counted, and the others go on. 0, or what run_fail() returned. */
int exact_measure(struct records *records, double (*cell_seconds)(const union value *values,
								  const struct iozone_cell *cell));

#endif
