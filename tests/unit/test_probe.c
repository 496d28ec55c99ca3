/* SPDX-License-Identifier: MIT */
#include "tests/unit/bench_run.h"

#include "bench/engine/bounded/cost.h"
#include "bench/engine/probe.h"

#include <errno.h>

extern const struct bench bench_file_iozone;
static const struct bench *const tested = &bench_file_iozone;

static void probes(void **state)
{
	struct speeds speeds;

	(void)state;
	assert_int_equal(speeds_probe(directory, 0.6, &speeds), 0);
	assert_true(speeds.probed && speeds.disk_write > 0 && speeds.disk_read > 0);
	assert_true(speeds.disk_random_read > 0 && speeds.disk_random_write > 0);
	assert_true(speeds.cache_write > 0 && speeds.cache_read > 0 && speeds.call_s > 0);
	assert_true(speeds.flush_s > 0 && speeds.create_s > 0 && speeds.memory_bytes > 0);
	assert_int_equal(files_left(), 0);
	assert_int_equal(speeds_probe("/nowhere", 0.6, &speeds), -ENOENT);
}

static double cost(const char *max_file, const char *mode)
{
	set_defaults();
	set("tests", "0,1,2,3,4,5,6,7");
	set("small_records", "yes");
	set("max_file", max_file);
	set("mode", mode);
	return cost_matrix(values, &speeds_plain);
}

/* What the model expects: days for the page's surface, and a tenth of it in bounded mode. */
static void costs(void **state)
{
	(void)state;
	assert_true(cost("50g", "exact") > 86400);
	assert_true(cost("50g", "bounded") < cost("50g", "exact") / 10);
	assert_true(cost("50g", "auto") == cost("50g", "bounded"));
	assert_true(cost("8m", "auto") == cost("8m", "exact"));
	assert_true(cost("64m", "exact") < cost("128m", "exact"));
	assert_true(cost("64m", "bounded") < cost("128m", "bounded"));
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(probes), cmocka_unit_test(costs) };

	return cmocka_run_group_tests(tests, make_directory, remove_directory);
}
