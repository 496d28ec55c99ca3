/* SPDX-License-Identifier: MIT */
/* What file.bonnie and the writers of bonnie++'s own reports share: the order of parameters and
 * metrics. */
#ifndef ASSAY_FILE_BONNIE_H
#define ASSAY_FILE_BONNIE_H

#include "bench/bench.h"

enum bonnie_param {
	BONNIE_SIZE,
	BONNIE_CHUNK,
	BONNIE_SEEKS,
	BONNIE_SEEKERS,
	BONNIE_DEFINITION,
	BONNIE_RAM,
	BONNIE_FSYNC,
	BONNIE_SYNC,
	BONNIE_PER_BYTE,
	BONNIE_PER_BYTE_BYTES,
	BONNIE_PATTERN,
	BONNIE_SEED,
	BONNIE_REPEATS,
	BONNIE_MACHINE,
	BONNIE_PARAMS,
};

enum bonnie_definition { BONNIE_2_00, BONNIE_1_03 };

/* In bonnie++'s order. Each phase has the figures below: metric = phase * BONNIE_FIGURES + figure. */
enum bonnie_phase {
	BONNIE_PUTC,
	BONNIE_PUT_BLOCK,
	BONNIE_REWRITE,
	BONNIE_GETC,
	BONNIE_GET_BLOCK,
	BONNIE_SEEKS_PHASE,
	BONNIE_PHASES,
};
enum bonnie_figure {
	BONNIE_RATE,
	BONNIE_CPU,
	BONNIE_LATENCY,
	BONNIE_P50,
	BONNIE_P99,
	BONNIE_P999,
	BONNIE_FIGURES,
};

/* What the values mean together. */
uint64_t bonnie_file_bytes(const union value *values); /* size, or bonnie++'s rule when it is 0 */
uint64_t
bonnie_per_byte_bytes(const union value *values); /* of the putc and getc phases; 0: skipped */
unsigned bonnie_seekers(const union value *values);

/* The stock tool's own reports (stock_bonnie.c). */
extern const struct stock_file bonnie_stock[];

#endif
