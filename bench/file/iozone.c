/* SPDX-License-Identifier: MIT */
/*
 * file.iozone - a surface over file and record size, as iozone 3.489 measures it (its system calls
 * by strace, its definitions by the source of 3.471): the same calls in the same order, the same
 * part of them timed, the same random order. One pass a test and cell, as there; a 64 KiB file
 * takes a few microseconds, and its figure is a coarse one. Rates are bytes / elapsed in KiB/s from
 * a nanosecond clock; iozone.txt gives them as its clock of microseconds would have.
 */
#include "bench/file/iozone.h"
#include "bench/engine/bounded/cost.h"
#include "bench/engine/bounded/surface.h"
#include "bench/engine/iozone/exact.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { KIB = 1024, MIB = 1048576 };

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
	[IOZONE_FILES] = { "files", "", "these file sizes instead, such as 64k,1m (-s)", PARAM_TEXT,
			   0, 150 },
	[IOZONE_RECORDS] = { "records", "", "these record sizes instead, such as 4k,64k (-r)",
			     PARAM_TEXT, 0, 150 },
	[IOZONE_TESTS] = { "tests", "0,1,2,3,4,5,6,7",
			   "0 write, 1 read, 2 random, 3 backward read, 4 record rewrite, 5 stride read, 6 "
			   "fwrite, 7 fread, 9 pwrite, 10 pread, 11 pwritev, 12 preadv (-i); 0 makes the file",
			   PARAM_TEXT, 1, 40 },
	[IOZONE_RETESTS] = { "retests", "yes", "the second pass of each test (no: -+n)",
			     PARAM_BOOL },
	[IOZONE_STRIDE] = { "stride", "17", "records from one to the next of test 5 (-j)",
			    PARAM_COUNT, 1, 1e6 },
	[IOZONE_FLUSH] = { "flush", "no", "fsync inside the time (-e)", PARAM_BOOL },
	[IOZONE_CLOSE] = { "close", "no", "close inside the time (-c)", PARAM_BOOL },
	[IOZONE_DIRECT] = { "direct", "no", "O_DIRECT (-I)", PARAM_BOOL },
	[IOZONE_SYNC] = { "sync", "no", "O_SYNC (-o) or O_DSYNC (-+D) for tests that write",
			  PARAM_CHOICE, .choices = "no|sync|dsync" },
	[IOZONE_UNIT] = { "unit", "kb",
			  "of iozone's own reports: kB/s, operations/s (-O), us/operation (-N)",
			  PARAM_CHOICE, .choices = "kb|ops|us" },
	[IOZONE_CPU] = { "cpu", "no", "processor time of each test, too (-+u)", PARAM_BOOL },
	[IOZONE_COLD] = { "cold", "no",
			  "empty the page cache before each test: of the file; all of it, or by remounting (-U) (both root)",
			  PARAM_CHOICE, .choices = "no|file|all|remount" },
	[IOZONE_PATTERN] = { "pattern", "random", "stock: the original's nearly all zeros",
			     PARAM_CHOICE, .choices = "random|stock" },
	[IOZONE_SEED] = { "seed", "1", "of the data", PARAM_COUNT, 0, 0x1p53 },
	[IOZONE_MODE] = { "mode", "auto",
			  "exact: each pass whole; bounded: until its interval is tight, without the holes "
			  "of small records; auto: bounded when exact would move more than 16 GiB",
			  PARAM_CHOICE, .choices = "auto|exact|bounded" },
	[IOZONE_INTERVAL] = { "interval", "15",
			      "bounded: half of the 95 % interval, in percent, that ends a test",
			      PARAM_REAL, 0.1, 100 },
	[IOZONE_CAP] = { "cap", "10",
			 "bounded: a test ends after so much measured time, once settled",
			 PARAM_SECONDS, 0.1, 86400 },
	{ 0 },
};

#define RATE(name, help)                                       \
	{                                                      \
		name, "KiB/s", help, MORE_IS_BETTER, BY_MEDIAN \
	}
#define CPU(name)                                                                            \
	{                                                                                    \
		name, "%", "processor time (-+u)", LESS_IS_BETTER, BY_MEDIAN, .detail = true \
	}

static const struct metric metrics[] = {
	[IOZONE_WRITE] = RATE("write", "records to a new file"),
	[IOZONE_REWRITE] = RATE("rewrite", "the same over the existing file"),
	[IOZONE_READ] = RATE("read", "from first to last record"),
	[IOZONE_REREAD] = RATE("reread", "the same again"),
	[IOZONE_RANDOM_READ] = RATE("random_read", "each record once, in a fixed random order"),
	[IOZONE_RANDOM_WRITE] = RATE("random_write", "each record once, in the same order"),
	[IOZONE_BACKWARD_READ] = RATE("backward_read", "from last to first record"),
	[IOZONE_RECORD_REWRITE] =
		RATE("record_rewrite", "the first record, as often as there are records"),
	[IOZONE_STRIDE_READ] = RATE("stride_read", "every 17th record (stride=), in rows"),
	[IOZONE_FWRITE] = RATE("fwrite", "through a buffer of one record, as stdio does"),
	[IOZONE_FREWRITE] = RATE("frewrite", "the same again"),
	[IOZONE_FREAD] = RATE("fread", "through a buffer of one record, as stdio does"),
	[IOZONE_FREREAD] = RATE("freread", "the same again"),
	[IOZONE_PWRITE] = RATE("pwrite", "pwrite(2) from first to last record"),
	[IOZONE_REPWRITE] = RATE("repwrite", "the same again"),
	[IOZONE_PREAD] = RATE("pread", "pread(2) from first to last record"),
	[IOZONE_REPREAD] = RATE("repread", "the same again"),
	[IOZONE_PWRITEV] = RATE("pwritev", "up to 16 records a call, the calls in random order"),
	[IOZONE_REPWRITEV] = RATE("repwritev", "the same again"),
	[IOZONE_PREADV] = RATE("preadv", "up to 16 records a call, the calls in random order"),
	[IOZONE_REPREADV] = RATE("repreadv", "the same again"),
	[IOZONE_CPU_FIRST + IOZONE_WRITE] = CPU("write_cpu"),
	[IOZONE_CPU_FIRST + IOZONE_REWRITE] = CPU("rewrite_cpu"),
	[IOZONE_CPU_FIRST + IOZONE_READ] = CPU("read_cpu"),
	[IOZONE_CPU_FIRST + IOZONE_REREAD] = CPU("reread_cpu"),
	[IOZONE_CPU_FIRST + IOZONE_RANDOM_READ] = CPU("random_read_cpu"),
	[IOZONE_CPU_FIRST + IOZONE_RANDOM_WRITE] = CPU("random_write_cpu"),
	[IOZONE_CPU_FIRST + IOZONE_BACKWARD_READ] = CPU("backward_read_cpu"),
	[IOZONE_CPU_FIRST + IOZONE_RECORD_REWRITE] = CPU("record_rewrite_cpu"),
	[IOZONE_CPU_FIRST + IOZONE_STRIDE_READ] = CPU("stride_read_cpu"),
	[IOZONE_CPU_FIRST + IOZONE_FWRITE] = CPU("fwrite_cpu"),
	[IOZONE_CPU_FIRST + IOZONE_FREWRITE] = CPU("frewrite_cpu"),
	[IOZONE_CPU_FIRST + IOZONE_FREAD] = CPU("fread_cpu"),
	[IOZONE_CPU_FIRST + IOZONE_FREREAD] = CPU("freread_cpu"),
	[IOZONE_CPU_FIRST + IOZONE_PWRITE] = CPU("pwrite_cpu"),
	[IOZONE_CPU_FIRST + IOZONE_REPWRITE] = CPU("repwrite_cpu"),
	[IOZONE_CPU_FIRST + IOZONE_PREAD] = CPU("pread_cpu"),
	[IOZONE_CPU_FIRST + IOZONE_REPREAD] = CPU("repread_cpu"),
	[IOZONE_CPU_FIRST + IOZONE_PWRITEV] = CPU("pwritev_cpu"),
	[IOZONE_CPU_FIRST + IOZONE_REPWRITEV] = CPU("repwritev_cpu"),
	[IOZONE_CPU_FIRST + IOZONE_PREADV] = CPU("preadv_cpu"),
	[IOZONE_CPU_FIRST + IOZONE_REPREADV] = CPU("repreadv_cpu"),
	[IOZONE_HALF_WIDTH] = { "half_width", "%",
				"bounded: of the 95 % interval, the cell's widest; 0: a whole pass",
				LESS_IS_BETTER, BY_MAX, .detail = true },
	[IOZONE_SHARE] = { "share", "%", "bounded: so much of the passes was walked",
			   NEITHER_IS_BETTER, BY_MEAN, .detail = true },
	{ 0 },
};

static const struct axis axes[] = { { "file", "KiB" }, { "record", "KiB" } };

/* ---- the plan ---- */

static double cell_seconds(const union value *values, const struct iozone_cell *cell)
{
	return cost_cell(values, cell, &speeds_plain);
}

/* Does the file system know O_DIRECT at all? That it refuses it for some record size is that cell's
 * failure. */
static int choose_direct(struct records *records)
{
	int fd, err;

	if (!records->run->value[IOZONE_DIRECT].on)
		return 0;
	err = records_make_fresh(records);
	if (err)
		return run_fail(records->run, err, "create %s", records->path);
	fd = open(records->path, O_RDWR | O_DIRECT | O_CLOEXEC);
	err = fd < 0 ? -errno : 0;
	if (err)
		run_warn(
			records->run,
			"O_DIRECT does not work here (%s): buffered instead, the page cache is measured",
			strerror(-err));
	records->direct = err ? 0 : O_DIRECT;
	if (fd >= 0)
		close(fd);
	unlink(records->path);
	return 0;
}

/* Where a file has more records than a table of them may take, the random order is another. */
static void note_order(struct records *records)
{
	uint64_t exact = order_exact_records(memory_bytes());
	struct iozone_cell cell = { 0 };

	if (!(iozone_tests(records->run->value) & 1u << 2))
		return;
	while (iozone_next_cell(records->run->value, &cell))
		if (cell.file_bytes / cell.record_bytes > exact) {
			run_note(
				records->run,
				"files of more than %llu records: random order is computed, not iozone's own",
				(unsigned long long)exact);
			return;
		}
}

static int measure(struct records *records)
{
	int err = choose_direct(records);

	if (err)
		return err;
	if (!records->direct)
		scratch_note_memory(records->run, iozone_largest_file(records->run->value));
	note_order(records);
	return iozone_bounded(records->run->value) ? surface_measure(records) :
						     exact_measure(records, cell_seconds);
}

static int run(struct run *run)
{
	static const int syncs[] = { 0, O_SYNC, O_DSYNC };
	struct records records = {
		.run = run,
		.stride_records = (unsigned)run->value[IOZONE_STRIDE].num,
		.write_sync = syncs[run->value[IOZONE_SYNC].num],
		.time_flush = run->value[IOZONE_FLUSH].on,
		.time_close = run->value[IOZONE_CLOSE].on,
		.cpu = run->value[IOZONE_CPU].on,
		.cold = (enum cold)run->value[IOZONE_COLD].num,
	};
	int err = scratch_need(run, iozone_largest_file(run->value));

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
		"test and cell; pwritev and preadv by its source; data read are not verified; only its own reports "
		"subtract the clock's 1 us",
	.need = NEEDS_DIRECTORY,
	.params = params,
	.metrics = metrics,
	.axes = axes,
	.check = iozone_check_matrix,
	.seconds = cost_matrix,
	.run = run,
	.stock = iozone_stock,
};
