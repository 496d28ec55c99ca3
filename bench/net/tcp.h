/* SPDX-License-Identifier: MIT */
/* net.tcp in three pieces: its tables (tcp.c), its two roles (wire/iperf2/tcp_roles.c), what iperf
 * would have written (wire/iperf2/tcp_text.c). */
#ifndef ASSAY_TCP_H
#define ASSAY_TCP_H

#include "bench/net/wire/iperf2/roles.h"
#include "bench/net/wire/iperf2/settings.h"
#include "bench/net/wire/iperf2/tcp_client.h"

/* Parameters of its own, and metrics, by index. */
enum { STREAMS = SETTINGS_SHARED };
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
	CPU,
	HOST /* HOST_METRICS of them */
};

static inline double tcp_one_way_seconds(const union value *value)
{
	return tcp_client_way_seconds(value[BYTES].num, value[SECONDS].real);
}

extern const struct partner_roles tcp_roles;
extern const struct stock_file tcp_stock[];

#endif
