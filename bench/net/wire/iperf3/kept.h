/* SPDX-License-Identifier: MIT */
/* What net.iperf3 keeps of a test for the files that iperf 3 would have written: in memory shared
 * with the process that writes them (run_shared.keep). */
#ifndef ASSAY_IPERF3_KEPT_H
#define ASSAY_IPERF3_KEPT_H

#include "bench/bench.h"
#include "bench/net/wire/iperf3/session.h"

/* A stream's interval. */
struct iperf3_row {
	uint16_t stream; /* its index */
	bool omitted;
	double from, to; /* seconds */
	uint64_t bytes, packets, lost, retransmits;
	double jitter_ms;
	struct iperf3_kernel kernel;
};

struct iperf3_kept_stream {
	int fd;
	struct address local, peer;
	struct iperf3_ends ends;
	uint64_t out_of_order; /* of what we receive */
	struct iperf3_kernel most;
	uint32_t rtt_least_us, rtt_mean_us;
};

struct iperf3_kept {
	bool begun, ended; /* the test has; ended: the streams' ends and what follows are known */
	bool server, has_theirs;
	char cookie[IPERF3_COOKIE];
	struct address local, peer;
	struct iperf3_params params;
	int64_t wall_seconds;
	int mss, send_buffer, receive_buffer;
	double cpu[3], cpu_theirs[3]; /* total, user, system */
	char congestion[16], congestion_theirs[16];
	unsigned stream_count, row_count, rows_dropped;
	struct iperf3_kept_stream stream[IPERF3_SIDES];
	struct iperf3_row row[];
};

struct iperf3_kept *iperf3_kept_of(const struct run *run);
/* At each tick: a row for every stream. False: no time has passed worth a row. */
bool iperf3_keep_rows(struct run *run, struct iperf3_session *session);
/* When the session is over, before it is closed. */
void iperf3_keep_end(struct run *run, const struct iperf3_session *session);

/* The sum over an interval's rows of our sending, or receiving, streams. False: there are none. */
bool iperf3_sum_rows(const struct iperf3_kept *kept, const struct iperf3_row *rows, bool outgoing,
		     struct iperf3_row *sum);
struct iperf3_way iperf3_kept_way(const struct iperf3_kept *kept, bool outgoing);

#endif
