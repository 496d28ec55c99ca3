/* SPDX-License-Identifier: MIT */
/* net.ping in two pieces: what it measures (ping.c), what ping(8) would have printed
 * (wire/ping_text.c). */
#ifndef ASSAY_PING_H
#define ASSAY_PING_H

#include "bench/bench.h"

/* Parameters and metrics by index. */
enum { COUNT, INTERVAL, SIZE, TIMEOUT, DONTFRAGMENT };
enum { RTT, RTT_MIN, RTT_AVG, RTT_MAX, RTT_MDEV, LOSS, SENT, RECEIVED, DUPLICATES, SEQUENCE, TTL };
enum { PING_MOST = 20000 }; /* requests: each leaves three samples */

int ping_text(const struct run *run, struct text *out);

#endif
