/* SPDX-License-Identifier: MIT */
/* Work of one size, and what it took longer: see quanta.h. */
#include "bench/engine/quanta.h"

#include <stddef.h>

/* A chain in which each turn needs the one before: it cannot be computed in advance or side by
 * side. */
static uint64_t work(uint64_t turns, uint64_t x)
{
	for (uint64_t i = 0; i < turns; i++) {
		x ^= x << 13;
		x ^= x >> 7;
		x ^= x << 17;
		__asm__ volatile("" : "+r"(x));
	}
	return x;
}

uint64_t quanta_shortest_ns(uint64_t (*now_ns)(void), uint64_t turns, unsigned tries)
{
	uint64_t shortest_ns = UINT64_MAX;

	while (tries--) {
		uint64_t start_ns = now_ns(), ns;

		work(turns, start_ns | 1);
		ns = now_ns() - start_ns;
		shortest_ns = ns < shortest_ns ? ns : shortest_ns;
	}
	return shortest_ns;
}

void quanta_observe(struct quanta *quanta, uint64_t length_ns,
		    void (*each)(void *context, uint64_t excess_ns), void *context)
{
	uint64_t (*now_ns)(void) = quanta->now_ns;
	uint64_t x = 1, start_ns = now_ns(), before_ns = start_ns;

	quanta->count = quanta->longest_ns = 0;
	do {
		uint64_t after_ns, ns;

		x = work(quanta->turns, x);
		after_ns = now_ns();
		ns = after_ns - before_ns;
		before_ns = after_ns;
		quanta->shortest_ns = ns < quanta->shortest_ns ? ns : quanta->shortest_ns;
		quanta->longest_ns = ns > quanta->longest_ns ? ns : quanta->longest_ns;
		quanta->count++;
		quanta->elapsed_ns = after_ns - start_ns;
		if (each)
			each(context, ns - quanta->shortest_ns);
	} while (quanta->elapsed_ns < length_ns);
	if (!quanta->elapsed_ns)
		quanta->elapsed_ns = 1;
}

double quanta_stolen_percent(const struct quanta *quanta)
{
	double undisturbed_ns = (double)quanta->count * (double)quanta->shortest_ns;

	return ((double)quanta->elapsed_ns - undisturbed_ns) / (double)quanta->elapsed_ns * 100;
}
