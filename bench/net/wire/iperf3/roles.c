/* SPDX-License-Identifier: MIT */
/* net.iperf3 as iperf 3's client and as its server: see bench/net/iperf3.c. */
#include "bench/net/iperf3.h"

#include "bench/net/wire/iperf3/client.h"
#include "bench/net/wire/iperf3/kept.h"
#include "bench/net/wire/iperf3/serve.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SLICE_NS (20 * MILLISECOND_NS)

/* ---- samples ---- */

static void sample_kernel(struct run *run, const struct iperf3_test *test)
{
	for (unsigned i = 0; i < test->count; i++) {
		const struct iperf3_kernel *kernel = &test->stream[i].kernel;
		if (!kernel->known || !kernel->rtt_us)
			continue;
		run_sample(run, RTT, kernel->rtt_us / 1e3);
		run_sample(run, CONGESTION_WINDOW, kernel->cwnd / 1024.0);
	}
}

static void sample_interval(struct run *run, const struct iperf3_test *test, bool outgoing)
{
	const struct iperf3_kept *kept = iperf3_kept_of(run);
	const struct iperf3_row *row = kept->row + kept->row_count - test->count;
	double mbit = 0;
	unsigned streams = 0;

	for (unsigned i = 0; i < test->count; i++) {
		if (test->stream[i].sender != outgoing || row[i].to <= row[i].from)
			continue;
		mbit += (double)row[i].bytes * 8e-6 / (row[i].to - row[i].from);
		streams++;
	}
	if (streams && !row->omitted)
		run_sample(run, outgoing ? OUTGOING_INTERVAL : INCOMING_INTERVAL, mbit);
}

/* In the session's thread, which is the only one that samples until it is over. */
static void tick(void *context, struct iperf3_session *session)
{
	struct run *run = context;
	struct iperf3_test *test = &session->test;
	const struct iperf3_params *params = &session->params;
	double past = (double)(clock_raw_ns() - test->start_ns) / 1e9;

	run_progress(run, test->amount ? 0.5 : past / (params->seconds + params->omit));
	if (!iperf3_keep_rows(run, session) || iperf3_kept_of(run)->rows_dropped)
		return;
	sample_interval(run, test, true);
	sample_interval(run, test, false);
	if (!test->omitting && !test->end_ns)
		sample_kernel(run, test);
}

/* Where the figures of a way go. */
struct way_metrics {
	unsigned rate, sent_rate, bytes, sent_bytes, seconds, retransmits, jitter, lost,
		lost_percent, packets, sent_packets, tail_lost, stream;
};
static const struct way_metrics outgoing_metrics = {
	OUTGOING,	  OUTGOING_SENT, OUTGOING_BYTES, OUTGOING_SENT_BYTES,
	OUTGOING_SECONDS, RETRANSMITS,	 JITTER,	 LOST,
	LOST_PERCENT,	  DATAGRAMS,	 SENT_DATAGRAMS, TAIL_LOST,
	STREAM_OUTGOING,
};
static const struct way_metrics incoming_metrics = {
	INCOMING,
	INCOMING_SENT,
	INCOMING_BYTES,
	INCOMING_SENT_BYTES,
	INCOMING_SECONDS,
	INCOMING_RETRANSMITS,
	INCOMING_JITTER,
	INCOMING_LOST,
	INCOMING_LOST_PERCENT,
	INCOMING_DATAGRAMS,
	INCOMING_SENT_DATAGRAMS,
	INCOMING_TAIL_LOST,
	STREAM_INCOMING,
};

static void sample_rate(struct run *run, unsigned metric, uint64_t bytes, double elapsed)
{
	if (elapsed > 0)
		run_sample(run, metric, (double)bytes * 8e-6 / elapsed);
}

static void sample_datagrams(struct run *run, const struct iperf3_way *way,
			     const struct way_metrics *metric)
{
	if (way->has_sent)
		run_sample(run, metric->sent_packets, (double)way->sent_packets);
	if (!way->has_received)
		return;
	run_sample(run, metric->packets, (double)way->packets);
	run_sample(run, metric->lost, (double)way->lost);
	run_sample(run, metric->jitter, way->jitter_ms);
	if (way->packets)
		run_sample(run, metric->lost_percent,
			   100.0 * (double)way->lost / (double)way->packets);
	if (way->has_sent && way->sent_packets >= way->packets)
		run_sample(run, metric->tail_lost, (double)(way->sent_packets - way->packets));
}

static void sample_way(struct run *run, const struct iperf3_session *session, bool outgoing)
{
	const struct way_metrics *metric = outgoing ? &outgoing_metrics : &incoming_metrics;
	struct iperf3_way way = iperf3_session_way(session, outgoing);

	if (way.has_received) {
		sample_rate(run, metric->rate, way.received_bytes, way.received_seconds);
		run_sample(run, metric->bytes, (double)way.received_bytes);
		run_sample(run, metric->seconds, way.received_seconds);
	}
	if (way.has_sent) {
		sample_rate(run, metric->sent_rate, way.sent_bytes, way.sent_seconds);
		run_sample(run, metric->sent_bytes, (double)way.sent_bytes);
	}
	if (way.has_sent && way.retransmits >= 0)
		run_sample(run, metric->retransmits, (double)way.retransmits);
	if (session->params.udp && way.streams)
		sample_datagrams(run, &way, metric);
	if (session->params.udp && way.out_of_order >= 0) {
		run_sample(run, INCOMING_OUT_OF_ORDER, (double)(way.out_of_order - way.duplicates));
		run_sample(run, INCOMING_DUPLICATES, (double)way.duplicates);
	}
}

static void sample_streams(struct run *run, const struct iperf3_session *session)
{
	for (unsigned i = 0; i < iperf3_session_streams(session); i++) {
		struct iperf3_ends ends = iperf3_session_ends(session, i);
		const struct iperf3_side *side = &ends.received;
		if (!ends.has_received)
			continue;
		run_at(run, (uint64_t)side->id, 0);
		sample_rate(run, ends.outgoing ? STREAM_OUTGOING : STREAM_INCOMING, side->bytes,
			    side->end - side->start);
	}
	run_at(run, 0, 0);
}

static void warn_if_cpu_bound(struct run *run, const struct iperf3_session *session)
{
	const struct iperf3_test *test = &session->test;
	double elapsed = (double)(test->end_ns - test->start_ns) / 1e9;

	for (unsigned i = 0; i < test->count && elapsed > 0.5; i++) {
		const struct iperf3_stream *stream = &test->stream[i];
		double busy = (stream->cpu_user + stream->cpu_system) / elapsed;
		if (busy < 0.95)
			continue;
		run_warn(
			run,
			"stream %d kept a CPU busy for %.0f %% of the time: the CPU, not the network, may have set "
			"the rate",
			stream->id, 100 * busy);
		return;
	}
}

/* Whatever way it ended: what was measured is kept. */
static void conclude(struct run *run, const struct iperf3_session *session)
{
	iperf3_keep_end(run, session);
	if (!session->has_ours)
		return;
	sample_way(run, session, true);
	sample_way(run, session, false);
	sample_streams(run, session);
	run_sample(run, CPU, session->ours.cpu_total);
	if (session->has_theirs)
		run_sample(run, CPU_PARTNER, session->theirs.cpu_total);
	else
		run_diagnose(
			run, VERDICT_UNKNOWN, "no-results-from-partner",
			"what the partner counted is unknown: the exchange did not come about");
	warn_if_cpu_bound(run, session);
	if (session->others)
		run_note(run, "shared with %u other tests", session->others);
	if (iperf3_kept_of(run)->rows_dropped)
		run_warn(run, "%u stream intervals found no room and are not reported",
			 iperf3_kept_of(run)->rows_dropped);
}

static void note_ends(struct run *run, const struct address *local, const struct address *peer)
{
	char ours[ADDRESS_ROOM], theirs[ADDRESS_ROOM];

	address_format(local, ours);
	address_format(peer, theirs);
	run_note(run, "control connection: local %s port %u, %s port %u", ours, address_port(local),
		 theirs, address_port(peer));
}

/* ---- the client ---- */

static struct iperf3_params params_of(const union value *value)
{
	struct iperf3_params params = {
		.udp = value[UDP].on,
		.reverse = value[REVERSE].on,
		.bidir = value[BIDIR].on,
		.nodelay = value[NODELAY].on,
		.wide = value[UDP].on && value[COUNTERS].num == 1,
		.parallel = (unsigned)value[STREAMS].num,
		.omit = (uint32_t)value[OMIT].num,
		.bytes = value[BYTES].num,
		.blocks = value[BLOCKS].num,
		.seconds = value[BYTES].num || value[BLOCKS].num ? 0 : value[SECONDS].real,
		.length = value[LENGTH].num,
		.rate = value[RATE].num ? value[RATE].num :
			value[UDP].on	? IPERF3_UDP_RATE :
					  0,
		.burst = (uint32_t)value[BURST].num,
		.window = value[WINDOW].num,
		.version = "3.18",
	};

	snprintf(params.congestion, sizeof(params.congestion), "%.15s", value[CONGESTION].text);
	return params;
}

static int fail(struct run *run, const struct iperf3_session *session)
{
	char words[240];

	if (session->step == STEP_GREETED && session->control.fd < 0)
		return run_fail(run, session->err, "connecting to %s port %u", run->target,
				(unsigned)run->value[PORT].num);
	iperf3_session_describe(session, false, words, sizeof(words));
	return run_fail(run, session->err, "iperf 3 test with %s: %s", run->target, words);
}

int iperf3_be_client(struct run *run, const struct address *peer)
{
	const union value *value = run->value;
	struct iperf3_session *session = calloc(1, sizeof(*session));
	uint64_t until_ns = clock_raw_ns() + (uint64_t)(value[CONNECT_TIMEOUT].real * 1e9);
	struct host_watch host = { 0 };

	if (!session)
		return run_fail(run, -ENOMEM, "memory for the test");
	session->params = params_of(value);
	session->interval_ns = (uint64_t)(value[INTERVAL].real * 1e9);
	session->tick = tick;
	session->context = run;
	run_activity(run, "iperf 3 with %s", run->target);
	host_watch_begin(&host, run, HOST, peer);
	int err = iperf3_client_run(session, peer, until_ns);
	if (session->control.fd >= 0)
		note_ends(run, &session->local, &session->peer);
	conclude(run, session);
	host_watch_conclude(&host);
	if (err)
		err = fail(run, session);
	iperf3_session_close(session);
	free(session);
	return err;
}

/* ---- the server ---- */

struct service {
	struct run *run;
	atomic_bool over;
	int err;
	char words[300];
};

static void serve_tick(void *context, struct iperf3_session *session)
{
	tick(((struct service *)context)->run, session);
}

/* In the test's thread. A client that came to nothing before any data is not the partner's test. */
static void serve_done(void *context, const struct iperf3_served *served)
{
	struct service *service = context;
	struct run *run = service->run;

	if (atomic_load(&service->over))
		return;
	if (!served->session->has_ours) {
		run_warn(run, "a client's test did not begin: %s", served->words);
		return;
	}
	note_ends(run, &served->local, &served->peer);
	conclude(run, served->session);
	service->err = served->err;
	snprintf(service->words, sizeof(service->words), "%s", served->words);
	atomic_store(&service->over, true);
}

/* 0 when a test is over; -ETIMEDOUT: none began in time, or it would not end. */
static int await_test(struct service *service, struct iperf3_serve *serve, struct host_watch *host,
		      const struct address *peer)
{
	const union value *value = service->run->value;
	uint64_t begin_until_ns = clock_raw_ns() + (uint64_t)(value[CONNECT_TIMEOUT].real * 1e9);
	uint64_t end_until_ns = 0;
	struct iperf3_serve_state state;

	while (!atomic_load(&service->over)) {
		clock_sleep_ns(SLICE_NS);
		iperf3_serve_state(serve, &state);
		uint64_t now_ns = clock_raw_ns();
		if (state.running && !end_until_ns) {
			host_watch_begin(host, service->run, HOST, peer);
			end_until_ns = now_ns + (uint64_t)((value[SECONDS].real + 90) * 1e9);
		}
		if (!state.active && !end_until_ns && now_ns >= begin_until_ns)
			return -ETIMEDOUT;
		if (end_until_ns && now_ns >= end_until_ns)
			return -ETIMEDOUT;
	}
	return 0;
}

static void report_others(struct run *run, const struct iperf3_serve_state *state)
{
	if (state->strangers)
		run_warn(run, "%u connections or datagrams from others than %s were turned away",
			 state->strangers, run->target);
	if (state->busy)
		run_warn(run, "%u clients were told that the server is busy", state->busy);
	if (state->silent)
		run_warn(run, "%u connections brought no cookie in time", state->silent);
}

int iperf3_be_server(struct run *run, const struct address *peer, const struct address *local)
{
	const union value *value = run->value;
	struct service service = { .run = run };
	struct iperf3_serve_options options = {
		.at = *local,
		.only = *peer,
		.tests_most = 1,
		.seconds_most = value[SECONDS].real + 60,
		.interval_ns = (uint64_t)(value[INTERVAL].real * 1e9),
		.tick = serve_tick,
		.done = serve_done,
		.context = &service,
	};
	struct host_watch host = { 0 };
	struct iperf3_serve_state state;
	struct iperf3_serve *serve;
	unsigned port = (unsigned)value[PORT].num;

	address_set_port(&options.at, (uint16_t)port);
	int err = iperf3_serve_start(&options, &serve);
	if (err)
		return run_fail(run, err, "listening on port %u", port);
	run_activity(run, "waiting for %s", run->target);
	err = await_test(&service, serve, &host, peer);
	iperf3_serve_state(serve, &state);
	iperf3_serve_stop(serve);
	host_watch_conclude(&host);
	report_others(run, &state);
	if (service.err)
		return run_fail(run, service.err, "serving %s: %s", run->target, service.words);
	return err ? run_fail(run, err, "%s did not begin and end a test on port %u", run->target,
			      port) :
		     0;
}
