/* SPDX-License-Identifier: MIT */
/* net.simultaneous in pieces: its tables (simultaneous.c), a machine at a meeting
 * (wire/meet/attend.c), what the shares come to as samples (wire/meet/samples.c). */
#ifndef ASSAY_SIMULTANEOUS_H
#define ASSAY_SIMULTANEOUS_H

#include "bench/bench.h"
#include "bench/net/wire/meet/message.h"

/* Parameters and metrics by index. */
enum {
	MACHINES,
	PLACE,
	ORDER,
	STAGGER,
	ALONE,
	PROTOCOL,
	DIRECTION,
	SECONDS,
	STREAMS,
	RATE,
	LENGTH,
	WINDOW,
	INTERVAL,
	PORT,
	LISTEN,
	MEET_AT,
	MEET_TIMEOUT,
	CONNECT_TIMEOUT,
	NAME
};
enum { PROTOCOL_TCP, PROTOCOL_UDP };
enum { DIRECTION_OUT, DIRECTION_IN };
enum {
	ALONE_RATE,
	TOGETHER_RATE,
	PORTION,
	PENALTY,
	AGGREGATE,
	FAIRNESS,
	SHARE,
	ALONE_SHARE,
	BYTES,
	START,
	START_ERROR,
	CLOCK_UNCERTAINTY,
	CLOCK_DRIFT,
	RETRANSMITS,
	JITTER,
	LOST,
	LOST_PERCENT,
	DATAGRAMS,
	ALONE_JITTER,
	ALONE_LOST_PERCENT,
	OWN_PLACE
};

/* What the parameters say all machines must want alike; "order" is checked here. */
int simultaneous_terms(const union value *value, struct meet_terms *terms, char *why, size_t room);

/* What is known of a meeting: every machine's share, alone and all together, by place (from 1 on at
 * [0]); NULL as long as it has not come. */
struct attendance {
	struct meet_terms terms;
	struct meet_share *alone[MEET_MACHINES], *together[MEET_MACHINES];
	uint64_t place, phase, phases;
	uint64_t begin_ns; /* of the phase */
	uint64_t uncertainty_ns;
	double drift_ppm;
};

/* Meets, loads, hears the others' shares. 0, or what run_fail returned; what came stays. */
int meeting_attend(struct run *run, struct attendance *attendance);
void attendance_sample(struct run *run, const struct attendance *attendance);

#endif
