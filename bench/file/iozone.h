/* SPDX-License-Identifier: MIT */
/* What file.iozone and the writers of iozone's own reports share: parameters, metrics, the matrix
 * of cells. */
#ifndef ASSAY_FILE_IOZONE_H
#define ASSAY_FILE_IOZONE_H

#include "bench/bench.h"

enum iozone_param {
	IOZONE_MIN_FILE,
	IOZONE_MAX_FILE,
	IOZONE_MIN_RECORD,
	IOZONE_MAX_RECORD,
	IOZONE_SMALL_RECORDS,
	IOZONE_FILES,
	IOZONE_RECORDS,
	IOZONE_TESTS,
	IOZONE_RETESTS,
	IOZONE_STRIDE,
	IOZONE_FLUSH,
	IOZONE_CLOSE,
	IOZONE_DIRECT,
	IOZONE_SYNC,
	IOZONE_UNIT,
	IOZONE_CPU,
	IOZONE_COLD,
	IOZONE_PATTERN,
	IOZONE_SEED,
	IOZONE_MODE,
	IOZONE_INTERVAL,
	IOZONE_CAP,
	IOZONE_PARAMS,
};

enum iozone_unit { IOZONE_UNIT_KB, IOZONE_UNIT_OPS, IOZONE_UNIT_US };

/* Metrics, in the order of iozone's columns. */
enum iozone_metric {
	IOZONE_WRITE,
	IOZONE_REWRITE,
	IOZONE_READ,
	IOZONE_REREAD,
	IOZONE_RANDOM_READ,
	IOZONE_RANDOM_WRITE,
	IOZONE_BACKWARD_READ,
	IOZONE_RECORD_REWRITE,
	IOZONE_STRIDE_READ,
	IOZONE_FWRITE,
	IOZONE_FREWRITE,
	IOZONE_FREAD,
	IOZONE_FREREAD,
	IOZONE_PWRITE,
	IOZONE_REPWRITE,
	IOZONE_PREAD,
	IOZONE_REPREAD,
	IOZONE_PWRITEV,
	IOZONE_REPWRITEV,
	IOZONE_PREADV,
	IOZONE_REPREADV,
	IOZONE_RATES, /* and as many again: the processor's share, in the same order */
	IOZONE_CPU_FIRST = IOZONE_RATES,
	IOZONE_CPU_LAST = IOZONE_CPU_FIRST + IOZONE_RATES - 1,
	IOZONE_HALF_WIDTH,
	IOZONE_SHARE,
	IOZONE_METRICS,
};

/* Axes: file KiB, record KiB. */
struct iozone_cell {
	uint64_t file_bytes, record_bytes;
};

/* The cells in iozone's order: files growing, in each the records growing up to the file. Start
 * with a zeroed cell; false: there is none after it. */
bool iozone_next_cell(const union value *values, struct iozone_cell *cell);
/* The axes by themselves: the next larger size, the first one after 0; 0: there is none. */
uint64_t iozone_next_file(const union value *values, uint64_t after);
uint64_t iozone_next_record(const union value *values, uint64_t after);
uint64_t iozone_largest_file(const union value *values);
uint64_t iozone_largest_record(const union value *values);
/* The smallest record for this file: the "cross-over" of files above 16 MiB. */
uint64_t iozone_first_record(const union value *values, uint64_t file_bytes);
enum iozone_mode { IOZONE_AUTO, IOZONE_EXACT, IOZONE_BOUNDED };
/* What exact mode moves: all passes of all cells, without the cross-over's holes. */
double iozone_exact_bytes(const union value *values);
/* Whether the mode is bounded; mode=auto is when exact mode would move more than 16 GiB. */
bool iozone_bounded(const union value *values);
enum { IOZONE_LAST_TEST = 12 };
/* Bit n: test -i n; 0 when the text is not a list of tests. */
unsigned iozone_tests(const union value *values);
unsigned iozone_tests_of(const char *list);
bool iozone_is_retest(unsigned metric); /* a second pass, which -+n leaves out */
int iozone_check_matrix(const union value *values, char *why, size_t room);

/* The stock tool's own reports (bench/engine/iozone/stock.c). */
extern const struct stock_file iozone_stock[];

#endif
