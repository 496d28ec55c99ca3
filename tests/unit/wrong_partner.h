/* SPDX-License-Identifier: MIT */
/* Partners of net.rr that do wrong: one connection or flow, answered by a thread of the test. */
#ifndef ASSAY_WRONG_PARTNER_H
#define ASSAY_WRONG_PARTNER_H

#include "tests/unit/echo_server.h"

#include <poll.h>
#include <pthread.h>
#include <string.h>

enum misdeed {
	REFUSE_BUSY,
	GARBAGE_GREETING,
	CLOSE_AT_ONCE,
	SAY_NOTHING,
	CLOSE_MIDWAY,
	STOP_MIDWAY,
	WRONG_TAG,
	ANSWER_TWICE,
	STALL_ONCE,
	DROP_SOME,
	FOREIGN_DATAGRAMS,
};

struct partner {
	enum misdeed misdeed;
	bool udp;
	int listener;
	uint16_t port;
	pthread_t thread;
	atomic_bool stop;
};

static inline void say(int fd, struct echo_header *header, enum echo_kind kind)
{
	uint8_t out[ECHO_HEADER];

	header->kind = kind;
	header->refusal = kind == ECHO_REFUSED ? ECHO_BUSY : ECHO_NOT_REFUSED;
	echo_encode(header, out);
	send(fd, out, sizeof(out), MSG_NOSIGNAL);
}

/* What becomes of response number n (from 0); how many of it to send. */
static inline unsigned misbehave(const struct partner *partner, unsigned n, uint8_t *data)
{
	switch (partner->misdeed) {
	case STOP_MIDWAY:
		return n < 20;
	case WRONG_TAG:
		data[0] ^= n == 20;
		return 1;
	case ANSWER_TWICE:
		return n == 20 ? 2 : 1;
	case STALL_ONCE:
		if (n == 100)
			clock_sleep_ns(200 * MILLISECOND_NS);
		return 1;
	case DROP_SOME:
		return n % 10 != 5;
	default:
		return 1;
	}
}

/* Requests and responses of four bytes each. */
static inline void answer_all(struct partner *partner, int fd)
{
	uint8_t data[64];
	struct echo_header header;

	for (unsigned n = 0; !atomic_load(&partner->stop); n++) {
		if (partner->misdeed == CLOSE_MIDWAY && n == 20)
			return;
		if (socket_wait(fd, POLLIN, clock_raw_ns() + 10 * SECOND_NS, &partner->stop))
			return;
		ssize_t got = recv(fd, data, partner->udp ? sizeof(data) : 4,
				   partner->udp ? 0 : MSG_WAITALL);
		if (got <= 0)
			return;
		if (got == ECHO_HEADER && !echo_decode(data, ECHO_HEADER, &header)) {
			say(fd, &header, ECHO_DONE);
			return;
		}
		unsigned times = misbehave(partner, n, data);
		for (unsigned i = 0; i < times; i++)
			send(fd, data, 4, MSG_NOSIGNAL);
		if (partner->misdeed == FOREIGN_DATAGRAMS && n == 20)
			send(fd, data, 9, MSG_NOSIGNAL);
	}
}

static inline int meet_client(struct partner *partner)
{
	uint8_t in[ECHO_HEADER];
	struct address from = { .len = sizeof(from.room) };

	if (!partner->udp)
		return socket_accept(partner->listener, NULL, clock_raw_ns() + 5 * SECOND_NS,
				     &partner->stop, &from, NULL);
	if (socket_wait(partner->listener, POLLIN, clock_raw_ns() + 5 * SECOND_NS, &partner->stop))
		return -1;
	recvfrom(partner->listener, in, sizeof(in), MSG_PEEK, &from.any, &from.len);
	return connect(partner->listener, &from.any, from.len) ? -1 : dup(partner->listener);
}

static inline void greet(struct partner *partner, int fd)
{
	uint8_t in[ECHO_HEADER] = { 0 };
	struct echo_header hello;

	if (recv(fd, in, sizeof(in), partner->udp ? 0 : MSG_WAITALL) != sizeof(in) ||
	    echo_decode(in, sizeof(in), &hello))
		return;
	switch (partner->misdeed) {
	case REFUSE_BUSY:
		say(fd, &hello, ECHO_REFUSED);
		return;
	case GARBAGE_GREETING:
		memset(in, 'x', sizeof(in));
		send(fd, in, sizeof(in), MSG_NOSIGNAL);
		/* fall through */
	case SAY_NOTHING:
		while (!atomic_load(&partner->stop))
			clock_sleep_ns(10 * MILLISECOND_NS);
		return;
	case CLOSE_AT_ONCE:
		return;
	default:
		say(fd, &hello, ECHO_READY);
		answer_all(partner, fd);
	}
}

static inline void *be_partner(void *argument)
{
	struct partner *partner = argument;
	int fd = meet_client(partner);

	if (fd < 0)
		return NULL;
	greet(partner, fd);
	/* A silent one is there and says nothing; the others are gone. */
	while (partner->misdeed == STOP_MIDWAY && !atomic_load(&partner->stop))
		clock_sleep_ns(10 * MILLISECOND_NS);
	close(fd);
	return NULL;
}

static inline void start_partner(struct partner *partner)
{
	struct address here = at;

	do {
		partner->port = (uint16_t)(partner->port ? partner->port + 1 : port + 2);
		address_set_port(&here, partner->port);
		partner->listener =
			socket_listen(&here, partner->udp ? SOCK_DGRAM : SOCK_STREAM, 0);
	} while (partner->listener < 0 && partner->port < 65000);
	assert_true(partner->listener >= 0);
	assert_int_equal(pthread_create(&partner->thread, NULL, be_partner, partner), 0);
}

static inline void end_partner(struct partner *partner)
{
	atomic_store(&partner->stop, true);
	pthread_join(partner->thread, NULL);
	close(partner->listener);
}

#endif
