/* SPDX-License-Identifier: MIT */
/* The two ways of a UDP test: see udp_streams.h. */
#include "bench/net/wire/iperf2/udp_streams.h"

#include "bench/bench.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

enum { STACK = 256 * 1024 };
/* How long the way back may be silent, before it begins and in the middle. */
#define IDLE_NS	 (10 * SECOND_NS)
#define SLICE_NS (20 * MILLISECOND_NS)

struct udp_stream {
	struct udp_streams *all;
	struct datagram_send send;
	pthread_t thread;
	bool started;
};

struct udp_streams {
	struct udp_plan plan;
	struct udp_stream *stream; /* plan.streams */
	struct serve *back;	   /* NULL: no way back */
	struct serve_state back_state;
	struct udp_tally out, in;
	atomic_uint came_back; /* streams of the way back that have ended */
	atomic_uint running;
	atomic_bool stop;
	uint64_t asked_ns; /* since when a way back may be expected */
	uint64_t until_ns; /* the end of everything */
};

size_t udp_default_length(const struct address *peer)
{
	char host[ADDRESS_ROOM];

	address_format(peer, host); /* an IPv4-mapped one reads as IPv4 */
	return peer->any.sa_family == AF_INET6 && !IN6_IS_ADDR_V4MAPPED(&peer->v6.sin6_addr) ?
		       1450 :
		       1470;
}

/* ---- preparing ---- */

/* 2.1 looks for the rate of its way in the extension, and reads ids of 64 bits; 2.0.x has 32 bits
 * for it. */
static struct iperf2_request ask_for(const struct udp_plan *plan)
{
	bool sixteen = plan->layout == IPERF2_SIXTEEN;
	uint64_t most = sixteen ? 1ull << 40 : UINT32_MAX;

	return (struct iperf2_request){
		.back = plan->back,
		.port = plan->back_port,
		/* In each header, whatever -P: 2.0.x would connect back threads times per header. */
		.threads = 1,
		.length = (uint32_t)plan->length,
		.rate = plan->rate && plan->rate < most ? plan->rate : most,
		.bytes = plan->bytes,
		.centiseconds = plan->bytes ? 0 : (uint32_t)(plan->seconds * 100 + 0.5),
		.extended = sixteen,
		.wide_ids = sixteen,
	};
}

/* Only where 31 bits would not do, because they need a word that old servers may take for another.
 */
static bool needs_wide_ids(const struct udp_plan *plan)
{
	enum { FASTEST_PER_SECOND = 20000000 };
	double length = (double)plan->length;
	double expected = plan->bytes ? (double)plan->bytes / length :
			  plan->rate  ? (double)plan->rate / 8 / length * plan->seconds :
					FASTEST_PER_SECOND * plan->seconds;

	return expected > (double)(1u << 30);
}

static void plan_stream(struct udp_streams *streams, struct udp_stream *stream)
{
	const struct udp_plan *plan = &streams->plan;
	struct datagram_send *send = &stream->send;

	stream->all = streams;
	send->fd = -1;
	send->stop = &streams->stop;
	send->length = plan->length;
	send->batch = plan->batch;
	send->merge = plan->merge;
	send->rate = plan->rate;
	send->bytes_wanted = plan->only_back ? plan->length : plan->bytes;
	send->duration_ns = (uint64_t)(plan->seconds * 1e9);
	send->has_request = plan->back != BACK_NONE;
	/* Without a request zeros stand where the header would be: neither layout's server takes
	 * them for flags. */
	send->layout = send->has_request ? plan->layout : IPERF2_SIXTEEN;
	if (send->has_request)
		send->request = ask_for(plan);
	else
		send->request.wide_ids = needs_wide_ids(plan);
}

struct udp_streams *udp_streams_new(const struct udp_plan *plan)
{
	struct udp_streams *streams = calloc(1, sizeof(*streams));

	if (!streams)
		return NULL;
	streams->plan = *plan;
	streams->stream = calloc(plan->streams, sizeof(*streams->stream));
	if (!streams->stream) {
		free(streams);
		return NULL;
	}
	for (unsigned i = 0; i < plan->streams; i++)
		plan_stream(streams, &streams->stream[i]);
	return streams;
}

/* Called in the server's thread. */
static void keep(void *context, const struct served *served)
{
	struct udp_streams *streams = context;

	udp_tally_add(&streams->in, served);
	atomic_fetch_add(&streams->came_back, 1);
}

static int listen_for_back(struct udp_streams *streams)
{
	const struct udp_plan *plan = &streams->plan;
	struct serve_options options = {
		.at = plan->local,
		.only = plan->peer,
		.udp = true,
		.window = plan->window,
		.one_way = true,
		.idle_ns = IDLE_NS,
		.seconds_most = plan->seconds + 20,
		.done = keep,
		.context = streams,
	};

	address_set_port(&options.at, plan->back_port);
	return serve_start(&options, &streams->back);
}

static int connect_stream(const struct udp_plan *plan, struct datagram_send *send)
{
	send->fd = socket_open(&plan->peer, SOCK_DGRAM, plan->window);
	if (send->fd < 0)
		return send->fd;
	return connect(send->fd, &plan->peer.any, plan->peer.len) ? -errno : 0;
}

int udp_streams_open(struct udp_streams *streams, bool *listening)
{
	const struct udp_plan *plan = &streams->plan;
	int err = 0;

	*listening = plan->back != BACK_NONE;
	if (*listening)
		err = listen_for_back(streams);
	if (err)
		return err;
	*listening = false;
	for (unsigned i = 0; i < plan->streams && !err; i++)
		err = connect_stream(plan, &streams->stream[i].send);
	return err ? err :
		     datagram_probe(streams->stream[0].send.fd, plan->length,
				    plan->connect_until_ns, &streams->stop);
}

/* ---- running ---- */

static void *send_all(void *argument)
{
	struct udp_stream *stream = argument;
	struct udp_streams *all = stream->all;

	datagram_send(&stream->send);
	/* Nobody will send back what nobody was asked for. */
	if (stream->send.err)
		atomic_store(&all->stop, true);
	atomic_fetch_sub(&all->running, 1);
	return NULL;
}

static int start_stream(struct udp_streams *streams, struct udp_stream *stream)
{
	pthread_attr_t attributes;

	stream->send.deadline_ns = streams->until_ns;
	pthread_attr_init(&attributes);
	pthread_attr_setstacksize(&attributes, STACK);
	atomic_fetch_add(&streams->running, 1);
	int err = -pthread_create(&stream->thread, &attributes, send_all, stream);
	pthread_attr_destroy(&attributes);
	stream->started = !err;
	if (err)
		atomic_fetch_sub(&streams->running, 1);
	return err;
}

int udp_streams_start(struct udp_streams *streams)
{
	int err = 0;

	streams->asked_ns = clock_raw_ns();
	streams->until_ns = streams->asked_ns + (uint64_t)((streams->plan.seconds * 2 + 20) * 1e9);
	for (unsigned i = 0; i < streams->plan.streams && !err; i++)
		err = start_stream(streams, &streams->stream[i]);
	return err;
}

/* -r: patience with the way back counts from the end of ours. */
static bool back_is_due(struct udp_streams *streams, uint64_t now_ns)
{
	if (!streams->back || atomic_load(&streams->came_back) >= streams->plan.streams)
		return false;
	if (atomic_load(&streams->running) && streams->plan.back == BACK_AFTER)
		streams->asked_ns = now_ns;
	serve_state(streams->back, &streams->back_state);
	return streams->back_state.active || now_ns - streams->asked_ns < IDLE_NS;
}

bool udp_streams_wait(struct udp_streams *streams, uint64_t until_ns)
{
	/* Looked at 50 times a second: cheaper than it sounds, and no lock near the sender. */
	for (;;) {
		uint64_t now_ns = clock_raw_ns();
		bool due = back_is_due(streams, now_ns) && !atomic_load(&streams->stop);
		if (!due && !atomic_load(&streams->running))
			return false;
		if (now_ns >= until_ns)
			return true;
		clock_sleep_ns(until_ns - now_ns < SLICE_NS ? until_ns - now_ns : SLICE_NS);
	}
}

uint64_t udp_streams_sent(const struct udp_streams *streams, unsigned stream)
{
	return atomic_load_explicit(&streams->stream[stream].send.bytes, memory_order_relaxed);
}

uint64_t udp_streams_received(const struct udp_streams *streams)
{
	return streams->back_state.received_bytes;
}

/* ---- ending ---- */

static struct served outcome_of(const struct udp_plan *plan, const struct datagram_send *send)
{
	struct served served = {
		.udp = true,
		.sent = true,
		.peer = plan->peer,
		.bytes = send->bytes,
		.seconds = datagram_seconds(send),
		.start_ns = send->start_ns,
		.report = send->report,
		.has_report = send->acknowledged,
		.sending = datagram_sending(send),
		.datagrams = send->datagrams,
		.length = send->length,
		.back = plan->back,
		.err = send->err,
	};

	address_of(send->fd, &served.local, NULL);
	return served;
}

void udp_streams_stop(struct udp_streams *streams)
{
	atomic_store(&streams->stop, true);
	for (unsigned i = 0; i < streams->plan.streams; i++) {
		struct udp_stream *stream = &streams->stream[i];
		if (!stream->started)
			continue;
		pthread_join(stream->thread, NULL);
		stream->started = false;
		struct served served = outcome_of(&streams->plan, &stream->send);
		udp_tally_add(&streams->out, &served);
	}
	if (streams->back) {
		serve_state(streams->back, &streams->back_state);
		serve_stop(streams->back); /* tells of what still runs */
	}
	streams->back = NULL;
}

void udp_streams_free(struct udp_streams *streams)
{
	udp_streams_stop(streams);
	for (unsigned i = 0; i < streams->plan.streams; i++)
		if (streams->stream[i].send.fd >= 0)
			close(streams->stream[i].send.fd);
	free(streams->stream);
	free(streams);
}

const struct udp_tally *udp_streams_out(const struct udp_streams *streams)
{
	return &streams->out;
}

const struct udp_tally *udp_streams_in(const struct udp_streams *streams)
{
	return &streams->in;
}

unsigned udp_streams_strangers(const struct udp_streams *streams)
{
	return streams->back_state.strangers;
}

int udp_streams_socket(const struct udp_streams *streams)
{
	return streams->stream[0].send.fd;
}
