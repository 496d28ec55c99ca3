/* SPDX-License-Identifier: MIT */
/*
 * The two ways of a UDP test as its client runs them: a thread for each stream that we send, and
 * our own server for what comes back. It takes no samples and has no words, so that net.udp and
 * net.search can both use it.
 */
#ifndef ASSAY_UDP_STREAMS_H
#define ASSAY_UDP_STREAMS_H

#include "bench/net/wire/iperf2/udp_tally.h"

struct udp_plan {
	struct address peer, local; /* peer with its port; local: where the way back arrives */
	unsigned streams, batch;
	bool merge;    /* see struct datagram_send */
	size_t length; /* of a datagram */
	uint64_t window, rate /* bit/s a stream; 0: as fast as it goes */, bytes /* a stream */;
	double seconds; /* what one way takes, or may take when it is by bytes */
	enum iperf2_back back;
	/* With BACK_AFTER: our way is one datagram, so that the server sends back at once: a load
	 * towards us alone. */
	bool only_back;
	uint16_t back_port;
	enum iperf2_layout layout; /* of the headers that ask for a way back */
	uint64_t connect_until_ns;
};

struct udp_streams;
/* The default length of a datagram to this host: 1470, for IPv6 1450, as iperf 2.1 has it. */
size_t udp_default_length(const struct address *peer);
/* NULL: out of memory. */
struct udp_streams *udp_streams_new(const struct udp_plan *plan);
/* Listens for the way back, connects, asks whether the partner listens (see datagram_probe()).
 * -errno; *listening tells that it was the way back's port that failed. */
int udp_streams_open(struct udp_streams *streams, bool *listening);
int udp_streams_start(struct udp_streams *streams);
/* Until all has ended (returns false) or the time has come. */
bool udp_streams_wait(struct udp_streams *streams, uint64_t until_ns);
/* So far; of one stream, sent. */
uint64_t udp_streams_sent(const struct udp_streams *streams, unsigned stream);
uint64_t udp_streams_received(const struct udp_streams *streams);
/* Ends what still runs. What was measured stays readable until udp_streams_free(). */
void udp_streams_stop(struct udp_streams *streams);
const struct udp_tally *udp_streams_out(const struct udp_streams *streams);
const struct udp_tally *udp_streams_in(const struct udp_streams *streams);
/* Of the way back: what came from others than the partner. */
unsigned udp_streams_strangers(const struct udp_streams *streams);
/* A connected socket of the first stream, for its facts. */
int udp_streams_socket(const struct udp_streams *streams);
void udp_streams_free(struct udp_streams *streams);

#endif
