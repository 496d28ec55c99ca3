/* SPDX-License-Identifier: MIT */
/*
 * net.iperf3: TCP and UDP throughput with a stock iperf 3 as the partner, in either role, either
 * way or both. The two ends exchange their counts when a test is over, so that each result has
 * both: what was sent, and what arrived. The headline is what arrived.
 */
#include "bench/net/iperf3.h"

#include "bench/net/wire/iperf3/protocol.h"
#include "bench/net/wire/partner.h"

#include <errno.h>

static const struct param params[] = {
	[ROLE] = { "role", "client", "who begins: client connects, server waits for a stock client",
		   PARAM_CHOICE, .choices = "client|server" },
	[PORT] = { "port", "5201", "where the server listens (-p)", PARAM_COUNT, 1, 65535 },
	[SECONDS] = { "seconds", "10", "duration, what is omitted apart (-t)", PARAM_SECONDS, 0.1,
		      86400 },
	[BYTES] = { "bytes", "0", "move so many instead, over all streams, in whole blocks (-n)",
		    PARAM_BYTES, 0, 1e15 },
	[BLOCKS] = { "blocks", "0", "or so many blocks or datagrams (-k)", PARAM_COUNT, 0, 1e12 },
	[LENGTH] = { "length", "0",
		     "of a block or datagram (-l); 0: 128k, UDP: the connection's segment size",
		     PARAM_BYTES, 0, IPERF3_BLOCK_MOST },
	[WINDOW] = { "window", "0", "socket buffers (-w); 0: the system's", PARAM_BYTES, 0,
		     1 << 30 },
	[STREAMS] = { "streams", "1", "side by side each way, a thread each (-P)", PARAM_COUNT, 1,
		      IPERF3_STREAMS },
	[REVERSE] = { "reverse", "no", "the server sends (-R)", PARAM_BOOL },
	[BIDIR] = { "bidir", "no", "both ways at once (--bidir)", PARAM_BOOL },
	[OMIT] = { "omit", "0", "seconds at the start that do not count (-O)", PARAM_COUNT, 0, 60 },
	[UDP] = { "udp", "no", "datagrams instead of TCP (-u)", PARAM_BOOL },
	[RATE] = { "rate", "0",
		   "bit/s of each stream (-b); 0: TCP without limit, UDP 1048576 as iperf's default",
		   PARAM_RATE, 0, 1e15 },
	[BURST] = { "burst", "0", "blocks or datagrams sent at once of that rate (-b rate/burst)",
		    PARAM_COUNT, 0, 1000 },
	[COUNTERS] = { "counters", "32", "bits of the datagrams' numbers (--udp-counters-64bit)",
		       PARAM_CHOICE, .choices = "32|64" },
	[NODELAY] = { "nodelay", "no", "TCP_NODELAY (-N)", PARAM_BOOL },
	[CONGESTION] = { "congestion", "", "TCP's algorithm at both ends (-C); empty: the system's",
			 PARAM_TEXT, 0, 15 },
	[INTERVAL] = { "interval", "1", "between throughput samples (-i)", PARAM_SECONDS, 0.05,
		       3600 },
	[CONNECT_TIMEOUT] = { "connect_timeout", "10", "how long to wait for the partner",
			      PARAM_SECONDS, 0.1, 3600 },
	{ 0 }
};

static const struct axis by_stream[AXES] = { { "stream", "" } };

static const struct metric metrics[] = {
	[OUTGOING] = { "outgoing", "Mbit/s", "from us, as the partner received it", MORE_IS_BETTER,
		       BY_LAST },
	[INCOMING] = { "incoming", "Mbit/s", "to us, as we received it", MORE_IS_BETTER, BY_LAST },
	[OUTGOING_SENT] = { "outgoing_sent", "Mbit/s",
			    "as we sent it, with what lies in socket buffers", NEITHER_IS_BETTER,
			    BY_LAST },
	[INCOMING_SENT] = { "incoming_sent", "Mbit/s", "as the partner sent it", NEITHER_IS_BETTER,
			    BY_LAST },
	[OUTGOING_INTERVAL] = { "outgoing_interval", "Mbit/s", "sent, each interval",
				MORE_IS_BETTER, BY_MEDIAN, true },
	[INCOMING_INTERVAL] = { "incoming_interval", "Mbit/s", "received, each interval",
				MORE_IS_BETTER, BY_MEDIAN, true },
	[RETRANSMITS] = { "retransmits", "segments", "by us", LESS_IS_BETTER, BY_LAST },
	[INCOMING_RETRANSMITS] = { "incoming_retransmits", "segments", "by the partner",
				   LESS_IS_BETTER, BY_LAST },
	[RTT] = { "rtt", "ms", "the kernel's smoothed estimate, each interval", LESS_IS_BETTER,
		  BY_MEDIAN, true },
	[CONGESTION_WINDOW] = { "congestion_window", "KiB", "each interval", NEITHER_IS_BETTER,
				BY_MEDIAN, true },
	[JITTER] = { "jitter", "ms", "of our way, as the partner received it (RFC 3550)",
		     LESS_IS_BETTER, BY_LAST },
	[LOST] = { "lost", "datagrams", "of our way, gaps that the partner saw", LESS_IS_BETTER,
		   BY_LAST },
	[LOST_PERCENT] = { "lost_percent", "%", "of the datagrams that the partner knows of",
			   LESS_IS_BETTER, BY_LAST },
	[DATAGRAMS] = { "datagrams", "datagrams", "that the partner knows of", NEITHER_IS_BETTER,
			BY_LAST },
	[SENT_DATAGRAMS] = { "sent_datagrams", "datagrams", "by us", NEITHER_IS_BETTER, BY_LAST,
			     false, true },
	[TAIL_LOST] = { "tail_lost", "datagrams",
			"sent by us after the last that the partner knows of: lost, or late",
			LESS_IS_BETTER, BY_LAST, false, true },
	[INCOMING_JITTER] = { "incoming_jitter", "ms", "as we received it (RFC 3550)",
			      LESS_IS_BETTER, BY_LAST },
	[INCOMING_LOST] = { "incoming_lost", "datagrams", "of the way to us, gaps", LESS_IS_BETTER,
			    BY_LAST },
	[INCOMING_LOST_PERCENT] = { "incoming_lost_percent", "%", "of the way to us",
				    LESS_IS_BETTER, BY_LAST },
	[INCOMING_DATAGRAMS] = { "incoming_datagrams", "datagrams", "by the highest number",
				 NEITHER_IS_BETTER, BY_LAST },
	[INCOMING_SENT_DATAGRAMS] = { "incoming_sent_datagrams", "datagrams", "by the partner",
				      NEITHER_IS_BETTER, BY_LAST, false, true },
	[INCOMING_TAIL_LOST] = { "incoming_tail_lost", "datagrams",
				 "sent by the partner after the last that we know of",
				 LESS_IS_BETTER, BY_LAST, false, true },
	[INCOMING_OUT_OF_ORDER] = { "incoming_out_of_order", "datagrams", "late, not twice",
				    LESS_IS_BETTER, BY_LAST },
	[INCOMING_DUPLICATES] = { "incoming_duplicates", "datagrams", "that came twice",
				  LESS_IS_BETTER, BY_LAST },
	[OUTGOING_BYTES] = { "outgoing_bytes", "B", "received by the partner", NEITHER_IS_BETTER,
			     BY_LAST, false, true },
	[OUTGOING_SENT_BYTES] = { "outgoing_sent_bytes", "B", "sent by us", NEITHER_IS_BETTER,
				  BY_LAST, false, true },
	[INCOMING_BYTES] = { "incoming_bytes", "B", "received by us", NEITHER_IS_BETTER, BY_LAST,
			     false, true },
	[INCOMING_SENT_BYTES] = { "incoming_sent_bytes", "B", "sent by the partner",
				  NEITHER_IS_BETTER, BY_LAST, false, true },
	[OUTGOING_SECONDS] = { "outgoing_seconds", "s", "what the partner's rate is over",
			       NEITHER_IS_BETTER, BY_LAST, false, true },
	[INCOMING_SECONDS] = { "incoming_seconds", "s", "what our rate is over", NEITHER_IS_BETTER,
			       BY_LAST, false, true },
	[STREAM_OUTGOING] = { "stream_outgoing", "Mbit/s", "each stream, as it was received",
			      MORE_IS_BETTER, BY_LAST, false, true, by_stream },
	[STREAM_INCOMING] = { "stream_incoming", "Mbit/s", "each stream, as it was received",
			      MORE_IS_BETTER, BY_LAST, false, true, by_stream },
	[CPU] = { "cpu", "%", "of one CPU, user and system, the streams' threads", LESS_IS_BETTER,
		  BY_LAST },
	[CPU_PARTNER] = { "cpu_partner", "%", "of one CPU, as the partner says", LESS_IS_BETTER,
			  BY_LAST },
	HOST_ROWS(HOST),
	[METRICS_END] = { 0 }
};

static int check_server(const union value *value, char *why, size_t room)
{
	if (value[BYTES].num || value[BLOCKS].num || value[REVERSE].on || value[BIDIR].on ||
	    value[UDP].on || value[OMIT].num)
		return text_refuse(
			-EINVAL, why, room,
			"role=server: the client decides about bytes, blocks, reverse, bidir, udp and omit");
	return 0;
}

static int check(const union value *value, char *why, size_t room)
{
	uint64_t length = value[LENGTH].num;

	if (value[ROLE].num == ROLE_SERVER)
		return check_server(value, why, room);
	if (value[REVERSE].on && value[BIDIR].on)
		return text_refuse(-EINVAL, why, room,
				   "reverse and bidir: one of them (iperf's -R or --bidir)");
	if (value[BYTES].num && value[BLOCKS].num)
		return text_refuse(-EINVAL, why, room,
				   "bytes and blocks: one of them (iperf's -n or -k)");
	if (value[UDP].on && length &&
	    (length < IPERF3_DATAGRAM_LEAST || length > IPERF3_DATAGRAM_MOST))
		return text_refuse(-EINVAL, why, room,
				   "length %llu: a datagram has from %d to %d bytes",
				   (unsigned long long)length, IPERF3_DATAGRAM_LEAST,
				   IPERF3_DATAGRAM_MOST);
	return 0;
}

/* Amounts at the rate that was asked for, or at 1 Mbit/s. */
static double seconds(const union value *value, const struct speeds *speeds)
{
	(void)speeds;
	uint64_t rate = value[RATE].num ? value[RATE].num : IPERF3_UDP_RATE;
	uint64_t length = value[LENGTH].num ? value[LENGTH].num : IPERF3_BLOCK;
	uint64_t bytes = value[BYTES].num ? value[BYTES].num : value[BLOCKS].num * length;
	double patience = value[CONNECT_TIMEOUT].real > 30 ? value[CONNECT_TIMEOUT].real / 4 : 0;
	double data = bytes ? (double)bytes * 8 / (double)rate + 1 : value[SECONDS].real;

	return data + (double)value[OMIT].num + 0.5 + patience;
}

static int run(struct run *run)
{
	const union value *value = run->value;
	struct address peer, local;
	int err = partner_find(run, (uint16_t)value[PORT].num, value[CONNECT_TIMEOUT].real, &peer,
			       &local);

	if (err)
		return err;
	return value[ROLE].num == ROLE_SERVER ? iperf3_be_server(run, &peer, &local) :
						iperf3_be_client(run, &peer);
}

const struct bench bench_net_iperf3 = {
	.name = "net.iperf3",
	.summary =
		"TCP or UDP throughput with a stock iperf 3, one way, the other, or both at once",
	.definition =
		"iperf 3.12 to 3.18: bytes over each end's own time, without what is omitted; jitter of RFC 3550, "
		"lost = gaps in the numbers less what came late; Mbit = 10^6 bit; RTT and window: TCP_INFO, tcp(7)",
	.need = NEEDS_PEER,
	.params = params,
	.metrics = metrics,
	.check = check,
	.seconds = seconds,
	.run = run,
	.stock = iperf3_stock,
};
