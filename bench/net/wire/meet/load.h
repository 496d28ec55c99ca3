/* SPDX-License-Identifier: MIT */
/*
 * The load that one machine of a meeting puts on the partner, or takes from it: an iperf 2 test,
 * TCP or UDP, with a stock server or ours. What it counts becomes a share.
 */
#ifndef ASSAY_MEET_LOAD_H
#define ASSAY_MEET_LOAD_H

#include "bench/net/wire/meet/message.h"
#include "bench/net/wire/sockets.h"

struct load_options {
	bool udp, towards_us;
	struct address peer, local; /* peer: with its port */
	uint16_t back_port;	    /* towards us: where the partner connects to */
	unsigned streams;	    /* TCP */
	size_t length;
	uint64_t window, rate; /* rate: bit/s, of UDP */
	double seconds;
	double connect_seconds;
};

struct load;

/* Connects; no data moves yet. -errno. */
int load_open(struct load **out, const struct load_options *options);
int load_start(struct load *load);
/* Bytes so far. TCP that we send: what the partner has acknowledged, not what lies in our queue. */
uint64_t load_bytes(struct load *load);
/* Whether it still goes on at that time. */
bool load_runs(struct load *load, uint64_t until_ns);
/* Ends what runs; the share gets totals and the failure, times on our clock. */
void load_end(struct load *load, struct meet_share *share);
void load_free(struct load *load); /* NULL is fine */

#endif
