/* SPDX-License-Identifier: MIT */
/* net.udp in pieces: its tables (udp.c), its two roles (wire/iperf2/udp_roles.c), its samples
 * (wire/iperf2/udp_samples.c), what iperf would have written (wire/iperf2/udp_text.c). */
#ifndef ASSAY_UDP_H
#define ASSAY_UDP_H

#include "bench/net/wire/iperf2/roles.h"
#include "bench/net/wire/iperf2/settings.h"
#include "bench/net/wire/iperf2/udp_streams.h"

/* Parameters of its own, and metrics, by index. */
enum { RATE = SETTINGS_SHARED, PPS, STREAMS, BATCH, MERGE, PEER };
/* What is known of each of several streams, which are numbered from 1. */
enum udp_figure {
	STREAM_BYTES,
	STREAM_SECONDS,
	STREAM_DATAGRAMS,
	STREAM_LOST,
	STREAM_ORDER,
	STREAM_JITTER,
	STREAM_PORT,
	STREAM_FIGURES
};
enum {
	OUTGOING,
	RECEIVED,
	SENT_RATE,
	RECEIVED_RATE,
	JITTER,
	LOST,
	LOST_PERCENT,
	MISSING,
	OUT_OF_ORDER,
	DATAGRAMS,
	OUTGOING_BYTES,
	OUTGOING_INTERVAL,
	SENT_DATAGRAMS,
	GAP_P50,
	GAP_P99,
	BATCHED,
	INCOMING,
	INCOMING_RATE,
	INCOMING_JITTER,
	VARIATION_P50,
	VARIATION_P95,
	VARIATION_P99,
	INCOMING_LOST,
	INCOMING_LOST_PERCENT,
	INCOMING_TAIL_LOST,
	INCOMING_BUFFER_DROPS,
	INCOMING_MERGED,
	INCOMING_OUT_OF_ORDER,
	INCOMING_DUPLICATES,
	INCOMING_DATAGRAMS,
	INCOMING_BYTES,
	INCOMING_INTERVAL,
	CPU,
	STREAM_SENT,				      /* figures of what we sent */
	STREAM_REPORT = STREAM_SENT + STREAM_FIGURES, /* of what the partner reported of it */
	STREAM_INCOMING = STREAM_REPORT + STREAM_FIGURES,
	CALLER_OUTGOING = STREAM_INCOMING + STREAM_FIGURES,
	CALLER_RECEIVED,
	CALLER_JITTER,
	CALLER_LOST,
	CALLER_LOST_PERCENT,
	CALLER_INCOMING,
	CALLER_INCOMING_JITTER,
	CALLER_INCOMING_LOST,
	CALLER_INCOMING_LOST_PERCENT,
	HOST, /* HOST_METRICS of them */
};

/* bit/s of one stream; 0: as fast as it goes. */
static inline uint64_t udp_rate(const union value *value, size_t length)
{
	return value[PPS].num ? value[PPS].num * length * 8 : value[RATE].num;
}

/* What one way takes, at most when nothing paces it. */
double udp_one_way_seconds(const union value *value);

/* Where the report of a way goes, whoever counted. */
struct udp_report_metrics {
	unsigned rate, pps, jitter, lost, lost_percent, out_of_order, datagrams, streams;
};
extern const struct udp_report_metrics udp_partners_report, udp_our_report;

/* Samples of one way: what we sent and what the partner said of it; what came to us. */
void udp_sample_outgoing(struct run *run, const struct udp_tally *tally);
void udp_sample_incoming(struct run *run, const struct udp_tally *tally);

extern const struct partner_roles udp_roles;
extern const struct stock_file udp_stock[];

#endif
