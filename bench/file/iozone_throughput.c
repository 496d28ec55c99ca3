/* SPDX-License-Identifier: MIT */
/*
 * file.iozone_throughput - many at once, as `iozone -t N -T` measures it: its tests in its order,
 * each child on its own file, all from one start until the first of them has ended, and what each
 * of them had moved by then. The mixed workload is test 8, which iozone has in this mode only.
 */
#include "bench/file/iozone_throughput.h"
#include "bench/engine/iozone/children.h"
#include "bench/engine/iozone/failures.h"
#include "bench/engine/iozone/walks.h"
#include "bench/file/iozone.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { KIB = 1024 };
enum { KNOWN_TESTS = 0x7ef }; /* 4, record rewrite, is not done by many */

static const struct param params[] = {
	[THROUGHPUT_THREADS] = { "threads", "4", "children (-t)", PARAM_COUNT, 1, 256 },
	[THROUGHPUT_FILE] = { "file", "64m", "size of each child's file (-s)", PARAM_BYTES, KIB,
			      0x1p40 },
	[THROUGHPUT_RECORD] = { "record", "4k", "record size (-r)", PARAM_BYTES, KIB, 0x1p30 },
	[THROUGHPUT_TESTS] = { "tests", "0,1,2,3,5,6,7,8,9,10",
			       "as of file.iozone, and 8: the mixed workload (-i); 0 makes the files",
			       PARAM_TEXT, 1, 40 },
	[THROUGHPUT_RETESTS] = { "retests", "yes", "rewrite and reread (no: -+n)", PARAM_BOOL },
	[THROUGHPUT_STONEWALL] = { "stonewall", "yes", "the first to end stops the others (no: -x)",
				   PARAM_BOOL },
	[THROUGHPUT_READERS] = { "readers", "0",
				 "percent of the children that read in the mixed workload (-+p); 0: every other",
				 PARAM_COUNT, 0, 100 },
	[THROUGHPUT_SEQUENTIAL_MIX] = { "sequential_mix", "no",
					"the mixed workload from first to last record (-+B)",
					PARAM_BOOL },
	[THROUGHPUT_STRIDE] = { "stride", "17", "records from one to the next of test 5 (-j)",
				PARAM_COUNT, 1, 1e6 },
	[THROUGHPUT_FLUSH] = { "flush", "no", "fsync inside the time (-e)", PARAM_BOOL },
	[THROUGHPUT_CLOSE] = { "close", "no", "close inside the time (-c)", PARAM_BOOL },
	[THROUGHPUT_DIRECT] = { "direct", "no", "O_DIRECT (-I)", PARAM_BOOL },
	[THROUGHPUT_SYNC] = { "sync", "no", "O_SYNC (-o) or O_DSYNC (-+D) for tests that write",
			      PARAM_CHOICE, .choices = "no|sync|dsync" },
	[THROUGHPUT_UNIT] = { "unit", "kb", "of iozone's own report: kB/s, operations/s (-O)",
			      PARAM_CHOICE, .choices = "kb|ops" },
	[THROUGHPUT_COLD] = { "cold", "no",
			      "empty the page cache before each test: of the files; all of it, or by "
			      "remounting (both root)",
			      PARAM_CHOICE, .choices = "no|file|all|remount" },
	[THROUGHPUT_PAUSE] = { "pause", "2", "between tests, after sync(2)", PARAM_SECONDS, 0,
			       3600 },
	[THROUGHPUT_PATTERN] = { "pattern", "random", "stock: the original's nearly all zeros",
				 PARAM_CHOICE, .choices = "random|stock" },
	[THROUGHPUT_SEED] = { "seed", "1", "of the data", PARAM_COUNT, 0, 0x1p53 },
	{ 0 },
};

#define FIGURES(test, name, help)                                                             \
	[test * THROUGHPUT_FIGURES +                                                          \
		THROUGHPUT_SUM] = { name, "KiB/s", help, MORE_IS_BETTER, BY_MEDIAN },         \
		[test * THROUGHPUT_FIGURES +                                                  \
			THROUGHPUT_PARENT] = { name "_parent",                                \
					       "KiB/s",                                       \
					       "all bytes in the time of all",                \
					       MORE_IS_BETTER,                                \
					       BY_MEDIAN,                                     \
					       .detail = true },                              \
		[test * THROUGHPUT_FIGURES +                                                  \
			THROUGHPUT_MIN] = { name "_min",    "KiB/s",   "the slowest child",   \
					    MORE_IS_BETTER, BY_MEDIAN, .detail = true },      \
		[test * THROUGHPUT_FIGURES +                                                  \
			THROUGHPUT_MAX] = { name "_max",    "KiB/s",   "the fastest child",   \
					    MORE_IS_BETTER, BY_MEDIAN, .detail = true },      \
		[test * THROUGHPUT_FIGURES + THROUGHPUT_MIN_XFER] = {                         \
			name "_min_xfer", "KiB",     "what the child moved that moved least", \
			MORE_IS_BETTER,	  BY_MEDIAN, .detail = true                           \
		}

static const struct metric metrics[] = {
	FIGURES(THROUGHPUT_WRITE, "initial_write",
		"records to new files: the children's rates, added"),
	FIGURES(THROUGHPUT_REWRITE, "rewrite", "the same over the existing files"),
	FIGURES(THROUGHPUT_READ, "read", "from first to last record"),
	FIGURES(THROUGHPUT_REREAD, "reread", "the same again"),
	FIGURES(THROUGHPUT_REVERSE_READ, "reverse_read", "from last to first record"),
	FIGURES(THROUGHPUT_STRIDE_READ, "stride_read", "every 17th record (stride=), in rows"),
	FIGURES(THROUGHPUT_RANDOM_READ, "random_read", "each record once, in a fixed random order"),
	FIGURES(THROUGHPUT_MIXED, "mixed_workload", "some read, the others write, in random order"),
	FIGURES(THROUGHPUT_RANDOM_WRITE, "random_write", "each record once, in the same order"),
	FIGURES(THROUGHPUT_PWRITE, "pwrite", "pwrite(2) to files made anew"),
	FIGURES(THROUGHPUT_PREAD, "pread", "pread(2) from first to last record"),
	FIGURES(THROUGHPUT_FWRITE, "fwrite", "through a buffer of one record, as stdio does"),
	FIGURES(THROUGHPUT_FREAD, "fread", "through a buffer of one record, as stdio does"),
	{ 0 },
};

static const struct axis axes[AXES] = { { "threads", "" } };

/* Opened otherwise than when one is alone: nothing is read or flushed before the time. */
static const struct records_test tests[THROUGHPUT_KINDS] = {
	{ 0, THROUGHPUT_WRITE, "initial write", O_RDWR | O_CREAT | O_TRUNC, RECORDS_WRITES,
	  walk_write, record_forward },
	{ 0, THROUGHPUT_REWRITE, "rewrite", O_RDWR, RECORDS_WRITES | RECORDS_RETEST, walk_write,
	  record_forward },
	{ 1, THROUGHPUT_READ, "read", O_RDONLY, 0, walk_read, record_forward },
	{ 1, THROUGHPUT_REREAD, "reread", O_RDONLY, RECORDS_RETEST, walk_read, record_forward },
	{ 3, THROUGHPUT_REVERSE_READ, "reverse read", O_RDONLY, 0, walk_backward, record_backward },
	{ 5, THROUGHPUT_STRIDE_READ, "stride read", O_RDONLY, 0, walk_stride, record_stride },
	{ 2, THROUGHPUT_RANDOM_READ, "random read", O_RDONLY, 0, walk_random_read, record_random },
	{ 8, THROUGHPUT_MIXED, "mixed workload", 0, 0, NULL, NULL },
	{ 2, THROUGHPUT_RANDOM_WRITE, "random write", O_RDWR | O_CREAT, RECORDS_WRITES,
	  walk_random_write, record_random },
	{ 9, THROUGHPUT_PWRITE, "pwrite", O_RDWR | O_CREAT | O_TRUNC, RECORDS_WRITES, walk_pwrite,
	  record_forward },
	{ 10, THROUGHPUT_PREAD, "pread", O_RDONLY, 0, walk_pread, record_forward },
	{ 6, THROUGHPUT_FWRITE, "fwrite", O_RDWR, RECORDS_STREAM | RECORDS_SYNCED, walk_fwrite,
	  record_forward },
	{ 7, THROUGHPUT_FREAD, "fread", O_RDONLY, RECORDS_STREAM | RECORDS_ASIDE, walk_fread,
	  record_forward },
};

/* The mixed workload's writer in order; its other three parts are tests of their own. */
static const struct records_test mixed_write = {
	8,	    THROUGHPUT_MIXED, "mixed workload", O_RDWR | O_CREAT, RECORDS_WRITES,
	walk_write, record_forward
};

static int check(const union value *values, char *why, size_t room)
{
	unsigned chosen = iozone_tests_of(values[THROUGHPUT_TESTS].text);

	if (!(chosen & 1) || chosen & ~(unsigned)KNOWN_TESTS)
		return text_refuse(
			-EINVAL, why, room,
			"tests=%s: expected a list of 0 to 3 and 5 to 10 with 0 in it, such as 0,8",
			values[THROUGHPUT_TESTS].text);
	if (values[THROUGHPUT_RECORD].num > values[THROUGHPUT_FILE].num)
		return text_refuse(-EINVAL, why, room,
				   "record=%llu: larger than the file, %llu bytes",
				   (unsigned long long)values[THROUGHPUT_RECORD].num,
				   (unsigned long long)values[THROUGHPUT_FILE].num);
	for (int i = THROUGHPUT_FILE; i <= THROUGHPUT_RECORD; i++)
		if (values[i].num % KIB)
			return text_refuse(-EINVAL, why, room, "%s=%llu: not a whole number of KiB",
					   params[i].name, (unsigned long long)values[i].num);
	return 0;
}

static bool is_wanted(const union value *values, const struct records_test *test)
{
	bool chosen = iozone_tests_of(values[THROUGHPUT_TESTS].text) & 1u << test->number;

	return chosen && (values[THROUGHPUT_RETESTS].on || !(test->before & RECORDS_RETEST));
}

/* What is written is on the disk before the next test; what memory holds is read from there. */
static double seconds(const union value *values, const struct speeds *speeds)
{
	double bytes = (double)values[THROUGHPUT_FILE].num * (double)values[THROUGHPUT_THREADS].num;
	bool in_memory = bytes < speeds->memory_bytes / 2 && !values[THROUGHPUT_COLD].num &&
			 !values[THROUGHPUT_DIRECT].on;
	double read_s = bytes / (in_memory ? speeds->cache_read : speeds->disk_read), total = 0;
	double calls = bytes / (double)values[THROUGHPUT_RECORD].num;

	for (const struct records_test *test = tests; test < tests + COUNT_OF(tests); test++)
		if (is_wanted(values, test))
			total += (test->flags == O_RDONLY ? read_s : bytes / speeds->disk_write) +
				 calls * speeds->call_s + values[THROUGHPUT_PAUSE].real +
				 speeds->flush_s;
	return total;
}

/* ---- a test ---- */

static const struct records_test *mixed_for(const union value *values, unsigned number)
{
	unsigned readers = (unsigned)values[THROUGHPUT_READERS].num;
	unsigned place = number * 100 / (unsigned)values[THROUGHPUT_THREADS].num;
	bool reads = readers ? place < readers : number % 2 == 0;

	if (values[THROUGHPUT_SEQUENTIAL_MIX].on)
		return reads ? &tests[THROUGHPUT_READ] : &mixed_write;
	return &tests[reads ? THROUGHPUT_RANDOM_READ : THROUGHPUT_RANDOM_WRITE];
}

static void assign(struct children *children, const struct records_test *test)
{
	for (unsigned i = 0; i < children->count; i++)
		children->child[i].test =
			test->walk ? test :
				     mixed_for(children->run->value, children->child[i].number);
	/* A file that is cut short here would end the tests that read it. */
	children->finishes = test->metric == THROUGHPUT_WRITE ||
			     test->metric == THROUGHPUT_PWRITE || test->metric == THROUGHPUT_FWRITE;
}

static int cool(struct children *children, const struct records_test *test)
{
	enum cold cold = (enum cold)children->run->value[THROUGHPUT_COLD].num;
	int err = 0;

	if (test->flags & O_TRUNC || cold == COLD_NO)
		return 0;
	for (unsigned i = 0; i < children->count && !err; i++)
		err = scratch_cool(children->run, children->child[i].records.path,
				   cold == COLD_ADVISE || i + 1 == children->count ? cold :
										     COLD_ADVISE);
	return err;
}

static void report(struct run *run, unsigned test, const struct children_result *result)
{
	unsigned first = test * THROUGHPUT_FIGURES;

	if (result->min_xfer_kib <= 0)
		run_warn(run,
			 "%s: a child had moved nothing when the first one ended: larger files",
			 tests[test].name);
	run_sample(run, first + THROUGHPUT_SUM, result->sum);
	run_sample(run, first + THROUGHPUT_PARENT, result->parent);
	run_sample(run, first + THROUGHPUT_MIN, result->min);
	run_sample(run, first + THROUGHPUT_MAX, result->max);
	run_sample(run, first + THROUGHPUT_MIN_XFER, result->min_xfer_kib);
}

static int measure_test(struct children *children, const struct records_test *test)
{
	struct run *run = children->run;
	struct children_result result;
	int err;

	sync();
	if (run->value[THROUGHPUT_PAUSE].real > 0 && test->metric != THROUGHPUT_WRITE)
		run->sleep_ns((uint64_t)(run->value[THROUGHPUT_PAUSE].real * 1e9));
	run_activity(run, "%s by %u", test->name, children->count);
	assign(children, test);
	err = cool(children, test);
	err = err ? err : children_measure(children, &result);
	if (!err)
		report(run, test->metric, &result);
	return err;
}

static int measure(struct children *children)
{
	struct failures failures = { 0 };
	bool final = false;

	for (unsigned i = 0; i < THROUGHPUT_KINDS && !final; i++) {
		int err;

		if (!is_wanted(children->run->value, &tests[i]))
			continue;
		err = measure_test(children, &tests[i]);
		/* Without the files there is nothing for the others. */
		if (err)
			final = failures_add(&failures, children->run, err) ||
				tests[i].flags & O_TRUNC;
		run_progress(children->run, (double)(i + 1) / THROUGHPUT_KINDS);
	}
	return failures_end(&failures, children->run);
}

static int run(struct run *run)
{
	static const int syncs[] = { 0, O_SYNC, O_DSYNC };
	const union value *value = run->value;
	uint64_t all = value[THROUGHPUT_FILE].num * value[THROUGHPUT_THREADS].num;
	struct children children = { .run = run, .stonewall = value[THROUGHPUT_STONEWALL].on };
	struct records common = {
		.run = run,
		.pattern = { .kind = value[THROUGHPUT_PATTERN].num ? PATTERN_IOZONE :
								     PATTERN_RANDOM,
			     .stamp = value[THROUGHPUT_SEED].num },
		.stride_records = (unsigned)value[THROUGHPUT_STRIDE].num,
		.direct = value[THROUGHPUT_DIRECT].on ? O_DIRECT : 0,
		.write_sync = syncs[value[THROUGHPUT_SYNC].num],
		.time_flush = value[THROUGHPUT_FLUSH].on,
		.time_close = value[THROUGHPUT_CLOSE].on,
	};
	int err = scratch_need(run, all);

	if (err)
		return err;
	if (!value[THROUGHPUT_DIRECT].on)
		scratch_note_memory(run, all);
	run_at(run, value[THROUGHPUT_THREADS].num, 0);
	err = children_begin(&children, &common, (unsigned)value[THROUGHPUT_THREADS].num,
			     value[THROUGHPUT_FILE].num, value[THROUGHPUT_RECORD].num);
	err = err ? run_fail(run, err, "prepare %llu threads",
			     (unsigned long long)value[THROUGHPUT_THREADS].num) :
		    measure(&children);
	children_end(&children);
	return err;
}

const struct bench bench_file_iozone_throughput = {
	.name = "file.iozone_throughput",
	.summary = "many at once, each on its own file, from one start to the first one's end",
	.definition =
		"iozone 3.489 -t N -T: calls, order and timed part by strace, stonewall by its source; "
		"KiB/s = 1024 bytes/s; sum of the children's own rates; parent: all bytes until the last "
		"file is closed; the minimum is the slowest child's even where iozone names another",
	.need = NEEDS_DIRECTORY,
	.params = params,
	.metrics = metrics,
	.axes = axes,
	.check = check,
	.seconds = seconds,
	.run = run,
	.stock = throughput_stock,
};
