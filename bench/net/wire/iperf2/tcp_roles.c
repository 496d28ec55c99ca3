/* SPDX-License-Identifier: MIT */
/* net.tcp as iperf 2's client and as its server: see bench/net/tcp.c. */
#include "bench/net/tcp.h"

#include "bench/net/wire/host.h"
#include "bench/net/wire/iperf2/serve.h"
#include "bench/net/wire/iperf2/tcp_samples.h"

#include <errno.h>
#include <netinet/tcp.h>

#define LATE_NS (250 * MILLISECOND_NS)

/* ---- the client ---- */

static int open_client(struct run *run, const struct address *peer, const struct address *local,
		       struct tcp_client **client)
{
	const union value *value = run->value;
	struct tcp_client_options options = {
		.peer = *peer,
		.local = *local,
		.back_port = way_back_port(value),
		.streams = (unsigned)value[STREAMS].num,
		.length = tcp_length(value),
		.window = value[WINDOW].num,
		.rate = value[RATE].num,
		.bytes = value[BYTES].num,
		.seconds = value[SECONDS].real,
		.omit = value[OMIT].real,
		.uncopied = value[ENGINE].num == ENGINE_UNCOPIED,
		.pin = value[PIN].on,
		.back = settings_back(value),
		.connect_until_ns = clock_raw_ns() + (uint64_t)(value[CONNECT_TIMEOUT].real * 1e9),
	};
	enum tcp_client_step failed;
	int err = tcp_client_open(client, &options, &failed);

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

/* What the system made of what was asked for: Linux gives up to net.core.{w,r}mem_max, and tells
 * twice of it (socket(7)). */
static void note_connection(struct run *run, int fd)
{
	uint64_t window = run->value[WINDOW].num;
	char control[16] = "?";
	int given = 0, segment = 0;
	socklen_t control_len = sizeof(control) - 1, given_len = sizeof(given),
		  segment_len = sizeof(segment);

	partner_note_connection(run, fd, 0);
	getsockopt(fd, IPPROTO_TCP, TCP_CONGESTION, control, &control_len);
	getsockopt(fd, IPPROTO_TCP, TCP_MAXSEG, &segment, &segment_len);
	run_note(run, "congestion control %s, segments of %d bytes", control, segment);
	if (window && !getsockopt(fd, SOL_SOCKET, SO_SNDBUF, &given, &given_len) &&
	    (uint64_t)given / 2 < window)
		run_warn(run,
			 "window: asked for %llu bytes, the system gives %d (net.core.wmem_max)",
			 (unsigned long long)window, given / 2);
}

/* Said first and loudly: nobody may take the result for iperf's. */
static void warn_of_engine(struct run *run)
{
	if (run->value[ENGINE].num == ENGINE_UNCOPIED)
		run_warn(
			run,
			"engine=uncopied: NOT iperf's way of measuring, not comparable with it: pages are lent "
			"(vmsplice, splice) in writes of %zu bytes and received ones dropped unread (MSG_TRUNC)",
			tcp_length(run->value));
}

static void note_engine(struct run *run, const struct tcp_client *client)
{
	if (run->value[ENGINE].num != ENGINE_UNCOPIED)
		return;
	for (unsigned i = 0; i < client->out.count; i++)
		if (!client->out.one[i].transfer.uncopied) {
			run_warn(run,
				 "engine=uncopied: stream %u could not lend its pages and copied",
				 i + 1);
			break;
		}
	run_note(run, "engine=uncopied: %s",
		 tcp_client_server_uncopied(client) ?
			 "at both ends" :
			 "at our end only, the partner copies (only assay as a partner does not)");
}

/* iperf's client counts the time until the close (2.1.8), which some servers take their time for. */
static void warn_of_late_close(struct run *run, const struct streams *out)
{
	for (unsigned i = 0; i < out->count; i++) {
		const struct transfer *transfer = &out->one[i].transfer;
		if (!transfer->closed_by_peer || !transfer->acknowledged_ns ||
		    transfer->end_ns < transfer->acknowledged_ns + LATE_NS)
			continue;
		run_warn(
			run,
			"stream %u: the partner closed only %.2f s after it had acknowledged all: the rate "
			"is over a time that has nothing to do with the network",
			i + 1, (double)(transfer->end_ns - transfer->acknowledged_ns) / 1e9);
		return;
	}
}

/* What a way brought; its words when it ended otherwise. A partner that took all and only did not
 * close is judged, not failed: the numbers stand. */
static int conclude_outgoing(struct tcp_samples *samples)
{
	struct run *run = samples->run;
	struct streams *out = samples->out.streams;
	int err = streams_error(out);
	bool carried = streams_bytes(out) > 0;

	tcp_samples_end_sending(samples);
	for (unsigned i = 0; i < out->count; i++)
		carried &= !socket_unacknowledged(out->one[i].transfer.fd);
	streams_end(out);
	tcp_samples_total(samples, &samples->out);
	warn_of_late_close(run, out);
	note_engine(run, samples->client);
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
			(unsigned long long)streams_bytes(out));
}

static int conclude_incoming(struct tcp_samples *samples)
{
	struct run *run = samples->run;
	struct streams *in = samples->in.streams;
	int err = streams_error(in);

	partner_note_connection(run, in->one[0].transfer.fd, 0);
	streams_end(in);
	tcp_samples_total(samples, &samples->in);
	if (in->strangers)
		run_warn(run, "%u connections from others than %s were closed", in->strangers,
			 run->target);
	if (err == -EFBIG) {
		run_diagnose(
			run, VERDICT_UNKNOWN, "partner-sent-too-much",
			"the way back brought more than the %llu bytes asked for (2.0.x servers read -n -r as a "
			"time); cut there",
			(unsigned long long)run->value[BYTES].num);
		return 0;
	}
	if (err == -ETIMEDOUT && !streams_bytes(in))
		return run_fail(run, err, "%s did not connect back to port %u", run->target,
				way_back_port(run->value));
	return err ? run_fail(run, err, "receiving from %s: after %llu bytes", run->target,
			      (unsigned long long)streams_bytes(in)) :
		     0;
}

static int start_way_back(struct run *run, struct tcp_client *client)
{
	int err = tcp_client_start_in(client);

	return err ? run_fail(run, err, "starting a thread to receive") : 0;
}

static int measure_both_ways(struct tcp_samples *samples)
{
	struct run *run = samples->run;
	const union value *value = run->value;
	double expected = tcp_one_way_seconds(value);
	int err = value[DUAL].on ? start_way_back(run, samples->client) : 0;

	if (err)
		return err;
	run_activity(run, value[DUAL].on ? "TCP with %s, both ways" : "TCP to %s", run->target);
	err = tcp_client_start_out(samples->client);
	if (err)
		return run_fail(run, err, "starting to send to %s", run->target);
	tcp_samples_watch(samples, expected * (value[TRADEOFF].on ? 2 : 1));
	err = conclude_outgoing(samples);
	if (value[TRADEOFF].on && !err) {
		run_activity(run, "TCP from %s", run->target);
		err = start_way_back(run, samples->client);
		if (!err)
			tcp_samples_watch(samples, expected);
	}
	if (!err)
		return way_back_wanted(value) ? conclude_incoming(samples) : 0;
	/* What came back meanwhile is kept; the failure has its words already. */
	tcp_client_stop(samples->client);
	tcp_samples_total(samples, &samples->in);
	return err;
}

static int be_client(struct run *run, const struct address *peer, const struct address *local)
{
	struct host_watch host = { 0 };
	struct tcp_samples samples;
	struct tcp_client *client;

	warn_of_engine(run);
	run_activity(run, "connecting to %s", run->target);
	int err = open_client(run, peer, local, &client);
	if (err)
		return err;
	note_connection(run, client->out.one[0].transfer.fd);
	tcp_samples_init(&samples, run, client);
	host_watch_begin(&host, run, HOST, peer);
	struct cpu_meter cpu = cpu_meter_begin();
	err = measure_both_ways(&samples);
	if (streams_seconds(&client->out) > 0)
		run_sample(run, CPU, cpu_meter_percent(&cpu));
	host_watch_conclude(&host);
	tcp_client_free(client);
	return err;
}

/* ---- the server ---- */

static void sample_served_way(struct run *run, const struct partner_way *way, bool outgoing)
{
	if (way->seconds <= 0)
		return;
	run_sample(run, outgoing ? OUTGOING_SECONDS : INCOMING_SECONDS, way->seconds);
	run_sample(run, outgoing ? OUTGOING_BYTES : INCOMING_BYTES, (double)way->bytes);
	run_sample(run, outgoing ? OUTGOING : INCOMING,
		   (double)way->bytes * 8 / way->seconds / 1e6);
	for (unsigned i = 0; way->tests > 1 && i < way->tests && i < PARTNER_TESTS; i++) {
		const struct served *served = &way->each[i];
		tcp_samples_stream(
			run, outgoing,
			&(struct tcp_stream_figures){
				i + 1, served->bytes, served->seconds,
				address_port(outgoing ? &served->local : &served->peer) });
	}
	tcp_samples_steady(run, outgoing);
}

static int be_server(struct run *run, const struct address *peer, const struct address *local)
{
	struct partner_server server = {
		.run = run,
		.options = { .tcp = true, .length = tcp_length(run->value) },
		.incoming_interval = INCOMING_INTERVAL,
		.outgoing_interval = OUTGOING_INTERVAL,
		.host = HOST,
	};
	struct cpu_meter cpu;
	int err = partner_serve(&server, peer, local, &cpu);

	sample_served_way(run, &server.in, false);
	sample_served_way(run, &server.out, true);
	if (server.in.seconds > 0)
		run_sample(run, CPU, cpu_meter_percent(&cpu));
	return err;
}

const struct partner_roles tcp_roles = { be_client, be_server };
