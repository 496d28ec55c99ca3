/* SPDX-License-Identifier: MIT */
/* net.tcp as iperf 2's client and as its server: see bench/net/tcp.c. */
#include "bench/net/tcp.h"

#include "bench/net/wire/host.h"
#include "bench/net/wire/iperf2/protocol.h"
#include "bench/net/wire/iperf2/serve.h"
#include "bench/net/wire/iperf2/tcp_client.h"

#include <errno.h>
#include <netinet/tcp.h>

/* The streams of both ways and what has been sampled of them. */
struct test {
	struct run *run;
	struct tcp_client *client;
	struct meter meter_out, meter_in;
	bool tcp_info_seen;
};

/* ---- samples ---- */

static void sample_tcp_info(struct test *test)
{
	for (unsigned i = 0; i < test->client->out.count; i++) {
		struct tcp_info info = { 0 };
		socklen_t len = sizeof(info);
		if (getsockopt(test->client->out.one[i].transfer.fd, IPPROTO_TCP, TCP_INFO, &info,
			       &len) ||
		    !info.tcpi_rtt)
			continue;
		run_sample(test->run, RTT, info.tcpi_rtt / 1e3);
		run_sample(test->run, CONGESTION_WINDOW,
			   (double)info.tcpi_snd_cwnd * info.tcpi_snd_mss / 1024);
		test->tcp_info_seen = true;
	}
}

static void sample_retransmits(struct test *test)
{
	uint64_t segments = 0;

	for (unsigned i = 0; i < test->client->out.count; i++) {
		struct tcp_info info = { 0 };
		socklen_t len = sizeof(info);
		if (!getsockopt(test->client->out.one[i].transfer.fd, IPPROTO_TCP, TCP_INFO, &info,
				&len))
			segments += info.tcpi_total_retrans;
	}
	run_sample(test->run, RETRANSMITS, (double)segments);
}

static void sample_total(struct run *run, const struct streams *streams, unsigned rate,
			 unsigned bytes, unsigned time)
{
	double elapsed = streams_seconds(streams);

	if (elapsed <= 0)
		return;
	run_sample(run, time, elapsed);
	run_sample(run, bytes, (double)streams_bytes(streams));
	run_sample(run, rate, (double)streams_bytes(streams) * 8 / elapsed / 1e6);
}

static void warn_if_cpu_bound(struct run *run, const struct streams *streams, const char *way)
{
	double elapsed = streams_seconds(streams);

	for (unsigned i = 0; i < streams->count && elapsed > 0.5; i++)
		if (streams->one[i].cpu_seconds / elapsed >= 0.95) {
			run_warn(
				run,
				"%s stream %u kept a CPU busy for %.0f %% of the time: the CPU, not the network, "
				"may have set the rate",
				way, i + 1, 100 * streams->one[i].cpu_seconds / elapsed);
			return;
		}
}

/* Waits for the ways that were started, sampling at each interval. */
static void watch(struct test *test, double expected)
{
	struct streams *out = &test->client->out, *in = &test->client->in;
	uint64_t interval_ns = (uint64_t)(test->run->value[INTERVAL].real * 1e9);
	uint64_t start_ns = clock_raw_ns();
	bool sends = out->running, receives = in->running;
	unsigned running = 1;

	meter_begin(&test->meter_out, start_ns, streams_bytes(out));
	meter_begin(&test->meter_in, start_ns, streams_bytes(in));
	for (uint64_t tick_ns = start_ns + interval_ns; running; tick_ns += interval_ns) {
		running = tcp_client_wait(test->client, tick_ns);
		uint64_t now_ns = clock_raw_ns();
		uint64_t least_ns = running ? 0 : interval_ns / 2;
		run_progress(test->run, (double)(now_ns - start_ns) / 1e9 / expected);
		if (sends)
			meter_sample(&test->meter_out, test->run, OUTGOING_INTERVAL, now_ns,
				     streams_bytes(out), least_ns);
		if (receives)
			meter_sample(&test->meter_in, test->run, INCOMING_INTERVAL, now_ns,
				     streams_bytes(in), least_ns);
		if (sends && running)
			sample_tcp_info(test);
	}
}

/* ---- the client ---- */

static int open_client(struct test *test, const struct address *peer, const struct address *local)
{
	struct run *run = test->run;
	const union value *value = run->value;
	struct tcp_client_options options = {
		.peer = *peer,
		.local = *local,
		.back_port = way_back_port(value),
		.streams = (unsigned)value[STREAMS].num,
		.length = value[LENGTH].num,
		.window = value[WINDOW].num,
		.bytes = value[BYTES].num,
		.seconds = value[SECONDS].real,
		.back = settings_back(value),
		.connect_until_ns = clock_raw_ns() + (uint64_t)(value[CONNECT_TIMEOUT].real * 1e9),
	};
	enum tcp_client_step failed;
	int err = tcp_client_open(&test->client, &options, &failed);

	if (!err)
		partner_note_connection(run, test->client->out.one[0].transfer.fd, 0);
	if (!err)
		return 0;
	if (failed == TCP_CLIENT_ALLOCATE)
		return run_fail(run, err, "memory for %u streams", options.streams);
	if (failed == TCP_CLIENT_LISTEN)
		return run_fail(run, err, "listening on port %u for the way back",
				options.back_port);
	return run_fail(run, err, "connecting to %s port %u", run->target,
			(unsigned)value[PORT].num);
}

static int start_way_back(struct test *test)
{
	int err = tcp_client_start_in(test->client);

	return err ? run_fail(test->run, err, "starting a thread to receive") : 0;
}

/* What a way brought; its words when it ended otherwise. A partner that took all and only did not
 * close is judged, not failed: the numbers stand. */
static int conclude_outgoing(struct test *test)
{
	struct run *run = test->run;
	int err = streams_error(&test->client->out);
	bool carried = streams_bytes(&test->client->out) > 0;

	if (!test->tcp_info_seen)
		sample_tcp_info(test);
	sample_retransmits(test);
	for (unsigned i = 0; i < test->client->out.count; i++)
		carried &= !socket_unacknowledged(test->client->out.one[i].transfer.fd);
	streams_end(&test->client->out);
	sample_total(run, &test->client->out, OUTGOING, OUTGOING_BYTES, OUTGOING_SECONDS);
	warn_if_cpu_bound(run, &test->client->out, "outgoing");
	if (!err)
		return 0;
	if (err == -ETIMEDOUT && carried) {
		run_diagnose(
			run, VERDICT_UNKNOWN, "partner-did-not-close",
			"%s took all data but did not close within %u s; the rate is until the last "
			"acknowledgement",
			run->target, (unsigned)(TCP_CLIENT_IDLE_NS / SECOND_NS));
		return 0;
	}
	return run_fail(run, err, "sending to %s: after %llu bytes", run->target,
			(unsigned long long)streams_bytes(&test->client->out));
}

static int conclude_incoming(struct test *test)
{
	struct run *run = test->run;
	int err = streams_error(&test->client->in);

	partner_note_connection(run, test->client->in.one[0].transfer.fd, 0);
	streams_end(&test->client->in);
	sample_total(run, &test->client->in, INCOMING, INCOMING_BYTES, INCOMING_SECONDS);
	warn_if_cpu_bound(run, &test->client->in, "incoming");
	if (test->client->in.strangers)
		run_warn(run, "%u connections from others than %s were closed",
			 test->client->in.strangers, run->target);
	if (err == -EFBIG) {
		run_diagnose(
			run, VERDICT_UNKNOWN, "partner-sent-too-much",
			"the way back brought more than the %llu bytes asked for (2.0.x servers read -n -r as a "
			"time); cut there",
			(unsigned long long)run->value[BYTES].num);
		return 0;
	}
	if (err == -ETIMEDOUT && !streams_bytes(&test->client->in))
		return run_fail(run, err, "%s did not connect back to port %u", run->target,
				way_back_port(run->value));
	return err ? run_fail(run, err, "receiving from %s: after %llu bytes", run->target,
			      (unsigned long long)streams_bytes(&test->client->in)) :
		     0;
}

static int measure_both_ways(struct test *test)
{
	const union value *value = test->run->value;
	double expected = tcp_one_way_seconds(value);
	int err = value[DUAL].on ? start_way_back(test) : 0;

	if (err)
		return err;
	run_activity(test->run, value[DUAL].on ? "TCP with %s, both ways" : "TCP to %s",
		     test->run->target);
	err = tcp_client_start_out(test->client);
	if (err)
		return run_fail(test->run, err, "starting to send to %s", test->run->target);
	watch(test, expected * (value[TRADEOFF].on ? 2 : 1));
	err = conclude_outgoing(test);
	if (value[TRADEOFF].on && !err) {
		run_activity(test->run, "TCP from %s", test->run->target);
		err = start_way_back(test);
		if (!err)
			watch(test, expected);
	}
	int back = way_back_wanted(value) && !err ? conclude_incoming(test) : 0;
	return err ? err : back;
}

static int be_client(struct run *run, const struct address *peer, const struct address *local)
{
	struct test test = { .run = run };

	run_activity(run, "connecting to %s", run->target);
	int err = open_client(&test, peer, local);
	if (err)
		return err;
	struct host_watch host = { 0 };
	struct cpu_meter cpu = cpu_meter_begin();
	host_watch_begin(&host, run, HOST, peer);
	err = measure_both_ways(&test);
	if (streams_seconds(&test.client->out) > 0)
		run_sample(run, CPU, cpu_meter_percent(&cpu));
	host_watch_conclude(&host);
	tcp_client_free(test.client);
	return err;
}

/* ---- the server ---- */

static int be_server(struct run *run, const struct address *peer, const struct address *local)
{
	struct partner_server server = {
		.run = run,
		.options = { .tcp = true },
		.incoming_interval = INCOMING_INTERVAL,
		.outgoing_interval = OUTGOING_INTERVAL,
		.host = HOST,
	};
	struct cpu_meter cpu;
	int err = partner_serve(&server, peer, local, &cpu);

	if (server.in.seconds > 0) {
		run_sample(run, INCOMING_SECONDS, server.in.seconds);
		run_sample(run, INCOMING_BYTES, (double)server.in.bytes);
		run_sample(run, INCOMING, (double)server.in.bytes * 8 / server.in.seconds / 1e6);
		run_sample(run, CPU, cpu_meter_percent(&cpu));
	}
	if (server.out.seconds > 0) {
		run_sample(run, OUTGOING_SECONDS, server.out.seconds);
		run_sample(run, OUTGOING_BYTES, (double)server.out.bytes);
		run_sample(run, OUTGOING, (double)server.out.bytes * 8 / server.out.seconds / 1e6);
	}
	return err;
}

const struct partner_roles tcp_roles = { be_client, be_server };
