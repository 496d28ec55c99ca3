/* SPDX-License-Identifier: MIT */
/* The kernel's own account of what interrupted a processor: /proc/interrupts, /proc/softirqs,
 * /proc/stat. */
#ifndef ASSAY_ENGINE_COUNTERS_H
#define ASSAY_ENGINE_COUNTERS_H

#include "lib/lib.h"

/* One moment. The texts are as the kernel gave them. */
struct counters {
	char *interrupts, *softirqs, *stat;
};
int counters_take(struct counters *counters); /* -errno; what can be read is there */
void counters_free(struct counters *counters);

/* What rose on one processor between two moments. */
enum { SOURCES = 5, SOURCE_NAME = 40 };
struct source {
	char name[SOURCE_NAME]; /* "LOC Local timer interrupts", "TIMER" */
	uint64_t count;
};
struct rise {
	uint64_t total;
	struct source top[SOURCES]; /* the largest first; count 0: no more */
};
/* Adds the rows of two such tables, /proc/interrupts or /proc/softirqs, to `rise`. */
void counters_rise(const char *before, const char *after, unsigned cpu, struct rise *rise);

/* /proc/stat: of one processor, in clock ticks; and the context switches of the whole machine. */
struct cpu_ticks {
	uint64_t all, steal;
};
bool counters_cpu(const char *stat, unsigned cpu, struct cpu_ticks *ticks);
uint64_t counters_switches(const char *stat);

#endif
