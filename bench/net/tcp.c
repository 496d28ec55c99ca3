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

#include "bench/net/wire/iperf2_text.h"
#include "bench/net/wire/partner.h"
#include "bench/net/wire/streams.h"

#include <errno.h>

static const struct param params[] = {
	[ROLE] = { "role", "client", "who begins: client connects, server waits for a stock client",
		   PARAM_CHOICE, .choices = "client|server" },
	[PORT] = { "port", "5001", "where the server listens (-p)", PARAM_COUNT, 1, 65535, NULL },
	[SECONDS] = { "seconds", "10", "duration of each direction (-t)", PARAM_SECONDS, 0.1, 86400,
		      NULL },
	[BYTES] = { "bytes", "0", "send so many bytes instead, on each stream (-n)", PARAM_BYTES, 0,
		    2147483647, NULL },
	[LENGTH] = { "length", "128k", "of one read or write (-l)", PARAM_BYTES, 64, 4 << 20,
		     NULL },
	[WINDOW] = { "window", "0", "socket buffers (-w); 0: the system's", PARAM_BYTES, 0, 1 << 30,
		     NULL },
	[TRADEOFF] = { "tradeoff", "no", "then the way back, on a connection of the server's (-r)",
		       PARAM_BOOL, 0, 0, NULL },
	[DUAL] = { "dual", "no", "both ways at once (-d)", PARAM_BOOL, 0, 0, NULL },
	[LISTEN] = { "listen", "0", "port for the way back (-L); 0: the same as port", PARAM_COUNT,
		     0, 65535, NULL },
	[STREAMS] = { "streams", "1", "connections side by side, a thread each (-P)", PARAM_COUNT,
		      1, STREAMS_MOST, NULL },
	[INTERVAL] = { "interval", "1", "between throughput samples (-i)", PARAM_SECONDS, 0.05,
		       3600, NULL },
	[CONNECT_TIMEOUT] = { "connect_timeout", "10", "how long to wait for the partner",
			      PARAM_SECONDS, 0.1, 3600, NULL },
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
	{ 0 }
};

static double seconds(const union value *value)
{
	double patience = value[CONNECT_TIMEOUT].real > 30 ? value[CONNECT_TIMEOUT].real / 4 : 0;

	return tcp_one_way_seconds(value) * (value[TRADEOFF].on ? 2 : 1) + 0.5 + patience;
}

static int check(const union value *value, char *why, size_t room)
{
	if (value[TRADEOFF].on && value[DUAL].on)
		return text_refuse(-EINVAL, why, room,
				   "tradeoff and dual: one of them (iperf's -r or -d)");
	if (value[ROLE].num == PARTNER_SERVER && (tcp_has_way_back(value) || value[BYTES].num))
		return text_refuse(
			-EINVAL, why, room,
			"role=server: the client decides about bytes, tradeoff and dual");
	return 0;
}

static int run(struct run *run)
{
	struct address peer, local;
	int err = partner_find(run, (uint16_t)run->value[PORT].num,
			       run->value[CONNECT_TIMEOUT].real, &peer, &local);

	if (err)
		return err;
	return run->value[ROLE].num == PARTNER_SERVER ? tcp_server(run, &peer, &local) :
							tcp_client(run, &peer, &local);
}

/* ---- what iperf would have written ---- */

static const struct iperf2_text_ways ways = {
	.port = PORT,
	.listen = LISTEN,
	.interval = INTERVAL,
	.window = WINDOW,
	.role = ROLE,
	.outgoing = OUTGOING,
	.incoming = INCOMING,
	.outgoing_interval = OUTGOING_INTERVAL,
	.incoming_interval = INCOMING_INTERVAL,
	.outgoing_bytes = OUTGOING_BYTES,
	.incoming_bytes = INCOMING_BYTES,
};

static int write_text(const struct run *run, struct text *out)
{
	return iperf2_text_tcp(run, &ways, out);
}

static int write_csv(const struct run *run, struct text *out)
{
	return iperf2_csv_tcp(run, &ways, out);
}

static const struct stock_file stock[] = { { "iperf.txt", write_text },
					   { "iperf.csv", write_csv },
					   { 0 } };

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
	.stock = stock,
};
