/* SPDX-License-Identifier: MIT */
/* net.tcp as iperf 2's client and as its server: see bench/net/tcp.c. */
#include "bench/net/tcp.h"

#include "bench/net/wire/iperf2/protocol.h"
#include "bench/net/wire/iperf2/serve.h"
#include "bench/net/wire/streams.h"

#include <errno.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <string.h>

/* A partner that moves nothing for so long is gone; one that does not close after the end gets as
 * long. */
#define IDLE_NS (10 * SECOND_NS)
/* 2.0.x as server reads the bytes of -n -r as hundredths of a second and never stops. */
enum { BACK_GRACE_SECONDS = 5 };

/* The streams of both ways and what has been sampled of them. */
struct test {
	struct run *run;
	struct address peer, local;
	struct streams out, in;
	struct meter meter_out, meter_in;
	bool tcp_info_seen;
};

/* ---- samples ---- */

static void sample_tcp_info(struct test *test)
{
	for (unsigned i = 0; i < test->out.count; i++) {
		struct tcp_info info = { 0 };
		socklen_t len = sizeof(info);
		if (getsockopt(test->out.one[i].transfer.fd, IPPROTO_TCP, TCP_INFO, &info, &len) ||
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

	for (unsigned i = 0; i < test->out.count; i++) {
		struct tcp_info info = { 0 };
		socklen_t len = sizeof(info);
		if (!getsockopt(test->out.one[i].transfer.fd, IPPROTO_TCP, TCP_INFO, &info, &len))
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

/* Waits for the streams of one or both ways, sampling at each interval. */
static void watch(struct test *test, struct streams *first, struct streams *second, double expected)
{
	const union value *value = test->run->value;
	uint64_t interval_ns = (uint64_t)(value[INTERVAL].real * 1e9), start_ns = clock_raw_ns();
	unsigned running = 1;

	meter_begin(&test->meter_out, start_ns, streams_bytes(&test->out));
	meter_begin(&test->meter_in, start_ns, streams_bytes(&test->in));
	for (uint64_t tick_ns = start_ns + interval_ns; running; tick_ns += interval_ns) {
		running = streams_wait(first, tick_ns);
		if (second)
			running += streams_wait(second, tick_ns);
		uint64_t now_ns = clock_raw_ns();
		run_progress(test->run, (double)(now_ns - start_ns) / 1e9 / expected);
		if (first == &test->out || second == &test->out)
			meter_sample(&test->meter_out, test->run, OUTGOING_INTERVAL, now_ns,
				     streams_bytes(&test->out), running ? 0 : interval_ns / 2);
		if (first == &test->in || second == &test->in)
			meter_sample(&test->meter_in, test->run, INCOMING_INTERVAL, now_ns,
				     streams_bytes(&test->in), running ? 0 : interval_ns / 2);
		if (first == &test->out && running)
			sample_tcp_info(test);
	}
}

/* ---- the client ---- */

static int prepare_way_back(struct test *test)
{
	const union value *value = test->run->value;
	struct address at = test->local;
	uint16_t port = way_back_port(value);

	address_set_port(&at, port);
	test->in.listener = socket_listen(&at, SOCK_STREAM, value[WINDOW].num);
	if (test->in.listener < 0)
		return run_fail(test->run, test->in.listener,
				"listening on port %u for the way back", port);
	test->in.only = test->peer;
	for (unsigned i = 0; i < test->in.count; i++) {
		test->in.one[i].transfer.idle_ns = IDLE_NS;
		test->in.one[i].transfer.bytes_wanted = value[BYTES].num;
	}
	return 0;
}

static int start_way_back(struct test *test)
{
	/* With dual the partner connects back as soon as we have reached it. */
	uint64_t reached_ns =
		clock_raw_ns() + (uint64_t)(test->run->value[CONNECT_TIMEOUT].real * 1e9);
	double limit = tcp_one_way_seconds(test->run->value) + BACK_GRACE_SECONDS;

	test->in.accept_until_ns =
		(test->run->value[DUAL].on ? reached_ns : clock_raw_ns()) + IDLE_NS;
	for (unsigned i = 0; i < test->in.count; i++)
		test->in.one[i].transfer.deadline_ns =
			test->in.accept_until_ns + (uint64_t)(limit * 1e9);
	int err = streams_start(&test->in);
	return err ? run_fail(test->run, err, "starting a thread to receive") : 0;
}

static int send_header(const union value *value, int fd)
{
	struct iperf2_request request = settings_request(value);
	uint8_t header[IPERF2_EXTENDED];
	size_t len = iperf2_request_encode(&request, false, header);

	/* Never with the extension: the server would answer with bytes that we must not leave
	 * unread. */
	ssize_t sent = send(fd, header, len, MSG_NOSIGNAL);
	return sent == (ssize_t)len ? 0 : sent < 0 ? -errno : -EIO;
}

static int connect_streams(struct test *test)
{
	const union value *value = test->run->value;
	uint64_t until_ns = clock_raw_ns() + (uint64_t)(value[CONNECT_TIMEOUT].real * 1e9);
	int err = 0;

	run_activity(test->run, "connecting to %s", test->run->target);
	for (unsigned i = 0; i < test->out.count && !err; i++) {
		struct transfer *transfer = &test->out.one[i].transfer;
		transfer->fd = socket_connect(&test->peer, value[WINDOW].num, until_ns, NULL);
		if (transfer->fd < 0)
			return run_fail(test->run, transfer->fd, "connecting to %s port %u",
					test->run->target, (unsigned)value[PORT].num);
		transfer->bytes_wanted = value[BYTES].num;
		transfer->duration_ns = (uint64_t)(value[SECONDS].real * 1e9);
		transfer->idle_ns = IDLE_NS;
		transfer->deadline_ns =
			until_ns + 2 * IDLE_NS + (uint64_t)(tcp_one_way_seconds(value) * 1e9);
		partner_note_connection(test->run, transfer->fd, i);
		err = send_header(value, transfer->fd);
	}
	return err ? run_fail(test->run, err, "sending the header to %s", test->run->target) : 0;
}

/* What a way brought; its words when it ended otherwise. A partner that took all and only did not
 * close is judged, not failed: the numbers stand. */
static int conclude_outgoing(struct test *test)
{
	struct run *run = test->run;
	int err = streams_error(&test->out);
	bool carried = streams_bytes(&test->out) > 0;

	if (!test->tcp_info_seen)
		sample_tcp_info(test);
	sample_retransmits(test);
	for (unsigned i = 0; i < test->out.count; i++)
		carried &= !socket_unacknowledged(test->out.one[i].transfer.fd);
	streams_end(&test->out);
	sample_total(run, &test->out, OUTGOING, OUTGOING_BYTES, OUTGOING_SECONDS);
	warn_if_cpu_bound(run, &test->out, "outgoing");
	if (!err)
		return 0;
	if (err == -ETIMEDOUT && carried) {
		run_diagnose(
			run, VERDICT_UNKNOWN, "partner-did-not-close",
			"%s took all data but did not close within %u s; the rate is until the last "
			"acknowledgement",
			run->target, (unsigned)(IDLE_NS / SECOND_NS));
		return 0;
	}
	return run_fail(run, err, "sending to %s: after %llu bytes", run->target,
			(unsigned long long)streams_bytes(&test->out));
}

static int conclude_incoming(struct test *test)
{
	struct run *run = test->run;
	int err = streams_error(&test->in);

	partner_note_connection(run, test->in.one[0].transfer.fd, 0);
	streams_end(&test->in);
	sample_total(run, &test->in, INCOMING, INCOMING_BYTES, INCOMING_SECONDS);
	warn_if_cpu_bound(run, &test->in, "incoming");
	if (test->in.strangers)
		run_warn(run, "%u connections from others than %s were closed", test->in.strangers,
			 run->target);
	if (err == -EFBIG) {
		run_diagnose(
			run, VERDICT_UNKNOWN, "partner-sent-too-much",
			"the way back brought more than the %llu bytes asked for (2.0.x servers read -n -r as a "
			"time); cut there",
			(unsigned long long)run->value[BYTES].num);
		return 0;
	}
	if (err == -ETIMEDOUT && !streams_bytes(&test->in))
		return run_fail(run, err, "%s did not connect back to port %u", run->target,
				way_back_port(run->value));
	return err ? run_fail(run, err, "receiving from %s: after %llu bytes", run->target,
			      (unsigned long long)streams_bytes(&test->in)) :
		     0;
}

static int measure_both_ways(struct test *test)
{
	const union value *value = test->run->value;
	double expected = tcp_one_way_seconds(value);
	int err = value[DUAL].on ? start_way_back(test) : 0;

	if (!err)
		err = connect_streams(test);
	if (err)
		return err;
	run_activity(test->run, value[DUAL].on ? "TCP with %s, both ways" : "TCP to %s",
		     test->run->target);
	err = streams_start(&test->out);
	if (err)
		return run_fail(test->run, err, "starting a thread to send");
	watch(test, &test->out, value[DUAL].on ? &test->in : NULL,
	      expected * (value[TRADEOFF].on ? 2 : 1));
	err = conclude_outgoing(test);
	if (value[TRADEOFF].on && !err) {
		run_activity(test->run, "TCP from %s", test->run->target);
		err = start_way_back(test);
		if (!err)
			watch(test, &test->in, NULL, expected);
	}
	int back = way_back_wanted(value) && !err ? conclude_incoming(test) : 0;
	return err ? err : back;
}

static int run_test(struct test *test)
{
	const union value *value = test->run->value;
	unsigned streams = (unsigned)value[STREAMS].num;
	int err = streams_init(&test->out, streams, value[LENGTH].num, false);

	if (!err)
		err = streams_init(&test->in, way_back_wanted(value) ? streams : 0,
				   value[LENGTH].num, true);
	if (err)
		err = run_fail(test->run, err, "memory for %u streams", streams);
	if (!err && way_back_wanted(value))
		err = prepare_way_back(test);
	struct cpu_meter cpu = cpu_meter_begin();
	if (!err)
		err = measure_both_ways(test);
	if (streams_seconds(&test->out) > 0)
		run_sample(test->run, CPU, cpu_meter_percent(&cpu));
	streams_end(&test->out);
	streams_end(&test->in);
	return err;
}

static int be_client(struct run *run, const struct address *peer, const struct address *local)
{
	struct test *test = calloc(1, sizeof(*test));

	if (!test)
		return run_fail(run, -ENOMEM, "memory for the test");
	test->run = run;
	test->peer = *peer;
	test->local = *local;
	int err = run_test(test);
	free(test);
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
