/* SPDX-License-Identifier: MIT */
/* Three clocks read together: see clocks.h. */
#include "bench/engine/clocks.h"

#include <stdlib.h>
#include <time.h>

static int64_t read_ns(clockid_t clock)
{
	struct timespec now;

	clock_gettime(clock, &now);
	return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

void clocks_read(struct clocks *out)
{
	enum { TRIES = 8 };
	int64_t narrowest_ns = INT64_MAX;

	for (int i = 0; i < TRIES; i++) {
		int64_t before_ns = read_ns(CLOCK_MONOTONIC_RAW);
		int64_t monotonic_ns = read_ns(CLOCK_MONOTONIC), real_ns = read_ns(CLOCK_REALTIME);
		int64_t width_ns = read_ns(CLOCK_MONOTONIC_RAW) - before_ns;

		if (width_ns >= narrowest_ns)
			continue;
		narrowest_ns = width_ns;
		*out = (struct clocks){ before_ns + width_ns / 2, monotonic_ns, real_ns };
	}
}

void clocks_compare(const struct clocks *before, const struct clocks *after,
		    struct clocks_drift *out)
{
	int64_t raw_ns = after->raw_ns - before->raw_ns;
	int64_t monotonic_ns = after->monotonic_ns - before->monotonic_ns;
	int64_t step_ns = after->real_ns - before->real_ns - monotonic_ns;

	*out = (struct clocks_drift){ .seconds = (double)raw_ns / 1e9 };
	if (raw_ns > 0)
		out->ppm = (double)(monotonic_ns - raw_ns) * 1e6 / (double)raw_ns;
	if (llabs(step_ns) >= CLOCKS_STEP_LEAST_NS)
		out->step_ns = step_ns;
}
