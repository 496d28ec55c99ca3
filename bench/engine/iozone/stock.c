/* SPDX-License-Identifier: MIT */
/* iozone's table of rates. */
#include "bench/engine/iozone/stock.h"

#include <errno.h>
#include <math.h>

enum { KIB = 1024 };

/* iozone leaves a blank too few for a missing freread, and one too many for a missing pread. */
const struct stock_column stock_columns[IOZONE_RATES] = {
	{ IOZONE_WRITE, 0, 9, 9, "Writer", "Writer" },
	{ IOZONE_REWRITE, 0, 9, 9, "Re-writer", "Re-writer" },
	{ IOZONE_READ, 1, 9, 9, "Reader", "Reader" },
	{ IOZONE_REREAD, 1, 9, 9, "Re-Reader", "Re-reader" },
	{ IOZONE_RANDOM_READ, 2, 9, 9, "Random read", "Random Read" },
	{ IOZONE_RANDOM_WRITE, 2, 9, 9, "Random write", "Random Write" },
	{ IOZONE_BACKWARD_READ, 3, 9, 9, "Backward read", "Backward Read" },
	{ IOZONE_RECORD_REWRITE, 4, 10, 10, "Record rewrite", "Record Rewrite" },
	{ IOZONE_STRIDE_READ, 5, 10, 10, "Stride read", "Stride Read" },
	{ IOZONE_FWRITE, 6, 9, 9, "Fwrite", "Fwrite" },
	{ IOZONE_FREWRITE, 6, 9, 9, "Re-Fwrite", "Re-fwrite" },
	{ IOZONE_FREAD, 7, 9, 9, "Fread", "Fread" },
	{ IOZONE_FREREAD, 7, 9, 8, "Re-Fread", "Re-fread" },
	{ IOZONE_PWRITE, 9, 9, 9, "Pwrite", "Pwrite" },
	{ IOZONE_REPWRITE, 9, 9, 9, "Re-Pwrite", "Re-pwrite" },
	{ IOZONE_PREAD, 10, 8, 9, "Pread", "Pread" },
	{ IOZONE_REPREAD, 10, 9, 9, "Re-Pread", "Re-pread" },
	{ IOZONE_PWRITEV, 11, 9, 9, "Pwritev", "Pwritev" },
	{ IOZONE_REPWRITEV, 11, 10, 10, "Re-Pwritev", "Re-pwritev" },
	{ IOZONE_PREADV, 12, 10, 10, "Preadv", "Preadv" },
	{ IOZONE_REPREADV, 12, 9, 9, "Re-Preadv", "Re-preadv" },
};

enum { POSITIONED = 1 << 9 | 1 << 10, VECTORED = 1 << 11 | 1 << 12 };

/* A second pass of a test that the run asks for, but not for second passes. */
static bool is_left_out(const struct run *run, const struct stock_column *column)
{
	return iozone_tests(run->value) & 1u << column->test && iozone_is_retest(column->metric) &&
	       !run->value[IOZONE_RETESTS].on;
}

bool stock_has(const struct run *run, const struct stock_column *column)
{
	return !isnan(run_value(run, column->metric, NULL, NULL)) || is_left_out(run, column);
}

static double value_at(const struct run *run, unsigned metric, const struct iozone_cell *cell)
{
	uint64_t point[AXES] = { cell->file_bytes / KIB, cell->record_bytes / KIB };
	double value = run_value(run, metric, point, NULL);

	return isnan(value) ? 0 : value;
}

double stock_share(const struct run *run, unsigned metric, const struct iozone_cell *cell)
{
	return value_at(run, IOZONE_CPU_FIRST + metric, cell);
}

unsigned long long stock_rate(const struct run *run, unsigned metric,
			      const struct iozone_cell *cell)
{
	double rate = value_at(run, metric, cell);
	uint64_t count = cell->file_bytes / cell->record_bytes;
	double bytes = (double)(count * cell->record_bytes), us;

	if (rate <= 0)
		return 0;
	us = floor(rint(bytes / KIB / rate * 1e9) / 1e3) - 1; /* elapsed ns are whole */
	us = us > 1 ? us : 1;
	switch (run->value[IOZONE_UNIT].num) {
	case IOZONE_UNIT_OPS:
		return (unsigned long long)((double)count / us * 1e6);
	case IOZONE_UNIT_US:
		return (unsigned long long)(us / (double)count);
	default:
		return (unsigned long long)(bytes / us * 1e6) >> 10;
	}
}

/* ---- the table ---- */

/* Its two title lines, blanks at the end included. */
static void add_titles(const union value *values, struct text *out)
{
	bool positioned = iozone_tests(values) & (POSITIONED | VECTORED),
	     vectored = iozone_tests(values) & VECTORED;

	text_add(out,
		 "                                                              random    random"
		 "     bkwd    record    stride                                    %*s%*s\n",
		 positioned ? 35 : 0, "", vectored ? 38 : 0, "");
	text_add(out, "              kB  reclen    write  rewrite    read    reread    read     "
		      "write     read   rewrite      read   fwrite frewrite    fread  freread");
	if (positioned)
		text_add(out, "  pwrite repwrite   pread   repread");
	if (vectored)
		text_add(out, "  pwritev repwritev    preadv repreadv");
	text_add(out, "\n");
}

/* What -+n left out is a 0 there; what failed is no figure at all. */
static void add_number(const struct run *run, const struct stock_column *column,
		       const struct iozone_cell *cell, struct text *out)
{
	unsigned long long rate = stock_rate(run, column->metric, cell);

	if (value_at(run, column->metric, cell) > 0 || is_left_out(run, column))
		text_add(out, "%*llu", column->width, rate);
	else
		text_add(out, "%*s", column->blank, "");
}

static bool is_measured(const struct run *run, const struct iozone_cell *cell)
{
	for (unsigned metric = 0; metric < IOZONE_RATES; metric++)
		if (value_at(run, metric, cell) > 0)
			return true;
	return false;
}

static void add_row(const struct run *run, const struct iozone_cell *cell, struct text *out)
{
	unsigned tests = iozone_tests(run->value);
	unsigned shown = tests & VECTORED   ? IOZONE_REPREADV + 1 :
			 tests & POSITIONED ? IOZONE_REPREAD + 1 :
					      IOZONE_FREREAD + 1;

	text_add(out, "%16llu%8llu", (unsigned long long)cell->file_bytes / KIB,
		 (unsigned long long)cell->record_bytes / KIB);
	for (unsigned i = 0; i < shown; i++)
		add_number(run, &stock_columns[i], cell, out);
	text_add(out, "\n");
}

int stock_table(const struct run *run, struct text *out)
{
	struct iozone_cell cell = { 0 };

	if (!run->shared->count)
		return -ENODATA;
	text_add(out, "\tIozone: Performance Test of File I/O\n"
		      "\t        Version $Revision: 3.489 $ (its report, written by Assay)\n");
	if (iozone_bounded(run->value))
		text_add(out, "\tBounded mode: rates are estimates from parts of each pass\n");
	stock_options(run->value, out);
	text_add(out, "\tTime Resolution = 0.000001 seconds.\n");
	text_add(out, "\tFile stride size set to %llu * record size.\n",
		 (unsigned long long)run->value[IOZONE_STRIDE].num);
	add_titles(run->value, out);
	while (iozone_next_cell(run->value, &cell))
		if (is_measured(run, &cell))
			add_row(run, &cell, out);
	text_add(out, "\niozone test complete.\n");
	return out->cut ? -ENOSPC : 0;
}

const struct stock_file iozone_stock[] = {
	{ "iozone.txt", stock_table },
	{ "iozone-excel.txt", stock_report },
	{ "iozone.xls", stock_worksheet, .media = "application/vnd.ms-excel" },
	{ 0 },
};
