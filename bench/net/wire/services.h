/* SPDX-License-Identifier: MIT */
/*
 * Everything that a partner serves, in one start and one stop: iperf 2 and iperf 3 on one or
 * several ports, the echo of net.rr, meetings of net.simultaneous and calls. Each finished test of
 * any of them is told in one form.
 */
#ifndef ASSAY_SERVICES_H
#define ASSAY_SERVICES_H

#include "bench/net/wire/meet/serve.h"
#include "bench/net/wire/sockets.h"
#include "lib/lib.h"

enum service { SERVICE_IPERF2, SERVICE_IPERF3, SERVICE_ECHO, SERVICE_MEET, SERVICE_KINDS };
const char *service_name(enum service service); /* "iperf 2" */

/* One finished test, or one that ended otherwise (err). */
struct served_test {
	enum service service;
	bool udp, sent; /* sent: by us */
	struct address peer, local;
	uint64_t bytes;
	double seconds;
	/* UDP: what the receiver counted; of what we sent only when it told us. */
	bool has_counts;
	uint64_t datagrams, lost, out_of_order, duplicates;
	double jitter_ms;
	uint64_t sent_datagrams;	/* UDP, sent */
	uint64_t transactions;		/* echo */
	const struct meet_served *meet; /* of a meeting or a call; NULL otherwise; gone after told */
	unsigned others;		/* tests of any service that ran when it ended */
	int err;
	char words[96]; /* what err means here; "" when it is 0 */
};

enum { SERVICES_PORTS = 8 };
struct services_options {
	struct address at;     /* where to listen, without a port; len 0: every address */
	struct address only;   /* len 0: anybody; else the one host that is served */
	const char *interface; /* not NULL: packets of this NIC only (SO_BINDTODEVICE) */
	bool serve[SERVICE_KINDS];
	bool calls; /* meet: start clients towards those who ask */
	uint16_t ports[SERVICE_KINDS][SERVICES_PORTS]; /* 0 ends; none at all: the usual one */
	double seconds_most; /* a test longer than this is cut; 0: a day */
	/* A port that is taken: true leaves that one out and says so in why, as long as another one
	 * can be served; false fails. */
	bool leave_out_taken;
	/* Called from the services' threads, one call at a time; must not take long: a receiver may
	 * be waiting behind it. */
	void (*told)(void *context, const struct served_test *test);
	void *context;
};

struct services;

/* 0 and *out, or -errno. why: which service could not have which port ("iperf 2: port 5001 is in
 * use"), "" when all could. */
int services_start(const struct services_options *options, struct services **out, char *why,
		   size_t room);
/* How many tests run now. */
unsigned services_active(struct services *services);
/* "iperf 2 on ports 5001 and 5002": what is served, for people. */
void services_describe(const struct services *services, struct text *out);
/* Ends what runs, waits for it, frees. */
void services_stop(struct services *services);

#endif
