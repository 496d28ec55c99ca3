/* SPDX-License-Identifier: MIT */
/* TCP clients of the echo service: a response for each whole request, however the bytes come. */
#include "bench/net/wire/echo/serve_inside.h"

#include "bench/bench.h"

#include <errno.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <unistd.h>

enum { ROOM = 64 * 1024 };

struct answering {
	struct echo_client *client;
	uint8_t *in, *out; /* ROOM bytes; room for one response or ROOM */
	size_t out_room, out_len;
	size_t have; /* of the request that is coming */
	uint8_t tag[ECHO_TAG];
};

static int say(const struct echo_client *client, const struct echo_header *header)
{
	uint8_t out[ECHO_HEADER];

	echo_encode(header, out);
	return send(client->fd, out, sizeof(out), MSG_NOSIGNAL) == sizeof(out) ? 0 : -EPIPE;
}

static int refuse(const struct echo_client *client, enum echo_refusal refusal)
{
	say(client, &(struct echo_header){ ECHO_REFUSED, refusal, 1, 1, 0, 0 });
	return echo_refusal_error(refusal);
}

static int meet(struct echo_client *client)
{
	uint8_t in[ECHO_HEADER];
	int yes = 1;

	socket_set_timeouts(client->fd, ECHO_SLICE_NS);
	setsockopt(client->fd, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof(yes));
	address_of(client->fd, &client->served.local, NULL);
	int err = socket_read_all(client->fd, in, sizeof(in), clock_raw_ns() + ECHO_SILENT_NS,
				  &client->serve->stop);
	if (!err)
		err = echo_decode(in, sizeof(in), &client->hello);
	if (err == -EPROTONOSUPPORT)
		return refuse(client, ECHO_OTHER_VERSION);
	if (err == -EMSGSIZE)
		return refuse(client, ECHO_BAD_SIZE);
	if (!err && client->hello.kind != ECHO_HELLO)
		err = -EBADMSG;
	if (err)
		return err;
	struct echo_header ready = client->hello;
	ready.kind = ECHO_READY;
	client->start_ns = client->last_ns = clock_raw_ns();
	return say(client, &ready);
}

static int flush(struct answering *answering)
{
	struct echo_client *client = answering->client;
	size_t at = 0;

	while (at < answering->out_len) {
		ssize_t sent = send(client->fd, answering->out + at, answering->out_len - at,
				    MSG_NOSIGNAL);
		if (sent > 0)
			at += (size_t)sent;
		else if (errno != EAGAIN && errno != EINTR)
			return -errno;
		int err = sent < 0 ? echo_look_up(client) : 0;
		if (err)
			return err;
	}
	answering->out_len = 0;
	return 0;
}

static int answer(struct answering *answering)
{
	struct echo_client *client = answering->client;
	size_t response = client->hello.response;
	int err = answering->out_len + response > answering->out_room ? flush(answering) : 0;
	uint8_t *out = answering->out + answering->out_len;

	for (size_t i = 0; i < ECHO_TAG && i < response && i < client->hello.request; i++)
		out[i] = answering->tag[i];
	answering->out_len += response;
	answering->have = 0;
	client->served.transactions++;
	return err;
}

static int take(struct answering *answering, size_t len)
{
	size_t request = answering->client->hello.request;
	int err = 0;

	for (size_t at = 0; at < len && !err;) {
		size_t part = request - answering->have;
		if (part > len - at)
			part = len - at;
		for (size_t i = 0; i < part && answering->have + i < ECHO_TAG; i++)
			answering->tag[answering->have + i] = answering->in[at + i];
		at += part;
		answering->have += part;
		if (answering->have == request)
			err = answer(answering);
	}
	return err ? err : flush(answering);
}

/* A look at the clock for each piece of data would be more than the data costs. */
static int look_up_sometimes(const struct answering *answering, ssize_t got, unsigned turn)
{
	if (got < 0 && errno != EAGAIN && errno != EINTR)
		return -errno;
	return got < 0 || turn % 4096 == 0 ? echo_look_up(answering->client) : 0;
}

static int exchange(struct answering *answering)
{
	struct echo_client *client = answering->client;

	for (unsigned turn = 1;; turn++) {
		ssize_t got = recv(client->fd, answering->in, ROOM, 0);
		if (got == 0)
			return 0;
		client->moved |= got > 0;
		int err = look_up_sometimes(answering, got, turn);
		if (!err && got > 0)
			err = take(answering, (size_t)got);
		if (err)
			return err;
	}
}

static int serve_one(struct echo_client *client)
{
	struct answering answering = { .client = client };
	int err = meet(client);

	if (err)
		return err;
	answering.out_room = client->hello.response > ROOM ? client->hello.response : ROOM;
	answering.in = malloc(ROOM);
	answering.out = calloc(1, answering.out_room);
	err = answering.in && answering.out ? exchange(&answering) : -ENOMEM;
	client->last_ns = clock_raw_ns();
	free(answering.in);
	free(answering.out);
	struct echo_header done = client->hello;
	done.kind = ECHO_DONE;
	done.count = client->served.transactions;
	return err ? err : say(client, &done);
}

static void *run_client(void *argument)
{
	struct echo_client *client = argument;

	echo_leave(client, serve_one(client));
	return NULL;
}

static void turn_away(struct echo_client *client)
{
	refuse(client, ECHO_BUSY);
	close(client->fd);
}

void *echo_serve_tcp(void *argument)
{
	struct echo_serve *serve = argument;
	const struct address *only = serve->options.only.len ? &serve->options.only : NULL;

	while (!atomic_load(&serve->stop)) {
		struct echo_client client = { 0 };
		client.fd = socket_accept(serve->tcp_fd, only, clock_raw_ns() + SECOND_NS,
					  &serve->stop, &client.served.peer, NULL);
		if (client.fd >= 0 && echo_spawn(serve, &client, run_client))
			turn_away(&client);
		if (client.fd < 0 && client.fd != -ETIMEDOUT)
			clock_sleep_ns(10 * MILLISECOND_NS); /* out of descriptors: let some end */
	}
	return NULL;
}
