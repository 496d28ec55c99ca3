/* SPDX-License-Identifier: MIT */
/*
 * net.rr: requests and responses with `assay peer`, in netperf's sense of TCP_RR and UDP_RR, or at
 * a fixed rate whatever becomes of the responses.
 */
#include "bench/engine/percentiles.h"
#include "bench/net/wire/echo/talk.h"
#include "bench/net/wire/host.h"
#include "bench/net/wire/partner.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>

enum {
	PROTOCOL,
	SECONDS,
	SESSIONS,
	REQUEST,
	RESPONSE,
	RATE,
	PORT,
	INTERVAL,
	REPLY_TIMEOUT,
	STALL_TIMEOUT,
	CONNECT_TIMEOUT
};
enum { PROTOCOL_TCP, PROTOCOL_UDP };

static const struct param params[] = {
	[PROTOCOL] = { "protocol", "tcp", "TCP_RR or UDP_RR", PARAM_CHOICE, .choices = "tcp|udp" },
	[SECONDS] = { "seconds", "10", "duration (-l)", PARAM_SECONDS, 0.1, 86400, NULL },
	[SESSIONS] = { "connections", "1", "side by side, a thread each", PARAM_COUNT, 1,
		       ECHO_SESSIONS, NULL },
	[REQUEST] = { "request", "1", "bytes of a request (-r)", PARAM_BYTES, 1, ECHO_TCP_MOST,
		      NULL },
	[RESPONSE] = { "response", "1", "bytes of a response (-r)", PARAM_BYTES, 1, ECHO_TCP_MOST,
		       NULL },
	[RATE] = { "rate", "0",
		   "open loop: so many requests a second over all connections, whatever becomes of "
		   "the responses; 0: one outstanding on each connection",
		   PARAM_REAL, 0, 1e6, NULL },
	[PORT] = { "port", "5211", "where the partner serves", PARAM_COUNT, 1, 65535, NULL },
	[INTERVAL] = { "interval", "1", "between samples of the rate", PARAM_SECONDS, 0.05, 3600,
		       NULL },
	[REPLY_TIMEOUT] = { "reply_timeout", "1",
			    "UDP: a response that takes longer is lost; with rate: wait for the "
			    "last responses",
			    PARAM_SECONDS, 0.01, 60, NULL },
	[STALL_TIMEOUT] = { "stall_timeout", "10", "no response for so long ends the test",
			    PARAM_SECONDS, 0.2, 3600, NULL },
	[CONNECT_TIMEOUT] = { "connect_timeout", "10", "how long to wait for the partner",
			      PARAM_SECONDS, 0.1, 3600, NULL },
	{ 0 }
};

enum {
	TRANSACTIONS,
	TRANSACTIONS_INTERVAL,
	LATENCY,
	SERVICE = LATENCY + PERCENTILES,
	LAG_P99 = SERVICE + PERCENTILES,
	LAG_MAX,
	ACHIEVED,
	SENT,
	COMPLETED,
	UNSENT,
	LOST,
	DUPLICATES,
	GARBAGE,
	PARTNER_COUNT,
	CPU,
	BUCKET,
	HOST = BUCKET + PERCENTILES_BUCKETS
};

static const struct metric metrics[] = {
	[TRANSACTIONS] = { "transactions", "1/s", "responses over the time until the last one",
			   MORE_IS_BETTER, BY_LAST, false },
	[TRANSACTIONS_INTERVAL] = { "transactions_interval", "1/s", "each interval", MORE_IS_BETTER,
				    BY_MEDIAN, true },
	PERCENTILES_ROWS(LATENCY, "latency", "us",
			 "until the response; with rate: from when the request was due", false),
	PERCENTILES_ROWS(SERVICE, "service", "us",
			 "with rate: from when the request was sent until the response", false),
	[LAG_P99] = { "send_lag_p99", "us", "with rate: from when a request was due to its sending",
		      LESS_IS_BETTER, BY_LAST, false },
	[LAG_MAX] = { "send_lag_max", "us", "with rate: from when a request was due to its sending",
		      LESS_IS_BETTER, BY_LAST, false, true },
	[ACHIEVED] = { "achieved", "%", "with rate: of the rate that was asked for", MORE_IS_BETTER,
		       BY_LAST, false },
	[SENT] = { "sent", "requests", "", NEITHER_IS_BETTER, BY_LAST, false, true },
	[COMPLETED] = { "completed", "requests", "that got their response", NEITHER_IS_BETTER,
			BY_LAST, false, true },
	[UNSENT] = { "unsent", "requests", "with rate: due, and the kernel did not take them",
		     LESS_IS_BETTER, BY_LAST, false, true },
	[LOST] = { "lost", "requests", "sent, and without a response in time", LESS_IS_BETTER,
		   BY_LAST, false },
	[DUPLICATES] = { "duplicates", "responses", "UDP: more than one to a request",
			 LESS_IS_BETTER, BY_LAST, false, true },
	[GARBAGE] = { "garbage", "datagrams", "UDP: neither response nor duplicate; late ones",
		      LESS_IS_BETTER, BY_LAST, false, true },
	[PARTNER_COUNT] = { "partner_transactions", "requests", "that the partner says it answered",
			    NEITHER_IS_BETTER, BY_LAST, false, true },
	[CPU] = { "cpu", "%", "of one CPU, user and system, this program's", LESS_IS_BETTER,
		  BY_LAST, false },
	PERCENTILES_BUCKET_ROWS(BUCKET, "us"),
	HOST_ROWS(HOST),
	{ 0 }
};

static int check(const union value *value, char *why, size_t room)
{
	bool udp = value[PROTOCOL].num == PROTOCOL_UDP;
	double rate = value[RATE].real;

	if (udp && (value[REQUEST].num > ECHO_UDP_MOST || value[RESPONSE].num > ECHO_UDP_MOST))
		return text_refuse(-EINVAL, why, room,
				   "request and response: at most %d bytes in a UDP datagram",
				   ECHO_UDP_MOST);
	if (udp && rate > 0 && (value[REQUEST].num < ECHO_TAG || value[RESPONSE].num < ECHO_TAG))
		return text_refuse(-EINVAL, why, room,
				   "rate over UDP: request and response need %d bytes or more, "
				   "to tell many outstanding ones apart",
				   ECHO_TAG);
	if (rate > 0 && rate * value[STALL_TIMEOUT].real < 2 * (double)value[SESSIONS].num)
		return text_refuse(-EINVAL, why, room,
				   "rate: each of %llu connections needs 2 requests or more within "
				   "stall_timeout",
				   (unsigned long long)value[SESSIONS].num);
	return 0;
}

static double seconds(const union value *value, const struct speeds *speeds)
{
	(void)speeds;
	double patience = value[CONNECT_TIMEOUT].real > 30 ? value[CONNECT_TIMEOUT].real / 4 : 0;

	return value[SECONDS].real + 0.5 + patience + value[STALL_TIMEOUT].real / 8;
}

static struct echo_talk_options options_of(const struct run *run, const struct address *peer)
{
	const union value *value = run->value;

	return (struct echo_talk_options){
		.peer = *peer,
		.udp = value[PROTOCOL].num == PROTOCOL_UDP,
		.request = (uint32_t)value[REQUEST].num,
		.response = (uint32_t)value[RESPONSE].num,
		.sessions = (unsigned)value[SESSIONS].num,
		.rate = value[RATE].real,
		.duration_ns = (uint64_t)(value[SECONDS].real * 1e9),
		.reply_ns = (uint64_t)(value[REPLY_TIMEOUT].real * 1e9),
		.stall_ns = (uint64_t)(value[STALL_TIMEOUT].real * 1e9),
		.connect_until_ns = clock_raw_ns() + (uint64_t)(value[CONNECT_TIMEOUT].real * 1e9),
	};
}

/* Samples the rate of each interval until all threads are done. */
static void watch(struct run *run, const struct echo_talk *talk)
{
	uint64_t interval_ns = (uint64_t)(run->value[INTERVAL].real * 1e9);
	uint64_t from_ns = talk->start_ns, from = 0, slice_ns = 20 * MILLISECOND_NS;

	while (atomic_load(&talk->running)) {
		uint64_t now_ns = clock_raw_ns(), next_ns = from_ns + interval_ns;
		clock_sleep_ns(next_ns > now_ns && next_ns - now_ns < slice_ns ? next_ns - now_ns :
										 slice_ns);
		now_ns = clock_raw_ns();
		if (now_ns < next_ns || now_ns > talk->until_ns + interval_ns / 2)
			continue;
		uint64_t completed = echo_talk_completed(talk);
		run_sample(run, TRANSACTIONS_INTERVAL,
			   (double)(completed - from) * 1e9 / (double)(now_ns - from_ns));
		run_progress(run,
			     (double)(now_ns - talk->start_ns) / (double)talk->options.duration_ns);
		from = completed;
		from_ns = now_ns;
	}
}

static void sample_counts(struct run *run, const struct echo_tally *tally)
{
	run_sample(run, SENT, (double)tally->sent);
	run_sample(run, COMPLETED, (double)tally->completed);
	run_sample(run, LOST, (double)tally->lost);
	if (run->value[RATE].real > 0)
		run_sample(run, UNSENT, (double)tally->unsent);
	if (run->value[PROTOCOL].num == PROTOCOL_UDP) {
		run_sample(run, DUPLICATES, (double)tally->duplicates);
		run_sample(run, GARBAGE, (double)tally->garbage);
	}
	if (tally->has_answered)
		run_sample(run, PARTNER_COUNT, (double)tally->answered);
	if (tally->errors)
		run_warn(run, "%llu sends or receives failed, as when a link or a way is down",
			 (unsigned long long)tally->errors);
}

/* A pace that was not kept is a fact about the harness or the partner, and changes what the
 * percentiles mean. */
static void sample_pace(struct run *run, const struct echo_talk *talk,
			const struct echo_tally *tally)
{
	double took_ns =
		fmax((double)talk->options.duration_ns, (double)(tally->end_ns - talk->start_ns));
	double achieved = (double)tally->completed * 1e9 / took_ns;
	double percent = 100 * achieved / talk->options.rate;

	run_sample(run, ACHIEVED, percent);
	if (fabs(percent - 100) > 2)
		run_warn(run, "the rate was not kept: %.1f/s of %.1f/s asked for (%.1f %%)",
			 achieved, talk->options.rate, percent);
	if (!tally->lag.count)
		return;
	run_sample(run, LAG_P99, (double)histogram_percentile(&tally->lag, 99) / 1e3);
	run_sample(run, LAG_MAX, (double)tally->lag.max / 1e3);
}

static void sample_all(struct run *run, const struct echo_talk *talk,
		       const struct echo_tally *tally)
{
	if (tally->completed && tally->end_ns > talk->start_ns)
		run_sample(run, TRANSACTIONS,
			   (double)tally->completed * 1e9 /
				   (double)(tally->end_ns - talk->start_ns));
	percentiles_sample(run, LATENCY, &tally->latency, 1e3);
	percentiles_sample(run, SERVICE, &tally->service, 1e3);
	if (talk->options.rate > 0 && tally->completed)
		sample_pace(run, talk, tally);
	sample_counts(run, tally);
	percentiles_sample_buckets(run, BUCKET, &tally->latency, 1e3);
}

static int conclude(struct run *run, const struct echo_tally *tally)
{
	unsigned port = (unsigned)run->value[PORT].num;
	unsigned long long completed = tally->completed, lost = tally->lost;

	if (tally->err)
		return run_fail(run, tally->err, "%s port %u, after %llu transactions", run->target,
				port, completed);
	if (!completed)
		return run_fail(run, -ETIMEDOUT, "no response from %s port %u to %llu requests",
				run->target, port, (unsigned long long)tally->sent);
	if (lost && run->value[PROTOCOL].num == PROTOCOL_TCP)
		return run_fail(run, -ETIMEDOUT, "%llu requests had no response from %s in the end",
				lost, run->target);
	if (lost && !tally->has_answered)
		return run_fail(
			run, -ETIMEDOUT,
			"%s port %u answers no more: %llu transactions, then %llu requests had no response",
			run->target, port, completed, lost);
	if (!tally->has_answered)
		run_warn(run, "the partner did not say how many requests it answered");
	return 0;
}

static int measure(struct run *run, struct echo_talk *talk)
{
	struct echo_tally *sum = malloc(sizeof(*sum));
	struct cpu_meter cpu = cpu_meter_begin();
	struct host_watch host = { 0 };

	if (!sum)
		return run_fail(run, -ENOMEM, "memory for the sums");
	run_activity(run, "%s with %s", run->value[PROTOCOL].num == PROTOCOL_UDP ? "UDP" : "TCP",
		     run->target);
	partner_note_connection(run, talk->talkers[0].session.fd, 0);
	host_watch_begin(&host, run, HOST, &talk->options.peer);
	int err = echo_talk_start(talk);
	if (err) {
		atomic_store(&talk->stop, true);
		err = run_fail(run, err, "starting a thread for each connection");
	} else {
		watch(run, talk);
	}
	echo_talk_join(talk);
	echo_talk_sum(talk, sum);
	run_sample(run, CPU, cpu_meter_percent(&cpu));
	host_watch_conclude(&host);
	sample_all(run, talk, sum);
	if (!err)
		err = conclude(run, sum);
	free(sum);
	return err;
}

static int run(struct run *run)
{
	struct address peer, local;
	struct echo_talk *talk;
	uint16_t port = (uint16_t)run->value[PORT].num;

	int err = partner_find(run, port, run->value[CONNECT_TIMEOUT].real, &peer, &local);
	if (err)
		return err;
	struct echo_talk_options options = options_of(run, &peer);
	err = echo_talk_open(&options, &talk);
	if (err)
		return run_fail(run, err, "greeting the echo service of %s port %u (assay peer)",
				run->target, port);
	err = measure(run, talk);
	echo_talk_free(talk);
	return err;
}

static int histogram_text(const struct run *run, struct text *out)
{
	return percentiles_text(run, BUCKET, out);
}

static const struct stock_file stock[] = { { "rr-latency.hgrm", histogram_text }, { 0 } };

const struct bench bench_net_rr = {
	.name = "net.rr",
	.summary = "TCP or UDP requests and responses: transactions a second and their latency",
	.definition =
		"netperf 2.7 TCP_RR and UDP_RR (TCP_NODELAY, one outstanding on each connection); with rate: "
		"latency from the time a request was due (no coordinated omission), service from its sending; "
		"percentiles at most 1.6 % above the true value",
	.need = NEEDS_PEER,
	.params = params,
	.metrics = metrics,
	.check = check,
	.seconds = seconds,
	.run = run,
	.stock = stock,
};
