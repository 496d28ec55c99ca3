/* SPDX-License-Identifier: MIT */
/* For the tests of a benchmark that writes files: its values, runs of it, and the folder it writes
 * in. */
#ifndef ASSAY_BENCH_RUN_H
#define ASSAY_BENCH_RUN_H

#include "tests/unit/test.h"

#include "bench/bench.h"

#include <dirent.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

static const struct bench *const tested; /* which benchmark it is, the program says */
static union value values[32];
static char directory[] = "/tmp/test-bench-XXXXXX";

static inline void set_defaults(void)
{
	assert_true(params_count(tested->params) <= COUNT_OF(values));
	assert_int_equal(params_defaults(tested->params, values, NULL, 0), 0);
}

static inline void set(const char *name, const char *in)
{
	char why[300];

	assert_int_equal(params_set(tested->params, values, name, in, why, sizeof(why)), 0);
}

/* To be ended with run_shared_unmap(). */
static inline struct run prepared(const char *target)
{
	struct run run = {
		.bench = tested, .value = values, .target = target, .now_ns = clock_raw_ns
	};

	set_defaults();
	run.shared = run_shared_map(10000);
	assert_non_null(run.shared);
	return run;
}

struct hostile_value {
	const char *name, *in;
	bool refused;
};

/* Each among the defaults of the others: refused or not, as the row says, and then with its name. */
static inline void check_values(const struct hostile_value *rows, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		char why[300] = "";
		int err;

		set_defaults();
		err = params_set(tested->params, values, rows[i].name, rows[i].in, why,
				 sizeof(why));
		err = err ? err : tested->check(values, why, sizeof(why));
		CHECK_ROW(i, rows[i].in, (err != 0) == rows[i].refused);
		CHECK_ROW(i, rows[i].in, !err || strstr(why, rows[i].name));
	}
}

static inline size_t files_left(void)
{
	DIR *dir = opendir(directory);
	size_t n = 0;

	while (readdir(dir))
		n++;
	closedir(dir);
	return n - 2;
}

/* The run ends so before it measured anything, and says these words. */
static inline void expect_no_run(struct run *run, size_t row, int err, const char *words)
{
	CHECK_ROW(row, words, tested->run(run) == err);
	CHECK_ROW(row, run->shared->failure, strstr(run->shared->failure, words));
	CHECK_ROW(row, words, run->shared->count == 0 && files_left() == 0);
}

/* A run while this process may have no more than so much of a resource. */
static inline int run_limited(struct run *run, int resource, rlim_t most)
{
	struct rlimit before, during;
	int err;

	signal(SIGXFSZ, SIG_IGN);
	assert_int_equal(getrlimit(resource, &before), 0);
	during = (struct rlimit){ most, before.rlim_max };
	assert_int_equal(setrlimit(resource, &during), 0);
	err = tested->run(run);
	assert_int_equal(setrlimit(resource, &before), 0);
	return err;
}

static char report[65536];

/* What the stock tool itself would have written, into `report`. */
static inline void write_report(const struct run *run, size_t file)
{
	struct text text;

	text_begin(&text, report, sizeof(report));
	assert_int_equal(tested->stock[file].write(run, &text), 0);
}

static inline int make_directory(void **state)
{
	(void)state;
	return mkdtemp(directory) ? 0 : -1;
}

static inline int remove_directory(void **state)
{
	(void)state;
	return rmdir(directory);
}

#endif
