/* SPDX-License-Identifier: MIT */
/* What `iozone -t N -T -R` prints: a block for each test, the summary of all. */
#include "bench/file/iozone.h"
#include "bench/file/iozone_throughput.h"

#include <errno.h>
#include <math.h>

enum { KIB = 1024 };

/* iozone's own names and tabs, and the width of the number of children. */
static const struct {
	int width;
	const char *name, *tabs, *parent_tabs, *summary;
} blocks[THROUGHPUT_KINDS] = {
	[THROUGHPUT_WRITE] = { 2, "initial writers", "\t", "\t", "Initial write" },
	[THROUGHPUT_REWRITE] = { 2, "rewriters", "\t", "\t", "Rewrite" },
	[THROUGHPUT_READ] = { 2, "readers", "\t\t", "\t\t", "Read" },
	[THROUGHPUT_REREAD] = { 1, "re-readers", "\t", "\t", "Re-read" },
	[THROUGHPUT_REVERSE_READ] = { 1, "reverse readers", "\t", "\t", "Reverse Read" },
	[THROUGHPUT_STRIDE_READ] = { 1, "stride readers", "\t", "\t", "Stride read" },
	[THROUGHPUT_RANDOM_READ] = { 1, "random readers", "\t", "\t", "Random read" },
	[THROUGHPUT_MIXED] = { 1, "mixed workload", "\t", "\t", "Mixed workload" },
	[THROUGHPUT_RANDOM_WRITE] = { 1, "random writers", "\t", "\t", "Random write" },
	[THROUGHPUT_PWRITE] = { 1, "pwrite writers", "\t", "\t", "Pwrite" },
	[THROUGHPUT_PREAD] = { 1, "pread readers", "\t", "\t", "Pread" },
	[THROUGHPUT_FWRITE] = { 2, "fwriters", "\t", "\t\t", "Fwrite" },
	[THROUGHPUT_FREAD] = { 2, "freaders", "\t", "\t\t", "Fread" },
};

static const char *unit(const struct run *run)
{
	return run->value[THROUGHPUT_UNIT].num == IOZONE_UNIT_OPS ? "ops" : "kB";
}

static double value_of(const struct run *run, unsigned test, enum throughput_figure figure)
{
	double value = run_value(run, test * THROUGHPUT_FIGURES + figure, NULL, NULL);
	double record_kib = (double)run->value[THROUGHPUT_RECORD].num / KIB;

	return run->value[THROUGHPUT_UNIT].num == IOZONE_UNIT_OPS ? value / record_kib : value;
}

static bool is_measured(const struct run *run, unsigned test)
{
	return !isnan(value_of(run, test, THROUGHPUT_SUM));
}

static void add_block(const struct run *run, unsigned test, struct text *out)
{
	unsigned count = (unsigned)run->value[THROUGHPUT_THREADS].num;
	double sum = value_of(run, test, THROUGHPUT_SUM);
	const char *per = unit(run);

	text_add(out, "\n\tChildren see throughput for %*u %s %s= %10.2f %s/sec\n",
		 blocks[test].width, count, blocks[test].name, blocks[test].tabs, sum, per);
	text_add(out, "\tParent sees throughput for %*u %s %s= %10.2f %s/sec\n", blocks[test].width,
		 count, blocks[test].name, blocks[test].parent_tabs,
		 value_of(run, test, THROUGHPUT_PARENT), per);
	text_add(out, "\tMin throughput per thread \t\t\t= %10.2f %s/sec \n",
		 value_of(run, test, THROUGHPUT_MIN), per);
	text_add(out, "\tMax throughput per thread \t\t\t= %10.2f %s/sec\n",
		 value_of(run, test, THROUGHPUT_MAX), per);
	text_add(out, "\tAvg throughput per thread \t\t\t= %10.2f %s/sec\n", sum / count, per);
	text_add(out, "\tMin xfer \t\t\t\t\t= %10.2f %s\n",
		 value_of(run, test, THROUGHPUT_MIN_XFER), per);
}

static void add_options(const struct run *run, struct text *out)
{
	const union value *value = run->value;
	unsigned long long file = value[THROUGHPUT_FILE].num / KIB,
			   record = value[THROUGHPUT_RECORD].num / KIB;

	text_add(out, "\n\tFile size set to %llu kB\n\tRecord Size %llu kB\n", file, record);
	if (value[THROUGHPUT_FLUSH].on)
		text_add(out, "\tInclude fsync in write timing\n");
	if (value[THROUGHPUT_CLOSE].on)
		text_add(out, "\tInclude close in write timing\n");
	if (value[THROUGHPUT_DIRECT].on)
		text_add(out, "\tO_DIRECT feature enabled\n");
	if (!value[THROUGHPUT_STONEWALL].on)
		text_add(out, "\tStonewall disabled\n");
	if (value[THROUGHPUT_READERS].num)
		text_add(out, "\tPercent read in mix test is %llu\n",
			 (unsigned long long)value[THROUGHPUT_READERS].num);
	text_add(out, "\tExcel chart generation enabled\n\tOutput is in %s\n",
		 value[THROUGHPUT_UNIT].num == IOZONE_UNIT_OPS ? "ops/sec" : "kBytes/sec");
	text_add(out, "\tFile stride size set to %llu * record size.\n",
		 (unsigned long long)value[THROUGHPUT_STRIDE].num);
	text_add(out,
		 "\tThroughput test with %llu threads\n"
		 "\tEach thread writes a %llu kByte file in %llu kByte records\n",
		 (unsigned long long)value[THROUGHPUT_THREADS].num, file, record);
}

static void add_summary(const struct run *run, struct text *out)
{
	text_add(out,
		 "\n\n\n\"Throughput report Y-axis is type of test X-axis is number of threads\"\n"
		 "\"Record size = %llu kBytes \"\n\"Output is in %s\"\n\n",
		 (unsigned long long)run->value[THROUGHPUT_RECORD].num / KIB,
		 run->value[THROUGHPUT_UNIT].num == IOZONE_UNIT_OPS ? "ops/sec" : "kBytes/sec");
	for (unsigned test = 0; test < THROUGHPUT_KINDS; test++)
		if (is_measured(run, test))
			text_add(out, "\"%15s \" %10.2f \n\n", blocks[test].summary,
				 value_of(run, test, THROUGHPUT_SUM));
}

static int write_report(const struct run *run, struct text *out)
{
	if (!run->shared->count)
		return -ENODATA;
	text_add(out, "\tIozone: Performance Test of File I/O\n"
		      "\t        Version $Revision: 3.489 $ (its report, written by Assay)\n");
	add_options(run, out);
	for (unsigned test = 0; test < THROUGHPUT_KINDS; test++)
		if (is_measured(run, test))
			add_block(run, test, out);
	add_summary(run, out);
	text_add(out, "\niozone test complete.\n");
	return out->cut ? -ENOSPC : 0;
}

const struct stock_file throughput_stock[] = {
	{ "iozone-throughput.txt", write_report },
	{ 0 },
};
