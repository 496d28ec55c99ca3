/* SPDX-License-Identifier: MIT */
/* net.tcp in four pieces: its tables (tcp.c), its two roles (wire/iperf2/tcp_roles.c), what they
 * sample (wire/iperf2/tcp_samples.c), what iperf would have written (wire/iperf2/tcp_text.c). */
#ifndef ASSAY_TCP_H
#define ASSAY_TCP_H

#include "bench/net/wire/iperf2/roles.h"
#include "bench/net/wire/iperf2/settings.h"
#include "bench/net/wire/iperf2/tcp_client.h"

/* Parameters of its own, and metrics, by index. */
enum { STREAMS = SETTINGS_SHARED, RATE, OMIT, PIN, ENGINE };
enum { ENGINE_IPERF, ENGINE_UNCOPIED };
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
	RETRANSMITS_INTERVAL,
	RTT,
	CONGESTION_WINDOW,
	CPU,
	/* On the axis of streams, when there are several; the two ways in the same order. */
	STREAM_OUTGOING,
	STREAM_OUTGOING_BYTES,
	STREAM_OUTGOING_INTERVAL,
	STREAM_OUTGOING_PORT,
	STREAM_INCOMING,
	STREAM_INCOMING_BYTES,
	STREAM_INCOMING_INTERVAL,
	STREAM_INCOMING_PORT,
	OUTGOING_STEADY_FROM,
	INCOMING_STEADY_FROM,
	CALLER_OUTGOING,
	CALLER_INCOMING,
	CALLER_RETRANSMITS,
	CALLER_RTT,
	HOST /* HOST_METRICS of them */
};

static inline double tcp_one_way_seconds(const union value *value)
{
	return tcp_client_way_seconds(value[BYTES].num, value[OMIT].real + value[SECONDS].real);
}

/* Of one read or write: what is set, or the engine's own. */
static inline size_t tcp_length(const union value *value)
{
	if (value[LENGTH].num)
		return value[LENGTH].num;
	return value[ENGINE].num == ENGINE_UNCOPIED ? 1 << 20 : 128 << 10;
}

extern const struct partner_roles tcp_roles;
extern const struct stock_file tcp_stock[];

#endif
