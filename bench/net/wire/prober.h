/* SPDX-License-Identifier: MIT */
/*
 * Sends ICMP echo requests at a pace and takes the replies: net.ping, and net.load_latency in a
 * thread beside its load. A reply's time is the kernel's stamp of its arrival, as ping(8) takes it,
 * carried over to a clock that nobody sets.
 */
#ifndef ASSAY_PROBER_H
#define ASSAY_PROBER_H

#include "bench/net/wire/sockets.h"

#define PROBER_LONELY_NS (10 * MILLISECOND_NS) /* ping -f: the next one without an answer */

struct prober_reply {
	uint64_t number; /* of its request, from 1 over the prober's life */
	uint64_t rtt_ns;
	uint64_t response_ns; /* from when its request was due */
	unsigned hops;	      /* left, as the reply came */
	bool duplicate;
};

struct prober_options {
	struct address peer;
	size_t data_bytes;    /* up to 65000 */
	uint64_t interval_ns; /* 0: the next when the answer has come, or after PROBER_LONELY_NS */
	bool dont_fragment;
	/* Called for each reply, from the thread that sends or listens. */
	void (*replied)(void *context, const struct prober_reply *reply);
	void *context;
};

struct prober_counts {
	uint64_t sent, received, duplicates;
	uint64_t errors; /* sends and receives that failed: ICMP errors, links that are down */
	uint64_t late;	 /* replies to a request so old that nothing is known of it */
	int last_err;
	uint64_t max_ns; /* the longest round trip */
};

struct prober;
/* -EACCES or -EPERM: needs root or net.ipv4.ping_group_range. */
int prober_open(struct prober **out, const struct prober_options *options);
/* The pace begins now: the next request is due at once. */
void prober_begin(struct prober *prober);
/* Takes replies until the next request is due, then sends it. False: until_ns comes first. */
bool prober_send(struct prober *prober, uint64_t until_ns);
/* Takes replies until all requests are answered or the time has come. */
void prober_listen(struct prober *prober, uint64_t until_ns);
/* When the last request was due, and when the next one is. */
uint64_t prober_last_due(const struct prober *prober);
uint64_t prober_next_due(const struct prober *prober);
const struct prober_counts *prober_counts(const struct prober *prober);
void prober_close(struct prober *prober); /* NULL is fine */

#endif
