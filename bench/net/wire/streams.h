/* SPDX-License-Identifier: MIT */
/*
 * TCP transfers side by side, one thread each, and a main thread that waits for them with a limit.
 * Threads that receive accept their own connection first, so that a way back may be awaited before
 * it is asked for.
 */
#ifndef ASSAY_STREAMS_H
#define ASSAY_STREAMS_H

#include "bench/net/wire/sockets.h"
#include "bench/net/wire/transfer.h"

#include <pthread.h>

struct stream {
	struct streams *all;
	struct transfer transfer;
	struct address peer;
	pthread_t thread;
	bool started;
	double cpu_seconds;   /* of its thread, user and system */
	int cpu;	      /* on which it is pinned; -1: anywhere */
	uint16_t client_port; /* of the end that connected */
};

enum { STREAMS_MOST = 128 };
struct streams {
	struct stream one[STREAMS_MOST];
	unsigned count;
	bool receive;
	int listener;	     /* receive: where the connections come in */
	struct address only; /* receive: from whom */
	uint64_t accept_until_ns;
	unsigned strangers; /* connections from others, closed */
	uint8_t *buffer;    /* shared by senders; receivers have their own part of it */
	atomic_bool stop;
	pthread_mutex_t lock;
	pthread_cond_t ended;
	unsigned running;
};

/* Memory for `count` streams of reads or writes of `length` bytes. Uncopied receivers share theirs,
 * because nothing is written there. 0 or -ENOMEM. */
int streams_init(struct streams *streams, unsigned count, size_t length, bool receive,
		 bool uncopied);
/* Each stream's thread on a processor of its own, round robin over those that this process may
 * use, beginning with the `first`-th. 0 or -errno. */
int streams_pin(struct streams *streams, unsigned first);
/* Starts a thread for each; the transfers' fields (and for senders fd) are set by then. */
int streams_start(struct streams *streams);
/* Until all have ended or the time has come; returns how many still run. */
unsigned streams_wait(struct streams *streams, uint64_t until_ns);
/* Ends what runs, joins, closes, frees the memory; results stay readable. */
void streams_end(struct streams *streams);
uint64_t streams_bytes(const struct streams *streams); /* all so far */
/* Without what was cut off at the beginning: see transfer_bytes(). */
uint64_t streams_counted_bytes(const struct streams *streams);
/* From the first start (or cut) to the last end. */
double streams_seconds(const struct streams *streams);
/* The first error among them, 0 when all went well. */
int streams_error(const struct streams *streams);

#endif
