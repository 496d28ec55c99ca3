/* SPDX-License-Identifier: MIT */
/*
 * One talk of a pair over a connected TCP socket. That the other machine is alive is asked by the
 * kernel (keepalive, once a second, from one kernel to the other), so that nobody has to wake up
 * for it while something is measured; one that has been silent for PAIR_SILENCE_SECONDS ends the
 * connection. Deadlines as in wire/sockets.h.
 */
#ifndef ASSAY_PAIR_CHANNEL_H
#define ASSAY_PAIR_CHANNEL_H

#include "bench/net/wire/pair/message.h"
#include "bench/net/wire/sockets.h"

/* A link that is measured under full load loses some of the questions, never twelve in a row. */
enum { PAIR_SILENCE_SECONDS = 12 };

struct pair_channel {
	int fd;
	size_t have, taken; /* bytes in `in`; of the message that was received last */
	uint8_t in[PAIR_FRAME_ROOM], out[PAIR_FRAME_ROOM];
};

/* Takes the descriptor over. */
void pair_channel_begin(struct pair_channel *channel, int fd);
void pair_channel_end(struct pair_channel *channel);
int pair_channel_send(struct pair_channel *channel, const struct pair_message *message,
		      uint64_t deadline_ns);
/* The next message; its text stays until the next call. -ETIMEDOUT, -ENODATA: the other end closed,
 * -EBADMSG: what came is no message, -errno. */
int pair_channel_receive(struct pair_channel *channel, struct pair_message *out,
			 uint64_t deadline_ns);
/* Since anything of the other machine arrived, as the kernel knows it. */
double pair_channel_silence(const struct pair_channel *channel);

#endif
