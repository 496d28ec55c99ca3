/* SPDX-License-Identifier: MIT */
/* self.null - measures nothing, so that the harness can be measured. Copy me. */
#include "bench/bench.h"

enum { SECONDS, BATCH }; /* index into params and run->value */
static const struct param params[] = {
	[SECONDS] = { "seconds", "1", "how long", PARAM_SECONDS, 0.01, 3600 },
	[BATCH] = { "batch", "100000", "empty turns of the loop per sample", PARAM_COUNT, 1,
		    100000000 },
	{ 0 },
};

enum { TURN, CLOCK, SAMPLE };
static const struct metric metrics[] = {
	[TURN] = { "turn", "ns", "one empty turn of a measuring loop", LESS_IS_BETTER, BY_MEDIAN },
	[CLOCK] = { "clock", "ns", "reading the clock once", LESS_IS_BETTER, BY_MEDIAN },
	[SAMPLE] = { "sample", "ns", "storing one sample, its time stamp included", LESS_IS_BETTER,
		     BY_MEDIAN },
	{ 0 },
};

static double empty_turn_ns(struct run *run, uint64_t batch)
{
	uint64_t start_ns = run->now_ns();

	for (uint64_t i = 0; i < batch; i++)
		__asm__ volatile("" ::: "memory");
	return (double)(run->now_ns() - start_ns) / (double)batch;
}

static double clock_read_ns(struct run *run)
{
	enum { READS = 1000 };
	uint64_t start_ns = run->now_ns();

	for (int i = 1; i < READS; i++)
		run->now_ns();
	return (double)(run->now_ns() - start_ns) / READS;
}

static int run(struct run *run)
{
	run_begin(run, run->value[SECONDS].real);
	while (run_more(run)) {
		double turn_ns = empty_turn_ns(run, run->value[BATCH].num),
		       clock_ns = clock_read_ns(run);
		uint64_t start_ns = run->now_ns();

		run_sample(run, TURN, turn_ns);
		run_sample(run, CLOCK, clock_ns);
		run_sample(run, SAMPLE, ((double)(run->now_ns() - start_ns) - clock_ns) / 2);
		run->sleep_ns(10000000); /* a hundred rounds a second are plenty */
	}
	return 0;
}

static double seconds(const union value *values, const struct speeds *speeds)
{
	(void)speeds;
	return values[SECONDS].real;
}

const struct bench bench_self_null = {
	.name = "self.null",
	.summary = "cost of the harness itself: a turn of the loop, the clock, a sample",
	.definition = "Assay's own: wall time of the empty operation, divided by its number",
	.one_by_one = true,
	.params = params,
	.metrics = metrics,
	.seconds = seconds,
	.run = run,
};
