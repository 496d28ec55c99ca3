/* SPDX-License-Identifier: MIT */
/* A machine's end of the meeting service: see client.h. */
#include "bench/net/wire/meet/client.h"

#include "bench/bench.h"

#include <errno.h>
#include <math.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>

enum { ROUNDS = 24 };
#define ROUND_NS (500 * MILLISECOND_NS)

int meet_client_open(struct meet_client **out, const struct address *partner, uint64_t deadline_ns)
{
	struct meet_client *client = calloc(1, sizeof(*client));
	int fd = client ? socket_connect(partner, 0, deadline_ns, NULL) : -ENOMEM;
	int err = fd < 0 ? fd : connection_open(&client->connection, 1, fd);

	if (err)
		free(client);
	else
		*out = client;
	return err;
}

void meet_client_close(struct meet_client *client)
{
	if (client)
		connection_close(&client->connection);
	free(client);
}

int meet_client_say(struct meet_client *client, const struct meet_message *message)
{
	struct connection *connection = &client->connection;
	uint64_t deadline_ns = clock_raw_ns() + 10 * SECOND_NS;

	connection_say(connection, message);
	while (connection->out_len && !connection->broken) {
		if (socket_wait(connection->fd, POLLOUT, deadline_ns, NULL))
			return -EPIPE;
		connection_flush(connection);
	}
	return connection->broken ? -EPIPE : 0;
}

int meet_client_hear(struct meet_client *client, uint64_t deadline_ns)
{
	struct connection *connection = &client->connection;

	for (;;) {
		if (connection_next(connection, &client->message))
			return 0;
		if (connection->broken)
			return -ENODATA;
		int err = socket_wait(connection->fd, POLLIN, deadline_ns, NULL);
		if (err)
			return err;
		connection_receive(connection);
	}
}

/* One round trip, its length and what it says of the partner's clock. */
static int go_round(struct meet_client *client, struct meet_message *ping, uint64_t *trip_ns,
		    int64_t *offset_ns)
{
	uint64_t sent_ns = clock_raw_ns(), heard_ns;

	ping->token = sent_ns % MEET_TIME_MOST;
	int err = meet_client_say(client, ping);
	do
		err = err ? err : meet_client_hear(client, sent_ns + ROUND_NS);
	while (!err && (client->message.say != MEET_PONG || client->message.token != ping->token));
	heard_ns = clock_raw_ns();
	*trip_ns = heard_ns - sent_ns;
	*offset_ns = (int64_t)client->message.now_ns - (int64_t)(sent_ns + *trip_ns / 2);
	return err;
}

int meet_client_agree(struct meet_client *client, uint64_t deadline_ns)
{
	struct meet_message *ping = calloc(1, sizeof(*ping));
	uint64_t best_ns = UINT64_MAX, trip_ns = 0;
	int64_t offset_ns = 0;
	int err = ping ? 0 : -ENOMEM;

	for (int i = 0; i < ROUNDS && !err && clock_raw_ns() < deadline_ns; i++) {
		ping->say = MEET_PING;
		err = go_round(client, ping, &trip_ns, &offset_ns);
		if (err || trip_ns >= best_ns)
			continue;
		best_ns = trip_ns;
		client->offset_ns = offset_ns;
	}
	free(ping);
	if (err || best_ns == UINT64_MAX)
		return err ? err : -ETIMEDOUT;
	client->uncertainty_ns = best_ns / 2;
	client->agreed_ns = clock_raw_ns();
	if (!client->first_ns) {
		client->first_ns = client->agreed_ns;
		client->first_offset_ns = client->offset_ns;
	}
	return 0;
}

uint64_t meet_client_partner_ns(const struct meet_client *client, uint64_t ours_ns)
{
	int64_t partners_ns = (int64_t)ours_ns + client->offset_ns;

	return partners_ns > 0 ? (uint64_t)partners_ns : 1;
}

uint64_t meet_client_our_ns(const struct meet_client *client, uint64_t partners_ns)
{
	int64_t ours_ns = (int64_t)partners_ns - client->offset_ns;

	return ours_ns > 0 ? (uint64_t)ours_ns : 0;
}

double meet_client_drift_ppm(const struct meet_client *client)
{
	double elapsed_ns = (double)(client->agreed_ns - client->first_ns);

	return elapsed_ns > 0 ?
		       (double)(client->offset_ns - client->first_offset_ns) / elapsed_ns * 1e6 :
		       NAN;
}
