/* SPDX-License-Identifier: MIT */
/* What iozone prints of many children (-t): the figures that a person would read there, and nothing
 * out of damaged texts. */
#include <stdlib.h>

#include "tests/unit/stock_taken.h"

#define EACH "\tEach process writes a 4096 kByte file in 64 kByte records\n\n"

static const struct {
	const char *name, *text, *figures;
} reports[] = {
	{ "a block, and the summary of -R",
	  EACH
	  "\tChildren see throughput for  2 initial writers \t= 2730949.00 kB/sec\n"
	  "\tParent sees throughput for  2 initial writers \t=  497753.61 kB/sec\n"
	  "\tMin throughput per process \t\t\t=       0.00 kB/sec \n"
	  "\tMax throughput per process \t\t\t= 2730949.00 kB/sec\n"
	  "\tAvg throughput per process \t\t\t= 1365474.50 kB/sec\n"
	  "\tMin xfer \t\t\t\t\t=    4096.00 kB\n\n\n"
	  "\"Throughput report Y-axis is type of test X-axis is number of processes\"\n"
	  "\"Record size = 64 kBytes \"\n\"Output is in kBytes/sec\"\n\n\"  Initial write \" 2730949.00 \n",
	  "initial_write by 2 2730949 KiB/s; [initial_write_parent by 2 497753.6 KiB/s]; "
	  "[initial_write_min by 2 0 KiB/s]; [initial_write_max by 2 2730949 KiB/s]; "
	  "[initial_write_min_xfer by 2 4096 KiB]" },
	{ "of an older one, copied with blanks",
	  "        Children see throughput for 16 mixed workload   =  109333.84 KB/sec\n"
	  "        Min xfer                                        = 2097152.00 KB\n",
	  "mixed_workload by 16 109333.8 KiB/s; [mixed_workload_min_xfer by 16 2097152 KiB]" },
	{ "operations, of threads",
	  "\tChildren see throughput for 4 re-readers \t=    2603.66 ops/sec\n"
	  "\tMin throughput per thread \t\t\t=    600.50 ops/sec \n"
	  "\tMin xfer \t\t\t\t\t=  262144.00 ops\n",
	  "reread by 4 2603.66 op/s; [reread_min by 4 600.5 op/s]" },
	{ "two counts of children",
	  "Children see throughput for  1 fwriters \t= 10.00 kB/sec\n"
	  "Children see throughput for  2 fwriters \t= 20.00 kB/sec\n",
	  "fwrite by 1 10 KiB/s; fwrite by 2 20 KiB/s" },
	/* ---- hostile: nothing is made up ---- */
	{ "a test that nobody knows, and what belongs to it",
	  "\tChildren see throughput for  2 writers of poems \t= 5.00 kB/sec\n"
	  "\tMax throughput per process \t\t\t= 5.00 kB/sec\n",
	  "" },
	{ "lines of no block",
	  "Children see throughput for \n\tParent sees throughput for  2 readers = 5 kB/sec\n"
	  "\tMin xfer = 5 kB\n",
	  "" },
	{ "the block before does not go on",
	  "Children see throughput for 2 readers = 5 kB/sec\nChildren see throughput for 2 others = 5 kB/sec\n"
	  "\tMin xfer = 5 kB\n",
	  "read by 2 5 KiB/s" },
	{ "figures that are none",
	  "Children see throughput for 2 readers = nan kB/sec\nChildren see throughput for 2 readers = inf kB/sec\n"
	  "Children see throughput for 2 readers = -5 kB/sec\nChildren see throughput for 2 readers = 0x10 kB/sec\n"
	  "Children see throughput for 2 readers = 0.00 kB/sec\nChildren see throughput for 2 readers = 1e999 kB/sec\n"
	  "Children see throughput for 2 readers = 0000000000000000000000000000000000000005 kB/sec\n"
	  "Children see throughput for 2 readers =\nChildren see throughput for 2 readers\n"
	  "Children see throughput for 2 readers = kB/sec\n",
	  "" },
	{ "units that are none",
	  "Children see throughput for 2 readers = 5\nChildren see throughput for 2 readers = 5 kB\n"
	  "Children see throughput for 2 readers = 5 MB/sec\nChildren see throughput for 2 readers = 5 kB/second\n"
	  "Children see throughput for 2 readers = 5 usec\n\tMin xfer = 5 kB/sec\n",
	  "" },
	{ "no children, and too many",
	  "Children see throughput for 0 readers = 5 kB/sec\nChildren see throughput for -2 readers = 5 kB/sec\n"
	  "Children see throughput for 1000000 readers = 5 kB/sec\nChildren see throughput for readers = 5 kB/sec\n"
	  "Children see throughput for 99999999999999999999999999 readers = 5 kB/sec\n",
	  "" },
};

static void texts(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(reports); i++) {
		const char *text = reports[i].text;
		struct taken taken;
		char why[WHY_ROOM];

		assert_ptr_equal(stock_recognise(text, strlen(text)), &stock_iozone_throughput);
		read_with(&stock_iozone_throughput, text, strlen(text), &taken, why);
		if (strcmp(taken.text, reports[i].figures) != 0)
			fail_msg("%s:\n  found  %s\n  wanted %s", reports[i].name, taken.text,
				 reports[i].figures);
		CHECK_ROW(i, reports[i].name, *taken.text || strstr(why, "holds no figure"));
	}
}

/* Sizes stand as our own parameters would say them, and only when they are sizes. */
static void sizes(void **state)
{
	static const struct {
		const char *line, *parameters;
	} rows[] = {
		{ EACH, "file=4194304;record=65536" },
		{ "Each thread writes a 2097152 Kbyte file in 128 Kbyte records\n",
		  "file=2147483648;record=131072" },
		{ "Each thread writes a many Kbyte file in 128 Kbyte records\n", "" },
		{ "Each thread writes a 5 Kbyte file\n", "" },
		{ "Each thread writes a 99999999999999999999999 kByte file in 4 kByte records\n",
		  "" },
		{ "Nobody writes a 4096 kByte file in 64 kByte records\n", "" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct taken taken;
		char text[300], why[WHY_ROOM];

		snprintf(text, sizeof(text), "%sChildren see throughput for 1 readers = 5 kB/sec\n",
			 rows[i].line);
		read_with(&stock_iozone_throughput, text, strlen(text), &taken, why);
		CHECK_ROW(i, rows[i].line, !strcmp(taken.parameters, rows[i].parameters));
		CHECK_ROW(i, rows[i].line, taken.len);
	}
}

static void cut_short(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(reports); i++)
		for (size_t len = 0; len < strlen(reports[i].text); len++) {
			struct taken taken;
			char *copy = malloc(len + !len), why[WHY_ROOM];

			assert_non_null(copy);
			memcpy(copy, reports[i].text, len);
			read_with(&stock_iozone_throughput, copy, len, &taken, why);
			free(copy);
		}
}

static void taker_refuses(void **state)
{
	(void)state;
	check_refusal(&stock_iozone_throughput, reports[0].text, strlen(reports[0].text));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(texts),
		cmocka_unit_test(sizes),
		cmocka_unit_test(cut_short),
		cmocka_unit_test(taker_refuses),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
