/* SPDX-License-Identifier: MIT */
/* The UDP clients of the server: one thread takes all flows apart by their senders. See
 * serve.h. */
#include "bench/net/wire/iperf2/serve_inside.h"

#include "bench/bench.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/uio.h>
#include <unistd.h>

enum { DATAGRAM_MOST = 65536, LENGTH_LEAST = 64 };
/* A flow that has ended still answers repeated FINs for so long: the answer may have been lost. */
#define REMEMBER_NS (5 * SECOND_NS)
#define TICK_NS	    (50 * MILLISECOND_NS)

enum stage { FREE, RUNNING, ENDED /* FIN seen, waiting for quiet */, TOLD };
struct client {
	enum stage stage;
	struct address peer,
		local; /* local: where its datagrams arrived, where answers come from */
	struct flow flow;
	uint64_t ended_ns, deadline_ns;
	unsigned others; /* tests beside it when its data ended */
};

/* The socket's side of the thread: its table of clients and one datagram's room. */
struct udp_server {
	struct serve *serve;
	struct client *clients; /* SERVE_FLOWS */
	uint8_t *in;		/* DATAGRAM_MOST */
};

/* ---- datagrams in and out; a host with several addresses must answer from the one that was asked
 * ---- */

union control {
	char room[CMSG_SPACE(sizeof(struct in6_pktinfo)) + CMSG_SPACE(sizeof(struct in_pktinfo))];
	struct cmsghdr align;
};

static void want_destination(int fd)
{
	int yes = 1;

	setsockopt(fd, IPPROTO_IP, IP_PKTINFO, &yes, sizeof(yes));
	setsockopt(fd, IPPROTO_IPV6, IPV6_RECVPKTINFO, &yes, sizeof(yes));
}

static void read_destination(struct msghdr *message, struct address *local)
{
	for (struct cmsghdr *c = CMSG_FIRSTHDR(message); c; c = CMSG_NXTHDR(message, c)) {
		if (c->cmsg_level == IPPROTO_IPV6 && c->cmsg_type == IPV6_PKTINFO) {
			local->any.sa_family = AF_INET6;
			memcpy(&local->v6.sin6_addr, CMSG_DATA(c), sizeof(struct in6_addr));
		} else if (c->cmsg_level == IPPROTO_IP && c->cmsg_type == IP_PKTINFO) {
			struct in_pktinfo info;
			memcpy(&info, CMSG_DATA(c), sizeof(info));
			local->any.sa_family = AF_INET;
			local->v4.sin_addr = info.ipi_addr;
		}
	}
}

static ssize_t receive(struct udp_server *server, struct address *peer, struct address *local)
{
	struct iovec data = { server->in, DATAGRAM_MOST };
	union control control;
	struct msghdr message = { .msg_name = &peer->room,
				  .msg_namelen = sizeof(peer->room),
				  .msg_iov = &data,
				  .msg_iovlen = 1,
				  .msg_control = control.room,
				  .msg_controllen = sizeof(control.room) };

	ssize_t got = recvmsg(server->serve->udp_fd, &message, MSG_DONTWAIT);
	if (got < 0)
		return -errno;
	peer->len = message.msg_namelen;
	*local = server->serve->options.at; /* its port; the address arrives with the datagram */
	if (local->any.sa_family == AF_INET || local->any.sa_family == AF_INET6)
		read_destination(&message, local);
	return got;
}

static void put_source(struct msghdr *message, const struct address *local)
{
	struct cmsghdr *c = CMSG_FIRSTHDR(message);

	if (local->any.sa_family == AF_INET) {
		struct in_pktinfo info = { .ipi_spec_dst = local->v4.sin_addr };
		*c = (struct cmsghdr){ .cmsg_level = IPPROTO_IP, .cmsg_type = IP_PKTINFO };
		c->cmsg_len = CMSG_LEN(sizeof(info));
		memcpy(CMSG_DATA(c), &info, sizeof(info));
		message->msg_controllen = CMSG_SPACE(sizeof(info));
	} else {
		struct in6_pktinfo info = { .ipi6_addr = local->v6.sin6_addr };
		*c = (struct cmsghdr){ .cmsg_level = IPPROTO_IPV6, .cmsg_type = IPV6_PKTINFO };
		c->cmsg_len = CMSG_LEN(sizeof(info));
		memcpy(CMSG_DATA(c), &info, sizeof(info));
		message->msg_controllen = CMSG_SPACE(sizeof(info));
	}
}

static void answer(struct udp_server *server, struct client *client, uint8_t *out, size_t len)
{
	struct iovec data = { out, len };
	union control control;
	struct msghdr message = { .msg_name = &client->peer.room,
				  .msg_namelen = client->peer.len,
				  .msg_iov = &data,
				  .msg_iovlen = 1,
				  .msg_control = control.room,
				  .msg_controllen = sizeof(control.room) };

	memset(&control, 0, sizeof(control));
	put_source(&message, &client->local);
	sendmsg(server->serve->udp_fd, &message, MSG_DONTWAIT | MSG_NOSIGNAL);
}

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
		.report = send->report,
		.has_report = send->acknowledged,
		.datagrams = send->datagrams,
		.length = send->length,
		.back = test->request.back,
		.err = send->err,
	};

	serve_tell(test->serve, &served);
}

static void prepare_back(const struct serve_test *test, struct datagram_send *send)
{
	const struct serve *serve = test->serve;
	const struct iperf2_request *request = &test->request;

	send->length = test->length < LENGTH_LEAST ? LENGTH_LEAST : test->length;
	send->rate = request->rate ? request->rate : serve->options.rate;
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
	send->buffer = malloc(datagram_room(send->length));
	send->fd = send->buffer ? connect_back(test) : -ENOMEM;
	send->err = send->fd < 0 ? send->fd : 0;
	if (!send->err) {
		address_of(send->fd, &test->local, &test->peer);
		datagram_send(send);
		close(send->fd);
	}
	tell_back(test, send);
	free(send->buffer);
	serve_leave(test);
	return NULL;
}

static void start_back(struct udp_server *server, const struct client *client)
{
	struct serve_test plan = {
		.fd = -1,
		.peer = client->peer,
		.request = client->flow.request,
		.length = client->flow.request.length ? client->flow.request.length :
							client->flow.largest,
		.datagrams = calloc(1, sizeof(*plan.datagrams)),
	};

	if (!plan.datagrams)
		return;
	plan.datagrams->layout = client->flow.layout;
	if (serve_spawn(server->serve, &plan, serve_datagrams_back))
		free(plan.datagrams);
}

/* ---- flows ---- */

static struct client *find(struct udp_server *server, const struct address *peer)
{
	for (size_t i = 0; i < SERVE_FLOWS; i++)
		if (server->clients[i].stage != FREE &&
		    address_equal(&server->clients[i].peer, peer))
			return &server->clients[i];
	return NULL;
}

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

static struct client *find_free(struct udp_server *server)
{
	for (size_t i = 0; i < SERVE_FLOWS; i++)
		if (server->clients[i].stage == FREE)
			return &server->clients[i];
	for (size_t i = 0; i < SERVE_FLOWS; i++)
		if (server->clients[i].stage == TOLD)
			return &server->clients[i];
	return NULL;
}

static struct client *begin(struct udp_server *server, const struct address *peer,
			    const struct address *local, size_t len)
{
	struct client *client = find_free(server);

	if (!client) {
		count_refused(server->serve, &server->serve->turned_away);
		return NULL;
	}
	if (flow_begin(&client->flow, server->in, len))
		return NULL;
	client->peer = *peer;
	client->local = *local;
	client->stage = RUNNING;
	client->flow.largest = len;
	client->deadline_ns = serve_deadline(server->serve, &client->flow.request);
	count_flows(server->serve, 1, 1);
	if (client->flow.request.back == BACK_TOGETHER)
		start_back(server, client);
	return client;
}

static void take(struct udp_server *server, const struct address *peer, const struct address *local,
		 size_t len)
{
	struct client *client = find(server, peer);
	uint8_t out[IPERF2_ACK_ROOM];
	uint64_t now_ns = clock_raw_ns();

	if (!client)
		client = begin(server, peer, local, len);
	if (!client)
		return;
	uint64_t before = client->flow.count.bytes;
	ssize_t answered = flow_take(&client->flow, server->in, len, now_ns, out, sizeof(out));
	atomic_fetch_add(&server->serve->udp_received, client->flow.count.bytes - before);
	if (answered <= 0)
		return;
	answer(server, client, out, (size_t)answered);
	if (client->stage == RUNNING) {
		client->stage = ENDED;
		client->others = count_flows(server->serve, 0, -1);
	}
	client->ended_ns = now_ns;
}

static void tell(struct udp_server *server, struct client *client, int err)
{
	const struct iperf2_count *count = &client->flow.count;
	struct served served = {
		.udp = true,
		.peer = client->peer,
		.local = client->local,
		.bytes = count->bytes,
		.seconds = (double)(count->last_ns - count->first_ns) / 1e9,
		.has_report = true,
		.duplicates = count->duplicates,
		.datagrams = count->received,
		.length = client->flow.largest,
		.back = client->flow.request.back,
		.others = client->others,
		.err = err,
	};

	if (client->stage == RUNNING)
		served.others = count_flows(server->serve, 0, -1);
	iperf2_count_report(count, &served.report);
	client->stage = TOLD;
	client->ended_ns = clock_raw_ns();
	serve_tell(server->serve, &served);
	/* Before the flow is counted as over, so that nobody sees a moment of rest between the two
	 * ways. */
	if (!err && client->flow.request.back == BACK_AFTER)
		start_back(server, client);
	count_flows(server->serve, -1, 0);
}

static void look_after(struct udp_server *server, struct client *client, uint64_t now_ns)
{
	if (client->stage == ENDED && now_ns - client->ended_ns >= QUIET_NS)
		tell(server, client, 0);
	else if (client->stage == RUNNING && now_ns - client->flow.heard_ns >= IDLE_NS)
		tell(server, client, -ETIMEDOUT);
	else if (client->stage == RUNNING && now_ns >= client->deadline_ns)
		tell(server, client, -ETIMEDOUT);
	else if (client->stage == TOLD && now_ns - client->ended_ns >= REMEMBER_NS)
		client->stage = FREE;
}

/* Takes what is queued, at most so much that the limits are looked at in time. */
static void take_queued(struct udp_server *server)
{
	const struct serve_options *options = &server->serve->options;
	struct address peer, local;

	for (unsigned i = 0; i < 4096; i++) {
		ssize_t got = receive(server, &peer, &local);
		if (got < 0 && got != -ECONNREFUSED)
			return;
		if (got <= 0)
			continue;
		if (options->only.len && !address_same_host(&peer, &options->only))
			count_refused(server->serve, &server->serve->strangers);
		else
			take(server, &peer, &local, (size_t)got);
	}
}

static void end_all(struct udp_server *server)
{
	for (size_t i = 0; i < SERVE_FLOWS; i++)
		if (server->clients[i].stage == RUNNING || server->clients[i].stage == ENDED)
			tell(server, &server->clients[i],
			     server->clients[i].stage == RUNNING ? -ECANCELED : 0);
}

void *serve_udp(void *argument)
{
	struct serve *serve = argument;
	struct udp_server server = {
		.serve = serve,
		.clients = calloc(SERVE_FLOWS, sizeof(struct client)),
		.in = malloc(DATAGRAM_MOST),
	};

	want_destination(serve->udp_fd);
	while (server.clients && server.in && !atomic_load(&serve->stop)) {
		if (!socket_wait(serve->udp_fd, POLLIN, clock_raw_ns() + TICK_NS, &serve->stop))
			take_queued(&server);
		uint64_t now_ns = clock_raw_ns();
		for (size_t i = 0; i < SERVE_FLOWS; i++)
			look_after(&server, &server.clients[i], now_ns);
	}
	if (server.clients)
		end_all(&server);
	free(server.clients);
	free(server.in);
	return NULL;
}
