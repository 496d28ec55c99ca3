/* SPDX-License-Identifier: MIT */
/* The UDP clients of the server: one thread takes all flows apart by their senders. See
 * serve.h. */
#include "bench/net/wire/iperf2/serve_flows.h"
#include "bench/net/wire/iperf2/serve_inside.h"

#include "bench/bench.h"
#include "bench/net/wire/datagrams.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

enum { LENGTH_LEAST = 64 };
/* A flow that has ended still answers repeated FINs for so long: the answer may have been lost. */
#define REMEMBER_NS (5 * SECOND_NS)
#define TICK_NS	    (50 * MILLISECOND_NS)

/* One socket's thread. */
struct udp_server {
	struct serve *serve;
	struct datagram_reader *reader;
	struct flow_table table;
	struct flow fresh; /* of a sender that has no place yet */
	uint64_t received; /* bytes not yet added to what all threads see */
};

/* ---- the way back ---- */

static int connect_back(struct serve_test *test)
{
	struct address to = test->peer;
	int fd = socket_open(&to, SOCK_DGRAM, test->serve->options.window);

	if (fd < 0)
		return fd;
	address_set_port(&to, test->request.port);
	if (!connect(fd, &to.any, to.len))
		return fd;
	int err = -errno;
	close(fd);
	return err;
}

static void tell_back(const struct serve_test *test, const struct datagram_send *send)
{
	struct served served = {
		.udp = true,
		.sent = true,
		.peer = test->peer,
		.local = test->local,
		.bytes = send->bytes,
		.seconds = datagram_seconds(send),
		.start_ns = send->start_ns,
		.report = send->report,
		.has_report = send->acknowledged,
		.datagrams = send->datagrams,
		.length = send->length,
		.back = test->request.back,
		.err = send->err,
	};

	served.sending = datagram_sending(send);

	serve_tell(test->serve, &served);
}

static void prepare_back(const struct serve_test *test, struct datagram_send *send)
{
	const struct serve *serve = test->serve;
	const struct iperf2_request *request = &test->request;

	send->length = test->length < LENGTH_LEAST ? LENGTH_LEAST : test->length;
	send->rate = request->rate ? request->rate : serve->options.rate;
	send->batch = serve->options.batch;
	send->merge = !serve->options.apart;
	send->bytes_wanted = request->bytes;
	send->duration_ns = 10 * MILLISECOND_NS * request->centiseconds;
	/* No header on the way back; ids in the layout that the client itself used. */
	send->layout = test->datagrams->layout;
	/* 2.0.13 and later read 64 bits there, and a FIN of 32 as a number near 2^32. */
	send->request.wide_ids = send->layout == IPERF2_SIXTEEN;
	send->deadline_ns = serve_deadline(serve, request);
	send->stop = &serve->stop;
}

void *serve_datagrams_back(void *argument)
{
	struct serve_test *test = argument;
	struct datagram_send *send = test->datagrams;

	prepare_back(test, send);
	send->fd = connect_back(test);
	send->err = send->fd < 0 ? send->fd : 0;
	if (!send->err) {
		address_of(send->fd, &test->local, &test->peer);
		datagram_send(send);
		close(send->fd);
	}
	tell_back(test, send);
	serve_leave(test);
	return NULL;
}

static void start_back(struct udp_server *server, const struct flow_client *client)
{
	struct serve_test plan = {
		.fd = -1,
		.peer = client->peer,
		.request = client->flow.request,
		.length = client->flow.request.length ? client->flow.request.length :
							client->flow.largest,
		.datagrams = calloc(1, sizeof(*plan.datagrams)),
	};

	if (!plan.datagrams || server->serve->options.one_way) {
		free(plan.datagrams);
		return;
	}
	plan.datagrams->layout = client->flow.layout;
	if (serve_spawn(server->serve, &plan, serve_datagrams_back))
		free(plan.datagrams);
}

/* ---- flows ---- */

/* A flow is there until it has been told of, but runs only until its data ended. */
static unsigned count_flows(struct serve *serve, int there, int running)
{
	pthread_mutex_lock(&serve->lock);
	serve->flows += (unsigned)there;
	serve->running_flows += (unsigned)running;
	unsigned beside = serve->threads + serve->running_flows;
	pthread_mutex_unlock(&serve->lock);
	return beside;
}

static void count_refused(struct serve *serve, unsigned *counter)
{
	pthread_mutex_lock(&serve->lock);
	++*counter;
	pthread_mutex_unlock(&serve->lock);
}

static void tell(struct udp_server *server, struct flow_client *client, int err)
{
	const struct iperf2_count *count = &client->flow.count;
	struct served served = {
		.udp = true,
		.peer = client->peer,
		.local = client->local,
		.bytes = count->bytes,
		.seconds = (double)(count->last_ns - count->first_ns) / 1e9,
		.start_ns = count->first_ns,
		.has_report = true,
		.receiving = flow_receiving(&client->flow),
		.datagrams = count->received,
		.length = client->flow.largest,
		.back = client->flow.request.back,
		.others = client->others,
		.err = err,
	};

	if (client->stage == FLOW_RUNNING)
		served.others = count_flows(server->serve, 0, -1);
	served.receiving.buffer_drops = datagram_drops(server->serve->udp_fd) - client->drops;
	served.receiving.merged = client->merged;
	iperf2_count_report(count, &served.report);
	client->stage = FLOW_TOLD;
	client->ended_ns = clock_raw_ns();
	serve_tell(server->serve, &served);
	/* Before the flow is counted as over, so that nobody sees a moment of rest between the two
	 * ways. */
	if (!err && client->flow.request.back == BACK_AFTER)
		start_back(server, client);
	count_flows(server->serve, -1, 0);
}

/* One datagram and no more is nobody's test: not told of each, a flood would have no end. */
static void give_up(struct udp_server *server, struct flow_client *client, int err)
{
	if (!flow_client_is_lone(client)) {
		tell(server, client, err);
		return;
	}
	count_refused(server->serve, &server->serve->garbage);
	count_flows(server->serve, -1, -1);
	client->stage = FLOW_FREE;
}

/* A place for server->fresh, perhaps that of a weaker flow; then *earlier is what came before. */
static struct flow_client *find_place(struct udp_server *server, const struct datagram *in,
				      struct flow_earlier **earlier)
{
	struct flow_client *place = flow_table_free_place(&server->table);
	struct iperf2_datagram datagram;

	if (place || iperf2_datagram_decode(in->bytes, in->len, server->fresh.layout,
					    server->fresh.request.wide_ids, 0, &datagram))
		return place;
	*earlier = flow_table_remember(&server->table, in->from, &datagram, in->at_ns, in->len);
	if ((*earlier)->count > 1)
		place = flow_table_weakest(&server->table, (*earlier)->count, in->at_ns);
	if (place)
		give_up(server, place, -ETIMEDOUT);
	else
		count_refused(server->serve, &server->serve->garbage);
	return place;
}

static struct flow_client *begin(struct udp_server *server, const struct datagram *datagram)
{
	struct flow_earlier *earlier = NULL;

	if (flow_begin(&server->fresh, datagram->bytes, datagram->len)) {
		count_refused(server->serve, &server->serve->garbage);
		return NULL;
	}
	struct flow_client *client = find_place(server, datagram, &earlier);
	if (!client)
		return NULL;
	client->flow = server->fresh;
	client->peer = *datagram->from;
	client->local = *datagram->local;
	client->hash = flow_address_hash(datagram->from);
	client->stage = FLOW_RUNNING;
	client->flow.largest = datagram->len;
	client->merged = 0;
	client->drops = datagram_drops(server->serve->udp_fd);
	client->deadline_ns = serve_deadline(server->serve, &client->flow.request);
	if (earlier)
		flow_count_earlier(&client->flow, earlier);
	if (earlier)
		earlier->count = 0;
	count_flows(server->serve, 1, 1);
	if (client->flow.request.back == BACK_TOGETHER)
		start_back(server, client);
	return client;
}

static void take(void *context, const struct datagram *datagram)
{
	struct udp_server *server = context;
	const struct serve_options *options = &server->serve->options;
	uint8_t out[IPERF2_ACK_ROOM];

	if (options->only.len && !address_same_host(datagram->from, &options->only)) {
		count_refused(server->serve, &server->serve->strangers);
		return;
	}
	struct flow_client *client = flow_table_find(&server->table, datagram->from);
	/* What is not the repeated FIN of a test that is over begins another from the same port. */
	if (client && client->stage == FLOW_TOLD &&
	    !flow_begin(&server->fresh, datagram->bytes, datagram->len))
		client->stage = FLOW_FREE;
	if (!client || client->stage == FLOW_FREE)
		client = begin(server, datagram);
	if (!client)
		return;
	uint64_t before = client->flow.count.bytes;
	ssize_t answered = flow_take(&client->flow, datagram->bytes, datagram->len, datagram->at_ns,
				     out, sizeof(out));
	server->received += client->flow.count.bytes - before;
	client->merged += datagram->merged;
	if (answered <= 0)
		return;
	datagram_answer(server->serve->udp_fd, &client->local, &client->peer, out,
			(size_t)answered);
	if (client->stage == FLOW_RUNNING) {
		client->stage = FLOW_ENDED;
		client->others = count_flows(server->serve, 0, -1);
	}
	client->ended_ns = clock_raw_ns();
}

static void look_after(struct udp_server *server, struct flow_client *client, uint64_t now_ns)
{
	uint64_t idle_ns = server->serve->options.idle_ns;

	idle_ns = idle_ns ? idle_ns : IDLE_NS;
	if (client->stage == FLOW_ENDED && now_ns - client->ended_ns >= QUIET_NS)
		tell(server, client, 0);
	else if (client->stage == FLOW_RUNNING && now_ns >= client->flow.heard_ns + idle_ns)
		give_up(server, client, -ETIMEDOUT);
	else if (client->stage == FLOW_RUNNING && now_ns >= client->deadline_ns)
		give_up(server, client, -ETIMEDOUT);
	else if (client->stage == FLOW_TOLD && now_ns - client->ended_ns >= REMEMBER_NS)
		client->stage = FLOW_FREE;
}

static void look_after_all(struct udp_server *server)
{
	uint64_t now_ns = clock_raw_ns();

	for (size_t i = 0; i < SERVE_FLOWS; i++)
		look_after(server, &server->table.client[i], now_ns);
}

static void end_all(struct udp_server *server)
{
	for (size_t i = 0; i < SERVE_FLOWS; i++) {
		struct flow_client *client = &server->table.client[i];
		if (client->stage == FLOW_RUNNING)
			give_up(server, client, -ECANCELED);
		else if (client->stage == FLOW_ENDED)
			tell(server, client, 0);
	}
}

static void serve_flows(struct udp_server *server)
{
	struct serve *serve = server->serve;
	uint64_t looked_ns = clock_raw_ns();

	while (!atomic_load(&serve->stop)) {
		int got = datagram_reader_take(server->reader, take, server);
		atomic_fetch_add(&serve->udp_received, server->received);
		server->received = 0;
		if (got < 0 && got != -ECONNREFUSED)
			clock_sleep_ns(TICK_NS); /* a link that is down, no memory: it may pass */
		uint64_t now_ns = clock_raw_ns();
		if (now_ns - looked_ns < TICK_NS / 2)
			continue;
		look_after_all(server);
		looked_ns = now_ns;
	}
	end_all(server);
}

void *serve_udp(void *argument)
{
	struct serve *serve = argument;
	struct udp_server *server = calloc(1, sizeof(*server));

	if (!server)
		return NULL;
	server->serve = serve;
	server->reader = datagram_reader_open(serve->udp_fd, &serve->options.at, TICK_NS);
	if (server->reader && !flow_table_open(&server->table))
		serve_flows(server);
	flow_table_close(&server->table);
	datagram_reader_close(server->reader);
	free(server);
	return NULL;
}
