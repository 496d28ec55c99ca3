/* SPDX-License-Identifier: MIT */
/* self.crash - breaks on purpose, so that the supervisor can be seen to hold. */
#include "bench/bench.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

enum { HOW, SAMPLES };
enum { HOW_TRAP, HOW_HANG, HOW_ERROR, HOW_FAIL, HOW_EXIT, HOW_NOTHING };
static const struct param params[] = {
	[HOW] = { "how", "trap", "in which way", PARAM_CHOICE,
		  .choices = "trap|hang|error|fail|exit|nothing" },
	[SAMPLES] = { "samples", "3", "samples taken before it breaks; they must survive",
		      PARAM_COUNT, 0, 1000 },
	{ 0 },
};

enum { BEFORE };
static const struct metric metrics[] = {
	[BEFORE] = { "before", "1", "counts 1, 2, 3 ... up to the break", NEITHER_IS_BETTER,
		     BY_LAST },
	{ 0 },
};

static int run(struct run *run)
{
	for (uint64_t i = 0; i < run->value[SAMPLES].num; i++)
		run_sample(run, BEFORE, (double)(i + 1));
	switch (run->value[HOW].num) {
	case HOW_TRAP:
		__builtin_trap();
	case HOW_HANG:
		for (;;)
			run->sleep_ns(1000000000);
	case HOW_ERROR:
		return run_fail(run, -EIO, "broken as asked");
	case HOW_FAIL:
		run_diagnose(run, VERDICT_FAIL, "wrong-as-asked",
			     "measured, and found wrong, as asked");
		return 0;
	case HOW_EXIT:
		_exit(3);
	}
	return 0;
}

static double seconds(const union value *values, const struct speeds *speeds)
{
	(void)speeds;
	(void)values;
	return 0;
}

const struct bench bench_self_crash = {
	.name = "self.crash",
	.summary = "breaks on purpose: proof that one step cannot take the run down",
	.definition = "Assay's own",
	.params = params,
	.metrics = metrics,
	.seconds = seconds,
	.run = run,
};
