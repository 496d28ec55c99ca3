/* SPDX-License-Identifier: MIT */
/*
 * net.tcp: TCP throughput as iperf 2 measures it, with a stock iperf 2 as the partner, in either
 * role.
 *
 * The outgoing rate counts bytes until the partner has closed, as iperf 2.1.8's client does: what
 * only lies in our socket buffer has not arrived. The incoming rate is measured by us, the receiver.
 * What a partner itself counted cannot be learned: iperf 2 has no way to tell it over TCP.
 */
#include "bench/net/tcp.h"

#include "bench/net/wire/host.h"
#include "bench/net/wire/streams.h"

#include <errno.h>

static const struct param params[] = {
	SETTINGS_ROWS,
	[ROLE] = { "role", "client", "who begins: client connects, server waits for a stock client",
		   PARAM_CHOICE, .choices = "client|server" },
	[BYTES] = { "bytes", "0", "send so many bytes instead, on each stream (-n)", PARAM_BYTES, 0,
		    2147483647, NULL },
	[LENGTH] = { "length", "0", "of one read or write (-l); 0: 128k, uncopied 1m", PARAM_BYTES,
		     0, 4 << 20, NULL },
	[TRADEOFF] = { "tradeoff", "no", "then the way back, on a connection of the server's (-r)",
		       PARAM_BOOL, 0, 0, NULL },
	[STREAMS] = { "streams", "1", "connections side by side, a thread each (-P)", PARAM_COUNT,
		      1, STREAMS_MOST, NULL },
	[RATE] = { "rate", "0", "of each stream (-b), bit/s; 0: as fast as it goes", PARAM_RATE, 0,
		   1e12, NULL },
	[OMIT] = { "omit", "0", "so long at the beginning that does not count (iperf3's -O)",
		   PARAM_SECONDS, 0, 3600, NULL },
	[PIN] = { "pin", "no", "each stream's thread on a processor of its own", PARAM_BOOL, 0, 0,
		  NULL },
	[ENGINE] = { "engine", "iperf",
		     "uncopied: NOT iperf's way, what the path carries when neither end copies",
		     PARAM_CHOICE, .choices = "iperf|uncopied" },
	{ 0 }
};

static const struct axis stream_axes[AXES] = { { "stream", "" } };

static const struct metric metrics[] = {
	[OUTGOING] = { "outgoing", "Mbit/s", "from us, until the partner closed", MORE_IS_BETTER,
		       BY_LAST, false },
	[INCOMING] = { "incoming", "Mbit/s", "to us, as we received it", MORE_IS_BETTER, BY_LAST,
		       false },
	[OUTGOING_INTERVAL] = { "outgoing_interval", "Mbit/s", "each interval", MORE_IS_BETTER,
				BY_MEDIAN, true },
	[INCOMING_INTERVAL] = { "incoming_interval", "Mbit/s", "each interval", MORE_IS_BETTER,
				BY_MEDIAN, true },
	[OUTGOING_BYTES] = { "outgoing_bytes", "B", "without iperf's header", NEITHER_IS_BETTER,
			     BY_LAST, false, true },
	[INCOMING_BYTES] = { "incoming_bytes", "B", "without iperf's header", NEITHER_IS_BETTER,
			     BY_LAST, false, true },
	[OUTGOING_SECONDS] = { "outgoing_seconds", "s", "what the rate is over", NEITHER_IS_BETTER,
			       BY_LAST, false, true },
	[INCOMING_SECONDS] = { "incoming_seconds", "s", "what the rate is over", NEITHER_IS_BETTER,
			       BY_LAST, false, true },
	[RETRANSMITS] = { "retransmits", "segments", "by us", LESS_IS_BETTER, BY_LAST, false },
	[RETRANSMITS_INTERVAL] = { "retransmits_interval", "segments", "each interval",
				   LESS_IS_BETTER, BY_SUM, true, true },
	[RTT] = { "rtt", "ms", "the kernel's smoothed estimate, each interval", LESS_IS_BETTER,
		  BY_MEDIAN, true },
	[CONGESTION_WINDOW] = { "congestion_window", "KiB", "each interval", NEITHER_IS_BETTER,
				BY_MEDIAN, true },
	[CPU] = { "cpu", "%", "of one CPU, user and system, this program's", LESS_IS_BETTER,
		  BY_LAST, false },
	[STREAM_OUTGOING] = { "stream_outgoing", "Mbit/s", "of each stream", MORE_IS_BETTER,
			      BY_LAST, false, true, stream_axes },
	[STREAM_OUTGOING_BYTES] = { "stream_outgoing_bytes", "B", "of each stream",
				    NEITHER_IS_BETTER, BY_LAST, false, true, stream_axes },
	[STREAM_OUTGOING_INTERVAL] = { "stream_outgoing_interval", "Mbit/s", "of each stream",
				       MORE_IS_BETTER, BY_MEDIAN, false, true, stream_axes },
	[STREAM_OUTGOING_PORT] = { "stream_outgoing_port", "port", "of the end that connected",
				   NEITHER_IS_BETTER, BY_LAST, false, true, stream_axes },
	[STREAM_INCOMING] = { "stream_incoming", "Mbit/s", "of each stream", MORE_IS_BETTER,
			      BY_LAST, false, true, stream_axes },
	[STREAM_INCOMING_BYTES] = { "stream_incoming_bytes", "B", "of each stream",
				    NEITHER_IS_BETTER, BY_LAST, false, true, stream_axes },
	[STREAM_INCOMING_INTERVAL] = { "stream_incoming_interval", "Mbit/s", "of each stream",
				       MORE_IS_BETTER, BY_MEDIAN, false, true, stream_axes },
	[STREAM_INCOMING_PORT] = { "stream_incoming_port", "port", "of the end that connected",
				   NEITHER_IS_BETTER, BY_LAST, false, true, stream_axes },
	[OUTGOING_STEADY_FROM] = { "outgoing_steady_from", "s",
				   "from here on the intervals were steady (SNIA's rule)",
				   LESS_IS_BETTER, BY_LAST, false, true },
	[INCOMING_STEADY_FROM] = { "incoming_steady_from", "s",
				   "from here on the intervals were steady (SNIA's rule)",
				   LESS_IS_BETTER, BY_LAST, false, true },
	[CALLER_OUTGOING] = { "caller_outgoing", "Mbit/s",
			      "called: what the partner sent, by itself", MORE_IS_BETTER, BY_LAST,
			      false },
	[CALLER_INCOMING] = { "caller_incoming", "Mbit/s", "called: what it received, by itself",
			      MORE_IS_BETTER, BY_LAST, false },
	[CALLER_RETRANSMITS] = { "caller_retransmits", "segments", "called: by the partner",
				 LESS_IS_BETTER, BY_LAST, false },
	[CALLER_RTT] = { "caller_rtt", "ms", "called: the partner's estimate", LESS_IS_BETTER,
			 BY_MEDIAN, true },
	HOST_ROWS(HOST),
	{ 0 }
};

static double seconds(const union value *value, const struct speeds *speeds)
{
	(void)speeds;
	return tcp_one_way_seconds(value) * (value[TRADEOFF].on ? 2 : 1) + 0.5 +
	       settings_patience(value);
}

static int check(const union value *value, char *why, size_t room)
{
	if (value[LENGTH].num && value[LENGTH].num < 64)
		return text_refuse(-EINVAL, why, room, "length %llu: expected 64 or more",
				   (unsigned long long)value[LENGTH].num);
	/* 2.1.8: "option -b and -l are incompatible" */
	if (value[RATE].num && tcp_length(value) * 8 > value[RATE].num)
		return text_refuse(
			-EINVAL, why, room,
			"rate %llu and length %zu: expected one write a second at least (-b and -l)",
			(unsigned long long)value[RATE].num, tcp_length(value));
	if (value[OMIT].real > 0 && value[BYTES].num)
		return text_refuse(-EINVAL, why, room, "omit and bytes: omit is of a test by time");
	if (value[ROLE].num == ROLE_SERVER && !value[CALLED].on &&
	    (value[OMIT].real > 0 || value[RATE].num || value[ENGINE].num != ENGINE_IPERF))
		return text_refuse(-EINVAL, why, room,
				   "role=server: the client decides about omit, rate and engine");
	return settings_check(value, why, room);
}

static int run(struct run *run)
{
	return partner_test(run, &tcp_roles);
}

const struct bench bench_net_tcp = {
	.name = "net.tcp",
	.summary = "TCP throughput with a stock iperf 2, one way, both in turn, or both at once",
	.definition =
		"iperf 2.1.8: bytes over the time from the first write to the server's close (client), to the "
		"end of data (receiver); Mbit = 10^6 bit; RTT and window: TCP_INFO, tcp(7)",
	.need = NEEDS_PEER,
	.params = params,
	.metrics = metrics,
	.check = check,
	.seconds = seconds,
	.run = run,
	.stock = tcp_stock,
};
