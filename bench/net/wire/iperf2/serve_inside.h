/* SPDX-License-Identifier: MIT */
/* Shared by the serve*.c files and nobody else. */
#ifndef ASSAY_IPERF2_SERVE_INSIDE_H
#define ASSAY_IPERF2_SERVE_INSIDE_H

#include "bench/net/wire/iperf2/serve.h"

/* One running thread: a TCP connection with its -r way back, or a way back alone. */
struct serve_test {
	bool used;
	struct serve *serve;
	int fd;
	struct address peer, local;
	struct iperf2_request request;
	size_t length;
	struct transfer in, out;
	struct datagram_send *datagrams;
	atomic_bool spoke;     /* TCP: its header or data has begun; a way back always has */
	bool evicted;	       /* ended to make room */
	uint64_t active_ns;    /* when it was last seen to have moved a byte, */
	uint64_t looked_bytes; /* and how many it had moved then */
};

struct serve {
	struct serve_options options;
	int tcp_fd, udp_fd;
	bool tcp_runs, udp_runs;
	pthread_t tcp_thread, udp_thread;
	atomic_bool stop;
	pthread_mutex_t lock;	   /* all below */
	pthread_cond_t idle, left; /* all have left; one has */
	pthread_mutex_t telling;   /* one done() at a time */
	struct serve_test tests[SERVE_TESTS];
	unsigned threads, flows, running_flows, finished, strangers, turned_away, garbage;
	uint64_t received_done, sent_done;
	atomic_uint_least64_t udp_received;
};

/* Limits of the server's states. */
#define SILENT_NS (5 * SECOND_NS)  /* connected and said nothing */
#define IDLE_NS	  (20 * SECOND_NS) /* no byte moved */
#define BACK_NS	  (5 * SECOND_NS)  /* connecting back */
#define QUIET_NS \
	(300 *   \
	 MILLISECOND_NS) /* after a FIN: 2.1.8 waits 250 ms of silence before it connects back */

/* Takes a free place and starts `body` on it; -EAGAIN when all are taken or threads are out. */
int serve_spawn(struct serve *serve, const struct serve_test *plan, void *(*body)(void *test));
/* Ends what serve_spawn began; the body's last call. */
void serve_leave(struct serve_test *test);
/* serve_room.c: for the accepting thread, every second or so and before each serve_spawn(). */
void serve_look(struct serve *serve);
void serve_make_room(struct serve *serve);
void serve_close(struct serve_test *test); /* its connection */
void serve_tell(struct serve *serve, struct served *served);
/* How long a test may take: what was asked and a grace, at most options.seconds_most. */
uint64_t serve_deadline(const struct serve *serve, const struct iperf2_request *request);

void *serve_tcp(void *serve);	  /* accepts */
void *serve_udp(void *serve);	  /* all flows */
void *serve_way_back(void *test); /* TCP -d, as a thread of its own */
void *serve_datagrams_back(void *test);

#endif
