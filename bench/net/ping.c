/* SPDX-License-Identifier: MIT */
/*
 * net.ping: round trips of ICMP echo, counted as ping(8) of iputils counts them; with `seconds`
 * densely: as many as the pace allows, down to one behind the other, their times in a histogram.
 */
#include "bench/net/ping.h"

#include "bench/net/wire/meet/ask.h"
#include "bench/net/wire/partner.h"
#include "bench/net/wire/prober.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

static const struct param params[] = {
	[COUNT] = { "count", "10", "requests (-c)", PARAM_COUNT, 1, PING_MOST, NULL },
	[INTERVAL] = { "interval", "1",
		       "between requests (-i); 0: the next as soon as the answer came, or 10 ms "
		       "later (-f)",
		       PARAM_SECONDS, 0, 3600, NULL },
	[SECONDS] = { "seconds", "0",
		      "dense: for so long instead of count, percentiles instead of every reply",
		      PARAM_SECONDS, 0, 86400, NULL },
	[SIZE] = { "size", "56", "of the data; 8 bytes of ICMP and the IP header come on top (-s)",
		   PARAM_BYTES, 0, 65000, NULL },
	[TIMEOUT] = { "timeout", "10",
		      "wait after the last request when nothing ever came (-W); else twice the "
		      "longest round trip, at least an interval",
		      PARAM_SECONDS, 0.1, 3600, NULL },
	[DONTFRAGMENT] = { "dontfragment", "no", "never fragment (-M do)", PARAM_BOOL, 0, 0, NULL },
	[CALLED] = { "called", "no",
		     "the partner (assay peer) pings us, and tells what it measured", PARAM_BOOL, 0,
		     0, NULL },
	[CALL_PORT] = { "meet_port", "5210", "called: where the partner takes calls", PARAM_COUNT,
			1, 65535, NULL },
	{ 0 }
};

static const struct metric metrics[] = {
	[RTT] = { "rtt", "ms", "each reply", LESS_IS_BETTER, BY_MEDIAN, true },
	[RTT_MIN] = { "rtt_min", "ms", "as ping prints it", LESS_IS_BETTER, BY_LAST, false },
	[RTT_AVG] = { "rtt_avg", "ms", "as ping prints it", LESS_IS_BETTER, BY_LAST, false },
	[RTT_MAX] = { "rtt_max", "ms", "as ping prints it", LESS_IS_BETTER, BY_LAST, false },
	[RTT_MDEV] = { "rtt_mdev", "ms", "sqrt(mean of squares - square of mean)", LESS_IS_BETTER,
		       BY_LAST, false },
	PERCENTILES_FEW_ROWS(RTT_PERCENTILES, "rtt", "ms", "dense: of all replies", false),
	PERCENTILES_FEW_ROWS(RESPONSE_PERCENTILES, "response", "ms",
			     "dense, with an interval: from when the request was due", true),
	[RTT_WORST] = { "rtt_worst", "ms", "dense: the longest of each second", LESS_IS_BETTER,
			BY_MEDIAN, true },
	[LOSS] = { "loss", "%", "of the requests", LESS_IS_BETTER, BY_LAST, false },
	[SENT] = { "sent", "packets", "", NEITHER_IS_BETTER, BY_LAST, false },
	[RECEIVED] = { "received", "packets", "without duplicates", NEITHER_IS_BETTER, BY_LAST,
		       false },
	[DUPLICATES] = { "duplicates", "packets", "", LESS_IS_BETTER, BY_LAST, false },
	[RATE] = { "rate", "1/s", "dense: requests sent", NEITHER_IS_BETTER, BY_LAST, false },
	[SEQUENCE] = { "icmp_seq", "number", "of each reply, from 1: what is missing was lost",
		       NEITHER_IS_BETTER, BY_MAX, true, true },
	[TTL] = { "ttl", "hops", "left in the replies", NEITHER_IS_BETTER, BY_MIN, false, true },
	PERCENTILES_BUCKET_ROWS(BUCKET, "us"),
	{ 0 }
};

static double seconds(const union value *value, const struct speeds *speeds)
{
	(void)speeds;
	/* Nobody there: the timeout comes on top, but that is not what is expected. */
	double patience = value[TIMEOUT].real > 30 ? value[TIMEOUT].real / 4 : 0;
	double measured = value[SECONDS].real > 0 ? value[SECONDS].real :
						    (double)value[COUNT].num * value[INTERVAL].real;

	return measured + 0.1 + patience;
}

struct ping {
	struct run *run;
	struct prober *prober;
	bool dense;
	uint64_t start_ns, end_ns; /* of the requests */
	double sum_ms, squares_ms, min_ms, max_ms, worst_ms;
	struct histogram rtt, response; /* ns */
};

/* ---- one reply ---- */

static void sample_reply(struct run *run, const struct prober_reply *reply, double ms)
{
	run_sample(run, SEQUENCE, (double)reply->number);
	run_sample(run, TTL, reply->hops);
	run_sample(run, RTT, ms);
}

static void take_reply(void *context, const struct prober_reply *reply)
{
	struct ping *ping = context;
	double ms = (double)reply->rtt_ns / 1e6;

	ping->sum_ms += ms;
	ping->squares_ms += ms * ms;
	if (ms < ping->min_ms)
		ping->min_ms = ms;
	if (ms > ping->max_ms)
		ping->max_ms = ms;
	if (ms > ping->worst_ms)
		ping->worst_ms = ms;
	if (ping->dense) {
		histogram_add(&ping->rtt, reply->rtt_ns);
		histogram_add(&ping->response, reply->response_ns);
	} else {
		sample_reply(ping->run, reply, ms);
	}
}

/* ---- many ---- */

static void send_counted(struct ping *ping)
{
	const union value *value = ping->run->value;

	for (uint64_t sent = 0; sent < value[COUNT].num; sent++) {
		run_progress(ping->run, (double)sent / (double)value[COUNT].num);
		prober_send(ping->prober, UINT64_MAX);
	}
}

static void send_densely(struct ping *ping)
{
	uint64_t until_ns = ping->start_ns + (uint64_t)(ping->run->value[SECONDS].real * 1e9);

	while (ping->end_ns < until_ns) {
		uint64_t second_ns = ping->end_ns + SECOND_NS;
		ping->worst_ms = 0;
		while (prober_send(ping->prober, second_ns < until_ns ? second_ns : until_ns))
			;
		ping->end_ns = clock_raw_ns();
		if (ping->worst_ms > 0)
			run_sample(ping->run, RTT_WORST, ping->worst_ms);
		run_progress(ping->run, (double)(ping->end_ns - ping->start_ns) /
						(double)(until_ns - ping->start_ns));
	}
}

/* iputils: after the last request twice the longest round trip, at least an interval; -W if nothing
 * came. */
static void await_last(struct ping *ping)
{
	const union value *value = ping->run->value;
	const struct prober_counts *counts = prober_counts(ping->prober);

	prober_listen(ping->prober, prober_next_due(ping->prober));
	double patience = counts->received ?
				  fmax(2e-9 * (double)counts->max_ns, value[INTERVAL].real) :
				  value[TIMEOUT].real;
	if (ping->dense || value[INTERVAL].real <= 0)
		patience = fmax(patience, 0.1);
	prober_listen(ping->prober, prober_last_due(ping->prober) + (uint64_t)(patience * 1e9));
}

static void ping_all(struct ping *ping)
{
	run_activity(ping->run, "ping %s", ping->run->target);
	prober_begin(ping->prober);
	ping->start_ns = ping->end_ns = clock_raw_ns();
	if (ping->dense)
		send_densely(ping);
	else
		send_counted(ping);
	await_last(ping);
}

/* ---- what came of it ---- */

static void sample_distribution(struct ping *ping)
{
	struct run *run = ping->run;
	double took = (double)(ping->end_ns - ping->start_ns) / 1e9;

	percentiles_sample_few(run, RTT_PERCENTILES, &ping->rtt, 1e6);
	if (run->value[INTERVAL].real > 0)
		percentiles_sample_few(run, RESPONSE_PERCENTILES, &ping->response, 1e6);
	percentiles_sample_buckets(run, BUCKET, &ping->rtt, 1e3);
	if (took > 0)
		run_sample(run, RATE, (double)prober_counts(ping->prober)->sent / took);
}

static void sample_summary(struct ping *ping)
{
	struct run *run = ping->run;
	const struct prober_counts *counts = prober_counts(ping->prober);
	double n = (double)(counts->received + counts->duplicates);

	run_sample(run, SENT, (double)counts->sent);
	run_sample(run, RECEIVED, (double)counts->received);
	run_sample(run, DUPLICATES, (double)counts->duplicates);
	run_sample(run, LOSS,
		   100.0 * (double)(counts->sent - counts->received) / (double)counts->sent);
	if (ping->dense)
		sample_distribution(ping);
	if (n <= 0)
		return;
	double mean = ping->sum_ms / n;
	run_sample(run, RTT_MIN, ping->min_ms);
	run_sample(run, RTT_AVG, mean);
	run_sample(run, RTT_MAX, ping->max_ms);
	run_sample(run, RTT_MDEV, sqrt(fmax(0, ping->squares_ms / n - mean * mean)));
}

static int conclude(struct ping *ping)
{
	const struct prober_counts *counts = prober_counts(ping->prober);

	sample_summary(ping);
	if (counts->errors)
		run_warn(ping->run, "%llu errors, the last: %s", (unsigned long long)counts->errors,
			 strerror(-counts->last_err));
	if (counts->received)
		return 0;
	return run_fail(ping->run, counts->last_err ? counts->last_err : -ETIMEDOUT,
			"no reply from %s to %llu requests", ping->run->target,
			(unsigned long long)counts->sent);
}

static int open_prober(struct ping *ping, const struct address *peer)
{
	const union value *value = ping->run->value;
	struct prober_options options = {
		.peer = *peer,
		.data_bytes = value[SIZE].num,
		.interval_ns = (uint64_t)(value[INTERVAL].real * 1e9),
		.dont_fragment = value[DONTFRAGMENT].on,
		.replied = take_reply,
		.context = ping,
	};
	int err = prober_open(&ping->prober, &options);

	if (err == -EACCES || err == -EPERM)
		return run_fail(
			ping->run, err,
			"opening an ICMP socket (root, or net.ipv4.ping_group_range, allows it)");
	return err ? run_fail(ping->run, err, "opening an ICMP socket towards %s",
			      ping->run->target) :
		     0;
}

/* The other way: what the partner measures towards us are this run's figures. */
static int be_pinged(struct run *run)
{
	struct address peer, local;
	struct ask *ask = NULL;
	double patience = run->value[TIMEOUT].real;
	int err = partner_find(run, 0, patience, &peer, &local);

	if (!err)
		err = ask_partner(run, &peer, (uint16_t)run->value[CALL_PORT].num, patience, &ask);
	if (err)
		return err;
	run_activity(run, "%s pings us", run->target);
	err = ask_finish(run, ask, "", false);
	if (!err)
		run_note(run, "measured by %s, which pinged us", run->target);
	return err;
}

static int ping_partner(struct run *run)
{
	struct address peer, local;
	struct ping *ping = calloc(1, sizeof(*ping));
	int err = ping ? 0 : run_fail(run, -ENOMEM, "memory for the replies");

	if (!err)
		err = partner_find(run, 0, run->value[TIMEOUT].real, &peer, &local);
	if (!err) {
		ping->run = run;
		ping->dense = run->value[SECONDS].real > 0;
		ping->min_ms = INFINITY;
		histogram_clear(&ping->rtt);
		histogram_clear(&ping->response);
		err = open_prober(ping, &peer);
	}
	if (!err) {
		ping_all(ping);
		err = conclude(ping);
	}
	if (ping)
		prober_close(ping->prober);
	free(ping);
	return err;
}

static int run(struct run *run)
{
	return run->value[CALLED].on ? be_pinged(run) : ping_partner(run);
}

static int histogram_text(const struct run *run, struct text *out)
{
	return percentiles_text(run, BUCKET, out);
}

static const struct stock_file stock[] = { { "ping.txt", ping_text },
					   { "ping-rtt.hgrm", histogram_text },
					   { 0 } };

const struct bench bench_net_ping = {
	.name = "net.ping",
	.summary = "round-trip times and loss of ICMP echo, counted or densely with percentiles",
	.definition =
		"ping(8) of iputils: time from sending to the kernel's stamp of the reply; mdev = sqrt(mean of "
		"squares - square of mean); duplicates' times count, loss = sent without reply; percentiles "
		"at most 1.6 % above the true value",
	.need = NEEDS_PEER,
	.one_by_one = true,
	.params = params,
	.metrics = metrics,
	.seconds = seconds,
	.run = run,
	.stock = stock,
};
