/* SPDX-License-Identifier: MIT */
/*
 * A TCP test with an iperf 2 server, as its client: connections, headers, both ways' streams and
 * their limits. No samples and no words: net.tcp, net.load_latency and net.simultaneous make their
 * own of it.
 */
#ifndef ASSAY_TCP_CLIENT_H
#define ASSAY_TCP_CLIENT_H

#include "bench/net/wire/iperf2/protocol.h"
#include "bench/net/wire/streams.h"

/* A partner that moves nothing for so long is gone; one that does not close after the end gets as
 * long. */
#define TCP_CLIENT_IDLE_NS (10 * SECOND_NS)

struct tcp_client_options {
	struct address peer;  /* with its port */
	struct address local; /* where to listen for a way back */
	uint16_t back_port;
	unsigned streams; /* in each direction */
	size_t length;	  /* bytes of one read or write */
	uint64_t window;  /* socket buffers, 0: the system's */
	uint64_t rate;	  /* bit/s of each outgoing stream, 0: as fast as it goes */
	uint64_t bytes;	  /* of each stream; 0: by time */
	double seconds;	  /* of each direction, */
	double omit;	  /* after so many that do not count */
	bool uncopied;	  /* not iperf's way, see transfer.h; asks the server for the same */
	bool pin;	  /* each thread on a processor of its own */
	enum iperf2_back back;
	/* With BACK_AFTER: our way is closed as soon as it is open, so that the server connects
	 * back at once: a load towards us alone. */
	bool only_back;
	uint64_t connect_until_ns;
};

struct tcp_client {
	struct tcp_client_options options;
	struct streams out, in; /* bytes so far, seconds, errors, descriptors for TCP_INFO */
};

enum tcp_client_step { TCP_CLIENT_ALLOCATE, TCP_CLIENT_LISTEN, TCP_CLIENT_CONNECT };

/* Listens for the way back, if any, and connects; the server has not been asked for anything yet.
 * -errno, and in *failed (may be NULL) what could not be done. */
int tcp_client_open(struct tcp_client **out, const struct tcp_client_options *options,
		    enum tcp_client_step *failed);
/* Sends the headers and starts the threads of our way. */
int tcp_client_start_out(struct tcp_client *client);
/* Starts the threads that await and receive the way back: before start_out() with BACK_TOGETHER,
 * after our way has ended with BACK_AFTER. */
int tcp_client_start_in(struct tcp_client *client);
/* Until all that was started has ended (0) or the time has come: how many threads still run. */
unsigned tcp_client_wait(struct tcp_client *client, uint64_t until_ns);
/* Ends what runs and closes; bytes, seconds and errors stay readable. */
void tcp_client_stop(struct tcp_client *client);
void tcp_client_free(struct tcp_client *client); /* NULL is fine */
/* Once our way has ended: whether every stream's server said that it does not copy either. */
bool tcp_client_server_uncopied(const struct tcp_client *client);
/* What one direction takes at most: the time asked for, or the bytes at 1 Mbit/s. */
double tcp_client_way_seconds(uint64_t bytes, double seconds);

#endif
