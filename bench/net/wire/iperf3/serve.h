/* SPDX-License-Identifier: MIT */
/*
 * An iperf 3 server: TCP and UDP on one port, several tests at once, a thread for each and one for
 * each of its streams. Cookies tell the tests' TCP connections apart; UDP streams are opened by one
 * test at a time, since nothing in their first word says whose they are. Every state has a limit,
 * so that a vanished, silent or endless client ends by itself.
 */
#ifndef ASSAY_IPERF3_SERVE_H
#define ASSAY_IPERF3_SERVE_H

#include "bench/net/wire/iperf3/session.h"

/* A test that is over, or ended otherwise (err). */
struct iperf3_served {
	struct address peer, local; /* of the control connection */
	struct iperf3_params params;
	struct iperf3_way in, out; /* in: to us */
	unsigned others;	   /* tests that ran at the same time */
	int err; /* -ECONNABORTED interrupted, -ENODATA vanished, -ETIMEDOUT, -EBADMSG ... */
	const char *words; /* of err: where, and what */
	const struct iperf3_session *session;
};

struct iperf3_serve_options {
	struct address at;		    /* where to listen, with the port */
	struct address only;		    /* len 0: anybody; else the one host that is served */
	const char *interface;		    /* what comes through it only; NULL: through any */
	unsigned tests_most;		    /* at once; more are told "busy"; 0: 16 */
	double seconds_most;		    /* a test longer than this is cut; 0: a day */
	const struct iperf3_limits *limits; /* NULL: the usual ones */
	uint64_t interval_ns;
	void (*tick)(void *context,
		     struct iperf3_session *session); /* of one test's thread; may be NULL */
	/* Called from the tests' threads, one call at a time. Those who connected and said nothing
	 * are not told of. */
	void (*done)(void *context, const struct iperf3_served *served);
	void *context;
};

struct iperf3_serve_state {
	unsigned active;    /* tests, those included that are just beginning or ending */
	unsigned running;   /* of them with data under way */
	unsigned finished;  /* without an error */
	unsigned broken;    /* with one */
	unsigned busy;	    /* clients that were told so */
	unsigned strangers; /* connections and words from others than `only` */
	unsigned silent;    /* connections that brought no cookie in time */
};

struct iperf3_serve;
/* 0 and *out, or -errno (-EADDRINUSE: the port is taken, TCP or UDP). */
int iperf3_serve_start(const struct iperf3_serve_options *options, struct iperf3_serve **out);
void iperf3_serve_state(struct iperf3_serve *serve, struct iperf3_serve_state *out);
/* Ends what runs, waits for it, frees. Takes less than two seconds. */
void iperf3_serve_stop(struct iperf3_serve *serve);

#endif
