/* SPDX-License-Identifier: MIT */
/*
 * What the shares of a meeting come to, pure: each machine's rate alone and together, what it had
 * of the whole, what the company cost it, and how fair it was.
 */
#ifndef ASSAY_MEET_TALLY_H
#define ASSAY_MEET_TALLY_H

#include "bench/net/wire/meet/message.h"

/* NAN: not known. Rates in Mbit/s (10^6). */
struct meet_machine {
	uint64_t place; /* 0: nothing is known of it */
	char name[41];
	double alone, together;
	double portion, penalty; /* % of the aggregate; % less than alone */
	double start_ms,
		start_error_ms; /* after the first starter's time; against what was agreed */
	double uncertainty_ms;	/* of its clock, at the start of all together */
	double jitter_ms, lost_percent, alone_jitter_ms, alone_lost_percent; /* UDP */
};

struct meet_tally {
	uint64_t machines;
	struct meet_machine machine[MEET_MACHINES]; /* by place, from 1 on at [0] */
	double aggregate, fairness;
};

/* In Mbit/s: of TCP over the window in which all run; of UDP what the receiver's report says, over
 * the report's own time, as iperf does. NAN: it did not run, was cut off, or has no report. */
double meet_rate(const struct meet_terms *terms, const struct meet_share *share,
		 uint64_t run_count);
/* Jain, Chiu and Hawe, DEC-TR-301 (1984): (sum x)^2 / (n sum x^2); 1 is equal, 1/n is one has all.
 * NAN when a rate is not known or all are 0. */
double meet_fairness(const double *rates, uint64_t count);

/* alone and together by place (from 1 on at [0]); an element may be NULL. begin_ns: of all
 * together. */
void meet_tally_make(struct meet_tally *tally, const struct meet_terms *terms,
		     const struct meet_share *const *alone,
		     const struct meet_share *const *together, uint64_t begin_ns);

#endif
