/* SPDX-License-Identifier: MIT */
/*
 * The noise gate: before anything is measured every CPU does work of one size over and over, all at
 * the same time, and then sleeps for a quarter of a millisecond a hundred times. What the work takes
 * longer than its shortest time was stolen; how late the sleeps end is what timers are worth here.
 */
#ifndef ASSAY_GATE_H
#define ASSAY_GATE_H

#include "init/init.h"

enum noise { NOISE_QUIET, NOISE_NOISY, NOISE_UNUSABLE };
const char *noise_name(enum noise noise);

/*
 * The worst CPU decides. Quiet: at most 1 % stolen, and 99 of 100 sleeps at most 0.2 ms late, which
 * an idle machine and an idle virtual machine on a host with room both are. Unusable: 10 % stolen,
 * or 5 ms late: figures are then those of whoever else is there.
 */
#define GATE_QUIET_STOLEN     1.0 /* percent */
#define GATE_UNUSABLE_STOLEN  10.0
#define GATE_QUIET_LATE_US    200.0
#define GATE_UNUSABLE_LATE_US 5000.0

struct gate_figures { /* of one CPU */
	unsigned cpu;
	bool seen;				    /* its thread ran there */
	double stolen_percent, longest_us, late_us; /* late: 99 of 100 sleeps at most */
};
enum noise gate_judge(const struct gate_figures *figures, size_t count); /* pure */
/* Pure: "cpu 1: 12.3 % stolen, longest 1.2 ms, timers 0.3 ms late": the worst few. */
void gate_describe(const struct gate_figures *figures, size_t count, struct text *out);

/* Measures, tells and records. 0, or -EBUSY and a reason when the plan does not go on on such a
 * machine (assay.gate=). */
int gate_pass(struct story *story, char *why, size_t room);

#endif
