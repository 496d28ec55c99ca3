/* SPDX-License-Identifier: MIT */
/*
 * One end of a connection over which meeting messages go, never waiting: what has come is cut into
 * messages, what is said leaves as fast as the other end takes it. Nothing is closed here but by
 * connection_close(): whoever finds `broken` does it.
 */
#ifndef ASSAY_MEET_CONNECTION_H
#define ASSAY_MEET_CONNECTION_H

#include "bench/net/wire/meet/message.h"
#include "bench/net/wire/sockets.h"

struct connection {
	unsigned id; /* 0: free */
	int fd;
	struct address peer, local;
	bool joined;
	bool broken;	   /* it failed, ended, or said what no message is */
	bool closing;	   /* our last word is said */
	uint64_t until_ns; /* 0: no limit of its own */
	uint8_t *in, *out;
	size_t in_len, out_len, out_sent, out_room;
};

/* Takes the descriptor over in any case. -ENOMEM. */
int connection_open(struct connection *connection, unsigned id, int fd);
void connection_close(struct connection *connection);
/* Queues a message and sends what goes. One that does not fit breaks the connection. */
void connection_say(struct connection *connection, const struct meet_message *message);
/* The same, and it was the last: the other end closes now, or we do. */
void connection_say_last(struct connection *connection, const struct meet_message *message);
void connection_flush(struct connection *connection);
/* Reads what is there. */
void connection_receive(struct connection *connection);
/* The next whole message, if there is one. */
bool connection_next(struct connection *connection, struct meet_message *message);

#endif
