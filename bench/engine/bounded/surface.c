/* SPDX-License-Identifier: MIT */
/* Bounded mode, size by size: see surface.h. */
#include "bench/engine/bounded/surface.h"
#include "bench/engine/bounded/cell.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { LAYOUT_RECORD = 1 << 20 };

static bool wanted(const struct surface *surface, const struct records_test *test)
{
	return records_wanted(surface->records->run->value, test);
}

/* Counts how a test ended. False: the next one makes no sense. */
static bool goes_on(struct surface *surface, int err)
{
	if (!err)
		failures_success(&surface->failures);
	else
		surface->final = failures_add(&surface->failures, surface->records->run, err);
	return !surface->final;
}

static void say(struct surface *surface, const struct records_test *test)
{
	struct records *records = surface->records;

	run_activity(records->run, "%s %llu x %llu KiB", test->name,
		     (unsigned long long)surface->file_bytes / 1024,
		     (unsigned long long)records->record_bytes / 1024);
}

/* iozone's sync(2), of this file system alone: what other disks have to do takes no time here. */
static void flush_file_system(const struct surface *surface)
{
	int fd = open(surface->records->run->target, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (fd < 0 || syncfs(fd))
		sync();
	if (fd >= 0)
		close(fd);
}

/* ---- small files: exact mode's own passes, in rounds ---- */

static bool measure_round(struct surface *surface)
{
	bool file = true;

	flush_file_system(surface);
	for (const struct records_test *test = records_tests; test->name && file && !surface->final;
	     test++) {
		int err;

		if (!wanted(surface, test))
			continue;
		say(surface, test);
		err = records_measure(surface->records, test);
		goes_on(surface, err);
		file = !err || !(test->before & RECORDS_FRESH);
	}
	unlink(surface->records->path);
	return file && !surface->final;
}

static void with_cell(struct surface *surface, size_t record, void (*measure)(struct surface *))
{
	struct iozone_cell cell = { surface->file_bytes, surface->record_bytes[record] };
	int err;

	if (surface->final)
		return;
	err = records_cell_begin(surface->records, &cell);
	if (!err)
		measure(surface);
	else
		goes_on(surface, err);
	records_cell_end(surface->records);
}

/* The data and the buffers are made anew for each round, as for each cell of exact mode: what the
 * round before left in the processor's caches would be another figure. */
static void one_round(struct surface *surface)
{
	surface->whole_round = measure_round(surface);
}

static void measure_small(struct surface *surface, size_t record)
{
	struct run *run = surface->records->run;
	uint64_t start_ns = run->now_ns();
	unsigned round = 0;

	surface->whole_round = true;
	while (surface->whole_round && cell_needs_round(surface, round, run->now_ns() - start_ns)) {
		surface->whole_round = false;
		with_cell(surface, record, one_round);
		round++;
	}
	cell_rounds_end(surface);
}

/* ---- larger files ---- */

/* The record size next below 1 MiB: large enough for the disk's own rate, and the processor's
 * caches hold it. */
static size_t layout_record(const struct surface *surface)
{
	size_t at = 0;

	while (at + 1 < surface->record_count && surface->record_bytes[at + 1] <= LAYOUT_RECORD)
		at++;
	return at;
}

static void lay_out(struct surface *surface)
{
	say(surface, records_tests);
	surface->laid = goes_on(surface, cell_lay_out(surface)) && !surface->failures.in_a_row;
}

static void measure_shared(struct surface *surface)
{
	if (!goes_on(surface, cell_foresee(surface)))
		return;
	for (const struct records_test *test = records_tests; test->name && !surface->final;
	     test++) {
		if (!wanted(surface, test) || cell_makes_file(test) ||
		    test->before & RECORDS_UNTOLD)
			continue;
		say(surface, test);
		goes_on(surface,
			cell_reads(test) ? cell_read(surface, test) : cell_write(surface, test));
	}
}

static void measure_fresh(struct surface *surface)
{
	for (const struct records_test *test = records_tests; test->name && !surface->final;
	     test++) {
		bool laid = test == records_tests &&
			    (surface->laid_each ||
			     surface->records->record_bytes == surface->laid_record);

		if (laid || !wanted(surface, test) || !cell_makes_file(test))
			continue;
		say(surface, test);
		goes_on(surface, cell_write(surface, test));
	}
}

/* A file that stays in memory is there in folios as large as the writes that made it, and a folio
 * counts as a whole when a record of it waits to be written: each record size has its own file, as
 * in exact mode. */
static void measure_cached(struct surface *surface, size_t first)
{
	surface->laid_each = true;
	with_cell(surface, first, measure_shared);
	for (size_t i = 0; i < surface->record_count && surface->laid; i++) {
		if (i == first)
			continue;
		with_cell(surface, i, lay_out);
		if (surface->laid)
			with_cell(surface, i, measure_shared);
	}
}

static void measure_whole(struct surface *surface)
{
	for (size_t i = 0; i < surface->record_count; i++)
		measure_small(surface, i);
}

static void measure_large(struct surface *surface)
{
	size_t first = layout_record(surface);

	flush_file_system(surface);
	surface->laid = surface->laid_each = false;
	with_cell(surface, first, lay_out);
	if (surface->laid && surface->whole) {
		unlink(surface->records->path);
		measure_whole(surface);
		return;
	}
	if (surface->laid && cell_all_cached(surface))
		measure_cached(surface, first);
	for (size_t i = 0; i < surface->record_count && surface->laid && !surface->laid_each; i++)
		with_cell(surface, i, measure_shared);
	unlink(surface->records->path);
	for (size_t i = 0; i < surface->record_count && surface->laid; i++)
		with_cell(surface, i, measure_fresh);
	unlink(surface->records->path);
}

static void measure_size(struct surface *surface)
{
	surface->whole = false;
	if (surface->file_bytes > SURFACE_WHOLE)
		measure_large(surface);
	else
		measure_whole(surface);
}

/* ---- the matrix ---- */

/* The next size with all its record sizes. *cell is the first cell of the size after it. */
static bool next_size(struct surface *surface, struct iozone_cell *cell, bool *more)
{
	const union value *values = surface->records->run->value;

	surface->file_bytes = cell->file_bytes;
	surface->record_count = 0;
	while (*more && cell->file_bytes == surface->file_bytes) {
		if (surface->record_count < SURFACE_RECORDS)
			surface->record_bytes[surface->record_count++] = cell->record_bytes;
		*more = iozone_next_cell(values, cell);
	}
	return surface->record_count > 0;
}

int surface_measure(struct records *records)
{
	const union value *values = records->run->value;
	struct surface surface = {
		.records = records,
		.interval = values[IOZONE_INTERVAL].real,
		.cap_s = values[IOZONE_CAP].real,
	};
	double largest = (double)iozone_largest_file(values);
	struct iozone_cell cell = { 0 };
	bool more = iozone_next_cell(values, &cell);

	run_note(records->run,
		 "bounded mode: a test of a cell ends when half of its 95 %% interval is %.3g %%",
		 surface.interval);
	while (!surface.final && next_size(&surface, &cell, &more)) {
		measure_size(&surface);
		run_progress(records->run, (double)surface.file_bytes / largest);
	}
	if (surface.wide)
		run_note(records->run,
			 "%u of %u figures have an interval wider than %.3g %%: see half_width",
			 surface.wide, surface.cells, surface.interval);
	return failures_end(&surface.failures, records->run);
}
