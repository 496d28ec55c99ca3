/* SPDX-License-Identifier: MIT */
/* Pieces of iozone's tests: placed anywhere, an operation touches the record that it should, and a
 * pass in pieces is a pass. */
#include "tests/unit/bench_run.h"

#include "bench/engine/iozone/exact.h"
#include "bench/engine/iozone/vectors.h"

#include <fcntl.h>
#include <stdio.h>

extern const struct bench bench_file_iozone;
static const struct bench *const tested = &bench_file_iozone;

enum { COUNT = 70, RECORD = 4096, FILE_BYTES = COUNT * RECORD };
static uint8_t contents[FILE_BYTES];

static void begin(struct run *run, struct records *records)
{
	struct iozone_cell cell = { FILE_BYTES, RECORD };

	*run = prepared(directory);
	set("tests", "0,1,2,3,4,5,6,7,9,10,11,12");
	*records = (struct records){ .run = run, .stride_records = 17 };
	snprintf(records->path, sizeof(records->path), "%s/file", directory);
	assert_int_equal(records_cell_begin(records, &cell), 0);
	assert_int_equal(records->count, COUNT);
}

static void end(struct run *run, struct records *records)
{
	unlink(records->path);
	records_cell_end(records);
	run_shared_unmap(run->shared);
}

/* Each record begins with its number, or the file is of zeros. */
static void make_file(const struct records *records, bool numbered)
{
	int fd = open(records->path, O_RDWR | O_CREAT | O_TRUNC, 0600);

	memset(contents, 0, sizeof(contents));
	for (uint64_t i = 0; numbered && i < COUNT; i++)
		memcpy(contents + i * RECORD, &i, sizeof(i));
	assert_int_equal(write(fd, contents, sizeof(contents)), sizeof(contents));
	close(fd);
}

static void load_file(const struct records *records)
{
	int fd = open(records->path, O_RDONLY);

	assert_int_equal(read(fd, contents, sizeof(contents)), sizeof(contents));
	close(fd);
}

static bool is_zero(uint64_t record)
{
	static const uint8_t zeros[RECORD];

	return !memcmp(contents + record * RECORD, zeros, RECORD);
}

static bool reads(const struct records_test *test)
{
	return test->flags == O_RDONLY || test->metric == IOZONE_RANDOM_READ;
}

static const uint64_t places[] = { 0, 48, 16, 64, 32, 0 };

/* In the order of `places`: multiples of 16, which is a vector. */
static void reads_the_right_record(void **state)
{
	struct records records;
	struct run run;

	(void)state;
	begin(&run, &records);
	make_file(&records, true);
	for (const struct records_test *test = records_tests; test->name; test++) {
		int fd = reads(test) ? records_open(&records, test) : -1;

		for (size_t i = 0; i < COUNT_OF(places) && fd >= 0; i++) {
			uint64_t number, to = places[i] + 1;

			if (test->before & RECORDS_VECTOR)
				to = places[i] == 64 ? COUNT : places[i] + 16;
			assert_int_equal(records_place(&records, test, fd, places[i]), 0);
			CHECK_ROW(places[i], test->name,
				  test->walk(&records, fd, places[i], to) == 0);
			CHECK_ROW(places[i], test->name, records.done == to);
			memcpy(&number, records.buffer, sizeof(number));
			CHECK_ROW(places[i], test->name,
				  number == test->record(&records, places[i]));
		}
		assert_true(fd < 0 || records_close(&records, test, fd) == 0);
	}
	end(&run, &records);
}

static void writes_the_right_record(void **state)
{
	struct records records;
	struct run run;

	(void)state;
	begin(&run, &records);
	for (const struct records_test *test = records_tests; test->name; test++) {
		unsigned changed = 0, expected = test->before & RECORDS_VECTOR ? 16 : 1;
		int fd;

		if (reads(test) || test->before & RECORDS_FRESH)
			continue;
		make_file(&records, false);
		fd = records_open(&records, test);
		assert_int_equal(records_place(&records, test, fd, 48), 0);
		assert_int_equal(test->walk(&records, fd, 48, 48 + expected), 0);
		assert_int_equal(records_close(&records, test, fd), 0);
		load_file(&records);
		for (uint64_t record = 0; record < COUNT; record++)
			changed += !is_zero(record);
		CHECK_ROW(changed, test->name, changed == expected);
		CHECK_ROW(48, test->name, !is_zero(test->record(&records, 48)));
	}
	end(&run, &records);
}

/* From place to place without being placed: the whole file is written. */
static void pieces_make_a_pass(void **state)
{
	static const uint64_t ends[] = { 16, 48, 64, COUNT };
	struct records records;
	struct run run;

	(void)state;
	begin(&run, &records);
	for (const struct records_test *test = records_tests; test->name; test++) {
		uint64_t from = 0;
		int fd;

		if (!(reads(test) || test->before & RECORDS_FRESH))
			make_file(&records, false);
		if (reads(test))
			make_file(&records, true);
		fd = records_open(&records, test);
		for (size_t i = 0; i < COUNT_OF(ends); from = ends[i++])
			CHECK_ROW(i, test->name, test->walk(&records, fd, from, ends[i]) == 0);
		assert_int_equal(records_close(&records, test, fd), 0);
		load_file(&records);
		for (uint64_t record = 0; record < COUNT && !reads(test); record++)
			CHECK_ROW(record, test->name,
				  is_zero(record) ==
					  (test->metric == IOZONE_RECORD_REWRITE && record > 0));
	}
	end(&run, &records);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads_the_right_record),
		cmocka_unit_test(writes_the_right_record),
		cmocka_unit_test(pieces_make_a_pass),
	};

	return cmocka_run_group_tests(tests, make_directory, remove_directory);
}
