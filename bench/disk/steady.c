/* SPDX-License-Identifier: MIT */
/*
 * disk.steady - what a disk does once it is full and busy, not what it does out of the box.
 *
 * The order of SNIA's Solid State Storage Performance Test Specification 2.0.1 (PTS): purge;
 * workload-independent preconditioning, twice the region in a row by 128 KiB; then rounds of the
 * workload itself until five in a row are steady, 25 at most. Tracked is the first record size with
 * the first mix, by default random writes of 4 KiB, which alone are measured. PTS' whole IOPS test
 * is records=4k,512,8k,16k,32k,64k,128k,1m and mixes=0,5,35,50,65,95,100 (56 minutes a round).
 */
#include "bench/engine/disk/region.h"
#include "bench/engine/disk/rounds.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <math.h>
#include <stdlib.h>
#include <sys/ioctl.h>

enum {
	RECORDS,
	MIXES,
	ACCESS,
	DEPTH,
	SECONDS,
	ROUNDS,
	START,
	SPAN,
	PURGE,
	PASSES,
	PATTERN,
	SEED,
	PATIENCE
};
static const struct param params[] = {
	[RECORDS] = { "records", "4k", "bytes of a request: a list; the first is tracked",
		      PARAM_TEXT, 1, 120 },
	[MIXES] = { "mixes", "0", "percents of reads: a list; the first is tracked", PARAM_TEXT, 1,
		    120 },
	[ACCESS] = { "access", "random", "random: drawn evenly; sequential: in a row", PARAM_CHOICE,
		     .choices = "random|sequential" },
	[DEPTH] = { "depth", "32", "requests in flight", PARAM_COUNT, 1, URING_DEPTH },
	[SECONDS] = { "seconds", "60", "of each record and mix in a round", PARAM_SECONDS, 0.01,
		      86400 },
	[ROUNDS] = { "rounds", "25", "at most", PARAM_COUNT, STEADY_ROUNDS, 100 },
	[START] = { "start", "0", "where the region begins", PARAM_BYTES, 0, 0x1p62 },
	[SPAN] = { "span", "16g", "length of the region; 0: to the disk's end", PARAM_BYTES, 0,
		   0x1p62 },
	[PURGE] = { "purge", "yes", "TRIM the region first, where the disk can", PARAM_BOOL },
	[PASSES] = { "passes", "2", "over the region in a row before the rounds", PARAM_COUNT, 0,
		     10 },
	[PATTERN] = { "pattern", "random",
		      "what is written: incompressible, no two blocks alike; or zeros",
		      PARAM_CHOICE, .choices = "random|zero" },
	[SEED] = { "seed", "1", "of positions, data and mix", PARAM_COUNT, 0, 0x1p53 },
	[PATIENCE] = { "patience", "30", "without any completion: given up", PARAM_SECONDS, 0.1,
		       3600 },
	{ 0 },
};

static const struct axis point_axes[] = { { "record", "B" }, { "reads", "%" } };
static const struct axis round_axes[] = { { "round", "" }, { NULL, NULL } };

enum { ROUND = ROUNDS_FIGURES, ROUND_LONGEST, COUNT, RANGE, SLOPE };
#define TIME_ROW(name, help, by, detail)                                        \
	{                                                                       \
		name, "us", help, LESS_IS_BETTER, by, false, detail, point_axes \
	}
static const struct metric metrics[] = {
	[ROUND_IOPS] = { "iops", "/s", "reads and writes, mean over the window", MORE_IS_BETTER,
			 BY_MEAN, false, false, point_axes },
	[ROUND_BANDWIDTH] = { "bandwidth", "MB/s", "10^6 bytes/s, mean over the window",
			      MORE_IS_BETTER, BY_MEAN, false, false, point_axes },
	[ROUND_MEAN] = TIME_ROW("mean", "mean of the window's rounds", BY_MEAN, true),
	[ROUND_P50] =
		TIME_ROW("p50", "half took at most this: median of the rounds", BY_MEDIAN, false),
	[ROUND_P99] =
		TIME_ROW("p99", "99 % took at most this: median of the rounds", BY_MEDIAN, false),
	[ROUND_P99_9] = TIME_ROW("p99_9", "99.9 %: median of the rounds", BY_MEDIAN, true),
	[ROUND_P99_99] = TIME_ROW("p99_99", "99.99 %: median of the rounds", BY_MEDIAN, false),
	[ROUND_MAX] = TIME_ROW("max", "longest of the window", BY_MAX, false),
	[ROUND] = { "round_iops", "/s", "of the tracked record and mix, in each round",
		    MORE_IS_BETTER, BY_LAST, false, true, round_axes },
	[ROUND_LONGEST] = { "round_p99_99", "us", "of the tracked record and mix, in each round",
			    LESS_IS_BETTER, BY_LAST, false, true, round_axes },
	[COUNT] = { "rounds", "1", "until it was steady, or in all", LESS_IS_BETTER, BY_LAST },
	[RANGE] = { "window_range", "%", "of the tracked IOPS over the window: at most 20",
		    LESS_IS_BETTER, BY_LAST },
	[SLOPE] = { "window_slope", "%", "of their best line over the window: at most 10",
		    NEITHER_IS_BETTER, BY_LAST },
	{ 0 },
};

/* ---- the values ---- */

static int read_lists(const union value *value, struct list *records, struct list *mixes, char *why,
		      size_t room)
{
	int err = list_parse(records, "records", value[RECORDS].text, text_bytes, 512,
			     16 * 1024 * 1024, why, room);

	return err ? err :
		     list_parse(mixes, "mixes", value[MIXES].text, text_u64, 0, 100, why, room);
}

static int check(const union value *value, char *why, size_t room)
{
	struct list records, mixes;
	int err = read_lists(value, &records, &mixes, why, room);

	for (size_t i = 0; !err && i < records.count; i++)
		if (records.item[i] % 512)
			err = text_refuse(-EINVAL, why, room,
					  "records=%s: %llu is not a multiple of 512",
					  value[RECORDS].text, (unsigned long long)records.item[i]);
	if (!err && mixes.item[0] == 100)
		err = text_refuse(-EINVAL, why, room,
				  "mixes=%s: the first is tracked until it is steady, and needs "
				  "writes",
				  value[MIXES].text);
	return err;
}

static double fill_seconds(const union value *value, const struct speeds *speeds)
{
	double bytes = region_expected_bytes(value[SPAN].num, speeds, 16.0 * 1024 * 1024 * 1024);

	return (double)value[PASSES].num * bytes / speeds->disk_write;
}

/* Ten rounds, or as many as there may be: most disks are steady by then. */
static double seconds(const union value *value, const struct speeds *speeds)
{
	enum { USUAL_ROUNDS = 10 };
	double rounds = value[ROUNDS].num < USUAL_ROUNDS ? (double)value[ROUNDS].num : USUAL_ROUNDS;
	struct list records, mixes;

	if (read_lists(value, &records, &mixes, NULL, 0))
		return 0;
	return rounds * (double)(records.count * mixes.count) * (value[SECONDS].real + 0.02) +
	       fill_seconds(value, speeds);
}

/* ---- before the rounds ---- */

struct steady_run {
	struct run *run;
	struct disk disk;
	struct region region;
	struct list records, mixes;
	struct rounds rounds;
	struct workload *workload;
	struct uring *uring;
	double progress;
};

static void purge(struct steady_run *test)
{
	uint64_t range[2] = { test->region.start, test->region.bytes };
	struct run *run = test->run;

	if (!run->value[PURGE].on) {
		run_note(run, "not purged: purge=no");
		return;
	}
	run_activity(run, "TRIM");
	if (!test->disk.is_block)
		run_note(run, "not purged: a plain file");
	else if (ioctl(test->disk.fd, BLKDISCARD, range))
		run_note(run, "not purged: the disk takes no TRIM (%m)");
	else
		run_note(run, "purged: TRIM of the region");
}

static int precondition(struct steady_run *test)
{
	const union value *value = test->run->value;
	struct speeds speeds = speeds_plain;
	struct region_fill fill = {
		.passes = (unsigned)value[PASSES].num,
		.zeroes = value[PATTERN].num != 0,
		.seed = value[SEED].num + 1,
		.patience_seconds = value[PATIENCE].real,
	};

	purge(test);
	if (!fill.passes) {
		run_note(test->run, "not preconditioned: passes=0");
		return 0;
	}
	speeds.disk_bytes = (double)test->region.bytes;
	fill.progress_share = fill_seconds(value, &speeds) / seconds(value, &speeds);
	test->progress = fill.progress_share;
	return region_prepare(test->run, &test->disk, &test->region, &fill, REGION_WRITE);
}

/* ---- the rounds ---- */

static int measure_point(struct steady_run *test, size_t round, size_t point)
{
	const union value *value = test->run->value;
	struct workload *workload = test->workload;
	uint64_t record = test->records.item[point % test->records.count];
	/* Other positions in every round. */
	uint64_t seed = value[SEED].num + round * test->rounds.points + point;
	int err;

	workload->read_percent = (unsigned)test->mixes.item[point / test->records.count];
	workload->progress = test->progress;
	positions_begin(&workload->positions, test->region.start, test->region.bytes, record,
			value[ACCESS].num == 0, seed);
	run_activity(test->run, "round %zu: %llu bytes, %u %% reads", round + 1,
		     (unsigned long long)record, workload->read_percent);
	err = workload_measure(workload, test->uring, test->disk.fd, (unsigned)value[DEPTH].num,
			       seed);
	test->progress += workload->progress_share;
	round_figures_of(workload, rounds_at(&test->rounds, round, point));
	return err;
}

static void sample_round(struct steady_run *test, size_t round)
{
	const double *tracked = rounds_at(&test->rounds, round, 0)->of;

	run_at(test->run, round + 1, 0);
	run_sample(test->run, ROUND, tracked[ROUND_IOPS]);
	run_sample(test->run, ROUND_LONGEST, tracked[ROUND_P99_99]);
}

/* A round that an error cut short counts neither for the window nor as a round. */
static int measure_round(struct steady_run *test)
{
	size_t round = test->rounds.count;
	int err = 0;

	for (size_t point = 0; point < test->rounds.points && !err; point++)
		err = measure_point(test, round, point);
	if (err)
		return err;
	test->rounds.count++;
	sample_round(test, round);
	return 0;
}

static int measure_rounds(struct steady_run *test, struct steady *steady)
{
	const union value *value = test->run->value;
	int err = 0;

	test->workload->run = test->run;
	test->workload->zeroes = value[PATTERN].num != 0;
	test->workload->seconds = value[SECONDS].real;
	test->workload->patience_seconds = value[PATIENCE].real;
	test->workload->progress_share =
		(1 - test->progress) / (double)(test->rounds.points * test->rounds.most);
	while (!err && !steady->settled && test->rounds.count < test->rounds.most) {
		err = measure_round(test);
		rounds_judge(&test->rounds, steady);
	}
	return err;
}

/* ---- what came of them ---- */

static void sample_window(struct steady_run *test, size_t from)
{
	for (size_t point = 0; point < test->rounds.points; point++) {
		run_at(test->run, test->records.item[point % test->records.count],
		       test->mixes.item[point / test->records.count]);
		for (size_t round = from; round < test->rounds.count; round++)
			for (unsigned i = 0; i < ROUNDS_FIGURES; i++)
				run_sample(test->run, i,
					   rounds_at(&test->rounds, round, point)->of[i]);
	}
}

static void judge(struct steady_run *test, const struct steady *steady)
{
	struct run *run = test->run;

	sample_window(test, steady->from);
	run_at(run, 0, 0);
	run_sample(run, COUNT, (double)test->rounds.count);
	if (!steady->known)
		return;
	run_sample(run, RANGE, steady->range);
	run_sample(run, SLOPE, steady->trend);
	if (steady->settled)
		run_diagnose(run, VERDICT_PASS, "steady-state",
			     "reached in rounds %zu to %zu: the tracked IOPS range over %.1f %% of "
			     "their average (at most %d) and slope by %.1f %% (at most %d)",
			     steady->from + 1, test->rounds.count, steady->range,
			     STEADY_RANGE_PERCENT, steady->trend, STEADY_TREND_PERCENT);
	else
		run_diagnose(
			run, VERDICT_UNKNOWN, "steady-state",
			"not reached in %zu rounds: in the last %d, whose figures these are, the "
			"tracked IOPS range over %.1f %% of their average (at most %d) and slope "
			"by %.1f %% (at most %d)",
			test->rounds.count, STEADY_ROUNDS, steady->range, STEADY_RANGE_PERCENT,
			steady->trend, STEADY_TREND_PERCENT);
}

static int measure_steady(struct steady_run *test)
{
	struct steady steady = { 0 };
	int err = rounds_begin(&test->rounds, test->records.count * test->mixes.count,
			       test->run->value[ROUNDS].num);

	if (err)
		return run_fail(test->run, err, "memory for the rounds");
	err = measure_rounds(test, &steady);
	judge(test, &steady);
	rounds_end(&test->rounds);
	return err;
}

static int measure(struct steady_run *test)
{
	const union value *value = test->run->value;
	int err;

	disk_note(test->run, &test->disk);
	err = region_choose(test->run, &test->disk, value[START].num, value[SPAN].num,
			    &test->region);
	if (!err)
		err = region_fit_records(test->run, &test->disk, &test->region, &test->records);
	if (!err)
		run_note(test->run, "%llu bytes from byte %llu on, %.3g %% of the disk; %s",
			 (unsigned long long)test->region.bytes,
			 (unsigned long long)test->region.start,
			 100.0 * (double)test->region.bytes / (double)test->disk.bytes,
			 value[PATTERN].num ? "zeros are written" :
					      "the data written are incompressible");
	if (!err)
		err = precondition(test);
	return err ? err : measure_steady(test);
}

static int run(struct run *run)
{
	struct steady_run test = { .run = run,
				   .workload = calloc(1, sizeof(*test.workload)),
				   .uring = calloc(1, sizeof(*test.uring)) };
	int err = -ENOMEM;

	if (!test.workload || !test.uring)
		run_fail(run, err, "memory for the requests");
	else if (read_lists(run->value, &test.records, &test.mixes, NULL, 0))
		err = run_fail(run, -EINVAL, "records or mixes");
	else
		err = disk_open(run, &test.disk, O_RDWR);
	if (!err) {
		err = measure(&test);
		disk_close(&test.disk);
	}
	free(test.workload);
	free(test.uring);
	return err;
}

const struct bench bench_disk_steady = {
	.name = "disk.steady",
	.summary = "raw disk: rounds of random writes after preconditioning, until it is steady",
	.definition =
		"SNIA Solid State Storage PTS 2.0.1: purge, 2 x the region in a row, rounds of 60 s; steady: "
		"over 5 rounds the IOPS range over at most 20 % of their average and their best line over "
		"10 %; 25 rounds at most; by O_DIRECT through io_uring; the region may be a part of the disk",
	.need = NEEDS_DISK,
	.params = params,
	.metrics = metrics,
	.check = check,
	.seconds = seconds,
	.run = run,
};
