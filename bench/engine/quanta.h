/* SPDX-License-Identifier: MIT */
/*
 * Work of one size, done over and over by one thread: undisturbed it always takes the same time;
 * whatever it takes longer than its shortest was taken from it. (The fixed work quantum of Sottile
 * and Minnich, 2004.) Several interruptions in one quantum count as one.
 */
#ifndef ASSAY_ENGINE_QUANTA_H
#define ASSAY_ENGINE_QUANTA_H

#include <stdint.h>

struct quanta {
	uint64_t (*now_ns)(void);
	uint64_t turns;				/* of one quantum */
	uint64_t shortest_ns;			/* quantum so far; first what calibration found */
	uint64_t count, elapsed_ns, longest_ns; /* by quanta_observe() */
};
/* The shortest of so many tries of work of so many turns. */
uint64_t quanta_shortest_ns(uint64_t (*now_ns)(void), uint64_t turns, unsigned tries);
/* For so long, back to back: the end of one quantum is the start of the next, so no time goes
 * uncounted. each (may be NULL) is told how much longer than the shortest so far each one took. */
void quanta_observe(struct quanta *quanta, uint64_t length_ns,
		    void (*each)(void *context, uint64_t excess_ns), void *context);
/* Of the time observed: beyond as many of the shortest. */
double quanta_stolen_percent(const struct quanta *quanta);

#endif
