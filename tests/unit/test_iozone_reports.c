/* SPDX-License-Identifier: MIT */
/* What iozone itself would have written. */
#include "tests/unit/bench_run.h"

#include "bench/file/iozone.h"

#include <errno.h>

extern const struct bench bench_file_iozone;
static const struct bench *const tested = &bench_file_iozone;

static void add(struct run *run, unsigned metric, uint64_t file, uint64_t record, double us)
{
	run_at(run, file, record);
	run_sample(run, metric, (double)file / (us / 1e6));
}

/* Copied from iozone 3.489's own output (-i 0 -i 2), with its times put back in. */
static void table_layout(void **state)
{
	struct run run = prepared(NULL);

	(void)state;
	set("max_file", "64k");
	set("max_record", "4k");
	set("tests", "0,2");
	add(&run, IOZONE_WRITE, 64, 4, 9.0);	   /* less the clock's 1 us: 8 us */
	add(&run, IOZONE_REWRITE, 64, 4, 5.999);   /* whole microseconds: 5, so 4 */
	add(&run, IOZONE_RANDOM_READ, 64, 4, 0.4); /* never less than 1 */
	add(&run, IOZONE_RANDOM_WRITE, 64, 4, 65.1);
	write_report(&run, 0);
	assert_non_null(strstr(
		report,
		"                                                              random    random     bkwd    record    stride"
		"                                    \n"
		"              kB  reclen    write  rewrite    read    reread    read     write     read   rewrite"
		"      read   fwrite frewrite    fread  freread\n"
		"              64       4  8000000 16000000                   64000000  1000000"
		"                                                                \n"
		"\niozone test complete.\n"));
	run_shared_unmap(run.shared);
}

/* As seen with -R: blanks, blank lines, one column per record size, 0 where the cross-over left a
 * hole. */
static void excel_layout(void **state)
{
	struct run run = prepared(NULL);

	(void)state;
	set("min_file", "16m");
	set("max_file", "32m");
	for (uint64_t record = 4; record <= 16384; record *= 2) {
		add(&run, IOZONE_WRITE, 16384, record, 16001);
		if (record >= 64)
			add(&run, IOZONE_WRITE, 32768, record, 32001);
	}
	write_report(&run, 1);
	assert_string_equal(
		report,
		"Excel output is below:\n\n\"Writer report\"\n"
		"        \"4\"  \"8\"  \"16\"  \"32\"  \"64\"  \"128\"  \"256\"  \"512\"  \"1024\"  \"2048\"  \"4096\"  \"8192\""
		"  \"16384\"\n"
		"\"16384\"   1024000  1024000  1024000  1024000  1024000  1024000  1024000  1024000  1024000  1024000"
		"  1024000  1024000  1024000 \n"
		"\"32768\"   0  0  0  0  1024000  1024000  1024000  1024000  1024000  1024000  1024000  1024000"
		"  1024000 \n");
	run_shared_unmap(run.shared);
}

/* Each unit by its definition in iozone's source: 64 KiB in 16 records took 80 us, and the
 * clock's 1. */
static void units(void **state)
{
	static const struct {
		const char *unit, *row;
	} rows[] = {
		{ "kb", "\n              64       4   800000 " },
		{ "ops", "\n              64       4   200000 " },
		{ "us", "\n              64       4        5 " },
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct run run = prepared(NULL);

		set("files", "64k");
		set("records", "4k");
		set("unit", rows[i].unit);
		add(&run, IOZONE_WRITE, 64, 4, 81.0);
		write_report(&run, 0);
		CHECK_ROW(i, report, strstr(report, rows[i].row));
		CHECK_ROW(i, report, (i == 0) == !!strstr(report, "Output is in kBytes/sec\n"));
		run_shared_unmap(run.shared);
	}
}

static unsigned test_of(unsigned metric)
{
	return metric <= IOZONE_REWRITE				    ? 0 :
	       metric >= IOZONE_FREAD && metric <= IOZONE_FREREAD   ? 7 :
	       metric >= IOZONE_PWRITE && metric <= IOZONE_REPWRITE ? 9 :
	       metric >= IOZONE_PREAD && metric <= IOZONE_REPREAD   ? 10 :
								      13;
}

/* Title and rows as iozone 3.489 printed them for -E with these tests, numbers put in. */
static void extended_columns(void **state)
{
	static const struct {
		const char *tests, *row;
	} rows[] = {
		{ "0,10",
		  "              64       4  1000000  1000000                                        "
		  "                                                                               "
		  "1000000  1000000\n" },
		{ "0,9",
		  "              64       4  1000000  1000000                                        "
		  "                                                              1000000  1000000"
		  "                  \n" },
		{ "0,7,9",
		  "              64       4  1000000  1000000                                        "
		  "                                             1000000  1000000  1000000  1000000"
		  "                  \n" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct run run = prepared(NULL);

		set("files", "64k");
		set("records", "4k");
		set("tests", rows[i].tests);
		for (unsigned metric = 0; metric < IOZONE_RATES; metric++)
			if (iozone_tests(values) & 1u << test_of(metric))
				add(&run, metric, 64, 4, 65.0);
		write_report(&run, 0);
		CHECK_ROW(i, report, strstr(report, rows[i].row));
		CHECK_ROW(i, report,
			  strstr(report, "fread  freread  pwrite repwrite   pread   repread\n"));
		run_shared_unmap(run.shared);
	}
}

/* -+n: a 0 in the table, a block of zeros; a test that failed has no figure. */
static void left_out_and_failed(void **state)
{
	struct run run = prepared(NULL);

	(void)state;
	set("files", "64k");
	set("records", "4k");
	set("tests", "0,1");
	set("retests", "no");
	add(&run, IOZONE_WRITE, 64, 4, 65.0);
	write_report(&run, 0);
	assert_non_null(
		strstr(report, "\n              64       4  1000000        0                 0 "));
	assert_non_null(strstr(report, "\tNo retest option selected\n"));
	write_report(&run, 1);
	assert_non_null(strstr(report, "\"Re-writer report\"\n        \"4\"\n\"64\"   0 \n"));
	assert_null(strstr(report, "\"Reader report\""));
	run_shared_unmap(run.shared);
}

static void processor_time(void **state)
{
	struct run run = prepared(NULL);

	(void)state;
	set("files", "64k");
	set("records", "4k,8k");
	set("tests", "0");
	set("cpu", "yes");
	add(&run, IOZONE_WRITE, 64, 4, 65.0);
	run_sample(&run, IOZONE_CPU_FIRST + IOZONE_WRITE, 5.874);
	add(&run, IOZONE_WRITE, 64, 8, 65.0);
	run_sample(&run, IOZONE_CPU_FIRST + IOZONE_WRITE, 43.39);
	write_report(&run, 1);
	assert_non_null(strstr(
		report, "\n\"Writer CPU utilization report (Zero values should be ignored)\"\n"
			"        \"4\"  \"8\"\n\"64\"     5.87  43.39\n"));
	run_shared_unmap(run.shared);
}

/* ---- the worksheet ---- */

static unsigned u16(const uint8_t *at)
{
	return at[0] | (unsigned)at[1] << 8;
}

/* The label in this row of the first column, or NULL. */
static const char *label_at(const uint8_t *bytes, size_t len, unsigned row)
{
	for (size_t at = 0; at + 4 <= len; at += 4u + u16(bytes + at + 2))
		if (u16(bytes + at) == 4 && u16(bytes + at + 4) == row && !u16(bytes + at + 6))
			return (const char *)bytes + at + 12;
	return NULL;
}

static double number_at(const uint8_t *bytes, size_t len, unsigned row, unsigned column)
{
	for (size_t at = 0; at + 4 <= len; at += 4u + u16(bytes + at + 2))
		if (u16(bytes + at) == 3 && u16(bytes + at + 4) == row &&
		    u16(bytes + at + 6) == column) {
			double number;

			memcpy(&number, bytes + at + 11, sizeof(number));
			return number;
		}
	return -1;
}

/* iozone -Ra -n 64k -g 1m -b: 13 tables of 5 file sizes were 17391 bytes, a title every 7 rows. */
static void worksheet(void **state)
{
	static const uint8_t start[] = {
		9, 0, 4, 0, 2, 0, 0x10, 0, 4, 0, 8, 1, 0, 0, 0, 0, 0, 0, 0
	};
	struct run run = prepared(NULL);
	struct iozone_cell cell = { 0 };
	static char bytes[20000];
	struct text text;
	const uint8_t *in = (const uint8_t *)bytes;

	(void)state;
	set("max_file", "1m");
	set("tests", "0,1,2,3,4,5,6,7");
	while (iozone_next_cell(values, &cell))
		for (unsigned metric = 0; metric <= IOZONE_FREREAD; metric++)
			add(&run, metric, cell.file_bytes / 1024, cell.record_bytes / 1024, 1025.0);
	text_begin(&text, bytes, sizeof(bytes));
	assert_int_equal(tested->stock[2].write(&run, &text), 0);
	assert_int_equal(text.len, 17391);
	assert_memory_equal(bytes, start, sizeof(start));
	assert_string_equal(label_at(in, text.len, 0),
			    "iozone -a -n 64k -g 1024k -R -b iozone.xls ");
	assert_string_equal(label_at(in, text.len, 3), "Writer Report");
	assert_string_equal(label_at(in, text.len, 87), "Re-fread Report");
	assert_true(number_at(in, text.len, 4, 13) == 16384);
	assert_true(number_at(in, text.len, 5, 0) == 64);
	assert_true(number_at(in, text.len, 9, 9) == 1000000);
	assert_true(number_at(in, text.len, 9, 10) == -1);
	assert_memory_equal(bytes + text.len - 4, "\n\0\0", 4);
	text_begin(&text, bytes, 17391);
	assert_int_equal(tested->stock[2].write(&run, &text), -ENOSPC);
	run_shared_unmap(run.shared);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(table_layout),
		cmocka_unit_test(excel_layout),
		cmocka_unit_test(units),
		cmocka_unit_test(extended_columns),
		cmocka_unit_test(left_out_and_failed),
		cmocka_unit_test(processor_time),
		cmocka_unit_test(worksheet),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
