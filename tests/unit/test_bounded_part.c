/* SPDX-License-Identifier: MIT */
/* Parts of a pass over a made-up device, on a clock that only the device moves. */
#include "tests/unit/test.h"

#include "bench/engine/bounded/part.h"
#include "bench/engine/iozone/walks.h"

#include <math.h>
#include <stdlib.h>
#include <unistd.h>

enum { MS = 1000000, KIB = 1024, MIB = 1024 * KIB };

/* What an operation costs: memory until `cached` bytes of the pass are done, then the disk. */
static struct device {
	double memory, disk; /* ns per byte */
	uint64_t cached;     /* bytes from the start of the pass */
	uint64_t slice_ns; /* 0: smooth; else a slice's worth passes at memory's rate, then nothing
			      until the slice is over */
	double noise;
	uint64_t now_ns, slice_from_ns;
	double slice_bytes;
	uint64_t operations;
	struct random random;
	double limit, backlog; /* a writer's: bytes that may wait in memory, and do */
	uint64_t drained_ns;   /* until then the disk has worked on them */
	unsigned hiccup_each;  /* every so many operations something else has the processor */
} device;

static uint64_t device_now(void)
{
	return device.now_ns;
}

static void spend(double ns)
{
	double factor = 1 + device.noise * ((double)random_below(&device.random, 2001) / 1000 - 1);

	device.now_ns += (uint64_t)(ns * factor);
}

static void move_sliced(double bytes)
{
	double allowed = (double)device.slice_ns / device.disk;

	spend(bytes * device.memory);
	device.slice_bytes += bytes;
	while (device.slice_bytes >= allowed) {
		uint64_t end_ns = device.slice_from_ns + device.slice_ns;

		device.now_ns = device.now_ns > end_ns ? device.now_ns : end_ns;
		device.slice_from_ns = device.now_ns;
		device.slice_bytes -= allowed;
	}
}

/* The disk takes from the backlog: steadily, or a slice's worth at the begin of each slice. */
static void drain(void)
{
	double done = (double)(device.now_ns - device.drained_ns) / device.disk;

	if (device.slice_ns) {
		uint64_t slices =
			device.now_ns / device.slice_ns - device.drained_ns / device.slice_ns;

		done = (double)slices * (double)device.slice_ns / device.disk;
	}
	device.backlog = fmax(0, device.backlog - done);
	device.drained_ns = device.now_ns;
}

static void write_back(double bytes)
{
	spend(bytes * device.memory);
	drain();
	device.backlog += bytes;
	if (device.backlog <= device.limit)
		return;
	while (device.backlog > 0.75 * device.limit) {
		device.now_ns += (uint64_t)(4 + random_below(&device.random, 40)) * MS;
		drain();
	}
}

static int walk(struct records *records, int fd, uint64_t from, uint64_t to)
{
	(void)fd;
	for (uint64_t i = from; i < to; i++) {
		double bytes = (double)records->record_bytes;

		if (device.hiccup_each && !random_below(&device.random, device.hiccup_each))
			device.now_ns += (2 + random_below(&device.random, 10)) * MS;
		if (device.limit > 0)
			write_back(bytes);
		else if (i * records->record_bytes < device.cached)
			spend(bytes * device.memory);
		else if (device.slice_ns)
			move_sliced(bytes);
		else
			spend(bytes * device.disk);
	}
	device.operations += to - from;
	records->done = to;
	return 0;
}

static const struct records_test made_up = { .name = "made up",
					     .walk = walk,
					     .record = record_forward };
static const struct part_rule rule = {
	.cap_ns = 10000ull * MS,
	.step_ns = MS,
	.batch_ns = 10 * MS,
	.pauses = true,
	.settle = { .least_ns = 200 * MS, .tight = 0.05 },
};

struct row {
	const char *name;
	struct device device;
	double share; /* of the pass, at most */
	double error; /* at most */
};

/* A pass of 2 GiB at 200 MB/s. */
enum { PASS = 2048 };
static const struct row rows[] = {
	{ "smooth", { .memory = 0.5, .disk = 5 }, 0.06, 0.01 },
	{ "noisy", { .memory = 0.5, .disk = 5, .noise = 0.2 }, 0.15, 0.05 },
	{ "slices of 100 ms", { .memory = 0.5, .disk = 5, .slice_ns = 100 * MS }, 0.30, 0.05 },
	{ "slices of 20 ms", { .memory = 0.5, .disk = 5, .slice_ns = 20 * MS }, 0.09, 0.05 },
	{ "memory alone", { .memory = 0.5, .disk = 0.5 }, 0.60, 0.01 },
	{ "slow", { .memory = 0.5, .disk = 500 }, 0.06, 0.01 },
};

static double truth_ns(struct records *records, const struct device *of)
{
	device = *of;
	random_seed(&device.random, 7);
	walk(records, -1, 0, records->count);
	return (double)device.now_ns;
}

static void check_part(size_t i, const char *name, const struct row *row, const struct part *part,
		       double truth, uint64_t pass_bytes)
{
	double share = (double)part->series.bytes / (double)pass_bytes;

	CHECK_ROW(i, name, fabs(part->estimate.ns / truth - 1) <= row->error);
	CHECK_ROW(i, name, share <= row->share);
	CHECK_ROW(i, name, part->estimate.settled && part->estimate.tight);
}

static const uint64_t record_sizes[] = { 4 * KIB, 64 * KIB, MIB, 4 * MIB };

/* Beginnings: with 64 MiB that the caches take first, known a quarter too long, as the engine has
 * it. */
static void beginnings(void **state)
{
	static struct part part;

	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++)
		for (size_t size = 0; size < COUNT_OF(record_sizes); size++) {
			struct run run = { .now_ns = device_now };
			struct records records = { .run = &run,
						   .record_bytes = record_sizes[size] };
			struct part_rule by = rule;
			struct device with = rows[i].device;
			struct row row = rows[i];
			double truth;

			records.count = (uint64_t)PASS * MIB / records.record_bytes;
			with.cached = 64 * MIB;
			row.share += 0.06;
			by.settle.past_bytes = 80 * MIB;
			truth = truth_ns(&records, &with);
			device = with;
			random_seed(&device.random, i);
			assert_int_equal(part_beginning(&records, &made_up, -1, &by, &part), 0);
			check_part(i * 10 + size, rows[i].name, &row, &part, truth,
				   (uint64_t)PASS * MIB);
		}
}

static void pieces(void **state)
{
	static struct part part;
	char path[] = "/tmp/test-part-XXXXXX";
	int fd = mkstemp(path); /* for the seeks alone */

	(void)state;
	unlink(path);
	for (size_t i = 0; i < COUNT_OF(rows); i++)
		for (size_t size = 0; size < COUNT_OF(record_sizes); size++) {
			struct run run = { .now_ns = device_now };
			struct records records = { .run = &run,
						   .record_bytes = record_sizes[size] };
			double truth;

			records.count = (uint64_t)PASS * MIB / records.record_bytes;
			truth = truth_ns(&records, &rows[i].device);
			device = rows[i].device;
			random_seed(&device.random, i);
			assert_int_equal(part_pieces(&records, &made_up, fd, &rule, &part), 0);
			check_part(i * 10 + size, rows[i].name, &rows[i], &part, truth,
				   (uint64_t)PASS * MIB);
			/* Walked, leads and all, it is hardly more than what counts. */
			CHECK_ROW(i * 10 + size, rows[i].name,
				  (double)device.operations <=
					  (rows[i].share + 0.05) * (double)records.count);
		}
	close(fd);
}

/* Half cached: what is known of the caches keeps the walk going into the disk's part. */
static void never_before_the_disk(void **state)
{
	static struct part part;
	struct run run = { .now_ns = device_now };
	struct records records = { .run = &run, .record_bytes = MIB, .count = PASS };
	struct part_rule by = rule;

	(void)state;
	device = (struct device){ .memory = 0.5, .disk = 5, .cached = 1024ull * MIB };
	random_seed(&device.random, 1);
	by.settle.past_bytes = device.cached;
	by.cap_ns = MS; /* a cap ends no walk that has not settled */
	assert_int_equal(part_beginning(&records, &made_up, -1, &by, &part), 0);
	assert_true(part.series.bytes > device.cached + 30ull * MIB);
	assert_true(fabs(part.estimate.ns / (1024.0 * MIB * 5.5) - 1) < 0.02);
}

/* ---- a writer that is held back ---- */

/* A pass of 2 GiB at 100 MB/s, 40 MB of which may wait in memory, begun anywhere in a slice. */
static const struct device writers[] = {
	{ .memory = 0.3, .disk = 10, .limit = 40e6 },
	{ .memory = 0.3, .disk = 10, .limit = 40e6, .slice_ns = 20 * MS },
	{ .memory = 0.3, .disk = 10, .limit = 40e6, .slice_ns = 100 * MS },
	{ .memory = 0.3, .disk = 10, .limit = 40e6, .slice_ns = 100 * MS, .hiccup_each = 200 },
	{ .memory = 0.3, .disk = 10, .limit = 80e6, .slice_ns = 100 * MS },
};

static void begin_writer(const struct device *of, uint64_t seed)
{
	device = *of;
	random_seed(&device.random, seed);
	device.now_ns = device.drained_ns = random_below(&device.random, 1000 * MS);
}

static double whole_pass_ns(struct records *records, const struct device *of, uint64_t seed)
{
	uint64_t start_ns;

	begin_writer(of, seed);
	start_ns = device.now_ns;
	walk(records, -1, 0, records->count);
	return (double)(device.now_ns - start_ns);
}

static uint64_t flush(void)
{
	uint64_t start_ns = device.now_ns;

	for (drain(); device.backlog > 0; drain())
		device.now_ns += MS;
	return device.now_ns - start_ns;
}

/* How many of 100 walks say of the pass what is within their interval, and how much they walked. */
static void held_back(void **state)
{
	static struct part part;

	(void)state;
	for (size_t i = 0; i < COUNT_OF(writers); i++) {
		struct run run = { .now_ns = device_now };
		struct records records = { .run = &run,
					   .record_bytes = 64 * KIB,
					   .count = PASS * 16 };
		struct part_rule by = rule;
		unsigned held = 0;
		double widest = 0, share = 0;

		by.flushed = true;
		by.step_ns = MS / 20;
		by.settle.tight = 0.15;
		by.settle.least_ns = 600 * MS;
		for (uint64_t seed = 1; seed <= 100; seed++) {
			double truth = whole_pass_ns(&records, &writers[i], 1000 + seed), off;

			begin_writer(&writers[i], seed);
			assert_int_equal(part_beginning(&records, &made_up, -1, &by, &part), 0);
			part_flushed(&part, &by, (uint64_t)PASS * MIB, flush());
			off = fabs(part.estimate.ns / truth - 1);
			held += off <= part.estimate.half_width;
			widest = fmax(widest, off);
			share = fmax(share, (double)part.series.bytes / PASS / MIB);
			CHECK_ROW(i * 1000 + seed, "tight", part.estimate.tight);
		}
		print_message("writer %zu: %u of 100 held, off by %.3f at most, share %.3f\n", i,
			      held, widest, share);
		CHECK_ROW(i, "interval", held >= 95);
		CHECK_ROW(i, "error", widest <= 0.12);
		CHECK_ROW(i, "share", share <= 0.12);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(beginnings),
		cmocka_unit_test(pieces),
		cmocka_unit_test(never_before_the_disk),
		cmocka_unit_test(held_back),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
