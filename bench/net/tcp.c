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

static const struct param params[] = {
	SETTINGS_ROWS,
	[ROLE] = { "role", "client", "who begins: client connects, server waits for a stock client",
		   PARAM_CHOICE, .choices = "client|server" },
	[BYTES] = { "bytes", "0", "send so many bytes instead, on each stream (-n)", PARAM_BYTES, 0,
		    2147483647, NULL },
	[LENGTH] = { "length", "128k", "of one read or write (-l)", PARAM_BYTES, 64, 4 << 20,
		     NULL },
	[TRADEOFF] = { "tradeoff", "no", "then the way back, on a connection of the server's (-r)",
		       PARAM_BOOL, 0, 0, NULL },
	[STREAMS] = { "streams", "1", "connections side by side, a thread each (-P)", PARAM_COUNT,
		      1, STREAMS_MOST, NULL },
	{ 0 }
};

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
	[RTT] = { "rtt", "ms", "the kernel's smoothed estimate, each interval", LESS_IS_BETTER,
		  BY_MEDIAN, true },
	[CONGESTION_WINDOW] = { "congestion_window", "KiB", "each interval", NEITHER_IS_BETTER,
				BY_MEDIAN, true },
	[CPU] = { "cpu", "%", "of one CPU, user and system, this program's", LESS_IS_BETTER,
		  BY_LAST, false },
	HOST_ROWS(HOST),
	{ 0 }
};

static double seconds(const union value *value)
{
	return tcp_one_way_seconds(value) * (value[TRADEOFF].on ? 2 : 1) + 0.5 +
	       settings_patience(value);
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
	.check = settings_check,
	.seconds = seconds,
	.run = run,
	.stock = tcp_stock,
};
