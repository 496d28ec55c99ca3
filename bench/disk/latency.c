/* SPDX-License-Identifier: MIT */
/* disk.latency - how long requests to a raw disk take, over record size and queue depth. */
#include "bench/disk/latency.h"
#include "bench/engine/lists.h"
#include "bench/engine/disk/region.h"
#include "bench/engine/disk/workload.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>

#define GIB (1024.0 * 1024 * 1024)
enum { LEAST_RECORD = 512, GREATEST_RECORD = 16 * 1024 * 1024 };

static const struct param params[] = {
	[LATENCY_OP] = { "op", "read", "what requests do; mix: both, drawn at random", PARAM_CHOICE,
			 .choices = "read|write|mix" },
	[LATENCY_ACCESS] = { "access", "random",
			     "random: drawn evenly, with replacement; sequential: in a row",
			     PARAM_CHOICE, .choices = "random|sequential" },
	[LATENCY_READS] = { "reads", "70", "percent of reads in a mix", PARAM_COUNT, 1, 99 },
	[LATENCY_RECORDS] = { "records", "4k,64k,1m",
			      "bytes of a request: a list, or A-B, which doubles", PARAM_TEXT, 1,
			      120 },
	[LATENCY_DEPTHS] = { "depths", "1-128", "requests in flight: a list, or A-B, which doubles",
			     PARAM_TEXT, 1, 120 },
	[LATENCY_SECONDS] = { "seconds", "3", "measured at each point", PARAM_SECONDS, 0.01,
			      86400 },
	[LATENCY_RAMP] = { "ramp", "0.5", "before that at each point, not counted", PARAM_SECONDS,
			   0, 3600 },
	[LATENCY_START] = { "start", "0", "where the region begins", PARAM_BYTES, 0, 0x1p62 },
	[LATENCY_SPAN] = { "span", "4g", "length of the region; 0: to the disk's end", PARAM_BYTES,
			   0, 0x1p62 },
	[LATENCY_PRECONDITION] = { "precondition", "auto",
				   "write the region once before: auto: when blocks of it hold zeros",
				   PARAM_CHOICE, .choices = "auto|yes|no" },
	[LATENCY_RATE] = { "rate", "0",
			   "requests a second by a schedule (open loop); 0: as the depth allows",
			   PARAM_REAL, 0, 1e7 },
	[LATENCY_ARRIVALS] = { "arrivals", "even", "gaps of that schedule", PARAM_CHOICE,
			       .choices = "even|poisson" },
	[LATENCY_PATTERN] = { "pattern", "random",
			      "what is written: incompressible, no two blocks alike; or zeros",
			      PARAM_CHOICE, .choices = "random|zero" },
	[LATENCY_SEED] = { "seed", "1", "of positions, data and mix", PARAM_COUNT, 0, 0x1p53 },
	[LATENCY_PATIENCE] = { "patience", "30", "without any completion: given up", PARAM_SECONDS,
			       0.1, 3600 },
	{ 0 },
};

#define TIME_ROW(name, help, detail)                                     \
	{                                                                \
		name, "us", help, LESS_IS_BETTER, BY_LAST, false, detail \
	}
/* In the order of percentiles.h, and one more. */
#define TIME_ROWS(first, name, of, people)                         \
	[first] = TIME_ROW(name "_p50", "half of " of, !(people)), \
	TIME_ROW(name "_p90", "90 % of " of, true),                \
	TIME_ROW(name "_p99", "99 % of " of, !(people)),           \
	TIME_ROW(name "_p99_9", "99.9 % of " of, true),            \
	TIME_ROW(name "_mean", "mean of " of, true),               \
	TIME_ROW(name "_max", "longest of " of, !(people)),        \
	TIME_ROW(name "_p99_99", "99.99 % of " of " (fewer than 10000: the longest)", !(people))
#define KIND_ROWS(first, name)                                                                     \
	[(first) + LATENCY_IOPS] = { name "_iops", "/s",                                           \
				     name "s completed, in fifths of the window", MORE_IS_BETTER,  \
				     BY_MEAN },                                                    \
		   { name "_bandwidth", "MB/s", "10^6 bytes/s of them", MORE_IS_BETTER, BY_LAST }, \
		   TIME_ROWS((first) + LATENCY_SERVICE, name,                                      \
			     name "s took at most this, from submitting", true),                   \
		   PERCENTILES_BUCKET_ROWS_OF((first) + LATENCY_BUCKETS, name "_", "us"),          \
		   TIME_ROWS((first) + LATENCY_RESPONSE, name "_response",                         \
			     name "s took at most this, from when they were due (rate)", false),   \
		   PERCENTILES_BUCKET_ROWS_OF((first) + LATENCY_RESPONSE_BUCKETS,                  \
					      name "_response_", "us")

static const struct metric metrics[] = {
	KIND_ROWS(LATENCY_OF_READS, "read"),
	KIND_ROWS(LATENCY_OF_WRITES, "write"),
	[LATENCY_RATE_REACHED] = { "rate_reached", "%", "of the rate that was asked for",
				   MORE_IS_BETTER, BY_LAST, false, true },
	[LATENCY_CPU] = { "cpu", "%", "of one processor, in our thread: near 100 it is the limit",
			  LESS_IS_BETTER, BY_LAST, false, true },
	{ 0 },
};

static const struct axis axes[] = { { "record", "B" }, { "depth", "requests" } };

/* ---- the values ---- */

static int read_lists(const union value *value, struct list *records, struct list *depths,
		      char *why, size_t room)
{
	int err = list_parse(records, "records", value[LATENCY_RECORDS].text, text_bytes,
			     LEAST_RECORD, GREATEST_RECORD, why, room);

	return err ? err :
		     list_parse(depths, "depths", value[LATENCY_DEPTHS].text, text_u64, 1,
				URING_DEPTH, why, room);
}

static int check(const union value *value, char *why, size_t room)
{
	struct list records, depths;
	int err = read_lists(value, &records, &depths, why, room);

	for (size_t i = 0; !err && i < records.count; i++)
		if (records.item[i] % LEAST_RECORD)
			err = text_refuse(
				-EINVAL, why, room,
				"records=%s: %llu is not a multiple of 512, the smallest sector",
				value[LATENCY_RECORDS].text, (unsigned long long)records.item[i]);
	return err;
}

static double fill_seconds(const union value *value, const struct speeds *speeds)
{
	double bytes = region_expected_bytes(value[LATENCY_SPAN].num, speeds, 4 * GIB);

	return value[LATENCY_PRECONDITION].num == REGION_AS_IT_IS ? 0 : bytes / speeds->disk_write;
}

static double seconds(const union value *value, const struct speeds *speeds)
{
	double point = value[LATENCY_RAMP].real + value[LATENCY_SECONDS].real + 0.02;
	struct list records, depths;

	if (read_lists(value, &records, &depths, NULL, 0))
		return 0;
	return (double)(records.count * depths.count) * point + fill_seconds(value, speeds);
}

/* ---- before the points ---- */

struct latency {
	struct run *run;
	struct disk disk;
	struct region region;
	struct list records, depths;
	struct workload *workload;
	struct uring *uring;
	double progress;
	bool told_cpu, told_shared, told_rate, told_pinning;
};

static int prepare_region(struct latency *latency)
{
	const union value *value = latency->run->value;
	struct speeds speeds = speeds_plain;
	struct region_fill fill = {
		.passes = 1,
		.zeroes = value[LATENCY_PATTERN].num != 0,
		.seed = value[LATENCY_SEED].num + 1,
		.patience_seconds = value[LATENCY_PATIENCE].real,
	};
	int err;

	speeds.disk_bytes = (double)latency->region.bytes;
	fill.progress_share = fill_seconds(value, &speeds) / seconds(value, &speeds);
	err = region_prepare(latency->run, &latency->disk, &latency->region, &fill,
			     (enum region_before)value[LATENCY_PRECONDITION].num);

	latency->progress = fill.seconds > 0 ? fill.progress_share : 0;
	return err;
}

static void note_what(struct latency *latency)
{
	static const char *const ops[] = { "reads", "writes", "reads and writes" };
	const union value *value = latency->run->value;

	run_note(latency->run, "%s %s in %llu bytes from byte %llu on, %.3g %% of the disk%s",
		 value[LATENCY_ACCESS].num ? "sequential" : "random", ops[value[LATENCY_OP].num],
		 (unsigned long long)latency->region.bytes,
		 (unsigned long long)latency->region.start,
		 100.0 * (double)latency->region.bytes / (double)latency->disk.bytes,
		 value[LATENCY_OP].num == LATENCY_OP_READ ? "" :
		 value[LATENCY_PATTERN].num		  ? "; zeros are written" :
							    "; the data written are incompressible");
}

/* ---- a point ---- */

/* One behind the other: percentiles, the 99.99th, the buckets. */
static void sample_times(struct latency *latency, unsigned first, unsigned p99_99,
			 const struct histogram *histogram)
{
	percentiles_sample(latency->run, first, histogram, 1e3);
	if (histogram->count)
		run_sample(latency->run, p99_99,
			   (double)histogram_percentile(histogram, 99.99) / 1e3);
	percentiles_sample_buckets(latency->run, p99_99 + 1, histogram, 1e3);
}

/* By fifths, for the spread; a window that was cut short in one. */
static void sample_iops(struct latency *latency, unsigned metric,
			const struct workload_tally *tally)
{
	double window = latency->workload->window_seconds;
	bool whole = window >= 0.999 * latency->workload->seconds;

	for (size_t i = 0; whole && i < WORKLOAD_SLICES; i++)
		run_sample(latency->run, metric,
			   (double)tally->slice[i] * WORKLOAD_SLICES / window);
	if (!whole && window > 0)
		run_sample(latency->run, metric, (double)tally->count / window);
}

static void sample_kind(struct latency *latency, unsigned first, const struct workload_tally *tally)
{
	struct run *run = latency->run;
	double window = latency->workload->window_seconds;

	if (!tally->service.count)
		return;
	sample_iops(latency, first + LATENCY_IOPS, tally);
	if (window > 0)
		run_sample(run, first + LATENCY_BANDWIDTH, (double)tally->bytes / 1e6 / window);
	sample_times(latency, first + LATENCY_SERVICE, first + LATENCY_SERVICE_P99_99,
		     &tally->service);
	sample_times(latency, first + LATENCY_RESPONSE, first + LATENCY_RESPONSE_P99_99,
		     &tally->response);
}

static void judge_rate(struct latency *latency)
{
	enum { LEAST_PERCENT = 98 };
	const struct workload *workload = latency->workload;
	double count = (double)(workload->tally[0].count + workload->tally[1].count);
	double reached = workload->due ? 100 * count / (double)workload->due : 100;

	if (workload->rate <= 0)
		return;
	run_sample(latency->run, LATENCY_RATE_REACHED, reached);
	if (reached >= LEAST_PERCENT || latency->told_rate)
		return;
	latency->told_rate = true;
	run_warn(
		latency->run,
		"records of %llu bytes at depth %llu: %.1f %% of the rate of %g/s was reached; %llu "
		"requests that were due never started, and count as waiting until the end",
		(unsigned long long)latency->run->point[0],
		(unsigned long long)latency->run->point[1], reached, workload->rate,
		(unsigned long long)workload->not_started);
}

static void judge_cpu(struct latency *latency)
{
	enum { MOST_PERCENT = 90 };
	double percent = latency->workload->cpu_percent;

	run_sample(latency->run, LATENCY_CPU, percent);
	/* At a rate the thread waits awake for what is due next. */
	if (percent < MOST_PERCENT || latency->told_cpu || latency->workload->rate > 0)
		return;
	latency->told_cpu = true;
	run_warn(
		latency->run,
		"records of %llu bytes at depth %llu kept our thread busy for %.0f %% of the time: "
		"the processor, not the disk, may be the limit",
		(unsigned long long)latency->run->point[0],
		(unsigned long long)latency->run->point[1], percent);
}

static void tell_buffers(struct latency *latency)
{
	const struct uring *uring = latency->uring;

	if (uring->buffer_count < uring->depth && !latency->told_shared) {
		latency->told_shared = true;
		run_note(latency->run,
			 "records of %zu bytes at depth %u: requests share %u buffers, to leave "
			 "memory alone",
			 uring->record_bytes, uring->depth, uring->buffer_count);
	}
	if (!uring->registered && !latency->told_pinning) {
		latency->told_pinning = true;
		run_warn(latency->run, "the limit on locked memory does not let buffers be "
				       "registered: each request pins its own");
	}
}

static void describe(struct latency *latency, uint64_t record)
{
	const union value *value = latency->run->value;
	struct workload *workload = latency->workload;

	workload->run = latency->run;
	workload->read_percent =
		value[LATENCY_OP].num == LATENCY_OP_READ  ? 100 :
		value[LATENCY_OP].num == LATENCY_OP_WRITE ? 0 :
							    (unsigned)value[LATENCY_READS].num;
	workload->zeroes = value[LATENCY_PATTERN].num != 0;
	workload->rate = value[LATENCY_RATE].real;
	workload->poisson = value[LATENCY_ARRIVALS].num != 0;
	workload->ramp_seconds = value[LATENCY_RAMP].real;
	workload->seconds = value[LATENCY_SECONDS].real;
	workload->patience_seconds = value[LATENCY_PATIENCE].real;
	workload->progress = latency->progress;
	positions_begin(&workload->positions, latency->region.start, latency->region.bytes, record,
			value[LATENCY_ACCESS].num == 0, value[LATENCY_SEED].num);
}

static int measure_point(struct latency *latency, uint64_t record, unsigned depth)
{
	struct run *run = latency->run;
	struct workload *workload = latency->workload;
	int err;

	run_at(run, record, depth);
	run_activity(run, "%llu bytes, depth %u", (unsigned long long)record, depth);
	describe(latency, record);
	err = workload_measure(workload, latency->uring, latency->disk.fd, depth,
			       run->value[LATENCY_SEED].num);
	latency->progress += workload->progress_share;
	if (!workload->submitted)
		return err;
	tell_buffers(latency);
	sample_kind(latency, LATENCY_OF_READS, &workload->tally[WORKLOAD_READS]);
	sample_kind(latency, LATENCY_OF_WRITES, &workload->tally[WORKLOAD_WRITES]);
	judge_rate(latency);
	judge_cpu(latency);
	return err;
}

static int measure_points(struct latency *latency)
{
	size_t points = latency->records.count * latency->depths.count;
	int err = 0;

	latency->workload->progress_share = (1 - latency->progress) / (double)points;
	for (size_t i = 0; i < latency->records.count; i++)
		for (size_t j = 0; j < latency->depths.count && !err; j++)
			err = measure_point(latency, latency->records.item[i],
					    (unsigned)latency->depths.item[j]);
	return err;
}

static int measure(struct latency *latency)
{
	const union value *value = latency->run->value;
	int err;

	disk_note(latency->run, &latency->disk);
	err = region_choose(latency->run, &latency->disk, value[LATENCY_START].num,
			    value[LATENCY_SPAN].num, &latency->region);
	if (!err)
		err = region_fit_records(latency->run, &latency->disk, &latency->region,
					 &latency->records);
	if (err)
		return err;
	note_what(latency);
	err = prepare_region(latency);
	return err ? err : measure_points(latency);
}

static int run(struct run *run)
{
	struct latency latency = { .run = run,
				   .workload = calloc(1, sizeof(*latency.workload)),
				   .uring = calloc(1, sizeof(*latency.uring)) };
	bool only_reads = run->value[LATENCY_OP].num == LATENCY_OP_READ &&
			  run->value[LATENCY_PRECONDITION].num == REGION_AS_IT_IS;
	int err = -ENOMEM;

	if (!latency.workload || !latency.uring)
		run_fail(run, err, "memory for the requests");
	else if (read_lists(run->value, &latency.records, &latency.depths, NULL, 0))
		err = run_fail(run, -EINVAL, "records or depths");
	else
		err = disk_open(run, &latency.disk, only_reads ? O_RDONLY : O_RDWR);
	if (!err) {
		err = measure(&latency);
		disk_close(&latency.disk);
	}
	free(latency.workload);
	free(latency.uring);
	return err;
}

const struct bench bench_disk_latency = {
	.name = "disk.latency",
	.summary = "raw disk: IOPS, bandwidth and latency over record size and queue depth",
	.definition =
		"O_DIRECT through io_uring, file and buffers registered, one thread; service time: from "
		"handing over to seeing the completion (fio's clat and slat together), response time: from "
		"when a request was due; percentiles at most 1.6 % above the true value; one window each",
	.need = NEEDS_DISK,
	.one_by_one = true,
	.params = params,
	.metrics = metrics,
	.axes = axes,
	.check = check,
	.seconds = seconds,
	.run = run,
	.stock = latency_stock,
};
