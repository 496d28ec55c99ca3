/* SPDX-License-Identifier: MIT */
/* What benchmarks with a partner have in common: its address, notes about connections, meters. */
#ifndef ASSAY_PARTNER_H
#define ASSAY_PARTNER_H

#include "bench/bench.h"
#include "bench/net/wire/sockets.h"

/* The target's address and ours towards it, waiting for a route until patience_seconds are over.
 * 0, or what run_fail returned. */
int partner_find(struct run *run, uint16_t port, double patience_seconds, struct address *peer,
		 struct address *local);
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

#endif
