/* SPDX-License-Identifier: MIT */
/*
 * What iozone itself would have written: its table and the blocks of its -R report, column for
 * column as version 3.489 prints them. Rates go through iozone's clock: whole microseconds, less
 * one for the clock's resolution, at least one. The journal has the times as they were.
 */
#include "bench/file/iozone.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>

enum { KIB = 1024 };

/* iozone's columns; those that were not measured stay blank. */
static const struct {
	int width, metric;
} columns[] = {
	{ 9, IOZONE_WRITE },	     { 9, IOZONE_REWRITE },	    { 9, IOZONE_READ },
	{ 9, IOZONE_REREAD },	     { 9, IOZONE_RANDOM_READ },	    { 9, IOZONE_RANDOM_WRITE },
	{ 9, IOZONE_BACKWARD_READ }, { 10, IOZONE_RECORD_REWRITE }, { 10, IOZONE_STRIDE_READ },
	{ 9, IOZONE_FWRITE },	     { 9, IOZONE_FREWRITE },	    { 9, IOZONE_FREAD },
	{ 9, IOZONE_FREREAD },
};

static const struct {
	const char *title;
	int metric;
} blocks[] = {
	{ "Writer", IOZONE_WRITE },
	{ "Re-writer", IOZONE_REWRITE },
	{ "Reader", IOZONE_READ },
	{ "Re-Reader", IOZONE_REREAD },
	{ "Random read", IOZONE_RANDOM_READ },
	{ "Random write", IOZONE_RANDOM_WRITE },
	{ "Backward read", IOZONE_BACKWARD_READ },
	{ "Record rewrite", IOZONE_RECORD_REWRITE },
	{ "Stride read", IOZONE_STRIDE_READ },
	{ "Fwrite", IOZONE_FWRITE },
	{ "Re-Fwrite", IOZONE_FREWRITE },
	{ "Fread", IOZONE_FREAD },
	{ "Re-Fread", IOZONE_FREREAD },
};

/* 0: not measured. */
static unsigned long long stock_rate(const struct run *run, int metric,
				     const struct iozone_cell *cell)
{
	uint64_t point[AXES] = { cell->file_bytes / KIB, cell->record_bytes / KIB };
	double rate = metric < 0 ? NAN : run_value(run, (unsigned)metric, point, NULL);
	double bytes = (double)(cell->file_bytes / cell->record_bytes * cell->record_bytes), us;

	if (isnan(rate) || rate <= 0)
		return 0;
	us = floor(rint(bytes / KIB / rate * 1e9) / 1e3) - 1; /* elapsed ns are whole */
	return (unsigned long long)(bytes / (us > 1 ? us : 1) * 1e6) >> 10;
}

/* Its two title lines, blanks at the end included. */
static const char titles[] = "                                                              rand"
			     "om    random     bkwd    record    stride                         "
			     "           \n"
			     "              kB  reclen    write  rewrite    read    reread    re"
			     "ad     write     read   rewrite      read   fwrite frewrite    fre"
			     "ad  freread\n";

static void add_row(const struct run *run, const struct iozone_cell *cell, struct text *out)
{
	text_add(out, "%16llu%8llu", (unsigned long long)cell->file_bytes / KIB,
		 (unsigned long long)cell->record_bytes / KIB);
	for (size_t i = 0; i < COUNT_OF(columns); i++) {
		unsigned long long rate = stock_rate(run, columns[i].metric, cell);

		if (rate)
			text_add(out, "%*llu", columns[i].width, rate);
		else /* iozone leaves one blank too few for a missing fread, freread */
			text_add(out, "%*s", columns[i].width - (i + 1 == COUNT_OF(columns)), "");
	}
	text_add(out, "\n");
}

static void add_options(const struct run *run, struct text *out)
{
	const union value *value = run->value;

	text_add(out, "\n\tAuto Mode\n\tUsing minimum file size of %llu kilobytes.\n",
		 (unsigned long long)value[IOZONE_MIN_FILE].num / KIB);
	text_add(out, "\tUsing maximum file size of %llu kilobytes.\n",
		 (unsigned long long)value[IOZONE_MAX_FILE].num / KIB);
	text_add(out, "\tUsing Minimum Record Size %llu kB\n\tUsing Maximum Record Size %llu kB\n",
		 (unsigned long long)value[IOZONE_MIN_RECORD].num / KIB,
		 (unsigned long long)value[IOZONE_MAX_RECORD].num / KIB);
	if (value[IOZONE_FLUSH].on)
		text_add(out, "\tInclude fsync in write timing\n");
	if (value[IOZONE_CLOSE].on)
		text_add(out, "\tInclude close in write timing\n");
	if (value[IOZONE_DIRECT].on)
		text_add(out, "\tO_DIRECT feature enabled\n");
}

static int write_table(const struct run *run, struct text *out)
{
	struct iozone_cell cell = { 0 };

	if (!run->shared->count)
		return -ENODATA;
	text_add(out, "\tIozone: Performance Test of File I/O\n"
		      "\t        Version $Revision: 3.489 $ (its report, written by Assay)\n");
	add_options(run, out);
	text_add(out, "\tOutput is in kBytes/sec\n\tTime Resolution = 0.000001 seconds.\n%s",
		 titles);
	while (iozone_next_cell(run->value, &cell))
		add_row(run, &cell, out);
	text_add(out, "\niozone test complete.\n");
	return out->cut ? -ENOSPC : 0;
}

/* ---- the -R report ---- */

static bool measured(const struct run *run, int metric)
{
	return !isnan(run_value(run, (unsigned)metric, NULL, NULL));
}

/* One line: the file's size, then a rate for each record that fits; 0 where the cross-over left a
 * hole. */
static void add_block_row(const struct run *run, int metric, uint64_t file_bytes, struct text *out)
{
	struct iozone_cell cell = { file_bytes, run->value[IOZONE_MIN_RECORD].num };
	uint64_t first = iozone_first_record(run->value, file_bytes);

	text_add(out, "\"%llu\"  ", (unsigned long long)file_bytes / KIB);
	for (; cell.record_bytes <= run->value[IOZONE_MAX_RECORD].num &&
	       cell.record_bytes <= file_bytes;
	     cell.record_bytes *= 2)
		text_add(out, " %llu ",
			 cell.record_bytes < first ? 0 : stock_rate(run, metric, &cell));
	text_add(out, "\n");
}

static void add_block(const struct run *run, size_t block, struct text *out)
{
	uint64_t largest = run->value[IOZONE_MAX_RECORD].num;

	text_add(out, "\n\"%s report\"\n      ", blocks[block].title);
	for (uint64_t record = run->value[IOZONE_MIN_RECORD].num; record <= largest; record *= 2)
		text_add(out, "  \"%llu\"", (unsigned long long)record / KIB);
	text_add(out, "\n");
	for (uint64_t file = run->value[IOZONE_MIN_FILE].num;
	     file <= run->value[IOZONE_MAX_FILE].num; file *= 2)
		add_block_row(run, blocks[block].metric, file, out);
}

static int write_excel(const struct run *run, struct text *out)
{
	if (!run->shared->count)
		return -ENODATA;
	text_add(out, "Excel output is below:\n");
	for (size_t i = 0; i < COUNT_OF(blocks); i++)
		if (measured(run, blocks[i].metric))
			add_block(run, i, out);
	return out->cut ? -ENOSPC : 0;
}

const struct stock_file iozone_stock[] = {
	{ "iozone.txt", write_table },
	{ "iozone-excel.txt", write_excel },
	{ 0 },
};
