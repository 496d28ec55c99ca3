/* SPDX-License-Identifier: MIT */
/* Messages over a connection: see connection.h. */
#include "bench/net/wire/meet/connection.h"

#include "bench/bench.h"

#include <errno.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* What we say is acknowledged within so long, or the other end is gone; after our last word it
 * closes within so long, or we do. */
enum { UNACKNOWLEDGED_MS = 10000, OUT_MOST = 4 << 20 };
#define CLOSING_NS (2 * SECOND_NS)

int connection_open(struct connection *connection, unsigned id, int fd)
{
	int most = UNACKNOWLEDGED_MS, yes = 1;

	*connection = (struct connection){ .id = id, .fd = fd, .in = malloc(MEET_FRAME_MOST) };
	if (!connection->in) {
		connection_close(connection);
		return -ENOMEM;
	}
	address_of(fd, &connection->local, &connection->peer);
	setsockopt(fd, IPPROTO_TCP, TCP_USER_TIMEOUT, &most, sizeof(most));
	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof(yes));
	setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &yes, sizeof(yes));
	return 0;
}

void connection_close(struct connection *connection)
{
	uint8_t rest[512];

	/* Unread bytes would make the close a reset, which overtakes what we said last. */
	while (recv(connection->fd, rest, sizeof(rest), MSG_DONTWAIT) > 0)
		;
	close(connection->fd);
	free(connection->in);
	free(connection->out);
	*connection = (struct connection){ .fd = -1 };
}

void connection_flush(struct connection *connection)
{
	while (connection->out_sent < connection->out_len && !connection->broken) {
		ssize_t sent = send(connection->fd, connection->out + connection->out_sent,
				    connection->out_len - connection->out_sent,
				    MSG_NOSIGNAL | MSG_DONTWAIT);
		if (sent < 0 && errno == EAGAIN)
			return;
		if (sent < 0 && errno != EINTR)
			connection->broken = true;
		if (sent > 0)
			connection->out_sent += (size_t)sent;
	}
	connection->out_sent = connection->out_len = 0;
	if (connection->closing && !connection->broken)
		shutdown(connection->fd, SHUT_WR);
}

static uint8_t *room_for_frame(struct connection *connection)
{
	size_t room = connection->out_len + MEET_FRAME_MOST;
	uint8_t *out = connection->out;

	if (room > connection->out_room) {
		out = room > OUT_MOST ? NULL : realloc(out, room);
		if (!out)
			return NULL;
		connection->out = out;
		connection->out_room = room;
	}
	return out + connection->out_len;
}

void connection_say(struct connection *connection, const struct meet_message *message)
{
	uint8_t *out;
	ssize_t len;

	if (connection->broken || connection->closing)
		return;
	out = room_for_frame(connection);
	len = out ? meet_encode(message, out) : -ENOMEM;
	connection->broken = len < 0;
	if (len < 0)
		return;
	connection->out_len += (size_t)len;
	connection_flush(connection);
}

void connection_say_last(struct connection *connection, const struct meet_message *message)
{
	connection_say(connection, message);
	connection->closing = true;
	connection->until_ns = clock_raw_ns() + CLOSING_NS;
	connection_flush(connection);
}

void connection_receive(struct connection *connection)
{
	ssize_t got = recv(connection->fd, connection->in + connection->in_len,
			   MEET_FRAME_MOST - connection->in_len, MSG_DONTWAIT);

	if (got == 0 || (got < 0 && errno != EAGAIN && errno != EINTR))
		connection->broken = true;
	if (got > 0)
		connection->in_len += (size_t)got;
	if (connection->closing)
		connection->in_len = 0; /* only its close matters now */
}

bool connection_next(struct connection *connection, struct meet_message *message)
{
	ssize_t len = connection->in_len < MEET_LENGTH ? 0 : meet_frame_length(connection->in);
	size_t frame = MEET_LENGTH + (size_t)(len > 0 ? len : 0);

	if (len == 0 || (len > 0 && connection->in_len < frame))
		return false;
	if (len < 0 || meet_decode(connection->in + MEET_LENGTH, (size_t)len, message)) {
		connection->broken = true;
		connection->in_len = 0;
		return false;
	}
	connection->in_len -= frame;
	memmove(connection->in, connection->in + frame, connection->in_len);
	return true;
}
