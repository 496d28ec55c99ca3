/* SPDX-License-Identifier: MIT */
/*
 * Many datagrams a system call, both ways: sendmmsg and UDP_SEGMENT (one message the kernel cuts
 * into datagrams as late as it can), recvmmsg and UDP_GRO (the same backwards). What was batched is
 * told, so that a benchmark can say it. Errors are -errno.
 */
#ifndef ASSAY_DATAGRAMS_H
#define ASSAY_DATAGRAMS_H

#include "bench/net/wire/sockets.h"

enum { DATAGRAM_MOST = 65507 /* UDP over IPv4 */, DATAGRAM_BATCH = 512 };

/* ---- sending: datagrams of one length on a connected socket ---- */

struct datagram_writer {
	size_t length;
	unsigned most; /* in one batch */
	int fd;
	unsigned segments; /* datagrams in one message; 1: the kernel does not cut */
	uint8_t *room;
	struct writer_messages *messages;
};
/* Room for up to `most` datagrams, less when they are long. `merge`: many of them may be one packet
 * until the kernel or the device cuts it. 0 or -ENOMEM. */
int datagram_writer_open(struct datagram_writer *writer, int fd, size_t length, unsigned most,
			 bool merge);
/* Where datagram `index` of the next batch stands; it keeps its bytes from batch to batch. */
static inline uint8_t *datagram_writer_at(const struct datagram_writer *writer, unsigned index)
{
	return writer->room + index * writer->length;
}
/* Sends the first `count`; returns how many the kernel took, at least one, or -errno. */
int datagram_writer_send(struct datagram_writer *writer, unsigned count);
void datagram_writer_close(struct datagram_writer *writer);

/* The largest packet of the way that a connected socket's datagrams go, headers included; 0:
 * unknown. */
unsigned datagram_path_mtu(int fd);
/* How many bytes of IP and UDP headers a datagram to this address carries. */
unsigned datagram_headers(const struct address *to);

/* ---- receiving ---- */

struct datagram {
	uint8_t *bytes;
	size_t len;
	uint64_t at_ns; /* on clock_raw_ns(): when the kernel had it (SO_TIMESTAMPNS), not when it
			   was read; datagrams that came merged share one */
	bool merged;	/* it came in one packet with others (GRO, or uncut from the sender) */
	const struct address *from;
	const struct address *local; /* where it arrived: answers should come from there */
};
struct datagram_reader;
/* `bound`: the socket's own address, of which the port is passed on; wait_ns: how long one take may
 * wait. NULL: out of memory. */
struct datagram_reader *datagram_reader_open(int fd, const struct address *bound, uint64_t wait_ns);
/* Waits for a datagram and hands out all that are there by then. Returns how many, 0 for none, or
 * -errno. */
int datagram_reader_take(struct datagram_reader *reader,
			 void (*take)(void *context, const struct datagram *datagram),
			 void *context);
void datagram_reader_close(struct datagram_reader *reader);
/* One answer, from `local`. */
void datagram_answer(int fd, const struct address *local, const struct address *to,
		     const uint8_t *bytes, size_t len);
/* Packets that the socket's receive buffer had no room for since it was made; packets merged by the
 * kernel count as one. */
uint64_t datagram_drops(int fd);

#endif
