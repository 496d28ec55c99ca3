/* SPDX-License-Identifier: MIT */
/* What lies under the benchmarks of raw disks: opening one, positions on it, io_uring requests. */
#include "tests/unit/test.h"

#include "bench/engine/disk/disk.h"
#include "bench/engine/disk/positions.h"
#include "bench/engine/disk/uring.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

enum { PATIENCE_NS = 1000000000 };

static char path[] = "/tmp/test-disk-XXXXXX";

static int make_file(void **state)
{
	int fd = mkstemp(path);

	(void)state;
	return fd < 0 ? -1 : close(fd);
}

static int remove_file(void **state)
{
	(void)state;
	return unlink(path);
}

static struct run prepared(const char *target)
{
	static const struct metric none[] = { { 0 } };
	static const struct bench bench = { .name = "test.disk", .metrics = none };
	struct run run = { .bench = &bench, .target = target, .now_ns = clock_raw_ns };

	run.shared = run_shared_map(100);
	assert_non_null(run.shared);
	return run;
}

static void open_in_parts(void **state)
{
	static const struct {
		off_t file_bytes;
		uint64_t bytes;
		int err;
	} rows[] = {
		{ 1048576, 1048576 },
		{ 4096 * 3, 4096 * 3 },
		{ 1048576 + 4097, 1048576 + 4096 }, /* a sector begun does not count */
		{ 0, 0, -ENOSPC },
		{ 511, 0, -ENOSPC },
	};
	(void)state;

	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct run run = prepared(path);
		struct disk disk;

		assert_int_equal(truncate(path, rows[i].file_bytes), 0);
		CHECK_ROW(i, run.shared->failure, disk_open(&run, &disk, O_RDWR) == rows[i].err);
		if (!rows[i].err) {
			CHECK_ROW(i, "size", disk.bytes == rows[i].bytes && !disk.is_block);
			CHECK_ROW(i, "sector",
				  disk.sector_bytes >= 512 && disk.sector_bytes <= 4096);
			disk_close(&disk);
		}
		run_shared_unmap(run.shared);
	}
}

static void open_refused(void **state)
{
	static const struct {
		const char *target;
		int err;
		const char *words;
	} rows[] = {
		{ "/nowhere/at/all", -ENOENT, "/nowhere/at/all" },
		{ "/tmp", -ENOTBLK, "neither a disk nor a plain file" },
		{ "/dev/null", -ENOTBLK, "neither a disk nor a plain file" },
	};
	(void)state;

	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct run run = prepared(rows[i].target);
		struct disk disk;

		CHECK_ROW(i, rows[i].words, disk_open(&run, &disk, O_RDWR) == rows[i].err);
		CHECK_ROW(i, run.shared->failure, strstr(run.shared->failure, rows[i].words));
		run_shared_unmap(run.shared);
	}
}

/* ---- positions ---- */

static void positions_stay_inside(void **state)
{
	static const struct {
		uint64_t start, span, record, first, count; /* of records; 0: none fits */
	} rows[] = {
		{ 0, 1048576, 4096, 0, 256 },
		{ 0, 1048576 + 512, 4096, 0, 256 }, /* an odd size of disk */
		{ 0, 1048576 - 512, 4096, 0, 255 },
		{ 512, 1048576 - 512, 4096, 1, 255 }, /* an odd start */
		{ 512, 4096, 4096, 0, 0 },	      /* no whole aligned record in it */
		{ 0, 4095, 4096, 0, 0 },
		{ 512, 1024, 512, 1, 2 },
		{ 0, 10000, 3072, 0, 3 }, /* not a power of two */
		{ 1ull << 60, 1048576, 65536, 1ull << 44, 16 },
	};
	(void)state;

	for (size_t i = 0; i < COUNT_OF(rows); i++)
		for (int random = 0; random < 2; random++) {
			struct positions positions;
			int err = positions_begin(&positions, rows[i].start, rows[i].span,
						  rows[i].record, random, 1);

			CHECK_ROW(i, "count", (err == -ERANGE) == !rows[i].count);
			for (int draw = 0; !err && draw < 1000; draw++) {
				uint64_t at = positions_next(&positions);

				CHECK_ROW(i, "aligned", at % rows[i].record == 0);
				CHECK_ROW(i, "inside",
					  at >= rows[i].start &&
						  at + rows[i].record <=
							  rows[i].start + rows[i].span);
				CHECK_ROW(i, "range",
					  at / rows[i].record - rows[i].first < rows[i].count);
			}
		}
}

static void positions_cover(void **state)
{
	enum { RECORDS = 37, TURNS = 200 };
	unsigned seen[RECORDS] = { 0 };
	struct positions positions, again;
	(void)state;

	assert_int_equal(positions_begin(&positions, 0, RECORDS * 512, 512, false, 1), 0);
	for (uint64_t i = 0; i < 3 * RECORDS; i++) /* in a row, and from the first again */
		assert_int_equal(positions_next(&positions), i % RECORDS * 512);
	assert_int_equal(positions_begin(&positions, 0, RECORDS * 512, 512, true, 1), 0);
	assert_int_equal(positions_begin(&again, 0, RECORDS * 512, 512, true, 1), 0);
	for (int i = 0; i < TURNS * RECORDS; i++) {
		uint64_t at = positions_next(&positions);

		assert_int_equal(at, positions_next(&again)); /* the same for the same seed */
		seen[at / 512]++;
	}
	for (int i = 0; i < RECORDS; i++) /* 200 expected; its sd is 14 */
		assert_in_range(seen[i], TURNS - 6 * 14, TURNS + 6 * 14);
}

/* ---- requests ---- */

static void await_all(struct uring *uring, int *errors, unsigned *done)
{
	while (uring->in_flight || uring->queued) {
		struct uring_request *request;

		assert_int_equal(uring_turn(uring, 1, PATIENCE_NS), 0);
		while ((request = uring_done(uring))) {
			*errors += uring_error(request) != 0;
			++*done;
			assert_true(request->submit_ns <= uring->turn_ns);
		}
	}
}

static int open_uring(struct uring *uring, int fd, unsigned depth, size_t record)
{
	int err = uring_open(uring, fd, depth, record, 0, clock_raw_ns);

	if (err == -ENOSYS || err == -EPERM) {
		assert_non_null(strstr(uring_refusal(err), "io_uring"));
		print_message("%s\n", uring_refusal(err));
		skip();
	}
	return err;
}

static void written_and_read(void **state)
{
	enum { DEPTH = 7, RECORD = 4096, RECORDS = 7 * 5 };
	struct uring *uring = malloc(sizeof(*uring));
	struct uring_request *request;
	int fd = open(path, O_RDWR), errors = 0;
	unsigned done = 0;
	uint8_t back[RECORD];
	(void)state;

	assert_int_equal(ftruncate(fd, 0), 0);
	assert_int_equal(open_uring(uring, fd, DEPTH, RECORD), 0);
	for (unsigned i = 0; i < RECORDS;) {
		while ((request = uring_idle(uring))) {
			request->op = i % 2 ? URING_WRITE : URING_WRITE_FUA;
			request->offset = (uint64_t)i * RECORD;
			memset(request->buffer, (int)i + 1, RECORD);
			uring_queue(uring, request);
			i++;
		}
		await_all(uring, &errors, &done);
	}
	request = uring_idle(uring);
	request->op = URING_FLUSH;
	uring_queue(uring, request);
	await_all(uring, &errors, &done);
	assert_int_equal(errors, 0);
	assert_int_equal(done, RECORDS + 1);
	for (int i = 0; i < RECORDS; i++) {
		assert_int_equal(pread(fd, back, RECORD, i * RECORD), RECORD);
		assert_true(back[0] == i + 1 && back[RECORD - 1] == i + 1);
	}
	request = uring_idle(uring);
	request->offset = 3 * RECORD;
	uring_queue(uring, request);
	await_all(uring, &errors, &done);
	assert_int_equal(errors, 0);
	assert_int_equal(request->buffer[17], 4);
	uring_close(uring);
	close(fd);
	free(uring);
}

/* Behind the end nothing is read, half a record is too little, and a closed door stays closed. */
static void errors_have_names(void **state)
{
	static const struct {
		enum uring_op op;
		int flags;
		uint64_t offset;
		int err;
	} rows[] = {
		{ URING_READ, O_RDWR, 0, 0 },	     { URING_READ, O_RDWR, 8192, -EIO },
		{ URING_READ, O_RDWR, 2048, -EIO },  { URING_WRITE, O_RDONLY, 0, -EBADF },
		{ URING_READ, O_WRONLY, 0, -EBADF },
	};
	struct uring *uring = malloc(sizeof(*uring));
	(void)state;

	assert_int_equal(truncate(path, 4096), 0);
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		int fd = open(path, rows[i].flags);
		struct uring_request *request;

		assert_int_equal(open_uring(uring, fd, 1, 4096), 0);
		request = uring_idle(uring);
		request->op = rows[i].op;
		request->offset = rows[i].offset;
		uring_queue(uring, request);
		assert_int_equal(uring_turn(uring, 1, PATIENCE_NS), 0);
		CHECK_ROW(i, "done", uring_done(uring) == request);
		CHECK_ROW(i, "error", uring_error(request) == rows[i].err);
		uring_close(uring);
		close(fd);
	}
	free(uring);
}

/* A read from an empty pipe never completes: the turn ends all the same. */
static void waits_have_limits(void **state)
{
	struct uring *uring = malloc(sizeof(*uring));
	struct uring_request *request;
	int ends[2];
	uint64_t start_ns;
	(void)state;

	assert_int_equal(pipe(ends), 0);
	assert_int_equal(open_uring(uring, ends[0], 2, 512), 0);
	request = uring_idle(uring);
	uring_queue(uring, request);
	start_ns = clock_raw_ns();
	assert_int_equal(uring_turn(uring, 1, 20000000), 0);
	assert_true(clock_raw_ns() - start_ns >= 20000000);
	assert_null(uring_done(uring));
	assert_int_equal(uring->in_flight, 1);
	uring_close(uring);
	/* What uring_close() had to leave to the kernel. */
	munmap(request->buffer, uring->buffers_bytes);
	close(ends[0]);
	close(ends[1]);
	free(uring);
}

static void buffers_are_shared_when_memory_is_short(void **state)
{
	struct uring *uring = malloc(sizeof(*uring));
	int fd = open(path, O_RDWR);
	(void)state;

	assert_int_equal(uring_open(uring, fd, 8, 65536, 3 * 65536 + 1, clock_raw_ns), 0);
	assert_int_equal(uring->buffer_count, 3);
	assert_ptr_equal(uring->request[0].buffer, uring->request[3].buffer);
	uring_close(uring);
	assert_int_equal(uring_open(uring, fd, 8, 65536, 1, clock_raw_ns), 0);
	assert_int_equal(uring->buffer_count, 1);
	uring_close(uring);
	close(fd);
	free(uring);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(open_in_parts),
		cmocka_unit_test(open_refused),
		cmocka_unit_test(positions_stay_inside),
		cmocka_unit_test(positions_cover),
		cmocka_unit_test(written_and_read),
		cmocka_unit_test(errors_have_names),
		cmocka_unit_test(waits_have_limits),
		cmocka_unit_test(buffers_are_shared_when_memory_is_short),
	};

	return cmocka_run_group_tests(tests, make_file, remove_file);
}
