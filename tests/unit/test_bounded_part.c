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

static int walk(struct records *records, int fd, uint64_t from, uint64_t to)
{
	(void)fd;
	for (uint64_t i = from; i < to; i++) {
		double bytes = (double)records->record_bytes;

		if (i * records->record_bytes < device.cached)
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
	.stalls = true,
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
	{ "slices of 20 ms", { .memory = 0.5, .disk = 5, .slice_ns = 20 * MS }, 0.08, 0.05 },
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

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(beginnings),
		cmocka_unit_test(pieces),
		cmocka_unit_test(never_before_the_disk),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
