/* SPDX-License-Identifier: MIT */
/* One cell of bounded mode: the figures of one file and record size. */
#ifndef ASSAY_ENGINE_BOUNDED_CELL_H
#define ASSAY_ENGINE_BOUNDED_CELL_H

#include "bench/engine/bounded/surface.h"

bool cell_reads(const struct records_test *test);
bool cell_makes_file(const struct records_test *test); /* or truncates it */

/* ---- whole passes ---- */

bool cell_needs_round(struct surface *surface, unsigned round, uint64_t elapsed_ns);
void cell_rounds_end(struct surface *surface); /* the intervals of the rounds */

/* ---- larger files; 0, or what run_fail() returned ---- */

/* The write test, whole, and what it tells of the caches. Its figure is told unless surface->whole.
 */
int cell_lay_out(struct surface *surface);
bool cell_all_cached(const struct surface *surface); /* and stays so from test to test */
/* Fills surface->hits for the record size at hand. */
int cell_foresee(struct surface *surface);
int cell_read(struct surface *surface, const struct records_test *test);
int cell_write(struct surface *surface, const struct records_test *test);

#endif
