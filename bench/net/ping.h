/* SPDX-License-Identifier: MIT */
/* net.ping in two pieces: what it measures (ping.c), what ping(8) would have printed
 * (wire/ping_text.c). */
#ifndef ASSAY_PING_H
#define ASSAY_PING_H

#include "bench/bench.h"
#include "bench/engine/percentiles.h"

/* Parameters and metrics by index. */
enum { COUNT, INTERVAL, SECONDS, SIZE, TIMEOUT, DONTFRAGMENT, CALLED, CALL_PORT };
enum {
	RTT,
	RTT_MIN,
	RTT_AVG,
	RTT_MAX,
	RTT_MDEV,
	RTT_PERCENTILES,
	RESPONSE_PERCENTILES = RTT_PERCENTILES + PERCENTILES_FEW,
	RTT_WORST = RESPONSE_PERCENTILES + PERCENTILES_FEW,
	LOSS,
	SENT,
	RECEIVED,
	DUPLICATES,
	RATE,
	SEQUENCE,
	TTL,
	BUCKET
};
enum { PING_MOST = 20000 }; /* requests: each leaves three samples */

int ping_text(const struct run *run, struct text *out);

#endif
