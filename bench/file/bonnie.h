/* SPDX-License-Identifier: MIT */
/* What file.bonnie, its phases and the writers of bonnie++'s own reports share: the order of
 * parameters and metrics, and what the values mean. */
#ifndef ASSAY_FILE_BONNIE_H
#define ASSAY_FILE_BONNIE_H

#include "bench/bench.h"

enum bonnie_param {
	BONNIE_SIZE,
	BONNIE_CHUNK,
	BONNIE_SEEKS,
	BONNIE_SEEKERS,
	BONNIE_DEFINITION,
	BONNIE_IO,
	BONNIE_RAM,
	BONNIE_FSYNC,
	BONNIE_SYNC,
	BONNIE_DIRECT,
	BONNIE_PER_BYTE,
	BONNIE_PER_BYTE_BYTES,
	BONNIE_FILES,
	BONNIE_FILES_MAX,
	BONNIE_FILES_MIN,
	BONNIE_FILES_DIRS,
	BONNIE_FILES_CHUNK,
	BONNIE_PATTERN,
	BONNIE_SEED,
	BONNIE_REPEATS,
	BONNIE_MACHINE,
	BONNIE_PARAMS,
};

enum bonnie_definition { BONNIE_2_00, BONNIE_1_03 };

/* In bonnie++'s order: of one large file, then of many small ones. Each phase has the figures
 * below: metric = phase * BONNIE_FIGURES + figure. */
enum bonnie_phase {
	BONNIE_PUTC,
	BONNIE_PUT_BLOCK,
	BONNIE_REWRITE,
	BONNIE_GETC,
	BONNIE_GET_BLOCK,
	BONNIE_SEEKS_PHASE,
	BONNIE_IO_PHASES,
	BONNIE_SEQ_CREATE = BONNIE_IO_PHASES,
	BONNIE_SEQ_STAT,
	BONNIE_SEQ_DEL,
	BONNIE_RAN_CREATE,
	BONNIE_RAN_STAT,
	BONNIE_RAN_DEL,
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
/* Behind them: of what three phases asked for, the share that the disk moved meanwhile. */
enum {
	BONNIE_PUT_BLOCK_DEVICE = BONNIE_PHASES * BONNIE_FIGURES,
	BONNIE_REWRITE_DEVICE,
	BONNIE_GET_BLOCK_DEVICE,
};

/* ---- what the values mean together: bench/engine/bonnie/rules.c ---- */

enum { BONNIE_MIB = 1048576, BONNIE_FILES_UNIT = 1024 };
bool bonnie_is_old(const union value *values);	       /* 1.03 */
uint64_t bonnie_file_bytes(const union value *values); /* size, or bonnie++'s rule when it is 0 */
uint64_t
bonnie_per_byte_bytes(const union value *values); /* of the putc and getc phases; 0: skipped */
unsigned bonnie_seekers(const union value *values);
bool bonnie_syncs(const union value *values, bool writes); /* in the time of such a phase */
/* How much a phase moves or does, in the unit of its rate: KiB, seeks, files. */
double bonnie_amount(const union value *values, unsigned phase);

/* Of the many files (-n): how many, of which sizes, in how many directories. */
struct bonnie_files {
	enum { FILES_PLAIN, FILES_LINK, FILES_SYMLINK } kind;
	uint32_t count;
	unsigned directories; /* 1: none below the first */
	uint64_t max_bytes, min_bytes;
	size_t chunk_bytes;
};
/* -EINVAL: files_max is none of its words. */
int bonnie_files(const union value *values, struct bonnie_files *out);

int bonnie_check(const union value *values, char *why, size_t room);
double bonnie_seconds(const union value *values, const struct speeds *speeds);
/* What only the machine can tell: memory and room for the files. 0 or run_fail's. */
int bonnie_refuse(struct run *run);

/* The stock tool's own reports: bench/engine/bonnie/stock*.c. */
extern const struct stock_file bonnie_stock[];

#endif
