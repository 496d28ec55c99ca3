/* SPDX-License-Identifier: MIT */
/* file.verify: right data pass; each kind of damage fails, with its place. */
#include "tests/unit/bench_run.h"

#include "bench/engine/file/file_set.h"

#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <stdio.h>
#include <sys/stat.h>

extern const struct bench bench_file_verify;
static const struct bench *const tested = &bench_file_verify;

static void hostile_values(void **state)
{
	static const struct hostile_value rows[] = {
		{ "record", "4k", false },  { "record", "5000", true },
		{ "record", "2m", true },   { "files", "0", true },
		{ "files", "65", true },    { "phase", "write", true },
		{ "phase", "erase", true }, { "passes", "0", true },
		{ "cold", "auto", false },  { "cold", "remount", false },
		{ "cold", "warm", true },   { "size", "1m", false },
	};

	(void)state;
	check_values(rows, COUNT_OF(rows));
}

/* ---- runs ---- */

static char target[64], file[96];

static void choose(const char *phase, const char *passes)
{
	set("size", "256k");
	set("files", "2");
	set("record", "8k");
	set("passes", passes);
	set("cold", "no");
	set("phase", phase);
}

/* A run of one phase; the caller ends it. */
static struct run started(const char *phase, const char *passes)
{
	struct run run;

	snprintf(target, sizeof(target), "%s/step", directory);
	snprintf(file, sizeof(file), "%s/assay-verify/verify.01", directory);
	mkdir(target, 0700);
	run = prepared(target);
	choose(phase, passes);
	return run;
}

static void write_set(const char *passes)
{
	struct run run = started("write", passes);

	assert_int_equal(tested->run(&run), 0);
	run_shared_unmap(run.shared);
}

static void remove_set(void)
{
	char path[96];

	for (int i = 0; i < 2; i++) {
		snprintf(path, sizeof(path), "%s/assay-verify/verify.%02d", directory, i);
		unlink(path);
	}
	snprintf(path, sizeof(path), "%s/assay-verify", directory);
	rmdir(path);
	rmdir(target);
}

static void put(off_t at, const void *data, size_t bytes)
{
	int fd = open(file, O_WRONLY);

	assert_int_equal(pwrite(fd, data, bytes, at), bytes);
	close(fd);
}

static void take(off_t at, void *data, size_t bytes)
{
	int fd = open(file, O_RDONLY);

	assert_int_equal(pread(fd, data, bytes, at), bytes);
	close(fd);
}

static const struct run_note *failure_with(const struct run *run, const char *words)
{
	for (uint32_t i = 0; i < run->shared->note_count; i++)
		if (run->shared->notes[i].kind == NOTE_FAIL &&
		    strstr(run->shared->notes[i].text, words))
			return &run->shared->notes[i];
	return NULL;
}

static bool passed(const struct run *run)
{
	bool pass = false;

	for (uint32_t i = 0; i < run->shared->note_count; i++) {
		if (run->shared->notes[i].kind == NOTE_FAIL)
			return false;
		pass = pass || run->shared->notes[i].kind == NOTE_PASS;
	}
	return pass;
}

/* Reads the set, which has that place wrong, in both orders. */
static void expect_failure(const char *passes, const char *words)
{
	struct run run = started("read", passes);
	const struct run_note *note;

	assert_int_equal(tested->run(&run), 0);
	note = failure_with(&run, words);
	if (!note)
		fail_msg("no FAIL with \"%s\", but: %s", words,
			 run.shared->notes[run.shared->note_count - 1].text);
	assert_string_equal(note->verdict, "data");
	assert_false(passed(&run));
	run_shared_unmap(run.shared);
}

static void right_data(void **state)
{
	struct run run = started("both", "3");

	(void)state;
	set("cold", "file");
	assert_int_equal(tested->run(&run), 0);
	assert_true(passed(&run));
	for (unsigned i = 0; i < 6; i++)
		CHECK_ROW(i, tested->metrics[i].name, isfinite(run_value(&run, i, NULL, NULL)));
	run_shared_unmap(run.shared);
	remove_set();
	assert_int_equal(files_left(), 0);
}

static void damage(void **state)
{
	static const uint8_t zeros[SECTOR], other[8192] = "something else";
	uint8_t data[8192];

	(void)state;
	write_set("1");
	take(0, data, sizeof(data));
	put(12800, zeros, sizeof(zeros));
	expect_failure("1", "verify.01, bytes 12800 to 13311: zeros");
	put(12800, data, SECTOR);
	expect_failure("1", "verify.01, bytes 12800 to 13311: what belongs to file 1, byte 0");
	put(8192, other, sizeof(other));
	expect_failure("1", "verify.01, bytes 8192 to 8703: ");
	expect_failure("1", "verify.01, bytes 8704 to 16383: zeros");
	data[100] ^= 0x10;
	put(0, data, SECTOR);
	expect_failure("1", "verify.01, bytes 0 to 511: 1 bits flipped, the first in byte 100");
	assert_int_equal(truncate(file, 120 * 1024), 0);
	expect_failure("1", "verify.01, bytes 122880 to 131071: the file ends before");
	remove_set();
}

static void lost_writes(void **state)
{
	struct run run;

	(void)state;
	write_set("1");
	expect_failure("2", "generation 1 instead of 2: a write was lost");
	write_set("3");
	run = started("read", "3");
	assert_int_equal(tested->run(&run), 0);
	assert_true(passed(&run));
	run_shared_unmap(run.shared);
	expect_failure("2", "generation 3 instead of ");
	/* Cut short in the third pass: what was flushed before must be there, or what came later. */
	run = started("read", "2");
	set("cut", "yes");
	assert_int_equal(tested->run(&run), 0);
	assert_true(passed(&run));
	run_shared_unmap(run.shared);
	run = started("read", "3");
	set("seed", "2");
	assert_int_equal(tested->run(&run), 0);
	assert_non_null(failure_with(&run, "data of a run with seed 1"));
	run_shared_unmap(run.shared);
	remove_set();
}

static void errors(void **state)
{
	struct run run = started("read", "1");

	(void)state;
	assert_int_equal(tested->run(&run), -ENOENT);
	assert_non_null(strstr(run.shared->failure, "assay-verify/verify.00"));
	run_shared_unmap(run.shared);
	run = started("both", "1");
	assert_int_equal(run_limited(&run, RLIMIT_FSIZE, 65536), -EFBIG);
	assert_non_null(strstr(run.shared->failure, "verify.00 at byte 65536"));
	assert_int_equal(files_left(), 1); /* the step's own folder */
	run_shared_unmap(run.shared);
	run = started("both", "1");
	set("size", "4k");
	assert_int_equal(tested->run(&run), -ENOSPC);
	run_shared_unmap(run.shared);
	remove_set();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(hostile_values), cmocka_unit_test(right_data),
		cmocka_unit_test(damage),	  cmocka_unit_test(lost_writes),
		cmocka_unit_test(errors),
	};

	return cmocka_run_group_tests(tests, make_directory, remove_directory);
}
