/* SPDX-License-Identifier: MIT */
/* net.udp as iperf 2's client and as its server: see bench/net/udp.c. */
#include "bench/net/udp.h"

#include "bench/net/wire/host.h"
#include "bench/net/wire/iperf2/flow.h"
#include "bench/net/wire/iperf2/udp_streams.h"

#include <errno.h>
#include <stdlib.h>

const struct udp_report_metrics udp_partners_report = {
	.rate = RECEIVED,
	.jitter = JITTER,
	.lost = LOST,
	.lost_percent = LOST_PERCENT,
	.out_of_order = OUT_OF_ORDER,
	.datagrams = DATAGRAMS,
};
const struct udp_report_metrics udp_our_report = {
	.rate = INCOMING,
	.jitter = INCOMING_JITTER,
	.lost = INCOMING_LOST,
	.lost_percent = INCOMING_LOST_PERCENT,
	.out_of_order = INCOMING_OUT_OF_ORDER,
	.datagrams = INCOMING_DATAGRAMS,
};

/* ---- samples ---- */

static void sample_report(struct run *run, const struct udp_report_metrics *metric,
			  const struct iperf2_report *report)
{
	double elapsed = (double)report->duration_us / 1e6;

	run_sample(run, metric->jitter, (double)report->jitter_us / 1e3);
	run_sample(run, metric->lost, (double)report->lost);
	run_sample(run, metric->out_of_order, (double)report->out_of_order);
	run_sample(run, metric->datagrams, (double)report->datagrams);
	if (report->datagrams)
		run_sample(run, metric->lost_percent,
			   100.0 * (double)report->lost / (double)report->datagrams);
	if (elapsed > 0)
		run_sample(run, metric->rate, (double)report->bytes * 8 / elapsed / 1e6);
}

static void sample_sent(struct run *run, uint64_t bytes, uint64_t datagrams, double elapsed)
{
	run_sample(run, SENT_DATAGRAMS, (double)datagrams);
	run_sample(run, OUTGOING_BYTES, (double)bytes);
	if (elapsed > 0)
		run_sample(run, OUTGOING, (double)bytes * 8 / elapsed / 1e6);
}

static void sample_incoming(struct run *run, const struct iperf2_report *counted,
			    uint64_t duplicates)
{
	struct iperf2_report report = *counted;

	/* The stock report counts duplicates as out of order; here they have a metric of their own.
	 */
	report.out_of_order -= duplicates < report.out_of_order ? duplicates : report.out_of_order;
	run_sample(run, INCOMING_BYTES, (double)report.bytes);
	run_sample(run, INCOMING_DUPLICATES, (double)duplicates);
	sample_report(run, &udp_our_report, &report);
}

/* The partner's report belongs to our sending: with 0 of `sent` received it still has no rate. */
static void sample_partner_report(struct run *run, struct iperf2_report *report, uint64_t sent,
				  size_t length)
{
	if (iperf2_report_repair(report, sent, length))
		run_warn(
			run,
			"the partner's report was absurd and was put right from its bytes: a known fault of "
			"iperf 2.0.10's counting");
	sample_report(run, &udp_partners_report, report);
}

static void note_sending(struct run *run, const struct datagram_send *send)
{
	run_sample(run, GAP_P50, (double)histogram_percentile(&send->gaps, 50) / 1e3);
	run_sample(run, GAP_P99, (double)histogram_percentile(&send->gaps, 99) / 1e3);
	if (send->slips)
		run_warn(
			run,
			"the sender was held up %llu times for more than 0.1 s and did not make up for it",
			(unsigned long long)send->slips);
	if (send->passed_over)
		run_warn(run,
			 "%u answers that were no report, or could not be true, were passed over",
			 send->passed_over);
	if (send->fins > 1 && send->acknowledged)
		run_note(run, "the partner's report came after %u requests", send->fins);
}

/* ---- the client ---- */

static void plan_sending(const struct run *run, struct datagram_send *send)
{
	const union value *value = run->value;

	send->length = value[LENGTH].num;
	send->rate = value[RATE].num;
	send->bytes_wanted = value[BYTES].num;
	send->duration_ns = (uint64_t)(value[SECONDS].real * 1e9);
	send->has_request = way_back_wanted(value);
	send->layout = send->has_request && value[PEER].num == 1 ? IPERF2_TWELVE : IPERF2_SIXTEEN;
	if (!send->has_request)
		return; /* zeros where the header would be: neither layout's server takes them for
			   flags */
	send->request = settings_request(value);
	send->request.length = (uint32_t)value[LENGTH].num;
	send->request.rate = value[RATE].num;
	/* 2.1 looks for the rate of its way in the extension, and reads ids of 64 bits. */
	send->request.extended = send->request.wide_ids = send->layout == IPERF2_SIXTEEN;
}

static int conclude_outgoing(struct run *run, struct udp_streams *streams)
{
	struct datagram_send *send = &streams->out;

	sample_sent(run, send->bytes, send->datagrams, datagram_seconds(send));
	note_sending(run, send);
	if (send->acknowledged)
		sample_partner_report(run, &send->report, send->datagrams, send->length);
	if (send->err)
		return run_fail(run, send->err, "sending to %s: after %llu datagrams", run->target,
				(unsigned long long)send->datagrams);
	if (send->refused && !send->acknowledged)
		return run_fail(run, -ECONNREFUSED,
				"sending to %s: nobody listens on UDP port %u any more",
				run->target, (unsigned)run->value[PORT].num);
	if (!send->acknowledged) {
		run_warn(run, "no report from %s after %u requests: what arrived is unknown",
			 run->target, send->fins);
		run_diagnose(
			run, VERDICT_UNKNOWN, "no-report-from-partner",
			"%llu datagrams were sent; whether they arrived cannot be told without the partner's report",
			(unsigned long long)send->datagrams);
	}
	return 0;
}

static int conclude_incoming(struct run *run, struct udp_streams *streams)
{
	const struct udp_receive *in = &streams->in;
	struct iperf2_report report;
	struct address local;

	if (in->flow.count.started) {
		iperf2_count_report(&in->flow.count, &report);
		if (!address_of(in->fd, &local, NULL))
			partner_note_ends(run, &local, &in->from);
		sample_incoming(run, &report, in->flow.count.duplicates);
	}
	if (in->strangers)
		run_warn(run, "%u datagrams from others than %s were ignored", in->strangers,
			 run->target);
	if (in->err && !in->flow.count.started)
		return run_fail(run, in->err, "%s sent nothing back to port %u", run->target,
				way_back_port(run->value));
	if (in->err == -ETIMEDOUT) {
		run_diagnose(
			run, VERDICT_UNKNOWN, "way-back-without-end",
			"the end of the way back did not arrive; what was lost after datagram %llu is unknown",
			(unsigned long long)in->flow.count.last);
		return 0;
	}
	return in->err ? run_fail(run, in->err, "receiving from %s", run->target) : 0;
}

static int open_ways(struct run *run, struct udp_streams *streams, const struct address *peer,
		     const struct address *local)
{
	const union value *value = run->value;
	uint64_t until_ns = clock_raw_ns() + (uint64_t)(value[CONNECT_TIMEOUT].real * 1e9);
	uint16_t back = way_back_port(value);

	if (way_back_wanted(value)) {
		int err = udp_streams_listen(streams, local, back, value[WINDOW].num);
		if (err)
			return run_fail(run, err, "listening on UDP port %u for the way back",
					back);
	}
	run_activity(run, "asking for %s", run->target);
	int err = udp_streams_connect(streams, peer, value[WINDOW].num, until_ns);
	if (err)
		return run_fail(run, err, "reaching %s UDP port %u", run->target,
				(unsigned)value[PORT].num);
	partner_note_connection(run, streams->out.fd, 0);
	return 0;
}

static void watch(struct run *run, struct udp_streams *streams)
{
	const union value *value = run->value;
	uint64_t interval_ns = (uint64_t)(value[INTERVAL].real * 1e9), start_ns = clock_raw_ns();
	struct meter out, in;
	double expected = (udp_one_way_seconds(value) + 0.5) * (value[TRADEOFF].on ? 2 : 1);

	meter_begin(&out, start_ns, 0);
	meter_begin(&in, start_ns, 0);
	for (uint64_t tick_ns = start_ns + interval_ns; udp_streams_wait(streams, tick_ns);
	     tick_ns += interval_ns) {
		uint64_t now_ns = clock_raw_ns(), sent = streams->out.bytes,
			 received = streams->in.bytes;
		if (sent > out.last_bytes)
			meter_sample(&out, run, OUTGOING_INTERVAL, now_ns, sent, 0);
		if (received > in.last_bytes && in.last_bytes)
			meter_sample(&in, run, INCOMING_INTERVAL, now_ns, received, 0);
		meter_begin(&in, now_ns, received);
		run_progress(run, (double)(now_ns - start_ns) / 1e9 / expected);
	}
}

static int be_client(struct run *run, const struct address *peer, const struct address *local)
{
	const union value *value = run->value;
	struct udp_streams *streams = udp_streams_new(value[LENGTH].num);

	if (!streams)
		return run_fail(run, -ENOMEM, "memory for the test");
	plan_sending(run, &streams->out);
	int err = open_ways(run, streams, peer, local);
	if (!err) {
		struct cpu_meter cpu = cpu_meter_begin();
		struct host_watch host = { 0 };
		host_watch_begin(&host, run, HOST, peer);
		run_activity(run, "UDP with %s", run->target);
		err = udp_streams_start(streams, udp_one_way_seconds(value), value[TRADEOFF].on);
		watch(run, streams);
		run_sample(run, CPU, cpu_meter_percent(&cpu));
		host_watch_conclude(&host);
		err = err ? run_fail(run, err, "starting threads") :
			    conclude_outgoing(run, streams);
	}
	if (!err && way_back_wanted(value))
		err = conclude_incoming(run, streams);
	udp_streams_free(streams);
	return err;
}

/* ---- the server ---- */

static int be_server(struct run *run, const struct address *peer, const struct address *local)
{
	struct partner_server server = {
		.run = run,
		.options = { .udp = true, .rate = run->value[RATE].num },
		.incoming_interval = INCOMING_INTERVAL,
		.outgoing_interval = OUTGOING_INTERVAL,
		.host = HOST,
	};
	struct cpu_meter cpu;
	int err = partner_serve(&server, peer, local, &cpu);

	if (server.in.tests) {
		sample_incoming(run, &server.in.last.report, server.in.last.duplicates);
		run_sample(run, CPU, cpu_meter_percent(&cpu));
	}
	if (server.out.tests)
		sample_sent(run, server.out.bytes, server.out.datagrams, server.out.seconds);
	if (server.out.last.has_report)
		sample_partner_report(run, &server.out.last.report, server.out.datagrams,
				      server.out.last.length);
	return err;
}

const struct partner_roles udp_roles = { be_client, be_server };
