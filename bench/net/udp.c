/* SPDX-License-Identifier: MIT */
/*
 * net.udp: what a path does to a steady stream of datagrams, as iperf 2's -u measures it, with a
 * stock iperf 2 as the partner, in either role. Of our way the partner reports rate, jitter, loss
 * and order when it is over; of its way we count them ourselves. Datagrams leave by an absolute
 * schedule, one at a time, never in planned bursts.
 */
#include "bench/net/udp.h"

#include "bench/net/wire/iperf2_text.h"
#include "bench/net/wire/partner.h"

#include <errno.h>

static const struct param params[] = {
	[ROLE] = { "role", "client", "who begins: client sends, server waits for a stock client",
		   PARAM_CHOICE, .choices = "client|server" },
	[PORT] = { "port", "5001", "where the server listens (-p)", PARAM_COUNT, 1, 65535, NULL },
	[SECONDS] = { "seconds", "10", "duration of each direction (-t)", PARAM_SECONDS, 0.1, 86400,
		      NULL },
	[BYTES] = { "bytes", "0", "send so many bytes instead (-n)", PARAM_BYTES, 0, 2147483647,
		    NULL },
	[LENGTH] = { "length", "1470", "of a datagram (-l)", PARAM_BYTES, 64, 65507, NULL },
	[RATE] = { "rate", "1048576", "bit/s (-b); iperf's default is 1024 * 1024", PARAM_RATE,
		   1000, 4e11, NULL },
	[WINDOW] = { "window", "0", "socket buffers (-w); 0: the system's", PARAM_BYTES, 0, 1 << 30,
		     NULL },
	[TRADEOFF] = { "tradeoff", "no", "then the way back, from the server (-r)", PARAM_BOOL, 0,
		       0, NULL },
	[DUAL] = { "dual", "no", "both ways at once (-d)", PARAM_BOOL, 0, 0, NULL },
	[LISTEN] = { "listen", "0", "port for the way back (-L); 0: the same as port", PARAM_COUNT,
		     0, 65535, NULL },
	[PEER] = { "peer", "2.1",
		   "the server's version: 2.0 up to 2.0.9, whose header differs; matters for the way "
		   "back only",
		   PARAM_CHOICE, .choices = "2.1|2.0" },
	[INTERVAL] = { "interval", "1", "between throughput samples (-i)", PARAM_SECONDS, 0.05,
		       3600, NULL },
	[CONNECT_TIMEOUT] = { "connect_timeout", "10", "how long to wait for the partner",
			      PARAM_SECONDS, 0.1, 3600, NULL },
	{ 0 }
};

static const struct metric metrics[] = {
	[OUTGOING] = { "outgoing", "Mbit/s", "as we sent it", NEITHER_IS_BETTER, BY_LAST, false },
	[RECEIVED] = { "received", "Mbit/s", "of it, by the partner's report", MORE_IS_BETTER,
		       BY_LAST, false },
	[JITTER] = { "jitter", "ms", "by the partner's report (RFC 3550)", LESS_IS_BETTER, BY_LAST,
		     false },
	[LOST] = { "lost", "datagrams", "by the partner's report", LESS_IS_BETTER, BY_LAST, false },
	[LOST_PERCENT] = { "lost_percent", "%", "by the partner's report", LESS_IS_BETTER, BY_LAST,
			   false },
	[OUT_OF_ORDER] = { "out_of_order", "datagrams", "by the partner's report; duplicates too",
			   LESS_IS_BETTER, BY_LAST, false },
	[DATAGRAMS] = { "datagrams", "datagrams", "that the partner knows of", NEITHER_IS_BETTER,
			BY_LAST, false },
	[OUTGOING_BYTES] = { "outgoing_bytes", "B", "sent", NEITHER_IS_BETTER, BY_LAST, false,
			     true },
	[OUTGOING_INTERVAL] = { "outgoing_interval", "Mbit/s", "each interval", NEITHER_IS_BETTER,
				BY_MEDIAN, true, true },
	[SENT_DATAGRAMS] = { "sent_datagrams", "datagrams", "without the FIN", NEITHER_IS_BETTER,
			     BY_LAST, false, true },
	[GAP_P50] = { "gap_p50", "us", "between sends, median", NEITHER_IS_BETTER, BY_LAST, false,
		      true },
	[GAP_P99] = { "gap_p99", "us", "between sends: how even they were", LESS_IS_BETTER, BY_LAST,
		      false },
	[INCOMING] = { "incoming", "Mbit/s", "to us, as we received it", MORE_IS_BETTER, BY_LAST,
		       false },
	[INCOMING_JITTER] = { "incoming_jitter", "ms", "as we received it (RFC 3550)",
			      LESS_IS_BETTER, BY_LAST, false },
	[INCOMING_LOST] = { "incoming_lost", "datagrams", "of the way to us", LESS_IS_BETTER,
			    BY_LAST, false },
	[INCOMING_LOST_PERCENT] = { "incoming_lost_percent", "%", "of the way to us",
				    LESS_IS_BETTER, BY_LAST, false },
	[INCOMING_OUT_OF_ORDER] = { "incoming_out_of_order", "datagrams", "late, not twice",
				    LESS_IS_BETTER, BY_LAST, false },
	[INCOMING_DUPLICATES] = { "incoming_duplicates", "datagrams", "that came twice",
				  LESS_IS_BETTER, BY_LAST, false },
	[INCOMING_DATAGRAMS] = { "incoming_datagrams", "datagrams", "by the highest id",
				 NEITHER_IS_BETTER, BY_LAST, false, true },
	[INCOMING_BYTES] = { "incoming_bytes", "B", "received", NEITHER_IS_BETTER, BY_LAST, false,
			     true },
	[INCOMING_INTERVAL] = { "incoming_interval", "Mbit/s", "each interval", MORE_IS_BETTER,
				BY_MEDIAN, true, true },
	[CPU] = { "cpu", "%", "of one CPU, user and system, this program's", LESS_IS_BETTER,
		  BY_LAST, false },
	{ 0 }
};

static double seconds(const union value *value)
{
	double patience = value[CONNECT_TIMEOUT].real > 30 ? value[CONNECT_TIMEOUT].real / 4 : 0;

	return (udp_one_way_seconds(value) + 0.5) * (value[TRADEOFF].on ? 2 : 1) + patience;
}

static int check(const union value *value, char *why, size_t room)
{
	if (value[TRADEOFF].on && value[DUAL].on)
		return text_refuse(-EINVAL, why, room,
				   "tradeoff and dual: one of them (iperf's -r or -d)");
	if (udp_has_way_back(value) && value[LENGTH].num < 80)
		return text_refuse(-EINVAL, why, room,
				   "length %llu: a way back is asked for by a header of 80 bytes",
				   (unsigned long long)value[LENGTH].num);
	if (value[ROLE].num == PARTNER_SERVER && (udp_has_way_back(value) || value[BYTES].num))
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
	return run->value[ROLE].num == PARTNER_SERVER ? udp_server(run, &peer, &local) :
							udp_client(run, &peer, &local);
}

/* ---- what iperf would have written ---- */

static const struct iperf2_text_udp_ways ways = {
	.ways = { .port = PORT,
		  .listen = LISTEN,
		  .interval = INTERVAL,
		  .window = WINDOW,
		  .role = ROLE,
		  .outgoing = OUTGOING,
		  .incoming = INCOMING,
		  .outgoing_interval = OUTGOING_INTERVAL,
		  .incoming_interval = INCOMING_INTERVAL,
		  .outgoing_bytes = OUTGOING_BYTES,
		  .incoming_bytes = INCOMING_BYTES },
	.length = LENGTH,
	.asked_rate = RATE,
	.sent_datagrams = SENT_DATAGRAMS,
	.report = { RECEIVED, JITTER, LOST, DATAGRAMS, LOST_PERCENT, OUT_OF_ORDER },
	.own = { INCOMING, INCOMING_JITTER, INCOMING_LOST, INCOMING_DATAGRAMS,
		 INCOMING_LOST_PERCENT, INCOMING_OUT_OF_ORDER },
};

static int write_text(const struct run *run, struct text *out)
{
	return iperf2_text_udp(run, &ways, out);
}

static int write_csv(const struct run *run, struct text *out)
{
	return iperf2_csv_udp(run, &ways, out);
}

static const struct stock_file stock[] = { { "iperf.txt", write_text },
					   { "iperf.csv", write_csv },
					   { 0 } };

const struct bench bench_net_udp = {
	.name = "net.udp",
	.summary = "rate, jitter, loss and order of UDP datagrams with a stock iperf 2",
	.definition =
		"iperf 2.1.8 -u: jitter of RFC 3550, lost = gaps in the ids less what came late; "
		"duplicates told apart by us only; Mbit = 10^6 bit",
	.need = NEEDS_PEER,
	.params = params,
	.metrics = metrics,
	.check = check,
	.seconds = seconds,
	.run = run,
	.stock = stock,
};
