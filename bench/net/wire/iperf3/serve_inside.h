/* SPDX-License-Identifier: MIT */
/* Shared by serve.c, serve_reception.c and serve_test.c, and nobody else. */
#ifndef ASSAY_IPERF3_SERVE_INSIDE_H
#define ASSAY_IPERF3_SERVE_INSIDE_H

#include "bench/net/wire/iperf3/serve.h"

enum { SERVE_PLACES = 64, SERVE_PENDING = 64, SERVE_TESTS = 16, SERVE_ENDED = 16 };

/* A data connection for a test. TCP's numbers are those of accept(): cookies may be read in
 * another order, but the streams are numbered in the order of the connections. */
struct iperf3_arrival {
	int fd;
	uint64_t order;
};

/* A test. */
struct iperf3_place {
	bool used, running;
	bool wants; /* streams: arrivals are taken */
	struct iperf3_serve *serve;
	struct iperf3_session session;
	unsigned wanted, arrived;
	struct iperf3_arrival arrival[IPERF3_SIDES];
};

/* A connection whose cookie is not complete yet. */
struct iperf3_pending {
	int fd;
	struct address from;
	uint64_t until_ns, order;
	size_t got;
	char cookie[IPERF3_COOKIE];
};

struct iperf3_serve {
	struct iperf3_serve_options options;
	int tcp_fd, udp_fd;
	pthread_t reception;
	bool received; /* its thread has been started */
	atomic_bool stop;

	struct iperf3_pending pending[SERVE_PENDING]; /* the reception's own */
	unsigned pending_count;
	uint64_t accepted;

	pthread_mutex_t lock; /* all below, and the places' arrivals */
	pthread_cond_t idle;
	struct iperf3_place *place[SERVE_PLACES];
	/* Of the latest tests that are over: a late stream of theirs is not a new client. */
	char ended[SERVE_ENDED][IPERF3_COOKIE];
	unsigned ended_count;
	struct iperf3_place *turn; /* the test that opens UDP streams */
	struct iperf3_serve_state state;
	pthread_mutex_t telling; /* one done() at a time */
};

/* A test's thread for a new control connection; -EBUSY when there are as many as there may be. */
int iperf3_serve_spawn(struct iperf3_serve *serve, const struct iperf3_pending *pending);
/* Its last call: the place is free. */
void iperf3_serve_leave(struct iperf3_place *place);
/* Data begins: all that run know that they share from here on. */
void iperf3_serve_run(struct iperf3_place *place, bool running);
void iperf3_serve_tell(struct iperf3_place *place);

void *iperf3_serve_receive(void *serve); /* the reception: all connections, until their cookie */
void *iperf3_serve_test(void *place);

#endif
