/* SPDX-License-Identifier: MIT */
/* net.udp as iperf 2's client and as its server: see bench/net/udp.c. */
#include "bench/net/udp.h"

#include "bench/net/wire/datagrams.h"
#include "bench/net/wire/host.h"

#include <errno.h>

/* iperf 2.1.8's server listens to a flow for 250 ms after its report; a test that another begins in
 * that time leaves it stuck for good. */
#define QUIET_NS (300 * MILLISECOND_NS)

/* ---- the client ---- */

static struct udp_plan plan_test(const union value *value, const struct address *peer,
				 const struct address *local)
{
	size_t length = value[LENGTH].num ? value[LENGTH].num : udp_default_length(peer);

	return (struct udp_plan){
		.peer = *peer,
		.local = *local,
		.streams = (unsigned)value[STREAMS].num,
		.batch = (unsigned)value[BATCH].num,
		.merge = value[MERGE].on,
		.length = length,
		.window = value[WINDOW].num,
		.rate = udp_rate(value, length),
		.bytes = value[BYTES].num,
		.seconds = udp_one_way_seconds(value),
		.back = settings_back(value),
		.back_port = way_back_port(value),
		.layout = value[PEER].num == 1 ? IPERF2_TWELVE : IPERF2_SIXTEEN,
		.connect_until_ns = clock_raw_ns() + (uint64_t)(value[CONNECT_TIMEOUT].real * 1e9),
	};
}

/* Fragments share one fate, and a lost one costs a whole datagram: other figures than the path's. */
static void warn_fragments(struct run *run, const struct udp_streams *streams,
			   const struct udp_plan *plan)
{
	unsigned mtu = datagram_path_mtu(udp_streams_socket(streams));
	unsigned headers = datagram_headers(&plan->peer);

	if (mtu && plan->length + headers > mtu)
		run_warn(
			run,
			"datagrams of %zu bytes are fragmented: the path takes packets of %u bytes, "
			"which is datagrams of up to %u",
			plan->length, mtu, mtu - headers);
}

static int open_ways(struct run *run, struct udp_streams *streams, const struct udp_plan *plan)
{
	bool listening;

	run_activity(run, "asking for %s", run->target);
	int err = udp_streams_open(streams, &listening);
	if (err && listening)
		return run_fail(run, err, "listening on UDP port %u for the way back",
				plan->back_port);
	if (err)
		return run_fail(run, err, "reaching %s UDP port %u", run->target,
				address_port(&plan->peer));
	partner_note_connection(run, udp_streams_socket(streams), 0);
	warn_fragments(run, streams, plan);
	return 0;
}

static uint64_t sent_by_all(const struct udp_streams *streams, unsigned count)
{
	uint64_t bytes = 0;

	for (unsigned i = 0; i < count; i++)
		bytes += udp_streams_sent(streams, i);
	return bytes;
}

static void watch(struct run *run, struct udp_streams *streams, const struct udp_plan *plan)
{
	const union value *value = run->value;
	uint64_t interval_ns = (uint64_t)(value[INTERVAL].real * 1e9), start_ns = clock_raw_ns();
	struct meter out, in;
	double expected = (plan->seconds + 0.5) * (value[TRADEOFF].on ? 2 : 1);

	meter_begin(&out, start_ns, 0);
	meter_begin(&in, start_ns, 0);
	for (uint64_t tick_ns = start_ns + interval_ns; udp_streams_wait(streams, tick_ns);
	     tick_ns += interval_ns) {
		uint64_t now_ns = clock_raw_ns(), sent = sent_by_all(streams, plan->streams),
			 received = udp_streams_received(streams);
		if (sent > out.last_bytes)
			meter_sample(&out, run, OUTGOING_INTERVAL, now_ns, sent, 0);
		if (received > in.last_bytes && in.last_bytes)
			meter_sample(&in, run, INCOMING_INTERVAL, now_ns, received, 0);
		meter_begin(&in, now_ns, received);
		run_progress(run, (double)(now_ns - start_ns) / 1e9 / expected);
	}
}

static int conclude_outgoing(struct run *run, const struct udp_tally *tally)
{
	struct served sum = udp_tally_sum(tally);

	udp_sample_outgoing(run, tally);
	if (sum.err)
		return run_fail(run, sum.err, "sending to %s: after %llu datagrams", run->target,
				(unsigned long long)sum.datagrams);
	if (sum.sending.refused && !tally->reported)
		return run_fail(run, -ECONNREFUSED,
				"sending to %s: nobody listens on UDP port %u any more",
				run->target, (unsigned)run->value[PORT].num);
	if (tally->reported == tally->count)
		return 0;
	run_warn(run,
		 "no report from %s of %u of %u streams after %u requests: what arrived is unknown",
		 run->target, tally->count - tally->reported, tally->count, sum.sending.fins);
	run_diagnose(
		run, VERDICT_UNKNOWN, "no-report-from-partner",
		"%llu datagrams were sent; whether they arrived cannot be told without the partner's report",
		(unsigned long long)sum.datagrams);
	/* Of some streams something is known. Of none: what was sent is not a measurement of the
	 * path. */
	return tally->reported ?
		       0 :
		       run_fail(run, -ETIMEDOUT,
				"no report from %s: what arrived of %llu datagrams is unknown",
				run->target, (unsigned long long)sum.datagrams);
}

static int conclude_incoming(struct run *run, const struct udp_streams *streams,
			     const struct udp_plan *plan)
{
	const struct udp_tally *tally = udp_streams_in(streams);
	unsigned strangers = udp_streams_strangers(streams);
	struct served sum = udp_tally_sum(tally);

	if (tally->count)
		partner_note_ends(run, &tally->one[0].local, &tally->one[0].peer);
	udp_sample_incoming(run, tally);
	if (strangers)
		run_warn(run, "%u datagrams from others than %s were ignored", strangers,
			 run->target);
	if (!tally->count)
		return run_fail(run, -ETIMEDOUT, "%s sent nothing back to port %u", run->target,
				plan->back_port);
	if (tally->count < plan->streams)
		run_warn(run, "%u of %u streams of the way back came", tally->count, plan->streams);
	if (sum.err == -ETIMEDOUT || sum.err == -ECANCELED) {
		run_diagnose(
			run, VERDICT_UNKNOWN, "way-back-without-end",
			"the end of the way back did not arrive; what was lost at its end is unknown");
		return 0;
	}
	return sum.err ? run_fail(run, sum.err, "receiving from %s", run->target) : 0;
}

static int transfer(struct run *run, struct udp_streams *streams, const struct udp_plan *plan)
{
	struct cpu_meter cpu = cpu_meter_begin();
	struct host_watch host = { 0 };

	host_watch_begin(&host, run, HOST, &plan->peer);
	run_activity(run, "UDP with %s", run->target);
	int err = udp_streams_start(streams);
	watch(run, streams, plan);
	udp_streams_stop(streams);
	run_sample(run, CPU, cpu_meter_percent(&cpu));
	host_watch_conclude(&host);
	if (err)
		return run_fail(run, err, "starting threads");
	err = conclude_outgoing(run, udp_streams_out(streams));
	/* A way back that came is kept, whatever became of ours. */
	bool came = plan->back != BACK_NONE && (!err || udp_streams_in(streams)->count);
	int back = came ? conclude_incoming(run, streams, plan) : 0;
	clock_sleep_ns(QUIET_NS);
	return err ? err : back;
}

static int be_client(struct run *run, const struct address *peer, const struct address *local)
{
	struct udp_plan plan = plan_test(run->value, peer, local);
	struct udp_streams *streams = udp_streams_new(&plan);

	if (!streams)
		return run_fail(run, -ENOMEM, "memory for the test");
	int err = open_ways(run, streams, &plan);
	if (!err)
		err = transfer(run, streams, &plan);
	udp_streams_free(streams);
	return err;
}

/* ---- the server ---- */

struct tallies {
	struct udp_tally in, out;
};

static void add_up(void *context, const struct served *served)
{
	struct tallies *tallies = context;

	udp_tally_add(served->sent ? &tallies->out : &tallies->in, served);
}

static int be_server(struct run *run, const struct address *peer, const struct address *local)
{
	struct tallies tallies = { 0 };
	struct partner_server server = {
		.run = run,
		.options = { .udp = true,
			     .rate = run->value[RATE].num,
			     .batch = (unsigned)run->value[BATCH].num,
			     .apart = !run->value[MERGE].on },
		.incoming_interval = INCOMING_INTERVAL,
		.outgoing_interval = OUTGOING_INTERVAL,
		.host = HOST,
		.each = add_up,
		.each_context = &tallies,
	};
	struct cpu_meter cpu;
	int err = partner_serve(&server, peer, local, &cpu);

	if (tallies.in.count)
		run_sample(run, CPU, cpu_meter_percent(&cpu));
	udp_sample_incoming(run, &tallies.in);
	udp_sample_outgoing(run, &tallies.out);
	return err;
}

const struct partner_roles udp_roles = { be_client, be_server };
