/* SPDX-License-Identifier: MIT */
/* Time and CPU of a phase, and its samples. */
#include "bench/engine/bonnie/phase.h"

#include <sys/resource.h>

static double cpu_s(void)
{
	struct rusage use;

	getrusage(RUSAGE_SELF, &use);
	return (double)(use.ru_utime.tv_sec + use.ru_stime.tv_sec) +
	       (double)(use.ru_utime.tv_usec + use.ru_stime.tv_usec) / 1e6;
}

void stretch_begin(struct stretch *stretch, const struct run *run)
{
	stretch->cpu_s = cpu_s();
	stretch->start_ns = run->now_ns();
}

void stretch_end(struct stretch *stretch, const struct run *run)
{
	stretch->elapsed_s = (double)(run->now_ns() - stretch->start_ns) / 1e9;
	stretch->cpu_s = cpu_s() - stretch->cpu_s;
}

void phase_record(struct run *run, unsigned phase, const struct stretch *stretch,
		  const struct histogram *latency)
{
	double elapsed_s = stretch->elapsed_s > 1e-9 ? stretch->elapsed_s : 1e-9;
	unsigned metric = phase * BONNIE_FIGURES;

	run_sample(run, metric + BONNIE_RATE, bonnie_amount(run->value, phase) / elapsed_s);
	run_sample(run, metric + BONNIE_CPU, stretch->cpu_s / elapsed_s * 100);
	/* None for putc of 1.03: a clock beside each character would be most of the figure. */
	if (!latency->count)
		return;
	run_sample(run, metric + BONNIE_LATENCY, (double)latency->max / 1e3);
	run_sample(run, metric + BONNIE_P50, (double)histogram_percentile(latency, 50) / 1e3);
	run_sample(run, metric + BONNIE_P99, (double)histogram_percentile(latency, 99) / 1e3);
	run_sample(run, metric + BONNIE_P999, (double)histogram_percentile(latency, 99.9) / 1e3);
}
