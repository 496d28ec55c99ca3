/* SPDX-License-Identifier: MIT */
/* net.udp in three pieces: its tables (udp.c), its two roles (wire/iperf2/udp_roles.c), what iperf
 * would have written (wire/iperf2/udp_text.c). */
#ifndef ASSAY_UDP_H
#define ASSAY_UDP_H

#include "bench/net/wire/iperf2/roles.h"
#include "bench/net/wire/iperf2/settings.h"

/* Parameters of its own, and metrics, by index. */
enum { RATE = SETTINGS_SHARED, PEER };
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
	CPU,
	HOST /* HOST_METRICS of them */
};

static inline double udp_one_way_seconds(const union value *value)
{
	return value[BYTES].num ? (double)value[BYTES].num * 8 / (double)value[RATE].num :
				  value[SECONDS].real;
}

/* Where the report of a way goes, whoever counted. */
struct udp_report_metrics {
	unsigned rate, jitter, lost, lost_percent, out_of_order, datagrams;
};
extern const struct udp_report_metrics udp_partners_report, udp_our_report;

extern const struct partner_roles udp_roles;
extern const struct stock_file udp_stock[];

#endif
