/* SPDX-License-Identifier: MIT */
/*
 * Transactions with the echo service over several sessions, a thread each, in one of two ways:
 *
 * closed loop: one transaction outstanding on each session, the next begins when the last has ended
 * (netperf's TCP_RR and UDP_RR). A late answer delays all that follow, so that a stall counts once.
 *
 * open loop: requests are due at fixed times, whatever became of the earlier ones. A response's
 * latency counts from when its request was due, its service time from when it was handed to the
 * kernel: a stall counts as often as it made somebody wait (no coordinated omission).
 */
#ifndef ASSAY_ECHO_TALK_H
#define ASSAY_ECHO_TALK_H

#include "bench/net/wire/echo/session.h"
#include "lib/lib.h"

#include <pthread.h>

enum { ECHO_SESSIONS = 128 };

struct echo_talk_options {
	struct address peer;
	bool udp;
	uint32_t request, response; /* bytes */
	unsigned sessions;
	double rate; /* transactions/s over all sessions; 0: closed loop */
	uint64_t duration_ns;
	uint64_t reply_ns; /* UDP: a response that takes longer is lost; open loop: how long the
			      last ones are awaited */
	uint64_t stall_ns; /* no response for so long ends a session with -ETIMEDOUT */
	uint64_t connect_until_ns;
};

/* What a session counted; another thread may read the atomic ones while it runs. */
struct echo_tally {
	atomic_uint_least64_t sent, completed;
	uint64_t unsent;     /* due, and never taken by the kernel */
	uint64_t lost;	     /* sent, and no response in time */
	uint64_t duplicates; /* UDP: a second response to one request */
	uint64_t garbage;    /* UDP: neither response nor duplicate */
	uint64_t errors;     /* UDP: sends and receives that failed without ending the session */
	uint64_t answered;   /* requests that the partner says it answered */
	bool has_answered;
	uint64_t end_ns;	  /* of the last response */
	struct histogram latency; /* ns, from when the request was due; closed loop: was sent */
	struct histogram service; /* ns, open loop: from when it was sent */
	struct histogram lag;	  /* ns, open loop: from due to sent */
	int err;
};

struct echo_talk;
struct echo_talker {
	struct echo_talk *talk;
	unsigned index;
	struct echo_session session;
	pthread_t thread;
	bool started;
	uint8_t *out, *in; /* room for a request; for a response, and a byte */
	struct echo_tally tally;
};

struct echo_talk {
	struct echo_talk_options options;
	uint64_t start_ns, until_ns;
	atomic_bool stop;
	atomic_uint running;
	struct echo_talker talkers[];
};

/* Opens all sessions; 0 and *out, or why one could not be opened (as echo_session_open), or
 * -ENOMEM. */
int echo_talk_open(const struct echo_talk_options *options, struct echo_talk **out);
/* Starts the threads, which begin together; -EAGAIN: no more threads. */
int echo_talk_start(struct echo_talk *talk);
uint64_t echo_talk_completed(const struct echo_talk *talk);
/* Waits for the threads, at most about stall_ns more than the duration. */
void echo_talk_join(struct echo_talk *talk);
/* What all sessions counted together; err is the first error. */
void echo_talk_sum(const struct echo_talk *talk, struct echo_tally *out);
void echo_talk_free(struct echo_talk *talk);

/* ---- for the two loops ---- */

int echo_talk_closed(struct echo_talker *talker);
int echo_talk_open_loop(struct echo_talker *talker);
/* Errors of a UDP socket that end by themselves: the link or the way is down, a queue is full. */
bool echo_may_pass(int err);
void echo_count_response(struct echo_tally *tally, uint64_t now_ns);

#endif
