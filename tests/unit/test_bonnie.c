/* SPDX-License-Identifier: MIT */
#include "tests/unit/bench_run.h"

#include "bench/engine/pieces.h"
#include "bench/file/bonnie.h"

#include <errno.h>
#include <math.h>

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

/* ---- reports ---- */

struct phase {
	double rate, cpu, latency_us; /* latency 0: none */
};

/* A repeat; phases without a rate were skipped. */
static void add_repeat(struct run *run, const struct phase phases[BONNIE_PHASES])
{
	for (unsigned i = 0; i < BONNIE_PHASES; i++) {
		if (phases[i].rate > 0) {
			run_sample(run, i * BONNIE_FIGURES + BONNIE_RATE, phases[i].rate);
			run_sample(run, i * BONNIE_FIGURES + BONNIE_CPU, phases[i].cpu);
		}
		if (phases[i].latency_us > 0)
			run_sample(run, i * BONNIE_FIGURES + BONNIE_LATENCY, phases[i].latency_us);
	}
}

static void expect_report(const struct run *run, size_t file, const char *want)
{
	write_report(run, file);
	assert_string_equal(report, want);
}

/* The line that bon_csv2txt and bon_csv2html 2.00a accepted, its file creation part as with -n 0. */
static void csv_of_2_00(void **state)
{
	static const struct phase phases[BONNIE_PHASES] = {
		[BONNIE_PUTC] = { 1124.9, 97.9, 12470.2 },
		[BONNIE_PUT_BLOCK] = { 500000, 60, 1511 },
		[BONNIE_REWRITE] = { 200000, 40, 300 },
		[BONNIE_GETC] = { 1728, 98, 99999 },
		[BONNIE_GET_BLOCK] = { 40000000, 50, 100000 },
		[BONNIE_SEEKS_PHASE] = { 512.34, 30, 100000001 },
	};
	struct run run = prepared(NULL);

	(void)state;
	set("size", "16g");
	set("seed", "42");
	set("machine", "ourtool");
	add_repeat(&run, phases);
	expect_report(
		&run, 0,
		"1.98,2.00a,ourtool,1,42,16G,,8192,5,1124,97,500000,60,200000,40,1728,98,+++++,+++,512.3,30,"
		",,,,,,,,,,,,,,,,,12470us,1511us,300us,99999us,100ms,100s,,,,,,\n");
	expect_report(
		&run, 1,
		"Version 2.00a       ------Sequential Output------ --Sequential Input- --Random-\n"
		"                    -Per Chr- --Block-- -Rewrite- -Per Chr- --Block-- --Seeks--\n"
		"Name:Size etc        /sec %CP  /sec %CP  /sec %CP  /sec %CP  /sec %CP  /sec %CP\n"
		"ourtool         16G 1124k  97  488m  60  195m  40 1728k  98 +++++ +++ 512.3  30\n"
		"Latency             12470us    1511us     300us   99999us     100ms      100s\n");
	run_shared_unmap(run.shared);
}

static void csv_of_1_03(void **state)
{
	static const struct phase phases[BONNIE_PHASES] = {
		[BONNIE_PUTC] = { 196383, 99, 0 },	  [BONNIE_PUT_BLOCK] = { 1008036, 99, 20 },
		[BONNIE_REWRITE] = { 4000000, 99, 20 },	  [BONNIE_GETC] = { 270842, 99, 0 },
		[BONNIE_GET_BLOCK] = { 4000000, 99, 20 }, [BONNIE_SEEKS_PHASE] = { 9999.96, 1, 20 },
	};
	struct run run = prepared(NULL);

	(void)state;
	set("definition", "1.03");
	set("size", "1100m");
	set("chunk", "64k");
	set("machine", "ref,vm");
	add_repeat(&run, phases);
	expect_report(
		&run, 0,
		"ref_vm,1100M:64k,196383,99,1008036,99,+++++,+++,270842,99,+++++,+++,10000.0,1"
		",,,,,,,,,,,,,\n");
	run_shared_unmap(run.shared);
}

/* Per-byte phases skipped: their fields and latencies are blank. Two repeats: two lines. A cut run:
 * what there is. */
static void csv_with_holes(void **state)
{
	struct run run = prepared(NULL);

	(void)state;
	set("size", "300m");
	set("machine", "m");
	set("repeats", "2");
	set("per_byte", "no");
	for (int round = 0; round < 2; round++) {
		struct phase phases[BONNIE_PHASES] = {
			[BONNIE_PUT_BLOCK] = { 100000 + round, 10, 5 },
			[BONNIE_REWRITE] = { 50000, 10, 5 },
		};

		add_repeat(&run, phases);
	}
	expect_report(
		&run, 0,
		"1.98,2.00a,m,1,1,300M,,8192,5,,,100000,10,50000,10,,,,,,,,,,,,,,,,,,,,,,,,,5us,5us,,,,,,,,,\n"
		"1.98,2.00a,m,1,2,300M,,8192,5,,,100001,10,50000,10,,,,,,,,,,,,,,,,,,,,,,,,,5us,5us,,,,,,,,,\n");
	run_shared_unmap(run.shared);
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
		CHECK_ROW(i, run.shared->failure, tested->run(&run) == 0);
		for (unsigned phase = 0; phase < BONNIE_PHASES; phase++) {
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
	struct run run = prepared(directory);

	(void)state;
	set("size", "4m");
	set("ram", "0");
	set("per_byte_bytes", "10k");
	assert_int_equal(run_limited(&run, RLIMIT_FSIZE, 1 << 20), -EFBIG);
	assert_non_null(strstr(run.shared->failure, "block write of"));
	assert_non_null(strstr(run.shared->failure, "operation 128:"));
	assert_true(run_value(&run, BONNIE_PUTC * BONNIE_FIGURES, NULL, NULL) > 0);
	assert_int_equal(files_left(), 0);
	run_shared_unmap(run.shared);
}

/* One seeker cannot open its file: all end, none hangs. */
static void seekers_without_descriptors(void **state)
{
	struct run run = prepared(directory);

	(void)state;
	set("size", "1m");
	set("ram", "0");
	set("per_byte", "no");
	set("seekers", "64");
	assert_int_equal(run_limited(&run, RLIMIT_NOFILE, 30), -EMFILE);
	assert_non_null(strstr(run.shared->failure, "random seeks"));
	assert_int_equal(files_left(), 0);
	run_shared_unmap(run.shared);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(hostile_values),
		cmocka_unit_test(by_definition),
		cmocka_unit_test(lengths_of_pieces),
		cmocka_unit_test(csv_of_2_00),
		cmocka_unit_test(csv_of_1_03),
		cmocka_unit_test(csv_with_holes),
		cmocka_unit_test(runs_and_cleans_up),
		cmocka_unit_test(refuses_clearly),
		cmocka_unit_test(fails_in_the_middle),
		cmocka_unit_test(seekers_without_descriptors),
	};

	return cmocka_run_group_tests(tests, make_directory, remove_directory);
}
