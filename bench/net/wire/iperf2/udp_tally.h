/* SPDX-License-Identifier: MIT */
/* One way of a UDP test with any number of streams (-P): each stream's outcome, whoever sent, and
 * their sum. */
#ifndef ASSAY_UDP_TALLY_H
#define ASSAY_UDP_TALLY_H

#include "bench/net/wire/iperf2/serve.h"

enum { UDP_STREAMS_MOST = 64 };
struct udp_tally {
	unsigned count, reported; /* reported: those of which a receiver's report is known */
	struct served one[UDP_STREAMS_MOST];
	int err; /* the first */
};

/* Ignores those beyond UDP_STREAMS_MOST. */
void udp_tally_add(struct udp_tally *tally, const struct served *served);
/* Counts and bytes added up; seconds, jitter, gaps and variations of the worst stream; the report's
 * rates add up in udp_tally_rate(). */
struct served udp_tally_sum(const struct udp_tally *tally);
/* bit/s, sent or received, each stream over its own time. */
double udp_tally_sent_rate(const struct udp_tally *tally);
double udp_tally_report_rate(const struct udp_tally *tally);
/* Datagrams a second by the receivers' reports. */
double udp_tally_report_pps(const struct udp_tally *tally);
double udp_report_rate(const struct iperf2_report *report);

#endif
