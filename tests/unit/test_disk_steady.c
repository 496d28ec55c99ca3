/* SPDX-License-Identifier: MIT */
/* disk.steady on a plain file, and the window of its rounds. */
#include "tests/unit/bench_run.h"

#include "bench/engine/disk/rounds.h"

#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <stdio.h>

extern const struct bench bench_disk_steady;
static const struct bench *const tested = &bench_disk_steady;

enum { FILE_BYTES = 1048576 + 512 };
static char path[80];

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

static struct run short_run(void)
{
	struct run run = prepared(path);
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);

	assert_int_equal(ftruncate(fd, FILE_BYTES), 0);
	assert_int_equal(close(fd), 0);
	run.sleep_ns = clock_sleep_ns;
	set("seconds", "0.02");
	set("rounds", "6");
	set("depth", "4");
	return run;
}

static double value_of(const struct run *run, const char *name, const uint64_t *point,
		       struct stats *stats)
{
	for (unsigned i = 0; tested->metrics[i].name; i++)
		if (!strcmp(tested->metrics[i].name, name))
			return run_value(run, i, point, stats);
	fail_msg("no metric %s", name);
	return NAN;
}

static const struct run_note *diagnosis(const struct run *run)
{
	for (uint32_t i = 0; i < run->shared->note_count; i++)
		if (!strcmp(run->shared->notes[i].verdict, "steady-state"))
			return &run->shared->notes[i];
	return NULL;
}

static bool was_said(const struct run *run, const char *words)
{
	for (uint32_t i = 0; i < run->shared->note_count; i++)
		if (strstr(run->shared->notes[i].text, words))
			return true;
	return false;
}

static void hostile_values(void **state)
{
	static const struct hostile_value rows[] = {
		{ "mixes", "0,100", false },	{ "mixes", "100,0", true },
		{ "mixes", "101", true },	{ "mixes", "0,0", true },
		{ "records", "4k,512", false }, { "records", "1000", true },
		{ "rounds", "5", false },	{ "rounds", "4", true },
		{ "depth", "0", true },		{ "depth", "129", true },
		{ "passes", "11", true },	{ "seconds", "0", true },
	};
	(void)state;

	check_values(rows, COUNT_OF(rows));
}

/* Five rounds or six, whether it became steady or not, and every point has the window's five: the
 * outcome is one of the two words, with range and slope stored [M4]. */
static void rounds_to_an_end(void **state)
{
	static const uint64_t points[][AXES] = {
		{ 4096, 0 }, { 512, 0 }, { 4096, 50 }, { 512, 50 }
	};
	struct run run = short_run();
	const struct run_note *note;
	struct stats stats;
	double rounds, range, slope;
	bool steady;
	(void)state;

	set("records", "4k,512");
	set("mixes", "0,50");
	assert_int_equal(tested->run(&run), 0);
	rounds = value_of(&run, "rounds", NULL, NULL);
	assert_true(rounds >= 5 && rounds <= 6);
	for (size_t i = 0; i < COUNT_OF(points); i++) {
		CHECK_ROW(i, "iops", value_of(&run, "iops", points[i], &stats) > 0);
		CHECK_ROW(i, "window", stats.n == 5);
		CHECK_ROW(i, "p50", value_of(&run, "p50", points[i], NULL) > 0);
	}
	value_of(&run, "round_iops", NULL, &stats);
	assert_true(stats.n == (size_t)rounds);
	range = value_of(&run, "window_range", NULL, NULL);
	slope = value_of(&run, "window_slope", NULL, NULL);
	steady = range <= 20 && fabs(slope) <= 10;
	note = diagnosis(&run);
	assert_non_null(note);
	assert_int_equal(note->kind, steady ? NOTE_PASS : NOTE_UNKNOWN);
	assert_non_null(strstr(note->text, steady ? "reached in rounds" : "not reached in 6"));
	run_shared_unmap(run.shared);
}

/* The whole region is written before, whatever the rounds hit, and how is said [M3]. */
static void preconditioned(void **state)
{
	static const struct {
		const char *passes;
		bool written;
	} rows[] = { { "2", true }, { "0", false } };
	(void)state;

	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct run run = short_run();
		uint8_t block[512], zeroes[512] = { 0 };
		int fd;

		set("passes", rows[i].passes);
		set("span", "512k");
		set("start", "512"); /* whole records of 4 KiB begin later */
		CHECK_ROW(i, run.shared->failure, tested->run(&run) == 0);
		CHECK_ROW(i, "said",
			  was_said(&run, "passes=2 bytes=1048576 record=131072 pattern=random") ==
				  rows[i].written);
		CHECK_ROW(i, "said so",
			  was_said(&run, "not preconditioned: passes=0") != rows[i].written);
		fd = open(path, O_RDONLY);
		assert_int_equal(pread(fd, block, 512, 512), 512);
		CHECK_ROW(i, "first", (memcmp(block, zeroes, 512) != 0) == rows[i].written);
		assert_int_equal(pread(fd, block, 512, 0), 512);
		CHECK_ROW(i, "before", memcmp(block, zeroes, 512) == 0);
		assert_int_equal(pread(fd, block, 512, 512 + 524288), 512);
		CHECK_ROW(i, "behind", memcmp(block, zeroes, 512) == 0);
		close(fd);
		run_shared_unmap(run.shared);
	}
}

/* The disk refuses behind its first half. */
static void failing_write(void **state)
{
	static const struct {
		const char *passes, *words;
	} rows[] = {
		{ "1", "a write of 131072 bytes at byte 524288 (4 went well" },
		{ "0", "a write of 4096 bytes at byte" },
	};
	(void)state;

	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct run run = short_run();

		set("passes", rows[i].passes);
		set("seconds", "5");
		CHECK_ROW(i, "error", run_limited(&run, RLIMIT_FSIZE, 524288) == -EFBIG);
		CHECK_ROW(i, run.shared->failure, strstr(run.shared->failure, rows[i].words));
		CHECK_ROW(i, "no verdict", !diagnosis(&run));
		run_shared_unmap(run.shared);
	}
}

/* ---- the window: a range of 20 % and a slope of 10 %, at the edge and behind it [M4] ---- */

static void windows(void **state)
{
	static const struct {
		double iops[8];
		size_t count, from;
		bool known, settled;
	} rows[] = {
		{ { 100, 100, 100, 100 }, 4, 0, false, false },
		{ { 100, 100, 100, 100, 100 }, 5, 0, true, true },
		{ { 300, 100, 100, 100, 100 }, 5, 0, true, false },
		{ { 300, 100, 100, 100, 100, 100 }, 6, 1, true, true }, /* only the last five */
		{ { 100, 100, 100, 100, 100, 300 }, 6, 1, true, false },
		{ { 90, 110, 90, 110, 100 }, 5, 0, true, true }, /* a range of 20 % */
		{ { 89, 110, 90, 111, 100 }, 5, 0, true, false },
		{ { 104, 102, 100, 98, 96 }, 5, 0, true, true },		/* a slope of 8 % */
		{ { 105, 102.5, 100, 97.5, 95 }, 5, 0, true, true },		/* of 10 % */
		{ { 105.25, 102.625, 100, 97.375, 94.75 }, 5, 0, true, false }, /* of 10.5 % */
		{ { 106, 103, 100, 97, 94 }, 5, 0, true, false },		/* of 12 % */
		{ { 0, 0, 0, 0, 0 }, 5, 0, true, false },
	};
	(void)state;

	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct rounds rounds;
		struct steady steady;

		assert_int_equal(rounds_begin(&rounds, 2, 8), 0);
		for (size_t round = 0; round < rows[i].count; round++) {
			rounds_at(&rounds, round, 0)->of[ROUND_IOPS] = rows[i].iops[round];
			rounds_at(&rounds, round, 1)->of[ROUND_IOPS] = (double)(round * round);
		}
		rounds.count = rows[i].count;
		rounds_judge(&rounds, &steady);
		CHECK_ROW(i, "known", steady.known == rows[i].known);
		CHECK_ROW(i, "settled", steady.settled == rows[i].settled);
		CHECK_ROW(i, "from", steady.from == rows[i].from);
		rounds_end(&rounds);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(hostile_values), cmocka_unit_test(rounds_to_an_end),
		cmocka_unit_test(preconditioned), cmocka_unit_test(failing_write),
		cmocka_unit_test(windows),
	};

	return cmocka_run_group_tests(tests, make_all, remove_all);
}
