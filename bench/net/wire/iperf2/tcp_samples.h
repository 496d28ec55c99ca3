/* SPDX-License-Identifier: MIT */
/* What net.tcp samples of a session of tcp_client.h: intervals while it runs, totals when it is
 * over. */
#ifndef ASSAY_TCP_SAMPLES_H
#define ASSAY_TCP_SAMPLES_H

#include "bench/net/tcp.h"
#include "bench/net/wire/partner.h"

enum { TCP_SAMPLES_STREAMS = 32 }; /* with more of them, only their sum */

/* One of the two ways: its streams, its metrics, how far it has been sampled. */
struct tcp_way {
	struct streams *streams;
	bool outgoing;
	const char *name;
	struct meter all, each[TCP_SAMPLES_STREAMS];
};

struct tcp_samples {
	struct run *run;
	struct tcp_client *client;
	struct tcp_way out, in;
	uint64_t retransmits, retransmits_omitted;
	bool tcp_info_seen;
};

void tcp_samples_init(struct tcp_samples *samples, struct run *run, struct tcp_client *client);
/* Waits until what was started has ended, sampling at each interval after the part to omit. */
void tcp_samples_watch(struct tcp_samples *samples, double expected_seconds);
/* Before the streams' descriptors are closed: what only they know. */
void tcp_samples_end_sending(struct tcp_samples *samples);
/* After they have ended. */
void tcp_samples_total(struct tcp_samples *samples, const struct tcp_way *way);

/* One stream among several, on its axis; number from 1. */
struct tcp_stream_figures {
	unsigned number;
	uint64_t bytes;
	double seconds;
	uint16_t client_port;
};
void tcp_samples_stream(struct run *run, bool outgoing, const struct tcp_stream_figures *figures);
/* Whether the intervals of a way had settled: a detail and a line for people. */
void tcp_samples_steady(struct run *run, bool outgoing);

#endif
