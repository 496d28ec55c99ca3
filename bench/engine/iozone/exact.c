/* SPDX-License-Identifier: MIT */
/* One cell after the other, one test after the other. */
#include "bench/engine/iozone/exact.h"
#include "bench/engine/iozone/failures.h"
#include "bench/engine/iozone/vectors.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

enum { KIB = 1024 };
enum { RANDOM_TESTS = 1 << 2, STREAM_TESTS = 1 << 6 | 1 << 7 };

/* No larger than this cell needs: memory that we hold cannot be page cache. */
static int make_buffers(struct records *records, unsigned tests)
{
	uint64_t vector = tests & VECTORS_TESTS ? records->vectors.records : 1;

	records->buffer = records_buffer(records->record_bytes * vector);
	records->stream_buffer = tests & STREAM_TESTS ? records_buffer(records->record_bytes) :
							NULL;
	return records->buffer && (records->stream_buffer || !(tests & STREAM_TESTS)) ? 0 : -ENOMEM;
}

int records_cell_begin(struct records *records, const struct iozone_cell *cell)
{
	const union value *value = records->run->value;
	enum pattern_kind kind = value[IOZONE_PATTERN].num ? PATTERN_IOZONE : PATTERN_RANDOM;
	unsigned tests = iozone_tests(value);
	int err =
		pattern_begin(&records->pattern, kind, cell->record_bytes, value[IOZONE_SEED].num);

	records->record_bytes = cell->record_bytes;
	records->count = cell->file_bytes / cell->record_bytes;
	run_at(records->run, cell->file_bytes / KIB, cell->record_bytes / KIB);
	if (!err)
		err = order_begin(&records->order, tests & RANDOM_TESTS ? records->count : 0,
				  order_exact_records(memory_bytes()));
	if (!err && tests & VECTORS_TESTS)
		err = vectors_begin(records);
	if (!err)
		err = make_buffers(records, tests);
	if (!err)
		return 0;
	return run_fail(records->run, err, "prepare %llu records of %llu bytes",
			(unsigned long long)records->count, (unsigned long long)cell->record_bytes);
}

void records_cell_end(struct records *records)
{
	free(records->buffer);
	free(records->stream_buffer);
	records->buffer = records->stream_buffer = NULL;
	vectors_end(records);
	order_end(&records->order);
	pattern_end(&records->pattern);
}

/* iozone's order; true: nothing that follows could go well. */
static bool measure_tests(struct records *records, const struct iozone_cell *cell,
			  struct failures *failures)
{
	bool final = false, no_file = false;

	sync();
	sync();
	for (const struct records_test *test = records_tests; test->name && !final && !no_file;
	     test++) {
		int err;

		if (!records_wanted(records->run->value, test))
			continue;
		run_activity(records->run, "%s %llu x %llu KiB", test->name,
			     (unsigned long long)cell->file_bytes / KIB,
			     (unsigned long long)cell->record_bytes / KIB);
		err = records_measure(records, test);
		if (!err)
			failures_success(failures);
		else
			final = failures_add(failures, records->run, err);
		no_file = err && test->before & RECORDS_FRESH;
	}
	unlink(records->path);
	return final;
}

static bool measure_cell(struct records *records, const struct iozone_cell *cell,
			 struct failures *failures)
{
	int err = records_cell_begin(records, cell);
	bool final = err ? failures_add(failures, records->run, err) :
			   measure_tests(records, cell, failures);

	records_cell_end(records);
	return final;
}

static double expect(const union value *values,
		     double (*cell_seconds)(const union value *values,
					    const struct iozone_cell *cell))
{
	struct iozone_cell cell = { 0 };
	double total = 0;

	while (iozone_next_cell(values, &cell))
		total += cell_seconds(values, &cell);
	return total;
}

int exact_measure(struct records *records,
		  double (*cell_seconds)(const union value *values, const struct iozone_cell *cell))
{
	double expected = expect(records->run->value, cell_seconds), done = 0;
	struct failures failures = { 0 };
	struct iozone_cell cell = { 0 };
	bool final = false;

	while (!final && iozone_next_cell(records->run->value, &cell)) {
		final = measure_cell(records, &cell, &failures);
		done += cell_seconds(records->run->value, &cell);
		run_progress(records->run, done / expected);
	}
	return failures_end(&failures, records->run);
}
