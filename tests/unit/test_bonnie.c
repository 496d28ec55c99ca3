/* SPDX-License-Identifier: MIT */
#include "tests/unit/bench_run.h"

#include "bench/engine/bonnie/seekers.h"
#include "bench/engine/bonnie/sequential.h"
#include "bench/file/bonnie.h"

#include <errno.h>
#include <math.h>
#include <sys/wait.h>

extern const struct bench bench_file_bonnie;
static const struct bench *const tested = &bench_file_bonnie;

/* ---- rules ---- */

static void hostile_values(void **state)
{
	static const struct hostile_value rows[] = {
		{ "chunk", "8k", false },
		{ "chunk", "5000", true },
		{ "chunk", "128", true },
		{ "chunk", "2m", true },
		{ "chunk", "0", true },
		{ "size", "1000001", true },
		{ "size", "64m", false },
		{ "size", "2t", true },
		{ "size", "-1", true },
		{ "seekers", "257", true },
		{ "seekers", "256", false },
		{ "seeks", "0", true },
		{ "ram", "auto", false },
		{ "ram", "0", false },
		{ "ram", "lots", true },
		{ "ram", "", true },
		{ "definition", "2.0", true },
		{ "definition", "1.03", false },
		{ "repeats", "0", true },
		{ "per_byte", "maybe", true },
		{ "pattern", "zero", true },
		{ "fsync", "always", true },
		{ "direct", "yes", false },
		{ "io", "maybe", true },
		{ "files", "0", false },
		{ "files", "4097", true },
		{ "files", "-1", true },
		{ "files_max", "-1", false },
		{ "files_max", "-2", false },
		{ "files_max", "-3", true },
		{ "files_max", "symlink", false },
		{ "files_max", "20000", false },
		{ "files_max", "2g", true },
		{ "files_max", "", true },
		{ "files_min", "1", true },
		{ "files_dirs", "0", true },
		{ "files_dirs", "100000", true },
		{ "files_chunk", "100", true },
		{ "files_chunk", "2m", true },
		{ "machine", "a name far too long for any report", true },
	};

	(void)state;
	check_values(rows, COUNT_OF(rows));
}

static void by_definition(void **state)
{
	static const struct {
		const char *definition, *size, *per_byte, *bytes;
		uint64_t want_bytes;
		unsigned want_seekers;
	} rows[] = {
		{ "2.00", "64m", "yes", "0", 3 << 20, 5 },
		{ "2.00", "1m", "yes", "0", 1 << 20, 5 },
		{ "1.03", "64m", "yes", "0", 64 << 20, 3 },
		{ "1.03", "64m", "yes", "1m", 1 << 20, 3 },
		{ "2.00", "64m", "no", "0", 0, 5 },
		{ "2.00", "1m", "yes", "8m", 1 << 20, 5 },
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		set_defaults();
		set("definition", rows[i].definition);
		set("size", rows[i].size);
		set("per_byte", rows[i].per_byte);
		set("per_byte_bytes", rows[i].bytes);
		CHECK_ROW(i, rows[i].size, bonnie_per_byte_bytes(values) == rows[i].want_bytes);
		CHECK_ROW(i, rows[i].size, bonnie_seekers(values) == rows[i].want_seekers);
	}
}

static void lengths_of_pieces(void **state)
{
	static const struct {
		uint64_t bytes, piece;
		int err;
		unsigned count;
		uint64_t last;
	} rows[] = {
		{ 100, 0, 0, 1, 100 }, { 100, 100, 0, 1, 100 }, { 100, 64, 0, 2, 36 },
		{ 128, 64, 0, 2, 64 }, { 1, 64, 0, 1, 1 },	{ 1025, 1, -EFBIG, 0, 0 },
	};
	static struct pieces pieces;

	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		CHECK_ROW(i, "begin",
			  pieces_begin(&pieces, "/d", 7, rows[i].bytes, rows[i].piece) ==
				  rows[i].err);
		CHECK_ROW(i, "count", pieces.count == rows[i].count);
		CHECK_ROW(i, "last",
			  !pieces.count ||
				  pieces_length(&pieces, pieces.count - 1) == rows[i].last);
	}
}

/* Each pass goes through all pieces, and only where they end there is less than a chunk. */
static void walks_over_pieces(void **state)
{
	enum { CHUNK = 8192, PIECE = 10 * CHUNK, BYTES = 2 * PIECE + 3 * CHUNK };
	static int (*const passes[])(struct sequential *) = { sequential_put_chunks,
							      sequential_rewrite,
							      sequential_get_chunks };
	static struct pieces pieces;
	static struct pattern pattern;
	struct run run = prepared(directory);
	struct sequential pass = { .run = &run,
				   .pieces = &pieces,
				   .pattern = &pattern,
				   .chunk_bytes = CHUNK,
				   .bytes = BYTES,
				   .expected = 1 };

	(void)state;
	pass.chunk = malloc(CHUNK);
	assert_int_equal(pattern_begin(&pattern, PATTERN_RANDOM, CHUNK, 1), 0);
	assert_int_equal(pieces_begin(&pieces, directory, 7, BYTES, PIECE), 0);
	assert_int_equal(pieces_create(&pieces), 0);
	for (size_t i = 0; i < COUNT_OF(passes); i++) {
		pass.done = 0;
		assert_int_equal(passes[i](&pass), 0);
		CHECK_ROW(i, "chunks", pass.done == BYTES / CHUNK);
		for (unsigned piece = 0; piece < pieces.count; piece++)
			CHECK_ROW(piece, "length",
				  lseek(pieces.fd[piece], 0, SEEK_END) ==
					  (off_t)pieces_length(&pieces, piece));
		pieces_close(&pieces, false);
		assert_int_equal(pieces_open(&pieces), 0);
	}
	pieces_close(&pieces, false);
	assert_int_equal(files_left(), 3);
	pieces_remove(&pieces);
	assert_int_equal(files_left(), 0);
	pattern_end(&pattern);
	free(pass.chunk);
	run_shared_unmap(run.shared);
}

/* Where every reading of the clock is 1 us later, each figure is known: 2 us and more a pair of
 * readings, never nothing, never infinite. */
static uint64_t fake_ns;

static uint64_t fake_now(void)
{
	return __atomic_add_fetch(&fake_ns, 1000, __ATOMIC_RELAXED);
}

static void under_a_fake_clock(void **state)
{
	struct run run = prepared(directory);

	(void)state;
	run.now_ns = fake_now;
	set("size", "1m");
	set("ram", "0");
	set("files", "1");
	set("definition", "1.03");
	assert_int_equal(tested->run(&run), 0);
	/* 128 chunks, and the readings before and after: 1 at the start, 1 in the pass, 128, 1 at
	 * the end; the first stands outside. */
	assert_true(fabs(run_value(&run, BONNIE_PUT_BLOCK * BONNIE_FIGURES, NULL, NULL) -
			 1024 / 130e-6) < 1);
	assert_true(fabs(run_value(&run, BONNIE_SEQ_CREATE * BONNIE_FIGURES, NULL, NULL) -
			 1024 / 1026e-6) < 1);
	/* readdir's order: a reading before and after each, so that reading the directory is no
	 * latency. */
	assert_true(fabs(run_value(&run, BONNIE_SEQ_STAT * BONNIE_FIGURES, NULL, NULL) -
			 1024 / 2049e-6) < 1);
	for (unsigned phase = BONNIE_IO_PHASES; phase < BONNIE_PHASES; phase++)
		CHECK_ROW(phase, "latency",
			  run_value(&run, phase * BONNIE_FIGURES + BONNIE_LATENCY, NULL, NULL) ==
				  1);
	assert_int_equal(files_left(), 0);
	run_shared_unmap(run.shared);
}

/* bonnie++ 2.00a times bytes a chunk at a time: 20 KiB are three readings, one before and one
 * after. */
static void bytes_are_timed_by_the_chunk(void **state)
{
	struct run run = prepared(directory);

	(void)state;
	run.now_ns = fake_now;
	set("size", "1m");
	set("ram", "0");
	set("files", "0");
	set("seeks", "1");
	set("per_byte_bytes", "20k");
	assert_int_equal(tested->run(&run), 0);
	for (unsigned phase = BONNIE_PUTC; phase <= BONNIE_GETC; phase += BONNIE_GETC - BONNIE_PUTC)
		CHECK_ROW(phase, "rate",
			  fabs(run_value(&run, phase * BONNIE_FIGURES, NULL, NULL) - 20 / 5e-6) <
				  1);
	run_shared_unmap(run.shared);
}

/* O_DIRECT, where the file system has it; elsewhere one clear line. */
static void direct(void **state)
{
	struct run run = prepared(directory);
	int err;

	(void)state;
	set("size", "1m");
	set("ram", "0");
	set("seeks", "20");
	set("files", "0");
	set("direct", "yes");
	set("per_byte_bytes", "1k");
	err = tested->run(&run);
	assert_true(!err || strstr(run.shared->failure, "with O_DIRECT"));
	assert_true(run_value(&run, BONNIE_PUTC * BONNIE_FIGURES, NULL, NULL) > 0);
	/* Where the device below can be seen it moved all of it, and may have moved more. */
	if (!isnan(run_value(&run, BONNIE_GET_BLOCK_DEVICE, NULL, NULL)))
		assert_true(run_value(&run, BONNIE_GET_BLOCK_DEVICE, NULL, NULL) >= 99);
	assert_int_equal(files_left(), 0);
	run_shared_unmap(run.shared);
}

/* ---- forecast ---- */

static double forecast(void)
{
	return tested->seconds(values, &speeds_plain);
}

/* What asks for more takes longer; what is skipped takes nothing. */
static void forecasts(void **state)
{
	double before, many;

	(void)state;
	set_defaults();
	set("size", "50g");
	before = forecast();
	assert_true(before > 4 * 50 * 1073741824.0 / 150e6);
	set("repeats", "10");
	assert_true(fabs(forecast() - 10 * before) < 1);
	set("definition", "1.03");
	assert_true(forecast() > 11 * before);
	set("io", "no");
	many = forecast();
	assert_true(many > 0 && many < before);
	set("sync", "yes");
	assert_true(forecast() > 10 * many);
	set("files", "0");
	assert_true(forecast() == 0);
	/* What the size rule guards is read from the disk; without the rule it may fit in memory. */
	set("io", "yes");
	set("size", "64m");
	before = forecast();
	set("ram", "0");
	assert_true(forecast() < before / 2);
}

/* ---- runs ---- */

static void runs_and_cleans_up(void **state)
{
	static const char *const definitions[] = { "2.00", "1.03" };

	(void)state;
	for (size_t i = 0; i < COUNT_OF(definitions); i++) {
		struct run run = prepared(directory);

		set("definition", definitions[i]);
		set("size", "2m");
		set("ram", "0");
		set("seeks", "200");
		set("per_byte_bytes", "100k");
		set("sync", "yes");
		set("files", "0");
		set("repeats", "2");
		CHECK_ROW(i, run.shared->failure, tested->run(&run) == 0);
		for (unsigned phase = 0; phase < BONNIE_IO_PHASES; phase++) {
			double rate =
				run_value(&run, phase * BONNIE_FIGURES + BONNIE_RATE, NULL, NULL);

			CHECK_ROW(phase, definitions[i], isfinite(rate) && rate > 0);
		}
		CHECK_ROW(i, definitions[i], files_left() == 0);
		run_shared_unmap(run.shared);
	}
}

static void refuses_clearly(void **state)
{
	static const struct {
		const char *size, *ram, *target, *words;
		int err;
	} rows[] = {
		{ "1m", "auto", directory, "less than twice the memory", -EINVAL },
		{ "3m", "2m", directory, "less than twice the memory", -EINVAL },
		{ "1t", "0", directory, "MiB are free", -ENOSPC },
		{ "1m", "0", "/nonexistent", "/nonexistent", -ENOENT },
		{ "1m", "0", "/proc", "MiB are free", -ENOSPC },
		{ "1m", "0", "/sys", "MiB are free", -ENOSPC },
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct run run = prepared(rows[i].target);

		set("size", rows[i].size);
		set("ram", rows[i].ram);
		expect_no_run(&run, i, rows[i].err, rows[i].words);
		run_shared_unmap(run.shared);
	}
}

/* The file system refuses to go on in the middle: said where, what was measured is kept, nothing is
 * left. */
static void fails_in_the_middle(void **state)
{
	static const struct {
		rlim_t most;
		const char *words;
	} rows[] = {
		{ 1 << 20, ", operation 128, write of 8192 bytes at 1048576: " },
		{ (1 << 20) + 100, ", operation 128, short write, 100 of 8192 bytes at 1048576: " },
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct run run = prepared(directory);

		set("size", "4m");
		set("ram", "0");
		set("per_byte_bytes", "10k");
		CHECK_ROW(i, rows[i].words,
			  run_limited(&run, RLIMIT_FSIZE, rows[i].most) == -EFBIG);
		assert_non_null(strstr(run.shared->failure, "block write of"));
		CHECK_ROW(i, run.shared->failure, strstr(run.shared->failure, rows[i].words));
		assert_true(run_value(&run, BONNIE_PUTC * BONNIE_FIGURES, NULL, NULL) > 0);
		assert_int_equal(files_left(), 0);
		run_shared_unmap(run.shared);
	}
}

/* Too few descriptors are made more, where that is allowed; else it is said before anything is
 * written. */
static int run_with_few_descriptors(struct run *run)
{
	const struct rlimit few = { 30, 30 };

	return setrlimit(RLIMIT_NOFILE, &few) ? 0 : tested->run(run);
}

static void descriptors_for_seekers(void **state)
{
	struct run run = prepared(directory);
	int status;
	pid_t child;

	(void)state;
	set("size", "1m");
	set("ram", "0");
	set("per_byte", "no");
	set("files", "0");
	set("seekers", "64");
	assert_int_equal(run_limited(&run, RLIMIT_NOFILE, 30), 0);
	run.shared->count = 0;
	child = fork();
	if (!child)
		_exit(run_with_few_descriptors(&run) != -EMFILE);
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_int_equal(status, 0);
	assert_non_null(strstr(run.shared->failure, "64 seekers with 1 files each need"));
	assert_int_equal(run.shared->count, 0);
	assert_int_equal(files_left(), 0);
	run_shared_unmap(run.shared);
}

/* One seeker cannot open its file: all end, none hangs. */
static void seekers_without_descriptors(void **state)
{
	static struct pieces pieces;
	static struct seek_result result;
	struct seek_job job = { .pieces = &pieces,
				.chunk_bytes = 512,
				.seeks = 100,
				.seekers = 64,
				.now_ns = clock_raw_ns };
	struct rlimit before, few;

	(void)state;
	assert_int_equal(pieces_begin(&pieces, directory, 7, 4096, 0), 0);
	assert_int_equal(pieces_create(&pieces), 0);
	assert_int_equal(ftruncate(pieces.fd[0], 4096), 0);
	pieces_close(&pieces, false);
	assert_int_equal(seekers_run(&job, &result), 0);
	assert_int_equal(result.latency_ns.count, 100);
	assert_int_equal(getrlimit(RLIMIT_NOFILE, &before), 0);
	few = (struct rlimit){ 30, before.rlim_max };
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &few), 0);
	assert_int_equal(seekers_run(&job, &result), -EMFILE);
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &before), 0);
	pieces_remove(&pieces);
	assert_int_equal(files_left(), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(hostile_values),
		cmocka_unit_test(by_definition),
		cmocka_unit_test(lengths_of_pieces),
		cmocka_unit_test(walks_over_pieces),
		cmocka_unit_test(under_a_fake_clock),
		cmocka_unit_test(bytes_are_timed_by_the_chunk),
		cmocka_unit_test(direct),
		cmocka_unit_test(forecasts),
		cmocka_unit_test(runs_and_cleans_up),
		cmocka_unit_test(refuses_clearly),
		cmocka_unit_test(fails_in_the_middle),
		cmocka_unit_test(descriptors_for_seekers),
		cmocka_unit_test(seekers_without_descriptors),
	};

	return cmocka_run_group_tests(tests, make_directory, remove_directory);
}
