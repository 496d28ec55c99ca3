/* SPDX-License-Identifier: MIT */
/* net.tcp in two pieces: its tables and its page (tcp.c), its two roles (wire/tcp_roles.c). */
#ifndef ASSAY_TCP_H
#define ASSAY_TCP_H

#include "bench/bench.h"
#include "bench/net/wire/sockets.h"

/* Parameters and metrics by index. */
enum {
	ROLE,
	PORT,
	SECONDS,
	BYTES,
	LENGTH,
	WINDOW,
	TRADEOFF,
	DUAL,
	LISTEN,
	STREAMS,
	INTERVAL,
	CONNECT_TIMEOUT
};
enum {
	OUTGOING,
	INCOMING,
	OUTGOING_INTERVAL,
	INCOMING_INTERVAL,
	OUTGOING_BYTES,
	INCOMING_BYTES,
	OUTGOING_SECONDS,
	INCOMING_SECONDS,
	RETRANSMITS,
	RTT,
	CONGESTION_WINDOW,
	CPU
};

static inline bool tcp_has_way_back(const union value *value)
{
	return value[TRADEOFF].on || value[DUAL].on;
}

/* What one direction takes at most: the time asked for, or the bytes at 1 Mbit/s. */
static inline double tcp_one_way_seconds(const union value *value)
{
	enum { SLOWEST_BYTES_PER_SECOND = 125000 };

	return value[BYTES].num ? (double)value[BYTES].num / SLOWEST_BYTES_PER_SECOND + 1 :
				  value[SECONDS].real;
}

/* Each measures one test with the partner: 0, or what run_fail returned. */
int tcp_client(struct run *run, const struct address *peer, const struct address *local);
int tcp_server(struct run *run, const struct address *peer, const struct address *local);

#endif
