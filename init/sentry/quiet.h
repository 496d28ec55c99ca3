/* SPDX-License-Identifier: MIT */
/*
 * What keeps a measurement undisturbed. The last CPU measures, where there are two or more: the
 * kernel's own words (config/kernel/base.config: nohz_full=N, isolcpus=managed_irq) keep the tick,
 * timers, RCU callbacks and managed interrupts off it, and this moves what can be moved while it
 * runs. Steps that time single events in one thread run there (bench->one_by_one); all others keep
 * every CPU, as the stock tools do.
 */
#ifndef ASSAY_QUIET_H
#define ASSAY_QUIET_H

#include "lib/lib.h"

#include <sched.h>

struct cJSON;

/* ---- cpus.c: lists of CPUs as the kernel writes them ---- */

/* "0-3,8", "" and "\n" (none). -EINVAL: not of the form, falling, or beyond CPU_SETSIZE. */
int cpus_parse(const char *list, cpu_set_t *out);
void cpus_format(const cpu_set_t *cpus, struct text *out);	/* "0-3,8" */
void cpus_format_mask(const cpu_set_t *cpus, struct text *out); /* "1,0000000f", as smp_affinity */
int cpus_last(const cpu_set_t *cpus);				/* -1: none */

/* ---- quiet.c ---- */

struct quiet {
	bool done;
	int cpu;	       /* that measures; -1: there is only one, for everything */
	cpu_set_t all, others; /* online; and without the one that measures */
	bool tick, managed;    /* kept off it by the kernel: the tick with timers and RCU callbacks;
				  managed interrupts */
	bool workqueues;       /* unbound work is kept off it */
	unsigned moved, own;   /* interrupts: moved away; its own queues', which stay */
	unsigned stuck;	       /* interrupts that may come there and could not be moved */
	unsigned threads, bound; /* of the kernel: kept off it; bound to it */
};
/* The choice, of the lists in /sys/devices/system/cpu: a CPU that the kernel keeps quiet, or the
 * last one online. Pure. */
void quiet_choose(struct quiet *quiet, const char *online, const char *nohz_full,
		  const char *managed);
/* For process 1: all that can be moved away is moved. */
void quiet_prepare(struct quiet *quiet);
struct cJSON *quiet_detail(const struct quiet *quiet);
/* Of this process and what it starts; cpus NULL: nothing is done. */
void quiet_run_on(const cpu_set_t *cpus);
/* Where a step runs. False: nothing is set. */
bool quiet_step_cpus(const struct quiet *quiet, bool one_by_one, cpu_set_t *out);

#endif
