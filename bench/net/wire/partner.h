/* SPDX-License-Identifier: MIT */
/* What net.tcp and net.udp have in common: the partner's address, waiting to be its server, and
 * meters. */
#ifndef ASSAY_PARTNER_H
#define ASSAY_PARTNER_H

#include "bench/bench.h"
#include "bench/net/wire/iperf2_serve.h"

/* The target's address and ours towards it, waiting for a route until patience_seconds are over.
 * 0, or what run_fail returned. */
int partner_find(struct run *run, uint16_t port, double patience_seconds, struct address *peer,
		 struct address *local);
/* A benchmark against iperf 2 in either role: each measures one test with the partner. 0, or what
 * run_fail returned. */
struct partner_roles {
	int (*client)(struct run *run, const struct address *peer, const struct address *local);
	int (*server)(struct run *run, const struct address *peer, const struct address *local);
};
/* Finds the partner and measures in the role that is set. */
int partner_test(struct run *run, const struct partner_roles *roles);

/* A note in iperf's words, "local A port P connected with B port Q", for the first stream of a way
 * only. */
void partner_note_connection(struct run *run, int fd, unsigned index);
void partner_note_ends(struct run *run, const struct address *local, const struct address *peer);

/* Throughput between two looks at a counter. */
struct meter {
	uint64_t last_ns, last_bytes;
};
void meter_begin(struct meter *meter, uint64_t now_ns, uint64_t bytes);
/* Samples Mbit/s since the last time, unless less than least_ns have passed. */
void meter_sample(struct meter *meter, struct run *run, unsigned metric, uint64_t now_ns,
		  uint64_t bytes, uint64_t least_ns);

/* User and system time of this process over real time, percent of one CPU. */
struct cpu_meter {
	double cpu_seconds;
	uint64_t start_ns;
};
struct cpu_meter cpu_meter_begin(void);
double cpu_meter_percent(const struct cpu_meter *meter);

struct partner_way {
	uint64_t bytes, datagrams;
	double seconds; /* the longest of its streams */
	unsigned tests;
	struct served last;
};

/* role=server: serves one test of the partner's, with its way back, and samples both ways'
 * intervals. */
struct partner_server {
	struct run *run;
	struct serve_options options; /* `tcp` or `udp`, and rate; the rest is set here */

	unsigned incoming_interval, outgoing_interval; /* metrics */

	struct partner_way in, out; /* results */
	int test_err;
	atomic_bool broken; /* a test that had begun ended in test_err */
};
/* The CPU meter begins with the first byte. 0, or what run_fail returned; the results stand in both
 * cases. */
int partner_serve(struct partner_server *server, const struct address *peer,
		  const struct address *local, struct cpu_meter *cpu);

#endif
