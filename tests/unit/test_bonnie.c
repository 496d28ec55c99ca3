/* SPDX-License-Identifier: MIT */
#include "tests/unit/test.h"

#include "bench/engine/pieces.h"
#include "bench/file/bonnie.h"

#include <dirent.h>
#include <errno.h>
#include <math.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

extern const struct bench bench_file_bonnie;

static union value values[BONNIE_PARAMS];

static struct run prepared(const char *target)
{
	struct run run = { .bench = &bench_file_bonnie,
			   .value = values,
			   .target = target,
			   .now_ns = clock_raw_ns };

	assert_int_equal(params_defaults(run.bench->params, values, NULL, 0), 0);
	run.shared = run_shared_map(1000);
	assert_non_null(run.shared);
	return run;
}

static void set(const char *name, const char *in)
{
	char why[200];

	assert_int_equal(params_set(bench_file_bonnie.params, values, name, in, why, sizeof(why)),
			 0);
}

/* ---- rules ---- */

static void hostile_values(void **state)
{
	static const struct {
		const char *name, *in;
		bool refused;
	} rows[] = {
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
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		char why[200] = "";
		int err;

		assert_int_equal(params_defaults(bench_file_bonnie.params, values, NULL, 0), 0);
		err = params_set(bench_file_bonnie.params, values, rows[i].name, rows[i].in, why,
				 sizeof(why));
		err = err ? err : bench_file_bonnie.check(values, why, sizeof(why));
		CHECK_ROW(i, rows[i].in, (err != 0) == rows[i].refused);
		CHECK_ROW(i, rows[i].in, !err || strstr(why, rows[i].name));
	}
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
		assert_int_equal(params_defaults(bench_file_bonnie.params, values, NULL, 0), 0);
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

static void add_phase(struct run *run, unsigned phase, double rate, double cpu, double latency_us)
{
	run_sample(run, phase * BONNIE_FIGURES + BONNIE_RATE, rate);
	run_sample(run, phase * BONNIE_FIGURES + BONNIE_CPU, cpu);
	if (latency_us > 0)
		run_sample(run, phase * BONNIE_FIGURES + BONNIE_LATENCY, latency_us);
}

static void expect_report(const struct run *run, size_t file, const char *want)
{
	char buffer[4096];
	struct text text;

	text_begin(&text, buffer, sizeof(buffer));
	assert_int_equal(bench_file_bonnie.stock[file].write(run, &text), 0);
	assert_string_equal(buffer, want);
}

/* The line that bon_csv2txt and bon_csv2html 2.00a accepted, its file creation part as with -n 0. */
static void csv_of_2_00(void **state)
{
	struct run run = prepared(NULL);

	(void)state;
	set("size", "16g");
	set("seed", "42");
	set("machine", "ourtool");
	add_phase(&run, BONNIE_PUTC, 1124.9, 97.9, 12470.2);
	add_phase(&run, BONNIE_PUT_BLOCK, 500000, 60, 1511);
	add_phase(&run, BONNIE_REWRITE, 200000, 40, 300);
	add_phase(&run, BONNIE_GETC, 1728, 98, 99999);
	add_phase(&run, BONNIE_GET_BLOCK, 40000000, 50, 100000);
	add_phase(&run, BONNIE_SEEKS_PHASE, 512.34, 30, 100000001);
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
	struct run run = prepared(NULL);

	(void)state;
	set("definition", "1.03");
	set("size", "1100m");
	set("chunk", "64k");
	set("machine", "ref,vm");
	add_phase(&run, BONNIE_PUTC, 196383, 99, 0);
	add_phase(&run, BONNIE_PUT_BLOCK, 1008036, 99, 20);
	add_phase(&run, BONNIE_REWRITE, 4000000, 99, 20);
	add_phase(&run, BONNIE_GETC, 270842, 99, 0);
	add_phase(&run, BONNIE_GET_BLOCK, 4000000, 99, 20);
	add_phase(&run, BONNIE_SEEKS_PHASE, 9999.96, 1, 20);
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
		add_phase(&run, BONNIE_PUT_BLOCK, 100000 + round, 10, 5);
		add_phase(&run, BONNIE_REWRITE, 50000, 10, 5);
	}
	expect_report(
		&run, 0,
		"1.98,2.00a,m,1,1,300M,,8192,5,,,100000,10,50000,10,,,,,,,,,,,,,,,,,,,,,,,,,5us,5us,,,,,,,,,\n"
		"1.98,2.00a,m,1,2,300M,,8192,5,,,100001,10,50000,10,,,,,,,,,,,,,,,,,,,,,,,,,5us,5us,,,,,,,,,\n");
	run_shared_unmap(run.shared);
}

/* ---- runs ---- */

static char directory[] = "/tmp/test-bonnie-XXXXXX";

static size_t files_left(void)
{
	DIR *dir = opendir(directory);
	size_t n = 0;

	while (readdir(dir))
		n++;
	closedir(dir);
	return n - 2;
}

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
		CHECK_ROW(i, run.shared->failure, bench_file_bonnie.run(&run) == 0);
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
		CHECK_ROW(i, rows[i].words, bench_file_bonnie.run(&run) == rows[i].err);
		CHECK_ROW(i, run.shared->failure, strstr(run.shared->failure, rows[i].words));
		CHECK_ROW(i, rows[i].words, run.shared->count == 0 && files_left() == 0);
		run_shared_unmap(run.shared);
	}
}

/* The file system refuses to go on in the middle: said where, what was measured is kept, nothing is
 * left. */
static void fails_in_the_middle(void **state)
{
	struct rlimit limit, small;
	struct run run = prepared(directory);

	(void)state;
	set("size", "4m");
	set("ram", "0");
	set("per_byte_bytes", "10k");
	signal(SIGXFSZ, SIG_IGN);
	getrlimit(RLIMIT_FSIZE, &limit);
	small = (struct rlimit){ 1 << 20, limit.rlim_max };
	setrlimit(RLIMIT_FSIZE, &small);
	assert_int_equal(bench_file_bonnie.run(&run), -EFBIG);
	setrlimit(RLIMIT_FSIZE, &limit);
	assert_non_null(strstr(run.shared->failure, "block write of"));
	assert_non_null(strstr(run.shared->failure, "operation 128:"));
	assert_true(run_value(&run, BONNIE_PUTC * BONNIE_FIGURES, NULL, NULL) > 0);
	assert_int_equal(files_left(), 0);
	run_shared_unmap(run.shared);
}

/* One seeker cannot open its file: all end, none hangs. */
static void seekers_without_descriptors(void **state)
{
	struct rlimit limit, few;
	struct run run = prepared(directory);

	(void)state;
	set("size", "1m");
	set("ram", "0");
	set("per_byte", "no");
	set("seekers", "64");
	getrlimit(RLIMIT_NOFILE, &limit);
	few = (struct rlimit){ 30, limit.rlim_max };
	setrlimit(RLIMIT_NOFILE, &few);
	assert_int_equal(bench_file_bonnie.run(&run), -EMFILE);
	setrlimit(RLIMIT_NOFILE, &limit);
	assert_non_null(strstr(run.shared->failure, "random seeks"));
	assert_int_equal(files_left(), 0);
	run_shared_unmap(run.shared);
}

static int make_directory(void **state)
{
	(void)state;
	return mkdtemp(directory) ? 0 : -1;
}

static int remove_directory(void **state)
{
	(void)state;
	return rmdir(directory);
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
