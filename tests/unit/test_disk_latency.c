/* SPDX-License-Identifier: MIT */
/* disk.latency on a plain file: values, points, what it writes and leaves alone, faults, a rate. */
#include "tests/unit/bench_run.h"

#include "bench/disk/latency.h"
#include "bench/engine/lists.h"
#include "bench/engine/disk/region.h"
#include "bench/engine/disk/workload.h"

#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <pthread.h>
#include <stdio.h>
#include <sys/mman.h>

enum { KIB = 1024, FILE_BYTES = 1024 * KIB + 512 };

extern const struct bench bench_disk_latency;
static const struct bench *const tested = &bench_disk_latency;

static char path[80];
static uint8_t content[FILE_BYTES];

static int make_all(void **state)
{
	struct uring *uring = malloc(sizeof(*uring));
	int err;

	if (make_directory(state))
		return -1;
	snprintf(path, sizeof(path), "%s/disk", directory);
	err = uring_open(uring, 0, 1, 512, 0, clock_raw_ns);
	if (!err)
		uring_close(uring);
	free(uring);
	if (err)
		print_message("skipped: %s\n", uring_refusal(err));
	return err == -ENOSYS || err == -EPERM ? 77 : 0;
}

static int remove_all(void **state)
{
	unlink(path);
	return remove_directory(state);
}

/* The whole disk holds this byte. */
static void fill_file(int byte, size_t bytes)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);

	memset(content, byte, sizeof(content));
	assert_true(fd >= 0);
	assert_int_equal(write(fd, content, bytes), bytes);
	assert_int_equal(close(fd), 0);
}

static void load_file(void)
{
	int fd = open(path, O_RDONLY);

	assert_int_equal(read(fd, content, sizeof(content)), sizeof(content));
	assert_int_equal(close(fd), 0);
}

static struct run short_run(void)
{
	struct run run = prepared(path);

	run.sleep_ns = clock_sleep_ns;
	set("seconds", "0.05");
	set("ramp", "0.01");
	set("records", "4k");
	set("depths", "4");
	return run;
}

static bool was_said(const struct run *run, const char *words)
{
	for (uint32_t i = 0; i < run->shared->note_count; i++)
		if (strstr(run->shared->notes[i].text, words))
			return true;
	return false;
}

/* ---- values ---- */

static void lists(void **state)
{
	static const struct {
		const char *in;
		size_t count;
		uint64_t item[8];
	} rows[] = {
		{ "1", 1, { 1 } },
		{ "1,2,128", 3, { 1, 2, 128 } },
		{ "1-128", 8, { 1, 2, 4, 8, 16, 32, 64, 128 } },
		{ "3-10,1", 4, { 3, 6, 10, 1 } },
		{ "", 0 },
		{ ",", 0 },
		{ "1,", 0 },
		{ "1,,2", 0 },
		{ "0", 0 },
		{ "129", 0 },
		{ "1,1", 0 },
		{ "1-4,2", 0 },
		{ "4-4", 0 },
		{ "8-4", 0 },
		{ "0-4", 0 },
		{ "-4", 0 },
		{ "4-", 0 },
		{ "1-2-4", 0 },
		{ "1 2", 0 },
		{ "x", 0 },
		{ "18446744073709551616", 0 },
		{ "1-18446744073709551615", 0 },
		{ "1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20,21,22,23,24,25,26,27,28,29,"
		  "30,31,32,33",
		  0 },
		{ "00000000000000000000000000000000000000001", 0 },
	};
	struct list list;
	char why[300];
	(void)state;

	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		int err =
			list_parse(&list, "depths", rows[i].in, text_u64, 1, 128, why, sizeof(why));

		CHECK_ROW(i, rows[i].in, err == (rows[i].count ? 0 : -EINVAL));
		CHECK_ROW(i, why, !err || !strncmp(why, "depths=", 7));
		CHECK_ROW(i, rows[i].in, err || list.count == rows[i].count);
		for (size_t j = 0; !err && j < list.count; j++)
			CHECK_ROW(i, rows[i].in, list.item[j] == rows[i].item[j]);
	}
}

static void hostile_values(void **state)
{
	static const struct hostile_value rows[] = {
		{ "records", "512", false },	 { "records", "4k-1m", false },
		{ "records", "513", true },	 { "records", "4k,1000", true },
		{ "records", "32m", true },	 { "records", "0", true },
		{ "depths", "128", false },	 { "depths", "129", true },
		{ "depths", "1k", true },	 { "reads", "100", true },
		{ "rate", "-1", true },		 { "rate", "nan", true },
		{ "seconds", "0", true },	 { "op", "erase", true },
		{ "precondition", "may", true }, { "patience", "0", true },
	};
	(void)state;

	check_values(rows, COUNT_OF(rows));
}

/* Writing the region first takes what the disk's size allows, when that is known. */
static void expected_seconds(void **state)
{
	static const struct {
		const char *span, *precondition;
		double disk_bytes, fill_seconds;
	} rows[] = {
		{ "4g", "auto", 0, 4294967296 / 150e6 },
		{ "4g", "auto", 1e12, 4294967296 / 150e6 },
		{ "4g", "auto", 150e6, 1 },
		{ "4g", "no", 1e12, 0 },
		{ "0", "yes", 1500e9, 10000 },
		{ "0", "auto", 0, 4294967296 / 150e6 },
	};
	(void)state;

	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct speeds speeds = speeds_plain;
		double points;

		set_defaults();
		set("precondition", "no");
		points = tested->seconds(values, &speeds);
		set("span", rows[i].span);
		set("precondition", rows[i].precondition);
		speeds.disk_bytes = rows[i].disk_bytes;
		CHECK_ROW(i, rows[i].span,
			  fabs(tested->seconds(values, &speeds) - points - rows[i].fill_seconds) <
				  0.001);
	}
}

/* ---- points ---- */

static double value_at(const struct run *run, unsigned metric, uint64_t record, uint64_t depth)
{
	return run_value(run, metric, (uint64_t[AXES]){ record, depth }, NULL);
}

static void check_kind(const struct run *run, unsigned first, uint64_t record, uint64_t depth)
{
	static const unsigned rising[] = { LATENCY_SERVICE + PERCENTILES_P50,
					   LATENCY_SERVICE + PERCENTILES_P90,
					   LATENCY_SERVICE + PERCENTILES_P99,
					   LATENCY_SERVICE + PERCENTILES_P99_9,
					   LATENCY_SERVICE_P99_99,
					   LATENCY_SERVICE + PERCENTILES_MAX };
	double iops = value_at(run, first + LATENCY_IOPS, record, depth), before = 0;
	struct stats fifths;

	assert_true(iops > 0);
	run_value(run, first + LATENCY_IOPS, (uint64_t[AXES]){ record, depth }, &fifths);
	assert_true(fifths.n == WORKLOAD_SLICES);
	assert_float_equal(value_at(run, first + LATENCY_BANDWIDTH, record, depth),
			   iops * (double)record / 1e6, 1e-6 * iops * (double)record);
	for (size_t i = 0; i < COUNT_OF(rising); i++) {
		double value = value_at(run, first + rising[i], record, depth);
		assert_true(value >= before && value > 0);
		before = value;
	}
	assert_true(value_at(run, first + LATENCY_BUCKETS + PERCENTILES_BUCKET_COUNT, record,
			     depth) >= 1);
}

static void every_point_has_its_figures(void **state)
{
	static const struct {
		const char *op, *access;
		bool reads, writes;
	} rows[] = {
		{ "read", "random", true, false },
		{ "write", "sequential", false, true },
		{ "mix", "random", true, true },
	};
	(void)state;

	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct run run = short_run();

		fill_file('x', FILE_BYTES);
		set("op", rows[i].op);
		set("access", rows[i].access);
		set("records", "512,4k,1m");
		set("depths", "1,7");
		set("seconds", "0.5"); /* on a busy machine, too, one of 1 MiB ends within */
		CHECK_ROW(i, run.shared->failure, tested->run(&run) == 0);
		for (int record = 0; record < 6; record++) {
			uint64_t bytes = (uint64_t[]){ 512, 4096, 1048576 }[record / 2];
			if (rows[i].reads)
				check_kind(&run, LATENCY_OF_READS, bytes, record % 2 ? 7 : 1);
			if (rows[i].writes && bytes < 1048576)
				check_kind(&run, LATENCY_OF_WRITES, bytes, record % 2 ? 7 : 1);
		}
		CHECK_ROW(i, "no other kind",
			  (run_value(&run, LATENCY_OF_READS, NULL, NULL) > 0) == rows[i].reads);
		write_report(&run, 0);
		CHECK_ROW(i, report, strstr(report, "p99.99 us"));
		write_report(&run, 1);
		CHECK_ROW(i, report,
			  strstr(report, "record = 512 B, depth = 7") && strstr(report, "#[Max"));
		run_shared_unmap(run.shared);
	}
}

static void records_that_do_not_fit(void **state)
{
	struct run run = short_run();
	(void)state;

	fill_file('x', FILE_BYTES);
	set("records", "4k,2m");
	assert_int_equal(tested->run(&run), 0);
	assert_true(was_said(&run, "records of 2097152 bytes are left out"));
	run_shared_unmap(run.shared);

	run = short_run();
	set("records", "2m");
	assert_int_equal(tested->run(&run), -EINVAL);
	assert_non_null(strstr(run.shared->failure, "no record size fits"));
	run_shared_unmap(run.shared);

	run = short_run();
	set("start", "2m"); /* a disk smaller than the plan */
	assert_int_equal(tested->run(&run), -ENOSPC);
	assert_non_null(strstr(run.shared->failure, "start=2097152"));
	run_shared_unmap(run.shared);
}

/* ---- what is written ---- */

static void only_the_region_is_written(void **state)
{
	static const struct {
		const char *start, *span;
		size_t from, to;
	} rows[] = {
		{ "0", "0", 0, FILE_BYTES },
		{ "512", "8k", 512, 512 + 8192 },		 /* less than a record, odd ends */
		{ "100000", "300000", 100352, 100352 + 299520 }, /* whole sectors of it */
		{ "1m", "4g", 1024 * KIB, FILE_BYTES },
	};
	(void)state;

	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct run run = short_run();
		size_t unchanged = 0;

		fill_file('x', FILE_BYTES);
		set("op", "write");
		set("records", "512");
		set("precondition", "yes");
		set("start", rows[i].start);
		set("span", rows[i].span);
		CHECK_ROW(i, run.shared->failure, tested->run(&run) == 0);
		load_file();
		for (size_t at = 0; at < FILE_BYTES; at++) {
			bool inside = at >= rows[i].from && at < rows[i].to;
			CHECK_ROW(i, "outside", inside || content[at] == 'x');
			unchanged += inside && content[at] == 'x';
		}
		/* One in 256 random bytes is an x, too. */
		CHECK_ROW(i, "inside", unchanged < (rows[i].to - rows[i].from) / 32);
		run_shared_unmap(run.shared);
	}
}

static size_t zero_bytes(void)
{
	size_t count = 0;

	load_file();
	for (size_t at = 0; at < FILE_BYTES; at++)
		count += !content[at];
	return count;
}

/* A disk that was never written is written before it is read, unless that is forbidden, which is
 * said [M6]. */
static void never_written_before(void **state)
{
	static const struct {
		const char *precondition;
		int byte;
		bool written;
		const char *words;
	} rows[] = {
		{ "auto", 0, true, "was written once" },  { "auto", 'x', false, "held data" },
		{ "yes", 'x', true, "was written once" }, { "no", 0, false, "64 of 64 blocks" },
		{ "no", 'x', false, "held data" },
	};
	(void)state;

	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct run run = short_run();

		fill_file(rows[i].byte, FILE_BYTES);
		set("precondition", rows[i].precondition);
		CHECK_ROW(i, run.shared->failure, tested->run(&run) == 0);
		CHECK_ROW(i, rows[i].words, was_said(&run, rows[i].words));
		zero_bytes();
		for (size_t at = 0, same = 0; at < FILE_BYTES; at++) {
			same += content[at] == rows[i].byte;
			if (at == FILE_BYTES - 1)
				CHECK_ROW(i, "written",
					  (same < FILE_BYTES / 32) == rows[i].written);
		}
		run_shared_unmap(run.shared);
	}
}

static void zeros_on_request(void **state)
{
	struct run run = short_run();
	(void)state;

	fill_file('x', FILE_BYTES);
	set("op", "mix");
	set("precondition", "yes");
	set("pattern", "zero");
	assert_int_equal(tested->run(&run), 0);
	assert_int_equal(zero_bytes(), FILE_BYTES);
	assert_true(was_said(&run, "zeros are written"));
	run_shared_unmap(run.shared);
}

/* No two 4 KiB blocks that were written are alike, also where reads used the same buffers
 * [M5]. */
static void data_do_not_deduplicate(void **state)
{
	enum { BLOCKS = 256 };
	struct run run = short_run();
	(void)state;

	fill_file('x', FILE_BYTES);
	set("op", "mix");
	set("precondition", "yes");
	assert_int_equal(tested->run(&run), 0);
	load_file();
	for (size_t i = 0; i < BLOCKS; i++)
		for (size_t j = 0; j < i; j++)
			assert_memory_not_equal(content + i * 4096, content + j * 4096, 4096);
	assert_true(zero_bytes() < FILE_BYTES / 32);
	run_shared_unmap(run.shared);
}

/* ---- faults ---- */

static struct workload *workload_on(struct run *run, struct uring *uring, int fd, unsigned depth)
{
	struct workload *workload = calloc(1, sizeof(*workload));

	assert_int_equal(uring_open(uring, fd, depth, 4096, 0, clock_raw_ns), 0);
	assert_int_equal(workload_begin(workload, uring, 1), 0);
	workload->run = run;
	workload->read_percent = 100;
	workload->seconds = 5;
	workload->patience_seconds = 5;
	return workload;
}

static void workload_off(struct workload *workload)
{
	struct uring *uring = workload->uring;

	workload_end(workload);
	uring_close(uring);
	free(workload);
	free(uring);
}

/* The disk ends where nobody said so: the request that found it out is named, at once. */
static void failing_request(void **state)
{
	static const unsigned depths[] = { 1, 8, 64 };
	(void)state;

	for (size_t i = 0; i < COUNT_OF(depths); i++) {
		struct run run = short_run();
		int fd = (fill_file('x', 16 * 4096), open(path, O_RDONLY));
		struct workload *workload =
			workload_on(&run, malloc(sizeof(struct uring)), fd, depths[i]);

		positions_begin(&workload->positions, 0, 1024 * KIB, 4096, false, 1);
		CHECK_ROW(i, "error", workload_run(workload) == -EIO);
		CHECK_ROW(i, "number", workload->failure.number == 17);
		CHECK_ROW(i, "offset", workload->failure.offset == 16 * 4096);
		CHECK_ROW(i, "before", workload->completed == 16);
		CHECK_ROW(i, "drained", workload->uring->in_flight == 0);
		CHECK_ROW(i, "kept", workload->tally[WORKLOAD_READS].service.count == 16);
		CHECK_ROW(i, "ends", workload->failures <= depths[i]);
		CHECK_ROW(i, "err", workload_fail(workload, -EIO) == -EIO);
		CHECK_ROW(i, run.shared->failure,
			  strstr(run.shared->failure,
				 "request 17, a read of 4096 bytes at byte 65536 (16 went well"));
		workload_off(workload);
		close(fd);
		run_shared_unmap(run.shared);
	}
}

/* As when a disk is pulled: every request fails; one line, no waiting. */
static void vanished_disk(void **state)
{
	struct run run = short_run();
	int fd = (fill_file('x', 4096), open(path, O_WRONLY)); /* reads fail with EBADF */
	struct workload *workload = workload_on(&run, malloc(sizeof(struct uring)), fd, 32);
	uint64_t start_ns = clock_raw_ns();
	(void)state;

	positions_begin(&workload->positions, 0, 1024 * KIB, 4096, true, 1);
	assert_int_equal(workload_run(workload), -EBADF);
	assert_int_equal(workload->failure.number, 1);
	assert_int_equal(workload->completed, 0);
	assert_true(workload->failures == 32);
	assert_true(clock_raw_ns() - start_ns < 4000000000u); /* not its 5 seconds */
	workload_off(workload);
	close(fd);
	run_shared_unmap(run.shared);
}

/* Requests that never complete (reads of an empty pipe): given up after the limit, and said. */
static void stuck_disk(void **state)
{
	struct run run = short_run();
	struct workload *workload;
	uint8_t *buffers;
	size_t bytes;
	int ends[2];
	(void)state;

	assert_int_equal(pipe(ends), 0);
	workload = workload_on(&run, malloc(sizeof(struct uring)), ends[0], 2);
	workload->patience_seconds = 0.05;
	positions_begin(&workload->positions, 0, 4096, 4096, false, 1);
	assert_int_equal(workload_run(workload), -ETIMEDOUT);
	assert_int_equal(workload->uring->in_flight, 2);
	workload_fail(workload, -ETIMEDOUT);
	assert_non_null(strstr(run.shared->failure, "2 requests in flight and none ended"));
	buffers = workload->uring->buffers;
	bytes = workload->uring->buffers_bytes;
	workload_off(workload);
	munmap(buffers, bytes); /* what uring_close() had to leave to the kernel */
	close(ends[0]);
	close(ends[1]);
	run_shared_unmap(run.shared);
}

/* ---- a rate ---- */

static void rate_in_reach(void **state)
{
	struct run run = short_run();
	double iops;
	(void)state;

	fill_file('x', FILE_BYTES);
	set("rate", "200");
	set("seconds", "0.5");
	set("depths", "32");
	assert_int_equal(tested->run(&run), 0);
	iops = value_at(&run, LATENCY_OF_READS + LATENCY_IOPS, 4096, 32);
	assert_true(iops > 0 && iops <= 200 * 1.1); /* the schedule, not what the disk can do */
	assert_true(value_at(&run, LATENCY_OF_READS + LATENCY_RESPONSE + PERCENTILES_MAX, 4096,
			     32) > 0);
	run_shared_unmap(run.shared);
}

/* More than the disk can do: what waits in front of it counts, in the response time only. */
static void rate_out_of_reach(void **state)
{
	struct run run = short_run();
	unsigned p50 = PERCENTILES_P50;
	(void)state;

	fill_file('x', FILE_BYTES);
	set("rate", "10000000");
	set("depths", "1");
	assert_int_equal(tested->run(&run), 0);
	assert_true(value_at(&run, LATENCY_RATE_REACHED, 4096, 1) < 98);
	assert_true(was_said(&run, "never started"));
	assert_true(value_at(&run, LATENCY_OF_READS + LATENCY_RESPONSE + p50, 4096, 1) >
		    value_at(&run, LATENCY_OF_READS + LATENCY_SERVICE + p50, 4096, 1));
	/* Every request that was due is in its histogram, those that never started, too. */
	assert_true(value_at(&run,
			     LATENCY_OF_READS + LATENCY_RESPONSE_BUCKETS + PERCENTILES_BUCKET_COUNT,
			     4096, 1) > 0.9 * 10000000 * 0.05);
	write_report(&run, 0);
	assert_non_null(strstr(report, "\nread response "));
	run_shared_unmap(run.shared);
}

/* A disk that does nothing for 50 ms and then everything at once: a pipe. */
static void *answer_late(void *end)
{
	static const uint8_t records[65536];
	ssize_t n;

	clock_sleep_ns(50000000);
	n = write(*(int *)end, records, sizeof(records));
	return n == sizeof(records) ? end : NULL;
}

/* What was held up counts from when it was due, though the disk was quick once it was asked. */
static void held_up_requests(void **state)
{
	struct run run = short_run();
	struct workload *workload;
	const struct workload_tally *reads;
	pthread_t thread;
	void *answered;
	int ends[2];
	(void)state;

	assert_int_equal(pipe(ends), 0);
	workload = workload_on(&run, malloc(sizeof(struct uring)), ends[0], 1);
	positions_begin(&workload->positions, 0, 512, 512, false, 1);
	workload->uring->record_bytes = 512;
	workload->seconds = 0.1;
	workload->rate = 1000;
	reads = &workload->tally[WORKLOAD_READS];
	assert_int_equal(pthread_create(&thread, NULL, answer_late, &ends[1]), 0);
	assert_int_equal(workload_run(workload), 0);
	pthread_join(thread, &answered);
	assert_non_null(answered);
	assert_int_equal(reads->response.count, workload->due);
	assert_int_equal(workload->due, 100);
	/* Half of them waited for up to 50 ms, and one of them in the disk. */
	assert_true(histogram_percentile(&reads->response, 75) > 10000000);
	assert_true(histogram_percentile(&reads->service, 75) <
		    histogram_percentile(&reads->response, 75));
	workload_off(workload);
	close(ends[0]);
	close(ends[1]);
	run_shared_unmap(run.shared);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(lists),
		cmocka_unit_test(hostile_values),
		cmocka_unit_test(expected_seconds),
		cmocka_unit_test(every_point_has_its_figures),
		cmocka_unit_test(records_that_do_not_fit),
		cmocka_unit_test(only_the_region_is_written),
		cmocka_unit_test(never_written_before),
		cmocka_unit_test(zeros_on_request),
		cmocka_unit_test(data_do_not_deduplicate),
		cmocka_unit_test(failing_request),
		cmocka_unit_test(vanished_disk),
		cmocka_unit_test(stuck_disk),
		cmocka_unit_test(rate_in_reach),
		cmocka_unit_test(rate_out_of_reach),
		cmocka_unit_test(held_up_requests),
	};

	return cmocka_run_group_tests(tests, make_all, remove_all);
}
