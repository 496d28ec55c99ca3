/* SPDX-License-Identifier: MIT */
/*
 * Whether the wall clock could be trusted during a measurement. CLOCK_REALTIME and CLOCK_MONOTONIC
 * run at the same rate, steered by NTP, and part only when the wall clock is set;
 * CLOCK_MONOTONIC_RAW is the counter as it is (clock_gettime(2)). So the two differences tell a
 * step from a rate.
 */
#ifndef ASSAY_ENGINE_CLOCKS_H
#define ASSAY_ENGINE_CLOCKS_H

#include <stdint.h>

struct clocks {
	int64_t raw_ns, monotonic_ns, real_ns;
};
/* All three within a microsecond or so: the closest of several readings. */
void clocks_read(struct clocks *out);

struct clocks_drift {
	double seconds;	 /* on the raw clock */
	double ppm;	 /* the steered rate against the raw one */
	int64_t step_ns; /* the wall clock was set by so much; 0 within the reading's error */
};
enum { CLOCKS_STEP_LEAST_NS = 100000, CLOCKS_PPM_MOST = 100 };
void clocks_compare(const struct clocks *before, const struct clocks *after,
		    struct clocks_drift *out);

#endif
