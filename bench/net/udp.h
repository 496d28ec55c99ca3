/* SPDX-License-Identifier: MIT */
/* net.udp in two pieces: its tables and its page (udp.c), its two roles (wire/udp_roles.c). */
#ifndef ASSAY_UDP_H
#define ASSAY_UDP_H

#include "bench/bench.h"
#include "bench/net/wire/sockets.h"

/* Parameters and metrics by index. */
enum {
	ROLE,
	PORT,
	SECONDS,
	BYTES,
	LENGTH,
	RATE,
	WINDOW,
	TRADEOFF,
	DUAL,
	LISTEN,
	PEER,
	INTERVAL,
	CONNECT_TIMEOUT
};
enum {
	OUTGOING,
	RECEIVED,
	JITTER,
	LOST,
	LOST_PERCENT,
	OUT_OF_ORDER,
	DATAGRAMS,
	OUTGOING_BYTES,
	OUTGOING_INTERVAL,
	SENT_DATAGRAMS,
	GAP_P50,
	GAP_P99,
	INCOMING,
	INCOMING_JITTER,
	INCOMING_LOST,
	INCOMING_LOST_PERCENT,
	INCOMING_OUT_OF_ORDER,
	INCOMING_DUPLICATES,
	INCOMING_DATAGRAMS,
	INCOMING_BYTES,
	INCOMING_INTERVAL,
	CPU
};

static inline bool udp_has_way_back(const union value *value)
{
	return value[TRADEOFF].on || value[DUAL].on;
}

static inline double udp_one_way_seconds(const union value *value)
{
	return value[BYTES].num ? (double)value[BYTES].num * 8 / (double)value[RATE].num :
				  value[SECONDS].real;
}

/* Each measures one test with the partner: 0, or what run_fail returned. */
int udp_client(struct run *run, const struct address *peer, const struct address *local);
int udp_server(struct run *run, const struct address *peer, const struct address *local);

#endif
