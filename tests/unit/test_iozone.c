/* SPDX-License-Identifier: MIT */
#include "tests/unit/bench_run.h"

#include "bench/engine/iozone/failures.h"
#include "bench/engine/iozone/walks.h"
#include "bench/file/iozone.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>

extern const struct bench bench_file_iozone;
static const struct bench *const tested = &bench_file_iozone;

/* ---- rules ---- */

static void hostile_values(void **state)
{
	static const struct hostile_value rows[] = {
		{ "tests", "0,1,2", false },	{ "tests", "0", false },
		{ "tests", "02", true },	{ "tests", "", true },
		{ "tests", "1,2", true },	{ "tests", "0,8", true },
		{ "tests", "0,x", true },	{ "tests", "0 1", true },
		{ "tests", "0,", true },	{ "tests", "0,10,9", false },
		{ "tests", "0,13", true },	{ "tests", "0,010", true },
		{ "min_file", "0", true },	{ "min_file", "1500", true },
		{ "min_file", "1g", true },	{ "max_file", "2t", true },
		{ "max_file", "63k", true },	{ "max_record", "3k", true },
		{ "max_record", "2g", true },	{ "min_record", "1k", false },
		{ "min_record", "1025", true }, { "cold", "maybe", true },
		{ "min_record", "1g", true },
	};

	(void)state;
	check_values(rows, COUNT_OF(rows));
}

static size_t count_cells(uint64_t from_bytes, uint64_t to_bytes)
{
	struct iozone_cell cell = { 0 };
	size_t n = 0;

	while (iozone_next_cell(values, &cell))
		n += cell.file_bytes >= from_bytes && cell.file_bytes <= to_bytes;
	return n;
}

/* `iozone -a`: 81 rows up to 16 MiB and 45 above; -z, -y or -q bring the small records back. */
static void matrix_of_auto_mode(void **state)
{
	static const struct {
		const char *name, *in;
		size_t small, large;
	} rows[] = {
		{ "min_file", "64k", 81, 45 },	{ "small_records", "yes", 81, 65 },
		{ "max_record", "8m", 80, 60 }, { "min_record", "8k", 72, 60 },
		{ "max_file", "16m", 81, 0 },	{ "min_file", "512m", 0, 9 },
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		set_defaults();
		set("mode", "exact");
		set(rows[i].name, rows[i].in);
		CHECK_ROW(i, rows[i].in, count_cells(0, 16 << 20) == rows[i].small);
		CHECK_ROW(i, rows[i].in, count_cells((16 << 20) + 1, UINT64_MAX) == rows[i].large);
	}
}

static void cells_in_order(void **state)
{
	static const uint64_t want[][2] = { { 64, 16 },	 { 64, 32 },  { 64, 64 },
					    { 128, 16 }, { 128, 32 }, { 128, 64 } };
	struct iozone_cell cell = { 0 };

	(void)state;
	set_defaults();
	set("min_record", "16k");
	set("max_record", "64k");
	set("max_file", "128k");
	for (size_t i = 0; i < COUNT_OF(want); i++) {
		CHECK_ROW(i, "next", iozone_next_cell(values, &cell));
		CHECK_ROW(i, "file", cell.file_bytes == want[i][0] * 1024);
		CHECK_ROW(i, "record", cell.record_bytes == want[i][1] * 1024);
	}
	assert_false(iozone_next_cell(values, &cell));
}

/* Sizes of lists grow, however they were written; each is there once. */
static void cells_of_lists(void **state)
{
	static const uint64_t want[][2] = { { 64, 4 }, { 64, 64 }, { 40960, 4 }, { 40960, 64 } };
	struct iozone_cell cell = { 0 };

	(void)state;
	set_defaults();
	set("files", "40m,64k,64k,2k");
	set("records", "64k,4k");
	for (size_t i = 0; i < COUNT_OF(want); i++) {
		CHECK_ROW(i, "next", iozone_next_cell(values, &cell));
		CHECK_ROW(i, "file", cell.file_bytes == want[i][0] * 1024);
		CHECK_ROW(i, "record", cell.record_bytes == want[i][1] * 1024);
	}
	assert_false(iozone_next_cell(values, &cell));
	assert_int_equal(iozone_largest_file(values), 40 << 20);
	assert_int_equal(iozone_largest_record(values), 64 << 10);
}

/* Offsets seen by strace of iozone 3.489. */
static void random_order(void **state)
{
	static const uint32_t one[] = { 0 }, four[] = { 1, 2, 0, 3 };
	static const uint32_t sixteen[] = { 1, 5, 7, 13, 10, 6, 0, 8, 14, 3, 11, 2, 4, 12, 9, 15 };
	static const struct {
		size_t count;
		const uint32_t *want;
	} rows[] = { { 4, four }, { 16, sixteen }, { 1, one } };

	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct order order;

		assert_int_equal(order_begin(&order, rows[i].count, UINT32_MAX), 0);
		for (size_t at = 0; at < rows[i].count; at++)
			CHECK_ROW(i, "order", order_at(&order, at) == rows[i].want[at]);
		order_end(&order);
	}
}

/* Where a table would be too large the order is computed, and still visits each record once. */
static void computed_order(void **state)
{
	static const size_t counts[] = { 1, 2, 3, 5, 16, 17, 1000, 65536, 100003 };
	static uint8_t seen[100003];

	(void)state;
	for (size_t i = 0; i < COUNT_OF(counts); i++) {
		struct order order;
		size_t steps = 0;

		memset(seen, 0, sizeof(seen));
		assert_int_equal(order_begin(&order, counts[i], 0), 0);
		CHECK_ROW(i, "no table", !order.table);
		for (size_t at = 0; at < counts[i]; at++) {
			uint64_t record = order_at(&order, at);

			CHECK_ROW(i, "inside", record < counts[i]);
			CHECK_ROW(i, "once", !seen[record]++);
			steps += at && record == order_at(&order, at - 1) + 1;
		}
		CHECK_ROW(i, "not in a row", counts[i] < 1000 || steps < 20);
		order_end(&order);
	}
}

/* Read by strace of iozone 3.489: -j 17 for these numbers of records, and -j 3 for ten. */
static void stride_order(void **state)
{
	static const struct {
		uint64_t count;
		unsigned stride, from;
		int want[12];
	} rows[] = {
		{ 4, 17, 0, { 0, 0, 0, 0, -1 } },
		{ 17, 17, 14, { 0, 0, 0, -1 } },
		{ 18, 17, 0, { 0, 1, 2, 3, -1 } },
		{ 20, 17, 0, { 0, 17, 1, 2, 3, -1 } },
		{ 64, 17, 0, { 0, 17, 34, 51, 1, 18, 35, 52, 2, -1 } },
		{ 64, 17, 40, { 10, 27, 44, 61, 11, 28, 45, 12, 29, -1 } },
		{ 64, 17, 61, { 50, 17, 34, -1 } },
		{ 10, 3, 0, { 0, 3, 6, 1, 4, 7, 2, 5, 3, 6, -1 } },
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct records records = { .count = rows[i].count,
					   .stride_records = rows[i].stride };

		for (size_t at = 0; rows[i].want[at] >= 0; at++)
			CHECK_ROW(i, "stride",
				  record_stride(&records, rows[i].from + at) ==
					  (uint64_t)rows[i].want[at]);
		CHECK_ROW(i, "back", record_stride(&records, 0) == 0);
	}
}

/* ---- runs ---- */

static void measures_every_cell(void **state)
{
	static const char *const options[][2] = { { "flush", "yes" },
						  { "close", "yes" },
						  { "direct", "yes" },
						  { "cold", "file" },
						  { "pattern", "stock" } };

	(void)state;
	for (size_t i = 0; i < COUNT_OF(options); i++) {
		struct run run = prepared(directory);
		struct iozone_cell cell = { 0 };

		set("max_file", "128k");
		set("tests", "0,1,2,3,4,5,6,7,9,10,11,12");
		set(options[i][0], options[i][1]);
		CHECK_ROW(i, run.shared->failure, tested->run(&run) == 0);
		while (iozone_next_cell(values, &cell))
			for (unsigned metric = 0; metric < IOZONE_RATES; metric++) {
				uint64_t point[AXES] = { cell.file_bytes / 1024,
							 cell.record_bytes / 1024 };

				CHECK_ROW(metric, options[i][0],
					  run_value(&run, metric, point, NULL) > 0);
			}
		CHECK_ROW(i, options[i][0], run.shared->count == 11 * IOZONE_RATES);
		CHECK_ROW(i, options[i][0], files_left() == 0);
		run_shared_unmap(run.shared);
	}
}

static void leaves_out_what_was_not_asked(void **state)
{
	struct run run = prepared(directory);

	(void)state;
	set("max_file", "64k");
	set("max_record", "4k");
	set("tests", "0,2");
	assert_int_equal(tested->run(&run), 0);
	assert_true(isnan(run_value(&run, IOZONE_READ, NULL, NULL)));
	assert_int_equal(run.shared->count, 4);
	run_shared_unmap(run.shared);
}

static void refuses_clearly(void **state)
{
	static const struct {
		const char *max_file, *target, *words;
		int err;
	} rows[] = {
		{ "1t", directory, "MiB are free", -ENOSPC },
		{ "64k", "/nonexistent", "/nonexistent", -ENOENT },
		{ "64k", "/proc", "MiB are free", -ENOSPC },
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct run run = prepared(rows[i].target);

		set("max_file", rows[i].max_file);
		expect_no_run(&run, i, rows[i].err, rows[i].words);
		run_shared_unmap(run.shared);
	}
}

static void fails_in_the_middle(void **state)
{
	struct run run = prepared(directory);

	(void)state;
	set("max_file", "256k");
	set("tests", "0,1,2");
	assert_int_equal(run_limited(&run, RLIMIT_FSIZE, 200 << 10), -EFBIG);
	assert_non_null(strstr(run.shared->failure, "write"));
	assert_non_null(strstr(run.shared->failure, "of 64"));
	assert_int_equal(run.shared->count, 11 * 6); /* 64k and 128k stay measured */
	assert_int_equal(files_left(), 0);
	run_shared_unmap(run.shared);
}

static void second_passes_and_processor_time(void **state)
{
	struct run run = prepared(directory);
	uint64_t point[AXES] = { 64, 4 };

	(void)state;
	set("files", "64k");
	set("records", "4k");
	set("tests", "0,1,2,3,4,5,6,7,9,10,11,12");
	set("retests", "no");
	set("cpu", "yes");
	assert_int_equal(tested->run(&run), 0);
	assert_true(isnan(run_value(&run, IOZONE_REWRITE, point, NULL)));
	assert_true(isnan(run_value(&run, IOZONE_REPREADV, point, NULL)));
	assert_true(run_value(&run, IOZONE_RANDOM_WRITE, point, NULL) > 0);
	for (unsigned metric = 0; metric < IOZONE_RATES; metric++) {
		double share = run_value(&run, IOZONE_CPU_FIRST + metric, point, NULL);

		CHECK_ROW(metric, "with its rate",
			  isnan(share) == isnan(run_value(&run, metric, point, NULL)));
		CHECK_ROW(metric, "a share", isnan(share) || (share >= 0 && share <= 100));
	}
	assert_int_equal(run.shared->count, 2 * 13);
	run_shared_unmap(run.shared);
}

/* What follows a full disk fails alike; a bad block's neighbours need not, until eight in a row. */
static void when_to_give_up(void **state)
{
	struct run run = prepared(NULL);
	struct failures failures = { 0 };

	(void)state;
	assert_int_equal(failures_end(&failures, &run), 0);
	for (int i = 0; i < 7; i++)
		assert_false(failures_add(&failures, &run, run_fail(&run, -EIO, "read %d", i)));
	failures_success(&failures);
	for (int i = 0; i < 7; i++)
		assert_false(failures_add(&failures, &run, run_fail(&run, -EIO, "again %d", i)));
	assert_true(failures_add(&failures, &run, run_fail(&run, -EIO, "the last")));
	assert_int_equal(failures_end(&failures, &run), -EIO);
	assert_string_equal(run.shared->failure,
			    "15 tests failed; the first: read 0: Input/output error");
	failures = (struct failures){ 0 };
	assert_true(failures_add(&failures, &run, run_fail(&run, -ENOSPC, "write")));
	assert_int_equal(failures_end(&failures, &run), -ENOSPC);
	assert_string_equal(run.shared->failure, "write: No space left on device");
	run_shared_unmap(run.shared);
}

static struct run_shared *watched;

/* Cuts the file in half when the first read test begins. */
static uint64_t cutting_clock(void)
{
	static bool cut;
	char path[64];

	if (!cut && !strncmp(watched->activity, "read ", 5)) {
		cut = true;
		snprintf(path, sizeof(path), "%s/iozone.tmp.%lu", directory,
			 (unsigned long)getpid());
		assert_int_equal(truncate(path, 32 << 10), 0);
	}
	return clock_raw_ns();
}

static void goes_on_after_a_failed_test(void **state)
{
	struct run run = prepared(directory);

	(void)state;
	set("files", "64k");
	set("records", "4k,8k");
	set("tests", "0,1,2");
	watched = run.shared;
	run.now_ns = cutting_clock;
	assert_int_equal(tested->run(&run), -ENODATA);
	assert_non_null(strstr(run.shared->failure, "3 tests failed; the first: read "));
	assert_non_null(
		strstr(run.shared->failure, "record 8 of 16, read of 4096 bytes at 32768: "));
	assert_int_equal(run.shared->note_count, 4); /* memory, and the three */
	assert_int_equal(run.shared->count, 2 * 6 - 3);
	assert_int_equal(files_left(), 0);
	run_shared_unmap(run.shared);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(hostile_values),
		cmocka_unit_test(matrix_of_auto_mode),
		cmocka_unit_test(cells_in_order),
		cmocka_unit_test(cells_of_lists),
		cmocka_unit_test(random_order),
		cmocka_unit_test(computed_order),
		cmocka_unit_test(stride_order),
		cmocka_unit_test(measures_every_cell),
		cmocka_unit_test(leaves_out_what_was_not_asked),
		cmocka_unit_test(refuses_clearly),
		cmocka_unit_test(fails_in_the_middle),
		cmocka_unit_test(second_passes_and_processor_time),
		cmocka_unit_test(when_to_give_up),
		cmocka_unit_test(goes_on_after_a_failed_test),
	};

	return cmocka_run_group_tests(tests, make_directory, remove_directory);
}
