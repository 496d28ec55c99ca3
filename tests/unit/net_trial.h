/* SPDX-License-Identifier: MIT */
/* For the tests of network benchmarks: one run with its values, and what came out of it. */
#ifndef ASSAY_NET_TRIAL_H
#define ASSAY_NET_TRIAL_H

#include "tests/unit/test.h"

#include "bench/bench.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

struct trial {
	struct run run;
	union value values[24];
};

/* Runs a benchmark with "key=value key=value" beside its target, port, and listen = port + 1;
 * returns what it returned. To be ended with trial_end(). */
static inline int trial_run(struct trial *trial, const struct bench *bench, uint16_t port,
			    const char *words)
{
	char line[200], why[200] = "", number[8];
	char *cursor = line;
	struct word word;

	*trial = (struct trial){ .run = { .bench = bench,
					  .value = trial->values,
					  .target = "127.0.0.1",
					  .now_ns = clock_raw_ns,
					  .sleep_ns = clock_sleep_ns } };
	assert_int_equal(params_defaults(bench->params, trial->values, why, sizeof(why)), 0);
	snprintf(number, sizeof(number), "%u", port);
	params_set(bench->params, trial->values, "port", number, NULL, 0);
	snprintf(number, sizeof(number), "%u", port + 1u);
	params_set(bench->params, trial->values, "listen", number, NULL, 0);
	snprintf(line, sizeof(line), "%s", words);
	while (text_next_word(&cursor, &word))
		CHECK_ROW(0, why,
			  !params_set(bench->params, trial->values, word.key, word.value, why,
				      sizeof(why)));
	trial->run.shared = run_shared_map(4096);
	assert_non_null(trial->run.shared);
	return bench->run(&trial->run);
}

static inline void trial_end(struct trial *trial)
{
	run_shared_unmap(trial->run.shared);
}

static inline unsigned metric_index(const struct trial *trial, const char *name)
{
	const struct metric *metrics = trial->run.bench->metrics;

	for (unsigned i = 0; metrics[i].name; i++)
		if (!strcmp(metrics[i].name, name))
			return i;
	fail_msg("no metric %s", name);
	return 0;
}

static inline double value_of(const struct trial *trial, const char *name)
{
	return run_value(&trial->run, metric_index(trial, name), NULL, NULL);
}

#endif
