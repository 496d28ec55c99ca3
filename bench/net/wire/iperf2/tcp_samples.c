/* SPDX-License-Identifier: MIT */
/* The samples of net.tcp as a client: see tcp_samples.h. */
#include "bench/net/wire/iperf2/tcp_samples.h"

#include "bench/engine/disk/steady.h"

#include <errno.h>
#include <netinet/tcp.h>
#include <stdlib.h>

/* Where a metric of the outgoing way has its twin. */
static unsigned metric_of(bool outgoing, unsigned of_outgoing)
{
	switch (of_outgoing) {
	case OUTGOING:
		return outgoing ? OUTGOING : INCOMING;
	case OUTGOING_INTERVAL:
		return outgoing ? OUTGOING_INTERVAL : INCOMING_INTERVAL;
	case OUTGOING_BYTES:
		return outgoing ? OUTGOING_BYTES : INCOMING_BYTES;
	case OUTGOING_SECONDS:
		return outgoing ? OUTGOING_SECONDS : INCOMING_SECONDS;
	case OUTGOING_STEADY_FROM:
		return outgoing ? OUTGOING_STEADY_FROM : INCOMING_STEADY_FROM;
	default:
		return outgoing ? of_outgoing : of_outgoing + STREAM_INCOMING - STREAM_OUTGOING;
	}
}

void tcp_samples_init(struct tcp_samples *samples, struct run *run, struct tcp_client *client)
{
	*samples = (struct tcp_samples){
		.run = run,
		.client = client,
		.out = { .streams = &client->out, .outgoing = true, .name = "outgoing" },
		.in = { .streams = &client->in, .outgoing = false, .name = "incoming" },
	};
}

/* ---- TCP_INFO ---- */

static bool read_tcp_info(const struct stream *stream, struct tcp_info *info)
{
	socklen_t len = sizeof(*info);

	*info = (struct tcp_info){ 0 };
	return !getsockopt(stream->transfer.fd, IPPROTO_TCP, TCP_INFO, info, &len);
}

static void sample_tcp_info(struct tcp_samples *samples)
{
	struct tcp_info info;

	for (unsigned i = 0; i < samples->client->out.count; i++) {
		if (!read_tcp_info(&samples->client->out.one[i], &info) || !info.tcpi_rtt)
			continue;
		run_sample(samples->run, RTT, info.tcpi_rtt / 1e3);
		run_sample(samples->run, CONGESTION_WINDOW,
			   (double)info.tcpi_snd_cwnd * info.tcpi_snd_mss / 1024);
		samples->tcp_info_seen = true;
	}
}

static uint64_t count_retransmits(const struct tcp_samples *samples)
{
	uint64_t segments = 0;
	struct tcp_info info;

	for (unsigned i = 0; i < samples->client->out.count; i++)
		if (read_tcp_info(&samples->client->out.one[i], &info))
			segments += info.tcpi_total_retrans;
	return segments;
}

static void sample_retransmits(struct tcp_samples *samples)
{
	uint64_t now = count_retransmits(samples);

	run_sample(samples->run, RETRANSMITS_INTERVAL, (double)(now - samples->retransmits));
	samples->retransmits = now;
}

/* ---- intervals ---- */

static uint64_t bytes_of(const struct streams *streams, unsigned i)
{
	return atomic_load_explicit(&streams->one[i].transfer.bytes, memory_order_relaxed);
}

static bool shows_each(const struct streams *streams)
{
	return streams->count > 1 && streams->count <= TCP_SAMPLES_STREAMS;
}

static void begin_way(struct tcp_way *way, uint64_t now_ns)
{
	meter_begin(&way->all, now_ns, streams_bytes(way->streams));
	for (unsigned i = 0; shows_each(way->streams) && i < way->streams->count; i++)
		meter_begin(&way->each[i], now_ns, bytes_of(way->streams, i));
}

static void sample_way(struct tcp_samples *samples, struct tcp_way *way, uint64_t least_ns)
{
	struct run *run = samples->run;
	uint64_t now_ns = clock_raw_ns();

	meter_sample(&way->all, run, metric_of(way->outgoing, OUTGOING_INTERVAL), now_ns,
		     streams_bytes(way->streams), least_ns);
	for (unsigned i = 0; shows_each(way->streams) && i < way->streams->count; i++) {
		run_at(run, i + 1, 0);
		meter_sample(&way->each[i], run, metric_of(way->outgoing, STREAM_OUTGOING_INTERVAL),
			     now_ns, bytes_of(way->streams, i), least_ns);
	}
	run_at(run, 0, 0);
}

static void begin_intervals(struct tcp_samples *samples)
{
	uint64_t now_ns = clock_raw_ns();

	begin_way(&samples->out, now_ns);
	begin_way(&samples->in, now_ns);
	samples->retransmits = samples->retransmits_omitted = count_retransmits(samples);
}

void tcp_samples_watch(struct tcp_samples *samples, double expected_seconds)
{
	const union value *value = samples->run->value;
	uint64_t interval_ns = (uint64_t)(value[INTERVAL].real * 1e9), start_ns = clock_raw_ns();
	uint64_t tick_ns = start_ns + (uint64_t)(value[OMIT].real * 1e9);
	bool sends = samples->client->out.running, receives = samples->client->in.running;
	unsigned running = value[OMIT].real > 0 ? tcp_client_wait(samples->client, tick_ns) : 1;

	begin_intervals(samples);
	while (running) {
		tick_ns += interval_ns;
		running = tcp_client_wait(samples->client, tick_ns);
		uint64_t least_ns = running ? 0 : interval_ns / 2;
		run_progress(samples->run,
			     (double)(clock_raw_ns() - start_ns) / 1e9 / expected_seconds);
		if (sends)
			sample_way(samples, &samples->out, least_ns);
		if (receives)
			sample_way(samples, &samples->in, least_ns);
		if (sends && running) {
			sample_tcp_info(samples);
			sample_retransmits(samples);
		}
	}
}

/* ---- totals ---- */

void tcp_samples_end_sending(struct tcp_samples *samples)
{
	if (!samples->tcp_info_seen)
		sample_tcp_info(samples);
	sample_retransmits(samples);
	run_sample(samples->run, RETRANSMITS,
		   (double)(samples->retransmits - samples->retransmits_omitted));
}

void tcp_samples_stream(struct run *run, bool outgoing, const struct tcp_stream_figures *figures)
{
	if (figures->seconds <= 0)
		return;
	run_at(run, figures->number, 0);
	run_sample(run, metric_of(outgoing, STREAM_OUTGOING),
		   (double)figures->bytes * 8 / figures->seconds / 1e6);
	run_sample(run, metric_of(outgoing, STREAM_OUTGOING_BYTES), (double)figures->bytes);
	run_sample(run, metric_of(outgoing, STREAM_OUTGOING_PORT), figures->client_port);
	run_at(run, 0, 0);
}

static void warn_if_cpu_bound(struct run *run, const struct tcp_way *way)
{
	const struct streams *streams = way->streams;
	double elapsed = streams_seconds(streams);

	for (unsigned i = 0; i < streams->count && elapsed > 0.5; i++)
		if (streams->one[i].cpu_seconds / elapsed >= 0.95) {
			run_warn(
				run,
				"%s stream %u kept a CPU busy for %.0f %% of the time: the CPU, not the network, "
				"may have set the rate",
				way->name, i + 1, 100 * streams->one[i].cpu_seconds / elapsed);
			return;
		}
}

void tcp_samples_total(struct tcp_samples *samples, const struct tcp_way *way)
{
	const struct streams *streams = way->streams;
	struct run *run = samples->run;
	double elapsed = streams_seconds(streams);
	double bytes = (double)streams_counted_bytes(streams);

	if (elapsed <= 0)
		return;
	run_sample(run, metric_of(way->outgoing, OUTGOING_SECONDS), elapsed);
	run_sample(run, metric_of(way->outgoing, OUTGOING_BYTES), bytes);
	run_sample(run, metric_of(way->outgoing, OUTGOING), bytes * 8 / elapsed / 1e6);
	for (unsigned i = 0; shows_each(streams) && i < streams->count; i++) {
		const struct transfer *transfer = &streams->one[i].transfer;
		tcp_samples_stream(run, way->outgoing,
				   &(struct tcp_stream_figures){ i + 1, transfer_bytes(transfer),
								 transfer_seconds(transfer),
								 streams->one[i].client_port });
	}
	warn_if_cpu_bound(run, way);
	tcp_samples_steady(run, way->outgoing);
}

/* ---- steady state ---- */

static double *intervals_of(const struct run *run, unsigned metric, size_t *count)
{
	const struct run_shared *shared = run->shared;
	double *values = malloc(sizeof(*values) * (shared->count + 1));

	*count = 0;
	for (uint32_t i = 0; values && i < shared->count; i++)
		if (shared->samples[i].metric == metric)
			values[(*count)++] = shared->samples[i].value;
	return values;
}

void tcp_samples_steady(struct run *run, bool outgoing)
{
	const char *way = outgoing ? "outgoing" : "incoming";
	double interval = run->value[INTERVAL].real;
	struct steady steady;
	size_t count;
	double *values = intervals_of(run, metric_of(outgoing, OUTGOING_INTERVAL), &count);

	if (!values)
		return;
	steady_of(values, count, &steady);
	free(values);
	if (!steady.known)
		return;
	if (!steady.settled) {
		run_warn(
			run,
			"%s: not steady in the end: over the last %d intervals the rate ranged over %.0f %% "
			"and changed by %.0f %% of its average (SNIA: 20 and 10 at most)",
			way, STEADY_ROUNDS, steady.range, steady.trend);
		return;
	}
	run_sample(run, metric_of(outgoing, OUTGOING_STEADY_FROM),
		   run->value[OMIT].real + interval * (double)steady.from);
	run_note(run,
		 "%s: steady from %.4g s on, over %zu intervals (range %.1f %%, trend %.1f %%)",
		 way, run->value[OMIT].real + interval * (double)steady.from, count - steady.from,
		 steady.range, steady.trend);
}
