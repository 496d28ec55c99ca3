/* SPDX-License-Identifier: MIT */
/* Cold means cold: what stayed in the page cache is seen and said. */
#include "tests/unit/bench_run.h"

#include "bench/engine/file/scratch.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/vfs.h>

extern const struct bench bench_self_null;
static const struct bench *const tested = &bench_self_null;
enum { BYTES = 65536 };
static char path[64];

static void *make_file(int flags)
{
	static char block[BYTES] = "x";
	int fd = open(path, O_RDWR | O_CREAT | O_TRUNC, 0600);
	void *map;

	assert_int_equal(write(fd, block, BYTES), BYTES);
	map = mmap(NULL, BYTES, PROT_READ, MAP_SHARED | flags, fd, 0);
	assert_ptr_not_equal(map, MAP_FAILED);
	assert_int_equal(close(fd), 0);
	return map;
}

static struct run begun(void)
{
	struct run run = prepared(directory);

	snprintf(path, sizeof(path), "%s/file", directory);
	return run;
}

static void what_stays_is_said(void **state)
{
	struct run run = begun();
	void *map = make_file(MAP_LOCKED);
	double share;

	(void)state;
	assert_int_equal(scratch_resident(path, &share), 0);
	assert_true(share == 1);
	assert_int_equal(scratch_cool(&run, path, COLD_ADVISE), 0);
	assert_int_equal(run.shared->note_count, 1);
	assert_int_equal(run.shared->notes[0].kind, NOTE_WARNING);
	assert_non_null(strstr(run.shared->notes[0].text, "cold=file: 100 % of "));
	munmap(map, BYTES);
	unlink(path);
	run_shared_unmap(run.shared);
}

static void what_leaves_is_not(void **state)
{
	struct run run = begun();
	struct statfs fs;
	double share = 1;

	(void)state;
	munmap(make_file(0), BYTES);
	if (!statfs(directory, &fs) && fs.f_type != TMPFS_MAGIC) {
		assert_int_equal(scratch_cool(&run, path, COLD_ADVISE), 0);
		assert_int_equal(scratch_resident(path, &share), 0);
		assert_true(share == 0);
	}
	assert_int_equal(scratch_cool(&run, path, COLD_NO), 0);
	assert_int_equal(run.shared->note_count, 0);
	unlink(path);
	run_shared_unmap(run.shared);
}

static void absent(void **state)
{
	struct run run = begun();

	(void)state;
	assert_int_equal(scratch_cool(&run, path, COLD_ADVISE), -ENOENT);
	assert_non_null(strstr(run.shared->failure, path));
	assert_int_equal(scratch_cool_files(&run, NULL, 0, COLD_DROP), 0);
	run_shared_unmap(run.shared);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_stays_is_said),
		cmocka_unit_test(what_leaves_is_not),
		cmocka_unit_test(absent),
	};

	return cmocka_run_group_tests(tests, make_directory, remove_directory);
}
