/* SPDX-License-Identifier: MIT */
/*
 * net.load_latency: round trips while the link is full. An evenly paced ICMP prober runs through
 * phases: idle, then under TCP load out, in, and both ways (iperf 2's streams with a stock server),
 * then idle again. What a load adds to the idle round trip waits in queues: bufferbloat.
 */
#include "bench/engine/percentiles.h"
#include "bench/net/wire/host.h"
#include "bench/net/wire/iperf2/tcp_client.h"
#include "bench/net/wire/partner.h"
#include "bench/net/wire/probing.h"

#include <errno.h>
#include <math.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <string.h>

enum { SECONDS, STREAMS, INTERVAL, SIZE, SETTLE, LENGTH, PORT, LISTEN, CONNECT_TIMEOUT };
enum { PROBES_LEAST = 10, LOAD_GRACE_SECONDS = 5 };

static const struct param params[] = {
	[SECONDS] = { "seconds", "10", "of probing in each phase", PARAM_SECONDS, 0.2, 3600, NULL },
	[STREAMS] = { "streams", "4", "TCP connections of each direction", PARAM_COUNT, 1,
		      STREAMS_MOST, NULL },
	[INTERVAL] = { "interval", "0.01", "between probes, whatever becomes of the earlier ones",
		       PARAM_SECONDS, 0.0001, 10, NULL },
	[SIZE] = { "size", "56", "of a probe's data", PARAM_BYTES, 0, 65000, NULL },
	[SETTLE] = { "settle", "1",
		     "load before the probing begins, and rest after it for queues to empty",
		     PARAM_SECONDS, 0, 60, NULL },
	[LENGTH] = { "length", "128k", "of one read or write of the load", PARAM_BYTES, 64, 4 << 20,
		     NULL },
	[PORT] = { "port", "5001", "where the partner's iperf 2 serves", PARAM_COUNT, 1, 65535,
		   NULL },
	[LISTEN] = { "listen", "0", "port for the load towards us; 0: the same as port",
		     PARAM_COUNT, 0, 65535, NULL },
	[CONNECT_TIMEOUT] = { "connect_timeout", "10", "how long to wait for the partner",
			      PARAM_SECONDS, 0.1, 3600, NULL },
	{ 0 }
};

enum phase { IDLE, OUT, IN, BOTH, AFTER, PHASES };

/* Of each phase, one behind the other. */
enum { LOSS = PERCENTILES, RESPONSE_P99, ADDED_P50, ADDED_P99, OUTGOING, INCOMING, PHASE_METRICS };
enum { HOST = PHASES * PHASE_METRICS };

#define ADDED_ROW(name, part)                                                              \
	{                                                                                  \
		name "_added_" part, "ms", "over the idle " part ": what waits in queues", \
			LESS_IS_BETTER, BY_LAST                                            \
	}
#define LOAD_ROW(name, way, help)                                     \
	{                                                             \
		name "_" way, "Mbit/s", help, MORE_IS_BETTER, BY_LAST \
	}
#define PHASE_ROWS(phase, name, when)                                                    \
	PERCENTILES_ROWS((phase)*PHASE_METRICS, name, "ms", "round trips " when, false), \
		{ name "_loss", "%", "of the probes", LESS_IS_BETTER, BY_LAST },         \
		{ name "_response_p99",                                                  \
		  "ms",                                                                  \
		  "from when a probe was due, not from its sending",                     \
		  LESS_IS_BETTER,                                                        \
		  BY_LAST,                                                               \
		  false,                                                                 \
		  true },                                                                \
		ADDED_ROW(name, "p50"), ADDED_ROW(name, "p99"),                          \
		LOAD_ROW(name, "outgoing", "the load from us, while probes ran"),        \
		LOAD_ROW(name, "incoming", "the load to us, while probes ran")

static const struct metric metrics[] = { PHASE_ROWS(IDLE, "idle", "without load"),
					 PHASE_ROWS(OUT, "out", "while we send"),
					 PHASE_ROWS(IN, "in", "while the partner sends"),
					 PHASE_ROWS(BOTH, "both", "while both send"),
					 PHASE_ROWS(AFTER, "after", "without load again"),
					 HOST_ROWS(HOST),
					 { 0 } };

static const char *const phase_names[PHASES] = { "idle", "load out", "load in", "load both ways",
						 "idle again" };

static double seconds(const union value *value, const struct speeds *speeds)
{
	(void)speeds;
	double patience = value[CONNECT_TIMEOUT].real > 30 ? value[CONNECT_TIMEOUT].real / 4 : 0;

	return PHASES * (value[SECONDS].real + 0.5) + 6 * value[SETTLE].real + patience;
}

static int check(const union value *value, char *why, size_t room)
{
	if (value[INTERVAL].real * PROBES_LEAST > value[SECONDS].real)
		return text_refuse(-EINVAL, why, room,
				   "interval and seconds: %d probes or more in each phase",
				   PROBES_LEAST);
	return 0;
}

/* ---- the load ---- */

struct loaded {
	struct run *run;
	struct address peer, local;
	struct probing *probing;
	struct tcp_client *client; /* of this phase; NULL: none */
	double idle_p50_ms, idle_p99_ms;
};

static bool goes_out(enum phase phase)
{
	return phase == OUT || phase == BOTH;
}

static bool comes_in(enum phase phase)
{
	return phase == IN || phase == BOTH;
}

static struct tcp_client_options load_options(const struct loaded *loaded, enum phase phase)
{
	const union value *value = loaded->run->value;
	struct tcp_client_options options = {
		.peer = loaded->peer,
		.local = loaded->local,
		.back_port = (uint16_t)(value[LISTEN].num ? value[LISTEN].num : value[PORT].num),
		.streams = (unsigned)value[STREAMS].num,
		.length = value[LENGTH].num,
		.seconds = value[SETTLE].real + value[SECONDS].real + LOAD_GRACE_SECONDS,
		.back = phase == BOTH ? BACK_TOGETHER :
			phase == IN   ? BACK_AFTER :
					BACK_NONE,
		.only_back = phase == IN,
		.connect_until_ns = clock_raw_ns() + (uint64_t)(value[CONNECT_TIMEOUT].real * 1e9),
	};

	address_set_port(&options.peer, (uint16_t)value[PORT].num);
	return options;
}

static int load_error(const struct tcp_client *client)
{
	int err = streams_error(&client->out);

	return err ? err : streams_error(&client->in);
}

/* Why a way that should be loaded is not, or is not any more. */
static int broken(struct tcp_client *client, enum phase phase)
{
	int err = load_error(client);

	if (!err && ((goes_out(phase) && !streams_wait(&client->out, 0)) ||
		     (comes_in(phase) && !streams_wait(&client->in, 0))))
		err = -ECONNRESET; /* the partner ended it before its time */
	return err;
}

/* Until bytes move on every way that should be loaded. */
static int await_load(const struct tcp_client *client, enum phase phase, uint64_t until_ns)
{
	while (clock_raw_ns() < until_ns) {
		bool out = !goes_out(phase) || streams_bytes(&client->out);
		bool in = !comes_in(phase) || streams_bytes(&client->in);
		int err = load_error(client);
		if (err || (out && in))
			return err;
		clock_sleep_ns(MILLISECOND_NS);
	}
	return -ETIMEDOUT;
}

static int start_load(struct loaded *loaded, enum phase phase)
{
	static const char *const steps[] = { [TCP_CLIENT_ALLOCATE] = "memory for the load",
					     [TCP_CLIENT_LISTEN] = "listening for the load in",
					     [TCP_CLIENT_CONNECT] = "connecting the load" };
	struct tcp_client_options options = load_options(loaded, phase);
	enum tcp_client_step failed;
	struct run *run = loaded->run;
	unsigned port = address_port(&options.peer);

	int err = tcp_client_open(&loaded->client, &options, &failed);
	if (err)
		return run_fail(run, err, "%s: %s, %s port %u", phase_names[phase], steps[failed],
				run->target, port);
	if (comes_in(phase))
		err = tcp_client_start_in(loaded->client);
	if (!err)
		err = tcp_client_start_out(loaded->client);
	if (!err)
		err = await_load(loaded->client, phase, options.connect_until_ns);
	return err ? run_fail(run, err, "%s: no load moves with %s port %u", phase_names[phase],
			      run->target, port) :
		     0;
}

static void note_load(struct loaded *loaded, enum phase phase)
{
	const struct streams *out = &loaded->client->out, *in = &loaded->client->in;
	char name[16] = "unknown";
	socklen_t len = sizeof(name) - 1;
	int fd = goes_out(phase) ? out->one[0].transfer.fd : in->one[0].transfer.fd;

	getsockopt(fd, IPPROTO_TCP, TCP_CONGESTION, name, &len);
	run_note(loaded->run, "%s: %u TCP streams each way, congestion control here %s",
		 phase_names[phase], (unsigned)loaded->run->value[STREAMS].num, name);
}

/* ---- a phase ---- */

struct moved {
	uint64_t at_ns, out, in;
};

static struct moved count_moved(const struct loaded *loaded)
{
	struct moved moved = { .at_ns = clock_raw_ns() };

	if (loaded->client) {
		moved.out = streams_bytes(&loaded->client->out);
		moved.in = streams_bytes(&loaded->client->in);
	}
	return moved;
}

static void sample_load(struct loaded *loaded, enum phase phase, const struct moved *from,
			const struct moved *to)
{
	unsigned first = phase * PHASE_METRICS;
	double us = (double)(to->at_ns - from->at_ns) / 1e3;

	if (goes_out(phase))
		run_sample(loaded->run, first + OUTGOING, (double)(to->out - from->out) * 8 / us);
	if (comes_in(phase))
		run_sample(loaded->run, first + INCOMING, (double)(to->in - from->in) * 8 / us);
}

static void sample_added(struct loaded *loaded, enum phase phase)
{
	const struct histogram *rtt = &loaded->probing->rtt;
	unsigned first = phase * PHASE_METRICS;
	double p50_ms = (double)histogram_percentile(rtt, 50) / 1e6;
	double p99_ms = (double)histogram_percentile(rtt, 99) / 1e6;

	if (phase == IDLE) {
		loaded->idle_p50_ms = p50_ms;
		loaded->idle_p99_ms = p99_ms;
	} else {
		run_sample(loaded->run, first + ADDED_P50, p50_ms - loaded->idle_p50_ms);
		run_sample(loaded->run, first + ADDED_P99, p99_ms - loaded->idle_p99_ms);
	}
}

static void sample_round_trips(struct loaded *loaded, enum phase phase)
{
	const struct probing *probing = loaded->probing;
	unsigned first = phase * PHASE_METRICS;

	percentiles_sample(loaded->run, first, &probing->rtt, 1e6);
	if (probing->sent)
		run_sample(loaded->run, first + LOSS,
			   100.0 * (double)(probing->sent - probing->received) /
				   (double)probing->sent);
	if (!probing->received)
		return;
	run_sample(loaded->run, first + RESPONSE_P99,
		   (double)histogram_percentile(&probing->response, 99) / 1e6);
	sample_added(loaded, phase);
}

/* Probes while this thread only watches the load: what was measured until it broke is kept. */
static int probe_phase(struct loaded *loaded, enum phase phase)
{
	struct probing *probing = loaded->probing;
	uint64_t duration_ns = (uint64_t)(loaded->run->value[SECONDS].real * 1e9);
	uint64_t probed_ns = clock_raw_ns() + duration_ns;
	struct moved from = count_moved(loaded), to = from;

	int err = probing_start(probing, duration_ns);
	if (err)
		return run_fail(loaded->run, err, "starting the thread of the probes");
	while (!probing_done(probing)) {
		clock_sleep_ns(5 * MILLISECOND_NS);
		if (to.at_ns < probed_ns)
			to = count_moved(loaded);
		if (!err && loaded->client && clock_raw_ns() < probed_ns)
			err = broken(loaded->client, phase);
	}
	probing_join(probing);
	sample_load(loaded, phase, &from, &to);
	sample_round_trips(loaded, phase);
	if (err)
		return run_fail(loaded->run, err, "%s: the load broke off", phase_names[phase]);
	return probing->received ?
		       0 :
		       run_fail(loaded->run, -ETIMEDOUT, "%s: no reply from %s to %llu probes",
				phase_names[phase], loaded->run->target,
				(unsigned long long)probing->sent);
}

static int run_phase(struct loaded *loaded, enum phase phase)
{
	uint64_t settle_ns = (uint64_t)(loaded->run->value[SETTLE].real * 1e9);
	bool load = goes_out(phase) || comes_in(phase);
	int err = 0;

	run_activity(loaded->run, "%s", phase_names[phase]);
	run_progress(loaded->run, (double)phase / PHASES);
	if (load)
		err = start_load(loaded, phase);
	if (load && !err) {
		clock_sleep_ns(settle_ns);
		note_load(loaded, phase);
	}
	if (!err)
		err = probe_phase(loaded, phase);
	tcp_client_free(loaded->client);
	loaded->client = NULL;
	if (load && !err)
		clock_sleep_ns(settle_ns);
	return err;
}

static int measure(struct loaded *loaded)
{
	struct host_watch host = { 0 };
	struct run *run = loaded->run;
	int err = probing_open(loaded->probing, &loaded->peer, run->value[SIZE].num,
			       (uint64_t)(run->value[INTERVAL].real * 1e9));

	if (err)
		return run_fail(run, err,
				"opening an ICMP socket towards %s (root, or "
				"net.ipv4.ping_group_range, allows it)",
				run->target);
	host_watch_begin(&host, run, HOST, &loaded->peer);
	for (enum phase phase = IDLE; phase < PHASES && !err; phase++)
		err = run_phase(loaded, phase);
	host_watch_conclude(&host);
	probing_close(loaded->probing);
	return err;
}

static int run(struct run *run)
{
	struct loaded loaded = { .run = run, .probing = calloc(1, sizeof(*loaded.probing)) };
	int err = loaded.probing ? 0 : run_fail(run, -ENOMEM, "memory for the probes");

	if (!err)
		err = partner_find(run, 0, run->value[CONNECT_TIMEOUT].real, &loaded.peer,
				   &loaded.local);
	if (!err)
		err = measure(&loaded);
	free(loaded.probing);
	return err;
}

const struct bench bench_net_load_latency = {
	.name = "net.load_latency",
	.summary = "round trips while TCP fills the link, each way and both (bufferbloat)",
	.definition =
		"evenly paced ICMP echo with the kernel's stamps, idle and beside iperf 2 TCP streams; added: "
		"the percentile under load less that of the idle link; percentiles at most 1.6 % above the "
		"true value",
	.need = NEEDS_PEER,
	.params = params,
	.metrics = metrics,
	.check = check,
	.seconds = seconds,
	.run = run,
};
