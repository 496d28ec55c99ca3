/* SPDX-License-Identifier: MIT */
/*
 * file.iozone - a surface over file and record size, as iozone 3.489 measures it (its system calls
 * by strace, its definitions by the source of 3.471): the same calls in the same order, the same
 * part of them timed, the same random order. One pass a test and cell, as there; a 64 KiB file
 * takes a few microseconds, and its figure is a coarse one. Rates are bytes / elapsed in KiB/s from
 * a nanosecond clock; iozone.txt gives them as its clock of microseconds would have.
 */
#include "bench/file/iozone.h"
#include "bench/engine/iozone/records.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { KIB = 1024, MIB = 1048576 };
/* Files above 16 MiB start with records of 64 KiB, unless told otherwise. */
enum { CROSS_OVER_FILE = 16 * MIB, CROSS_OVER_RECORD = 64 * KIB };
enum { LEAST_RECORD = 4 * KIB, GREATEST_RECORD = 16 * MIB };
enum { KNOWN_TESTS = 0x6ff };

static const struct param params[] = {
	[IOZONE_MIN_FILE] = { "min_file", "64k", "smallest file (-n)", PARAM_BYTES, KIB, 0x1p40 },
	[IOZONE_MAX_FILE] = { "max_file", "512m", "largest file (-g)", PARAM_BYTES, KIB, 0x1p40 },
	[IOZONE_MIN_RECORD] = { "min_record", "4k", "smallest record (-y)", PARAM_BYTES, KIB,
				0x1p30 },
	[IOZONE_MAX_RECORD] = { "max_record", "16m", "largest record (-q)", PARAM_BYTES, KIB,
				0x1p30 },
	[IOZONE_SMALL_RECORDS] = { "small_records", "no",
				   "small records for files above 16 MiB, too (-z); also on when the range of "
				   "records is not 4k..16m, as with -y and -q",
				   PARAM_BOOL },
	[IOZONE_TESTS] = { "tests", "0,1,2",
			   "0 write, 1 read, 2 random, 3 backward read, 4 record rewrite, 5 stride read, 6 "
			   "fwrite, 7 fread, 9 pwrite, 10 pread (-i); 0 makes the file",
			   PARAM_TEXT, 1, 40 },
	[IOZONE_FLUSH] = { "flush", "no", "fsync inside the time (-e)", PARAM_BOOL },
	[IOZONE_CLOSE] = { "close", "no", "close inside the time (-c)", PARAM_BOOL },
	[IOZONE_DIRECT] = { "direct", "no", "O_DIRECT (-I)", PARAM_BOOL },
	[IOZONE_COLD] = { "cold", "no",
			  "empty the page cache before each test: of the file; all of it, or by remounting (-U) (both root)",
			  PARAM_CHOICE, .choices = "no|file|all|remount" },
	[IOZONE_PATTERN] = { "pattern", "random", "stock: the original's nearly all zeros",
			     PARAM_CHOICE, .choices = "random|stock" },
	[IOZONE_SEED] = { "seed", "1", "of the data", PARAM_COUNT, 0, 0x1p53 },
	{ 0 },
};

static const struct metric metrics[] = {
	[IOZONE_WRITE] = { "write", "KiB/s", "records to a new file", MORE_IS_BETTER, BY_MEDIAN },
	[IOZONE_REWRITE] = { "rewrite", "KiB/s", "the same over the existing file", MORE_IS_BETTER,
			     BY_MEDIAN },
	[IOZONE_READ] = { "read", "KiB/s", "from first to last record", MORE_IS_BETTER, BY_MEDIAN },
	[IOZONE_REREAD] = { "reread", "KiB/s", "the same again", MORE_IS_BETTER, BY_MEDIAN },
	[IOZONE_RANDOM_READ] = { "random_read", "KiB/s",
				 "each record once, in a fixed random order", MORE_IS_BETTER,
				 BY_MEDIAN },
	[IOZONE_RANDOM_WRITE] = { "random_write", "KiB/s", "each record once, in the same order",
				  MORE_IS_BETTER, BY_MEDIAN },
	[IOZONE_BACKWARD_READ] = { "backward_read", "KiB/s", "from last to first record",
				   MORE_IS_BETTER, BY_MEDIAN },
	[IOZONE_RECORD_REWRITE] = { "record_rewrite", "KiB/s",
				    "the first record, as often as there are records",
				    MORE_IS_BETTER, BY_MEDIAN },
	[IOZONE_STRIDE_READ] = { "stride_read", "KiB/s", "every 17th record, in rows",
				 MORE_IS_BETTER, BY_MEDIAN },
	[IOZONE_FWRITE] = { "fwrite", "KiB/s", "through a buffer of one record, as stdio does",
			    MORE_IS_BETTER, BY_MEDIAN },
	[IOZONE_FREWRITE] = { "frewrite", "KiB/s", "the same again", MORE_IS_BETTER, BY_MEDIAN },
	[IOZONE_FREAD] = { "fread", "KiB/s", "through a buffer of one record, as stdio does",
			   MORE_IS_BETTER, BY_MEDIAN },
	[IOZONE_FREREAD] = { "freread", "KiB/s", "the same again", MORE_IS_BETTER, BY_MEDIAN },
	[IOZONE_PWRITE] = { "pwrite", "KiB/s", "pwrite(2) from first to last record",
			    MORE_IS_BETTER, BY_MEDIAN },
	[IOZONE_REPWRITE] = { "repwrite", "KiB/s", "the same again", MORE_IS_BETTER, BY_MEDIAN },
	[IOZONE_PREAD] = { "pread", "KiB/s", "pread(2) from first to last record", MORE_IS_BETTER,
			   BY_MEDIAN },
	[IOZONE_REPREAD] = { "repread", "KiB/s", "the same again", MORE_IS_BETTER, BY_MEDIAN },
	{ 0 },
};

static const struct axis axes[] = { { "file", "KiB" }, { "record", "KiB" } };

/* ---- the matrix ---- */

uint64_t iozone_first_record(const union value *values, uint64_t file_bytes)
{
	uint64_t least = values[IOZONE_MIN_RECORD].num;
	bool whole_range = least == LEAST_RECORD &&
			   values[IOZONE_MAX_RECORD].num == GREATEST_RECORD;

	if (whole_range && !values[IOZONE_SMALL_RECORDS].on && file_bytes > CROSS_OVER_FILE)
		return CROSS_OVER_RECORD;
	return least;
}

static bool next_file(const union value *values, struct iozone_cell *cell)
{
	cell->file_bytes = cell->file_bytes ? cell->file_bytes * 2 : values[IOZONE_MIN_FILE].num;
	cell->record_bytes = iozone_first_record(values, cell->file_bytes);
	return cell->file_bytes <= values[IOZONE_MAX_FILE].num;
}

static bool fits(const union value *values, const struct iozone_cell *cell)
{
	return cell->record_bytes <= cell->file_bytes &&
	       cell->record_bytes <= values[IOZONE_MAX_RECORD].num;
}

bool iozone_next_cell(const union value *values, struct iozone_cell *cell)
{
	cell->record_bytes *= 2;
	if (cell->file_bytes && fits(values, cell))
		return true;
	while (next_file(values, cell))
		if (fits(values, cell))
			return true;
	return false;
}

static bool take_number(const char **at, unsigned *number)
{
	unsigned digits = 0;

	for (*number = 0; **at >= '0' && **at <= '9' && digits < 2; (*at)++, digits++)
		*number = *number * 10 + (unsigned)(**at - '0');
	return digits;
}

unsigned iozone_tests(const union value *values)
{
	const char *at = values[IOZONE_TESTS].text;
	unsigned tests = 0, number;

	while (take_number(&at, &number) && number <= IOZONE_LAST_TEST) {
		tests |= 1u << number;
		if (!*at)
			return tests;
		if (*at++ != ',')
			return 0;
	}
	return 0;
}

static int check(const union value *values, char *why, size_t room)
{
	unsigned tests = iozone_tests(values);
	struct iozone_cell cell = { 0 };

	if (!(tests & 1) || tests & ~(unsigned)KNOWN_TESTS)
		return text_refuse(
			-EINVAL, why, room,
			"tests=%s: expected a list of 0 to 7, 9 and 10 with 0 in it, such as 0,2",
			values[IOZONE_TESTS].text);
	for (int i = IOZONE_MIN_FILE; i <= IOZONE_MAX_RECORD; i++)
		if (values[i].num % KIB)
			return text_refuse(-EINVAL, why, room, "%s=%llu: not a whole number of KiB",
					   params[i].name, (unsigned long long)values[i].num);
	if (!iozone_next_cell(values, &cell))
		return text_refuse(
			-EINVAL, why, room,
			"no record size, min_record to max_record, fits into a file size, min_file to max_file");
	return 0;
}

/* Three writing passes with what they leave to the disk, at 150 MiB/s; three reading ones; two
 * sync(). */
static double cell_seconds(const struct iozone_cell *cell)
{
	return (double)cell->file_bytes / MIB * (3.0 / 150 + 3.0 / 1000) + 0.1;
}

static double seconds(const union value *values, const struct speeds *speeds)
{
	(void)speeds;
	struct iozone_cell cell = { 0 };
	double total = 0;

	while (iozone_next_cell(values, &cell))
		total += cell_seconds(&cell);
	return total;
}

/* ---- the cells ---- */

static int measure_tests(struct records *records, const struct iozone_cell *cell)
{
	unsigned chosen = iozone_tests(records->run->value);
	int err = 0;

	sync();
	sync();
	for (const struct records_test *test = records_tests; test->name && !err; test++) {
		if (!(chosen & 1u << test->number))
			continue;
		run_activity(records->run, "%s %llu x %llu KiB", test->name,
			     (unsigned long long)cell->file_bytes / KIB,
			     (unsigned long long)cell->record_bytes / KIB);
		err = records_measure(records, test);
	}
	unlink(records->path);
	return err;
}

static int measure_cell(struct records *records, const struct iozone_cell *cell)
{
	const union value *value = records->run->value;
	enum pattern_kind kind = value[IOZONE_PATTERN].num ? PATTERN_IOZONE : PATTERN_RANDOM;
	int err =
		pattern_begin(&records->pattern, kind, cell->record_bytes, value[IOZONE_SEED].num);

	records->record_bytes = cell->record_bytes;
	records->count = cell->file_bytes / cell->record_bytes;
	if (!err)
		err = order_begin(&records->order, records->count,
				  order_exact_records(memory_bytes()));
	run_at(records->run, cell->file_bytes / KIB, cell->record_bytes / KIB);
	if (err)
		err = run_fail(records->run, -ENOMEM, "prepare %llu records",
			       (unsigned long long)records->count);
	else
		err = measure_tests(records, cell);
	order_end(&records->order);
	pattern_end(&records->pattern);
	return err;
}

static int measure_matrix(struct records *records)
{
	double expected = seconds(records->run->value, &speeds_plain), done = 0;
	struct iozone_cell cell = { 0 };
	int err = 0;

	while (!err && iozone_next_cell(records->run->value, &cell)) {
		err = measure_cell(records, &cell);
		done += cell_seconds(&cell);
		run_progress(records->run, done / expected);
	}
	return err;
}

/* O_DIRECT when it was asked for and the file system takes the smallest record that way. */
static int choose_direct(struct records *records)
{
	size_t least = records->run->value[IOZONE_MIN_RECORD].num;
	int fd, err;

	if (!records->run->value[IOZONE_DIRECT].on)
		return 0;
	err = records_make_fresh(records);
	if (err)
		return run_fail(records->run, err, "create %s", records->path);
	fd = open(records->path, O_RDWR | O_DIRECT | O_CLOEXEC);
	err = fd < 0 ? -errno : records_moved(write(fd, records->buffer, least), least);
	if (err)
		run_warn(
			records->run,
			"O_DIRECT does not work here with records of %zu bytes (%s): buffered instead, "
			"the page cache is measured",
			least, strerror(-err));
	records->direct = err ? 0 : O_DIRECT;
	if (fd >= 0)
		close(fd);
	unlink(records->path);
	return 0;
}

static uint8_t *page_buffer(uint64_t bytes)
{
	uint64_t room = (bytes + PATTERN_PAGE - 1) / PATTERN_PAGE * PATTERN_PAGE;
	uint8_t *buffer = aligned_alloc(PATTERN_PAGE, room);

	if (buffer)
		memset(buffer, 0, room);
	return buffer;
}

static int measure(struct records *records)
{
	uint64_t largest = records->run->value[IOZONE_MAX_RECORD].num;
	int err = 0;

	records->buffer = page_buffer(largest);
	records->stream_buffer = page_buffer(largest);
	if (!records->buffer || !records->stream_buffer)
		err = run_fail(records->run, -ENOMEM, "two buffers of %llu bytes",
			       (unsigned long long)largest);
	err = err ? err : choose_direct(records);
	if (!err && !records->direct)
		scratch_note_memory(records->run, records->run->value[IOZONE_MAX_FILE].num);
	err = err ? err : measure_matrix(records);
	free(records->buffer);
	free(records->stream_buffer);
	return err;
}

static int run(struct run *run)
{
	struct records records = {
		.run = run,
		.stride_records = 17,
		.time_flush = run->value[IOZONE_FLUSH].on,
		.time_close = run->value[IOZONE_CLOSE].on,
		.cold = (enum cold)run->value[IOZONE_COLD].num,
	};
	int err = scratch_need(run, run->value[IOZONE_MAX_FILE].num);

	if (err)
		return err;
	snprintf(records.path, sizeof(records.path), "%s/iozone.tmp.%lu", run->target,
		 (unsigned long)getpid());
	return measure(&records);
}

const struct bench bench_file_iozone = {
	.name = "file.iozone",
	.summary = "rates over file size and record size: write, read and random, as iozone does",
	.definition =
		"iozone 3.489: calls, order and timed part by strace; KiB/s = 1024 bytes/s; one pass per "
		"test and cell; data read are not verified; only iozone.txt subtracts the clock's 1 us",
	.need = NEEDS_DIRECTORY,
	.params = params,
	.metrics = metrics,
	.axes = axes,
	.check = check,
	.seconds = seconds,
	.run = run,
	.stock = iozone_stock,
};
