/* SPDX-License-Identifier: MIT */
/* disk.hostcache: what its working sets say, and runs on a file. */
#include "tests/unit/bench_run.h"

#include "bench/engine/disk/below.h"

#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <stdio.h>

extern const struct bench bench_disk_hostcache;
static const struct bench *const tested = &bench_disk_hostcache;

#define MIB 1048576ull
#define NO_HITS(mib, us)             \
	{                            \
		mib *MIB, us, us, 0, \
	}

static void verdicts(void **state)
{
	static const struct {
		const char *name;
		struct below_facts facts;
		bool expected;
		enum verdict_type type;
		uint64_t cache_mib;
		const char *words;
	} rows[] = {
		{ "no set", { MEDIUM_VIRTUAL }, false, VERDICT_UNKNOWN, 0, "did not suffice" },
		{ "host cache, all of it",
		  { MEDIUM_VIRTUAL, 2, { { 16 * MIB, 5000, 200, 1 }, { 64 * MIB, 5000, 210, 1 } } },
		  false,
		  VERDICT_FAIL,
		  64,
		  "at least 64 MiB" },
		{ "host cache, expected",
		  { MEDIUM_VIRTUAL, 1, { { 16 * MIB, 5000, 200, 1 } } },
		  true,
		  VERDICT_PASS,
		  16,
		  "as expected" },
		{ "host cache of limited size",
		  { MEDIUM_VIRTUAL,
		    3,
		    { { 16 * MIB, 5000, 200, 1 },
		      { 64 * MIB, 5000, 210, 0.95 },
		      { 256 * MIB, 5000, 4900, 0.4 } } },
		  false,
		  VERDICT_FAIL,
		  102,
		  "about 102 MiB" },
		{ "the disk's own",
		  { MEDIUM_ROTATING,
		    2,
		    { { 16 * MIB, 8000, 300, 1 }, { 64 * MIB, 8000, 8000, 0.02 } } },
		  false,
		  VERDICT_PASS,
		  16,
		  "no more than disks" },
		{ "a controller's gigabyte",
		  { MEDIUM_ROTATING, 1, { { 1024 * MIB, 8000, 300, 1 } } },
		  false,
		  VERDICT_FAIL,
		  1024,
		  "at least 1024 MiB" },
		{ "a rotating disk",
		  { MEDIUM_ROTATING, 1, { NO_HITS(64, 8000) }, 300 },
		  false,
		  VERDICT_PASS,
		  0,
		  "no cache below" },
		{ "a rotating disk that does not turn",
		  { MEDIUM_ROTATING, 1, { NO_HITS(64, 200) } },
		  false,
		  VERDICT_FAIL,
		  0,
		  "no arm moves" },
		{ "flash",
		  { MEDIUM_FLASH, 1, { NO_HITS(64, 120) } },
		  false,
		  VERDICT_PASS,
		  0,
		  "no cache below" },
		{ "virtual, slow both times",
		  { MEDIUM_VIRTUAL, 1, { NO_HITS(64, 6000) }, 5900 },
		  false,
		  VERDICT_PASS,
		  0,
		  "no cache below" },
		{ "virtual, writes are kept",
		  { MEDIUM_VIRTUAL, 1, { NO_HITS(64, 6000) }, 200 },
		  false,
		  VERDICT_UNKNOWN,
		  0,
		  "writes are kept" },
		{ "virtual, fast both times",
		  { MEDIUM_VIRTUAL, 1, { NO_HITS(64, 200) }, 200 },
		  false,
		  VERDICT_UNKNOWN,
		  0,
		  "from the start" },
		{ "virtual, faster than flash",
		  { MEDIUM_VIRTUAL, 1, { NO_HITS(64, 12) }, 12 },
		  false,
		  VERDICT_UNKNOWN,
		  0,
		  "faster than flash" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct below_limits limits = { 2, 1000, 512 * MIB, rows[i].expected };
		char why[240] = "";
		bool more;

		CHECK_ROW(i, rows[i].name,
			  below_judge(&rows[i].facts, &limits, why, sizeof(why)) == rows[i].type);
		CHECK_ROW(i, why, strstr(why, rows[i].words) && strlen(why) < sizeof(why) - 1);
		CHECK_ROW(i, rows[i].name,
			  below_estimate(&rows[i].facts, 2, &more) / MIB == rows[i].cache_mib);
	}
}

static void hostile_values(void **state)
{
	static const struct hostile_value rows[] = {
		{ "record", "64k", false }, { "record", "48k", true }, { "record", "256", true },
		{ "least", "1k", true },    { "ratio", "1", true },    { "medium", "tape", true },
		{ "fill", "maybe", true },  { "seconds", "0", true },
	};

	(void)state;
	check_values(rows, COUNT_OF(rows));
}

/* ---- runs ---- */

static char path[64];

static void make_file(off_t bytes)
{
	int fd;

	snprintf(path, sizeof(path), "%s/disk", directory);
	fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);
	assert_true(fd >= 0);
	assert_int_equal(ftruncate(fd, bytes), 0);
	close(fd);
}

static struct run started(void)
{
	struct run run = prepared(path);

	set("least", "1m");
	set("record", "16k");
	return run;
}

static void on_a_file(void **state)
{
	struct run run;

	(void)state;
	make_file(12 * MIB);
	run = started();
	assert_int_equal(tested->run(&run), 0);
	for (uint64_t mib = 1; mib <= 4; mib *= 4)
		for (unsigned i = 0; i < 10; i++)
			CHECK_ROW(i, tested->metrics[i].name,
				  isfinite(run_value(&run, i, (uint64_t[AXES]){ mib, 0 }, NULL)));
	for (unsigned i = 10; tested->metrics[i].name; i++)
		CHECK_ROW(i, tested->metrics[i].name, isfinite(run_value(&run, i, NULL, NULL)));
	/* It was empty, so it was written: none of it is zeros now. */
	assert_true(run_value(&run, 12, NULL, NULL) == 100);
	run_shared_unmap(run.shared);
	run = started();
	assert_int_equal(tested->run(&run), 0);
	assert_true(run_value(&run, 12, NULL, NULL) < 100);
	assert_string_equal(run.shared->notes[run.shared->note_count - 1].verdict, "cache below");
	run_shared_unmap(run.shared);
	unlink(path);
}

static void zeros_are_said(void **state)
{
	struct run run;
	bool said = false;

	(void)state;
	make_file(4 * MIB);
	run = started();
	set("fill", "no");
	assert_int_equal(tested->run(&run), 0);
	for (uint32_t i = 0; i < run.shared->note_count; i++)
		said = said || (run.shared->notes[i].kind == NOTE_WARNING &&
				strstr(run.shared->notes[i].text, "is zeros"));
	assert_true(said);
	run_shared_unmap(run.shared);
	unlink(path);
}

static void refused(void **state)
{
	struct run run;

	(void)state;
	make_file(2 * MIB);
	run = started();
	assert_int_equal(tested->run(&run), -ENOSPC);
	assert_non_null(strstr(run.shared->failure, "least=1 MiB"));
	run_shared_unmap(run.shared);
	unlink(path);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(verdicts),  cmocka_unit_test(hostile_values),
		cmocka_unit_test(on_a_file), cmocka_unit_test(zeros_are_said),
		cmocka_unit_test(refused),
	};

	return cmocka_run_group_tests(tests, make_directory, remove_directory);
}
