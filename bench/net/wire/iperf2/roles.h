/* SPDX-License-Identifier: MIT */
/* The two roles of a benchmark against iperf 2: its client, or the server that waits for a stock
 * client. */
#ifndef ASSAY_ROLES_H
#define ASSAY_ROLES_H

#include "bench/net/wire/iperf2/serve.h"
#include "bench/net/wire/partner.h"

/* A benchmark against iperf 2 in either role: each measures one test with the partner. 0, or what
 * run_fail returned. */
struct partner_roles {
	int (*client)(struct run *run, const struct address *peer, const struct address *local);
	int (*server)(struct run *run, const struct address *peer, const struct address *local);
};
/* Finds the partner and measures in the role that is set. */
int partner_test(struct run *run, const struct partner_roles *roles);

enum { PARTNER_TESTS = 32 };
struct partner_way {
	uint64_t bytes, datagrams;
	double seconds; /* the longest of its streams */
	unsigned tests;
	struct served last, each[PARTNER_TESTS]; /* of more tests than these only the sums */
};

/* role=server: serves one test of the partner's, with its way back, and samples both ways'
 * intervals. */
struct partner_server {
	struct run *run;
	struct serve_options options; /* `tcp` or `udp`, and rate; the rest is set here */

	unsigned incoming_interval, outgoing_interval; /* metrics */
	unsigned host;				       /* the first of wire/host.h's metrics */

	/* Each test of the partner's, in a thread of the server's; may be NULL. */
	void (*each)(void *context, const struct served *served);
	void *each_context;

	struct partner_way in, out; /* results */
	int test_err;
	atomic_bool broken; /* a test that had begun ended in test_err */
};
/* The CPU meter begins with the first byte. 0, or what run_fail returned; the results stand in both
 * cases. */
int partner_serve(struct partner_server *server, const struct address *peer,
		  const struct address *local, struct cpu_meter *cpu);

#endif
