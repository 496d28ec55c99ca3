/* SPDX-License-Identifier: MIT */
#include "tests/unit/bench_run.h"

#include "bench/file/iozone_throughput.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>

extern const struct bench bench_file_iozone_throughput;
static const struct bench *const tested = &bench_file_iozone_throughput;

static void hostile_values(void **state)
{
	static const struct hostile_value rows[] = {
		{ "tests", "0,8", false },  { "tests", "8", true },	{ "tests", "0,4", true },
		{ "tests", "0,11", true },  { "tests", "", true },	{ "tests", "0,,1", true },
		{ "threads", "0", true },   { "threads", "257", true }, { "threads", "1", false },
		{ "record", "3000", true }, { "record", "128m", true }, { "file", "1k", true },
		{ "readers", "101", true }, { "unit", "us", true },	{ "pause", "-1", true },
		{ "stride", "0", true },    { "cold", "maybe", true },	{ "sync", "maybe", true },
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		/* A file of 1k is the record's fault: it is larger. */
		const char *named = !strcmp(rows[i].in, "1k") ? "record" : rows[i].name;
		char why[300] = "";
		int err;

		set_defaults();
		err = params_set(tested->params, values, rows[i].name, rows[i].in, why,
				 sizeof(why));
		err = err ? err : tested->check(values, why, sizeof(why));
		CHECK_ROW(i, rows[i].in, (err != 0) == rows[i].refused);
		CHECK_ROW(i, why, !err || strstr(why, named));
	}
}

static double figure(const struct run *run, unsigned test, enum throughput_figure which)
{
	uint64_t point[AXES] = { values[THROUGHPUT_THREADS].num, 0 };

	return run_value(run, test * THROUGHPUT_FIGURES + which, point, NULL);
}

static void small(void)
{
	set("threads", "3");
	set("file", "256k");
	set("pause", "0");
}

/* Each test has its figures, and they agree; without the stonewall each child moves its whole file.
 */
static void measures_every_test(void **state)
{
	static const char *const options[][2] = {
		{ "stonewall", "no" }, { "flush", "yes" },	    { "close", "yes" },
		{ "cold", "file" },    { "sequential_mix", "yes" }, { "readers", "50" },
		{ "sync", "dsync" },   { "pattern", "stock" },	    { "threads", "1" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(options); i++) {
		struct run run = prepared(directory);

		small();
		set(options[i][0], options[i][1]);
		CHECK_ROW(i, run.shared->failure, tested->run(&run) == 0);
		for (unsigned test = 0; test < THROUGHPUT_KINDS; test++) {
			double sum = figure(&run, test, THROUGHPUT_SUM),
			       xfer = figure(&run, test, THROUGHPUT_MIN_XFER);

			CHECK_ROW(test, options[i][0], sum > 0);
			CHECK_ROW(test, "a minimum",
				  figure(&run, test, THROUGHPUT_MIN) <=
					  figure(&run, test, THROUGHPUT_MAX));
			CHECK_ROW(test, "a part of the sum",
				  figure(&run, test, THROUGHPUT_MAX) <= sum * 1.000001);
			CHECK_ROW(test, "all bytes", i != 0 || xfer == 256);
			CHECK_ROW(test, "no more", xfer <= 256);
		}
		CHECK_ROW(i, "nothing else", run.shared->count == THROUGHPUT_METRICS);
		CHECK_ROW(i, options[i][0], files_left() == 0);
		run_shared_unmap(run.shared);
	}
}

static void leaves_out_what_was_not_asked(void **state)
{
	struct run run = prepared(directory);

	(void)state;
	small();
	set("tests", "0,8");
	set("retests", "no");
	assert_int_equal(tested->run(&run), 0);
	assert_true(isnan(figure(&run, THROUGHPUT_REWRITE, THROUGHPUT_SUM)));
	assert_true(figure(&run, THROUGHPUT_MIXED, THROUGHPUT_SUM) > 0);
	assert_int_equal(run.shared->count, 2 * THROUGHPUT_FIGURES);
	run_shared_unmap(run.shared);
}

static void fails_clearly(void **state)
{
	struct run run = prepared("/nonexistent");

	(void)state;
	small();
	expect_no_run(&run, 0, -ENOENT, "/nonexistent");
	run_shared_unmap(run.shared);
	run = prepared(directory);
	set("file", "1t");
	expect_no_run(&run, 1, -ENOSPC, "MiB are free");
	run_shared_unmap(run.shared);
	run = prepared(directory);
	small();
	assert_int_equal(run_limited(&run, RLIMIT_FSIZE, 100 << 10), -EFBIG);
	assert_non_null(strstr(run.shared->failure, "initial write "));
	assert_non_null(strstr(run.shared->failure, "DUMMY."));
	assert_non_null(
		strstr(run.shared->failure, "record 25 of 64, write of 4096 bytes at 102400"));
	assert_int_equal(run.shared->count, 0);
	assert_int_equal(files_left(), 0);
	run_shared_unmap(run.shared);
}

static struct run_shared *watched;

/* Cuts the second child's file in half before the first read. */
static uint64_t cutting_clock(void)
{
	char path[64];

	if (!strcmp(watched->activity, "read by 3")) {
		snprintf(path, sizeof(path), "%s/iozone.%lu.DUMMY.1", directory,
			 (unsigned long)getpid());
		assert_int_equal(truncate(path, 128 << 10), 0);
	}
	return clock_raw_ns();
}

static void goes_on_after_a_failed_test(void **state)
{
	struct run run = prepared(directory);

	(void)state;
	small();
	set("tests", "0,1,9");
	set("retests", "no");
	set("stonewall", "no");
	watched = run.shared;
	run.now_ns = cutting_clock;
	assert_int_equal(tested->run(&run), -ENODATA);
	assert_non_null(strstr(run.shared->failure, "read "));
	assert_non_null(strstr(run.shared->failure,
			       "DUMMY.1, record 32 of 64, read of 4096 bytes at 131072"));
	assert_true(isnan(figure(&run, THROUGHPUT_READ, THROUGHPUT_SUM)));
	assert_true(figure(&run, THROUGHPUT_PWRITE, THROUGHPUT_SUM) > 0);
	assert_int_equal(files_left(), 0);
	run_shared_unmap(run.shared);
}

/* Copied from iozone 3.489's own output of -t 2 -T -R, figures put in. */
static void report_layout(void **state)
{
	struct run run = prepared(NULL);

	(void)state;
	set("threads", "2");
	set("file", "4m");
	set("record", "64k");
	run_at(&run, 2, 0);
	run_sample(&run, THROUGHPUT_WRITE * THROUGHPUT_FIGURES + THROUGHPUT_SUM, 7159866.75);
	run_sample(&run, THROUGHPUT_WRITE * THROUGHPUT_FIGURES + THROUGHPUT_PARENT, 994356.02);
	run_sample(&run, THROUGHPUT_WRITE * THROUGHPUT_FIGURES + THROUGHPUT_MIN, 3543844.5);
	run_sample(&run, THROUGHPUT_WRITE * THROUGHPUT_FIGURES + THROUGHPUT_MAX, 3616022.25);
	run_sample(&run, THROUGHPUT_WRITE * THROUGHPUT_FIGURES + THROUGHPUT_MIN_XFER, 4032);
	write_report(&run, 0);
	assert_non_null(strstr(
		report,
		"\n\n\tChildren see throughput for  2 initial writers \t= 7159866.75 kB/sec\n"
		"\tParent sees throughput for  2 initial writers \t=  994356.02 kB/sec\n"
		"\tMin throughput per thread \t\t\t= 3543844.50 kB/sec \n"
		"\tMax throughput per thread \t\t\t= 3616022.25 kB/sec\n"
		"\tAvg throughput per thread \t\t\t= 3579933.38 kB/sec\n"
		"\tMin xfer \t\t\t\t\t=    4032.00 kB\n"
		"\n\n\n\"Throughput report Y-axis is type of test X-axis is number of threads\"\n"
		"\"Record size = 64 kBytes \"\n\"Output is in kBytes/sec\"\n\n"
		"\"  Initial write \" 7159866.75 \n\n\niozone test complete.\n"));
	set("unit", "ops");
	write_report(&run, 0);
	assert_non_null(strstr(report, "writers \t=  111872.92 ops/sec\n"));
	assert_non_null(strstr(report, "\t=      63.00 ops\n"));
	run_shared_unmap(run.shared);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(hostile_values),
		cmocka_unit_test(measures_every_test),
		cmocka_unit_test(leaves_out_what_was_not_asked),
		cmocka_unit_test(fails_clearly),
		cmocka_unit_test(goes_on_after_a_failed_test),
		cmocka_unit_test(report_layout),
	};

	return cmocka_run_group_tests(tests, make_directory, remove_directory);
}
