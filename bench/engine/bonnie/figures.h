/* SPDX-License-Identifier: MIT */
/*
 * The figures of one repeat as bonnie++ writes them into a cell of a report. Rules for blanks,
 * "+++++" and units are those of bonnie++ 2.00a and 1.03e. Numbers that these rules hide are in the
 * journal.
 */
#ifndef ASSAY_BONNIE_FIGURES_H
#define ASSAY_BONNIE_FIGURES_H

#include "bench/file/bonnie.h"

enum { CELL = 48 };

unsigned figures_rounds(const struct run *run); /* repeats of which there is anything; 1 or more */
/* The sample that this repeat took; NAN when it took none. */
double figures_of(const struct run *run, unsigned phase, unsigned which, unsigned round);
/* bonnie++ does not call it a measurement: less than half a second. */
bool figures_short(const struct run *run, unsigned phase, unsigned round);
/* Whether the phases from first to before last have any. */
bool figures_any(const struct run *run, unsigned first, unsigned last);

/* Rate and CPU of a phase as a layout has them; `old`: of 1.03. */
void cells_phase(const struct run *run, unsigned phase, unsigned round, bool old, char rate[CELL],
		 char cpu[CELL]);
void cell_latency(const struct run *run, unsigned phase, unsigned round, char cell[CELL]);
void cell_size(uint64_t bytes, char cell[CELL]);  /* 300M, 16G */
void cell_chunk(uint64_t bytes, char cell[CELL]); /* 512, 8k */
void cell_machine(const struct run *run, char cell[CELL]);
/* "16", "16:2000:100/3", "16:link": 1.03's field and both texts' column. */
void cell_files(const union value *values, char cell[CELL]);

#endif
