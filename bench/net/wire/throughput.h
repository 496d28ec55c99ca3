/* SPDX-License-Identifier: MIT */
/*
 * The search of RFC 2544 section 26.1 for the highest rate that a path carries without loss, by
 * halving, pure: rates out, what became of them in. The last rate that passed must pass so many
 * times in a row; when it fails once, the search goes on below it. It ends after a number of trials
 * that is known before.
 */
#ifndef ASSAY_THROUGHPUT_H
#define ASSAY_THROUGHPUT_H

#include <stdbool.h>

enum { THROUGHPUT_PASSED = 64 };
struct throughput_search {
	double resolution; /* the distance that is narrow enough, as a part of the rate */
	unsigned repeats, trials_most;

	double high; /* bit/s: has not passed, or is the most; 0: as fast as the sender can */
	double passed[THROUGHPUT_PASSED]; /* rising; the last is the result so far */
	unsigned passed_count;
	unsigned times; /* that the last has passed in a row */
	unsigned trials;
	unsigned limited;    /* trials in which the sender could not offer what was asked */
	bool ceiling;	     /* nothing above the last can be offered, or is wanted */
	bool sender_limited; /* and that is because the sender could not offer more */
};

/* How many trials a search may take. */
unsigned throughput_trials_most(double resolution, unsigned repeats);
/* highest: bit/s; 0: whatever the sender can. */
void throughput_begin(struct throughput_search *search, double highest, double resolution,
		      unsigned repeats);
/* Whether there is to be another trial, and its rate (0: as fast as the sender can). */
bool throughput_next(const struct throughput_search *search, double *rate);
/* What became of a trial at `asked`: what the sender really offered, and whether it passed. Two
 * offers below 98 % of what was asked are the sender's limit: nothing above it can be learned. One
 * may be a machine that was busy with something else. */
void throughput_take(struct throughput_search *search, double asked, double offered, bool passed);
/* bit/s; 0: no rate passed. */
double throughput_result(const struct throughput_search *search);
/* The result is within the resolution, and passed as often as it should. */
bool throughput_is_found(const struct throughput_search *search);

#endif
