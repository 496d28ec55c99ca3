/* SPDX-License-Identifier: MIT */
/* The two ways of a UDP test as its client runs them: one thread sends, one receives what comes
 * back. */
#ifndef ASSAY_UDP_STREAMS_H
#define ASSAY_UDP_STREAMS_H

#include "bench/net/wire/iperf2/flow.h"
#include "bench/net/wire/sockets.h"

#include <pthread.h>

struct udp_receive {
	int fd;
	struct address only;
	struct address from; /* who sent it: the partner, from a port of its own */
	struct flow flow;
	atomic_uint_least64_t bytes;
	unsigned strangers;
	int err; /* -ETIMEDOUT: it did not begin, or did not end */
};

struct udp_streams {
	struct datagram_send out;
	struct udp_receive in;
	bool tradeoff; /* the way back begins after ours has ended */
	double seconds;
	pthread_t sender, receiver;
	bool sender_started, receiver_started;
	atomic_bool stop;
	atomic_uint running;
	atomic_bool sent_all; /* our way is over: the way back's patience begins */
};

struct udp_streams *udp_streams_new(size_t length); /* NULL: out of memory */
int udp_streams_listen(struct udp_streams *streams, const struct address *local, uint16_t port,
		       uint64_t window);
/* Also asks whether the partner listens, until the deadline: see datagram_probe(). */
int udp_streams_connect(struct udp_streams *streams, const struct address *peer, uint64_t window,
			uint64_t deadline_ns);
/* Starts sending and, when udp_streams_listen() was called, receiving. `seconds` is what one way
 * takes. */
int udp_streams_start(struct udp_streams *streams, double seconds, bool tradeoff);
/* Until both have ended (returns 0) or the time has come (returns how many still run). */
unsigned udp_streams_wait(struct udp_streams *streams, uint64_t until_ns);
void udp_streams_free(struct udp_streams *streams);

#endif
