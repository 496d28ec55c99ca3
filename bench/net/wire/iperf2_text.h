/* SPDX-License-Identifier: MIT */
/* What iperf 2.0.x prints and its -y C rows, made from a run's values and samples. */
#ifndef ASSAY_IPERF2_TEXT_H
#define ASSAY_IPERF2_TEXT_H

#include "bench/bench.h"

/* Where a benchmark keeps its parameters and metrics, by index. */
struct iperf2_text_ways {
	unsigned role, port, listen, interval, window;
	unsigned outgoing, incoming, outgoing_interval, incoming_interval, outgoing_bytes,
		incoming_bytes;
};

/* UDP only: the receiving side of each way. */
struct iperf2_text_counts {
	unsigned rate, jitter, lost, datagrams, lost_percent, out_of_order;
};
struct iperf2_text_udp_ways {
	struct iperf2_text_ways ways;
	unsigned length, asked_rate;
	unsigned sent_datagrams;
	struct iperf2_text_counts report,
		own; /* the partner's report of our way; ours of its way */
};

int iperf2_text_tcp(const struct run *run, const struct iperf2_text_ways *ways, struct text *out);
int iperf2_csv_tcp(const struct run *run, const struct iperf2_text_ways *ways, struct text *out);
int iperf2_text_udp(const struct run *run, const struct iperf2_text_udp_ways *ways,
		    struct text *out);
int iperf2_csv_udp(const struct run *run, const struct iperf2_text_udp_ways *ways,
		   struct text *out);

#endif
