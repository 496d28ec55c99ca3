/* SPDX-License-Identifier: MIT */
/* What is kept of a test: see kept.h. */
#include "bench/net/wire/iperf3/kept.h"

#include <netinet/tcp.h>
#include <string.h>
#include <time.h>

enum { ROWS_MOST = (RUN_KEEP - sizeof(struct iperf3_kept)) / sizeof(struct iperf3_row) };

struct iperf3_kept *iperf3_kept_of(const struct run *run)
{
	return (struct iperf3_kept *)run->shared->keep;
}

static int option_of(int fd, int level, int name)
{
	int value = 0;
	socklen_t len = sizeof(value);

	return getsockopt(fd, level, name, &value, &len) ? 0 : value;
}

/* At the first look, while all sockets are there. */
static void keep_start(struct iperf3_kept *kept, const struct iperf3_session *session)
{
	const struct iperf3_test *test = &session->test;
	uint64_t past_ns = clock_raw_ns() - test->start_ns;

	kept->begun = true;
	kept->server = session->server;
	memcpy(kept->cookie, session->cookie, IPERF3_COOKIE);
	kept->local = session->local;
	kept->peer = session->peer;
	kept->params = session->params;
	kept->wall_seconds = (int64_t)time(NULL) - (int64_t)(past_ns / SECOND_NS);
	kept->mss = option_of(session->control.fd, IPPROTO_TCP, TCP_MAXSEG);
	kept->stream_count = test->count;
	if (!test->count)
		return;
	kept->send_buffer = option_of(test->stream[0].fd, SOL_SOCKET, SO_SNDBUF);
	kept->receive_buffer = option_of(test->stream[0].fd, SOL_SOCKET, SO_RCVBUF);
	for (unsigned i = 0; i < test->count; i++) {
		kept->stream[i].fd = test->stream[i].fd;
		kept->stream[i].local = test->stream[i].local;
		kept->stream[i].peer = test->stream[i].peer;
		kept->stream[i].ends.outgoing = test->stream[i].sender;
	}
}

static void keep_row(struct iperf3_kept *kept, struct iperf3_test *test, unsigned index)
{
	struct iperf3_interval interval;

	iperf3_test_look(test, index, &interval);
	if (kept->row_count >= ROWS_MOST - ROWS_MOST % test->count) {
		kept->rows_dropped++;
		return;
	}
	kept->row[kept->row_count++] = (struct iperf3_row){
		.stream = (uint16_t)index,
		.omitted = interval.omitted,
		.from = (double)interval.from_ns / 1e9,
		.to = (double)interval.to_ns / 1e9,
		.bytes = interval.delta.bytes,
		.packets = interval.delta.packets,
		.lost = interval.delta.lost,
		.retransmits = interval.delta.retransmits,
		.jitter_ms = interval.delta.jitter_ms,
		.kernel = test->stream[index].kernel,
	};
}

bool iperf3_keep_rows(struct run *run, struct iperf3_session *session)
{
	struct iperf3_kept *kept = iperf3_kept_of(run);
	struct iperf3_test *test = &session->test;
	uint64_t now_ns = test->end_ns ? test->end_ns : clock_raw_ns();

	if (!test->count)
		return false;
	if (!kept->begun)
		keep_start(kept, session);
	/* What is left after the last whole interval; a test as a whole may be short. */
	if (kept->row_count && now_ns < test->stream[0].last.at_ns + session->interval_ns / 10)
		return false;
	for (unsigned i = 0; i < test->count; i++)
		keep_row(kept, test, i);
	return true;
}

void iperf3_keep_end(struct run *run, const struct iperf3_session *session)
{
	struct iperf3_kept *kept = iperf3_kept_of(run);
	const struct iperf3_results *ours = &session->ours, *theirs = &session->theirs;

	if (!kept->begun || !session->has_ours)
		return;
	kept->ended = true;
	kept->has_theirs = session->has_theirs;
	memcpy(kept->cpu, (double[]){ ours->cpu_total, ours->cpu_user, ours->cpu_system },
	       sizeof(kept->cpu));
	memcpy(kept->congestion, ours->congestion, sizeof(kept->congestion));
	if (session->has_theirs) {
		memcpy(kept->cpu_theirs,
		       (double[]){ theirs->cpu_total, theirs->cpu_user, theirs->cpu_system },
		       sizeof(kept->cpu_theirs));
		memcpy(kept->congestion_theirs, theirs->congestion, sizeof(kept->congestion));
	}
	for (unsigned i = 0; i < session->test.count; i++) {
		const struct iperf3_stream *stream = &session->test.stream[i];
		struct iperf3_kept_stream *out = &kept->stream[i];
		out->ends = iperf3_session_ends(session, i);
		out->out_of_order = iperf3_stream_total(stream).out_of_order;
		out->most = stream->most;
		out->rtt_least_us = stream->rtt_least_us;
		out->rtt_mean_us = stream->looks ? (uint32_t)(stream->rtt_sum_us / stream->looks) :
						   0;
	}
}

bool iperf3_sum_rows(const struct iperf3_kept *kept, const struct iperf3_row *rows, bool outgoing,
		     struct iperf3_row *sum)
{
	unsigned streams = 0;

	for (unsigned i = 0; i < kept->stream_count; i++) {
		if (kept->stream[rows[i].stream].ends.outgoing != outgoing)
			continue;
		if (!streams++)
			*sum = (struct iperf3_row){ .omitted = rows[i].omitted,
						    .from = rows[i].from,
						    .to = rows[i].to };
		sum->bytes += rows[i].bytes;
		sum->packets += rows[i].packets;
		sum->lost += rows[i].lost;
		sum->retransmits += rows[i].retransmits;
		sum->jitter_ms += (rows[i].jitter_ms - sum->jitter_ms) / streams;
	}
	return streams;
}

struct iperf3_way iperf3_kept_way(const struct iperf3_kept *kept, bool outgoing)
{
	struct iperf3_way way = IPERF3_WAY_NONE;

	for (unsigned i = 0; i < kept->stream_count; i++)
		if (kept->stream[i].ends.outgoing == outgoing)
			iperf3_way_add(&way, &kept->stream[i].ends);
	return way;
}
