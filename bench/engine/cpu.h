/* SPDX-License-Identifier: MIT */
/* What processors did between two moments, out of /proc/stat. */
#ifndef ASSAY_ENGINE_CPU_H
#define ASSAY_ENGINE_CPU_H

#include "lib/lib.h"

/* Clock ticks since boot (proc(5)); user with nice and guests, idle with iowait. */
struct cpu_time {
	uint64_t user, system, irq, softirq, steal, idle;
};
enum { CPU_ALL = -1 };
/* False: no row for this processor, or not of the form. */
bool cpu_time_read(const char *stat, int cpu, struct cpu_time *out);

/* Percent of the time between two moments; busy: all but idle and steal. */
struct cpu_share {
	double user, system, irq, softirq, steal, busy;
	uint64_t ticks; /* between them */
};
void cpu_share_of(const struct cpu_time *before, const struct cpu_time *after,
		  struct cpu_share *out);

#endif
