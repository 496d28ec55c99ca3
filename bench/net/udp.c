/* SPDX-License-Identifier: MIT */
/*
 * net.udp: what a path does to a steady stream of datagrams, as iperf 2's -u measures it, with a
 * stock iperf 2 as the partner, in either role. Of our way the partner reports rate, jitter, loss
 * and order when it is over; of its way we count them ourselves. Datagrams leave by an absolute
 * schedule, one at a time, never in planned bursts.
 */
#include "bench/net/udp.h"

#include "bench/net/wire/host.h"

#include <errno.h>

static const struct param params[] = {
	SETTINGS_ROWS,
	[ROLE] = { "role", "client", "who begins: client sends, server waits for a stock client",
		   PARAM_CHOICE, .choices = "client|server" },
	[BYTES] = { "bytes", "0", "send so many bytes instead (-n)", PARAM_BYTES, 0, 2147483647,
		    NULL },
	[LENGTH] = { "length", "1470", "of a datagram (-l)", PARAM_BYTES, 64, 65507, NULL },
	[RATE] = { "rate", "1048576", "bit/s (-b); iperf's default is 1024 * 1024", PARAM_RATE,
		   1000, 4e11, NULL },
	[TRADEOFF] = { "tradeoff", "no", "then the way back, from the server (-r)", PARAM_BOOL, 0,
		       0, NULL },
	[PEER] = { "peer", "2.1",
		   "the server's version: 2.0 up to 2.0.9, whose header differs; matters for the way "
		   "back only",
		   PARAM_CHOICE, .choices = "2.1|2.0" },
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
	HOST_ROWS(HOST),
	{ 0 }
};

static double seconds(const union value *value)
{
	return (udp_one_way_seconds(value) + 0.5) * (value[TRADEOFF].on ? 2 : 1) +
	       settings_patience(value);
}

static int check(const union value *value, char *why, size_t room)
{
	int err = settings_check(value, why, room);

	if (!err && way_back_wanted(value) && value[LENGTH].num < 80)
		return text_refuse(-EINVAL, why, room,
				   "length %llu: a way back is asked for by a header of 80 bytes",
				   (unsigned long long)value[LENGTH].num);
	return err;
}

static int run(struct run *run)
{
	return partner_test(run, &udp_roles);
}

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
	.stock = udp_stock,
};
