/* SPDX-License-Identifier: MIT */
/*
 * A call: a machine asks its partner to start a benchmark's client towards it, so that a test can
 * begin at the far side ("ping both ways", "TCP started from either side"). The partner runs what
 * it would run for itself, only towards the address that asked, within limits.
 */
#ifndef ASSAY_MEET_CALL_H
#define ASSAY_MEET_CALL_H

#include "bench/net/wire/meet/message.h"
#include "bench/net/wire/sockets.h"

/* What a partner does for whoever asks. */
#define CALL_SECONDS_MOST 300.0
#define CALL_CONNECT_MOST 30.0
#define CALL_RATE_MOST	  10000000000ull /* bit/s, of UDP */
enum { CALL_STREAMS_MOST = 16 };

struct call;

/* Judges what was asked by a MEET_CALL. 0, -ENOMEM, or -EINVAL and in why what is wrong with it. */
int call_open(struct call **out, const struct meet_message *asked, const struct address *towards,
	      char *why, size_t room);
double call_seconds(const struct call *call); /* it will take about so long */
const char *call_bench(const struct call *call);
int call_start(struct call *call); /* in a thread of its own */
bool call_over(const struct call *call);
/* After its end: every metric that has values, into a MEET_CALLED. */
void call_result(const struct call *call, struct meet_message *out);
void call_free(struct call *call); /* waits for its end */
/* Does not wait: a test that still runs ends by its own limits, or with the process. */
void call_abandon(struct call *call);

#endif
