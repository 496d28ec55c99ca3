/* SPDX-License-Identifier: MIT */
/* One machine's load at a meeting: see load.h. */
#include "bench/net/wire/meet/load.h"

#include "bench/bench.h"
#include "bench/net/wire/iperf2/tcp_client.h"
#include "bench/net/wire/iperf2/udp_streams.h"

#include <errno.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct load {
	struct load_options options;
	struct tcp_client *tcp;
	struct udp_streams *udp;
};

/* ---- TCP ---- */

static int open_tcp(struct load *load)
{
	const struct load_options *options = &load->options;
	struct tcp_client_options tcp = {
		.peer = options->peer,
		.local = options->local,
		.back_port = options->back_port,
		.streams = options->streams,
		.length = options->length,
		.window = options->window,
		.seconds = options->seconds,
		.back = options->towards_us ? BACK_AFTER : BACK_NONE,
		.only_back = options->towards_us,
		.connect_until_ns = clock_raw_ns() + (uint64_t)(options->connect_seconds * 1e9),
	};

	return tcp_client_open(&load->tcp, &tcp, NULL);
}

static struct streams *tcp_streams(const struct load *load)
{
	return load->options.towards_us ? &load->tcp->in : &load->tcp->out;
}

/* While a stream runs its descriptor is open. */
static uint64_t tcp_bytes(const struct load *load)
{
	const struct streams *streams = tcp_streams(load);
	uint64_t bytes = streams_bytes(streams), queued = 0;

	for (unsigned i = 0; i < streams->count && !load->options.towards_us; i++)
		if (streams->one[i].transfer.fd >= 0)
			queued += socket_unacknowledged(streams->one[i].transfer.fd);
	return queued < bytes ? bytes - queued : 0;
}

static uint64_t tcp_retransmits(const struct streams *streams)
{
	uint64_t segments = 0;

	for (unsigned i = 0; i < streams->count; i++) {
		struct tcp_info info = { 0 };
		socklen_t len = sizeof(info);
		if (!getsockopt(streams->one[i].transfer.fd, IPPROTO_TCP, TCP_INFO, &info, &len))
			segments += info.tcpi_total_retrans;
	}
	return segments;
}

static void take_times(const struct streams *streams, struct meet_share *share)
{
	share->started_ns = UINT64_MAX;
	for (unsigned i = 0; i < streams->count; i++) {
		const struct transfer *transfer = &streams->one[i].transfer;
		if (transfer->start_ns && transfer->start_ns < share->started_ns)
			share->started_ns = transfer->start_ns;
		if (transfer->end_ns > share->ended_ns)
			share->ended_ns = transfer->end_ns;
	}
	if (share->started_ns == UINT64_MAX)
		share->started_ns = 0;
}

static int end_tcp(struct load *load, struct meet_share *share)
{
	struct streams *streams = tcp_streams(load);
	int err = streams_error(streams), before = streams_error(&load->tcp->out);

	if (!load->options.towards_us)
		share->retransmits = tcp_retransmits(streams);
	tcp_client_stop(load->tcp);
	share->bytes = streams_bytes(streams);
	take_times(streams, share);
	return err ? err : before;
}

/* ---- UDP ---- */

static int open_udp(struct load *load)
{
	const struct load_options *options = &load->options;
	struct udp_plan plan = {
		.peer = options->peer,
		.local = options->local,
		.streams = 1,
		.batch = 1,
		.length = options->length,
		.window = options->window,
		.rate = options->rate,
		.seconds = options->seconds,
		.back = options->towards_us ? BACK_AFTER : BACK_NONE,
		.only_back = options->towards_us,
		.back_port = options->back_port,
		.layout = IPERF2_SIXTEEN,
		.connect_until_ns = clock_raw_ns() + (uint64_t)(options->connect_seconds * 1e9),
	};
	bool listening;

	load->udp = udp_streams_new(&plan);
	return load->udp ? udp_streams_open(load->udp, &listening) : -ENOMEM;
}

static void take_report(const struct iperf2_report *report, struct meet_share *share)
{
	share->reported = 1;
	share->received_bytes = report->bytes;
	share->received_us = report->duration_us;
	share->datagrams = report->datagrams;
	share->lost = report->lost;
	share->out_of_order = report->out_of_order;
	share->jitter_us = report->jitter_us;
}

static int end_udp(struct load *load, struct meet_share *share)
{
	const struct udp_tally *tally, *out = udp_streams_out(load->udp);

	udp_streams_stop(load->udp);
	tally = load->options.towards_us ? udp_streams_in(load->udp) : out;
	if (!tally->count)
		return out->err ? out->err : -ETIMEDOUT;
	struct served sum = udp_tally_sum(tally);
	share->started_ns = tally->one[0].start_ns;
	share->ended_ns = share->started_ns + (uint64_t)(sum.seconds * 1e9);
	share->bytes = sum.bytes;
	if (sum.has_report && !load->options.towards_us)
		iperf2_report_repair(&sum.report, sum.datagrams, sum.length);
	if (sum.has_report)
		take_report(&sum.report, share);
	return tally->err ? tally->err : out->err;
}

/* ---- either ---- */

int load_open(struct load **out, const struct load_options *options)
{
	struct load *load = calloc(1, sizeof(*load));

	if (!load)
		return -ENOMEM;
	load->options = *options;
	int err = options->udp ? open_udp(load) : open_tcp(load);
	if (err)
		load_free(load);
	else
		*out = load;
	return err;
}

int load_start(struct load *load)
{
	if (load->udp)
		return udp_streams_start(load->udp);
	int err = tcp_client_start_out(load->tcp);
	return err || !load->options.towards_us ? err : tcp_client_start_in(load->tcp);
}

uint64_t load_bytes(struct load *load)
{
	if (!load->udp)
		return tcp_bytes(load);
	udp_streams_wait(load->udp, 0); /* it looks at what has come */
	return load->options.towards_us ? udp_streams_received(load->udp) :
					  udp_streams_sent(load->udp, 0);
}

bool load_runs(struct load *load, uint64_t until_ns)
{
	return load->udp ? udp_streams_wait(load->udp, until_ns) :
			   tcp_client_wait(load->tcp, until_ns);
}

void load_end(struct load *load, struct meet_share *share)
{
	bool runs = load_runs(load, 0);
	int err;

	err = load->udp ? end_udp(load, share) : end_tcp(load, share);
	if (runs)
		err = -ETIMEDOUT;
	if (err)
		snprintf(share->failure, sizeof(share->failure), "after %llu bytes: %s",
			 (unsigned long long)share->bytes, strerror(-err));
}

void load_free(struct load *load)
{
	if (load && load->udp)
		udp_streams_free(load->udp);
	if (load)
		tcp_client_free(load->tcp);
	free(load);
}
