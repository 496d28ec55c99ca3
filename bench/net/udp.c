/* SPDX-License-Identifier: MIT */
/*
 * net.udp: what a path does to a steady stream of datagrams, as iperf 2's -u measures it, with a
 * stock iperf 2 as the partner, in either role. Of our way the partner reports rate, jitter, loss
 * and order when it is over; of its way we count them ourselves. Datagrams leave by an absolute
 * schedule, one at a time, never in planned bursts; those that are overdue together, and all when
 * there is no rate, leave in batches, which the result tells.
 */
#include "bench/net/udp.h"

#include "bench/net/wire/host.h"

#include <errno.h>

static const struct param params[] = {
	SETTINGS_ROWS,
	[ROLE] = { "role", "client", "who begins: client sends, server waits for a stock client",
		   PARAM_CHOICE, .choices = "client|server" },
	[BYTES] = { "bytes", "0", "send so many bytes instead, on each stream (-n)", PARAM_BYTES, 0,
		    2147483647, NULL },
	[LENGTH] = { "length", "0", "of a datagram, 64 to 65507 (-l); 0: 1470, for IPv6 1450",
		     PARAM_BYTES, 0, 65507, NULL },
	[RATE] = { "rate", "1048576",
		   "bit/s of each stream (-b); iperf's default is 1024 * 1024; 0: as fast as it goes",
		   PARAM_RATE, 0, 4e11, NULL },
	[PPS] = { "pps", "0",
		  "datagrams/s of each stream instead of rate (-b Npps of 2.1); 0: by rate",
		  PARAM_COUNT, 0, 1e9, NULL },
	[STREAMS] = { "streams", "1", "sockets side by side, each a whole test, a thread each (-P)",
		      PARAM_COUNT, 1, UDP_STREAMS_MOST, NULL },
	[BATCH] = { "batch", "0",
		    "at most so many datagrams that are due in one system call; 1: never more than "
		    "one; 0: as many as pay",
		    PARAM_COUNT, 0, 512, NULL },
	[MERGE] = { "merge", "yes",
		    "a batch may be one packet until kernel or device cut it (UDP_SEGMENT); no: each "
		    "datagram is a packet from the start",
		    PARAM_BOOL },
	[TRADEOFF] = { "tradeoff", "no", "then the way back, from the server (-r)", PARAM_BOOL, 0,
		       0, NULL },
	[PEER] = { "peer", "2.1",
		   "the server's version: 2.0 up to 2.0.9, whose header differs; matters for the way "
		   "back only",
		   PARAM_CHOICE, .choices = "2.1|2.0" },
	{ 0 }
};

static const struct axis stream_axes[AXES] = { { "stream", "" } };

/* name, unit, help, better; the value is the last sample's. */
#define ROW(name, unit, help, better)                           \
	{                                                       \
		name, unit, help, better, BY_LAST, false, false \
	}
#define DETAIL(name, unit, help, better)                       \
	{                                                      \
		name, unit, help, better, BY_LAST, false, true \
	}
#define FIGURE(name, unit, help)                                                       \
	{                                                                              \
		name, unit, help, NEITHER_IS_BETTER, BY_LAST, false, true, stream_axes \
	}
#define FIGURES(at, prefix, whose)                                                           \
	[(at) + STREAM_BYTES] = FIGURE(prefix "_bytes", "B", whose),                         \
		[(at) + STREAM_SECONDS] = FIGURE(prefix "_seconds", "s", whose),             \
		[(at) + STREAM_DATAGRAMS] = FIGURE(prefix "_datagrams", "datagrams", whose), \
		[(at) + STREAM_LOST] = FIGURE(prefix "_lost", "datagrams", whose),           \
		[(at) + STREAM_ORDER] = FIGURE(prefix "_out_of_order", "datagrams", whose),  \
		[(at) + STREAM_JITTER] = FIGURE(prefix "_jitter", "ms", whose),              \
		[(at) + STREAM_PORT] = FIGURE(prefix "_port", "port", whose)

static const struct metric metrics[] = {
	[OUTGOING] = ROW("outgoing", "Mbit/s", "as we sent it", NEITHER_IS_BETTER),
	[RECEIVED] = ROW("received", "Mbit/s", "of it, by the partner's report", MORE_IS_BETTER),
	[SENT_RATE] = ROW("sent_rate", "datagrams/s", "as we sent them", NEITHER_IS_BETTER),
	[RECEIVED_RATE] = ROW("received_rate", "datagrams/s", "of them, by the partner's report",
			      MORE_IS_BETTER),
	[JITTER] = ROW("jitter", "ms", "by the partner's report (RFC 3550); the worst stream's",
		       LESS_IS_BETTER),
	[LOST] = ROW("lost", "datagrams", "by the partner's report", LESS_IS_BETTER),
	[LOST_PERCENT] = ROW("lost_percent", "%", "by the partner's report", LESS_IS_BETTER),
	[MISSING] = ROW("missing", "datagrams",
			"sent less received, by the partner's bytes; what came twice hides as much",
			LESS_IS_BETTER),
	[OUT_OF_ORDER] = ROW("out_of_order", "datagrams", "by the partner's report; duplicates too",
			     LESS_IS_BETTER),
	[DATAGRAMS] = ROW("datagrams", "datagrams", "that the partner knows of", NEITHER_IS_BETTER),
	[OUTGOING_BYTES] = DETAIL("outgoing_bytes", "B", "sent", NEITHER_IS_BETTER),
	[OUTGOING_INTERVAL] = { "outgoing_interval", "Mbit/s", "each interval", NEITHER_IS_BETTER,
				BY_MEDIAN, true, true },
	[SENT_DATAGRAMS] =
		DETAIL("sent_datagrams", "datagrams", "without the FIN", NEITHER_IS_BETTER),
	[GAP_P50] = DETAIL("gap_p50", "us", "between sends, median", NEITHER_IS_BETTER),
	[GAP_P99] = ROW("gap_p99", "us", "between sends: how even they were; the worst stream's",
			LESS_IS_BETTER),
	[BATCHED] = DETAIL("batched", "datagrams", "that left several at once, being overdue",
			   LESS_IS_BETTER),
	[INCOMING] = ROW("incoming", "Mbit/s", "to us, as we received it", MORE_IS_BETTER),
	[INCOMING_RATE] =
		ROW("incoming_rate", "datagrams/s", "to us, as we received them", MORE_IS_BETTER),
	[INCOMING_JITTER] =
		ROW("incoming_jitter", "ms",
		    "as we received it (RFC 3550), by the kernel's time stamps; the worst stream's",
		    LESS_IS_BETTER),
	[VARIATION_P50] = DETAIL("incoming_variation_p50", "us",
				 "delay variation from datagram to datagram, median",
				 LESS_IS_BETTER),
	[VARIATION_P95] = DETAIL("incoming_variation_p95", "us", "delay variation", LESS_IS_BETTER),
	[VARIATION_P99] = ROW("incoming_variation_p99", "us",
			      "delay variation from datagram to datagram (|D| of RFC 3550)",
			      LESS_IS_BETTER),
	[INCOMING_LOST] = ROW("incoming_lost", "datagrams",
			      "of the way to us: sent, as the FIN tells, and not received",
			      LESS_IS_BETTER),
	[INCOMING_LOST_PERCENT] =
		ROW("incoming_lost_percent", "%", "of the way to us", LESS_IS_BETTER),
	[INCOMING_TAIL_LOST] = ROW("incoming_tail_lost", "datagrams",
				   "of the lost, those at the very end", LESS_IS_BETTER),
	[INCOMING_BUFFER_DROPS] =
		ROW("incoming_buffer_drops", "packets",
		    "for which our socket's buffer had no room; merged ones count as one",
		    LESS_IS_BETTER),
	[INCOMING_MERGED] = DETAIL("incoming_merged", "datagrams",
				   "that came several in one packet (UDP_GRO)", NEITHER_IS_BETTER),
	[INCOMING_OUT_OF_ORDER] =
		ROW("incoming_out_of_order", "datagrams", "late, not twice", LESS_IS_BETTER),
	[INCOMING_DUPLICATES] =
		ROW("incoming_duplicates", "datagrams", "that came twice", LESS_IS_BETTER),
	[INCOMING_DATAGRAMS] =
		DETAIL("incoming_datagrams", "datagrams", "by the highest id", NEITHER_IS_BETTER),
	[INCOMING_BYTES] = DETAIL("incoming_bytes", "B", "received", NEITHER_IS_BETTER),
	[INCOMING_INTERVAL] = { "incoming_interval", "Mbit/s", "each interval", MORE_IS_BETTER,
				BY_MEDIAN, true, true },
	[CPU] = ROW("cpu", "%", "of one CPU, user and system, this program's", LESS_IS_BETTER),
	FIGURES(STREAM_SENT, "stream_sent", "of each stream, as we sent it"),
	FIGURES(STREAM_REPORT, "stream_report", "of each stream, by the partner's report"),
	FIGURES(STREAM_INCOMING, "stream_incoming", "of each stream to us"),
	[CALLER_OUTGOING] = ROW("caller_outgoing", "Mbit/s",
				"called: what the partner sent, by itself", NEITHER_IS_BETTER),
	[CALLER_RECEIVED] = ROW("caller_received", "Mbit/s",
				"called: of it, by our report to the partner", MORE_IS_BETTER),
	[CALLER_JITTER] =
		ROW("caller_jitter", "ms", "called: by our report to the partner", LESS_IS_BETTER),
	[CALLER_LOST] = ROW("caller_lost", "datagrams", "called: by our report to the partner",
			    LESS_IS_BETTER),
	[CALLER_LOST_PERCENT] = ROW("caller_lost_percent", "%",
				    "called: by our report to the partner", LESS_IS_BETTER),
	[CALLER_INCOMING] = ROW("caller_incoming", "Mbit/s",
				"called: what the partner received of ours", MORE_IS_BETTER),
	[CALLER_INCOMING_JITTER] = ROW("caller_incoming_jitter", "ms",
				       "called: as the partner received it", LESS_IS_BETTER),
	[CALLER_INCOMING_LOST] = ROW("caller_incoming_lost", "datagrams",
				     "called: of the way to the partner", LESS_IS_BETTER),
	[CALLER_INCOMING_LOST_PERCENT] = ROW("caller_incoming_lost_percent", "%",
					     "called: of the way to the partner", LESS_IS_BETTER),
	HOST_ROWS(HOST),
	{ 0 }
};

double udp_one_way_seconds(const union value *value)
{
	enum { SLOWEST_BITS_PER_SECOND = 10000000 };
	double rate = (double)udp_rate(value, value[LENGTH].num ? value[LENGTH].num : 1450);

	if (!value[BYTES].num)
		return value[SECONDS].real;
	return (double)value[BYTES].num * 8 / (rate > 0 ? rate : SLOWEST_BITS_PER_SECOND);
}

static double seconds(const union value *value, const struct speeds *speeds)
{
	(void)speeds;
	return (udp_one_way_seconds(value) + 0.5) * (value[TRADEOFF].on ? 2 : 1) +
	       settings_patience(value);
}

static int check(const union value *value, char *why, size_t room)
{
	unsigned long long length = value[LENGTH].num;
	int err = settings_check(value, why, room);

	if (err)
		return err;
	if (length && length < IPERF2_DATAGRAM_LEAST)
		return text_refuse(-EINVAL, why, room,
				   "length %llu: 0 (the usual) or from 64 to 65507", length);
	if (length && way_back_wanted(value) && length < 80)
		return text_refuse(-EINVAL, why, room,
				   "length %llu: a way back is asked for by a header of 80 bytes",
				   length);
	if (value[RATE].num && value[RATE].num < 1000)
		return text_refuse(-EINVAL, why, room,
				   "rate %llu: 0 (as fast as it goes) or at least 1000 bit/s",
				   (unsigned long long)value[RATE].num);
	return 0;
}

static int run(struct run *run)
{
	return partner_test(run, &udp_roles);
}

const struct bench bench_net_udp = {
	.name = "net.udp",
	.summary = "rate, jitter, loss and order of UDP datagrams with a stock iperf 2",
	.definition =
		"iperf 2.1.8 -u: jitter of RFC 3550 from the sender's time stamps and the kernel's of "
		"arrival, lost = gaps in the ids less what came late; duplicates told apart by us "
		"only; datagrams of one batch bear one time of sending, and those that the kernel "
		"merged one of arrival, so that their jitter is that of the batches; Mbit = 10^6 bit",
	.need = NEEDS_PEER,
	.params = params,
	.metrics = metrics,
	.check = check,
	.seconds = seconds,
	.run = run,
	.stock = udp_stock,
};
