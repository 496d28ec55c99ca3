/* SPDX-License-Identifier: MIT */
/*
 * The model: what the page cache takes costs memory's time and, when it is flushed, the disk's;
 * what is larger than the cache is read at the disk's rate, out of order at its request rate. The
 * cache is taken for 80 % of the memory, what may wait in it unwritten for 15 % (the kernel's
 * defaults: writers are held back from (10 % + 20 %) / 2 on).
 */
#include "bench/engine/bounded/cost.h"
#include "bench/engine/bounded/cell.h"
#include "bench/engine/iozone/walks.h"

#include <math.h>

#define CACHE_SHARE 0.80
#define DIRTY_SHARE 0.15
/* Time of a test in bounded mode: from memory; from a disk that lets itself be seen in slices of
 * 100 ms when it reads and when it writes; the rounds of a small file. A writer goes past the
 * caches by a quarter, and what it leaves in them is flushed. */
#define CACHED_S    0.03
#define READ_S	    0.65
#define WRITE_S	    0.6
#define PAST_CACHES 0.25
#define ROUNDS	    4

static double from_memory(double bytes, double rate, double records, const struct speeds *speeds)
{
	return bytes / rate + records * speeds->call_s;
}

/* 4 KiB requests one at a time cost their seek; the rest of a record goes at the disk's rate. */
static double out_of_order(double bytes, double records, double requests, double rate)
{
	double seek_s = fmax(0, 1 / requests - 4096 / rate);

	return records * seek_s + bytes / rate;
}

static double write_seconds(const struct records_test *test, double bytes, double records,
			    const struct speeds *speeds)
{
	double dirty = fmin(bytes, DIRTY_SHARE * speeds->memory_bytes), rest = bytes - dirty;
	double seconds = from_memory(bytes, speeds->cache_write, records, speeds);

	if (test->walk == walk_rewrite) /* one record, and it alone is flushed */
		return seconds + bytes / records / speeds->disk_write + speeds->flush_s;
	if (test->record == record_forward)
		return fmax(seconds, rest / speeds->disk_write) + dirty / speeds->disk_write +
		       speeds->flush_s;
	return fmax(seconds, out_of_order(rest, records * rest / bytes, speeds->disk_random_write,
					  speeds->disk_write)) +
	       dirty / speeds->disk_write + speeds->flush_s;
}

static double read_seconds(const struct records_test *test, double bytes, double records,
			   const struct speeds *speeds)
{
	double memory = from_memory(bytes, speeds->cache_read, records, speeds);

	if (bytes <= CACHE_SHARE * speeds->memory_bytes)
		return memory;
	if (test->record == record_forward)
		return fmax(memory, bytes / speeds->disk_read);
	return fmax(memory,
		    out_of_order(bytes, records, speeds->disk_random_read, speeds->disk_read));
}

static double pass_seconds(const struct records_test *test, double bytes, double records,
			   const struct speeds *speeds)
{
	return cell_reads(test) ? read_seconds(test, bytes, records, speeds) :
				  write_seconds(test, bytes, records, speeds);
}

double cost_cell(const union value *values, const struct iozone_cell *cell,
		 const struct speeds *speeds)
{
	double bytes = (double)cell->file_bytes, seconds = 2 * speeds->flush_s + speeds->create_s;

	for (const struct records_test *test = records_tests; test->name; test++)
		if (records_wanted(values, test))
			seconds += pass_seconds(test, bytes, bytes / (double)cell->record_bytes,
						speeds);
	return seconds;
}

/* ---- bounded ---- */

static double written_part_seconds(const struct records_test *test, double bytes, double record,
				   const struct speeds *speeds)
{
	double whole = write_seconds(test, bytes, bytes / record, speeds),
	       dirty = DIRTY_SHARE * speeds->memory_bytes, dirty_s = dirty / speeds->disk_write;

	if (bytes <= dirty || test->walk == walk_rewrite) {
		double part = fmin(bytes, CACHED_S * speeds->cache_write);

		return write_seconds(test, part, part / record, speeds);
	}
	if (test->record != record_forward)
		dirty_s = out_of_order(dirty, dirty / record, speeds->disk_random_write,
				       speeds->disk_write);
	return fmin(whole, fmax(WRITE_S, PAST_CACHES * dirty_s) + dirty_s + speeds->flush_s);
}

static double read_part_seconds(const struct records_test *test, double bytes, double record,
				const struct speeds *speeds)
{
	double whole = read_seconds(test, bytes, bytes / record, speeds);

	if (bytes <= CACHE_SHARE * speeds->memory_bytes)
		return fmin(whole, CACHED_S);
	return fmin(whole, READ_S + 8 * record / speeds->disk_read);
}

static double part_seconds(const struct records_test *test, double bytes, double record,
			   const struct speeds *speeds)
{
	return cell_reads(test) ? read_part_seconds(test, bytes, record, speeds) :
				  written_part_seconds(test, bytes, record, speeds);
}

static double bounded_cell(const union value *values, const struct iozone_cell *cell,
			   const struct speeds *speeds)
{
	double bytes = (double)cell->file_bytes, seconds = 0;

	if (cell->file_bytes <= SURFACE_WHOLE)
		return ROUNDS * cost_cell(values, cell, speeds);
	for (const struct records_test *test = records_tests; test->name; test++)
		if (records_wanted(values, test) && !(test->before & RECORDS_UNTOLD))
			seconds += part_seconds(test, bytes, (double)cell->record_bytes, speeds);
	return seconds;
}

double cost_matrix(const union value *values, const struct speeds *speeds)
{
	bool bounded = iozone_bounded(values);
	struct iozone_cell cell = { 0 };
	uint64_t laid = 0;
	double seconds = 0;

	while (iozone_next_cell(values, &cell)) {
		seconds += bounded ? bounded_cell(values, &cell, speeds) :
				     cost_cell(values, &cell, speeds);
		if (!bounded || cell.file_bytes <= SURFACE_WHOLE)
			continue;
		/* Once a size; where it stays in memory, with each record size. */
		if (cell.file_bytes != laid || (double)laid <= CACHE_SHARE * speeds->memory_bytes)
			seconds += (double)cell.file_bytes / speeds->disk_write;
		laid = cell.file_bytes;
	}
	return seconds;
}
