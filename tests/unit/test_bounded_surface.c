/* SPDX-License-Identifier: MIT */
#include "tests/unit/bench_run.h"

#include "bench/engine/bounded/replay.h"
#include "bench/file/iozone.h"

#include <errno.h>
#include <math.h>

extern const struct bench bench_file_iozone;
static const struct bench *const tested = &bench_file_iozone;

/* ---- the model of the cache ---- */

static unsigned pass(struct replay *replay, int from, int to)
{
	int step = from < to ? 1 : -1;
	unsigned hits = 0;

	for (int i = from; i != to; i += step)
		hits += replay_touch(replay, (uint64_t)i);
	return hits;
}

static void replays(void **state)
{
	struct replay replay;

	(void)state;
	assert_int_equal(replay_begin(&replay, 100, 30), 0);
	assert_int_equal(pass(&replay, 0, 100), 0); /* 70..99 are held now */
	assert_int_equal(pass(&replay, 0, 100), 0); /* each goes just before it is wanted */
	assert_int_equal(pass(&replay, 99, -1), 30);
	assert_int_equal(pass(&replay, 0, 100), 30); /* 0..29 were read last */
	replay_empty(&replay);
	assert_int_equal(pass(&replay, 99, -1), 0);
	replay_end(&replay);

	assert_int_equal(replay_begin(&replay, 100, 200), 0); /* all of it fits */
	assert_int_equal(pass(&replay, 0, 100), 0);
	assert_int_equal(pass(&replay, 0, 100), 100);
	replay_end(&replay);

	assert_int_equal(replay_begin(&replay, 100, 0), 0);
	assert_int_equal(pass(&replay, 0, 100) + pass(&replay, 0, 100), 0);
	replay_end(&replay);
}

/* Held and dropped records against a plain list. */
static void replay_is_first_in_first_out(void **state)
{
	enum { RECORDS = 50, ROOM = 7 };
	uint64_t list[ROOM];
	unsigned held = 0;
	struct replay replay;
	struct random random;

	(void)state;
	random_seed(&random, 1);
	assert_int_equal(replay_begin(&replay, RECORDS, ROOM), 0);
	for (unsigned i = 0; i < 5000; i++) {
		uint64_t record = random_below(&random, RECORDS);
		bool found = false;

		for (unsigned at = 0; at < held; at++)
			found = found || list[at] == record;
		CHECK_ROW(i, "held", replay_touch(&replay, record) == found);
		if (!found && held == ROOM)
			memmove(list, list + 1, --held * sizeof(*list));
		if (!found)
			list[held++] = record;
	}
	replay_end(&replay);
}

/* ---- which mode ---- */

static void modes(void **state)
{
	static const struct {
		const char *max_file, *mode, *cpu;
		bool bounded;
	} rows[] = {
		{ "512m", "auto", "no", true },	   { "512m", "exact", "no", false },
		{ "512m", "bounded", "no", true }, { "16m", "auto", "no", false },
		{ "64m", "bounded", "no", true },  { "512m", "auto", "yes", false },
	};
	char why[300];

	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct iozone_cell cell = { 0 };
		size_t cells = 0;

		set_defaults();
		set("max_file", rows[i].max_file);
		set("mode", rows[i].mode);
		set("cpu", rows[i].cpu);
		CHECK_ROW(i, rows[i].mode, iozone_bounded(values) == rows[i].bounded);
		CHECK_ROW(i, rows[i].mode, !tested->check(values, why, sizeof(why)));
		set("max_file", "512m");
		while (iozone_next_cell(values, &cell))
			cells += cell.file_bytes == 512u << 20;
		/* No holes: 4 k to 16 M are 13 record sizes, 64 k to 16 M are 9. */
		if (strcmp(rows[i].mode, "auto"))
			CHECK_ROW(i, rows[i].mode, cells == (rows[i].bounded ? 13 : 9));
	}
	set("mode", "bounded");
	set("cpu", "yes");
	assert_int_equal(tested->check(values, why, sizeof(why)), -EINVAL);
	assert_non_null(strstr(why, "cpu=yes"));
}

/* ---- runs ---- */

static double value_at(const struct run *run, unsigned metric, uint64_t file, uint64_t record)
{
	uint64_t point[AXES] = { file, record };

	return run_value(run, metric, point, NULL);
}

static void every_cell_has_every_figure(void **state)
{
	static const char *const variants[][2] = { { "seed", "1" },    { "flush", "yes" },
						   { "cold", "file" }, { "direct", "yes" },
						   { "sync", "sync" }, { "retests", "no" } };

	(void)state;
	for (size_t i = 0; i < COUNT_OF(variants); i++) {
		struct run run = prepared(directory);
		struct iozone_cell cell = { 0 };

		set("mode", "bounded");
		set("tests", "0,1,2,3,4,5,6,7,9,10,11,12");
		set("files", "64k,8m");
		set("records", "16k,1m,8m");
		set("interval", "100");
		set("cap", "0.1");
		set(variants[i][0], variants[i][1]);
		CHECK_ROW(i, run.shared->failure, tested->run(&run) == 0);
		while (iozone_next_cell(values, &cell)) {
			uint64_t file = cell.file_bytes / 1024, record = cell.record_bytes / 1024;

			for (unsigned metric = 0; metric < IOZONE_RATES; metric++) {
				bool wanted = values[IOZONE_RETESTS].on ||
					      !iozone_is_retest(metric);
				double rate = value_at(&run, metric, file, record);

				CHECK_ROW(i * 100 + metric, variants[i][0], wanted == (rate > 0));
			}
			CHECK_ROW(i, "share", value_at(&run, IOZONE_SHARE, file, record) > 0);
			CHECK_ROW(i, "half_width",
				  value_at(&run, IOZONE_HALF_WIDTH, file, record) >= 0);
		}
		CHECK_ROW(i, "nothing is left", files_left() == 0);
		run_shared_unmap(run.shared);
	}
}

/* A file that cannot grow so far: the larger size fails, the smaller one's figures are kept. */
static void keeps_what_was_measured(void **state)
{
	struct run run = prepared(directory);

	(void)state;
	set("mode", "bounded");
	set("files", "64k,8m");
	set("records", "64k");
	assert_int_equal(run_limited(&run, RLIMIT_FSIZE, 1 << 20), -EFBIG);
	assert_true(value_at(&run, IOZONE_READ, 64, 64) > 0);
	assert_true(isnan(value_at(&run, IOZONE_READ, 8192, 64)));
	assert_int_equal(files_left(), 0);
	run_shared_unmap(run.shared);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(replays),
		cmocka_unit_test(replay_is_first_in_first_out),
		cmocka_unit_test(modes),
		cmocka_unit_test(every_cell_has_every_figure),
		cmocka_unit_test(keeps_what_was_measured),
	};

	return cmocka_run_group_tests(tests, make_directory, remove_directory);
}
