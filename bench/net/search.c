/* SPDX-License-Identifier: MIT */
/*
 * net.search: the highest rate at which the partner receives every datagram, for each size: RFC
 * 2544's throughput (section 26.1), searched by halving with trials against an iperf 2 server,
 * stock or ours, whose report counts. A trial is a whole test of iperf 2; what the sender itself
 * cannot offer is told apart from what the path loses.
 */
#include "bench/net/wire/iperf2/udp_streams.h"
#include "bench/net/wire/partner.h"
#include "bench/net/wire/throughput.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum {
	PORT,
	SIZES,
	MAXIMUM,
	SECONDS,
	RESOLUTION,
	TOLERANCE,
	REPEATS,
	REST,
	WINDOW,
	BATCH,
	MERGE,
	CONNECT_TIMEOUT
};

static const struct param params[] = {
	[PORT] = { "port", "5001", "where the server listens", PARAM_COUNT, 1, 65535 },
	[SIZES] = { "sizes", "64,512,1470",
		    "bytes of a datagram, up to 16 sizes from 64 to 65507, with commas", PARAM_TEXT,
		    1, 120 },
	[MAXIMUM] = { "maximum", "0",
		      "the highest rate to try, bit/s; 0: as fast as it can be sent", PARAM_RATE, 0,
		      4e11 },
	[SECONDS] = { "seconds", "2", "of each trial; RFC 2544 wants 60 for a final one",
		      PARAM_SECONDS, 0.1, 3600 },
	[RESOLUTION] = { "resolution", "2", "percent of the rate: when the search ends", PARAM_REAL,
			 0.01, 50 },
	[TOLERANCE] = { "tolerance", "0", "percent of datagrams that may be lost", PARAM_REAL, 0,
			50 },
	[REPEATS] = { "repeats", "2", "times that the result must pass in a row", PARAM_COUNT, 1,
		      20 },
	[REST] = { "rest", "0.5",
		   "between trials, until queues are empty; a stock 2.1.8 server that is asked again within "
		   "0.25 s is stuck for good",
		   PARAM_SECONDS, 0, 60 },
	[WINDOW] = { "window", "0", "our socket's buffers (-w); 0: the system's", PARAM_BYTES, 0,
		     1 << 30 },
	[BATCH] = { "batch", "0", "see net.udp", PARAM_COUNT, 0, 512 },
	[MERGE] = { "merge", "no",
		    "several datagrams may be one packet until kernel or device cut it: see net.udp",
		    PARAM_BOOL },
	[CONNECT_TIMEOUT] = { "connect_timeout", "10", "how long to wait for the partner",
			      PARAM_SECONDS, 0.1, 3600 },
	{ 0 }
};

enum { RATE, DATAGRAMS, LIMITED, FOUND, TRIALS, TRIAL_OFFERED, TRIAL_LOST };
static const struct metric metrics[] = {
	[RATE] = { "rate", "Mbit/s", "of UDP data, the highest that passed", MORE_IS_BETTER,
		   BY_LAST },
	[DATAGRAMS] = { "datagrams", "datagrams/s", "the same", MORE_IS_BETTER, BY_LAST },
	[LIMITED] = { "sender_limited", "yes=1", "we could not offer more: the path may carry more",
		      LESS_IS_BETTER, BY_LAST },
	[FOUND] = { "found", "yes=1", "within the resolution, and passed as often as it should",
		    MORE_IS_BETTER, BY_LAST, false, true },
	[TRIALS] = { "trials", "trials", "that it took", NEITHER_IS_BETTER, BY_LAST, false, true },
	[TRIAL_OFFERED] = { "trial_offered", "Mbit/s", "each trial: as it was sent",
			    NEITHER_IS_BETTER, BY_MAX, true, true },
	[TRIAL_LOST] = { "trial_lost", "%", "each trial: of the datagrams sent", NEITHER_IS_BETTER,
			 BY_MIN, true, true },
	{ 0 }
};
static const struct axis axes[] = { { "size", "B" }, { 0 } };

/* ---- the sizes ---- */

enum { SIZES_MOST = 16 };
struct sizes {
	size_t size[SIZES_MOST];
	unsigned count;
};

static int read_sizes(const char *in, struct sizes *out, char *why, size_t room)
{
	char list[160], *rest = list, *one;

	*out = (struct sizes){ 0 };
	strcpy(list, in); /* both have the room of a text's value */
	while ((one = strsep(&rest, ","))) {
		uint64_t size = 0;
		if (text_u64(one, &size) || size < IPERF2_DATAGRAM_LEAST || size > 65507)
			return text_refuse(-EINVAL, why, room,
					   "sizes=%.80s: expected numbers from 64 to 65507", in);
		if (out->count == SIZES_MOST)
			return text_refuse(-E2BIG, why, room, "sizes=%.80s: at most %d of them", in,
					   SIZES_MOST);
		out->size[out->count++] = (size_t)size;
	}
	return 0;
}

static int check(const union value *value, char *why, size_t room)
{
	struct sizes sizes;

	return read_sizes(value[SIZES].text, &sizes, why, room);
}

/* A trial's own time, the question whether anybody listens, the report, the rest. */
static double trial_seconds(const union value *value)
{
	return value[SECONDS].real + value[REST].real + 0.2;
}

static unsigned trials_most(const union value *value)
{
	return throughput_trials_most(value[RESOLUTION].real / 100, (unsigned)value[REPEATS].num);
}

static double seconds(const union value *value, const struct speeds *speeds)
{
	(void)speeds;
	struct sizes sizes;

	read_sizes(value[SIZES].text, &sizes, NULL, 0);
	return trial_seconds(value) * trials_most(value) * sizes.count;
}

/* ---- one trial ---- */

struct trial {
	double offered; /* bit/s */
	double lost_percent;
};

static struct udp_plan plan_trial(const union value *value, const struct address *peer,
				  const struct address *local, size_t size, double rate)
{
	return (struct udp_plan){
		.peer = *peer,
		.local = *local,
		.streams = 1,
		.batch = (unsigned)value[BATCH].num,
		.merge = value[MERGE].on,
		.length = size,
		.window = value[WINDOW].num,
		.rate = (uint64_t)rate,
		.seconds = value[SECONDS].real,
		.connect_until_ns = clock_raw_ns() + (uint64_t)(value[CONNECT_TIMEOUT].real * 1e9),
	};
}

static double lost_percent(const struct served *sent)
{
	uint64_t got = sent->report.bytes / sent->length;
	uint64_t lost = got < sent->datagrams ? sent->datagrams - got : 0;

	/* Duplicates would hide loss in the bytes, and do so in a stock server's count; the larger
	 * of both hides less. */
	lost = sent->report.lost > lost ? sent->report.lost : lost;
	return sent->datagrams ? 100.0 * (double)lost / (double)sent->datagrams : 100;
}

/* 0; -ENODATA: no report came; else the sender's error. */
static int judge_trial(const struct udp_streams *streams, struct trial *trial)
{
	struct served sent = udp_streams_out(streams)->one[0];

	trial->offered = udp_tally_sent_rate(udp_streams_out(streams));
	if (sent.err)
		return sent.err;
	if (sent.sending.refused && !sent.has_report)
		return -ECONNREFUSED;
	if (!sent.has_report)
		return -ENODATA;
	iperf2_report_repair(&sent.report, sent.datagrams, sent.length);
	iperf2_report_mend_bytes(&sent.report, sent.length);
	trial->lost_percent = lost_percent(&sent);
	return 0;
}

static int try_rate(const struct udp_plan *plan, struct trial *trial)
{
	struct udp_streams *streams = udp_streams_new(plan);
	bool listening;

	*trial = (struct trial){ 0 };
	if (!streams)
		return -ENOMEM;
	int err = udp_streams_open(streams, &listening);
	if (!err)
		err = udp_streams_start(streams);
	if (!err) {
		while (udp_streams_wait(streams, clock_raw_ns() + SECOND_NS))
			;
		udp_streams_stop(streams);
		err = judge_trial(streams, trial);
	}
	udp_streams_free(streams);
	return err;
}

/* ---- the search at one size ---- */

/* A report that did not come says nothing about the rate: once more, then it is an error. */
static int run_trial(struct run *run, const struct udp_plan *plan, struct trial *trial)
{
	int err = try_rate(plan, trial);

	if (err == -ENODATA)
		err = try_rate(plan, trial);
	if (err == -ENODATA)
		return run_fail(run, -ETIMEDOUT, "%s did not report of a trial with %zu bytes",
				run->target, plan->length);
	if (err)
		return run_fail(run, err, "trying %s with %zu bytes at %.3g Mbit/s", run->target,
				plan->length, (double)plan->rate / 1e6);
	run_sample(run, TRIAL_OFFERED, trial->offered / 1e6);
	run_sample(run, TRIAL_LOST, trial->lost_percent);
	clock_sleep_ns((uint64_t)(run->value[REST].real * 1e9));
	return 0;
}

static void conclude(struct run *run, const struct throughput_search *search, size_t size)
{
	double rate = throughput_result(search), pps = rate / 8 / (double)size;
	bool found = throughput_is_found(search);

	run_sample(run, RATE, rate / 1e6);
	run_sample(run, DATAGRAMS, pps);
	run_sample(run, LIMITED, search->sender_limited);
	run_sample(run, FOUND, found);
	run_sample(run, TRIALS, search->trials);
	if (!found)
		run_warn(
			run,
			"%zu bytes: after %u trials no rate has passed as often as it should within the "
			"resolution; the highest that passed at all: %.4g Mbit/s",
			size, search->trials, rate / 1e6);
	else
		run_note(run,
			 "%zu bytes: %.4g Mbit/s, %.0f datagrams/s, after %u trials; limited by %s",
			 size, rate / 1e6, pps, search->trials,
			 search->sender_limited ?
				 "our sender, which could offer no more: the path may carry more" :
			 search->ceiling ? "the maximum that was set" :
					   "the path or the partner");
}

static int search_size(struct run *run, const struct address *peer, const struct address *local,
		       size_t size, double begun, double part)
{
	const union value *value = run->value;
	struct throughput_search search;
	struct trial trial;
	double rate;
	int err = 0;

	run_at(run, size, 0);
	throughput_begin(&search, (double)value[MAXIMUM].num, value[RESOLUTION].real / 100,
			 (unsigned)value[REPEATS].num);
	while (!err && throughput_next(&search, &rate)) {
		struct udp_plan plan = plan_trial(value, peer, local, size, rate);
		run_activity(run, "%zu bytes, trial %u", size, search.trials + 1);
		err = run_trial(run, &plan, &trial);
		if (!err)
			throughput_take(&search, rate, trial.offered,
					trial.lost_percent <= value[TOLERANCE].real);
		run_progress(run, begun + part * search.trials / search.trials_most);
	}
	if (search.trials)
		conclude(run, &search, size);
	return err;
}

static int run(struct run *run)
{
	const union value *value = run->value;
	struct address peer, local;
	struct sizes sizes;
	int err = partner_find(run, (uint16_t)value[PORT].num, value[CONNECT_TIMEOUT].real, &peer,
			       &local);

	if (err)
		return err;
	read_sizes(value[SIZES].text, &sizes, NULL, 0);
	for (unsigned i = 0; i < sizes.count && !err; i++)
		err = search_size(run, &peer, &local, sizes.size[i], (double)i / sizes.count,
				  1.0 / sizes.count);
	return err;
}

const struct bench bench_net_search = {
	.name = "net.search",
	.summary = "highest UDP rate without loss, for each datagram size, with a stock iperf 2",
	.definition =
		"RFC 2544 section 26.1, throughput: the highest rate at which all is received, by "
		"halving; sizes and rates are of UDP data, not of frames; the path includes the "
		"partner's receiving, whose report counts; trials are shorter than the RFC's 60 s "
		"unless set",
	.need = NEEDS_PEER,
	.params = params,
	.metrics = metrics,
	.axes = axes,
	.check = check,
	.seconds = seconds,
	.run = run,
};
