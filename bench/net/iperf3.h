/* SPDX-License-Identifier: MIT */
/* net.iperf3 in pieces: its tables (iperf3.c), its two roles (wire/iperf3/roles.c), what iperf 3
 * would have written (wire/iperf3/stock_text.c, stock_json.c). */
#ifndef ASSAY_NET_IPERF3_H
#define ASSAY_NET_IPERF3_H

#include "bench/bench.h"
#include "bench/net/wire/host.h"

/* Parameters and metrics, by index. */
enum {
	ROLE,
	PORT,
	SECONDS,
	BYTES,
	BLOCKS,
	LENGTH,
	WINDOW,
	STREAMS,
	REVERSE,
	BIDIR,
	OMIT,
	UDP,
	RATE,
	BURST,
	COUNTERS,
	NODELAY,
	CONGESTION,
	INTERVAL,
	CONNECT_TIMEOUT
};
enum { ROLE_CLIENT, ROLE_SERVER };
enum {
	OUTGOING,
	INCOMING,
	OUTGOING_SENT,
	INCOMING_SENT,
	OUTGOING_INTERVAL,
	INCOMING_INTERVAL,
	RETRANSMITS,
	INCOMING_RETRANSMITS,
	RTT,
	CONGESTION_WINDOW,
	JITTER,
	LOST,
	LOST_PERCENT,
	DATAGRAMS,
	SENT_DATAGRAMS,
	TAIL_LOST,
	INCOMING_JITTER,
	INCOMING_LOST,
	INCOMING_LOST_PERCENT,
	INCOMING_DATAGRAMS,
	INCOMING_SENT_DATAGRAMS,
	INCOMING_TAIL_LOST,
	INCOMING_OUT_OF_ORDER,
	INCOMING_DUPLICATES,
	OUTGOING_BYTES,
	OUTGOING_SENT_BYTES,
	INCOMING_BYTES,
	INCOMING_SENT_BYTES,
	OUTGOING_SECONDS,
	INCOMING_SECONDS,
	STREAM_OUTGOING,
	STREAM_INCOMING,
	CPU,
	CPU_PARTNER,
	HOST,
	METRICS_END = HOST + HOST_METRICS
};

int iperf3_be_client(struct run *run, const struct address *peer);
int iperf3_be_server(struct run *run, const struct address *peer, const struct address *local);
extern const struct stock_file iperf3_stock[];

#endif
