/* SPDX-License-Identifier: MIT */
/* Shared by the serve*.c files and nobody else. */
#ifndef ASSAY_ECHO_SERVE_INSIDE_H
#define ASSAY_ECHO_SERVE_INSIDE_H

#include "bench/net/wire/echo/serve.h"

#include <pthread.h>

/* One connection or UDP flow; its thread alone writes it while `used`. */
struct echo_client {
	bool used;
	struct echo_serve *serve;
	int fd; /* connected, blocking */
	struct echo_served served;
	struct echo_header hello;
	bool moved; /* something came since last_ns */
	bool told;
	uint64_t start_ns, last_ns, deadline_ns;
};

struct echo_serve {
	struct echo_serve_options options;
	int tcp_fd, udp_fd;
	bool tcp_runs, udp_runs;
	pthread_t tcp_thread, udp_thread;
	uint8_t secret[16]; /* the cookies' */
	atomic_bool stop;
	pthread_mutex_t lock; /* all below */
	pthread_cond_t idle;
	unsigned running;
	struct echo_client clients[ECHO_CLIENTS];
	pthread_mutex_t telling; /* one done() at a time */
};

/* Limits of the server's states. */
#define ECHO_SILENT_NS (5 * SECOND_NS)	      /* connected and said nothing */
#define ECHO_IDLE_NS   (30 * SECOND_NS)	      /* no byte moved */
#define ECHO_SLICE_NS  (200 * MILLISECOND_NS) /* how often a waiting thread looks up */
#define ECHO_LINGER_NS (500 * MILLISECOND_NS) /* after BYE: our DONE may be lost */

/* Takes a free place and starts `body` on it; -EBUSY when all are taken or threads are out. */
int echo_spawn(struct echo_serve *serve, const struct echo_client *plan, void *(*body)(void *));
/* True when a flow with this client is open. */
bool echo_knows(struct echo_serve *serve, const struct address *peer);
/* Tells of the client, once; echo_leave() does when nobody has. */
void echo_tell(struct echo_client *client, int err);
/* Tells of the client, closes its socket and frees its place; the body's last call. */
void echo_leave(struct echo_client *client, int err);
/* A wait for data has ended without any: what to do about it. 0: wait on; else why it is over. */
int echo_look_up(struct echo_client *client);

void *echo_serve_tcp(void *serve); /* accepts */
void *echo_serve_udp(void *serve); /* strangers' datagrams */

#endif
